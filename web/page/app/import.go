package app

import (
	"io"
	"net/http"
	"slices"

	"github.com/gin-gonic/gin"

	"gongping/internal/app/field"
	"gongping/internal/authz"
	"gongping/internal/errs"
	"gongping/web/handle"
	"gongping/web/page/render"
	"gongping/web/problem"
)

// importData is the page on which the exported queue of a phone is handed in.
type importData struct {
	Error, Hint             string
	Done                    bool
	Report                  field.ImportReport
	New, Old, Held, Refused int
	Reasons                 []string
}

func (h *pages) importPage(c *gin.Context, who authz.Actor) error {
	if authz.ScopeOf(who.Role, authz.QueueImport) == authz.Deny {
		return authz.Check(who, authz.QueueImport, authz.Object{})
	}
	h.showImport(c, http.StatusOK, importData{})
	return nil
}

func (h *pages) showImport(c *gin.Context, status int, d importData) {
	h.Render(c, status, "app/import", render.Page{Title: h.T(c, "offline.import"), Subtitle: h.T(c, "offline.import.subtitle"), Data: d})
}

func (h *pages) importFile(c *gin.Context, who authz.Actor) error {
	fh, err := handle.File(c, "file", field.MaxQueueFile)
	if err != nil {
		p := problem.From(err, h.Printer(c))
		h.showImport(c, p.Status, importData{Error: p.Detail, Hint: h.T(c, "queue.file.hint")})
		return nil
	}
	file, err := fh.Open()
	if err != nil {
		return err
	}
	defer file.Close()
	b, err := io.ReadAll(io.LimitReader(file, field.MaxQueueFile+1))
	if err != nil {
		return errs.Wrap(err, errs.Invalid, "queue.file", "the file cannot be read")
	}
	rep, err := h.svc.ImportQueue(c.Request.Context(), who, b)
	if e, ok := err.(*errs.Error); ok && (e.Code == errs.Invalid || e.Code == errs.TooLarge) {
		h.showImport(c, http.StatusUnprocessableEntity, importData{Error: h.T(c, e.Key), Hint: h.T(c, "queue.file.hint")})
		return nil
	}
	if err != nil {
		return err
	}
	d := importData{Done: true, Report: rep, New: rep.Counts[field.Accepted], Old: rep.Counts[field.Duplicate], Held: rep.Counts[field.Kept], Refused: rep.Counts[field.Refused]}
	for _, o := range slices.Concat(rep.Attempts, rep.Responses) {
		if s := shortReason(h.Printer(c), o.Reason); o.Reason != "" && !slices.Contains(d.Reasons, s) {
			d.Reasons = append(d.Reasons, s)
		}
	}
	h.showImport(c, http.StatusOK, d)
	return nil
}
