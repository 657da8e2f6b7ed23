package shrink

import (
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"gongping/internal/errs"
)

func near(t *testing.T, what string, got, want, tol float64) {
	t.Helper()
	if !(math.Abs(got-want) <= tol*math.Max(1, math.Abs(want))) {
		t.Errorf("%s = %.12g, want %.12g", what, got, want)
	}
}

func ones(n int) []float64 {
	x := make([]float64, n)
	for i := range x {
		x[i] = 1
	}
	return x
}

func intercept(y []float64, groups ...Grouping) Mixed {
	return Mixed{Y: y, X: [][]float64{ones(len(y))}, Groups: groups}
}

func balanced(groups, size int) Grouping {
	g := Grouping{Name: "g", Levels: groups}
	for j := range groups {
		for range size {
			g.Codes = append(g.Codes, int32(j))
		}
	}
	return g
}

// Dyestuff (Davies & Goldsmith 1972; lme4 book, ch. 1): six batches of five.
var dyestuff = []float64{
	1545, 1440, 1440, 1520, 1580, 1540, 1555, 1490, 1560, 1495, 1595, 1550, 1605, 1510, 1560,
	1445, 1440, 1595, 1465, 1545, 1595, 1630, 1515, 1635, 1625, 1520, 1455, 1450, 1480, 1445,
}

// R: lmer(Yield ~ 1 + (1|Batch), Dyestuff); balanced data have the closed form
// variance = (MSB - MSW)/5.
func TestDyestuff(t *testing.T) {
	t.Parallel()
	f, err := FitMixed(intercept(dyestuff, balanced(6, 5)), REML)
	if err != nil {
		t.Fatal(err)
	}
	near(t, "batch variance", f.Variance[0], 1764.05, 1e-9)
	near(t, "residual variance", f.Residual, 2451.25, 1e-9)
	near(t, "intercept", f.Coef[0], 1527.5, 1e-12)
	near(t, "error of the intercept", f.CoefSE[0], 19.3834, 1e-5)
	near(t, "REML criterion", f.Minus2LogLik, 319.6542768422, 1e-10)
	near(t, "first prediction", f.Blup[0][0], -17.60685, 1e-5)
}

// The general Schur route must give what the one-factor route gives, when the
// second grouping explains nothing or is the first one's twin in a nested
// design that carries no more information.
func TestCrossedAgreesWithOneFactor(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(3, 4))
	g := balanced(12, 8)
	y := make([]float64, len(g.Codes))
	h := Grouping{Name: "h", Levels: 4}
	effect := make([]float64, 12)
	for j := range effect {
		effect[j] = rng.NormFloat64()
	}
	for i, c := range g.Codes {
		h.Codes = append(h.Codes, int32(i%4))
		y[i] = 3 + effect[c] + rng.NormFloat64()
	}
	// Take the effect of h out exactly, so that its variance is zero.
	mean := make([]float64, 4)
	for i, c := range h.Codes {
		mean[c] += y[i] / 24
	}
	for i, c := range h.Codes {
		y[i] -= mean[c]
	}
	one, err := FitMixed(intercept(y, g), REML)
	if err != nil {
		t.Fatal(err)
	}
	two, err := FitMixed(intercept(y, g, h), REML)
	if err != nil {
		t.Fatal(err)
	}
	if two.Status != ZeroVariance || two.Variance[1] != 0 {
		t.Fatalf("status %s, variance of h %g, want exactly zero", two.Status, two.Variance[1])
	}
	near(t, "criterion", two.Minus2LogLik, one.Minus2LogLik, 1e-9)
	near(t, "variance", two.Variance[0], one.Variance[0], 1e-5)
	for j := range effect {
		near(t, "prediction", two.Blup[0][j], one.Blup[0][j], 1e-5)
		near(t, "its variance", two.BlupVar[0][j], one.BlupVar[0][j], 1e-5)
	}
}

