package appeals_test

import (
	"slices"
	"testing"
	"time"

	"gongping/internal/app"
	"gongping/internal/app/account"
	"gongping/internal/app/appeals"
	"gongping/internal/authz"
	"gongping/internal/demo"
	"gongping/internal/errs"
	"gongping/internal/pg/appealdb"
	"gongping/internal/testkit"
	"gongping/scoring/appeal"
)

// sitting are the members who sit now.
func (b *bench) sitting(t *testing.T, id string) (list []string) {
	t.Helper()
	events, err := appealdb.Events(b.ctx, b.Pool, b.worker.District, id)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range events {
		switch e.Kind {
		case appeal.KindAssigned:
			list = append(list, e.Members...)
		case appeal.KindRecused:
			list = slices.DeleteFunc(list, func(m string) bool { return m == e.Members[0] })
		}
	}
	return list
}

func (b *bench) member(id string) authz.Actor {
	return authz.Actor{District: b.worker.District, AccountID: id, Role: authz.Panel, Area: b.worker.District, Locale: "zh"}
}

// declare gives a member a conflict of interest with the unit.
func (b *bench) declare(t *testing.T, id, member string) {
	t.Helper()
	a, err := appealdb.Get(b.ctx, b.Pool, b.worker.District, id)
	if err != nil {
		t.Fatal(err)
	}
	exec(t, `insert into panel_conflict (district, id, round_id, reviewer, area, kind, reason, by_id, at) values ($1,$2,$3,$4,$5,'declared','亲属在该居委会任职',$4,$6)`,
		demo.DistrictCode, app.NewID(), a.RoundID, member, a.Unit, b.Clock.Now())
}

// TestMemberWithAConflictIsReplaced lets both seated members gain a conflict of
// interest, one after the vote and one before: each is found at the next act or
// by the sweep, leaves the panel and is replaced by the rule of seating. The vote
// of the first is kept and not counted; nobody who left sees the case again.
func TestMemberWithAConflictIsReplaced(t *testing.T) {
	t.Parallel()
	b := begin(t)
	// Half of the demonstration's panel accounts rated the unit and may not sit.
	if _, err := (&account.Service{Core: b.Core}).CreateDemo(b.ctx, authz.SystemActor(b.worker.District), []account.New{
		{Login: "panel-a", Name: "新增评审员甲", Area: b.worker.District, Role: authz.Panel}, {Login: "panel-b", Name: "新增评审员乙", Area: b.worker.District, Role: authz.Panel}}); err != nil {
		t.Fatal(err)
	}
	id := b.file(t, "interview_fault")
	panel := b.accept(t, id)
	lows := b.labels(t, id, appeal.Low)
	if err := b.svc.Vote(b.ctx, panel[0], id, appeals.VoteInput{Outcome: appeal.Reject, Reason: "理由不成立，证据不足"}); err != nil {
		t.Fatal(err)
	}
	if n, err := b.svc.Sweep(b.ctx, b.worker.District); err != nil || n != 0 {
		t.Fatalf("the sweep touched %d appeals without a conflict: %v", n, err)
	}
	b.declare(t, id, panel[0].AccountID)
	b.Clock.Advance(time.Minute)
	if n, err := b.svc.Sweep(b.ctx, b.worker.District); err != nil || n != 1 {
		t.Fatalf("the sweep touched %d appeals: %v", n, err)
	}
	now := b.sitting(t, id)
	if len(now) != 2 || slices.Contains(now, panel[0].AccountID) || now[0] != panel[1].AccountID {
		t.Fatalf("%v sit after %v left", now, panel[0].AccountID)
	}
	_, err := b.svc.Blind(b.ctx, panel[0], id)
	want(t, err, errs.NotFound, "appeal.not_found")
	if list, err := b.svc.List(b.ctx, panel[0], "", 1); err != nil || list.Total != 0 {
		t.Errorf("who left has %d cases on the list: %v", list.Total, err)
	}
	// The second gains one by something done meanwhile, and is found when voting.
	items, err := appealdb.Items(b.ctx, b.Pool, b.worker.District, id)
	if err != nil {
		t.Fatal(err)
	}
	scan, f, a := app.NewID(), app.NewID(), b.state(t, id).Appeal
	exec(t, `insert into quality_scan (district, id, round_id, rules, summaries, n_responses, seed, code_version, at) values ($1,$2,$3,'{}','{}',1,'x','test',$4)`, demo.DistrictCode, scan, a.RoundID, b.Clock.Now())
	exec(t, `insert into quality_finding (district, id, round_id, scan_id, detector, kind, unit, side, role) values ($1,$2,$3,$4,'speed','interviewer','u','low','finding')`, demo.DistrictCode, f, a.RoundID, scan)
	exec(t, `insert into quality_finding_response (district, finding_id, response_id) values ($1,$2,$3)`, demo.DistrictCode, f, items[0].ID)
	exec(t, `insert into quality_decision (district, finding_id, seq, decision, reason, by_id, at) values ($1,$2,1,'cleared','x',$3,$4)`, demo.DistrictCode, f, panel[1].AccountID, b.Clock.Now())
	want(t, b.svc.Vote(b.ctx, panel[1], id, appeals.VoteInput{Outcome: appeal.Reject, Reason: "理由不成立，证据不足"}), errs.Forbidden, "appeal.recused")
	now = b.sitting(t, id)
	if len(now) != 2 || slices.Contains(now, panel[0].AccountID) || slices.Contains(now, panel[1].AccountID) {
		t.Fatalf("%v sit after both left", now)
	}
	// One recognises the case and steps back; whoever did not sit cannot.
	want(t, b.svc.StepBack(b.ctx, panel[0], id, "我认得这件事"), errs.NotFound, "appeal.not_found")
	want(t, b.svc.StepBack(b.ctx, b.member(now[1]), id, ""), errs.Invalid, "appeal.reason")
	if err := b.svc.StepBack(b.ctx, b.member(now[1]), id, "从经过认出了这件事"); err != nil {
		t.Fatal(err)
	}
	if now = b.sitting(t, id); len(now) != 2 {
		t.Fatalf("%v sit after one stepped back", now)
	}
	for _, m := range now {
		if err := b.svc.Vote(b.ctx, b.member(m), id, appeals.VoteInput{Outcome: appeal.Uphold, Affected: lows[:2], Reason: "访问过程有瑕疵"}); err != nil {
			t.Fatal(err)
		}
	}
	d := b.state(t, id)
	if d.Decision == nil || d.Decision.Outcome != appeal.Uphold || len(d.Decision.Reasons) != 2 {
		t.Fatalf("decided %+v", d.Decision)
	}
	left, uncounted := 0, 0
	for _, e := range d.Course {
		if e.Kind == appeal.KindRecused {
			left++
		}
		if e.Uncounted {
			uncounted++
		}
	}
	if left != 3 || uncounted != 1 {
		t.Errorf("the auditor reads of %d who left and %d votes that do not count", left, uncounted)
	}
	mine, err := b.svc.Get(b.ctx, b.worker, id)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range mine.Course {
		if e.Kind == appeal.KindRecused && (e.Reason != "" || e.Conflict != "") {
			t.Errorf("the appellant reads why a member left: %+v", e)
		}
	}
	numbers, err := b.svc.Numbers(b.ctx, b.auditor)
	if err != nil || numbers.Agreement.N != 1 || numbers.Agreement.Same != 1 {
		t.Errorf("agreement counts a vote that does not: %+v %v", numbers.Agreement, err)
	}
	var logged int
	if err := testkit.OwnerDB(t).QueryRow(b.ctx, `select count(*) from audit_log where action = 'appeal.recused'`).Scan(&logged); err != nil || logged != 3 {
		t.Errorf("%d entries in the log: %v", logged, err)
	}
}

