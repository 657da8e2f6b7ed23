package fair

import (
	"math"

	"gongping/scoring/repeatable"
)

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
	maxPull     float64
	pulls       []pulls // by feedbackGrid; nil where the side is not guarded
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
	p.Grid, p.width = makeGrid(repeatable.Log(p.Base / (1 - p.Base)))
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
		p.logWeight[j] = repeatable.Log(math.Max(w, 1e-300))
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
	centre := repeatable.Log(base / (1 - base))
	near, above := 0.0, 0
	for j, a := range grid {
		z := (a - centre) / 0.4
		g[j] = repeatable.Exp(float64(-0.5 * float64(z*z)))
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
			row[j] = repeatable.Exp(row[j] - best)
		}
	})
}

// emBlock is the number of units whose EM sums are added up together; blocks
// are added in order, so that the result does not depend on who summed which.
const emBlock = 1024

// emStep is one EM step for the mixture weights, with prior counts.
func emStep(lik []float64, units int, g, start []float64) []float64 {
	blocks := (units + emBlock - 1) / emBlock
	sums, totals := make([]float64, blocks*len(g)), make([]float64, blocks)
	inBlocks(blocks, func(b int) {
		part := sums[b*len(g) : (b+1)*len(g)]
		for u := b * emBlock; u < min((b+1)*emBlock, units); u++ {
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
				part[j] += float64(float64(l*g[j]) * r)
			}
			totals[b]++
		}
	})
	next, total := make([]float64, len(g)), 0.0
	for b := range blocks {
		for j, v := range sums[b*len(g) : (b+1)*len(g)] {
			next[j] += v
		}
		total += totals[b]
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
	parts := make([][2]float64, len(stats))
	forUnits(len(stats), func(u int) { parts[u] = p.slopeTerms(&stats[u], lik[u*len(p.Grid):(u+1)*len(p.Grid)]) })
	for _, t := range parts {
		score += t[0]
		info += t[1]
	}
	// A damped step: a steep slope makes the expansion in m worthless, and no
	// plausible scale has more than maxSlope.
	step := math.Min(math.Max(score/info, -0.05), 0.05)
	return math.Min(math.Max(p.Slope+step, -maxSlope), maxSlope)
}

// slopeTerms are a unit's score and information about the slope.
func (p *SharePrior) slopeTerms(s *shareStat, row []float64) [2]float64 {
	sum, sc, in := 0.0, 0.0, 0.0
	for j, l := range row {
		w := float64(l * p.Weight[j])
		if w < 1e-9 {
			continue
		}
		pt := p.at(j, s)
		part := float64(float64(p.Slope*s.v) * pt.inv)
		d := s.m + float64(part*pt.gain) - p.Centre
		q := shifted(&pt, 1)
		nq := float64(s.n * float64(q*(1-q)))
		v := s.v - float64(float64(float64(part*p.Slope)*s.v)*pt.r)
		sum += w
		sc += float64(w * (float64(d*(s.k-float64(s.n*q))) - float64(float64(p.Slope*nq)*v)))
		in += float64(w * float64(nq*(float64(d*d)+v)))
	}
	if sum <= 0 {
		return [2]float64{}
	}
	return [2]float64{sc / sum, in / sum}
}
