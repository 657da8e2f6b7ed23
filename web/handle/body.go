package handle

import (
	"errors"
	"io"
	"mime/multipart"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"gongping/internal/errs"
	"gongping/web/problem"
)

// maxBody is the most that a request may bring unless its handler calls
// AllowBody, and bodyWithin how long it may take to bring it: a client that
// sends a byte now and then would hold a connection for ever.
const (
	maxBody      = 2 << 20
	bodyWithin   = 2 * time.Minute
	uploadWithin = 30 * time.Minute
)

const bodyKey = "gongping.body"

// LimitBody is middleware that bounds every request's body.
func LimitBody(c *gin.Context) { limitBody(c, bodyWithin) }

func limitBody(c *gin.Context, within time.Duration) {
	if c.Request.Body == nil || c.Request.Body == http.NoBody {
		return
	}
	control := http.NewResponseController(c.Writer)
	_ = control.SetReadDeadline(time.Now().Add(within)) // a recorder of a test has none
	c.Set(bodyKey, io.ReadCloser(timed{c.Request.Body, control}))
	c.Request.Body = http.MaxBytesReader(bare(c.Writer), timed{c.Request.Body, control}, maxBody)
}

// timed lifts the deadline as soon as the body is read: the connection is
// watched while a handler works, and would be taken for broken.
type timed struct {
	io.ReadCloser
	control *http.ResponseController
}

func (t timed) Read(p []byte) (int, error) {
	n, err := t.ReadCloser.Read(p)
	if errors.Is(err, io.EOF) {
		_ = t.control.SetReadDeadline(time.Time{})
	}
	return n, err
}

// AllowBody raises the bounds for this request, for uploads. Call it before the
// body is read. A body that says that it is larger is refused unread: nobody
// waits for 100 MB to be told that they are too many.
func AllowBody(c *gin.Context, limit int64) error {
	b, ok := c.Get(bodyKey)
	if c.Request.ContentLength > limit {
		if ok && c.Request.Header.Get("Expect") == "" {
			// It is on its way already. A first byte too many tells the server to
			// let the client read the answer before the connection ends.
			_, _ = http.MaxBytesReader(bare(c.Writer), b.(io.ReadCloser), 0).Read(make([]byte, 1))
		}
		c.Request.Body = tooLong{c.Request.Body, limit}
		return problem.TooLarge(limit)
	}
	if ok {
		_ = http.NewResponseController(c.Writer).SetReadDeadline(time.Now().Add(uploadWithin))
		c.Request.Body = http.MaxBytesReader(bare(c.Writer), b.(io.ReadCloser), limit)
	}
	return nil
}

// bare is the writer of the server itself. MaxBytesReader tells it, and it only,
// that the limit was hit; the connection then stays open until the client has
// read the answer, where else it would meet a reset in the middle of sending.
func bare(w http.ResponseWriter) http.ResponseWriter {
	for {
		u, ok := w.(interface{ Unwrap() http.ResponseWriter })
		if !ok {
			return w
		}
		w = u.Unwrap()
	}
}

// tooLong is a body that nobody reads.
type tooLong struct {
	io.Closer
	limit int64
}

func (t tooLong) Read([]byte) (int, error) { return 0, &http.MaxBytesError{Limit: t.limit} }

// Multipart reads a form with files of at most limit bytes in all.
func Multipart(c *gin.Context, limit int64) (*multipart.Form, error) {
	if err := AllowBody(c, limit); err != nil {
		return nil, err
	}
	form, err := c.MultipartForm()
	if large := problem.Large(err); large != nil {
		return nil, large
	}
	if errors.Is(err, http.ErrNotMultipart) {
		return &multipart.Form{}, nil
	}
	if err != nil {
		return nil, errs.Wrap(err, errs.Invalid, "intake.upload_cut", "the upload did not arrive whole")
	}
	return form, nil
}

// roomForFields is what a form may bring beside its file.
const roomForFields = 1 << 20

// File is the file of a form field, of at most limit bytes.
func File(c *gin.Context, field string, limit int64) (*multipart.FileHeader, error) {
	if err := AllowBody(c, limit+roomForFields); err != nil {
		return nil, problem.TooLarge(limit)
	}
	f, err := c.FormFile(field)
	switch {
	case problem.Large(err) != nil || err == nil && f.Size > limit:
		return nil, problem.TooLarge(limit)
	case err != nil:
		return nil, errs.Wrap(err, errs.Invalid, "intake.no_file", "no file was chosen")
	}
	return f, nil
}
