package fair

import (
	"math"

	"gongping/scoring/repeatable"
)

// component is one normal of the posterior mixture.
type component struct{ weight, mean, sd float64 }

// mixture lists the normal components of the posterior of theta: the grid
// points of both sides, merged to at most maxPoints a side, each with its own
// mean and variance of m and of its logit (delta method).
func (r *posterior) mixture(p *Prior, s *Sums, sc *scratch, dst []component) []component {
	if s.census() {
		return append(dst[:0], component{1, r.theta, 1e-6})
	}
	low := [maxPoints]sharePoint{{w: 1, m: r.m, v: r.v}}
	high := low
	nl, nh := 1, 1
	if p.Low.Active {
		nl = merge(&sc.low, &low)
	}
	if p.High.Active {
		nh = merge(&sc.high, &high)
	}
	dst = dst[:0]
	for _, a := range low[:nl] {
		for _, b := range high[:nh] {
			// The low side has heard the high side: m given both is the low
			// point's m plus what the high point adds to its side's mean.
			m, v := a.m, a.v
			if p.High.Active {
				m += b.m - sc.high.m
				v = math.Max(float64(v*(b.v/sc.high.v)), 0)
			}
			rest := m + float64(b.q*(r.hv-m))
			d := float64((1 - a.q) * (1 - b.q))
			d += float64(float64(p.Low.Slope*float64(a.q*(1-a.q))) * (r.lv - rest))
			d += float64(float64(float64(p.High.Slope*float64(b.q*(1-b.q)))*(1-a.q)) * (r.hv - m))
			dl := float64(float64(a.q*(1-a.q)) * (r.lv - rest))
			dh := float64(float64(float64(b.q*(1-b.q))*(1-a.q)) * (r.hv - m))
			vt := float64(float64(d*d)*v) + float64(float64(dl*dl)*a.va) + float64(float64(dh*dh)*b.va)
			vt += float64(2 * float64(d*(float64(dl*a.cov)+float64(dh*b.cov))))
			vt = math.Max(vt, 0)
			mean := rest + float64(a.q*(r.lv-rest))
			if s.Drawn > 0 {
				vt = s.openVariance(vt, r.within(p, m, a.q, b.q), r.rawN)
				mean = s.ofAll(s.Y/s.W, mean)
			}
			dst = append(dst, component{float64(a.w * b.w), mean, sqrt(vt + 1e-12)})
		}
	}
	return dst
}

// within is the variance of one answer of a unit with ordinary mean m and shares
// low and high of extremes.
func (r *posterior) within(p *Prior, m, low, high float64) float64 {
	rest := m + float64(high*(r.hv-m))
	v := float64((1-high)*p.Ordinary.Sigma2) + float64(float64(high*(1-high))*float64((r.hv-m)*(r.hv-m)))
	return float64((1-low)*v) + float64(float64(low*(1-low))*float64((r.lv-rest)*(r.lv-rest)))
}

const maxPoints = 10

// merge drops grid points of negligible weight and joins neighbours until at
// most maxPoints are left, keeping the means of each group.
func merge(s *sharePosterior, dst *[maxPoints]sharePoint) int {
	used := 0
	for i := range s.points[:s.count] {
		if s.points[i].w > 1e-7 {
			used++
		}
	}
	per := (used + maxPoints - 1) / maxPoints
	n, inGroup := 0, 0
	var g sharePoint
	flush := func() {
		if inGroup > 0 {
			dst[n] = sharePoint{g.w, g.q / g.w, g.m / g.w, g.v / g.w, g.va / g.w, g.cov / g.w}
			n++
		}
		g, inGroup = sharePoint{}, 0
	}
	for i := range s.points[:s.count] {
		x := &s.points[i]
		if x.w <= 1e-7 {
			continue
		}
		g.w += x.w
		g.q += float64(x.w * x.q)
		g.m += float64(x.w * x.m)
		g.v += float64(x.w * x.v)
		g.va += float64(x.w * x.va)
		g.cov += float64(x.w * x.cov)
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
		s += float64(k.weight * repeatable.NormalCDF((x-k.mean)/k.sd))
	}
	return s / t
}

// quantile solves below(x) = q by Newton steps within a bracket of twelve
// standard deviations, which is halved where a step would leave it, to a
// millionth of a point.
func quantile(c []component, q, mean, sd float64) float64 {
	lo, hi := mean-float64(12*sd), mean+float64(12*sd)
	x := mean + float64(2*float64(sd*(q-0.5)))
	for range 60 {
		p, density := around(c, x)
		if p < q {
			lo = x
		} else {
			hi = x
		}
		next := float64(0.5 * (lo + hi))
		if density > 0 {
			if n := x - (p-q)/density; n > lo && n < hi {
				next = n
			}
		}
		step := next - x
		x = next
		if step < 1e-7 && step > -1e-7 {
			break
		}
	}
	return x
}

// around is the posterior probability below x and the density at x.
func around(c []component, x float64) (p, density float64) {
	t := 0.0
	for _, k := range c {
		t += k.weight
		z := (x - k.mean) / k.sd
		f, e := repeatable.Normal(z)
		p += float64(k.weight * f)
		density += float64(k.weight*e) / k.sd
	}
	return p / t, float64(density*0.3989422804014327) / t
}
