package estimate

// QuantileEstimate is a quantile with its Woodruff interval. Lower, Upper and
// SE are nil where the limit for the share has no value or leaves [0, 1].
type QuantileEstimate struct {
	Value        float64
	Lower, Upper *float64
	SE           *float64 // width of the interval over 2t
	DF           int
	N            int
	// Refused says why the interval has no value; nil if it has one.
	Refused error
}

// Quantile is the p-quantile of a column in a domain. The interval is
// Woodruff's (1952): limits for the share of values at or below the quantile
// by method m, turned back into values by the same rule.
//
// Faults: no answer of positive weight, a probability outside 0 to 1, an unknown rule.
// An interval without a value is in Refused.
func Quantile(d *Design, x Column, domain []bool, p float64, rule QuantileRule, m ProportionMethod, level float64) (QuantileEstimate, error) {
	in := Complete(d, domain, x)
	n, _, err := d.weighted(in)
	if err != nil {
		return QuantileEstimate{}, err
	}
	sorted := Sort(x.Values, d.weight, in)
	q, ok := sorted.Quantile(p, rule)
	if !ok {
		return QuantileEstimate{}, fault("quantile", "a quantile needs a probability between 0 and 1 and a known rule").
			At("quantile", show(p)+" by "+string(rule), "0 to 1", "")
	}
	df := d.DegreesOfFreedom(in)
	out := QuantileEstimate{Value: q, DF: df, N: n}
	below := make([]float64, d.n)
	for i, v := range x.Values {
		if in[i] && v <= q {
			below[i] = 1
		}
	}
	share, err := Proportion(d, Of(below), in)
	if err != nil {
		return out, err
	}
	iv, err := share.Interval(m, level, float64(df))
	if err != nil {
		out.Refused = err // the quantile stands, its interval has no value
		return out, nil
	}
	if lo, ok := sorted.Quantile(iv.Lower, rule); ok {
		out.Lower = &lo
	}
	if hi, ok := sorted.Quantile(iv.Upper, rule); ok {
		out.Upper = &hi
	}
	if out.Lower != nil && out.Upper != nil {
		se := (*out.Upper - *out.Lower) / (2 * critical(level, float64(df)))
		out.SE = &se
		return out, nil
	}
	out.Refused = fault("woodruff", "the limits for the share leave 0 to 1, so a limit of the quantile has no value").
		At("quantile", show(q), "", "choose the beta or logit form, or a quantile nearer to the middle")
	return out, nil
}
