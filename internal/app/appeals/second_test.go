package appeals_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"gongping/internal/app/appeals"
	"gongping/internal/authz"
	"gongping/internal/errs"
	"gongping/scoring/appeal"
)

// vote lets a whole panel vote alike.
func (b *bench) vote(t *testing.T, id string, v appeals.VoteInput) {
	t.Helper()
	for _, m := range b.panel(t, id) {
		if err := b.svc.Vote(b.ctx, m, id, v); err != nil {
			t.Fatal(err)
		}
	}
}

// TestExtension: once, in time, within the bound, with a reason that the
// appellant reads; the deadline moves and lateness counts from there.
func TestExtension(t *testing.T) {
	t.Parallel()
	b := begin(t)
	id := b.file(t, "calculation")
	want(t, b.svc.Extend(b.ctx, b.worker, id, 3, "more time please"), errs.Forbidden, "")
	want(t, b.svc.Extend(b.ctx, b.manager, id, 3, "x"), errs.Invalid, "appeal.reason")
	want(t, b.svc.Extend(b.ctx, b.manager, id, 11, "材料需要核对"), errs.Invalid, "appeal.extend_days")
	before := b.state(t, id).Due
	if err := b.svc.Extend(b.ctx, b.manager, id, 5, "材料需要向街道核对"); err != nil {
		t.Fatal(err)
	}
	want(t, b.svc.Extend(b.ctx, b.manager, id, 5, "再次需要更多时间"), errs.Conflict, "appeal.extended_already")
	d, err := b.svc.Get(b.ctx, b.worker, id)
	if err != nil || !d.Due.After(before.AddDate(0, 0, 5)) || d.Extended.IsZero() {
		t.Fatalf("due %s after %s: %v", d.Due, before, err)
	}
	if last := d.Course[len(d.Course)-1]; last.Kind != appeal.KindExtended || last.Reason != "材料需要向街道核对" || last.Days != 5 {
		t.Errorf("the appellant reads %+v", last)
	}
	b.Clock.Advance(before.Add(26 * time.Hour).Sub(b.Clock.Now()))
	if n, err := b.svc.Sweep(b.ctx, b.worker.District); err != nil || b.state(t, id).Late {
		t.Errorf("after the old deadline: swept %d, late: %v", n, err)
	}
	b.accept(t, id)
	b.Clock.Advance(90 * 24 * time.Hour)
	want(t, b.svc.Extend(b.ctx, b.manager, id, 5, "太晚了才想到延长"), errs.Conflict, "appeal.extend_late")
}

