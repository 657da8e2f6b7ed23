package conformance

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"gongping/scoring/robust"
)

// robustModel is the response and the model matrix of params.formula:
// numeric columns as they are, factors as dummies without their first level.
func robustModel(c *Case) (y []float64, names []string, x [][]float64, err error) {
	formula, err := c.Params.String("formula")
	if err != nil {
		return nil, nil, nil, err
	}
	left, right, ok := strings.Cut(formula, "~")
	if !ok {
		return nil, nil, nil, fmt.Errorf("field params.formula: %q has no ~", formula)
	}
	if y, err = c.Data.Complete(strings.TrimSpace(left)); err != nil {
		return nil, nil, nil, err
	}
	one := make([]float64, c.Data.Rows)
	for i := range one {
		one[i] = 1
	}
	names, x = []string{"(Intercept)"}, [][]float64{one}
	for term := range strings.SplitSeq(right, "+") {
		term = strings.TrimSpace(term)
		switch {
		case term == "1":
		case term == "0" || term == "-1":
			names, x = names[1:], x[1:]
		case c.Data.Has(term) && c.Data.IsNumeric(term):
			col, err := c.Data.Complete(term)
			if err != nil {
				return nil, nil, nil, err
			}
			names, x = append(names, term), append(x, col)
		default:
			codes, levels, err := c.Data.Factor(term)
			if err != nil {
				return nil, nil, nil, err
			}
			for l := 1; l < len(levels); l++ {
				col := make([]float64, len(codes))
				for i, k := range codes {
					if k < 0 {
						return nil, nil, nil, fmt.Errorf("column %q, row %d: the cell is empty", term, i+1)
					}
					if int(k) == l {
						col[i] = 1
					}
				}
				names, x = append(names, term+levels[l]), append(x, col)
			}
		}
	}
	return y, names, x, nil
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

// rlmTolerance is far beyond any convergence.
const rlmTolerance = 1e-14

func robustRegression(c *Case) (map[string]any, error) {
	y, names, x, err := robustModel(c)
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
	out := map[string]any{}
	for name, rule := range rules {
		prior := w
		if !strings.Contains(name, "prior") {
			prior = nil
		}
		rule.Tolerance = rlmTolerance
		r, err := robust.Regress(y, x, prior, rule)
		if err != nil {
			out[name] = Refused{err}
			continue
		}
		out[name] = rlmResult(r, names, prior, rule)
	}
	m, err := robust.FitMM(y, x)
	if err != nil {
		return nil, err
	}
	out["lmrob_mm"] = map[string]any{"coef": namedCoefficients(names, m.Coefficients), "se": namedCoefficients(names, m.SE),
		"scale": m.Scale, "w": m.RobustWeights}
	return out, nil
}

func rlmResult(r *robust.Regression, names []string, prior []float64, rule robust.RegressionRule) map[string]any {
	u := slices.Clone(r.RobustWeights)
	m := map[string]any{"coef": namedCoefficients(names, r.Coefficients), "se": namedCoefficients(names, r.SE), "s": r.Scale, "w": u,
		"converged": r.Status != robust.NotConverged || r.Iterations > 50}
	if rule.Weighting == robust.CaseWeight {
		for i := range u { // the peer reports prior times robustness weight
			u[i] *= prior[i]
		}
		// and names the scale by the row of the median residual.
		m["s"] = map[string]any{strconv.Itoa(r.ScaleRow + 1): r.Scale}
	}
	return m
}
