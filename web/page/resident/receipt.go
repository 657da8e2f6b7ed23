package resident

import (
	"net/http"
	"net/url"
	"slices"

	"github.com/gin-gonic/gin"

	"gongping/internal/app/field"
	"gongping/internal/authz"
	"gongping/internal/cache"
	"gongping/internal/errs"
	"gongping/web/page/render"
)

// checkLimit bounds the tries of call codes from one address: ten digits, two
// of which are check digits, and few codes at a time.
var checkLimit = cache.Limit{Rate: 10, Per: receiptLimit.Per, Burst: 10}

// withReceipt does something with the receipt of a form and shows the receipt's
// page with the outcome.
func (h *pages) withReceipt(c *gin.Context, done func(*receiptData), do func(code string) error) error {
	if err := h.allow(c, "receipt", receiptLimit); err != nil {
		return err
	}
	d := receiptData{Code: c.PostForm("code")}
	status := http.StatusOK
	err := do(d.Code)
	e, ok := err.(*errs.Error)
	switch {
	case err == nil:
		done(&d)
	case ok && h.Printer(c).Has(e.Key):
		d.Missing, status = h.T(c, e.Key), http.StatusUnprocessableEntity
		if errs.Is(err, errs.NotFound) {
			status = http.StatusNotFound
		}
	default:
		return err
	}
	h.Render(c, status, "resident/receipt", render.Page{Title: h.T(c, "resident.receipt.title"), Layout: render.Resident, Data: d})
	return nil
}

func (h *pages) withdraw(c *gin.Context, _ authz.Actor) error {
	return h.withReceipt(c, func(d *receiptData) { d.Withdrawn = true }, func(code string) error {
		return h.svc.Withdraw(c.Request.Context(), h.District, code)
	})
}

func (h *pages) tell(c *gin.Context, _ authz.Actor) error {
	return h.withReceipt(c, func(d *receiptData) { d.Told = true }, func(code string) error {
		var list []field.Signal
		for _, s := range c.PostFormArray("signal") {
			list = append(list, field.Signal(s))
		}
		return h.svc.Tell(c.Request.Context(), h.District, code, list)
	})
}

type checkData struct {
	Code    string
	Found   bool
	Missing string
	View    field.CallView
}

// check tells whoever is called whether the call is real.
func (h *pages) check(c *gin.Context, _ authz.Actor) error {
	d, status := checkData{Code: c.PostForm("code")}, http.StatusOK
	if c.Request.Method == http.MethodPost {
		if err := h.allow(c, "check", checkLimit); err != nil {
			return err
		}
		v, err := h.svc.CheckCall(c.Request.Context(), h.District, d.Code)
		switch {
		case errs.Is(err, errs.NotFound):
			d.Missing, status = h.T(c, "call.unknown"), http.StatusNotFound
		case errs.Is(err, errs.Invalid):
			d.Missing, status = h.T(c, "call.mistyped"), http.StatusUnprocessableEntity
		case err != nil:
			return err
		default:
			d.Found, d.View = true, v
		}
	}
	h.Render(c, status, "resident/check", render.Page{Title: h.T(c, "call.title"), Layout: render.Resident, Data: d})
	return nil
}

type signalsData struct {
	Rounds  []render.Tab
	Signals field.Signals
	Shown   []field.SignalLine // with enough answers, those with the most signals first
	Hidden  int
	Min     int
}

// told orders the lines of committees: more signals first, "1 or 2" as one.
func told(l field.SignalLine) int {
	n := 0
	for _, c := range []field.SignalCount{l.Coached, l.Pressed} {
		if n += c.N; c.Few {
			n++
		}
	}
	return n
}

// signals shows the auditors what residents told them.
func (h *pages) signals(c *gin.Context, who authz.Actor) error {
	if err := authz.Check(who, authz.SignalRead, authz.Object{}); err != nil {
		return err
	}
	rounds, err := h.svc.Rounds(c.Request.Context(), who)
	if err != nil {
		return err
	}
	d := signalsData{Min: field.SignalCell}
	at := c.Query("round")
	if at == "" && len(rounds) > 0 {
		at = rounds[0].ID
	}
	for _, r := range rounds {
		d.Rounds = append(d.Rounds, render.Tab{Text: r.Title, Href: "/signals?round=" + url.QueryEscape(r.ID), Active: r.ID == at})
	}
	if at != "" {
		if d.Signals, err = h.svc.Signals(c.Request.Context(), who, at); err != nil {
			return err
		}
		for _, l := range d.Signals.Lines {
			if l.Answers == 0 {
				d.Hidden++
				continue
			}
			d.Shown = append(d.Shown, l)
		}
		slices.SortStableFunc(d.Shown, func(a, b field.SignalLine) int { return told(b) - told(a) })
	}
	p := h.Printer(c)
	h.Render(c, http.StatusOK, "resident/signals", render.Page{Title: p.T("signal.title"), Subtitle: p.T("signal.subtitle"), Data: d})
	return nil
}
