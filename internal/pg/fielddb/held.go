package fielddb

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"gongping/internal/pg"
)

// HeldRow is an answer that is kept and not counted, with what was decided
// about it.
type HeldRow struct {
	ID, RoundID, CaseID, Committee, CommitteeName, Reason string
	ReceivedAt                                            time.Time
	Complete                                              bool // the case has an answer
	Admitted                                              *bool
	DecidedWhy                                            string
	DecidedAt                                             *time.Time
}

const heldSQL = `select h.id::text, h.round_id::text, h.case_id::text, c.committee, ar.name, h.reason, h.received_at,
	exists (select 1 from case_completion d where d.district = h.district and d.case_id = h.case_id), x.admitted, coalesce(x.reason,''), x.at
	from response_held h join survey_case c on c.district = h.district and c.id = h.case_id
	join area ar on ar.district = c.district and ar.code = c.committee
	left join response_held_decision x on x.district = h.district and x.held_id = h.id where h.district = $1 and `

// HeldRows lists the answers of a round within an area that are held, newest first.
func HeldRows(ctx context.Context, q pg.Querier, district, round, area string) ([]HeldRow, error) {
	rows, err := q.Query(ctx, heldSQL+`h.round_id = $2 and starts_with(c.committee, $3) order by x.at is not null, h.received_at desc, h.id`, district, round, area)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[HeldRow])
}

// GetHeld returns one held answer and its sealed content.
func GetHeld(ctx context.Context, q pg.Querier, district, id string) (h HeldRow, payload []byte, err error) {
	rows, err := q.Query(ctx, heldSQL+`h.id = $2`, district, id)
	if err != nil {
		return h, nil, err
	}
	if h, err = pgx.CollectExactlyOneRow(rows, pgx.RowToStructByPos[HeldRow]); err != nil {
		return h, nil, err
	}
	err = q.QueryRow(ctx, `select payload from response_held where district = $1 and id = $2`, district, id).Scan(&payload)
	return h, payload, err
}

// DecideHeld writes a decision down and tells whether it was the first.
func DecideHeld(ctx context.Context, q pg.Querier, district, id string, admitted bool, reason, by string, at time.Time) (bool, error) {
	tag, err := q.Exec(ctx, `insert into response_held_decision (district, held_id, admitted, reason, by_id, at)
		values ($1,$2,$3,$4,nullif($5,'')::uuid,$6) on conflict do nothing`, district, id, admitted, reason, by, at)
	return tag.RowsAffected() == 1, err
}
