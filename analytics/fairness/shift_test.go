package fairness

import (
	"math"
	"testing"

	"pgregory.net/rapid"
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
func TestWeightedGapByHand(t *testing.T) {
	t.Parallel()
	g, err := MeasureWeightedGap([]float64{40, 60, 80, 90, 1}, []float64{1, 3, 2, 2, 9}, []int8{1, 1, -1, -1, 0}, 0.95)
	if err != nil {
		t.Fatal(err)
	}
	near(t, "gap", g.Gap, -30, 1e-12)
	near(t, "SE", g.SE, math.Sqrt(56.25+25), 1e-12)
	near(t, "SMD", g.SMD, -30/math.Sqrt((75.0+25)/2), 1e-12)
	if g.N1 != 2 || g.N2 != 2 {
		t.Errorf("n %d and %d", g.N1, g.N2)
	}
	for name, side := range map[string][]int8{"one answer": {1, -1, -1, 0, 0}, "no reference": {1, 1, 0, 0, 0}} {
		if _, err := MeasureWeightedGap([]float64{40, 60, 80, 90, 1}, []float64{1, 1, 1, 1, 1}, side, 0.95); !isFault(err) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// With equal weights the gap is that of CompareGroups; scaling the weights
// changes nothing; exchanged groups give the opposite.
func TestWeightedGapIdentities(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(4, 40).Draw(t, "n")
		x, w, w2 := make([]float64, n), make([]float64, n), make([]float64, n)
		side, other := make([]int8, n), make([]int8, n)
		var a, b []float64
		for i := range n {
			x[i] = float64(rapid.IntRange(0, 100).Draw(t, "x"))
			w[i], w2[i], side[i] = 1, 7, int8(1-2*(i%2))
			other[i] = -side[i]
			if side[i] > 0 {
				a = append(a, x[i])
			} else {
				b = append(b, x[i])
			}
		}
		g, err := MeasureWeightedGap(x, w, side, 0.95)
		if err != nil {
			return // constant
		}
		d, err := CompareGroups(a, b, nil, nil, 0.95)
		if err != nil {
			return
		}
		h, err := MeasureWeightedGap(x, w2, other, 0.95)
		if err != nil || math.Abs(g.Gap-(d.Mean1-d.Mean2)) > 1e-9 || math.Abs(g.Gap+h.Gap) > 1e-9 || math.Abs(g.SE-h.SE) > 1e-9 || math.Abs(g.Lower+h.Upper) > 1e-9 {
			t.Fatalf("%+v %+v %v", g, h, err)
		}
	})
}
