package intakedb

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"gongping/internal/pg"
)

// Staging is an import of a frame that is under way.
type Staging struct {
	ID, Name, File string
	Digest         []byte
	FrameID        string
	Sealed         []byte // the frame's secret
	Rows           int64
	By             string
	At             time.Time
	Complete       bool // the frame is there; only the staging was not cleared
}

// InsertStaging begins one.
func InsertStaging(ctx context.Context, q pg.Querier, district string, s Staging) error {
	_, err := q.Exec(ctx, `insert into frame_staging (district, id, name, file_name, file_digest, frame_id, sealed_secret, n_rows, created_by, created_at)
		values ($1,$2,$3,$4,$5,$6,$7,$8,nullif($9,'')::uuid,$10)`, district, s.ID, s.Name, s.File, s.Digest, s.FrameID, s.Sealed, s.Rows, s.By, s.At)
	return err
}

// FindStaging returns the import of a file under a name; pgx.ErrNoRows where
// there is none.
func FindStaging(ctx context.Context, q pg.Querier, district, name string, digest []byte) (Staging, error) {
	rows, err := q.Query(ctx, `select s.id::text, s.name, s.file_name, s.file_digest, s.frame_id::text, s.sealed_secret, s.n_rows, coalesce(s.created_by::text,''), s.created_at,
			exists (select from frame f where f.district = s.district and f.id = s.frame_id)
		from frame_staging s where s.district = $1 and s.name = $2 and s.file_digest = $3`, district, name, digest)
	if err != nil {
		return Staging{}, err
	}
	return pgx.CollectExactlyOneRow(rows, pgx.RowToStructByPos[Staging])
}

// StagedChunks returns the rows of each chunk that is staged.
func StagedChunks(ctx context.Context, q pg.Querier, district, id string) (map[int]int, error) {
	rows, err := q.Query(ctx, `select chunk, n_rows from frame_staging_chunk where district = $1 and staging_id = $2`, district, id)
	if err != nil {
		return nil, err
	}
	out := map[int]int{}
	var chunk, n int
	_, err = pgx.ForEachRow(rows, []any{&chunk, &n}, func() error { out[chunk] = n; return nil })
	return out, err
}

// StagedPerson is a Person with its row in the file.
type StagedPerson struct {
	Person
	Row   int
	Alike string
}

// StageChunk stores a chunk; one that is there already is a duplicate key.
func StageChunk(ctx context.Context, q pg.Querier, district, id string, chunk int, list []StagedPerson) error {
	if _, err := q.Exec(ctx, `insert into frame_staging_chunk (district, staging_id, chunk, n_rows) values ($1,$2,$3,$4)`, district, id, chunk, len(list)); err != nil {
		return err
	}
	d, s := any(district), any(id)
	_, err := q.CopyFrom(ctx, pgx.Identifier{"frame_staging_person"},
		[]string{"district", "staging_id", "chunk", "row_no", "alike", "person_id", "committee", "grid", "private", "household", "building", "sex", "birth_year", "tenure", "contact", "status", "sealed"},
		pgx.CopyFromSlice(len(list), func(i int) ([]any, error) {
			p := &list[i]
			return []any{d, s, int32(chunk), int32(p.Row), p.Alike, p.ID, p.Committee, p.Grid, p.Private, p.Household, p.Building, p.Sex, p.BirthYear, p.Tenure, p.Contact, p.Status, p.Sealed}, nil
		}))
	return err
}

// StagedCounts is what only the whole staging can tell.
type StagedCounts struct{ People, Households, Alike int64 }

// CountStaged counts a whole staging.
func CountStaged(ctx context.Context, q pg.Querier, district, id string) (c StagedCounts, err error) {
	err = q.QueryRow(ctx, `select
			(select coalesce(sum(n_rows),0) from frame_staging_chunk where district = $1 and staging_id = $2),
			(select count(*) from (select distinct committee, household from frame_staging_person where district = $1 and staging_id = $2) h),
			(select coalesce(sum(n - 1),0)::bigint from (select count(*) as n from frame_staging_person
				where district = $1 and staging_id = $2 and alike <> '' group by alike having count(*) > 1) a)`, district, id).Scan(&c.People, &c.Households, &c.Alike)
	return c, err
}

// StagedTwice returns the rows of persons who stand in the file more than once,
// two rows for each.
func StagedTwice(ctx context.Context, q pg.Querier, district, id string, limit int) ([][2]int, error) {
	rows, err := q.Query(ctx, `select min(row_no), max(row_no) from frame_staging_person where district = $1 and staging_id = $2
		group by person_id having count(*) > 1 order by 1 limit $3`, district, id, limit)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(r pgx.CollectableRow) (v [2]int, err error) {
		err = r.Scan(&v[0], &v[1])
		return v, err
	})
}

// MoveChunk turns a staged chunk into people of the frame, in the order in
// which they will be read.
func MoveChunk(ctx context.Context, q pg.Querier, district, id, frameID string, chunk int) error {
	if _, err := q.Exec(ctx, `insert into frame_person (district, frame_id, person_id, committee, grid, private, household, building, sex, birth_year, tenure, contact, status)
		select district, $3, person_id, committee, grid, private, household, building, sex, birth_year, tenure, contact, status
		from frame_staging_person where district = $1 and staging_id = $2 and chunk = $4 order by person_id`, district, id, frameID, chunk); err != nil {
		return err
	}
	_, err := q.Exec(ctx, `insert into identity.person (district, frame_id, person_id, sealed)
		select district, $3, person_id, sealed from frame_staging_person where district = $1 and staging_id = $2 and chunk = $4 order by person_id`,
		district, id, frameID, chunk)
	return err
}

// HoldStaging keeps a staging from being completed twice, until the
// transaction ends. It is false where the staging is gone.
func HoldStaging(ctx context.Context, q pg.Querier, district, id string) (bool, error) {
	if _, err := q.Exec(ctx, `select pg_advisory_xact_lock(hashtextextended('staging/' || $1 || '/' || $2, 0))`, district, id); err != nil {
		return false, err
	}
	var yes bool
	err := q.QueryRow(ctx, `select exists (select from frame_staging s where s.district = $1 and s.id = $2
		and not exists (select from frame f where f.district = s.district and f.id = s.frame_id))`, district, id).Scan(&yes)
	return yes, err
}

// ClearStaging removes a staging with all its rows.
func ClearStaging(ctx context.Context, q pg.Querier, district, id string) error {
	b := &pgx.Batch{}
	for _, table := range []string{"frame_staging_person", "frame_staging_chunk"} {
		b.Queue(`delete from `+table+` where district = $1 and staging_id = $2`, district, id)
	}
	b.Queue(`delete from frame_staging where district = $1 and id = $2`, district, id)
	return q.SendBatch(ctx, b).Close()
}
