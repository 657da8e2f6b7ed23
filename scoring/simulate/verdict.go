package simulate

import (
	"fmt"
	"strings"

	"gongping/internal/errs"
)

// Outcome says whether a target was met.
type Outcome string

// The outcomes. Beyond: missed, and missed as well by the oracle, which knows
// the generator; Unidentified: the scenario is one in which truth and attack
// cannot be told apart from the answers at all.
const (
	Met          Outcome = "met"
	Beyond       Outcome = "beyond"
	Missed       Outcome = "missed"
	Unidentified Outcome = "unidentified"
)

// Verdict is one target in one cell. Slack is how far the value may miss the
// target by simulation error alone: two standard errors, of the paired difference
// over the rounds where two estimators are compared. SE is that standard error, nil
// where the slack is another (the shares of pull: one hundredth).
type Verdict struct {
	Target string   `json:"target"`
	Value  float64  `json:"value"`
	Limit  float64  `json:"limit"`
	Slack  float64  `json:"slack"`
	Status Outcome  `json:"status"`
	SE     *float64 `json:"se,omitempty"`
	Oracle *float64 `json:"oracle,omitempty"` // what full knowledge of the generator gives
	// Bound is the least that an estimator with full knowledge can have which
	// keeps the limit on one hostile answer.
	Bound *float64 `json:"bound,omitempty"`
}

// judge fills Status; sign 1 = small values are good.
func (v Verdict) judge(sign float64, sc *Scenario) Verdict {
	bad := func(x float64) bool { return sign*(x-v.Limit) > v.Slack }
	switch {
	case !bad(v.Value):
		v.Status = Met
	case sc.Unidentified:
		v.Status = Unidentified
	case v.Oracle != nil && bad(*v.Oracle):
		v.Status = Beyond
	default:
		v.Status = Missed
	}
	return v
}

// Count sums up the verdicts; unidentified ones count as beyond.
func (r *Report) Count() (met, beyond, missed int) {
	for _, c := range r.Cells {
		for _, v := range c.Verdicts {
			switch v.Status {
			case Met:
				met++
			case Missed:
				missed++
			default:
				beyond++
			}
		}
	}
	return met, beyond, missed
}

// pullLimit is the share of its raw pull that one hostile or coached answer may have.
const pullLimit = 1.0 / 3

// verdicts judges a cell. bound holds the shift shares of the nearest oracle
// where the scenario itself has none.
func verdicts(sc *Scenario, n int, t []tally, bound *[2]float64) []Verdict {
	var v []Verdict
	oracleOf := func(f func(*tally) float64) *float64 {
		if bound != nil {
			return nil
		}
		x := f(&t[eOracle])
		return &x
	}
	v = append(v,
		against(sc, "RMSE no worse than raw, EB, Huber", t, func(t *tally) []float64 { return t.rmse }, 1, oracleOf),
		against(sc, "wrong band no worse", t, func(t *tally) []float64 { return t.wrong }, 1, oracleOf),
		against(sc, "bottom tenth no worse", t, func(t *tally) []float64 { return t.bottom }, -1, oracleOf))
	if bound == nil {
		b := limitedError(&t[eOracle], &t[eRaw], pullLimit)
		v[0].Bound = &b
	}
	if n >= 50 {
		for k, d := range []string{"hostile", "coached"} {
			get := func(t *tally) float64 { return t.shiftLow[0] }
			if d == "coached" {
				get = func(t *tally) float64 { return t.shiftHigh[0] }
			}
			share := func(x *tally) float64 { return get(x) / get(&t[eRaw]) }
			s := share(&t[eOfficial])
			best := oracleOf(share)
			if bound != nil {
				best = &bound[k]
			}
			v = append(v, Verdict{Target: "one " + d + " answer at most 1/3 of raw", Value: s, Limit: pullLimit, Slack: 0.01, Oracle: best}.judge(1, sc))
		}
	}
	off := t[eOfficial].measure("")
	if off.Kept != nil {
		kept := func(t *tally) float64 { return t.keptNum / t.keptDen }
		add := func(name string, limit, se float64) {
			v = append(v, Verdict{Target: name, Value: *off.Kept, Limit: limit, Slack: 2 * se, SE: &se, Oracle: oracleOf(kept)}.judge(-1, sc))
		}
		add("complaint kept, no less than EB", kept(&t[eEB]), t[eOfficial].keptError(&t[eEB]))
		own := t[eOfficial].keptError(nil)
		if !sc.UnequalN {
			switch {
			case n >= 300:
				add("complaint kept at n=300", 0.97, own)
			case n >= 100 && sc.Tied:
				add("tied complaint kept at n=100", 0.95, own)
			case n >= 100:
				add("complaint kept at n=100", 0.85, own)
			}
		}
	}
	c := *off.Coverage
	se := meanError(t[eOfficial].coverage)
	cover := Verdict{Target: "coverage 93-97%", Value: c, Limit: 0.95, Slack: 0.02 + 2*se, SE: &se}
	if c > cover.Limit {
		return append(v, cover.judge(1, sc))
	}
	return append(v, cover.judge(-1, sc))
}

