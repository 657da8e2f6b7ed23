package fair

import (
	"math"
	"math/rand/v2"
	"testing"
)

// grades draws five-point answers whose latent satisfaction is normal, with a shift
// per unit, on the usual generous scale; truth is the mean that a unit's shift
// implies. spread gives units a latent spread of their own.
func grades(units, n int, spread float64, seed uint64) (in *Input, truth []float64) {
	cuts := [4]float64{-2.3, -1.75, -1, 0.25}
	rng := rand.New(rand.NewPCG(seed, 77))
	in, truth = &Input{Units: units}, make([]float64, units)
	for u := range units {
		shift, sd := 0.16*rng.NormFloat64(), math.Exp(spread*rng.NormFloat64())
		for _, c := range cuts {
			truth[u] += 25 * 0.5 * math.Erfc((c-shift)/(sd*math.Sqrt2))
		}
		for range n {
			x, s := shift+sd*rng.NormFloat64(), 0.0
			for _, c := range cuts {
				if x > c {
					s += 25
				}
			}
			in.Unit, in.Score = append(in.Unit, int32(u)), append(in.Score, s)
		}
	}
	return in, truth
}

// plainly scores without extremes, so that the official score is empirical Bayes on
// the ordinary answers, and returns its error and that of the plain one.
func plainly(t *testing.T, in *Input, truth []float64) (official, eb float64, r *Result) {
	t.Helper()
	par := DefaultParams()
	par.LowAt, par.HighAt = -1, 101
	r, err := Score(in, par)
	if err != nil {
		t.Fatal(err)
	}
	for u := range truth {
		a, b := r.Units[u].Official-truth[u], r.Units[u].EB-truth[u]
		official += a * a / float64(len(truth))
		eb += b * b / float64(len(truth))
	}
	return math.Sqrt(official), math.Sqrt(eb), r
}

// On a skewed scale the spread tells part of the chance in a mean. Where units
// differ in spread of themselves it tells less, and costs nothing.
func TestCurveLowersTheError(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ spread, most float64 }{{0, 0.996}, {0.3, 1.004}} {
		official, eb := 0.0, 0.0
		for seed := range uint64(4) {
			in, truth := grades(500, 150, c.spread, seed)
			a, b, r := plainly(t, in, truth)
			official, eb = official+a, eb+b
			if k := r.Prior.Curve; !k.Active || c.spread == 0 && k.Cov >= 0 {
				t.Fatalf("curve %+v: with most answers at the top a mean that is too low by chance has too much spread", k)
			}
		}
		if official > c.most*eb {
			t.Errorf("spread of its own %v: error %.4f, plain empirical Bayes %.4f", c.spread, official/4, eb/4)
		}
	}
}

// The correction has no mean: over the units it neither lifts nor lowers.
func TestCurveHasNoMean(t *testing.T) {
	t.Parallel()
	in, _ := grades(300, 60, 0, 9)
	_, _, r := plainly(t, in, make([]float64, 300))
	shift := 0.0
	for u := range r.Units {
		s := r.Sums(u)
		y, n := r.Prior.Curve.apply(s.Yo/s.Wo, s.Qo/s.Wo, kish(s.Wo, s.Wo2))
		shift += (y - s.Yo/s.Wo) / 300
		if n < kish(s.Wo, s.Wo2) {
			t.Fatal("the correction lost answers")
		}
	}
	near(t, "mean correction", shift, 0, 1e-6)
}

// A handful of units learn no curve.
func TestNoCurveFromFewUnits(t *testing.T) {
	t.Parallel()
	in, _ := grades(curveUnits-1, 60, 0, 3)
	_, _, r := plainly(t, in, make([]float64, curveUnits-1))
	if r.Prior.Curve.Active {
		t.Error("a curve from few units")
	}
}
