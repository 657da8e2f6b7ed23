package handle

import (
	"errors"
	"io"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"
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
	c.Request.Body = http.MaxBytesReader(c.Writer, timed{c.Request.Body, control}, maxBody)
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
// body is read.
func AllowBody(c *gin.Context, limit int64) {
	if b, ok := c.Get(bodyKey); ok {
		_ = http.NewResponseController(c.Writer).SetReadDeadline(time.Now().Add(uploadWithin))
		c.Request.Body = http.MaxBytesReader(c.Writer, b.(io.ReadCloser), limit)
	}
}
