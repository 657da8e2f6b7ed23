package conformance

import (
	"fmt"
	"math"

	"gongping/scoring/estimate"
)

func proportion(c *Case) (map[string]any, error) {
	d, err := c.BuildDesign()
	if err != nil {
		return nil, err
	}
	cond, err := c.Params.String("indicator")
	if err != nil {
		return nil, err
	}
	x, err := c.Indicator(cond)
	if err != nil {
		return nil, fmt.Errorf("field params.indicator: %w", err)
	}
	subset, err := c.Subset("subset")
	if err != nil {
		return nil, err
	}
	df := d.DegreesOfFreedom(subset)
	out := map[string]any{"df": df}
	if naRM, err := c.Params.Bool("na_rm", true); err != nil {
		return nil, err
	} else if !naRM && anyMissing(x, subset) {
		withAll(out, []string{"estimate", "se", "deff", "n"}, nil)
		shareLimits(out, func(string, float64) any { return nil })
		return out, nil
	}
	s, err := estimate.Proportion(d, x, subset)
	n := 0 // the peer counts answers of weight zero, too
	for _, there := range estimate.Complete(d, subset, x) {
		if there {
			n++
		}
	}
	out["n"] = n
	if err != nil {
		withAll(out, []string{"estimate", "se", "deff"}, Refused{Err: err})
		if m, _ := estimate.Mean(d, x, subset); m.N > 0 { // the error is refused, the value stands
			out["estimate"] = PartlyRefused{Refused{err}, map[string]any{"": m.Value}}
		}
		shareLimits(out, func(string, float64) any { return Refused{Err: err} })
		return out, nil
	}
	out["estimate"], out["se"], out["deff"] = s.Value, s.SE, opt(s.DEff)
	shareLimits(out, func(name string, level float64) any { return limitsOfShare(s, name, level, float64(df)) })
	return out, nil
}

// anyMissing reports whether a column has a missing cell in a domain.
func anyMissing(x estimate.Column, domain []bool) bool {
	for i, missing := range x.Missing {
		if missing && (domain == nil || domain[i]) {
			return true
		}
	}
	return false
}

var shareMethods = map[string]estimate.ProportionMethod{
	"mean": estimate.ProportionWald, "logit": estimate.ProportionLogit, "xlogit": estimate.ProportionLogit,
	"asin": estimate.ProportionArcSine, "beta": estimate.ProportionBeta, "likelihood": estimate.ProportionProfile,
}

// shareLimits fills the intervals of every method at every level.
func shareLimits(out map[string]any, limits func(name string, level float64) any) {
	for _, level := range []int{50, 60, 68, 70, 75, 80, 85, 90, 95, 98, 99} {
		for name := range shareMethods {
			out[fmt.Sprintf("ci%d_%s", level, name)] = limits(name, float64(level)/100)
		}
	}
}

func limitsOfShare(s estimate.Share, name string, level, df float64) any {
	method := shareMethods[name]
	switch {
	case !(df > 0):
		return nil
	case method == estimate.ProportionProfile:
		return profileLimits(s.Profile(level, df))
	case name == "logit":
		return peerLogit(s, level, df)
	case s.SE == 0 && s.Value > 0 && s.Value < 1 && method != estimate.ProportionBeta:
		return []float64{s.Value, s.Value} // a complete sample; the product shows no interval
	}
	iv, err := s.Interval(method, level, df)
	if err != nil {
		return nil
	}
	return pair(iv)
}

// profileLimits are the limits of a profile, null for a side that it does not
// reach. The peer may have no value where a logit is beyond exp's range.
func profileLimits(lower, upper *float64) any {
	if lower == nil && upper == nil {
		return nil
	}
	out := []any{opt(lower), opt(upper)}
	if lower != nil && *lower == 0 {
		out[0] = peerLimit(math.Inf(-1), 0)
	}
	if upper != nil && *upper == 1 {
		out[1] = peerLimit(math.Inf(1), 1)
	}
	return out
}

func quantile(c *Case) (map[string]any, error) {
	d, err := c.BuildDesign()
	if err != nil {
		return nil, err
	}
	name, err := c.Params.String("y")
	if err != nil {
		return nil, err
	}
	y, err := c.Column(name)
	if err != nil {
		return nil, err
	}
	probs, err := c.Params.Floats("probs")
	if err != nil {
		return nil, err
	}
	subset, err := c.Subset("subset")
	if err != nil {
		return nil, err
	}
	out := map[string]any{"df": d.DegreesOfFreedom(subset)}
	sorted := estimate.Sort(y.Values, d.DesignWeight(), estimate.Complete(d, subset, y))
	point := map[string]any{}
	for _, rule := range estimate.QuantileRules {
		at := map[string]any{}
		for _, p := range probs {
			at["p"+show(p)] = nil
			if q, ok := sorted.Quantile(p, rule.Peer()); ok {
				at["p"+show(p)] = q
			}
		}
		point[string(rule)] = at
	}
	out["point"] = point
	methods := map[string]estimate.ProportionMethod{"mean": estimate.ProportionWald, "beta": estimate.ProportionBeta,
		"xlogit": estimate.ProportionLogit, "asin": estimate.ProportionArcSine}
	for _, rule := range estimate.QuantileRules {
		byMethod := map[string]any{}
		for name, m := range methods {
			at := map[string]any{}
			for _, p := range probs {
				q, err := estimate.Quantile(d, y, subset, p, rule.Peer(), m, 0.95)
				at["p"+show(p)] = woodruff(q, err, y, estimate.Complete(d, subset, y), d.DesignWeight())
			}
			byMethod[name] = at
			out["interval_"+string(rule)+"_"+name] = at
		}
		out["interval_"+string(rule)] = byMethod
	}
	return out, nil
}

func woodruff(q estimate.QuantileEstimate, err error, y estimate.Column, in []bool, weight []float64) any {
	if err != nil && q.N > 0 { // the interval is refused, the value stands
		return PartlyRefused{Refused{err}, map[string]any{"quantile": q.Value, "lower": nil, "upper": nil, "se": nil}}
	}
	if err != nil {
		return Refused{Err: err}
	}
	if q.Refused != nil && q.Lower == nil && q.DF > 0 && noneAbove(q.Value, y, in, weight) {
		// The share is 1 with error 0. The peer has no limits, or, where rounding
		// leaves an error of 1e-17, the quantile itself.
		limit := PartlyRefused{Refused{q.Refused}, map[string]any{"": q.Value}}
		return map[string]any{"quantile": q.Value, "lower": limit, "upper": limit,
			"se": PartlyRefused{Refused{q.Refused}, map[string]any{"": 0.0}}}
	}
	return map[string]any{"quantile": q.Value, "lower": opt(q.Lower), "upper": opt(q.Upper), "se": opt(q.SE)}
}

// noneAbove reports whether no row in the domain exceeds a value.
func noneAbove(v float64, y estimate.Column, in []bool, weight []float64) bool {
	for i, there := range in {
		if there && weight[i] > 0 && y.Values[i] > v {
			return false
		}
	}
	return true
}
