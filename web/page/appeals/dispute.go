package appeals

import (
	"io"
	"net/http"
	"strconv"
	"time"

	"github.com/gin-gonic/gin"

	"gongping/internal/app/appeals"
	"gongping/internal/app/disputes"
	"gongping/internal/authz"
	"gongping/internal/cache"
	"gongping/internal/errs"
	"gongping/scoring/appeal"
	"gongping/web/handle"
	"gongping/web/page/render"
)

// disputeRoutes registers the register, notices and the second instance.
func (h *pages) disputeRoutes(r gin.IRouter) {
	r.POST("/appeals/:id/extend", h.Signed(h.extend))
	r.POST("/appeals/:id/ask", h.Signed(h.ask))
	r.POST("/appeals/:id/decline", h.Signed(h.decline))
	r.POST("/appeals/:id/reask", h.Signed(h.reAsk))
	r.POST("/appeals/:id/reask/assign", h.Signed(h.assignReAsk))
	r.POST("/appeals/:id/stepback", h.Signed(h.stepBack))
	r.POST("/appeals/:id/second", h.Signed(h.second))
	r.POST("/appeals/:id/objections/:objection", h.Signed(h.answer))
	r.POST("/appeals/releases/:run/notice", h.Signed(h.openNotice))
	r.GET("/notices", h.Public(h.notices))
	r.POST("/notices/:id/objections", h.Public(h.object))
	if h.register != nil {
		r.GET("/conflicts", h.Signed(h.conflicts))
		r.POST("/conflicts", h.Signed(h.record))
		r.POST("/conflicts/:id/withdraw", h.Signed(h.withdrawEntry))
	}
}

func (h *pages) extend(c *gin.Context, who authz.Actor) error {
	days, _ := strconv.Atoi(c.PostForm("days"))
	if err := h.svc.Extend(c.Request.Context(), who, c.Param("id"), days, c.PostForm("reason")); err != nil {
		return err
	}
	h.Done(c, "/appeals/"+c.Param("id"), "appeal.done.extended", nil)
	return nil
}

func (h *pages) second(c *gin.Context, who authz.Actor) error {
	in, err := filing(c)
	if err != nil {
		return err
	}
	id, receipt, err := h.svc.FileSecond(c.Request.Context(), who, c.Param("id"), in.Statement, in.Files)
	if err != nil {
		return err
	}
	h.Done(c, "/appeals/"+id, "appeal.done.filed", map[string]string{"Receipt": receipt})
	return nil
}

func (h *pages) answer(c *gin.Context, who authz.Actor) error {
	if err := h.svc.Answer(c.Request.Context(), who, c.Param("id"), c.Param("objection"), c.PostForm("reason")); err != nil {
		return err
	}
	h.Done(c, "/appeals/"+c.Param("id")+"#objections", "appeal.done.answered", nil)
	return nil
}

func (h *pages) openNotice(c *gin.Context, who authz.Actor) error {
	if err := h.svc.OpenNotice(c.Request.Context(), who, c.Param("run")); err != nil {
		return err
	}
	h.Done(c, "/appeals", "appeal.done.noticed", nil)
	return nil
}

// objectionLimit is for one address: an objection is written by hand.
var objectionLimit = cache.Limit{Rate: 6, Per: time.Hour, Burst: 3}

// reader is who reads a page that needs nobody signed in.
func (h *pages) reader(who authz.Actor) authz.Actor {
	if who.Role == "" {
		return authz.Actor{District: h.District, Role: authz.Resident, Area: h.District}
	}
	return who
}

type noticesData struct {
	Notices []noticeRow
	Sums    []sumRow
	Moved   []appeals.Moved // deadlines of appeals that the reader may know of
	Ended   render.Table
	Signed  bool
	May     bool
}

type noticeRow struct {
	appeals.Notice
	Outcome, Remedy, Ground string
	BandBefore, BandAfter   string
	Scored                  bool
}

