package conformance

import (
	"gongping/survey/design"
)

func init() {
	Register("A.allocation", allocationCase)
	Register("A.sample_size", sampleSizeCase)
	Register("A.pps_inclusion", ppsCase)
	Register("A.horvitz_thompson", horvitzThompsonCase)
	Register("A.two_stage", twoStageCase)
}

// allocationCase computes every allocation rule, free and bounded. Budget and
// target variance are inputs that the cases state next to the results.
func allocationCase(c *Case) (map[string]any, error) {
	s, err := planningStrata(c)
	if err != nil {
		return nil, err
	}
	n, err := c.Params.Int("n")
	if err != nil {
		return nil, err
	}
	a, err := c.Params.FloatOr("power_a", 0.5)
	if err != nil {
		return nil, err
	}
	least, err := c.Params.IntOr("min_per_stratum", 0)
	if err != nil {
		return nil, err
	}
	out, variance := map[string]any{}, map[string]any{}
	for _, rule := range design.Rules {
		m, err := s.Measure(rule, a)
		var free []float64
		if err == nil {
			free, err = design.Share(float64(n), m)
		}
		if err != nil {
			out[string(rule)], out[string(rule)+"_bounded"] = Refused{err}, Refused{err}
			continue
		}
		whole, _ := design.LargestRemainder(free, nil)
		out[string(rule)] = map[string]any{"real": free, "integer": whole}
		if rule == design.OptimalCost {
			out["cost_of_optimal"] = s.TotalCost(free)
		}
		b, err := design.Allocate(n, m, s.Population, design.Bounds{Minimum: least})
		key := string(rule) + "_bounded"
		if err != nil {
			out[key] = Refused{err}
			continue
		}
		out[key] = map[string]any{"real": b.Real, "status": b.Status, "integer": b.N}
		if v, err := s.Variance(b.Real); err == nil {
			variance[key] = v
		}
	}
	out["variance_of_mean"] = variance
	out["neyman_min_variance_formula"] = nil
	if v, ok := s.MinimumVariance(float64(n)); ok {
		out["neyman_min_variance_formula"] = v
	}
	return out, plannedInputs(c, s, out)
}

// plannedInputs adds the results for a fixed budget and a target variance.
func plannedInputs(c *Case, s design.Strata, out map[string]any) error {
	if budget, ok := statedInput(c, "budget", "fixed_budget_optimal"); ok {
		n, err := s.OptimalForBudget(budget)
		if err != nil {
			return err
		}
		out["fixed_budget_optimal"] = map[string]any{"budget": budget, "n_h": n}
	}
	if target, ok := statedInput(c, "target_variance_of_mean", "n_for_variance"); ok {
		neyman, proportional, err := s.SizeForVariance(target)
		if err != nil {
			return err
		}
		out["n_for_variance"] = map[string]any{"target_variance_of_mean": target, "neyman": neyman, "proportional": proportional}
	}
	return nil
}

// statedInput finds an input in the parameters, or where cases of this method
// repeat it beside the result it belongs to.
func statedInput(c *Case, key, beside string) (float64, bool) {
	if v, err := c.Params.Float(key); err == nil {
		return v, true
	}
	if o, ok := c.Expected.Values[beside].(*Object); ok {
		v, ok := o.Values[key].(float64)
		return v, ok
	}
	return 0, false
}

func planningStrata(c *Case) (s design.Strata, err error) {
	for name, to := range map[string]*[]float64{"N": &s.Population, "S": &s.SD, "mean": &s.Mean, "X": &s.Size, "cost": &s.Cost} {
		if *to, err = c.Data.Complete(name); err != nil {
			return s, err
		}
	}
	return s, nil
}

