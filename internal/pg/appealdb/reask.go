package appealdb

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"gongping/internal/pg"
)

// Effects counts the answers that an appeal's decision set aside.
func Effects(ctx context.Context, q pg.Querier, district, appealID string) (n int, err error) {
	err = q.QueryRow(ctx, `select count(*) from appeal_effect where district = $1 and appeal_id = $2`, district, appealID).Scan(&n)
	return n, err
}

// Interviewers lists who interviewed the answers that an appeal's decision set
// aside: none of them asks anew.
func Interviewers(ctx context.Context, q pg.Querier, district, appealID string) ([]string, error) {
	return collect(ctx, q, `select distinct r.evaluator_id::text from appeal_effect e join response r on r.district = e.district and r.id = e.response_id
		where e.district = $1 and e.appeal_id = $2 and r.evaluator_id is not null order by 1`, pgx.RowTo[string], district, appealID)
}

// AddReAsk notes which batch stands for an appeal, and for how many of its answers.
func AddReAsk(ctx context.Context, q pg.Querier, district, appealID, commitment string, n int, at time.Time) error {
	_, err := q.Exec(ctx, `insert into appeal_reask (district, appeal_id, commitment_id, n, at) values ($1,$2,$3,$4,$5)`, district, appealID, commitment, n, at)
	return err
}

// Asked is how a batch that stands for an appeal has got on.
type Asked struct {
	Commitment string
	Discarded  bool // the commitment was given up
	Drawn      bool
	Cases      int // open or ended, in the appeal's unit
	Complete   int
	Unassigned int // of the cases, that nobody holds and nobody answered
	Want       int // answers of all appeals of the unit that the batch stands for
}

// ReAsked returns the newest batch that stands for an appeal; Commitment is ""
// where none was opened.
func ReAsked(ctx context.Context, q pg.Querier, district, appealID string) (a Asked, err error) {
	err = q.QueryRow(ctx, `select k.commitment_id::text, exists (select from draw_discard x where x.district = k.district and x.commitment_id = k.commitment_id),
			exists (select from draw d where d.district = k.district and d.commitment_id = k.commitment_id),
			(select count(*)::int from survey_case c join draw d on d.district = c.district and d.id = c.draw_id where d.district = k.district and d.commitment_id = k.commitment_id and c.committee = p.unit),
			(select count(*)::int from survey_case c join draw d on d.district = c.district and d.id = c.draw_id join case_completion e on e.district = c.district and e.case_id = c.id
				where d.district = k.district and d.commitment_id = k.commitment_id and c.committee = p.unit),
			(select count(*)::int from survey_case c join draw d on d.district = c.district and d.id = c.draw_id where d.district = k.district and d.commitment_id = k.commitment_id and c.committee = p.unit
				and not exists (select from case_assignment z where z.district = c.district and z.case_id = c.id)
				and not exists (select from case_completion e where e.district = c.district and e.case_id = c.id)),
			(select sum(o.n)::int from appeal_reask o join appeal u on u.district = o.district and u.id = o.appeal_id where o.district = k.district and o.commitment_id = k.commitment_id and u.unit = p.unit)
		from appeal_reask k join appeal p on p.district = k.district and p.id = k.appeal_id
		where k.district = $1 and k.appeal_id = $2 order by k.at desc limit 1`, district, appealID).
		Scan(&a.Commitment, &a.Discarded, &a.Drawn, &a.Cases, &a.Complete, &a.Unassigned, &a.Want)
	if pg.NoRows(err) {
		return Asked{}, nil
	}
	return a, err
}
