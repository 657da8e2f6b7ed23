package conformance

import (
	"errors"
	"math"
	"strconv"

	"gongping/scoring/estimate"
	"gongping/scoring/robust"
)

func init() {
	Register("E.robust_regression", robustRegression)
	Register("E.robust_survey_mean", robustSurveyMean)
	Register("E.robust_survey_regression", robustSurveyRegression)
}

// designSE is the standard error of the total of linearised scores.
func designSE(d *estimate.Design, scores []float64) (float64, error) {
	v, err := d.Variance([][]float64{scores}, nil)
	if err != nil {
		return 0, err
	}
	return math.Sqrt(v[0][0]), nil
}

func robustSurveyMean(c *Case) (map[string]any, error) {
	name, err := c.Params.String("y")
	if err != nil {
		return nil, err
	}
	y, err := c.Data.Complete(name)
	if err != nil {
		return nil, err
	}
	w, err := c.Weight()
	if err != nil {
		return nil, err
	}
	d, err := c.BuildDesign()
	if err != nil {
		return nil, err
	}
	out := map[string]any{}
	for _, k := range []float64{0.5, 1, 1.2, 1.345, 1.5, 1.8, 2, 2.5, 3, 4, 5} {
		rule := robust.Rule{Psi: robust.HuberPsi(k), MADConstant: robust.MADSurvey, Zero: robust.IQROnly, Tolerance: exactly}
		suffix := "_k" + strconv.FormatFloat(k, 'g', -1, 64)
		m, err := robust.SurveyHajek(y, w, rule)
		if err != nil {
			return nil, err
		}
		if err := surveyMeanResult(d, m, "huber_rwm"+suffix, out); err != nil {
			return nil, err
		}
		if err := surveyTotalResult(d, m, y, w, "huber_total_rwm"+suffix, out); err != nil {
			return nil, err
		}
		if m, err = robust.SurveyHorvitzThompson(y, w, rule); err != nil {
			return nil, err
		}
		m.Scores = peerHulligerScores(m, y, w)
		if err := surveyMeanResult(d, m, "huber_rht"+suffix, out); err != nil {
			return nil, err
		}
	}
	for _, k := range []float64{3, 3.88, 4, 4.685, 5, 6, 8} {
		m, err := robust.SurveyHajek(y, w, robust.Rule{Psi: robust.TukeyPsi(k), MADConstant: robust.MADSurvey, Zero: robust.IQROnly, Tolerance: exactly})
		if err != nil {
			return nil, err
		}
		if err := surveyMeanResult(d, m, "tukey_rwm_k"+strconv.FormatFloat(k, 'g', -1, 64), out); err != nil {
			return nil, err
		}
	}
	for _, z := range []string{"dalen_Z2_total", "dalen_Z3_total"} {
		constant, ok := statedInput(c, "censoring", z)
		if !ok {
			continue
		}
		t, err := robust.DalenTotal(y, w, constant)
		if err != nil {
			return nil, err
		}
		v := t.Total
		if z == "dalen_Z3_total" {
			v = t.Excess
		}
		out[z] = map[string]any{"censoring": constant, "estimate": v}
	}
	if err := trimmedSurveyMeans(d, y, w, out); err != nil {
		return nil, err
	}
	return out, plainSurveyMean(d, name, y, out)
}

// peerHulligerScores are u (√x y − μ) w/Σw with x = w̄/w, which the peer uses;
// see docs/methods/conventions.md.
func peerHulligerScores(m *robust.SurveyMean, y, w []float64) []float64 {
	out, n := make([]float64, len(y)), 0.0
	for _, v := range w {
		if v > 0 {
			n++
		}
	}
	for i, v := range y {
		if w[i] > 0 {
			out[i] = m.RobustWeights[i] * (math.Sqrt(m.SumW/n/w[i])*v - m.Value) * w[i] / m.SumW
		}
	}
	return out
}

// trimmedSurveyMeans are trimmed and winsorised means with design errors.
func trimmedSurveyMeans(d *estimate.Design, y, w []float64, out map[string]any) error {
	for _, share := range []float64{0.01, 0.02, 0.05, 0.1, 0.15, 0.2, 0.25} {
		name := strconv.FormatFloat(share, 'g', -1, 64)
		t, err := robust.TrimmedMean(y, w, share, 1-share)
		if err != nil {
			return err
		}
		v, err := robust.WinsorizedMean(y, w, share, 1-share)
		if err != nil {
			return err
		}
		for key, r := range map[string]struct {
			value  float64
			scores []float64
		}{
			"trimmed_" + name:                 {t.Value, t.TrimmedScores(y, w)},
			"winsorized_" + name:              {v.Value, v.WinsorizedScores(y, w)},
			"winsorized_" + name + "_trimvar": {v.Value, v.TrimmedScores(y, w)},
		} {
			se, err := designSE(d, r.scores)
			if err != nil {
				return err
			}
			out[key] = map[string]any{"estimate": r.value, "se": se}
		}
	}
	return nil
}

