package rounds

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"gongping/internal/app/rounds"
	"gongping/internal/authz"
	"gongping/internal/errs"
	"gongping/internal/pg/rounddb"
	"gongping/survey"
	"gongping/web/page/render"
)

// steps are the parts of a draft, in the order in which they are filled in.
var steps = []string{"basics", "questionnaire", "plan", "evaluators", "rules", "dates", "review"}

type editData struct {
	rounds.Draft
	ID, Step  string
	Stepper   []render.Step
	Links     []render.Tab
	Back      string
	Alert     *render.Alert
	Choices   rounds.Choices
	Areas     []render.Option
	Plan      planForm
	Forecast  *rounds.Forecast
	Names     map[string]string
	Chosen    map[string]string // evaluator → area
	Documents []render.Option
	Action    string
	Unfrozen  bool // the chosen frame is not frozen yet
	Titles    rounds.Detail
}

// newForm begins a round with what is usual: the latest questionnaire and rule
// book, 60 residents a committee in proportion, four weeks from in two weeks.
func (h *pages) newForm(c *gin.Context, who authz.Actor) error {
	if err := authz.Check(who, authz.RoundEdit, authz.Object{}); err != nil {
		return err
	}
	today := h.svc.Clock.Now()
	d := rounds.Draft{AreaCode: who.Area, OpensOn: today.AddDate(0, 0, 14), ClosesOn: today.AddDate(0, 0, 41)}
	return h.form(c, who, http.StatusOK, "", "basics", d, nil)
}

func (h *pages) create(c *gin.Context, who authz.Actor) error {
	ctx := c.Request.Context()
	if err := h.svc.EnsureDocuments(ctx, who); err != nil {
		return err
	}
	ch, err := h.svc.Choices(ctx, who)
	if err != nil {
		return err
	}
	today := h.svc.Clock.Now().Truncate(24 * time.Hour)
	d := rounds.Draft{OpensOn: today.AddDate(0, 0, 14), ClosesOn: today.AddDate(0, 0, 41),
		Plan:            survey.Plan{Allocation: "proportional", Size: 60, ReserveRatio: 0.5, ResponseRate: 0.6},
		QuestionnaireID: ch.Questionnaires[0].ID, QuestionnaireVersion: ch.Questionnaires[0].Version,
		RuleBookID: ch.RuleBooks[0].ID, RuleBookVersion: ch.RuleBooks[0].Version}
	apply(c, "basics", &d, ch)
	for _, e := range ch.Evaluators {
		if survey.Within(e.Area, d.AreaCode) || survey.Within(d.AreaCode, e.Area) {
			d.Evaluators = append(d.Evaluators, rounddb.Evaluator{AccountID: e.AccountID, Area: e.Area})
		}
	}
	id, err := h.svc.Create(ctx, who, d, "")
	if errs.Is(err, errs.Invalid) {
		return h.form(c, who, http.StatusUnprocessableEntity, "", "basics", d, err)
	}
	if err != nil {
		return err
	}
	c.Redirect(http.StatusSeeOther, "/rounds/"+id+"/edit?step=questionnaire")
	return nil
}

// loaded is a draft that the actor may change.
func (h *pages) loaded(ctx context.Context, who authz.Actor, id string) (rounds.Detail, error) {
	d, err := h.svc.Get(ctx, who, id)
	if err != nil {
		return d, err
	}
	if err := authz.Check(who, authz.RoundEdit, authz.Object{Area: d.AreaCode}); err != nil {
		return d, err
	}
	if d.State != survey.Draft {
		return d, errs.New(errs.Closed, "round.frozen", "the round is frozen; make a new version to change it")
	}
	return d, nil
}

func (h *pages) edit(c *gin.Context, who authz.Actor) error {
	d, err := h.loaded(c.Request.Context(), who, c.Param("id"))
	if err != nil {
		return err
	}
	step := c.DefaultQuery("step", "basics")
	if step == "review" {
		return h.review(c, who, d.ID, http.StatusOK, nil)
	}
	return h.form(c, who, http.StatusOK, d.ID, step, rounds.DraftOf(d), nil)
}

