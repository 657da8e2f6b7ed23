package fair

// Prior is everything the units lend each other; it is fixed while one unit is
// scored, so a unit's figures can be recomputed from its own sums and Prior.
type Prior struct {
	Ordinary  NormalPrior // mean of the ordinary answers
	Total     NormalPrior // raw mean: the plain empirical Bayes, and reliability
	Low, High SharePrior
	lowAt     float64 // classification bounds; infinite where a side is ordinary
	highAt    float64
	unitX     [][]float64
}

// classify says which part a score belongs to.
func (p *Prior) classify(score float64) side {
	switch {
	case p.Low.Active && score <= p.lowAt:
		return lowSide
	case p.High.Active && score >= p.highAt:
		return highSide
	}
	return ordinary
}

// Evidence holds the Bayes factors of the collective-signal test, at least 1.
type Evidence struct{ Low, High float64 }

// noEvidence leaves the marks to speak for themselves.
var noEvidence = Evidence{1, 1}

// scratch is the working memory of one scoring goroutine.
type scratch struct {
	wl, ql, wh, qh [gridN]float64
}

// posterior is the posterior of a unit in parts.
type posterior struct {
	theta      float64
	m, v       float64 // ordinary mean and its variance
	pl, ph     float64
	lv, hv     float64 // values of the extremes
	ml, mh     float64 // slopes of the logit shares in m
	raw, rawN  float64
	ordinaryN  float64
	lowA, hghA bool
}

// score computes the official score of a unit with prior mean xi. The
// components of the mixture stay in sc for the interval.
func (p *Prior) score(s *Sums, xi float64, ev Evidence, sc *scratch) posterior {
	var r posterior
	r.rawN = s.effectiveN()
	if s.W > 0 {
		r.raw = s.Y / s.W
	}
	y, no := 0.0, 0.0
	if s.Wo > 1e-9*s.W && s.Wo2 > 0 {
		y = s.Yo / s.Wo
		no = float64(s.Wo*s.Wo) / s.Wo2
	}
	r.ordinaryN = no
	r.m, r.v = p.Ordinary.shrink(y, no, xi)
	if p.Low.Active {
		r.lowA = true
		k := 0.0
		if s.W > 0 {
			k = clampShare(s.WL/s.W) * r.rawN
		}
		r.pl = p.Low.posteriorShare(shareStat{k, r.rawN, r.m}, ev.Low, sc.wl[:], sc.ql[:])
		r.lv = extremeValue(s.YL, s.WL, s.Low, p.Low.Value)
		r.ml = p.Low.Slope
	}
	if p.High.Active {
		r.hghA = true
		k := 0.0
		if s.W > 0 {
			k = clampShare(s.WH/s.W) * r.rawN
		}
		r.ph = p.High.posteriorShare(shareStat{k, r.rawN, r.m}, ev.High, sc.wh[:], sc.qh[:])
		r.hv = extremeValue(s.YH, s.WH, s.High, p.High.Value)
		r.mh = p.High.Slope
	}
	r.theta = r.m + float64(r.pl*(r.lv-r.m)) + float64(r.ph*(r.hv-r.m))
	return r
}

func clampShare(x float64) float64 { return min(max(x, 0), 1) }

// extremeValue is the mean score of the unit's extremes, shrunk to the pooled
// one with the strength of five answers.
func extremeValue(y, w float64, n int, pooled float64) float64 {
	if n <= 0 || w <= 0 {
		return pooled
	}
	f := float64(n) / (float64(n) + valueStrength)
	return pooled + float64(f*(y/w-pooled))
}

// component is one normal of the posterior mixture.
type component struct{ weight, mean, sd float64 }

// mixture lists the normal components of the posterior of theta: the grid
// points of both sides (merged to at most eight a side), each with the normal
// part propagated by the delta method, d theta / d m.
func (r *posterior) mixture(sc *scratch, dst []component) []component {
	low := [maxPoints]point{{1, 0, 0}}
	high := low
	nl, nh := 1, 1
	if r.lowA {
		nl = merge(sc.wl[:], sc.ql[:], r.ml, &low)
	}
	if r.hghA {
		nh = merge(sc.wh[:], sc.qh[:], r.mh, &high)
	}
	dst = dst[:0]
	for _, a := range low[:nl] {
		for _, b := range high[:nh] {
			mean := r.m + float64(a.q*(r.lv-r.m)) + float64(b.q*(r.hv-r.m))
			d := 1 - a.q - b.q + float64(a.slope*(r.lv-r.m)) + float64(b.slope*(r.hv-r.m))
			// Spread of the merged grid cell: a grid point stands for its whole
			// step on the logit scale (uniform, variance step^2/12).
			dl := float64(float64(a.q*(1-a.q)) * (r.lv - r.m))
			dh := float64(float64(b.q*(1-b.q)) * (r.hv - r.m))
			v := float64(float64(d*d) * r.v)
			if r.lowA {
				v += float64(float64(dl*dl) * (gridStep * gridStep / 12))
			}
			if r.hghA {
				v += float64(float64(dh*dh) * (gridStep * gridStep / 12))
			}
			dst = append(dst, component{float64(a.w * b.w), mean, sqrt(v + 1e-12)})
		}
	}
	return dst
}

const maxPoints = 10

// point is a merged grid point: weight, share, d share / d m.
type point struct{ w, q, slope float64 }

// merge drops grid points of negligible weight and joins neighbours until at
// most maxPoints are left, keeping the mean share of each group.
func merge(w, q []float64, slope float64, dst *[maxPoints]point) int {
	used := 0
	for _, x := range w {
		if x > 1e-7 {
			used++
		}
	}
	per := (used + maxPoints - 1) / maxPoints
	n, inGroup := 0, 0
	var g point
	flush := func() {
		if inGroup > 0 {
			g.q /= g.w
			g.slope = float64(slope * float64(g.q*(1-g.q)))
			dst[n] = g
			n++
		}
		g, inGroup = point{}, 0
	}
	for j, x := range w {
		if x <= 1e-7 {
			continue
		}
		g.w += x
		g.q += float64(x * q[j])
		if inGroup++; inGroup == per {
			flush()
		}
	}
	flush()
	return n
}

// moments returns mean and variance of the mixture.
func moments(c []component) (mean, variance float64) {
	t := 0.0
	for _, x := range c {
		t += x.weight
		mean += float64(x.weight * x.mean)
	}
	mean /= t
	for _, x := range c {
		d := x.mean - mean
		variance += float64(x.weight * (float64(x.sd*x.sd) + float64(d*d)))
	}
	return mean, variance / t
}

// below is the posterior probability of theta < x.
func below(c []component, x float64) float64 {
	t, s := 0.0, 0.0
	for _, k := range c {
		t += k.weight
		s += float64(k.weight * normalCDF((x-k.mean)/k.sd))
	}
	return s / t
}

// quantile solves below(x) = q by bisection from a bracket of twelve standard
// deviations, 30 halvings (a millionth of a point).
func quantile(c []component, q, mean, sd float64) float64 {
	lo, hi := mean-12*sd, mean+12*sd
	for range 30 {
		mid := 0.5 * (lo + hi)
		if below(c, mid) < q {
			lo = mid
		} else {
			hi = mid
		}
	}
	return 0.5 * (lo + hi)
}
