package tabular

import (
	"bufio"
	"errors"
	"io"
	"strings"

	"gongping/internal/errs"
)

// csvReader reads records one by one within fixed limits. encoding/csv would
// read a quoted field that is never closed to the end of a 3 GB file.
type csvReader struct {
	in       *bufio.Reader
	comma    byte
	maxField int
	maxCells int
	record   int // records read, blank ones included: the row a spreadsheet shows
	cells    []string
	field    []byte
}

// errBadQuote marks a row whose quoting is wrong; reading goes on after it.
var errBadQuote = errors.New("bad quote")

// next returns the next record that is not blank. The slice is reused.
func (r *csvReader) next() ([]string, error) {
	for {
		cells, err := r.read()
		if err != nil || len(cells) > 1 || len(cells) == 1 && cells[0] != "" {
			return cells, err
		}
	}
}

func (r *csvReader) read() ([]string, error) {
	r.cells, r.field = r.cells[:0], r.field[:0]
	r.record++
	var bad, started bool
	for {
		c, err := r.in.ReadByte()
		if err == io.EOF {
			if !started {
				return nil, io.EOF
			}
			return r.endRecord(bad)
		}
		if err != nil {
			return nil, err
		}
		started = true
		switch {
		case c == '"' && len(r.field) == 0:
			closed, err := r.quoted()
			if err != nil {
				return nil, err
			}
			bad = bad || !closed
		case c == r.comma:
			if err := r.endField(); err != nil {
				return nil, err
			}
		case c == '\n':
			return r.endRecord(bad)
		case c == '\r':
			if p, _ := r.in.Peek(1); len(p) == 1 && p[0] == '\n' {
				r.in.Discard(1)
			}
			return r.endRecord(bad)
		default:
			if c == '"' {
				bad = true
			}
			if err := r.grow(c); err != nil {
				return nil, err
			}
		}
	}
}

// quoted reads a quoted field after its opening quote, up to its closing one.
// It reports false when something other than a separator follows the close.
func (r *csvReader) quoted() (bool, error) {
	for {
		c, err := r.in.ReadByte()
		if err == io.EOF {
			return false, nil
		}
		if err != nil {
			return false, err
		}
		if c != '"' {
			if err := r.grow(c); err != nil {
				return false, err
			}
			continue
		}
		p, _ := r.in.Peek(1)
		switch {
		case len(p) == 1 && p[0] == '"':
			r.in.Discard(1)
			if err := r.grow('"'); err != nil {
				return false, err
			}
		case len(p) == 0 || p[0] == r.comma || p[0] == '\n' || p[0] == '\r':
			return true, nil
		default:
			return false, nil
		}
	}
}

func (r *csvReader) grow(c byte) error {
	if len(r.field) >= r.maxField {
		return errs.New(errs.TooLarge, "import.field_too_long", "a field never ends").
			At(place(r.record, ""), Visible(string(r.field[:min(40, len(r.field))])), "a shorter field",
				"look for a quotation mark in this row that is not closed")
	}
	r.field = append(r.field, c)
	return nil
}

func (r *csvReader) endField() error {
	if len(r.cells) >= r.maxCells {
		return errs.New(errs.TooLarge, "import.too_many_columns", "a row has too many columns").
			At(place(r.record, ""), "", "fewer columns", "check the separator of the file")
	}
	r.cells = append(r.cells, string(r.field))
	r.field = r.field[:0]
	return nil
}

func (r *csvReader) endRecord(bad bool) ([]string, error) {
	if err := r.endField(); err != nil {
		return nil, err
	}
	if bad {
		return r.cells, errBadQuote
	}
	return r.cells, nil
}

// separator guesses the separator from the first line: the most frequent of
// comma, semicolon and tab outside quotes; comma when none stands there.
func separator(head string) byte {
	var count [3]int
	quoted := false
scan:
	for _, r := range head {
		switch {
		case r == '"':
			quoted = !quoted
		case quoted:
		case r == '\n' || r == '\r':
			break scan
		default:
			if i := strings.IndexRune(",;\t", r); i >= 0 {
				count[i]++
			}
		}
	}
	switch {
	case count[2] > count[0] && count[2] >= count[1]:
		return '\t'
	case count[1] > count[0]:
		return ';'
	}
	return ','
}
