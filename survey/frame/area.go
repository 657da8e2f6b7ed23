// Package frame holds the list that samples are drawn from: the area tree, the
// roster of community workers and the frame of residents. It checks what was
// imported without repairing anything, encodes each resident to the byte, and
// freezes a frame into one digest, the root of a hash tree over salted leaves,
// so that a person can prove to be in it without seeing anybody else. The
// encodings are written down in docs/spec/draw-v1.md.
package frame

import (
	"fmt"
	"slices"
	"strings"

	"gongping/internal/errs"
)

// Level is a level of the area tree.
type Level int

// The levels, by length of the statistical division code.
const (
	NoLevel   Level = 0
	District  Level = 6  // 区: 6 digits
	Street    Level = 9  // 街道、镇: 9 digits
	Committee Level = 12 // 居委会、村委会: 12 digits
	Grid      Level = 15 // 网格: 15 digits
)

// String names the level in English.
func (l Level) String() string {
	switch l {
	case District:
		return "district"
	case Street:
		return "street"
	case Committee:
		return "committee"
	case Grid:
		return "grid"
	}
	return "no level"
}

// LevelOf returns the level of a code, NoLevel for one that is not 6, 9, 12 or
// 15 digits.
func LevelOf(code string) Level {
	switch l := Level(len(code)); l {
	case District, Street, Committee, Grid:
		if strings.Trim(code, "0123456789") == "" {
			return l
		}
	}
	return NoLevel
}

// Ancestor returns the code of the area at a level that holds code, "" when
// code is above that level.
func Ancestor(code string, l Level) string {
	if len(code) < int(l) {
		return ""
	}
	return code[:l]
}

// Area is a district, street, committee or grid. Row is where it was imported
// from, for error messages.
type Area struct {
	Code, Name, Kind string
	Row              int
}

// Parent returns the code of the area above, "" for a district.
func (a Area) Parent() string {
	if len(a.Code) <= int(District) {
		return ""
	}
	return a.Code[:len(a.Code)-3]
}

// Tree is a checked set of areas in code order.
type Tree struct {
	areas []Area
	at    map[string]int
}

// NewTree checks areas: codes of 6, 9, 12 or 15 digits, none twice, a name for
// each that is unique among its siblings, and every parent present. All faults
// are returned; the tree is nil then.
func NewTree(areas []Area) (*Tree, []*errs.Error) {
	t := &Tree{areas: slices.Clone(areas), at: make(map[string]int, len(areas))}
	slices.SortStableFunc(t.areas, func(a, b Area) int { return strings.Compare(a.Code, b.Code) })
	var faults []*errs.Error
	fault := func(a Area, column, key, msg, found, want, hint string) {
		faults = append(faults, errs.New(errs.Invalid, "area."+key, "%s", msg).At(cell(a.Row, column), found, want, hint))
	}
	names := map[string]string{}
	for i, a := range t.areas {
		if LevelOf(a.Code) == NoLevel {
			fault(a, "code", "code", "an area code has the wrong length", a.Code, "6, 9, 12 or 15 digits", "use the statistical division code")
			continue
		}
		if j, twice := t.at[a.Code]; twice {
			fault(a, "code", "twice", "an area code stands twice", a.Code, "each code once", fmt.Sprintf("it is also in row %d", t.areas[j].Row))
			continue
		}
		t.at[a.Code] = i
		if a.Name == "" {
			fault(a, "name", "name", "an area has no name", "", "a name", "fill in the name")
			continue
		}
		key := a.Parent() + "\x00" + a.Name
		if other, twice := names[key]; twice {
			fault(a, "name", "same_name", "two areas of the same parent have the same name", a.Name, "different names", "the other one is "+other)
		}
		names[key] = a.Code
	}
	for _, a := range t.areas {
		if p := a.Parent(); p != "" && LevelOf(a.Code) != NoLevel {
			if _, ok := t.at[p]; !ok {
				fault(a, "code", "orphan", "the area above is missing", a.Code, "an area with code "+p, "add it to the table")
			}
		}
	}
	if len(faults) > 0 {
		return nil, faults
	}
	return t, nil
}

// Get returns the area with a code.
func (t *Tree) Get(code string) (Area, bool) {
	i, ok := t.at[code]
	if !ok {
		return Area{}, false
	}
	return t.areas[i], true
}

// Has reports whether an area exists.
func (t *Tree) Has(code string) bool { _, ok := t.at[code]; return ok }

// All returns the areas in code order. The slice is the tree's own.
func (t *Tree) All() []Area { return t.areas }

// cell names a place in an imported table.
func cell(row int, column string) string {
	if row == 0 {
		return "column " + column
	}
	return fmt.Sprintf("row %d, column %s", row, column)
}
