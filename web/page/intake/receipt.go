package intake

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"gongping/internal/authz"
	"gongping/internal/errs"
	"gongping/web/page/render"
	"gongping/web/problem"
)

// giveData is the desk's form: Code is filled in once, after it was made.
type giveData struct {
	Alert                           *render.Alert
	ID, Committee, Person, Code, At string
}

func (h *pages) receiptDesk(c *gin.Context, who authz.Actor) error {
	return h.desk(c, who, http.StatusOK, giveData{})
}

func (h *pages) desk(c *gin.Context, who authz.Actor, status int, d giveData) error {
	f, err := h.svc.Frame(c.Request.Context(), who, c.Param("id"))
	if err != nil {
		return err
	}
	if err := authz.Check(who, authz.FrameReceipt, authz.Object{}); err != nil {
		return err
	}
	d.ID, d.At = f.ID, "/frame-receipt"
	h.Render(c, status, "intake/desk", render.Page{Title: h.T(c, "receipt.issue"), Subtitle: f.Name, Data: d,
		Crumbs: []render.Crumb{{Text: h.T(c, "frame.list.title"), Href: "/frames"}, {Text: f.Name, Href: "/frames/" + f.ID}, {Text: h.T(c, "receipt.issue")}}})
	return nil
}

// giveReceipt makes a code and shows it this once: it is not stored in the clear.
func (h *pages) giveReceipt(c *gin.Context, who authz.Actor) error {
	d := giveData{Committee: c.PostForm("committee"), Person: c.PostForm("person")}
	code, err := h.svc.IssueReceipt(c.Request.Context(), who, c.Param("id"), d.Committee, d.Person)
	if errs.Is(err, errs.Invalid) || errs.Is(err, errs.Conflict) {
		d.Alert = h.alert(c, err)
		return h.desk(c, who, problem.Status(errs.CodeOf(err)), d)
	}
	if err != nil {
		return err
	}
	return h.desk(c, who, http.StatusOK, giveData{Code: code})
}

type fetchData struct {
	Alert *render.Alert
	Code  string
}

func (h *pages) fetchForm(c *gin.Context, _ authz.Actor) error {
	return h.fetchPage(c, http.StatusOK, fetchData{})
}

func (h *pages) fetchPage(c *gin.Context, status int, d fetchData) error {
	h.Render(c, status, "intake/fetch", render.Page{Title: h.T(c, "receipt.fetch"), Layout: render.Resident, Data: d})
	return nil
}

// fetchReceipt gives the holder of a code the receipt as a file.
func (h *pages) fetchReceipt(c *gin.Context, _ authz.Actor) error {
	code := c.PostForm("code")
	text, err := h.svc.TakeReceipt(c.Request.Context(), h.District, code)
	if errs.Is(err, errs.NotFound) || errs.Is(err, errs.Gone) {
		return h.fetchPage(c, problem.Status(errs.CodeOf(err)), fetchData{h.alert(c, err), code})
	}
	if err != nil {
		return err
	}
	c.Header("Content-Disposition", `attachment; filename="frame-receipt.txt"`)
	c.Data(http.StatusOK, "text/plain; charset=utf-8", text)
	return nil
}
