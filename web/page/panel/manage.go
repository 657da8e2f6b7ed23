package panel

import (
	"cmp"
	"io"
	"mime"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/gin-gonic/gin"

	"gongping/internal/app/appeals"
	"gongping/internal/app/panel"
	"gongping/internal/authz"
	"gongping/scoring/composite"
	fit "gongping/scoring/panel"
	"gongping/web/handle"
	"gongping/web/locale"
	"gongping/web/page/render"
)

type manageData struct {
	panel.Management
	Tiles     []render.Stat
	Alerts    []render.Alert
	People    []personRow
	Fair      render.Table
	Streets   []render.Field // to narrow the fair scores to one street
	Street    string
	FairPages render.Pagination
	Exports   []render.Action // of the fair averages
	History   []render.Event
	May       bool
	Per       string
	PerOf     []render.Option
	Who, Area []render.Option
	Bars      []barRow
}

// personRow is a reviewer with what is said about their way of rating.
type personRow struct {
	Name                      string
	Assigned, Rated           int
	Mean, Shift, Infit, Outer string
	Say                       []string
	Tone                      string
}

type barRow struct {
	Reviewer, ReviewerID, Area, AreaName, Why, Reason string
	Declared                                          bool
}

func (h *pages) manage(c *gin.Context, who authz.Actor) error {
	m, err := h.svc.Manage(c.Request.Context(), who, c.Param("id"))
	if err != nil {
		return err
	}
	p := h.Printer(c)
	d := manageData{Management: m, Per: "3", May: !m.Closed && authz.May(who, authz.PanelManage, authz.Object{Area: m.Round.AreaCode})}
	for k := panel.MinPer; k <= min(panel.MaxPer, max(panel.MinPer, len(m.Reviewers))); k++ {
		d.PerOf = append(d.PerOf, render.Option{Value: strconv.Itoa(k), Text: strconv.Itoa(k)})
	}
	if len(m.Reviewers) < 3 {
		d.Per = "2"
	}
	h.tiles(c, &d)
	h.people(c, &d)
	h.fair(c, &d)
	if len(m.Result.Units) > 0 {
		base := "/rounds/" + m.Round.ID + "/panel/export/"
		d.Exports = []render.Action{{Text: p.T("results.xlsx"), Href: base + "xlsx", Icon: "file-spreadsheet"}, {Text: p.T("results.csv"), Href: base + "csv", Icon: "file-export"}}
	}
	for _, x := range m.Plans {
		text := p.T("panel.manage.plan_text", "Per", x.Per, "Seed", x.Seed)
		if x.Reason != "" {
			text += " " + x.Reason
		}
		d.History = append(d.History, render.Event{At: x.At, Who: x.By, Title: p.T("panel.manage.plan_n", "N", x.Number), Text: text, Icon: "route", Tone: "info"})
	}
	for _, x := range m.Conflicts {
		area := x.AreaName
		if area == "" {
			area = x.Area
		}
		d.Bars = append(d.Bars, barRow{x.ReviewerName, x.Reviewer, x.Area, area, p.T("panel.conflict." + x.Kind), x.Reason, x.Kind == "declared"})
	}
	for _, r := range m.Reviewers {
		if r.Login != "" {
			d.Who = append(d.Who, render.Option{Value: r.ID, Text: r.Name})
		}
	}
	street := ""
	for _, x := range m.Committees {
		if x.Street != street {
			street = x.Street
			d.Area = append(d.Area, render.Option{Value: x.Code[:9], Text: p.T("panel.manage.whole", "Name", street)})
		}
		d.Area = append(d.Area, render.Option{Value: x.Code, Text: street + " · " + x.Name})
	}
	h.Render(c, http.StatusOK, "panel/manage", render.Page{Title: p.T("panel.manage.title"), Subtitle: m.Round.Title,
		Crumbs: []render.Crumb{{Text: p.T("nav.rounds"), Href: "/rounds"}, {Text: m.Round.Title, Href: "/rounds/" + m.Round.ID}, {Text: p.T("panel.manage.title")}}, Data: d})
	return nil
}

