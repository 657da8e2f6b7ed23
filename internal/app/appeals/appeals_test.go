package appeals_test

import (
	"context"
	"math"
	"strings"
	"testing"
	"time"

	"gongping/internal/app/appeals"
	"gongping/internal/app/score"
	"gongping/internal/authz"
	"gongping/internal/errs"
	"gongping/internal/pg/appealdb"
	"gongping/internal/testkit"
	"gongping/internal/testkit/scored"
	"gongping/scoring/appeal"
)

// bench is a published round with everybody who has a part in an appeal.
type bench struct {
	*scored.Round
	ctx     context.Context
	svc     *appeals.Service
	run     string
	worker  authz.Actor
	manager authz.Actor
	auditor authz.Actor
}

func begin(t *testing.T) *bench {
	t.Helper()
	r := scored.Load(t)
	b := &bench{Round: r, ctx: t.Context(), svc: appeals.New(r.Core, &score.Service{Core: r.Core}), manager: r.Actor("manager"), auditor: r.Actor("auditor")}
	b.worker = r.Actor("worker-coached")
	var err error
	if b.run, err = b.svc.Score.Start(b.ctx, b.manager, r.ID, "first run"); err != nil {
		t.Fatal(err)
	}
	if err = b.svc.Score.Publish(b.ctx, b.manager, b.run); err != nil {
		t.Fatal(err)
	}
	return b
}

var pdf = []byte("%PDF-1.4 a visit record")

func (b *bench) filing(ground string) appeals.Filing {
	g, _ := appeal.GroundOf(ground)
	return appeals.Filing{RunID: b.run, Unit: b.worker.Area, Ground: ground, Statement: "物业公司停运电梯，居民误以为由居委会负责，见9号楼302室王阿姨13812345678的走访记录。",
		Files: []appeals.File{{Name: "走访记录.pdf", Kind: g.Needs, Content: pdf}}}
}

func (b *bench) file(t *testing.T, ground string) string {
	t.Helper()
	id, receipt, err := b.svc.File(b.ctx, b.worker, b.filing(ground))
	if err != nil || !strings.HasPrefix(receipt, "A310104-2026-") {
		t.Fatalf("file: %s %v", receipt, err)
	}
	return id
}

// accept files and accepts an appeal and returns its panel.
func (b *bench) accept(t *testing.T, id string) []authz.Actor {
	t.Helper()
	if ok, err := b.svc.Accept(b.ctx, b.manager, id, "材料齐全，在期限内"); err != nil || !ok {
		t.Fatalf("accept: %v %v", ok, err)
	}
	return b.panel(t, id)
}

func (b *bench) panel(t *testing.T, id string) (list []authz.Actor) {
	t.Helper()
	events, err := appealdb.Events(b.ctx, b.Pool, b.worker.District, id)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range events {
		for _, m := range e.Members {
			list = append(list, authz.Actor{District: b.worker.District, AccountID: m, Role: authz.Panel, Area: b.worker.District, Locale: "zh"})
		}
	}
	return list
}

func (b *bench) labels(t *testing.T, id string, side appeal.Side) (out []string) {
	t.Helper()
	items, err := appealdb.Items(b.ctx, b.Pool, b.worker.District, id)
	if err != nil {
		t.Fatal(err)
	}
	for _, it := range items {
		if it.Side == side {
			out = append(out, it.Label)
		}
	}
	return out
}

