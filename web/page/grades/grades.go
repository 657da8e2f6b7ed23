// Package grades has the pages of grades: what the results support, who signed
// it, what follows for the workers, and the trials that the panel excuses.
package grades

import (
	"cmp"
	"math"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/gin-gonic/gin"

	"gongping/internal/app/grades"
	"gongping/internal/app/score"
	"gongping/internal/authz"
	"gongping/internal/pg/gradedb"
	"gongping/scoring/composite"
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

type sheetData struct {
	grades.Sheet
	ID                        string
	Lang                      string
	Tiles                     []render.Stat
	Rows                      []row
	Open                      int // signatures outstanding
	MayPropose, MaySign       bool
	MayFile, MayVote, MayTake bool
	Units                     []render.Option
}

// row is a committee with its grade in words.
type row struct {
	gradedb.Proposal
	Grade   string // what is proposed, in words
	Tone    string
	Why     string
	Choices []render.Option
	Given   string // the signed grade in words
	Rel     string // reliability, with as many decimals as tell it from the gate
}

func (h *pages) sheet(c *gin.Context, who authz.Actor) error {
	sh, err := h.svc.Sheet(c.Request.Context(), who, c.Param("round"))
	if err != nil {
		return err
	}
	p, f := h.Printer(c), h.Format(c)
	d := sheetData{Sheet: sh, ID: sh.Round.ID, Lang: string(p.Lang()), Open: sh.Unsigned(),
		MayPropose: authz.May(who, authz.GradePropose, authz.Object{Area: sh.Round.AreaCode}), MaySign: authz.May(who, authz.GradeSign, authz.Object{}),
		MayFile: authz.May(who, authz.TrialFile, authz.Object{}), MayVote: authz.May(who, authz.TrialVote, authz.Object{}), MayTake: authz.May(who, authz.GradeExport, authz.Object{})}
	count := map[string]int{}
	for _, x := range sh.Proposals {
		count[x.State]++
		r := h.row(c, x, sh.Rules)
		r.Rel = short(f, x.Reliability, sh.Gates.ConsequenceReliability)
		d.Rows = append(d.Rows, r)
		d.Units = append(d.Units, render.Option{Value: x.Unit, Text: x.UnitName})
	}
	for _, s := range []grade.State{grade.Proposed, grade.Tied, grade.Refused} {
		d.Tiles = append(d.Tiles, render.Stat{Label: p.T("grades.state." + string(s)), Value: f.Int(count[string(s)]), Note: p.T("grades.state." + string(s) + ".note")})
	}
	d.Tiles = append(d.Tiles, render.Stat{Label: p.T("grades.unsigned"), Value: f.Int(d.Open), Note: p.T("grades.unsigned.note")})
	page := render.Page{Title: p.T("grades.title"), Subtitle: sh.Round.Title, Data: d,
		Crumbs: []render.Crumb{{Text: p.T("grades.title"), Href: "/grades"}, {Text: sh.Round.Title}}}
	if d.MayTake && sh.Batch != nil {
		page.Actions = append(page.Actions, render.Action{Text: p.T("grades.export"), Href: "/grades/" + d.ID + "/export", Icon: "download"})
	}
	if d.MayPropose {
		page.Actions = append(page.Actions, render.Action{Text: p.T("grades.propose"), Href: "/grades/" + d.ID, Icon: "wand", Primary: sh.Batch == nil || sh.Stale, Post: true, Confirm: p.T("grades.propose.ask")})
	}
	h.Render(c, http.StatusOK, "grades/sheet", page)
	return nil
}

// short writes a reliability with two decimals, or three where two would make one
// below the gate look as if it reached it.
func short(f render.Format, rel, gate float64) string {
	if rel < gate && math.Round(rel*100) >= math.Round(gate*100) {
		return f.Num(math.Min(rel, gate-0.001), 3)
	}
	return f.Num(rel, 2)
}

func (h *pages) row(c *gin.Context, x gradedb.Proposal, rules composite.Grades) row {
	p := h.Printer(c)
	name := func(id string) string {
		for _, g := range rules.Scale {
			if g.ID == id {
				if s := g.Text[string(p.Lang())]; s != "" {
					return s
				}
				return g.Text["zh"]
			}
		}
		return id
	}
	r := row{Proposal: x, Tone: map[string]string{"proposed": "info", "tied": "warning", "refused": "neutral"}[x.State]}
	if x.Why != "" {
		r.Why = p.T("grade.why." + x.Why)
	}
	switch x.State {
	case string(grade.Proposed):
		r.Grade = name(x.Grade)
		r.Choices = append(r.Choices, render.Option{Value: x.Grade, Text: r.Grade})
	case string(grade.Tied):
		for i, g := range x.Grades {
			if i > 0 {
				r.Grade += " / "
			}
			r.Grade += name(g)
			r.Choices = append(r.Choices, render.Option{Value: g, Text: name(g)})
		}
	}
	r.Choices = append(r.Choices, render.Option{Value: grades.None, Text: p.T("grades.none")})
	if x.Signed != nil {
		r.Given = p.T("grades.none")
		if x.SignedGrade != "" {
			r.Given = name(x.SignedGrade)
		}
	}
	return r
}

func (h *pages) back(c *gin.Context, key string, err error) error {
	if err == nil {
		h.Done(c, "/grades/"+c.Param("round"), key, nil)
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
