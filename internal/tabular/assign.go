package tabular

import (
	"errors"
	"io"
	"iter"
	"strings"

	"gongping/internal/errs"
)

// Assignment says where a column of a specification is taken from in a table
// with other headers: from the file's column with this header, or, where the
// file has none, one value for every row. Exactly one of the two is set.
type Assignment struct {
	Column string `json:"column" doc:"Name of our column"`
	Header string `json:"header,omitempty" maxLength:"1000" doc:"Header of the file's column that it is taken from"`
	Value  string `json:"value,omitempty" maxLength:"200" doc:"Instead of a header: one value for every row"`
}

// Head reads the header row and the first k rows as they stand, for a person who
// has to say what they mean. The file is used up: open it again to read it.
func (f *File) Head(k int) (headers []string, first [][]string, err error) {
	for len(first) <= k {
		cells, _, err := f.rows.next()
		if errors.Is(err, io.EOF) || errors.Is(err, errBadQuote) {
			break
		}
		if err != nil {
			return nil, nil, err
		}
		first = append(first, append([]string(nil), cells...))
	}
	if len(first) == 0 {
		return nil, nil, nil
	}
	return first[0], first[1:], nil
}

// ReadAs is Read with the columns that a person assigned instead of the headers
// that the specification knows; without any it is Read.
func (f *File) ReadAs(spec *Spec, assigned []Assignment) (*Summary, iter.Seq2[*Row, error], error) {
	if len(assigned) == 0 {
		return f.Read(spec)
	}
	return f.read(spec, func(headers []string) (*Mapping, *errs.Error) { return spec.assign(headers, assigned) })
}

// Known are the assignments by the headers that a specification knows itself,
// as a first proposal for a table that lacks some.
func (s *Spec) Known(headers []string) (out []Assignment) {
	m, _ := s.mapHeaders(headers)
	for i, c := range s.Columns {
		if m.at[i] >= 0 {
			out = append(out, Assignment{Column: c.Name, Header: headers[m.at[i]]})
		}
	}
	return out
}

// Fits tells whether a table has every header that assignments name, once.
func Fits(headers []string, assigned []Assignment) bool {
	for _, a := range assigned {
		if _, n := find(headers, a.Header); a.Header != "" && n != 1 {
			return false
		}
	}
	return len(assigned) > 0
}

// find returns the column with a header and how many have it.
func find(headers []string, header string) (at, n int) {
	for i, h := range headers {
		if strings.TrimSpace(h) == strings.TrimSpace(header) {
			at, n = i, n+1
		}
	}
	return at, n
}

// assign maps a header row as a person said.
func (s *Spec) assign(headers []string, assigned []Assignment) (*Mapping, *errs.Error) {
	m := &Mapping{Headers: headers, Columns: make([]string, len(headers)), at: make([]int, len(s.Columns)), fixed: make([]string, len(s.Columns))}
	ours := map[string]int{}
	for i, c := range s.Columns {
		m.at[i], ours[c.Name] = -1, i
	}
	e := errs.New(errs.Invalid, "import.header", "the header row of %s cannot be used", s.Name)
	bad := func(a Assignment, key, message, found, want, hint string) {
		e.Details = append(e.Details, errs.New(errs.Invalid, key, "%s", message).At(place(1, a.Column), Visible(found), want, hint))
	}
	for _, a := range assigned {
		i, ok := ours[a.Column]
		at, n := find(headers, a.Header)
		switch {
		case !ok:
			bad(Assignment{}, "import.assign_column", "this table has no such column", a.Column, "a column of the table", "remove the assignment")
		case m.at[i] >= 0 || m.fixed[i] != "":
			bad(a, "import.assign_again", "a column is assigned twice", a.Header+a.Value, "one source", "leave one of them")
		case a.Header == "" && a.Value == "" || a.Header != "" && a.Value != "":
			bad(a, "import.assign_one", "a column is taken from the file or has one value", a.Header+a.Value, "a header or a value", "choose one")
		case a.Value != "":
			m.fixed[i] = a.Value
		case n == 0:
			bad(a, "import.assign_gone", "the file has no column with this header", a.Header, Visible(strings.Join(headers, ", ")), "choose another column")
		case n > 1:
			bad(a, "import.assign_alike", "several columns of the file have this header", a.Header, "a header that stands once", "rename one of them in the file")
		case m.Columns[at] != "":
			bad(a, "import.assign_taken", "a column of the file is used for two of ours", a.Header, "each column of the file once", "choose another column")
		default:
			m.at[i], m.Columns[at] = at, a.Column
		}
	}
	for i, c := range s.Columns {
		if c.Required && m.at[i] < 0 && m.fixed[i] == "" && len(e.Details) == 0 {
			bad(Assignment{Column: c.Name}, "import.assign_missing", "a required column is not assigned", "", "a column of the file or one value", "choose the column that holds it")
		}
	}
	if len(e.Details) > 0 {
		return m, e
	}
	return m, nil
}
