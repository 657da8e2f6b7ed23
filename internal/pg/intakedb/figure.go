package intakedb

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"gongping/internal/pg"
	"gongping/internal/tabular/layout"
)

// InsertIndicators stores the indicators of an import.
func InsertIndicators(ctx context.Context, q pg.Querier, district, importID, round string, list []layout.Figure) error {
	_, err := q.CopyFrom(ctx, pgx.Identifier{"indicator_value"},
		[]string{"district", "import_id", "round_id", "committee", "indicator", "numerator", "denominator"},
		pgx.CopyFromSlice(len(list), func(i int) ([]any, error) {
			f := list[i]
			return []any{district, importID, round, f.Area, f.Indicator, f.Numerator, f.Denominator}, nil
		}))
	return err
}

// InsertRatings stores panel ratings.
func InsertRatings(ctx context.Context, q pg.Querier, district, round string, list []layout.Mark, id func() string, at time.Time) error {
	_, err := q.CopyFrom(ctx, pgx.Identifier{"panel_rating"},
		[]string{"district", "id", "round_id", "committee", "reviewer", "criterion", "score", "note", "at"},
		pgx.CopyFromSlice(len(list), func(i int) ([]any, error) {
			m := list[i]
			return []any{district, id(), round, m.Area, m.Reviewer, m.Criterion, m.Score, m.Note, at}, nil
		}))
	return err
}

// RatingKeys returns what is already rated in a round, as
// "committee/criterion/reviewer".
func RatingKeys(ctx context.Context, q pg.Querier, district, round string) (map[string]bool, error) {
	rows, err := q.Query(ctx, `select committee || '/' || criterion || '/' || reviewer from panel_rating where district = $1 and round_id = $2`, district, round)
	if err != nil {
		return nil, err
	}
	out := map[string]bool{}
	var key string
	_, err = pgx.ForEachRow(rows, []any{&key}, func() error { out[key] = true; return nil })
	return out, err
}

// FigureCount is how much of an indicator or criterion a round has.
type FigureCount struct {
	Name       string `json:"name"`
	Committees int    `json:"committees"`
	Values     int    `json:"values"`
}

// IndicatorCounts counts the indicators of a round.
func IndicatorCounts(ctx context.Context, q pg.Querier, district, round string) ([]FigureCount, error) {
	return counts(ctx, q, `select indicator, count(distinct committee), count(*) from indicator_value
		where district = $1 and round_id = $2 group by indicator order by indicator`, district, round)
}

// RatingCounts counts the panel ratings of a round by criterion.
func RatingCounts(ctx context.Context, q pg.Querier, district, round string) ([]FigureCount, error) {
	return counts(ctx, q, `select criterion, count(distinct committee), count(*) from panel_rating
		where district = $1 and round_id = $2 group by criterion order by criterion`, district, round)
}

func counts(ctx context.Context, q pg.Querier, sql, district, round string) ([]FigureCount, error) {
	rows, err := q.Query(ctx, sql, district, round)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[FigureCount])
}
