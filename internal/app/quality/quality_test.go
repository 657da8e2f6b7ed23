package quality_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"gongping/internal/app"
	"gongping/internal/app/field/fieldtest"
	"gongping/internal/app/quality"
	"gongping/internal/authz"
	"gongping/internal/demo"
	"gongping/internal/errs"
	"gongping/internal/pg"
	"gongping/internal/pg/auditdb"
	"gongping/internal/pg/qualitydb"
	"gongping/internal/testkit"
	"gongping/survey"
	pure "gongping/survey/quality"
)

// fixture is a round in which one evaluator invented all interviews.
type fixture struct {
	*fieldtest.Filled
	svc *quality.Service
	ctx context.Context
}

func load(t *testing.T) *fixture {
	t.Helper()
	f := fieldtest.LoadFilled(t)
	return &fixture{f, &quality.Service{Core: f.Core, Field: f.Field}, f.Ctx}
}

func keyOf(err error) string {
	var e *errs.Error
	if errors.As(err, &e) {
		return e.Key
	}
	return ""
}

func key(t *testing.T, err error, want string) {
	t.Helper()
	if keyOf(err) != want {
		t.Errorf("error %v, want %s", err, want)
	}
}

func (f *fixture) number(sql string, args ...any) (n int) {
	f.T.Helper()
	if err := testkit.OwnerDB(f.T).QueryRow(f.ctx, sql, args...).Scan(&n); err != nil {
		f.T.Fatal(err)
	}
	return n
}

