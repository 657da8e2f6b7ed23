package draws

import (
	"strconv"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"gongping/internal/app/draws"
	"gongping/internal/authz"
	"gongping/internal/errs"
	"gongping/survey"
	"gongping/survey/draw"
	"gongping/web/page/render"
	"gongping/web/problem"
)

// topUps offers a top-up where the round was drawn, is not closed and has no
// commitment waiting.
func (v *showData) topUps(h *pages, c *gin.Context) {
	v.MayTopUp = v.MayCommit && v.Done != nil && v.Open == nil && (v.State == survey.Drawn || v.State == survey.Collecting)
	if !v.MayTopUp {
		return
	}
	v.Committees = []render.Option{{Value: "", Text: h.T(c, "draw.topup_every")}}
	last := ""
	for _, s := range v.Strata {
		if s.Committee != last && s.Method == string(draw.Simple) {
			last = s.Committee
			v.Committees = append(v.Committees, render.Option{Value: last, Text: name(v.Names, last)})
		}
	}
}

// topUp commits a later batch: so many more in one committee, or in each.
func (h *pages) topUp(c *gin.Context, who authz.Actor) error {
	round := c.Param("id")
	in := form{Kind: c.PostForm("kind"), Name: c.PostForm("name"), Due: c.PostForm("due"), Area: c.PostForm("area"), More: c.PostForm("more")}
	due, _ := time.ParseInLocation("2006-01-02T15:04", in.Due, h.zone) // a zero time is past, and refused as such
	more, _ := strconv.Atoi(strings.TrimSpace(in.More))                // 0 is refused with a sentence
	w := draws.TopUp{Wish: draws.Wish{Randomness: draw.Randomness{Kind: draw.RandomnessKind(in.Kind), Name: in.Name, Due: due}}, Sizes: map[string]int{}}
	d, err := h.rounds.Get(c.Request.Context(), who, round)
	if err != nil {
		return err
	}
	for _, s := range d.Strata {
		if s.Method == string(draw.Simple) && (in.Area == "" || s.Committee == in.Area) {
			w.Sizes[s.Committee] = more
		}
	}
	_, err = h.svc.CommitTopUp(c.Request.Context(), who, round, w)
	if shown(err) {
		return h.page(c, who, round, problem.Status(errs.CodeOf(err)), in, err)
	}
	if err != nil {
		return err
	}
	h.Done(c, "/rounds/"+round+"/draw", "draw.committed", nil)
	return nil
}
