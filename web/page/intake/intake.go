// Package intake has the pages of areas, workers and frames, and of imports:
// upload, preview, confirmation.
package intake

import (
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"gongping/internal/app/intake"
	"gongping/internal/authz"
	"gongping/internal/errs"
	"gongping/survey"
	"gongping/web/handle"
	"gongping/web/locale"
	"gongping/web/page/render"
	"gongping/web/problem"
)

type pages struct {
	*handle.Pages
	svc *intake.Service
}

// Routes registers the pages.
func Routes(r gin.IRouter, p *handle.Pages, svc *intake.Service) {
	h := &pages{p, svc}
	r.GET("/areas", h.Signed(h.areas))
	r.GET("/workers", h.Signed(h.workers))
	r.GET("/frames", h.Signed(h.frames))
	r.GET("/frames/:id", h.Signed(h.frame))
	r.POST("/frames/:id/freeze", h.Signed(h.freeze))
	r.GET("/frames/:id/receipt", h.Signed(h.receiptDesk))
	r.POST("/frames/:id/receipt", h.Signed(h.giveReceipt))
	r.GET("/frame-receipt", h.Public(h.fetchForm))
	r.POST("/frame-receipt", h.Public(h.fetchReceipt))
	r.GET("/rounds/:id/indicators", h.Signed(h.figures))
	r.GET("/import/:kind", h.Signed(h.uploadForm))
	r.POST("/import/:kind", h.Signed(h.upload))
	r.GET("/import/:kind/:token", h.Signed(h.preview))
	r.GET("/import/:kind/:token/columns", h.Signed(h.columns))
	r.POST("/import/:kind/:token/columns", h.Signed(h.assign))
	r.POST("/import/:kind/:token/confirm", h.Signed(h.confirm))
	r.POST("/import/:kind/:token/discard", h.Signed(h.discard))
	r.GET("/import/:kind/:token/running", h.Signed(h.running))
	r.GET("/import/:kind/:token/progress", h.Signed(h.progress))
	r.GET("/templates/:name", h.Signed(h.template))
}

type areasData struct {
	District   *intake.AreaLine
	Streets    []street
	Grids      []intake.AreaLine // below one committee
	Under      string
	Text       string
	May, Staff bool
}

type street struct {
	intake.AreaLine
	Committees []intake.AreaLine
	Open       bool
}

func (h *pages) areas(c *gin.Context, who authz.Actor) error {
	d := areasData{Under: c.Query("under"), Text: strings.TrimSpace(c.Query("q")), May: authz.May(who, authz.AreaImport, authz.Object{}),
		Staff: authz.May(who, authz.WorkerRead, authz.Object{})}
	list, err := h.svc.AreaTree(c.Request.Context(), who, d.Under, d.Text)
	if err != nil {
		return err
	}
	for i, a := range list {
		switch a.Level {
		case survey.District:
			d.District = &list[i]
		case survey.Street:
			d.Streets = append(d.Streets, street{AreaLine: a, Open: d.Text != "" || survey.Within(who.Area, a.Code)})
		case survey.Committee:
			if d.Under != "" {
				d.District = &list[i]
			} else if n := len(d.Streets); n > 0 {
				d.Streets[n-1].Committees = append(d.Streets[n-1].Committees, a)
			}
		case survey.Grid:
			d.Grids = append(d.Grids, a)
		}
	}
	p := render.Page{Title: h.T(c, "area.list.title"), Subtitle: h.T(c, "area.list.subtitle"), Data: d}
	if d.Under != "" && d.District != nil {
		p.Title = d.District.Name
		p.Crumbs = []render.Crumb{{Text: h.T(c, "area.list.title"), Href: "/areas"}, {Text: d.District.Name}}
	}
	if d.May && (d.District != nil || d.Text != "") {
		p.Actions = []render.Action{h.importAction(c, intake.Areas)}
	}
	h.Render(c, http.StatusOK, "intake/areas", p)
	return nil
}

func (h *pages) importAction(c *gin.Context, k intake.Kind) render.Action {
	return render.Action{Text: h.T(c, "intake.do."+string(k)), Href: "/import/" + string(k), Icon: "file-import", Primary: true}
}

type workersData struct {
	intake.WorkerPage
	Text  string
	May   bool
	Pages render.Pagination
}

