package tabular

import (
	"errors"
	"fmt"
	"io"
	"iter"

	"gongping/internal/errs"
)

// Row is one data row with its values in the order of the specification.
type Row struct {
	// Number is the row as a spreadsheet shows it; the header is row 1.
	Number int
	// Faults are this row's errors; a row with faults must not be imported.
	Faults []*errs.Error
	values []string
	spec   *Spec
}

// Get returns the canonical text of a column, "" when empty, faulty or absent.
// It panics on a column that the specification does not have.
func (r *Row) Get(column string) string { return r.values[r.spec.index(column)] }

// At returns the value of the i-th column of the specification; it is Get for
// loops over millions of rows.
func (r *Row) At(i int) string { return r.values[i] }

// Fault builds an error that points at a column of this row, for checks that
// need more than one cell. Private columns hide what was found.
func (r *Row) Fault(column, key, message, found, want, hint string) *errs.Error {
	c := &r.spec.Columns[r.spec.index(column)]
	return errs.New(errs.Invalid, key, "%s", message).At(place(r.Number, column), c.found(found), want, hint)
}

// Summary is the outcome of reading a table.
type Summary struct {
	Format, Encoding string
	Mapping          *Mapping
	Rows, Bad        int // data rows, and those with at least one fault
	Faults           int // all faults, described in Details or not
	Details          []*errs.Error
	limit            int
}

// Add counts a fault and keeps it while there is room. Callers use it for
// faults of their own, found by checks across rows.
func (s *Summary) Add(e *errs.Error) {
	s.Faults++
	if len(s.Details) < s.limit {
		s.Details = append(s.Details, e)
	}
}

// Err returns nil for a table without faults, else one Invalid error with the
// faults in its Details.
func (s *Summary) Err() error {
	if s.Faults == 0 {
		return nil
	}
	e := errs.New(errs.Invalid, "import.faults", "%d faults in %d of %d rows; nothing was imported", s.Faults, s.Bad, s.Rows).
		With(map[string]any{"faults": s.Faults, "bad": s.Bad, "rows": s.Rows})
	e.Details = s.Details
	return e
}

// Read maps the header row and returns the summary, which fills while the rows
// are read, and the rows. Every row is yielded, faulty ones with their Faults;
// the Row is reused, values are not. A second value that is not nil ends the
// reading: the file as a whole is unusable from there on.
func (f *File) Read(spec *Spec) (*Summary, iter.Seq2[*Row, error], error) {
	return f.read(spec, spec.mapHeaders)
}

func (f *File) read(spec *Spec, headers func([]string) (*Mapping, *errs.Error)) (*Summary, iter.Seq2[*Row, error], error) {
	header, number, err := f.rows.next()
	if errors.Is(err, io.EOF) {
		return nil, nil, errs.New(errs.Invalid, "import.empty", "the table has no header row")
	}
	if errors.Is(err, errBadQuote) {
		return nil, nil, quoteFault(number)
	}
	if err != nil {
		return nil, nil, err
	}
	sum := &Summary{Format: f.Format, Encoding: f.Encoding, limit: f.limits.Faults}
	m, bad := headers(append([]string(nil), header...))
	m.serial = f.Format == "xlsx"
	sum.Mapping = m
	if bad != nil {
		return sum, nil, bad
	}
	return sum, func(yield func(*Row, error) bool) { f.each(spec, sum, yield) }, nil
}

func (f *File) each(spec *Spec, sum *Summary, yield func(*Row, error) bool) {
	row := &Row{spec: spec, values: make([]string, len(spec.Columns))}
	for {
		cells, number, err := f.rows.next()
		if errors.Is(err, io.EOF) {
			return
		}
		row.Number, row.Faults = number, nil
		switch {
		case errors.Is(err, errBadQuote):
			clear(row.values)
			row.Faults = append(row.Faults, quoteFault(number))
		case err != nil:
			yield(nil, err)
			return
		default:
			row.fill(sum.Mapping, cells)
		}
		if sum.Rows++; sum.Rows > f.limits.Rows {
			yield(nil, errs.New(errs.TooLarge, "import.too_many_rows", "the table has more than %d rows", f.limits.Rows))
			return
		}
		if len(row.Faults) > 0 {
			sum.Bad++
		}
		for _, e := range row.Faults {
			sum.Add(e)
		}
		if !yield(row, nil) {
			return
		}
	}
}

func quoteFault(number int) *errs.Error {
	return errs.New(errs.Invalid, "import.quote", "a quotation mark is out of place").
		At(place(number, ""), `"`, `fields quoted as "…", with "" for a quotation mark inside`, "export the table again as CSV")
}

// fill checks the cells of a row.
func (r *Row) fill(m *Mapping, cells []string) {
	if len(cells) > len(m.Headers) {
		for _, extra := range cells[len(m.Headers):] {
			if extra != "" {
				r.Faults = append(r.Faults, errs.New(errs.Invalid, "import.too_many_cells", "the row has more cells than the header").
					At(place(r.Number, ""), fmt.Sprint(len(cells)), fmt.Sprint(len(m.Headers)), "look for a separator inside a value"))
				break
			}
		}
	}
	for i := range r.spec.Columns {
		raw := ""
		if at := m.at[i]; at >= 0 && at < len(cells) {
			raw = cells[at]
		} else if m.fixed != nil {
			raw = m.fixed[i]
		}
		v, e := r.spec.Columns[i].check(raw, m.serial)
		r.values[i] = v
		if e != nil {
			e.Where = place(r.Number, r.spec.Columns[i].Name)
			r.Faults = append(r.Faults, e)
		}
	}
}

func bytesText(n int64) string { return fmt.Sprintf("%d MB", n>>20) }
