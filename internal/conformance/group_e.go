package conformance

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"

	"gongping/scoring/robust"
)

func init() {
	Register("E.location_scale", locationScale)
	Register("E.weighted_location", weightedLocation)
	Register("E.zero_mad", zeroMAD)
	Register("E.robust_by_group", robustByGroup)
}

// exactly runs iterations to their fixed point.
const exactly = 1e-15

// plainNumbers are the unweighted figures that several methods report.
func plainNumbers(x []float64) map[string]any {
	s := robust.Sort(x, nil)
	n := len(x)
	mean := 0.0
	for _, v := range x {
		mean += v
	}
	mean /= float64(n)
	ss := 0.0
	for _, v := range x {
		ss += float64((v - mean) * (v - mean))
	}
	out := map[string]any{"n": n, "mean": mean, "median": s.Median(), "mad": s.MAD(s.Median(), robust.MADShort),
		"mad_raw": s.MAD(s.Median(), 1), "sd": nil}
	if n > 1 {
		out["sd"] = math.Sqrt(ss / float64(n-1))
	}
	q := func(p float64) float64 {
		at := p * float64(n-1)
		k := int(math.Floor(at))
		if k+1 >= n {
			return s.X[n-1]
		}
		return s.X[k] + (at-float64(k))*(s.X[k+1]-s.X[k])
	}
	iqr := q(0.75) - q(0.25)
	out["iqr_type7"], out["iqr_sigma"] = iqr, iqr*robust.IQRConstant
	return out
}

// answers are the values of the one numeric column, with their weights; rows
// without an answer take no part.
func answers(c *Case) (x, w []float64, err error) {
	all, missing, err := c.Data.Floats(firstNumeric(c.Data))
	if err != nil {
		return nil, nil, err
	}
	weight, err := c.Weight()
	if err != nil {
		return nil, nil, err
	}
	for i, v := range all {
		if missing == nil || !missing[i] {
			x, w = append(x, v), append(w, weight[i])
		}
	}
	if len(x) == 0 {
		return nil, nil, fmt.Errorf("column %q holds no answer", firstNumeric(c.Data))
	}
	return x, w, nil
}

func locationScale(c *Case) (map[string]any, error) {
	x, _, err := answers(c)
	if err != nil {
		return nil, err
	}
	out := plainNumbers(x)
	for name, share := range map[string]float64{"trimmed10": 0.1, "trimmed20": 0.2} {
		if out[name], err = robust.TrimmedCount(x, share); err != nil {
			return nil, err
		}
	}
	out["qn"], out["qn_no_finite_corr"] = peerQn(x, true), peerQn(x, false)
	out["sn"], out["sn_no_finite_corr"] = robust.Sn(x, true), robust.Sn(x, false)
	out["scaleTau2"], out["medcouple"] = robust.TauScale(x), robust.Medcouple(x)
	ks, err := c.Params.Floats("k_huber")
	if err != nil {
		return nil, err
	}
	if len(ks) == 0 {
		ks = []float64{1.345, 1.5}
	}
	for _, k := range ks {
		if err := huberResults(x, k, out); err != nil {
			return nil, err
		}
	}
	k, err := c.Params.FloatOr("k_bisquare", 4.685)
	if err != nil {
		return nil, err
	}
	for name, psi := range map[string]robust.Psi{"huber_fixed_mad": robust.HuberPsi(ks[0]), "bisquare_fixed_mad": robust.TukeyPsi(k)} {
		l, err := robust.Estimate(x, nil, robust.Rule{Psi: psi, MADConstant: robust.MADShort, Zero: robust.Refuse, Tolerance: exactly})
		if err != nil {
			return nil, err
		}
		out[name] = map[string]any{"mu": l.Value, "s": l.Scale, "w": l.RobustWeights}
		if l.Scale == 0 {
			out[name] = Refused{fmt.Errorf("the median absolute deviation is zero")}
		}
	}
	return out, interceptFits(x, ks[0], k, out)
}

