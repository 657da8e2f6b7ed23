package jobs

import (
	"context"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"

	"gongping/internal/testkit"
)

// lines is a log handler that hands on what River says.
type lines struct{ ch chan slog.Record }

func (l lines) Enabled(context.Context, slog.Level) bool { return true }
func (l lines) Handle(_ context.Context, r slog.Record) error {
	select {
	case l.ch <- r:
	default:
	}
	return nil
}
func (l lines) WithAttrs([]slog.Attr) slog.Handler { return l }
func (l lines) WithGroup(string) slog.Handler      { return l }

type idle struct{}

func (idle) Execute(context.Context, string, string) error { return nil }

// soon is midnight for a test: at once, and then never again.
type soon struct{ done bool }

func (s *soon) Next(t time.Time) time.Time {
	if s.done {
		return t.Add(24 * time.Hour)
	}
	s.done = true
	return t
}

// TestMidnightLeavesNoErrors lets River's nightly upkeep run as the service role,
// which owns no index: it must not try to rebuild any.
func TestMidnightLeavesNoErrors(t *testing.T) {
	t.Parallel()
	l := lines{make(chan slog.Record, 1000)}
	c := config(slog.New(l), idle{})
	c.ReindexerSchedule, c.TestOnly = &soon{}, true // no staggered start
	client, err := river.NewClient(riverpgxv5.New(testkit.DB(t)), c)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if err := client.Start(ctx); err != nil {
		t.Fatal(err)
	}
	defer client.StopAndCancel(context.WithoutCancel(ctx)) //nolint:errcheck // the database goes with the test
	for {
		select {
		case r := <-l.ch:
			// Of the other upkeep a busy machine may be told that it took long.
			if r.Level >= slog.LevelWarn && strings.Contains(r.Message, "eindex") {
				t.Errorf("%s %s", r.Level, r.Message)
			}
			if strings.Contains(r.Message, "Reindexer: Ran") {
				return
			}
		case <-ctx.Done():
			t.Fatal("the upkeep never ran")
		}
	}
}
