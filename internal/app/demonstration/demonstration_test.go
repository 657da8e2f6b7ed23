package demonstration_test

import (
	"context"
	"crypto/ed25519"
	"log/slog"
	"testing"
	"time"

	"gongping/internal/app"
	"gongping/internal/app/demonstration"
	"gongping/internal/app/draws"
	"gongping/internal/app/rounds"
	"gongping/internal/app/score"
	"gongping/internal/authz"
	"gongping/internal/clock"
	"gongping/internal/demo"
	"gongping/internal/seal"
	"gongping/internal/testkit"
	"gongping/survey"
)

// The demonstration is the whole job played once through the use cases: frame,
// round, commitment, draw, fieldwork, score, publication.
func TestBuildPlaysTheWholeJob(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	box := seal.New(make([]byte, seal.KeySize))
	now := time.Date(2026, 11, 20, 6, 0, 0, 0, time.UTC)
	core := &app.Core{Pool: testkit.DB(t), Clock: &clock.Fixed{T: now}, Seal: box, Log: slog.New(slog.DiscardHandler), Demo: true,
		CodeVersion: "test", Signer: ed25519.NewKeyFromSeed(box.Derive("draw signing key v1"))}
	opts := demo.Options{Streets: 13, Committees: 2, Residents: 4000, Today: now}
	if err := demonstration.Build(ctx, core, demo.Generate(demo.DefaultSeed, opts), nil); err != nil {
		t.Fatal(err)
	}
	manager := authz.SystemActor(demo.DistrictCode)
	rs := &rounds.Service{Core: core}
	list, err := rs.List(ctx, manager)
	if err != nil || len(list) != 3 {
		t.Fatalf("%d rounds, %v", len(list), err)
	}
	var closed, open survey.Round
	for _, r := range list {
		switch r.State {
		case survey.Closed:
			if r.AreaCode == demo.DistrictCode {
				closed = r
			}
		case survey.Collecting:
			open = r
		}
	}
	if closed.ID == "" || open.ID == "" {
		t.Fatalf("states: %v, %v", list[0].State, list[1].State)
	}
	sc := &score.Service{Core: core}
	res, err := sc.Result(ctx, manager, closed.ID, "")
	if err != nil {
		t.Fatal(err)
	}
	if res.Summary.N == 0 || res.Summary.ResponseRate <= 0.2 || res.Run.PublishedAt == nil {
		t.Fatalf("%+v", res.Summary)
	}
	again, err := sc.Rebuild(ctx, manager, res.Run.ID)
	if err != nil || !again.Same {
		t.Fatalf("rebuilt %+v, %v", again, err)
	}
	ds := &draws.Service{Core: core}
	o, err := ds.Of(ctx, manager, closed.ID)
	if err != nil || len(o.Draws) != 1 {
		t.Fatalf("%d draws, %v", len(o.Draws), err)
	}
	if err := ds.Again(ctx, manager, o.Draws[0].ID); err != nil {
		t.Fatal(err)
	}
	// A second start finds the district occupied and changes nothing.
	if err := demonstration.Build(ctx, core, demo.Generate(demo.DefaultSeed, opts), nil); err != nil {
		t.Fatal(err)
	}
	if more, err := rs.List(ctx, manager); err != nil || len(more) != 3 {
		t.Fatalf("after a second start: %d rounds, %v", len(more), err)
	}
}
