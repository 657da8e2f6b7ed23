package telemetry

import (
	"bytes"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/gin-gonic/gin"
)

// TestNothingPersonalIsLoggedOrMeasured asks for a personal link with a query, a
// caller's address and a body, and looks for all of them in log and metrics.
func TestNothingPersonalIsLoggedOrMeasured(t *testing.T) {
	t.Parallel()
	var buf bytes.Buffer
	m := NewMetrics("test")
	r := gin.New()
	r.Use(m.Middleware(NewLogger(&buf, slog.LevelInfo)))
	r.POST("/a/:token", func(c *gin.Context) { c.String(http.StatusTeapot, "short and stout") })
	req := httptest.NewRequest(http.MethodPost, "/a/s3cretlink?name=王小明", strings.NewReader("phone=13800000000"))
	req.RemoteAddr = "203.0.113.9:1234"
	req.Header.Set(RequestIDHeader, "not an id\r\n")
	rec := httptest.NewRecorder()
	r.ServeHTTP(rec, req)
	metrics := httptest.NewRecorder()
	m.Handler().ServeHTTP(metrics, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	all := buf.String() + metrics.Body.String()
	for _, secret := range []string{"s3cretlink", "王小明", "%E7", "13800000000", "203.0.113.9", "not an id"} {
		if strings.Contains(all, secret) {
			t.Errorf("%q is in the log or the metrics", secret)
		}
	}
	for _, want := range []string{`"route":"/a/:token"`, `"status":418`, `route="/a/:token",status="418"`, `gongping_build_info{version="test"} 1`} {
		if !strings.Contains(all, want) {
			t.Errorf("%s is missing", want)
		}
	}
	if id := rec.Header().Get(RequestIDHeader); len(id) != 36 || !strings.Contains(buf.String(), id) {
		t.Errorf("request id %q is not in the log", id)
	}
}

func TestLevels(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		route  string
		status int
		want   slog.Level
	}{{"/x", 200, slog.LevelInfo}, {"/x", 404, slog.LevelInfo}, {"/x", 500, slog.LevelError}, {"/readyz", 200, slog.LevelDebug}, {"/readyz", 503, slog.LevelError}} {
		if got := requestLevel(tc.route, tc.status); got != tc.want {
			t.Errorf("%s %d: %v, want %v", tc.route, tc.status, got, tc.want)
		}
	}
	if knownMethod("BREW") != "other" || knownMethod("GET") != "GET" {
		t.Error("methods are not bounded")
	}
}
