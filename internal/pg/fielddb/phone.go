package fielddb

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"gongping/internal/pg"
)

// Device is a phone that an evaluator works offline with.
type Device struct {
	ID, Account string
	CreatedAt   time.Time
	RevokedAt   *time.Time // nil unless it is blocked now
}

// state joins the latest act on a phone.
const deviceState = ` left join lateral (select e.kind, e.at, e.reason from field_device_event e
	where e.district = d.district and e.device_id = d.id order by e.seq desc limit 1) e on true `

const deviceColumns = `d.id::text, d.account_id::text, d.created_at, case when e.kind = 'revoked' then e.at end`

// GetDevice returns a device.
func GetDevice(ctx context.Context, q pg.Querier, district, id string) (Device, error) {
	rows, err := q.Query(ctx, `select `+deviceColumns+` from field_device d`+deviceState+`where d.district = $1 and d.id = $2`, district, id)
	if err != nil {
		return Device{}, err
	}
	return pgx.CollectExactlyOneRow(rows, pgx.RowToStructByPos[Device])
}

// Phone is a device with its evaluator and what it last said of itself.
type Phone struct {
	Device
	Name, Area             string // of the evaluator
	Reason                 string // of the latest act, "" for none
	SeenAt                 *time.Time
	Waiting, Drafts, Stuck int
	Build                  string
}

const phoneQuery = `select ` + deviceColumns + `, a.display_name, a.area_code, coalesce(e.reason, ''), n.at, coalesce(n.waiting, 0), coalesce(n.drafts, 0),
		coalesce(n.stuck, 0), coalesce(n.build, '')
	from field_device d join account a on a.district = d.district and a.id = d.account_id` + deviceState +
	`left join field_device_seen n on n.district = d.district and n.device_id = d.id where d.district = $1 and `

func scanPhone(row pgx.CollectableRow) (p Phone, err error) {
	err = row.Scan(&p.ID, &p.Account, &p.CreatedAt, &p.RevokedAt, &p.Name, &p.Area, &p.Reason, &p.SeenAt, &p.Waiting, &p.Drafts, &p.Stuck, &p.Build)
	return p, err
}

// PhoneFilter narrows Phones: those of one account, or those of evaluators
// whose area lies in the given one or holds it.
type PhoneFilter struct{ Account, Area string }

// Phones lists phones by evaluator, newest first.
func Phones(ctx context.Context, q pg.Querier, district string, f PhoneFilter) ([]Phone, error) {
	rows, err := q.Query(ctx, phoneQuery+`($2 = '' or d.account_id::text = $2) and ($3 = '' or starts_with(a.area_code, $3) or starts_with($3, a.area_code))
		order by a.display_name, d.account_id, d.created_at desc, d.id`, district, f.Account, f.Area)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, scanPhone)
}

// GetPhone returns one phone.
func GetPhone(ctx context.Context, q pg.Querier, district, id string) (Phone, error) {
	rows, err := q.Query(ctx, phoneQuery+`d.id = $2`, district, id)
	if err != nil {
		return Phone{}, err
	}
	return pgx.CollectExactlyOneRow(rows, scanPhone)
}

// InsertDevice registers a device; a repeat changes nothing.
func InsertDevice(ctx context.Context, q pg.Querier, district, id, account string, at time.Time) error {
	_, err := q.Exec(ctx, `insert into field_device (district, id, account_id, created_at) values ($1,$2,$3,$4) on conflict do nothing`, district, id, account, at)
	return err
}

// MarkDevice blocks a device or lets it in again, and tells whether that
// changed anything.
func MarkDevice(ctx context.Context, q pg.Querier, district, id string, block bool, by, reason string, at time.Time) (changed bool, err error) {
	kind := map[bool]string{true: "revoked", false: "restored"}[block]
	tag, err := q.Exec(ctx, `insert into field_device_event (district, device_id, seq, kind, by_id, at, reason)
		select $1, $2, coalesce(max(seq), 0) + 1, $3, nullif($4,'')::uuid, $5, $6 from field_device_event where district = $1 and device_id = $2
		having coalesce((array_agg(kind order by seq desc))[1], 'restored') <> $3`, district, id, kind, by, at, reason)
	return tag.RowsAffected() == 1, err
}

// SeeDevice writes what a phone said of itself over what it said before.
func SeeDevice(ctx context.Context, q pg.Querier, district, id string, at time.Time, waiting, drafts, stuck int, build string) error {
	_, err := q.Exec(ctx, `insert into field_device_seen (district, device_id, at, waiting, drafts, stuck, build) values ($1,$2,$3,$4,$5,$6,$7)
		on conflict (district, device_id) do update set at = excluded.at, waiting = excluded.waiting, drafts = excluded.drafts, stuck = excluded.stuck, build = excluded.build`,
		district, id, at, waiting, drafts, stuck, build)
	return err
}
