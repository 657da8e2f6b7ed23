package layout

import (
	"bytes"
	"strings"
	"testing"

	"gongping/internal/tabular"
)

func TestFigures(t *testing.T) {
	t.Parallel()
	var got []Figure
	sum := rowsOf(t, &Indicators, "区划代码,指标,分子,分母\n310104003001,visit_coverage,35.5,48\n310104003001,x,NaN,1e400\n", func(r *tabular.Row) {
		got = append(got, Indicator(r))
	})
	if sum.Faults != 2 {
		t.Fatalf("faults %v", sum.Details)
	}
	if want := (Figure{Area: "310104003001", Indicator: "visit_coverage", Numerator: 35.5, Denominator: 48, Row: 2}); got[0] != want {
		t.Fatalf("got %+v, want %+v", got[0], want)
	}
	rowsOf(t, &Ratings, "area_code,reviewer,criterion,score,note\n310104003001,甲,care,7.5,好\n", func(r *tabular.Row) {
		if m := Rating(r); m.Score != 7.5 || m.Reviewer != "甲" || m.Note != "好" {
			t.Errorf("mark %+v", m)
		}
	})
}

// TestTemplatesReadBack: the template that a person downloads passes its own
// import without a fault.
func TestTemplatesReadBack(t *testing.T) {
	t.Parallel()
	for _, spec := range []*tabular.Spec{&Areas, &Workers, &Residents, &Indicators, &Ratings, &Census, &Records, &Tickets, &Tasks, &Departments} {
		var b bytes.Buffer
		if err := WriteTemplate(&b, spec); err != nil {
			t.Fatal(err)
		}
		sum := rowsOf(t, spec, b.String(), func(*tabular.Row) {})
		if sum.Faults != 0 || sum.Rows != 1 {
			t.Errorf("%s: %v", spec.Name, sum.Details)
		}
		for i, c := range sum.Mapping.Columns {
			if c != spec.Columns[i].Name {
				t.Errorf("%s: header %q is not column %q", spec.Name, sum.Mapping.Headers[i], spec.Columns[i].Name)
			}
		}
		if strings.Contains(b.String(), ",,") {
			t.Errorf("%s: the example has a gap: %s", spec.Name, b.String())
		}
	}
}
