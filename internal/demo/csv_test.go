package demo

import (
	"bytes"
	"io"
	"testing"

	"gongping/internal/tabular"
	"gongping/internal/tabular/layout"
	"gongping/survey/frame"
)

// TestFilesImport reads every file back through the product's own table reader
// and layouts, with headers in both languages: no fault, every row.
func TestFilesImport(t *testing.T) {
	t.Parallel()
	w := Generate(1, Small())
	for _, c := range []struct {
		name  string
		write func(io.Writer, Headers) error
		spec  *tabular.Spec
		rows  int
	}{
		{"areas", w.WriteAreas, &layout.Areas, len(w.Areas)},
		{"workers", w.WriteWorkers, &layout.Workers, len(w.Workers)},
		{"frame", w.WriteFrame, &layout.Residents, len(w.People)},
	} {
		for _, h := range []Headers{English, Chinese} {
			var b bytes.Buffer
			if err := c.write(&b, h); err != nil {
				t.Fatal(err)
			}
			f, err := tabular.Open(bytes.NewReader(b.Bytes()), int64(b.Len()), tabular.Limits{})
			if err != nil {
				t.Fatal(c.name, err)
			}
			sum, rows, err := f.Read(c.spec)
			if err != nil {
				t.Fatal(c.name, err)
			}
			n := 0
			for r, err := range rows {
				if err != nil {
					t.Fatal(c.name, err)
				}
				if c.name == "frame" {
					same(t, &w.People[n], layout.Resident(r))
				}
				n++
			}
			if sum.Faults != 0 || n != c.rows {
				t.Errorf("%s: %d rows of %d, faults %v", c.name, n, c.rows, sum.Details)
			}
			f.Close()
		}
	}
}

func same(t *testing.T, p *Person, r frame.Resident) {
	t.Helper()
	if r.Person != p.ID || r.Household != p.HouseholdID || r.Area != p.Grid || string(r.Sex) != p.Sex || r.BirthYear != p.BirthYear ||
		string(r.Tenure) != p.Tenure || r.Identity.Phone != p.Phone || r.Identity.Address != p.Address ||
		(r.Contact&frame.Mobile != 0) != (p.Phone != "") || (r.Contact&frame.Visit != 0) != (p.Address != "") {
		t.Fatalf("written %+v, read %+v", p, r)
	}
}

// TestOtherFiles: indicators and ratings have their rows and header.
func TestOtherFiles(t *testing.T) {
	t.Parallel()
	w := Generate(1, Small())
	var a, b bytes.Buffer
	if err := w.WriteIndicators(&a, Chinese); err != nil {
		t.Fatal(err)
	}
	if err := w.WriteRatings(&b, English); err != nil {
		t.Fatal(err)
	}
	if n := bytes.Count(a.Bytes(), []byte("\n")); n != 1+len(w.Indicators) || !bytes.HasPrefix(a.Bytes(), []byte("区划代码,指标,分子,分母\n")) {
		t.Errorf("indicators: %d lines", n)
	}
	if n := bytes.Count(b.Bytes(), []byte("\n")); n != 1+len(w.Ratings) || !bytes.HasPrefix(b.Bytes(), []byte("area_code,reviewer,criterion,score,note\n")) {
		t.Errorf("ratings: %d lines", n)
	}
}
