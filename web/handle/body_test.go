package handle

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/gin-gonic/gin"
)

// TestASlowBodyIsCutOff sends half a body and nothing more, then a whole one to
// a handler that works longer than a body may take.
func TestASlowBodyIsCutOff(t *testing.T) {
	t.Parallel()
	const within = 300 * time.Millisecond
	gin.SetMode(gin.ReleaseMode)
	e := gin.New()
	e.Use(func(c *gin.Context) { limitBody(c, within) })
	e.POST("/", func(c *gin.Context) {
		if _, err := io.ReadAll(c.Request.Body); err != nil {
			c.Status(http.StatusRequestTimeout)
			return
		}
		select {
		case <-c.Request.Context().Done():
			c.Status(http.StatusInternalServerError) // taken for gone
		case <-time.After(2 * within):
			c.Status(http.StatusOK)
		}
	})
	s := httptest.NewServer(e)
	defer s.Close()
	for body, want := range map[string]int{"half": http.StatusRequestTimeout, "a whole ": http.StatusOK} {
		c, err := net.Dial("tcp", s.Listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		if err := c.SetDeadline(time.Now().Add(time.Minute)); err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(c, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 8\r\n\r\n%s", body)
		res, err := http.ReadResponse(bufio.NewReader(c), nil)
		if err != nil {
			t.Fatalf("%q: %v", body, err)
		}
		res.Body.Close()
		if res.StatusCode != want {
			t.Errorf("%q: %d, want %d", body, res.StatusCode, want)
		}
	}
}
