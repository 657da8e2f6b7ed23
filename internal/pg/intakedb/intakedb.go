// Package intakedb stores what is imported: areas, workers, frames of
// residents, indicators, panel ratings, finished surveys, and where each came
// from.
package intakedb

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"gongping/internal/pg"
	"gongping/survey"
)

// Batch is an import: which file, when, by whom.
type Batch struct {
	ID, Kind, File string
	Digest         []byte
	Rows           int64
	By             string // account id, "" for the service
	At             time.Time
	Note           string // JSON, by kind
}

// InsertBatch notes an import.
func InsertBatch(ctx context.Context, q pg.Querier, district string, b Batch) error {
	_, err := q.Exec(ctx, `insert into import_batch (district, id, kind, file_name, file_digest, n_rows, created_by, created_at, note)
		values ($1,$2,$3,$4,$5,$6,nullif($7,'')::uuid,$8,$9)`, district, b.ID, b.Kind, b.File, b.Digest, b.Rows, b.By, b.At, b.Note)
	return err
}

// ImportedBefore tells whether a file with this fingerprint was imported before.
func ImportedBefore(ctx context.Context, q pg.Querier, district, kind string, digest []byte) (bool, error) {
	var yes bool
	err := q.QueryRow(ctx, `select exists (select from import_batch where district = $1 and kind = $2 and file_digest = $3)`,
		district, kind, digest).Scan(&yes)
	return yes, err
}

// Batches lists the latest imports of a kind and, if not "", of a round.
func Batches(ctx context.Context, q pg.Querier, district, kind, round string, limit int) ([]Batch, error) {
	rows, err := q.Query(ctx, `select b.id::text, b.kind, b.file_name, b.file_digest, b.n_rows, coalesce(a.display_name,''), b.created_at, b.note
		from import_batch b left join account a on a.district = b.district and a.id = b.created_by
		where b.district = $1 and b.kind = $2 and ($3 = '' or case when b.note like '{%' then b.note::jsonb->>'round' end = $3) order by b.created_at desc, b.id limit $4`,
		district, kind, round, limit)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[Batch])
}

// Areas returns an area and all below it, parents first, by code.
func Areas(ctx context.Context, q pg.Querier, district, within string) ([]survey.Area, error) {
	rows, err := q.Query(ctx, `select code, coalesce(parent_code,''), level, name, kind from area
		where district = $1 and starts_with(code, $2) order by code collate "C"`, district, within)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[survey.Area])
}

// UpsertAreas adds areas and renames those that are there. Areas are never
// removed. The foreign key to the parent is checked for all of them together.
func UpsertAreas(ctx context.Context, q pg.Querier, district string, list []survey.Area) error {
	n := len(list)
	code, parent, name, kind, level := make([]string, n), make([]*string, n), make([]string, n), make([]string, n), make([]int16, n)
	for i, a := range list {
		code[i], name[i], kind[i], level[i] = a.Code, a.Name, a.Kind, int16(a.Level)
		if a.Parent != "" {
			parent[i] = &list[i].Parent
		}
	}
	_, err := q.Exec(ctx, `insert into area (district, code, parent_code, level, name, kind)
		select $1, u.* from unnest($2::text[], $3::text[], $4::smallint[], $5::text[], $6::text[]) as u
		on conflict (district, code) do update set name = excluded.name, kind = excluded.kind`, district, code, parent, level, name, kind)
	return err
}

// Worker is a community worker.
type Worker struct {
	No, Name, Post, Area string
	Active               bool
}

// AllWorkers returns the roster of a district.
func AllWorkers(ctx context.Context, q pg.Querier, district string) ([]Worker, error) {
	rows, err := q.Query(ctx, `select worker_no, name, post, area_code, active from worker where district = $1 order by worker_no`, district)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[Worker])
}

// WorkerLine is a worker in a list, with the names of the area.
type WorkerLine struct {
	Worker
	AreaName, Street string
}

// Workers returns a page of the workers of an area whose number, name, post or
// area holds a text, and how many there are.
func Workers(ctx context.Context, q pg.Querier, district, area, text string, limit, offset int) (list []WorkerLine, total int, err error) {
	rows, err := q.Query(ctx, `select w.worker_no, w.name, w.post, w.area_code, w.active, a.name,
			coalesce((select s.name from area s where s.district = w.district and s.code = left(w.area_code, 9) and s.level = 2), ''),
			count(*) over ()
		from worker w join area a on a.district = w.district and a.code = w.area_code
		where w.district = $1 and starts_with(w.area_code, $2)
			and ($3 = '' or strpos(lower(w.worker_no || ' ' || w.name || ' ' || w.post || ' ' || a.name || ' ' || w.area_code), lower($3)) > 0)
		order by w.area_code, w.worker_no limit $4 offset $5`, district, area, text, limit, offset)
	if err != nil {
		return nil, 0, err
	}
	list, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (l WorkerLine, err error) {
		err = row.Scan(&l.No, &l.Name, &l.Post, &l.Area, &l.Active, &l.AreaName, &l.Street, &total)
		return l, err
	})
	return list, total, err
}

// WorkerCounts returns the number of active workers by the code of their area.
func WorkerCounts(ctx context.Context, q pg.Querier, district, area string) (map[string]int, error) {
	rows, err := q.Query(ctx, `select area_code, count(*) from worker where district = $1 and starts_with(area_code, $2) and active group by area_code`, district, area)
	if err != nil {
		return nil, err
	}
	out := map[string]int{}
	var code string
	var n int
	_, err = pgx.ForEachRow(rows, []any{&code, &n}, func() error { out[code] = n; return nil })
	return out, err
}

// UpsertWorkers adds workers and brings those that are there up to date.
func UpsertWorkers(ctx context.Context, q pg.Querier, district string, list []Worker) error {
	n := len(list)
	no, name, post, area, active := make([]string, n), make([]string, n), make([]string, n), make([]string, n), make([]bool, n)
	for i, w := range list {
		no[i], name[i], post[i], area[i], active[i] = w.No, w.Name, w.Post, w.Area, w.Active
	}
	_, err := q.Exec(ctx, `insert into worker (district, worker_no, name, post, area_code, active)
		select $1, u.* from unnest($2::text[], $3::text[], $4::text[], $5::text[], $6::boolean[]) as u
		on conflict (district, worker_no) do update set name = excluded.name, post = excluded.post, area_code = excluded.area_code, active = excluded.active`,
		district, no, name, post, area, active)
	return err
}
