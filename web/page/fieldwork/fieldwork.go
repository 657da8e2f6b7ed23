// Package fieldwork has the pages of those who watch the collecting: progress
// against plan, outcome rates, sample against population, evaluators, and the
// handing over of cases.
package fieldwork

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/gin-gonic/gin"

	"gongping/analytics/chart"
	"gongping/internal/app/field"
	"gongping/internal/authz"
	"gongping/internal/pg/fielddb"
	"gongping/survey"
	"gongping/survey/fieldwork"
	"gongping/web/handle"
	"gongping/web/locale"
	"gongping/web/page/render"
	"gongping/web/page/rounds"
)

type pages struct {
	*handle.Pages
	svc *field.Service
}

// Routes registers the pages.
func Routes(r gin.IRouter, p *handle.Pages, svc *field.Service) {
	h := &pages{p, svc}
	r.GET("/fieldwork", h.Signed(h.list))
	r.GET("/phones", h.Signed(h.phones))
	r.POST("/phones/:id/block", h.Signed(h.blockPhone))
	r.POST("/phones/:id/admit", h.Signed(h.admitPhone))
	r.GET("/fieldwork/:round", h.Signed(h.show))
	r.GET("/fieldwork/:round/live", h.Signed(h.live))
	r.GET("/fieldwork/:round/cases", h.Signed(h.cases))
	r.POST("/fieldwork/:round/cases/:id/assign", h.Signed(h.assign))
	r.POST("/fieldwork/:round/cases/:id/reserve", h.Signed(h.release))
	r.POST("/fieldwork/:round/cases/:id/revoke", h.Signed(h.revoke))
}

func (h *pages) list(c *gin.Context, who authz.Actor) error {
	rounds, err := h.svc.Rounds(c.Request.Context(), who)
	if err != nil {
		return err
	}
	page := render.Page{Title: h.T(c, "fieldwork.title"), Subtitle: h.T(c, "fieldwork.subtitle"), Data: rounds}
	if authz.May(who, authz.PhoneWatch, authz.Object{Area: who.Area}) {
		page.Actions = []render.Action{{Text: h.T(c, "phones.title"), Href: "/phones", Icon: "device-mobile"}}
	}
	h.Render(c, http.StatusOK, "fieldwork/list", page)
	return nil
}

type rateRow struct {
	Name, Key string
	fieldwork.Rate
	Hidden bool
}

// personRow is one evaluator beside the others.
type personRow struct {
	field.Tally
	Cooperation, Contact fieldwork.Rate
	Tries                float64
	Hidden               bool
}

type data struct {
	field.Progress
	Rates       []rateRow
	E           float64
	People      []personRow
	Chart       chart.Figure
	Sample      chart.Figure
	HiddenCells int
	MayAssign   bool
	Live        string
	Back        string
	Running     bool
	Tabs        []render.Tab
	say         *locale.Printer
}

// UnderwayKey names the cases that were tried and have neither an answer nor a
// final outcome; in a round that is over nobody is at work on them any more.
func (d data) UnderwayKey() string {
	if d.Round.State == survey.Collecting {
		return "fieldwork.underway"
	}
	return "fieldwork.unfinished"
}

// StratumName is a kind of stratum in words, without the area.
func (d data) StratumName(kind string) string {
	name := rounds.StratumName(d.say, map[string]string{"-": "-"}, d.Plan, "-#"+kind)
	return strings.TrimPrefix(name, "- · ")
}

// JoinedText names what was joined to a kind of stratum: in the committee, or in
// some committees of a larger area.
func (d data) JoinedText(kinds []string) string {
	names := make([]string, len(kinds))
	for i, kind := range kinds {
		names[i] = d.StratumName(kind)
	}
	key := "fieldwork.joined_some"
	if len(d.Area) >= 12 {
		key = "fieldwork.joined"
	}
	return d.say.T(key, "Strata", strings.Join(names, d.say.T("common.list_mark")))
}