func (h *pages) save(c *gin.Context, who authz.Actor) error {
	ctx := c.Request.Context()
	old, err := h.loaded(ctx, who, c.Param("id"))
	if err != nil {
		return err
	}
	ch, err := h.svc.Choices(ctx, who)
	if err != nil {
		return err
	}
	d, step := rounds.DraftOf(old), c.PostForm("step")
	i := slices.Index(steps, step)
	if i < 0 || step == "review" {
		return errs.New(errs.Invalid, "round.invalid", "there is no such step").At("step", step, strings.Join(steps, ", "), "")
	}
	apply(c, step, &d, ch)
	err = h.svc.Update(ctx, who, old.ID, d)
	if errs.Is(err, errs.Invalid) {
		return h.form(c, who, http.StatusUnprocessableEntity, old.ID, step, d, err)
	}
	if err != nil {
		return err
	}
	next := steps[i+1]
	if c.PostForm("then") == "preview" {
		next = step + "#preview"
	}
	c.Redirect(http.StatusSeeOther, "/rounds/"+old.ID+"/edit?step="+next)
	return nil
}

// apply puts the fields of one step into a draft.
func apply(c *gin.Context, step string, d *rounds.Draft, ch rounds.Choices) {
	switch step {
	case "basics":
		d.Title, d.AreaCode, d.FrameID = strings.TrimSpace(c.PostForm("title")), c.PostForm("area"), c.PostForm("frame")
	case "questionnaire":
		d.QuestionnaireID, d.QuestionnaireVersion = document(c.PostForm("document"), ch.Questionnaires, d.QuestionnaireID, d.QuestionnaireVersion)
	case "rules":
		d.RuleBookID, d.RuleBookVersion = document(c.PostForm("document"), ch.RuleBooks, d.RuleBookID, d.RuleBookVersion)
	case "plan":
		d.Plan = planOf(c)
	case "evaluators":
		d.Evaluators = nil
		for _, e := range ch.Evaluators {
			if c.PostForm("take."+e.AccountID) == "" {
				continue
			}
			area := c.PostForm("area." + e.AccountID)
			if area == "" {
				area = e.Area
			}
			d.Evaluators = append(d.Evaluators, rounddb.Evaluator{AccountID: e.AccountID, Area: area})
		}
	case "dates":
		d.OpensOn, d.ClosesOn = day(c.PostForm("opens")), day(c.PostForm("closes"))
	}
}

// document finds the chosen document in its latest version; what is not
// offered leaves the old choice.
func document(chosen string, offered []rounddb.Versioned, id string, version int) (string, int) {
	for _, v := range offered {
		if v.ID == chosen {
			return v.ID, v.Version
		}
	}
	return id, version
}

func (h *pages) form(c *gin.Context, who authz.Actor, status int, id, step string, d rounds.Draft, err error) error {
	ch, cerr := h.svc.Choices(c.Request.Context(), who)
	if cerr != nil {
		return cerr
	}
	v := editData{Draft: d, ID: id, Step: step, Choices: ch, Action: "/rounds", Names: map[string]string{}, Chosen: map[string]string{}}
	if id != "" {
		v.Action = "/rounds/" + id + "/edit"
	}
	if err != nil {
		v.Alert = h.Alert(c, err)
	}
	h.fill(c, &v)
	if step == "plan" && id != "" && err == nil {
		if v.Forecast, err = h.svc.Preview(c.Request.Context(), who, id); err != nil {
			v.Alert = h.Alert(c, err)
			v.Alert.Tone = "warning"
		}
	}
	title := h.T(c, "round.new")
	if id != "" {
		title = d.Title
	}
	h.Render(c, status, "rounds/edit", render.Page{Title: title, Subtitle: h.T(c, "round.edit.subtitle"), Data: v,
		Crumbs: h.crumbs(c, id, title, h.T(c, "round.step."+step))})
	return nil
}

// fill adds the choices of the step in the form's terms.
func (h *pages) fill(c *gin.Context, v *editData) {
	at := slices.Index(steps, v.Step)
	for i, s := range steps {
		st := render.Step{Text: h.T(c, "round.step."+s), State: "later"}
		if i < at {
			st.State = "done"
		} else if i == at {
			st.State = "now"
		}
		v.Stepper = append(v.Stepper, st)
		if v.ID != "" {
			v.Links = append(v.Links, render.Tab{Text: st.Text, Href: "/rounds/" + v.ID + "/edit?step=" + s, Active: i == at})
		}
	}
	if at > 0 && v.ID != "" {
		v.Back = "/rounds/" + v.ID + "/edit?step=" + steps[at-1]
	}
	for _, a := range v.Choices.Areas {
		v.Names[a.Code] = a.Name
		v.Areas = append(v.Areas, render.Option{Value: a.Code, Text: strings.Repeat("　", int(a.Level)-1) + a.Name + " " + a.Code})
	}
	for _, f := range v.Choices.Frames {
		v.Unfrozen = v.Unfrozen || f.ID == v.FrameID && f.FrozenAt == nil
	}
	for _, e := range v.Evaluators {
		v.Chosen[e.AccountID] = e.Area
	}
	docs := v.Choices.Questionnaires
	if v.Step == "rules" {
		docs = v.Choices.RuleBooks
	}
	for _, q := range docs {
		v.Documents = append(v.Documents, render.Option{Value: q.ID, Text: q.Title, Help: h.T(c, "document.version", "Version", q.Version)})
	}
	v.Plan = h.planForm(c, v.Draft.Plan)
}

