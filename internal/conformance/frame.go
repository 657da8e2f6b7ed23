package conformance

import (
	"bytes"
	"cmp"
	"encoding/csv"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/text/collate"
	"golang.org/x/text/language"

	"gongping/scoring/estimate"
)

// Frame is the data file of a case: named columns of text, empty = missing.
type Frame struct {
	Names []string
	Rows  int
	cols  map[string][]string
	made  []string // columns that formulas worked out
}

// ParseFrame reads a CSV file: one header line of unique names, comma
// separated, UTF-8, an empty cell, NA or NaN is missing.
func ParseFrame(b []byte) (*Frame, error) {
	r := csv.NewReader(bytes.NewReader(quoteBlankLines(bytes.TrimPrefix(b, []byte("\xef\xbb\xbf")))))
	head, err := r.Read()
	if err != nil {
		return nil, fmt.Errorf("no header line: %w", err)
	}
	f := &Frame{Names: slices.Clone(head), cols: map[string][]string{}}
	for _, n := range f.Names {
		if _, dup := f.cols[n]; dup {
			return nil, fmt.Errorf("column %q appears twice in the header", n)
		}
		f.cols[n] = nil
	}
	for {
		rec, err := r.Read()
		if err == io.EOF {
			return f, nil
		}
		if err != nil {
			return nil, err
		}
		for j, n := range f.Names {
			v := rec[j]
			if v == "NA" || v == "NaN" {
				v = ""
			}
			f.cols[n] = append(f.cols[n], v)
		}
		f.Rows++
	}
}

// quoteBlankLines writes the missing cells of a file with a single column,
// which are blank lines, as quoted empty texts: the CSV reader skips blank
// lines.
func quoteBlankLines(b []byte) []byte {
	lines := bytes.Split(bytes.ReplaceAll(b, []byte("\r\n"), []byte("\n")), []byte("\n"))
	if bytes.ContainsAny(lines[0], ",\"") {
		return b
	}
	for i, l := range lines {
		if len(l) == 0 && i+1 < len(lines) {
			lines[i] = []byte(`""`)
		}
	}
	return bytes.Join(lines, []byte("\n"))
}

// Has reports whether the column exists.
func (f *Frame) Has(name string) bool { _, ok := f.cols[name]; return ok }

// Text is a column as text, "" = missing.
func (f *Frame) Text(name string) ([]string, error) {
	c, ok := f.cols[name]
	if !ok {
		return nil, fmt.Errorf("no column %q; the columns are %s", name, strings.Join(f.Names, ", "))
	}
	return c, nil
}

// Floats is a column of numbers and the mask of missing cells; a missing cell
// has value 0. missing is nil when every cell is there.
func (f *Frame) Floats(name string) (x []float64, missing []bool, err error) {
	c, err := f.Text(name)
	if err != nil {
		return nil, nil, err
	}
	x = make([]float64, len(c))
	for i, s := range c {
		s = strings.TrimSpace(s)
		if s == "" {
			if missing == nil {
				missing = make([]bool, len(c))
			}
			missing[i] = true
			continue
		}
		x[i], err = strconv.ParseFloat(s, 64)
		if err != nil || math.IsNaN(x[i]) || math.IsInf(x[i], 0) {
			return nil, nil, fmt.Errorf("column %q, row %d: %q is not a number", name, i+1, s)
		}
	}
	return x, missing, nil
}

// Complete is Floats for a column that must not have missing cells.
func (f *Frame) Complete(name string) ([]float64, error) {
	x, missing, err := f.Floats(name)
	if i := slices.Index(missing, true); err == nil && i >= 0 {
		return nil, fmt.Errorf("column %q, row %d: the cell is empty", name, i+1)
	}
	return x, err
}

// IsNumeric reports whether every cell that is there is a number.
func (f *Frame) IsNumeric(name string) bool {
	_, _, err := f.Floats(name)
	return err == nil
}

// Factor is a column as codes into its levels; -1 = missing. Levels are in the
// order of R's factor() in a UTF-8 locale: numbers by value, texts by the root
// collation (Unicode CLDR), which puts "p" before "Q" where bytes would not.
func (f *Frame) Factor(name string) (codes []int32, levels []string, err error) {
	c, err := f.Text(name)
	if err != nil {
		return nil, nil, err
	}
	codes, levels = estimate.Encode(c)
	order := make([]int, len(levels))
	for i := range order {
		order[i] = i
	}
	if f.IsNumeric(name) {
		value := make([]float64, len(levels))
		for i, l := range levels {
			value[i], _ = strconv.ParseFloat(strings.TrimSpace(l), 64)
		}
		slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(value[a], value[b]) })
	} else {
		root := collate.New(language.Und)
		slices.SortStableFunc(order, func(a, b int) int { return root.CompareString(levels[a], levels[b]) })
	}
	rank, sorted := make([]int32, len(levels)), make([]string, len(levels))
	for at, i := range order {
		rank[i], sorted[at] = int32(at), levels[i]
	}
	for i, k := range codes {
		if k >= 0 {
			codes[i] = rank[k]
		}
	}
	return codes, sorted, nil
}
