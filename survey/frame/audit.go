package frame

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"gongping/internal/errs"
)

// Limits are the rule book's limits for a frame. A frame beyond any of them is
// frozen only with a signed reason. Shares lie between 0 and 1; a limit of zero
// is not checked.
type Limits struct {
	Coverage      float64 // largest |persons/census - 1| in any cell of at least MinCell
	MinCell       int     // smallest census cell that is judged
	NoContact     float64 // largest share without any contact channel
	NearDuplicate float64 // largest share of near-duplicates
	Inactive      float64 // largest share moved or deceased but still listed
	Changed       float64 // largest share added or removed since the last frame
	Missing       float64 // largest share of the second source missing in the frame
	PlantedMissed int     // largest number of planted checks not found; -1 allows none
}

// Band is an age band of the census table, both ends included.
type Band struct {
	Name     string
	From, To int
}

// Cell is a cell of the coverage table: an area (at the level of the census), a
// sex and an age band.
type Cell struct {
	Area string
	Sex  Sex
	Band string
}

// Auditor gathers the figures of a frame while its residents stream past.
// Memory grows with the number of cells, not with the frame.
type Auditor struct {
	level Level
	year  int
	bands []Band
	cells map[Cell]int
	Tally AuditTally
}

// AuditTally are the plain counts of an audit.
type AuditTally struct {
	Persons                        int
	NoContact, NoPhone             int // no channel at all; neither mobile nor landline
	Moved, Deceased                int
	UnknownSex, OutsideBands       int
	ExactDuplicates, NearDuplicate int // filled in by the caller from Checker
}

// NewAuditor counts persons living in each area of a level by sex and age band
// at the end of year.
func NewAuditor(level Level, year int, bands []Band) *Auditor {
	return &Auditor{level: level, year: year, bands: bands, cells: map[Cell]int{}}
}

// Add takes one resident. Moved and deceased persons are counted as such and
// not as coverage.
func (a *Auditor) Add(r *Resident) {
	t := &a.Tally
	t.Persons++
	switch r.Status {
	case Moved:
		t.Moved++
		return
	case Deceased:
		t.Deceased++
		return
	}
	if r.Contact == 0 {
		t.NoContact++
	}
	if r.Contact&(Mobile|Landline) == 0 {
		t.NoPhone++
	}
	if r.Sex == UnknownSex {
		t.UnknownSex++
		return
	}
	age := a.year - r.BirthYear
	for _, b := range a.bands {
		if age >= b.From && age <= b.To {
			a.cells[Cell{Ancestor(r.Area, a.level), r.Sex, b.Name}]++
			return
		}
	}
	t.OutsideBands++
}

// Coverage is one line of the comparison with the census.
type Coverage struct {
	Cell
	Frame, Census int
	// Ratio is Frame/Census; Defined is false where the census counts nobody.
	Ratio   float64
	Defined bool
}

// Coverage compares with census counts, cell by cell, in order of area, sex and
// the bands as given. Cells that only one side has are listed with zero.
func (a *Auditor) Coverage(census map[Cell]int) []Coverage {
	place := map[string]int{}
	for i, b := range a.bands {
		place[b.Name] = i
	}
	seen := map[Cell]bool{}
	var out []Coverage
	for _, m := range []map[Cell]int{census, a.cells} {
		for c := range m {
			if seen[c] {
				continue
			}
			seen[c] = true
			v := Coverage{Cell: c, Frame: a.cells[c], Census: census[c]}
			if v.Census > 0 {
				v.Ratio, v.Defined = float64(v.Frame)/float64(v.Census), true
			}
			out = append(out, v)
		}
	}
	slices.SortFunc(out, func(x, y Coverage) int {
		if c := strings.Compare(x.Area, y.Area); c != 0 {
			return c
		}
		if c := strings.Compare(string(x.Sex), string(y.Sex)); c != 0 {
			return c
		}
		if d := place[x.Band] - place[y.Band]; d != 0 {
			return d
		}
		return strings.Compare(x.Band, y.Band)
	})
	return out
}

// Findings collects everything an audit found; zero parts were not looked at.
type Findings struct {
	Tally    AuditTally
	Coverage []Coverage
	Change   *Change  // against the last frame
	Second   *Compare // against a second source
	Planted  *Planted
}

// Deviations lists where the findings go beyond the limits; an empty list means
// that the frame may be frozen without a signed reason.
func (l Limits) Deviations(f *Findings) []*errs.Error {
	var out []*errs.Error
	over := func(key, where string, found, limit float64, hint string) {
		out = append(out, errs.New(errs.NotNow, "audit."+key, "the frame goes beyond a limit of the rule book").
			With(map[string]any{"found": found, "limit": limit, "where": where}).
			At(where, percent(found), "at most "+percent(limit), hint))
	}
	share := func(key, where string, part, whole int, limit float64, hint string) {
		if whole > 0 && limit > 0 && float64(part) > limit*float64(whole) {
			over(key, where, float64(part)/float64(whole), limit, hint)
		}
	}
	for _, c := range f.Coverage {
		if l.Coverage > 0 && c.Census >= l.MinCell && c.Defined && math.Abs(c.Ratio-1) > l.Coverage {
			over("coverage", fmt.Sprintf("%s %s %s", c.Area, c.Sex, c.Band), math.Abs(c.Ratio-1), l.Coverage, "compare the list with the census and the register")
		}
	}
	t := f.Tally
	share("no_contact", "no contact channel", t.NoContact, t.Persons, l.NoContact, "ask the committees for the missing channels")
	share("near_duplicate", "near-duplicates", t.NearDuplicate, t.Persons, l.NearDuplicate, "check the listed pairs")
	share("inactive", "moved or deceased", t.Moved+t.Deceased, t.Persons, l.Inactive, "bring the register up to date")
	if c := f.Change; c != nil {
		share("changed", "changed since the last frame", c.Added+c.Removed, max(c.Before, 1), l.Changed, "explain the persons removed")
	}
	if s := f.Second; s != nil {
		share("missing", "in the second source only", s.Missing(), s.OnlySecond+s.Both, l.Missing, "add the missing persons")
	}
	if p := f.Planted; p != nil && l.PlantedMissed != 0 && len(p.Missed) > max(l.PlantedMissed, 0) {
		out = append(out, errs.New(errs.NotNow, "audit.planted", "planted checks are missing in the frame").
			At("planted checks", fmt.Sprint(len(p.Missed)), fmt.Sprintf("at most %d", max(l.PlantedMissed, 0)), "somebody removed persons from the list"))
	}
	return out
}

func percent(x float64) string { return fmt.Sprintf("%.1f%%", 100*x) }

// Reason is the signed reason with which a deviating frame may be frozen: who
// answers for it, and why.
type Reason struct{ Signer, Text string }

// MayFreeze reports whether a frame with these deviations may be frozen: always
// without any, else only with a signer and a reason of at least 20 characters.
func MayFreeze(deviations []*errs.Error, reason *Reason) error {
	if len(deviations) == 0 || reason != nil && reason.Signer != "" && len([]rune(strings.TrimSpace(reason.Text))) >= 20 {
		return nil
	}
	e := errs.New(errs.NotNow, "frame.reason_needed", "the frame deviates in %d points and needs a signed reason", len(deviations)).
		At("reason", "", "a signer and a reason of at least 20 characters", "mend the frame, or have the person responsible sign why it is used as it is")
	e.Details = deviations
	return e
}
