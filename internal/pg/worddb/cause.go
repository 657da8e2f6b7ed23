package worddb

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"gongping/internal/pg"
)

// CauseCount counts the answers whose cause is a department's matter.
type CauseCount struct {
	Round, Title string
	ClosesOn     time.Time
	Topic, Sign  string
	Answers      int
	Committees   int
}

// Causes counts what was attributed to a department by round, topic and sign,
// within an area; newest round first.
func Causes(ctx context.Context, q pg.Querier, district, department, area string) ([]CauseCount, error) {
	return collect(ctx, q, pgx.RowToStructByPos[CauseCount], `select a.round_id::text, r.title, r.closes_on::timestamptz, k->>'topic', a.sign, count(*)::int, count(distinct p.committee)::int
		from attribution_in_force a cross join lateral jsonb_array_elements(a.causes) k
			join round r on r.district = a.district and r.id = a.round_id
			join response p on p.district = a.district and p.id = a.response_id
		where a.district = $1 and k->>'department' = $2 and starts_with(p.committee, $3)
		group by 1, 2, 3, 4, 5 order by 3 desc, 6 desc, 4, 5`, district, department, area)
}

// Joint counts the answers of a round whose cause is a department's matter,
// each answer once: as two coders placed them, and as the panels of appeals did
// besides, once the result that follows has been published.
type Joint struct {
	Round, Title string
	ClosesOn     time.Time
	Sign         string
	Coders       int // answers that coders placed there
	Panels       int // further answers that only a panel credited there
	Committees   int // of both
}

// Joined counts them within an area, newest round first.
func Joined(ctx context.Context, q pg.Querier, district, department, area string) ([]Joint, error) {
	return collect(ctx, q, pgx.RowToStructByPos[Joint], `with coded as (
			select a.round_id, a.response_id, a.sign from attribution_in_force a
			where a.district = $1 and exists (select from jsonb_array_elements(a.causes) k where k->>'department' = $2)),
		judged as (
			select distinct p.round_id, f.response_id, i.side as sign from appeal_effect f
				join appeal p on p.district = f.district and p.id = f.appeal_id
				join appeal_item i on i.district = f.district and i.appeal_id = f.appeal_id and i.response_id = f.response_id
			where f.district = $1 and f.remedy = 'attribute' and f.party = 'department' and f.department = $2
				and exists (select from appeal_event e where e.district = f.district and e.appeal_id = f.appeal_id and e.kind = 'superseded')),
		both_ as (
			select coalesce(c.round_id, j.round_id) as round_id, coalesce(c.response_id, j.response_id) as response_id, coalesce(c.sign, j.sign) as sign, c.response_id is not null as coded
			from coded c full join judged j on j.round_id = c.round_id and j.response_id = c.response_id and j.sign = c.sign)
		select b.round_id::text, r.title, r.closes_on::timestamptz, b.sign, count(*) filter (where b.coded)::int, count(*) filter (where not b.coded)::int,
			count(distinct p.committee)::int
		from both_ b join round r on r.district = $1 and r.id = b.round_id join response p on p.district = $1 and p.id = b.response_id
		where starts_with(p.committee, $3) group by 1, 2, 3, 4 order by 3 desc, 1, 4`, district, department, area)
}

// Said counts comments of files that were decided to be a department's matter.
func Said(ctx context.Context, q pg.Querier, district, department string) ([]CauseCount, error) {
	return collect(ctx, q, pgx.RowToStructByPos[CauseCount], `select c.import_id::text, b.file_name, b.created_at, k->>'topic', case when (k->>'polarity')::int < 0 then 'low' else 'high' end, count(*)::int, 0
		from comment c join comment_decision d on d.district = c.district and d.lead_id = c.lead_id cross join lateral jsonb_array_elements(d.codes) k
			join import_batch b on b.district = c.district and b.id = c.import_id
		where c.district = $1 and c.import_id is not null and k->>'department' = $2 and (k->>'polarity')::int <> 0
		group by 1, 2, 3, 4, 5 order by 3 desc, 6 desc, 4`, district, department)
}