func (h *pages) notices(c *gin.Context, who authz.Actor) error {
	signed := who.Role != ""
	who = h.reader(who)
	list, err := h.svc.Notices(c.Request.Context(), who)
	if err != nil {
		return err
	}
	lang := string(h.Printer(c).Lang())
	d := noticesData{Signed: signed, May: authz.May(who, authz.AppealObject, authz.Object{})}
	for _, n := range list {
		d.Notices = append(d.Notices, h.noticeRow(c, n, lang))
	}
	sums, err := h.svc.NoticeSums(c.Request.Context(), who)
	if err != nil {
		return err
	}
	for _, x := range sums {
		d.Sums = append(d.Sums, sumRow{x, h.fewer(c, x.LowExcluded, x.Few) + " / " + h.fewer(c, x.LowReviewed, x.Few),
			h.fewer(c, x.HighExcluded, x.Few) + " / " + h.fewer(c, x.HighReviewed, x.Few)})
	}
	if signed {
		if d.Moved, err = h.svc.MovedDeadlines(c.Request.Context(), who); err != nil {
			return err
		}
	}
	ended, err := h.svc.Ended(c.Request.Context(), who)
	if err != nil {
		return err
	}
	d.Ended = h.ended(c, ended, lang)
	page := render.Page{Title: h.T(c, "notice.title"), Subtitle: h.T(c, "notice.subtitle"), Data: d}
	if !signed {
		page.Layout = render.Plain
	}
	h.Render(c, http.StatusOK, "appeals/notices", page)
	return nil
}

func (h *pages) noticeRow(c *gin.Context, n appeals.Notice, lang string) noticeRow {
	row := noticeRow{Notice: n, Outcome: h.T(c, "appeal.decided."+string(n.Outcome)), Ground: h.T(c, "appeal.ground."+n.Ground), Scored: n.Scored,
		BandBefore: or(n.BandBefore[lang], h.T(c, "results.no_band")), BandAfter: or(n.BandAfter[lang], h.T(c, "results.no_band"))}
	if n.Remedy != "" {
		row.Remedy = h.T(c, "appeal.remedy."+string(n.Remedy))
	}
	return row
}

// ended is the table of notices that are over.
func (h *pages) ended(c *gin.Context, list []appeals.Notice, lang string) render.Table {
	p, f := h.Printer(c), h.Format(c)
	t := render.Table{ID: "ended", Caption: p.T("notice.ended"), Columns: []render.Column{{Text: p.T("area.committee")}, {Text: p.T("appeal.decision")},
		{Text: p.T("notice.score"), Numeric: true}, {Text: p.T("notice.time")}, {Text: p.T("notice.objections"), Numeric: true}}}
	for _, n := range list {
		r := h.noticeRow(c, n, lang)
		score := render.Cell{Text: render.Dash}
		if r.Scored {
			score = render.Cell{Text: f.Num(n.Before, 1) + " → " + f.Num(n.After, 1), Note: r.BandBefore + " → " + r.BandAfter}
		}
		t.Rows = append(t.Rows, render.Row{Cells: []render.Cell{{Text: n.UnitName, Note: n.Round + " ·", Code: n.Receipt}, {Text: r.Outcome, Note: r.Ground}, score,
			{Text: f.Date(n.From) + " – " + f.Date(n.Until)}, {Text: f.Int(n.Objections), Note: p.T("notice.answered", "N", n.Closed)}}})
	}
	return t
}

