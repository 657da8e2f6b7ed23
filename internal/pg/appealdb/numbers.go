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
type RoundRuns struct {
	Round, Title, First, Latest string
	OpensOn                     time.Time
}

// Contested lists the rounds whose published result has been superseded.
func Contested(ctx context.Context, q pg.Querier, district string) ([]RoundRuns, error) {
	return collect(ctx, q, `select r.id::text, r.title, p.ids[1]::text, p.ids[cardinality(p.ids)]::text, r.opens_on
		from round r join lateral (select array_agg(n.id order by n.number) as ids from run n
			where n.district = r.district and n.round_id = r.id and exists (select 1 from run_event e where e.district = n.district and e.run_id = n.id and e.state = 'published')) p
			on cardinality(p.ids) > 1
		where r.district = $1 order by r.opens_on desc, r.id`, pgx.RowToStructByPos[RoundRuns], district)
}

// Traits are what a committee is like, from the frame of a round.
type Traits struct {
	Unit             string
	Residents        int
	Tenants, Over60  int
	Households, Team int // households of the frame, active workers
}

// TraitsOf counts the residents of the committees of a round's frame within an
// area; none for a round without a frame. year is that in which ages are counted.
func TraitsOf(ctx context.Context, q pg.Querier, district, round, area string, year int) ([]Traits, error) {
	return collect(ctx, q, `select p.committee, count(*)::int, count(*) filter (where p.tenure = 'tenant')::int,
			count(*) filter (where p.birth_year > 0 and $4 - p.birth_year >= 60)::int, count(distinct p.household)::int,
			(select count(*)::int from worker w where w.district = $1 and w.active and left(w.area_code, 12) = p.committee and length(w.area_code) >= 12)
		from round r join frame_person p on p.district = r.district and p.frame_id = r.frame_id
		where r.district = $1 and r.id = $2 and p.status = 'resident' and starts_with(p.committee, $3) group by p.committee order by p.committee`,
		pgx.RowToStructByPos[Traits], district, round, area, year)
}

// GroupAnswer is a counted answer of a run with the groups that it belongs to.
type GroupAnswer struct {
	ID                            string
	Score, Weight                 float64
	Sex, AgeBand, Tenure, Contact string
	Stratum, Cluster              string // of the draw; no cluster where residents were drawn themselves
}

// GroupAnswers lists the counted answers of a run within an area, by id.
func GroupAnswers(ctx context.Context, q pg.Querier, district, run, area string) ([]GroupAnswer, error) {
	return collect(ctx, q, `select r.id::text, a.score, a.final_weight, r.sex, r.age_band, r.tenure, coalesce(r.answers->>'contact', ''), r.stratum, r.cluster from run_answer a
		join response r on r.district = a.district and r.id = a.response_id
		where a.district = $1 and a.run_id = $2 and starts_with(a.unit, $3) order by a.response_id`, pgx.RowToStructByPos[GroupAnswer], district, run, area)
}

// Contesting lists the units of a round in which an appeal was decided in the
// appellant's favour.
func Contesting(ctx context.Context, q pg.Querier, district, round string) ([]string, error) {
	return collect(ctx, q, `select distinct a.unit from appeal a join appeal_event d on d.district = a.district and d.appeal_id = a.id and d.kind = 'decided'
		where a.district = $1 and a.round_id = $2 and d.data->>'outcome' in ('uphold','partly') order by 1`, pgx.RowTo[string], district, round)
}
