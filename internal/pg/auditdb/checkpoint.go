package auditdb

import (
	"context"

	"github.com/jackc/pgx/v5"

	"gongping/internal/audit"
	"gongping/internal/pg"
)

// InsertCheckpoint keeps a signed checkpoint.
func InsertCheckpoint(ctx context.Context, q pg.Querier, c audit.Checkpoint, by string) error {
	_, err := q.Exec(ctx, `insert into audit_checkpoint (district, seq, hash, at, signature, public_key, by_id) values ($1,$2,$3,$4,$5,$6,nullif($7,'')::uuid)`,
		c.District, c.Records, []byte(c.Hash), c.At, []byte(c.Signature), []byte(c.PublicKey), by)
	return err
}

// Checkpoints lists the signed checkpoints of a district, newest first.
func Checkpoints(ctx context.Context, q pg.Querier, district string, limit int) ([]audit.Checkpoint, error) {
	rows, err := q.Query(ctx, `select district, seq, hash, at, signature, public_key from audit_checkpoint where district = $1 order by at desc, seq desc limit $2`, district, limit)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(r pgx.CollectableRow) (c audit.Checkpoint, err error) {
		c.Format = audit.CheckpointFormat
		err = r.Scan(&c.District, &c.Records, (*[]byte)(&c.Hash), &c.At, (*[]byte)(&c.Signature), (*[]byte)(&c.PublicKey))
		c.At = c.At.UTC()
		return c, err
	})
}

// Names returns the display names of accounts that appear in a log, by id.
func Names(ctx context.Context, q pg.Querier, district string, ids []string) (map[string]string, error) {
	rows, err := q.Query(ctx, `select id::text, display_name from account where district = $1 and id::text = any($2)`, district, ids)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	names := map[string]string{}
	for rows.Next() {
		var id, name string
		if err := rows.Scan(&id, &name); err != nil {
			return nil, err
		}
		names[id] = name
	}
	return names, rows.Err()
}

// Kinds lists the actions and kinds of objects that occur in a log.
func Kinds(ctx context.Context, q pg.Querier, district string) (actions, kinds []string, err error) {
	err = q.QueryRow(ctx, `select coalesce(array_agg(distinct action order by action), '{}'), coalesce(array_agg(distinct object_kind order by object_kind), '{}')
		from audit_log where district = $1`, district).Scan(&actions, &kinds)
	return actions, kinds, err
}

// Person is an account that occurs in a log.
type Person struct{ ID, Name string }

// People lists the accounts that occur in a log, by name.
func People(ctx context.Context, q pg.Querier, district string) ([]Person, error) {
	rows, err := q.Query(ctx, `select a.id::text, a.display_name from account a where a.district = $1
		and exists (select 1 from audit_log l where l.district = a.district and l.actor_id = a.id) order by a.display_name, a.id`, district)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[Person])
}
