package appealdb

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"gongping/internal/pg"
)

// Objection is what somebody says against a result on public notice; Body is
// sealed. By is "" for a resident.
type Objection struct {
	ID, AppealID string
	Body         []byte
	By           string
	At           time.Time
}

// AddObjection stores an objection.
func AddObjection(ctx context.Context, q pg.Querier, district string, o Objection) error {
	_, err := q.Exec(ctx, `insert into appeal_objection (district, id, appeal_id, body, by_id, at) values ($1,$2,$3,$4,nullif($5,'')::uuid,$6)`,
		district, o.ID, o.AppealID, o.Body, o.By, o.At)
	return err
}

// Objections lists the objections to an appeal's result, oldest first.
func Objections(ctx context.Context, q pg.Querier, district, appealID string) ([]Objection, error) {
	return collect(ctx, q, `select id::text, appeal_id::text, body, coalesce(by_id::text,''), at from appeal_objection
		where district = $1 and appeal_id = $2 order by at, id`, pgx.RowToStructByPos[Objection], district, appealID)
}

// AddEffect notes what became of an answer by a decision.
func AddEffect(ctx context.Context, q pg.Querier, district, appealID, response, remedy, party, department string, at time.Time) error {
	_, err := q.Exec(ctx, `insert into appeal_effect (district, appeal_id, response_id, remedy, party, department, at) values ($1,$2,$3,$4,$5,$6,$7)
		on conflict do nothing`, district, appealID, response, remedy, party, department, at)
	return err
}

// SecondOf returns the second instance of an appeal, "" for none.
func SecondOf(ctx context.Context, q pg.Querier, district, first string) (id string, err error) {
	err = q.QueryRow(ctx, `select id::text from appeal where district = $1 and first_id = $2`, district, first).Scan(&id)
	if pg.NoRows(err) {
		return "", nil
	}
	return id, err
}

// OnNotice lists the appeals of a district whose results are on public notice.
func OnNotice(ctx context.Context, q pg.Querier, district string) ([]Appeal, error) {
	return collect(ctx, q, `select `+columns+joins+` where a.district = $1 and s.state = 'notice' order by a.number`,
		pgx.RowToStructByPos[Appeal], district)
}

// Noticed lists the appeals whose results came into force after a public
// notice, newest first.
func Noticed(ctx context.Context, q pg.Querier, district string, limit int) ([]Appeal, error) {
	return collect(ctx, q, `select `+columns+joins+` where a.district = $1 and s.state = 'superseded'
		and exists (select from appeal_event n where n.district = a.district and n.appeal_id = a.id and n.kind = 'noticed')
		order by a.number desc limit $2`, pgx.RowToStructByPos[Appeal], district, limit)
}
