package records

import (
	"math"

	"gongping/scoring/estimate"
)

// Mean is a weighted mean with its interval.
type Mean struct {
	OK                bool
	Value, SE, Lo, Hi float64
	N                 int
}

// MeanOf is the weighted mean of scores: Σwx/Σw with the linearised standard
// error of a ratio, SE² = n/(n−1) Σ w²(x−m)² / (Σw)² (Särndal, Swensson &
// Wretman 1992, section 5.7, with replacement) and a t interval on n−1 degrees.
// Not OK below two scores.
func MeanOf(scores, weights []float64, confidence float64) (m Mean) {
	m.N = len(scores)
	sum, total := 0.0, 0.0
	for i, x := range scores {
		sum += float64(weights[i] * x)
		total += weights[i]
	}
	if m.N < 2 || total <= 0 {
		return m
	}
	m.Value = sum / total
	ss := 0.0
	for i, x := range scores {
		d := float64(weights[i] * (x - m.Value))
		ss += float64(d * d)
	}
	n := float64(m.N)
	m.OK, m.SE = true, math.Sqrt(n/(n-1)*ss)/total
	half := float64(estimate.TQuantile(0.5+confidence/2, n-1) * m.SE)
	m.Lo, m.Hi = math.Max(0, m.Value-half), math.Min(100, m.Value+half)
	return m
}

// Standardised is what a unit's rating would be if as many of its residents had
// had contact as of all: Σ share × mean over those with and without contact. A
// unit that is in touch with more people neither gains nor loses by that alone.
// Not OK where one of the groups has no figure. SE² = share² SE₁² + (1 − share)² SE₀²,
// the groups taken as independent and share as known; the interval is normal at
// confidence, cut off at 0 and 100.
//
// Source: direct standardisation, Fleiss, Levin and Paik (2003), chapter 19.
func Standardised(with, without Mean, share, confidence float64) (m Mean) {
	if !with.OK || !without.OK || !(share >= 0 && share <= 1) {
		return m
	}
	m.OK, m.N = true, with.N+without.N
	m.Value = float64(share*with.Value) + float64((1-share)*without.Value)
	a, b := float64(share*with.SE), float64((1-share)*without.SE)
	m.SE = math.Sqrt(float64(a*a) + float64(b*b))
	half := float64(estimate.TQuantile(0.5+confidence/2, math.Inf(1)) * m.SE)
	m.Lo, m.Hi = math.Max(0, m.Value-half), math.Min(100, m.Value+half)
	return m
}
