package rounds_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"gongping/internal/app/rounds"
	"gongping/internal/demo"
	"gongping/internal/errs"
	"gongping/internal/pg/rounddb"
	"gongping/internal/testkit"
	"gongping/internal/testkit/world"
	"gongping/scoring/composite"
	"gongping/survey"
)

type fixture struct {
	*world.World
	svc *rounds.Service
	ctx context.Context
}

func setup(t *testing.T) *fixture {
	w := world.Load(t)
	return &fixture{w, &rounds.Service{Core: w.Core}, context.Background()}
}

// draft is a round of the whole district in 30 per committee, by sex.
func (f *fixture) draft(t *testing.T) rounds.Draft {
	t.Helper()
	manager := f.Actor("manager")
	q := demo.DefaultQuestionnaire()
	qid, qv, err := f.svc.SaveQuestionnaire(f.ctx, manager, "", &q)
	if err != nil {
		t.Fatal(err)
	}
	book := composite.Default()
	bid, bv, err := f.svc.SaveRuleBook(f.ctx, manager, "", &book)
	if err != nil {
		t.Fatal(err)
	}
	d := rounds.Draft{Title: "第四季度评议", AreaCode: demo.DistrictCode, FrameID: f.FrameID, QuestionnaireID: qid, QuestionnaireVersion: qv, RuleBookID: bid, RuleBookVersion: bv,
		Plan:    survey.Plan{StrataBy: []string{"sex"}, Allocation: "proportional", Size: 30, ReserveRatio: 0.5},
		OpensOn: time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC), ClosesOn: time.Date(2026, 12, 28, 0, 0, 0, 0, time.UTC)}
	for _, e := range f.Evaluators() {
		d.Evaluators = append(d.Evaluators, rounddb.Evaluator{AccountID: e.AccountID, Area: e.Area})
	}
	return d
}

func wantKey(t *testing.T, err error, key string) {
	t.Helper()
	var e *errs.Error
	if !errors.As(err, &e) || e.Key != key {
		t.Fatalf("got %v, want an error %s", err, key)
	}
}

func TestFreezeAndWhatCannotChange(t *testing.T) {
	t.Parallel()
	f := setup(t)
	manager := f.Actor("manager")
	d := f.draft(t)
	id, err := f.svc.Create(f.ctx, manager, d, "")
	if err != nil {
		t.Fatal(err)
	}
	preview, err := f.svc.Preview(f.ctx, manager, id)
	if err != nil {
		t.Fatal(err)
	}
	if len(preview.Cells) != 2*len(f.Committees()) || preview.Planned != 30*len(f.Committees()) || preview.Population == 0 {
		t.Fatalf("preview: %d cells, %d planned, %d people", len(preview.Cells), preview.Planned, preview.Population)
	}
	for _, c := range preview.Cells {
		if c.Probability <= 0 || c.Probability > 1 || c.WeightLow > c.WeightHigh || c.EffectiveN <= 0 {
			t.Errorf("cell %+v", c)
		}
	}
	if err := f.svc.Freeze(f.ctx, f.Actor("auditor"), id); !errs.Is(err, errs.Forbidden) {
		t.Errorf("an auditor froze: %v", err)
	}
	if err := f.svc.Freeze(f.ctx, manager, id); err != nil {
		t.Fatal(err)
	}
	got, err := f.svc.Get(f.ctx, manager, id)
	if err != nil {
		t.Fatal(err)
	}
	if got.State != survey.Frozen || len(got.Strata) != len(preview.Cells) || len(got.Events) != 1 || len(got.Events[0].Digest) != 32 {
		t.Fatalf("frozen round: %+v", got)
	}
	wantKey(t, f.svc.Update(f.ctx, manager, id, d), "round.frozen")
	wantKey(t, f.svc.Freeze(f.ctx, manager, id), "round.step")

	// The database refuses what the use cases would: as the service, and as the owner.
	for _, sql := range []string{
		`update round set title = 'x' where id = '` + id + `'`,
		`delete from round_evaluator where round_id = '` + id + `'`,
		`update round_stratum set planned = 1`, `delete from round_stratum`, `delete from round_event`,
		`update questionnaire set title = 'x'`, `update rule_book set title = 'x'`,
	} {
		if _, err := f.Pool.Exec(f.ctx, sql); err == nil {
			t.Errorf("the service could: %s", sql)
		}
		if _, err := testkit.OwnerDB(t).Exec(f.ctx, sql); err == nil {
			t.Errorf("the owner could: %s", sql)
		}
	}
}

func TestChangedMindMakesANewVersion(t *testing.T) {
	t.Parallel()
	f := setup(t)
	manager := f.Actor("manager")
	d := f.draft(t)
	id, err := f.svc.Create(f.ctx, manager, d, "")
	if err != nil {
		t.Fatal(err)
	}
	_, err = f.svc.Create(f.ctx, manager, d, id)
	wantKey(t, err, "round.still_draft")
	if err := f.svc.Freeze(f.ctx, manager, id); err != nil {
		t.Fatal(err)
	}
	d.Plan.Size = 40
	next, err := f.svc.Create(f.ctx, manager, d, id)
	if err != nil {
		t.Fatal(err)
	}
	_, err = f.svc.Create(f.ctx, manager, d, id)
	wantKey(t, err, "round.newer_version")
	if err := f.svc.Freeze(f.ctx, manager, next); err != nil {
		t.Fatal(err)
	}
	old, err := f.svc.Get(f.ctx, manager, id)
	if err != nil {
		t.Fatal(err)
	}
	if old.State != survey.Cancelled || len(old.Versions) != 2 || old.Versions[1].Version != 2 {
		t.Fatalf("the old version: %s, %d versions", old.State, len(old.Versions))
	}
}

