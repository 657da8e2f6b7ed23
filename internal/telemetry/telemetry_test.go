package telemetry

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
)

func TestMetricsPage(t *testing.T) {
	t.Parallel()
	m := NewMetrics("test")
	pool, err := pgxpool.New(t.Context(), "postgres://nobody@127.0.0.1:1/none?pool_max_conns=7")
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	m.WatchPool(pool)
	m.Observe("/a/:token", "GET", 418, 3*time.Millisecond)
	m.Observe("/a/:token", "BREW", 405, time.Millisecond)
	rec := httptest.NewRecorder()
	m.Handler().ServeHTTP(rec, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	for _, want := range []string{
		`gongping_http_request_duration_seconds_count{method="GET",route="/a/:token",status="418"} 1`,
		`{method="other",route="/a/:token",status="405"}`,
		`gongping_build_info{version="test"} 1`,
		`gongping_db_connections_max 7`,
		`go_goroutines`,
	} {
		if !strings.Contains(rec.Body.String(), want) {
			t.Errorf("%s is missing", want)
		}
	}
	if strings.Contains(rec.Body.String(), "BREW") {
		t.Error("a made-up method became a metric")
	}
}

func TestLogIsJSONAwayFromATerminal(t *testing.T) {
	t.Parallel()
	var buf bytes.Buffer
	log := NewLogger(&buf, slog.LevelInfo)
	log.Debug("hidden")
	log.Info("shown", "n", 1)
	var line map[string]any
	if err := json.Unmarshal(buf.Bytes(), &line); err != nil || line["msg"] != "shown" {
		t.Errorf("log %q: %v", buf.String(), err)
	}
}
