package conformance

import (
	"errors"
	"strings"

	"gongping/scoring/estimate"
)

// Adapters of design-based tests and regressions (group B).

func init() {
	Register("B.chisq", chisq)
	Register("B.ttest", ttest)
	Register("B.glm", glm)
}

// designAndSubset are the design of a case and the rows of its subset, nil for all.
func (c *Case) designAndSubset() (d *estimate.Design, subset []bool, err error) {
	if d, err = c.BuildDesign(); err != nil {
		return nil, nil, err
	}
	subset, err = c.Subset("subset")
	return d, subset, err
}

func chisq(c *Case) (map[string]any, error) {
	d, subset, err := c.designAndSubset()
	if err != nil {
		return nil, err
	}
	var codes [2][]int32
	var levels [2][]string
	for k, p := range []string{"row", "col"} {
		name, err := c.Params.String(p)
		if err != nil {
			return nil, err
		}
		if codes[k], levels[k], err = c.Data.Factor(c.Data.Resolve(name)); err != nil {
			return nil, err
		}
	}
	t, err := estimate.CrossTable(d, codes[0], codes[1], len(levels[0]), len(levels[1]), subset)
	out := map[string]any{}
	if t.Weighted != nil {
		weighted, share, se := map[string]any{}, map[string]any{}, map[string]any{}
		for i, a := range levels[0] {
			row := map[string]any{}
			for j, b := range levels[1] {
				row[b] = t.Weighted[i][j]
				share[a+"."+b], se[a+"."+b] = t.Share[i][j], nil
				if t.ShareSE != nil {
					se[a+"."+b] = t.ShareSE[i][j]
				}
			}
			weighted[a] = row
		}
		out["table_weighted"], out["cell_share"], out["cell_se"] = weighted, share, se
	}
	if err != nil {
		withAll(out, []string{"F", "Chisq", "Wald", "adjWald"}, Refused{Err: err})
		if t.Pearson.DF1 > 0 { // X² itself does not need the variance
			out["Chisq"] = PartlyRefused{Refused{err}, map[string]any{
				"statistic": t.Pearson.Statistic, "parameter": t.Pearson.DF1, "p": nil}}
		}
		return out, nil
	}
	out["F"] = testResult(&t.F, t.F.DF1, t.F.DF2)
	out["Chisq"] = testResult(&t.Pearson, t.Pearson.DF1)
	singular := Refused{Err: errors.New("the covariance of the cells is singular, or no degrees of freedom are left")}
	out["Wald"], out["adjWald"] = singular, singular
	if t.Wald != nil {
		out["Wald"] = testResult(t.Wald, t.Wald.DF1, t.Wald.DF2)
	}
	if t.AdjustedWald != nil {
		out["adjWald"] = testResult(t.AdjustedWald, t.AdjustedWald.DF1, t.AdjustedWald.DF2)
	}
	return out, nil
}

func testResult(t *estimate.Test, parameter ...float64) any {
	return map[string]any{"statistic": t.Statistic, "parameter": parameter, "p": t.P}
}

// ttest compares two groups (y ~ group) or a mean with 0 (y ~ 0, y ~ 1).
func ttest(c *Case) (map[string]any, error) {
	d, subset, err := c.designAndSubset()
	if err != nil {
		return nil, err
	}
	s, err := c.Params.String("formula")
	if err != nil {
		return nil, err
	}
	f, err := c.Formula(s)
	if err != nil {
		return nil, err
	}
	y, err := c.ResponseColumn(f.Response)
	if err != nil {
		return nil, err
	}
	var t estimate.TTest
	switch {
	case len(f.Terms) == 0:
		// The peer leaves out rows with missing answers only when it compares
		// groups; its test of one mean has no value then.
		for i, missing := range y.Missing {
			if missing && (subset == nil || subset[i]) {
				return withAll(map[string]any{"df": d.DegreesOfFreedom(subset) - 1}, []string{"t", "p", "difference", "mean", "estimate", "se", "ci95"}, nil), nil
			}
		}
		t, err = estimate.TTestMean(d, y, subset, 0.95)
	case len(f.Terms) == 1 && len(f.Terms[0]) == 1:
		f.Intercept = true
		var m Matrix
		if m, err = c.ModelMatrix(f, subset); err != nil {
			return nil, err
		}
		if len(m.Columns) != 2 {
			return nil, refuse("t_groups", "a t-test compares two groups, found %d", len(m.Columns))
		}
		t, err = estimate.TTestGroups(d, y, m.Columns[1], subset, 0.95)
	default:
		return nil, Unsupported("a t-test by %s", strings.SplitN(s, "~", 2)[1])
	}
	if err != nil {
		return refusedTTest(t, err), nil
	}
	e := t.Estimate.Value
	out := map[string]any{"t": t.Statistic, "df": t.DF2, "p": t.P, "difference": e, "mean": e, "estimate": e,
		"se": t.Estimate.SE, "ci95": pair(t.CI)}
	if len(f.Terms) > 0 {
		out["ci95"] = peerWald(e, t.Estimate.SE, 0.95, t.DF2)
	}
	return out, nil
}

