package intakedb

import (
	"context"
	"encoding/json"
	"iter"
	"time"

	"github.com/jackc/pgx/v5"

	"gongping/internal/pg"
	"gongping/survey/frame"
)

// Frame is a frame of residents; the fields of its freeze are empty while it
// is open.
type Frame struct {
	ID, Name, ImportID string
	Sealed             []byte // the frame's secret, sealed
	People, Households int64
	By                 string // account id when written, display name when read
	At                 time.Time
	ByID               string
	File               string
	FileDigest         []byte
	Note               string // of the import
	Digest             []byte
	Audit              json.RawMessage
	Reason             string
	FrozenBy           string
	FrozenAt           *time.Time
}

// Frozen tells whether the frame is frozen.
func (f *Frame) Frozen() bool { return f.FrozenAt != nil }

// InsertFrame adds a frame.
func InsertFrame(ctx context.Context, q pg.Querier, district string, f Frame) error {
	_, err := q.Exec(ctx, `insert into frame (district, id, name, import_id, sealed_secret, n_people, n_households, created_by, created_at)
		values ($1,$2,$3,$4,$5,$6,$7,nullif($8,'')::uuid,$9)`, district, f.ID, f.Name, f.ImportID, f.Sealed, f.People, f.Households, f.By, f.At)
	return err
}

const frameQuery = `select f.id::text, f.name, f.import_id::text, f.sealed_secret, f.n_people, f.n_households, coalesce(a.display_name,''), f.created_at,
	coalesce(f.created_by::text,''), b.file_name, b.file_digest, b.note, z.digest, z.audit, coalesce(z.reason,''), coalesce(y.display_name,''), z.frozen_at
	from frame f join import_batch b on b.district = f.district and b.id = f.import_id
	left join account a on a.district = f.district and a.id = f.created_by
	left join frame_freeze z on z.district = f.district and z.frame_id = f.id
	left join account y on y.district = f.district and y.id = z.frozen_by `

// Frames lists the frames that hold somebody of an area, newest first.
func Frames(ctx context.Context, q pg.Querier, district, area string) ([]Frame, error) {
	rows, err := q.Query(ctx, frameQuery+`where f.district = $1 and ($2 = $1 or exists (select from frame_person p
		where p.district = f.district and p.frame_id = f.id and starts_with(p.committee, $2))) order by f.created_at desc, f.id`, district, area)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[Frame])
}

// GetFrame returns a frame.
func GetFrame(ctx context.Context, q pg.Querier, district, id string) (Frame, error) {
	rows, err := q.Query(ctx, frameQuery+`where f.district = $1 and f.id = $2`, district, id)
	if err != nil {
		return Frame{}, err
	}
	return pgx.CollectExactlyOneRow(rows, pgx.RowToStructByPos[Frame])
}

// FrameBefore returns the frame of the same name that was imported last before
// another one and is frozen; pgx.ErrNoRows where there is none.
func FrameBefore(ctx context.Context, q pg.Querier, district string, f Frame) (Frame, error) {
	rows, err := q.Query(ctx, frameQuery+`where f.district = $1 and f.name = $2 and f.created_at <= $3 and f.id <> $4 and z.frozen_at is not null
		order by f.created_at desc, f.id limit 1`, district, f.Name, f.At, f.ID)
	if err != nil {
		return Frame{}, err
	}
	return pgx.CollectExactlyOneRow(rows, pgx.RowToStructByPos[Frame])
}

// LockFrame holds a frame against a second freeze until the transaction ends.
func LockFrame(ctx context.Context, q pg.Querier, district, id string) error {
	_, err := q.Exec(ctx, `select pg_advisory_xact_lock(hashtextextended('frame/' || $1 || '/' || $2, 0))`, district, id)
	return err
}

// Person is a resident as stored: what the sampling needs, and the sealed
// private record.
type Person struct {
	ID, Committee, Grid string
	Private             []byte
	Household, Building string
	Sex, Tenure, Status string
	BirthYear, Contact  int16
	Sealed              []byte
}

// CopyPeople stores a batch of residents and their sealed records.
func CopyPeople(ctx context.Context, q pg.Querier, district, frameID string, list []Person) error {
	d, f := any(district), any(frameID)
	_, err := q.CopyFrom(ctx, pgx.Identifier{"frame_person"},
		[]string{"district", "frame_id", "person_id", "committee", "grid", "private", "household", "building", "sex", "birth_year", "tenure", "contact", "status"},
		pgx.CopyFromSlice(len(list), func(i int) ([]any, error) {
			p := &list[i]
			return []any{d, f, p.ID, p.Committee, p.Grid, p.Private, p.Household, p.Building, p.Sex, p.BirthYear, p.Tenure, p.Contact, p.Status}, nil
		}))
	if err != nil {
		return err
	}
	_, err = q.CopyFrom(ctx, pgx.Identifier{"identity", "person"}, []string{"district", "frame_id", "person_id", "sealed"},
		pgx.CopyFromSlice(len(list), func(i int) ([]any, error) {
			return []any{d, f, list[i].ID, list[i].Sealed}, nil
		}))
	return err
}

