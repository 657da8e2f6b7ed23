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
	base, err := c.Weight()
	if err != nil {
		return nil, err
	}
	names, err := c.Params.Strings("classes")
	if err != nil {
		return nil, err
	}
	class, err := weightFactor(c, names...)
	if err != nil {
		return nil, err
	}
	respName, err := c.Params.String("respondent")
	if err != nil {
		return nil, err
	}
	resp, _, err := c.Data.Floats(respName)
	if err != nil {
		return nil, err
	}
	yName, err := c.Params.String("y")
	if err != nil {
		return nil, err
	}
	y, _, err := c.Data.Floats(yName)
	if err != nil {
		return nil, err
	}
	responded := make([]bool, len(resp))
	for i, r := range resp {
		responded[i] = r == 1
	}
	a, err := weight.AdjustNonresponse(base, responded, class)
	if err != nil {
		return nil, err
	}
	factor := map[string]any{}
	for l, name := range class.Levels {
		factor[name] = a.Factor[l]
	}
	d, err := c.BuildDesign()
	if err != nil {
		return nil, err
	}
	sum := 0.0
	for _, w := range a.Weights {
		sum += w
	}
	same := func(z []float64) []float64 { return z }
	mean, se, err := adjustedEstimate(d, y, a.Weights, responded, true, same)
	if err != nil {
		return nil, err
	}
	total, seTotal, err := adjustedEstimate(d, y, a.Weights, responded, false, same)
	if err != nil {
		return nil, err
	}
	jkn, mse, err := readjustedJKn(d, base, responded, class, y, mean.(float64))
	if err != nil {
		return nil, err
	}
	return map[string]any{"class_factor": factor, "weights": a.Weights, "sum_weights": sum, "mean": mean,
		"se_fixed_weights": se, "total": total, "total_se_fixed_weights": seTotal, "se_jkn_readjusted": jkn,
		"se_jkn_readjusted_mse": mse, "response_rate_weighted": a.ResponseRate}, nil
}

// readjustedJKn is the JKn standard error of the mean with the adjustment
// repeated in every replicate: spread about the mean of the replicates, and
// about the estimate.
func readjustedJKn(d *estimate.Design, base []float64, responded []bool, class weight.Factor, y []float64, full float64) (about, mse float64, err error) {
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
			sum += float64(v * y[i])
			sumW += v
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
