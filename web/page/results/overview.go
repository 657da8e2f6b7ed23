package results

import (
	"html/template"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/gin-gonic/gin"

	"gongping/analytics/chart"
	"gongping/analytics/view"
	"gongping/internal/app/score"
	"gongping/internal/authz"
	"gongping/internal/errs"
	"gongping/internal/pg/scoredb"
	"gongping/survey"
	recordspage "gongping/web/page/records"
	"gongping/web/page/render"
)

// content is a page whose inside was rendered before, perhaps for somebody else
// who is shown the same.
type content struct {
	HTML template.HTML
	Own  *render.Table // the street's own records; never kept, they change without a run
}

func (h *pages) overview(c *gin.Context, who authz.Actor) error {
	ctx, runID := c.Request.Context(), c.Param("run")
	run, err := h.svc.Head(ctx, who, runID)
	if err != nil {
		return err
	}
	if who.Role == authz.Worker {
		c.Redirect(http.StatusSeeOther, "/results/"+run.ID+"/units/"+who.Area)
		return nil
	}
	title, err := h.roundTitle(c, who, &run)
	if err != nil {
		return err
	}
	html, err := h.fragment(c, &run, who, "results/overview-inside", func() (any, error) {
		res, err := h.svc.Result(ctx, who, run.RoundID, run.ID)
		if err != nil {
			return nil, err
		}
		return h.overviewData(c, who, &res)
	})
	if err != nil {
		return err
	}
	p := h.Printer(c)
	focus := who.Area
	if q := c.Query("street"); q != "" {
		focus = q
	}
	own, err := h.records.Own(ctx, who, run.ID, focus)
	if err != nil {
		return err
	}
	actions := []render.Action{{Text: p.T("questions.title"), Href: "/results/" + run.ID + "/questions", Icon: "list"}}
	if authz.May(who, authz.ResultExport, authz.Object{Area: who.Area}) {
		actions = append(actions, render.Action{Text: p.T("results.xlsx"), Href: "/results/" + run.ID + "/export/xlsx", Icon: "file-spreadsheet"},
			render.Action{Text: p.T("results.csv"), Href: "/results/" + run.ID + "/export/csv", Icon: "file-export"})
	}
	if authz.ScopeOf(who.Role, authz.RunRebuild) != authz.Deny {
		actions = append(actions, render.Action{Text: p.T("results.to_run"), Href: "/runs/" + run.ID, Icon: "stack-2"})
	}
	h.Render(c, http.StatusOK, "results/overview", render.Page{Title: title, Subtitle: h.runLine(c, &run),
		Crumbs: resultCrumbs(h, c, &run, title), Actions: actions,
		Data: content{template.HTML(html), recordspage.Own(&own, p, h.Format(c))}}) //nolint:gosec // made by our own template
	return nil
}

// roundTitle is the name of the round of a run.
func (h *pages) roundTitle(c *gin.Context, who authz.Actor, run *scoredb.Run) (string, error) {
	return h.svc.RoundTitle(c.Request.Context(), who, run.RoundID)
}

// runLine says which run it is and when it was published.
func (h *pages) runLine(c *gin.Context, run *scoredb.Run) string {
	p, f := h.Printer(c), h.Format(c)
	if run.PublishedAt == nil {
		return p.T("results.run_draft", "N", run.Number, "Answers", f.Int(run.Answers))
	}
	return p.T("results.run_line", "N", run.Number, "Answers", f.Int(run.Answers), "Date", f.Date(run.PublishedAt))
}

// bandCount is how many committees have a band.
type bandCount struct {
	Name  string
	N     int
	Share int // of all committees, in percent, for the bar
}

type overviewData struct {
	Run       *scoredb.Run
	Focus     *view.Unit
	Tiles     []render.Stat
	Can       []string
	Cannot    []string
	Bands     []bandCount
	NoBand    int
	Fragile   []view.Unit
	Funnel    *chart.Figure
	Intervals *chart.Figure
	Map       *chart.Figure
	Axes      *chart.Figure // residents' ratings against records
	Weights   []string      // committees whose band depends on the choice of weights
	Weighted  int           // committees of which that is known
	Filters   []render.Field
	Filtered  bool
	Ranked    bool
	RankHref  string
	Table     render.Table
	Notes     []string
	Minimum   int
	FragileTo int
}

// query is what a reader chose to see.
type query struct{ street, status, band, order string }

