package results

import (
	"encoding/hex"
	"net/http"
	"strconv"

	"github.com/gin-gonic/gin"

	"gongping/internal/app/score"
	"gongping/internal/authz"
	"gongping/internal/errs"
	"gongping/internal/pg/scoredb"
	"gongping/survey"
	"gongping/web/page/render"
	"gongping/web/problem"
)

type runsData struct {
	Rounds   []score.RoundRuns
	MayStart bool
	Empty    render.Empty
	Pages    render.Pagination
	Busy     map[string]render.Progress
}

func (h *pages) runs(c *gin.Context, who authz.Actor) error {
	page := pageOf(c)
	list, total, err := h.svc.Scorable(c.Request.Context(), who, pageSize, (page-1)*pageSize)
	if err != nil {
		return err
	}
	p := h.Printer(c)
	d := runsData{Rounds: list, MayStart: authz.May(who, authz.RunStart, authz.Object{Area: who.Area}),
		Pages: render.Pagination{Page: page, Last: (total + pageSize - 1) / pageSize, Total: total, Href: "/runs?page="},
		Empty: render.Empty{Icon: "stack-2", Title: p.T("runs.none"), Text: p.T("runs.none.text"), Action: &render.Action{Text: p.T("nav.rounds"), Href: "/rounds"}}}
	h.Render(c, http.StatusOK, "results/runs", render.Page{Title: p.T("runs.title"), Subtitle: p.T("runs.subtitle"),
		Crumbs: []render.Crumb{{Text: p.T("results.title"), Href: "/results"}, {Text: p.T("runs.title")}}, Data: d})
	return nil
}

func (h *pages) start(c *gin.Context, who authz.Actor) error {
	id, err := h.svc.Start(c.Request.Context(), who, c.PostForm("round"), c.PostForm("reason"))
	if err != nil {
		return err
	}
	c.Redirect(http.StatusSeeOther, "/runs/"+id)
	return nil
}

type runData struct {
	Run                    *scoredb.Run
	Round                  survey.Round
	Progress               render.Progress
	Failure                *problem.Problem
	Input, Output          string
	MayPublish, Publish    bool
	WhyNot                 string
	Done                   bool
	Changes                string
	Rebuilt                *score.Rebuilt
	Supersedes, Superseded string
}

func (h *pages) run(c *gin.Context, who authz.Actor) error { return h.showRun(c, who, nil) }

func (h *pages) showRun(c *gin.Context, who authz.Actor, rebuilt *score.Rebuilt) error {
	run, round, err := h.svc.Status(c.Request.Context(), who, c.Param("run"))
	if err != nil {
		return err
	}
	p := h.Printer(c)
	d := runData{Run: &run, Round: round, Progress: h.bar(c, &run), Done: run.State == "done", Rebuilt: rebuilt,
		Input: hex.EncodeToString(run.InputDigest), Output: hex.EncodeToString(run.OutputDigest), Supersedes: run.Supersedes, Superseded: run.SupersededBy}
	d.MayPublish = authz.May(who, authz.RunPublish, authz.Object{Area: round.AreaCode})
	d.Publish = d.MayPublish && d.Done && run.PublishedAt == nil && run.SupersededBy == "" && round.State == survey.Closed
	if d.MayPublish && d.Done && run.PublishedAt == nil && !d.Publish {
		d.WhyNot = p.T("runs.open_round")
		if run.SupersededBy != "" {
			d.WhyNot = p.T("run.newer_published")
		}
	}
	if e := run.Failure(); e != nil {
		d.Failure = problem.From(e, p)
	}
	h.Render(c, http.StatusOK, "results/run", render.Page{Title: p.T("runs.one", "N", run.Number), Subtitle: round.Title,
		Crumbs: []render.Crumb{{Text: p.T("results.title"), Href: "/results"}, {Text: p.T("runs.title"), Href: "/runs"}, {Text: p.T("runs.one", "N", run.Number)}}, Data: d})
	return nil
}

// bar is the progress of a run; it asks for itself again until the run has ended.
func (h *pages) bar(c *gin.Context, run *scoredb.Run) render.Progress {
	p := h.Printer(c)
	b := render.Progress{Label: p.T("runs.state." + run.State), Done: int(100 * run.Fraction), Total: 100, Text: strconv.Itoa(int(100*run.Fraction)) + "%"}
	if run.State == "progress" {
		b.Label = p.T("runs.stage." + run.Message)
	}
	switch run.State {
	case "done":
		b.Done, b.Text = 100, "100%"
	case "failed":
	default:
		b.Poll = "/runs/" + run.ID + "/progress"
	}
	return b
}