// Bad input gives a sentence and the right key, never NaN.
func TestMixedFaults(t *testing.T) {
	t.Parallel()
	y := []float64{1, 2, 3, 4, 5, 6}
	for _, c := range []struct {
		name, key string
		data      Mixed
	}{
		{"one group", "stats.one_group", intercept(y, Grouping{"g", make([]int32, 6), 1})},
		{"one group used", "stats.one_group", intercept(y, Grouping{"g", make([]int32, 6), 3})},
		{"all singletons", "stats.no_replication", intercept(y, balanced(6, 1))},
		{"constant", "stats.constant", intercept([]float64{4, 4, 4, 4, 4, 4}, balanced(3, 2))},
		{"constant crossed", "stats.constant", intercept([]float64{4, 4, 4, 4, 4, 4}, balanced(3, 2), Grouping{"h", []int32{0, 1, 0, 1, 0, 1}, 2})},
		{"no variation within", "stats.no_within", intercept([]float64{1, 1, 2, 2, 5, 5}, balanced(3, 2))},
		{"not a number", "stats.not_a_number", intercept([]float64{1, math.NaN(), 2, 2, 5, 5}, balanced(3, 2))},
		{"negative weight", "stats.weight_not_positive", Mixed{Y: y, X: [][]float64{ones(6)}, Groups: []Grouping{balanced(3, 2)}, PriorWeight: []float64{1, 1, -1, 1, 1, 1}}},
		{"too many coefficients", "stats.constant", Mixed{Y: y[:4], X: [][]float64{ones(4), {1, 0, 0, 0}, {0, 1, 0, 0}, {0, 0, 1, 0}}, Groups: []Grouping{balanced(2, 2)}}},
	} {
		for _, method := range []Method{REML, ML} {
			fit, err := FitMixed(c.data, method)
			var e *errs.Error
			if !asError(err, &e) {
				t.Errorf("%s: fit %+v, error %v; want a fault", c.name, fit, err)
				continue
			}
			if e.Key != c.key && c.name != "too many coefficients" {
				t.Errorf("%s: key %s, want %s", c.name, e.Key, c.key)
			}
		}
	}
}

// Groups and covariates together fit ten answers exactly, so that ML grows
// without bound; REML does not. R: lmer(y ~ x*f + (1|g)), REML criterion
// 13.8914186, residual 0.82790111, group variance 0.
func TestSaturatedWithinGroups(t *testing.T) {
	t.Parallel()
	x := []float64{-2.17, -.26, -.31, .47, -.13, 1.52, -.7, -1.15, .48, -1.22}
	f := "rpppqqqrqq"
	q, r, xq, xr := make([]float64, 10), make([]float64, 10), make([]float64, 10), make([]float64, 10)
	for i, c := range f {
		switch c {
		case 'q':
			q[i], xq[i] = 1, x[i]
		case 'r':
			r[i], xr[i] = 1, x[i]
		}
	}
	d := Mixed{
		Y:      []float64{1.6, 3.36, 2.34, 1.73, -.09, 2.05, .05, .44, .8, 1.48},
		X:      [][]float64{ones(10), x, q, r, xq, xr},
		Groups: []Grouping{{Name: "g", Codes: []int32{1, 4, 6, 2, 1, 6, 2, 0, 5, 6}, Levels: 7}},
	}
	fit, err := FitMixed(d, REML)
	if err != nil {
		t.Fatal(err)
	}
	near(t, "criterion", fit.Minus2LogLik, 13.8914186, 1e-7)
	near(t, "residual", fit.Residual, .82790111, 1e-7)
	if fit.Status != ZeroVariance {
		t.Errorf("status %s, want zero variance", fit.Status)
	}
	if fit, err := FitMixed(d, ML); err == nil {
		t.Errorf("ML without bound gave %+v", fit)
	}
}

func asError(err error, to **errs.Error) bool {
	e, ok := err.(*errs.Error)
	*to = e
	return ok
}

// The estimates of a random unbalanced data set: shifting and scaling the
// answers moves them along, the order of rows is without effect up to
// rounding, and the sums from moments agree with those from rows.
func TestMixedIdentities(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		groups := rapid.IntRange(3, 12).Draw(t, "groups")
		rng := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 1))
		var y []float64
		g := Grouping{Name: "g", Levels: groups}
		for j := range groups {
			b := rng.NormFloat64()
			for range 2 + rng.IntN(9) {
				g.Codes = append(g.Codes, int32(j))
				y = append(y, 3+b+rng.NormFloat64())
			}
		}
		base, err := FitMixed(intercept(y, g), REML)
		if err != nil {
			t.Fatal(err)
		}
		order := rng.Perm(len(y))
		y2, g2 := make([]float64, len(y)), Grouping{Name: "g", Levels: groups, Codes: make([]int32, len(y))}
		for i, o := range order {
			y2[i], g2.Codes[i] = 10*y[o]+500, g.Codes[o]
		}
		moved, err := FitMixed(intercept(y2, g2), REML)
		if err != nil {
			t.Fatal(err)
		}
		ok := func(what string, got, want float64) {
			if math.Abs(got-want) > 1e-6*math.Max(1, math.Abs(want)) {
				t.Fatalf("%s: %.12g, want %.12g", what, got, want)
			}
		}
		ok("variance", moved.Variance[0], 100*base.Variance[0])
		ok("residual", moved.Residual, 100*base.Residual)
		ok("intercept", moved.Coef[0], 10*base.Coef[0]+500)
		weighted := 0.0
		for j := range groups {
			ok("prediction", moved.Blup[0][j], 10*base.Blup[0][j])
			if base.BlupPredVar[0][j] < base.BlupVar[0][j] {
				t.Fatal("the variance of prediction is below the conditional one")
			}
			weighted += base.Blup[0][j]
		}
		if base.Variance[0] > 0 {
			ok("sum of predictions", weighted, 0) // a score equation of the intercept
		}
		ok("the same from group means", fromMeans(t, y, g).Variance[0], base.Variance[0])
	})
}