func TestFromScanToSetAside(t *testing.T) {
	t.Parallel()
	f := load(t)
	ctx, supervisor, auditor, manager := f.ctx, f.Actor("supervisor"), f.Role(authz.Auditor), f.Actor("manager")
	for _, role := range []authz.Role{authz.Leader, authz.Worker, authz.Panel, authz.Admin, authz.Evaluator} {
		if _, err := f.svc.Scan(ctx, f.Role(role), f.Round); !errs.Is(err, errs.Forbidden) {
			t.Errorf("%s scanned: %v", role, err)
		}
		if _, err := f.svc.Queue(ctx, f.Role(role), f.Round, ""); !errs.Is(err, errs.Forbidden) {
			t.Errorf("%s read the queue: %v", role, err)
		}
	}
	if _, err := testkit.OwnerDB(t).Exec(ctx, `insert into response_signal (district, response_id, round_id, committee, kind, day)
		select district, id, round_id, committee, 'pressed', day from response order by id limit 1`); err != nil {
		t.Fatal(err)
	}
	n, err := f.svc.Scan(ctx, supervisor, f.Round)
	if err != nil || n < 2 {
		t.Fatalf("%d findings, %v", n, err)
	}
	if again, err := f.svc.Scan(ctx, auditor, f.Round); err != nil || again != 0 {
		t.Errorf("a second scan found %d new, %v", again, err)
	}
	v, err := f.svc.Queue(ctx, supervisor, f.Round, "")
	if err != nil || len(v.Scans) != 2 {
		t.Fatalf("%d scans, %v", len(v.Scans), err)
	}
	shown := 0
	for _, x := range v.Findings {
		if x.Role == "finding" {
			shown++
		}
	}
	if n != shown {
		t.Errorf("the supervisor was told of %d findings and sees %d: the rest must be signals", n, shown)
	}
	for _, scan := range v.Scans {
		if slices.ContainsFunc(scan.Summaries, func(x pure.Summary) bool { return x.Detector == pure.Signal }) {
			t.Error("the supervisor is told that signals were looked for")
		}
	}
	signal := func(x quality.Finding) bool { return x.Detector == pure.Signal }
	if w, err := f.svc.Queue(ctx, auditor, f.Round, ""); err != nil || !slices.ContainsFunc(w.Findings, signal) || slices.ContainsFunc(v.Findings, signal) {
		t.Errorf("a resident's signal is for auditors, and for auditors only: %v", err)
	}
	var fast quality.Finding
	for _, x := range v.Findings {
		if x.Role == "finding" && x.Kind == pure.Interviewer && x.Evaluator != f.Liar.AccountID {
			t.Errorf("an honest evaluator is accused: %+v", x.Finding)
		}
		if x.Detector == pure.TooFast && x.Evaluator == f.Liar.AccountID {
			fast = x
		}
	}
	if fast.ID == "" || fast.Hits != fast.Expected && fast.Hits < 30 || fast.Masked || !fast.MayDecide || fast.MaySetAside {
		t.Fatalf("%+v", fast)
	}
	for _, c := range v.Counts {
		if c.In(pure.Low) != c.In(pure.High) && c.Counterparts[pure.Low]+c.Counterparts[pure.High] > 0 {
			t.Errorf("%s: %d low, %d high in the queue", c.Detector, c.In(pure.Low), c.In(pure.High))
		}
	}
	// The supervisor of another district and a street that is not hers see nothing.
	street := supervisor
	street.Area = f.Honest[0].Area
	if strings.HasPrefix(f.Liar.Area, street.Area) {
		for _, h := range f.Honest {
			if h.Area != f.Liar.Area {
				street.Area = h.Area
			}
		}
	}
	if w, err := f.svc.Queue(ctx, street, f.Round, ""); err != nil || slices.ContainsFunc(w.Findings, func(x quality.Finding) bool { return x.Evaluator == f.Liar.AccountID }) {
		t.Errorf("a supervisor of another street sees the finding: %v", err)
	}
	if _, _, err := f.svc.Finding(ctx, street, fast.ID); !errs.Is(err, errs.Forbidden) {
		t.Errorf("and opens it: %v", err)
	}

	// Decisions need a reason; setting aside needs a confirmed finding.
	_, err = f.svc.Decide(ctx, supervisor, fast.ID, "back_check", " ")
	key(t, err, "quality.reason")
	_, err = f.svc.Decide(ctx, supervisor, fast.ID, "delete", "因为太快")
	key(t, err, "quality.decision")
	_, err = f.svc.SetAside(ctx, manager, fast.ID, false, "访问六秒完成")
	key(t, err, "quality.not_confirmed")
	f.askedWithoutAnybody(t, v)
	f.backChecks(t, fast)
	sent, err := f.svc.Decide(ctx, supervisor, fast.ID, "back_check", "六秒不可能读完十道题")
	if err != nil || sent == 0 || sent > 40 {
		t.Fatalf("%d cases sent, %v", sent, err)
	}
	// Never to whoever held the case.
	if n := f.number(`select count(*) from backcheck b join backcheck_assignment a on a.backcheck_id = b.id join case_assignment c on c.case_id = b.case_id and c.evaluator_id = a.evaluator_id`); n != 0 {
		t.Errorf("%d back-checks went to the interviewer", n)
	}
	if n := f.number(`select count(*) from backcheck_assignment where evaluator_id = $1`, f.Liar.AccountID); n != 0 {
		t.Errorf("%d back-checks went to somebody who is under question", n)
	}
	if n := f.number(`select count(distinct why) from backcheck`); n != 4 {
		t.Errorf("%d reasons: random, suspect, counterpart and verification of all were wanted", n)
	}

	if _, err := f.svc.Decide(ctx, auditor, fast.ID, "confirmed", "复核时多位居民说没有人来过"); err != nil {
		t.Fatal(err)
	}
	if n, all := f.number(`select count(*) from backcheck b join case_assignment a on a.case_id = b.case_id where a.evaluator_id = $1`, f.Liar.AccountID),
		f.number(`select count(*) from case_assignment where evaluator_id = $1`, f.Liar.AccountID); n != all {
		t.Errorf("%d of %d cases of the interviewer are asked again", n, all)
	}
	if _, err := f.svc.SetAside(ctx, supervisor, fast.ID, false, "不可能的访问时长"); !errs.Is(err, errs.Forbidden) {
		t.Errorf("a supervisor set answers aside: %v", err)
	}
	total := f.number(`select count(*) from response`)
	set, err := f.svc.SetAside(ctx, manager, fast.ID, true, "三位居民否认受访，全部核实")
	if err != nil || set != f.number(`select count(*) from response where evaluator_id = $1`, f.Liar.AccountID) {
		t.Fatalf("%d set aside, %v", set, err)
	}
	if f.number(`select count(*) from response`) != total || f.number(`select count(*) from response_exclusion where by_id = $1 and reason like '三位%'`, manager.AccountID) != set {
		t.Error("answers were lost, or set aside without name and reason")
	}
	_, err = f.svc.Decide(ctx, supervisor, fast.ID, "cleared", "改主意了不算")
	key(t, err, "quality.ended")
	if x, _, err := f.svc.Finding(ctx, supervisor, fast.ID); err != nil || len(x.Steps) != 3 || x.State() != "set_aside" {
		t.Errorf("%d steps, %v", len(x.Steps), err)
	}
	f.locks(t)
	f.end(t)
}