func (h *pages) tiles(c *gin.Context, d *manageData) {
	p, f := h.Printer(c), h.Format(c)
	least, most := d.Spread()
	per := render.Dash
	if len(d.Plans) > 0 {
		per = strconv.Itoa(d.Plans[0].Per)
	}
	load := render.Stat{Label: p.T("panel.manage.load"), Value: strconv.Itoa(least) + "–" + strconv.Itoa(most), Note: p.T("panel.manage.load_note")}
	if len(d.Plans) == 0 {
		load.Value = render.Dash
	}
	rel := render.Stat{Label: p.T("panel.manage.reliability"), Value: render.Dash, Note: p.T("panel.manage.reliability_note")}
	if len(d.Result.Units) > 1 {
		rel.Value, rel.N = f.Num(d.Result.Reliability, 2), len(d.Result.Units)
	}
	d.Tiles = []render.Stat{{Label: p.T("panel.manage.committees"), Value: f.Int(len(d.Committees)), Note: p.T("panel.manage.rated_n", "N", len(d.Result.Units))},
		{Label: p.T("panel.manage.per"), Value: per, Note: p.T("panel.manage.per_note")}, load, rel}
	add := func(tone, key string, args ...any) {
		d.Alerts = append(d.Alerts, render.Alert{Tone: tone, Title: p.T(key, args...), Text: p.T(key+".text", args...)})
	}
	switch {
	case len(d.Plans) == 0:
		add("info", "panel.manage.no_plan")
	case len(d.Sets) > 1:
		add("warning", "panel.manage.apart", "Sets", setText(p, d.Sets))
	default:
		add("success", "panel.manage.connected")
	}
	if len(d.Short) > 0 {
		add("warning", "panel.manage.short", "Names", strings.Join(d.Short, p.T("common.list_mark")))
	}
	switch {
	case len(d.Result.Units) == 0:
	case d.Method != fit.Facets:
		add("info", "panel.manage.older")
	case d.Result.Why == "disconnected":
		add("warning", "panel.why.disconnected", "Sets", setText(p, d.Result.Sets))
	case d.Result.Why != "":
		add("info", "panel.why."+d.Result.Why)
	}
}

func setText(p *locale.Printer, sets [][]string) string {
	var out []string
	for _, s := range sets {
		out = append(out, strings.Join(s, p.T("common.list_mark")))
	}
	return strings.Join(out, " | ")
}

func (h *pages) people(c *gin.Context, d *manageData) {
	p, f := h.Printer(c), h.Format(c)
	for _, r := range d.Reviewers {
		row := personRow{Name: r.Name, Assigned: r.Assigned, Rated: r.Rated, Mean: render.Dash, Shift: render.Dash, Infit: render.Dash, Outer: render.Dash}
		if x := r.Diagnosis; x != nil {
			row.Mean = f.Num(x.Mean, 1)
			if d.Result.Method == fit.Facets {
				row.Shift, row.Infit, row.Outer = f.Signed(x.Shift, 1), f.Num(x.Infit, 2), f.Num(x.Outfit, 2)
				row.Say, row.Tone = h.say(c, x)
			} else {
				row.Say = []string{p.T("panel.say.not_comparable")}
			}
		} else {
			row.Say = []string{p.T("panel.say.nothing")}
		}
		d.People = append(d.People, row)
	}
}

// say tells in plain words how a reviewer rates.
func (h *pages) say(c *gin.Context, x *fit.Reviewer) (out []string, tone string) {
	p, f := h.Printer(c), h.Format(c)
	if !x.Enough {
		return []string{p.T("panel.say.few", "N", x.Ratings)}, ""
	}
	for _, k := range x.Habits {
		shift := x.Shift
		if shift < 0 {
			shift = -shift
		}
		out = append(out, p.T("panel.say."+string(k), "Points", f.Num(shift, 1), "Infit", f.Num(x.Infit, 1)))
	}
	if len(out) == 0 {
		return []string{p.T("panel.say.fine")}, "success"
	}
	return out, "warning"
}

