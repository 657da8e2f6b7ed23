package field_test

import (
	"crypto/aes"
	"crypto/cipher"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"gongping/internal/app"
	"gongping/internal/app/field"
	"gongping/internal/app/field/fieldtest"
	"gongping/internal/authz"
	"gongping/internal/errs"
	"gongping/internal/testkit"
	"gongping/survey"
	"gongping/survey/fieldwork"
)

func queued(caseID, grade string) field.QueuedResponse {
	h := 18
	return field.QueuedResponse{ID: app.NewID(), CaseID: caseID, Mode: "door", Version: 1, Answers: fieldtest.Answers(grade), Seconds: 90, Hour: &h, Offline: true, Consent: true}
}

func try(caseID string, at time.Time) field.QueuedAttempt {
	return field.QueuedAttempt{ID: app.NewID(), CaseID: caseID, Mode: "door", Disposition: "2.24", At: at}
}

func count(t *testing.T, f *fieldtest.Fixture, sql string, args ...any) (n int) {
	t.Helper()
	if err := testkit.OwnerDB(t).QueryRow(f.Ctx, sql, args...).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

// TestAQueueArrivesOnce sends a queue many times at once, in parts, doubled and
// in any order, with a clock that is days off.
func TestAQueueArrivesOnce(t *testing.T) {
	t.Parallel()
	f := fieldtest.Load(t)
	who, cases := f.Someone()
	cases = cases[:min(len(cases), 8)]
	var responses []field.QueuedResponse
	var attempts []field.QueuedAttempt
	off := f.Clock.Now().Add(5 * 24 * time.Hour)
	for _, c := range cases {
		attempts = append(attempts, try(c.ID, off.Add(-3*time.Hour)))
		responses = append(responses, queued(c.ID, "4"))
	}
	if _, err := f.Field.Sync(f.Ctx, who, field.Queue{SentAt: off, Attempts: attempts}); err != nil {
		t.Fatal(err)
	}
	rng := rand.New(rand.NewPCG(1, 2))
	var wg sync.WaitGroup
	for range 12 {
		q := field.Queue{SentAt: off}
		for _, i := range rng.Perm(len(cases)) {
			if rng.IntN(4) > 0 {
				q.Responses = append(q.Responses, responses[i])
			}
			if rng.IntN(4) == 0 {
				q.Responses, q.Attempts = append(q.Responses, responses[i]), append(q.Attempts, attempts[i])
			}
		}
		wg.Go(func() {
			rep, err := f.Field.Sync(f.Ctx, who, q)
			if err != nil {
				t.Error(err)
				return
			}
			for _, o := range append(rep.Responses, rep.Attempts...) {
				if o.Status != field.Accepted && o.Status != field.Duplicate {
					t.Errorf("%+v", o)
				}
			}
		})
	}
	wg.Wait()
	rep, err := f.Field.Sync(f.Ctx, who, field.Queue{Attempts: attempts, Responses: responses})
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range rep.Responses {
		if o.Status != field.Duplicate || o.Receipt == "" {
			t.Errorf("at the end: %+v", o)
		}
	}
	if n := count(t, f, `select count(*) from response`); n != len(cases) {
		t.Errorf("%d responses of %d interviews", n, len(cases))
	}
	if n := count(t, f, `select count(*) from contact_attempt where at = $1 and device_at = $2`, f.Clock.Now().Add(-3*time.Hour), off.Add(-3*time.Hour)); n != len(cases) {
		t.Errorf("%d attempts with the time that counts, want %d", n, len(cases))
	}
	if n := count(t, f, `select count(*) from response_held`) + count(t, f, `select count(*) from contact_attempt_held`); n != 0 {
		t.Errorf("%d held", n)
	}
	if n := count(t, f, `select count(*) from response where paradata->>'offline' = 'true' and paradata->>'consent' = 'true'`); n != len(cases) {
		t.Errorf("%d with paradata", n)
	}
}

// TestWhatComesTooLateIsHeld: nothing that was asked at a door is thrown away,
// and nothing of it counts by itself.
func TestWhatComesTooLateIsHeld(t *testing.T) {
	t.Parallel()
	f := fieldtest.Load(t)
	who, cases := f.Someone()
	other := f.Other(who)
	sync := func(q field.Queue) []field.Outcome {
		t.Helper()
		rep, err := f.Field.Sync(f.Ctx, who, q)
		if err != nil {
			t.Fatal(err)
		}
		return append(rep.Attempts, rep.Responses...)
	}
	want := func(what string, got field.Outcome, status field.Status, reason string) {
		t.Helper()
		if got.Status != status || got.Reason != reason {
			t.Errorf("%s: %+v, want %s %s", what, got, status, reason)
		}
	}
	now := f.Clock.Now()
	// Sent in time, and told so for ever after, whoever holds the case.
	early := queued(cases[0].ID, "5")
	want("in time", sync(field.Queue{Responses: []field.QueuedResponse{early}})[0], field.Accepted, "")
	hand := func(id string) {
		t.Helper()
		list, err := f.Field.Evaluators(f.Ctx, f.Actor("supervisor"), cases[1].Committee)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range list {
			if e[0] != who.AccountID {
				err = f.Field.Reassign(f.Ctx, f.Actor("supervisor"), id, e[0], "生病")
				break
			}
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	gone := queued(cases[1].ID, "2")
	lateTry := try(cases[1].ID, now.Add(-time.Hour))
	hand(cases[1].ID)
	for range 2 {
		out := sync(field.Queue{Attempts: []field.QueuedAttempt{lateTry}, Responses: []field.QueuedResponse{gone, early}})
		want("attempt of a case handed over", out[0], field.Kept, "held.taken_away")
		want("interview of a case handed over", out[1], field.Kept, "held.taken_away")
		want("what had arrived", out[2], field.Duplicate, "")
	}
	// An id is the same however a client spells it, and comes back as it was spelt.
	urn, upper := try(cases[2].ID, now), queued(cases[2].ID, "4")
	urn.ID, upper.ID = "urn:uuid:"+urn.ID, strings.ToUpper(early.ID)
	for i, want := range []field.Status{field.Accepted, field.Duplicate} {
		upper.Answers, upper.CaseID = early.Answers, early.CaseID
		rep, err := f.Field.Sync(f.Ctx, who, field.Queue{Attempts: []field.QueuedAttempt{urn}, Responses: []field.QueuedResponse{upper}})
		if err != nil {
			t.Fatal(err)
		}
		if a, r := rep.Attempts[0], rep.Responses[0]; a.Status != want || a.ID != urn.ID || r.Status != field.Duplicate || r.ID != upper.ID {
			t.Errorf("sending %d: %+v, %+v", i, a, r)
		}
	}
	// The phone's queue goes nowhere while somebody else is signed in on it: it would
	// be held as a stranger's, or count as that of who holds the case by now.
	q := field.Queue{Account: who.AccountID, Attempts: []field.QueuedAttempt{try(cases[2].ID, now)}, Responses: []field.QueuedResponse{queued(cases[2].ID, "4")}}
	if rep, err := f.Field.Sync(f.Ctx, other, q); !errs.Is(err, errs.Unauthorized) || len(rep.Attempts)+len(rep.Responses) > 0 {
		t.Errorf("a queue of somebody else's: %+v, %v", rep, err)
	}
	second := queued(cases[0].ID, "1")
	version := queued(cases[2].ID, "3")
	version.Version = 7
	wrong := queued(cases[2].ID, "9")
	foreign := queued(app.NewID(), "3")
	ended := try(cases[0].ID, now)
	out := sync(field.Queue{Attempts: []field.QueuedAttempt{ended}, Responses: []field.QueuedResponse{second, version, wrong, foreign}})
	want("a try after the interview", out[0], field.Kept, "held.ended")
	want("a second interview", out[1], field.Kept, "held.second_answer")
	want("another version", out[2], field.Kept, "held.version")
	want("answers that cannot be", out[3], field.Refused, "answers.invalid")
	want("no such case", out[4], field.Refused, "case.not_found")
	// Somebody who never held the case leaves nothing there.
	rep, err := f.Field.Sync(f.Ctx, other, field.Queue{Attempts: []field.QueuedAttempt{try(cases[3].ID, now)}, Responses: []field.QueuedResponse{queued(cases[3].ID, "1")}})
	if err != nil {
		t.Fatal(err)
	}
	want("a stranger's try", rep.Attempts[0], field.Refused, "case.not_found")
	want("a stranger's interview", rep.Responses[0], field.Refused, "case.not_found")
	// The day after the last.
	f.Clock.T = time.Date(2026, 12, 18, 0, 30, 0, 0, fieldwork.Zone)
	late := queued(cases[3].ID, "4")
	out = sync(field.Queue{Attempts: []field.QueuedAttempt{try(cases[3].ID, now)}, Responses: []field.QueuedResponse{late}})
	want("a try of a closed round", out[0], field.Kept, "held.closed")
	want("an interview of a closed round", out[1], field.Kept, "held.closed")
	if _, err := f.Field.Sync(f.Ctx, f.Role(authz.Leader), field.Queue{}); !errs.Is(err, errs.Forbidden) {
		t.Errorf("a leader may synchronise: %v", err)
	}
	if n := count(t, f, `select count(*) from response`); n != 1 {
		t.Errorf("%d responses", n)
	}
	if n := count(t, f, `select count(*) from response_held`); n != 4 {
		t.Errorf("%d held answers", n)
	}
	if n := count(t, f, `select count(*) from contact_attempt_held`); n != 3 {
		t.Errorf("%d held attempts", n)
	}
	if n := count(t, f, `select count(*) from contact_attempt`); n != 1 {
		t.Errorf("%d attempts", n)
	}
}

func TestPack(t *testing.T) {
	t.Parallel()
	f := fieldtest.Load(t)
	who, cases := f.Someone()
	device := app.NewID()
	if _, err := f.Field.Submit(f.Ctx, who, fieldtest.Submission(cases[0].ID, "4")); err != nil {
		t.Fatal(err)
	}
	entries := func() int {
		return count(t, f, `select count(*) from audit_log where action = 'identity.read' and actor_id = $1 and detail like $2`, who.AccountID, "%"+device+"%")
	}
	p, err := f.Field.PackCases(f.Ctx, who, device, nil, field.PhoneReport{})
	if err != nil {
		t.Fatal(err)
	}
	named := 0
	for _, c := range p.Cases {
		if c.Person != nil {
			named++
		}
		if open := c.Stage == fieldwork.Open; (c.Person != nil) != open || (open && c.Person.Name == "") {
			t.Errorf("case %s, %s: person %+v", c.Number(), c.Stage, c.Person)
		}
	}
	if named != len(cases)-1 || entries() != named {
		t.Errorf("%d names of %d cases, %d entries in the audit log", named, len(cases), entries())
	}
	have := []string{cases[1].ID}
	if p, err = f.Field.PackCases(f.Ctx, who, device, have, field.PhoneReport{}); err != nil {
		t.Fatal(err)
	}
	for _, c := range p.Cases {
		if c.ID == cases[1].ID && (c.Person != nil || !c.KeepPerson) {
			t.Error("a name was packed twice")
		}
	}
	// Nobody else has the key of this phone, and a blocked one gets none.
	secret, err := f.Field.UnlockDevice(f.Ctx, who, device)
	if err != nil || len(secret) != 32 {
		t.Fatal(secret, err)
	}
	for _, x := range []authz.Actor{f.Other(who), f.Role(authz.Leader), f.Actor("supervisor"), {}} {
		if _, err := f.Field.UnlockDevice(f.Ctx, x, device); err == nil || errs.Is(err, errs.Forbidden) && x.Role == authz.Evaluator {
			t.Errorf("%s unlocks another's phone, or is told that it was blocked: %v", x.Role, err)
		}
		if _, err := f.Field.PackCases(f.Ctx, x, device, nil, field.PhoneReport{}); err == nil {
			t.Errorf("%s packs for another's phone", x.Role)
		}
	}
	if err := f.Field.BlockPhone(f.Ctx, f.Other(who), device, ""); err == nil {
		t.Error("somebody else blocks the phone")
	}
	for range 2 {
		if err := f.Field.BlockPhone(f.Ctx, who, device, ""); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := f.Field.UnlockDevice(f.Ctx, who, device); !errs.Is(err, errs.Forbidden) {
		t.Errorf("a blocked phone is unlocked: %v", err)
	}
	if list, err := f.Field.Devices(f.Ctx, who); err != nil || len(list) != 1 || list[0].RevokedAt == nil {
		t.Errorf("%+v %v", list, err)
	}
	// After the last day no name is packed.
	f.Clock.T = time.Date(2026, 12, 18, 9, 0, 0, 0, fieldwork.Zone)
	if p, err = f.Field.PackCases(f.Ctx, who, app.NewID(), nil, field.PhoneReport{}); err != nil {
		t.Fatal(err)
	}
	for _, c := range p.Cases {
		if c.Person != nil || c.KeepPerson {
			t.Error("names outlive the round")
		}
	}
}

// exported is a queue as a phone writes it into a file.
func exported(secret []byte, district, account, device string, q field.Queue) []byte {
	head := map[string]any{"format": field.QueueFormat, "v": 1, "district": district, "account": account, "device": device, "made_at": "2026-11-21T12:00:00Z"}
	label := fmt.Sprintf("%s\n%d\n%s\n%s\n%s\n%s", field.QueueFormat, 1, district, account, device, head["made_at"])
	block, _ := aes.NewCipher(field.ExportKey(secret))
	aead, _ := cipher.NewGCM(block)
	plain, _ := json.Marshal(q)
	iv := make([]byte, 12)
	head["iv"], head["data"] = iv, aead.Seal(nil, iv, plain, []byte(label))
	b, _ := json.Marshal(head)
	return b
}

func TestImportOfAnExportedQueue(t *testing.T) {
	t.Parallel()
	f := fieldtest.Load(t)
	who, cases := f.Someone()
	device := app.NewID()
	secret, err := f.Field.UnlockDevice(f.Ctx, who, device)
	if err != nil {
		t.Fatal(err)
	}
	q := field.Queue{SentAt: f.Clock.Now(), Attempts: []field.QueuedAttempt{try(cases[0].ID, f.Clock.Now())},
		Responses: []field.QueuedResponse{queued(cases[0].ID, "4"), queued(cases[1].ID, "3")}}
	file := exported(secret, who.District, who.AccountID, device, q)
	if err := f.Field.BlockPhone(f.Ctx, who, device, ""); err != nil {
		t.Fatal(err)
	}
	for i, by := range []authz.Actor{f.Actor("supervisor"), who} {
		rep, err := f.Field.ImportQueue(f.Ctx, by, file)
		if err != nil {
			t.Fatal(err)
		}
		want := []field.Status{field.Accepted, field.Duplicate}[i]
		if rep.Evaluator != who.Name || rep.Counts[want] != 3 || len(rep.Counts) != 1 {
			t.Errorf("import %d: %+v", i, rep)
		}
	}
	if n := count(t, f, `select count(*) from response`); n != 2 {
		t.Errorf("%d responses", n)
	}
	for name, bad := range map[string][]byte{
		"nothing": nil, "a page": []byte("<html>"), "another's account": exported(secret, who.District, f.Other(who).AccountID, device, q),
		"another key": exported(make([]byte, 32), who.District, who.AccountID, device, q), "a phone unknown here": exported(secret, who.District, who.AccountID, app.NewID(), q),
		"another district": exported(secret, "310105", who.AccountID, device, q), "more after the end": append(append([]byte{}, file...), file...),
		"no data": []byte(`{"format":"gongping-queue","v":1}`), "another version": []byte(`{"format":"gongping-queue","v":2}`),
		"too large": make([]byte, field.MaxQueueFile+1),
	} {
		if _, err := f.Field.ImportQueue(f.Ctx, who, bad); !errs.Is(err, errs.Invalid) && !errs.Is(err, errs.TooLarge) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for i := range file {
		if i%97 == 0 {
			bad := append([]byte{}, file...)
			bad[i] ^= 4
			if _, err := f.Field.ImportQueue(f.Ctx, who, bad); err == nil {
				t.Errorf("byte %d changed, and it was taken", i)
			}
		}
	}
	for _, x := range []authz.Actor{f.Other(who), f.Role(authz.Leader), f.Role(authz.Worker), {}} {
		if _, err := f.Field.ImportQueue(f.Ctx, x, file); err == nil {
			t.Errorf("%s imports another's queue", x.Role)
		}
	}
}

// TestALateInterviewIsAdmitted: a supervisor decides without seeing answers; an
// admitted one counts once, the others never.
func TestALateInterviewIsAdmitted(t *testing.T) {
	t.Parallel()
	f := fieldtest.Load(t)
	who, cases := f.Someone()
	boss := f.Actor("supervisor")
	in := queued(cases[0].ID, "2")
	f.Clock.T = time.Date(2026, 12, 18, 0, 30, 0, 0, fieldwork.Zone)
	second := queued(cases[1].ID, "5")
	rep, err := f.Field.Sync(f.Ctx, who, field.Queue{Responses: []field.QueuedResponse{in, second}})
	if err != nil || rep.Responses[0].Status != field.Kept {
		t.Fatal(rep, err)
	}
	list, err := f.Field.Held(f.Ctx, boss, f.Round)
	if err != nil || len(list) != 2 || !list[0].MayAdmit || list[0].Reason != "closed" {
		t.Fatalf("%+v %v", list, err)
	}
	id := list[0].ID
	for _, x := range []authz.Actor{who, f.Role(authz.Leader), f.Role(authz.Auditor), {}} {
		if f.Field.DecideHeld(f.Ctx, x, id, true, "ok") == nil {
			t.Errorf("%s decides", x.Role)
		}
		if _, err := f.Field.Held(f.Ctx, x, f.Round); err == nil {
			t.Errorf("%s sees what is held", x.Role)
		}
	}
	wantKey(t, f.Field.DecideHeld(f.Ctx, boss, id, true, " "), "held.reason")
	wantKey(t, f.Field.DecideHeld(f.Ctx, boss, app.NewID(), true, "x"), "held.not_found")
	if err := f.Field.DecideHeld(f.Ctx, boss, id, true, "截止日当晚没有信号"); err != nil {
		t.Fatal(err)
	}
	wantKey(t, f.Field.DecideHeld(f.Ctx, boss, id, false, "x"), "held.decided")
	if err := f.Field.DecideHeld(f.Ctx, boss, list[1].ID, false, "无法确认"); err != nil {
		t.Fatal(err)
	}
	if n := count(t, f, `select count(*) from response where evaluator_id = $1 and day = '2026-12-18'`, who.AccountID); n != 1 {
		t.Errorf("%d responses after the decisions", n)
	}
	rep, err = f.Field.Sync(f.Ctx, who, field.Queue{Responses: []field.QueuedResponse{in, second}})
	if err != nil {
		t.Fatal(err)
	}
	counted, left := 0, 0
	for _, o := range rep.Responses {
		switch o.Status {
		case field.Duplicate:
			counted++
		case field.Kept:
			left++
		}
	}
	if counted != 1 || left != 1 {
		t.Errorf("sent again: %+v", rep.Responses)
	}
	// Once the round is closed nothing is admitted any more.
	third := queued(cases[2].ID, "4")
	if _, err := f.Field.Sync(f.Ctx, who, field.Queue{Responses: []field.QueuedResponse{third}}); err != nil {
		t.Fatal(err)
	}
	if err := f.Rounds.Step(f.Ctx, f.Actor("manager"), f.Round, survey.Closed, ""); err != nil {
		t.Fatal(err)
	}
	list, _ = f.Field.Held(f.Ctx, boss, f.Round)
	wantKey(t, f.Field.DecideHeld(f.Ctx, boss, list[0].ID, true, "太晚"), "field.closed")
}
