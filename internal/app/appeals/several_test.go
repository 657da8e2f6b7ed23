package appeals_test

import (
	"strings"
	"testing"

	"gongping/internal/app/appeals"
	"gongping/internal/errs"
	"gongping/internal/testkit"
	"gongping/scoring/appeal"
)

// TestNeverWorseWithSeveralAppeals: one run answers two appeals. Ratings of a
// panel that came later lower the composite of one appellant, while the
// residents' score of both stays: the run may neither go on notice nor count,
// and it says for whose sake.
func TestNeverWorseWithSeveralAppeals(t *testing.T) {
	t.Parallel()
	b := begin(t)
	lone := b.Actor("worker-lone")
	first := b.file(t, "calculation")
	f := b.filing("calculation")
	f.Unit = lone.Area
	second, _, err := b.svc.File(b.ctx, lone, f)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := testkit.OwnerDB(t).Exec(b.ctx, `insert into panel_rating (district, id, round_id, committee, reviewer, criterion, score, note, at)
		select district, gen_random_uuid(), round_id, committee, reviewer, criterion, 1, note, at + interval '1 hour' from panel_rating where committee = $1`, lone.Area); err != nil {
		t.Fatal(err)
	}
	for _, id := range []string{first, second} {
		b.accept(t, id)
		b.vote(t, id, appeals.VoteInput{Outcome: appeal.Uphold, Reason: "分母取错，应当更正"})
	}
	run := b.state(t, second).NewRun.ID
	old, _, err := b.svc.Score.Unit(b.ctx, b.auditor, b.run, lone.Area)
	if err != nil {
		t.Fatal(err)
	}
	now, _, err := b.svc.Score.Unit(b.ctx, b.auditor, run, lone.Area)
	if err != nil || now.Official.Value != old.Official.Value || now.Composite.Value >= old.Composite.Value {
		t.Fatalf("the fixture lowers nothing: composite %v to %v, official %v to %v: %v", old.Composite.Value, now.Composite.Value, old.Official.Value, now.Official.Value, err)
	}
	for _, err := range []error{b.svc.OpenNotice(b.ctx, b.manager, run), b.svc.Publish(b.ctx, b.manager, run)} {
		want(t, err, errs.Conflict, "appeal.release_worse")
		// Severity is fitted over all ratings, so that the other's may fall too.
		if err != nil && !strings.Contains(err.Error(), `"A310104-2026-0000`) {
			t.Errorf("the refusal names no appeal: %v", err)
		}
	}
	if err := b.svc.CloseHeld(b.ctx, b.manager, second, "新结果低于原结果，原结果保留"); err != nil {
		t.Fatal(err)
	}
}
