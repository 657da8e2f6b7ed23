package fielddb

import (
	"context"
	"time"

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

// Device is a phone that an evaluator works offline with.
type Device struct {
	ID, Account string
	CreatedAt   time.Time
	RevokedAt   *time.Time
}

const deviceSQL = `select d.id::text, d.account_id::text, d.created_at,
	(select e.at from field_device_event e where e.district = d.district and e.device_id = d.id and e.kind = 'revoked')
	from field_device d where d.district = $1 and `

// GetDevice returns a device.
func GetDevice(ctx context.Context, q pg.Querier, district, id string) (Device, error) {
	rows, err := q.Query(ctx, deviceSQL+`d.id = $2`, district, id)
	if err != nil {
		return Device{}, err
	}
	return pgx.CollectExactlyOneRow(rows, pgx.RowToStructByPos[Device])
}

// Devices lists the devices of an account, newest first.
func Devices(ctx context.Context, q pg.Querier, district, account string) ([]Device, error) {
	rows, err := q.Query(ctx, deviceSQL+`d.account_id = $2 order by d.created_at desc, d.id`, district, account)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[Device])
}

// InsertDevice registers a device; a repeat changes nothing.
func InsertDevice(ctx context.Context, q pg.Querier, district, id, account string, at time.Time) error {
	_, err := q.Exec(ctx, `insert into field_device (district, id, account_id, created_at) values ($1,$2,$3,$4) on conflict do nothing`, district, id, account, at)
	return err
}

// RevokeDevice ends a device; a repeat changes nothing.
func RevokeDevice(ctx context.Context, q pg.Querier, district, id, by string, at time.Time) error {
	_, err := q.Exec(ctx, `insert into field_device_event (district, device_id, kind, by_id, at) values ($1,$2,'revoked',nullif($3,'')::uuid,$4)
		on conflict do nothing`, district, id, by, at)
	return err
}