func (h *pages) overviewData(c *gin.Context, who authz.Actor, res *score.Result) (*overviewData, error) {
	q := query{c.Query("street"), c.Query("status"), c.Query("band"), c.Query("order")}
	v := h.reader(c, res)
	var err error
	if v.workload, err = h.records.Workloads(c.Request.Context(), who, res.Round.ID, res.Rules.RulesOfRecords()); err != nil {
		return nil, err
	}
	focus := who.Area
	if q.street != "" {
		focus = q.street
	}
	all := v.units(res.Units)
	f := find(all, focus)
	if f == nil || survey.LevelOf(focus) > survey.Street {
		return nil, errs.New(errs.NotFound, "unit.not_found", "there is no such unit, or none that you may see")
	}
	committees := below(all, focus, survey.Committee)
	claims := view.CountClaims(committees, res.Summary.Mean, res.Rules.Gates.FragileUpTo)
	d := &overviewData{Run: &res.Run, Focus: f, Minimum: v.cell, FragileTo: res.Rules.Gates.FragileUpTo, Notes: v.notes()}
	d.Tiles = v.tiles(f, committees, claims)
	d.Can, d.Cannot = v.statements(committees, claims)
	d.Bands, d.NoBand = v.bands(claims)
	for _, u := range committees {
		if view.Fragile(&u.UnitResult, res.Rules.Gates.FragileUpTo) {
			d.Fragile = append(d.Fragile, u)
		}
	}
	d.Ranked = q.order == "score"
	v.figures(d, all, committees, focus)
	v.filters(d, all, q, who)
	d.Table = v.table(filter(committees, q, res.Summary.Mean, res.Rules.Gates.FragileUpTo), committees, d.Ranked)
	return d, nil
}

func find(list []view.Unit, code string) *view.Unit {
	for i := range list {
		if list[i].Unit == code {
			return &list[i]
		}
	}
	return nil
}

// below lists the units of a level within an area.
func below(list []view.Unit, area string, level survey.Level) []view.Unit {
	var out []view.Unit
	for _, u := range list {
		if u.Level == int(level) && survey.Within(u.Unit, area) {
			out = append(out, u)
		}
	}
	return out
}

// noBand and fragile are choices of the band filter beside the bands' ids.
const (
	noBand  = "none"
	fragile = "fragile"
)

func filter(list []view.Unit, q query, overall float64, fragileUpTo int) []view.Unit {
	var out []view.Unit
	for _, u := range list {
		switch {
		case q.status != "" && u.Status != q.status:
		case q.band == noBand && u.Band != "":
		case q.band == fragile && !view.Fragile(&u.UnitResult, fragileUpTo):
		case q.band != "" && q.band != noBand && q.band != fragile && u.Band != q.band:
		default:
			out = append(out, u)
		}
	}
	if q.order == "score" {
		slices.SortStableFunc(out, func(a, b view.Unit) int {
			switch {
			case a.Official.OK != b.Official.OK:
				if a.Official.OK {
					return -1
				}
				return 1
			case a.Official.Value > b.Official.Value:
				return -1
			case a.Official.Value < b.Official.Value:
				return 1
			}
			return strings.Compare(a.Unit, b.Unit)
		})
	}
	return out
}

func (v *reader) figures(d *overviewData, all, committees []view.Unit, focus string) {
	overall := v.res.Summary.Mean
	funnel := view.Funnel(committees, overall, v.res.Summary.WithinSD, v.gate).Figure(v.p)
	shown, text := committees, "results.intervals.committees"
	if survey.LevelOf(focus) == survey.District {
		shown, text = below(all, focus, survey.Street), "results.intervals.streets"
		if m := v.district(all, focus); m != nil {
			d.Map = m
		}
	}
	intervals := view.Interval(shown, overall, v.gate, !d.Ranked).Figure(v.p)
	intervals.Title = v.p.T(text)
	funnel.Title = v.p.T("results.funnel")
	funnel.Note = v.p.T("results.funnel.note")
	d.Funnel, d.Intervals = &funnel, &intervals
	if axes := view.Axes(committees, &v.res.Rules, v.p.T("rulebook.source.resident"), v.p.T("rulebook.source.records"), v.gate); len(axes.Points) > 0 {
		fig := axes.Figure(v.p)
		fig.Note = v.p.T("chart.axes.note")
		d.Axes = &fig
	}
	for _, u := range committees {
		if u.Weights == nil || !u.Composite.OK {
			continue
		}
		d.Weighted++
		if u.Weights.Depend {
			d.Weights = append(d.Weights, u.Name)
		}
	}
}

// district is the map of the city with our district in it.
func (v *reader) district(all []view.Unit, code string) *chart.Figure {
	u := find(all, code)
	if u == nil || !u.Official.OK {
		return nil
	}
	m := view.Map([]view.Unit{*u}, u.Official.Value, v.gate, geoPath).Figure(v.p)
	m.Title, m.Height = v.p.T("results.map", "Area", u.Name), "m"
	m.Describe = v.p.T("results.map.text", "Area", u.Name)
	return &m
}