// askedWithoutAnybody: after a scan, before any decision, the random share and
// every suspect are handed out to be asked again, and as many of the other side.
func (f *fixture) askedWithoutAnybody(t *testing.T, v quality.Queue) {
	t.Helper()
	all, err := qualitydb.FinishedCases(f.ctx, f.Pool, demo.DistrictCode, f.Round)
	if err != nil {
		t.Fatal(err)
	}
	taken := map[string]int{}
	for _, k := range all {
		if k.Taken {
			taken[k.Evaluator]++
		}
	}
	want := v.Round.Rules.QualityRules().SuspectCases
	asked := 0
	for _, x := range v.Findings {
		if x.Kind != pure.Interviewer {
			continue
		}
		if asked++; taken[x.Evaluator] < want {
			t.Errorf("%s, %s: %d cases are asked again, want %d", x.Detector, x.Role, taken[x.Evaluator], want)
		}
		if x.BackChecks != taken[x.Evaluator] {
			t.Errorf("%s: the page says %d of %d", x.Detector, x.BackChecks, taken[x.Evaluator])
		}
	}
	if asked < 2 {
		t.Errorf("%d findings and counterparts about interviewers", asked)
	}
	if n := f.number(`select count(*) from backcheck where why = 'random'`); n == 0 {
		t.Error("the random share was not drawn")
	}
	if n := f.number(`select count(*) from backcheck b join quality_finding x on x.id = b.finding_id where x.auditor_only`); n != 0 {
		t.Errorf("%d back-checks tell of a signal", n)
	}
	if n := f.number(`select count(*) from backcheck b where not exists (select from backcheck_assignment a where a.backcheck_id = b.id)`); n != 0 {
		t.Errorf("%d back-checks are with nobody", n)
	}
}

// backChecks plays the back-checks of the liar's cases: residents deny them.
func (f *fixture) backChecks(t *testing.T, fast quality.Finding) {
	ctx := f.ctx
	for _, who := range []authz.Actor{f.Actor("manager"), f.Actor("supervisor")} { // the scan has drawn
		if again, err := f.svc.Draw(ctx, who, f.Round); err != nil || again != 0 {
			t.Errorf("drawing again drew %d, %v", again, err)
		}
	}
	denied, asked := 0, 0
	for _, e := range f.Honest {
		list, err := f.svc.Mine(ctx, e)
		if err != nil {
			t.Fatal(err)
		}
		for _, k := range list {
			holder := ""
			if err := testkit.OwnerDB(t).QueryRow(ctx, `select evaluator_id::text from case_assignment where case_id = $1 order by seq desc limit 1`, k.CaseID).Scan(&holder); err != nil {
				t.Fatal(err)
			}
			o := quality.Outcome{ID: app.NewID(), Outcome: "done", Mode: "phone", Interviewed: "yes", Told: "no", Answers: map[string]string{"contact": "yes", "service_manner": "3", "overall": "4"}}
			if holder == f.Liar.AccountID {
				if denied >= 3 {
					continue
				}
				denied++
				o.Interviewed, o.Answers = "no", nil
			} else if asked == 0 {
				f.refusals(t, e, k, o)
			}
			asked++
			if err := f.svc.Record(ctx, e, k.ID, o); err != nil {
				t.Fatal(err)
			}
			if err := f.svc.Record(ctx, e, k.ID, o); err != nil { // a repeat changes nothing
				t.Fatal(err)
			}
		}
	}
	if denied < 3 || f.number(`select count(*) from backcheck_result`) != asked {
		t.Fatalf("%d denied, %d asked", denied, asked)
	}
	if n := f.number(`select count(*) from backcheck where why = 'verify_all'`); n == 0 {
		t.Error("two denied interviews did not lead to the verification of all")
	}
	v, err := f.svc.BackChecks(ctx, f.Actor("supervisor"), f.Round, "")
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range v.People {
		if p.Evaluator == f.Liar.AccountID && (p.Denied != 3 || !p.Verified) {
			t.Errorf("%+v", p)
		}
		if p.Evaluator != f.Liar.AccountID && p.Verified {
			t.Errorf("an honest evaluator's cases are all verified: %+v", p)
		}
	}
	whole := f.number(`select coalesce(sum(k - k % 10), 0) from (select count(distinct backcheck_id) as k from identity.backcheck_pair group by evaluator_id) x`)
	if v.Pairs != whole {
		t.Errorf("%d pairs are readable, want the whole tens: %d", v.Pairs, whole)
	}
}

