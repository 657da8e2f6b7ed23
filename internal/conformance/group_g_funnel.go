package conformance

import (
	"fmt"

	"gongping/analytics/fairness"
)

func funnel(c *Case) (map[string]any, error) {
	num, err := c.Params.StringOr("numerator", "r")
	if err != nil {
		return nil, err
	}
	den, err := c.Params.StringOr("denominator", "n")
	if err != nil {
		return nil, err
	}
	keep, err := present(c.Data, num, den)
	if err != nil {
		return nil, err
	}
	r, err := numbers(c.Data, num, keep)
	if err != nil {
		return nil, err
	}
	n, err := numbers(c.Data, den, keep)
	if err != nil {
		return nil, err
	}
	share, err := c.Params.FloatOr("winsorise", 0.1)
	if err != nil {
		return nil, err
	}
	var target *float64 // a text such as "sum(r)/sum(n)" stands for the pooled proportion
	if t, err := c.Params.Float("target"); err == nil {
		target = &t
	}
	f, err := fairness.NewFunnel(r, n, target, share)
	if err != nil {
		return nil, err
	}
	return funnelResults(f), nil
}

func funnelResults(f *fairness.Funnel) map[string]any {
	limits := map[string]any{}
	for _, p := range []float64{0.001, 0.005, 0.025, 0.05} {
		lo, up := f.Limits(p, fairness.Chance)
		elo, eup := f.ExactLimits(p)
		limits[fmt.Sprintf("p%g", p)] = map[string]any{
			"normal_lower": lo, "normal_upper": up, "exact_lower": elo, "exact_upper": eup}
	}
	scores := func(z fairness.ZScores) map[string]any {
		return map[string]any{"z": z.Z, "q10": z.Low, "q90": z.High, "z_winsorised": z.Winsorised,
			"phi": z.Phi, "overdispersed": z.OverDispersed}
	}
	both := func(z []float64, how fairness.Spread) map[string]any {
		lo, up := f.Limits(0.025, how)
		lo8, up8 := f.Limits(0.001, how)
		return map[string]any{"z_adjusted": z, "p_two_sided": fairness.TwoSided(z),
			"lower95": lo, "upper95": up, "lower998": lo8, "upper998": up8}
	}
	additive := both(f.Additive, fairness.Additive)
	additive["tau2"] = f.Tau2
	return map[string]any{
		"target": f.Target, "limits": limits, "naive": scores(f.Naive), "naive_arcsine": scores(f.Arcsine),
		"multiplicative": both(f.Multiplicative, fairness.Multiplicative), "additive": additive,
	}
}
