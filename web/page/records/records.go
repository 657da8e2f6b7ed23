// Package records has the pages of work records: the figures by committee with
// what is flagged and who decided, and the part that stands beside a
// committee's score.
package records

import (
	"math"
	"net/http"
	"slices"
	"strings"

	"github.com/gin-gonic/gin"

	"gongping/internal/app/records"
	"gongping/internal/authz"
	"gongping/internal/pg/intakedb"
	calc "gongping/scoring/records"
	"gongping/web/handle"
	"gongping/web/locale"
	"gongping/web/page/render"
)

type pages struct {
	*handle.Pages
	svc *records.Service
}

// Routes registers the pages.
func Routes(r gin.IRouter, p *handle.Pages, svc *records.Service) {
	h := &pages{p, svc}
	r.GET("/rounds/:id/records", h.Signed(h.sheet))
	r.POST("/rounds/:id/records/decide", h.Signed(h.decide))
}

type sheetData struct {
	ID        string
	Tiles     []render.Stat
	Tabs      []render.Tab
	Rules     []string
	Flagged   []flaggedRow
	Table     render.Table
	Upper     *render.Table // own records of streets and the district
	Against   *render.Table // those that contradict the rows below them
	Imports   []intakedb.Batch
	May, Take bool
}

// flaggedRow is a figure with the practices that stand out.
type flaggedRow struct {
	Committee, Name, Indicator, IndicatorName string
	Value                                     string
	Flags                                     []string
	Undecided                                 bool
	Decision                                  string
	Badge                                     render.Badge
}

func (h *pages) sheet(c *gin.Context, who authz.Actor) error {
	sh, err := h.svc.Sheet(c.Request.Context(), who, c.Param("id"))
	if err != nil {
		return err
	}
	p, f := h.Printer(c), h.Format(c)
	v := &teller{p, f, sh.IndicatorNames()}
	d := sheetData{ID: sh.Round.ID, Imports: sh.Imports, May: authz.May(who, authz.RecordDecide, authz.Object{Area: sh.Round.AreaCode}),
		Take: authz.May(who, authz.IndicatorImport, authz.Object{Area: sh.Round.AreaCode})}
	var indicators []string
	committees, undecided := map[string]bool{}, 0
	for i := range sh.Figures {
		x := &sh.Figures[i]
		if !slices.Contains(indicators, x.Indicator) {
			indicators = append(indicators, x.Indicator)
		}
		if x.Upper() {
			continue
		}
		committees[x.Area] = true
		if len(x.Flags) == 0 {
			continue
		}
		if x.Undecided() {
			undecided++
		}
		d.Flagged = append(d.Flagged, v.flagged(x, sh.Names[x.Area]))
	}
	slices.SortStableFunc(d.Flagged, func(a, b flaggedRow) int {
		if a.Undecided != b.Undecided {
			if a.Undecided {
				return -1
			}
			return 1
		}
		return 0
	})
	cutoff := render.Stat{Label: p.T("record.tile.cutoff"), Value: render.Dash, Note: p.T("record.tile.cutoff_note")}
	if sh.Cutoff != nil {
		cutoff.Value = f.Date(sh.Cutoff)
	}
	d.Tiles = []render.Stat{{Label: p.T("record.tile.indicators"), Value: f.Int(len(indicators)), Note: p.T("record.tile.committees", "N", len(committees))},
		{Label: p.T("record.tile.flagged"), Value: f.Int(len(d.Flagged)), Note: p.T("record.tile.flagged_note")},
		{Label: p.T("record.tile.undecided"), Value: f.Int(undecided), Note: p.T("record.tile.undecided_note")}, cutoff}
	now := c.Query("indicator")
	if !slices.Contains(indicators, now) && len(indicators) > 0 {
		now = indicators[0]
	}
	for _, id := range indicators {
		d.Tabs = append(d.Tabs, render.Tab{Text: v.name(id), Href: "/rounds/" + sh.Round.ID + "/records?indicator=" + id + "#figures", Active: id == now})
	}
	d.Rules = append(v.rules(sh.Rules), p.T("record.rule.small", "Cell", sh.Book.Suppression.Cell))
	d.Table, d.Upper, d.Against = v.table(&sh, now), v.upper(&sh, now), v.against(&sh)
	if len(d.Table.Rows) == 0 && d.Upper != nil {
		d.Table.Empty.Title, d.Table.Empty.Text = p.T("record.only_upper"), p.T("record.only_upper.text")
	}
	page := render.Page{Title: p.T("record.title"), Subtitle: sh.Round.Title, Data: d,
		Crumbs: []render.Crumb{{Text: p.T("nav.rounds"), Href: "/rounds"}, {Text: sh.Round.Title, Href: "/rounds/" + sh.Round.ID}, {Text: p.T("record.title")}}}
	if d.Take {
		page.Actions = []render.Action{{Text: p.T("intake.do.records"), Href: "/import/records?round=" + sh.Round.ID, Icon: "file-import", Primary: true},
			{Text: p.T("intake.do.tickets"), Href: "/import/tickets?round=" + sh.Round.ID, Icon: "file-import"}}
	}
	h.Render(c, http.StatusOK, "records/sheet", page)
	return nil
}

