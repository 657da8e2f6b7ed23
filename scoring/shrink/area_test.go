package shrink

import (
	"errors"
	"math"
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"

	"gongping/internal/errs"
)

// Milk (Arora & Lahiri 1997; Molina & Marhuenda 2015, R Journal 7(1)) is in the
// reference cases; here equal sampling variances, where REML has the closed
// form A = S^2 - v and the gain of every area is A/(A+v).
func TestAreasClosedForm(t *testing.T) {
	t.Parallel()
	y := []float64{3, 5, 7, 8, 12}
	v := []float64{2, 2, 2, 2, 2}
	f, err := FitAreas(Areas{Y: y, SamplingVariance: v, X: [][]float64{ones(5)}}, AreaREML)
	if err != nil {
		t.Fatal(err)
	}
	near(t, "A", f.Variance, 11.5-2, 1e-10)
	near(t, "mean", f.Coef[0], 7, 1e-12)
	near(t, "gamma", f.Gamma[0], 9.5/11.5, 1e-10)
	near(t, "estimate", f.EBLUP[4], 7+5*9.5/11.5, 1e-10)
	moment, err := FitAreas(Areas{Y: y, SamplingVariance: v, X: [][]float64{ones(5)}}, AreaMoment)
	if err != nil {
		t.Fatal(err)
	}
	near(t, "A by moments", moment.Variance, 9.5, 1e-10)
}

func TestAreasFaults(t *testing.T) {
	t.Parallel()
	for name, d := range map[string]Areas{
		"too few":       {Y: []float64{1}, SamplingVariance: []float64{1}, X: [][]float64{ones(1)}},
		"negative":      {Y: []float64{1, 2}, SamplingVariance: []float64{1, -1}, X: [][]float64{ones(2)}},
		"zero variance": {Y: []float64{1, 2, 3}, SamplingVariance: []float64{1, 0, 1}, X: [][]float64{ones(3)}},
		"infinite":      {Y: []float64{1, math.Inf(1), 3}, SamplingVariance: ones(3), X: [][]float64{ones(3)}},
	} {
		f, err := FitAreas(d, AreaREML)
		if _, ok := errors.AsType[*errs.Error](err); !ok {
			t.Errorf("%s: fit %+v, error %v; want a fault", name, f, err)
		}
	}
}

// Equal estimates leave nothing between the units: every score is the mean and
// the reliability is zero, as a status and not as NaN.
func TestEmpiricalBayesWithoutSpread(t *testing.T) {
	t.Parallel()
	e, err := EmpiricalBayes([]float64{70, 70, 70}, []float64{1, 2, 3}, 1.96)
	if err != nil {
		t.Fatal(err)
	}
	if e.Status != ZeroVariance || e.Tau2 != 0 || e.Unit[2].Score != 70 || e.Unit[2].Reliability != 0 {
		t.Fatalf("got %+v", e)
	}
}

// A score lies between its estimate and the mean; the smaller the error the
// closer to the estimate.
func TestEmpiricalBayesShrinks(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(3, 30).Draw(t, "n")
		y := rapid.SliceOfN(rapid.Float64Range(0, 100), n, n).Draw(t, "y")
		se := rapid.SliceOfN(rapid.Float64Range(0.5, 12), n, n).Draw(t, "se")
		e, err := EmpiricalBayes(y, se, 1.96)
		if err != nil {
			t.Fatal(err)
		}
		for i, u := range e.Unit {
			lo, hi := math.Min(y[i], e.Mean), math.Max(y[i], e.Mean)
			if u.Score < lo-1e-9 || u.Score > hi+1e-9 || u.Reliability < 0 || u.Reliability > 1 {
				t.Fatalf("unit %d: %+v about %g", i, u, e.Mean)
			}
			for j, w := range e.Unit {
				if se[i] < se[j] && u.Reliability < w.Reliability-1e-12 {
					t.Fatalf("the smaller error has the smaller reliability: %+v, %+v", u, w)
				}
			}
		}
	})
}

// 95% intervals hold in 93 to 97 of 100 units over repeated draws of 40 units
// with unequal errors.
func TestEmpiricalBayesCoverage(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(5, 5))
	hit, all := 0.0, 0.0
	for range 150 {
		y, se, truth := make([]float64, 40), make([]float64, 40), make([]float64, 40)
		for i := range y {
			se[i] = 1.5 + 2*rng.Float64()
			truth[i] = 70 + 3*rng.NormFloat64()
			y[i] = truth[i] + se[i]*rng.NormFloat64()
		}
		e, err := EmpiricalBayes(y, se, 1.959964)
		if err != nil {
			t.Fatal(err)
		}
		for i, u := range e.Unit {
			all++
			if u.Lower <= truth[i] && truth[i] <= u.Upper {
				hit++
			}
		}
	}
	if c := hit / all; c < 0.93 || c > 0.97 {
		t.Errorf("coverage %.3f, want 0.93 to 0.97", c)
	}
}

// Between mean squares below within give zero variance and the grand mean.
func TestANOVAZeroVariance(t *testing.T) {
	t.Parallel()
	y := []float64{1, 5, 2, 4, 3, 3, 5, 1, 4}
	a, err := ANOVA(y, balanced(3, 3))
	if err != nil {
		t.Fatal(err)
	}
	if a.Status != ZeroVariance || a.Tau2 != 0 || a.ICC1 >= 0 {
		t.Fatalf("status %s, tau2 %g, icc %g", a.Status, a.Tau2, a.ICC1)
	}
	near(t, "grand mean", a.GrandMean, 28.0/9, 1e-12)
	for _, s := range a.Shrunken {
		near(t, "shrunken mean", s, 28.0/9, 1e-12)
	}
}

func TestANOVAFaults(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		y []float64
		g Grouping
	}{
		"constant":   {[]float64{2, 2, 2, 2}, balanced(2, 2)},
		"one group":  {[]float64{1, 2, 3, 4}, balanced(1, 4)},
		"singletons": {[]float64{1, 2, 3, 4}, balanced(4, 1)},
		"no within":  {[]float64{1, 1, 3, 3}, balanced(2, 2)},
		"no rows":    {nil, Grouping{Levels: 2}},
	} {
		if a, err := ANOVA(c.y, c.g); err == nil {
			t.Errorf("%s: got %+v, want a fault", name, a)
		}
	}
}
