package design

import (
	"fmt"
	"math"
)

// Status says what bound, if any, fixed the size of a stratum.
type Status string

// The statuses.
const (
	Free    Status = "free"
	TakeAll Status = "take_all"
	Minimum Status = "minimum"
	Maximum Status = "maximum"
)

// Bounds are the limits of an allocation. Minimum and Maximum apply to every
// stratum unless PerStratum slices are given; a minimum above the population
// means all of it, and nobody can be drawn twice, so N_h is always a cap.
type Bounds struct {
	Minimum, Maximum       int   // Maximum 0: none
	MinimumPer, MaximumPer []int // per stratum; a maximum of 0: none
}

// Allocation is a bounded allocation.
type Allocation struct {
	Real   []float64
	N      []int
	Status []Status
}

// violationSlack: a stratum counts as outside a bound only beyond rounding.
const violationSlack = 1e-9

// Allocate shares n by the measure within bounds. The rule: share what is left
// over the strata that are still free; find those above their cap and those
// below their minimum; fix the side whose violations add up to more (the caps
// when equal) at its bound; repeat until none is left. Then round by largest
// remainder, capped. The sum is n, and min(minimum, N_h) ≤ n_h ≤ cap_h.
//
// Faults: a negative measure or population, bounds that cross or cannot hold n.
func Allocate(n int, measure, population []float64, b Bounds) (*Allocation, error) {
	mustLen("population", len(population), len(measure))
	lower, upper, err := b.limits(population)
	if err != nil {
		return nil, err
	}
	if err := feasible(n, lower, upper); err != nil {
		return nil, err
	}
	out := &Allocation{Real: make([]float64, len(measure)), Status: make([]Status, len(measure))}
	for h := range out.Status {
		out.Status[h] = Free
	}
	for {
		if err := shareFree(out, n, measure); err != nil {
			return nil, err
		}
		if !fixSide(out, lower, upper, population) {
			break
		}
	}
	ints, ok := LargestRemainder(out.Real, upper)
	if !ok {
		return nil, fault("does_not_fit", "n", fmt.Sprint(n), "a size that the caps can hold", "lower n or raise the caps", "the sample does not fit into the strata")
	}
	out.N = ints
	return out, nil
}

// limits lays the bounds out per stratum.
func (b Bounds) limits(population []float64) (lower, upper []float64, err error) {
	lower, upper = make([]float64, len(population)), make([]float64, len(population))
	for h, p := range population {
		if !finite(p) || p < 0 {
			return nil, nil, fault("bad_population", fmt.Sprintf("population of stratum %d", h+1), fmt.Sprint(p), "a number of zero or more", "", "the population of a stratum is negative or not a number")
		}
		lo, hi := b.Minimum, b.Maximum
		if b.MinimumPer != nil {
			mustLen("MinimumPer", len(b.MinimumPer), len(population))
			lo = b.MinimumPer[h]
		}
		if b.MaximumPer != nil {
			mustLen("MaximumPer", len(b.MaximumPer), len(population))
			hi = b.MaximumPer[h]
		}
		upper[h] = math.Floor(p)
		if hi > 0 {
			upper[h] = min(upper[h], float64(hi))
		}
		lower[h] = min(max(float64(lo), 0), math.Floor(p))
		if lower[h] > upper[h] {
			return nil, nil, fault("bounds_cross", fmt.Sprintf("stratum %d", h+1), fmt.Sprintf("%g to %g", lower[h], upper[h]), "a minimum of at most the maximum", "", "the minimum of a stratum is above its maximum")
		}
	}
	return lower, upper, nil
}

func feasible(n int, lower, upper []float64) error {
	least, most := 0.0, 0.0
	for h := range lower {
		least += lower[h]
		most += upper[h]
	}
	if float64(n) < least || float64(n) > most {
		return fault("infeasible_n", "n", fmt.Sprint(n), fmt.Sprintf("between %g and %g", least, most),
			"change n, the minimum or the maximum per stratum",
			"with these bounds the sample can hold between %g and %g people", least, most)
	}
	return nil
}

// shareFree spreads what the fixed strata leave over the free ones. Where all
// free measures are zero they share equally: the bounds asked for n answers.
func shareFree(out *Allocation, n int, measure []float64) error {
	left, sum, free := float64(n), 0.0, 0
	for h, s := range out.Status {
		if s != Free {
			left -= out.Real[h]
			continue
		}
		if !finite(measure[h]) || measure[h] < 0 {
			return fault("bad_measure", fmt.Sprintf("stratum %d", h+1), fmt.Sprint(measure[h]), "a number of zero or more", "", "the measure of a stratum is negative or not a number")
		}
		sum += measure[h]
		free++
	}
	for h, s := range out.Status {
		if s != Free {
			continue
		}
		if sum > 0 {
			out.Real[h] = left * measure[h] / sum
		} else {
			out.Real[h] = left / float64(free)
		}
	}
	return nil
}

// fixSide fixes one side's violators and reports whether there were any.
func fixSide(out *Allocation, lower, upper, population []float64) bool {
	over, under := 0.0, 0.0
	for h, s := range out.Status {
		if s != Free {
			continue
		}
		if d := out.Real[h] - upper[h]; d > violationSlack {
			over += d
		}
		if d := lower[h] - out.Real[h]; d > violationSlack {
			under += d
		}
	}
	if over == 0 && under == 0 {
		return false
	}
	for h, s := range out.Status {
		if s != Free {
			continue
		}
		if over >= under-violationSlack {
			if out.Real[h]-upper[h] > violationSlack {
				out.Real[h], out.Status[h] = upper[h], TakeAll
				if upper[h] < math.Floor(population[h]) {
					out.Status[h] = Maximum
				}
			}
		} else if lower[h]-out.Real[h] > violationSlack {
			out.Real[h], out.Status[h] = lower[h], Minimum
		}
	}
	return true
}
