package intake

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"iter"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"gongping/internal/errs"
	"gongping/internal/pg/intakedb"
	"gongping/internal/tabular"
	"gongping/internal/tabular/layout"
	"gongping/scoring/composite"
	"gongping/survey/frame"
)

// Limits are what a frame may deviate by without a signed reason where no rule
// book sets its own.
var Limits = new(composite.RuleBook).FrameLimits()

// maxCompared bounds how many persons of a frame are compared at a time: the
// keys of both frames are sorted in memory, about 60 bytes each. A larger frame is
// compared in parts by the hash of the register's code, one reading of both
// frames a part.
const maxCompared = 3_000_000

// removedShown is how many removed persons an audit lists.
const removedShown = 200

// Audit is the audit of a frame as it is stored with the freeze. It holds
// counts and published ids, never a name or a code of the register.
type Audit struct {
	Tally *frame.AuditTally `json:"tally,omitempty"`
	// Counts take the place of Tally in an audit that is shown: nil where there
	// are fewer than SmallestCell persons.
	Counts map[string]*int `json:"counts,omitempty"`
	Limits frame.Limits    `json:"limits"`
	// LimitsOf names the rule book that set the limits; empty means the built-in ones.
	LimitsOf string           `json:"limits_of,omitempty"`
	Census   *Census          `json:"census,omitempty"`
	Coverage []frame.Coverage `json:"coverage,omitempty"`
	// Previous is the frozen frame of the same name that came before; Change is
	// missing when there is none.
	Previous     string        `json:"previous,omitempty"`
	PreviousName string        `json:"previous_name,omitempty"`
	Change       *frame.Change `json:"change,omitempty"`
	// Second is the comparison with another register, Planted the outcome of
	// persons planted as a check.
	Second      *frame.Compare `json:"second,omitempty"`
	SecondFrom  *Origin        `json:"second_from,omitempty"`
	Planted     *frame.Planted `json:"planted,omitempty"`
	PlantedFrom *Origin        `json:"planted_from,omitempty"`
	Deviations  []Deviation    `json:"deviations"`
}

// Census says which census table the coverage was computed from.
type Census struct {
	File   string      `json:"file"`
	Digest string      `json:"digest"`
	Level  frame.Level `json:"level"`
	Year   int         `json:"year"`
}

// Deviation is a point in which a frame goes beyond the limits.
type Deviation struct {
	Key   string `json:"key"`
	Where string `json:"where"`
	Found string `json:"found"`
	Limit string `json:"limit"`
	Hint  string `json:"hint"`
}

// auditFrame streams a frame once through an auditor and a visitor of the
// caller, then compares it with the census and the frame before.
func (s *Service) auditFrame(ctx context.Context, q querier, district string, f intakedb.Frame, limits frame.Limits, counts *censusTable, second, planted *listing, year int,
	visit func(*intakedb.Listed) error) (*Audit, []*errs.Error, error) {
	var bands []frame.Band
	level := frame.District
	if counts != nil {
		bands, level = counts.bands, counts.Level
	}
	auditor := frame.NewAuditor(level, year, bands)
	for p, err := range intakedb.People(ctx, q, district, f.ID) {
		if err != nil {
			return nil, nil, err
		}
		auditor.Add(&p.Resident)
		if visit != nil {
			if err := visit(p); err != nil {
				return nil, nil, err
			}
		}
	}
	auditor.Tally.NearDuplicate = noteOf(f).Alike
	found := frame.Findings{Tally: auditor.Tally}
	a := &Audit{Tally: &auditor.Tally, Limits: limits, Deviations: []Deviation{}}
	if counts != nil {
		a.Census, a.Coverage = &counts.Census, auditor.Coverage(counts.cells)
		found.Coverage = a.Coverage
	}
	before, err := intakedb.FrameBefore(ctx, q, district, f)
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return nil, nil, err
	}
	if err == nil {
		a.Previous, a.PreviousName = before.ID, before.Name
		if a.Change, err = s.change(ctx, q, district, before, f); err != nil {
			return nil, nil, err
		}
		found.Change = a.Change
	}
	if err := compare(ctx, q, district, f, second, planted, a, &found); err != nil {
		return nil, nil, err
	}
	deviations := limits.Deviations(&found)
	for _, d := range deviations {
		a.Deviations = append(a.Deviations, Deviation{strings.TrimPrefix(d.Key, "audit."), d.Where, d.Found, d.Want, d.Hint})
	}
	return a, deviations, nil
}

