package chart

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// key is a Text that gives the key and its values, so tests see what was asked.
type keyText struct{}

func (keyText) T(key string, pairs ...any) string { return key + fmt.Sprint(pairs...) }

const hostile = `</script><script>alert("x")</script>`

func sample() []Area {
	return []Area{
		{Code: "1", Name: "甲" + hostile, N: 80, Score: 82, Lo: 77, Hi: 87, Standing: High},
		{Code: "2", Name: "乙", N: 60, Score: 70, Lo: 64, Hi: 76, Standing: Low},
		{Code: "3", Name: "丙", N: 45, Score: 70, Lo: 63, Hi: 77},
		{Code: "4", Name: "丁机密", N: 6, Score: 12.345, Lo: 1, Hi: 30, Hidden: true},
	}
}

// all has one figure of every kind, from the same areas where they take areas.
func all(areas []Area) []Figure {
	t := keyText{}
	return []Figure{
		Funnel{ID: "f", Areas: areas, Overall: 75, Minimum: 10, Limits: []Limit{{20, 60, 90, 55, 95}, {100, 70, 80, 68, 82}}}.Figure(t),
		Interval{ID: "i", Areas: areas, Overall: 75, Minimum: 10}.Figure(t),
		Map{ID: "m", Geo: "/static/x.geojson", Areas: areas, Minimum: 10}.Figure(t),
		Trend{ID: "t", Title: "t", Rounds: areas, Minimum: 10}.Figure(t),
		Distribution{ID: "d", Title: "d", Grades: []string{"a", "b"}, Minimum: 10, Rows: []DistributionRow{
			{Name: hostile, N: 40, Shares: []float64{.25, .75}}, {Name: "丁机密", N: 3, Shares: []float64{1, 0}, Hidden: true}}}.Figure(t),
		Waterfall{ID: "w", N: 40, Start: Step{Name: "s", After: 70}, Steps: []Step{{Name: "a", After: 68}, {Name: "b", After: 71}}}.Figure(t),
		Influence{ID: "n", N: 40, Score: 70, WithoutLow: []float64{71}, WithoutTop: []float64{69.5}}.Figure(t),
		Progress{ID: "p", Strata: []Stratum{{Name: "x", Planned: 10, Done: 4, Underway: 2, Closed: 1}}}.Figure(t),
		Compare{ID: "c", Title: "c", N: 40, Groups: []CompareGroup{{Name: "x", Sample: .4, Population: .5}}}.Figure(t),
	}
}

func TestEveryFigureIsDataWithADescriptionAndATable(t *testing.T) {
	t.Parallel()
	for _, f := range all(sample()) {
		if f.Empty != "" || f.Title == "" || f.Unit == "" || f.N == 0 || f.Describe == "" || len(f.Table.Rows) == 0 {
			t.Errorf("%s: incomplete: %+v", f.ID, f)
			continue
		}
		for _, row := range f.Table.Rows {
			if len(row) != len(f.Table.Columns) {
				t.Errorf("%s: row %v does not fit %d columns", f.ID, row, len(f.Table.Columns))
			}
		}
		var o map[string]any
		if err := json.Unmarshal(f.Option, &o); err != nil {
			t.Errorf("%s: %v", f.ID, err)
			continue
		}
		if o["tooltip"].(map[string]any)["renderMode"] != "richText" {
			t.Errorf("%s: tooltips must be rich text, HTML breaks the policy", f.ID)
		}
		if strings.Contains(string(f.Option), "</script>") || strings.Contains(string(f.Option), "__f__") {
			t.Errorf("%s: the option could break out of its element or holds code", f.ID)
		}
	}
}

func TestHiddenAreasShowNoNumberAnywhere(t *testing.T) {
	t.Parallel()
	for _, f := range all(sample()) {
		option := string(f.Option)
		if strings.Contains(option, "12.345") || strings.Contains(option, "12.3") {
			t.Errorf("%s: the option holds a hidden figure", f.ID)
		}
		if f.ID != "m" && f.ID != "t" && strings.Contains(option, "丁机密") {
			t.Errorf("%s: a hidden area is drawn", f.ID)
		}
		for _, row := range f.Table.Rows {
			if row[0] == "丁机密" && (strings.Contains(strings.Join(row[1:], "|"), "12.3") || row[1] == "6") {
				t.Errorf("%s: the table shows %v", f.ID, row)
			}
		}
	}
}

func TestNothingToShowSaysWhy(t *testing.T) {
	t.Parallel()
	hidden := []Area{{Code: "1", Name: "甲", N: 2, Hidden: true}}
	text := keyText{}
	for _, f := range []Figure{
		Funnel{Areas: hidden, Minimum: 10}.Figure(text), Interval{Areas: hidden, Minimum: 10}.Figure(text),
		Map{Areas: hidden, Minimum: 10}.Figure(text), Trend{Rounds: hidden}.Figure(text),
		Distribution{Minimum: 10}.Figure(text), Influence{}.Figure(text), Progress{}.Figure(text), Compare{}.Figure(text),
	} {
		if f.Empty == "" || f.Option != nil {
			t.Errorf("%+v", f)
		}
	}
}

func TestIntervalOrdersByScoreThenCode(t *testing.T) {
	t.Parallel()
	a := sample()
	f := Interval{ID: "i", Areas: a, Overall: 75, Minimum: 10}.Figure(keyText{})
	got := []string{f.Table.Rows[1][0], f.Table.Rows[2][0]}
	if got[0] != "乙" || got[1] != "丙" {
		t.Errorf("ties must stand by code, got %v", got)
	}
	if a[0].Code != "1" || a[3].Code != "4" {
		t.Error("the caller's slice was reordered")
	}
}

func TestWaterfallStepsAddUp(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		after := rapid.SliceOfN(rapid.Float64Range(0, 100), 1, 6).Draw(r, "after")
		w := Waterfall{ID: "w", N: 1, Start: Step{Name: "s", After: rapid.Float64Range(0, 100).Draw(r, "start")}}
		for i, x := range after {
			w.Steps = append(w.Steps, Step{Name: fmt.Sprint(i), After: x})
		}
		var o struct {
			Series []struct{ Data []struct{ Value any } }
			YAxis  any
		}
		f := w.Figure(keyText{})
		if err := json.Unmarshal(f.Option, &o); err != nil {
			r.Fatal(err)
		}
		// The last column's base and height, each to two decimals, end at the last score.
		n := len(after) + 1
		top := o.Series[0].Data[n].Value.(float64) + o.Series[1].Data[n].Value.(float64)
		if d := top - after[len(after)-1]; d > 0.011 || d < -0.011 {
			r.Fatalf("ends at %v, want %v", top, after[len(after)-1])
		}
	})
}

func TestNumbers(t *testing.T) {
	t.Parallel()
	for got, want := range map[string]string{
		dec(-0.04, 1): "0.0", dec(-1.25, 1): "−1.2", plus(0.5, 1): "+0.5", plus(0.001, 1): "0.0", plus(-2, 0): "−2",
		percent(1, 3): "33%", percent(1, 0): "—",
	} {
		if got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	if lo, hi := span(71.2, 88.9); lo != 70 || hi != 90 {
		t.Errorf("span %v %v", lo, hi)
	}
	if height(3) != "s" || height(13) != "l" || height(60) != "xxl" {
		t.Error("height")
	}
}
