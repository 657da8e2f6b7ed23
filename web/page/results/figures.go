package results

import (
	"net/http"
	"slices"

	"github.com/gin-gonic/gin"

	"gongping/internal/app/score"
	"gongping/internal/authz"
	"gongping/web/page/render"
)

// mainFigures are offered first; every other figure of the unit can be chosen
// after them.
var mainFigures = []string{"official.value", "official.lo", "official.hi", "official.se", "reliability", "composite.value", "raw.value", "weighted.value", "adjusted.value",
	"robust.value", "n", "response_rate", "fragility"}

type figuresData struct {
	Runs, Units, Figures    []render.Option
	Run, Unit, Figure       string
	Proof                   *score.FigureProof
	Chosen                  *score.FigurePair
	Equal, Different, Total int
	Command                 string
	Input                   string
}

// figures is the auditor's page: choose a run, a unit and a figure, and see it
// computed again from the frozen input.
func (h *pages) figures(c *gin.Context, who authz.Actor) error {
	ctx, p := c.Request.Context(), h.Printer(c)
	d := figuresData{Run: c.Query("run"), Unit: c.Query("unit"), Figure: c.DefaultQuery("figure", mainFigures[0])}
	runs, units, err := h.svc.Provable(ctx, who, d.Run)
	if err != nil {
		return err
	}
	for _, r := range runs {
		text := r.Round + " · " + p.T("runs.one", "N", r.Number)
		if !r.Published {
			text += " · " + p.T("proof.unpublished")
		}
		d.Runs = append(d.Runs, render.Option{Value: r.ID, Text: text})
	}
	for _, u := range units {
		d.Units = append(d.Units, render.Option{Value: u.Code, Text: u.Name + " · " + u.Code})
	}
	for _, f := range mainFigures {
		d.Figures = append(d.Figures, render.Option{Value: f, Text: p.T("proof.name." + f)})
	}
	if d.Run != "" && d.Unit != "" {
		proof, err := h.svc.ProveFigures(ctx, who, d.Run, d.Unit)
		if err != nil {
			return err
		}
		d.Proof, d.Total = &proof, len(proof.Figures)
		for i, f := range proof.Figures {
			if f.Same {
				d.Equal++
			} else {
				d.Different++
			}
			if f.Path == d.Figure {
				d.Chosen = &proof.Figures[i]
			}
			if !slices.Contains(mainFigures, f.Path) {
				d.Figures = append(d.Figures, render.Option{Value: f.Path, Text: f.Path})
			}
		}
		d.Input = "/runs/" + d.Run + "/input"
		d.Command = "gongping score rebuild run-" + d.Run + ".json.gz --want " + proof.Rebuilt.Stored
	}
	h.Render(c, http.StatusOK, "results/figures", render.Page{Title: p.T("proof.title"), Subtitle: p.T("proof.subtitle"), Data: d,
		Crumbs: []render.Crumb{{Text: p.T("runs.title"), Href: "/runs"}, {Text: p.T("proof.title")}}})
	return nil
}
