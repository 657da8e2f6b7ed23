package scoredb

import (
	"context"

	"github.com/jackc/pgx/v5"

	"gongping/internal/pg"
)

// Given is how many responses of a round have a value for an item.
type Given struct {
	Item, Value string
	N           int
}

// inTime leaves out who was asked anew after the round, which is in the field
// again for a few at a time.
const inTime = ` and r.day < coalesce((select (min(b.at) at time zone 'Asia/Shanghai')::date from late_batch b where b.district = r.district and b.round_id = r.round_id), 'infinity')`

// GivenIn counts the stored values of items over all responses of a round but
// those of residents who were asked anew, and the responses. Of texts, which are
// sealed, it counts who wrote one.
func GivenIn(ctx context.Context, q pg.Querier, district, round string, items []string) (list []Given, total int, err error) {
	if err = q.QueryRow(ctx, `select count(*) from response r where r.district = $1 and r.round_id = $2`+inTime, district, round).Scan(&total); err != nil {
		return nil, 0, err
	}
	list, err = collect(ctx, q, `select a.key, a.value, count(*)::int from response r cross join lateral jsonb_each_text(r.answers) a
		where r.district = $1 and r.round_id = $2`+inTime+` and a.key = any($3) group by 1, 2
		union all select c.item, 'x', count(*)::int from response_comment c join response r on r.district = c.district and r.id = c.response_id
		where r.district = $1 and r.round_id = $2`+inTime+` and c.item = any($3) group by 1
		order by 1, 2`, pgx.RowToStructByPos[Given], district, round, items)
	return list, total, err
}
