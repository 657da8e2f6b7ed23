package intakedb

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"gongping/internal/pg"
)

// InUse tells whether a round that draws from a frame is under way: frozen,
// drawn or collecting.
func InUse(ctx context.Context, q pg.Querier, district, frameID string) (bool, error) {
	var yes bool
	err := q.QueryRow(ctx, `select exists (select from round r where r.district = $1 and r.frame_id = $2
		and (select e.state from round_event e where e.district = r.district and e.round_id = r.id order by e.seq desc limit 1)
			in ('frozen','drawn','collecting'))`, district, frameID).Scan(&yes)
	return yes, err
}

// SealedRecord returns the sealed private record of a person; pgx.ErrNoRows
// where the frame does not hold them.
func SealedRecord(ctx context.Context, q pg.Querier, district, frameID, person string) (sealed []byte, err error) {
	err = q.QueryRow(ctx, `select sealed from identity.person where district = $1 and frame_id = $2 and person_id = $3`, district, frameID, person).Scan(&sealed)
	return sealed, err
}

// ReceiptCode is a code that fetches a receipt.
type ReceiptCode struct {
	Hash    []byte
	FrameID string
	Sealed  []byte // the published id of the person
	Expires time.Time
	Taken   *time.Time
}

// InsertReceiptCode adds a code.
func InsertReceiptCode(ctx context.Context, q pg.Querier, district string, c ReceiptCode, by string, at time.Time) error {
	_, err := q.Exec(ctx, `insert into frame_receipt_code (district, code_hash, frame_id, sealed, created_by, created_at, expires_at)
		values ($1,$2,$3,$4,nullif($5,'')::uuid,$6,$7)`, district, c.Hash, c.FrameID, c.Sealed, by, at, c.Expires)
	return err
}

// GetReceiptCode returns a code.
func GetReceiptCode(ctx context.Context, q pg.Querier, district string, hash []byte) (ReceiptCode, error) {
	rows, err := q.Query(ctx, `select c.code_hash, c.frame_id::text, c.sealed, c.expires_at, t.at from frame_receipt_code c
		left join frame_receipt_taken t on t.district = c.district and t.code_hash = c.code_hash where c.district = $1 and c.code_hash = $2`, district, hash)
	if err != nil {
		return ReceiptCode{}, err
	}
	return pgx.CollectExactlyOneRow(rows, pgx.RowToStructByPos[ReceiptCode])
}

// TakeReceiptCode notes the first use of a code.
func TakeReceiptCode(ctx context.Context, q pg.Querier, district string, hash []byte, at time.Time) error {
	_, err := q.Exec(ctx, `insert into frame_receipt_taken (district, code_hash, at) values ($1,$2,$3) on conflict do nothing`, district, hash, at)
	return err
}

// Present tells which of the ids a frame holds.
func Present(ctx context.Context, q pg.Querier, district, frameID string, ids []string) (map[string]bool, error) {
	rows, err := q.Query(ctx, `select person_id from frame_person where district = $1 and frame_id = $2 and person_id = any($3)`, district, frameID, ids)
	if err != nil {
		return nil, err
	}
	out := map[string]bool{}
	var id string
	_, err = pgx.ForEachRow(rows, []any{&id}, func() error { out[id] = true; return nil })
	return out, err
}

// SealedPerson is a sealed record with the place that it is bound to.
type SealedPerson struct {
	Frame, Person string
	Sealed        []byte
}

// AnySealed returns the first few sealed records of whatever district; none
// where nothing has been sealed yet. They tell whether a key is the one that the
// database was sealed with.
func AnySealed(ctx context.Context, q pg.Querier) ([]SealedPerson, error) {
	rows, err := q.Query(ctx, `select frame_id::text, person_id, sealed from identity.person limit 3`)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[SealedPerson])
}
