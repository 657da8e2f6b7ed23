// Package appeals has the pages of appeals: a worker's own and the filing, the
// manager's inbox, the panel's blind case file, the auditor's numbers.
package appeals

import (
	"io"
	"mime"
	"net/http"
	"strconv"

	"github.com/gin-gonic/gin"

	"gongping/internal/app/appeals"
	"gongping/internal/app/disputes"
	"gongping/internal/authz"
	"gongping/internal/cache"
	"gongping/internal/errs"
	"gongping/scoring/appeal"
	"gongping/web/handle"
	"gongping/web/locale"
	"gongping/web/page/render"
)

type pages struct {
	*handle.Pages
	svc      *appeals.Service
	register *disputes.Service // nil without a sealed register
	cache    cache.Store
}

// Routes registers the pages.
func Routes(r gin.IRouter, p *handle.Pages, svc *appeals.Service, register *disputes.Service, store cache.Store) {
	h := &pages{p, svc, register, store}
	h.disputeRoutes(r)
	r.GET("/appeals", h.Signed(h.list))
	r.POST("/appeals", h.Signed(h.file))
	r.GET("/appeals/new", h.Signed(h.form))
	r.GET("/appeals/statistics", h.Signed(h.statistics))
	r.POST("/appeals/releases/:run", h.Signed(h.publish))
	r.GET("/appeals/:id", h.Signed(h.show))
	r.GET("/appeals/:id/case", h.Signed(h.caseFile))
	r.GET("/appeals/:id/evidence/:evidence", h.Signed(h.evidence))
	r.POST("/appeals/:id/vote", h.Signed(h.vote))
	r.POST("/appeals/:id/accept", h.Signed(h.accept))
	r.POST("/appeals/:id/refuse", h.Signed(h.act("appeal.done.refused", svc.Refuse)))
	r.POST("/appeals/:id/withdraw", h.Signed(h.act("appeal.done.withdrawn", svc.Withdraw)))
	r.POST("/appeals/:id/close", h.Signed(h.act("appeal.done.closed", svc.CloseHeld)))
	r.POST("/appeals/:id/assign", h.Signed(h.assign))
	r.POST("/appeals/:id/conclude", h.Signed(h.conclude))
}

type listData struct {
	Role     string
	List     appeals.Listing
	Filter   string
	Tabs     []render.Tab
	Releases []releaseData
	CanFile  bool
}

type releaseData struct {
	appeals.Release
	Why, Hint string
	Notice    bool // to be put on notice first
}

func (h *pages) list(c *gin.Context, who authz.Actor) error {
	filter := c.DefaultQuery("state", "open")
	if filter == "all" {
		filter = ""
	}
	n, _ := strconv.Atoi(c.Query("page"))
	l, err := h.svc.List(c.Request.Context(), who, filter, n)
	if err != nil {
		return err
	}
	d := listData{Role: string(who.Role), List: l, Filter: c.DefaultQuery("state", "open"), CanFile: who.Role == authz.Worker}
	for _, f := range []string{"open", "done", "all"} {
		d.Tabs = append(d.Tabs, render.Tab{Text: h.T(c, "appeal.tab."+f), Href: "/appeals?state=" + f, Active: f == d.Filter})
	}
	page := render.Page{Title: h.T(c, "appeal.title."+string(who.Role)), Subtitle: h.T(c, "appeal.subtitle."+string(who.Role))}
	switch who.Role {
	case authz.Manager:
		list, err := h.svc.Releases(c.Request.Context(), who)
		if err != nil {
			return err
		}
		for _, r := range list {
			x := releaseData{Release: r}
			x.Notice = !r.Ready && r.Unnoticed > 0
			if e, ok := r.Held.(*errs.Error); ok {
				x.Why, x.Hint = h.T(c, e.Key), h.T(c, e.Key+".hint")
			}
			d.Releases = append(d.Releases, x)
		}
		page.Actions = []render.Action{{Text: h.T(c, "appeal.statistics"), Href: "/appeals/statistics", Icon: "chart-bar"}}
	case authz.Auditor:
		page.Actions = []render.Action{{Text: h.T(c, "appeal.statistics"), Href: "/appeals/statistics", Icon: "chart-bar"}}
	case authz.Worker:
		page.Actions = []render.Action{{Text: h.T(c, "appeal.from_result"), Href: "/results", Icon: "chart-dots"}}
		if h.register != nil {
			page.Actions = append(page.Actions, render.Action{Text: h.T(c, "nav.conflicts"), Href: "/conflicts", Icon: "lock"})
		}
	}
	page.Data = d
	h.Render(c, http.StatusOK, "appeals/list", page)
	return nil
}

type formData struct {
	Form     appeals.Form
	Grounds  []render.Option
	Ground   string
	Entries  []render.Option // of the sealed register
	Entry    string
	Text     string
	Alert    *render.Alert
	MaxFiles int
	MaxMB    int
	Accept   string
}

func (h *pages) form(c *gin.Context, who authz.Actor) error {
	return h.showForm(c, who, http.StatusOK, appeals.Filing{RunID: c.Query("run"), Unit: c.Query("unit")}, nil)
}