func (b *bench) state(t *testing.T, id string) appeals.Detail {
	t.Helper()
	d, err := b.svc.Get(b.ctx, b.auditor, id)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// publish puts a run on public notice, waits until that has ended and
// publishes it.
func (b *bench) publish(t *testing.T, run string) error {
	t.Helper()
	if err := b.svc.OpenNotice(b.ctx, b.manager, run); err != nil {
		return err
	}
	b.Clock.Advance(10 * 24 * time.Hour)
	return b.svc.Publish(b.ctx, b.manager, run)
}

func want(t *testing.T, err error, code errs.Code, key string) {
	t.Helper()
	e, _ := err.(*errs.Error)
	if !errs.Is(err, code) || key != "" && (e == nil || e.Key != key) {
		t.Errorf("got %v (%s), want %s %s", err, errs.CodeOf(err), code, key)
	}
}

// TestUpheldAppealMakesANewRun goes the whole way: both sides are reviewed,
// two agree, answers are set aside with a reason, a new run supersedes the old
// when the manager publishes it, and both stay.
func TestUpheldAppealMakesANewRun(t *testing.T) {
	t.Parallel()
	b := begin(t)
	id := b.file(t, "outside_remit")
	panel := b.accept(t, id)
	lows, highs := b.labels(t, id, appeal.Low), b.labels(t, id, appeal.High)
	if len(lows) < 2 || len(highs) == 0 || len(highs) > len(lows) {
		t.Fatalf("under review: %d low, %d high", len(lows), len(highs))
	}
	for _, m := range panel {
		v := appeals.VoteInput{Outcome: appeal.Uphold, Affected: append([]string(nil), lows...), Reason: "属于物业公司职责，不在居委会职责范围"}
		if err := b.svc.Vote(b.ctx, m, id, v); err != nil {
			t.Fatal(err)
		}
		want(t, b.svc.Vote(b.ctx, m, id, v), errs.Conflict, "")
	}
	d := b.state(t, id)
	if d.State != appeal.RunRequested || d.NewRun == nil || d.Audit.Effect.LowExcluded != len(lows) || d.Audit.Effect.Net() < 0 || !d.Audit.Effect.Computed {
		t.Fatalf("state %s, effect %+v", d.State, d.Audit.Effect)
	}
	rel, err := b.svc.Releases(b.ctx, b.manager)
	if err != nil || len(rel) != 1 || rel[0].Held != nil || rel[0].Units != 1 {
		t.Fatalf("releases %+v %v", rel, err)
	}
	// Until publication the worker sees the old run only.
	mine, err := b.svc.Get(b.ctx, b.worker, id)
	if err != nil || mine.NewRun != nil || mine.Audit != nil {
		t.Errorf("the worker sees %+v %v", mine.NewRun, err)
	}
	want(t, b.svc.Publish(b.ctx, b.manager, d.NewRun.ID), errs.Conflict, "appeal.not_noticed")
	if err := b.publish(t, d.NewRun.ID); err != nil {
		t.Fatal(err)
	}
	if d = b.state(t, id); d.State != appeal.Superseded {
		t.Errorf("state %s after publication", d.State)
	}
	u, res, err := b.svc.Score.Unit(b.ctx, b.worker, d.NewRun.ID, b.worker.Area)
	var excluded int
	if err := b.Pool.QueryRow(b.ctx, `select count(*) from response_exclusion where appeal_id = $1 and ground = 'outside_remit'`, id).Scan(&excluded); err != nil {
		t.Fatal(err)
	}
	if err != nil || u.Official.Value != math.Round(d.Audit.Effect.After*10)/10 || excluded != len(lows) {
		t.Errorf("new run: %v, %d excluded, want %v: %v", u.Official.Value, excluded, d.Audit.Effect.After, err)
	}
	if _, old, err := b.svc.Score.Unit(b.ctx, b.worker, b.run, b.worker.Area); err != nil || old.Run.SupersededBy != res.Run.ID {
		t.Errorf("the old run must stay, superseded by the new: %+v %v", old.Run.SupersededBy, err)
	}
	st, err := b.svc.Statistics(b.ctx, b.auditor)
	if err != nil || len(st.Sides) != 1 || st.Sides[0].LowExcluded != len(lows) || st.Sides[0].HighReviewed != len(highs) || st.Outcomes[0].Unanimous != 1 ||
		len(st.Grounds) != 1 || st.Grounds[0].Ground != "outside_remit" || st.Grounds[0].N != 1 || st.Grounds[0].State != string(appeal.Superseded) {
		t.Errorf("statistics %+v %v", st, err)
	}
}

// TestNothingChangesWithoutVotes: a rejected appeal ends with reasons; a split
// calls a third member; the middle of three decides.
func TestSplitAndRejection(t *testing.T) {
	t.Parallel()
	b := begin(t)
	id := b.file(t, "interview_fault")
	panel := b.accept(t, id)
	if err := b.svc.Vote(b.ctx, panel[0], id, appeals.VoteInput{Outcome: appeal.Uphold, Affected: b.labels(t, id, appeal.Low)[:1], Reason: "访问过程有瑕疵"}); err != nil {
		t.Fatal(err)
	}
	// The second member must not learn the first vote.
	f, err := b.svc.Blind(b.ctx, panel[1], id)
	if err != nil || f.Mine != nil || f.Decision != nil {
		t.Errorf("case file %+v %v", f, err)
	}
	for _, v := range []struct {
		by  int
		out appeal.Outcome
	}{{1, appeal.Reject}} {
		if err := b.svc.Vote(b.ctx, panel[v.by], id, appeals.VoteInput{Outcome: v.out, Reason: "证据不足以说明"}); err != nil {
			t.Fatal(err)
		}
	}
	panel = b.panel(t, id)
	if len(panel) != 3 || panel[2].AccountID == panel[0].AccountID || panel[2].AccountID == panel[1].AccountID {
		t.Fatalf("after a split %d sit", len(panel))
	}
	if err := b.svc.Vote(b.ctx, panel[2], id, appeals.VoteInput{Outcome: appeal.Reject, Reason: "同意证据不足"}); err != nil {
		t.Fatal(err)
	}
	// What was decided on is closed to those who decided, so that they cannot lay
	// it beside the public notice; their own vote and the decision stay.
	if f, err = b.svc.Blind(b.ctx, panel[0], id); err != nil || !f.Closed || f.Mine == nil || f.Decision == nil ||
		f.Statement+f.Facts != "" || len(f.Items)+len(f.Evidence) > 0 || f.Entry != nil || len(f.Figures.Moves) > 0 {
		t.Errorf("a decided case is still open to its panel: %+v %v", f, err)
	}
	d := b.state(t, id)
	if d.State != appeal.Closed || d.Decision.Outcome != appeal.Reject || len(d.Decision.Reasons) != 3 || d.NewRun != nil {
		t.Errorf("%s %+v", d.State, d.Decision)
	}
	runs, _ := b.svc.Score.Runs(b.ctx, b.manager, b.ID)
	if len(runs) != 1 {
		t.Errorf("%d runs after a rejection", len(runs))
	}
	// What the panel found on one answer in one unit is held back.
	want(t, b.svc.Conclude(b.ctx, b.manager, id), errs.Conflict, "appeal.nothing_to_do")
}

// TestOneChangedAnswerIsHeldBack: the difference of two published runs must not
// be one answer.
func TestOneChangedAnswerIsHeldBack(t *testing.T) {
	t.Parallel()
	b := begin(t)
	id := b.file(t, "outside_remit")
	for _, m := range b.accept(t, id) {
		if err := b.svc.Vote(b.ctx, m, id, appeals.VoteInput{Outcome: appeal.Partly, Affected: b.labels(t, id, appeal.Low)[:1], Reason: "一份属于职责外"}); err != nil {
			t.Fatal(err)
		}
	}
	d := b.state(t, id)
	if d.State != appeal.RunRequested {
		t.Fatalf("state %s", d.State)
	}
	want(t, b.svc.Publish(b.ctx, b.manager, d.NewRun.ID), errs.Conflict, "appeal.release_single")
	want(t, b.svc.OpenNotice(b.ctx, b.manager, d.NewRun.ID), errs.Conflict, "appeal.release_single")
	rel, err := b.svc.Releases(b.ctx, b.manager)
	if err != nil || len(rel) != 1 || rel[0].Held == nil {
		t.Errorf("releases %+v %v", rel, err)
	}
	if err := b.svc.CloseHeld(b.ctx, b.manager, id, "差异会暴露个别回答，原结果保留"); err != nil {
		t.Fatal(err)
	}
	if d = b.state(t, id); d.State != appeal.Closed {
		t.Errorf("state %s", d.State)
	}
}

// TestNeverWorse: where setting the high answers aside would lower the
// appellant's score, they are recorded and spared; whatever is decided, the
// score does not fall. (Which answers are reviewed depends on random ids, so
// that in some samples the score rises by a hair and they are set aside.)
func TestNeverWorse(t *testing.T) {
	t.Parallel()
	b := begin(t)
	id := b.file(t, "coaching")
	for _, m := range b.accept(t, id) {
		if err := b.svc.Vote(b.ctx, m, id, appeals.VoteInput{Outcome: appeal.Uphold, Affected: b.labels(t, id, appeal.High), Reason: "答案雷同，疑似有人教"}); err != nil {
			t.Fatal(err)
		}
	}
	d := b.state(t, id)
	e := d.Audit.Effect
	n := len(b.labels(t, id, appeal.High))
	spared := d.State == appeal.Closed && e.HighSpared == n && e.HighExcluded == 0 && e.Net() == 0
	raised := d.State == appeal.RunRequested && e.HighExcluded == n && e.HighSpared == 0 && e.After >= e.Before
	if !spared && !raised {
		t.Errorf("state %s, effect %+v", d.State, e)
	}
}

// TestFilingIsChecked tries what must be refused at filing.
func TestFilingIsChecked(t *testing.T) {
	t.Parallel()
	b := begin(t)
	try := func(change func(*appeals.Filing), who authz.Actor, code errs.Code, key string) {
		t.Helper()
		f := b.filing("wrong_object")
		change(&f)
		_, _, err := b.svc.File(b.ctx, who, f)
		want(t, err, code, key)
	}
	same := func(*appeals.Filing) {}
	other := b.Actor("worker-lone")
	try(same, other, errs.Forbidden, "auth.forbidden")
	try(same, b.manager, errs.Forbidden, "auth.forbidden")
	try(func(f *appeals.Filing) { f.Unit = b.worker.Area[:9] }, b.worker, errs.Forbidden, "")
	try(func(f *appeals.Filing) { f.Ground = "unreasonable" }, b.worker, errs.Invalid, "appeal.invalid")
	try(func(f *appeals.Filing) { f.Statement = "不公平" }, b.worker, errs.Invalid, "appeal.invalid")
	try(func(f *appeals.Filing) { f.Files = nil }, b.worker, errs.Invalid, "appeal.evidence_missing")
	// What each of the eight grounds asks for; written here again by hand.
	needs := map[string]appeal.Evidence{"wrong_object": "work_record", "misunderstanding": "work_record", "outside_remit": "remit_list", "registered_conflict": "",
		"interview_fault": "field_note", "coaching": "field_note", "calculation": "calculation", "missing_context": ""}
	if len(appeal.Grounds) != len(needs) {
		t.Errorf("%d grounds", len(appeal.Grounds))
	}
	for ground, kind := range needs {
		if ground == appeal.RegisteredConflict {
			try(func(f *appeals.Filing) { f.Ground = ground }, b.worker, errs.Invalid, "appeal.entry_missing")
			continue
		}
		try(func(f *appeals.Filing) { f.Ground, f.Statement = ground, "短" }, b.worker, errs.Invalid, "appeal.invalid")
		if kind == "" {
			try(func(f *appeals.Filing) { f.Ground, f.Files[0].Kind = ground, "rumour" }, b.worker, errs.Invalid, "appeal.invalid")
			continue
		}
		try(func(f *appeals.Filing) { f.Ground, f.Files = ground, nil }, b.worker, errs.Invalid, "appeal.evidence_missing")
		try(func(f *appeals.Filing) { f.Ground, f.Files[0].Kind = ground, appeal.Other }, b.worker, errs.Invalid, "appeal.evidence_missing")
	}
	try(func(f *appeals.Filing) { f.Files[0].Name = "a.exe" }, b.worker, errs.Invalid, "appeal.file_type")
	try(func(f *appeals.Filing) { f.Files[0].Content = []byte("MZ no PDF") }, b.worker, errs.Invalid, "appeal.file_type")
	try(func(f *appeals.Filing) { f.Files[0].Content = make([]byte, appeals.MaxFile+1) }, b.worker, errs.TooLarge, "appeal.file_size")
	try(func(f *appeals.Filing) { f.RunID = "none" }, b.worker, errs.NotFound, "")
	try(func(f *appeals.Filing) { f.RunID = b.ID }, b.worker, errs.NotFound, "run.not_found")
	unpublished, err := b.svc.Score.Start(b.ctx, b.manager, b.ID, "second")
	if err != nil {
		t.Fatal(err)
	}
	try(func(f *appeals.Filing) { f.RunID = unpublished }, b.worker, errs.NotFound, "run.not_found")
	b.file(t, "wrong_object")
	try(same, b.worker, errs.Conflict, "appeal.twice")
	b.Clock.Advance(15 * 24 * time.Hour)
	f := b.filing("misunderstanding")
	_, _, err = b.svc.File(b.ctx, b.worker, f)
	want(t, err, errs.Gone, "appeal.file_late")
}

// TestWhoMayWhat walks the permissions: foreign workers, unassigned panel
// members, assessors, and people without any part.
func TestWhoMayWhat(t *testing.T) {
	t.Parallel()
	b := begin(t)
	id := b.file(t, "misunderstanding")
	panel := b.accept(t, id)
	vote := appeals.VoteInput{Outcome: appeal.Reject, Reason: "没有依据"}
	for _, login := range []string{"panel-1", "panel-2", "panel-3"} { // they rated the unit
		m := b.Actor(login)
		want(t, b.svc.Vote(b.ctx, m, id, vote), errs.NotFound, "appeal.not_found")
		_, err := b.svc.Blind(b.ctx, m, id)
		want(t, err, errs.NotFound, "appeal.not_found")
	}
	for _, login := range []string{"panel-4", "panel-5"} {
		m := b.Actor(login)
		if m.AccountID == panel[0].AccountID || m.AccountID == panel[1].AccountID {
			continue
		}
		want(t, b.svc.Vote(b.ctx, m, id, vote), errs.NotFound, "appeal.not_found")
	}
	other := b.Actor("worker-lone")
	_, err := b.svc.Get(b.ctx, other, id)
	want(t, err, errs.NotFound, "appeal.not_found")
	want(t, b.svc.Withdraw(b.ctx, other, id, ""), errs.NotFound, "appeal.not_found")
	_, _, err = b.svc.Evidence(b.ctx, other, id, id)
	want(t, err, errs.NotFound, "appeal.not_found")
	colleague := b.worker
	colleague.AccountID = b.Actor("worker-lone").AccountID // another account of the same committee
	_, err = b.svc.Get(b.ctx, colleague, id)
	want(t, err, errs.NotFound, "appeal.not_found")
	_, err = b.svc.Get(b.ctx, panel[0], id)
	want(t, err, errs.NotFound, "appeal.not_found")
	for _, login := range []string{"admin", "supervisor"} {
		_, err = b.svc.Get(b.ctx, b.Actor(login), id)
		want(t, err, errs.Forbidden, "")
		want(t, b.svc.Vote(b.ctx, b.Actor(login), id, vote), errs.Forbidden, "")
		_, err = b.svc.Accept(b.ctx, b.Actor(login), id, "no right to")
		want(t, err, errs.Forbidden, "")
	}
	want(t, b.svc.Vote(b.ctx, b.manager, id, vote), errs.Forbidden, "")
	want(t, b.svc.Vote(b.ctx, b.worker, id, vote), errs.Forbidden, "")
	away := b.manager
	away.Area = b.Actor("worker-lone").Area[:9]
	if strings.HasPrefix(b.worker.Area, away.Area) {
		away.Area = b.worker.District + "999"
	}
	_, err = b.svc.Get(b.ctx, away, id)
	want(t, err, errs.NotFound, "appeal.not_found")
	l, err := b.svc.List(b.ctx, other, "", 1)
	if err != nil || l.Total != 0 {
		t.Errorf("another worker lists %d", l.Total)
	}
	l, err = b.svc.List(b.ctx, panel[0], "", 1)
	if err != nil || l.Total != 1 || l.Lines[0].Unit != "" || l.Lines[0].Receipt != "" || l.Lines[0].Waits != "vote" {
		t.Errorf("the panel lists %+v %v", l, err)
	}
}

// TestThePanelIsBlind looks for anything in the case file that tells unit,
// person or direction.
func TestThePanelIsBlind(t *testing.T) {
	t.Parallel()
	b := begin(t)
	f := b.filing("wrong_object")
	var unitName string
	for _, a := range b.Demo.Areas {
		if a.Code == b.worker.Area {
			unitName = a.Name
		}
	}
	f.Statement = "在" + unitName + "，" + f.Statement + b.worker.Name + b.worker.Area
	id, receipt, err := b.svc.File(b.ctx, b.worker, f)
	if err != nil {
		t.Fatal(err)
	}
	panel := b.accept(t, id)
	file, err := b.svc.Blind(b.ctx, panel[0], id)
	if err != nil {
		t.Fatal(err)
	}
	all := testJSON(t, file)
	for _, secret := range []string{unitName, b.worker.Area, b.worker.Name, receipt, "13812345678", "302室", "王阿姨", "走访记录.pdf", `"low"`, `"high"`, `"score"`, b.Responses[0], b.worker.AccountID} {
		if strings.Contains(all, secret) {
			t.Errorf("the case file holds %q:\n%s", secret, all)
		}
	}
	for _, m := range file.Figures.Moves {
		if m < 0 {
			t.Error("a move has a sign")
		}
	}
	if !strings.Contains(file.Statement, "电梯") {
		t.Errorf("too much is masked: %s", file.Statement)
	}
	var raw []byte
	var name []byte
	if err := testkit.OwnerDB(t).QueryRow(b.ctx, `select content, name from appeal_evidence`).Scan(&raw, &name); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(raw), "visit record") || strings.Contains(string(name), "走访") {
		t.Error("evidence is stored in clear")
	}
	ev := b.state(t, id).Evidence[0]
	if ref, content, err := b.svc.Evidence(b.ctx, b.manager, id, ev.ID); err != nil || string(content) != string(pdf) || ref.Name != "走访记录.pdf" {
		t.Errorf("evidence %+v %v", ref, err)
	}
}

