package appealdb

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"gongping/internal/pg"
)

// Exclude sets an answer aside for an appeal; one that is set aside already
// stays as it is. It tells whether this call did it.
func Exclude(ctx context.Context, q pg.Querier, district, id, round, response, ground, reason, appealID string, at time.Time) (bool, error) {
	tag, err := q.Exec(ctx, `insert into response_exclusion (district, id, round_id, response_id, ground, reason, appeal_id, at)
		values ($1,$2,$3,$4,$5,$6,$7,$8) on conflict (district, response_id) do nothing`, district, id, round, response, ground, reason, appealID, at)
	return tag.RowsAffected() > 0, err
}

// RunOf returns the newest run that was requested for an appeal, "" for none.
func RunOf(ctx context.Context, q pg.Querier, district, appealID string) (id string, err error) {
	err = q.QueryRow(ctx, `select id::text from run where district = $1 and appeal_id = $2 order by number desc limit 1`, district, appealID).Scan(&id)
	if pg.NoRows(err) {
		return "", nil
	}
	return id, err
}

// Changed is how many answers of a unit newly stand aside in a run compared
// with another.
type Changed struct {
	Unit    string
	Answers int
}

// ChangedBetween counts by unit the answers that one of two runs counted and
// the other did not, or whose attribution was made, corrected or withdrawn from
// the first run on: what the difference of the two scores rests on.
func ChangedBetween(ctx context.Context, q pg.Querier, district, before, after string) ([]Changed, error) {
	return collect(ctx, q, `with old as (select round_id, requested_at from run where district = $1 and id = $2),
		new as (select max(at) as at from run_event where district = $1 and run_id = $3),
		moved as (select a.response_id, a.at from answer_attribution a, old where a.district = $1 and a.round_id = old.round_id
			union all select a.response_id, g.at from old join attribution_change x on x.round_id = old.round_id
				join attribution_ruling g on g.district = x.district and g.change_id = x.id and g.agreed
				join answer_attribution a on a.district = x.district and a.id = x.attribution_id where x.district = $1)
		select unit, count(*)::int from (
			select coalesce(a.unit, b.unit) as unit, response_id
			from (select unit, response_id from run_answer where district = $1 and run_id = $2) a
			full join (select unit, response_id from run_answer where district = $1 and run_id = $3) b using (response_id)
			where a.response_id is null or b.response_id is null
			union select b.unit, b.response_id from moved m join run_answer b on b.district = $1 and b.run_id = $3 and b.response_id = m.response_id, old, new
			where m.at > old.requested_at and m.at <= new.at) x group by unit order by unit`,
		pgx.RowToStructByPos[Changed], district, before, after)
}

// AwaitingRun lists the appeals of a round whose run has this number or a
// lower one and is not superseding anything yet.
func AwaitingRun(ctx context.Context, q pg.Querier, district, round string, number int) ([]string, error) {
	return collect(ctx, q, `select a.id::text`+joins+`
		where a.district = $1 and a.round_id = $2 and s.state in ('run_requested','notice')
		  and exists (select 1 from run w where w.district = a.district and w.appeal_id = a.id and w.number <= $3)
		order by a.number`, pgx.RowTo[string], district, round, number)
}

// GroundCount counts appeals by ground and state.
type GroundCount struct {
	Ground string `json:"ground"`
	State  string `json:"state"`
	N      int    `json:"n"`
	// Late is how many had a step recorded as overdue; Days the mean calendar
	// days from filing to the decision, -1 where none is decided.
	Late int     `json:"late"`
	Days float64 `json:"days"`
}

// Counts counts appeals within an area by ground and state.
func Counts(ctx context.Context, q pg.Querier, district, area string) ([]GroundCount, error) {
	return collect(ctx, q, `select a.ground, s.state, count(*)::int,
			count(*) filter (where exists (select 1 from appeal_event o where o.district = a.district and o.appeal_id = a.id and o.kind = 'overdue'))::int,
			coalesce(avg(extract(epoch from d.at - a.filed_at) / 86400), -1)::float8`+joins+`
		left join appeal_event d on d.district = a.district and d.appeal_id = a.id and d.kind = 'decided'
		where a.district = $1 and starts_with(a.unit, $2) group by 1, 2 order by 1, 2`, pgx.RowToStructByPos[GroundCount], district, area)
}

// Votes counts decided appeals by outcome and how many of them the first two
// members agreed on.
type Votes struct {
	Outcome   string `json:"outcome"`
	N         int    `json:"n"`
	Unanimous int    `json:"unanimous"`
}

// Outcomes counts decisions within an area by outcome.
func Outcomes(ctx context.Context, q pg.Querier, district, area string) ([]Votes, error) {
	return collect(ctx, q, `select d.data->>'outcome', count(*)::int,
			count(*) filter (where (select count(*) from appeal_event v where v.district = a.district and v.appeal_id = a.id and v.kind = 'vote' and `+counted+`) = 2)::int
		from appeal a join appeal_event d on d.district = a.district and d.appeal_id = a.id and d.kind = 'decided'
		where a.district = $1 and starts_with(a.unit, $2) group by 1 order by 1`, pgx.RowToStructByPos[Votes], district, area)
}

// SideCount counts by ground what was reviewed and set aside on each side, and
// the net effect on the official scores of the units.
type SideCount struct {
	Ground       string  `json:"ground"`
	LowReviewed  int     `json:"low_reviewed"`
	HighReviewed int     `json:"high_reviewed"`
	LowExcluded  int     `json:"low_excluded"`
	HighExcluded int     `json:"high_excluded"`
	Spared       int     `json:"spared"`
	Net          float64 `json:"net"` // sum over appeals, in points
}

// Sides adds up the effects of decisions within an area by ground.
func Sides(ctx context.Context, q pg.Querier, district, area string) ([]SideCount, error) {
	return collect(ctx, q, `select a.ground,
			coalesce(sum((x.f->>'low_reviewed')::int), 0)::int, coalesce(sum((x.f->>'high_reviewed')::int), 0)::int,
			coalesce(sum((x.f->>'low_excluded')::int), 0)::int, coalesce(sum((x.f->>'high_excluded')::int), 0)::int,
			coalesce(sum(coalesce((x.f->>'high_spared')::int, 0) + coalesce((x.f->>'low_spared')::int, 0)), 0)::int,
			coalesce(sum(case when (x.f->>'computed')::bool then (x.f->>'after')::float8 - (x.f->>'before')::float8 else 0 end), 0)::float8
		from appeal a join lateral (select e.data->'effect' as f from appeal_event e where e.district = a.district and e.appeal_id = a.id
			and e.kind in ('run','closed') and e.data ? 'effect' order by e.seq limit 1) x on true
		where a.district = $1 and starts_with(a.unit, $2) group by 1 order by 1`, pgx.RowToStructByPos[SideCount], district, area)
}
