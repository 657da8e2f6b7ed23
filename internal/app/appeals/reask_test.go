package appeals_test

import (
	"encoding/json"
	"math"
	"testing"
	"time"

	"gongping/internal/app"
	"gongping/internal/app/appeals"
	"gongping/internal/app/draws"
	"gongping/internal/app/field"
	"gongping/internal/authz"
	"gongping/internal/demo"
	"gongping/internal/errs"
	"gongping/internal/testkit"
	"gongping/scoring/appeal"
	"gongping/survey"
	"gongping/survey/draw"
	"gongping/survey/fieldwork"
	"gongping/survey/instrument"
)

// decideReAsk files an appeal that ends in "set aside and ask anew" for n low
// answers and returns its id.
func (b *bench) decideReAsk(t *testing.T, n int) string {
	t.Helper()
	id := b.file(t, "interview_fault")
	panel := b.accept(t, id)
	lows := b.labels(t, id, appeal.Low)
	if len(lows) < n {
		t.Fatalf("%d low answers under review", len(lows))
	}
	for _, m := range panel {
		if err := b.svc.Vote(b.ctx, m, id, appeals.VoteInput{Outcome: appeal.Uphold, Affected: lows[:n], Reason: "访问过程有瑕疵，应当重访", Remedy: appeal.ReAsk}); err != nil {
			t.Fatal(err)
		}
	}
	return id
}

// roomy makes the worker of a committee with people whom no draw holds the
// appellant.
func (b *bench) roomy(t *testing.T) {
	t.Helper()
	var login string
	var left int
	if err := testkit.OwnerDB(t).QueryRow(b.ctx, `select a.login, (select count(*) from frame_person p where p.committee = a.area_code) - (select count(*) from survey_case c where c.committee = a.area_code)
		from account a where a.role = 'worker' order by 2 desc, 1 limit 1`).Scan(&login, &left); err != nil {
		t.Fatal(err)
	}
	if left < 5 {
		t.Fatalf("%s has %d residents left", login, left)
	}
	b.worker = b.Actor(login)
}

func (b *bench) wish(name string) draws.Wish {
	return draws.Wish{Randomness: draw.Randomness{Kind: draw.Dice, Name: name, Due: b.Clock.Now().Add(time.Hour)}}
}