// huberResults are Huber's estimates for one k, named by it.
func huberResults(x []float64, k float64, out map[string]any) error {
	name := "_k" + strconv.FormatFloat(k, 'g', -1, 64)
	l, err := robust.Estimate(x, nil, robust.Rule{Psi: robust.HuberPsi(k), MADConstant: robust.MADShort, Zero: robust.MedianOnly, Tolerance: exactly})
	if err != nil {
		return err
	}
	out["huber_mad"+name] = map[string]any{"mu": l.Value, "s": l.Scale}
	out["huberM"+name] = map[string]any{"mu": l.Value, "s": l.Scale, "se": opt(l.SE)}
	if l.Status == robust.ZeroScale || l.Scale == 0 {
		out["huber_mad"+name] = Refused{fmt.Errorf("the median absolute deviation is zero")}
	}
	// The peer stops after 30 steps.
	j, err := robust.Joint(x, nil, robust.JointRule{K: k, MADConstant: robust.MADShort, MaxIterations: 30})
	if err != nil {
		return err
	}
	out["hubers"+name] = map[string]any{"mu": j.Value, "s": j.Scale}
	return nil
}

// interceptFits are the regressions on a constant.
func interceptFits(x []float64, kHuber, kTukey float64, out map[string]any) error {
	one := make([]float64, len(x))
	for i := range one {
		one[i] = 1
	}
	for name, rule := range map[string]robust.RegressionRule{
		"rlm_huber_iterated_mad":    {Psi: robust.HuberPsi(kHuber)},
		"rlm_bisquare_iterated_mad": {Psi: robust.TukeyPsi(kTukey)},
		"rlm_huber_proposal2":       {Psi: robust.HuberPsi(kHuber), Proposal2: true},
	} {
		// The peer's own stopping rule: it ends before Proposal 2 has settled.
		rule.Tolerance, rule.ResidualsOnly = 1e-13, true
		r, err := robust.Regress(x, [][]float64{one}, nil, rule)
		if err != nil {
			out[name] = Refused{err}
			continue
		}
		m := map[string]any{"mu": r.Coefficients[0], "s": r.Scale, "w": r.RobustWeights, "se": nil}
		if r.SE != nil {
			m["se"] = r.SE[0]
		}
		out[name] = m
	}
	return interceptMM(x, one, out)
}

var errNoScale = errors.New("a scale of zero leaves no error to show")

// interceptMM is the MM-estimate of location.
func interceptMM(x, one []float64, out map[string]any) error {
	m, err := robust.FitMM(x, [][]float64{one})
	if err != nil {
		out["lmrob_mm"] = Refused{err}
		return nil
	}
	r := map[string]any{"mu": m.Coefficients[0], "scale": m.Scale, "w": m.RobustWeights, "se": nil}
	if m.SE != nil {
		r["se"] = m.SE[0]
	}
	out["lmrob_mm"] = r
	if m.Scale == 0 { // the peer stops, or shows an error of 0
		none := Refused{errNoScale}
		r["se"] = PartlyRefused{none, map[string]any{"": 0.0}}
		out["lmrob_mm"] = PartlyRefused{none, r}
	}
	return nil
}

// peerQn is Qn, or Qn with the chosen distance in single precision: the peer
// rounds it on one of the two ways out of its search.
func peerQn(x []float64, corrected bool) any {
	q := robust.Qn(x, corrected)
	single := q
	if raw := robust.Qn(x, false) / robust.QnConstant; raw > 0 && raw < math.MaxFloat32 {
		single = q * (float64(float32(raw)) / raw)
	}
	return either{q, single}
}

func firstNumeric(f *Frame) string {
	if f.Has("x") {
		return "x"
	}
	for _, n := range f.Names {
		if f.IsNumeric(n) {
			return n
		}
	}
	return "x"
}

