package fair

import (
	"math"

	"gongping/scoring/repeatable"
)

// sharePoint is one grid point of a posterior: weight, share, mean and variance
// of m given it, variance of the own logit a and its covariance with m.
type sharePoint struct{ w, q, m, v, va, cov float64 }

// sharePosterior is the posterior of one side of a unit.
type sharePosterior struct {
	points [gridN]sharePoint
	count  int
	// window lists the grid points that matter when single answers are taken
	// out: the likeliest first, then all with a weight above 1e-5.
	window []uint8
	store  [gridN]uint8
	at     [gridN]expansion
	at0    float64 // the m of the expansions
	q      float64 // mean share
	m, v   float64 // m after this side's answers have been heard
}

// posterior fills out. phi is how much of what the extremes say about the
// ordinary mean is listened to (0 = cut, 1 = full Bayes); bayesFactor
// multiplies the odds of shares of at least twice the base rate.
func (p *SharePrior) posterior(s *shareStat, phi, bayesFactor float64, out *sharePosterior) {
	best := math.Inf(-1)
	boost := 0.0
	out.count = len(p.Grid)
	if bayesFactor != 1 {
		boost = repeatable.Log(bayesFactor)
	}
	cv := float64(p.Slope * s.v)
	keep := float64(phi * (2 - phi))
	out.at0 = s.m
	for j := range p.Grid {
		pt, ex := p.expand(j, s)
		out.at[j] = ex
		l := pt.logLik + p.logWeight[j]
		if pt.q >= 2*p.Base {
			l += boost
		}
		best = math.Max(best, l)
		part, own := float64(cv*pt.inv), float64(p.width[j]*pt.inv)
		out.points[j] = sharePoint{
			w: l, q: shifted(&pt, own+float64(phi*float64(part*p.Slope))),
			m:   s.m + float64(phi*float64(part*pt.gain)),
			v:   s.v - float64(keep*float64(float64(part*cv)*pt.r)),
			va:  p.width[j] - float64(float64(own*p.width[j])*pt.r),
			cov: -float64(phi * float64(float64(own*cv)*pt.r)),
		}
	}
	sum, q, m := 0.0, 0.0, 0.0
	for j := range out.points[:out.count] {
		x := &out.points[j]
		d := x.w - best
		if d < -35 {
			x.w = 0
			continue
		}
		x.w = repeatable.Exp(d)
		sum += x.w
		q += float64(x.w * x.q)
		m += float64(x.w * x.m)
	}
	out.q, out.m, out.v = q/sum, m/sum, 0
	for j := range out.points[:out.count] {
		x := &out.points[j]
		x.w /= sum
		if x.w > 0 {
			d := x.m - out.m
			out.v += float64(x.w * (x.v + float64(d*d)))
		}
	}
	out.setWindow()
}

func (out *sharePosterior) setWindow() {
	out.window = out.store[:0]
	first := 0
	for j := range out.points[:out.count] {
		if out.points[j].w > 1e-5 {
			if out.points[j].w > out.points[first].w {
				first = j
			}
			out.window = append(out.window, uint8(j))
		}
	}
	for i, j := range out.window {
		if int(j) == first {
			out.window[0], out.window[i] = out.window[i], out.window[0]
		}
	}
}

// means returns the posterior means of the share and of m when a few answers
// are taken out of the unit whose full posterior is in full, over the grid
// points that matter there.
func (p *SharePrior) means(s *shareStat, phi, bayesFactor float64, full *sharePosterior) (q, m float64) {
	boost := 0.0
	if bayesFactor != 1 {
		boost = repeatable.Log(bayesFactor)
	}
	cv := float64(p.Slope * s.v)
	d := float64(p.Slope * (s.m - full.at0))
	close := d < 0.05 && d > -0.05
	reference, sum := 0.0, 0.0
	for i, j := range full.window {
		var pt gridPoint
		if close {
			pt = p.near(int(j), s, d, &full.at[j])
		} else {
			pt = p.at(int(j), s)
		}
		l := pt.logLik + p.logWeight[j]
		if pt.q >= 2*p.Base {
			l += boost
		}
		if i == 0 {
			reference = l
		}
		w := repeatable.Exp(l - reference)
		part := float64(cv * pt.inv)
		sum += w
		q += float64(w * shifted(&pt, float64(p.width[j]*pt.inv)+float64(phi*float64(part*p.Slope))))
		m += float64(w * float64(phi*float64(part*pt.gain)))
	}
	return q / sum, s.m + m/sum
}
