// Package resident has the pages of the resident who answers by a personal
// link, and of whoever looks up a receipt. Nothing on them is about the person.
package resident

import (
	"fmt"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	core "gongping/internal/app"
	"gongping/internal/app/field"
	"gongping/internal/authz"
	"gongping/internal/cache"
	"gongping/internal/errs"
	"gongping/survey/instrument"
	"gongping/web/handle"
	"gongping/web/page/app"
	"gongping/web/page/question"
	"gongping/web/page/render"
)

// The limits on tries from one address. Many residents may share one, so they
// are wide; a token has 136 bits and a receipt 60, so they are enough.
var (
	linkLimit    = cache.Limit{Rate: 120, Per: time.Minute, Burst: 120}
	receiptLimit = cache.Limit{Rate: 20, Per: time.Minute, Burst: 20}
)

type pages struct {
	*handle.Pages
	svc   *field.Service
	cache cache.Store
}

// Routes registers the pages.
func Routes(r gin.IRouter, p *handle.Pages, svc *field.Service, store cache.Store) {
	h := &pages{p, svc, store}
	r.GET("/r/:token", h.Public(h.show))
	r.POST("/r/:token", h.Public(h.submit))
	r.GET("/receipt", h.Public(h.receipt))
	r.POST("/receipt", h.Public(h.receipt))
	r.POST("/receipt/withdraw", h.Public(h.withdraw))
	r.POST("/receipt/tell", h.Public(h.tell))
	r.GET("/check", h.Public(h.check))
	r.POST("/check", h.Public(h.check))
	r.GET("/signals", h.Signed(h.signals))
}

type formData struct {
	Form          question.Form
	ID            string
	Version       int
	Action        string
	Modes         []string
	Mode          string
	Steps         bool
	CommitteeName string
	Until         time.Time
}

func (h *pages) allow(c *gin.Context, what string, limit cache.Limit) error {
	if v := h.cache.Allow(c.Request.Context(), what+"/"+cache.Client(c.ClientIP()), limit); !v.Allowed {
		return errs.New(errs.TooMany, "resident.too_many", "too many tries from this address; wait a minute")
	}
	return nil
}

func (h *pages) show(c *gin.Context, _ authz.Actor) error {
	c.Header("X-Robots-Tag", "noindex")
	if err := h.allow(c, "link", linkLimit); err != nil {
		return err
	}
	v, err := h.svc.OpenLink(c.Request.Context(), c.Param("token"))
	if err != nil {
		return h.closed(c, err)
	}
	h.form(c, http.StatusOK, v, core.NewID(), nil, nil)
	return nil
}

func (h *pages) form(c *gin.Context, status int, v field.ResidentView, id string, answers instrument.Answers, fault error) {
	q, p := v.Round.Questionnaire, h.Printer(c)
	f := question.NewIn(q, p, question.Choose(q, c.DefaultPostForm("in", c.Query("in")), string(p.Lang())), answers, fault)
	h.Render(c, status, "resident/form", render.Page{Title: f.Title, TitleLang: f.Lang, Subtitle: v.CommitteeName, Layout: render.Resident,
		Data: formData{Form: f, ID: id, Version: v.Round.QuestionnaireVersion, Action: "/r/" + c.Param("token"), Steps: true,
			CommitteeName: v.CommitteeName, Until: v.ExpiresAt}})
}

// closing says in which words a link that does not open is explained. Who may
// hold a receipt is offered to look it up; to others the button would lead
// nowhere.
var closing = map[string]struct {
	kind, tone, icon string
	receipt          bool
}{
	"link.used":      {"used", "success", "circle-check", true},
	"link.answered":  {"answered", "success", "circle-check", true},
	"field.closed":   {"over", "info", "info-circle", true},
	"field.not_open": {"early", "info", "calendar", false},
	"link.expired":   {"expired", "warning", "clock", false},
	"link.revoked":   {"revoked", "warning", "link", false},
	"link.unknown":   {"unknown", "warning", "alert-triangle", false},
}