// against compares the official estimator with the best of raw, EB and Huber;
// sign 1 = smaller is better. The slack is two standard errors of the paired
// difference over the replicates.
func against(sc *Scenario, name string, t []tally, get func(*tally) []float64, sign float64, oracleOf func(func(*tally) float64) *float64) Verdict {
	off := get(&t[eOfficial])
	best := eRaw
	for _, k := range []int{eEB, eHuber} {
		if sign*mean(get(&t[k])) < sign*mean(get(&t[best])) {
			best = k
		}
	}
	diff := make([]float64, len(off))
	for i := range off {
		diff[i] = off[i] - get(&t[best])[i]
	}
	se := meanError(diff)
	value, limit := mean(off), mean(get(&t[best]))
	return Verdict{Target: name, Value: value, Limit: limit, Slack: 2 * se, SE: &se, Oracle: oracleOf(func(t *tally) float64 { return mean(get(t)) })}.judge(sign, sc)
}

// selected returns the scenarios by name, all for none.
func selected(names []string) ([]Scenario, error) {
	all := Scenarios()
	if len(names) == 0 {
		return all, nil
	}
	var out []Scenario
	for _, n := range names {
		found := false
		for _, s := range all {
			if s.Name == n {
				out, found = append(out, s), true
			}
		}
		if !found {
			return nil, errs.New(errs.Invalid, "simulate.scenario", "there is no such scenario").
				At("scenario", n, strings.Join(Names(), ", "), "name one of them, or none for all")
		}
	}
	return out, nil
}

// Names are the names of the scenarios.
func Names() []string {
	var out []string
	for _, s := range Scenarios() {
		out = append(out, s.Name)
	}
	return out
}

func (c *Config) check() error {
	fault := func(where, found, want string) error {
		return errs.New(errs.Invalid, "simulate.config", "the simulation cannot run").At(where, found, want, "")
	}
	if c.Units < 20 || c.Units > 20000 {
		return fault("units", fmt.Sprint(c.Units), "20 to 20000")
	}
	if c.Reps < 1 || c.Reps > 10000 {
		return fault("reps", fmt.Sprint(c.Reps), "1 to 10000")
	}
	if len(c.N) == 0 || len(c.Items) == 0 {
		return fault("n, items", "none", "at least one value each")
	}
	if !(c.GuardShare >= 0 && c.GuardShare < 1) || !(c.MaxExtremeShare >= 0 && c.MaxExtremeShare < 1) {
		return fault("guard share, largest extreme share", fmt.Sprint(c.GuardShare, ", ", c.MaxExtremeShare), "shares from 0 to below 1")
	}
	for _, n := range c.N {
		if n < 5 || n > 5000 {
			return fault("n", fmt.Sprint(n), "5 to 5000")
		}
	}
	for _, i := range c.Items {
		if i < 1 || i > 20 {
			return fault("items", fmt.Sprint(i), "1 to 20")
		}
	}
	return nil
}
