// Package auditdb stores and reads the audit log.
package auditdb

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"gongping/internal/audit"
	"gongping/internal/pg"
)

// Append adds entries of one district to the end of its chain. It takes the
// district's chain lock until the transaction ends, so call it last.
func Append(ctx context.Context, q pg.Querier, district string, entries []audit.Entry) error {
	if len(entries) == 0 {
		return nil
	}
	if _, err := q.Exec(ctx, `select pg_advisory_xact_lock(hashtextextended('gongping/audit/'||$1, 0))`, district); err != nil {
		return err
	}
	var seq int64
	var hash []byte
	err := q.QueryRow(ctx, `select seq, hash from audit_log where district = $1 order by seq desc limit 1`, district).Scan(&seq, &hash)
	if err != nil && !pg.NoRows(err) {
		return err
	}
	audit.Chain(seq, hash, entries)
	b := &pgx.Batch{}
	for _, e := range entries {
		b.Queue(`insert into audit_log (district, seq, at, actor_id, actor_role, action, object_kind, object_id, area, detail, prev_hash, hash)
			values ($1,$2,$3,nullif($4,'')::uuid,$5,$6,$7,$8,$9,$10,$11,$12)`,
			e.District, e.Seq, e.At, e.ActorID, e.ActorRole, e.Action, e.Kind, e.ID, e.Area, e.Detail, e.Prev, e.Hash)
	}
	return q.SendBatch(ctx, b).Close()
}

// Queue adds to a flight one entry at the end of its district's chain: the
// database links it (function audit_append of the migrations), because a flight
// cannot wait to learn what the last hash is. Queue it last: the chain is held
// until the flight is committed.
func Queue(b *pgx.Batch, e audit.Entry) {
	b.Queue(`select audit_append($1,$2,nullif($3,'')::uuid,$4,$5,$6,$7,$8,$9)`, e.District, e.At, e.ActorID, e.ActorRole, e.Action, e.Kind, e.ID, e.Area, e.Detail)
}

// Filter narrows a reading of the log. Zero values do not restrict.
type Filter struct {
	Area    string // prefix
	Actor   string
	Action  string
	Actions []string // any of these
	Kind    string
	ID      string
	Since   time.Time
	Until   time.Time // before this time
	Before  int64     // seq below
	Limit   int
}

const columns = `district, seq, at, coalesce(actor_id::text,''), actor_role, action, object_kind, object_id, area, detail, prev_hash, hash`

func scan(r pgx.CollectableRow) (audit.Entry, error) {
	var e audit.Entry
	err := r.Scan(&e.District, &e.Seq, &e.At, &e.ActorID, &e.ActorRole, &e.Action, &e.Kind, &e.ID, &e.Area, &e.Detail, &e.Prev, &e.Hash)
	return e, err
}

// List returns the newest matching records first.
func List(ctx context.Context, q pg.Querier, district string, f Filter) ([]audit.Entry, error) {
	if f.Limit <= 0 || f.Limit > 1000 {
		f.Limit = 100
	}
	rows, err := q.Query(ctx, `select `+columns+` from audit_log
		where district = $1 and starts_with(area, $2) and ($3 = '' or actor_id::text = $3) and ($4 = '' or action = $4)
		  and ($5 = '' or object_kind = $5) and ($6 = '' or object_id = $6) and at >= $7 and ($8::bigint = 0 or seq < $8)
		  and ($10::timestamptz is null or at < $10) and (coalesce(cardinality($11::text[]), 0) = 0 or action = any($11))
		order by seq desc limit $9`, district, f.Area, f.Actor, f.Action, f.Kind, f.ID, f.Since, f.Before, f.Limit, until(f.Until), f.Actions)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, scan)
}

func until(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

// Walk calls fn with every record of a district in order, for verification.
func Walk(ctx context.Context, q pg.Querier, district string, fn func(*audit.Entry) error) error {
	rows, err := q.Query(ctx, `select `+columns+` from audit_log where district = $1 order by seq`, district)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		e, err := scan(rows)
		if err != nil {
			return err
		}
		if err := fn(&e); err != nil {
			return err
		}
	}
	return rows.Err()
}
