package conformance

import (
	"strings"

	"gongping/analytics/fairness"
	"gongping/scoring/adjust"
	"gongping/scoring/shrink"
)

func init() {
	Register("G.anova_shrinkage", anovaShrinkage)
	Register("G.case_mix", caseMix)
	Register("G.fay_herriot", fayHerriot)
	Register("G.funnel", funnel)
	Register("G.james_stein", jamesStein)
	Register("G.lmer", randomIntercepts)
	Register("G.p_adjust", adjustedP)
}

// rows picks the rows where keep holds.
func rows[T any](x []T, keep []bool) []T {
	out := make([]T, 0, len(x))
	for i, v := range x {
		if keep[i] {
			out = append(out, v)
		}
	}
	return out
}

// present marks the rows in which none of the columns is empty.
func present(f *Frame, names ...string) ([]bool, error) {
	keep := make([]bool, f.Rows)
	for i := range keep {
		keep[i] = true
	}
	for _, n := range names {
		if n == "" {
			continue
		}
		text, err := f.Text(f.Resolve(n))
		if err != nil {
			return nil, err
		}
		for i, t := range text {
			keep[i] = keep[i] && strings.TrimSpace(t) != ""
		}
	}
	return keep, nil
}

// numbers is a numeric column over the kept rows.
func numbers(f *Frame, name string, keep []bool) ([]float64, error) {
	x, _, err := f.Floats(f.Resolve(name))
	return rows(x, keep), err
}

// grouping codes a column over the kept rows, levels in the order of R.
func grouping(f *Frame, name string, keep []bool) (shrink.Grouping, []string, error) {
	codes, levels, err := f.Factor(f.Resolve(name))
	if err != nil {
		return shrink.Grouping{}, nil, err
	}
	return compact(name, rows(codes, keep), levels)
}

// compact drops levels that no row has.
func compact(name string, codes []int32, levels []string) (shrink.Grouping, []string, error) {
	used := make([]bool, len(levels))
	for _, k := range codes {
		used[k] = true
	}
	to := make([]int32, len(levels))
	var kept []string
	for l, u := range used {
		if u {
			to[l] = int32(len(kept))
			kept = append(kept, levels[l])
		}
	}
	out := make([]int32, len(codes))
	for i, k := range codes {
		out[i] = to[k]
	}
	return shrink.Grouping{Name: name, Codes: out, Levels: len(kept)}, kept, nil
}

func named[T any](names []string, values []T) map[string]any {
	out := make(map[string]any, len(names))
	for i, n := range names {
		out[n] = values[i]
	}
	return out
}

// outcomeAndGroup reads the columns named by params y and the group key.
func outcomeAndGroup(c *Case, key string) (y []float64, g shrink.Grouping, levels []string, err error) {
	yName, err := c.Params.String("y")
	if err != nil {
		return nil, g, nil, err
	}
	gName, err := c.Params.String(key)
	if err != nil {
		return nil, g, nil, err
	}
	keep, err := present(c.Data, yName, gName)
	if err != nil {
		return nil, g, nil, err
	}
	if y, err = numbers(c.Data, yName, keep); err != nil {
		return nil, g, nil, err
	}
	g, levels, err = grouping(c.Data, gName, keep)
	return y, g, levels, err
}

func anovaShrinkage(c *Case) (map[string]any, error) {
	y, g, levels, err := outcomeAndGroup(c, "group")
	if err != nil {
		return nil, err
	}
	a, err := shrink.ANOVA(y, g)
	if refusal(err) {
		return withoutVariance(map[string]any{}, y, g, err, "F", "tau2", "icc1", "icc2_n0", "reliability", "group_mean",
			"grand_mean_gls", "shrunken_mean", "deff_mean_n", "deff_weighted_n", "group_n", "n"), nil
	}
	if err != nil {
		return nil, err
	}
	return map[string]any{
		"ms_between": a.MSBetween, "ms_within": a.MSWithin, "n0": a.N0, "F": a.F,
		"tau2": a.Tau2, "icc1": a.ICC1, "icc2_n0": a.ICC2,
		"reliability": named(levels, a.Reliability), "group_mean": named(levels, a.Mean),
		"grand_mean_gls": a.GrandMean, "shrunken_mean": named(levels, a.Shrunken),
		"deff_mean_n": a.DeffMean, "deff_weighted_n": a.DeffWeighted,
		"group_n": named(levels, a.Count), "n": a.N,
	}, nil
}

