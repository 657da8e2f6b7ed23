package score_test

import (
	"context"
	"testing"

	"gongping/internal/app/score"
	"gongping/internal/testkit/scored"
)

func TestRunEndToEnd(t *testing.T) {
	t.Parallel()
	r := scored.Load(t)
	ctx := context.Background()
	s := &score.Service{Core: r.Core}
	manager := r.Actor("manager")
	run, err := s.Start(ctx, manager, r.ID, "first run after the close of fieldwork")
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Publish(ctx, manager, run); err != nil {
		t.Fatal(err)
	}
	res, err := s.Result(ctx, manager, r.ID, "")
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%+v %v", res.Summary, res.Notes)
	for _, u := range res.Units {
		t.Logf("%s %s n=%d inv=%d rr=%.2f %+v rel %.2f %s %q frag %d raw %.1f comp %+v", u.Unit, u.Name, u.N, u.Invited, u.ResponseRate, u.Official, u.Reliability, u.Status, u.Band, u.Fragility, u.Raw.Value, u.Composite)
	}
	b, err := s.Rebuild(ctx, manager, run)
	if err != nil {
		t.Fatal(err)
	}
	if !b.Same {
		t.Errorf("rebuilt %s, stored %s", b.OutputDigest, b.Stored)
	}
}