func (h *pages) decide(c *gin.Context, who authz.Actor) error {
	if err := h.svc.Decide(c.Request.Context(), who, c.Param("id"), c.PostForm("committee"), c.PostForm("indicator"), c.PostForm("verdict"), c.PostForm("reason")); err != nil {
		return err
	}
	h.Done(c, "/rounds/"+c.Param("id")+"/records", "record.decided", nil)
	return nil
}

// teller turns figures into texts.
type teller struct {
	p     *locale.Printer
	f     render.Format
	names map[string]map[string]string
}

func (v *teller) name(id string) string {
	if s := v.names[id][string(v.p.Lang())]; s != "" {
		return s
	}
	if v.p.Has("record.indicator." + id) {
		return v.p.T("record.indicator." + id)
	}
	return id
}

func (v *teller) flags(list []calc.Flag) (out []string) {
	for _, x := range list {
		n, side := v.f.Num(x.N, 0), ""
		switch x.Key {
		case calc.FlagShare, calc.FlagPending, calc.FlagSameDay:
			n, side = v.f.Signed(x.N, 1), v.p.T("record.side.high")
			if x.N < 0 {
				side = v.p.T("record.side.low")
			}
		case calc.FlagHeap:
			n = v.f.Pct(x.N, 0)
		}
		out = append(out, v.p.T("record.flag."+x.Key, "N", n, "Side", side))
	}
	return out
}

func (v *teller) value(x *records.Figure) string {
	if !x.OK {
		return v.p.T("record.status." + x.Status)
	}
	return v.f.Pct(x.Share, 1)
}

// n is how many cases the figure is of, a dash where it is hidden.
func (v *teller) n(x *records.Figure) string {
	if !x.OK {
		return render.Dash
	}
	return v.f.Num(x.N, 0)
}

func (v *teller) bounds(x *records.Figure) string {
	if !x.OK && x.Least == x.Most {
		return render.Dash
	}
	return v.f.Pct(x.Least, 0) + " – " + v.f.Pct(x.Most, 0)
}

// interval is that of the figure; of counts Wilson's.
func (v *teller) interval(x *records.Figure) string {
	if !x.OK {
		return render.Dash
	}
	lo, hi := x.Lo, x.Hi
	if x.Method == "months" {
		if x.Share > 1 || x.N <= 0 {
			return render.Dash
		}
		const z = 1.96
		mid, half := (x.Share+z*z/(2*x.N))/(1+z*z/x.N), z/(1+z*z/x.N)*math.Sqrt(x.Share*(1-x.Share)/x.N+z*z/(4*x.N*x.N))
		lo, hi = max(0, mid-half), min(1, mid+half)
	}
	return v.f.Pct(lo, 0) + " – " + v.f.Pct(hi, 0)
}

