package field_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"gongping/internal/app"
	"gongping/internal/app/field"
	"gongping/internal/app/field/fieldtest"
	"gongping/internal/authz"
	"gongping/internal/demo"
	"gongping/internal/errs"
	"gongping/internal/pg/scoredb"
	"gongping/internal/testkit"
	"gongping/survey/fieldwork"
	"gongping/survey/instrument"
)

// A receipt that was given when hashes of receipts were kept still leads to its
// answer, and so does the one that the same answer would be given now.
func TestReceiptsOfBefore(t *testing.T) {
	t.Parallel()
	f := fieldtest.Load(t)
	who, cases := f.Someone()
	sub := fieldtest.Submission(cases[0].ID, "4")
	out, err := f.Field.Submit(f.Ctx, who, sub)
	if err != nil {
		t.Fatal(err)
	}
	const before = "7K3M-P9QA-X2RT"
	owner := testkit.OwnerDB(t)
	for _, sql := range []string{`alter table response disable trigger append_only`, `alter table response enable trigger append_only`} {
		if _, err := owner.Exec(f.Ctx, sql); err != nil {
			t.Fatal(err)
		}
		if strings.Contains(sql, "disable") {
			if _, err := owner.Exec(f.Ctx, `update response set receipt_hash = sha256($1::bytea) where id = $2`, []byte(before), sub.ID); err != nil {
				t.Fatal(err)
			}
		}
	}
	for _, code := range []string{before, out.Receipt} {
		if v, err := f.Field.CheckReceipt(f.Ctx, demo.DistrictCode, code); err != nil || !v.Unchanged {
			t.Errorf("%s: %+v, %v", code, v, err)
		}
	}
	if err := f.Field.Withdraw(f.Ctx, demo.DistrictCode, before); err != nil {
		t.Fatal(err)
	}
	if v, err := f.Field.CheckReceipt(f.Ctx, demo.DistrictCode, out.Receipt); err != nil || v.Excluded != "withdrawn" {
		t.Errorf("%+v, %v", v, err)
	}
}

// A changed phone can give two answers ids with one receipt. Both count, and
// whoever asks is told, instead of being shown or withdrawing one of the two.
func TestTwoAnswersWithOneReceipt(t *testing.T) {
	t.Parallel()
	f := fieldtest.Load(t)
	who, cases := f.Someone()
	code := ""
	for i := range 2 {
		sub := fieldtest.Submission(cases[i].ID, "4")
		sub.ID = fmt.Sprintf("6f1c0a52-63a5-4c2e-9d0e-0f5b1f8f2a1%d", i)
		out, err := f.Field.Submit(f.Ctx, who, sub)
		if err != nil || out.Status != field.Accepted || (code != "" && out.Receipt != code) {
			t.Fatalf("%+v, %v; the first has receipt %q", out, err, code)
		}
		code = out.Receipt
	}
	_, err := f.Field.CheckReceipt(f.Ctx, demo.DistrictCode, code)
	wantKey(t, err, "receipt.twice")
	wantKey(t, f.Field.Withdraw(f.Ctx, demo.DistrictCode, code), "receipt.twice")
	if n := number(t, f, `select count(*) from response_exclusion`); n != 0 {
		t.Errorf("%d answers were set aside", n)
	}
}

