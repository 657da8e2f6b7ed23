package conformance

import (
	"errors"
	"math"

	"gonum.org/v1/gonum/stat/distuv"

	"gongping/scoring/estimate"
)

// R's survey package makes the limits of svyglm in two steps: it turns the t
// quantile into a normal confidence level, 1 - 2Φ(-t), and that into a normal
// quantile. The level is 1 to the last digit from t = 8.3 on, which one degree
// of freedom reaches at 95% and two at 99%: the limits are infinite then, and
// just below they lose digits. See docs/methods/conventions.md.

// peerWald is value ± t·se by that route. A limit that is infinite for the peer
// agrees with null as well as with the number that it should be.
func peerWald(value, se, level, df float64) []any {
	t := -estimate.TQuantile((1-level)/2, df)
	lower, upper := peerFactors(t)
	return []any{
		peerLimit(value+float64(lower*se), value-float64(t*se)),
		peerLimit(value+float64(upper*se), value+float64(t*se)),
	}
}

// peerFactors are the multiples of the error that the peer uses for ±t.
func peerFactors(t float64) (lower, upper float64) {
	a := (1 - (1 - 2*distuv.UnitNormal.CDF(-t))) / 2
	return distuv.UnitNormal.Quantile(a), distuv.UnitNormal.Quantile(1 - a)
}

func peerLimit(peer, exact float64) any {
	if !math.IsInf(peer, 0) && !math.IsNaN(peer) {
		return peer
	}
	return PartlyRefused{Refused{errors.New("the limit is infinite for the peer")}, map[string]any{"": exact}}
}

// peerLogit is the interval of a share on the logit scale by that route. The
// peer shows an infinite lower limit as 0 and an infinite upper one as null.
func peerLogit(s estimate.Share, level, df float64) any {
	lower, upper := peerFactors(-estimate.TQuantile((1-level)/2, df))
	iv, err := s.Interval(estimate.ProportionLogit, level, df)
	if err != nil {
		// All answers agree: the peer's fit runs towards an infinite logit.
		if math.IsInf(lower, 0) {
			return []any{0.0, peerLimit(upper, s.Value)}
		}
		return []any{s.Value, s.Value}
	}
	p, se := s.Value, s.SE/(s.Value*(1-s.Value))
	expit := func(factor, exact float64) any {
		e := math.Exp(math.Log(p/(1-p)) + float64(factor*se))
		return peerLimit(e/(1+e), exact)
	}
	return []any{expit(lower, iv.Lower), expit(upper, iv.Upper)}
}
