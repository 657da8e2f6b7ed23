package field_test

import (
	"bytes"
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
	for _, table := range []string{"response", "case_completion", "response where paradata is not null", "response_comment", "identity.response_case"} {
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
	for _, sql := range []string{`select count(*) from identity.response_case`, `select response_id from identity.response_case`, `delete from response`,
		`update case_completion set day = day`, `insert into case_completion select * from case_completion`} {
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
