package fair

import "math"

// SharePrior is the fitted mixture for the share of extreme answers on one
// side: logit p = Grid[j] + Slope (m - Centre) with probability Weight[j].
type SharePrior struct {
	// Active is false where the side is too common to be told from ordinary
	// answers, or never occurs; its answers then count as ordinary.
	Active bool
	// Guarded is false where extremes are more common than Params.GuardShare:
	// there they are ordinary currency, limiting their pull would cost more
	// error than it saves, and they are heard in full.
	Guarded bool
	Grid    []float64
	Weight  []float64
	// Slope links the base rate to the mean of the ordinary answers.
	Slope, Centre float64
	// Base is the pooled share, Value the pooled mean score of the extremes.
	Base, Value float64
	logWeight   []float64
	width       []float64 // variance of a around each grid point
	phi         []float64 // by feedbackGrid: share of the feedback that is used
}

const (
	gridN         = 48   // grid points at most
	pseudoUnits   = 2.0  // strength of the default mixture
	valueStrength = 5.0  // answers' worth of the pooled extreme value
	slopeSD       = 0.15 // ridge on Slope, per point of score
	maxSlope      = 0.4
	maxLogit      = 0.5
)

// shareStat is what the mixture sees of a unit: k of n effective answers are
// extreme; the mean of the ordinary ones is N(m, v).
type shareStat struct {
	k, n, m, v float64
}

// fitShare estimates the mixture by EM, with the slope by Newton steps in
// between. The default mixture (nine tenths around the pooled share, one tenth
// spread over larger shares) counts as pseudoUnits units, so that few units
// cannot rule a real problem out.
func fitShare(stats []shareStat, value, centre float64) SharePrior {
	p := SharePrior{Active: true, Value: value, Centre: centre}
	k, n := 0.0, 0.0
	for _, s := range stats {
		k += s.k
		n += s.n
	}
	if n <= 0 || k <= 0 {
		return SharePrior{Value: value}
	}
	p.Base = k / n
	p.Grid, p.width = makeGrid(detLog(p.Base / (1 - p.Base)))
	start := defaultMixture(p.Grid, p.Base)
	p.Weight = append([]float64(nil), start...)
	lik := make([]float64, len(stats)*len(p.Grid))
	for range 8 {
		likelihood(lik, stats, &p)
		for range 25 {
			p.Weight = emStep(lik, len(stats), p.Weight, start)
		}
		p.Slope = slopeStep(lik, stats, &p)
	}
	likelihood(lik, stats, &p)
	for range 100 {
		p.Weight = emStep(lik, len(stats), p.Weight, start)
	}
	p.logWeight = make([]float64, len(p.Grid))
	for j, w := range p.Weight {
		p.logWeight[j] = detLog(math.Max(w, 1e-300))
	}
	return p
}

// makeGrid spaces the grid on the logit scale: 0.1 within 0.6 of the pooled
// share, where most units lie, 0.3 above up to 85% and 0.5 below down to 0.02%.
// A point's own standard deviation is three tenths of its spacing.
func makeGrid(centre float64) (grid, width []float64) {
	add := func(a, step float64) {
		grid = append(grid, a)
		width = append(width, float64(0.09*float64(step*step)))
	}
	down := 0
	for down < 14 && centre-0.6-float64(0.5*float64(down+1)) > -8.5 {
		down++
	}
	for i := down; i > 0; i-- {
		add(centre-0.6-float64(0.5*float64(i)), 0.5)
	}
	for i := -6; i <= 6; i++ {
		add(centre+float64(0.1*float64(i)), 0.1)
	}
	for i := 1; i <= 21 && centre+0.6+float64(0.3*float64(i)) < 1.75; i++ {
		add(centre+0.6+float64(0.3*float64(i)), 0.3)
	}
	return grid, width
}

func defaultMixture(grid []float64, base float64) []float64 {
	g := make([]float64, len(grid))
	centre := detLog(base / (1 - base))
	near, above := 0.0, 0
	for j, a := range grid {
		z := (a - centre) / 0.4
		g[j] = detExp(float64(-0.5 * float64(z*z)))
		near += g[j]
		if a > centre {
			above++
		}
	}
	for j, a := range grid {
		g[j] = 0.9 * g[j] / near
		if a > centre {
			g[j] += 0.1 / float64(above)
		}
	}
	return g
}

// gridPoint is the binomial likelihood of a unit at one grid point, integrated
// over the ordinary mean m ~ N(m, v) and over the width of the grid point, which
// stands for a ~ N(Grid[j], width[j]) so that a mixture of points is smooth. Both
// enter through the logit x, whose prior variance is o = width + slope^2 v.
// The log likelihood k x - n softplus(x) is quadratic in x to second order with
// gradient g = k - n q and curvature h = n q (1-q), so that
//
//	log integral = k x - n softplus(x) - log(1+o h)/2 + o g^2 / (2 (1+o h))
//
// and x given the grid point moves by gain = o g/(1+o h), of which m takes the
// part slope v / o; r = o h/(1+o h). The gain is held within maxLogit: beyond
// it the expansion, which the concave likelihood lies below, would favour
// absurd grid points.
type gridPoint struct{ logLik, q, gain, o, r float64 }

