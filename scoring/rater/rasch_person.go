package rater

import "math"

// Measure is the place of a person on the latent scale.
type Measure struct {
	Score, Answered int
	// Extreme: the lowest or highest score that the answered items allow. It
	// has no maximum-likelihood value.
	Extreme bool
	// Defined: Value is there. For an extreme score it is extrapolated, see
	// Measures, and has no error (SE 0).
	Defined   bool
	Value, SE float64
	// Weighted is Warm's (1989, Psychometrika 54:427-450) estimate, which is less
	// biased and also exists for extreme scores, with its error.
	Weighted, WeightedSE float64
}

// Measures places every row of m, the matrix that the model was fitted to, by
// maximum likelihood given the items.
//
// Rule for extreme scores: the natural cubic spline through the estimates of
// the scores that occur among persons who answered the same items, continued
// straight. It needs four such scores; with fewer, Defined is false. Rows
// without an answer are not Defined either.
//
// Faults: those of FitRasch for the data; panics for another matrix than the fitted
// one.
//
// Source: Andrich (1978); Warm (1989) for the weighted likelihood.
func (f *Rasch) Measures(m Matrix) ([]Measure, error) {
	a, err := categorise(m, f.Model)
	if err != nil {
		return nil, err
	}
	if len(a.top) != len(f.Items) {
		panic("rater: Measures needs the matrix that the model was fitted to")
	}
	groups := map[string]map[int]Measure{}
	keys := make([]string, len(a.cat))
	scores := make([]int, len(a.cat))
	for i, row := range a.cat {
		var items []int
		scores[i], items, keys[i] = summary(row)
		if groups[keys[i]] == nil {
			groups[keys[i]] = map[int]Measure{}
		}
		if _, done := groups[keys[i]][scores[i]]; !done {
			groups[keys[i]][scores[i]] = f.measure(items, scores[i])
		}
	}
	for _, g := range groups {
		extrapolate(g)
	}
	out := make([]Measure, len(a.cat))
	for i, key := range keys {
		out[i] = groups[key][scores[i]]
	}
	return out, nil
}

// moments are expectation, variance and third central moment of the answer to
// item j at theta, and the probabilities of its categories.
func (it *RaschItem) moments(theta float64) (mean, variance, third float64, p []float64) {
	p = make([]float64, len(it.Used))
	mean = expect(it.Used, it.Cumulative, theta, p)
	for k := range p {
		d := float64(k) - mean
		variance += float64(p[k] * d * d)
		third += float64(p[k] * d * d * d)
	}
	return mean, variance, third, p
}

func (f *Rasch) sums(items []int, theta float64) (mean, variance, third float64) {
	for _, j := range items {
		e, v, t, _ := f.Items[j].moments(theta)
		mean += e
		variance += v
		third += t
	}
	return mean, variance, third
}

func (f *Rasch) measure(items []int, score int) Measure {
	m := Measure{Score: score, Answered: len(items)}
	if len(items) == 0 {
		return m
	}
	lo, hi := 0, 0
	for _, j := range items {
		a, b := bounds(f.Items[j].Used)
		lo, hi = lo+a, hi+b
	}
	m.Extreme = score <= lo || score >= hi
	s := math.Min(math.Max(float64(score), float64(lo)), float64(hi))
	if !m.Extreme {
		m.Defined = true
		m.Value = falling(func(t float64) float64 { e, _, _ := f.sums(items, t); return s - e })
		_, v, _ := f.sums(items, m.Value)
		m.SE = 1 / math.Sqrt(v)
	}
	m.Weighted = falling(func(t float64) float64 {
		e, v, third := f.sums(items, t)
		if v < 1e-300 {
			return s - e
		}
		return s - e + third/(2*v)
	})
	_, v, _ := f.sums(items, m.Weighted)
	m.WeightedSE = 1 / math.Sqrt(v)
	return m
}

// falling finds the root of a falling function by bisection, to the last digit.
func falling(fn func(float64) float64) float64 {
	lo, hi := -1.0, 1.0
	for fn(lo) < 0 && lo > -1e3 {
		lo *= 2
	}
	for fn(hi) > 0 && hi < 1e3 {
		hi *= 2
	}
	for range 200 {
		mid := (lo + hi) / 2
		if mid <= lo || mid >= hi {
			break
		}
		if fn(mid) > 0 {
			lo = mid
		} else {
			hi = mid
		}
	}
	return (lo + hi) / 2
}

// extrapolate fills the values of extreme scores.
func extrapolate(g map[int]Measure) {
	var x, y []float64
	last := -1
	for s := range g {
		last = max(last, s)
	}
	for s := 0; s <= last; s++ {
		if m, ok := g[s]; ok && m.Defined && !m.Extreme {
			x, y = append(x, float64(s)), append(y, m.Value)
		}
	}
	if len(x) < 4 {
		return
	}
	slopeLow, slopeHigh := naturalSlopes(x, y)
	n := len(x) - 1
	for s, m := range g {
		if !m.Extreme || m.Answered == 0 {
			continue
		}
		m.Defined = true
		if d := float64(s); d < x[0] {
			m.Value = y[0] + float64((d-x[0])*slopeLow)
		} else {
			m.Value = y[n] + float64((d-x[n])*slopeHigh)
		}
		g[s] = m
	}
}

// naturalSlopes are the slopes at the two ends of the natural cubic spline
// through the points (second derivatives zero at the ends).
func naturalSlopes(x, y []float64) (low, high float64) {
	n := len(x)
	second, c := make([]float64, n), make([]float64, n)
	for i := 1; i < n-1; i++ { // tridiagonal system, forward elimination
		h, k := x[i]-x[i-1], x[i+1]-x[i]
		r := float64(6 * ((y[i+1]-y[i])/k - (y[i]-y[i-1])/h))
		d := float64(2*(h+k)) - float64(h*c[i-1])
		c[i] = k / d
		second[i] = (r - float64(h*second[i-1])) / d
	}
	for i := n - 2; i > 0; i-- {
		second[i] -= float64(c[i] * second[i+1])
	}
	h, k := x[1]-x[0], x[n-1]-x[n-2]
	low = (y[1]-y[0])/h - h*second[1]/6
	high = (y[n-1]-y[n-2])/k + k*second[n-2]/6
	return low, high
}
