package appeals_test

import (
	"math"
	"testing"
	"time"

	"gongping/internal/app/appeals"
	"gongping/internal/authz"
	"gongping/internal/errs"
	"gongping/scoring/appeal"
)

// TestEndedNotices: a notice is not among the ended ones while it runs; after the
// publication it stands there with the result that it replaced, for everybody
// alike, and says nothing that the published versions do not. The numbers show
// gaps between groups before and after: what a few answers would tell is hidden
// from all but auditors.
func TestEndedNotices(t *testing.T) {
	t.Parallel()
	b := begin(t)
	resident := authz.Actor{District: b.worker.District, Role: authz.Resident, Area: b.worker.District}
	ended := func(who authz.Actor) []appeals.Notice {
		list, err := b.svc.Ended(b.ctx, who)
		if err != nil {
			t.Fatal(err)
		}
		return list
	}
	if n := ended(resident); len(n) != 0 {
		t.Fatalf("%d ended before there was any", len(n))
	}
	id := b.file(t, "interview_fault")
	panel := b.accept(t, id)
	lows := b.labels(t, id, appeal.Low)
	for _, m := range panel {
		if err := b.svc.Vote(b.ctx, m, id, appeals.VoteInput{Outcome: appeal.Uphold, Affected: lows[:2], Reason: "访问过程有瑕疵"}); err != nil {
			t.Fatal(err)
		}
	}
	run := b.state(t, id).NewRun.ID
	if err := b.svc.OpenNotice(b.ctx, b.manager, run); err != nil {
		t.Fatal(err)
	}
	if n := ended(resident); len(n) != 0 {
		t.Fatalf("%d ended while the notice runs", len(n))
	}
	b.Clock.Advance(10 * 24 * time.Hour)
	if err := b.svc.Publish(b.ctx, b.manager, run); err != nil {
		t.Fatal(err)
	}
	old, _, err := b.svc.Score.Unit(b.ctx, b.manager, b.run, b.worker.Area)
	if err != nil {
		t.Fatal(err)
	}
	now, _, err := b.svc.Score.Unit(b.ctx, b.manager, run, b.worker.Area)
	if err != nil {
		t.Fatal(err)
	}
	tenth := func(x float64) float64 { return math.Round(x*10) / 10 }
	for _, who := range []authz.Actor{resident, b.worker, b.manager} {
		list := ended(who)
		if len(list) != 1 {
			t.Fatalf("%s reads %d ended notices", who.Role, len(list))
		}
		n := list[0]
		if !n.Scored || n.Before != tenth(old.Official.Value) || n.After != tenth(now.Official.Value) || n.Before >= n.After || n.Until.IsZero() || !n.From.Before(n.Until) {
			t.Errorf("%s reads %+v; official %.3f and %.3f", who.Role, n, old.Official.Value, now.Official.Value)
		}
	}
	// A second look after a later run: the figures stay those of this notice.
	second, err := b.svc.Score.Start(b.ctx, b.manager, b.ID, "later")
	if err != nil {
		t.Fatal(err)
	}
	if err := b.svc.Score.Publish(b.ctx, b.manager, second); err != nil {
		t.Fatal(err)
	}
	if n := ended(resident); len(n) != 1 || n[0].Before != tenth(old.Official.Value) || n[0].After != tenth(now.Official.Value) {
		t.Errorf("after a later run: %+v", n)
	}

	hidden := map[authz.Role]int{}
	for _, who := range []authz.Actor{b.manager, b.auditor} {
		numbers, err := b.svc.Numbers(b.ctx, who)
		if err != nil {
			t.Fatal(err)
		}
		shown := 0
		for _, g := range numbers.Groups {
			if g.Hidden == appeals.HiddenChange {
				hidden[who.Role]++
			}
			if g.Before.OK {
				shown++
				if g.N1 < 5 || g.N2 < 5 || !(g.Before.Lo <= g.Before.Gap && g.Before.Gap <= g.Before.Hi) {
					t.Errorf("%s reads %+v", who.Role, g)
				}
			}
			if g.Kind == "answers" && g.Hidden == "" && math.Abs(g.Change-(g.Now.Gap-g.Before.Gap)) > 1e-9 {
				t.Errorf("%+v", g)
			}
		}
		if shown == 0 {
			t.Errorf("%s reads no gap: %+v", who.Role, numbers.Groups)
		}
	}
	if hidden[authz.Manager] == 0 || hidden[authz.Auditor] != 0 {
		t.Errorf("hidden because few answers changed: %v", hidden)
	}
	_, err = b.svc.Numbers(b.ctx, b.worker)
	want(t, err, errs.Forbidden, "")
}