func TestWithdrawalAndSignals(t *testing.T) {
	t.Parallel()
	f := fieldtest.Load(t)
	who, cases := f.Someone()
	out, err := f.Field.Submit(f.Ctx, who, fieldtest.Submission(cases[0].ID, "4"))
	if err != nil {
		t.Fatal(err)
	}
	tell := func(code string, s ...field.Signal) error { return f.Field.Tell(f.Ctx, demo.DistrictCode, code, s) }
	wantKey(t, tell("0000-0000-0000", field.Coached), "receipt.unknown")
	wantKey(t, tell(out.Receipt), "signal.none")
	wantKey(t, tell(out.Receipt, "who"), "signal.none")
	wantKey(t, f.Field.Withdraw(f.Ctx, demo.DistrictCode, "nothing"), "receipt.unknown")
	for range 2 { // a repeat changes nothing
		if err := tell(out.Receipt, field.Coached, field.Pressed); err != nil {
			t.Fatal(err)
		}
		if err := f.Field.Withdraw(f.Ctx, demo.DistrictCode, strings.ToLower(out.Receipt)); err != nil {
			t.Fatal(err)
		}
	}
	if n := number(t, f, `select count(*) from response_signal`); n != 2 {
		t.Errorf("%d signals", n)
	}
	v, err := f.Field.CheckReceipt(f.Ctx, demo.DistrictCode, out.Receipt)
	if err != nil || v.Excluded != "withdrawn" || !v.Unchanged || !v.Open {
		t.Errorf("%+v, %v", v, err)
	}
	// Later runs read the exclusion; the answer itself stays.
	ex, err := scoredb.Exclusions(f.Ctx, f.Pool, demo.DistrictCode, f.Round)
	if err != nil || len(ex) != 1 || ex[0].Ground != "withdrawn" {
		t.Errorf("%+v, %v", ex, err)
	}
	if n := number(t, f, `select count(*) from response`); n != 1 {
		t.Errorf("%d responses", n)
	}
	// Neither record nor log says whose answer it was.
	if n := number(t, f, `select count(*) from audit_log where detail like '%' || $1 || '%' or object_id = $1`, out.ID); n != 0 {
		t.Error("the log names the answer")
	}
	for _, sql := range []string{`delete from response_withdrawal`, `update response_signal set kind = 'pressed'`} {
		if _, err := testkit.OwnerDB(t).Exec(f.Ctx, sql); err == nil {
			t.Errorf("%s went through", sql)
		}
	}
	f.Clock.T = time.Date(2026, 12, 18, 0, 30, 0, 0, fieldwork.Zone)
	wantKey(t, f.Field.Withdraw(f.Ctx, demo.DistrictCode, out.Receipt), "receipt.closed")
	wantKey(t, tell(out.Receipt, field.Pressed), "receipt.closed")
}

// Only auditors see signals, and never so that one answer could be told apart.
func TestSignalsAreForAuditors(t *testing.T) {
	t.Parallel()
	f := fieldtest.Load(t)
	who, cases := f.Someone()
	out, err := f.Field.Submit(f.Ctx, who, fieldtest.Submission(cases[0].ID, "1"))
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Field.Tell(f.Ctx, demo.DistrictCode, out.Receipt, []field.Signal{field.Pressed}); err != nil {
		t.Fatal(err)
	}
	for _, role := range []authz.Role{authz.Manager, authz.Supervisor, authz.Leader, authz.Worker, authz.Panel, authz.Evaluator, authz.Admin} {
		if _, err := f.Field.Signals(f.Ctx, f.Role(role), f.Round); !errs.Is(err, errs.Forbidden) {
			t.Errorf("%s: %v", role, err)
		}
	}
	s, err := f.Field.Signals(f.Ctx, f.Role(authz.Auditor), f.Round)
	if err != nil || len(s.Lines) != 1 || s.Pressed != 0 || s.Answers != 0 {
		t.Fatalf("%+v, %v", s, err)
	}
	if l := s.Lines[0]; !l.Pressed.Hidden || l.Answers != 0 || l.Pressed.N != 0 {
		t.Errorf("one answer is shown: %+v", l)
	}
	if n := number(t, f, `select count(*) from audit_log where action = 'signal.read'`); n != 1 {
		t.Errorf("the reading left %d entries", n)
	}
}