func (f *fixture) refusals(t *testing.T, e authz.Actor, k qualitydb.BackCheck, o quality.Outcome) {
	ctx := f.ctx
	other := f.Honest[0]
	if other.AccountID == e.AccountID {
		other = f.Honest[1]
	}
	key(t, f.svc.Record(ctx, other, k.ID, o), "backcheck.not_found")
	_, err := f.svc.OpenIdentity(ctx, other, k.ID)
	key(t, err, "backcheck.not_found")
	if err := f.svc.Record(ctx, f.Actor("supervisor"), k.ID, o); !errs.Is(err, errs.Forbidden) {
		t.Errorf("a supervisor recorded: %v", err)
	}
	bad := o
	bad.Interviewed = ""
	key(t, f.svc.Record(ctx, e, k.ID, bad), "backcheck.invalid")
	bad = o
	bad.Answers = map[string]string{"service_manner": "9"}
	key(t, f.svc.Record(ctx, e, k.ID, bad), "answers.invalid")
	bad = o
	bad.ID = "x"
	key(t, f.svc.Record(ctx, e, k.ID, bad), "field.id")
	p, err := f.svc.OpenIdentity(ctx, e, k.ID)
	if err != nil || p.Name == "" {
		t.Errorf("%v", err)
	}
	if log, err := auditdb.List(ctx, f.Pool, demo.DistrictCode, auditdb.Filter{Action: string(authz.IdentityRead)}); err != nil || len(log) != 1 || log[0].ID != k.ID {
		t.Errorf("log %+v, %v", log, err)
	}
	// Neither by hand-over nor past the use case does it come to the interviewer.
	var holder string
	if err := testkit.OwnerDB(t).QueryRow(ctx, `select evaluator_id::text from case_assignment where case_id = $1`, k.CaseID).Scan(&holder); err != nil {
		t.Fatal(err)
	}
	err = f.svc.Reassign(ctx, f.Actor("supervisor"), k.ID, holder, "原访问员有空")
	if k := keyOf(err); k != "backcheck.same_person" && k != "case.evaluator" {
		t.Errorf("handed to the interviewer: %v", err)
	}
	if err := qualitydb.Assign(ctx, f.Pool, demo.DistrictCode, k.ID, holder, "", "", f.Clock.Now()); pg.Code(err) != "23001" {
		t.Errorf("the database let the interviewer check: %v", err)
	}
	// The questions show no answer.
	_, _, q, err := f.svc.Check(ctx, e, k.ID)
	if err != nil || len(q.Items) < 4 || q.Items[0].Required {
		t.Errorf("%d questions, %v", len(q.Items), err)
	}
}

// locks: nobody reads pairs, nothing is changed or deleted.
func (f *fixture) locks(t *testing.T) {
	for _, sql := range []string{`select * from identity.backcheck_pair`, `insert into identity.backcheck_pair (district) values ('310104')`} {
		if _, err := f.Pool.Exec(f.ctx, sql); pg.Code(err) != "42501" {
			t.Errorf("%s: %v", sql, err)
		}
	}
	for _, table := range []string{"quality_scan", "quality_finding", "quality_sighting", "quality_finding_response", "quality_decision", "backcheck_commitment",
		"backcheck", "backcheck_assignment", "backcheck_result", "identity.backcheck_pair", "response_exclusion"} {
		if _, err := testkit.OwnerDB(t).Exec(f.ctx, `delete from `+table); pg.Code(err) != "23001" {
			t.Errorf("the owner deleted from %s: %v", table, err)
		}
		if _, err := f.Pool.Exec(f.ctx, `update `+table+` set district = district`); pg.Code(err) != "42501" {
			t.Errorf("the service updated %s: %v", table, err)
		}
	}
}

