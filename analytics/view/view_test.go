package view_test

import (
	"math"
	"slices"
	"testing"

	"gongping/analytics/chart"
	"gongping/analytics/view"
	"gongping/scoring"
	"gongping/survey/instrument"
)

func unit(code string, n int, score, se float64, status, band string) view.Unit {
	f := scoring.Figure{OK: status != "not_enough", Value: score, SE: se, Lo: score - 2*se, Hi: score + 2*se, N: n}
	return view.Unit{Name: code, UnitResult: scoring.UnitResult{Unit: code, Level: 3, N: n, Official: f, Adjusted: f, Status: status, Band: band, Fragility: 2}}
}

func TestClaimsAndStandings(t *testing.T) {
	units := []view.Unit{unit("1", 120, 90, 2, "publishable", "excellent"), unit("2", 100, 71, 2, "publishable", "fair"), unit("3", 90, 80, 2, "publishable", ""),
		unit("4", 40, 60, 2, "low_reliability", "fair"), unit("5", 20, 0, 0, "not_enough", ""), unit("6", 0, 0, 0, "not_enough", "")}
	c := view.CountClaims(units, 80, 2)
	if c.Committees != 6 || c.Scored != 4 || c.High != 1 || c.Low != 1 || c.Typical != 1 || c.LowReliability != 1 || c.NotEnough != 1 || c.None != 1 || c.Banded != 3 || c.Fragile != 3 {
		t.Errorf("%+v", c)
	}
	if s := view.Standing(&units[3].UnitResult, 80); s != chart.Unranked {
		t.Errorf("a score of low reliability is compared: %v", s)
	}
	r := view.Ranks(units, 0.95)
	if len(r) != 4 || r["1"].Best != 1 || r["4"].Worst != 4 {
		t.Errorf("%v", r)
	}
}

// With units that lie as chance alone would have them there is no
// over-dispersion, and the limits are mean ± z σ/√n.
func TestFunnelLimits(t *testing.T) {
	units := []view.Unit{unit("1", 100, 80.5, 2, "publishable", ""), unit("2", 100, 79.5, 2, "publishable", ""), unit("3", 100, 80, 2, "publishable", "")}
	f := view.Funnel(units, 80, 20, 30)
	for _, l := range f.Limits {
		se := 20 / math.Sqrt(float64(l.N))
		if math.Abs(l.High95-(80+1.959963984540054*se)) > 1e-9 || math.Abs(l.Low998-(80-3.090232306167813*se)) > 1e-9 {
			t.Fatalf("n = %d: %+v", l.N, l)
		}
	}
	wide := view.Funnel([]view.Unit{unit("1", 100, 95, 2, "publishable", ""), unit("2", 100, 65, 2, "publishable", ""), unit("3", 100, 80, 2, "publishable", "")}, 80, 20, 30)
	if wide.Limits[0].High95 <= f.Limits[0].High95 {
		t.Error("over-dispersion does not widen the limits")
	}
}

// A grade that is not told is no zero, and rounding is no part of a bar.
func TestMaskedGradesAreNoZeros(t *testing.T) {
	t.Parallel()
	q := &instrument.Questionnaire{}
	whole := scoring.ItemResult{Item: "a", Figure: scoring.Figure{OK: true, N: 40}, Shares: [5]float64{.12, .21, .33, .17, .16}, Counts: [5]int{5, 8, 13, 7, 6}}
	u := &scoring.UnitResult{Items: []scoring.ItemResult{whole}}
	if v := view.Distribution(u, q, "en", 5, words{}); len(v.Grades) != 5 {
		t.Errorf("nothing is masked, and there are %d parts: %v", len(v.Grades), v.Grades)
	}
	masked := scoring.ItemResult{Item: "b", Figure: scoring.Figure{OK: true, N: 40}, Shares: [5]float64{0, 0, .4, .3, .1}, Counts: [5]int{-1, -1, 16, 12, 4}}
	u.Items = append(u.Items, masked)
	v := view.Distribution(u, q, "en", 5, words{})
	rows := v.Figure(words{}).Table.Rows
	want := [][]string{{"", "40", "16.0", "17.0", "33.0", "21.0", "12.0", "—"}, {"", "40", "10.0", "30.0", "40.0", "—", "—", "20.0"}}
	for i, row := range rows {
		if !slices.Equal(row, want[i]) {
			t.Errorf("row %d is %q, not %q", i, row, want[i])
		}
	}
}

// words gives back the key.
type words struct{}

func (words) T(key string, _ ...any) string { return key }
