package score_test

import (
	"context"
	"encoding/json"
	"testing"

	"gongping/internal/app/score"
	"gongping/internal/app/words"
	"gongping/internal/testkit"
	"gongping/internal/testkit/scored"
	"gongping/internal/testkit/spoken"
	"gongping/scoring"
	"gongping/scoring/qualitative"
)

// What two coders placed outside the remit moves the next run of the round, the
// run before stays as it was, both can be rebuilt, and a worker sees no count
// of fewer than five.
func TestAttributionInARun(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	r := scored.Load(t)
	s, w := &score.Service{Core: r.Core}, words.New(r.Core)
	manager := r.Actor("manager")
	before, err := s.Start(ctx, manager, r.ID, "before coding")
	if err != nil {
		t.Fatal(err)
	}
	// Everybody of the first committee who marked low blames the property manager.
	var said []string
	committee := ""
	db := testkit.OwnerDB(t)
	for k, id := range r.Responses {
		var c, raw string
		if err := db.QueryRow(ctx, `select committee, answers::text from response where id = $1`, id).Scan(&c, &raw); err != nil {
			t.Fatal(err)
		}
		if committee == "" {
			committee = c
		}
		if c != committee || k == 60 {
			break
		}
		said = append(said, "电梯停运没人修理，请物业尽快处理第"+string(rune('一'+k))+"次")
	}
	spoken.Add(t, r, said...)
	spoken.Code(t, r, w, func(*qualitative.Codebook) qualitative.Code {
		return qualitative.Code{Topic: "property.lift", Polarity: -1, Matter: qualitative.Property}
	})
	after, err := s.Start(ctx, manager, r.ID, "after coding")
	if err != nil {
		t.Fatal(err)
	}
	auditor := r.Actor("auditor")
	unit := func(login, run string) scoring.UnitResult {
		t.Helper()
		row, _, err := s.Unit(ctx, r.Actor(login), run, committee)
		if err != nil {
			t.Fatal(err)
		}
		return row.UnitResult
	}
	old, now := unit("auditor", before), unit("auditor", after)
	a := now.Attribution
	if old.Attribution != nil || a == nil || a.Low.Placed == 0 || a.Low.Credited > a.Budget || a.High.Placed != 0 {
		t.Fatalf("before %+v, after %+v", old.Attribution, a)
	}
	if old.Official.OK && (a.Without != old.Official || a.Effect <= 0) {
		t.Errorf("without %+v, the run before %+v, effect %v", a.Without, old.Official, a.Effect)
	}
	for _, run := range []string{before, after} {
		if again, err := s.Rebuild(ctx, auditor, run); err != nil || !again.Same {
			t.Errorf("rebuilt %+v, %v", again, err)
		}
	}
	if b, err := json.Marshal(unit("manager", after)); err != nil {
		t.Fatal(err)
	} else if shown := unit("manager", after).Attribution; a.Low.Placed < 5 && (shown.Low.Placed != score.Masked || shown.Effect != 0 || shown.Without.OK) {
		t.Errorf("a manager sees a small count: %s", b)
	}
}
