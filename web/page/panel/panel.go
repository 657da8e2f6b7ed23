// Package panel has the pages of panel members: the committees to rate and the
// form with described levels.
package panel

import (
	"cmp"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/gin-gonic/gin"

	"gongping/internal/app/appeals"
	"gongping/internal/app/panel"
	"gongping/internal/authz"
	"gongping/internal/errs"
	"gongping/internal/pg/paneldb"
	"gongping/scoring/composite"
	"gongping/survey"
	"gongping/web/handle"
	"gongping/web/page/render"
)

type pages struct {
	*handle.Pages
	svc *panel.Service
}

// Routes registers the pages.
func Routes(r gin.IRouter, p *handle.Pages, svc *panel.Service) {
	h := &pages{p, svc}
	r.GET("/panel", h.Signed(h.list))
	r.GET("/panel/:round/:code", h.Signed(h.form))
	r.POST("/panel/:round/:code", h.Signed(h.save))
	r.POST("/panel/:round/:code/conflict", h.Signed(h.declareOwn))
	r.POST("/panel/:round/:code/files", h.Signed(h.attach))
	r.GET("/panel/:round/:code/files/:file", h.Signed(h.file))
	r.GET("/rounds/:id/panel", h.Signed(h.manage))
	r.GET("/rounds/:id/panel/export/:format", h.Signed(h.export))
	r.POST("/rounds/:id/panel/plan", h.Signed(h.plan))
	r.POST("/rounds/:id/panel/conflicts", h.Signed(h.conflict))
	r.GET("/rounds/:id/panel/:code", h.Signed(h.evidence))
}

type listData struct {
	Rounds  []survey.Round
	Sheet   *panel.Sheet
	Rows    []row
	Done    render.Progress
	Empty   render.Empty
	Options []render.Option
	Barred  []barred
}

// barred is a committee that the member may not rate, and why.
type barred struct{ Name, Why string }

type row struct {
	paneldb.Committee
	Rated, Of int
	Mean      float64
	State     string // open, partly, rated
}

func (h *pages) list(c *gin.Context, who authz.Actor) error {
	rounds, err := h.svc.Rounds(c.Request.Context(), who)
	if err != nil {
		return err
	}
	p := h.Printer(c)
	d := listData{Rounds: rounds, Empty: render.Empty{Icon: "clipboard-check", Title: p.T("panel.none"), Text: p.T("panel.none.text")}}
	if len(rounds) > 0 {
		id := c.Query("round")
		if id == "" {
			id = rounds[0].ID
		}
		sheet, err := h.svc.Sheet(c.Request.Context(), who, id)
		if err != nil {
			return err
		}
		d.Sheet, d.Rows = &sheet, rows(&sheet)
		for code, why := range sheet.Barred {
			d.Barred = append(d.Barred, barred{sheet.Names[code], p.T("panel.conflict." + why)})
		}
		slices.SortFunc(d.Barred, func(a, b barred) int { return cmp.Compare(a.Name, b.Name) })
		n := sheet.Rated()
		d.Done = render.Progress{Label: p.T("panel.progress"), Done: n, Total: len(sheet.Committees)}
		for _, r := range rounds {
			d.Options = append(d.Options, render.Option{Value: r.ID, Text: r.Title})
		}
	}
	h.Render(c, http.StatusOK, "panel/list", render.Page{Title: p.T("panel.title"), Subtitle: p.T("panel.subtitle"), Data: d})
	return nil
}

func rows(s *panel.Sheet) []row {
	out := make([]row, 0, len(s.Committees))
	for _, c := range s.Committees {
		r := row{Committee: c, Of: len(s.Criteria), State: "open"}
		for _, x := range s.Ratings[c.Code] {
			r.Rated++
			r.Mean += x.Score
		}
		if r.Rated > 0 {
			r.Mean /= float64(r.Rated)
			r.State = "partly"
		}
		if r.Rated == r.Of {
			r.State = "rated"
		}
		out = append(out, r)
	}
	// What is left to be rated stands first, in the order of the plan.
	slices.SortStableFunc(out, func(a, b row) int { return cmp.Compare(left(a), left(b)) })
	return out
}

func left(r row) int {
	if r.State == "rated" {
		return 1
	}
	return 0
}

type formData struct {
	Round     survey.Round
	Committee paneldb.Committee
	Criteria  []criterion
	Closed    bool
	Next      string
	Files     []fileRow
	Accept    string
	FileFor   []render.Option
}

