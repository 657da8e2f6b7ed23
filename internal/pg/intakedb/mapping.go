package intakedb

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"gongping/internal/pg"
	"gongping/internal/tabular"
)

// Mapping is how the columns of a table are read, under a name.
type Mapping struct {
	ID, Kind, Name string
	Columns        []tabular.Assignment
	By             string // name of who made it
	At             time.Time
}

// InsertMapping stores a mapping; an earlier one of the same name stays.
func InsertMapping(ctx context.Context, q pg.Querier, district, by string, m Mapping) error {
	_, err := q.Exec(ctx, `insert into column_mapping (district, id, kind, name, columns, by_id, at) values ($1,$2,$3,$4,$5,nullif($6,'')::uuid,$7)`,
		district, m.ID, m.Kind, m.Name, m.Columns, by, m.At)
	return err
}

// Mappings lists the newest mapping of every name of a kind, the newest first.
func Mappings(ctx context.Context, q pg.Querier, district, kind string) ([]Mapping, error) {
	rows, err := q.Query(ctx, `select id, kind, name, columns, by, at from (
			select distinct on (m.name) m.id::text as id, m.kind, m.name, m.columns, coalesce(a.display_name,'') as by, m.at
			from column_mapping m left join account a on a.district = m.district and a.id = m.by_id
			where m.district = $1 and m.kind = $2 order by m.name, m.at desc, m.id) x
		order by at desc, name`, district, kind)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[Mapping])
}
