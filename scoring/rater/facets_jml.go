package rater

import "math"

// joint is the unconditional likelihood of the many-facet model. The shared
// parameters are rater severities, item difficulties and cumulative thresholds;
// units are eliminated block by block, so that a step costs ratings + shared³.
type joint struct {
	f           *Facets
	d           Panel
	keep        []bool
	at          places
	unit        []float64
	shared      []float64 // raters, items, cumulative thresholds of all categories
	constraints [][]float64
	lo, hi      int
	// the last derivatives
	unitSlope, unitInfo, slope []float64
	cross, info                [][]float64
	inverse                    [][]float64 // of the reduced information
}

func newJoint(f *Facets, d Panel, keep []bool) *joint {
	j := &joint{f: f, d: d, keep: keep, at: positions(d, keep), unit: make([]float64, len(d.UnitName)), lo: d.Categories, hi: -1}
	f.used = make([]bool, d.Categories)
	for i, x := range d.Rating {
		if keep[i] {
			f.used[x] = true
			f.Used++
			j.lo, j.hi = min(j.lo, x), max(j.hi, x)
		}
	}
	f.cumulative = make([]float64, d.Categories)
	j.shared = make([]float64, j.at.raters+j.at.items+d.Categories)
	j.constrain()
	return j
}

// constrain maps the free parameters to the shared ones: raters and items sum
// to zero, the lowest and highest used category have cumulative threshold zero.
func (j *joint) constrain() {
	r, m := j.at.raters, j.at.items
	free := r - 1 + m - 1
	for k := j.lo + 1; k < j.hi; k++ {
		if j.f.used[k] {
			free++
		}
	}
	t := make([][]float64, len(j.shared))
	for i := range t {
		t[i] = make([]float64, free)
	}
	sumToZero := func(from, n, column int) {
		for i := range n - 1 {
			t[from+i][column+i] = 1
			t[from+n-1][column+i] = -1
		}
	}
	sumToZero(0, r, 0)
	sumToZero(r, m, r-1)
	column := r + m - 2
	for k := j.lo + 1; k < j.hi; k++ {
		if j.f.used[k] {
			t[r+m+k][column] = 1
			column++
		}
	}
	j.constraints = t
}

// logLik also copies the thresholds to the result's curve.
func (j *joint) logLik(unit, shared []float64) float64 {
	copy(j.f.cumulative, shared[j.at.raters+j.at.items:])
	p := make([]float64, j.d.Categories)
	v := 0.0
	for i, x := range j.d.Rating {
		if j.keep[i] {
			j.f.probabilities(j.eta(i, unit, shared), p)
			v += math.Log(math.Max(p[x], 1e-300))
		}
	}
	return v
}

func (j *joint) eta(i int, unit, shared []float64) float64 {
	return unit[j.d.Unit[i]] - shared[j.at.rater[j.d.Rater[i]]] - shared[j.at.raters+j.at.item[j.d.Item[i]]]
}

func zeros(n, m int) [][]float64 {
	out := make([][]float64, n)
	for i := range out {
		out[i] = make([]float64, m)
	}
	return out
}

// derive fills slopes and information at the present values.
func (j *joint) derive() {
	n, base := len(j.shared), j.at.raters+j.at.items
	j.unitSlope, j.unitInfo, j.slope = make([]float64, len(j.unit)), make([]float64, len(j.unit)), make([]float64, n)
	j.cross, j.info = zeros(len(j.unit), n), zeros(n, n)
	p := make([]float64, j.d.Categories)
	for i, x := range j.d.Rating {
		if !j.keep[i] {
			continue
		}
		mean, v := j.f.probabilities(j.eta(i, j.unit, j.shared), p)
		u, r, m := j.d.Unit[i], j.at.rater[j.d.Rater[i]], j.at.raters+j.at.item[j.d.Item[i]]
		e := float64(x) - mean
		j.unitSlope[u] += e
		j.slope[r] -= e
		j.slope[m] -= e
		j.unitInfo[u] += v
		j.cross[u][r] -= v
		j.cross[u][m] -= v
		j.info[r][r] += v
		j.info[m][m] += v
		j.info[r][m] += v
		j.info[m][r] += v
		j.slope[base+x]--
		for k, q := range p {
			if q == 0 {
				continue
			}
			j.slope[base+k] += q
			c := float64(q * (float64(k) - mean))
			j.cross[u][base+k] -= c
			j.info[r][base+k] += c
			j.info[m][base+k] += c
			j.info[base+k][r] += c
			j.info[base+k][m] += c
			j.info[base+k][base+k] += q
			for l, s := range p {
				j.info[base+k][base+l] -= float64(q * s)
			}
		}
	}
}

// direction is the Newton step for units and free shared parameters.
func (j *joint) direction() (unit, free []float64, ok bool) {
	g := apply(j.constraints, j.slope)
	a := sandwich(j.info, j.constraints)
	b := make([][]float64, len(j.unit))
	for u, v := range j.unitInfo {
		if v <= 0 {
			continue
		}
		b[u] = apply(j.constraints, j.cross[u])
		for i, x := range b[u] {
			if x == 0 {
				continue
			}
			g[i] -= float64(x * j.unitSlope[u] / v)
			for k, y := range b[u] {
				a[i][k] -= float64(x * y / v)
			}
		}
	}
	unit = make([]float64, len(j.unit))
	var l factor
	if len(a) > 0 {
		if l, ok = factorise(a); !ok {
			return nil, nil, false
		}
		free, j.inverse = l.solve(g), l.inverse()
	}
	for u, v := range j.unitInfo {
		if v <= 0 {
			continue
		}
		s := j.unitSlope[u]
		for i, x := range b[u] {
			s -= float64(x * free[i])
		}
		unit[u] = s / v
	}
	return unit, free, true
}

// maximise is Newton's method with step halving; the likelihood is concave.
func (j *joint) maximise() error {
	f := j.f
	away := fault("no_estimate", "collect ratings that overlap more, join rarely used categories, or leave out units and raters with few ratings",
		"the many-facet model has no finite estimate: some raters or units are always at one end relative to the others")
	value := j.logLik(j.unit, j.shared)
	for f.Iterations = 1; f.Iterations <= 200; f.Iterations++ {
		j.derive()
		before := f.Slope
		f.Slope = math.Max(largest(j.unitSlope), largest(apply(j.constraints, j.slope)))
		unit, free, ok := j.direction()
		if !ok || largest(j.unit) > maxDifficulty {
			return away
		}
		n := float64(f.Used)
		if f.Slope <= 1e-15*n || f.Iterations > 1 && f.Slope >= before && f.Slope <= 1e-11*n { // down to rounding
			f.Converged, f.LogLik = true, value
			return nil
		}
		step := expand(j.constraints, free)
		var nu, ns []float64
		next := value
		for h := 1.0; h > 1e-9; h /= 2 {
			nu, ns = along(j.unit, unit, h), along(j.shared, step, h)
			if next = j.logLik(nu, ns); next >= value-float64(1e-12*math.Abs(value)) {
				break
			}
		}
		j.unit, j.shared, value = nu, ns, next
	}
	return away
}

func along(x, step []float64, h float64) []float64 {
	out := make([]float64, len(x))
	for i := range x {
		out[i] = x[i]
		if i < len(step) {
			out[i] += float64(h * step[i])
		}
	}
	return out
}