// TestAskedAnew goes the whole way of the decision "re-ask": answers are set
// aside and no run follows yet; the manager names fresh randomness; somebody
// else draws people whom no draw held; only their cases are open in the closed
// round; when they have answered, the run follows with their answers.
func TestAskedAnew(t *testing.T) {
	t.Parallel()
	b := begin(t)
	b.roomy(t)
	id := b.decideReAsk(t, 2)
	d := b.state(t, id)
	if d.State != appeal.Decided || d.NewRun != nil || !d.ReAsk.Decided || d.ReAsk.OpenBy.IsZero() {
		t.Fatalf("after the decision %s, run %v, %+v", d.State, d.NewRun, d.ReAsk)
	}
	if n, err := b.svc.Sweep(b.ctx, b.worker.District); err != nil || n != 1 || b.state(t, id).State != appeal.Decided {
		t.Errorf("the sweep went on without anybody asked: %d %v", n, err)
	}
	for _, login := range []string{"worker-lone", "auditor", "supervisor", "panel-5"} {
		_, err := b.svc.OpenReAsk(b.ctx, b.Actor(login), b.ID, b.wish("掷骰甲"))
		want(t, err, errs.Forbidden, "")
	}
	if mine, err := b.svc.Get(b.ctx, b.manager, id); err != nil || mine.Waits != "reask" || !mine.ReAsk.MayOpen {
		t.Errorf("the manager's page waits for %q: %v", mine.Waits, err)
	}
	commitment, err := b.svc.OpenReAsk(b.ctx, b.manager, b.ID, b.wish("掷骰甲"))
	if err != nil {
		t.Fatal(err)
	}
	_, err = b.svc.OpenReAsk(b.ctx, b.manager, b.ID, b.wish("掷骰乙"))
	want(t, err, errs.Conflict, "appeal.no_reask")
	b.Clock.Advance(2 * time.Hour)
	_, err = b.svc.Draws.Reveal(b.ctx, b.manager, commitment, "12345612345612345612", "大厅掷骰，公证在场")
	want(t, err, errs.Forbidden, "draw.second_person")
	second, err := b.svc.Draws.Reveal(b.ctx, b.auditor, commitment, "12345612345612345612", "大厅掷骰，公证在场")
	if err != nil {
		t.Fatal(err)
	}
	db := testkit.OwnerDB(t)
	var cases, elsewhere, again int
	if err := db.QueryRow(b.ctx, `select count(*), count(*) filter (where committee <> $2), count(*) filter (where exists (select 1 from draw_selection x
		where x.person_id = c.person_id and x.draw_id <> c.draw_id)) from survey_case c where draw_id = $1`, second, b.worker.Area).Scan(&cases, &elsewhere, &again); err != nil {
		t.Fatal(err)
	}
	if cases != appeals.MinReAsk || elsewhere != 0 || again != 0 {
		t.Fatalf("%d cases, %d of other committees, %d drawn before", cases, elsewhere, again)
	}
	// The worker learns that it goes on, and neither draw nor progress.
	if mine, err := b.svc.Get(b.ctx, b.worker, id); err != nil || mine.ReAsk.Until.IsZero() || mine.ReAsk.Draw != "" || mine.ReAsk.Want != 0 || mine.Audit != nil {
		t.Errorf("the worker sees %+v %v", mine.ReAsk, err)
	}
	// Another person asks: none of the new cases lies with who interviewed one of
	// the answers that were set aside, and the database lets nobody put it there.
	var held, same int
	if err := db.QueryRow(b.ctx, `select count(*), count(*) filter (where exists (select from appeal_effect x join response r on r.id = x.response_id where x.appeal_id = $2 and r.evaluator_id = z.evaluator_id))
		from survey_case c join case_assignment z on z.case_id = c.id where c.draw_id = $1`, second, id).Scan(&held, &same); err != nil || held != cases || same != 0 {
		t.Fatalf("%d of %d cases are given out, %d to who interviewed before: %v", held, cases, same, err)
	}
	interviewed := caseOf(t, `select c.id::text from account c where exists (select from appeal_effect x join response r on r.id = x.response_id where x.appeal_id = $1 and r.evaluator_id = c.id)`, id)
	fw := field.New(b.Core)
	t.Cleanup(func() { fw.Close(b.ctx) })
	late := caseOf(t, `select id::text from survey_case c where c.draw_id = $1 and c.committee = $2`, second, b.worker.Area)
	want(t, fw.Reassign(b.ctx, b.Actor("supervisor"), late[0], interviewed[0], "换人"), errs.Conflict, "case.evaluator_barred")
	if _, err := db.Exec(b.ctx, `insert into case_assignment (district, case_id, seq, evaluator_id, at) values ($1,$2,9,$3,$4)`, demo.DistrictCode, late[0], interviewed[0], b.Clock.Now()); err == nil {
		t.Error("the database gives a case to who interviewed before")
	}
	// Forms are printed for the new cases, and for no other of the closed round.
	places, err := fw.PaperPlaces(b.ctx, b.Actor("supervisor"), b.ID)
	if err != nil || len(places) != 1 || places[0][0] != b.worker.Area {
		t.Fatalf("forms can be printed for %v: %v", places, err)
	}
	_, codes, err := fw.PrintForms(b.ctx, b.Actor("supervisor"), b.ID, b.worker.Area, 50)
	if err != nil || len(codes) != cases {
		t.Fatalf("%d forms for %d new cases: %v", len(codes), cases, err)
	}
	given := answersOf(t, b)
	submit := func(c string) error {
		var holds string
		if err := db.QueryRow(b.ctx, `select coalesce((select evaluator_id::text from case_assignment where case_id = $1 order by seq desc limit 1), '')`, c).Scan(&holds); err != nil {
			t.Fatal(err)
		}
		var e authz.Actor // who holds the case, or else anybody of the place
		for _, x := range b.Evaluators() {
			if x.AccountID == holds || survey.Within(b.worker.Area, x.Area) && (holds == "" || e.AccountID != holds) {
				e = x
			}
		}
		if holds != e.AccountID { // an old case, of nobody who works now
			exec(t, `insert into case_assignment (district, case_id, seq, evaluator_id, at) values ($1,$2,(select coalesce(max(seq),0)+1 from case_assignment where case_id = $2),$3,$4)`, demo.DistrictCode, c, e.AccountID, b.Clock.Now())
		}
		_, err := fw.Submit(b.ctx, e, field.Submission{ID: app.NewID(), CaseID: c, Mode: fieldwork.Door, Answers: given, Hour: -1})
		return err
	}
	old := caseOf(t, `select id::text from survey_case c where c.draw_id <> $1 and c.committee = $2 and not exists (select 1 from case_completion d where d.case_id = c.id)`, second, b.worker.Area)
	want(t, submit(old[0]), errs.Conflict, "field.closed")
	for k, c := range caseOf(t, `select id::text from survey_case c where c.draw_id = $1 and c.committee = $2`, second, b.worker.Area) {
		if k == 2 {
			break // as many as answers were set aside
		}
		if k == 0 { // on paper, read by two persons
			if _, err := fw.EnterPaper(b.ctx, b.Actor("supervisor"), formOf(t, c), given); err != nil {
				t.Fatal(err)
			}
			if v, err := fw.EnterPaper(b.ctx, b.Evaluators()[0], formOf(t, c), given); err != nil || v.Step != field.PaperCounted {
				t.Fatalf("the form is %s: %v", v.Step, err)
			}
		} else if err := submit(c); err != nil {
			t.Fatal(err)
		}
		if k == 0 {
			if _, err := b.svc.Sweep(b.ctx, b.worker.District); err != nil || b.state(t, id).State != appeal.Decided {
				t.Errorf("the run was requested after one answer of two: %v", err)
			}
		}
	}
	if _, err := b.svc.Sweep(b.ctx, b.worker.District); err != nil {
		t.Fatal(err)
	}
	d = b.state(t, id)
	if d.State != appeal.RunRequested || d.NewRun == nil || d.Audit.Effect.ReAsk != 2 || d.ReAsk.Why != "" || d.ReAsk.Done != 2 {
		t.Fatalf("%s, %+v, %+v", d.State, d.Audit.Effect, d.ReAsk)
	}
	var before, after int
	if err := db.QueryRow(b.ctx, `select count(*) filter (where run_id = $1), count(*) filter (where run_id = $2) from run_answer where unit = $3`, b.run, d.NewRun.ID, b.worker.Area).Scan(&before, &after); err != nil || before != after {
		t.Errorf("%d answers before, %d after: two set aside and two new; %v", before, after, err)
	}
	// After the last day the new cases are closed like all others.
	b.Clock.Advance(60 * 24 * time.Hour)
	want(t, submit(caseOf(t, `select id::text from survey_case c where c.draw_id = $1 and c.committee = $2 and not exists (select 1 from case_completion d where d.case_id = c.id)`, second, b.worker.Area)[0]), errs.Conflict, "field.closed")
}