// progress answers the bar's question; when the run has ended the whole page
// is loaded again.
func (h *pages) progress(c *gin.Context, who authz.Actor) error {
	run, _, err := h.svc.Status(c.Request.Context(), who, c.Param("run"))
	if err != nil {
		return err
	}
	if run.State == "done" || run.State == "failed" {
		c.Header("HX-Refresh", "true")
	}
	h.Partial(c, http.StatusOK, "progress", h.bar(c, &run))
	return nil
}

func (h *pages) publish(c *gin.Context, who authz.Actor) error {
	if err := h.svc.Publish(c.Request.Context(), who, c.Param("run")); err != nil {
		return err
	}
	h.Done(c, "/runs/"+c.Param("run"), "runs.published", nil)
	return nil
}

func (h *pages) rebuild(c *gin.Context, who authz.Actor) error {
	b, err := h.svc.Rebuild(c.Request.Context(), who, c.Param("run"))
	if err != nil {
		return err
	}
	return h.showRun(c, who, &b)
}

func (h *pages) input(c *gin.Context, who authz.Actor) error {
	id := c.Param("run")
	if len(id) != len("00000000-0000-0000-0000-000000000000") {
		return errs.New(errs.NotFound, "run.not_found", "there is no such run, or none that you may see")
	}
	c.Header("Content-Type", "application/gzip")
	c.Header("Content-Disposition", `attachment; filename="run-`+id+`.json.gz"`)
	err := h.svc.Export(c.Request.Context(), who, id, c.Writer)
	if err != nil && !c.Writer.Written() {
		for _, k := range []string{"Content-Type", "Content-Disposition"} {
			c.Writer.Header().Del(k)
		}
		return err
	}
	return nil
}

type changesData struct {
	Old, New scoredb.Run
	Table    render.Table
	Changed  int
}

// changes compares a run with the published one that took its place, or with
// the one that it took the place of.
func (h *pages) changes(c *gin.Context, who authz.Actor) error {
	ctx := c.Request.Context()
	run, err := h.svc.Head(ctx, who, c.Param("run"))
	if err != nil {
		return err
	}
	oldID, newID := run.ID, run.SupersededBy
	if newID == "" {
		oldID, newID = run.Supersedes, run.ID
	}
	if oldID == "" {
		return errs.New(errs.NotFound, "run.first", "this is the only run of the round, there is nothing to compare it with")
	}
	old, next, list, err := h.svc.Compare(ctx, who, oldID, newID)
	if err != nil {
		return err
	}
	res, err := h.svc.Result(ctx, who, run.RoundID, newID)
	if err != nil {
		return err
	}
	v, p := h.reader(c, &res), h.Printer(c)
	d := changesData{Old: old, New: next}
	d.Table = render.Table{ID: "changes", Caption: p.T("changes.title"), Columns: []render.Column{{Text: p.T("results.area")}, {Text: p.T("changes.n"), Numeric: true},
		{Text: p.T("changes.old"), Numeric: true}, {Text: p.T("changes.new"), Numeric: true}, {Text: p.T("changes.difference"), Numeric: true}, {Text: p.T("results.band")}},
		Empty: render.Empty{Icon: "circle-check", Title: p.T("changes.none"), Text: p.T("changes.none.text")}}
	for _, x := range list {
		if !x.Significant {
			continue
		}
		d.Changed++
		diff := render.Dash
		if x.Old.OK && x.New.OK {
			diff = v.f.Signed(x.New.Value-x.Old.Value, 1)
		}
		band := v.band(x.NewBand)
		if x.OldBand != x.NewBand {
			band = or(v.band(x.OldBand), p.T("results.no_band")) + " → " + or(band, p.T("results.no_band"))
		}
		n := strconv.Itoa(x.NewN)
		if x.OldN != x.NewN {
			n = strconv.Itoa(x.OldN) + " → " + n
		}
		d.Table.Rows = append(d.Table.Rows, render.Row{Cells: []render.Cell{{Text: x.Name, Href: v.href(x.Unit)}, {Text: n},
			{Text: v.value(x.Old), Note: v.interval(x.Old)}, {Text: v.value(x.New), Note: v.interval(x.New)}, {Text: diff}, {Text: or(band, render.Dash)}}})
	}
	title, err := h.roundTitle(c, who, &run)
	if err != nil {
		return err
	}
	h.Render(c, http.StatusOK, "results/changes", render.Page{Title: p.T("changes.title"), Subtitle: title,
		Crumbs: resultCrumbs(h, c, &run, title, p.T("changes.title")), Data: d})
	return nil
}

func or(a, b string) string {
	if a != "" {
		return a
	}
	return b
}
