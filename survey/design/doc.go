// Package design does the arithmetic of a sampling plan: how many answers to
// ask for, how to share them over strata, with which probability each unit
// enters, what the estimate of a total is worth, and — before any budget is
// fixed — what a given number of answers per committee can and cannot tell.
//
// The package is pure: slices in, numbers out, no randomness, no clock. The
// draw itself is in package draw; the weights that follow are in package
// weight.
//
// A caller's mistake (slices of different lengths) panics; a property of the
// numbers (a stratum without people, a sample larger than the population) is a
// returned *errs.Error that says what was found and how to mend it.
//
// Sources: Cochran (1977), Sampling Techniques, 3rd ed. (chapters 4, 5, 9A,
// 11); Bankier (1988), Power allocations, Am. Statistician 42:174; Wright
// (2012), The equivalence of Neyman optimum allocation, Am. Statistician
// 66:147; Särndal, Swensson & Wretman (1992); Deville (1999), Survey Method.
// 25:193; Hájek (1971).
package design

import (
	"fmt"
	"math"

	"gongping/internal/errs"
)

// fault is an error about the plan's numbers.
func fault(key, where, found, want, hint, format string, args ...any) error {
	return errs.New(errs.Invalid, "design."+key, format, args...).At(where, found, want, hint)
}

func mustLen(what string, got, want int) {
	if got != want {
		panic(fmt.Sprintf("design: %s has %d entries, want %d", what, got, want))
	}
}

// finite reports a number that is neither NaN nor infinite.
func finite(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }
