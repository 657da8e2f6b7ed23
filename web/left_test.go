package web

import (
	"bytes"
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/gin-gonic/gin"
)

// A phone that hangs up is no failure of the service: neither in the log, where
// it would hide the real ones, nor in the measures.
func TestASenderWhoHungUpIsNoFailure(t *testing.T) {
	t.Parallel()
	for _, gone := range []bool{true, false} {
		var log bytes.Buffer
		seen := 0
		e := gin.New()
		e.Use(requests(Deps{Log: slog.New(slog.NewTextHandler(&log, nil)), Observe: func(_, _ string, status int, _ time.Duration) { seen = status }}))
		ctx, hangUp := context.WithCancel(t.Context())
		defer hangUp()
		e.GET("/x", func(c *gin.Context) {
			if gone {
				hangUp()
			}
			c.Status(http.StatusInternalServerError)
		})
		e.ServeHTTP(httptest.NewRecorder(), httptest.NewRequestWithContext(ctx, http.MethodGet, "/x", nil))
		if failed := strings.Contains(log.String(), "level=ERROR"); failed == gone || (seen == clientLeft) != gone {
			t.Errorf("gone %v: status %d, log %q", gone, seen, log.String())
		}
	}
}
