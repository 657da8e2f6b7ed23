package grades

import (
	"context"
	"slices"

	"gongping/internal/pg"
	"gongping/internal/pg/gradedb"
	"gongping/internal/pg/rounddb"
	"gongping/scoring/composite"
	"gongping/scoring/grade"
	"gongping/survey"
	"gongping/survey/instrument"
)

// measured is what makes the grades of two rounds comparable.
type measured struct {
	round     survey.Round
	book      *composite.RuleBook
	questions *instrument.Questionnaire
}

func measure(ctx context.Context, q pg.Querier, district, roundID string) (m measured, err error) {
	if m.round, m.book, err = rules(ctx, q, district, roundID); err != nil {
		return m, err
	}
	v, err := rounddb.Questionnaires.Get(ctx, q, district, m.round.QuestionnaireID, m.round.QuestionnaireVersion)
	if err != nil {
		return m, err
	}
	m.questions, err = instrument.Decode(v.Body)
	return m, err
}

// outcomes are the signed outcomes of a unit, the latest first, each with how it
// stands to the one after it. A round for which no grades were proposed is no
// assessment: it neither counts nor breaks a row.
func outcomes(ctx context.Context, q pg.Querier, district, unit string) ([]grade.Round, error) {
	list, err := gradedb.History(ctx, q, district, unit)
	if err != nil {
		return nil, err
	}
	out := make([]grade.Round, len(list))
	var later measured
	for i, x := range list {
		out[i] = grade.Round{Grade: x.Grade, Reliability: x.Reliability, Excused: x.Excused}
		m, err := measure(ctx, q, district, x.RoundID)
		if err != nil {
			return nil, err
		}
		if i > 0 {
			out[i].OtherScale = !sameScale(m.book.GradeRules().Scale, later.book.GradeRules().Scale)
			out[i].OtherMeasure = m.round.Kind != later.round.Kind || !instrument.SameScored(m.questions, later.questions)
			out[i].Overlaps = !m.round.ClosesOn.Before(later.round.OpensOn)
		}
		later = m
	}
	return out, nil
}

// sameScale tells whether grades of two rule books have the same names and
// bounds.
func sameScale(a, b []composite.Band) bool {
	return slices.EqualFunc(a, b, func(x, y composite.Band) bool { return x.ID == y.ID && x.From == y.From })
}
