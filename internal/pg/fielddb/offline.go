package fielddb

import (
	"context"

	"github.com/jackc/pgx/v5"

	"gongping/internal/pg"
)

// HeldBy lists, by case, every evaluator that a case was ever assigned to.
func HeldBy(ctx context.Context, q pg.Querier, district string, cases []string) (map[string][]string, error) {
	rows, err := q.Query(ctx, `select case_id::text, array_agg(distinct evaluator_id::text) from case_assignment
		where district = $1 and case_id = any($2::text[]::uuid[]) group by 1`, district, cases)
	if err != nil {
		return nil, err
	}
	out := map[string][]string{}
	var id string
	var list []string
	_, err = pgx.ForEachRow(rows, []any{&id, &list}, func() error {
		out[id] = append([]string(nil), list...)
		return nil
	})
	return out, err
}

// AttemptsOf lists the attempts of several cases in the order of their time.
func AttemptsOf(ctx context.Context, q pg.Querier, district string, cases []string) (map[string][]Attempt, error) {
	list, err := attempts(q.Query(ctx, `select `+attemptColumns+` from contact_attempt t
		left join account a on a.district = t.district and a.id = t.evaluator_id
		where t.district = $1 and t.case_id = any($2::text[]::uuid[]) order by t.at, t.id`, district, cases))
	out := map[string][]Attempt{}
	for _, a := range list {
		out[a.CaseID] = append(out[a.CaseID], a)
	}
	return out, err
}

// Identities returns the sealed private records of several people of a frame.
func Identities(ctx context.Context, q pg.Querier, district, frameID string, people []string) (map[string][]byte, error) {
	rows, err := q.Query(ctx, `select person_id, sealed from identity.person where district = $1 and frame_id = $2 and person_id = any($3)`,
		district, frameID, people)
	if err != nil {
		return nil, err
	}
	out := map[string][]byte{}
	var id string
	var sealed []byte
	_, err = pgx.ForEachRow(rows, []any{&id, &sealed}, func() error {
		out[id] = append([]byte(nil), sealed...)
		return nil
	})
	return out, err
}
