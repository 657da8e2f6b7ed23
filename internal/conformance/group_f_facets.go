package conformance

import (
	"fmt"
	"math"

	"gongping/scoring/rater"
	"gongping/scoring/shrink"
)

func init() { Register("F.rater_severity", raterSeverity) }

// readPanel reads the long format: one row per rating. Columns are unit, rater,
// item and rating unless params name others.
func readPanel(c *Case) (d rater.Panel, err error) {
	var column [4]string
	for i, key := range []string{"unit", "rater", "item", "rating"} {
		if column[i], err = c.Params.StringOr(key, key); err != nil {
			return d, err
		}
		column[i] = c.Data.Resolve(column[i])
	}
	var code [3][]int32
	var level [3][]string
	for i := range code {
		if i == 2 && !c.Data.Has(column[2]) { // one item
			code[2], level[2] = make([]int32, c.Data.Rows), []string{"item"}
			continue
		}
		if code[i], level[i], err = c.Data.Factor(column[i]); err != nil {
			return d, err
		}
	}
	x, missing, err := c.Data.Floats(column[3])
	if err != nil {
		return d, err
	}
	lo, hi := math.Inf(1), math.Inf(-1)
	for i, v := range x {
		if missing == nil || !missing[i] {
			lo, hi = math.Min(lo, v), math.Max(hi, v)
		}
	}
	if d.Categories, err = c.Params.IntOr("categories", int(hi-math.Min(lo, 1))+1); err != nil {
		return d, err
	}
	base := 0.0
	if hi >= float64(d.Categories) { // categories count from 1 (or higher) on
		base = hi - float64(d.Categories-1)
	}
	for i, v := range x {
		if missing != nil && missing[i] || code[0][i] < 0 || code[1][i] < 0 || code[2][i] < 0 {
			continue
		}
		if v != math.Trunc(v) {
			return d, fmt.Errorf("column %q, row %d: %g is not a category", column[3], i+1, v)
		}
		d.Unit, d.Rater, d.Item = append(d.Unit, code[0][i]), append(d.Rater, code[1][i]), append(d.Item, code[2][i])
		d.Rating = append(d.Rating, int(v-base))
	}
	d.Unit, d.UnitName = rated(d.Unit, level[0])
	d.Rater, d.RaterName = rated(d.Rater, level[1])
	d.Item, d.ItemName = rated(d.Item, level[2])
	return d, nil
}

// rated renumbers codes so that only levels with ratings are left.
func rated(code []int32, level []string) ([]int32, []string) {
	to := make([]int32, len(level))
	seen := make([]bool, len(level))
	for _, k := range code {
		seen[k] = true
	}
	var names []string
	for k, s := range seen {
		if s {
			to[k] = int32(len(names))
			names = append(names, level[k])
		}
	}
	for i, k := range code {
		code[i] = to[k]
	}
	return code, names
}

func raterSeverity(c *Case) (map[string]any, error) {
	d, err := readPanel(c)
	if err != nil {
		return nil, err
	}
	out := map[string]any{}
	part := func(name string, fn func() (map[string]any, error)) {
		v, err := fn()
		if err != nil {
			out[name] = Refused{err}
			return
		}
		out[name] = v
	}
	part("jml", func() (map[string]any, error) { return jointFacets(d) })
	part("mml_tam", func() (map[string]any, error) { return marginalFacets(d) })
	part("additive_fixed", func() (map[string]any, error) { return additiveFixed(d) })
	part("additive_random", func() (map[string]any, error) { return additiveRandom(d) })
	mean, n := make([]float64, len(d.UnitName)), make([]float64, len(d.UnitName))
	cells := rater.CellMeans(d)
	for _, cell := range cells {
		n[cell.Unit]++
	}
	for _, cell := range cells {
		mean[cell.Unit] += cell.Mean / n[cell.Unit]
	}
	out["raw_unit_mean"] = named(d.UnitName, mean)
	return out, nil
}

