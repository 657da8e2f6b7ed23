package design

import (
	"math"
	"testing"
)

// The chances below come from a simulation of 60 committees with SD 3 between
// and 20.8 within (five-grade answers), quoted to two digits: 35, 47, 58 and
// 72 percent of the observed lowest tenth truly are there; 14, 5, 1 and 0
// percent are above the median.
func TestPlannerAgreesWithSimulation(t *testing.T) {
	t.Parallel()
	o := Outlook{Between: 3, Within: 20.8, Mean: 79.8, Lowest: 0, Highest: 100, Committees: 60, CostPerVisit: 10, CostPerAnswer: 5, ResponseRate: 0.5, VisitsPerInvited: 2}
	got, err := o.Plan([]int{20, 50, 100, 300})
	if err != nil {
		t.Fatal(err)
	}
	lowest := []float64{0.35, 0.47, 0.58, 0.72}
	above := []float64{0.14, 0.05, 0.01, 0}
	shift := []float64{-4.0, -1.6, -0.8, -0.3}
	for i, f := range got {
		if math.Abs(f.TrueLowestTenth-lowest[i]) > 0.03 {
			t.Errorf("n=%d: chance of the true lowest tenth %.3f, simulated %.2f", f.N, f.TrueLowestTenth, lowest[i])
		}
		if math.Abs(f.AboveMedian-above[i]) > 0.03 {
			t.Errorf("n=%d: chance above the median %.3f, simulated %.2f", f.N, f.AboveMedian, above[i])
		}
		if math.Abs(f.HostileShift-shift[i]) > 0.05 {
			t.Errorf("n=%d: shift %.3f, want %.1f", f.N, f.HostileShift, shift[i])
		}
	}
	if f := got[0]; f.Invited != 2400 || f.Answers != 1200 || f.Visits != 4800 || f.Cost != 54000 {
		t.Errorf("logistics of n=20: %+v", f)
	}
	// Reliability 0.70 at τ=3 needs 113 answers, 0.80 needs 193.
	for target, want := range map[float64]int{0.7: 113, 0.8: 193} {
		if n, err := o.SizeForReliability(target); err != nil || n != want {
			t.Errorf("answers for reliability %g: %d, %v, want %d", target, n, err, want)
		}
	}
}

func TestPlannerLimits(t *testing.T) {
	t.Parallel()
	if p := lowestTenthBelow(0, quantileTenth); math.Abs(p-0.01) > 1e-9 {
		t.Errorf("independent: %g, want 0.01", p)
	}
	if p := lowestTenthBelow(1, quantileTenth); math.Abs(p-0.1) > 1e-12 {
		t.Errorf("perfect: %g, want 0.1", p)
	}
	if p := lowestTenthBelow(0.9999, quantileTenth); p < 0.0985 || p > 0.1 {
		t.Errorf("nearly perfect: %g", p)
	}
	// P(X<q,T<0) with r: the reflected probabilities add up to Φ(q).
	for _, r := range []float64{0.1, 0.5, 0.9, 0.99} {
		if s := lowestTenthBelow(r, 0) + lowestTenthBelow(-r, 0); math.Abs(s-0.1) > 1e-9 {
			t.Errorf("r=%g: reflections add up to %g", r, s)
		}
	}
	o := Outlook{Between: 3, Within: 20, Mean: 80, Highest: 100, Committees: 10, Population: 150}
	got, err := o.Plan([]int{150})
	if err != nil || got[0].HalfWidth != 0 || got[0].Reliability != 1 || got[0].TrueLowestTenth < 1-1e-12 {
		t.Errorf("a census: %+v, %v", got, err)
	}
	for _, bad := range []Outlook{{}, {Between: math.NaN(), Within: 1, Highest: 1, Committees: 1}, {Between: 1, Within: 1, Mean: 2, Highest: 1, Committees: 1}} {
		if _, err := bad.Plan([]int{10}); err == nil {
			t.Errorf("%+v was accepted", bad)
		}
	}
}