func (v *teller) standing(x *records.Figure) render.Badge {
	switch {
	case x.Upper():
		return render.Badge{Tone: "neutral", Text: v.p.T("record.own_only")}
	case len(x.Flags) == 0:
		return render.Badge{Tone: "success", Text: v.p.T("record.scored")}
	case x.Undecided():
		return render.Badge{Tone: "warning", Text: v.p.T("record.undecided"), Icon: "flag"}
	case x.Decision.Verdict == "score":
		return render.Badge{Tone: "success", Text: v.p.T("record.scored_decided")}
	}
	return render.Badge{Tone: "neutral", Text: v.p.T("record.left")}
}

func (v *teller) flagged(x *records.Figure, name string) flaggedRow {
	r := flaggedRow{Committee: x.Area, Name: name, Indicator: x.Indicator, IndicatorName: v.name(x.Indicator), Value: v.value(x),
		Flags: v.flags(x.Flags), Undecided: x.Undecided(), Badge: v.standing(x)}
	if d := x.Decision; d != nil {
		r.Decision = v.p.T("record.decision", "By", d.By, "Date", v.f.Date(d.At), "Reason", d.Reason)
	}
	return r
}

// rules says in words how figures are made.
func (v *teller) rules(r calc.Rules) []string {
	p := v.p
	work := p.T("record.rule.workload", "Low", r.HouseholdsLow, "High", r.HouseholdsHigh)
	if r.FrameShare > 0 && r.FrameShare < 1 {
		work += p.T("record.rule.frame_share", "Share", v.f.Pct(r.FrameShare, 0))
	}
	return []string{p.T("record.rule.limit", "Days", r.LimitDays), p.T("record.rule.pending"),
		p.T("record.rule.repeat."+string(r.RepeatRule), "Window", r.RepeatWindow) + p.T("record.rule.count_repeat", "Share", v.f.Num(r.CountRepeat, 2)),
		p.T("record.rule.flags", "Months", r.IdenticalMonths, "Missing", v.f.Pct(r.MissingShare, 0), "Z", v.f.Num(r.OutlierZ, 1), "Heap", v.f.Pct(r.HeapShare, 0)),
		work}
}

func (v *teller) workload(w calc.Workload) (text string, badge *render.Badge) {
	if !w.OK {
		return render.Dash, nil
	}
	tone := map[string]string{"within": "neutral", "below": "neutral", "above": "warning"}[w.Standard]
	return v.f.Num(w.Per, 0), &render.Badge{Tone: tone, Text: v.p.T("record.workload." + w.Standard)}
}

func (v *teller) table(sh *records.Sheet, indicator string) render.Table {
	p := v.p
	t := render.Table{ID: "records-table", Caption: p.T("record.figures"), Sortable: true, Columns: []render.Column{{Text: p.T("panel.committee")}, {Text: p.T("record.received"), Numeric: true},
		{Text: p.T("record.open"), Numeric: true}, {Text: p.T("record.repeats"), Numeric: true}, {Text: p.T("record.n"), Numeric: true}, {Text: p.T("record.share"), Numeric: true},
		{Text: p.T("panel.manage.interval"), Numeric: true}, {Text: p.T("record.bounds"), Numeric: true}, {Text: p.T("record.per_thousand"), Numeric: true}, {Text: p.T("record.workload"), Numeric: true}, {Text: p.T("record.standing")}},
		Empty: render.Empty{Icon: "chart-bar", Title: p.T("record.none"), Text: p.T("record.none.text")}}
	for i := range sh.Figures {
		x := &sh.Figures[i]
		if x.Indicator != indicator || x.Upper() {
			continue
		}
		per := render.Dash
		if x.PerThousand != nil {
			per = v.f.Num(*x.PerThousand, 1)
		}
		work, _ := v.workload(sh.Workload[x.Area])
		badge := v.standing(x)
		row := render.Row{Cells: []render.Cell{{Text: sh.Names[x.Area], Sort: x.Area}, {Text: v.f.Num(x.Received, 0)}, {Text: v.f.Num(x.Open, 0)}, {Text: v.f.Num(x.Repeats, 0)},
			{Text: v.n(x)}, {Text: v.value(x)}, {Text: v.interval(x)}, {Text: v.bounds(x)}, {Text: per}, {Text: work}, {Badge: &badge, Note: strings.Join(v.flags(x.Flags), " ")}}}
		t.Rows = append(t.Rows, row)
	}
	return t
}
