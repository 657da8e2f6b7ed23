package field_test

import (
	"testing"

	"gongping/internal/app/field"
	"gongping/internal/app/field/fieldtest"
	"gongping/internal/errs"
	"gongping/internal/testkit"
	"gongping/survey/fieldwork"
)

// What one person typed from paper does not count by itself: at the keyboard it
// is refused, from a phone's queue it is held until a supervisor has decided or
// two have entered the form. None of it is lost or counted twice.
func TestPaperIsNotTypedInByOne(t *testing.T) {
	t.Parallel()
	f := fieldtest.Load(t)
	who, cases := f.Someone()
	boss := f.Actor("supervisor")
	sub := fieldtest.Submission(cases[0].ID, "5")
	sub.Mode = fieldwork.Paper
	_, err := f.Field.Submit(f.Ctx, who, sub)
	wantKey(t, err, "answers.paper")
	if !errs.Is(err, errs.Invalid) {
		t.Errorf("a form is shown again for bad input only: %v", err)
	}
	a, b, c := queued(cases[0].ID, "2"), queued(cases[1].ID, "3"), queued(cases[2].ID, "4")
	q := field.Queue{Responses: []field.QueuedResponse{a, b, c}}
	for i := range q.Responses {
		q.Responses[i].Mode = "paper"
	}
	for range 2 { // sent again it is kept once
		rep, err := f.Field.Sync(f.Ctx, who, q)
		if err != nil {
			t.Fatal(err)
		}
		for _, o := range rep.Responses {
			if o.Status != field.Kept || o.Reason != "held.single_entry" {
				t.Errorf("%+v", o)
			}
		}
	}
	list, err := f.Field.Held(f.Ctx, boss, f.Round)
	if err != nil || len(list) != 3 {
		t.Fatalf("%+v, %v", list, err)
	}
	held := map[string]field.HeldView{}
	for _, h := range list {
		if h.Reason != "single_entry" || !h.MayAdmit {
			t.Errorf("%+v", h)
		}
		held[h.CaseID] = h
	}
	if n := number(t, f, `select count(*) from response`); n != 0 {
		t.Fatalf("%d count already", n)
	}
	// A supervisor who has the paper before them may count it, once.
	if err := f.Field.DecideHeld(f.Ctx, boss, held[cases[0].ID].ID, true, "已对照问卷原件"); err != nil {
		t.Fatal(err)
	}
	rep, err := f.Field.Sync(f.Ctx, who, q)
	if err != nil || rep.Responses[0].Status != field.Duplicate || rep.Responses[0].Receipt == "" {
		t.Errorf("%+v, %v", rep.Responses, err)
	}
	// The form itself goes the usual way, and what was held counts no more.
	first, second := f.Evaluators()[0], f.Evaluators()[1]
	_, codes, err := f.Field.PrintForms(f.Ctx, boss, f.Round, cases[1].Committee, 50)
	if err != nil {
		t.Fatal(err)
	}
	var code string
	if err := testkit.OwnerDB(t).QueryRow(f.Ctx, `select code from paper_form where case_id = $1 and code = any($2)`, cases[1].ID, codes).Scan(&code); err != nil {
		t.Fatal(err)
	}
	for _, x := range []func() (field.PaperView, error){
		func() (field.PaperView, error) { return f.Field.EnterPaper(f.Ctx, first, code, fieldtest.Answers("3")) },
		func() (field.PaperView, error) {
			return f.Field.EnterPaper(f.Ctx, second, code, fieldtest.Answers("3"))
		},
	} {
		if _, err := x(); err != nil {
			t.Fatal(err)
		}
	}
	wantKey(t, f.Field.DecideHeld(f.Ctx, boss, held[cases[1].ID].ID, true, "已对照问卷原件"), "held.not_admissible")
	if n := number(t, f, `select count(*) from response where mode = 'paper'`); n != 2 {
		t.Errorf("%d count, want one by decision and one that two entered", n)
	}
}

// What was counted before single entries were held is answered like any other
// repeat: its sender only wants to know.
func TestAPaperAnswerThatCountsIsKnownAgain(t *testing.T) {
	t.Parallel()
	f := fieldtest.Load(t)
	who, cases := f.Someone()
	sub := fieldtest.Submission(cases[0].ID, "5")
	out, err := f.Field.Submit(f.Ctx, who, sub)
	if err != nil {
		t.Fatal(err)
	}
	// As it would stand had it come on paper.
	digest := field.Digest(sub.ID, f.Round, 1, "paper", sub.Answers)
	if _, err := testkit.OwnerDB(t).Exec(f.Ctx, `alter table response disable trigger all`); err != nil {
		t.Fatal(err)
	}
	if _, err := testkit.OwnerDB(t).Exec(f.Ctx, `update response set mode = 'paper', digest = $2 where id = $1`, sub.ID, digest); err != nil {
		t.Fatal(err)
	}
	sub.Mode = fieldwork.Paper
	again, err := f.Field.Submit(f.Ctx, who, sub)
	if err != nil || again.Status != field.Duplicate || again.Receipt != out.Receipt {
		t.Errorf("%+v, %v", again, err)
	}
}
