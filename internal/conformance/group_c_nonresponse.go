package conformance

import (
	"fmt"
	"math"

	"gongping/scoring/estimate"
	"gongping/survey/weight"
)

// nonresponseCase adjusts within classes, and again for every deleted first-stage
// unit (JKn).
func nonresponseCase(c *Case) (map[string]any, error) {
	in, err := readNonresponse(c)
	if err != nil {
		return nil, err
	}
	a, err := weight.AdjustNonresponse(in.base, in.responded, in.class)
	if err != nil {
		return withAll(map[string]any{}, []string{"class_factor", "weights", "mean", "total", "sum_weights", "se_fixed_weights",
			"total_se_fixed_weights", "se_jkn_readjusted", "se_jkn_readjusted_mse"}, Refused{err}), nil
	}
	d, err := c.BuildDesign()
	if err != nil {
		return nil, err
	}
	mean, out, err := in.fixedWeights(d, a)
	if err != nil {
		return nil, err
	}
	full, ok := mean.(float64)
	if !ok {
		return withAll(out, []string{"se_jkn_readjusted", "se_jkn_readjusted_mse"}, nil), nil
	}
	jkn, mse, err := readjustedJKn(d, in.base, in.responded, in.answered, in.class, in.y, full)
	if err != nil {
		return withAll(out, []string{"se_jkn_readjusted", "se_jkn_readjusted_mse"}, Refused{err}), nil
	}
	out["se_jkn_readjusted"], out["se_jkn_readjusted_mse"] = jkn, mse
	return out, nil
}

// nonresponse is what a case of nonresponse holds; answered are the respondents
// with a value.
type nonresponse struct {
	base, y             []float64
	class               weight.Factor
	responded, answered []bool
}

func readNonresponse(c *Case) (in nonresponse, err error) {
	if in.base, err = c.Weight(); err != nil {
		return in, err
	}
	names, err := c.Params.Strings("classes")
	if err != nil {
		return in, err
	}
	if in.class, err = weightFactor(c, names...); err != nil {
		return in, err
	}
	respName, err := c.Params.String("respondent")
	if err != nil {
		return in, err
	}
	resp, _, err := c.Data.Floats(respName)
	if err != nil {
		return in, err
	}
	yName, err := c.Params.String("y")
	if err != nil {
		return in, err
	}
	y, missing, err := c.Data.Floats(yName)
	if err != nil {
		return in, err
	}
	in.y, in.responded, in.answered = y, make([]bool, len(resp)), make([]bool, len(resp))
	for i, r := range resp {
		in.responded[i] = r == 1
		in.answered[i] = in.responded[i] && (missing == nil || !missing[i])
	}
	return in, nil
}

// fixedWeights are the figures that take the adjusted weights as given.
func (in nonresponse) fixedWeights(d *estimate.Design, a *weight.Nonresponse) (mean any, out map[string]any, err error) {
	factor := map[string]any{}
	for l, name := range in.class.Levels {
		factor[name] = a.Factor[l]
	}
	sum := 0.0
	for _, w := range a.Weights {
		sum += w
	}
	same := func(z []float64) []float64 { return z }
	mean, se, err := adjustedEstimate(d, in.y, a.Weights, in.answered, true, same)
	if err != nil {
		return nil, nil, err
	}
	total, seTotal, err := adjustedEstimate(d, in.y, a.Weights, in.answered, false, same)
	if err != nil {
		return nil, nil, err
	}
	out = map[string]any{"class_factor": factor, "weights": a.Weights, "sum_weights": sum, "mean": mean,
		"se_fixed_weights": se, "total": total, "total_se_fixed_weights": seTotal, "response_rate_weighted": a.ResponseRate}
	if r, refused := se.(Refused); refused && mean != nil { // the errors are refused, the values stand
		out["mean"] = PartlyRefused{r, map[string]any{"": mean}}
		out["total"] = PartlyRefused{r, map[string]any{"": total}}
	}
	return mean, out, nil
}

// readjustedJKn is the JKn standard error of the mean with the adjustment
// repeated in every replicate: spread about the mean of the replicates, and
// about the estimate.
func readjustedJKn(d *estimate.Design, base []float64, responded, answered []bool, class weight.Factor, y []float64, full float64) (about, mse float64, err error) {
	unit, units := d.PSU()
	stratum, strata := d.PSUStratum()
	size := make([]float64, strata)
	for _, h := range stratum {
		size[h]++
	}
	theta, scale := make([]float64, 0, units), make([]float64, 0, units)
	for u := range units {
		h := stratum[u]
		if size[h] < 2 {
			return 0, 0, fmt.Errorf("stratum %d has one unit: it cannot be deleted", h+1)
		}
		w := make([]float64, len(base))
		for i, b := range base {
			switch {
			case int(unit[i]) == u:
			case stratum[unit[i]] == h:
				w[i] = b * size[h] / (size[h] - 1)
			default:
				w[i] = b
			}
		}
		a, err := weight.AdjustNonresponse(w, responded, class)
		if err != nil {
			return 0, 0, err
		}
		sum, sumW := 0.0, 0.0
		for i, v := range a.Weights {
			if answered[i] {
				sum += float64(v * y[i])
				sumW += v
			}
		}
		if sumW == 0 {
			return 0, 0, fmt.Errorf("without unit %d nobody answers", u+1)
		}
		theta, scale = append(theta, sum/sumW), append(scale, (size[h]-1)/size[h])
	}
	center := 0.0
	for _, t := range theta {
		center += t
	}
	center /= float64(len(theta))
	for i, t := range theta {
		about += scale[i] * (t - center) * (t - center)
		mse += scale[i] * (t - full) * (t - full)
	}
	return math.Sqrt(about), math.Sqrt(mse), nil
}