// TestReAskIsNotForgotten: where nobody opens it, the lateness goes on record
// and the run follows without; the second instance stays open. An appeal from
// before there was a re-ask, or a book with none, sets aside and goes on at once.
func TestReAskIsNotForgotten(t *testing.T) {
	t.Parallel()
	b := begin(t)
	b.roomy(t)
	id := b.decideReAsk(t, 2)
	b.Clock.Advance(31 * 24 * time.Hour)
	if _, err := b.svc.Sweep(b.ctx, b.worker.District); err != nil {
		t.Fatal(err)
	}
	d := b.state(t, id)
	late := false
	for _, e := range d.Course {
		late = late || e.Kind == appeal.KindOverdue && e.Step == appeal.StepReAsk
	}
	if d.State != appeal.RunRequested || !late || d.ReAsk.Why != "missed" {
		t.Fatalf("%s, lateness on record %v, %+v", d.State, late, d.ReAsk)
	}
	if err := b.publish(t, d.NewRun.ID); err != nil {
		t.Fatal(err)
	}
	if mine, err := b.svc.Get(b.ctx, b.worker, id); err != nil || !mine.Second.Open {
		t.Errorf("the second instance is closed although nobody was asked anew: %+v %v", mine.Second, err)
	}
}

// TestNobodyElseCanAsk: where everybody whose area holds the committee
// interviewed answers that were set aside, the cases stay without an evaluator,
// the manager's page says so, and once there is somebody they are given out.
func TestNobodyElseCanAsk(t *testing.T) {
	t.Parallel()
	b := begin(t)
	b.roomy(t)
	// One evaluator remains, who interviewed all that was not asked by link.
	one := ""
	for _, e := range b.Evaluators() {
		if survey.Within(b.worker.Area, e.Area) {
			one = e.AccountID
		}
	}
	if one == "" {
		t.Fatalf("no evaluator works in %s", b.worker.Area)
	}
	exec(t, `update account set disabled_at = $1 where role = 'evaluator' and id <> $2`, b.Clock.Now(), one)
	exec(t, `alter table response disable trigger user`)
	exec(t, `update response set evaluator_id = $1 where committee = $2`, one, b.worker.Area)
	exec(t, `alter table response enable trigger user`)
	id := b.decideReAsk(t, 2)
	commitment, err := b.svc.OpenReAsk(b.ctx, b.manager, b.ID, b.wish("掷骰丙"))
	if err != nil {
		t.Fatal(err)
	}
	b.Clock.Advance(2 * time.Hour)
	if _, err := b.svc.Draws.Reveal(b.ctx, b.auditor, commitment, "12345612345612345612", "大厅掷骰，公证在场"); err != nil {
		t.Fatal(err)
	}
	d, err := b.svc.Get(b.ctx, b.manager, id)
	if err != nil || d.ReAsk.Open != appeals.MinReAsk || !d.ReAsk.MayGive {
		t.Fatalf("the manager reads %+v %v", d.ReAsk, err)
	}
	_, err = b.svc.AssignReAsk(b.ctx, b.manager, id)
	want(t, err, errs.Conflict, "appeal.reask_nobody")
	_, err = b.svc.AssignReAsk(b.ctx, b.Actor("supervisor"), id)
	want(t, err, errs.Forbidden, "")
	exec(t, `update account set disabled_at = null where role = 'evaluator'`)
	if n, err := b.svc.AssignReAsk(b.ctx, b.manager, id); err != nil || n != appeals.MinReAsk {
		t.Fatalf("%d given out: %v", n, err)
	}
	var wrong int
	if err := testkit.OwnerDB(t).QueryRow(b.ctx, `select count(*) from late_barred l join draw w on w.commitment_id = l.commitment_id join survey_case c on c.draw_id = w.id join case_assignment z on z.case_id = c.id and z.evaluator_id = l.evaluator_id`).Scan(&wrong); err != nil || wrong != 0 {
		t.Errorf("%d cases lie with who interviewed before: %v", wrong, err)
	}
}

