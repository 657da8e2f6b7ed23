package words

import (
	"context"
	"slices"

	"gongping/internal/authz"
	"gongping/internal/pg"
	"gongping/internal/pg/worddb"
	"gongping/scoring"
	"gongping/scoring/qualitative"
)

// Budget is the share of a unit's answers of one sign that may be credited
// away. It is frozen with every run.
const Budget = 0.1

// RunInput is what the comments of a round give to a scoring run: the
// attributions, and the coding that they rest on. It is empty where no answer
// has one, so that a round without coded comments is scored as ever.
type RunInput struct {
	Attributions      []scoring.Attribution
	AttributionBudget float64
	Coding            *scoring.Coding
}

// RunInput reads it for the service itself, which starts the run.
func (s *Service) RunInput(ctx context.Context, district, roundID string) (in RunInput, err error) {
	err = s.Read(ctx, authz.SystemActor(district), authz.RunStart, authz.Object{}, func(ctx context.Context, db pg.Querier) error {
		in, err = LoadRunInput(ctx, db, district, roundID)
		return err
	})
	return in, err
}

// LoadRunInput reads it within a snapshot of the caller.
func LoadRunInput(ctx context.Context, db pg.Querier, district, roundID string) (in RunInput, err error) {
	if in.Attributions, err = worddb.Attributions(ctx, db, district, roundID); err != nil || len(in.Attributions) == 0 {
		return in, err
	}
	pairs, err := Pairs(ctx, db, district, Scope{Round: roundID})
	if err != nil {
		return in, err
	}
	in.AttributionBudget, in.Coding = Budget, &scoring.Coding{Table: qualitative.CauseTable(pairs)}
	for i := range in.Attributions {
		slices.Sort(in.Attributions[i].Matters)
	}
	return in, nil
}
