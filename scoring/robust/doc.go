// Package robust estimates location, scale and regression so that a few
// answers cannot carry the result, and returns the robustness weight of every
// answer: 1 = kept in full, 0 = without influence. Nothing is ever deleted.
//
// Every estimator takes design weights (nil means all ones) and keeps them
// apart from robustness weights: the estimating equation is
//
//	Σ w_i ψ((x_i − μ)/s) = 0,   u_i = ψ(r_i)/r_i ∈ [0,1]
//
// so with tuning constant k = ∞ each estimator is the design-weighted mean.
//
// Scale. Most people give the same mark on a five-point item, so the median
// absolute deviation is often zero. The rule is stated, not silent: see
// ZeroRule. A result says which scale it used.
//
// The package is pure and deterministic: sums in a fixed order, no fused
// multiply-add, ties by row order. A caller's mistake panics; a property of
// the data is a Status or an *errs.Error. Nothing returns NaN.
//
// Sources: Huber (1964), Ann. Math. Stat. 35:73; Huber & Ronchetti (2009),
// Robust Statistics, 2nd ed.; Beaton & Tukey (1974), Technometrics 16:147;
// Hampel et al. (1986); Rousseeuw & Croux (1993), JASA 88:1273; Maronna &
// Zamar (2002), Technometrics 44:307; Hulliger (1995), Survey Method. 21:79;
// Yohai (1987), Ann. Stat. 15:642.
package robust

import (
	"fmt"
	"math"

	"gongping/internal/errs"
)

// Status says how an estimate came about.
type Status string

// The statuses.
const (
	OK Status = "ok"
	// Constant: all answers with weight are the same; every weight is 1.
	Constant Status = "constant"
	// ZeroScale: the scale is zero and the rule was to refuse or to fall back
	// to the median.
	ZeroScale Status = "zero_scale"
	// NotConverged: the iteration limit was reached; the value is the last one.
	NotConverged Status = "not_converged"
	// Empty: no answer carries weight.
	Empty Status = "empty"
)

func fault(key, where, found, want, hint, format string, args ...any) error {
	return errs.New(errs.Invalid, "robust."+key, format, args...).At(where, found, want, hint)
}

func mustLen(what string, got, want int) {
	if got != want {
		panic(fmt.Sprintf("robust: %s has %d entries, want %d", what, got, want))
	}
}

// largestSum of weights: products with answers must not overflow.
const largestSum = 1e100

// check refuses values that are not numbers and weights that are negative, and
// a sample in which nothing carries weight.
func check(x, w []float64) error {
	if w != nil {
		mustLen("weights", len(w), len(x))
	}
	some, sum := false, 0.0
	for i, v := range x {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return fault("bad_value", fmt.Sprintf("row %d", i+1), fmt.Sprint(v), "a number", "leave rows without an answer out", "an answer is not a number")
		}
		if w == nil {
			some = true
			continue
		}
		if !(w[i] >= 0) || math.IsInf(w[i], 1) {
			return fault("bad_weight", fmt.Sprintf("row %d", i+1), fmt.Sprint(w[i]), "a finite weight of zero or more", "", "a design weight is negative or not a number")
		}
		some = some || w[i] > 0
		sum += w[i]
	}
	if sum > largestSum {
		return fault("bad_weight", "weights", fmt.Sprint(sum), "a sum of at most 1e100", "divide the weights by a constant", "the design weights are too large to compute with")
	}
	if !some {
		return fault("empty", "answers", "0", "at least one answer with a positive weight", "", "no answer carries weight")
	}
	return nil
}

// ones returns w, or ones when w is nil.
func ones(w []float64, n int) []float64 {
	if w != nil {
		return w
	}
	w = make([]float64, n)
	for i := range w {
		w[i] = 1
	}
	return w
}
