package fair

import (
	"math"

	"gongping/scoring/repeatable"
)

// feedbackGrid are the effective numbers of answers at which the limit on the
// pull of an extreme answer is worked out; in between it is linear in log n.
var feedbackGrid = [...]float64{5, 8, 12, 20, 30, 50, 75, 100, 150, 200, 300, 500, 1000, 3000}

// limit sets, for every n of feedbackGrid, how much of what the extreme answers
// say about the ordinary mean may be used (semi-modular inference, Carmona and
// Nicholls 2020) so that one more extreme answer moves the score of a typical
// unit by at most maxPull of its raw pull, averaged over the numbers of
// extremes that the fitted mixture expects. Where the share itself moves more than
// that, phi is negative: more extremes than expected then lift the ordinary mean a
// little, which is the cheapest way to keep the limit (docs/methods/fair-score.md,
// section 4). rest is the mean of the other answers. A side that is not guarded is
// heard in full.
func (p *SharePrior) limit(prior *Prior, rest, worst float64) {
	p.Guarded = p.Active && p.Base <= prior.guardShare
	p.maxPull = prior.maxPull
	if !p.Guarded {
		return
	}
	p.pulls = make([]pulls, len(feedbackGrid))
	for i, n := range feedbackGrid {
		x := &p.pulls[i]
		x.full, x.raw = p.expectedPull(n, 1, rest, worst, prior)
		x.cut, _ = p.expectedPull(n, 0, rest, worst, prior)
	}
}

// pulls are the expected pulls of one more extreme answer: on the score with all
// that the extremes say about the ordinary mean, with nothing of it, and on the
// raw mean.
type pulls struct{ full, cut, raw float64 }

// phi is the share of the feedback that keeps the pull within a share of the raw
// one.
func (x *pulls) phi(maxPull float64) float64 {
	allowed := float64(maxPull * x.raw)
	switch {
	case x.full <= allowed:
		return 1
	case x.full <= x.cut:
		return 0
	}
	return math.Min(1, math.Max(-1, (allowed-x.cut)/(x.full-x.cut)))
}

// expectedPull is the mean absolute move of the score and of the raw mean when
// one answer at the end of the scale is added to n, over the prior predictive
// numbers of extremes, for a unit whose ordinary mean is average. The new answer
// moves the share of extremes and the unit's own value of them.
func (p *SharePrior) expectedPull(n, phi, rest, worst float64, prior *Prior) (official, raw float64) {
	_, v := prior.Ordinary.shrink(0, prior.Curve.worth(float64(n*(1-p.Base))), 0)
	var out sharePosterior
	value := func(k, n, extreme float64) float64 {
		p.posterior(&shareStat{k, n, p.Centre, v}, phi, 1, &out)
		r := rest + out.m - p.Centre
		return r + float64(out.q*(extreme-r))
	}
	pmf, total := p.predictive(n), 0.0
	for k, w := range pmf {
		f := float64(k)
		mean := rest + float64(f/n*(p.Value-rest))
		more := extremeValue(float64(f*p.Value)+worst, f+1, k+1, p.Value)
		official += float64(w * (value(f+1, n+1, more) - value(f, n, p.Value)))
		raw += float64(w * (worst - mean) / (n + 1))
		total += w
	}
	return math.Abs(official / total), math.Abs(raw / total)
}

// predictive is the distribution of the number of extremes among n answers
// under the mixture, cut off where it is negligible or beyond 60.
func (p *SharePrior) predictive(n float64) []float64 {
	out := make([]float64, min(int(n)+1, 61))
	for j, g := range p.Weight {
		q := 1 / (1 + repeatable.Exp(-p.Grid[j]))
		term := repeatable.Exp(float64(n * repeatable.Log(1-q)))
		odds := q / (1 - q)
		for k := range out {
			out[k] += float64(g * term)
			term = float64(term * float64((n-float64(k))/float64(k+1)*odds))
		}
	}
	return out
}

// feedback interpolates the limit at n. Of a unit of whose residents the share
// drawn has answered, these answers are a known part of the score, in which one has
// its full pull; the rest of the score gets what that leaves of the limit, nothing
// once drawn has reached it.
func (p *SharePrior) feedback(n, drawn float64) float64 {
	if !p.Guarded {
		return 1
	}
	limit := p.maxPull
	if drawn > 0 {
		limit = math.Max(0, limit-drawn) / (1 - drawn)
	}
	if n <= feedbackGrid[0] {
		return p.pulls[0].phi(limit)
	}
	for i := 1; i < len(feedbackGrid); i++ {
		if a, b := feedbackGrid[i-1], feedbackGrid[i]; n < b {
			f := repeatable.Log(n/a) / repeatable.Log(b/a)
			from := p.pulls[i-1].phi(limit)
			return from + float64(f*(p.pulls[i].phi(limit)-from))
		}
	}
	return p.pulls[len(p.pulls)-1].phi(limit)
}
