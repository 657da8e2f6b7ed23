// Package rounds has the pages of rounds: the list, the steps of a draft, the
// overview, and the questionnaires, rule books and the planner behind them.
package rounds

import (
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"gongping/internal/app/rounds"
	"gongping/internal/authz"
	"gongping/survey"
	"gongping/web/handle"
	"gongping/web/page/render"
)

type pages struct {
	*handle.Pages
	svc *rounds.Service
}

// Routes registers the pages.
func Routes(r gin.IRouter, p *handle.Pages, svc *rounds.Service) {
	h := &pages{p, svc}
	r.GET("/rounds", h.Signed(h.list))
	r.GET("/rounds/new", h.Signed(h.newForm))
	r.POST("/rounds", h.Signed(h.create))
	r.GET("/rounds/:id", h.Signed(h.show))
	r.GET("/rounds/:id/edit", h.Signed(h.edit))
	r.POST("/rounds/:id/edit", h.Signed(h.save))
	r.GET("/rounds/:id/preview", h.Signed(h.preview))
	r.POST("/rounds/:id/freeze", h.Signed(h.freeze))
	r.POST("/rounds/:id/version", h.Signed(h.version))
	r.POST("/rounds/:id/step", h.Signed(h.step))
	r.GET("/questionnaires", h.Signed(h.questionnaires))
	r.GET("/questionnaires/new", h.Signed(h.questionnaireNew))
	r.POST("/questionnaires/default", h.Signed(h.questionnaireDefault))
	r.POST("/questionnaires", h.Signed(h.questionnaireSave))
	r.GET("/questionnaires/import", h.Signed(h.questionnaireImport))
	r.POST("/questionnaires/import", h.Signed(h.questionnaireRead))
	r.POST("/questionnaires/preview", h.Signed(h.questionnairePreview))
	r.GET("/questionnaires/:id/print", h.Signed(h.questionnairePrint))
	r.GET("/questionnaires/:id/export", h.Signed(h.questionnaireExport))
	r.GET("/questionnaires/:id", h.Signed(h.questionnaire))
	r.GET("/questionnaires/:id/edit", h.Signed(h.questionnaireEdit))
	r.POST("/questionnaires/:id", h.Signed(h.questionnaireSave))
	r.GET("/rulebooks", h.Signed(h.ruleBooks))
	r.GET("/rulebooks/new", h.Signed(h.ruleBookNew))
	r.POST("/rulebooks", h.Signed(h.ruleBookSave))
	r.GET("/rulebooks/:id", h.Signed(h.ruleBook))
	r.GET("/rulebooks/:id/compare", h.Signed(h.ruleBookCompare))
	r.GET("/rulebooks/:id/edit", h.Signed(h.ruleBookEdit))
	r.POST("/rulebooks/:id", h.Signed(h.ruleBookSave))
	r.GET("/planner", h.Signed(h.planner))
}

// tone is the colour of a state.
func tone(s survey.State) string {
	return map[survey.State]string{survey.Draft: "neutral", survey.Frozen: "info", survey.Drawn: "info", survey.Collecting: "success",
		survey.Closed: "neutral", survey.Cancelled: "danger"}[s]
}

const pageSize = 20

type listRow struct {
	survey.Round
	Tone, Area string
}

type listData struct {
	Rounds []listRow
	May    bool
	Pages  render.Pagination
}

func (h *pages) list(c *gin.Context, who authz.Actor) error {
	page := max(intOf(c.Query("page"), 1), 1)
	list, total, err := h.svc.Page(c.Request.Context(), who, page, pageSize)
	if err != nil {
		return err
	}
	d := listData{May: authz.May(who, authz.RoundEdit, authz.Object{}),
		Pages: render.Pagination{Page: page, Last: (total + pageSize - 1) / pageSize, Total: total, Href: "/rounds?page="}}
	names, err := h.svc.AreaNames(c.Request.Context(), who)
	if err != nil {
		return err
	}
	for _, r := range list {
		area := names[r.AreaCode]
		if area == "" {
			area = r.AreaCode
		}
		d.Rounds = append(d.Rounds, listRow{r, tone(r.State), area})
	}
	p := render.Page{Title: h.T(c, "round.list.title"), Subtitle: h.T(c, "round.list.subtitle"), Data: d}
	if d.May {
		p.Actions = []render.Action{{Text: h.T(c, "planner.open"), Href: "/planner", Icon: "target"}}
		if len(list) > 0 {
			p.Actions = append(p.Actions, render.Action{Text: h.T(c, "round.new"), Href: "/rounds/new", Icon: "plus", Primary: true})
		}
	}
	h.Render(c, http.StatusOK, "rounds/list", p)
	return nil
}

// crumbs lead from the list to a round.
func (h *pages) crumbs(c *gin.Context, id, title string, last ...string) []render.Crumb {
	out := []render.Crumb{{Text: h.T(c, "round.list.title"), Href: "/rounds"}}
	if len(last) == 0 {
		return append(out, render.Crumb{Text: title})
	}
	return append(out, render.Crumb{Text: title, Href: "/rounds/" + id}, render.Crumb{Text: last[0]})
}

