package simulate

import (
	"fmt"
	"strings"

	"gongping/internal/errs"
)

// Verdict is one target in one cell. Slack is how far the value may miss the
// target by simulation error alone (two standard errors, paired where possible).
type Verdict struct {
	Target string   `json:"target"`
	Value  float64  `json:"value"`
	Limit  float64  `json:"limit"`
	Slack  float64  `json:"slack"`
	Met    bool     `json:"met"`
	Oracle *float64 `json:"oracle,omitempty"` // what full knowledge of the generator gives
}

func verdicts(sc *Scenario, n int, t []tally, hasOracle bool) []Verdict {
	var v []Verdict
	oracleOf := func(f func(*tally) float64) *float64 {
		if !hasOracle {
			return nil
		}
		x := f(&t[eOracle])
		return &x
	}
	v = append(v,
		against("RMSE no worse than raw, EB, Huber", t, func(t *tally) []float64 { return t.rmse }, 1, oracleOf),
		against("wrong band no worse", t, func(t *tally) []float64 { return t.wrong }, 1, oracleOf),
		against("bottom tenth no worse", t, func(t *tally) []float64 { return t.bottom }, -1, oracleOf))
	if n >= 50 {
		for _, d := range []string{"hostile", "coached"} {
			get := func(t *tally) float64 { return t.shiftLow[0] }
			if d == "coached" {
				get = func(t *tally) float64 { return t.shiftHigh[0] }
			}
			share := func(x *tally) float64 { return get(x) / get(&t[eRaw]) }
			s := share(&t[eOfficial])
			v = append(v, Verdict{"one " + d + " answer at most 1/3 of raw", s, 1.0 / 3, 0.01, s <= 1.0/3+0.01, oracleOf(share)})
		}
	}
	off := t[eOfficial].measure("")
	if off.Kept != nil {
		kept := func(t *tally) float64 { return t.keptNum / t.keptDen }
		add := func(name string, limit, slack float64) {
			v = append(v, Verdict{name, *off.Kept, limit, slack, *off.Kept >= limit-slack, oracleOf(kept)})
		}
		add("complaint kept, no less than EB", kept(&t[eEB]), 0.005)
		if !sc.UnequalN {
			switch {
			case n >= 300:
				add("complaint kept at n=300", 0.97, 0.01)
			case n >= 100 && sc.Tied:
				add("tied complaint kept at n=100", 0.95, 0.01)
			case n >= 100:
				add("complaint kept at n=100", 0.85, 0.01)
			}
		}
	}
	c := *off.Coverage
	v = append(v, Verdict{"coverage 93-97%", c, 0.95, 0.02, c >= 0.93 && c <= 0.97, nil})
	return v
}

// against compares the official estimator with the best of raw, EB and Huber;
// sign 1 = smaller is better. The slack is two standard errors of the paired
// difference over the replicates.
func against(name string, t []tally, get func(*tally) []float64, sign float64, oracleOf func(func(*tally) float64) *float64) Verdict {
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
	slack := 2 * meanError(diff)
	value, limit := mean(off), mean(get(&t[best]))
	return Verdict{name, value, limit, slack, sign*(value-limit) <= slack, oracleOf(func(t *tally) float64 { return mean(get(t)) })}
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
