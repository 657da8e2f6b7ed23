package app

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"gongping/internal/app/field"
	"gongping/internal/authz"
	"gongping/web/page/render"
)

type heldData struct {
	Round string
	List  []field.HeldView
}

// heldList shows supervisors what came too late, without what was answered.
func (h *pages) heldList(c *gin.Context, who authz.Actor) error {
	list, err := h.svc.Held(c.Request.Context(), who, c.Param("round"))
	if err != nil {
		return err
	}
	title, err := h.svc.RoundTitle(c.Request.Context(), who, c.Param("round"))
	if err != nil {
		return err
	}
	h.Render(c, http.StatusOK, "app/held", render.Page{Title: h.T(c, "held.title"), Subtitle: h.T(c, "held.subtitle"),
		Crumbs: []render.Crumb{{Text: h.T(c, "fieldwork.title"), Href: "/fieldwork"}, {Text: title, Href: "/fieldwork/" + c.Param("round")}, {Text: h.T(c, "held.title")}},
		Data:   heldData{c.Param("round"), list}})
	return nil
}

func (h *pages) heldDecide(c *gin.Context, who authz.Actor) error {
	if err := h.svc.DecideHeld(c.Request.Context(), who, c.Param("id"), c.PostForm("admit") == "yes", c.PostForm("reason")); err != nil {
		return err
	}
	h.Done(c, "/fieldwork/"+c.Param("round")+"/held", "held.saved", nil)
	return nil
}
