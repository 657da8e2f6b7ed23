// Package paneldb stores the ratings of panel members. A changed rating is a
// new record; the latest counts.
package paneldb

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"gongping/internal/pg"
)

// Rating is a member's latest rating of a committee on a criterion.
type Rating struct {
	Committee, Criterion string
	Score                float64
	Note                 string
	At                   time.Time
	Reason               string // why it was changed; "" on a first rating
}

// Own lists the latest ratings of one member in a round; committee "" means all.
func Own(ctx context.Context, q pg.Querier, district, round, member, committee string) ([]Rating, error) {
	rows, err := q.Query(ctx, `select distinct on (committee, criterion) committee, criterion, score, note, at, reason from panel_rating
		where district = $1 and round_id = $2 and reviewer = $3 and ($4 = '' or committee = $4)
		order by committee, criterion, at desc, id desc`, district, round, member, committee)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[Rating])
}

// Insert appends ratings.
func Insert(ctx context.Context, q pg.Querier, district, round, member string, ids []string, list []Rating) error {
	b := &pgx.Batch{}
	for i, r := range list {
		b.Queue(`insert into panel_rating (district, id, round_id, committee, reviewer, criterion, score, note, at, reason) values ($1,$2,$3,$4,$5,$6,$7,$8,$9,$10)`,
			district, ids[i], round, r.Committee, member, r.Criterion, r.Score, r.Note, r.At, r.Reason)
	}
	return q.SendBatch(ctx, b).Close()
}

// Committee is a committee of a round within an area.
type Committee struct{ Code, Name, Street string }

// Committees lists the committees of a round within an area, by code.
func Committees(ctx context.Context, q pg.Querier, district, round, area string) ([]Committee, error) {
	rows, err := q.Query(ctx, `select a.code, a.name, s.name from area a join area s on s.district = a.district and s.code = a.parent_code
		where a.district = $1 and starts_with(a.code, $3) and a.code in (select committee from round_stratum where district = $1 and round_id = $2)
		order by a.code`, district, round, area)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[Committee])
}

// Published tells whether a run of the round has been published.
func Published(ctx context.Context, q pg.Querier, district, round string) (yes bool, err error) {
	err = q.QueryRow(ctx, `select exists (select from run r join run_event e on e.district = r.district and e.run_id = r.id and e.state = 'published'
		where r.district = $1 and r.round_id = $2)`, district, round).Scan(&yes)
	return yes, err
}
