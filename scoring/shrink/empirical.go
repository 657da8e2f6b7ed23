package shrink

import (
	"math"
)

// UnitScore is the shrunken score of one unit.
type UnitScore struct {
	// Estimate and SE are what went in.
	Estimate, SE float64
	// Reliability is tau2/(tau2 + SE^2): the share of the spread of scores
	// like this one that is real.
	Reliability float64
	// Score is mean + Reliability (Estimate - mean).
	Score float64
	// RMSE is the square root of the second-order mean squared error; Lower
	// and Upper are Score minus and plus the normal quantile times it.
	RMSE, Lower, Upper float64
}

// Empirical is an empirical-Bayes fit over units.
type Empirical struct {
	Status Status
	Note   string
	// Mean is the mean of the units' true scores, Tau2 their variance.
	Mean, Tau2 float64
	// Rankability is the median over units of the reliability: how far the
	// order of the units is more than chance (van Dishoeck et al. 2011).
	Rankability float64
	Unit        []UnitScore
}

// EmpiricalBayes shrinks estimates with known standard errors towards their
// mean: the Fay–Herriot model with an intercept only, by REML (Morris 1983,
// JASA 78:47-55). z is the normal quantile of the interval (1.959964 for 95%).
func EmpiricalBayes(estimate, se []float64, z float64) (*Empirical, error) {
	checkLength("se", len(se), len(estimate))
	one, v := make([]float64, len(se)), make([]float64, len(se))
	for i, s := range se {
		one[i], v[i] = 1, s*s
	}
	fit, err := FitAreas(Areas{Y: estimate, SamplingVariance: v, X: [][]float64{one}}, AreaREML)
	if err != nil {
		return nil, err
	}
	out := &Empirical{Status: fit.Status, Note: fit.Note, Mean: fit.Coef[0], Tau2: fit.Variance}
	for i, s := range se {
		u := UnitScore{Estimate: estimate[i], SE: s, Reliability: fit.Gamma[i], Score: fit.EBLUP[i]}
		u.RMSE = math.Sqrt(math.Max(fit.MSE[i], 0))
		u.Lower, u.Upper = u.Score-float64(z*u.RMSE), u.Score+float64(z*u.RMSE)
		out.Unit = append(out.Unit, u)
	}
	out.Rankability = median(fit.Gamma)
	return out, nil
}

// JamesSteinFit is the estimator of Efron & Morris (1975).
type JamesSteinFit struct {
	Mean, SumOfSquares, Factor float64
	// Plain and PositivePart shrink by Factor and by max(0, Factor).
	Plain, PositivePart []float64
}

// JamesStein shrinks k estimates of one known variance towards their mean by
// 1 - (k-3) variance / S. It is here for comparison; the service uses
// EmpiricalBayes, which allows a variance per unit.
//
// Faults: fewer than four estimates, equal ones, values that are not finite.
//
// Source: Efron and Morris (1975), shrinking towards the mean as Lindley
// proposed.
func JamesStein(y []float64, variance float64) (*JamesSteinFit, error) {
	if err := checkFinite("the estimates", y); err != nil {
		return nil, err
	}
	k := len(y)
	if k < 4 {
		return nil, fault("too_few", "give at least four estimates", "%d estimates cannot be shrunk to their mean", k)
	}
	f := &JamesSteinFit{Mean: weightedMean(y, nil)}
	for _, v := range y {
		f.SumOfSquares += float64((v - f.Mean) * (v - f.Mean))
	}
	if f.SumOfSquares == 0 {
		return nil, fault("constant", "equal estimates need no shrinkage", "all estimates are equal")
	}
	f.Factor = 1 - float64(float64(k-3)*variance)/f.SumOfSquares
	for _, v := range y {
		f.Plain = append(f.Plain, f.Mean+float64(f.Factor*(v-f.Mean)))
		f.PositivePart = append(f.PositivePart, f.Mean+float64(math.Max(0, f.Factor)*(v-f.Mean)))
	}
	return f, nil
}
