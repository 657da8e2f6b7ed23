// Package phone has the evaluator's pages for interviews by telephone: whom to
// call now, in an order that nobody chooses, the script, and the code by which
// the person can check that the call is real.
package phone

import (
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"gongping/internal/app/field"
	"gongping/internal/authz"
	"gongping/internal/errs"
	"gongping/survey/fieldwork"
	"gongping/web/handle"
	"gongping/web/page/render"
)

type pages struct {
	*handle.Pages
	svc *field.Service
}

// Routes registers the pages.
func Routes(r gin.IRouter, p *handle.Pages, svc *field.Service) {
	h := &pages{p, svc}
	r.GET("/calls", h.Signed(h.list))
	r.POST("/calls/:id", h.Signed(h.start))
	r.GET("/calls/:id", h.Signed(h.again))
}

type listData struct {
	field.CallList
	Next  *field.CallLine // the first of those due
	Rest  int
	Shown []field.CallLine // later ones, the next few
}

// laterShown is how many of the calls to come are listed.
const laterShown = 20

func (h *pages) list(c *gin.Context, who authz.Actor) error {
	list, err := h.svc.Calls(c.Request.Context(), who)
	if err != nil {
		return err
	}
	d := listData{CallList: list, Shown: list.Later[:min(len(list.Later), laterShown)]}
	if len(list.Due) > 0 {
		d.Next, d.Rest = &list.Due[0], len(list.Due)-1
	}
	p := h.Printer(c)
	h.Render(c, http.StatusOK, "phone/list", render.Page{Title: p.T("call.list"), Subtitle: p.T("call.list_text"), Data: d})
	return nil
}

type callData struct {
	field.CaseDetail
	Code, Number, Host string
	Expires            time.Time
	Title, Intro       string // of the questionnaire, read out
	Outcomes           []fieldwork.Disposition
}

// again sends who reloads a call's page back to the list: the code is shown once.
func (h *pages) again(c *gin.Context, _ authz.Actor) error {
	c.Redirect(http.StatusSeeOther, "/calls")
	return nil
}

// start makes the code of a call and shows the script.
func (h *pages) start(c *gin.Context, who authz.Actor) error {
	ctx, id := c.Request.Context(), c.Param("id")
	detail, err := h.svc.Case(ctx, who, id)
	if err != nil {
		return err
	}
	if detail.Complete || detail.Replaced {
		return errs.New(errs.Closed, "case.ended", "the case has ended; there is nothing more to try")
	}
	code, expires, err := h.svc.StartCall(ctx, who, id)
	if err != nil {
		return err
	}
	p := h.Printer(c)
	lang := string(p.Lang())
	h.Render(c, http.StatusOK, "phone/call", render.Page{Title: p.T("call.call", "Number", detail.Number()), Subtitle: detail.CommitteeName,
		Crumbs: []render.Crumb{{Text: p.T("call.list"), Href: "/calls"}, {Text: detail.Number()}},
		Data: callData{CaseDetail: detail, Code: fieldwork.ShowCode(code), Number: h.svc.EvaluatorNumber(who.District, who.AccountID), Host: c.Request.Host + "/check",
			Expires: expires, Title: detail.Round.Questionnaire.Title.In(lang), Intro: detail.Round.Questionnaire.Intro.In(lang), Outcomes: fieldwork.Choices(fieldwork.Phone)}})
	return nil
}
