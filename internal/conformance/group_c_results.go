package conformance

import (
	"errors"
	"math"

	"gongping/scoring/estimate"
	"gongping/survey/weight"
)

// adjustedResults reports adjusted weights and the estimates that follow from them.
func adjustedResults(c *Case, w, g []float64, res residualFunc) (map[string]any, error) {
	d, err := c.BuildDesign()
	if err != nil {
		return nil, err
	}
	diag, err := weight.Diagnose(w)
	if err != nil {
		return nil, err
	}
	df, err := adjustedFreedom(d, w)
	if err != nil {
		return nil, err
	}
	out := map[string]any{"weights": w, "g": factors(c, g), "sum_weights": diag.Sum, "kish_deff": diag.KishDeff, "n_eff": diag.KishN, "df": df}
	vars, err := c.Params.Strings("vars")
	if err != nil {
		return nil, err
	}
	type pair struct{ mean, total map[string]any }
	est, se := pair{map[string]any{}, map[string]any{}}, pair{map[string]any{}, map[string]any{}}
	// Several variables at once use the rows that have them all, as the peer does.
	in, err := present(c.Data, vars...)
	if err != nil {
		return nil, err
	}
	for _, v := range vars {
		x, _, err := c.Data.Floats(c.Data.Resolve(v))
		if err != nil {
			return nil, err
		}
		if est.mean[v], se.mean[v], err = adjustedEstimate(d, x, w, in, true, res); err != nil {
			return nil, err
		}
		if est.total[v], se.total[v], err = adjustedEstimate(d, x, w, in, false, res); err != nil {
			return nil, err
		}
	}
	if len(vars) > 0 {
		out["mean"] = valuesAndErrors(est.mean, se.mean)
		out["total"] = valuesAndErrors(est.total, se.total)
	}
	// Single figures by the name of the column, for cases that list no vars.
	for _, n := range c.Data.Names {
		for _, kind := range []string{"mean_", "se_"} {
			if _, asked := c.Expected.Values[kind+n]; !asked {
				continue
			}
			x, missing, err := c.Data.Floats(n)
			if err != nil {
				return nil, err
			}
			in := estimate.Complete(d, nil, estimate.Column{Values: x, Missing: missing})
			if out["mean_"+n], out["se_"+n], err = adjustedEstimate(d, x, w, in, true, res); err != nil {
				return nil, err
			}
		}
	}
	return out, adjustedDomains(c, d, w, vars, res, out)
}

// valuesAndErrors are estimates with their errors. Where an error is refused
// the peer may refuse both, the values stand all the same.
func valuesAndErrors(value, se map[string]any) any {
	both := map[string]any{"estimate": value, "se": se}
	for _, e := range se {
		if r, refused := e.(Refused); refused {
			return PartlyRefused{r, both}
		}
	}
	return both
}

// adjustedFreedom counts the units that have a weight after the adjustment:
// trimming may give one to a row that had none.
func adjustedFreedom(d *estimate.Design, w []float64) (int, error) {
	size := make([]float64, len(w)) // linear calibration may leave weights below zero, which count as well
	for i, v := range w {
		size[i] = math.Abs(v)
	}
	adjusted, err := d.WithWeights(size)
	if err != nil {
		return 0, err
	}
	return adjusted.DegreesOfFreedom(nil), nil
}

// factors are the adjustment factors of the rows. A row with a base weight of
// zero has none that its weights show; that of its class or totals stands for a
// case that asks for a number.
func factors(c *Case, g []float64) any {
	base, err := c.Weight()
	if err != nil {
		return g
	}
	out := make([]any, len(g))
	for i, v := range g {
		out[i] = v
		if base[i] == 0 {
			out[i] = PartlyRefused{Refused{errNoFactor}, map[string]any{"": v}}
		}
	}
	return out
}

var errNoFactor = errors.New("a weight of zero has no factor")

// adjustedDomains adds the means of the first variable by the levels of a column.
func adjustedDomains(c *Case, d *estimate.Design, w []float64, vars []string, res residualFunc, out map[string]any) error {
	by, err := c.Params.StringOr("by", "")
	if err != nil || by == "" || len(vars) == 0 {
		return err
	}
	x, missing, err := c.Data.Floats(vars[0])
	if err != nil {
		return err
	}
	codes, levels, err := c.Data.Factor(by)
	if err != nil {
		return err
	}
	mean, se := map[string]any{}, map[string]any{}
	for l, name := range levels {
		in := make([]bool, len(codes))
		for i, k := range codes {
			in[i] = int(k) == l && (missing == nil || !missing[i])
		}
		if mean[name], se[name], err = adjustedEstimate(d, x, w, in, true, res); err != nil {
			return err
		}
	}
	out["domain_mean"], out["domain_se"] = mean, se
	return nil
}

// adjustedEstimate is the mean or total of x over the rows in a domain with
// adjusted weights; its variance is that of the residuals of the linearised
// variable, over all rows.
func adjustedEstimate(d *estimate.Design, x, w []float64, in []bool, mean bool, res residualFunc) (value, se any, err error) {
	sum, sumW := 0.0, 0.0
	for i, ok := range in {
		if ok {
			sum += float64(w[i] * x[i])
			sumW += w[i]
		}
	}
	v := sum
	if mean {
		if sumW == 0 {
			return nil, nil, nil
		}
		v = sum / sumW
	}
	z := make([]float64, len(x))
	for i, ok := range in {
		switch {
		case !ok:
		case mean:
			z[i] = (x[i] - v) / sumW
		default:
			z[i] = x[i]
		}
	}
	e := res(z)
	for i := range e {
		e[i] *= w[i]
	}
	variance, err := d.Variance([][]float64{e}, nil)
	if err != nil { // the error is refused, the value stands
		return v, Refused{err}, nil
	}
	return v, math.Sqrt(variance[0][0]), nil
}
