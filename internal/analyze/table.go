package analyze

import (
	"errors"
	"math"
	"strconv"

	"gongping/analytics/fairness"
	"gongping/internal/errs"
	"gongping/web/locale"
)

// Report is the answer to a specification.
type Report struct {
	Title  string   `json:"title"`
	Rows   int      `json:"rows"`
	Notes  []string `json:"notes"`
	Tables []*Table `json:"tables"`
	// RowsText says how many rows there are, in the language of the report.
	RowsText string `json:"-"`
}

// Table is one table of figures.
type Table struct {
	Title string   `json:"title"`
	Stat  string   `json:"stat"`
	Heads []Head   `json:"columns"`
	Cells [][]Cell `json:"rows"`
	Notes []string `json:"notes,omitempty"`
}

// Head describes a column. Digits are those shown; JSON, CSV and XLSX hold the
// full number.
type Head struct {
	Key    string `json:"key"`
	Label  string `json:"-"` // in the language of the report
	Digits int    `json:"-"`
	Text   bool   `json:"-"`
}

// Cell is a number, a text, a hidden cell or nothing. Label is a text in the
// language of the report; Text is then the same word in every language, which
// JSON and CSV hold.
type Cell struct {
	Number *float64
	Text   string
	Label  string
	Hidden fairness.Cell
}

func num(v float64) Cell {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return Cell{}
	}
	return Cell{Number: &v}
}

func maybe(v *float64) Cell {
	if v == nil {
		return Cell{}
	}
	return num(*v)
}

func when(ok bool, v float64) Cell {
	if !ok {
		return Cell{}
	}
	return num(v)
}

func str(s string) Cell { return Cell{Text: s} }

// tag is a word that machines read, with what people read in its place.
func tag(word, label string) Cell { return Cell{Text: word, Label: label} }

// hidden is a row's cells in place of n figures.
func hidden(how fairness.Cell, n int) []Cell {
	out := make([]Cell, n)
	for i := range out {
		out[i].Hidden = how
	}
	return out
}

// MarshalJSON writes a number, a text, null, or {"suppressed": "primary"}.
func (c Cell) MarshalJSON() ([]byte, error) {
	switch {
	case c.Hidden == fairness.Primary:
		return []byte(`{"suppressed":"primary"}`), nil
	case c.Hidden == fairness.Secondary:
		return []byte(`{"suppressed":"secondary"}`), nil
	case c.Number != nil:
		return strconv.AppendFloat(nil, *c.Number, 'g', -1, 64), nil
	case c.Text != "":
		return []byte(quoteJSON(c.Text)), nil
	}
	return []byte("null"), nil
}

// show is the cell as a person reads it.
func (c Cell) show(h Head) string {
	switch {
	case c.Hidden == fairness.Primary:
		return "·"
	case c.Hidden == fairness.Secondary:
		return "··"
	case c.Number == nil && c.Label != "":
		return c.Label
	case c.Number == nil:
		return c.Text
	}
	v := *c.Number
	if h.Digits == pDigits {
		if v < 0.001 {
			return "<0.001"
		}
		return strconv.FormatFloat(v, 'f', 3, 64)
	}
	s := strconv.FormatFloat(v, 'f', h.Digits, 64)
	if f, _ := strconv.ParseFloat(s, 64); f == 0 && s[0] == '-' {
		s = s[1:] // no "-0.0"
	}
	return s
}

// pDigits marks columns of p-values.
const pDigits = -1

// full is the cell for CSV.
func (c Cell) full() string {
	switch {
	case c.Hidden == fairness.Primary:
		return "suppressed"
	case c.Hidden == fairness.Secondary:
		return "suppressed (secondary)"
	case c.Number != nil:
		return strconv.FormatFloat(*c.Number, 'g', -1, 64)
	}
	return c.Text
}

// remark is what a table says about a figure that was refused: the error's
// sentence for machines, that of its key in the language of the report for people.
func (a *analysis) remark(err error) Cell {
	if err == nil {
		return Cell{}
	}
	e, ok := errors.AsType[*errs.Error](err)
	if !ok {
		return str(err.Error())
	}
	if a.say.Lang() == locale.English || !a.say.Has(e.Key) {
		return str(e.Message)
	}
	return tag(e.Message, a.say.Map(e.Key, e.Args))
}
