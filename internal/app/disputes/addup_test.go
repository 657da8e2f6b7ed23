package disputes_test

import (
	"math"
	"testing"
	"time"

	"gongping/internal/app/appeals"
	"gongping/internal/authz"
	"gongping/scoring/appeal"
)

// TestNothingIsLeftOverForTheRegister subtracts what the notices and the numbers
// of appeals state from what the results show. An answer of a registered
// household that the server set aside in the same step must not be what is left
// over: neither as a count nor as a part of the effect.
func TestNothingIsLeftOverForTheRegister(t *testing.T) {
	t.Parallel()
	b := beginAs(t, "worker-collective")
	scout, err := b.appeals.Score.Start(b.ctx, b.manager, b.ID, "scout")
	if err != nil {
		t.Fatal(err)
	}
	was, _, answer := b.people(scout)
	b.before()
	entry, _, err := b.register.Record(b.ctx, b.worker, recording(was))
	if err != nil {
		t.Fatal(err)
	}
	b.after()
	b.publish()
	first := b.run
	id, _, err := b.appeals.File(b.ctx, b.worker, appeals.Filing{RunID: b.run, Unit: b.worker.Area, Ground: appeal.RegisteredConflict, Statement: story, Entry: entry})
	if err == nil {
		_, err = b.appeals.Accept(b.ctx, b.manager, id, "登记早于抽样，材料齐全")
	}
	if err != nil {
		t.Fatal(err)
	}
	b.vote(id, func(appeals.CaseFile) appeals.VoteInput {
		return appeals.VoteInput{Outcome: appeal.Uphold, Reason: "登记属实，因依规履职引起"}
	})
	b.contest(appeal.MaxReview)
	next, err := b.appeals.Score.Start(b.ctx, b.manager, b.ID, "next run")
	if err != nil {
		t.Fatal(err)
	}
	if !b.inputExcludes(next, answer) {
		t.Fatal("the fixture matches nothing")
	}
	if err := b.appeals.OpenNotice(b.ctx, b.manager, next); err != nil {
		t.Fatal(err)
	}
	sums, err := b.appeals.NoticeSums(b.ctx, b.worker)
	if err != nil || len(sums) != 1 {
		t.Fatal(sums, err)
	}
	list, err := b.appeals.Notices(b.ctx, b.worker)
	if err != nil || len(list) != 1 {
		t.Fatal(list, err)
	}
	b.Clock.Advance(12 * 24 * time.Hour)
	if err := b.appeals.Publish(b.ctx, b.manager, next); err != nil {
		t.Fatal(err)
	}
	leader := authz.Actor{District: b.worker.District, AccountID: b.worker.AccountID, Role: authz.Leader, Area: b.worker.Area[:9], Locale: "zh"}
	for _, who := range []authz.Actor{b.worker, leader} {
		old, _, err := b.appeals.Score.Unit(b.ctx, who, first, b.worker.Area)
		if err != nil {
			t.Fatal(err)
		}
		now, _, err := b.appeals.Score.Unit(b.ctx, who, next, b.worker.Area)
		if err != nil {
			t.Fatal(err)
		}
		stated, net := sums[0].Aside, list[0].After-list[0].Before
		if who.Role == authz.Leader {
			n, err := b.appeals.Numbers(b.ctx, who)
			if err != nil {
				t.Fatal(err)
			}
			stated, net = n.Aside, math.Round(10*now.Official.Value)/10-math.Round(10*old.Official.Value)/10
		}
		t.Logf("%s: %d answers fewer; stated %+v; the score moves by %.3f", who.Role, old.N-now.N, stated, net)
		if who.Role == authz.Worker && stated.LowExcluded < 0 {
			t.Errorf("the fixture sets too few aside to be told: %+v", stated)
		}
		if left := old.N - now.N - stated.LowExcluded - stated.HighExcluded; stated.LowExcluded >= 0 && left != 0 {
			t.Errorf("%s: %d answers fewer than stated: the registered household was asked", who.Role, left)
		}
		if stated.LowReviewed >= 0 && stated.LowReviewed < stated.LowExcluded {
			t.Errorf("%s: more set aside than reviewed: %+v", who.Role, stated)
		}
		if math.Abs(net-stated.Net) > 1e-9 {
			t.Errorf("%s: the score moves by %.3f, of which %.3f is stated", who.Role, net, stated.Net)
		}
	}
}