// fairRows is how many committees a page of the fair scores has; those rated by
// fewer reviewers than planned come first, as somebody has to see to them.
const fairRows = 20

func (h *pages) fair(c *gin.Context, d *manageData) {
	p, f, m := h.Printer(c), h.Format(c), &d.Management
	t := render.Table{ID: "fair", Caption: p.T("panel.manage.fair"), Sortable: true, Columns: []render.Column{{Text: p.T("panel.committee")}, {Text: p.T("panel.manage.reviewers"), Numeric: true},
		{Text: p.T("panel.manage.ratings"), Numeric: true}, {Text: p.T("panel.manage.raw"), Numeric: true}, {Text: p.T("panel.manage.fair_value"), Numeric: true},
		{Text: p.T("panel.manage.interval"), Numeric: true}, {Text: p.T("panel.files"), Numeric: true}},
		Empty: render.Empty{Icon: "clipboard-check", Title: p.T("panel.manage.no_ratings"), Text: p.T("panel.manage.no_ratings.text")}}
	query, per := c.Request.URL.Query(), 0
	if len(m.Plans) > 0 {
		per = m.Plans[0].Per
	}
	d.Street = query.Get("street")
	var units []fit.Fair
	for _, u := range m.Result.Units {
		if strings.HasPrefix(u.Unit, d.Street) {
			units = append(units, u)
		}
	}
	slices.SortStableFunc(units, func(a, b fit.Fair) int { return cmp.Compare(min(a.Reviewers, per), min(b.Reviewers, per)) })
	units, d.FairPages = render.Cut(units, query, "page", fairRows, "fair-scores")
	streets := []render.Option{{Text: p.T("grades.filter.streets")}}
	for _, x := range m.Committees {
		if len(streets) == 1 || streets[len(streets)-1].Value != x.Code[:9] {
			streets = append(streets, render.Option{Value: x.Code[:9], Text: x.Street})
		}
	}
	if len(m.Result.Units) > fairRows {
		d.Streets = []render.Field{{Name: "street", Label: p.T("results.street"), Type: "select", Value: d.Street, Options: streets}}
	}
	for _, u := range units {
		name := m.Names[u.Unit]
		if name == "" {
			name = u.Unit
		}
		cell := render.Cell{Text: f.Num(u.Score, 2)}
		if u.Extreme {
			cell.Note = p.T("panel.manage.extreme")
		}
		t.Rows = append(t.Rows, render.Row{Cells: []render.Cell{{Text: name, Href: "/rounds/" + m.Round.ID + "/panel/" + u.Unit, Sort: u.Unit}, {Text: f.Int(u.Reviewers)}, {Text: f.Int(u.Ratings)},
			{Text: f.Num(u.Raw, 2)}, cell, {Text: f.Interval(max(0, u.Score-1.96*u.SE), min(10, u.Score+1.96*u.SE), 2)}, {Text: f.Int(m.Evidence[u.Unit])}}})
	}
	d.Fair = t
}

func (h *pages) plan(c *gin.Context, who authz.Actor) error {
	per, _ := strconv.Atoi(c.PostForm("per"))
	if _, err := h.svc.Assign(c.Request.Context(), who, c.Param("id"), panel.Order{Per: per, Seed: c.PostForm("seed"), Reason: c.PostForm("reason")}); err != nil {
		return err
	}
	h.Done(c, "/rounds/"+c.Param("id")+"/panel", "panel.manage.planned", nil)
	return nil
}

func (h *pages) conflict(c *gin.Context, who authz.Actor) error {
	act, key := h.svc.Declare, "panel.conflict.done"
	if c.PostForm("act") == "lift" {
		act, key = h.svc.Lift, "panel.conflict.lifted_done"
	}
	if err := act(c.Request.Context(), who, c.Param("id"), c.PostForm("reviewer"), c.PostForm("area"), c.PostForm("reason")); err != nil {
		return err
	}
	h.Done(c, "/rounds/"+c.Param("id")+"/panel", key, nil)
	return nil
}

