package conformance

import (
	"maps"
	"math"
	"slices"
	"strings"

	"gongping/analytics/fairness"
)

func init() {
	Register("H.dif", itemDIF)
	Register("H.group_difference", groupDifference)
	Register("H.inequality", inequality)
	Register("H.interviewer_effect", interviewerEffect)
	Register("H.k_groups", kGroups)
}

func interviewerEffect(c *Case) (map[string]any, error) {
	y, g, _, err := outcomeAndGroup(c, "interviewer")
	if err != nil {
		return nil, err
	}
	r, err := fairness.MeasureInterviewers(y, g)
	if refusal(err) {
		return withoutVariance(map[string]any{}, y, g, err, "rho_int", "rho_int_floor0", "deff_mean_load", "deff_weighted_load",
			"F", "p", "rho_reml"), nil
	}
	if err != nil {
		return nil, err
	}
	return map[string]any{
		"ms_between": r.ANOVA.MSBetween, "ms_within": r.ANOVA.MSWithin, "n0": r.ANOVA.N0,
		"rho_int": r.Rho, "rho_int_floor0": r.RhoFloored,
		"deff_mean_load": r.DeffMean, "deff_weighted_load": r.DeffWeighted,
		"F": r.ANOVA.F, "p": r.P, "rho_reml": r.RhoREML,
	}, nil
}

func kGroups(c *Case) (map[string]any, error) {
	y, g, _, err := outcomeAndGroup(c, "group")
	if err != nil {
		return nil, err
	}
	k, err := fairness.CompareKGroups(y, g.Codes, g.Levels)
	if err != nil {
		return nil, err
	}
	out := map[string]any{
		"kruskal_H": k.KruskalH, "kruskal_df": k.KruskalDF, "kruskal_p": k.KruskalP,
		"epsilon_squared": k.EpsilonSquared, "welch_F": nil, "welch_df": nil, "welch_p": nil,
		"jonckheere_J": k.JonckheereJ, "jonckheere_mean": k.JonckheereMean, "jonckheere_var": k.JonckheereVar,
		"jonckheere_z": k.JonckheereZ, "jonckheere_p_two_sided": k.JonckheereP,
	}
	if !k.HasWelch && groupsOfTwo(g.Codes, g.Levels) {
		out["welch_df"] = []any{float64(g.Levels - 1), nil} // a group without variation
	}
	if k.HasWelch {
		out["welch_F"], out["welch_p"] = k.WelchF, k.WelchP
		out["welch_df"] = []float64{k.WelchDF1, k.WelchDF2}
	}
	return out, nil
}

// groupsOfTwo reports whether every group has two answers at least.
func groupsOfTwo(codes []int32, groups int) bool {
	n := make([]int, groups)
	for _, k := range codes {
		n[k]++
	}
	return slices.Min(n) > 1
}