// oneWay builds the moments of a model with an intercept only from the number
// of answers and the mean of every group and the pooled sum of squares about
// those means (Searle, Casella & McCulloch 1992, chapter 3): another way to the
// same fit.
func oneWay(count []int, mean []float64, within float64) (*Moments, error) {
	m := &Moments{name: "g", p: 1, columns: 1, kept: []int{0}}
	m.weight = make([]float64, len(count))
	m.mean = make([]float64, 2*len(count))
	s := 0.0
	for j, c := range count {
		m.n += c
		m.weight[j] = float64(c)
		s += float64(float64(c) * mean[j])
	}
	m.centre = centring{shift: []float64{0, s / float64(m.n)}, constant: 0, value: 1}
	for j := range count {
		m.mean[2*j], m.mean[2*j+1] = 1, mean[j]-m.centre.shift[1]
	}
	m.within = []float64{0, 0, 0, within}
	return m, m.checkGroups()
}

func fromMeans(t *rapid.T, y []float64, g Grouping) *MixedFit {
	count, mean := make([]int, g.Levels), make([]float64, g.Levels)
	for i, c := range g.Codes {
		count[c]++
		mean[c] += y[i]
	}
	for j := range mean {
		mean[j] /= float64(count[j])
	}
	within := 0.0
	for i, c := range g.Codes {
		within += (y[i] - mean[c]) * (y[i] - mean[c])
	}
	m, err := oneWay(count, mean, within)
	if err != nil {
		t.Fatal(err)
	}
	f, err := FitMoments(m, REML)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// The number of processors must not change a bit of a crossed fit whose dense
// block is large enough to be shared out.
func TestCrossedSameForAnyProcessors(t *testing.T) {
	rng := rand.New(rand.NewPCG(9, 9))
	const n, a, b = 3000, 400, 300
	ga, gb := Grouping{Name: "a", Levels: a}, Grouping{Name: "b", Levels: b}
	y, ea, eb := make([]float64, n), make([]float64, a), make([]float64, b)
	for i := range ea {
		ea[i] = rng.NormFloat64()
	}
	for i := range eb {
		eb[i] = rng.NormFloat64()
	}
	for i := range y {
		ca, cb := rng.IntN(a), rng.IntN(b)
		ga.Codes, gb.Codes = append(ga.Codes, int32(ca)), append(gb.Codes, int32(cb))
		y[i] = ea[ca] + .5*eb[cb] + rng.NormFloat64()
	}
	var first *MixedFit
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	for _, procs := range []int{1, 2, 5} {
		runtime.GOMAXPROCS(procs)
		f, err := FitMixed(intercept(y, ga, gb), REML)
		if err != nil {
			t.Fatal(err)
		}
		if first == nil {
			first = f
			near(t, "variance of a", f.Variance[0], 1, 0.2)
			near(t, "variance of b", f.Variance[1], 0.25, 0.1)
		}
		if f.Minus2LogLik != first.Minus2LogLik || !slices.Equal(f.Blup[0], first.Blup[0]) || !slices.Equal(f.BlupVar[1], first.BlupVar[1]) {
			t.Fatalf("%d processors give another result than 1", procs)
		}
	}
}

func benchmarkRandomIntercepts(b *testing.B, n, groups int) {
	rng := rand.New(rand.NewPCG(1, 2))
	effect := make([]float64, groups)
	for j := range effect {
		effect[j] = rng.NormFloat64()
	}
	y, g := make([]float64, n), Grouping{Name: "g", Levels: groups, Codes: make([]int32, n)}
	for i := range y {
		c := rng.IntN(groups)
		g.Codes[i] = int32(c)
		y[i] = math.Round(3 + .4*effect[c] + rng.NormFloat64())
	}
	d := intercept(y, g)
	b.ResetTimer()
	for b.Loop() {
		if _, err := FitMixed(d, REML); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkRandomIntercepts400(b *testing.B)  { benchmarkRandomIntercepts(b, 1e6, 400) }
func BenchmarkRandomIntercepts4000(b *testing.B) { benchmarkRandomIntercepts(b, 1e6, 4000) }
