package conformance

import (
	"fmt"
	"math"

	"gongping/scoring/estimate"
)

// Adapters of design-based estimation (group B).

func init() {
	Register("B.mean_total_var", meanTotalVar)
	Register("B.ratio", ratio)
	Register("B.domain", domainMeans)
	Register("B.lonely_psu", lonely)
	Register("B.zero_weights", zeroWeights)
	Register("B.proportion", proportion)
	Register("B.quantile", quantile)
}

// opt is a value that may be absent; an absent or non-finite one is null.
func opt(x *float64) any {
	if x == nil || math.IsNaN(*x) || math.IsInf(*x, 0) {
		return nil
	}
	return *x
}

func pair(iv estimate.Interval) []float64 { return []float64{iv.Lower, iv.Upper} }

func lowerUpper(iv estimate.Interval) map[string]any {
	return map[string]any{"lower": iv.Lower, "upper": iv.Upper}
}

// tPair is a t interval or null.
func tPair(e estimate.Estimate, level float64, df int) any {
	if iv, ok := e.T(level, float64(df)); ok {
		return pair(iv)
	}
	return nil
}

// columns reads the numeric columns that a parameter names. Without na_rm a
// missing cell makes the result unknown, which complete reports.
func (c *Case) columns(names []string) (cols []estimate.Column, complete bool, err error) {
	naRM, err := c.Params.Bool("na_rm", true)
	if err != nil {
		return nil, false, err
	}
	complete = true
	for _, n := range names {
		x, err := c.Column(n)
		if err != nil {
			return nil, false, err
		}
		cols = append(cols, x)
		complete = complete && (naRM || x.Missing == nil)
	}
	return cols, complete, nil
}

func meanTotalVar(c *Case) (map[string]any, error) {
	d, err := c.BuildDesign()
	if err != nil {
		return nil, err
	}
	names, err := c.Params.Strings("vars")
	if err != nil || len(names) == 0 {
		return nil, fmt.Errorf("field params.vars: at least one column is needed (%v)", err)
	}
	cols, complete, err := c.columns(names)
	if err != nil {
		return nil, err
	}
	subset, err := c.Subset("subset")
	if err != nil {
		return nil, err
	}
	df := d.DegreesOfFreedom(subset)
	sumW, n := 0.0, 0
	for i, w := range d.DesignWeight() {
		if subset == nil || subset[i] {
			sumW += w
			n++
		}
	}
	out := map[string]any{"n": n, "sum_weights": sumW, "df": df}
	if !complete {
		out["mean"], out["total"], out["var"], out["mean_deff_replace"] = nil, nil, nil, nil
		return out, nil
	}
	means, err := estimate.Means(d, cols, subset)
	replace := map[string]any{}
	out["mean"] = vectorResult(names, means, df, err)
	for j := range means.Estimates {
		replace[names[j]] = opt(means.Estimates[j].DEffReplace)
	}
	out["mean_deff_replace"] = replace
	if err != nil {
		out["mean_deff_replace"] = PartlyRefused{Refused{Err: err}, replace}
	}
	totals, err := estimate.Totals(d, cols, subset)
	out["total"] = vectorResult(names, totals, df, err)
	vars, err := estimate.ElementVariances(d, cols, subset)
	out["var"] = elementVariances(names, vars, err)
	return out, nil
}

func elementVariances(names []string, v estimate.Vector, err error) any {
	if err != nil && len(v.Estimates) != len(names) {
		return Refused{Err: err}
	}
	out := map[string]any{}
	if len(names) == 1 {
		out["estimate"], out["se"] = v.Covariance[0][0], v.Estimates[0].SE
	} else {
		est, se := map[string]any{}, map[string]any{}
		for j, n := range names {
			est[n], se[n] = v.Covariance[j][j], v.Estimates[j].SE
		}
		out["estimate"], out["se"], out["matrix"] = est, se, matrix(names, v.Covariance)
	}
	if err != nil { // the error is refused, the variances stand
		out["se"] = nil
		return PartlyRefused{Refused{Err: err}, out}
	}
	return out
}

func vectorResult(names []string, v estimate.Vector, df int, err error) any {
	if err != nil && len(v.Estimates) != len(names) {
		return Refused{Err: err}
	}
	if err != nil { // the variance is refused, the values stand
		return PartlyRefused{Refused{Err: err}, valuesOnly(names, v, df)}
	}
	est, se, deff, normal, t := map[string]any{}, map[string]any{}, map[string]any{}, map[string]any{}, map[string]any{}
	for j, n := range names {
		e := v.Estimates[j]
		est[n], se[n], deff[n] = e.Value, e.SE, opt(e.DEff)
		normal[n] = lowerUpper(e.Normal(0.95))
		t[n] = map[string]any{"lower": nil, "upper": nil}
		if iv, ok := e.T(0.95, float64(df)); ok {
			t[n] = lowerUpper(iv)
		}
	}
	return map[string]any{"estimate": est, "se": se, "deff": deff, "ci95_normal": normal, "ci95_t": t,
		"df": df, "vcov": matrix(names, v.Covariance)}
}

// valuesOnly is a vectorResult whose variance has no value.
func valuesOnly(names []string, v estimate.Vector, df int) map[string]any {
	est, none, limits, rows := map[string]any{}, map[string]any{}, map[string]any{}, map[string]any{}
	for j, n := range names {
		est[n], none[n] = v.Estimates[j].Value, nil
		limits[n] = map[string]any{"lower": nil, "upper": nil}
	}
	for _, n := range names {
		rows[n] = none
	}
	return map[string]any{"estimate": est, "se": none, "deff": none, "ci95_normal": limits, "ci95_t": limits,
		"df": df, "vcov": rows}
}

// matrix is a square matrix as an object of rows.
func matrix(names []string, m [][]float64) map[string]any {
	out := map[string]any{}
	for i, a := range names {
		row := map[string]any{}
		for j, b := range names {
			row[b] = m[i][j]
		}
		out[a] = row
	}
	return out
}

func ratio(c *Case) (map[string]any, error) {
	d, err := c.BuildDesign()
	if err != nil {
		return nil, err
	}
	var names [2]string
	for k, p := range []string{"numerator", "denominator"} {
		if names[k], err = c.Params.String(p); err != nil {
			return nil, err
		}
	}
	cols, complete, err := c.columns(names[:])
	if err != nil {
		return nil, err
	}
	subset, err := c.Subset("subset")
	if err != nil {
		return nil, err
	}
	out := map[string]any{"df": d.DegreesOfFreedom(subset)}
	keys := []string{"ratio", "se", "ci95_normal", "ci95_t", "deff"}
	e, err := estimate.Ratio(d, cols[0], cols[1], subset)
	if err != nil || !complete {
		withAll(out, keys, nullOr(err))
		if err != nil && complete && e.N > 0 { // the error is refused, the value stands
			out["ratio"] = PartlyRefused{Refused{err}, map[string]any{"": e.Value}}
		}
		return out, nil
	}
	out["ratio"], out["se"], out["deff"] = e.Value, e.SE, opt(e.DEff)
	out["ci95_normal"], out["ci95_t"] = pair(e.Normal(0.95)), tPair(e, 0.95, e.DF)
	return out, nil
}

// nullOr is a refusal, or null where there is no error.
func nullOr(err error) any {
	if err == nil {
		return nil
	}
	return Refused{Err: err}
}

func withAll(out map[string]any, keys []string, v any) map[string]any {
	for _, k := range keys {
		out[k] = v
	}
	return out
}
