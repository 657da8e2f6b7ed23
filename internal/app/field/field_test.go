package field_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"gongping/internal/app"
	"gongping/internal/app/field"
	"gongping/internal/app/field/fieldtest"
	"gongping/internal/authz"
	"gongping/internal/demo"
	"gongping/internal/errs"
	"gongping/internal/pg"
	"gongping/internal/pg/auditdb"
	"gongping/internal/pg/fielddb"
	"gongping/internal/testkit"
	"gongping/survey"
	"gongping/survey/fieldwork"
)

func wantKey(t *testing.T, err error, key string) {
	t.Helper()
	var e *errs.Error
	if !errors.As(err, &e) || e.Key != key {
		t.Errorf("got %v, want an error %s", err, key)
	}
}

func number(t *testing.T, f *fieldtest.Fixture, sql string, args ...any) (n int) {
	t.Helper()
	if err := testkit.OwnerDB(t).QueryRow(f.Ctx, sql, args...).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

func TestFiveParallelResendsEndInOneResponse(t *testing.T) {
	t.Parallel()
	f := fieldtest.Load(t)
	who, cases := f.Someone()
	const n = 40
	var wg sync.WaitGroup
	var mu sync.Mutex
	receipts := map[string]map[string]bool{}
	sent := 0
	// A second instance of the service takes part of the resends.
	second := field.New(f.Core)
	for _, c := range cases[:min(n, len(cases))] {
		sub := fieldtest.Submission(c.ID, "4")
		sub.Answers["comment"] = "楼道灯坏了早点修"
		sent++
		for k := range 5 {
			svc := f.Field
			if k%2 == 1 {
				svc = second
			}
			wg.Go(func() {
				out, err := svc.Submit(f.Ctx, who, sub)
				if err != nil || out.Receipt == "" {
					t.Errorf("resend: %+v, %v", out, err)
				}
				mu.Lock()
				defer mu.Unlock()
				if receipts[sub.ID] == nil {
					receipts[sub.ID] = map[string]bool{}
				}
				receipts[sub.ID][out.Receipt] = true
			})
		}
	}
	wg.Wait()
	if err := second.Close(f.Ctx); err != nil {
		t.Fatal(err)
	}
	for id, r := range receipts {
		if len(r) != 1 {
			t.Errorf("%s has %d receipts", id, len(r))
		}
	}
	for _, table := range []string{"response", "case_completion", "response_receipt", "response_paradata", "response_comment", "identity.response_case"} {
		if got := number(t, f, `select count(*) from `+table); got != sent {
			t.Errorf("%s holds %d rows of %d interviews", table, got, sent)
		}
	}
	if held := number(t, f, `select count(*) from response_held`); held != 0 {
		t.Errorf("%d repeats were held", held)
	}
	// What was stored is what was sent, and the receipt says so.
	for _, r := range receipts {
		for code := range r {
			v, err := f.Field.CheckReceipt(f.Ctx, demo.DistrictCode, strings.ToLower(strings.ReplaceAll(code, "-", " ")))
			if err != nil || !v.Unchanged || v.Excluded != "" || v.Day.Format(time.DateOnly) != "2026-11-21" {
				t.Fatalf("receipt: %+v, %v", v, err)
			}
		}
	}
	_, err := f.Field.CheckReceipt(f.Ctx, demo.DistrictCode, "0000-0000-0000")
	wantKey(t, err, "receipt.unknown")
}

func TestTwoAnswersForOneCase(t *testing.T) {
	t.Parallel()
	f := fieldtest.Load(t)
	who, cases := f.Someone()
	// A race of eight different answers: one counts, seven are kept.
	var wg sync.WaitGroup
	var mu sync.Mutex
	got := map[field.Status]int{}
	for range 8 {
		sub := fieldtest.Submission(cases[0].ID, "2")
		wg.Go(func() {
			out, err := f.Field.Submit(f.Ctx, who, sub)
			if err != nil {
				t.Error(err)
			}
			mu.Lock()
			got[out.Status]++
			mu.Unlock()
		})
	}
	wg.Wait()
	if got[field.Accepted] != 1 || got[field.Kept] != 7 {
		t.Errorf("outcomes %v", got)
	}
	if n := number(t, f, `select count(*) from response`); n != 1 {
		t.Errorf("%d responses", n)
	}

	// The same id with other content is kept aside, once however often it comes.
	sub := fieldtest.Submission(cases[1].ID, "5")
	if out, err := f.Field.Submit(f.Ctx, who, sub); err != nil || out.Status != field.Accepted {
		t.Fatalf("%+v, %v", out, err)
	}
	changed := sub
	changed.Answers = fieldtest.Answers("1")
	for range 3 {
		out, err := f.Field.Submit(f.Ctx, who, changed)
		if err != nil || out.Status != field.Kept || out.Reason != "held.id_used" || out.Receipt != "" {
			t.Errorf("%+v, %v", out, err)
		}
	}
	// The same id for another case as well.
	elsewhere := sub
	elsewhere.CaseID = cases[2].ID
	if out, err := f.Field.Submit(f.Ctx, who, elsewhere); err != nil || out.Status != field.Kept {
		t.Errorf("%+v, %v", out, err)
	}
	if n := number(t, f, `select count(*) from response_held`); n != 7+2 {
		t.Errorf("%d held", n)
	}
	if c, err := f.Field.Case(f.Ctx, who, cases[2].ID); err != nil || c.Complete {
		t.Errorf("a held answer completed a case: %v", err)
	}
}

func TestAnswersAreChecked(t *testing.T) {
	t.Parallel()
	f := fieldtest.Load(t)
	who, cases := f.Someone()
	bad := fieldtest.Submission(cases[0].ID, "6")
	_, err := f.Field.Submit(f.Ctx, who, bad)
	wantKey(t, err, "answers.invalid")
	bad = fieldtest.Submission(cases[0].ID, "4")
	delete(bad.Answers, "overall")
	_, err = f.Field.Submit(f.Ctx, who, bad)
	wantKey(t, err, "answers.invalid")
	bad = fieldtest.Submission(cases[0].ID, "4")
	bad.Version = 2
	_, err = f.Field.Submit(f.Ctx, who, bad)
	wantKey(t, err, "answers.version")
	bad.Version, bad.ID = 1, "not an id"
	_, err = f.Field.Submit(f.Ctx, who, bad)
	wantKey(t, err, "field.id")
	bad = fieldtest.Submission(cases[0].ID, "4")
	bad.Mode = fieldwork.Link
	_, err = f.Field.Submit(f.Ctx, who, bad)
	wantKey(t, err, "attempt.invalid")

	// One bad submission does not keep the others of its batch out.
	var wg sync.WaitGroup
	for i, c := range cases[:3] {
		sub := fieldtest.Submission(c.ID, "4")
		if i == 1 {
			sub.Answers["overall"] = "x"
		}
		wg.Go(func() {
			if _, err := f.Field.Submit(f.Ctx, who, sub); (err != nil) != (i == 1) {
				t.Errorf("%d: %v", i, err)
			}
		})
	}
	wg.Wait()
	// Coarse traits only: no birth year, no frame pseudonym.
	var building, frameBuilding, band string
	err = testkit.OwnerDB(t).QueryRow(f.Ctx, `select r.building, p.building, r.age_band from identity.response_case x
		join response r on r.id = x.response_id join survey_case c on c.id = x.case_id join frame_person p on p.person_id = c.person_id limit 1`).
		Scan(&building, &frameBuilding, &band)
	if err != nil || building == "" || building == frameBuilding || !contains(survey.AgeBands, band) {
		t.Errorf("traits %q %q %q, %v", building, frameBuilding, band, err)
	}
}

func contains(list []string, s string) bool {
	for _, x := range list {
		if x == s {
			return true
		}
	}
	return false
}

func TestForeignCasesDoNotExist(t *testing.T) {
	t.Parallel()
	f := fieldtest.Load(t)
	who, cases := f.Someone()
	other := f.Other(who)
	id := cases[0].ID
	attempt := field.NewAttempt{ID: app.NewID(), Mode: fieldwork.Door, Code: fieldwork.NobodyHome, At: f.Clock.Now()}
	for name, do := range map[string]func(authz.Actor, string) error{
		"case":     func(a authz.Actor, id string) error { _, err := f.Field.Case(f.Ctx, a, id); return err },
		"identity": func(a authz.Actor, id string) error { _, err := f.Field.OpenIdentity(f.Ctx, a, id); return err },
		"attempt": func(a authz.Actor, id string) error {
			_, err := f.Field.RecordAttempt(f.Ctx, a, id, attempt)
			return err
		},
		"submit": func(a authz.Actor, id string) error {
			_, err := f.Field.Submit(f.Ctx, a, fieldtest.Submission(id, "5"))
			return err
		},
		"link":    func(a authz.Actor, id string) error { _, _, err := f.Field.IssueLink(f.Ctx, a, id); return err },
		"reserve": func(a authz.Actor, id string) error { _, err := f.Field.ReleaseReserve(f.Ctx, a, id, ""); return err },
	} {
		if err := do(other, id); !errs.Is(err, errs.NotFound) {
			t.Errorf("%s of another's case: %v", name, err)
		}
		if err := do(who, app.NewID()); !errs.Is(err, errs.NotFound) {
			t.Errorf("%s of no case: %v", name, err)
		}
		if err := do(who, "x'; drop table response; --"); !errs.Is(err, errs.NotFound) {
			t.Errorf("%s of no id: %v", name, err)
		}
		for _, role := range []authz.Role{authz.Leader, authz.Worker, authz.Panel, authz.Admin} {
			if err := do(f.Role(role), id); !errs.Is(err, errs.Forbidden) {
				t.Errorf("%s by %s: %v", name, role, err)
			}
		}
	}
	// Names are for the evaluator alone.
	for _, login := range []string{"manager", "supervisor", "auditor"} {
		if _, err := f.Field.OpenIdentity(f.Ctx, f.Actor(login), id); !errs.Is(err, errs.Forbidden) {
			t.Errorf("%s opened a name: %v", login, err)
		}
	}
	if n := number(t, f, `select count(*) from response`); n != 0 {
		t.Errorf("%d responses", n)
	}
	// A leader of one street cannot look into another.
	leader := f.Role(authz.Leader)
	leader.Area = cases[0].Committee[:9]
	elsewhere := "310104999"
	if _, err := f.Field.Progress(f.Ctx, leader, f.Round, elsewhere); !errs.Is(err, errs.Forbidden) {
		t.Errorf("another street's progress: %v", err)
	}
	if _, err := f.Field.Progress(f.Ctx, leader, f.Round, "310105"); !errs.Is(err, errs.NotFound) {
		t.Errorf("another district's progress: %v", err)
	}
	if _, err := f.Field.Progress(f.Ctx, f.Role(authz.Worker), f.Round, ""); !errs.Is(err, errs.Forbidden) {
		t.Errorf("a worker saw the progress: %v", err)
	}
}

func TestTheCaseChangesHands(t *testing.T) {
	t.Parallel()
	f := fieldtest.Load(t)
	who, cases := f.Someone()
	supervisor := f.Actor("supervisor")
	list, err := f.Field.Evaluators(f.Ctx, supervisor, cases[0].Committee)
	if err != nil || len(list) < 2 {
		t.Fatalf("%v, %v", list, err)
	}
	var to string
	for _, e := range list {
		if e[0] != who.AccountID {
			to = e[0]
		}
	}
	wantKey(t, f.Field.Reassign(f.Ctx, supervisor, cases[0].ID, to, ""), "case.reason")
	wantKey(t, f.Field.Reassign(f.Ctx, supervisor, cases[0].ID, f.Role(authz.Leader).AccountID, "换人"), "case.evaluator")
	if err := f.Field.Reassign(f.Ctx, who, cases[0].ID, to, "换人"); !errs.Is(err, errs.Forbidden) {
		t.Errorf("an evaluator gave a case away: %v", err)
	}
	if err := f.Field.Reassign(f.Ctx, supervisor, cases[0].ID, to, "原评估员请假"); err != nil {
		t.Fatal(err)
	}
	if _, err := f.Field.OpenIdentity(f.Ctx, who, cases[0].ID); !errs.Is(err, errs.NotFound) {
		t.Errorf("the former evaluator still opens the name: %v", err)
	}
	// Two evaluators race on a case: whoever holds it at that moment wins.
	_, err = f.Field.Submit(f.Ctx, who, fieldtest.Submission(cases[0].ID, "3"))
	wantKey(t, err, "case.not_found")
	now := authz.Actor{District: demo.DistrictCode, AccountID: to, Role: authz.Evaluator, Area: demo.DistrictCode}
	if out, err := f.Field.Submit(f.Ctx, now, fieldtest.Submission(cases[0].ID, "3")); err != nil || out.Status != field.Accepted {
		t.Errorf("%+v, %v", out, err)
	}
}

func TestIdentityIsOpenedWithATrace(t *testing.T) {
	t.Parallel()
	f := fieldtest.Load(t)
	who, cases := f.Someone()
	p, err := f.Field.OpenIdentity(f.Ctx, who, cases[0].ID)
	if err != nil || p.Name == "" {
		t.Fatalf("%v", err)
	}
	log, err := auditdb.List(f.Ctx, f.Pool, demo.DistrictCode, auditdb.Filter{Action: string(authz.IdentityRead)})
	if err != nil || len(log) != 1 || log[0].ActorID != who.AccountID || log[0].ID != cases[0].ID {
		t.Fatalf("log %+v, %v", log, err)
	}
	sub := fieldtest.Submission(cases[0].ID, "4")
	sub.Answers["comment"] = "我叫" + p.Name
	if _, err := f.Field.Submit(f.Ctx, who, sub); err != nil {
		t.Fatal(err)
	}
	if _, _, err := f.Field.IssueLink(f.Ctx, who, cases[1].ID); err != nil {
		t.Fatal(err)
	}
	all, err := auditdb.List(f.Ctx, f.Pool, demo.DistrictCode, auditdb.Filter{Limit: 1000})
	if err != nil {
		t.Fatal(err)
	}
	text, _ := json.Marshal(all)
	for _, secret := range []string{p.Name, p.Phone, p.Address, cases[0].PersonID, sub.ID} {
		if secret != "" && bytes.Contains(text, []byte(secret)) {
			t.Errorf("the log holds %q", secret)
		}
	}
}

func TestTheServiceCannotReadWhoSaidWhat(t *testing.T) {
	t.Parallel()
	f := fieldtest.Load(t)
	who, cases := f.Someone()
	var log bytes.Buffer
	f.Log = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	if _, err := f.Field.Submit(f.Ctx, who, fieldtest.Submission(cases[0].ID, "4")); err != nil {
		t.Fatal(err)
	}
	for _, sql := range []string{`select count(*) from identity.response_case`, `delete from response`, `update case_completion set day = day`} {
		if _, err := f.Pool.Exec(f.Ctx, sql); pg.Code(err) != "42501" {
			t.Errorf("%s: %v", sql, err)
		}
	}
	if _, err := testkit.OwnerDB(t).Exec(f.Ctx, `delete from response`); pg.Code(err) != "23001" {
		t.Errorf("the owner deleted answers: %v", err)
	}
	if s := log.String(); strings.Contains(s, cases[0].PersonID) || strings.Contains(s, cases[0].ID) {
		t.Errorf("log: %s", s)
	}
}

func TestClosedRoundsRefuse(t *testing.T) {
	t.Parallel()
	f := fieldtest.Load(t)
	who, cases := f.Someone()
	token, expires, err := f.Field.IssueLink(f.Ctx, who, cases[1].ID)
	if err != nil || expires.Sub(f.Clock.Now()) != 14*24*time.Hour {
		t.Fatalf("%v, %v", expires, err)
	}
	first := fieldtest.Submission(cases[0].ID, "4")
	if _, err := f.Field.Submit(f.Ctx, who, first); err != nil {
		t.Fatal(err)
	}
	noon := f.Clock.T
	f.Clock.T = time.Date(2026, 11, 19, 23, 0, 0, 0, fieldwork.Zone)
	_, err = f.Field.Submit(f.Ctx, who, fieldtest.Submission(cases[2].ID, "4"))
	wantKey(t, err, "field.not_open")
	f.Clock.T = time.Date(2026, 12, 18, 0, 30, 0, 0, fieldwork.Zone)
	_, err = f.Field.Submit(f.Ctx, who, fieldtest.Submission(cases[2].ID, "4"))
	wantKey(t, err, "field.closed")
	f.Clock.T = noon
	if err := f.Rounds.Step(f.Ctx, f.Actor("manager"), f.Round, survey.Closed, ""); err != nil {
		t.Fatal(err)
	}
	_, err = f.Field.Submit(f.Ctx, who, fieldtest.Submission(cases[2].ID, "4"))
	wantKey(t, err, "field.closed")
	_, err = f.Field.OpenIdentity(f.Ctx, who, cases[2].ID)
	wantKey(t, err, "field.closed")
	_, err = f.Field.RecordAttempt(f.Ctx, who, cases[2].ID, field.NewAttempt{ID: app.NewID(), Mode: fieldwork.Door, Code: fieldwork.NobodyHome, At: noon})
	wantKey(t, err, "field.closed")
	_, err = f.Field.OpenLink(f.Ctx, token)
	wantKey(t, err, "field.closed")
	// A repeat of what is stored still gets its receipt.
	if out, err := f.Field.Submit(f.Ctx, who, first); err != nil || out.Status != field.Duplicate || out.Receipt == "" {
		t.Errorf("%+v, %v", out, err)
	}
}

func TestAttempts(t *testing.T) {
	t.Parallel()
	f := fieldtest.Load(t)
	who, cases := f.Someone()
	a := field.NewAttempt{ID: app.NewID(), Mode: fieldwork.Door, Code: fieldwork.NobodyHome, At: f.Clock.Now().Add(-time.Hour)}
	for i := range 3 {
		fresh, err := f.Field.RecordAttempt(f.Ctx, who, cases[0].ID, a)
		if err != nil || fresh != (i == 0) {
			t.Fatalf("%d: %v, %v", i, fresh, err)
		}
	}
	_, err := f.Field.RecordAttempt(f.Ctx, who, cases[1].ID, a)
	wantKey(t, err, "attempt.id_used")
	// A phone whose clock is a day ahead, and one that thinks it is 1970.
	for _, at := range []time.Time{f.Clock.Now().Add(24 * time.Hour), time.Unix(0, 0)} {
		if _, err := f.Field.RecordAttempt(f.Ctx, who, cases[0].ID, field.NewAttempt{ID: app.NewID(), Mode: fieldwork.Phone, Code: fieldwork.NoAnswer, At: at}); err != nil {
			t.Fatal(err)
		}
	}
	soon := field.NewAttempt{ID: app.NewID(), Mode: fieldwork.Phone, Code: fieldwork.Appointment, At: f.Clock.Now(), Appointment: f.Clock.Now().Add(5 * time.Hour)}
	if _, err := f.Field.RecordAttempt(f.Ctx, who, cases[0].ID, soon); err != nil {
		t.Fatal(err)
	}
	d, err := f.Field.Case(f.Ctx, who, cases[0].ID)
	if err != nil || len(d.History) != 4 || d.Stage != fieldwork.Agreed || d.Appointment == nil {
		t.Fatalf("%+v, %v", d.CaseView, err)
	}
	for _, h := range d.History {
		if h.At.After(f.Clock.Now()) || h.At.Before(f.Clock.Now().Add(-2*time.Hour)) {
			t.Errorf("a try at %v", h.At)
		}
	}
}

func TestReservesFollowTheDraw(t *testing.T) {
	t.Parallel()
	f := fieldtest.Load(t)
	who, cases := f.Someone()
	c := cases[0]
	reserves := f.Reserves(c)
	if len(reserves) < 2 {
		t.Fatalf("%d reserves", len(reserves))
	}
	_, err := f.Field.ReleaseReserve(f.Ctx, who, c.ID, "")
	wantKey(t, err, "release.too_early")
	for day := range 4 {
		f.Clock.T = time.Date(2026, 11, 21+day, 10+4*(day%3), 0, 0, 0, fieldwork.Zone)
		a := field.NewAttempt{ID: app.NewID(), Mode: fieldwork.Door, Code: fieldwork.NobodyHome, At: f.Clock.Now()}
		if _, err := f.Field.RecordAttempt(f.Ctx, who, c.ID, a); err != nil {
			t.Fatal(err)
		}
	}
	_, err = f.Field.ReleaseReserve(f.Ctx, who, c.ID, reserves[1])
	wantKey(t, err, "release.skipped")
	log, err := auditdb.List(f.Ctx, f.Pool, demo.DistrictCode, auditdb.Filter{Action: string(authz.ReserveRelease)})
	if err != nil || len(log) != 2 || !strings.Contains(log[0].Detail, "release.skipped") || !strings.Contains(log[1].Detail, "release.too_early") {
		t.Fatalf("the refusals are not in the log: %+v, %v", log, err)
	}
	// Five people press the button at once: one reserve is released.
	var wg sync.WaitGroup
	var mu sync.Mutex
	var made []string
	for range 5 {
		wg.Go(func() {
			id, err := f.Field.ReleaseReserve(f.Ctx, who, c.ID, "")
			if err == nil {
				mu.Lock()
				made = append(made, id)
				mu.Unlock()
			} else {
				wantKey(t, err, "release.case")
			}
		})
	}
	wg.Wait()
	if len(made) != 1 {
		t.Fatalf("%d reserves were released", len(made))
	}
	d, err := f.Field.Case(f.Ctx, who, made[0])
	if err != nil || d.PersonID != reserves[0] || !d.Reserve || d.Replaces != c.ID || d.DesignWeight != c.DesignWeight || !d.MayWrite {
		t.Fatalf("%+v, %v", d.CaseView, err)
	}
	if old, err := f.Field.Case(f.Ctx, who, c.ID); err != nil || old.Stage != fieldwork.Ended {
		t.Errorf("the replaced case is %s, %v", old.Stage, err)
	}
	// A person who has moved away needs no four tries.
	moved := cases[1]
	if _, err := f.Field.RecordAttempt(f.Ctx, who, moved.ID, field.NewAttempt{ID: app.NewID(), Mode: fieldwork.Door, Code: fieldwork.MovedAway, At: f.Clock.Now()}); err != nil {
		t.Fatal(err)
	}
	if _, err := f.Field.ReleaseReserve(f.Ctx, f.Actor("supervisor"), moved.ID, ""); err != nil {
		t.Error(err)
	}
}

func TestPersonalLinks(t *testing.T) {
	t.Parallel()
	f := fieldtest.Load(t)
	who, cases := f.Someone()
	old, _, err := f.Field.IssueLink(f.Ctx, who, cases[0].ID)
	if err != nil {
		t.Fatal(err)
	}
	token, _, err := f.Field.IssueLink(f.Ctx, who, cases[0].ID)
	if err != nil {
		t.Fatal(err)
	}
	_, err = f.Field.OpenLink(f.Ctx, old)
	wantKey(t, err, "link.revoked")
	for _, guess := range []string{"", "310104", token[:len(token)-1], token + "0", strings.ToUpper(token), "310105" + token[6:], token[:len(token)-1] + "!"} {
		_, err := f.Field.OpenLink(f.Ctx, guess)
		wantKey(t, err, "link.unknown")
		_, err = f.Field.SubmitByLink(f.Ctx, guess, fieldtest.Submission(cases[0].ID, "5"))
		wantKey(t, err, "link.unknown")
	}
	if n := number(t, f, `select count(*) from resident_link where position($1 in encode(token_hash,'escape')) > 0`, token[6:]); n != 0 {
		t.Error("the token itself is stored")
	}
	v, err := f.Field.OpenLink(f.Ctx, token)
	if err != nil || v.CommitteeName == "" || v.Round.Questionnaire == nil {
		t.Fatalf("%+v, %v", v, err)
	}
	if _, err := f.Field.OpenLink(f.Ctx, token); err != nil {
		t.Errorf("looking does not use a link up: %v", err)
	}
	// The case of the link counts, not one that the form names.
	sub := fieldtest.Submission(cases[2].ID, "5")
	out, err := f.Field.SubmitByLink(f.Ctx, token, sub)
	if err != nil || out.Status != field.Accepted {
		t.Fatalf("%+v, %v", out, err)
	}
	again, err := f.Field.SubmitByLink(f.Ctx, token, sub)
	if err != nil || again.Status != field.Duplicate || again.Receipt != out.Receipt {
		t.Errorf("%+v, %v", again, err)
	}
	other, err := f.Field.SubmitByLink(f.Ctx, token, fieldtest.Submission("", "1"))
	if err != nil || other.Status != field.Kept {
		t.Errorf("a second answer by one link: %+v, %v", other, err)
	}
	_, err = f.Field.OpenLink(f.Ctx, token)
	wantKey(t, err, "link.used")
	if c, err := f.Field.Case(f.Ctx, who, cases[0].ID); err != nil || !c.Complete {
		t.Errorf("the link's case: %+v, %v", c.CaseView, err)
	}
	if c, err := f.Field.Case(f.Ctx, who, cases[2].ID); err != nil || c.Complete {
		t.Errorf("another case was completed: %v", err)
	}
	late, _, err := f.Field.IssueLink(f.Ctx, f.Actor("supervisor"), cases[3].ID)
	if err != nil {
		t.Fatal(err)
	}
	f.Clock.Advance(15 * 24 * time.Hour)
	_, err = f.Field.OpenLink(f.Ctx, late)
	wantKey(t, err, "link.expired")
	_, err = f.Field.SubmitByLink(f.Ctx, late, fieldtest.Submission("", "1"))
	wantKey(t, err, "link.expired")
}

func TestProgress(t *testing.T) {
	t.Parallel()
	f := fieldtest.Load(t)
	who, cases := f.Someone()
	for _, c := range cases[:3] {
		if _, err := f.Field.Submit(f.Ctx, who, fieldtest.Submission(c.ID, "4")); err != nil {
			t.Fatal(err)
		}
	}
	p, err := f.Field.Progress(f.Ctx, f.Actor("supervisor"), f.Round, "")
	if err != nil {
		t.Fatal(err)
	}
	if p.Total.Done != 3 || p.Total.Cases != p.Total.Planned || len(p.Areas) != 2 || p.Total.Counts[fieldwork.Interview] != 3 {
		t.Errorf("%+v", p.Total)
	}
	// Three answers are too few to show whose they are.
	if p.EvennessOK {
		t.Error("evenness of three answers")
	}
	for _, g := range p.Groups {
		if !g.Hidden || g.Answered != 0 {
			t.Errorf("%s %s shows %d answers", g.Sex, g.Band, g.Answered)
		}
	}
	street, err := f.Field.Progress(f.Ctx, f.Actor("manager"), f.Round, cases[0].Committee[:9])
	if err != nil || len(street.Areas) != 8 || street.Areas[0].Name == "" {
		t.Errorf("%d committees, %v", len(street.Areas), err)
	}
	list, err := f.Field.Cases(f.Ctx, f.Actor("supervisor"), f.Round, fielddb.CaseFilter{Limit: 10})
	if err != nil || len(list) != 10 {
		t.Fatalf("%d cases, %v", len(list), err)
	}
	more, err := f.Field.Cases(f.Ctx, f.Actor("supervisor"), f.Round, fielddb.CaseFilter{Limit: 10, After: list[9].ID})
	if err != nil || len(more) != 10 || more[0].ID <= list[9].ID {
		t.Errorf("the second page: %v", err)
	}
	rs, err := f.Field.Rounds(f.Ctx, f.Actor("auditor"))
	if err != nil || len(rs) != 1 || rs[0].Done != 3 {
		t.Errorf("%+v, %v", rs, err)
	}
}

func TestCloseWaitsForWhatWasTaken(t *testing.T) {
	t.Parallel()
	f := fieldtest.Load(t)
	who, cases := f.Someone()
	svc := field.New(f.Core)
	var wg sync.WaitGroup
	var ok, refused int
	var mu sync.Mutex
	for _, c := range cases[:4] {
		wg.Go(func() {
			_, err := svc.Submit(f.Ctx, who, fieldtest.Submission(c.ID, "4"))
			mu.Lock()
			defer mu.Unlock()
			if err == nil {
				ok++
			} else {
				wantKey(t, err, "field.stopping")
				refused++
			}
		})
	}
	ctx, cancel := context.WithTimeout(f.Ctx, 10*time.Second)
	defer cancel()
	if err := svc.Close(ctx); err != nil {
		t.Fatal(err)
	}
	wg.Wait()
	if n := number(t, f, `select count(*) from response`); n != ok {
		t.Errorf("%d acknowledged, %d stored (%d refused)", ok, n, refused)
	}
	_, err := svc.Submit(f.Ctx, who, fieldtest.Submission(cases[0].ID, "4"))
	wantKey(t, err, "field.stopping")
}