type closedData struct {
	Tone, Icon, Text, Next string
	Receipt                bool
}

// closed says what a link that does not open means and what to do.
func (h *pages) closed(c *gin.Context, err error) error {
	e, ok := err.(*errs.Error)
	if !ok {
		return err
	}
	why, ok := closing[e.Key]
	if !ok {
		return err
	}
	p, f, days := h.Printer(c), h.Format(c), map[string]any{}
	for name, v := range e.Args {
		days[name] = v
		if at, ok := v.(time.Time); ok {
			days[name] = f.DateTime(at)
		} else if day, err := time.Parse(time.DateOnly, fmt.Sprint(v)); err == nil {
			days[name] = f.Date(day)
		}
	}
	status, key := http.StatusGone, "resident.closed."+why.kind
	switch e.Code {
	case errs.NotFound:
		status = http.StatusNotFound
	case errs.NotNow:
		status = http.StatusConflict
	}
	h.Render(c, status, "resident/closed", render.Page{Title: p.T(key + ".title"), Layout: render.Resident,
		Data: closedData{why.tone, why.icon, p.Map(key+".text", days), p.T(key + ".next"), why.receipt}})
	return nil
}

type thanksData struct {
	field.Outcome
	Thanks, Lang string
}

func (h *pages) submit(c *gin.Context, _ authz.Actor) error {
	c.Header("X-Robots-Tag", "noindex")
	if err := h.allow(c, "link", linkLimit); err != nil {
		return err
	}
	ctx, token := c.Request.Context(), c.Param("token")
	q, err := h.svc.QuestionnaireOfLink(ctx, token)
	if err != nil {
		return h.closed(c, err)
	}
	if err := c.Request.ParseForm(); err != nil {
		return errs.Wrap(err, errs.Invalid, "question.form", "the form cannot be read")
	}
	sub := app.Submission(c, q)
	out, err := h.svc.SubmitByLink(ctx, token, sub)
	if e, ok := err.(*errs.Error); ok && e.Key == "answers.invalid" {
		v, err2 := h.svc.OpenLink(ctx, token)
		if err2 != nil {
			return h.closed(c, err2)
		}
		h.form(c, http.StatusUnprocessableEntity, v, sub.ID, sub.Answers, err)
		return nil
	}
	if err != nil {
		return h.closed(c, err)
	}
	p := h.Printer(c)
	in := question.Choose(q, c.PostForm("in"), string(p.Lang()))
	h.Render(c, http.StatusOK, "resident/thanks", render.Page{Title: p.T("resident.thanks." + string(out.Status)), Layout: render.Resident,
		Data: thanksData{out, q.Thanks.In(in), in}})
	return nil
}

type receiptData struct {
	Code    string
	Found   bool
	Missing string
	View    field.ReceiptView

	Withdrawn, Told bool // just now
}

func (h *pages) receipt(c *gin.Context, _ authz.Actor) error {
	d := receiptData{Code: c.PostForm("code")}
	status := http.StatusOK
	if c.Request.Method == http.MethodPost {
		if err := h.allow(c, "receipt", receiptLimit); err != nil {
			return err
		}
		v, err := h.svc.CheckReceipt(c.Request.Context(), h.District, d.Code)
		switch {
		case errs.Is(err, errs.NotFound):
			d.Missing, status = h.T(c, "receipt.unknown"), http.StatusNotFound
		case errs.Is(err, errs.Conflict):
			d.Missing, status = h.T(c, "receipt.twice"), http.StatusConflict
		case err != nil:
			return err
		default:
			d.Found, d.View = true, v
		}
	}
	h.Render(c, status, "resident/receipt", render.Page{Title: h.T(c, "resident.receipt.title"), Layout: render.Resident, Data: d})
	return nil
}
