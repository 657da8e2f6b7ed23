package estimate

import (
	"math"
	"testing"

	"pgregory.net/rapid"
)

// Each property holds for every design that drawSample makes; where the design
// refuses, the variant must refuse, too.

func compareMeans(t *rapid.T, what string, a, b Estimate, errA, errB error, tol float64) {
	t.Helper()
	if (errA == nil) != (errB == nil) {
		t.Fatalf("%s: %v against %v", what, errA, errB)
	}
	if !near(a.Value, b.Value, tol) || !near(a.SE*a.SE, b.SE*b.SE, tol*100) {
		t.Fatalf("%s: %v ± %v against %v ± %v", what, a.Value, a.SE, b.Value, b.SE)
	}
}

func TestOrderOfRowsDoesNotMatter(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := drawSample(t)
		p := s.permuted(rapid.Permutation(indices(s.spec.Rows)).Draw(t, "order"))
		a, err := New(s.spec)
		if err != nil {
			t.Fatal(err)
		}
		b, err := New(p.spec)
		if err != nil {
			t.Fatal(err)
		}
		x, errX := Mean(a, s.y, s.in(0))
		y, errY := Mean(b, p.y, p.in(0))
		compareMeans(t, "permuted", x, y, errX, errY, 1e-12)
		qx, _ := Quantile(a, s.y, s.in(0), 0.5, QuantileSchool, ProportionBeta, 0.95)
		qy, _ := Quantile(b, p.y, p.in(0), 0.5, QuantileSchool, ProportionBeta, 0.95)
		if qx.Value != qy.Value {
			t.Fatalf("median %v, permuted %v", qx.Value, qy.Value)
		}
	})
}

func indices(n int) []int {
	x := make([]int, n)
	for i := range x {
		x[i] = i
	}
	return x
}

// Weights times a constant change totals by it, means and their errors not.
func TestScaleOfWeightsDoesNotMatter(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := drawSample(t)
		c := rapid.Float64Range(0.01, 1000).Draw(t, "c")
		d, err := New(s.spec)
		if err != nil {
			t.Fatal(err)
		}
		w := make([]float64, len(s.spec.DesignWeight))
		for i, v := range s.spec.DesignWeight {
			w[i] = v * c
		}
		e, err := d.WithWeights(w)
		if err != nil {
			t.Fatal(err)
		}
		x, errX := Mean(d, s.y, nil)
		y, errY := Mean(e, s.y, nil)
		compareMeans(t, "scaled", x, y, errX, errY, 1e-12)
		x, errX = Total(d, s.y, nil)
		y, errY = Total(e, s.y, nil)
		y.Value, y.SE = y.Value/c, y.SE/c
		compareMeans(t, "scaled total", x, y, errX, errY, 1e-11)
	})
}

// Every row twice at half the weight, in the same units, keeps point estimates
// and, for a design of clusters with replacement, their errors.
func TestDuplicationAtHalfWeight(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := drawSample(t)
		twice := append(indices(s.spec.Rows), indices(s.spec.Rows)...)
		p := s.permuted(twice)
		for i := range p.spec.DesignWeight {
			p.spec.DesignWeight[i] /= 2
		}
		a, err := New(s.spec)
		if err != nil {
			t.Fatal(err)
		}
		b, err := New(p.spec)
		if err != nil {
			t.Skip("the duplicated sample is larger than the population")
		}
		x, errX := Mean(a, s.y, nil)
		y, errY := Mean(b, p.y, nil)
		if x.N > 0 && !near(x.Value, y.Value, 1e-12) {
			t.Fatalf("mean %v, doubled %v", x.Value, y.Value)
		}
		if len(s.spec.Stages) == 1 && s.spec.Stages[0].Unit != nil {
			compareMeans(t, "doubled clusters", x, y, errX, errY, 1e-11)
		}
		for _, q := range []float64{0.1, 0.5, 0.9} {
			u, okU := Sort(s.y.Values, s.spec.DesignWeight, Complete(a, nil, s.y)).Quantile(q, QuantileMath)
			v, okV := Sort(p.y.Values, p.spec.DesignWeight, Complete(b, nil, p.y)).Quantile(q, QuantileMath)
			if u != v || okU != okV {
				t.Fatalf("%v-quantile %v, doubled %v", q, u, v)
			}
		}
	})
}

// A domain gives the same as weights of zero outside it; the rows stay in the
// design either way. (The policies Fail and Average look at which strata hold
// rows of the domain, and the degrees of freedom count positive weights.)
func TestZeroWeightsAreADomain(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := drawSample(t)
		s.spec.Lonely = rapid.SampledFrom([]LonelyPolicy{LonelyAdjust, LonelyRemove, LonelyCertainty}).Draw(t, "policy")
		d, err := New(s.spec)
		if err != nil {
			t.Fatal(err)
		}
		in := s.in(0)
		w := make([]float64, len(in))
		for i, ok := range in {
			if ok {
				w[i] = s.spec.DesignWeight[i]
			}
		}
		e, err := d.WithWeights(w)
		if err != nil {
			return // the domain has no weight
		}
		x, errX := Mean(d, s.y, in)
		y, errY := Mean(e, s.y, nil)
		compareMeans(t, "zero weights", x, y, errX, errY, 1e-12)
		if x.DF != y.DF {
			t.Fatalf("df %d, with zero weights %d", x.DF, y.DF)
		}
	})
}

