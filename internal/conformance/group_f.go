package conformance

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"gongping/scoring/rater"
)

func init() {
	Register("F.icc", intraclass)
	Register("F.kappa", cohenKappa)
	Register("F.fleiss", fleissKappa)
	Register("F.kripp_alpha", krippendorff)
	Register("F.alpha_omega", consistency)
}

// ratings reads the columns (params.columns or params.items, otherwise all) as
// a matrix.
func ratings(c *Case) (m rater.Matrix, names []string, err error) {
	for _, key := range []string{"items", "columns", "raters"} {
		if c.Params.Has(key) {
			if names, err = c.Params.Strings(key); err != nil {
				return m, nil, err
			}
		}
	}
	if names == nil {
		names = c.Data.Names
	}
	m.Value, m.Missing = make([][]float64, c.Data.Rows), make([][]bool, c.Data.Rows)
	gaps := false
	for _, n := range names {
		x, missing, err := ratingColumn(c.Data, c.Data.Resolve(n))
		if err != nil {
			return m, nil, err
		}
		for i, v := range x {
			gone := missing != nil && missing[i]
			gaps = gaps || gone
			m.Value[i], m.Missing[i] = append(m.Value[i], v), append(m.Missing[i], gone)
		}
	}
	if !gaps {
		m.Missing = nil
	}
	return m, names, nil
}

func ratingColumn(f *Frame, name string) ([]float64, []bool, error) {
	if f.IsNumeric(name) {
		return f.Floats(name)
	}
	return nil, nil, Unsupported("column %q holds text ratings", name)
}

func intraclass(c *Case) (map[string]any, error) {
	m, _, err := ratings(c)
	if err != nil {
		return nil, err
	}
	if len(m.Value) == 0 {
		return nil, fmt.Errorf("the file holds no subject")
	}
	out := map[string]any{"n_subjects": len(m.Value), "n_raters": len(m.Value[0])}
	if m.Missing == nil {
		r, err := rater.ICCFromMeanSquares(m)
		if err != nil {
			return nil, err
		}
		out["anova"] = iccForms(r)
		s := r.MeanSquares
		out["mean_squares"] = map[string]any{"between_subjects": s.Subject, "between_raters": s.Rater,
			"residual": s.Residual, "within": s.WithinMS}
	}
	r, v, err := rater.ICCFromREML(m)
	if err != nil {
		out["reml"], out["reml_variance"] = Refused{err}, Refused{err}
		return out, nil
	}
	out["reml"] = iccForms(r)
	out["reml_variance"] = map[string]any{"subject": v.Subject, "rater": v.Rater, "residual": v.Residual}
	return out, nil
}

func iccForms(r *rater.ICC) map[string]any {
	out := map[string]any{}
	for name, f := range map[string]rater.Correlation{
		"ICC1": r.OneWay, "ICC2": r.Agreement, "ICC3": r.Consistency,
		"ICC1k": r.OneWayMean, "ICC2k": r.AgreementMean, "ICC3k": r.ConsistencyMean,
	} {
		form := map[string]any{"icc": nil, "F": f.F, "df1": f.DF1, "df2": f.DF2, "p": f.P, "lower95": nil, "upper95": nil}
		if f.Defined {
			form["icc"], form["lower95"], form["upper95"] = f.Value, f.Lower, f.Upper
		}
		if f.F == 0 && f.P == 0 { // complete agreement: F is infinite
			form["F"] = nil
		}
		out[name] = form
	}
	return out
}

// crossTable counts two columns of categories; design.frequency names a column
// of counts, params.categories the number of categories 1..k.
func crossTable(c *Case) ([][]float64, float64, error) {
	if len(c.Data.Names) < 2 {
		return nil, 0, fmt.Errorf("two columns of ratings are needed")
	}
	cols := c.Data.Names[:2]
	if c.Params.Has("raters") {
		named, err := c.Params.Strings("raters")
		if err != nil {
			return nil, 0, err
		}
		if len(named) != 2 {
			return nil, 0, fmt.Errorf("field params.raters: two columns are needed")
		}
		cols = named
	}
	frequency := c.Design.Other["frequency"]
	keep, err := present(c.Data, append([]string{frequency}, cols...)...)
	if err != nil {
		return nil, 0, err
	}
	index, k, err := categories(c, cols, keep)
	if err != nil {
		return nil, 0, err
	}
	count := make([]float64, c.Data.Rows)
	for i := range count {
		count[i] = 1
	}
	if frequency != "" {
		if count, _, err = c.Data.Floats(frequency); err != nil {
			return nil, 0, err
		}
	}
	a, _ := c.Data.Text(cols[0])
	b, _ := c.Data.Text(cols[1])
	table := make([][]float64, k)
	for i := range table {
		table[i] = make([]float64, k)
	}
	n := 0.0
	for i := range a {
		if keep[i] {
			table[index[a[i]]][index[b[i]]] += count[i]
			n += count[i]
		}
	}
	return table, n, nil
}

