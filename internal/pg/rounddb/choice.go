package rounddb

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"gongping/internal/pg"
	"gongping/survey"
)

// Areas returns the area tree within an area down to the committees, by code.
func Areas(ctx context.Context, q pg.Querier, district, within string) ([]survey.Area, error) {
	rows, err := q.Query(ctx, `select code, coalesce(parent_code,''), level, name, kind from area
		where district = $1 and starts_with(code, $2) and level <= 3 order by code`, district, within)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[survey.Area])
}

// AreaNames returns the names of an area and of all below it by code.
func AreaNames(ctx context.Context, q pg.Querier, district, within string) (map[string]string, error) {
	rows, err := q.Query(ctx, `select code, name from area where district = $1 and (starts_with(code, $2) or starts_with($2, code))`, district, within)
	if err != nil {
		return nil, err
	}
	names := map[string]string{}
	var code, name string
	_, err = pgx.ForEachRow(rows, []any{&code, &name}, func() error { names[code] = name; return nil })
	return names, err
}

// Frame is a frame as a round may choose it.
type Frame struct {
	ID, Name  string
	People    int64
	CreatedAt time.Time
	FrozenAt  *time.Time
}

// Frames lists the frames of a district, newest first.
func Frames(ctx context.Context, q pg.Querier, district string) ([]Frame, error) {
	rows, err := q.Query(ctx, `select f.id::text, f.name, f.n_people, f.created_at, z.frozen_at from frame f
		left join frame_freeze z on z.district = f.district and z.frame_id = f.id
		where f.district = $1 order by f.created_at desc, f.id`, district)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[Frame])
}

// Candidate is an account that may collect.
type Candidate struct{ AccountID, Login, Name, Area string }

// Candidates lists the evaluators of a district whose accounts are active.
func Candidates(ctx context.Context, q pg.Querier, district string) ([]Candidate, error) {
	rows, err := q.Query(ctx, `select id::text, login, display_name, area_code from account
		where district = $1 and role = 'evaluator' and disabled_at is null order by area_code, login`, district)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[Candidate])
}

// Titles returns the names of the frame, questionnaire and rule book of a round.
func Titles(ctx context.Context, q pg.Querier, district string, r survey.Round) (frame, questionnaire, rules string, err error) {
	err = q.QueryRow(ctx, `select
		coalesce((select name from frame where district = $1 and id = nullif($2,'')::uuid), ''),
		coalesce((select title from questionnaire where district = $1 and id = $3 and version = $4), ''),
		coalesce((select title from rule_book where district = $1 and id = $5 and version = $6), '')`,
		district, r.FrameID, r.QuestionnaireID, r.QuestionnaireVersion, r.RuleBookID, r.RuleBookVersion).Scan(&frame, &questionnaire, &rules)
	return frame, questionnaire, rules, err
}
