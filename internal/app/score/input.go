package score

import (
	"context"
	"time"

	"gongping/internal/app"
	"gongping/internal/app/records"
	"gongping/internal/app/words"
	"gongping/internal/authz"
	"gongping/internal/pg"
	"gongping/internal/pg/rounddb"
	"gongping/internal/pg/scoredb"
	"gongping/scoring"
	"gongping/scoring/composite"
	"gongping/survey"
	"gongping/survey/instrument"
)

// input reads everything that a run is made from in one snapshot.
func (s *Service) input(ctx context.Context, district, roundID string) (*scoring.Input, error) {
	in := &scoring.Input{Format: scoring.InputFormat, District: district, RoundID: roundID, UnitDegrees: true}
	err := s.Read(ctx, authz.SystemActor(district), authz.RunStart, authz.Object{}, func(ctx context.Context, db pg.Querier) error {
		r, err := rounddb.Get(ctx, db, district, roundID)
		if err != nil {
			return app.NotFound(err, "round")
		}
		in.RoundTitle = r.Title
		if err := s.documents(ctx, db, district, r, in); err != nil {
			return err
		}
		return s.columns(ctx, db, district, r, in)
	})
	return in, err
}

func (s *Service) documents(ctx context.Context, db pg.Querier, district string, r survey.Round, in *scoring.Input) error {
	q, err := rounddb.Questionnaires.Get(ctx, db, district, r.QuestionnaireID, r.QuestionnaireVersion)
	if err != nil {
		return err
	}
	questionnaire, err := instrument.Decode(q.Body)
	if err != nil {
		return err
	}
	b, err := rounddb.RuleBooks.Get(ctx, db, district, r.RuleBookID, r.RuleBookVersion)
	if err != nil {
		return err
	}
	book, err := composite.DecodeRuleBook(b.Body)
	if err != nil {
		return err
	}
	in.Questionnaire, in.RuleBook = *questionnaire, *book
	return nil
}

func (s *Service) columns(ctx context.Context, db pg.Querier, district string, r survey.Round, in *scoring.Input) (err error) {
	if in.Units, err = scoredb.Units(ctx, db, district, r.ID); err != nil {
		return err
	}
	if in.Strata, err = scoredb.Strata(ctx, db, district, r.ID); err != nil {
		return err
	}
	if r.FrameID != "" {
		if in.Margins, err = margins(ctx, db, district, r); err != nil {
			return err
		}
	}
	if in.Outcomes, err = scoredb.Outcomes(ctx, db, district, r.ID); err != nil {
		return err
	}
	items := in.Questionnaire.Items
	values := func(given map[string]string) []string {
		v := make([]string, len(items))
		for i, it := range items {
			if it.Kind.Frozen() {
				v[i] = given[it.ID]
			}
		}
		return v
	}
	hide := func(kind string) func(string) string {
		return func(id string) string { return s.Seal.Pseudonym("run/"+r.ID+"/"+kind, id) }
	}
	if in.Answers, err = scoredb.Answers(ctx, db, district, r.ID, values, hide("evaluator")); err != nil {
		return err
	}
	if in.Exclusions, err = scoredb.Exclusions(ctx, db, district, r.ID); err != nil {
		return err
	}
	if in.Indicators, err = scoredb.Indicators(ctx, db, district, r.ID); err != nil {
		return err
	}
	if in.Indicators, err = records.Indicators(ctx, db, district, r, &in.RuleBook, in.Indicators); err != nil {
		return err
	}
	if in.Ratings, err = scoredb.Ratings(ctx, db, district, r.ID, hide("reviewer")); err != nil {
		return err
	}
	if in.Previous, err = scoredb.PreviousOf(ctx, db, district, r.ID); err != nil {
		return err
	}
	said, err := words.LoadRunInput(ctx, db, district, r.ID)
	in.Attributions, in.AttributionBudget, in.Coding = said.Attributions, said.AttributionBudget, said.Coding
	return err
}

func margins(ctx context.Context, db pg.Querier, district string, r survey.Round) ([]scoring.Margin, error) {
	year := r.OpensOn.In(time.UTC).Year()
	people, err := scoredb.Population(ctx, db, district, r.FrameID, r.AreaCode, year)
	if err != nil {
		return nil, err
	}
	var out []scoring.Margin
	at := map[scoring.Margin]int{}
	for _, p := range people {
		key := scoring.Margin{Committee: p.Committee, Sex: p.Sex, AgeBand: survey.AgeBand(p.BirthYear, year)}
		i, ok := at[key]
		if !ok {
			i = len(out)
			at[key] = i
			out = append(out, key)
		}
		out[i].Persons += p.Persons
	}
	return out, nil
}
