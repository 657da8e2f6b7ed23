package analyze

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"slices"
	"strings"

	"gongping/internal/errs"
	"gongping/internal/tabular"
)

// column is a dictionary-coded column of text.
type column struct {
	levels []string // in the order of bytes
	codes  []int32  // -1 = empty
}

// sample names a few of the values, for messages.
func (c *column) sample() string {
	const few = 8
	if len(c.levels) <= few {
		return strings.Join(c.levels, ", ")
	}
	return strings.Join(c.levels[:few], ", ") + fmt.Sprintf(", … (%d values)", len(c.levels))
}

// frame is the table in columns, rows in canonical order.
type frame struct {
	rows    int
	columns map[string]*column
	number  []int32 // row as a spreadsheet shows it
}

// at names a row of a column for messages.
func (f *frame) at(row int, name string) string {
	return fmt.Sprintf("row %d, column %s", f.number[row], name)
}

func fieldFault(field, found, want, hint string) *errs.Error {
	return errs.New(errs.Invalid, "analyze.field", "a field cannot be used").At(field, found, want, hint)
}

// read reads the columns that a specification names.
func read(ctx context.Context, s *Spec, path string) (*frame, error) {
	in, err := os.Open(path)
	if err != nil {
		return nil, fieldFault("data", path, "a CSV or XLSX file that can be read", err.Error())
	}
	defer in.Close()
	info, err := in.Stat()
	if err != nil {
		return nil, err
	}
	file, err := tabular.Open(in, info.Size(), tabular.Limits{Cells: 5000})
	if err != nil {
		return nil, err
	}
	defer file.Close()
	layout := &tabular.Spec{Name: path, Exact: true}
	for _, c := range s.columns {
		layout.Columns = append(layout.Columns, tabular.Column{Name: c, Type: tabular.Text, MaxLen: 2000})
	}
	sum, rows, err := file.Read(layout)
	if err != nil {
		return nil, err
	}
	if err := s.headers(sum.Mapping.Headers); err != nil {
		return nil, err
	}
	index := make([]map[string]int32, len(s.columns))
	codes := make([][]int32, len(s.columns))
	for j := range index {
		index[j] = map[string]int32{}
	}
	f := &frame{columns: map[string]*column{}}
	for row, err := range rows {
		if err != nil {
			return nil, err
		}
		for j := range codes {
			codes[j] = append(codes[j], code(index[j], row.At(j)))
		}
		f.number = append(f.number, int32(row.Number))
		if f.rows++; f.rows%65536 == 0 && ctx.Err() != nil {
			return nil, ctx.Err()
		}
	}
	if err := sum.Err(); err != nil {
		return nil, err
	}
	if f.rows == 0 {
		return nil, fieldFault("data", "no rows", "a table with a header and rows", "check the file")
	}
	for j, name := range s.columns {
		f.columns[name] = inOrder(index[j], codes[j])
	}
	f.sort(s)
	return f, nil
}

func code(index map[string]int32, v string) int32 {
	if v == "" {
		return -1
	}
	c, ok := index[v]
	if !ok {
		c = int32(len(index))
		index[v] = c
	}
	return c
}

// inOrder renumbers codes in the order of the values: numbers by size and before
// texts.
func inOrder(index map[string]int32, codes []int32) *column {
	c := &column{levels: make([]string, 0, len(index)), codes: codes}
	for v := range index {
		c.levels = append(c.levels, v)
	}
	slices.SortFunc(c.levels, func(a, b string) int {
		x, okx := number(a)
		y, oky := number(b)
		switch {
		case okx && oky:
			return cmp.Or(cmp.Compare(x, y), cmp.Compare(a, b))
		case okx:
			return -1
		case oky:
			return 1
		}
		return cmp.Compare(a, b)
	})
	to := make([]int32, len(index))
	for i, v := range c.levels {
		to[index[v]] = int32(i)
	}
	for i, k := range codes {
		if k >= 0 {
			codes[i] = to[k]
		}
	}
	return c
}

// headers checks that every column is there.
func (s *Spec) headers(have []string) error {
	r := &reader{file: s.file}
	for _, c := range s.columns {
		if slices.ContainsFunc(have, func(h string) bool { return strings.TrimSpace(h) == c }) {
			continue
		}
		hint := "correct the name; headers must match exactly"
		if near := closest(c, slices.Clone(have)); near != "" {
			hint = "did you mean " + near + "?"
		}
		if strings.HasPrefix(s.asked[c].field, "covariates") && strings.ContainsAny(c, "(*:^") {
			hint = "functions are written {column: age, as: log} (or sqrt, square, number, category), products {column: age, as: number, times: sex}"
		}
		list := have
		if len(list) > 40 {
			list = append(slices.Clone(have[:40]), fmt.Sprintf("… (%d columns)", len(have)))
		}
		r.fault(s.asked[c].line, s.asked[c].field, c, "one of "+tabular.Visible(strings.Join(list, ", ")), hint)
	}
	return r.err()
}

// sort puts the rows in canonical order: by the values of all columns that are
// read, in the order of their names. Rows that tie are interchangeable.
func (f *frame) sort(s *Spec) {
	keys := slices.Clone(s.columns)
	slices.Sort(keys)
	if id := s.Design.ID; id != "" {
		keys = append([]string{id}, keys...)
	}
	by := make([][]int32, len(keys))
	for j, k := range keys {
		by[j] = f.columns[k].codes
	}
	order := make([]int32, f.rows)
	for i := range order {
		order[i] = int32(i)
	}
	slices.SortFunc(order, func(a, b int32) int {
		for _, c := range by {
			if c[a] != c[b] {
				return cmp.Compare(c[a], c[b])
			}
		}
		return 0
	})
	for _, c := range f.columns {
		c.codes = permute(c.codes, order)
	}
	f.number = permute(f.number, order)
}

func permute(v, order []int32) []int32 {
	out := make([]int32, len(order))
	for i, o := range order {
		out[i] = v[o]
	}
	return out
}
