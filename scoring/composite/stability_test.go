package composite_test

import (
	"math"
	"testing"

	"pgregory.net/rapid"

	"gongping/scoring/composite"
)

func values(v map[string]float64) func(string) (float64, bool) {
	return func(id string) (float64, bool) { x, ok := v[id]; return x, ok }
}

// TestWeightsThatDoNotMatter: where all parts have one value, every choice of
// weights gives it; without a range nothing is said.
func TestWeightsThatDoNotMatter(t *testing.T) {
	t.Parallel()
	b := composite.Default()
	same := map[string]float64{"resident": 80, "hotline_on_time": 80, "visit_coverage": 80, "council_meetings": 80, "panel": 80}
	s := b.Weightings().Of(values(same))
	if s == nil || s.Share != 1 || s.Depend || s.Band != "good" || math.Abs(s.Lo-80) > 1e-9 || math.Abs(s.Hi-80) > 1e-9 {
		t.Errorf("%+v", s)
	}
	b.WeightRange = 0
	if b.Weightings() != nil {
		t.Error("a rule book without a range says how much depends on it")
	}
}

// TestWeightsMatchTheirDistribution holds the draws of two leaves against the
// exact distribution: with a and b uniform on w ± r, the composite of values 1
// and 0 is a/(a+b); at w = 50, r = 50 its median is a half and a/(a+b) < 1/3
// where 2a < b, which has probability 1/4.
func TestWeightsMatchTheirDistribution(t *testing.T) {
	t.Parallel()
	b := composite.Default()
	b.Tree = []composite.Node{{ID: "resident", Source: composite.ResidentRating, IndicatorWeight: 50}, {ID: "panel", Source: composite.PanelRating, IndicatorWeight: 50, Highest: 10}}
	b.WeightRange = 50
	b.Bands = []composite.Band{{ID: "high", From: 200. / 3}, {ID: "middle", From: 100. / 3}, {ID: "low", From: 0}}
	s := b.Weightings().Of(values(map[string]float64{"resident": 100, "panel": 0}))
	// P(middle) = 1 − 2·(1/4) = 1/2; 5 standard errors of 2000 draws are 0.056.
	if s == nil || s.Band != "middle" || math.Abs(s.Share-0.5) > 0.056 || !s.Depend {
		t.Fatalf("%+v", s)
	}
	// P(a/(a+b) < x) = x/(2(1−x)) for x < 1/2: the 2.5% point is 1/21.
	if math.Abs(s.Lo-100./21) > 1.5 || math.Abs(s.Hi-(100-100./21)) > 1.5 {
		t.Errorf("2.5%% and 97.5%% points %v, %v", s.Lo, s.Hi)
	}
}

func TestWeightsStayWithinTheParts(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		b := composite.Default()
		b.WeightRange = rapid.Float64Range(0.1, 50).Draw(t, "range")
		v := map[string]float64{}
		lo, hi := 100.0, 0.0
		for _, id := range []string{"resident", "hotline_on_time", "visit_coverage", "council_meetings", "panel"} {
			if rapid.IntRange(0, 4).Draw(t, "have") > 0 {
				v[id] = rapid.Float64Range(0, 100).Draw(t, id)
				lo, hi = min(lo, v[id]), max(hi, v[id])
			}
		}
		s := b.Weightings().Of(values(v))
		if (s == nil) != (len(v) == 0) {
			t.Fatalf("%v of %v", s, v)
		}
		if s != nil && !(s.Lo >= lo-1e-9 && s.Hi <= hi+1e-9 && s.Lo <= s.Hi && s.Share > 0 && s.Share <= 1) {
			t.Fatalf("%+v outside %v to %v", s, lo, hi)
		}
	})
}

func TestCompareNamesWhatDiffers(t *testing.T) {
	t.Parallel()
	a, b := composite.Default(), composite.Default()
	if d := composite.Compare(&a, &b); len(d) != 0 {
		t.Fatalf("the same book differs: %v", d)
	}
	b.Gates.UnitMin = 40
	b.Tree[0].IndicatorWeight, b.Tree[2].IndicatorWeight = 55, 20
	b.Grades = &composite.Grades{Scale: composite.DefaultGrades().Scale, LevelRounds: 2, ExitRounds: 3}
	got := map[string][2]string{}
	for _, d := range composite.Compare(&a, &b) {
		got[d.Where] = [2]string{d.Old, d.New}
	}
	for where, want := range map[string][2]string{"gates.unit_min": {"30", "40"}, "tree.resident.weight": {"60", "55"}, "tree.panel.weight": {"15", "20"}, "grades.exit_rounds": {"", "3"}} {
		if got[where] != want {
			t.Errorf("%s: %v, want %v", where, got[where], want)
		}
	}
}
