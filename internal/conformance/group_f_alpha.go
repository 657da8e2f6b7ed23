package conformance

import (
	"math"

	"gonum.org/v1/gonum/mat"

	"gongping/scoring/rater"
)

// varying leaves out the items that everybody answers alike, as the peer does.
// The product refuses them by name instead.
func varying(m rater.Matrix, names []string) (rater.Matrix, []string) {
	var keep []int
	for k := range names {
		first, differs := math.NaN(), false
		for i, row := range m.Value {
			if m.Missing != nil && m.Missing[i][k] {
				continue
			}
			if math.IsNaN(first) {
				first = row[k]
			}
			differs = differs || row[k] != first
		}
		if differs {
			keep = append(keep, k)
		}
	}
	if len(keep) < 2 || len(keep) == len(names) {
		return m, names
	}
	var out rater.Matrix
	var kept []string
	for _, k := range keep {
		kept = append(kept, names[k])
	}
	for i, row := range m.Value {
		var value []float64
		var missing []bool
		for _, k := range keep {
			value = append(value, row[k])
			if m.Missing != nil {
				missing = append(missing, m.Missing[i][k])
			}
		}
		out.Value = append(out.Value, value)
		if m.Missing != nil {
			out.Missing = append(out.Missing, missing)
		}
	}
	return out, kept
}

// number is a value, or the refusal where it is none.
func number(v float64, err error) any {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return Refused{err}
	}
	return v
}

// peerGuttman6 is lambda 6 of items that depend linearly on each other: the
// peer inverts the correlations on their range and keeps the squared multiple
// correlations within 0 and 1. The product gives none.
func peerGuttman6(cor [][]float64) any {
	k := len(cor)
	s, sum := mat.NewSymDense(k, nil), 0.0
	for a, row := range cor {
		for b, v := range row {
			if math.IsNaN(v) {
				return nil
			}
			s.SetSym(min(a, b), max(a, b), v)
			sum += v
		}
	}
	var e mat.EigenSym
	if !e.Factorize(s, true) {
		return nil
	}
	var v mat.Dense
	e.VectorsTo(&v)
	values := e.Values(nil)
	left := sum - float64(k)
	for a := range k {
		inverse := 0.0
		for j, l := range values {
			if l > 1.5e-8*values[k-1] {
				inverse += v.At(a, j) * v.At(a, j) / l
			}
		}
		left += min(1, max(0, 1-1/inverse))
	}
	return left / sum
}

func consistency(c *Case) (map[string]any, error) {
	m, names, err := ratings(c)
	if err != nil {
		return nil, err
	}
	m, names = varying(m, names)
	pair, err := rater.Covariance(m, true)
	if err != nil {
		return nil, err
	}
	r, err := rater.MeasureConsistency(m)
	if refusal(err) { // the complete rows do not suffice; pairs may
		out := withAll(map[string]any{}, []string{"alpha_complete_cases", "alpha_std_complete_cases", "guttman6_complete",
			"average_r_complete", "ase_complete", "item_rest_r_complete", "alpha_if_dropped_complete", "omega_one_factor_std",
			"omega_one_factor_raw", "loadings_ml", "uniquenesses"}, Refused{err})
		out["n_rows"], out["n_complete"] = len(m.Value), len(m.Complete().Value)
		out["alpha_pairwise"] = number(rater.AlphaOf(pair, -1), err)
		out["alpha_std_pairwise"] = number(rater.AlphaOf(rater.CorrelationOf(pair), -1), err)
		return out, nil
	}
	if err != nil {
		return nil, err
	}
	full, err := rater.Covariance(m, false)
	if err != nil {
		return nil, err
	}
	out := map[string]any{
		"n_rows": len(m.Value), "n_complete": r.Persons,
		"alpha_complete_cases": r.Alpha, "alpha_std_complete_cases": r.Standardised,
		"alpha_pairwise": rater.AlphaOf(pair, -1), "alpha_std_pairwise": rater.AlphaOf(rater.CorrelationOf(pair), -1),
		"guttman6_complete": optional(r.Guttman6), "average_r_complete": r.AverageR, "ase_complete": r.ASE,
		"item_rest_r_complete": named(names, r.ItemRest),
	}
	switch {
	case r.IfDropped != nil:
		out["alpha_if_dropped_complete"] = named(names, r.IfDropped)
	case len(names) == 2:
		// A scale of one item has no alpha. The peer shows the covariance over the
		// variance of the item that is left.
		out["alpha_if_dropped_complete"] = named(names, []float64{full[0][1] / full[1][1], full[0][1] / full[0][0]})
	}
	if r.Guttman6 == nil {
		out["guttman6_complete"] = peerGuttman6(rater.CorrelationOf(full))
	}
	f, err := rater.FitOneFactor(full)
	if err != nil || !f.Converged {
		return out, nil
	}
	out["omega_one_factor_std"], out["omega_one_factor_raw"] = f.OmegaStandardised, f.OmegaRaw
	out["loadings_ml"], out["uniquenesses"] = named(names, f.Loading), named(names, f.Uniqueness)
	return out, nil
}
