package appealdb

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"gongping/internal/pg"
)

// Course is an appeal in numbers: enough to count by unit, time and agreement,
// without its content.
type Course struct {
	ID, Unit, UnitName, Ground string
	Instance                   int
	Filed                      time.Time
	Decided                    *time.Time
	DecideUntil                time.Time
	Outcome                    string   // "" before the decision
	Votes                      []string // of the first two members, in the order cast
}

// counted leaves out the votes v of members who left the panel.
const counted = `not exists (select from appeal_event o where o.district = v.district and o.appeal_id = v.appeal_id and o.kind = 'recused' and o.data->'members' ? v.by_id::text)`

// Courses lists the appeals within an area, the oldest first.
func Courses(ctx context.Context, q pg.Querier, district, area string) ([]Course, error) {
	return collect(ctx, q, `select a.id::text, a.unit, u.name, a.ground, a.instance::int, a.filed_at, d.at, a.decide_until, coalesce(d.data->>'outcome', ''),
			coalesce((select array_agg(v.data->>'outcome' order by v.seq) from (select * from appeal_event v where v.district = a.district and v.appeal_id = a.id
				and v.kind = 'vote' and `+counted+` order by v.seq limit 2) v), '{}')
		from appeal a join area u on u.district = a.district and u.code = a.unit
		left join appeal_event d on d.district = a.district and d.appeal_id = a.id and d.kind = 'decided'
		where a.district = $1 and starts_with(a.unit, $2) order by a.number`, pgx.RowToStructByPos[Course], district, area)
}

// RoundRuns are the first and the newest published run of a round.
type RoundRuns struct{ Round, Title, First, Latest string }

// Contested lists the rounds whose published result has been superseded.
func Contested(ctx context.Context, q pg.Querier, district string) ([]RoundRuns, error) {
	return collect(ctx, q, `select r.id::text, r.title, p.ids[1]::text, p.ids[cardinality(p.ids)]::text
		from round r join lateral (select array_agg(n.id order by n.number) as ids from run n
			where n.district = r.district and n.round_id = r.id and exists (select 1 from run_event e where e.district = n.district and e.run_id = n.id and e.state = 'published')) p
			on cardinality(p.ids) > 1
		where r.district = $1 order by r.opens_on desc, r.id`, pgx.RowToStructByPos[RoundRuns], district)
}
