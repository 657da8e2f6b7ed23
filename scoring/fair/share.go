package fair

import "math"

// SharePrior is the fitted mixture for the share of extreme answers on one
// side: logit p = Grid[j] + Slope (m - Centre) with probability Weight[j].
type SharePrior struct {
	// Active is false where the side is too common to be told from ordinary
	// answers, or never occurs; its answers then count as ordinary.
	Active bool
	Grid   []float64
	Weight []float64
	// Slope links the base rate to the mean of the ordinary answers.
	Slope, Centre float64
	// Base is the pooled share, Value the pooled mean score of the extremes.
	Base, Value float64
	logWeight   []float64
}

const (
	gridFrom, gridStep, gridN = -8.0, 0.25, 40 // shares 0.03% to 85%
	pseudoUnits               = 2.0            // strength of the default mixture
	valueStrength             = 5.0            // answers' worth of the pooled extreme value
	slopeSD                   = 0.15           // ridge on Slope, per point of score
)

// shareStat is what the mixture sees of a unit: k of n effective answers are
// extreme, at mean m of the ordinary ones.
type shareStat struct {
	k, n, m float64
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
	p.Grid = make([]float64, gridN)
	for j := range p.Grid {
		p.Grid[j] = gridFrom + float64(gridStep*float64(j))
	}
	start := defaultMixture(p.Grid, p.Base)
	p.Weight = append([]float64(nil), start...)
	lik := make([]float64, len(stats)*gridN)
	for range 4 {
		likelihood(lik, stats, &p)
		for range 60 {
			p.Weight = emStep(lik, len(stats), p.Weight, start)
		}
		p.Slope = slopeStep(lik, stats, &p)
	}
	likelihood(lik, stats, &p)
	for range 100 {
		p.Weight = emStep(lik, len(stats), p.Weight, start)
	}
	p.logWeight = make([]float64, gridN)
	for j, w := range p.Weight {
		p.logWeight[j] = detLog(math.Max(w, 1e-300))
	}
	return p
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

// likelihood fills lik with the binomial likelihoods, each row scaled to a
// largest value of one.
func likelihood(lik []float64, stats []shareStat, p *SharePrior) {
	forUnits(len(stats), func(u int) {
		s, row := stats[u], lik[u*gridN:(u+1)*gridN]
		t := float64(p.Slope * (s.m - p.Centre))
		best := math.Inf(-1)
		for j, a := range p.Grid {
			x := a + t
			row[j] = float64(s.k*x) - float64(s.n*softplus(x))
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
		row := lik[u*gridN : (u+1)*gridN]
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

// slopeStep is a Newton step for the slope at the current posterior weights,
// with a normal ridge of slopeSD.
func slopeStep(lik []float64, stats []shareStat, p *SharePrior) float64 {
	score := -p.Slope / (slopeSD * slopeSD)
	info := 1 / (slopeSD * slopeSD)
	for u, s := range stats {
		row := lik[u*gridN : (u+1)*gridN]
		d := s.m - p.Centre
		t := float64(p.Slope * d)
		sum, m1, m2 := 0.0, 0.0, 0.0
		for j, l := range row {
			w := float64(l * p.Weight[j])
			if w < 1e-12 {
				continue
			}
			q := 1 / (1 + detExp(-(p.Grid[j] + t)))
			sum += w
			m1 += float64(w * q)
			m2 += float64(w * float64(q*(1-q)))
		}
		if sum <= 0 {
			continue
		}
		score += float64(d * (s.k - float64(s.n*(m1/sum))))
		info += float64(float64(d*d) * float64(s.n*(m2/sum)))
	}
	return p.Slope + score/info
}

// posteriorShare fills w with the normalised posterior weights and q with the
// shares of the grid points for a unit, and returns their mean. bayesFactor
// multiplies the odds of shares of at least twice the base rate of the unit.
func (p *SharePrior) posteriorShare(s shareStat, bayesFactor float64, w, q []float64) float64 {
	t := float64(p.Slope * (s.m - p.Centre))
	best := math.Inf(-1)
	for j, a := range p.Grid {
		x := a + t
		e := detExp(-x)
		q[j] = 1 / (1 + e)
		// log(1-q) = -softplus(x); softplus(x) = x + log(1+e^-x)
		sp := x + log1pLarge(e)
		w[j] = p.logWeight[j] + float64(s.k*x) - float64(s.n*sp)
		best = math.Max(best, w[j])
	}
	problem := 2 * p.Base
	sum, mean := 0.0, 0.0
	for j := range w {
		v := w[j] - best
		if v < -40 && bayesFactor == 1 {
			w[j] = 0
			continue
		}
		w[j] = detExp(v)
		if bayesFactor != 1 && q[j] >= problem {
			w[j] *= bayesFactor
		}
		sum += w[j]
		mean += float64(w[j] * q[j])
	}
	for j := range w {
		w[j] /= sum
	}
	return mean / sum
}

// log1pLarge is log(1+e) for any e >= 0.
func log1pLarge(e float64) float64 {
	if e <= 1 {
		return log1pSmall(e)
	}
	return detLog(1 + e)
}