func (h *pages) showForm(c *gin.Context, who authz.Actor, status int, in appeals.Filing, fault error) error {
	if in.Unit == "" {
		in.Unit = who.Area
	}
	f, err := h.svc.Form(c.Request.Context(), who, in.RunID, in.Unit)
	if err != nil {
		return err
	}
	d := formData{Form: f, Ground: in.Ground, Text: in.Statement, MaxFiles: appeals.MaxFiles, MaxMB: appeals.MaxFile >> 20, Accept: appeals.Accept}
	d.Entry = in.Entry
	if d.Entries, err = h.entries(c, who, f); err != nil {
		return err
	}
	for _, g := range appeal.Grounds {
		if f.Filed[g.ID] || g.Sealed && len(d.Entries) == 0 {
			continue
		}
		between := " "
		if h.Printer(c).Lang() == locale.Chinese { // Chinese sentences stand side by side
			between = ""
		}
		help := h.T(c, "appeal.ground."+g.ID+".help") + between + h.T(c, "appeal.needs."+needs(g))
		d.Grounds = append(d.Grounds, render.Option{Value: g.ID, Text: h.T(c, "appeal.ground."+g.ID), Help: help})
	}
	if e, ok := fault.(*errs.Error); ok {
		d.Alert = &render.Alert{Tone: "danger", Title: h.T(c, e.Key), Text: h.T(c, "appeal.fault."+faultPlace(e)), Hint: ""}
	}
	h.Render(c, status, "appeals/new", render.Page{Title: h.T(c, "appeal.new"), Subtitle: f.UnitName,
		Crumbs: []render.Crumb{{Text: h.T(c, "nav.appeals"), Href: "/appeals"}, {Text: h.T(c, "appeal.new")}}, Data: d})
	return nil
}

func needs(g appeal.Ground) string {
	switch {
	case g.Sealed:
		return "entry"
	case g.Needs == "":
		return "none"
	}
	return string(g.Needs)
}

// faultPlace is the part of the form that a fault speaks of.
func faultPlace(e *errs.Error) string {
	switch e.Where {
	case "ground", "statement", "files", "entry":
		return e.Where
	}
	return "other"
}

func (h *pages) file(c *gin.Context, who authz.Actor) error {
	in, err := filing(c)
	if err != nil {
		return err
	}
	id, receipt, err := h.svc.File(c.Request.Context(), who, in)
	if errs.Is(err, errs.Invalid) || errs.Is(err, errs.TooLarge) {
		return h.showForm(c, who, http.StatusUnprocessableEntity, in, err)
	}
	if err != nil {
		return err
	}
	h.Done(c, "/appeals/"+id, "appeal.done.filed", map[string]string{"Receipt": receipt})
	return nil
}

// filing reads the form with its files; one byte more than allowed is read, so
// that the use case sees that a file is too large.
func filing(c *gin.Context) (in appeals.Filing, err error) {
	form, err := handle.Multipart(c, appeals.MaxFiles*appeals.MaxFile+1<<20)
	if err != nil {
		return in, err
	}
	in = appeals.Filing{RunID: c.PostForm("run"), Unit: c.PostForm("unit"), Ground: c.PostForm("ground"), Statement: c.PostForm("statement"), Entry: c.PostForm("entry")}
	for i, fh := range form.File["files"] {
		if i > appeals.MaxFiles {
			break
		}
		f, err := fh.Open()
		if err != nil {
			return in, err
		}
		content, err := io.ReadAll(io.LimitReader(f, appeals.MaxFile+1))
		f.Close()
		if err != nil {
			return in, err
		}
		in.Files = append(in.Files, appeals.File{Name: fh.Filename, Content: content})
	}
	return in, nil
}

func (h *pages) evidence(c *gin.Context, who authz.Actor) error {
	ref, content, err := h.svc.Evidence(c.Request.Context(), who, c.Param("id"), c.Param("evidence"))
	if err != nil {
		return err
	}
	c.Header("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": ref.Name}))
	c.Header("X-Content-Type-Options", "nosniff")
	c.Data(http.StatusOK, ref.MediaType, content)
	return nil
}

func (h *pages) accept(c *gin.Context, who authz.Actor) error {
	assigned, err := h.svc.Accept(c.Request.Context(), who, c.Param("id"), c.PostForm("reason"))
	if err != nil {
		return err
	}
	key := "appeal.done.accepted"
	if !assigned {
		key = "appeal.done.accepted_waiting"
	}
	h.Done(c, "/appeals/"+c.Param("id"), key, nil)
	return nil
}

// act is a handler of a step with a reason.
func (h *pages) act(done string, step func(ctx ctx, who authz.Actor, id, reason string) error) handle.Func {
	return func(c *gin.Context, who authz.Actor) error {
		if err := step(c.Request.Context(), who, c.Param("id"), c.PostForm("reason")); err != nil {
			return err
		}
		h.Done(c, "/appeals/"+c.Param("id"), done, nil)
		return nil
	}
}

func (h *pages) assign(c *gin.Context, who authz.Actor) error {
	if err := h.svc.Assign(c.Request.Context(), who, c.Param("id")); err != nil {
		return err
	}
	h.Done(c, "/appeals/"+c.Param("id"), "appeal.done.assigned", nil)
	return nil
}

func (h *pages) conclude(c *gin.Context, who authz.Actor) error {
	if err := h.svc.Conclude(c.Request.Context(), who, c.Param("id")); err != nil {
		return err
	}
	h.Done(c, "/appeals/"+c.Param("id"), "appeal.done.concluded", nil)
	return nil
}

func (h *pages) publish(c *gin.Context, who authz.Actor) error {
	if err := h.svc.Publish(c.Request.Context(), who, c.Param("run")); err != nil {
		return err
	}
	h.Done(c, "/appeals", "appeal.done.published", nil)
	return nil
}