// sampleSizeCase answers one row per precision target.
func sampleSizeCase(c *Case) (map[string]any, error) {
	kind, err := c.Data.Text("kind")
	if err != nil {
		return nil, err
	}
	cols := map[string][]float64{}
	for _, name := range []string{"p", "sd", "moe", "conf", "N", "deff", "response_rate"} {
		if cols[name], _, err = c.Data.Floats(name); err != nil {
			return nil, err
		}
	}
	rows := make([]any, c.Data.Rows)
	var first design.Precision
	for i := range rows {
		p := design.Precision{HalfWidth: cols["moe"][i], Confidence: cols["conf"][i], Population: cols["N"][i],
			DesignEffect: cols["deff"][i], ResponseRate: cols["response_rate"][i]}
		if kind[i] == "proportion" {
			p.Proportion = cols["p"][i]
		} else {
			p.SD = cols["sd"][i]
		}
		if i == 0 {
			first = p
		}
		s, err := p.Size()
		if err != nil {
			rows[i] = Refused{err}
			continue
		}
		rows[i] = map[string]any{"row": i + 1, "z": s.Z, "n0": s.N0, "n_fpc": s.NFPC, "n_fpc_plain": s.NPlain,
			"n_deff": s.NDeff, "n_deff_ceiling": s.Complete, "n_invite": s.Invite}
	}
	out := map[string]any{"rows": rows}
	// Cochran's worked example rounds the quantile to 2.
	if s, err := first.SizeAt(2); err == nil {
		out["cochran_at_t2"] = map[string]any{"n0": s.N0, "n": s.NFPC}
	}
	return out, nil
}

// ppsCase gives probabilities, certainty units and a systematic sample,
// units counted from 1.
func ppsCase(c *Case) (map[string]any, error) {
	x, err := c.Data.Complete("x")
	if err != nil {
		return nil, err
	}
	n, err := c.Params.Float("n")
	if err != nil {
		return nil, err
	}
	p, err := design.InclusionPPS(x, n)
	if err != nil {
		return nil, err
	}
	certain := []int{}
	for i, v := range p.Certain {
		if v {
			certain = append(certain, i+1)
		}
	}
	out := map[string]any{"pi": p.Probability, "take_all": certain, "sum": p.Expected}
	if c.Params.Has("systematic_start") {
		u, err := c.Params.Float("systematic_start")
		if err != nil {
			return nil, err
		}
		chosen, err := design.Systematic(p.Probability, u)
		if err != nil {
			return nil, err
		}
		for i := range chosen {
			chosen[i]++
		}
		out["systematic_selected"] = chosen
	}
	return out, nil
}

func horvitzThompsonCase(c *Case) (map[string]any, error) {
	name, err := c.Params.StringOr("y", "y")
	if err != nil {
		return nil, err
	}
	y, err := c.Data.Complete(name)
	if err != nil {
		return nil, err
	}
	column := c.Design.Other["inclusion_probability"]
	if column == "" {
		column = "pi"
	}
	pi, err := c.Data.Complete(column)
	if err != nil {
		return nil, err
	}
	t, err := design.HorvitzThompson(y, pi)
	if err != nil {
		return nil, err
	}
	out := map[string]any{"ht_total": t.Total, "hajek_mean": t.Mean, "n_eff_kish": t.KishN,
		"var_hansen_hurwitz": nil, "var_deville_n": nil, "sampling_varest": nil}
	if t.VarianceKnown {
		out["var_hansen_hurwitz"], out["var_deville_n"], out["sampling_varest"] = t.HansenHurwitz, t.DevilleN, t.Deville
	}
	return out, nil
}

func twoStageCase(c *Case) (map[string]any, error) {
	codes, _, err := c.Data.Factor("stratum")
	if err != nil {
		return nil, err
	}
	stratum := make([]int, len(codes))
	for i, k := range codes {
		stratum[i] = int(k)
	}
	var cols [3][]float64
	for i, name := range []string{"size", "m", "take"} {
		if cols[i], err = c.Data.Complete(name); err != nil {
			return nil, err
		}
	}
	t, err := design.PlanTwoStage(stratum, cols[0], cols[1], cols[2])
	if err != nil {
		return nil, err
	}
	return map[string]any{"pi1": t.First, "pi2": t.Second, "weight": t.Weight}, nil
}