func (p *SharePrior) at(j int, s *shareStat) gridPoint {
	x := p.Grid[j] + float64(p.Slope*(s.m-p.Centre))
	e := detExp(-x)
	q := 1 / (1 + e)
	o := p.width[j] + float64(float64(p.Slope*p.Slope)*s.v)
	g := s.k - float64(s.n*q)
	h := float64(s.n * float64(q*(1-q)))
	oh := float64(o * h)
	f := 1 / (1 + oh)
	gain := float64(float64(o*g) * f)
	heard := float64(0.5 * float64(gain*g))
	if gain > maxLogit || gain < -maxLogit {
		gain = math.Copysign(maxLogit, gain)
		heard = float64(gain*g) - float64(float64(0.5*float64(gain*gain))*(h+1/o))
	}
	// k x - n softplus(x) with softplus(x) = x + log(1+e^-x).
	ll := float64((s.k-s.n)*x) - float64(s.n*log1pLarge(e)) + heard - float64(0.5*log1pLarge(oh))
	return gridPoint{ll, q, gain, o, float64(oh * f)}
}

// likelihood fills lik with the integrated likelihoods, each row scaled to a
// largest value of one.
func likelihood(lik []float64, stats []shareStat, p *SharePrior) {
	forUnits(len(stats), func(u int) {
		row := lik[u*len(p.Grid) : (u+1)*len(p.Grid)]
		best := math.Inf(-1)
		for j := range p.Grid {
			row[j] = p.at(j, &stats[u]).logLik
			best = math.Max(best, row[j])
		}
		for j := range row {
			row[j] = detExp(row[j] - best)
		}
	})
}

// emStep is one EM step for the mixture weights, with prior counts.
func emStep(lik []float64, units int, g, start []float64) []float64 {
	next := make([]float64, len(g))
	total := 0.0
	for u := range units {
		row := lik[u*len(g) : (u+1)*len(g)]
		sum := 0.0
		for j, l := range row {
			sum += float64(l * g[j])
		}
		if sum <= 0 {
			continue
		}
		r := 1 / sum
		for j, l := range row {
			next[j] += float64(float64(l*g[j]) * r)
		}
		total++
	}
	for j := range next {
		next[j] = (next[j] + float64(pseudoUnits*start[j])) / (total + pseudoUnits)
	}
	return next
}

// slopeStep is a Newton step for the slope on the expected log likelihood at
// the current posterior weights, with a normal ridge of slopeSD.
func slopeStep(lik []float64, stats []shareStat, p *SharePrior) float64 {
	score := -p.Slope / (slopeSD * slopeSD)
	info := 1 / (slopeSD * slopeSD)
	for u := range stats {
		s, row := &stats[u], lik[u*len(p.Grid):(u+1)*len(p.Grid)]
		sum, sc, in := 0.0, 0.0, 0.0
		for j, l := range row {
			w := float64(l * p.Weight[j])
			if w < 1e-9 {
				continue
			}
			pt := p.at(j, s)
			part := float64(p.Slope*s.v) / pt.o
			d := s.m + float64(part*pt.gain) - p.Centre
			q := shifted(&pt, 1)
			nq := float64(s.n * float64(q*(1-q)))
			v := s.v - float64(float64(float64(part*p.Slope)*s.v)*pt.r)
			sum += w
			sc += float64(w * (float64(d*(s.k-float64(s.n*q))) - float64(float64(p.Slope*nq)*v)))
			in += float64(w * float64(nq*(float64(d*d)+v)))
		}
		if sum > 0 {
			score += sc / sum
			info += in / sum
		}
	}
	// A damped step: a steep slope makes the expansion in m worthless, and no
	// plausible scale has more than maxSlope.
	step := math.Min(math.Max(score/info, -0.05), 0.05)
	return math.Min(math.Max(p.Slope+step, -maxSlope), maxSlope)
}

// shifted is the share at the grid point once its logit has moved by the
// fraction f of the gain (second order).
func shifted(pt *gridPoint, f float64) float64 {
	d := float64(pt.gain * f)
	b := float64(pt.q * (1 - pt.q))
	return clampShare(pt.q + float64(float64(b*d)*(1+float64(0.5*float64((1-2*pt.q)*d)))))
}

// sharePoint is one grid point of a posterior: weight, share, mean and variance
// of m given it, variance of the own logit a and its covariance with m.
type sharePoint struct{ w, q, m, v, va, cov float64 }

// sharePosterior is the posterior of one side of a unit.
type sharePosterior struct {
	points [gridN]sharePoint
	count  int
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
		boost = detLog(bayesFactor)
	}
	cv := float64(p.Slope * s.v)
	keep := float64(phi * (2 - phi))
	for j := range p.Grid {
		pt := p.at(j, s)
		l := pt.logLik + p.logWeight[j]
		if pt.q >= 2*p.Base {
			l += boost
		}
		best = math.Max(best, l)
		part, own := cv/pt.o, p.width[j]/pt.o
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
		x.w = detExp(d)
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
}

// log1pLarge is log(1+e) for any e >= 0.
func log1pLarge(e float64) float64 {
	if e <= 1 {
		return log1pSmall(e)
	}
	return detLog(1 + e)
}
