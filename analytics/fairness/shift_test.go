package fairness

import (
	"math"
	"testing"

	"pgregory.net/rapid"

	"gongping/scoring/estimate"
)

// By hand: focal units 60 and 70 gain 2 and 4, reference units 80, 82, 84 gain
// nothing, so that the gap of −17 shrinks by 3. Changes 2, 4 against 0, 0, 0:
// variance 2/2 on one degree of freedom, t(0.975, 1) = 12.7062.
func TestShiftByHand(t *testing.T) {
	t.Parallel()
	before, now := []float64{60, 70, 80, 82, 84}, []float64{62, 74, 80, 82, 84}
	focal := []bool{true, true, false, false, false}
	s, err := MeasureShift(before, now, focal, 0.95)
	if err != nil {
		t.Fatal(err)
	}
	near(t, "gap before", s.Before.Mean1-s.Before.Mean2, -17, 1e-12)
	near(t, "gap now", s.Now.Mean1-s.Now.Mean2, -14, 1e-12)
	near(t, "change", s.Change, 3, 1e-12)
	near(t, "upper", s.Upper, 3+12.7062, 1e-3)
	if !s.Varies {
		t.Error("the changes differ")
	}
	same, err := MeasureShift(before, before, focal, 0.95)
	if err != nil || same.Varies || same.Change != 0 || same.Lower != 0 || same.Upper != 0 {
		t.Errorf("nothing changed: %+v, %v", same, err)
	}
	if _, err := MeasureShift(before[1:], now[1:], focal[1:], 0.95); !isFault(err) {
		t.Errorf("one focal unit: %v", err)
	}
}

// By hand: focal 40, 60 with weights 1 and 3 (mean 55, variance of the mean
// 2·(15² + 15²)/16 = 56.25), reference 80, 90 with equal weights (mean 85,
// 2·(25+25)/4 = 25).
func designOf(t interface{ Fatal(...any) }, s estimate.Spec) *estimate.Design {
	d, err := estimate.New(s)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// Four answers that count, one of neither group: Σz² = (1·(40−55)/4)² +
// (3·(60−55)/4)² + (2·5/4)²·2 = 28.125 + 12.5, times 5/4 for five units drawn
// with replacement.
func TestWeightedGapByHand(t *testing.T) {
	t.Parallel()
	x, w, side := []float64{40, 60, 80, 90, 1}, []float64{1, 3, 2, 2, 9}, []int8{1, 1, -1, -1, 0}
	g, err := MeasureWeightedGap(x, side, designOf(t, estimate.Spec{Rows: 5, DesignWeight: w}), 0.95)
	if err != nil {
		t.Fatal(err)
	}
	near(t, "gap", g.Gap, -30, 1e-12)
	near(t, "SE", g.SE, math.Sqrt(40.625*5/4), 1e-12)
	near(t, "SMD", g.SMD, -30/math.Sqrt((75.0+25)/2), 1e-12)
	near(t, "half width", g.Upper-g.Gap, estimate.TQuantile(0.975, 3)*g.SE, 1e-9) // four units hold answers of the groups
	if g.N1 != 2 || g.N2 != 2 {
		t.Errorf("n %d and %d", g.N1, g.N2)
	}
	for name, side := range map[string][]int8{"one answer": {1, -1, -1, 0, 0}, "no reference": {1, 1, 0, 0, 0}} {
		if _, err := MeasureWeightedGap(x, side, designOf(t, estimate.Spec{Rows: 5}), 0.95); !isFault(err) {
			t.Errorf("%s: %v", name, err)
		}
	}
	// Neighbours who answer alike tell less than strangers do; where each building
	// holds both groups, what it has in common cancels in the gap.
	x, side = []float64{20, 20, 60, 60, 80, 80, 40, 40}, []int8{1, 1, 1, 1, -1, -1, -1, -1}
	free, err := MeasureWeightedGap(x, side, designOf(t, estimate.Spec{Rows: 8}), 0.95)
	if err != nil {
		t.Fatal(err)
	}
	apart, err := MeasureWeightedGap(x, side, designOf(t, estimate.Spec{Rows: 8, Stages: []estimate.Stage{{Unit: []int32{0, 0, 1, 1, 2, 2, 3, 3}}}}), 0.95)
	if err != nil {
		t.Fatal(err)
	}
	mixed, err := MeasureWeightedGap(x, side, designOf(t, estimate.Spec{Rows: 8, Stages: []estimate.Stage{{Unit: []int32{0, 0, 1, 1, 1, 1, 0, 0}}}}), 0.95)
	if err != nil {
		t.Fatal(err)
	}
	near(t, "free", free.SE, math.Sqrt(8*25*8/7.0), 1e-12)
	near(t, "apart", apart.SE, math.Sqrt(4*100*4/3.0), 1e-12)
	near(t, "mixed", mixed.SE, 0, 1e-12)
	// Everybody asked: nothing is left to chance.
	all, err := MeasureWeightedGap(x, side, designOf(t, estimate.Spec{Rows: 8, Stages: []estimate.Stage{{Population: []float64{8, 8, 8, 8, 8, 8, 8, 8}}}}), 0.95)
	if err != nil {
		t.Fatal(err)
	}
	near(t, "all asked", all.SE, 0, 1e-12)
}

// With equal weights the gap is that of CompareGroups; scaling the weights
// changes nothing; exchanged groups give the opposite.
func TestWeightedGapIdentities(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(4, 40).Draw(t, "n")
		x, w := make([]float64, n), make([]float64, n)
		side, other := make([]int8, n), make([]int8, n)
		var a, b []float64
		for i := range n {
			x[i] = float64(rapid.IntRange(0, 100).Draw(t, "x"))
			w[i], side[i] = 7, int8(1-2*(i%2))
			other[i] = -side[i]
			if side[i] > 0 {
				a = append(a, x[i])
			} else {
				b = append(b, x[i])
			}
		}
		g, err := MeasureWeightedGap(x, side, designOf(t, estimate.Spec{Rows: n}), 0.95)
		if err != nil {
			return // constant
		}
		d, err := CompareGroups(a, b, nil, nil, 0.95)
		if err != nil {
			return
		}
		h, err := MeasureWeightedGap(x, other, designOf(t, estimate.Spec{Rows: n, DesignWeight: w}), 0.95)
		if err != nil || math.Abs(g.Gap-(d.Mean1-d.Mean2)) > 1e-9 || math.Abs(g.Gap+h.Gap) > 1e-9 || math.Abs(g.SE-h.SE) > 1e-9 || math.Abs(g.Lower+h.Upper) > 1e-9 {
			t.Fatalf("%+v %+v %v", g, h, err)
		}
	})
}