func (v *reader) filters(d *overviewData, all []view.Unit, q query, who authz.Actor) {
	p := v.p
	if streets := below(all, who.Area, survey.Street); survey.LevelOf(who.Area) == survey.District {
		f := render.Field{Name: "street", Label: p.T("results.street"), Type: "select", Value: q.street, Placeholder: p.T("results.all_streets")}
		for _, s := range streets {
			f.Options = append(f.Options, render.Option{Value: s.Unit, Text: s.Name})
		}
		d.Filters = append(d.Filters, f)
	}
	status := render.Field{Name: "status", Label: p.T("results.status"), Type: "select", Value: q.status, Placeholder: p.T("results.all")}
	for _, s := range []string{"not_enough", "low_reliability", "publishable", "consequential"} {
		status.Options = append(status.Options, render.Option{Value: s, Text: p.T("score.status." + s)})
	}
	band := render.Field{Name: "band", Label: p.T("results.band"), Type: "select", Value: q.band, Placeholder: p.T("results.all")}
	for _, b := range v.res.Rules.Bands {
		band.Options = append(band.Options, render.Option{Value: b.ID, Text: v.text(b.Text)})
	}
	band.Options = append(band.Options, render.Option{Value: noBand, Text: p.T("results.no_band")}, render.Option{Value: fragile, Text: p.T("results.fragile")})
	d.Filters = append(d.Filters, status, band)
	d.Filtered = q.status != "" || q.band != ""
	params := url.Values{}
	for k, s := range map[string]string{"street": q.street, "status": q.status, "band": q.band} {
		if s != "" {
			params.Set(k, s)
		}
	}
	if !d.Ranked {
		params.Set("order", "score")
	}
	d.RankHref = "?" + params.Encode() + "#units"
}

// tiles are the headline figures.
func (v *reader) tiles(f *view.Unit, committees []view.Unit, claims view.Claims) []render.Stat {
	p, fm := v.p, v.f
	main := render.Stat{Label: p.T("results.tile.score", "Area", f.Name), Value: fm.Num(f.Official.Value, 1), Unit: p.T("results.points"),
		N: f.N, Interval: fm.Interval(f.Official.Lo, f.Official.Hi, 1)}
	if !f.Official.OK {
		main = render.Stat{Label: main.Label, Value: render.Dash, N: f.N, Note: p.T("score.status." + f.Official.Status)}
	}
	rate := render.Stat{Label: p.T("results.tile.rate"), Value: render.Dash, Note: p.T("results.tile.rate_none")}
	if f.Invited > 0 {
		rate = render.Stat{Label: p.T("results.tile.rate"), Value: fm.Pct(f.ResponseRate, 1), N: f.Invited, Note: p.T("results.tile.rate_note")}
		lo, hi := wilson(f.ResponseRate, float64(f.Invited))
		rate.Interval = fm.Pct(lo, 1) + " – " + fm.Pct(hi, 1)
	}
	scored := render.Stat{Label: p.T("results.tile.scored"), Value: strconv.Itoa(claims.Scored) + " / " + strconv.Itoa(claims.Committees),
		Note: p.T("results.tile.scored_note", "N", claims.NotEnough+claims.None, "Min", v.gate)}
	rel := render.Stat{Label: p.T("results.tile.reliability"), Value: render.Dash, Note: p.T("results.tile.reliability_note")}
	if r, ok := view.MedianReliability(committees); ok {
		rel.Value = fm.Num(r, 2)
		rel.Badge = v.reliability(r)
	}
	rankable := render.Stat{Label: p.T("results.tile.rankable"), Value: fm.Pct(v.res.Summary.Rankable, 0),
		Note: p.T("results.tile.rankable_note")}
	return []render.Stat{main, rate, scored, rel, rankable}
}

// statements say in words what the figures carry and what they do not.
func (v *reader) statements(committees []view.Unit, c view.Claims) (can, cannot []string) {
	p := v.p
	can = append(can, p.N("results.can.differ", c.High+c.Low, "High", c.High, "Low", c.Low))
	can = append(can, p.N("results.can.banded", c.Banded))
	cannot = append(cannot, p.N("results.cannot.typical", c.Typical))
	if ranks := view.Ranks(committees, v.res.Rules.Confidence); len(ranks) > 2 {
		widths := make([]int, 0, len(ranks))
		for _, r := range ranks {
			widths = append(widths, r.Worst-r.Best+1)
		}
		slices.Sort(widths)
		cannot = append(cannot, p.T("results.cannot.rank", "Places", widths[len(widths)/2], "N", len(ranks)))
	}
	if n := c.NotEnough + c.None; n > 0 {
		cannot = append(cannot, p.N("results.cannot.enough", n, "Min", v.gate))
	}
	if c.LowReliability > 0 {
		cannot = append(cannot, p.N("results.cannot.reliable", c.LowReliability))
	}
	return can, cannot
}

func (v *reader) bands(c view.Claims) (list []bandCount, none int) {
	for _, b := range v.res.Rules.Bands {
		n := c.Bands[b.ID]
		list = append(list, bandCount{v.text(b.Text), n, percent(n, c.Committees)})
	}
	return list, c.Committees - c.Banded
}

func percent(n, of int) int {
	if of == 0 {
		return 0
	}
	return (200*n + of) / (2 * of)
}
