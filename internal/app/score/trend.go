package score

import (
	"context"
	"slices"

	"gongping/internal/authz"
	"gongping/internal/pg"
	"gongping/internal/pg/rounddb"
	"gongping/internal/pg/scoredb"
	"gongping/scoring"
	"gongping/survey/instrument"
)

// maxTrend is how many rounds a trend looks back.
const maxTrend = 12

// Why two rounds cannot be compared.
const (
	ApartQuestions = "questions" // other scored questions
	ApartMethod    = "method"    // another way of sampling, adjusting or attributing
)

// Past is a unit's result of one round, as the newest published run has it.
type Past struct {
	Title string // of the round
	RunID string
	Unit  scoring.UnitResult
	Apart string // why it cannot be compared with the round before; "" where it can
}

// method is what makes scores of two rounds comparable besides the questions.
type method struct {
	questions  *instrument.Questionnaire
	kind       string // drawn or imported
	attributed bool   // causes outside the remit were credited away in this unit
	covariates []string
}

func (m *method) apart(from *method) string {
	switch {
	case from == nil:
		return ""
	case !instrument.SameScored(m.questions, from.questions):
		return ApartQuestions
	case m.kind != from.kind || m.attributed != from.attributed || !slices.Equal(m.covariates, from.covariates):
		return ApartMethod
	}
	return ""
}

// Trend returns a unit's results of the published rounds it was part of, the
// oldest first, each as the actor may see it.
func (s *Service) Trend(ctx context.Context, who authz.Actor, unit string) (list []Past, err error) {
	err = s.Read(ctx, who, authz.RunRead, authz.Object{Area: unit}, func(ctx context.Context, db pg.Querier) error {
		rounds, _, err := scoredb.PublishedRounds(ctx, db, who.District, unit, maxTrend, 0)
		if err != nil {
			return err
		}
		slices.Reverse(rounds)
		var before *method
		for _, r := range rounds {
			row, err := scoredb.UnitOf(ctx, db, who.District, r.RunID, unit)
			if pg.NoRows(err) {
				continue // the round did not reach this unit
			}
			if err != nil {
				return err
			}
			p := Past{Title: r.Title, RunID: r.RunID, Unit: row.UnitResult}
			m, err := s.past(ctx, db, who, r, &p.Unit)
			if err != nil {
				return err
			}
			p.Apart, before = m.apart(before), m
			list = append(list, p)
		}
		return nil
	})
	return list, err
}

// past makes a unit's result what the actor may see, and tells how it was made.
func (s *Service) past(ctx context.Context, db pg.Querier, who authz.Actor, r scoredb.Published, u *scoring.UnitResult) (*method, error) {
	round, err := rounddb.Get(ctx, db, who.District, r.RoundID)
	if err != nil {
		return nil, err
	}
	in := &scoring.Input{}
	if err := s.documents(ctx, db, who.District, round, in); err != nil {
		return nil, err
	}
	run, err := scoredb.Get(ctx, db, who.District, r.RunID)
	if err != nil {
		return nil, err
	}
	sum, _, _, err := scoredb.Summary(ctx, db, who.District, r.RunID)
	if err != nil {
		return nil, err
	}
	v, err := newVeil(ctx, db, who, run, &in.RuleBook)
	if err != nil {
		return nil, err
	}
	m := &method{questions: &in.Questionnaire, kind: round.Kind, attributed: u.Attribution != nil && u.Attribution.Effect != 0}
	for _, x := range sum.CaseMixSlopes {
		m.covariates = append(m.covariates, x.Covariate)
	}
	slices.Sort(m.covariates)
	return m, v.show(ctx, db, who.District, u)
}
