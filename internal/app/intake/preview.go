package intake

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"gongping/internal/errs"
	"gongping/internal/pg"
	"gongping/internal/tabular"
)

type querier = pg.Querier

const (
	maxShown  = 50      // faults and warnings described in full
	firstRows = 10      // rows shown
	smallRows = 200_000 // rows of every table but the frame
	tick      = 4096    // rows between two progress reports
)

// Preview is what the first pass found: enough to decide, nothing personal.
type Preview struct {
	Request
	// Resume is the token of an import of this very file that was interrupted
	// and will go on; "" for a new one.
	Resume           string
	File, Digest     string
	Format, Encoding string
	Rows, Bad        int // data rows, and those with a fault
	// Faults forbid the import, Warnings ask for a look. All are counted, the
	// first are described.
	Faults, Warnings int
	Errors, Cautions []*errs.Error
	Columns          []string   // names of the table's columns
	First            [][]string // first rows, personal data masked
	Counts           []Count    // what confirming would do
	// Headers and Samples are the file's own columns and its first values, of
	// tables whose columns a person may assign; Strange tells that the header
	// row could not be used.
	Headers           []string
	Samples           [][]string
	Strange           bool
	at                time.Time
	badRow            map[string]bool
	households, alike int
}

// Count is a number with its name ("new", "changed", "households").
type Count struct {
	Key string `json:"key"`
	N   int    `json:"n"`
}

// Cautioned is the number of persons who look like another one.
func (p *Preview) Cautioned() int { return p.alike }

// OK is the number of rows without a fault.
func (p *Preview) OK() int { return p.Rows - p.Bad }

// Ready tells whether the file may be confirmed.
func (p *Preview) Ready() bool { return p.Faults == 0 && p.Rows > 0 }

// Err returns nil for a file that may be confirmed, else what is wrong.
func (p *Preview) Err() error {
	switch {
	case p.Faults > 0:
		e := errs.New(errs.Invalid, "import.faults", "%d faults in %d of %d rows; nothing was imported", p.Faults, p.Bad, p.Rows).
			With(map[string]any{"faults": p.Faults, "bad": p.Bad, "rows": p.Rows})
		e.Details = p.Errors
		return e
	case p.Rows == 0:
		return errs.New(errs.Invalid, "intake.no_rows", "the table has a header and no rows").
			At(p.File, "0 rows", "at least one row", "fill in the table below its header")
	}
	return nil
}

// fault counts faults of one row; a row is counted as bad once.
func (p *Preview) fault(list ...*errs.Error) {
	for _, e := range list {
		if e == nil {
			continue
		}
		p.Faults++
		if len(p.Errors) < maxShown {
			p.Errors = append(p.Errors, e)
		}
		row, _, _ := strings.Cut(e.Where, ",")
		if p.badRow == nil {
			p.badRow = map[string]bool{}
		}
		if strings.HasPrefix(row, "row ") && row != "row 1" && !p.badRow[row] {
			p.badRow[row] = true
			p.Bad++
		}
	}
}

func (p *Preview) warn(list ...*errs.Error) {
	for _, e := range list {
		p.Warnings++
		if len(p.Cautions) < maxShown {
			p.Cautions = append(p.Cautions, e)
		}
	}
}

func (p *Preview) count(key string, n int) { p.Counts = append(p.Counts, Count{key, n}) }

// scan reads a table and calls each with every row that has no fault in its
// cells. It returns false when the header cannot be used; the preview says why.
func scan(ctx context.Context, src Source, spec *tabular.Spec, limits tabular.Limits, p *Preview, prog Progress, each func(*tabular.Row)) (bool, error) {
	limits.Faults = 1 // the preview keeps its own list
	f, err := tabular.Open(src.File, src.Size, limits)
	if err != nil {
		return false, err
	}
	defer f.Close()
	p.Format, p.Encoding = f.Format, f.Encoding
	sum, rows, err := f.ReadAs(spec, p.Assigned)
	if err != nil {
		e, ok := errors.AsType[*errs.Error](err)
		if !ok || e.Key != "import.header" {
			return false, err
		}
		p.Strange = true
		p.fault(e.Details...)
		return false, nil
	}
	for row, err := range rows {
		if err != nil {
			return false, err
		}
		p.Rows = sum.Rows
		if p.Rows%tick == 0 {
			if err := ctx.Err(); err != nil {
				return false, err
			}
			prog.at(Checking, int64(p.Rows), 0)
		}
		if len(p.First) < firstRows && p.Columns != nil {
			p.First = append(p.First, shown(row, spec))
		}
		if len(row.Faults) > 0 {
			p.fault(row.Faults...)
			continue
		}
		each(row)
	}
	prog.at(Checking, int64(p.Rows), int64(p.Rows))
	return true, nil
}

// shown is a row as a person may see it.
func shown(row *tabular.Row, spec *tabular.Spec) []string {
	out := make([]string, len(spec.Columns))
	for i := range spec.Columns {
		v := row.At(i)
		if spec.Columns[i].Private && v != "" {
			v = strings.Repeat("•", min(utf8.RuneCountInString(v), 8))
		}
		out[i] = tabular.Visible(v)
	}
	return out
}

func columns(spec *tabular.Spec) []string {
	out := make([]string, len(spec.Columns))
	for i, c := range spec.Columns {
		out[i] = c.Name
	}
	return out
}

func rowText(n int) string { return fmt.Sprintf("row %d", n) }
