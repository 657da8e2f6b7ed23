package conformance

import (
	"slices"
	"strconv"
	"strings"

	"gongping/scoring/robust"
)

// robustModel is the response and the model matrix of params.formula over the
// rows that are complete, which keep marks.
func robustModel(c *Case) (y []float64, names []string, x [][]float64, keep []bool, err error) {
	text, err := c.Params.String("formula")
	if err != nil {
		return nil, nil, nil, nil, err
	}
	f, err := c.Formula(text)
	if err != nil {
		return nil, nil, nil, nil, err
	}
	used := []string{f.Response}
	for _, t := range f.Terms {
		used = append(used, t...)
	}
	if c.Design.Weight != "" {
		used = append(used, c.Design.Weight)
	}
	if keep, err = present(c.Data, used...); err != nil {
		return nil, nil, nil, nil, err
	}
	if y, err = numbers(c.Data, f.Response, keep); err != nil {
		return nil, nil, nil, nil, err
	}
	m, err := c.ModelMatrix(f, keep)
	if err != nil {
		return nil, nil, nil, nil, err
	}
	for _, col := range m.Columns {
		x = append(x, rows(col.Values, keep))
	}
	return y, m.Names, x, keep, nil
}

func namedCoefficients(names []string, v []float64) map[string]any {
	if v == nil {
		return nil
	}
	out := map[string]any{}
	for i, n := range names {
		out[n] = v[i]
	}
	return out
}

// rlmTolerance is far beyond any convergence. Where Proposal 2 finds every
// residual within k scales the peer stops although the scale still moves; its
// own limit then decides.
const rlmTolerance, peerTolerance = 1e-14, 1e-12

func robustRegression(c *Case) (map[string]any, error) {
	y, names, x, keep, err := robustModel(c)
	if err != nil {
		return nil, err
	}
	k, err := c.Params.FloatOr("k_huber", 1.345)
	if err != nil {
		return nil, err
	}
	kt, err := c.Params.FloatOr("k_bisquare", 4.685)
	if err != nil {
		return nil, err
	}
	rules := map[string]robust.RegressionRule{
		"huber":            {Psi: robust.HuberPsi(k)},
		"bisquare_from_ls": {Psi: robust.TukeyPsi(kt)},
		"hampel":           {Psi: robust.HampelPsi(2, 4, 8)},
		"huber_proposal2":  {Psi: robust.HuberPsi(k), Proposal2: true},
	}
	if c.Design.Weight != "" {
		rules["huber_prior_invvar"] = robust.RegressionRule{Psi: robust.HuberPsi(k)}
		rules["bisquare_prior_invvar"] = robust.RegressionRule{Psi: robust.TukeyPsi(kt)}
		rules["huber_prior_case"] = robust.RegressionRule{Psi: robust.HuberPsi(k), Weighting: robust.CaseWeight}
	}
	w, err := c.Weight()
	if err != nil {
		return nil, err
	}
	w = rows(w, keep)
	out := map[string]any{}
	for name, rule := range rules {
		prior := w
		if !strings.Contains(name, "prior") {
			prior = nil
		}
		if rule.Tolerance = rlmTolerance; rule.Proposal2 {
			rule.Tolerance, rule.ResidualsOnly = peerTolerance, true
		}
		r, err := robust.Regress(y, x, prior, rule)
		if err != nil {
			out[name] = Refused{err}
			continue
		}
		out[name] = rlmResult(r, names, prior, rule, keep)
	}
	m, err := robust.FitMM(y, x)
	if err != nil {
		out["lmrob_mm"] = Refused{err}
		return out, nil
	}
	out["lmrob_mm"] = map[string]any{"coef": namedCoefficients(names, m.Coefficients), "se": namedCoefficients(names, m.SE),
		"scale": m.Scale, "w": m.RobustWeights}
	return out, nil
}

func rlmResult(r *robust.Regression, names []string, prior []float64, rule robust.RegressionRule, keep []bool) map[string]any {
	u := slices.Clone(r.RobustWeights)
	m := map[string]any{"coef": namedCoefficients(names, r.Coefficients), "se": namedCoefficients(names, r.SE), "s": r.Scale, "w": u,
		"converged": r.Status != robust.NotConverged || r.Iterations > 50}
	if rule.Weighting == robust.CaseWeight {
		for i := range u { // the peer reports prior times robustness weight
			u[i] *= prior[i]
		}
		// and names the scale by the row of the median residual.
		m["s"] = map[string]any{strconv.Itoa(fileRow(r.ScaleRow, keep)): r.Scale}
	}
	return m
}

// fileRow is the row of the file, counted from 1, of the i-th row kept.
func fileRow(i int, keep []bool) int {
	for row, k := range keep {
		if k {
			i--
		}
		if i < 0 {
			return row + 1
		}
	}
	return 0
}
