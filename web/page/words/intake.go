package words

import (
	"crypto/sha256"
	"io"
	"mime/multipart"
	"net/http"
	"strconv"

	"github.com/gin-gonic/gin"

	"gongping/internal/app/words"
	"gongping/internal/authz"
	"gongping/internal/errs"
	"gongping/internal/pg/worddb"
	"gongping/web/handle"
	"gongping/web/page/render"
	"gongping/web/problem"
)

// maxFile is the largest file of comments or topics that is taken.
const maxFile = 32 << 20 // what is read in memory: no original touches the disk

type intakeData struct {
	Tabs    []render.Tab
	Pending []words.Pending
	Scopes  []scopeRow
	Alert   *render.Alert
	Min     int
}

type scopeRow struct {
	worddb.ScopeRow
	Href string
}

func (h *pages) intake(c *gin.Context, who authz.Actor) error {
	return h.showIntake(c, who, http.StatusOK, nil)
}

func (h *pages) showIntake(c *gin.Context, who authz.Actor, status int, alert *render.Alert) error {
	if err := authz.Check(who, authz.CommentImport, authz.Object{}); err != nil {
		return err
	}
	o, err := h.svc.Overview(c.Request.Context(), who)
	if err != nil {
		return err
	}
	d := intakeData{Tabs: h.tabs(c, who, "/words/intake", ""), Pending: o.Pending, Alert: alert}
	for _, s := range o.Scopes {
		d.Scopes = append(d.Scopes, scopeRow{s, "/words?scope=" + words.ScopeText(words.Scope{Round: s.Round, Import: s.Import})})
	}
	h.Render(c, status, "words/intake", h.page(c, "words.intake.subtitle", d))
	return nil
}

func (h *pages) takeIn(c *gin.Context, who authz.Actor) error {
	n, err := h.svc.TakeIn(c.Request.Context(), who, c.Param("round"))
	if errs.Is(err, errs.Conflict) {
		return h.showIntake(c, who, http.StatusConflict, h.Alert(c, err))
	}
	if err != nil {
		return err
	}
	h.Done(c, "/words?scope=round:"+c.Param("round"), "words.taken", map[string]string{"N": strconv.Itoa(n)})
	return nil
}

func (h *pages) upload(c *gin.Context, who authz.Actor) error {
	if err := authz.Check(who, authz.CommentImport, authz.Object{}); err != nil {
		return err // before a byte of the body is read
	}
	f, size, done, err := h.file(c)
	if err == nil {
		defer done()
		var taken words.Taken
		sum := sha256.New()
		if _, err = io.Copy(sum, io.NewSectionReader(f, 0, size)); err == nil {
			name := "comments"
			if fh, ferr := c.FormFile("file"); ferr == nil {
				name = fh.Filename
			}
			if taken, err = h.svc.Import(c.Request.Context(), who, name, f, size, sum.Sum(nil)); err == nil {
				h.Done(c, "/words?scope=import:"+taken.Import, "words.taken", map[string]string{"N": strconv.Itoa(taken.Comments)})
				return nil
			}
		}
	}
	if errs.Is(err, errs.Invalid) || errs.Is(err, errs.TooLarge) || errs.Is(err, errs.Conflict) {
		return h.showIntake(c, who, problem.Status(errs.CodeOf(err)), h.Alert(c, err))
	}
	return err
}

// file opens the uploaded file.
func (h *pages) file(c *gin.Context) (multipart.File, int64, func(), error) {
	fh, err := handle.File(c, "file", maxFile)
	if err != nil {
		return nil, 0, nil, err
	}
	f, err := fh.Open()
	if err != nil {
		return nil, 0, nil, err
	}
	return f, fh.Size, func() { f.Close() }, nil
}