// TestSeatStaysEmptyWhereNobodyIsFree: where a member leaves and nobody is free,
// the appeal waits for a manager and says so, and goes on when somebody is.
func TestSeatStaysEmptyWhereNobodyIsFree(t *testing.T) {
	t.Parallel()
	b := begin(t)
	id := b.file(t, "interview_fault")
	panel := b.accept(t, id)
	exec(t, `update account set disabled_at = $1 where role = 'panel' and id <> $2`, b.Clock.Now(), panel[0].AccountID)
	if _, err := b.svc.Sweep(b.ctx, b.worker.District); err != nil {
		t.Fatal(err)
	}
	if now := b.sitting(t, id); len(now) != 1 || now[0] != panel[0].AccountID {
		t.Fatalf("%v sit, and the other's account is off", now)
	}
	d, err := b.svc.Get(b.ctx, b.manager, id)
	if err != nil || d.Waits != "assign" || !d.Vacant {
		t.Fatalf("the manager's page waits for %q, vacant %v: %v", d.Waits, d.Vacant, err)
	}
	if err := b.svc.Vote(b.ctx, panel[0], id, appeals.VoteInput{Outcome: appeal.Reject, Reason: "理由不成立"}); err != nil {
		t.Fatal(err)
	}
	want(t, b.svc.Assign(b.ctx, b.manager, id), errs.Conflict, "appeal.nobody_free")
	exec(t, `update account set disabled_at = null where role = 'panel'`)
	if err := b.svc.Assign(b.ctx, b.manager, id); err != nil {
		t.Fatal(err)
	}
	now := b.sitting(t, id)
	if len(now) != 2 || now[1] == panel[1].AccountID {
		t.Errorf("%v sit; who left came back", now)
	}
	want(t, b.svc.Assign(b.ctx, b.manager, id), errs.Conflict, "appeal.no_seat")
}
