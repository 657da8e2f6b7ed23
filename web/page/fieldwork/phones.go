package fieldwork

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"gongping/internal/authz"
	"gongping/internal/pg/fielddb"
	"gongping/web/page/render"
)

type phonesData struct {
	List    []phoneRow
	Waiting int // records on all phones, as last told
	Blocked int
}

type phoneRow struct {
	fielddb.Phone
	MayBlock bool
	Number   string // the sign by which people speak of a phone
}

// phones lists the phones in the field, and blocks a lost one.
func (h *pages) phones(c *gin.Context, who authz.Actor) error {
	list, err := h.svc.Phones(c.Request.Context(), who)
	if err != nil {
		return err
	}
	var d phonesData
	may := authz.May(who, authz.PhoneBlock, authz.Object{Area: who.Area})
	for _, p := range list {
		d.List = append(d.List, phoneRow{p, may, p.ID[:4]})
		d.Waiting += p.Waiting
		if p.RevokedAt != nil {
			d.Blocked++
		}
	}
	h.Render(c, http.StatusOK, "fieldwork/phones", render.Page{Title: h.T(c, "phones.title"), Subtitle: h.T(c, "phones.subtitle"), Data: d,
		Crumbs: []render.Crumb{{Text: h.T(c, "fieldwork.title"), Href: "/fieldwork"}, {Text: h.T(c, "phones.title")}}})
	return nil
}

func (h *pages) blockPhone(c *gin.Context, who authz.Actor) error {
	if err := h.svc.BlockPhone(c.Request.Context(), who, c.Param("id"), c.PostForm("reason")); err != nil {
		return err
	}
	h.Done(c, "/phones", "phones.blocked_done", nil)
	return nil
}

func (h *pages) admitPhone(c *gin.Context, who authz.Actor) error {
	if err := h.svc.AdmitPhone(c.Request.Context(), who, c.Param("id"), c.PostForm("reason")); err != nil {
		return err
	}
	h.Done(c, "/phones", "phones.admitted_done", nil)
	return nil
}
