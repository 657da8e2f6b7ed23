package drawdb

import (
	"context"
	"iter"

	"github.com/jackc/pgx/v5"

	"gongping/internal/pg"
	"gongping/survey"
	"gongping/survey/frame"
)

// Person is a frame person as the sampling sees them.
type Person struct {
	frame.Entry
	survey.Traits
	Household string
	Status    string
}

// People streams the persons of a frame in byte order of frame id. The
// connection is busy until the loop ends.
func People(ctx context.Context, q pg.Querier, district, frameID string) iter.Seq2[Person, error] {
	return func(yield func(Person, error) bool) {
		rows, err := q.Query(ctx, `select person_id, committee, private, household, building, grid, sex, birth_year, tenure, status
			from frame_person where district = $1 and frame_id = $2 order by person_id`, district, frameID)
		if err != nil {
			yield(Person{}, err)
			return
		}
		defer rows.Close()
		var private []byte
		for rows.Next() {
			var p Person
			if err = rows.Scan(&p.FrameID, &p.Area, &private, &p.Household, &p.Building, &p.Grid, &p.Sex, &p.BirthYear, &p.Tenure, &p.Status); err == nil {
				p.Committee = p.Area
				copy(p.Private[:], private)
			}
			if !yield(p, err) || err != nil {
				return
			}
		}
		if err := rows.Err(); err != nil {
			yield(Person{}, err)
		}
	}
}

// groupColumns are the columns that a stratum may be made of.
var groupColumns = map[string]string{"sex": "sex", "tenure": "tenure", "grid": "grid", "building": "building"}

// Groups counts the persons of a frame within an area by committee, status,
// birth year and the named columns ("age_band" is the birth year). The persons
// given to each have these fields only.
func Groups(ctx context.Context, q pg.Querier, district, frameID, area string, columns []string, each func(Person, int64)) error {
	pick := map[string]string{"sex": "''", "tenure": "''", "grid": "''", "building": "''"}
	for _, c := range columns {
		if sql, ok := groupColumns[c]; ok {
			pick[c] = sql
		}
	}
	rows, err := q.Query(ctx, `select committee, status, birth_year, `+pick["sex"]+`, `+pick["tenure"]+`, `+pick["grid"]+`, `+pick["building"]+`, count(*)
		from frame_person where district = $1 and frame_id = $2 and starts_with(committee, $3) group by 1,2,3,4,5,6,7`, district, frameID, area)
	if err != nil {
		return err
	}
	var p Person
	var n int64
	_, err = pgx.ForEachRow(rows, []any{&p.Committee, &p.Status, &p.BirthYear, &p.Sex, &p.Tenure, &p.Grid, &p.Building, &n}, func() error {
		each(p, n)
		return nil
	})
	return err
}

// Households sums up the households of a committee by their members in the
// target population: how many, members, squared members, and the largest.
type Households struct {
	Number, Members, Squares int64
	Largest                  int64
}

// HouseholdsOf counts the households of a frame within an area by committee;
// adults are those born in the year given or before, or with no known year.
func HouseholdsOf(ctx context.Context, q pg.Querier, district, frameID, area string, bornBy int) (map[string]Households, error) {
	rows, err := q.Query(ctx, `select committee, count(*), sum(n)::bigint, sum(n*n)::bigint, max(n) from (
			select committee, household, count(*) as n from frame_person
			where district = $1 and frame_id = $2 and starts_with(committee, $3) and status = 'resident' and birth_year <= $4
			group by committee, household) h group by committee`, district, frameID, area, bornBy)
	if err != nil {
		return nil, err
	}
	out := map[string]Households{}
	var committee string
	var h Households
	_, err = pgx.ForEachRow(rows, []any{&committee, &h.Number, &h.Members, &h.Squares, &h.Largest}, func() error { out[committee] = h; return nil })
	return out, err
}

// Neighbours returns the persons of a frame who share a household with one of
// the persons named, these included.
func Neighbours(ctx context.Context, q pg.Querier, district, frameID string, persons []string) ([]Person, error) {
	rows, err := q.Query(ctx, `select p.person_id, p.committee, p.household, p.building, p.grid, p.sex, p.birth_year, p.tenure, p.status
		from frame_person p join frame_person k on k.district = p.district and k.frame_id = p.frame_id
			and k.committee = p.committee and k.household = p.household
		where k.district = $1 and k.frame_id = $2 and k.person_id = any($3)
		group by 1,2,3,4,5,6,7,8,9 order by p.person_id`, district, frameID, persons)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(r pgx.CollectableRow) (p Person, err error) {
		err = r.Scan(&p.FrameID, &p.Area, &p.Household, &p.Building, &p.Grid, &p.Sex, &p.BirthYear, &p.Tenure, &p.Status)
		p.Committee = p.Area
		return p, err
	})
}

// FrameDigest returns the digest of a frozen frame, nil for one that is open.
func FrameDigest(ctx context.Context, q pg.Querier, district, frameID string) ([]byte, error) {
	var d []byte
	err := q.QueryRow(ctx, `select digest from frame_freeze where district = $1 and frame_id = $2`, district, frameID).Scan(&d)
	if pg.NoRows(err) {
		return nil, nil
	}
	return d, err
}
