package frame

import (
	"fmt"
	"strings"

	"gongping/internal/errs"
)

// Sex as registered.
type Sex string

// The sexes of the census tables; Unknown where the register is silent.
const (
	Male       Sex = "m"
	Female     Sex = "f"
	UnknownSex Sex = "u"
)

// Tenure is how a household holds its home.
type Tenure string

// The tenures.
const (
	Owner         Tenure = "owner"
	Tenant        Tenure = "tenant"
	OtherTenure   Tenure = "other"
	UnknownTenure Tenure = "unknown"
)

// Status tells whether a person on the list still lives there.
type Status string

// The states.
const (
	Living   Status = "resident"
	Moved    Status = "moved"
	Deceased Status = "deceased"
)

// Contact is a set of ways to reach a person: which exist, never the number.
type Contact uint8

// The channels.
const (
	Mobile Contact = 1 << iota
	Landline
	Visit
	WeChat
)

// Identity is what names a person. It is stored apart, encrypted, and enters
// the frame's digest only under a salt.
type Identity struct{ Name, Phone, Address string }

// Resident is one row of the frame of residents.
type Resident struct {
	Household, Person string // codes of the register; never published
	Area              string // committee (12 digits) or grid (15 digits)
	Building          string
	Sex               Sex
	BirthYear         int
	Tenure            Tenure
	Contact           Contact
	Status            Status
	Identity          Identity
	Row               int // where it was imported from, for error messages
}

// Committee returns the code of the resident's committee.
func (r *Resident) Committee() string { return Ancestor(r.Area, Committee) }

// Worker is one row of the roster: a community worker with post and area. Staff
// is the staff number; the name is identity and kept apart.
type Worker struct {
	Staff, Name, Post, Area string
	Row                     int
}

// CheckWorkers checks a roster against the area tree: staff numbers present and
// unique, posts filled, areas known.
func CheckWorkers(workers []Worker, tree *Tree) []*errs.Error {
	var faults []*errs.Error
	seen := map[string]int{}
	for _, w := range workers {
		fault := func(column, key, msg, found, want, hint string) {
			faults = append(faults, errs.New(errs.Invalid, "worker."+key, "%s", msg).At(cell(w.Row, column), found, want, hint))
		}
		if w.Staff == "" {
			fault("staff", "staff", "a worker has no staff number", "", "a staff number", "fill it in")
		} else if row, twice := seen[w.Staff]; twice {
			fault("staff", "twice", "a staff number stands twice", w.Staff, "each number once", fmt.Sprintf("it is also in row %d", row))
		}
		seen[w.Staff] = w.Row
		if strings.TrimSpace(w.Post) == "" {
			fault("post", "post", "a worker has no post", "", "a post", "fill it in")
		}
		if !tree.Has(w.Area) {
			fault("area", "area", "the area of a worker is unknown", w.Area, "an area of the imported tree", "import the area first or correct the code")
		}
	}
	return faults
}
