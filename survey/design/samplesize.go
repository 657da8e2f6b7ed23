package design

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/stat/distuv"
)

// Normal quantile of the two-sided confidence level.
func critical(confidence float64) float64 {
	return distuv.UnitNormal.Quantile(1 - (1-confidence)/2)
}

// Precision is a target for one estimate.
type Precision struct {
	// Proportion in (0,1) plans for a share with variance p(1−p); otherwise SD
	// is the standard deviation of the score.
	Proportion float64
	SD         float64
	HalfWidth  float64 // of the confidence interval
	Confidence float64 // for example 0.95
	// Population is the number of people spoken about; 0 means very large.
	Population   float64
	DesignEffect float64 // 0 means 1
	ResponseRate float64 // 0 means 1
}

// SampleSize is the answer to a precision target.
type SampleSize struct {
	Z        float64 // normal quantile
	N0       float64 // z² v / e², infinite population
	NFPC     float64 // with finite population correction
	NPlain   float64 // n0/(1 + n0/N), whatever is planned
	NDeff    float64 // NFPC times the design effect, at most N
	Complete int     // NDeff rounded up, at most N
	Invite   int     // Complete over the response rate, rounded up
	// OutOfReach: more people would have to be invited than there are.
	OutOfReach bool
}

// slackUp keeps a size that is whole but for rounding from being raised.
const slackUp = 1e-9

// Size solves a precision target:
//
//	n₀ = z² v / e²
//	n  = n₀/(1 + (n₀ − 1)/N)  for a proportion (Cochran 1977, eq. 4.2)
//	n  = n₀/(1 + n₀/N)        for a mean (eq. 4.6)
//
// then times the design effect, rounded up, capped at N, divided by the
// response rate and rounded up.
//
// Faults: a share or spread, half-width, confidence, design effect or response rate out
// of range.
func (p Precision) Size() (SampleSize, error) {
	var s SampleSize
	if !(p.Confidence > 0 && p.Confidence < 1) {
		return s, fault("confidence", "confidence", fmt.Sprint(p.Confidence), "a number between 0 and 1", "for example 0.95", "the confidence level is not between 0 and 1")
	}
	s.Z = critical(p.Confidence)
	return p.SizeAt(s.Z)
}

// SizeAt is Size with the normal quantile given, such as the t = 2 of older
// books.
//
// Faults: those of Size.
//
// Source: Cochran (1977), sections 4.4 and 4.6.
func (p Precision) SizeAt(z float64) (SampleSize, error) {
	s := SampleSize{Z: z}
	share := p.Proportion != 0
	v := float64(p.SD * p.SD)
	if share {
		v = p.Proportion * (1 - p.Proportion)
	}
	deff, rr, big := p.DesignEffect, p.ResponseRate, p.Population
	if deff == 0 {
		deff = 1
	}
	if rr == 0 {
		rr = 1
	}
	switch {
	case share && !(p.Proportion > 0 && p.Proportion < 1):
		return s, fault("proportion", "proportion", fmt.Sprint(p.Proportion), "a share between 0 and 1", "0.5 is the careful choice", "the expected share is not between 0 and 1")
	case !share && !(p.SD > 0 && finite(p.SD)):
		return s, fault("sd", "standard deviation", fmt.Sprint(p.SD), "a number above zero", "take it from the last round; 20 of 100 is usual for satisfaction", "the expected standard deviation is missing")
	case !(p.HalfWidth > 0 && finite(p.HalfWidth)):
		return s, fault("half_width", "half-width", fmt.Sprint(p.HalfWidth), "a number above zero", "", "the wanted half-width is missing")
	case !(z > 0 && finite(z)):
		return s, fault("confidence", "normal quantile", fmt.Sprint(z), "a number above zero", "", "the normal quantile is not above zero")
	case big < 0 || math.IsNaN(big):
		return s, fault("bad_population", "population", fmt.Sprint(big), "at least 1 person", "", "the population is negative")
	case !(deff > 0 && finite(deff)):
		return s, fault("deff", "design effect", fmt.Sprint(deff), "a number above zero", "1 for a simple random sample", "the design effect is not above zero")
	case !(rr > 0 && rr <= 1):
		return s, fault("response_rate", "response rate", fmt.Sprint(rr), "above 0 and at most 1", "", "the expected response rate is not a share")
	}
	s.N0 = z * z * v / (p.HalfWidth * p.HalfWidth)
	s.NFPC, s.NPlain = s.N0, s.N0
	if big > 0 && !math.IsInf(big, 1) {
		s.NPlain = s.N0 / (1 + s.N0/big)
		s.NFPC = s.NPlain
		if share {
			s.NFPC = s.N0 / (1 + (s.N0-1)/big)
		}
	}
	s.NDeff = s.NFPC * deff
	complete := math.Ceil(s.NDeff - slackUp)
	if big > 0 {
		complete = min(complete, math.Floor(big))
	}
	complete = max(complete, 1)
	s.Complete = int(complete)
	invite := math.Ceil(complete/rr - slackUp)
	s.Invite = int(invite)
	s.OutOfReach = big > 0 && invite > big
	return s, nil
}

