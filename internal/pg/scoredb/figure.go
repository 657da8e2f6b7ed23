package scoredb

import (
	"context"

	"github.com/jackc/pgx/v5"

	"gongping/internal/pg"
)

// CodeVersion is the version of the program that froze a run's input.
func CodeVersion(ctx context.Context, q pg.Querier, district, run string) (v string, err error) {
	err = q.QueryRow(ctx, `select code_version from run_input where district = $1 and run_id = $2`, district, run).Scan(&v)
	return v, err
}

// FinishedRun is a run that has a result.
type FinishedRun struct {
	ID, Round string
	Number    int
	Published bool
}

// Finished lists the runs with a result of rounds within an area, the newest first.
func Finished(ctx context.Context, q pg.Querier, district, area string, limit int) ([]FinishedRun, error) {
	return collect(ctx, q, `select n.id::text, r.title, n.number,
			exists (select 1 from run_event e where e.district = n.district and e.run_id = n.id and e.state = 'published')
		from run n join round r on r.district = n.district and r.id = n.round_id
		where n.district = $1 and starts_with(r.area_code, $2) and exists (select 1 from run_output o where o.district = n.district and o.run_id = n.id)
		order by n.requested_at desc, n.id limit $3`, pgx.RowToStructByPos[FinishedRun], district, area, limit)
}

// UnitName is a unit of a run.
type UnitName struct{ Code, Name string }

// UnitNames lists the units of a run within an area, by code.
func UnitNames(ctx context.Context, q pg.Querier, district, run, area string) ([]UnitName, error) {
	return collect(ctx, q, `select u.unit, a.name from run_unit u join area a on a.district = u.district and a.code = u.unit
		where u.district = $1 and u.run_id = $2 and starts_with(u.unit, $3) order by u.unit`, pgx.RowToStructByPos[UnitName], district, run, area)
}
