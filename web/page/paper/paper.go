// Package paper has the pages of questionnaires on paper: printing forms with
// case codes, and the entry by two persons, with a third where they differ.
package paper

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"github.com/gin-gonic/gin"

	"gongping/internal/app/field"
	"gongping/internal/authz"
	"gongping/internal/errs"
	"gongping/survey/fieldwork"
	"gongping/survey/instrument"
	"gongping/web/handle"
	"gongping/web/page/question"
	"gongping/web/page/render"
)

type pages struct {
	*handle.Pages
	svc *field.Service
}

// Routes registers the pages.
func Routes(r gin.IRouter, p *handle.Pages, svc *field.Service) {
	h := &pages{p, svc}
	r.GET("/paper", h.Signed(h.desk))
	r.POST("/paper", h.Signed(h.open))
	r.GET("/paper/rounds/:round", h.Signed(h.list))
	r.POST("/paper/rounds/:round/print", h.Signed(h.print))
	r.GET("/paper/forms/:code", h.Signed(h.show))
	r.POST("/paper/forms/:code", h.Signed(h.enter))
}

type deskData struct {
	Code, Missing string
	Rounds        []render.Tab
}

func (h *pages) desk(c *gin.Context, who authz.Actor) error {
	return h.showDesk(c, who, http.StatusOK, deskData{})
}

func (h *pages) showDesk(c *gin.Context, who authz.Actor, status int, d deskData) error {
	if err := authz.Check(who, authz.PaperEnter, authz.Object{}); err != nil {
		return err
	}
	if authz.ScopeOf(who.Role, authz.PaperPrint) != authz.Deny {
		rounds, err := h.svc.Rounds(c.Request.Context(), who)
		if err != nil {
			return err
		}
		for _, r := range rounds {
			d.Rounds = append(d.Rounds, render.Tab{Text: r.Title, Href: "/paper/rounds/" + r.ID})
		}
	}
	h.Render(c, status, "paper/desk", render.Page{Title: h.T(c, "paperform.title"), Subtitle: h.T(c, "paperform.subtitle"), Data: d})
	return nil
}

func (h *pages) open(c *gin.Context, who authz.Actor) error {
	v, err := h.svc.Paper(c.Request.Context(), who, c.PostForm("code"))
	if e, ok := err.(*errs.Error); ok && (e.Key == "paper.unknown" || e.Key == "paper.mistyped") {
		return h.showDesk(c, who, http.StatusUnprocessableEntity, deskData{Code: c.PostForm("code"), Missing: h.T(c, e.Key)})
	}
	if err != nil {
		return err
	}
	c.Redirect(http.StatusSeeOther, "/paper/forms/"+v.Form.Code)
	return nil
}

type listData struct {
	Round      field.Round
	Forms      []field.PaperLine
	Committees []render.Option
	MayPrint   bool
}

func (h *pages) list(c *gin.Context, who authz.Actor) error {
	ctx := c.Request.Context()
	r, forms, err := h.svc.PaperForms(ctx, who, c.Param("round"))
	if err != nil {
		return err
	}
	d := listData{Round: r, Forms: forms, MayPrint: authz.ScopeOf(who.Role, authz.PaperPrint) != authz.Deny}
	if d.MayPrint {
		places, err := h.svc.PaperPlaces(ctx, who, r.ID)
		if err != nil {
			return err
		}
		for _, p := range places {
			d.Committees = append(d.Committees, render.Option{Value: p[0], Text: p[1]})
		}
	}
	p := h.Printer(c)
	h.Render(c, http.StatusOK, "paper/list", render.Page{Title: p.T("paperform.forms"), Subtitle: r.Title,
		Crumbs: []render.Crumb{{Text: p.T("paperform.title"), Href: "/paper"}, {Text: r.Title}}, Data: d})
	return nil
}

// sheet is one form to be printed.
type sheet struct {
	Form        question.Form
	Code, Place string
}