// TestLatenessIsRecorded: acts after a deadline stand, with the lateness
// before them in the record.
func TestLatenessIsRecorded(t *testing.T) {
	t.Parallel()
	b := begin(t)
	id := b.file(t, "calculation")
	b.Clock.Advance(12 * 24 * time.Hour)
	l, err := b.svc.List(b.ctx, b.manager, "open", 1)
	if err != nil || !l.Lines[0].Late || l.Lines[0].Remaining >= 0 {
		t.Fatalf("inbox %+v %v", l.Lines, err)
	}
	if n, err := b.svc.Sweep(b.ctx, b.worker.District); err != nil || n != 1 {
		t.Fatalf("sweep %d %v", n, err)
	}
	panel := b.accept(t, id)
	b.Clock.Advance(60 * 24 * time.Hour)
	for _, m := range panel {
		if err := b.svc.Vote(b.ctx, m, id, appeals.VoteInput{Outcome: appeal.Uphold, Reason: "分母取错，应当更正"}); err != nil {
			t.Fatal(err)
		}
	}
	d := b.state(t, id)
	var kinds []string
	for _, e := range d.Course {
		kinds = append(kinds, string(e.Kind)+string(e.Step))
	}
	if got := strings.Join(kinds, " "); got != "filed overdueaccept accepted assigned overduedecide vote vote decided run" {
		t.Errorf("course: %s", got)
	}
	// A correction changes no answer: the run may be published.
	if err := b.publish(t, d.NewRun.ID); err != nil {
		t.Error(err)
	}
}

