package conformance

import (
	"strings"

	"gongping/scoring/estimate"
)

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
	df := d.DegreesOfFreedom(subset)
	row := func(in []bool) map[string]any {
		out := domainRow(d, cols[0], in, df)
		if !complete && anyMissing(cols[0], in) { // na_rm is false
			withAll(out, []string{"mean", "mean_se", "mean_ci95_t", "mean_ci95_normal", "deff", "total", "total_se"}, nil)
		}
		return out
	}
	if len(by) == 0 {
		out := row(subset)
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
		r := row(g.in)
		r["domain"] = g.name
		rows = append(rows, r)
		domainDF[g.name] = d.DegreesOfFreedom(g.in)
	}
	return map[string]any{"df_used": df, "domains": oneRefused(rows), "domain_df": domainDF, "df_design": d.DegreesOfFreedom(nil)}, nil
}

// oneRefused are the rows of all domains. Where an error of one is refused the
// peer may refuse the table altogether; what is known stands all the same.
func oneRefused(rows []map[string]any) any {
	for _, r := range rows {
		if refused, ok := r["mean_se"].(Refused); ok {
			return PartlyRefused{refused, map[string]any{"": rows}}
		}
	}
	return rows
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
