package shrink

import "slices"

// pool is what groups of one weight contribute to the criterion: their number and
// the cross-products of their mean rows. Answers that count one each make few
// different group sizes, so that a step of the search costs time in these and not
// in the groups.
type pool struct {
	weight, groups float64
	cross          []float64 // (p+1)×(p+1), lower triangle
}

// pooled brings groups of equal weight together, by weight; nil where that would
// save little.
func (m *Moments) pooled() []pool {
	distinct := slices.Clone(m.weight)
	slices.Sort(distinct)
	distinct = slices.Compact(distinct)
	if len(distinct) > len(m.weight)/4 {
		return nil
	}
	q := m.p + 1
	pools := make([]pool, len(distinct))
	cross := make([]float64, len(distinct)*q*q)
	for k := range pools {
		pools[k] = pool{weight: distinct[k], cross: cross[k*q*q : (k+1)*q*q]}
	}
	for j, w := range m.weight {
		k, _ := slices.BinarySearch(distinct, w)
		pools[k].groups++
		row, out := m.mean[j*q:j*q+q], pools[k].cross
		for a, v := range row {
			for b := range a + 1 {
				out[a*q+b] += float64(v * row[b])
			}
		}
	}
	return pools
}

// single are the weights of the groups that are worked out one by one.
func (f *profile) single() []float64 {
	if f.pools != nil {
		return nil
	}
	return f.m.weight
}

// addTo adds the pool's part of [X y]'V^-1[X y].
func (g *pool) addTo(a []float64, rho float64, q int) {
	lambda := g.weight / (1 + float64(rho*g.weight))
	for r := range q {
		for c := range r + 1 {
			a[r*q+c] += float64(lambda * g.cross[r*q+c])
		}
	}
}

// pooledSlope are the pools' parts of the sums of slope: the trace, what the fixed
// part takes of it, and the squares; k is the inverse of X'V^-1X.
func (f *profile) pooledSlope(rho float64, coef, k []float64) (trace, shrunk, squares float64) {
	p, q := f.m.p, f.m.p+1
	for i := range f.pools {
		g := &f.pools[i]
		lambda := g.weight / (1 + float64(rho*g.weight))
		l2 := lambda * lambda
		trace += float64(g.groups * lambda)
		// c'Sc with c = (-coef, 1), and the trace of K S.
		e := g.cross[p*q+p]
		h := 0.0
		for a := range p {
			e -= float64(float64(2*coef[a]) * g.cross[p*q+a])
			for b := range a + 1 {
				s, twice := g.cross[a*q+b], 2.0
				if a == b {
					twice = 1
				}
				e += float64(float64(twice*s) * float64(coef[a]*coef[b]))
				h += float64(float64(twice*s) * k[a*p+b])
			}
		}
		squares += float64(l2 * max(e, 0))
		if f.method == REML {
			shrunk += float64(l2 * h)
		}
	}
	return trace, shrunk, squares
}