func weightedLocation(c *Case) (map[string]any, error) {
	x, w, err := answers(c)
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
	s := robust.Sort(x, w)
	mad := s.MAD(s.Median(), robust.MADSurvey)
	out := map[string]any{"weighted_median_lower": s.LowerQuantile(0.5), "weighted_median_average": s.Median(),
		"wgt_himedian": s.HighMedian(), "weighted_mad": mad, "weighted_mad_average": mad,
		"robsurvey_weighted_median": s.Median(), "robsurvey_weighted_mad": mad}
	lower := s.LowerQuantile(0.5)
	dev := make([]float64, len(x))
	for i, v := range x {
		dev[i] = math.Abs(v - lower)
	}
	out["weighted_mad_lower"] = robust.MADSurvey * robust.Sort(dev, w).LowerQuantile(0.5)
	quantiles := map[string]any{}
	for _, p := range []float64{0.01, 0.05, 0.1, 0.2, 0.25, 0.3, 0.4, 0.5, 0.6, 0.7, 0.75, 0.8, 0.9, 0.95, 0.99} {
		quantiles["p"+strconv.FormatFloat(p, 'g', -1, 64)] = s.Quantile(p)
	}
	out["robsurvey_weighted_quantiles"] = quantiles
	base := robust.Rule{MADConstant: robust.MADSurvey, Tolerance: exactly, Zero: robust.IQROnly}
	for name, r := range map[string]robust.Rule{
		"huber_fixed_wmad":                 {Psi: robust.HuberPsi(k)},
		"huberM_given_scale":               {Psi: robust.HuberPsi(k)},
		"robsurvey_huber":                  {Psi: robust.HuberPsi(k)},
		"bisquare_fixed_wmad_start_median": {Psi: robust.TukeyPsi(kt)},
		"bisquare_fixed_wmad_start_mean":   {Psi: robust.TukeyPsi(kt), StartAtMean: true},
		"robsurvey_tukey":                  {Psi: robust.TukeyPsi(kt)},
	} {
		r.MADConstant, r.Tolerance, r.Zero = base.MADConstant, base.Tolerance, base.Zero
		l, err := robust.Estimate(x, w, r)
		if err != nil {
			return nil, err
		}
		if l.Status == robust.ZeroScale {
			out[name] = Refused{fmt.Errorf("the scale is zero")}
			continue
		}
		out[name] = map[string]any{"mu": l.Value, "s": l.Scale, "u": l.RobustWeights}
	}
	if err := peerDefaultHuber(x, w, k, out); err != nil {
		return nil, err
	}
	return out, weightedMeans(x, w, out)
}

// peerDefaultHuber takes the raw weighted MAD about the high median as scale.
func peerDefaultHuber(x, w []float64, k float64, out map[string]any) error {
	s := robust.Sort(x, w)
	mu := s.HighMedian()
	dev := make([]float64, len(x))
	for i, v := range x {
		dev[i] = math.Abs(v - mu)
	}
	scale := robust.Sort(dev, w).HighMedian()
	if scale == 0 {
		out["huberM_default_scale"] = map[string]any{"mu": mu, "s": 0}
		return nil
	}
	l, err := robust.Estimate(x, w, robust.Rule{Psi: robust.HuberPsi(k), Scale: scale, Tolerance: exactly})
	out["huberM_default_scale"] = map[string]any{"mu": l.Value, "s": l.Scale}
	return err
}

