package conformance

import (
	"fmt"
	"strconv"

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
