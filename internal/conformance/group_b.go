package conformance

import (
	"fmt"
	"math"
	"strings"

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
	totals, err := estimate.Totals(d, cols, subset)
	out["total"] = vectorResult(names, totals, df, err)
	vars, err := estimate.ElementVariances(d, cols, subset)
	switch {
	case err != nil:
		out["var"] = Refused{Err: err}
	case len(names) == 1:
		out["var"] = map[string]any{"estimate": vars.Covariance[0][0], "se": vars.Estimates[0].SE}
	default:
		est := map[string]any{}
		for j, n := range names {
			est[n] = vars.Covariance[j][j]
		}
		out["var"] = map[string]any{"estimate": est, "matrix": matrix(names, vars.Covariance)}
	}
	return out, nil
}

func vectorResult(names []string, v estimate.Vector, df int, err error) any {
	if err != nil {
		return Refused{Err: err}
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
		return withAll(out, keys, nullOr(err)), nil
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

// domainMeans serves two layouts: one row per level of the by columns, or, without
// by, a single domain that the subset describes.
func domainMeans(c *Case) (map[string]any, error) {
	d, err := c.BuildDesign()
	if err != nil {
		return nil, err
	}
	name, err := c.Params.String("y")
	if err != nil {
		return nil, err
	}
	cols, complete, err := c.columns([]string{name})
	if err != nil {
		return nil, err
	}
	subset, err := c.Subset("subset")
	if err != nil {
		return nil, err
	}
	by, err := c.Params.Strings("by")
	if err != nil {
		return nil, err
	}
	if !complete {
		return nil, Unsupported("na_rm=false with missing values")
	}
	df := d.DegreesOfFreedom(subset)
	if len(by) == 0 {
		out := domainRow(d, cols[0], subset, df)
		out["df_domain"], out["df_design"] = df, d.DegreesOfFreedom(nil)
		return out, nil
	}
	groups, err := c.groups(by, subset, d.DesignWeight())
	if err != nil {
		return nil, err
	}
	var rows []map[string]any
	domainDF := map[string]any{}
	for _, g := range groups {
		r := domainRow(d, cols[0], g.in, df)
		r["domain"] = g.name
		rows = append(rows, r)
		domainDF[g.name] = d.DegreesOfFreedom(g.in)
	}
	return map[string]any{"df_used": df, "domains": rows, "domain_df": domainDF, "df_design": d.DegreesOfFreedom(nil)}, nil
}

func domainRow(d *estimate.Design, y estimate.Column, in []bool, df int) map[string]any {
	n := 0
	for _, ok := range estimate.Complete(d, in, y) {
		if ok {
			n++
		}
	}
	r := map[string]any{"n": n}
	m, err := estimate.Mean(d, y, in)
	if err != nil {
		withAll(r, []string{"mean", "mean_se", "mean_ci95_t", "deff"}, Refused{Err: err})
		if m.N > 0 {
			r["mean"] = m.Value
		}
	} else {
		r["mean"], r["mean_se"], r["deff"] = m.Value, m.SE, opt(m.DEff)
		r["mean_ci95_t"], r["mean_ci95_normal"] = tPair(m, 0.95, df), pair(m.Normal(0.95))
	}
	t, err := estimate.Total(d, y, in)
	if err != nil {
		withAll(r, []string{"total", "total_se"}, Refused{Err: err})
		if t.N > 0 {
			r["total"] = t.Value
		}
	} else {
		r["total"], r["total_se"] = t.Value, t.SE
	}
	return r
}

type group struct {
	name string
	in   []bool
}

// groups splits a subset by the levels of columns, the first varying fastest.
// Combinations without a row of positive weight are left out.
func (c *Case) groups(by []string, subset []bool, weight []float64) ([]group, error) {
	id := make([]int, c.Data.Rows) // -1 = missing
	names := []string{""}
	for _, b := range by {
		codes, levels, err := c.Data.Factor(c.Data.Resolve(b))
		if err != nil {
			return nil, err
		}
		grown := make([]string, 0, len(names)*len(levels))
		for _, l := range levels {
			for _, n := range names {
				grown = append(grown, strings.TrimPrefix(n+"|"+l, "|"))
			}
		}
		for i, k := range codes {
			if k < 0 || id[i] < 0 {
				id[i] = -1
				continue
			}
			id[i] += int(k) * len(names)
		}
		names = grown
	}
	masks := make([][]bool, len(names))
	live := make([]bool, len(names))
	for i, g := range id {
		if g < 0 || subset != nil && !subset[i] {
			continue
		}
		if masks[g] == nil {
			masks[g] = make([]bool, len(id))
		}
		masks[g][i] = true
		live[g] = live[g] || weight[i] > 0
	}
	var out []group
	for g, m := range masks {
		if live[g] {
			out = append(out, group{names[g], m})
		}
	}
	return out, nil
}

func lonely(c *Case) (map[string]any, error) {
	d, err := c.BuildDesign()
	if err != nil {
		return nil, err
	}
	out, y, subset, err := c.byGroup(d)
	if err != nil {
		return nil, err
	}
	out["mean"] = valueSE(estimate.Mean(d, y, subset))
	out["total"] = valueSE(estimate.Total(d, y, subset))
	if v, err := estimate.Mean(d, y, subset); err != nil {
		out["error"], out["refused"] = Refused{Err: err}, true
	} else {
		out["se"] = v.SE
	}
	return out, nil
}

// valueSE is a figure with its error, or the refusal with what is known.
func valueSE(e estimate.Estimate, err error) any {
	if err != nil && e.N > 0 { // the variance is refused, the value stands
		return PartlyRefused{Refused{err}, map[string]any{"estimate": e.Value, "se": nil, "deff": nil}}
	}
	if err != nil {
		return Refused{Err: err}
	}
	return map[string]any{"estimate": e.Value, "se": e.SE, "deff": opt(e.DEff)}
}

func zeroWeights(c *Case) (map[string]any, error) {
	d, err := c.BuildDesign()
	if err != nil {
		return nil, err
	}
	out, y, subset, err := c.byGroup(d)
	if err != nil {
		return nil, err
	}
	m, err := estimate.Mean(d, y, subset)
	putEstimate(out, "mean", "se", m, err)
	t, err := estimate.Total(d, y, subset)
	putEstimate(out, "total", "total_se", t, err)
	return out, nil
}

// putEstimate sets a value and its error. Where the variance is refused, the
// value stands.
func putEstimate(out map[string]any, valueKey, seKey string, e estimate.Estimate, err error) {
	out[valueKey], out[seKey] = e.Value, e.SE
	if err != nil {
		out[seKey] = Refused{Err: err}
		if e.N == 0 {
			out[valueKey] = Refused{Err: err}
		}
	}
}

// byGroup gives df and the domain means of y by the levels of params.by.
func (c *Case) byGroup(d *estimate.Design) (out map[string]any, y estimate.Column, subset []bool, err error) {
	name, err := c.Params.String("y")
	if err != nil {
		return nil, y, nil, err
	}
	cols, complete, err := c.columns([]string{name})
	if err != nil {
		return nil, y, nil, err
	}
	if !complete {
		return nil, y, nil, Unsupported("na_rm=false with missing values")
	}
	y = cols[0]
	if subset, err = c.Subset("subset"); err != nil {
		return nil, y, nil, err
	}
	out = map[string]any{"df": d.DegreesOfFreedom(subset)}
	by, err := c.Params.Strings("by")
	if err != nil || len(by) == 0 {
		return out, y, subset, err
	}
	groups, err := c.groups(by, subset, d.DesignWeight())
	if err != nil {
		return nil, y, nil, err
	}
	mean, se := map[string]any{}, map[string]any{}
	for _, g := range groups {
		m, err := estimate.Mean(d, y, g.in)
		out := map[string]any{}
		putEstimate(out, "mean", "se", m, err)
		mean[g.name], se[g.name] = out["mean"], out["se"]
	}
	out["domain_mean"], out["domain_se"] = mean, se
	return out, y, subset, nil
}

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
	if err != nil {
		return withAll(out, []string{"estimate", "se", "deff", "n"}, Refused{Err: err}), nil
	}
	out["estimate"], out["se"], out["deff"], out["n"] = s.Value, s.SE, opt(s.DEff), s.N
	methods := map[string]estimate.ProportionMethod{
		"mean": estimate.ProportionWald, "logit": estimate.ProportionLogit, "xlogit": estimate.ProportionLogit,
		"asin": estimate.ProportionArcSine, "beta": estimate.ProportionBeta, "likelihood": estimate.ProportionProfile,
	}
	for _, level := range []int{50, 68, 80, 90, 95, 98, 99} {
		for name, m := range methods {
			var v any
			if iv, err := s.Interval(m, float64(level)/100, float64(df)); err == nil {
				v = pair(iv)
			}
			out[fmt.Sprintf("ci%d_%s", level, name)] = v
		}
	}
	return out, nil
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
			if q, ok := sorted.Quantile(p, rule); ok {
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
				at["p"+show(p)] = woodruff(estimate.Quantile(d, y, subset, p, rule, m, 0.95))
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