func TestSupervisorsRevokeWithAReason(t *testing.T) {
	t.Parallel()
	f := fieldtest.Load(t)
	who, cases := f.Someone()
	token, _, err := f.Field.IssueLink(f.Ctx, who, cases[0].ID)
	if err != nil {
		t.Fatal(err)
	}
	wantKey(t, f.Field.RevokeLinks(f.Ctx, f.Actor("supervisor"), cases[0].ID, " "), "link.reason")
	if err := f.Field.RevokeLinks(f.Ctx, f.Actor("supervisor"), cases[0].ID, "链接发错了人"); err != nil {
		t.Fatal(err)
	}
	_, err = f.Field.OpenLink(f.Ctx, token)
	wantKey(t, err, "link.revoked")
	if n := number(t, f, `select count(*) from resident_link_event where kind = 'revoked' and reason = '链接发错了人'`); n != 1 {
		t.Errorf("%d events with the reason", n)
	}
}

func TestCallsCanBeChecked(t *testing.T) {
	t.Parallel()
	f := fieldtest.Load(t)
	who, cases := f.Someone()
	list, err := f.Field.Calls(f.Ctx, who)
	if err != nil || len(list.Due) != len(cases) || list.Part != "afternoon" {
		t.Fatalf("%d due of %d, %q, %v", len(list.Due), len(cases), list.Part, err)
	}
	if _, _, err := f.Field.StartCall(f.Ctx, f.Other(who), cases[0].ID); !errs.Is(err, errs.NotFound) {
		t.Errorf("another's case: %v", err)
	}
	code, expires, err := f.Field.StartCall(f.Ctx, who, cases[0].ID)
	if err != nil || expires.Sub(f.Clock.Now()) != 30*time.Minute {
		t.Fatal(err)
	}
	v, err := f.Field.CheckCall(f.Ctx, demo.DistrictCode, fieldwork.ShowCode(code))
	if err != nil || v.Number != list.Number || v.RoundTitle == "" {
		t.Fatalf("%+v, %v", v, err)
	}
	_, err = f.Field.CheckCall(f.Ctx, demo.DistrictCode, fieldwork.NewCode(1))
	wantKey(t, err, "call.unknown")
	_, err = f.Field.CheckCall(f.Ctx, demo.DistrictCode, code[:9]+"x")
	wantKey(t, err, "call.mistyped")
	if n := number(t, f, `select count(*) from call_code where encode(code_hash, 'escape') like '%' || $1 || '%'`, code); n != 0 {
		t.Error("the code itself is stored")
	}
	f.Clock.Advance(31 * time.Minute)
	_, err = f.Field.CheckCall(f.Ctx, demo.DistrictCode, code)
	wantKey(t, err, "call.unknown")
	// At night nobody is called, whoever asks: neither by the list nor past it.
	day := f.Clock.T.In(fieldwork.Zone)
	f.Clock.T = time.Date(day.Year(), day.Month(), day.Day(), 22, 0, 0, 0, fieldwork.Zone)
	_, _, err = f.Field.StartCall(f.Ctx, who, cases[0].ID)
	wantKey(t, err, "call.quiet_text")
	if night, err := f.Field.Calls(f.Ctx, who); err != nil || night.Part != "" || len(night.Due) != 0 || night.FirstHour != 9 || night.LastHour != 21 {
		t.Errorf("at night: %q, %d due, %d to %d, %v", night.Part, len(night.Due), night.FirstHour, night.LastHour, err)
	}
	f.Clock.T = day
	// After a refusal the person is not called for a week.
	if _, err := f.Field.RecordAttempt(f.Ctx, who, cases[0].ID, field.NewAttempt{ID: app.NewID(), Mode: fieldwork.Phone, Code: fieldwork.RefusedPerson, At: f.Clock.Now()}); err != nil {
		t.Fatal(err)
	}
	list, err = f.Field.Calls(f.Ctx, who)
	if err != nil || len(list.Due) != len(cases)-1 || len(list.Later) != 1 || list.Later[0].ID != cases[0].ID {
		t.Errorf("%d due, %d later, %v", len(list.Due), len(list.Later), err)
	}
}

