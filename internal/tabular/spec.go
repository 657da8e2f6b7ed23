// Package tabular reads tables that people made: CSV in the encodings that
// Chinese offices really use, and XLSX. It streams with bounded memory, maps
// headers in Chinese or English to named columns, checks every value against a
// column specification and reports each fault by row and column, with what was
// found, what was expected and how to mend it. It repairs nothing silently.
// It also writes CSV that no spreadsheet will run as a formula.
package tabular

import (
	"fmt"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
	"golang.org/x/text/width"

	"gongping/internal/errs"
)

// Type is the kind of value a column holds.
type Type int

// The column types.
const (
	Text   Type = iota // any text
	Int                // a whole number between Min and Max
	Enum               // one of Allowed
	Flag               // yes or no: 是/否, yes/no, y/n, true/false, 1/0; empty is no
	Date               // 2026-11-20, 2026/11/20, 2026.11.20, 20261120 or 2026年11月20日
	Code               // ASCII letters, digits, "-", "_" and "."; Digits restricts to digits of given lengths
	Phone              // a mainland mobile or landline number, or +country number
	Number             // a decimal number; Min and Max, when not both 0, bound it
)

// Choice is an allowed value of an Enum with the other ways to write it.
type Choice struct {
	Value   string
	Aliases []string
}

// Column specifies one column.
type Column struct {
	// Name is the column's name in code and its first English header; Aliases
	// are further headers, Chinese and English. Case, spaces, full width and a
	// trailing "*" do not matter.
	Name     string
	Aliases  []string
	Required bool // the column must be there and every cell filled
	Type     Type
	Allowed  []Choice // Enum
	Min, Max int64    // Int; both 0 means any
	Digits   []int    // Code: digits only, of one of these lengths
	Named    bool     // Code with Digits: a text that is no number stands as a name
	MaxLen   int      // in characters; 0 means 200
	// Private columns hold personal data: errors tell the length of what was
	// found, never the value.
	Private bool
}

// Spec specifies a table.
type Spec struct {
	Name    string
	Columns []Column
	// Exact wants headers as they are named, so that q1_01 and q10_1 stay two
	// columns in tables whose headers follow no catalogue.
	Exact bool
}

// index returns the position of a column; it panics on a name that the
// specification does not have, which is a mistake in the program.
func (s *Spec) index(name string) int {
	for i := range s.Columns {
		if s.Columns[i].Name == name {
			return i
		}
	}
	panic("tabular: no column " + name + " in specification " + s.Name)
}

// fold makes headers and enum values comparable.
func fold(s string) string {
	s = width.Narrow.String(norm.NFKC.String(s))
	s = strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) || r == '_' || r == '*' || unicode.Is(unicode.Cf, r) {
			return -1
		}
		return unicode.ToLower(r)
	}, s)
	return s
}

// Mapping says which file column feeds which specified column.
type Mapping struct {
	// Headers are the headers as found, Columns the name each was mapped to,
	// "" for one that is not used.
	Headers, Columns []string
	at               []int    // spec column -> file column, -1 when absent
	fixed            []string // spec column -> one value for every row; nil where nothing was assigned
	serial           bool     // dates may be numbers of days, as in a workbook
}

// mapHeaders matches a header row with the specification.
func (s *Spec) mapHeaders(headers []string) (*Mapping, *errs.Error) {
	m := &Mapping{Headers: headers, Columns: make([]string, len(headers)), at: make([]int, len(s.Columns))}
	known, fold := map[string]int{}, fold
	if s.Exact {
		fold = strings.TrimSpace
	}
	for i, c := range s.Columns {
		m.at[i] = -1
		for _, a := range append([]string{c.Name}, c.Aliases...) {
			known[fold(a)] = i
		}
	}
	e := errs.New(errs.Invalid, "import.header", "the header row of %s cannot be used", s.Name)
	for at, h := range headers {
		i, ok := known[fold(h)]
		if !ok {
			continue
		}
		if m.at[i] >= 0 {
			e.Details = append(e.Details, errs.New(errs.Invalid, "import.header_twice", "two columns mean the same").
				At(place(1, s.Columns[i].Name), Visible(headers[m.at[i]])+" / "+Visible(h), "one column", "remove or rename one of them"))
			continue
		}
		m.at[i], m.Columns[at] = at, s.Columns[i].Name
	}
	for i, c := range s.Columns {
		if c.Required && m.at[i] < 0 {
			e.Details = append(e.Details, errs.New(errs.Invalid, "import.header_missing", "a required column is missing").
				At(place(1, c.Name), Visible(strings.Join(headers, ", ")), strings.Join(append([]string{c.Name}, c.Aliases...), " / "),
					"add the column, or rename its header"))
		}
	}
	if len(e.Details) > 0 {
		return m, e
	}
	return m, nil
}

// place names a cell in words both people and programs can use.
func place(row int, column string) string {
	if column == "" {
		return fmt.Sprintf("row %d", row)
	}
	return fmt.Sprintf("row %d, column %s", row, column)
}