// change compares two frames person by person over the codes of the register,
// which only their sealed records hold: the published ids of two frames cannot
// be joined. What comes out are counts, and published ids of the old frame.
func (s *Service) change(ctx context.Context, q querier, district string, before, after intakedb.Frame) (*frame.Change, error) {
	total := &frame.Change{RemovedByCommittee: map[string]int{}}
	parts := uint32((max(before.People, after.People) + s.compared - 1) / s.compared)
	for part := range max(parts, 1) {
		in := func(code string) bool { return parts <= 1 || partOf(code)%parts == part }
		old, ids, err := s.registered(ctx, q, district, before, in)
		if err != nil {
			return nil, err
		}
		now, _, err := s.registered(ctx, q, district, after, in)
		if err != nil {
			return nil, err
		}
		c, err := frame.Changes(each(old), each(now), removedShown, func(string) string { return after.By })
		if err != nil {
			return nil, err
		}
		for i, l := range c.RemovedList {
			c.RemovedList[i].Key = ids[l.Key]
		}
		total.Join(c, removedShown)
	}
	return total, nil
}

// partOf spreads the register's codes evenly (FNV-1a).
func partOf(code string) uint32 {
	h := fnv.New32a()
	_, _ = h.Write([]byte(code))
	return h.Sum32()
}

// registered opens the records of a frame and returns the register's codes that
// lie in a part, in ascending order, and the published id of each.
func (s *Service) registered(ctx context.Context, q querier, district string, f intakedb.Frame, in func(code string) bool) ([]frame.Listed, map[string]string, error) {
	n := min(f.People, s.compared+s.compared/8)
	list, ids := make([]frame.Listed, 0, n), make(map[string]string, n)
	for p, err := range intakedb.Records(ctx, q, district, f.ID) {
		if err != nil {
			return nil, nil, err
		}
		plain, err := s.Seal.Open(p.Sealed, frame.RecordLabel(f.ID, p.ID))
		if err != nil {
			return nil, nil, fmt.Errorf("open a record of frame %s: %w", f.ID, err)
		}
		r, err := frame.DecodeRecord(plain)
		if err != nil {
			return nil, nil, err
		}
		if !in(r.Person) {
			continue
		}
		list = append(list, frame.Listed{Key: r.Person, Committee: r.Committee()})
		ids[r.Person] = p.ID
	}
	slices.SortFunc(list, func(a, b frame.Listed) int { return strings.Compare(a.Key, b.Key) })
	return list, ids, nil
}

func each(list []frame.Listed) iter.Seq2[frame.Listed, error] {
	return func(yield func(frame.Listed, error) bool) {
		for _, l := range list {
			if !yield(l, nil) {
				return
			}
		}
	}
}

// censusTable is a census table as read.
type censusTable struct {
	Census
	bands []frame.Band
	cells map[frame.Cell]int
}

// readCensus reads the counts that a frame is compared with. All areas must be
// of one level and every band the same for all.
func readCensus(ctx context.Context, src *Source, year int) (*censusTable, error) {
	if src == nil {
		return nil, nil
	}
	t := &censusTable{Census: Census{File: src.Name, Digest: src.Hex(), Year: year}, cells: map[frame.Cell]int{}}
	p := &Preview{Request: Request{Kind: census}, File: src.Name}
	ok, err := scan(ctx, *src, &layout.Census, tabular.Limits{Rows: smallRows}, p, nil, func(r *tabular.Row) {
		c := layout.CensusRow(r)
		if t.Level == 0 {
			t.Level = frame.LevelOf(c.Area)
		}
		if frame.LevelOf(c.Area) != t.Level {
			p.fault(r.Fault("area", "intake.census_level", "the areas of the census are of different levels", c.Area,
				fmt.Sprintf("a code of %d digits like the first", int(t.Level)), "use one level for the whole table"))
			return
		}
		if c.To < c.From {
			p.fault(r.Fault("age_to", "intake.census_band", "the age band ends before it begins", fmt.Sprint(c.To), fmt.Sprintf("at least %d", c.From), "correct the band"))
			return
		}
		band := frame.Band{Name: fmt.Sprintf("%d-%d", c.From, c.To), From: c.From, To: c.To}
		if !slices.Contains(t.bands, band) {
			t.bands = append(t.bands, band)
		}
		cell := frame.Cell{Area: c.Area, Sex: c.Sex, Band: band.Name}
		if _, twice := t.cells[cell]; twice {
			p.fault(r.Fault("area", "intake.row_twice", "two rows say the same", c.Area, "one row", "remove one of them"))
		}
		t.cells[cell] = c.Persons
	})
	if err != nil {
		return nil, err
	}
	if ok {
		slices.SortFunc(t.bands, func(a, b frame.Band) int { return a.From - b.From })
		for i := 1; i < len(t.bands); i++ {
			if t.bands[i].From <= t.bands[i-1].To {
				p.fault(errs.New(errs.Invalid, "intake.census_overlap", "two age bands overlap").
					At("column age_from", t.bands[i-1].Name+" / "+t.bands[i].Name, "bands that do not overlap", "use the same bands in all rows"))
			}
		}
	}
	return t, p.Err()
}
