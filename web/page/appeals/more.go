package appeals

import (
	"strconv"
	"time"

	"github.com/gin-gonic/gin"

	"gongping/internal/app/appeals"
	"gongping/internal/app/draws"
	"gongping/internal/authz"
	"gongping/scoring/appeal"
	"gongping/survey/draw"
	"gongping/web/page/render"
)

// ask asks for more time, by the appellant or a member of the panel.
func (h *pages) ask(c *gin.Context, who authz.Actor) error {
	days, _ := strconv.Atoi(c.PostForm("days"))
	if err := h.svc.AskExtension(c.Request.Context(), who, c.Param("id"), days, c.PostForm("reason")); err != nil {
		return err
	}
	h.Done(c, "/appeals/"+c.Param("id"), "appeal.done.asked", nil)
	return nil
}

func (h *pages) decline(c *gin.Context, who authz.Actor) error {
	if err := h.svc.DeclineExtension(c.Request.Context(), who, c.Param("id"), c.PostForm("reason")); err != nil {
		return err
	}
	h.Done(c, "/appeals/"+c.Param("id"), "appeal.done.declined", nil)
	return nil
}

// reAsk opens the asking anew for the appeal's round.
func (h *pages) reAsk(c *gin.Context, who authz.Actor) error {
	d, err := h.svc.Get(c.Request.Context(), who, c.Param("id"))
	if err != nil {
		return err
	}
	due, _ := time.ParseInLocation("2006-01-02T15:04", c.PostForm("due"), appeal.Zone) // a zero time is past, and refused as such
	w := draws.Wish{Randomness: draw.Randomness{Kind: draw.RandomnessKind(c.PostForm("kind")), Name: c.PostForm("name"), Due: due}}
	if _, err := h.svc.OpenReAsk(c.Request.Context(), who, d.RoundID, w); err != nil {
		return err
	}
	h.Done(c, "/appeals/"+c.Param("id")+"#reask", "appeal.done.reask", nil)
	return nil
}

// assignReAsk gives out the cases of a batch that nobody holds.
func (h *pages) assignReAsk(c *gin.Context, who authz.Actor) error {
	n, err := h.svc.AssignReAsk(c.Request.Context(), who, c.Param("id"))
	if err != nil {
		return err
	}
	h.Done(c, "/appeals/"+c.Param("id")+"#reask", "appeal.done.reask_assigned", map[string]string{"N": strconv.Itoa(n)})
	return nil
}

// stepBack lets a member of the panel leave before voting.
func (h *pages) stepBack(c *gin.Context, who authz.Actor) error {
	if err := h.svc.StepBack(c.Request.Context(), who, c.Param("id"), c.PostForm("reason")); err != nil {
		return err
	}
	h.Done(c, "/appeals", "appeal.done.stepback", nil)
	return nil
}

// kinds are the kinds of public randomness, as forms offer them.
func (h *pages) kinds(c *gin.Context) (out []render.Option) {
	for _, k := range []draw.RandomnessKind{draw.Dice, draw.Lottery, draw.Beacon} {
		out = append(out, render.Option{Value: string(k), Text: h.T(c, "draw.kind."+string(k))})
	}
	return out
}

// sumRow is a sum of the notices page; Low and High are "set aside / reviewed".
type sumRow struct {
	appeals.NoticeSum
	Low, High string
}

// fewer is a count, or that there are fewer than may be shown.
func (h *pages) fewer(c *gin.Context, n, than int) string {
	if n < 0 {
		return h.T(c, "appeal.stat.few", "Min", than)
	}
	return h.Format(c).Int(n)
}
