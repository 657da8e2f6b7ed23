package weight

import (
	"fmt"

	"gongping/internal/errs"
)

// Adjustment is a set of adjusted weights: Weights[i] = base[i] · G[i].
type Adjustment struct {
	Weights    []float64
	G          []float64
	Iterations int
	// Misfit is the largest |achieved − target| / (1 + |target|) left.
	Misfit float64
	// Steps are the weights after each margin of the last raking sweep, when
	// RakeRule.KeepSteps asked for them; after convergence all are the same.
	Steps [][]float64
	// Warnings are sentences about properties that are legal but should be seen.
	Warnings []string
}

// PostStratify scales the weights of every cell to its known total:
//
//	w'_i = w_i · N_c / Σ_{j in c} w_j
//
// (Holt & Smith 1979). totals follow the levels of cell; Factor.Totals makes
// them from a map and finds cells without a total and totals without a row.
//
// Faults: negative weights or totals, a total without a row that carries weight.
func PostStratify(base []float64, cell Factor, totals []float64) (*Adjustment, error) {
	mustMatch("cell", len(cell.Codes), len(base))
	mustMatch("totals", len(totals), len(cell.Levels))
	if err := checkWeights(base); err != nil {
		return nil, err
	}
	if err := checkTotals(cell, totals); err != nil {
		return nil, err
	}
	sum := make([]float64, len(totals))
	for i, w := range base {
		sum[cell.Codes[i]] += w
	}
	for c, t := range totals {
		if sum[c] == 0 && t > 0 {
			return nil, emptyLevel(cell, c)
		}
		if sum[c] > 0 {
			sum[c] = t / sum[c]
		}
	}
	out := &Adjustment{Weights: make([]float64, len(base)), G: make([]float64, len(base)), Iterations: 1}
	for i, w := range base {
		g := sum[cell.Codes[i]]
		out.G[i] = g
		out.Weights[i] = w * g
	}
	return out, nil
}

func checkTotals(f Factor, totals []float64) error {
	for c, t := range totals {
		if !(t >= 0) || t > 1e300 {
			return errs.New(errs.Invalid, "weight.bad_total",
				"the population total of category %q of %s is negative or not a number", f.Levels[c], f.Name).
				At(f.Name+" = "+f.Levels[c], fmt.Sprint(t), "a finite total of zero or more", "correct the total")
		}
	}
	return nil
}

func emptyLevel(f Factor, c int) error {
	return errs.New(errs.Invalid, "weight.total_without_sample",
		"nobody in the sample carries weight in category %q of %s, which has a population total", f.Levels[c], f.Name).
		At(f.Name, f.Levels[c], "at least one respondent in every category",
			"merge the category with a neighbouring one before weighting")
}
