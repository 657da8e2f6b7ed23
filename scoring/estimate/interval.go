package estimate

import "math"

// Interval is a confidence interval.
type Interval struct{ Lower, Upper float64 }

// Normal is Value ± z·SE.
//
// Source: Cochran (1977), chapter 2.
func (e Estimate) Normal(level float64) Interval { return wald(e.Value, e.SE, level, math.Inf(1)) }

// T is Value ± t·SE with df degrees of freedom; ok is false where df < 1, when
// the design carries no information about its own variance.
//
// Source: Cochran (1977), chapter 2; DF as in Korn and Graubard (1999), section 5.2.
func (e Estimate) T(level, df float64) (iv Interval, ok bool) {
	if !(df > 0) {
		return Interval{}, false
	}
	return wald(e.Value, e.SE, level, df), true
}

func wald(value, se, level, df float64) Interval {
	half := float64(critical(level, df) * se)
	return Interval{value - half, value + half}
}

// critical is the two-sided critical value of t.
func critical(level, df float64) float64 {
	return -TQuantile((1-level)/2, df)
}

// ProportionMethod is a way to put limits on a share.
type ProportionMethod string

// The methods. Wald is symmetric and can leave [0, 1]. Logit and ArcSine move
// the Wald interval to another scale by the delta method. Beta is the
// Clopper–Pearson interval at the effective sample size (Korn & Graubard 1998,
// eq. 3-4): the closest to an exact one, wanted for rare answers. Likelihood
// inverts the likelihood ratio scaled as by Rao & Scott (1984). Profile is the
// same by the coarse interpolation of R's survey package.
const (
	ProportionWald       ProportionMethod = "mean"
	ProportionLogit      ProportionMethod = "logit"
	ProportionArcSine    ProportionMethod = "asin"
	ProportionBeta       ProportionMethod = "beta"
	ProportionLikelihood ProportionMethod = "likelihood"
	ProportionProfile    ProportionMethod = "profile"
)

// Share is a proportion with what its intervals need beyond mean and error.
type Share struct {
	Estimate
	rows       int     // rows of the domain, missing ones included
	answers    int     // rows with an answer, zero weights included
	scaledN    float64 // sum of weights of answers over the mean weight of the domain
	dispersion float64 // dispersion of the weighted Pearson residuals
}

// Proportion is the weighted share of rows whose indicator (0 or 1) is 1.
//
// Faults: those of Mean; an indicator other than 0 and 1.
//
// Source: the mean of an indicator, Cochran (1977), chapter 3.
func Proportion(d *Design, indicator Column, domain []bool) (Share, error) {
	in := Complete(d, domain, indicator)
	for i, ok := range in {
		if v := indicator.Values[i]; ok && v != 0 && v != 1 {
			return Share{}, fault("indicator", "an indicator must be 0 or 1").At("indicator", show(v), "0 or 1", "")
		}
	}
	e, err := Mean(d, indicator, domain)
	if err != nil {
		return Share{}, err
	}
	s := Share{Estimate: e}
	used := 0
	for i, ok := range in {
		if domain == nil || domain[i] {
			s.rows++
		}
		if ok {
			used++
		}
	}
	meanW := d.meanWeight(domain)
	s.scaledN = e.SumDesignWeight / meanW
	s.answers = used
	// The Pearson residuals of a constant share have element variance n/(n-1).
	s.dispersion = math.NaN()
	if e.N > 1 {
		s.dispersion = float64(e.N) / float64(e.N-1) * (e.SumDesignWeight / float64(used)) / meanW
	}
	return s, nil
}

// Interval gives limits for the share with df degrees of freedom. Every method
// but Wald needs a share strictly between 0 and 1: when all answers agree the
// sample shows no variance and an error says so.
func (s Share) Interval(m ProportionMethod, level, df float64) (Interval, error) {
	if !(df > 0) {
		return Interval{}, fault("no_df", "no degrees of freedom are left for an interval").
			At("design", show(df), "more first-stage units than strata", "")
	}
	p, se := s.Value, s.SE
	if m == ProportionWald {
		return wald(p, se, level, df), nil
	}
	if p <= 0 || p >= 1 || se == 0 {
		return Interval{}, fault("no_variance", "all answers agree (or the variance is zero), so this interval has no value").
			At("share", show(p), "a share between 0 and 1", "give the count, or the Wald interval with this caveat")
	}
	switch m {
	case ProportionLogit:
		iv := wald(math.Log(p/(1-p)), se/(p*(1-p)), level, df)
		return Interval{expit(iv.Lower), expit(iv.Upper)}, nil
	case ProportionArcSine:
		iv := wald(math.Asin(math.Sqrt(p)), se/(2*math.Sqrt(p*(1-p))), level, df)
		lo, hi := math.Sin(iv.Lower), math.Sin(iv.Upper)
		return Interval{lo * lo, hi * hi}, nil
	case ProportionBeta:
		if s.rows < 2 {
			return Interval{}, fault("one_row", "the beta interval needs at least two rows")
		}
		ratio := critical(level, float64(s.rows-1)) / critical(level, df)
		n := p * (1 - p) / (se * se) * (ratio * ratio)
		a := (1 - level) / 2
		return Interval{
			BetaQuantile(a, n*p, float64(n*(1-p))+1),
			BetaQuantile(1-a, float64(n*p)+1, n*(1-p)),
		}, nil
	case ProportionLikelihood:
		return s.likelihood(level, df)
	case ProportionProfile:
		return s.profile(level, df)
	}
	return Interval{}, fault("proportion_method", "unknown interval for a share").
		At("method", string(m), "one of mean, logit, asin, beta, likelihood, profile", "")
}

// likelihood solves D(p₀) - D(p̂) = φ λ t² for p₀ on both sides, where D is the
// weighted binomial deviance with weights scaled to mean 1, λ the variance of
// the logit over its naive value and φ the dispersion of the Pearson residuals.
func (s Share) likelihood(level, df float64) (Interval, error) {
	p := s.Value
	v := s.SE / (p * (1 - p))
	lambda := v * v * s.scaledN * (p * (1 - p))
	t := critical(level, df)
	target := s.dispersion * lambda * t * t
	if math.IsNaN(target) {
		return Interval{}, fault("one_row", "the likelihood interval needs at least two rows")
	}
	excess := func(logit float64) float64 { return s.deviance(logit) - target }
	centre := math.Log(p / (1 - p))
	return Interval{expit(bisect(excess, centre, -1)), expit(bisect(excess, centre, 1))}, nil
}

// bisect finds the root of f, negative at from, in direction dir.
func bisect(f func(float64) float64, from, dir float64) float64 {
	step := dir
	for i := 0; i < 64 && f(from+step) < 0; i++ {
		step *= 2
	}
	lo, hi := from, from+step
	for range 200 {
		mid := (lo + hi) / 2
		if f(mid) < 0 {
			lo = mid
		} else {
			hi = mid
		}
	}
	return (lo + hi) / 2
}

func expit(x float64) float64 { return 1 / (1 + math.Exp(-x)) }