// progress is the stepper of a round's states.
func (h *pages) progress(c *gin.Context, d rounds.Detail) []render.Step {
	states := []survey.State{survey.Draft, survey.Frozen, survey.Drawn, survey.Collecting, survey.Closed}
	reached := 0
	for _, e := range d.Events {
		for i, s := range states {
			if e.State == s {
				reached = i
			}
		}
	}
	var out []render.Step
	for i, s := range states {
		st := render.Step{Text: h.T(c, "round.state."+string(s)), State: "later"}
		switch {
		case i < reached || d.State == survey.Closed:
			st.State = "done"
		case i == reached:
			st.State = "now"
		}
		out = append(out, st)
	}
	return out
}

type showData struct {
	rounds.Detail
	Steps    []render.Step
	Tone     string
	Events   []render.Event
	Forecast *rounds.Forecast
	Trouble  *render.Alert // why the plan cannot be previewed
	MayEdit, MayFreeze, MayStep, MayDraw, MayField,
	MayResults, MayIndicators, MayPanel, MayRecords bool
	Next string // the key of the next action's sentence
	Last bool   // the latest version of its series
}

func (h *pages) show(c *gin.Context, who authz.Actor) error {
	d, err := h.svc.Get(c.Request.Context(), who, c.Param("id"))
	if err != nil {
		return err
	}
	at := authz.Object{Area: d.AreaCode}
	v := showData{Detail: d, Steps: h.progress(c, d), Tone: tone(d.State), Next: "round.next." + string(d.State), Events: h.events(c, d),
		Last:    d.Version == d.Versions[len(d.Versions)-1].Version,
		MayEdit: authz.May(who, authz.RoundEdit, at), MayFreeze: authz.May(who, authz.RoundFreeze, at), MayStep: authz.May(who, authz.RoundStep, at),
		MayDraw: authz.May(who, authz.DrawRead, at), MayField: authz.ScopeOf(who.Role, authz.FieldworkRead) != authz.Deny,
		MayResults: authz.ScopeOf(who.Role, authz.RunRead) != authz.Deny, MayIndicators: authz.May(who, authz.IndicatorImport, at), MayPanel: authz.May(who, authz.PanelRead, at), MayRecords: authz.ScopeOf(who.Role, authz.RecordRead) != authz.Deny}
	if d.State != survey.Draft {
		if v.Forecast, err = h.svc.Preview(c.Request.Context(), who, d.ID); err != nil {
			return err
		}
	}
	h.Render(c, http.StatusOK, "rounds/show", render.Page{Title: d.Title, Crumbs: h.crumbs(c, d.ID, d.Title), Data: v,
		Subtitle: h.T(c, "round.subtitle", "Area", d.Names[d.AreaCode], "Version", d.Version)})
	return nil
}

func (h *pages) events(c *gin.Context, d rounds.Detail) []render.Event {
	icons := map[survey.State]string{survey.Frozen: "lock", survey.Drawn: "dice", survey.Collecting: "player-play", survey.Closed: "check", survey.Cancelled: "ban"}
	out := []render.Event{{At: d.CreatedAt, Title: h.T(c, "round.event.created"), Icon: "file-text"}}
	for _, e := range d.Events {
		out = append(out, render.Event{At: e.At, Who: e.By, Title: h.T(c, "round.event."+string(e.State)), Text: e.Reason, Icon: icons[e.State],
			Tone: tone(e.State)})
	}
	return out
}

func (h *pages) freeze(c *gin.Context, who authz.Actor) error {
	id := c.Param("id")
	if err := h.svc.Freeze(c.Request.Context(), who, id); err != nil {
		return h.review(c, who, id, http.StatusConflict, err)
	}
	h.Done(c, "/rounds/"+id, "round.frozen_now", nil)
	return nil
}

// version makes a draft that supersedes the round and leads to its steps.
func (h *pages) version(c *gin.Context, who authz.Actor) error {
	d, err := h.svc.Get(c.Request.Context(), who, c.Param("id"))
	if err != nil {
		return err
	}
	id, err := h.svc.Create(c.Request.Context(), who, rounds.DraftOf(d), d.ID)
	if err != nil {
		return err
	}
	h.Done(c, "/rounds/"+id+"/edit", "round.version_made", nil)
	return nil
}

func (h *pages) step(c *gin.Context, who authz.Actor) error {
	to := survey.State(c.PostForm("to"))
	if err := h.svc.Step(c.Request.Context(), who, c.Param("id"), to, c.PostForm("reason")); err != nil {
		return err
	}
	h.Done(c, "/rounds/"+c.Param("id"), "round.event."+string(to), nil)
	return nil
}

// day reads a date of a form; the zero time where it is none.
func day(s string) time.Time {
	t, _ := time.Parse(time.DateOnly, s)
	return t
}