// formOf is the code of a case's printed form.
func formOf(t *testing.T, caseID string) (code string) {
	t.Helper()
	if err := testkit.OwnerDB(t).QueryRow(t.Context(), `select code from paper_form where case_id = $1`, caseID).Scan(&code); err != nil {
		t.Fatal(err)
	}
	return code
}

func answersOf(t *testing.T, b *bench) instrument.Answers {
	t.Helper()
	var raw []byte
	if err := testkit.OwnerDB(t).QueryRow(b.ctx, `select answers from response where round_id = $1 and committee = $2 order by id limit 1`, b.ID, b.worker.Area).Scan(&raw); err != nil {
		t.Fatal(err)
	}
	var out instrument.Answers
	if err := json.Unmarshal(raw, &out); err != nil {
		t.Fatal(err)
	}
	return out
}

func caseOf(t *testing.T, sql string, args ...any) (out []string) {
	t.Helper()
	rows, err := testkit.OwnerDB(t).Query(t.Context(), sql+` order by 1`, args...)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var id string
		if err := rows.Scan(&id); err != nil {
			t.Fatal(err)
		}
		out = append(out, id)
	}
	if len(out) == 0 {
		t.Fatal("no such case")
	}
	return out
}

// TestMoreTimeIsAskedForAndAnswered: appellant and members ask once for a step,
// a manager declines or grants with a reason, the deadline moves by working
// days, and everybody concerned is told without names.
func TestMoreTimeIsAskedForAndAnswered(t *testing.T) {
	t.Parallel()
	b := begin(t)
	id := b.file(t, "misunderstanding")
	panel := b.accept(t, id)
	due := b.state(t, id).Due
	for _, who := range []authz.Actor{b.manager, b.auditor, b.Actor("panel-1"), b.Actor("worker-lone")} {
		if err := b.svc.AskExtension(b.ctx, who, id, 3, "需要再核对走访记录"); err == nil {
			t.Errorf("%s asked for more time", who.Role)
		}
	}
	want(t, b.svc.AskExtension(b.ctx, b.worker, id, 99, "需要再核对走访记录"), errs.Invalid, "appeal.extend_days")
	want(t, b.svc.AskExtension(b.ctx, b.worker, id, 3, " "), errs.Invalid, "appeal.reason")
	if err := b.svc.AskExtension(b.ctx, b.worker, id, 3, "需要再核对走访记录"); err != nil {
		t.Fatal(err)
	}
	want(t, b.svc.AskExtension(b.ctx, b.worker, id, 3, "再次申请"), errs.Conflict, "appeal.asked_already")
	want(t, b.svc.DeclineExtension(b.ctx, b.manager, id, ""), errs.Invalid, "appeal.reason")
	if d, err := b.svc.Get(b.ctx, b.manager, id); err != nil || d.Waits != "asked" || len(d.Extension.Asked) != 1 || d.Extension.Asked[0].Who != "appellant" {
		t.Fatalf("%+v %v", d.Extension, err)
	}
	if err := b.svc.DeclineExtension(b.ctx, b.manager, id, "材料已经齐全"); err != nil {
		t.Fatal(err)
	}
	want(t, b.svc.AskExtension(b.ctx, b.worker, id, 3, "再次申请"), errs.Conflict, "appeal.asked_once")
	d, err := b.svc.Get(b.ctx, b.worker, id)
	if err != nil || !d.Extension.Decline || d.Extension.Reason != "材料已经齐全" || !d.Due.Equal(due) {
		t.Fatalf("the worker is told %+v %v", d.Extension, err)
	}
	// A member asks; names in the reason are masked; the manager grants.
	if err := b.svc.AskExtension(b.ctx, panel[0], id, 4, "需要核对王阿姨13812345678的记录"); err != nil {
		t.Fatal(err)
	}
	if err := b.svc.Extend(b.ctx, b.manager, id, 4, "同意评议组的申请"); err != nil {
		t.Fatal(err)
	}
	f, err := b.svc.Blind(b.ctx, panel[1], id)
	if err != nil || f.Extension.Until.IsZero() || f.Extension.Reason != "同意评议组的申请" || len(f.Extension.Asked) != 0 || f.Extension.Max != 0 {
		t.Fatalf("the other member is told %+v %v", f.Extension, err)
	}
	if d, err = b.svc.Get(b.ctx, b.worker, id); err != nil || d.Due.Sub(due) < 4*24*time.Hour || !d.Due.Equal(f.Extension.Until) {
		t.Errorf("due %s, before %s: %v", d.Due, due, err)
	}
	moved, err := b.svc.MovedDeadlines(b.ctx, b.worker)
	if err != nil || len(moved) != 4 {
		t.Fatalf("%+v %v", moved, err)
	}
	for _, m := range moved {
		if m.Kind == appeal.KindAsked && m.Who == "panel" && (m.Reason == "" || contains(m.Reason, "13812345678")) {
			t.Errorf("the appellant reads %q", m.Reason)
		}
	}
	if blind, err := b.svc.MovedDeadlines(b.ctx, panel[0]); err != nil || len(blind) != 4 || blind[0].Receipt != "" || blind[0].UnitName != "" {
		t.Errorf("a member reads %+v %v", blind, err)
	}
	for _, login := range []string{"worker-lone", "leader-" + b.worker.Area[6:9], "panel-1"} {
		if other, err := b.svc.MovedDeadlines(b.ctx, b.Actor(login)); err != nil || len(other) != 0 {
			t.Errorf("%s reads %+v %v", login, other, err)
		}
	}
}