func jointFacets(d rater.Panel) (map[string]any, error) {
	f, err := rater.FitFacets(d)
	if err != nil {
		return nil, err
	}
	unit, se, extreme := map[string]any{}, map[string]any{}, []any{}
	for u, p := range f.Unit {
		if p.Extreme {
			extreme = append(extreme, d.UnitName[u])
			unit[d.UnitName[u]], se[d.UnitName[u]] = nil, nil
			continue
		}
		unit[d.UnitName[u]], se[d.UnitName[u]] = p.Value, p.SE
	}
	list := func(names []string, at []rater.Placed) map[string]any {
		out := map[string]any{}
		for i, p := range at {
			if out[names[i]] = nil; !p.Extreme {
				out[names[i]] = p.Value
			}
		}
		return out
	}
	thresholds := []any{}
	for _, t := range f.Threshold {
		if t.Defined {
			thresholds = append(thresholds, t.Value)
		} else {
			thresholds = append(thresholds, nil)
		}
	}
	return map[string]any{"unit": unit, "unit_se": se, "extreme_units": extreme, "loglik": f.LogLik,
		"rater_severity": list(d.RaterName, f.Rater), "item_difficulty": list(d.ItemName, f.Item),
		"thresholds": thresholds, "iterations": f.Iterations, "max_gradient": f.Slope,
		"fair_average": named(d.UnitName, f.FairAverage)}, nil
}

func marginalFacets(d rater.Panel) (map[string]any, error) {
	f, err := rater.FitFacetsMML(d)
	if err != nil {
		return nil, err
	}
	value, se := map[string]any{}, map[string]any{}
	put := func(name string, v, s float64) { value[name], se[name] = v, s }
	for i, n := range d.ItemName {
		put(n, f.Item[i], f.ItemSE[i])
	}
	for i, n := range d.RaterName {
		put("rater"+n, f.Rater[i], f.RaterSE[i])
	}
	for i := range f.Threshold {
		put(fmt.Sprintf("step%d", i+1), f.Threshold[i], f.ThresholdSE[i])
	}
	return map[string]any{"deviance": f.Deviance, "variance": f.Variance, "facet_parameters": value, "facet_se": se,
		"eap": named(d.UnitName, f.EAP), "eap_sd": named(d.UnitName, f.EAPSD), "eap_reliability": f.Reliability}, nil
}

func additiveFixed(d rater.Panel) (map[string]any, error) {
	a, err := rater.FitAdditive(d)
	if err != nil {
		return nil, err
	}
	out := map[string]any{"grand_mean": a.GrandMean, "rater_effect": named(d.RaterName, a.RaterEffect),
		"unit_adjusted_mean": named(d.UnitName, a.UnitMean), "residual_sd": nil, "r_squared": a.RSquared}
	if a.DF > 0 {
		out["residual_sd"] = a.ResidualSD
	}
	return out, nil
}

func additiveRandom(d rater.Panel) (map[string]any, error) {
	var m shrink.Mixed
	u, r := shrink.Grouping{Name: "unit", Levels: len(d.UnitName)}, shrink.Grouping{Name: "rater", Levels: len(d.RaterName)}
	var one []float64
	for _, cell := range rater.CellMeans(d) {
		m.Y, one = append(m.Y, cell.Mean), append(one, 1)
		u.Codes, r.Codes = append(u.Codes, cell.Unit), append(r.Codes, cell.Rater)
	}
	m.X, m.Groups = [][]float64{one}, []shrink.Grouping{u, r}
	f, err := shrink.FitMixed(m, shrink.REML)
	if err != nil {
		return nil, err
	}
	return map[string]any{"intercept": f.Coef[0], "reml_criterion": f.Minus2LogLik,
		"var":        map[string]any{"unit": f.Variance[0], "rater": f.Variance[1], "residual": f.Residual},
		"rater_blup": named(d.RaterName, f.Blup[1]), "unit_blup": named(d.UnitName, f.Blup[0])}, nil
}