// TestNoticeAndObjections: nothing counts before the notice has ended and every
// objection has its answer.
func TestNoticeAndObjections(t *testing.T) {
	t.Parallel()
	b := begin(t)
	id := b.file(t, "calculation")
	b.accept(t, id)
	b.vote(t, id, appeals.VoteInput{Outcome: appeal.Uphold, Reason: "分母取错，应当更正"})
	run := b.state(t, id).NewRun.ID
	resident := authz.Actor{District: b.worker.District, Role: authz.Resident, Area: b.worker.District}
	text := "这次更正没有说明依据，请公开更正的数字和来源。"
	want(t, b.svc.Object(b.ctx, resident, id, text), errs.NotFound, "appeal.notice_not_found")
	want(t, b.svc.OpenNotice(b.ctx, b.worker, run), errs.Forbidden, "")
	if err := b.svc.OpenNotice(b.ctx, b.manager, run); err != nil {
		t.Fatal(err)
	}
	want(t, b.svc.OpenNotice(b.ctx, b.manager, run), errs.Conflict, "appeal.nothing_to_notice")
	want(t, b.svc.Publish(b.ctx, b.manager, run), errs.Conflict, "appeal.notice_runs")
	list, err := b.svc.Notices(b.ctx, resident)
	if err != nil || len(list) != 1 || !list[0].Scored || list[0].Before != list[0].After {
		t.Fatalf("notices %+v %v", list, err)
	}
	want(t, b.svc.Object(b.ctx, resident, id, "不行"), errs.Invalid, "appeal.objection_text")
	want(t, b.svc.Object(b.ctx, b.worker, id, text), errs.Conflict, "appeal.own_objection")
	want(t, b.svc.Object(b.ctx, b.manager, id, text), errs.Forbidden, "")
	for _, who := range []authz.Actor{resident, b.Actor("worker-lone")} {
		if err := b.svc.Object(b.ctx, who, id, text); err != nil {
			t.Fatal(err)
		}
	}
	b.Clock.Advance(10 * 24 * time.Hour)
	want(t, b.svc.Object(b.ctx, resident, id, text), errs.Gone, "appeal.notice_over")
	want(t, b.svc.Publish(b.ctx, b.manager, run), errs.Conflict, "appeal.objections_open")
	mine, err := b.svc.Get(b.ctx, b.worker, id)
	if err != nil || len(mine.Objections) != 0 || mine.OpenCount != 2 {
		t.Errorf("the appellant reads the objections: %+v %v", mine.Objections, err)
	}
	d, err := b.svc.Get(b.ctx, b.manager, id)
	if err != nil || len(d.Objections) != 2 || d.Objections[0].Text != text || d.Waits != "answer" {
		t.Fatalf("objections %+v %v", d.Objections, err)
	}
	for _, o := range d.Objections {
		if err := b.svc.Answer(b.ctx, b.manager, id, o.ID, "更正依据为区统计年报，已附说明"); err != nil {
			t.Fatal(err)
		}
		want(t, b.svc.Answer(b.ctx, b.manager, id, o.ID, "再次答复同一异议"), errs.Conflict, "appeal.no_objection")
	}
	if err := b.svc.Publish(b.ctx, b.manager, run); err != nil {
		t.Fatal(err)
	}
	if d := b.state(t, id); d.State != appeal.Superseded {
		t.Errorf("state %s", d.State)
	}
}