func (h *pages) print(c *gin.Context, who authz.Actor) error {
	n, _ := strconv.Atoi(c.PostForm("number"))
	r, codes, err := h.svc.PrintForms(c.Request.Context(), who, c.Param("round"), c.PostForm("committee"), n)
	if err != nil {
		return err
	}
	p := h.Printer(c)
	var sheets []sheet
	for _, code := range codes {
		sheets = append(sheets, sheet{question.New(r.Questionnaire, p, nil, nil), fieldwork.ShowCode(code), p.T("paperform.place")})
	}
	h.Render(c, http.StatusOK, "paper/print", render.Page{Title: p.N("paperform.printed", len(codes)), Subtitle: r.Title, Layout: render.Plain,
		Crumbs: []render.Crumb{{Text: p.T("paperform.title"), Href: "/paper"}, {Text: r.Title, Href: "/paper/rounds/" + url.PathEscape(r.ID)}}, Data: sheets})
	return nil
}

type formData struct {
	field.PaperView
	Form   question.Form
	Code   string
	Differ []difference
}

// difference is an item that two persons read differently.
type difference struct{ Question, First, Second string }

func (h *pages) show(c *gin.Context, who authz.Actor) error {
	v, err := h.svc.Paper(c.Request.Context(), who, c.Param("code"))
	if err != nil {
		return err
	}
	return h.form(c, http.StatusOK, v, nil, nil)
}

func (h *pages) form(c *gin.Context, status int, v field.PaperView, answers instrument.Answers, fault error) error {
	p := h.Printer(c)
	if answers == nil && v.Step == field.PaperDecision {
		answers = instrument.Answers{}
		for item, a := range v.First {
			if v.Second[item] == a {
				answers[item] = a
			}
		}
	}
	d := formData{PaperView: v, Form: question.New(v.Round.Questionnaire, p, answers, fault), Code: fieldwork.ShowCode(v.Form.Code)}
	words := texts(d.Form)
	if v.Step == field.PaperDecision && !v.Mine {
		for _, it := range v.Round.Questionnaire.Items { // in the order of the paper
			if slices.Contains(v.Differ, it.ID) {
				d.Differ = append(d.Differ, difference{words[it.ID], say(words, it.ID, v.First[it.ID]), say(words, it.ID, v.Second[it.ID])})
			}
		}
	}
	h.Render(c, status, "paper/form", render.Page{Title: p.T("paperform.form", "Code", d.Code), Subtitle: v.Form.CommitteeName,
		Crumbs: []render.Crumb{{Text: p.T("paperform.title"), Href: "/paper"}, {Text: d.Code}}, Data: d})
	return nil
}

// texts are the words of questions, and of choices as "item/value".
func texts(f question.Form) map[string]string {
	out := map[string]string{}
	for _, s := range f.Sections {
		for _, it := range s.Items {
			out[it.ID] = it.Text
			for _, o := range it.Options {
				out[it.ID+"/"+o.Value] = o.Text
			}
		}
	}
	return out
}

func say(words map[string]string, item, value string) string {
	if value == "" {
		return "—"
	}
	if t, ok := words[item+"/"+value]; ok {
		return t
	}
	return value
}

func (h *pages) enter(c *gin.Context, who authz.Actor) error {
	ctx := c.Request.Context()
	if err := c.Request.ParseForm(); err != nil {
		return errs.Wrap(err, errs.Invalid, "question.form", "the form cannot be read")
	}
	v, err := h.svc.Paper(ctx, who, c.Param("code"))
	if err != nil {
		return err
	}
	answers := question.Read(v.Round.Questionnaire, c.Request.PostForm)
	out, err := h.svc.EnterPaper(ctx, who, c.Param("code"), answers)
	if e, ok := err.(*errs.Error); ok && e.Key == "answers.invalid" {
		return h.form(c, http.StatusUnprocessableEntity, v, answers, err)
	}
	if err != nil {
		return err
	}
	h.Done(c, "/paper/forms/"+out.Form.Code, "paperform.saved", nil)
	return nil
}
