package fielddb

import (
	"context"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"gongping/internal/pg"
)

// Facts calls fn with every case of a round in some committees: what can never
// change of it, and whether it is complete. The id is passed beside the target,
// whose CaseID, RoundID and Evaluator stay empty and which is used again for the
// next.
func Facts(ctx context.Context, q pg.Querier, district, round, frame string, committees []string, fn func(uuid.UUID, *Target)) error {
	rows, err := q.Query(ctx, `select c.id, c.committee, c.stratum, coalesce(s.cluster, ''), c.design_weight, coalesce(p.sex, ''), coalesce(p.tenure, ''),
			coalesce(p.building, ''), coalesce(p.household, ''), coalesce(p.birth_year, 0), d.case_id is not null
		from survey_case c
		left join draw_selection s on s.district = c.district and s.draw_id = c.draw_id and s.person_id = c.person_id
		left join frame_person p on p.district = c.district and p.frame_id = nullif($3, '')::uuid and p.person_id = c.person_id
		left join case_completion d on d.district = c.district and d.case_id = c.id
		where c.district = $1 and c.round_id = $2 and c.committee = any($4)`, district, round, frame, committees)
	if err != nil {
		return err
	}
	var id pgtype.UUID
	var t Target
	_, err = pgx.ForEachRow(rows, []any{&id, &t.Committee, &t.Stratum, &t.Cluster, &t.DesignWeight, &t.Sex, &t.Tenure, &t.Building, &t.Household,
		&t.BirthYear, &t.Complete}, func() error {
		fn(id.Bytes, &t)
		return nil
	})
	return err
}
