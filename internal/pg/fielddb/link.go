package fielddb

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"gongping/internal/pg"
)

// Link is a resident's personal link; the token itself is never stored.
type Link struct {
	Hash            []byte
	CaseID          string
	CreatedAt       time.Time
	ExpiresAt       time.Time
	Opened, Used    bool
	Revoked         bool
	RoundID, Street string
}

const linkColumns = `l.token_hash, l.case_id::text, l.created_at, l.expires_at,
	exists (select 1 from resident_link_event e where e.district = l.district and e.token_hash = l.token_hash and e.kind = 'opened'),
	exists (select 1 from resident_link_event e where e.district = l.district and e.token_hash = l.token_hash and e.kind = 'used'),
	exists (select 1 from resident_link_event e where e.district = l.district and e.token_hash = l.token_hash and e.kind = 'revoked'),
	c.round_id::text, left(c.committee, 9)`

func links(rows pgx.Rows, err error) ([]Link, error) {
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[Link])
}

// InsertLink adds a link.
func InsertLink(ctx context.Context, q pg.Querier, district string, hash []byte, caseID, by string, at, expires time.Time) error {
	_, err := q.Exec(ctx, `insert into resident_link (district, token_hash, case_id, created_by, created_at, expires_at)
		values ($1,$2,$3,nullif($4,'')::uuid,$5,$6)`, district, hash, caseID, by, at, expires)
	return err
}

// LinksByHash returns the links of token hashes.
func LinksByHash(ctx context.Context, q pg.Querier, district string, hashes [][]byte) ([]Link, error) {
	return links(q.Query(ctx, `select `+linkColumns+` from resident_link l join survey_case c on c.district = l.district and c.id = l.case_id
		where l.district = $1 and l.token_hash = any($2)`, district, hashes))
}

// Linked tells which of some cases have a personal link that still opens.
func Linked(ctx context.Context, q pg.Querier, district string, cases []string, now time.Time) (map[string]bool, error) {
	rows, err := q.Query(ctx, `select distinct l.case_id::text from resident_link l
		where l.district = $1 and l.case_id = any($2::text[]::uuid[]) and l.expires_at > $3
		  and not exists (select 1 from resident_link_event e where e.district = l.district and e.token_hash = l.token_hash and e.kind in ('used','revoked'))`, district, cases, now)
	if err != nil {
		return nil, err
	}
	out := map[string]bool{}
	var id string
	_, err = pgx.ForEachRow(rows, []any{&id}, func() error { out[id] = true; return nil })
	return out, err
}

// LinksOf lists the links of a case, newest first.
func LinksOf(ctx context.Context, q pg.Querier, district, caseID string) ([]Link, error) {
	return links(q.Query(ctx, `select `+linkColumns+` from resident_link l join survey_case c on c.district = l.district and c.id = l.case_id
		where l.district = $1 and l.case_id = $2 order by l.created_at desc`, district, caseID))
}

// NoteLink notes the first time that something happened to a link, with the
// reason where one is due.
func NoteLink(ctx context.Context, q pg.Querier, district string, hash []byte, kind, by, reason string, at time.Time) error {
	_, err := q.Exec(ctx, `insert into resident_link_event (district, token_hash, kind, by_id, reason, at)
		values ($1,$2,$3,nullif($4,'')::uuid,$5,$6) on conflict do nothing`, district, hash, kind, by, reason, at)
	return err
}