func contains(s, part string) bool {
	for i := 0; i+len(part) <= len(s); i++ {
		if s[i:i+len(part)] == part {
			return true
		}
	}
	return false
}

// TestNoticeShowsBothSigns: the page of public notices says how many answers of
// each sign were set aside and what that did, and hides small counts from all
// but auditors.
func TestNoticeShowsBothSigns(t *testing.T) {
	t.Parallel()
	b := begin(t)
	id := b.file(t, "outside_remit")
	panel := b.accept(t, id)
	lows, highs := b.labels(t, id, appeal.Low), b.labels(t, id, appeal.High)
	for _, m := range panel {
		if err := b.svc.Vote(b.ctx, m, id, appeals.VoteInput{Outcome: appeal.Partly, Affected: lows[:2], Reason: "两份属于职责外", Party: appeal.Department, Department: "housing"}); err != nil {
			t.Fatal(err)
		}
	}
	d := b.state(t, id)
	if d.Decision.Department != "housing" || d.Audit.Effect.Department != "housing" {
		t.Errorf("decided for %q, effect %+v", d.Decision.Department, d.Audit.Effect)
	}
	if err := b.svc.OpenNotice(b.ctx, b.manager, d.NewRun.ID); err != nil {
		t.Fatal(err)
	}
	all, err := b.svc.NoticeSums(b.ctx, b.auditor)
	if err != nil || len(all) != 1 || all[0].LowExcluded != 2 || all[0].HighExcluded != 0 || all[0].LowReviewed != len(lows) || all[0].HighReviewed != len(highs) || all[0].Net != d.Audit.Effect.Net() || all[0].Units != 1 {
		t.Fatalf("%+v %v", all, err)
	}
	resident := authz.Actor{District: b.worker.District, Role: authz.Resident, Area: b.worker.District}
	shown, err := b.svc.NoticeSums(b.ctx, resident)
	if err != nil || len(shown) != 1 || shown[0].LowExcluded != -1 || shown[0].HighExcluded != 0 || math.Abs(shown[0].Net-all[0].Net) > 0.1 || shown[0].Few != 5 {
		t.Errorf("a resident reads %+v %v", shown, err)
	}
}