// categories numbers the labels of both columns: 1..k when params.categories
// says so and the labels are such numbers, otherwise in the order of R.
func categories(c *Case, cols []string, keep []bool) (map[string]int, int, error) {
	joined := &Frame{Names: []string{"v"}, cols: map[string][]string{}}
	for _, name := range cols {
		text, err := c.Data.Text(name)
		if err != nil {
			return nil, 0, err
		}
		joined.cols["v"] = append(joined.cols["v"], rows(text, keep)...)
	}
	joined.Rows = len(joined.cols["v"])
	_, levels, err := joined.Factor("v")
	if err != nil {
		return nil, 0, err
	}
	index := map[string]int{}
	k, err := c.Params.IntOr("categories", len(levels))
	if err != nil {
		return nil, 0, err
	}
	numbered := k >= len(levels)
	for at, l := range levels {
		index[l] = at
		v, err := strconv.Atoi(strings.TrimSpace(l))
		numbered = numbered && err == nil && v >= 1 && v <= k
	}
	if numbered {
		for l := range index {
			v, _ := strconv.Atoi(strings.TrimSpace(l))
			index[l] = v - 1
		}
		return index, k, nil
	}
	return index, len(levels), nil
}

func cohenKappa(c *Case) (map[string]any, error) {
	table, n, err := crossTable(c)
	if err != nil {
		return nil, err
	}
	out, vcd := map[string]any{"n": n}, map[string]any{}
	for name, scheme := range map[string]rater.Scheme{"unweighted": rater.Unweighted, "linear": rater.Linear, "quadratic": rater.Quadratic} {
		k, err := rater.CohenKappa(table, scheme)
		if err != nil {
			out[name], vcd[name] = Refused{err}, Refused{err}
			continue
		}
		out[name] = map[string]any{"kappa": k.Value, "se": k.SE, "se_null": k.SENull, "observed": k.Observed,
			"expected": k.Expected, "lower95": k.Lower, "upper95": k.Upper}
		vcd[name] = map[string]any{"value": k.Value, "ase": k.SE}
	}
	out["vcd"] = vcd
	return out, nil
}

func fleissKappa(c *Case) (map[string]any, error) {
	m, _, err := ratings(c)
	if err != nil {
		return nil, err
	}
	f, err := rater.FleissKappa(m)
	if err != nil {
		return nil, err
	}
	by := map[string]any{}
	for k, v := range f.Category {
		by[strconv.FormatFloat(v, 'g', -1, 64)] = f.ByCategory[k]
	}
	return map[string]any{"kappa": f.Kappa, "se_null": f.SENull, "z": f.Z, "observed": f.Observed,
		"expected": f.Expected, "by_category": by, "exact_conger": f.Conger}, nil
}

func krippendorff(c *Case) (map[string]any, error) {
	m, _, err := ratings(c)
	if err != nil {
		return nil, err
	}
	layout, err := c.Params.StringOr("layout", "rows = raters")
	if err != nil {
		return nil, err
	}
	if strings.HasPrefix(strings.ReplaceAll(layout, " ", ""), "rows=raters") {
		m = m.Transpose()
	}
	out := map[string]any{}
	for name, metric := range map[string]rater.Metric{"nominal": rater.Nominal, "ordinal": rater.Ordinal,
		"interval": rater.Interval, "ratio": rater.Ratio} {
		a, err := rater.Krippendorff(m, metric)
		if err != nil {
			out[name] = Refused{err}
			continue
		}
		out[name] = map[string]any{"alpha": a.Value, "observed": a.Observed, "expected": a.Expected, "pairable": a.Pairable}
		out["coincidence"] = a.Coincidence
	}
	return out, nil
}

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

func consistency(c *Case) (map[string]any, error) {
	m, names, err := ratings(c)
	if err != nil {
		return nil, err
	}
	m, names = varying(m, names)
	r, err := rater.MeasureConsistency(m)
	if err != nil {
		return nil, err
	}
	pair, err := rater.Covariance(m, true)
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
	if r.IfDropped != nil {
		out["alpha_if_dropped_complete"] = named(names, r.IfDropped)
	}
	f, err := rater.FitOneFactor(full)
	if err != nil || !f.Converged {
		return out, nil
	}
	out["omega_one_factor_std"], out["omega_one_factor_raw"] = f.OmegaStandardised, f.OmegaRaw
	out["loadings_ml"], out["uniquenesses"] = named(names, f.Loading), named(names, f.Uniqueness)
	return out, nil
}