// weightedMeans adds trimmed and winsorised means and the identity at k = ∞.
func weightedMeans(x, w []float64, out map[string]any) error {
	for _, share := range []float64{0.01, 0.02, 0.05, 0.1, 0.15, 0.2, 0.25} {
		name := strconv.FormatFloat(share, 'g', -1, 64)
		t, err := robust.TrimmedMean(x, w, share, 1-share)
		if err != nil {
			return err
		}
		out["trimmed_"+name] = t.Value
		if t, err = robust.WinsorizedMean(x, w, share, 1-share); err != nil {
			return err
		}
		out["winsorized_"+name] = t.Value
		if t, err = robust.WinsorizedMean(x, w, 0, 1-share); err != nil {
			return err
		}
		out["winsorized_one_sided_upper_"+strconv.FormatFloat(1-share, 'g', -1, 64)] = t.Value
	}
	for _, k := range []int{1, 2, 3, 5} {
		name := fmt.Sprintf("k_winsorized_%d", k)
		t, err := robust.WinsorizedLargest(x, w, k)
		if err != nil {
			out[name] = Refused{err}
			continue
		}
		out[name] = t.Value
	}
	l, err := robust.Estimate(x, w, robust.Rule{Psi: robust.HuberPsi(math.Inf(1))})
	if err != nil {
		return err
	}
	out["huber_k_infinite"], out["weighted_mean"] = l.Value, l.Value
	j, err := robust.Joint(x, w, robust.JointRule{K: 1.5, MADConstant: robust.MADSurvey})
	out["robsurvey_huber_proposal2_k1.5"] = map[string]any{"mu": j.Value, "s": j.Scale}
	if err != nil {
		out["robsurvey_huber_proposal2_k1.5"] = Refused{err}
	}
	return nil
}

func zeroMAD(c *Case) (map[string]any, error) {
	x, w, err := answers(c)
	if err != nil {
		return nil, err
	}
	out := plainNumbers(x)
	l, err := robust.Estimate(x, w, robust.Rule{Psi: robust.HuberPsi(math.Inf(1))})
	if err != nil {
		return nil, err
	}
	out["weighted_mean"] = l.Value
	if err := huberResults(x, 1.5, out); err != nil {
		return nil, err
	}
	out["mass_huber_says"], out["huberM"] = out["huber_mad_k1.5"], out["huberM_k1.5"]
	l, err = robust.Estimate(x, w, robust.Rule{Psi: robust.HuberPsi(1.345), MADConstant: robust.MADSurvey, Zero: robust.IQROnly, Tolerance: exactly})
	if err != nil {
		return nil, err
	}
	out["robsurvey_iqr_fallback"] = map[string]any{"mu": l.Value, "scale": l.Scale, "robweights": l.RobustWeights}
	if l.Scale == 0 {
		out["robsurvey_iqr_fallback"] = Refused{fmt.Errorf("the scale and the interquartile range are zero")}
	}
	return out, nil
}

func robustByGroup(c *Case) (map[string]any, error) {
	y, by, w, err := groupInput(c)
	if err != nil {
		return nil, err
	}
	codes, levels, err := c.Data.Factor(by)
	if err != nil {
		return nil, err
	}
	k, err := c.Params.FloatOr("k_huber", 1.345)
	if err != nil {
		return nil, err
	}
	if k, err = c.Params.FloatOr("k", k); err != nil {
		return nil, err
	}
	g, err := robust.ByGroup(y, w, codes, len(levels), robust.Rule{Psi: robust.HuberPsi(k), MADConstant: robust.MADSurvey, Zero: robust.Refuse})
	if err != nil {
		return nil, err
	}
	groups := map[string]any{}
	for i, name := range levels {
		r := map[string]any{"n": g.N[i], "mean": g.Mean[i], "median": g.Median[i], "scale": g.Scale[i], "huber": nil, "min_u": nil}
		if g.Scale[i] > 0 {
			r["huber"], r["min_u"] = g.Value[i], g.LeastWeight[i]
		}
		groups[name] = r
	}
	return map[string]any{"groups": groups}, nil
}

func groupInput(c *Case) (y []float64, by string, w []float64, err error) {
	name, err := c.Params.String("y")
	if err != nil {
		return nil, "", nil, err
	}
	if by, err = c.Params.String("by"); err != nil {
		return nil, "", nil, err
	}
	y, missing, err := c.Data.Floats(name)
	if err != nil {
		return nil, "", nil, err
	}
	if w, err = c.Weight(); err != nil {
		return nil, "", nil, err
	}
	w = slices.Clone(w)
	for i, gone := range missing {
		if gone {
			w[i] = 0 // a row without an answer takes no part
		}
	}
	return y, by, w, nil
}
