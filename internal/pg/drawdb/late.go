package drawdb

import (
	"context"
	"time"

	"gongping/internal/pg"
)

// InsertLate notes that the cases of a commitment are asked until a day,
// although its round is closed.
func InsertLate(ctx context.Context, q pg.Querier, district, commitment, round string, until time.Time, by string, at time.Time) error {
	_, err := q.Exec(ctx, `insert into late_batch (district, commitment_id, round_id, until, by_id, at)
		values ($1,$2,$3,($4::timestamptz at time zone 'Asia/Shanghai')::date,nullif($5,'')::uuid,$6)`, district, commitment, round, until, by, at)
	return err
}

// LateUntil is the last day of a late batch, zero for any other commitment.
func LateUntil(ctx context.Context, q pg.Querier, district, commitment string) (until time.Time, err error) {
	err = q.QueryRow(ctx, `select until from late_batch where district = $1 and commitment_id = $2`, district, commitment).Scan(&until)
	if pg.NoRows(err) {
		return time.Time{}, nil
	}
	return until, err
}

// Left counts the people of a committee in a frame whom no draw of the round holds.
func Left(ctx context.Context, q pg.Querier, district, frame, round, committee string) (n int, err error) {
	err = q.QueryRow(ctx, `select count(*) from frame_person p where p.district = $1 and p.frame_id = nullif($2,'')::uuid and p.committee = $4
		and not exists (select from draw d join draw_selection s on s.district = d.district and s.draw_id = d.id
			where d.district = $1 and d.round_id = $3 and s.person_id = p.person_id)`, district, frame, round, committee).Scan(&n)
	return n, err
}
