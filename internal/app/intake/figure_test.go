package intake_test

import (
	"bytes"
	"testing"
	"time"

	"gongping/internal/app"
	"gongping/internal/app/intake"
	"gongping/internal/app/rounds"
	"gongping/internal/authz"
	"gongping/internal/demo"
	"gongping/internal/errs"
	"gongping/scoring/composite"
	"gongping/survey"
	"gongping/survey/instrument"
)

// round is a draft of a round over the small world.
func round(t *testing.T, s *intake.Service, w *demo.World) string {
	t.Helper()
	r := &rounds.Service{Core: s.Core}
	q, _, err := r.SaveQuestionnaire(ctx, manager, "", &instrument.Questionnaire{Title: instrument.Lang{"zh": "问卷", "en": "Form"},
		Items: []instrument.Item{{ID: "q", Kind: instrument.Grade5, Text: instrument.Lang{"zh": "满意吗", "en": "Satisfied?"}}}})
	if err != nil {
		t.Fatal(err)
	}
	book := composite.Default()
	b, _, err := r.SaveRuleBook(ctx, manager, "", &book)
	if err != nil {
		t.Fatal(err)
	}
	frame := mustImport(t, s, manager, intake.Request{Kind: intake.Frame, Name: "居民库"}, frameCSV(t, w)).FrameID
	id, err := r.Create(ctx, manager, rounds.Draft{Title: "轮次", AreaCode: "310104", FrameID: frame, QuestionnaireID: q, QuestionnaireVersion: 1,
		RuleBookID: b, RuleBookVersion: 1, Plan: survey.Plan{Allocation: "proportional", Size: 10}, OpensOn: today, ClosesOn: today.Add(24 * time.Hour)}, "")
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func TestIndicatorsAndRatings(t *testing.T) {
	t.Parallel()
	s, w := settled(t)
	id := round(t, s, w)
	out := mustImport(t, s, manager, intake.Request{Kind: intake.Indicators, Round: id}, text(t, func(b *bytes.Buffer) error { return w.WriteIndicators(b, demo.Chinese) }))
	if out.Rows != len(w.Indicators) || out.Counts["committees"] != 16 {
		t.Fatalf("%+v", out)
	}
	ratings := text(t, func(b *bytes.Buffer) error { return w.WriteRatings(b, demo.Chinese) })
	mustImport(t, s, manager, intake.Request{Kind: intake.Ratings, Round: id}, ratings)
	f, err := s.Figures(ctx, manager, id)
	if err != nil || len(f.Indicators) != len(demo.IndicatorKinds) || len(f.Ratings) != len(demo.Criteria) || len(f.Imports) != 2 {
		t.Fatalf("%+v %v", f, err)
	}
	if _, _, err := s.Import(ctx, manager, intake.Request{Kind: intake.Ratings, Round: id}, source(t, "r.csv", ratings), nil); !errs.Is(err, errs.Invalid) {
		t.Fatalf("marks were given twice: %v", err)
	}
	for name, c := range map[string]struct {
		kind intake.Kind
		file string
		key  string
	}{
		"denominator": {intake.Indicators, "area_code,indicator,numerator,denominator\n310104003001,x,1,0\n", "intake.denominator"},
		"numerator":   {intake.Indicators, "area_code,indicator,numerator,denominator\n310104003001,x,-1,5\n", "intake.numerator"},
		"committee":   {intake.Indicators, "area_code,indicator,numerator,denominator\n310104003999,x,1,5\n", "intake.not_in_round"},
		"twice":       {intake.Indicators, "area_code,indicator,numerator,denominator\n310104003001,x,1,5\n310104003001,x,2,5\n", "intake.row_twice"},
		"mark":        {intake.Ratings, "area_code,reviewer,criterion,score\n310104003001,某,care,11\n", "intake.score_range"},
	} {
		p, err := s.Check(ctx, manager, intake.Request{Kind: c.kind, Round: id}, source(t, "x.csv", []byte(c.file)), nil)
		if err != nil || len(p.Errors) != 1 || p.Errors[0].Key != c.key {
			t.Errorf("%s: %v %+v", name, err, p)
		}
	}
	for _, who := range []authz.Actor{street, {District: "310104", Role: authz.Panel, Area: "310104"}} {
		if _, err := s.Figures(ctx, who, id); !errs.Is(err, errs.Forbidden) {
			t.Errorf("%s of %s sees the figures: %v", who.Role, who.Area, err)
		}
	}
	if _, err := s.Figures(ctx, manager, app.NewID()); !errs.Is(err, errs.NotFound) {
		t.Errorf("no such round: %v", err)
	}
}