func (h *pages) workers(c *gin.Context, who authz.Actor) error {
	text := strings.TrimSpace(c.Query("q"))
	page, _ := strconv.Atoi(c.Query("page"))
	w, err := h.svc.Workers(c.Request.Context(), who, text, page)
	if err != nil {
		return err
	}
	d := workersData{WorkerPage: w, Text: text, May: authz.May(who, authz.WorkerImport, authz.Object{}),
		Pages: render.Pagination{Page: w.Page, Last: w.Last, Total: w.Total, Href: "/workers?q=" + url.QueryEscape(text) + "&page="}}
	p := render.Page{Title: h.T(c, "worker.list.title"), Subtitle: h.T(c, "worker.list.subtitle"), Data: d}
	if d.May && (w.Total > 0 || text != "") {
		p.Actions = []render.Action{h.importAction(c, intake.Workers)}
	}
	h.Render(c, http.StatusOK, "intake/workers", p)
	return nil
}

type figuresData struct {
	intake.Figures
	MayRate bool
}

func (h *pages) figures(c *gin.Context, who authz.Actor) error {
	f, err := h.svc.Figures(c.Request.Context(), who, c.Param("id"))
	if err != nil {
		return err
	}
	h.Render(c, http.StatusOK, "intake/figures", render.Page{Title: h.T(c, "figures.title"), Subtitle: f.Round.Title,
		Crumbs: []render.Crumb{{Text: h.T(c, "nav.rounds"), Href: "/rounds"}, {Text: f.Round.Title, Href: "/rounds/" + f.Round.ID}, {Text: h.T(c, "figures.title")}},
		Data:   figuresData{f, authz.May(who, authz.PanelImport, authz.Object{Area: f.Round.AreaCode})}})
	return nil
}

func (h *pages) template(c *gin.Context, _ authz.Actor) error {
	name, ok := strings.CutSuffix(c.Param("name"), ".csv")
	if !ok {
		return errs.New(errs.NotFound, "intake.kind", "there is no import of this kind")
	}
	var b strings.Builder
	if err := intake.Template(&b, name); err != nil {
		return err
	}
	c.Header("Content-Disposition", `attachment; filename="`+name+`.csv"`)
	c.Data(http.StatusOK, "text/csv; charset=utf-8", []byte(b.String()))
	return nil
}

// step is the stepper of an import: file, check, done.
func (h *pages) steps(c *gin.Context, now int) []render.Step {
	var out []render.Step
	for i, key := range []string{"intake.step.file", "intake.step.check", "intake.step.done"} {
		state := "later"
		if i < now {
			state = "done"
		} else if i == now {
			state = "now"
		}
		out = append(out, render.Step{Text: h.T(c, key), State: state})
	}
	return out
}

var rowPlace = regexp.MustCompile(`^row (\d+)(?:, column (.+))?$|^column (.+)$`)

// faults are the faults of a file in the reader's language, places included.
func (h *pages) faults(c *gin.Context, list []*errs.Error) []problem.Detail {
	pr := h.Printer(c)
	all := errs.New(errs.Invalid, "import.faults", "faults").With(map[string]any{"faults": len(list), "bad": 0, "rows": 0})
	all.Details = list
	out := problem.From(all, pr).Errors
	for i, e := range list {
		m := rowPlace.FindStringSubmatch(e.Where)
		if m == nil {
			continue
		}
		column := h.column(pr, m[2]+m[3])
		switch {
		case m[1] == "":
			out[i].Where = pr.T("intake.at.column", "Column", column)
		case column == "":
			out[i].Where = pr.T("intake.at.row", "Row", m[1])
		default:
			out[i].Where = pr.T("intake.at.cell", "Row", m[1], "Column", column)
		}
		kind, _ := e.Args["Type"].(string)
		if key := "intake.want." + kind; kind != "" && pr.Lang() == locale.Chinese && strings.HasPrefix(e.Key, "import.") && pr.Has(key) {
			out[i].Want, out[i].Hint = pr.Map(key, e.Args), ""
		}
	}
	return out
}

// column names a column of a table as the templates do.
func (h *pages) column(pr *locale.Printer, name string) string {
	if key := "column." + name; name != "" && pr.Has(key) {
		return pr.T(key)
	}
	return name
}

const uploadTime = 30 * time.Minute