func (h *pages) data(c *gin.Context, who authz.Actor) (data, error) {
	p, err := h.svc.Progress(c.Request.Context(), who, c.Param("round"), c.Query("area"))
	if err != nil {
		return data{}, err
	}
	say := h.Printer(c)
	d := data{Progress: p, E: p.Total.Counts.Eligibility(), MayAssign: authz.May(who, authz.CaseAssign, authz.Object{Area: p.Area}), say: say,
		Live: "/fieldwork/" + p.Round.ID + "/live?area=" + url.QueryEscape(p.Area), Running: p.Live && p.Round.State == survey.Collecting}
	if len(p.Area) > len(who.Area) {
		d.Back = "/fieldwork/" + p.Round.ID
		if up := survey.ParentOf(p.Area); len(up) > len(who.Area) {
			d.Back += "?area=" + up
		}
	}
	shown := p.Total.Cases >= p.Cell
	for _, r := range p.Total.Counts.Rates(d.E) {
		d.Rates = append(d.Rates, rateRow{Name: r.Name, Key: "fieldwork.rate." + r.Name, Rate: r, Hidden: !shown})
	}
	for _, t := range p.Evaluators {
		row := personRow{Tally: t, Cooperation: t.Counts.Rate("COOP1"), Contact: t.Counts.Rate("CON1"), Hidden: t.Cases-t.Untouched < p.Cell}
		if t.Cases > t.Untouched {
			row.Tries = float64(t.Attempts) / float64(t.Cases-t.Untouched)
		}
		d.People = append(d.People, row)
	}
	d.Chart = progressChart(p, say)
	d.Sample, d.HiddenCells = sampleChart(p, say)
	return d, nil
}

func progressChart(p field.Progress, say *locale.Printer) chart.Figure {
	v := chart.Progress{ID: "progress", Over: p.Round.State != survey.Collecting}
	for _, t := range p.Areas {
		v.Strata = append(v.Strata, chart.Stratum{Name: t.Name, Planned: max(t.Planned, t.Done+t.Underway+t.Ended), Done: t.Done, Underway: t.Underway, Closed: t.Ended})
	}
	fig := v.Figure(say)
	fig.Title = say.T("fieldwork.by_area")
	return fig
}

// sampleChart compares those who answered with those who live there. Hidden
// groups are left out of both, so that their counts cannot be worked out.
func sampleChart(p field.Progress, say *locale.Printer) (chart.Figure, int) {
	answered, lives, hidden := 0, 0, 0
	for _, g := range p.Groups {
		if g.Hidden {
			hidden++
			continue
		}
		answered, lives = answered+g.Answered, lives+g.Population
	}
	v := chart.Compare{ID: "sample", Title: say.T("fieldwork.sample"), N: answered}
	for _, g := range p.Groups {
		if g.Hidden || answered == 0 || lives == 0 {
			continue
		}
		v.Groups = append(v.Groups, chart.CompareGroup{Name: say.T("fieldwork.sex."+g.Sex) + " " + strings.ReplaceAll(g.Band, "-", "–"),
			Sample: float64(g.Answered) / float64(answered), Population: float64(g.Population) / float64(lives)})
	}
	fig := v.Figure(say)
	if len(v.Groups) == 0 {
		fig.Empty = say.T("fieldwork.sample.none", "Min", p.Cell)
	}
	return fig, hidden
}

func (h *pages) show(c *gin.Context, who authz.Actor) error {
	d, err := h.data(c, who)
	if err != nil {
		return err
	}
	p := h.Printer(c)
	d.Tabs = Tabs(p, who, d.Round.ID, d.Area, "progress")
	page := render.Page{Title: d.Round.Title, Subtitle: d.AreaName, Data: d,
		Crumbs: []render.Crumb{{Text: p.T("fieldwork.title"), Href: "/fieldwork"}, {Text: d.Round.Title}}}
	if d.Back != "" {
		page.Crumbs = []render.Crumb{{Text: p.T("fieldwork.title"), Href: "/fieldwork"}, {Text: d.Round.Title, Href: d.Back}, {Text: d.AreaName}}
	}
	if d.MayAssign {
		page.Actions = []render.Action{{Text: p.T("fieldwork.cases"), Href: "/fieldwork/" + d.Round.ID + "/cases?area=" + d.Area, Icon: "list-details"},
			{Text: p.T("held.title"), Href: "/fieldwork/" + d.Round.ID + "/held", Icon: "archive"}, {Text: p.T("offline.import"), Href: "/app/import", Icon: "file-import"}}
	}
	h.Render(c, http.StatusOK, "fieldwork/show", page)
	return nil
}

