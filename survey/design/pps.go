package design

import (
	"fmt"
	"math"
)

// Inclusion holds probabilities proportional to size.
type Inclusion struct {
	Probability []float64
	Certain     []bool // taken with certainty
	Expected    float64
}

// InclusionPPS returns inclusion probabilities proportional to size for n
// units: π = n x/Σx; units with π ≥ 1 are taken with certainty and the rest
// computed again without them until none exceeds 1 (Särndal, Swensson &
// Wretman 1992, section 3.6.1). Units of size zero get 0.
//
// Faults: a negative size, more units asked for than have a positive size.
func InclusionPPS(size []float64, n float64) (*Inclusion, error) {
	positive := 0
	for i, x := range size {
		if !finite(x) || x < 0 {
			return nil, fault("bad_size", fmt.Sprintf("unit %d", i+1), fmt.Sprint(x), "a size of zero or more", "", "the size of a unit is negative or not a number")
		}
		if x > 0 {
			positive++
		}
	}
	if !(n >= 0) || n > float64(positive) {
		return nil, fault("infeasible_n", "n", fmt.Sprint(n), fmt.Sprintf("0 to %d", positive), "lower n: only units of positive size can be drawn", "more units are asked for than have a positive size")
	}
	out := &Inclusion{Probability: make([]float64, len(size)), Certain: make([]bool, len(size))}
	certain := 0
	for {
		sum := 0.0
		for i, x := range size {
			if !out.Certain[i] {
				sum += x
			}
		}
		left, found := n-float64(certain), false
		for i, x := range size {
			if out.Certain[i] || x == 0 || sum == 0 {
				continue
			}
			out.Probability[i] = left * x / sum
		}
		for i := range size {
			// A probability a rounding error below 1 is 1.
			if !out.Certain[i] && out.Probability[i] >= 1-1e-12 {
				out.Certain[i], out.Probability[i], found = true, 1, true
				certain++
			}
		}
		if !found {
			break
		}
	}
	for _, p := range out.Probability {
		out.Expected += p
	}
	return out, nil
}

// Systematic selects unit k when an integer j exists with C_{k−1} ≤ u + j < C_k,
// C the cumulated probabilities and u the start in [0,1) (Madow 1949). The sum
// of the probabilities is taken as whole when it is so but for rounding.
//
// Faults: a start outside [0, 1), a probability outside [0, 1].
func Systematic(probability []float64, start float64) ([]int, error) {
	if !(start >= 0 && start < 1) {
		return nil, fault("bad_start", "start", fmt.Sprint(start), "a number from 0 to below 1", "", "the random start is not in [0,1)")
	}
	total := 0.0
	for k, p := range probability {
		if !(p >= 0 && p <= 1) {
			return nil, fault("bad_probability", fmt.Sprintf("unit %d", k+1), fmt.Sprint(p), "a probability", "", "an inclusion probability is not between 0 and 1")
		}
		total += p
	}
	var out []int
	before, c := 0.0, 0.0
	for k, p := range probability {
		c += p
		upper := c
		if r := math.Round(c); math.Abs(c-r) < 1e-9 {
			upper = r
		}
		if math.Ceil(before-start) < math.Ceil(upper-start) {
			out = append(out, k)
		}
		before = upper
	}
	return out, nil
}

// TwoStage holds the probabilities and weights of a two-stage sample: units
// (committees, buildings) drawn PPS within strata, then people by simple
// random sampling within units.
type TwoStage struct {
	First, Second, Weight []float64
}

// PlanTwoStage computes, for every unit, π₁ from InclusionPPS within its
// stratum with units[i] units to draw there, π₂ = take/size (1 when the unit
// has fewer people) and the weight 1/(π₁π₂) of each of its people. A unit
// without people gets zeros.
//
// Faults: those of InclusionPPS; a number of units that differs within a stratum;
// nobody to take.
//
// Source: Särndal, Swensson and Wretman (1992), section 4.3.
func PlanTwoStage(stratum []int, size, units, take []float64) (*TwoStage, error) {
	n := len(stratum)
	mustLen("size", len(size), n)
	mustLen("units", len(units), n)
	mustLen("take", len(take), n)
	out := &TwoStage{First: make([]float64, n), Second: make([]float64, n), Weight: make([]float64, n)}
	rows := make(map[int][]int)
	var order []int
	for i, s := range stratum {
		if _, ok := rows[s]; !ok {
			order = append(order, s)
		}
		rows[s] = append(rows[s], i)
	}
	for _, s := range order {
		x := make([]float64, len(rows[s]))
		for k, i := range rows[s] {
			if units[i] != units[rows[s][0]] {
				return nil, fault("units_differ", fmt.Sprintf("row %d", i+1), fmt.Sprint(units[i]), fmt.Sprint(units[rows[s][0]]), "state the number of units to draw once per stratum", "the number of units to draw differs within a stratum")
			}
			x[k] = size[i]
		}
		p, err := InclusionPPS(x, units[rows[s][0]])
		if err != nil {
			return nil, err
		}
		for k, i := range rows[s] {
			out.First[i] = p.Probability[k]
		}
	}
	for i, x := range size {
		if !(take[i] > 0) {
			return nil, fault("bad_take", fmt.Sprintf("row %d", i+1), fmt.Sprint(take[i]), "at least one person", "", "the number of people per unit is not above zero")
		}
		if x == 0 {
			continue
		}
		out.Second[i] = min(take[i]/x, 1)
		if out.First[i] > 0 {
			out.Weight[i] = 1 / (out.First[i] * out.Second[i])
		}
	}
	return out, nil
}