// end: the seed comes out after the round, matches its digest, and explains the
// random share to the last case.
func (f *fixture) end(t *testing.T) {
	ctx, manager := f.ctx, f.Actor("manager")
	key(t, f.svc.End(ctx, manager, f.Round), "backcheck.round_open")
	f.Clock.T = time.Date(2026, 12, 18, 9, 0, 0, 0, time.UTC)
	if err := f.Rounds.Step(ctx, manager, f.Round, survey.Closed, ""); err != nil {
		t.Fatal(err)
	}
	if err := f.svc.End(ctx, manager, f.Round); err != nil {
		t.Fatal(err)
	}
	v, err := f.svc.BackChecks(ctx, manager, f.Round, "")
	if err != nil || v.Commitment == nil || v.Commitment.Revealed == "" {
		t.Fatalf("%+v, %v", v.Commitment, err)
	}
	if d := pure.Commitment(v.Commitment.Revealed); string(d[:]) != string(v.Commitment.Digest) {
		t.Error("the seed is not the one that was promised")
	}
	rows, err := testkit.OwnerDB(t).Query(ctx, `select c.person_id, coalesce(b.why,'') from survey_case c join case_completion d on d.case_id = c.id
		left join backcheck b on b.case_id = c.id where c.round_id = $1`, f.Round)
	if err != nil {
		t.Fatal(err)
	}
	for rows.Next() {
		var person, why string
		if err := rows.Scan(&person, &why); err != nil {
			t.Fatal(err)
		}
		if _, yes := pure.Drawn(v.Commitment.Revealed, f.Round, person, v.Commitment.Share); (yes && why == "") || (!yes && why == "random") {
			t.Errorf("%s: in the share %v, drawn %q", person, yes, why)
		}
	}
	if _, err := f.svc.Draw(ctx, manager, f.Round); err == nil {
		t.Error("drew after the end")
	}
	if mine, err := f.svc.Mine(ctx, f.Honest[0]); err != nil || len(mine) != 0 {
		t.Errorf("%d still to be asked, %v", len(mine), err)
	}
	people, err := f.svc.Interviewers(ctx, manager, f.Round, "")
	if err != nil || len(people.People) != 6 {
		t.Fatalf("%d interviewers, %v", len(people.People), err)
	}
	for _, p := range people.People {
		if p.Code == f.Liar.AccountID && p.LevelOK { // set aside
			t.Errorf("%+v", p)
		}
		if p.LevelOK && !(p.Low < p.Level && p.Level < p.High) {
			t.Errorf("%+v", p)
		}
	}
	b, err := f.svc.Balance(ctx, manager, f.Round, "")
	if err != nil || b.OK || b.Answered != b.Drawn || b.Frame == 0 {
		t.Errorf("everybody answered, and yet there is an indicator: %+v, %v", b.Balance, err)
	}
}

func TestScanChangedOnlyWhereNew(t *testing.T) {
	t.Parallel()
	f := fieldtest.Load(t)
	svc := &quality.Service{Core: f.Core, Field: f.Field}
	scans := func() (n int) {
		if err := testkit.OwnerDB(t).QueryRow(f.Ctx, `select count(*) from quality_scan`).Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	if err := svc.ScanChanged(f.Ctx, demo.DistrictCode); err != nil || scans() != 0 {
		t.Errorf("a round without answers was scanned: %v", err)
	}
	who, cases := f.Someone()
	receipt := ""
	for i := range 2 {
		f.Clock.Advance(time.Minute)
		out, err := f.Field.Submit(f.Ctx, who, fieldtest.Submission(cases[i].ID, "4"))
		if err != nil {
			t.Fatal(err)
		}
		receipt = out.Receipt
		for range 2 {
			if err := svc.ScanChanged(f.Ctx, demo.DistrictCode); err != nil || scans() != i+1 {
				t.Errorf("%d scans after %d answers: %v", scans(), i+1, err)
			}
		}
	}
	b, err := svc.Balance(f.Ctx, f.Actor("supervisor"), f.Round, "")
	if err != nil || !b.OK || b.Shown {
		t.Errorf("%+v, %v", b.Balance, err)
	}
	for _, tr := range b.Traits {
		for _, l := range tr.Levels {
			if !l.Hidden {
				t.Errorf("two answers are shown: %+v", l)
			}
		}
	}
	// A withdrawal is looked at within a day; a scan right after it would tell.
	if err := f.Field.Withdraw(f.Ctx, demo.DistrictCode, receipt); err != nil {
		t.Fatal(err)
	}
	for _, want := range []int{2, 3, 3} {
		if err := svc.ScanChanged(f.Ctx, demo.DistrictCode); err != nil || scans() != want {
			t.Errorf("%d scans after a withdrawal, want %d: %v", scans(), want, err)
		}
		if want == 2 {
			f.Clock.Advance(24 * time.Hour)
		}
	}
	f.Clock.T = time.Date(2026, 12, 18, 9, 0, 0, 0, time.UTC)
	if err := f.Rounds.Step(f.Ctx, f.Actor("manager"), f.Round, survey.Closed, ""); err != nil {
		t.Fatal(err)
	}
	for range 2 { // once more after the end
		if err := svc.ScanChanged(f.Ctx, demo.DistrictCode); err != nil || scans() != 4 {
			t.Errorf("%d scans after the end: %v", scans(), err)
		}
	}
}