// live answers the part of the page that renews itself.
func (h *pages) live(c *gin.Context, who authz.Actor) error {
	d, err := h.data(c, who)
	if err != nil {
		return err
	}
	h.Partial(c, http.StatusOK, "fieldwork/live", d)
	return nil
}

type casesData struct {
	Round, Area, Evaluator, Number, Stage string
	Cases                                 []field.CaseView
	Linked                                map[string]bool
	Total                                 int
	Evaluators, Stages                    []render.Option
	Next                                  string
}

// stages in the order in which a case goes through them.
var stages = []fieldwork.Stage{fieldwork.Open, fieldwork.Underway, fieldwork.Agreed, fieldwork.Done, fieldwork.Ended}

const pageSize = 50

func (h *pages) cases(c *gin.Context, who authz.Actor) error {
	ctx := c.Request.Context()
	area := c.Query("area")
	if area == "" {
		area = who.Area
	}
	d := casesData{Round: c.Param("round"), Area: area, Evaluator: c.Query("evaluator"), Number: strings.TrimSpace(c.Query("number"))}
	stage := fieldwork.Stage(c.Query("stage"))
	if !slices.Contains(stages, stage) {
		stage = ""
	}
	l, err := h.svc.Cases(ctx, who, d.Round, fielddb.CaseFilter{Area: area, Evaluator: d.Evaluator, Number: strings.ToLower(d.Number), After: c.Query("after"), Limit: pageSize}, stage)
	if err != nil {
		return err
	}
	d.Cases, d.Linked, d.Stage, d.Total = l.List, l.Linked, string(stage), l.Total(stage)
	for _, s := range stages {
		d.Stages = append(d.Stages, render.Option{Value: string(s), Text: h.T(c, "fieldwork.stage_n", "Stage", h.T(c, "field.stage."+string(s)), "N", h.Format(c).Int(l.Total(s)))})
	}
	people, err := h.svc.Evaluators(ctx, who, area)
	if err != nil {
		return err
	}
	for _, e := range people {
		d.Evaluators = append(d.Evaluators, render.Option{Value: e[0], Text: e[1]})
	}
	if len(d.Cases) == pageSize {
		q := url.Values{"area": {area}, "evaluator": {d.Evaluator}, "number": {d.Number}, "stage": {d.Stage}, "after": {d.Cases[pageSize-1].ID}}
		d.Next = "/fieldwork/" + d.Round + "/cases?" + q.Encode()
	}
	title, err := h.svc.RoundTitle(ctx, who, d.Round)
	if err != nil {
		return err
	}
	p := h.Printer(c)
	h.Render(c, http.StatusOK, "fieldwork/cases", render.Page{Title: p.T("fieldwork.cases"), Subtitle: p.T("fieldwork.cases_text"),
		Crumbs: []render.Crumb{{Text: p.T("fieldwork.title"), Href: "/fieldwork"}, {Text: title, Href: "/fieldwork/" + d.Round}, {Text: p.T("fieldwork.cases")}}, Data: d})
	return nil
}

func (h *pages) back(c *gin.Context) string {
	q := url.Values{"area": {c.PostForm("area")}, "evaluator": {c.PostForm("filter")}, "stage": {c.PostForm("stage")}}
	return "/fieldwork/" + url.PathEscape(c.Param("round")) + "/cases?" + q.Encode()
}

func (h *pages) assign(c *gin.Context, who authz.Actor) error {
	if err := h.svc.Reassign(c.Request.Context(), who, c.Param("id"), c.PostForm("evaluator"), c.PostForm("reason")); err != nil {
		return err
	}
	h.Done(c, h.back(c), "fieldwork.assigned", nil)
	return nil
}

// revoke ends the personal links of a case.
func (h *pages) revoke(c *gin.Context, who authz.Actor) error {
	if err := h.svc.RevokeLinks(c.Request.Context(), who, c.Param("id"), c.PostForm("reason")); err != nil {
		return err
	}
	h.Done(c, h.back(c), "app.link_revoked", nil)
	return nil
}

func (h *pages) release(c *gin.Context, who authz.Actor) error {
	if _, err := h.svc.ReleaseReserve(c.Request.Context(), who, c.Param("id"), ""); err != nil {
		return err
	}
	h.Done(c, h.back(c), "app.reserve_released", nil)
	return nil
}
