package drawdb

import (
	"context"
	"encoding/binary"
	"fmt"
	"iter"
	"regexp"

	"github.com/google/uuid"

	"gongping/internal/pg"
)

// streamColumns are what the sampling needs of a person, in the order in which
// Stream decodes them.
const streamColumns = `person_id, committee, private, household, building, grid, sex, birth_year, tenure, status`

var districtCode = regexp.MustCompile(`^[0-9]{6}$`)

// StreamSQL is the COPY of Stream, for measuring what it could cost at best.
func StreamSQL(district, frameID string) (string, error) {
	id, err := uuid.Parse(frameID)
	if err != nil || !districtCode.MatchString(district) {
		return "", fmt.Errorf("drawdb: district %q or frame %q is no code", district, frameID)
	}
	return fmt.Sprintf(`copy (select `+streamColumns+` from frame_person where district = '%s' and frame_id = '%s' order by person_id)
		to stdout (format binary)`, district, id), nil
}

// Stream is People over a binary COPY: the persons of a frame in byte order of
// frame id, as fast as the server gives them out. The connection is busy until
// the loop ends.
func Stream(ctx context.Context, q pg.Querier, district, frameID string) iter.Seq2[Person, error] {
	return func(yield func(Person, error) bool) {
		sql, err := StreamSQL(district, frameID)
		if err != nil {
			yield(Person{}, err)
			return
		}
		var p Person
		more := true
		err = pg.CopyOut(ctx, q, sql, func(c [][]byte) bool {
			if len(c) != 10 || len(c[2]) != len(p.Private) || len(c[7]) != 2 {
				more = false
				yield(Person{}, fmt.Errorf("drawdb: a row of frame %s has another form", frameID))
				return false
			}
			p.FrameID = string(c[0])
			copy(p.Private[:], c[2])
			p.BirthYear = int(int16(binary.BigEndian.Uint16(c[7])))
			// Neighbours mostly agree in these: a new string only for a new value.
			keep(&p.Committee, c[1])
			keep(&p.Household, c[3])
			keep(&p.Building, c[4])
			keep(&p.Grid, c[5])
			keep(&p.Sex, c[6])
			keep(&p.Tenure, c[8])
			keep(&p.Status, c[9])
			p.Area = p.Committee
			more = yield(p, nil)
			return more
		})
		if err != nil && more {
			yield(Person{}, err)
		}
	}
}

// keep sets s to b without allocating where it is that already.
func keep(s *string, b []byte) {
	if *s != string(b) {
		*s = string(b)
	}
}