func (h *pages) declareOwn(c *gin.Context, who authz.Actor) error {
	if err := h.svc.Declare(c.Request.Context(), who, c.Param("round"), who.AccountID, c.Param("code"), c.PostForm("reason")); err != nil {
		return err
	}
	h.Done(c, "/panel?round="+c.Param("round"), "panel.conflict.done", nil)
	return nil
}

func (h *pages) files(c *gin.Context, who authz.Actor, round, code string, criteria []composite.Criterion) ([]fileRow, error) {
	list, err := h.svc.Files(c.Request.Context(), who, round, code)
	if err != nil {
		return nil, err
	}
	p := h.Printer(c)
	var out []fileRow
	for _, f := range list {
		about := p.T("panel.file.all")
		for _, k := range criteria {
			if k.ID == f.Criterion {
				about = k.Text[string(p.Lang())]
			}
		}
		out = append(out, fileRow{f, "/panel/" + round + "/" + code + "/files/" + f.ID, about})
	}
	return out, nil
}

type evidenceData struct {
	Round, Code, Accept string
	Files               []fileRow
	FileFor             []render.Option
	May                 bool
}

// evidence is the manager's page of a committee's files.
func (h *pages) evidence(c *gin.Context, who authz.Actor) error {
	m, err := h.svc.Manage(c.Request.Context(), who, c.Param("id"))
	if err != nil {
		return err
	}
	code := c.Param("code")
	d := evidenceData{Round: m.Round.ID, Code: code, Accept: appeals.Accept, May: !m.Closed && who.Role == authz.Manager}
	if d.Files, err = h.files(c, who, m.Round.ID, code, m.Criteria); err != nil {
		return err
	}
	p := h.Printer(c)
	d.FileFor = []render.Option{{Value: "", Text: p.T("panel.file.all")}}
	for _, k := range m.Criteria {
		d.FileFor = append(d.FileFor, render.Option{Value: k.ID, Text: k.Text[string(p.Lang())]})
	}
	h.Render(c, http.StatusOK, "panel/evidence", render.Page{Title: p.T("panel.evidence.title", "Name", m.Names[code]), Subtitle: m.Round.Title,
		Crumbs: []render.Crumb{{Text: m.Round.Title, Href: "/rounds/" + m.Round.ID}, {Text: p.T("panel.manage.title"), Href: "/rounds/" + m.Round.ID + "/panel"}, {Text: m.Names[code]}}, Data: d})
	return nil
}

func (h *pages) attach(c *gin.Context, who authz.Actor) error {
	part, err := handle.File(c, "file", appeals.MaxFile)
	if err != nil {
		return err
	}
	f, err := part.Open()
	if err != nil {
		return err
	}
	defer f.Close()
	content, err := io.ReadAll(io.LimitReader(f, appeals.MaxFile+1))
	if err != nil {
		return err
	}
	round, code := c.Param("round"), c.Param("code")
	if _, err := h.svc.Attach(c.Request.Context(), who, round, code, c.PostForm("criterion"), part.Filename, content); err != nil {
		return err
	}
	to := "/panel/" + round + "/" + code
	if who.Role != authz.Panel {
		to = "/rounds/" + round + "/panel/" + code
	}
	h.Done(c, to, "panel.file.done", nil)
	return nil
}

func (h *pages) file(c *gin.Context, who authz.Actor) error {
	f, content, err := h.svc.Open(c.Request.Context(), who, c.Param("round"), c.Param("file"))
	if err != nil {
		return err
	}
	c.Header("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": f.Title}))
	c.Header("X-Content-Type-Options", "nosniff")
	c.Data(http.StatusOK, f.MediaType, content)
	return nil
}