func surveyMeanResult(d *estimate.Design, m *robust.SurveyMean, name string, out map[string]any) error {
	if m.Status == robust.ZeroScale {
		out[name] = Refused{errors.New("the scale is zero")}
		return nil
	}
	se, err := designSE(d, m.Scores)
	out[name] = map[string]any{"estimate": m.Value, "se": se, "scale": m.Scale, "robweights": m.RobustWeights}
	return err
}

// surveyTotalResult multiplies the mean by the sum of weights; its error is
// that of the down-weighted total.
func surveyTotalResult(d *estimate.Design, m *robust.SurveyMean, y, w []float64, name string, out map[string]any) error {
	scores := make([]float64, len(y))
	for i, v := range y {
		scores[i] = w[i] * m.RobustWeights[i] * v
	}
	se, err := designSE(d, scores)
	out[name] = map[string]any{"estimate": m.Value * m.SumW, "se": se, "scale": m.Scale}
	return err
}

func plainSurveyMean(d *estimate.Design, name string, y []float64, out map[string]any) error {
	e, err := estimate.Mean(d, estimate.Of(y), nil)
	if err != nil {
		return err
	}
	normal := e.Normal(0.95)
	m := map[string]any{"estimate": map[string]any{name: e.Value}, "se": map[string]any{name: e.SE}, "df": e.DF,
		"ci95_normal": map[string]any{name: map[string]any{"lower": normal.Lower, "upper": normal.Upper}}}
	if t, ok := e.T(0.95, float64(e.DF)); ok {
		m["ci95_t"] = map[string]any{name: map[string]any{"lower": t.Lower, "upper": t.Upper}}
	}
	out["plain_mean"] = m
	return nil
}

func robustSurveyRegression(c *Case) (map[string]any, error) {
	y, names, x, keep, err := robustModel(c)
	if err != nil {
		return nil, err
	}
	w, err := c.Weight()
	if err != nil {
		return nil, err
	}
	w = rows(w, keep)
	d, err := c.BuildDesign()
	if err != nil {
		return nil, err
	}
	out := map[string]any{}
	psis := map[string]robust.Psi{}
	for _, k := range []float64{1, 1.345, 1.5, 2, 3} {
		psis["huberM_k"+strconv.FormatFloat(k, 'g', -1, 64)] = robust.HuberPsi(k)
	}
	for _, k := range []float64{4, 4.685, 5, 6, 8} {
		psis["tukeyM_k"+strconv.FormatFloat(k, 'g', -1, 64)] = robust.TukeyPsi(k)
	}
	for name, psi := range psis {
		rule := robust.RegressionRule{Psi: psi, Weighting: robust.SurveyWeight, Tolerance: rlmTolerance}
		r, err := robust.Regress(y, x, w, rule)
		if err == nil && r.Status == robust.NotConverged { // the last digits may never rest
			rule.Tolerance = 1e-9
			r, err = robust.Regress(y, x, w, rule)
		}
		if err != nil {
			out[name] = Refused{err}
			continue
		}
		if r.Status == robust.NotConverged { // the peer gives no value then
			out[name] = Refused{errors.New("coefficients and scale did not settle")}
			continue
		}
		scores, err := r.Scores(x, w, psi)
		if err != nil {
			out[name] = Refused{err}
			continue
		}
		for j := range scores { // rows left out stay in the design with zero
			scores[j] = spread(scores[j], keep)
		}
		v, err := d.Variance(scores, nil)
		if err != nil {
			return nil, err
		}
		se := make([]float64, len(v))
		for j := range v {
			se[j] = math.Sqrt(v[j][j])
		}
		out[name] = map[string]any{"coef": namedCoefficients(names, r.Coefficients), "se": namedCoefficients(names, se), "scale": r.Scale, "robweights": r.RobustWeights}
	}
	return out, nil
}

// spread puts the values of the kept rows back into their places.
func spread(x []float64, keep []bool) []float64 {
	out, at := make([]float64, len(keep)), 0
	for i, k := range keep {
		if k {
			out[i] = x[at]
			at++
		}
	}
	return out
}
