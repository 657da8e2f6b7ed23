package design

import (
	"fmt"
	"math"
)

// Strata are the planning figures of the strata, one entry per stratum. Only
// Population is needed by every rule; the others by the rules that name them.
type Strata struct {
	Population []float64 // N_h, people in the frame
	SD         []float64 // S_h, expected standard deviation
	Mean       []float64 // Ȳ_h, expected mean (power allocation)
	Size       []float64 // X_h, size or importance (power allocation)
	Cost       []float64 // c_h, cost of one complete answer
}

// Rule is an allocation rule. Each gives n_h proportional to a measure.
type Rule string

// The rules and their measures.
const (
	Equal        Rule = "equal"        // 1
	Proportional Rule = "proportional" // N_h; Cochran (1977) 5.2
	Neyman       Rule = "neyman"       // N_h S_h; eq. 5.26
	OptimalCost  Rule = "optimal_cost" // N_h S_h / √c_h; eq. 5.23
	Power        Rule = "power"        // (S_h/Ȳ_h) X_h^a; Bankier (1988)
	SquareRoot   Rule = "square_root"  // √N_h
)

// Rules lists all rules in the order in which they are offered.
var Rules = []Rule{Equal, Proportional, Neyman, OptimalCost, Power, SquareRoot}

// Measure returns the measure of the rule for each stratum. a is Bankier's
// power, between 0 (equal relative precision) and 1 (near Neyman); the other
// rules ignore it.
//
// Faults: no stratum, a planning figure that is missing or negative, an unknown rule.
//
// Source: Cochran (1977), sections 5.5 to 5.9; power allocation Bankier (1988).
func (s Strata) Measure(rule Rule, a float64) ([]float64, error) {
	n := len(s.Population)
	out := make([]float64, n)
	need := func(name string, v []float64, positive bool) error {
		mustLen(name, len(v), n)
		for h, x := range v {
			if !finite(x) || x < 0 || positive && x == 0 {
				return fault("bad_planning_figure", fmt.Sprintf("%s of stratum %d", name, h+1), fmt.Sprint(x),
					"a number above zero", "give a planning value, for example from the last round",
					"rule %s needs %s for every stratum", rule, name)
			}
		}
		return nil
	}
	if n == 0 {
		return nil, fault("no_strata", "strata", "0", "at least one stratum", "", "there is no stratum")
	}
	if err := need("population", s.Population, false); err != nil {
		return nil, err
	}
	var err error
	for h, nh := range s.Population {
		switch rule {
		case Equal:
			out[h] = 1
		case Proportional:
			out[h] = nh
		case SquareRoot:
			out[h] = math.Sqrt(nh)
		case Neyman:
			if h == 0 {
				err = need("sd", s.SD, false)
			}
			if err == nil {
				out[h] = nh * s.SD[h]
			}
		case OptimalCost:
			if h == 0 {
				if err = need("sd", s.SD, false); err == nil {
					err = need("cost", s.Cost, true)
				}
			}
			if err == nil {
				out[h] = nh * s.SD[h] / math.Sqrt(s.Cost[h])
			}
		case Power:
			if h == 0 {
				if err = need("sd", s.SD, false); err == nil {
					err = need("mean", s.Mean, true)
				}
				if err == nil {
					err = need("size", s.Size, false)
				}
			}
			if err == nil {
				out[h] = s.SD[h] / s.Mean[h] * math.Pow(s.Size[h], a)
			}
		default:
			return nil, fault("unknown_rule", "rule", string(rule), fmt.Sprint(Rules), "", "unknown allocation rule")
		}
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}

// Share divides n in proportion to the measure, without rounding or bounds.
//
// Faults: a negative measure, measures that are all zero.
func Share(n float64, measure []float64) ([]float64, error) {
	sum := 0.0
	for h, m := range measure {
		if !finite(m) || m < 0 {
			return nil, fault("bad_measure", fmt.Sprintf("stratum %d", h+1), fmt.Sprint(m), "a number of zero or more", "", "the measure of a stratum is negative or not a number")
		}
		sum += m
	}
	if sum == 0 {
		return nil, fault("empty_measure", "strata", "0", "at least one stratum with a positive measure",
			"check sizes and standard deviations", "nothing to share the sample by: all measures are zero")
	}
	out := make([]float64, len(measure))
	for h, m := range measure {
		out[h] = n * m / sum
	}
	return out, nil
}

// tieDecimals: fractions equal to 9 decimals count as equal, so that a tie is
// decided by the stated rule and not by the sixteenth digit.
const tieScale = 1e9

// LargestRemainder rounds real allocations to integers that add up to the
// (rounded) sum of the reals: every stratum gets its floor, then one each by
// largest fraction; equal fractions go to the earlier stratum. With caps a
// stratum at its cap is passed over. It returns false when the caps leave part
// of the sum without a place.
//
// Source: Balinski and Young (1982).
func LargestRemainder(real, caps []float64) ([]int, bool) {
	if caps != nil {
		mustLen("caps", len(caps), len(real))
	}
	out := make([]int, len(real))
	frac := make([]float64, len(real))
	sum, placed := 0.0, 0
	for h, r := range real {
		sum += r
		f := math.Floor(r + 1/tieScale)
		if caps != nil {
			f = min(f, math.Floor(caps[h]))
		}
		out[h] = int(f)
		placed += out[h]
		frac[h] = math.Round((r-f)*tieScale) / tieScale
	}
	left := int(math.Round(sum)) - placed
	for left > 0 {
		best := -1
		for h, f := range frac {
			if caps != nil && float64(out[h]+1) > caps[h] {
				continue
			}
			if best < 0 || f > frac[best] {
				best = h
			}
		}
		if best < 0 {
			return out, false
		}
		out[best]++
		frac[best]--
		left--
	}
	return out, true
}

// Variance is that of the stratified mean under simple random sampling within
// strata, Σ W_h² S_h²/n_h (1 − n_h/N_h) (Cochran 1977, eq. 5.12). Strata
// without people do not count; a stratum with people and no answer is an error.
func (s Strata) Variance(n []float64) (float64, error) {
	mustLen("n", len(n), len(s.Population))
	mustLen("sd", len(s.SD), len(s.Population))
	total, v := 0.0, 0.0
	for _, p := range s.Population {
		total += p
	}
	for h, p := range s.Population {
		if p == 0 {
			continue
		}
		if !(n[h] > 0) {
			return 0, fault("empty_stratum", fmt.Sprintf("stratum %d", h+1), fmt.Sprint(n[h]), "at least one answer",
				"raise n or the minimum per stratum, or collapse the stratum", "a stratum gets no answer, so its mean is unknown")
		}
		w := p / total
		v += float64(w * w * s.SD[h] * s.SD[h] / n[h] * (1 - n[h]/p))
	}
	return max(v, 0), nil
}