func inequality(c *Case) (map[string]any, error) {
	xName, err := c.Params.StringOr("x", "x")
	if err != nil {
		return nil, err
	}
	gName, err := c.Params.StringOr("group", "")
	if err != nil {
		return nil, err
	}
	keep, err := present(c.Data, xName, gName, c.Design.Weight)
	if err != nil {
		return nil, err
	}
	x, err := numbers(c.Data, xName, keep)
	if err != nil {
		return nil, err
	}
	var w []float64
	if c.Design.Weight != "" {
		if w, err = numbers(c.Data, c.Design.Weight, keep); err != nil {
			return nil, err
		}
	}
	plain, err := fairness.MeasureInequality(x, nil)
	if err != nil {
		return nil, err
	}
	weighted := plain
	if w != nil {
		if weighted, err = fairness.MeasureInequality(x, w); err != nil {
			return nil, err
		}
	}
	out := inequalityResults(plain, weighted)
	if gName != "" {
		g, _, err := grouping(c.Data, gName, keep)
		if err != nil {
			return nil, err
		}
		out["theil_between"], out["theil_within"], err = fairness.TheilParts(x, w, g.Codes, g.Levels)
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}

func inequalityResults(plain, weighted *fairness.Inequality) map[string]any {
	out := map[string]any{
		"gini": plain.Gini, "gini_unbiased": plain.GiniUnbiased, "gini_weighted": weighted.Gini,
		"theil_T": plain.TheilT, "theil_T_weighted": weighted.TheilT,
		"theil_L": optional(plain.TheilL), "theil_L_weighted": optional(weighted.TheilL),
		"cv": plain.CV, "atkinson_0.5": plain.Atkinson, "p90_p10_type7": "Inf",
		"lorenz": plain.Lorenz, "hoover": plain.Hoover, "laeken_gini_percent": 100 * weighted.Gini,
	}
	if plain.P90P10 != nil {
		out["p90_p10_type7"] = *plain.P90P10
	}
	return out
}

func optional(v *float64) any {
	if v == nil {
		return nil
	}
	return *v
}

// groupDifference compares the two groups of a column; params.direction
// "a minus b" says which is which, otherwise first minus second level.
func groupDifference(c *Case) (map[string]any, error) {
	y, g, levels, err := outcomeAndGroup(c, "group")
	if err != nil {
		return nil, err
	}
	if len(levels) != 2 {
		return nil, Unsupported("a difference needs two groups, found %d", len(levels))
	}
	first := 0
	direction, err := c.Params.StringOr("direction", "")
	if err != nil {
		return nil, err
	}
	if a, b, ok := strings.Cut(direction, " minus "); ok {
		if slices.Contains(levels, a) {
			first = slices.Index(levels, a)
		} else if slices.Contains(levels, b) {
			first = 1 - slices.Index(levels, b)
		}
	}
	var w []float64
	if c.Design.Weight != "" {
		yName, _ := c.Params.String("y")
		gName, _ := c.Params.String("group")
		keep, err := present(c.Data, yName, gName)
		if err != nil {
			return nil, err
		}
		if w, err = numbers(c.Data, c.Design.Weight, keep); err != nil {
			return nil, err
		}
	}
	pick := make([]bool, len(y))
	rest := make([]bool, len(y))
	for i, k := range g.Codes {
		pick[i] = int(k) == first
		rest[i] = !pick[i]
	}
	var w1, w2 []float64
	if w != nil {
		w1, w2 = rows(w, pick), rows(w, rest)
	}
	d, err := fairness.CompareGroups(rows(y, pick), rows(y, rest), w1, w2, 0.95)
	if err == nil {
		out := rankResults(d)
		maps.Copy(out, differenceResults(d))
		return out, nil
	}
	ranks, rankErr := fairness.CompareRanks(rows(y, pick), rows(y, rest))
	if rankErr != nil {
		return nil, err
	}
	out := rankResults(ranks)
	if slices.Min(y) == slices.Max(y) {
		out["mann_whitney_p"] = nil // 0/0 for the peer; the product says 1
	}
	return withAll(out, []string{"cohen_d", "hedges_g", "hedges_J", "var_d", "smd_average_variance", "glass_delta", "smd_weighted", "welch"}, Refused{err}), nil
}

func rankResults(d *fairness.Difference) map[string]any {
	n := float64(d.N1) * float64(d.N2) / float64(d.N1+d.N2)
	return map[string]any{"mann_whitney_W": d.MannWhitneyW, "mann_whitney_p": d.MannWhitneyP,
		"probability_superiority": d.Superiority, "cliff_delta": d.CliffDelta,
		"ks_D": d.KSD, "ks_p_asymptotic": peerKolmogorov(d.KSD*math.Sqrt(n), d.KSP)}
}

// peerKolmogorov cuts the series below 1 after its first term, as the peer does,
// which is off by up to 4e-5 near 1.
func peerKolmogorov(z, p float64) float64 {
	if z <= 0 || z >= 1 {
		return p
	}
	return 1 - math.Sqrt(2*math.Pi)/z*math.Exp(-math.Pi*math.Pi/(8*z*z))
}

func differenceResults(d *fairness.Difference) map[string]any {
	out := map[string]any{
		"cohen_d": d.CohenD, "hedges_g": d.HedgesG, "hedges_J": d.HedgesJ, "var_d": d.VarD,
		"smd_average_variance": d.SMDAverage, "glass_delta": nil, "smd_weighted": nil,
		"welch": map[string]any{"t": d.Welch.T, "df": d.Welch.DF, "p": d.Welch.P,
			"ci95": []float64{d.Welch.Lower, d.Welch.Upper}},
	}
	if d.HasGlass {
		out["glass_delta"] = d.GlassDelta
	}
	if d.HasWeighted {
		out["smd_weighted"] = d.SMDWeighted
	}
	return out
}

func itemDIF(c *Case) (map[string]any, error) {
	gName, err := c.Params.String("group")
	if err != nil {
		return nil, err
	}
	items, err := c.Params.Strings("items")
	if err != nil {
		return nil, err
	}
	breaks, err := c.Params.Floats("total_breaks")
	if err != nil {
		return nil, err
	}
	yes, err := c.Params.FloatOr("dichotomise_at", 4)
	if err != nil {
		return nil, err
	}
	keep, err := present(c.Data, append([]string{gName}, items...)...)
	if err != nil {
		return nil, err
	}
	g, levels, err := grouping(c.Data, gName, keep)
	if err != nil {
		return nil, err
	}
	if len(levels) != 2 {
		return nil, Unsupported("item bias is measured between two groups, found %d", len(levels))
	}
	second := make([]bool, len(g.Codes))
	for i, k := range g.Codes {
		second[i] = k == 1
	}
	answers := make([][]float64, len(items))
	total := make([]float64, len(second))
	for k, item := range items {
		if answers[k], err = numbers(c.Data, item, keep); err != nil {
			return nil, err
		}
		for i, v := range answers[k] {
			total[i] += v
		}
	}
	out := map[string]any{}
	for k, item := range items {
		if out[item], err = oneItem(answers[k], total, second, breaks, yes); err != nil {
			out[item] = Refused{err}
		}
	}
	return out, nil
}

func oneItem(answer, total []float64, second []bool, breaks []float64, yes float64) (map[string]any, error) {
	d, err := fairness.MeasureOrdinalDIF(answer, total, second)
	if err != nil {
		return nil, err
	}
	out := map[string]any{
		"loglik": d.LogLik[:], "mcfadden_r2": d.McFadden[:],
		"lr_uniform": d.Uniform, "lr_nonuniform": d.NonUniform, "lr_total": d.Total,
		"p_uniform": d.UniformP, "p_nonuniform": d.NonUniformP, "p_total": d.TotalP,
		"group_coef": d.GroupCoef, "total_coef": d.TotalCoef, "cutpoints": d.CutWithGroup,
	}
	if len(breaks) < 2 {
		return out, nil
	}
	high := make([]bool, len(answer))
	for i, v := range answer {
		high[i] = v >= yes
	}
	m, err := fairness.MeasureMantelHaenszel(high, second, fairness.Strata(total, breaks), len(breaks)-1)
	if err != nil {
		return nil, err
	}
	out["mh_common_or"], out["mh_d_dif"] = optional(m.OddsRatio), optional(m.DeltaDIF)
	if m.OddsRatio == nil && m.Never {
		out["mh_common_or"] = 0.0
	}
	out["mh_chisq"], out["mh_p"] = optional(m.ChiSquare), optional(m.P)
	out["mh_chisq_corrected"], out["mh_p_corrected"] = optional(m.ChiSquareCorrected), optional(m.PCorrected)
	out["mh_or_ci95"] = nil
	if m.Lower != nil && !math.IsInf(*m.Upper, 0) {
		out["mh_or_ci95"] = []float64{*m.Lower, *m.Upper}
	}
	return out, nil
}