// withoutVariance are the results for groups whose variances cannot be told
// apart: the figures are refused, the mean squares stand.
func withoutVariance(out map[string]any, y []float64, g shrink.Grouping, err error, refused ...string) map[string]any {
	between, within, n0, ok := meanSquares(y, g)
	withAll(out, refused, Refused{err})
	for name, v := range map[string]float64{"ms_between": between, "ms_within": within, "n0": n0} {
		out[name] = Refused{err}
		if ok {
			out[name] = PartlyRefused{Refused{err}, map[string]any{"": v}}
		}
	}
	return out
}

// meanSquares between and within groups, and the mean group size of the analysis
// of variance; not ok where a group or the rest has no degree of freedom.
func meanSquares(y []float64, g shrink.Grouping) (between, within, n0 float64, ok bool) {
	n, mean := make([]float64, g.Levels), make([]float64, g.Levels)
	for i, c := range g.Codes {
		n[c]++
		mean[c] += (y[i] - mean[c]) / n[c] // exact where all are equal
	}
	all, grand, groups, squares := 0.0, 0.0, 0.0, 0.0
	for c, k := range n {
		if k > 0 {
			all += k
			grand += (mean[c] - grand) * k / all
			groups++
			squares += k * k
		}
	}
	if groups < 2 || all <= groups {
		return 0, 0, 0, false
	}
	for i, c := range g.Codes {
		within += (y[i] - mean[c]) * (y[i] - mean[c])
	}
	for c, k := range n {
		between += k * (mean[c] - grand) * (mean[c] - grand)
	}
	return between / (groups - 1), within / (all - groups), (all - squares/all) / (groups - 1), true
}

// covariates reads columns as numbers or categories over the kept rows.
func covariates(c *Case, names []string, keep []bool) ([]adjust.Covariate, error) {
	var out []adjust.Covariate
	for _, n := range names {
		col := c.Data.Resolve(n)
		if c.Data.IsNumeric(col) {
			x, err := numbers(c.Data, n, keep)
			if err != nil {
				return nil, err
			}
			out = append(out, adjust.Covariate{Name: n, Number: x})
			continue
		}
		text, err := c.Data.Text(col)
		if err != nil {
			return nil, err
		}
		out = append(out, adjust.Covariate{Name: n, Text: rows(text, keep)})
	}
	return out, nil
}

func caseMix(c *Case) (map[string]any, error) {
	yName, err := c.Params.String("y")
	if err != nil {
		return nil, err
	}
	gName, err := c.Params.String("group")
	if err != nil {
		return nil, err
	}
	mix, err := c.Params.Strings("casemix")
	if err != nil {
		return nil, err
	}
	keep, err := present(c.Data, append([]string{yName, gName, c.Design.Weight}, mix...)...)
	if err != nil {
		return nil, err
	}
	in := adjust.CaseMixInput{}
	if in.Y, err = numbers(c.Data, yName, keep); err != nil {
		return nil, err
	}
	g, levels, err := grouping(c.Data, gName, keep)
	if err != nil {
		return nil, err
	}
	in.Unit, in.Units = g.Codes, g.Levels
	covs, err := covariates(c, mix, keep)
	if err != nil {
		return nil, err
	}
	in.Mix = adjust.Design(covs)
	if c.Design.Weight != "" {
		if in.PriorWeight, err = numbers(c.Data, c.Design.Weight, keep); err != nil {
			return nil, err
		}
	}
	r, err := adjust.FitCaseMix(in)
	if err != nil {
		return nil, err
	}
	return caseMixResults(r, in.Mix.Name, levels), nil
}

