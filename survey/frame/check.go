package frame

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
	"golang.org/x/text/width"

	"gongping/internal/errs"
)

// Oldest is the age above which a birth year is taken for a mistake.
const Oldest = 120

// Checker checks residents one by one while they stream past. It keeps eight
// to sixteen bytes per person to find repetitions; MaxTracked bounds that, and
// beyond it exact repetition is found by Freeze and by the database's key.
type Checker struct {
	// Tree and Year (the reference year for ages) are required.
	Tree *Tree
	Year int
	// MaxTracked bounds the persons remembered; 0 means two million.
	MaxTracked int

	persons map[uint64]int32
	alike   map[uint64]int32
	// Near counts the near-duplicates reported by Check.
	Near int
}

// NewChecker returns a checker for one import.
func NewChecker(tree *Tree, year int) *Checker {
	return &Checker{Tree: tree, Year: year, MaxTracked: 2_000_000,
		persons: map[uint64]int32{}, alike: map[uint64]int32{}}
}

// Check returns the faults of a resident, which forbid the import, and the
// warnings, which a person must look at: near-duplicates, that is another
// person code with the same committee, sex, birth year and name. Nothing is
// mended. Names and numbers never appear in either.
func (c *Checker) Check(r *Resident) (faults, warnings []*errs.Error) {
	fault := func(column, key, msg, found, want, hint string) {
		faults = append(faults, errs.New(errs.Invalid, "resident."+key, "%s", msg).At(cell(r.Row, column), found, want, hint))
	}
	switch {
	case r.Person == "":
		fault("person", "person", "a person has no code", "", "the register's code of the person", "fill it in")
	case r.Household == "":
		fault("household", "household", "a person has no household", "", "the register's code of the household", "fill it in")
	}
	if l := LevelOf(r.Area); l != Committee && l != Grid {
		fault("area", "area_code", "the area code has the wrong length", r.Area, "12 digits (committee) or 15 (grid)", "format the column as text")
	} else if !c.Tree.Has(r.Area) {
		fault("area", "area", "the area is unknown", r.Area, "an area of the imported tree", "import the area first or correct the code")
	}
	if r.BirthYear > c.Year || r.BirthYear < c.Year-Oldest {
		fault("birth_year", "birth_year", "the birth year cannot be right", fmt.Sprint(r.BirthYear),
			fmt.Sprintf("%d to %d", c.Year-Oldest, c.Year), "correct the year")
	}
	if r.Sex != Male && r.Sex != Female && r.Sex != UnknownSex {
		fault("sex", "sex", "the sex is not one of the list", string(r.Sex), "m, f or u", "use 男, 女 or 不详")
	}
	if r.Tenure != Owner && r.Tenure != Tenant && r.Tenure != OtherTenure && r.Tenure != UnknownTenure {
		fault("tenure", "tenure", "the tenure is not one of the list", string(r.Tenure), "owner, tenant, other or unknown", "use 自有, 租住, 其他 or 不详")
	}
	if r.Status != Living && r.Status != Moved && r.Status != Deceased {
		fault("status", "status", "the status is not one of the list", string(r.Status), "resident, moved or deceased", "use 在住, 迁出 or 死亡")
	}
	if strings.ContainsFunc(r.Household+r.Person+r.Building, unicode.IsControl) {
		fault("building", "line_break", "a code or building holds a line break", "", "one line of text", "remove the line break")
	}
	return c.repeated(r, faults)
}

// repeated looks for the same person and for one that looks the same.
func (c *Checker) repeated(r *Resident, faults []*errs.Error) (f, warnings []*errs.Error) {
	if len(c.persons) >= c.MaxTracked && c.MaxTracked > 0 {
		return faults, nil
	}
	if r.Person != "" {
		key := short(r.Person)
		if row, twice := c.persons[key]; twice {
			return append(faults, errs.New(errs.Invalid, "resident.twice", "a person code stands twice").
				At(cell(r.Row, "person"), "", "each person once", fmt.Sprintf("it is also in row %d; remove one of them", row))), nil
		}
		c.persons[key] = int32(r.Row)
	}
	if r.Identity.Name == "" {
		return faults, nil
	}
	key := short(fmt.Sprintf("%s|%s|%d|%s", r.Committee(), r.Sex, r.BirthYear, plainName(r.Identity.Name)))
	if row, alike := c.alike[key]; alike {
		c.Near++
		warnings = append(warnings, errs.New(errs.Invalid, "resident.alike", "a person looks like another one").
			At(cell(r.Row, "person"), "", "different persons", fmt.Sprintf("same committee, sex, birth year and name as row %d; check whether it is one person", row)))
	} else {
		c.alike[key] = int32(r.Row)
	}
	return faults, warnings
}

// short is a 64-bit fingerprint: enough to tell two million persons apart.
func short(s string) uint64 {
	sum := sha256.Sum256([]byte(s))
	return binary.BigEndian.Uint64(sum[:8])
}

// plainName drops what differs between two spellings of one name.
func plainName(s string) string {
	s = width.Narrow.String(norm.NFKC.String(s))
	return strings.ToLower(strings.Map(func(r rune) rune {
		if strings.ContainsRune(" \t\u00b7\u2022\u30fb.·", r) {
			return -1
		}
		return r
	}, s))
}

// Alike is a keyed hash that two residents share exactly when Checker would
// call them near-duplicates: same committee, sex, birth year and name. It is ""
// without a name.
func (s *Secret) Alike(r *Resident) string {
	if r.Identity.Name == "" {
		return ""
	}
	return s.Pseudonym("n", r.Committee(), fmt.Sprintf("%s|%d|%s", r.Sex, r.BirthYear, plainName(r.Identity.Name)))
}
