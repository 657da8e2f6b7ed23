package field_test

import (
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"gongping/internal/app"
	"gongping/internal/app/field"
	"gongping/internal/app/field/fieldtest"
	"gongping/internal/authz"
	"gongping/internal/demo"
	"gongping/internal/pg/auditdb"
	"gongping/internal/pg/fielddb"
	"gongping/survey/fieldwork"
)

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
	for i, code := range []fieldwork.Code{fieldwork.MovedAway, fieldwork.NobodyHome, fieldwork.Appointment} {
		a := field.NewAttempt{ID: app.NewID(), Mode: fieldwork.Door, Code: code, At: f.Clock.Now()}
		if code == fieldwork.Appointment {
			a.Appointment = f.Clock.Now().Add(24 * time.Hour)
		}
		if _, err := f.Field.RecordAttempt(f.Ctx, who, cases[len(cases)-1-i].ID, a); err != nil {
			t.Fatal(err)
		}
	}
	l, err := f.Field.Cases(f.Ctx, f.Actor("supervisor"), f.Round, fielddb.CaseFilter{Limit: 10}, "")
	list := l.List
	if err != nil || len(list) != 10 {
		t.Fatalf("%d cases, %v", len(list), err)
	}
	// By stage: what is counted is what is listed.
	all := 0
	for stage, n := range l.Stages {
		x, err := f.Field.Cases(f.Ctx, f.Actor("supervisor"), f.Round, fielddb.CaseFilter{Limit: 200}, stage)
		if err != nil || len(x.List) != min(n, 200) || x.Total("") != l.Total("") {
			t.Errorf("%s: %d listed, %d counted, %v", stage, len(x.List), n, err)
		}
		for _, c := range x.List {
			if c.Stage != stage {
				t.Errorf("a case that is %s among those that are %s", c.Stage, stage)
			}
		}
		all += n
	}
	if all != number(t, f, `select count(*) from survey_case`) || l.Total(fieldwork.Done) != 3 || len(l.Stages) != 5 {
		t.Errorf("%v", l.Stages)
	}
	if x, err := f.Field.Cases(f.Ctx, f.Actor("supervisor"), f.Round, fielddb.CaseFilter{Evaluator: app.NewID()}, fieldwork.Done); err != nil || len(x.List) != 0 || x.Total("") != 0 {
		t.Errorf("cases of nobody: %+v, %v", x, err)
	}
	m, err := f.Field.Cases(f.Ctx, f.Actor("supervisor"), f.Round, fielddb.CaseFilter{Limit: 10, After: list[9].ID}, "")
	if err != nil || len(m.List) != 10 || m.List[0].ID <= list[9].ID {
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
	ctx, cancel := context.WithTimeout(f.Ctx, time.Minute)
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