func caseMixResults(r *adjust.CaseMix, names, levels []string) map[string]any {
	estimated := func(x []float64) map[string]any {
		out := map[string]any{}
		for i, n := range names {
			out[n] = nil
			if r.Estimated[i] {
				out[n] = x[i]
			}
		}
		return out
	}
	return map[string]any{
		"coef": estimated(r.Coef), "coef_se": estimated(r.CoefSE), "coef_se_hc1": estimated(r.CoefRobustSE),
		"overall_casemix_mean": named(names, r.OverallMean),
		"raw_mean":             named(levels, r.Raw), "adjusted_mean": named(levels, r.Adjusted),
		"sigma2": r.Sigma2, "provider_F": r.UnitF, "reliability_from_F": r.ReliabilityFromF,
		"sampling_variance":        named(levels, r.SamplingVariance),
		"between_variance_moments": r.BetweenVariance,
		"reliability":              named(levels, r.Reliability), "reliability_mean": r.ReliabilityMean,
		"heterogeneity_I2": r.HeterogeneityI2,
	}
}

func fayHerriot(c *Case) (map[string]any, error) {
	yName, err := c.Params.String("y")
	if err != nil {
		return nil, err
	}
	vName, err := c.Params.String("sampling_variance")
	if err != nil {
		return nil, err
	}
	names, err := c.Params.Strings("covariates")
	if err != nil {
		return nil, err
	}
	keep, err := present(c.Data, append([]string{yName, vName}, names...)...)
	if err != nil {
		return nil, err
	}
	d := shrink.Areas{}
	if d.Y, err = numbers(c.Data, yName, keep); err != nil {
		return nil, err
	}
	if d.SamplingVariance, err = numbers(c.Data, vName, keep); err != nil {
		return nil, err
	}
	covs, err := covariates(c, names, keep)
	if err != nil {
		return nil, err
	}
	x := adjust.Design(covs).WithIntercept(len(d.Y))
	d.X = x.X
	out := map[string]any{}
	for key, method := range map[string]shrink.AreaMethod{"REML": shrink.AreaREML, "ML": shrink.AreaML, "FH": shrink.AreaMoment} {
		f, err := shrink.FitAreas(d, method)
		if err != nil {
			return nil, err
		}
		var kept []string
		for _, k := range f.Kept {
			kept = append(kept, x.Name[k])
		}
		out[key] = map[string]any{
			"refvar": f.Variance, "beta": named(kept, f.Coef), "beta_se": named(kept, f.CoefSE),
			"gamma": f.Gamma, "eblup": f.EBLUP, "mse": f.MSE,
		}
	}
	return out, nil
}

func jamesStein(c *Case) (map[string]any, error) {
	variance, err := c.Params.Float("variance")
	if err != nil {
		return nil, err
	}
	yName, err := c.Params.StringOr("y", "y")
	if err != nil {
		return nil, err
	}
	keep, err := present(c.Data, yName)
	if err != nil {
		return nil, err
	}
	y, err := numbers(c.Data, yName, keep)
	if err != nil {
		return nil, err
	}
	f, err := shrink.JamesStein(y, variance)
	if err != nil {
		return nil, err
	}
	out := map[string]any{"grand_mean": f.Mean, "S": f.SumOfSquares, "shrinkage": f.Factor,
		"js": f.Plain, "js_positive_part": f.PositivePart}
	if c.Data.Has("truth") {
		truth, err := numbers(c.Data, "truth", keep)
		if err != nil {
			return nil, err
		}
		raw, js := 0.0, 0.0
		for i, t := range truth {
			raw += (y[i] - t) * (y[i] - t)
			js += (f.Plain[i] - t) * (f.Plain[i] - t)
		}
		out["sse_raw"], out["sse_js"] = raw, js
	}
	return out, nil
}

func adjustedP(c *Case) (map[string]any, error) {
	name, err := c.Params.StringOr("p", "p")
	if err != nil {
		return nil, err
	}
	p, missing, err := c.Data.Floats(name)
	if err != nil {
		return nil, err
	}
	var there []float64
	for i, v := range p {
		if missing == nil || !missing[i] {
			there = append(there, v)
		}
	}
	out := map[string]any{}
	for _, method := range fairness.Corrections {
		adj, err := fairness.AdjustP(there, method)
		if err != nil {
			return nil, err
		}
		full := make([]any, len(p))
		k := 0
		for i := range p {
			if missing == nil || !missing[i] {
				full[i] = adj[k]
				k++
			}
		}
		out[string(method)] = full
	}
	return out, nil
}