func TestWithdrawAndRefuse(t *testing.T) {
	t.Parallel()
	b := begin(t)
	id := b.file(t, "missing_context")
	if err := b.svc.Withdraw(b.ctx, b.worker, id, "已沟通清楚"); err != nil {
		t.Fatal(err)
	}
	_, err := b.svc.Accept(b.ctx, b.manager, id, "too late for that")
	want(t, err, errs.Conflict, "appeal.step")
	again := b.file(t, "missing_context") // after a withdrawal the ground is free again
	want(t, b.svc.Refuse(b.ctx, b.manager, again, ""), errs.Invalid, "appeal.reason")
	if err := b.svc.Refuse(b.ctx, b.manager, again, "不属于评议范围"); err != nil {
		t.Fatal(err)
	}
	want(t, b.svc.Withdraw(b.ctx, b.worker, again, ""), errs.Conflict, "appeal.step")
}

// TestAppendOnly: as the service, nothing of an appeal can be changed.
func TestAppendOnly(t *testing.T) {
	t.Parallel()
	b := begin(t)
	id := b.file(t, "outside_remit")
	b.accept(t, id)
	for _, table := range []string{"appeal", "appeal_event", "appeal_evidence", "appeal_item", "appeal_conflict", "response_exclusion", "appeal_objection", "appeal_effect", "conflict_entry", "conflict_evidence", "conflict_withdrawal", "audit_log", "audit_checkpoint"} {
		for _, sql := range []string{`delete from ` + table, `update ` + table + ` set district = district`, `truncate ` + table} {
			if _, err := b.Pool.Exec(b.ctx, sql); err == nil {
				t.Errorf("the service may %s", sql)
			}
			if _, err := testkit.OwnerDB(t).Exec(b.ctx, sql); err == nil {
				t.Errorf("the owner may %s", sql)
			}
		}
	}
}