// refusedTTest is what stands of a test that is refused: the estimate, and,
// where only the degrees of freedom are used up, the statistic.
func refusedTTest(t estimate.TTest, err error) map[string]any {
	out := withAll(map[string]any{}, []string{"t", "df", "p", "difference", "mean", "estimate", "se", "ci95"}, Refused{Err: err})
	e := t.Estimate
	if e.N == 0 {
		return out
	}
	known := func(v float64) any { return PartlyRefused{Refused{err}, map[string]any{"": v}} }
	for _, k := range []string{"difference", "mean", "estimate"} {
		out[k] = known(e.Value)
	}
	out["df"] = known(float64(e.DF))
	if e.SE > 0 {
		out["se"], out["t"] = known(e.SE), known(e.Value/e.SE)
	}
	return out
}

func glm(c *Case) (map[string]any, error) {
	d, subset, err := c.designAndSubset()
	if err != nil {
		return nil, err
	}
	s, err := c.Params.String("formula")
	if err != nil {
		return nil, err
	}
	name, err := c.Params.StringOr("family", "gaussian")
	if err != nil {
		return nil, err
	}
	family, ok := map[string]estimate.Family{"gaussian": estimate.Gaussian, "binomial": estimate.Binomial,
		"quasibinomial": estimate.Binomial, "poisson": estimate.Poisson, "quasipoisson": estimate.Poisson}[name]
	if !ok {
		return nil, Unsupported("family %q", name)
	}
	f, err := c.Formula(s)
	if err != nil {
		return nil, err
	}
	y, err := c.ResponseColumn(f.Response)
	if err != nil {
		return nil, err
	}
	m, err := c.ModelMatrix(f, subset)
	if err != nil {
		return nil, err
	}
	r, err := estimate.Regress(d, y, m.Columns, family, subset)
	if err != nil {
		return refusedRegression(m.Names, r, err), nil
	}
	return regressionResult(m.Names, r), nil
}

// refusedRegression is a regression without errors: the coefficients stand
// where only the covariance is refused.
func refusedRegression(names []string, r estimate.Regression, err error) map[string]any {
	out := withAll(map[string]any{}, []string{"coef", "se", "vcov", "t", "p", "df_residual", "ci95", "dispersion"}, Refused{Err: err})
	if r.N == 0 {
		return out
	}
	coef := map[string]any{}
	for j, n := range names {
		coef[n] = nil
		if !r.Aliased[j] {
			coef[n] = r.Coefficients[j]
		}
	}
	out["coef"] = PartlyRefused{Refused{err}, coef}
	out["df_residual"] = PartlyRefused{Refused{err}, map[string]any{"": float64(r.DF)}}
	out["dispersion"] = PartlyRefused{Refused{err}, map[string]any{"": r.Dispersion}}
	return out
}

func regressionResult(names []string, r estimate.Regression) map[string]any {
	coef, se, tv, p, ci := map[string]any{}, map[string]any{}, map[string]any{}, map[string]any{}, map[string]any{}
	var kept []string
	var cov [][]float64
	for j, n := range names {
		if r.Aliased[j] {
			coef[n] = nil
			continue
		}
		kept = append(kept, n)
		var row []float64
		for k := range names {
			if !r.Aliased[k] {
				row = append(row, r.Covariance[j][k])
			}
		}
		cov = append(cov, row)
		e := r.Coefficient(j)
		coef[n], se[n] = e.Value, e.SE
		tv[n], p[n] = nil, nil
		ci[n] = map[string]any{"lower": nil, "upper": nil}
		iv, ok := e.T(0.95, float64(r.DF))
		if ok {
			ci[n] = lowerUpper(iv)
		}
		if e.SE > 0 {
			tv[n] = e.Value / e.SE
			if ok {
				p[n] = 2 * estimate.TTail(max(e.Value, -e.Value)/e.SE, float64(r.DF))
			}
		}
	}
	return map[string]any{"coef": coef, "se": se, "vcov": matrix(kept, cov), "t": tv, "p": p,
		"df_residual": r.DF, "ci95": ci, "dispersion": r.Dispersion}
}