func TestPaperIsReadTwice(t *testing.T) {
	t.Parallel()
	f := fieldtest.Load(t)
	_, cases := f.Someone()
	super := f.Actor("supervisor")
	readers := f.Evaluators()
	r, codes, err := f.Field.PrintForms(f.Ctx, super, f.Round, cases[0].Committee, 3)
	if err != nil || len(codes) != 3 || r.Questionnaire == nil {
		t.Fatalf("%v, %v", codes, err)
	}
	if _, _, err := f.Field.PrintForms(f.Ctx, readers[0], f.Round, cases[0].Committee, 1); !errs.Is(err, errs.Forbidden) {
		t.Errorf("an evaluator printed: %v", err)
	}
	_, err = f.Field.Paper(f.Ctx, readers[0], fieldwork.NewCode(7))
	wantKey(t, err, "paper.unknown")
	_, err = f.Field.Paper(f.Ctx, readers[0], codes[0][:9]+"x")
	wantKey(t, err, "paper.mistyped")
	enter := func(who authz.Actor, code string, a instrument.Answers) field.PaperView {
		t.Helper()
		v, err := f.Field.EnterPaper(f.Ctx, who, code, a)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	// Two agree: one response, of mode paper, without an evaluator.
	if v := enter(readers[0], codes[0], fieldtest.Answers("4")); v.Step != field.PaperSecond {
		t.Errorf("after one entry: %s", v.Step)
	}
	if n := number(t, f, `select count(*) from response`); n != 0 {
		t.Errorf("one entry made %d responses", n)
	}
	_, err = f.Field.EnterPaper(f.Ctx, readers[0], codes[0], fieldtest.Answers("4"))
	wantKey(t, err, "paper.same_person")
	v := enter(readers[1], codes[0], fieldtest.Answers("4"))
	if v.Step != field.PaperCounted || v.Receipt == "" {
		t.Fatalf("after two: %+v", v)
	}
	if n := number(t, f, `select count(*) from response where mode = 'paper' and evaluator_id is null`); n != 1 {
		t.Errorf("%d responses", n)
	}
	if _, err := f.Field.CheckReceipt(f.Ctx, demo.DistrictCode, v.Receipt); err != nil {
		t.Error(err)
	}
	enter(super, codes[0], fieldtest.Answers("1")) // too late: changes nothing
	if n := number(t, f, `select count(*) from response`); n != 1 {
		t.Errorf("%d responses", n)
	}
	// Two differ: a third decides, and sees both; the first two do not.
	other := fieldtest.Answers("4")
	other["overall"] = "2"
	enter(readers[0], codes[1], fieldtest.Answers("4"))
	if v := enter(readers[1], codes[1], other); v.Step != field.PaperDecision || len(v.Differ) != 1 || v.Differ[0] != "overall" || v.First != nil {
		t.Errorf("%+v", v)
	}
	_, err = f.Field.EnterPaper(f.Ctx, readers[1], codes[1], fieldtest.Answers("4"))
	wantKey(t, err, "paper.same_person")
	if v, err := f.Field.Paper(f.Ctx, super, codes[1]); err != nil || v.First["overall"] != "4" || v.Second["overall"] != "2" {
		t.Errorf("%+v, %v", v, err)
	}
	if v := enter(super, codes[1], other); v.Step != field.PaperCounted {
		t.Errorf("%+v", v)
	}
	if n := number(t, f, `select count(*) from response where answers->>'overall' = '2'`); n != 1 {
		t.Error("the decision was not counted")
	}
	if n := number(t, f, `select count(*) from paper_entry`); n != 5 {
		t.Errorf("%d entries are kept, want 5", n)
	}
	_, list, err := f.Field.PaperForms(f.Ctx, super, f.Round)
	if err != nil || len(list) != 3 {
		t.Fatalf("%+v, %v", list, err)
	}
	steps := map[field.PaperStep]int{}
	for _, l := range list {
		steps[l.Step]++
	}
	if steps[field.PaperCounted] != 2 || steps[field.PaperFirst] != 1 {
		t.Errorf("%v", steps)
	}
}
