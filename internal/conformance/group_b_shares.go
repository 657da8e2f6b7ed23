package conformance

import (
	"fmt"

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
		return out, nil
	}
	out["estimate"], out["se"], out["deff"] = s.Value, s.SE, opt(s.DEff)
	methods := map[string]estimate.ProportionMethod{
		"mean": estimate.ProportionWald, "logit": estimate.ProportionLogit, "xlogit": estimate.ProportionLogit,
		"asin": estimate.ProportionArcSine, "beta": estimate.ProportionBeta, "likelihood": estimate.ProportionProfile,
	}
	for _, level := range []int{50, 68, 80, 90, 95, 98, 99} {
		for name, m := range methods {
			var v any
			if iv, err := s.Interval(m, float64(level)/100, float64(df)); err == nil {
				v = pair(iv)
			} else if m == estimate.ProportionProfile {
				v = reached(s.Profile(float64(level)/100, float64(df)))
			} else if name == "logit" && s.SE == 0 && df > 0 {
				v = []float64{s.Value, s.Value} // the peer's fit runs towards an infinite logit
			}
			out[fmt.Sprintf("ci%d_%s", level, name)] = v
		}
	}
	return out, nil
}

// reached is the limits of a profile, null for a side that it does not reach.
func reached(lower, upper *float64) any {
	if lower == nil && upper == nil {
		return nil
	}
	return []any{opt(lower), opt(upper)}
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
				at["p"+show(p)] = woodruff(estimate.Quantile(d, y, subset, p, rule.Peer(), m, 0.95))
			}
			byMethod[name] = at
			out["interval_"+string(rule)+"_"+name] = at
		}
		out["interval_"+string(rule)] = byMethod
	}
	return out, nil
}

func woodruff(q estimate.QuantileEstimate, err error) any {
	if err != nil {
		return Refused{Err: err}
	}
	return map[string]any{"quantile": q.Value, "lower": opt(q.Lower), "upper": opt(q.Upper), "se": opt(q.SE)}
}
