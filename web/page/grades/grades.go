// Package grades has the pages of grades: what the results support, who signed
// it, what follows for the workers, and the trials that the panel excuses.
package grades

import (
	"cmp"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/gin-gonic/gin"

	"gongping/internal/app/grades"
	"gongping/internal/app/score"
	"gongping/internal/authz"
	"gongping/internal/pg/gradedb"
	"gongping/scoring/grade"
	"gongping/web/handle"
	"gongping/web/page/render"
)

type pages struct {
	*handle.Pages
	svc    *grades.Service
	scores *score.Service
}

// Routes registers the pages.
func Routes(r gin.IRouter, p *handle.Pages, svc *grades.Service, scores *score.Service) {
	h := &pages{p, svc, scores}
	r.GET("/grades", h.Signed(h.list))
	r.GET("/grades/:round", h.Signed(h.sheet))
	r.POST("/grades/:round", h.Signed(h.propose))
	r.POST("/grades/:round/sign", h.Signed(h.sign))
	r.POST("/grades/:round/consequences", h.Signed(h.consequence))
	r.POST("/grades/:round/trials", h.Signed(h.trial))
	r.POST("/grades/:round/votes", h.Signed(h.vote))
	r.GET("/grades/:round/export", h.Signed(h.export))
	r.GET("/ladder", h.Signed(h.ladder))
	r.POST("/ladder", h.Signed(h.step))
}

func (h *pages) list(c *gin.Context, who authz.Actor) error {
	if err := authz.Check(who, authz.GradeRead, authz.Object{}); err != nil {
		return err
	}
	list, _, err := h.scores.Published(c.Request.Context(), who, 100, 0)
	if err != nil {
		return err
	}
	p := h.Printer(c)
	page := render.Page{Title: p.T("grades.title"), Subtitle: p.T("grades.subtitle"), Data: list}
	if authz.May(who, authz.LadderRead, authz.Object{}) {
		page.Actions = []render.Action{{Text: p.T("ladder.title"), Href: "/ladder", Icon: "stairs-up"}}
	}
	h.Render(c, http.StatusOK, "grades/list", page)
	return nil
}

func (h *pages) back(c *gin.Context, key string, err error) error {
	if err == nil {
		to := "/grades/" + c.Param("round")
		if view, e := url.ParseQuery(c.PostForm("view")); e == nil && len(view) > 0 {
			to += "?" + view.Encode() // the page of the list that the signer was on
		}
		h.Done(c, to, key, nil)
	}
	return err
}

func (h *pages) propose(c *gin.Context, who authz.Actor) error {
	_, err := h.svc.Propose(c.Request.Context(), who, c.Param("round"))
	return h.back(c, "grades.proposed", err)
}

func (h *pages) sign(c *gin.Context, who authz.Actor) error {
	return h.back(c, "grades.signed", h.svc.Sign(c.Request.Context(), who, c.Param("round"), c.PostForm("unit"), c.PostForm("grade"), c.PostForm("reason")))
}

func (h *pages) consequence(c *gin.Context, who authz.Actor) error {
	return h.back(c, "grades.signed", h.svc.SignConsequence(c.Request.Context(), who, c.PostForm("id"), c.PostForm("confirm") == "yes", c.PostForm("reason")))
}

func (h *pages) trial(c *gin.Context, who authz.Actor) error {
	_, err := h.svc.FileTrial(c.Request.Context(), who, c.Param("round"), c.PostForm("unit"), c.PostForm("matter"))
	return h.back(c, "trial.filed", err)
}

func (h *pages) vote(c *gin.Context, who authz.Actor) error {
	return h.back(c, "trial.voted_done", h.svc.VoteTrial(c.Request.Context(), who, c.PostForm("id"), c.PostForm("excuse") == "yes", c.PostForm("reason")))
}

func (h *pages) export(c *gin.Context, who authz.Actor) error {
	b, err := h.svc.Export(c.Request.Context(), who, c.Param("round"))
	if err != nil {
		return err
	}
	c.Header("Content-Disposition", `attachment; filename="grades.csv"`)
	c.Data(http.StatusOK, "text/csv; charset=utf-8", b)
	return nil
}

// ladderRows is how many workers the page of the ladder shows at once; a
// district has thousands, and a search finds the rest.
const ladderRows = 50

type ladderData struct {
	Steps    []gradedb.Step
	Find     string
	All, Set int // found, and of these with a recorded step
	MayEdit  bool
}

// pick keeps the workers that the search names, those with a recorded step
// first, as many as the page shows, and counts them all.
func (d *ladderData) pick(list []gradedb.Step) {
	for _, x := range list {
		if d.Find != "" && !strings.Contains(x.Worker, d.Find) && !strings.Contains(x.UnitName, d.Find) && !strings.EqualFold(x.WorkerNo, d.Find) {
			continue
		}
		d.All++
		if x.Post > 0 {
			d.Set++
		}
		d.Steps = append(d.Steps, x)
	}
	slices.SortStableFunc(d.Steps, func(a, b gradedb.Step) int { return cmp.Compare(min(b.Post, 1), min(a.Post, 1)) })
	d.Steps = d.Steps[:min(len(d.Steps), ladderRows)]
}

func (h *pages) ladder(c *gin.Context, who authz.Actor) error {
	list, err := h.svc.Ladder(c.Request.Context(), who, c.Query("area"))
	if err != nil {
		return err
	}
	p, d := h.Printer(c), ladderData{Find: strings.TrimSpace(c.Query("find")), MayEdit: authz.May(who, authz.LadderEdit, authz.Object{})}
	d.pick(list)
	h.Render(c, http.StatusOK, "grades/ladder", render.Page{Title: p.T("ladder.title"), Subtitle: p.T("ladder.subtitle"),
		Crumbs: []render.Crumb{{Text: p.T("grades.title"), Href: "/grades"}, {Text: p.T("ladder.title")}},
		Data:   d})
	return nil
}

func (h *pages) step(c *gin.Context, who authz.Actor) error {
	post, _ := strconv.Atoi(c.PostForm("post"))
	level, _ := strconv.Atoi(c.PostForm("level"))
	if err := h.svc.SetStep(c.Request.Context(), who, c.PostForm("worker"), grade.Step{Post: post, Level: level}, c.PostForm("reason")); err != nil {
		return err
	}
	h.Done(c, "/ladder", "ladder.saved", nil)
	return nil
}
