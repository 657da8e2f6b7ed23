package simulate

import (
	"math"
	"testing"
)

// one is an oracle of a single state: bottom answers with probability p, others of
// one kind.
func one(p float64) *oracle {
	return &oracle{logP: [][]float64{{math.Log(p), math.Log(1 - p)}}, logW: []float64{0}, truth: []float64{80}}
}

// The number of bottom answers of a unit whose rate is known is Poisson: its
// information about a shift is one over its mean.
func TestInformationOfAPoissonNumber(t *testing.T) {
	t.Parallel()
	for _, mu := range []float64{0.5, 3, 20} {
		if got := one(mu / 300).bottomInformation([]float64{4, 296}); math.Abs(got*mu-1) > 1e-6 {
			t.Errorf("mean %v: %v, want %v", mu, got, 1/mu)
		}
	}
}

// The bound, worked out again by brute force. With a Poisson number c of mean mu
// and an oracle T*(c) = -0.25 c, look for the estimator T with E[T(c+1)-T(c)] =
// -0.1 whose distance E(T-T*)² is least, by projected descent on T itself; the
// closed form is (0.25-0.1)² mu. Nothing of the derivation is used.
func TestBoundByBruteForce(t *testing.T) {
	t.Parallel()
	const mu, top, excess = 3.0, 30, 0.15
	var p, normal [top]float64
	for c := range p {
		p[c] = poisson(c, mu)
	}
	// The move of T is Σ T(c) a(c) with a(c) = p(c-1) - p(c): one linear equation.
	var a [top]float64
	for c := range a {
		a[c] = -p[c]
		if c > 0 {
			a[c] += p[c-1]
		}
	}
	aa := 0.0
	for c := range a {
		aa += a[c] * a[c]
	}
	g := normal // T - T*
	for range 200_000 {
		move := 0.0
		for c := range g {
			g[c] -= 0.5 * p[c] * g[c] // descent on Σ p g²
			move += a[c] * g[c]
		}
		for c := range g {
			g[c] += (excess - move) * a[c] / aa // back onto the limit
		}
	}
	least := 0.0
	for c := range g {
		least += p[c] * g[c] * g[c]
	}
	if want := excess * excess * mu; math.Abs(least/want-1) > 1e-3 {
		t.Errorf("least price of the limit %v, closed form %v", least, want)
	}
	raw := &tally{shifts: 1}
	raw.shiftLow[0] = -0.3
	know := &tally{shifts: 1, rmse: []float64{1}, information: one(mu / 300).bottomInformation([]float64{3, 297})}
	know.shiftLow[0] = -0.25
	if got, want := limitedError(know, raw, pullLimit), math.Sqrt(1+excess*excess*mu); math.Abs(got-want) > 1e-6 {
		t.Errorf("bound %v, want %v", got, want)
	}
}

// In every cell with an oracle the bound lies at or above the oracle, and the
// official estimator does not fall below the oracle by more than simulation error.
func TestBoundInARun(t *testing.T) {
	t.Parallel()
	for _, c := range run(t, small("none", "lone-grievances")).Cells {
		v := c.Verdicts[0]
		if v.Bound == nil || *v.Bound < *v.Oracle-1e-3 || *v.Bound > v.Value+0.05 {
			t.Errorf("%s n=%d: bound %v, oracle %v, official %v", c.Scenario, c.N, v.Bound, *v.Oracle, v.Value)
		}
		if v.SE == nil || *v.SE <= 0 {
			t.Errorf("%s n=%d: no paired standard error", c.Scenario, c.N)
		}
	}
}