func TestDraftsAreChecked(t *testing.T) {
	t.Parallel()
	f := setup(t)
	manager := f.Actor("manager")
	good := f.draft(t)
	for name, c := range map[string]struct {
		change func(*rounds.Draft)
		key    string
	}{
		"no title":        {func(d *rounds.Draft) { d.Title = "" }, "round.invalid"},
		"dates crossed":   {func(d *rounds.Draft) { d.ClosesOn = d.OpensOn.AddDate(0, 0, -1) }, "round.invalid"},
		"unknown frame":   {func(d *rounds.Draft) { d.FrameID = "00000000-0000-4000-8000-000000000000" }, "round.reference"},
		"unknown book":    {func(d *rounds.Draft) { d.RuleBookVersion = 9 }, "round.reference"},
		"bad rule":        {func(d *rounds.Draft) { d.Plan.Allocation = "friends" }, "plan.invalid"},
		"bad column":      {func(d *rounds.Draft) { d.Plan.StrataBy = []string{"name"} }, "plan.invalid"},
		"foreign account": {func(d *rounds.Draft) { d.Evaluators[0].AccountID = "00000000-0000-4000-8000-000000000000" }, "round.reference"},
	} {
		d := good
		d.Evaluators = append([]rounddb.Evaluator(nil), good.Evaluators...)
		c.change(&d)
		_, err := f.svc.Create(f.ctx, manager, d, "")
		t.Run(name, func(t *testing.T) { wantKey(t, err, c.key) })
	}
	d := good
	d.AreaCode = "310105"
	if _, err := f.svc.Create(f.ctx, manager, d, ""); !errs.Is(err, errs.Forbidden) {
		t.Errorf("a round in another district: %v", err)
	}
	if _, err := f.svc.Get(f.ctx, manager, "no-uuid"); !errs.Is(err, errs.NotFound) {
		t.Errorf("an id that is none: %v", err)
	}
	stranger := manager
	stranger.District, stranger.Area = "310105", "310105"
	id, err := f.svc.Create(f.ctx, manager, good, "")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.svc.Get(f.ctx, stranger, id); !errs.Is(err, errs.NotFound) {
		t.Errorf("another district's manager read the round: %v", err)
	}
	street := manager
	street.Area = f.Committees()[0][:9]
	if err := f.svc.Freeze(f.ctx, street, id); !errs.Is(err, errs.Forbidden) {
		t.Errorf("a street's manager froze the district's round: %v", err)
	}
}

func TestEvaluatorsMustCover(t *testing.T) {
	t.Parallel()
	f := setup(t)
	manager := f.Actor("manager")
	d := f.draft(t)
	d.Evaluators = nil
	id, err := f.svc.Create(f.ctx, manager, d, "")
	if err != nil {
		t.Fatal(err)
	}
	wantKey(t, f.svc.Freeze(f.ctx, manager, id), "round.no_evaluators")
	e := f.Evaluators()[0]
	d.Evaluators = []rounddb.Evaluator{{AccountID: e.AccountID, Area: f.Committees()[0]}}
	if err := f.svc.Update(f.ctx, manager, id, d); err != nil {
		t.Fatal(err)
	}
	wantKey(t, f.svc.Freeze(f.ctx, manager, id), "round.uncovered")
}

func TestStepsAndCancelling(t *testing.T) {
	t.Parallel()
	f := setup(t)
	manager := f.Actor("manager")
	id, err := f.svc.Create(f.ctx, manager, f.draft(t), "")
	if err != nil {
		t.Fatal(err)
	}
	wantKey(t, f.svc.Step(f.ctx, manager, id, survey.Collecting, ""), "round.step")
	wantKey(t, f.svc.Step(f.ctx, manager, id, survey.Drawn, ""), "round.step")
	wantKey(t, f.svc.Step(f.ctx, manager, id, survey.Cancelled, " "), "round.cancel_reason")
	if err := f.svc.Step(f.ctx, f.Actor("admin"), id, survey.Cancelled, "no"); !errs.Is(err, errs.Forbidden) {
		t.Errorf("an administrator cancelled a round: %v", err)
	}
	if err := f.svc.Step(f.ctx, manager, id, survey.Cancelled, "名单有误"); err != nil {
		t.Fatal(err)
	}
	got, err := f.svc.Get(f.ctx, manager, id)
	if err != nil || got.State != survey.Cancelled || got.Events[0].Reason != "名单有误" {
		t.Fatalf("%+v, %v", got.Events, err)
	}
}

func TestDocumentsAreVersioned(t *testing.T) {
	t.Parallel()
	f := setup(t)
	manager := f.Actor("manager")
	q := demo.DefaultQuestionnaire()
	id, v, err := f.svc.SaveQuestionnaire(f.ctx, manager, "", &q)
	if err != nil || v != 1 {
		t.Fatal(v, err)
	}
	q.Title["zh"] = "改过的问卷"
	if _, v, err = f.svc.SaveQuestionnaire(f.ctx, manager, id, &q); err != nil || v != 2 {
		t.Fatal(v, err)
	}
	first, _, err := f.svc.Questionnaire(f.ctx, f.Actor("worker-lone"), id, 1)
	if err != nil || first.Title["zh"] == q.Title["zh"] {
		t.Fatalf("version 1 changed: %v, %v", first, err)
	}
	list, err := f.svc.Versions(f.ctx, manager, rounddb.Questionnaires, id)
	if err != nil || len(list) != 2 || list[0].Version != 2 {
		t.Fatalf("%d versions, %v", len(list), err)
	}
	if _, _, err := f.svc.SaveQuestionnaire(f.ctx, f.Actor("auditor"), id, &q); !errs.Is(err, errs.Forbidden) {
		t.Errorf("an auditor changed a questionnaire: %v", err)
	}
}