// Listed is a resident as the freeze sees it.
type Listed struct {
	frame.Entry
	Resident frame.Resident // area, sex, birth year, contact and status only
}

// People streams a frame in byte order of frame id. The connection is busy
// until the loop ends.
func People(ctx context.Context, q pg.Querier, district, frameID string) iter.Seq2[*Listed, error] {
	return func(yield func(*Listed, error) bool) {
		rows, err := q.Query(ctx, `select person_id, committee, private, sex, birth_year, contact, status from frame_person
			where district = $1 and frame_id = $2 order by person_id`, district, frameID)
		if err != nil {
			yield(nil, err)
			return
		}
		defer rows.Close()
		var l Listed
		var private []byte
		var contact int16
		for rows.Next() {
			err := rows.Scan(&l.FrameID, &l.Area, &private, &l.Resident.Sex, &l.Resident.BirthYear, &contact, &l.Resident.Status)
			if err == nil {
				copy(l.Private[:], private)
				l.Resident.Area, l.Resident.Contact = l.Area, frame.Contact(contact)
			}
			if !yield(&l, err) || err != nil {
				return
			}
		}
		if err := rows.Err(); err != nil {
			yield(nil, err)
		}
	}
}

// Records streams the sealed records of a frame in byte order of frame id.
func Records(ctx context.Context, q pg.Querier, district, frameID string) iter.Seq2[Person, error] {
	return func(yield func(Person, error) bool) {
		rows, err := q.Query(ctx, `select person_id, sealed from identity.person where district = $1 and frame_id = $2 order by person_id`, district, frameID)
		if err != nil {
			yield(Person{}, err)
			return
		}
		defer rows.Close()
		for rows.Next() {
			var p Person
			err := rows.Scan(&p.ID, &p.Sealed)
			if !yield(p, err) || err != nil {
				return
			}
		}
		if err := rows.Err(); err != nil {
			yield(Person{}, err)
		}
	}
}

// CommitteeCount is what a frame holds of one committee.
type CommitteeCount struct {
	Code, Name, Street                           string
	People, Households, NoContact, Inactive, Age int // Age: birth year unknown
}

// Committees counts a frame by committee within an area.
func Committees(ctx context.Context, q pg.Querier, district, frameID, area string) ([]CommitteeCount, error) {
	rows, err := q.Query(ctx, `select c.committee, a.name, coalesce(s.name,''), c.people, c.households, c.no_contact, c.inactive, c.no_age
		from (select committee, count(*) as people, count(distinct household) as households,
				count(*) filter (where contact = 0 and status = 'resident') as no_contact,
				count(*) filter (where status <> 'resident') as inactive, count(*) filter (where birth_year = 0) as no_age
			from frame_person where district = $1 and frame_id = $2 and starts_with(committee, $3) group by committee) c
		join area a on a.district = $1 and a.code = c.committee
		left join area s on s.district = $1 and s.code = a.parent_code
		order by c.committee`, district, frameID, area)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[CommitteeCount])
}

// Elsewhere tells whether a frame holds anybody outside an area.
func Elsewhere(ctx context.Context, q pg.Querier, district, frameID, area string) (bool, error) {
	var yes bool
	err := q.QueryRow(ctx, `select exists (select from frame_person where district = $1 and frame_id = $2 and not starts_with(committee, $3))`,
		district, frameID, area).Scan(&yes)
	return yes, err
}

// Freeze is the record that fixes a frame.
type Freeze struct {
	FrameID string
	Digest  []byte
	People  int64
	Audit   json.RawMessage
	Reason  string
	By      string
	At      time.Time
}

// InsertFreeze fixes a frame.
func InsertFreeze(ctx context.Context, q pg.Querier, district string, f Freeze) error {
	_, err := q.Exec(ctx, `insert into frame_freeze (district, frame_id, digest, n_people, audit, reason, frozen_by, frozen_at)
		values ($1,$2,$3,$4,$5,$6,nullif($7,'')::uuid,$8)`, district, f.FrameID, f.Digest, f.People, f.Audit, f.Reason, f.By, f.At)
	return err
}

// Buildings is the set of a frame's buildings within an area, as
// "committee/pseudonym".
func Buildings(ctx context.Context, q pg.Querier, district, frameID, area string) (map[string]bool, error) {
	rows, err := q.Query(ctx, `select distinct committee || '/' || building from frame_person
		where district = $1 and frame_id = $2 and starts_with(committee, $3) and building <> ''`, district, frameID, area)
	if err != nil {
		return nil, err
	}
	out := map[string]bool{}
	var key string
	_, err = pgx.ForEachRow(rows, []any{&key}, func() error { out[key] = true; return nil })
	return out, err
}