// The mean is the slope-free regression, the ratio to a column of ones, and
// the total over the population size.
func TestMeanIsRatioAndRegression(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := drawSample(t)
		d, err := New(s.spec)
		if err != nil {
			t.Fatal(err)
		}
		ones := make([]float64, d.Rows())
		for i := range ones {
			ones[i] = 1
		}
		m, errM := Mean(d, s.y, nil)
		r, errR := Ratio(d, s.y, Of(ones), nil)
		if m.N == 0 {
			return
		}
		if errM != nil {
			if errR == nil {
				t.Fatal("the ratio is not refused")
			}
			return
		}
		compareMeans(t, "ratio", m, r, errM, errR, 1e-11)
		g, err := Regress(d, s.y, []Column{Of(ones)}, Gaussian, nil)
		compareMeans(t, "regression", m, g.Coefficient(0), errM, err, 1e-11)
	})
}

// Limits lie around the share, inside [0, 1] but for the Wald form, and shrink
// as the error does.
func TestProportionLimits(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		p := rapid.Float64Range(0.001, 0.999).Draw(t, "p")
		n := rapid.IntRange(20, 5000).Draw(t, "n")
		se := math.Sqrt(p*(1-p)/float64(n)) * rapid.Float64Range(0.5, 3).Draw(t, "deff")
		share := func(se float64) Share {
			return Share{Estimate: Estimate{Value: p, SE: se, N: n}, rows: n, answers: n, scaledN: float64(n), dispersion: 1}
		}
		for _, m := range []ProportionMethod{ProportionLogit, ProportionArcSine, ProportionBeta, ProportionLikelihood} {
			wide, err := share(se).Interval(m, 0.95, 30)
			if err != nil {
				t.Fatal(err)
			}
			if m != ProportionArcSine && !(wide.Lower <= p && p <= wide.Upper && wide.Lower >= 0 && wide.Upper <= 1) {
				t.Fatalf("%s: %v around %v", m, wide, p)
			}
			narrow, err := share(se/2).Interval(m, 0.95, 30)
			if err != nil {
				t.Fatal(err)
			}
			if m != ProportionArcSine && narrow.Upper-narrow.Lower >= wide.Upper-wide.Lower {
				t.Fatalf("%s does not shrink: %v, %v", m, wide, narrow)
			}
		}
	})
}

// The reference distributions invert: R's pt, pf, pchisq, qbeta to 1e-10.
func TestDistributions(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		what      string
		got, want float64
	}{
		{"qt(.975, 14)", TQuantile(.975, 14), 2.144786687917804},
		{"qt(.025, 2.5)", TQuantile(.025, 2.5), -3.574654842003693},
		{"qt(1e-9, 1)", TQuantile(1e-9, 1), -318309886.1837907},
		{"qt(.995, Inf)", TQuantile(.995, math.Inf(1)), 2.5758293035489},
		{"pt(-3, 7.5)", TTail(3, 7.5), 0.009195469304102246},
		{"pt(3, 7.5)", TTail(-3, 7.5), 1 - 0.009195469304102246},
		{"pf(3.2, 2.5, 17, lower=FALSE)", FTail(3.2, 2.5, 17), 0.05705872852582983},
		{"pchisq(11.94, 2, lower=FALSE)", ChiSquareTail(11.94, 2), 0.002554241418992998},
		{"qbeta(.025, 3, 50)", BetaQuantile(.025, 3, 50), 0.01205931802673842},
		{"qbeta(.975, .3, 812.5)", BetaQuantile(.975, .3, 812.5), 0.002337058418694885},
	} {
		if !(math.Abs(c.got-c.want) <= 1e-10*math.Abs(c.want)) {
			t.Errorf("%s = %.15g, R gives %.15g", c.what, c.got, c.want)
		}
	}
}

// More units of the same kind give narrower intervals: every first-stage unit
// appears again as another unit, each copy at its share of the weight. The value
// stays, and the variance falls at least as fast as their number grows.
func TestIntervalsShrinkWithUnits(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(4, 30).Draw(t, "units") * 2
		copies := rapid.IntRange(2, 5).Draw(t, "copies")
		small, large := Spec{Rows: n, Stages: []Stage{{}}}, Spec{Rows: n * copies, Stages: []Stage{{}}}
		var y, again []float64
		for i := range n {
			v, w := float64(rapid.IntRange(1, 5).Draw(t, "y")), rapid.Float64Range(0.5, 20).Draw(t, "w")
			y, small.DesignWeight = append(y, v), append(small.DesignWeight, w)
			small.Stages[0].Unit = append(small.Stages[0].Unit, int32(i/2))
			small.Stages[0].Stratum = append(small.Stages[0].Stratum, int32(i/2%2))
			for c := range copies {
				again, large.DesignWeight = append(again, v), append(large.DesignWeight, w/float64(copies))
				large.Stages[0].Unit = append(large.Stages[0].Unit, int32(i/2+c*n))
				large.Stages[0].Stratum = append(large.Stages[0].Stratum, int32(i/2%2))
			}
		}
		a, errA := New(small)
		b, errB := New(large)
		if errA != nil || errB != nil {
			t.Fatal(errA, errB)
		}
		few, errA := Mean(a, Of(y), nil)
		many, errB := Mean(b, Of(again), nil)
		if errA != nil || errB != nil || !near(few.Value, many.Value, 1e-12) {
			t.Fatalf("%+v (%v) against %+v (%v)", few, errA, many, errB)
		}
		if limit := few.SE * few.SE / float64(copies); many.SE*many.SE > limit*(1+1e-9)+1e-20 {
			t.Fatalf("variance %g of %d times the units, at most %g expected", many.SE*many.SE, copies, limit)
		}
		wide, okA := few.T(0.95, float64(few.DF))
		narrow, okB := many.T(0.95, float64(many.DF))
		if !okA || !okB || few.SE > 1e-9 && narrow.Upper-narrow.Lower >= wide.Upper-wide.Lower {
			t.Fatalf("%v is not narrower than %v", narrow, wide)
		}
	})
}
