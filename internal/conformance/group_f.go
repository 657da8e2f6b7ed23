package conformance

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"

	"gonum.org/v1/gonum/mat"

	"gongping/internal/errs"
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

// labels are the categories of text ratings in the order of R, nil where all
// ratings are numbers. The data of the returned case are the numbers 1, 2, ….
func (c *Case) labels() (*Case, []string, error) {
	joined := &Frame{Names: []string{"v"}, cols: map[string][]string{}}
	names := c.Data.Names
	for _, key := range []string{"items", "columns", "raters"} {
		if c.Params.Has(key) {
			var err error
			if names, err = c.Params.Strings(key); err != nil {
				return nil, nil, err
			}
		}
	}
	numeric := true
	for _, n := range names {
		text, err := c.Data.Text(c.Data.Resolve(n))
		if err != nil {
			return nil, nil, err
		}
		numeric = numeric && c.Data.IsNumeric(c.Data.Resolve(n))
		joined.cols["v"] = append(joined.cols["v"], text...)
	}
	if numeric {
		return c, nil, nil
	}
	joined.Rows = len(joined.cols["v"])
	codes, levels, err := joined.Factor("v")
	if err != nil {
		return nil, nil, err
	}
	numbered := &Frame{Names: names, Rows: c.Data.Rows, cols: map[string][]string{}}
	for k, n := range names {
		cells := make([]string, c.Data.Rows)
		for i, code := range codes[k*c.Data.Rows : (k+1)*c.Data.Rows] {
			if code >= 0 {
				cells[i] = strconv.Itoa(int(code) + 1)
			}
		}
		numbered.cols[n] = cells
	}
	out := *c
	out.Data = numbered
	return &out, levels, nil
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
		if constant(err) {
			out[name] = PartlyRefused{Refused{err}, map[string]any{"kappa": nil, "se": nil, "se_null": nil,
				"observed": 1.0, "expected": 1.0, "lower95": nil, "upper95": nil}}
			vcd[name] = Refused{err}
			continue
		}
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
	c, labels, err := c.labels()
	if err != nil {
		return nil, err
	}
	m, _, err := ratings(c)
	if err != nil {
		return nil, err
	}
	f, err := rater.FleissKappa(m)
	if constant(err) { // agreement is complete, and so is that by chance
		out := withAll(map[string]any{}, []string{"kappa", "se_null", "z", "by_category", "exact_conger"}, Refused{err})
		return withAll(out, []string{"observed", "expected"}, PartlyRefused{Refused{err}, map[string]any{"": 1.0}}), nil
	}
	if err != nil {
		return nil, err
	}
	by := map[string]any{}
	for k, v := range f.Category {
		name := strconv.FormatFloat(v, 'g', -1, 64)
		if labels != nil {
			name = labels[int(v)-1]
		}
		by[name] = f.ByCategory[k]
	}
	return map[string]any{"kappa": f.Kappa, "se_null": f.SENull, "z": f.Z, "observed": f.Observed,
		"expected": f.Expected, "by_category": by, "exact_conger": f.Conger}, nil
}

// constant reports whether a coefficient is refused since all ratings are equal.
func constant(err error) bool {
	e, ok := errors.AsType[*errs.Error](err)
	return ok && strings.HasSuffix(e.Key, ".constant")
}

func krippendorff(c *Case) (map[string]any, error) {
	c, labels, err := c.labels()
	if err != nil {
		return nil, err
	}
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
		if labels != nil && metric != rater.Nominal {
			out[name] = Refused{refuse("text_metric", "ratings that are texts have no %s distances", name)}
			continue
		}
		a, err := rater.Krippendorff(m, metric)
		if constant(err) {
			out[name] = PartlyRefused{Refused{err}, map[string]any{"alpha": nil, "observed": 0.0, "expected": 0.0,
				"pairable": pairable(m)}}
			continue
		}
		if err != nil {
			out[name] = Refused{err}
			continue
		}
		out[name] = map[string]any{"alpha": a.Value, "observed": a.Observed, "expected": a.Expected, "pairable": a.Pairable}
		out["coincidence"] = a.Coincidence
	}
	return out, nil
}

// pairable counts the ratings of units with two ratings or more.
func pairable(m rater.Matrix) (n int) {
	for i, row := range m.Value {
		there := 0
		for k := range row {
			if m.Missing == nil || !m.Missing[i][k] {
				there++
			}
		}
		if there > 1 {
			n += there
		}
	}
	return n
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
