package quality

import (
	"net/http"
	"net/url"
	"strconv"

	"github.com/gin-gonic/gin"

	"gongping/internal/app"
	"gongping/internal/app/field"
	"gongping/internal/app/quality"
	"gongping/internal/authz"
	"gongping/internal/pg/qualitydb"
	"gongping/survey/instrument"
	"gongping/web/locale"
	fieldworkpage "gongping/web/page/fieldwork"
	"gongping/web/page/render"
)

type checksData struct {
	quality.BackChecks
	Tabs    []render.Tab
	Running bool
	Rows    []itemRow
	Type    []typeRow
	Who     []whoRow
	Open    []qualitydb.BackCheck
	DoneN   int
	People  []render.Option
	Digest  []byte
	Seed    string
}

type itemRow struct {
	quality.ItemAgreement
	Text string
}

type typeRow struct{ quality.TypeAgreement }

type whoRow struct {
	quality.InterviewerChecks
	Type1, Type3 *quality.TypeAgreement
}

func (h *pages) backChecks(c *gin.Context, who authz.Actor) error {
	v, err := h.svc.BackChecks(c.Request.Context(), who, c.Param("round"), c.Query("area"))
	if err != nil {
		return err
	}
	p := h.Printer(c)
	lang := string(p.Lang())
	d := checksData{BackChecks: v, Tabs: fieldworkpage.Tabs(p, who, v.Round.ID, v.Area, "backchecks"), Running: running(v.Round.State)}
	for _, it := range v.Items {
		d.Rows = append(d.Rows, itemRow{it, it.Item.Text.In(lang)})
	}
	for _, t := range v.Types {
		d.Type = append(d.Type, typeRow{t})
	}
	for _, w := range v.People {
		row := whoRow{InterviewerChecks: w}
		for i := range w.Types {
			switch w.Types[i].Type {
			case 1:
				row.Type1 = &w.Types[i]
			case 3:
				row.Type3 = &w.Types[i]
			}
		}
		d.Who = append(d.Who, row)
	}
	for _, k := range v.List {
		if k.Done {
			d.DoneN++
		} else if len(d.Open) < 100 {
			d.Open = append(d.Open, k)
		}
	}
	if v.MayDraw {
		people, err := h.svc.Field.Evaluators(c.Request.Context(), who, v.Area)
		if err != nil {
			return err
		}
		for _, e := range people {
			d.People = append(d.People, render.Option{Value: e[0], Text: e[1]})
		}
	}
	if v.Commitment != nil {
		d.Digest, d.Seed = v.Commitment.Digest, v.Commitment.Revealed
	}
	page := h.page(c, v.Round.ID, v.Round.Title, "quality.backchecks", d)
	if v.MayDraw {
		page.Actions = append(page.Actions, render.Action{Text: p.T("backcheck.draw"), Href: "/fieldwork/" + v.Round.ID + "/backchecks/draw", Icon: "dice", Post: true, Primary: true})
	}
	if v.MayEnd {
		page.Actions = append(page.Actions, render.Action{Text: p.T("backcheck.end"), Href: "/fieldwork/" + v.Round.ID + "/backchecks/end", Icon: "lock-open", Post: true, Confirm: p.T("backcheck.end_ask")})
	}
	h.Render(c, http.StatusOK, "quality/backchecks", page)
	return nil
}

func (h *pages) checksURL(c *gin.Context) string {
	return "/fieldwork/" + url.PathEscape(c.Param("round")) + "/backchecks"
}

func (h *pages) draw(c *gin.Context, who authz.Actor) error {
	n, err := h.svc.Draw(c.Request.Context(), who, c.Param("round"))
	if err != nil {
		return err
	}
	h.Done(c, h.checksURL(c), "backcheck.drawn", map[string]string{"N": strconv.Itoa(n)})
	return nil
}

func (h *pages) end(c *gin.Context, who authz.Actor) error {
	if err := h.svc.End(c.Request.Context(), who, c.Param("round")); err != nil {
		return err
	}
	h.Done(c, h.checksURL(c), "backcheck.end_done", nil)
	return nil
}