// SizeForVariance is the total n that gives the stratified mean the target
// variance under Neyman and proportional allocation, with finite population
// correction (Cochran 1977, eqs. 5.25 and 5.51):
//
//	n_Neyman       = (ΣW S)² / (V + ΣW S²/N)
//	n_proportional = n₀/(1 + n₀/N),  n₀ = ΣW S²/V
//
// Faults: a variance that is not above 0, an empty population.
func (s Strata) SizeForVariance(target float64) (neyman, proportional float64, err error) {
	mustLen("sd", len(s.SD), len(s.Population))
	if !(target > 0) {
		return 0, 0, fault("target_variance", "target variance", fmt.Sprint(target), "a number above zero", "", "the wanted variance is not above zero")
	}
	total, ws, ws2 := 0.0, 0.0, 0.0
	for _, p := range s.Population {
		total += p
	}
	if total == 0 {
		return 0, 0, fault("no_strata", "population", "0", "at least one person", "", "the population is empty")
	}
	for h, p := range s.Population {
		w := p / total
		ws += float64(w * s.SD[h])
		ws2 += float64(w * s.SD[h] * s.SD[h])
	}
	neyman = ws * ws / (target + ws2/total)
	n0 := ws2 / target
	return neyman, n0 / (1 + n0/total), nil
}

// MinimumVariance is that of the stratified mean at the Neyman optimum without
// bounds, (ΣW S)²/n − ΣW S²/N (Cochran 1977, eq. 5.27). ok is false without a
// population or a sample.
func (s Strata) MinimumVariance(n float64) (v float64, ok bool) {
	mustLen("sd", len(s.SD), len(s.Population))
	total, ws, ws2 := 0.0, 0.0, 0.0
	for _, p := range s.Population {
		total += p
	}
	if !(total > 0) || !(n > 0) {
		return 0, false
	}
	for h, p := range s.Population {
		w := p / total
		ws += float64(w * s.SD[h])
		ws2 += float64(w * s.SD[h] * s.SD[h])
	}
	return float64(ws*ws)/n - ws2/total, true
}

// OptimalForBudget is the cost-optimal allocation that spends a budget,
// n_h = C (N_h S_h/√c_h) / Σ N_h S_h √c_h (Cochran 1977, eq. 5.24), without
// bounds or rounding.
//
// Faults: those of Measure; no budget.
func (s Strata) OptimalForBudget(budget float64) ([]float64, error) {
	m, err := s.Measure(OptimalCost, 0)
	if err != nil {
		return nil, err
	}
	spend := 0.0
	for h, v := range m {
		spend += float64(v * s.Cost[h])
	}
	if spend == 0 || !(budget > 0) {
		return nil, fault("budget", "budget", fmt.Sprint(budget), "an amount above zero", "", "there is nothing to spend or nothing to spend it on")
	}
	for h, v := range m {
		m[h] = budget * v / spend
	}
	return m, nil
}

// TotalCost is Σ c_h n_h.
//
// Source: Cochran (1977), section 5.5.
func (s Strata) TotalCost(n []float64) float64 {
	mustLen("cost", len(s.Cost), len(n))
	sum := 0.0
	for h, v := range n {
		sum += float64(v * s.Cost[h])
	}
	return sum
}