// TestSecondInstance: another panel, deadlines of its own, once; nobody goes on
// who won or withdrew.
func TestSecondInstance(t *testing.T) {
	t.Parallel()
	b := begin(t)
	id := b.file(t, "missing_context")
	_, _, err := b.svc.FileSecond(b.ctx, b.worker, id, "一审还没有结束就想申请二审，应当不被接受。", nil)
	want(t, err, errs.Conflict, "appeal.no_second")
	first := b.accept(t, id)
	b.vote(t, id, appeals.VoteInput{Outcome: appeal.Reject, Reason: "没有新的情况"})
	d, err := b.svc.Get(b.ctx, b.worker, id)
	if err != nil || d.State != appeal.Closed || !d.Second.Open {
		t.Fatalf("%s %+v %v", d.State, d.Second, err)
	}
	why := "一审没有看台账缺失的证明：当月系统停机，数据未能录入。"
	_, _, err = b.svc.FileSecond(b.ctx, b.Actor("worker-lone"), id, why, nil)
	want(t, err, errs.NotFound, "appeal.not_found")
	second, receipt, err := b.svc.FileSecond(b.ctx, b.worker, id, why, nil)
	if err != nil || receipt == d.Receipt {
		t.Fatal(receipt, err)
	}
	_, _, err = b.svc.FileSecond(b.ctx, b.worker, id, why, nil)
	want(t, err, errs.Conflict, "appeal.second_twice")
	// Who dealt with the first instance may take the second on, and not refuse it.
	want(t, b.svc.Refuse(b.ctx, b.manager, second, "一审已经处理过"), errs.Conflict, "appeal.first_dealt")
	if d, err := b.svc.Get(b.ctx, b.manager, second); err != nil || d.Refuse {
		t.Errorf("the manager is offered to refuse: %v", err)
	}
	// The demonstration has two members without a part in the result; the
	// second instance must not take them again, and says so.
	assigned, err := b.svc.Accept(b.ctx, b.manager, second, "在期限内提出，有新的事实")
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range b.panel(t, second) {
		if slices.ContainsFunc(first, func(f authz.Actor) bool { return f.AccountID == m.AccountID }) {
			t.Error("a member of the first panel sits at the second instance")
		}
	}
	s := b.state(t, second)
	if s.Instance != 2 || s.Second.First != id || !assigned && s.State != appeal.Accepted || !strings.Contains(s.Statement, "台账缺失") {
		t.Errorf("second instance: %+v", s)
	}
	if d, err := b.svc.Get(b.ctx, b.worker, id); err != nil || d.Second.ID != second || d.Second.Open {
		t.Errorf("the first instance leads to %+v %v", d.Second, err)
	}
	// A refusal is looked at by somebody else.
	refused := b.file(t, "outside_remit")
	if err := b.svc.Refuse(b.ctx, b.manager, refused, "不属于评议范围"); err != nil {
		t.Fatal(err)
	}
	again, _, err := b.svc.FileSecond(b.ctx, b.worker, refused, why, nil)
	if err != nil {
		t.Fatal(err)
	}
	want(t, b.svc.Refuse(b.ctx, b.manager, again, "仍不属于评议范围"), errs.Conflict, "appeal.first_dealt")
	if d, err := b.svc.Get(b.ctx, b.Actor("manager-2"), again); err != nil || !d.Refuse {
		t.Errorf("another manager is not offered to refuse: %v", err)
	}
	if err := b.svc.Refuse(b.ctx, b.Actor("manager-2"), again, "仍不属于评议范围"); err != nil {
		t.Error(err)
	}
	// Too late.
	third := b.file(t, "calculation")
	b.accept(t, third)
	b.vote(t, third, appeals.VoteInput{Outcome: appeal.Reject, Reason: "数字无误"})
	b.Clock.Advance(30 * 24 * time.Hour)
	_, _, err = b.svc.FileSecond(b.ctx, b.worker, third, why, nil)
	want(t, err, errs.Gone, "appeal.file_late")
}

// TestRemedies: what follows is what two members choose, answer by answer on
// record, so that a department's card can show what was credited to it.
func TestRemedies(t *testing.T) {
	t.Parallel()
	b := begin(t)
	id := b.file(t, "wrong_object")
	b.accept(t, id)
	lows := b.labels(t, id, appeal.Low)
	if len(lows) < 2 {
		t.Fatalf("%d low answers under review", len(lows))
	}
	m := b.panel(t, id)
	want(t, b.svc.Vote(b.ctx, m[0], id, appeals.VoteInput{Outcome: appeal.Uphold, Affected: lows, Reason: "评的是物业", Remedy: appeal.ReAsk}), errs.Invalid, "appeal.remedy")
	want(t, b.svc.Vote(b.ctx, m[0], id, appeals.VoteInput{Outcome: appeal.Uphold, Affected: lows, Reason: "评的是物业", Party: "police"}), errs.Invalid, "appeal.party")
	b.vote(t, id, appeals.VoteInput{Outcome: appeal.Uphold, Affected: lows, Reason: "评的是物业，不是居委会", Remedy: appeal.Attribute, Party: appeal.Property})
	d := b.state(t, id)
	if d.Decision.Remedy != appeal.Attribute || d.Decision.Party != appeal.Property || d.Audit.Effect.Remedy != appeal.Attribute {
		t.Errorf("decision %+v, effect %+v", d.Decision, d.Audit.Effect)
	}
	var n int
	if err := b.Pool.QueryRow(b.ctx, `select count(*) from appeal_effect where appeal_id = $1 and remedy = 'attribute' and party = 'property'`, id).Scan(&n); err != nil || n != d.Audit.Effect.LowExcluded {
		t.Errorf("%d answers credited, %d set aside: %v", n, d.Audit.Effect.LowExcluded, err)
	}
}
