package weight

import (
	"fmt"
	"math"

	"gongping/internal/errs"
)

// Factor is a categorical column: Codes[i] is the index into Levels of row i.
// Codes hold no missing value; a row whose category is unknown needs a level
// of its own ("unknown"), so that nothing is dropped silently.
type Factor struct {
	Name   string
	Codes  []int32
	Levels []string
}

// NewFactor codes labels in order of first appearance.
func NewFactor(name string, labels []string) Factor {
	f := Factor{Name: name, Codes: make([]int32, len(labels))}
	seen := make(map[string]int32)
	for i, l := range labels {
		c, ok := seen[l]
		if !ok {
			c = int32(len(f.Levels))
			seen[l] = c
			f.Levels = append(f.Levels, l)
		}
		f.Codes[i] = c
	}
	return f
}

// Cross returns the factor whose levels are the combinations of the factors'
// levels that occur, in order of first appearance, joined by sep.
func Cross(sep string, factors ...Factor) Factor {
	if len(factors) == 0 {
		panic("weight: Cross needs at least one factor")
	}
	n := len(factors[0].Codes)
	labels := make([]string, n)
	out := Factor{}
	for k, f := range factors {
		if len(f.Codes) != n {
			panic(fmt.Sprintf("weight: factor %q has %d rows, want %d", f.Name, len(f.Codes), n))
		}
		if k > 0 {
			out.Name += sep
		}
		out.Name += f.Name
		for i, c := range f.Codes {
			if k > 0 {
				labels[i] += sep
			}
			labels[i] += f.Levels[c]
		}
	}
	name := out.Name
	out = NewFactor(name, labels)
	return out
}

// Totals lays known population totals out in the order of the factor's levels.
// A level without a total and a total without a level are both errors: the
// first because the sample holds people whom the population figures do not,
// the second because nobody can speak for them.
func (f Factor) Totals(population map[string]float64) ([]float64, error) {
	out := make([]float64, len(f.Levels))
	for i, l := range f.Levels {
		t, ok := population[l]
		if !ok {
			return nil, errs.New(errs.Invalid, "weight.level_without_total",
				"the sample holds category %q of %s, for which no population total is given", l, f.Name).
				At(f.Name, l, "a population total for every category in the sample",
					"add the total, or merge the category with another in both places")
		}
		out[i] = t
	}
	if len(population) > len(f.Levels) {
		known := make(map[string]bool, len(f.Levels))
		for _, l := range f.Levels {
			known[l] = true
		}
		missing := ""
		for l, t := range population {
			if !known[l] && t != 0 && (missing == "" || l < missing) {
				missing = l
			}
		}
		if missing != "" {
			return nil, errs.New(errs.Invalid, "weight.total_without_sample",
				"nobody in the sample belongs to category %q of %s, which has a population total", missing, f.Name).
				At(f.Name, missing, "at least one respondent in every category",
					"merge the category with a neighbouring one before weighting")
		}
	}
	return out, nil
}

// checkWeights refuses negative, infinite and undefined weights and a sum of
// zero; zero weights are legal (nonrespondents, other domains).
func checkWeights(w []float64) error {
	if len(w) == 0 {
		return errs.New(errs.Invalid, "weight.no_rows", "there is no row to weight")
	}
	sum := 0.0
	for i, v := range w {
		if !(v >= 0) || math.IsInf(v, 1) {
			return errs.New(errs.Invalid, "weight.bad_weight", "a weight is negative or not a number").
				At(fmt.Sprintf("row %d", i+1), fmt.Sprint(v), "a finite weight of zero or more",
					"correct the weight or the inclusion probability that it comes from")
		}
		sum += v
	}
	if sum == 0 {
		return errs.New(errs.Invalid, "weight.all_zero", "all weights are zero").
			At("weights", "0", "at least one positive weight", "check the weight column")
	}
	if math.IsInf(sum, 1) {
		return errs.New(errs.Invalid, "weight.overflow", "the weights add up to more than a number can hold")
	}
	return nil
}

// checkFinalWeights refuses weights that are not finite or do not add up to
// something positive.
func checkFinalWeights(w []float64) error {
	sum := 0.0
	for i, v := range w {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return errs.New(errs.Invalid, "weight.bad_weight", "a weight is negative or not a number").
				At(fmt.Sprintf("row %d", i+1), fmt.Sprint(v), "a finite weight", "")
		}
		sum += v
	}
	if !(sum > 0) {
		return errs.New(errs.Invalid, "weight.all_zero", "all weights are zero").
			At("weights", fmt.Sprint(sum), "weights that add up to more than zero", "check the weight column")
	}
	return nil
}

func mustMatch(what string, got, want int) {
	if got != want {
		panic(fmt.Sprintf("weight: %s has %d rows, want %d", what, got, want))
	}
}
