package weight

import (
	"fmt"

	"gongping/internal/errs"
)

// Base returns the design weights 1/π of the rows (Horvitz & Thompson 1952).
//
// Faults: a probability outside (0, 1].
func Base(probability []float64) ([]float64, error) {
	out := make([]float64, len(probability))
	for i, p := range probability {
		if !(p > 0 && p <= 1) {
			return nil, errs.New(errs.Invalid, "weight.bad_probability",
				"an inclusion probability is not above 0 and at most 1").
				At(fmt.Sprintf("row %d", i+1), fmt.Sprint(p), "a probability above 0 and at most 1",
					"somebody who could not be drawn cannot be in the sample: check the design")
		}
		out[i] = 1 / p
	}
	return out, nil
}

// BaseStratified returns the design weights N_h/n_h of a stratified simple
// random sample: population[h] is the frame size of level h of stratum.
//
// Faults: a population smaller than its sample.
//
// Source: Horvitz and Thompson (1952).
func BaseStratified(stratum Factor, population []float64) ([]float64, error) {
	mustMatch("population", len(population), len(stratum.Levels))
	n := make([]float64, len(stratum.Levels))
	for _, c := range stratum.Codes {
		n[c]++
	}
	ratio := make([]float64, len(n))
	for h, nh := range n {
		if nh == 0 {
			continue
		}
		if !(population[h] >= nh) {
			return nil, errs.New(errs.Invalid, "weight.population_below_sample",
				"stratum %q has a population smaller than its sample", stratum.Levels[h]).
				At("stratum "+stratum.Levels[h], fmt.Sprint(population[h]), fmt.Sprintf("at least %g", nh),
					"correct the frame size, or look for people drawn twice")
		}
		ratio[h] = population[h] / nh
	}
	out := make([]float64, len(stratum.Codes))
	for i, c := range stratum.Codes {
		out[i] = ratio[c]
	}
	return out, nil
}