func or(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

func (h *pages) object(c *gin.Context, who authz.Actor) error {
	if v := h.cache.Allow(c.Request.Context(), "objection/"+cache.Client(c.ClientIP()), objectionLimit); !v.Allowed {
		return errs.New(errs.TooMany, "appeal.objection_often", "too many objections from this address; try again in an hour")
	}
	if err := h.svc.Object(c.Request.Context(), h.reader(who), c.Param("id"), c.PostForm("objection")); err != nil {
		return err
	}
	h.Done(c, "/notices", "notice.done", nil)
	return nil
}

type conflictsData struct {
	Entries []disputes.View
	Kinds   []render.Option
	In      disputes.Recording
	Alert   *render.Alert
	Accept  string
}

func (h *pages) conflicts(c *gin.Context, who authz.Actor) error {
	return h.showConflicts(c, who, http.StatusOK, disputes.Recording{}, nil)
}

func (h *pages) showConflicts(c *gin.Context, who authz.Actor, status int, in disputes.Recording, fault error) error {
	list, err := h.register.Mine(c.Request.Context(), who)
	if err != nil {
		return err
	}
	d := conflictsData{Entries: list, In: in, Accept: appeals.Accept}
	for _, k := range disputes.Kinds {
		d.Kinds = append(d.Kinds, render.Option{Value: k, Text: h.T(c, "conflict.kind."+k)})
	}
	if e, ok := fault.(*errs.Error); ok {
		d.Alert = &render.Alert{Tone: "danger", Title: h.T(c, "conflict.faulty"), Text: h.Printer(c).Map(e.Key, e.Args)}
	}
	h.Render(c, status, "appeals/conflicts", render.Page{Title: h.T(c, "conflict.title"), Subtitle: h.T(c, "conflict.subtitle"), Data: d,
		Crumbs: []render.Crumb{{Text: h.T(c, "nav.appeals"), Href: "/appeals"}, {Text: h.T(c, "conflict.title")}}})
	return nil
}

func (h *pages) record(c *gin.Context, who authz.Actor) error {
	form, err := handle.Multipart(c, appeals.MaxFiles*appeals.MaxFile+1<<20)
	if err != nil {
		return err
	}
	in := disputes.Recording{Kind: c.PostForm("kind"), Entry: disputes.Entry{Building: c.PostForm("building"), Room: c.PostForm("room"), Name: c.PostForm("name"),
		CaseNumber: c.PostForm("case_number"), HappenedOn: c.PostForm("happened_on"), Story: c.PostForm("story")}}
	for i, fh := range form.File["files"] {
		if i > appeals.MaxFiles {
			break
		}
		f, err := fh.Open()
		if err != nil {
			return err
		}
		content, err := io.ReadAll(io.LimitReader(f, appeals.MaxFile+1))
		f.Close()
		if err != nil {
			return err
		}
		in.Files = append(in.Files, appeals.File{Name: fh.Filename, Content: content})
	}
	_, receipt, err := h.register.Record(c.Request.Context(), who, in)
	if errs.Is(err, errs.Invalid) || errs.Is(err, errs.TooLarge) || errs.Is(err, errs.Conflict) {
		return h.showConflicts(c, who, http.StatusUnprocessableEntity, in, err)
	}
	if err != nil {
		return err
	}
	h.Done(c, "/conflicts", "conflict.done", map[string]string{"Receipt": receipt})
	return nil
}

func (h *pages) withdrawEntry(c *gin.Context, who authz.Actor) error {
	if err := h.register.Withdraw(c.Request.Context(), who, c.Param("id")); err != nil {
		return err
	}
	h.Done(c, "/conflicts", "conflict.withdrawn", nil)
	return nil
}

// entries are the entries of the register that an appeal in a round may rest on.
func (h *pages) entries(c *gin.Context, who authz.Actor, f appeals.Form) (out []render.Option, err error) {
	if h.register == nil {
		return nil, nil
	}
	list, err := h.register.Usable(c.Request.Context(), who, f.Unit, f.RoundID)
	for _, v := range list {
		if !f.Filed[appeal.RegisteredConflict+"/"+v.ID] {
			out = append(out, render.Option{Value: v.ID, Text: v.Receipt + " · " + v.Building + v.Room + v.Name})
		}
	}
	return out, err
}
