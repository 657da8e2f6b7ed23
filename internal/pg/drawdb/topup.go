package drawdb

import (
	"context"

	"github.com/jackc/pgx/v5"

	"gongping/internal/pg"
)

// Held returns everybody whom the draws of a round hold, sample and reserves,
// in byte order of frame id.
func Held(ctx context.Context, q pg.Querier, district, round string) ([]string, error) {
	rows, err := q.Query(ctx, `select s.person_id from draw d join draw_selection s on s.district = d.district and s.draw_id = d.id
		where d.district = $1 and d.round_id = $2 order by s.person_id`, district, round)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[string])
}

// HeldUnits is Held where the units of two-stage strata are households: the
// published ids of those that were drawn, and of the persons drawn by
// themselves, in no order.
func HeldUnits(ctx context.Context, q pg.Querier, district, round string) ([]string, error) {
	rows, err := q.Query(ctx, `select coalesce(nullif(s.household, ''), s.person_id) from draw d
		join draw_selection s on s.district = d.district and s.draw_id = d.id
		where d.district = $1 and d.round_id = $2`, district, round)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[string])
}

// HeldHouseholds is Held with everybody else of their households.
func HeldHouseholds(ctx context.Context, q pg.Querier, district, round string) ([]string, error) {
	rows, err := q.Query(ctx, `select distinct p.person_id from draw d
		join draw_selection s on s.district = d.district and s.draw_id = d.id
		join round r on r.district = d.district and r.id = d.round_id
		join frame_person k on k.district = d.district and k.frame_id = r.frame_id and k.person_id = s.person_id
		join frame_person p on p.district = k.district and p.frame_id = k.frame_id and p.committee = k.committee and p.household = k.household
		where d.district = $1 and d.round_id = $2 order by p.person_id`, district, round)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[string])
}

// DrawnRounds lists the rounds that were drawn from a frame, the first first.
func DrawnRounds(ctx context.Context, q pg.Querier, district, frame string) ([]string, error) {
	rows, err := q.Query(ctx, `select r.id::text from round r join draw d on d.district = r.district and d.round_id = r.id
		where r.district = $1 and r.frame_id = $2 group by r.id order by min(d.drawn_at), r.id`, district, frame)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[string])
}

// Sampled counts the sample, without reserves, that the draws of a round hold
// in each stratum.
func Sampled(ctx context.Context, q pg.Querier, district, round string) (map[string]int, error) {
	rows, err := q.Query(ctx, `select s.stratum, count(*) from draw d join draw_selection s on s.district = d.district and s.draw_id = d.id
		where d.district = $1 and d.round_id = $2 and not s.reserve group by s.stratum`, district, round)
	if err != nil {
		return nil, err
	}
	out := map[string]int{}
	var stratum string
	var n int
	_, err = pgx.ForEachRow(rows, []any{&stratum, &n}, func() error { out[stratum] = n; return nil })
	return out, err
}
