package estimate

import (
	"math"

	"gonum.org/v1/gonum/mathext"
	"gonum.org/v1/gonum/stat/distuv"
)

// Quantiles start from gonum's and take Newton steps on the distribution
// function, so that a limit is good to the last few digits.

// TQuantile is the p-quantile of Student's t; df = +Inf is the normal.
//
// Source: Newton steps on TTail; Abramowitz and Stegun (1964), eq. 26.7.1.
func TQuantile(p, df float64) float64 {
	if math.IsInf(df, 1) {
		return distuv.UnitNormal.Quantile(p)
	}
	if p == 0.5 {
		return 0
	}
	if p > 0.5 {
		return -TQuantile(1-p, df)
	}
	t := distuv.StudentsT{Mu: 0, Sigma: 1, Nu: df}
	q := t.Quantile(p)
	for range 3 {
		step := (TTail(-q, df) - p) / t.Prob(q)
		if math.IsNaN(step) || math.IsInf(step, 0) {
			break
		}
		q -= step
	}
	return q
}

// TTail is P(T > x) of Student's t.
//
// Source: Abramowitz and Stegun (1964), eq. 26.7.1.
func TTail(x, df float64) float64 {
	if math.IsInf(df, 1) {
		return normalTail(x)
	}
	tail := 0.5 * mathext.RegIncBeta(df/2, 0.5, df/(df+float64(x*x)))
	if x < 0 {
		return 1 - tail
	}
	return tail
}

// normalTail is P(Z > x). The library's Survival subtracts from 1 and has no
// digits left from x = 8 on.
func normalTail(x float64) float64 { return distuv.UnitNormal.CDF(-x) }

// FTail is P(F > x) with d1 and d2 degrees of freedom; d2 = +Inf is the scaled
// chi-square.
//
// Source: Abramowitz and Stegun (1964), eq. 26.6.2.
func FTail(x, d1, d2 float64) float64 {
	if x <= 0 {
		return 1
	}
	if math.IsInf(d2, 1) {
		return ChiSquareTail(x*d1, d1)
	}
	return mathext.RegIncBeta(d2/2, d1/2, d2/(d2+float64(d1*x)))
}

// ChiSquareTail is P(X > x) of chi-square.
//
// Source: Abramowitz and Stegun (1964), section 26.4.
func ChiSquareTail(x, df float64) float64 {
	if x <= 0 {
		return 1
	}
	return mathext.GammaIncRegComp(df/2, x/2)
}

// BetaQuantile is the p-quantile of the beta distribution; a or b of 0 put all
// mass at 0 or 1.
//
// Source: Newton steps on the incomplete beta function; Abramowitz and Stegun (1964), section 26.5.
func BetaQuantile(p, a, b float64) float64 {
	switch {
	case a <= 0:
		return 0
	case b <= 0:
		return 1
	}
	x := mathext.InvRegIncBeta(a, b, p)
	d := distuv.Beta{Alpha: a, Beta: b}
	for range 3 {
		step := (mathext.RegIncBeta(a, b, x) - p) / d.Prob(x)
		next := x - step
		if math.IsNaN(next) || next <= 0 || next >= 1 {
			break
		}
		x = next
	}
	return x
}