// fileRow is an attached file with its address.
type fileRow struct {
	panel.File
	Href, About string
}

type criterion struct {
	ID, Name, Value, Note string
	At                    any
	Levels                []level
	Options               []render.Option
}

type level struct {
	From, To int
	Text     string
}

func (h *pages) form(c *gin.Context, who authz.Actor) error {
	sheet, err := h.svc.Sheet(c.Request.Context(), who, c.Param("round"))
	if err != nil {
		return err
	}
	d := formData{Round: sheet.Round, Closed: sheet.Closed}
	for _, x := range sheet.Committees {
		if x.Code == c.Param("code") {
			d.Committee = x
		}
	}
	if d.Committee.Code == "" {
		return errs.New(errs.NotFound, "panel.committee_unknown", "the round has no such committee")
	}
	p := h.Printer(c)
	for _, k := range sheet.Criteria {
		d.Criteria = append(d.Criteria, field(k, sheet.Ratings[d.Committee.Code], string(p.Lang())))
	}
	if d.Files, err = h.files(c, who, sheet.Round.ID, d.Committee.Code, sheet.Criteria); err != nil {
		return err
	}
	d.Accept = appeals.Accept
	d.FileFor = []render.Option{{Value: "", Text: p.T("panel.file.all")}}
	for _, k := range d.Criteria {
		d.FileFor = append(d.FileFor, render.Option{Value: k.ID, Text: k.Name})
	}
	h.Render(c, http.StatusOK, "panel/form", render.Page{Title: p.T("panel.rate_title", "Name", d.Committee.Name), Subtitle: d.Committee.Street + " · " + sheet.Round.Title,
		Crumbs: []render.Crumb{{Text: p.T("panel.title"), Href: "/panel?round=" + sheet.Round.ID}, {Text: d.Committee.Name}}, Data: d})
	return nil
}

func field(k composite.Criterion, own map[string]paneldb.Rating, lang string) criterion {
	in := func(m map[string]string) string {
		if s := m[lang]; s != "" {
			return s
		}
		return m["zh"]
	}
	f := criterion{ID: k.ID, Name: in(k.Text)}
	for _, l := range k.Levels {
		f.Levels = append(f.Levels, level{l.From, l.To, in(l.Text)})
	}
	if r, ok := own[k.ID]; ok {
		f.Value, f.Note, f.At = strconv.FormatFloat(r.Score, 'f', -1, 64), r.Note, r.At
	}
	for x := panel.Highest * 2; x >= 0; x-- {
		s := strconv.FormatFloat(float64(x)/2, 'f', -1, 64)
		f.Options = append(f.Options, render.Option{Value: s, Text: s})
	}
	return f
}

func (h *pages) save(c *gin.Context, who authz.Actor) error {
	if err := c.Request.ParseForm(); err != nil {
		return errs.Wrap(err, errs.Invalid, "panel.no_scores", "no rating was given")
	}
	var marks []panel.Mark
	for name, v := range c.Request.PostForm {
		id, ok := strings.CutPrefix(name, "score.")
		if !ok || v[0] == "" {
			continue
		}
		score, err := strconv.ParseFloat(v[0], 64)
		if err != nil {
			return errs.New(errs.Invalid, "panel.score_range", "a rating is 0 to 10, in whole or half points").At(id, v[0], "0 to 10", "change the rating")
		}
		marks = append(marks, panel.Mark{Criterion: id, Score: score, Note: c.PostForm("note." + id), Reason: c.PostForm("reason." + id)})
	}
	round, code := c.Param("round"), c.Param("code")
	if err := h.svc.Rate(c.Request.Context(), who, round, code, marks); err != nil {
		return err
	}
	to := "/panel?round=" + round
	if c.PostForm("next") != "" {
		sheet, err := h.svc.Sheet(c.Request.Context(), who, round)
		if err != nil {
			return err
		}
		if next := after(&sheet, code); next != "" {
			to = "/panel/" + round + "/" + next
		}
	}
	h.Done(c, to, "panel.saved", nil)
	return nil
}

// after is the next committee that is not fully rated, going round.
func after(s *panel.Sheet, code string) string {
	list := rows(s)
	at := 0
	for i, r := range list {
		if r.Code == code {
			at = i
		}
	}
	for k := 1; k < len(list); k++ {
		if r := list[(at+k)%len(list)]; r.State != "rated" {
			return r.Code
		}
	}
	return ""
}