func (h *pages) assign(c *gin.Context, who authz.Actor) error {
	if err := h.svc.Reassign(c.Request.Context(), who, c.Param("id"), c.PostForm("evaluator"), c.PostForm("reason")); err != nil {
		return err
	}
	h.Done(c, h.checksURL(c), "backcheck.assigned", nil)
	return nil
}

type mineData struct {
	Open, Done []qualitydb.BackCheck
}

func (h *pages) mine(c *gin.Context, who authz.Actor) error {
	list, err := h.svc.Mine(c.Request.Context(), who)
	if err != nil {
		return err
	}
	d := mineData{}
	for _, k := range list {
		if k.Done {
			d.Done = append(d.Done, k)
		} else {
			d.Open = append(d.Open, k)
		}
	}
	h.Render(c, http.StatusOK, "quality/mine", render.Page{Title: h.T(c, "backcheck.mine"), Subtitle: h.T(c, "backcheck.mine_text"), Data: d})
	return nil
}

type checkData struct {
	Check  qualitydb.BackCheck
	Fields []render.Field
	ID     string
	Person *field.Identity
}

func (h *pages) check(c *gin.Context, who authz.Actor) error { return h.form(c, who, nil) }

// identity shows the form with the opened name.
func (h *pages) identity(c *gin.Context, who authz.Actor) error {
	p, err := h.svc.OpenIdentity(c.Request.Context(), who, c.Param("id"))
	if err != nil {
		return err
	}
	return h.form(c, who, &p)
}

func (h *pages) form(c *gin.Context, who authz.Actor, person *field.Identity) error {
	k, r, q, err := h.svc.Check(c.Request.Context(), who, c.Param("id"))
	if err != nil {
		return err
	}
	p := h.Printer(c)
	d := checkData{Check: k, ID: app.NewID(), Person: person, Fields: fields(p, q)}
	h.Render(c, http.StatusOK, "quality/check", render.Page{Title: p.T("backcheck.one"), Subtitle: k.CommitteeName + " · " + r.Title, Data: d,
		Crumbs: []render.Crumb{{Text: p.T("backcheck.mine"), Href: "/backchecks"}, {Text: p.T("backcheck.one")}}})
	return nil
}

// fields are the questions of the short form as inputs.
func fields(p *locale.Printer, q *instrument.Questionnaire) []render.Field {
	lang := string(p.Lang())
	var out []render.Field
	for _, it := range q.Items {
		f := render.Field{Name: "q-" + it.ID, Label: it.Text.In(lang), Type: "radio"}
		add := func(value, text string) { f.Options = append(f.Options, render.Option{Value: value, Text: text}) }
		switch it.Kind {
		case instrument.YesNo:
			add("yes", p.T("backcheck.yes"))
			add("no", p.T("backcheck.no"))
		case instrument.Grade5:
			for _, g := range []string{"5", "4", "3", "2", "1"} {
				add(g, p.T("question.grade."+g))
			}
		case instrument.Single:
			for _, o := range it.Options {
				add(o.Code, o.Text.In(lang))
			}
		case instrument.Number:
			f.Type = "text"
		case instrument.Date:
			f.Type = "date"
		default:
			continue
		}
		if it.DontKnow && f.Type == "radio" {
			add(instrument.DontKnow, p.T("question.dont_know"))
		}
		if it.Decline && f.Type == "radio" {
			add(instrument.Declined, p.T("question.declined"))
		}
		out = append(out, f)
	}
	return out
}

func (h *pages) record(c *gin.Context, who authz.Actor) error {
	ctx, id := c.Request.Context(), c.Param("id")
	o := quality.Outcome{ID: c.PostForm("id"), Outcome: c.PostForm("outcome"), Mode: c.PostForm("mode")}
	if o.Outcome == "done" {
		_, _, q, err := h.svc.Check(ctx, who, id)
		if err != nil {
			return err
		}
		o.Interviewed, o.Told, o.Answers = c.PostForm("interviewed"), c.PostForm("told"), instrument.Answers{}
		for _, it := range q.Items {
			if v := c.PostForm("q-" + it.ID); v != "" && o.Interviewed != "no" {
				o.Answers[it.ID] = v
			}
		}
	}
	if err := h.svc.Record(ctx, who, id, o); err != nil {
		return err
	}
	h.Done(c, "/backchecks", "backcheck.saved", nil)
	return nil
}