// review shows the whole draft before it is frozen, and what hinders that.
func (h *pages) review(c *gin.Context, who authz.Actor, id string, status int, err error) error {
	d, lerr := h.loaded(c.Request.Context(), who, id)
	if lerr != nil {
		return lerr
	}
	ch, cerr := h.svc.Choices(c.Request.Context(), who)
	if cerr != nil {
		return cerr
	}
	v := editData{Draft: rounds.DraftOf(d), ID: id, Step: "review", Choices: ch, Names: map[string]string{}, Chosen: map[string]string{}, Titles: d,
		Action: "/rounds/" + id + "/freeze"}
	h.fill(c, &v)
	v.Names = d.Names
	if err == nil {
		v.Forecast, err = h.svc.Preview(c.Request.Context(), who, id)
	}
	if err != nil {
		v.Alert = h.Alert(c, err)
	}
	h.Render(c, status, "rounds/edit", render.Page{Title: d.Title, Subtitle: h.T(c, "round.review.subtitle"), Data: v,
		Crumbs: h.crumbs(c, id, d.Title, h.T(c, "round.step.review"))})
	return nil
}

type previewData struct {
	*rounds.Forecast
	Names map[string]string
	Cells []cellRow
	Pages render.Pagination
	// TwoStage: households are drawn in clusters of at least Least.
	TwoStage bool
	Least    int
}

// cellsPage is how many cells stand on a page of the preview.
const cellsPage = 50

type cellRow struct {
	rounds.Cell
	Name   string
	Joined string // the small cells that it took in, in words
}

// preview lists every cell of the plan.
func (h *pages) preview(c *gin.Context, who authz.Actor) error {
	d, err := h.svc.Get(c.Request.Context(), who, c.Param("id"))
	if err != nil {
		return err
	}
	f, err := h.svc.Preview(c.Request.Context(), who, d.ID)
	if err != nil {
		return err
	}
	v := previewData{Forecast: f, Names: d.Names, TwoStage: d.Plan.Method.TwoStage(), Least: survey.MinHouseholds}
	committee, page, at := c.Query("committee"), max(intOf(c.Query("page"), 1), 1), 0
	for _, cell := range f.Cells {
		if committee != "" && cell.Committee != committee {
			continue
		}
		if at/cellsPage == page-1 {
			v.Cells = append(v.Cells, cellRow{cell, h.cellName(c, d, cell.Stratum.Stratum), h.joined(c, d, f.Collapsed, cell.Stratum.Stratum)})
		}
		at++
	}
	v.Pages = render.Pagination{Page: page, Last: (at + cellsPage - 1) / cellsPage, Total: at,
		Href: "/rounds/" + d.ID + "/preview?committee=" + url.QueryEscape(committee) + "&page="}
	h.Render(c, http.StatusOK, "rounds/preview", render.Page{Title: h.T(c, "plan.cells"), Subtitle: h.T(c, "plan.cells_text"), Data: v,
		Crumbs: h.crumbs(c, d.ID, d.Title, h.T(c, "plan.cells"))})
	return nil
}

// joined names the cells that were too small to stand alone and went into a
// stratum: its own name is only that of the cell that took them in.
func (h *pages) joined(c *gin.Context, d rounds.Detail, collapsed map[string]string, stratum string) string {
	p := h.Printer(c)
	cells := survey.Plan{Collapsed: collapsed}.Joined(stratum)
	if len(cells) == 0 {
		return ""
	}
	for i, cell := range cells {
		_, kind, _ := strings.Cut(cell, "#")
		cells[i] = strings.TrimPrefix(StratumName(p, map[string]string{"-": "-"}, d.Plan, "-#"+kind), "- · ")
	}
	return p.T("fieldwork.joined", "Strata", strings.Join(cells, p.T("common.list_mark")))
}

// cellName is a stratum in words: "长桥一村 · 女 · 60–74 岁".
func (h *pages) cellName(c *gin.Context, d rounds.Detail, stratum string) string {
	return StratumName(h.Printer(c), d.Names, d.Plan, stratum)
}
