// Package estimate does design-based estimation: means, totals, ratios,
// proportions, quantiles, variances, domains, tests and regressions of a
// sample that was drawn by a stated design, with standard errors by Taylor
// linearisation.
//
// Everything starts from a Design: strata, clusters of one or more stages,
// design weights, population sizes for the finite population correction, and
// the rule for a stratum with a single unit. Estimators take the design and
// columns; a domain is a row mask that goes with the design (the design is
// never filtered), so units without domain members stay in the variance.
//
// The package does no I/O and keeps no state. Sums run in a fixed order and
// never use fused multiply-add, so that a figure can be rebuilt to the last
// digit on another processor. A property of the data that prevents an estimate
// is an *errs.Error that says what to do, never NaN; a slice of the wrong
// length is a bug of the caller and panics.
//
// Sources: Särndal, Swensson, Wretman (1992) "Model Assisted Survey Sampling";
// Wolter (2007) "Introduction to Variance Estimation"; Lumley (2010) "Complex
// Surveys"; single methods cite their own.
package estimate

import (
	"strconv"

	"gongping/internal/errs"
)

// fault is an error about the data: key names the sentence of the catalogue.
func fault(key, format string, args ...any) *errs.Error {
	return errs.New(errs.Invalid, "estimate."+key, format, args...)
}

func show(x float64) string { return strconv.FormatFloat(x, 'g', -1, 64) }
