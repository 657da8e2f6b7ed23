package weight

import (
	"fmt"
	"math"

	"gongping/internal/errs"
)

// TrimRule says how Trim shares out the weight that trimming frees.
type TrimRule struct {
	Lower, Upper float64 // bounds; Lower may be 0 and Upper +Inf
	// Strict repeats until no weight is outside the bounds. Without it weights
	// that receive a share may end slightly above Upper, as in one pass.
	Strict bool
	// Proportional shares the excess in proportion to the weights that were
	// inside the bounds; the default adds the same amount to each of them.
	Proportional bool
}

// Trimmed is the result of Trim.
type Trimmed struct {
	Weights []float64
	Cut     int // rows whose weight was above Upper
	Raised  int // rows whose weight was below Lower
	Rounds  int
}

// maxTrimRounds bounds the strict loop; each round frees only the excess that
// the last one pushed over a bound, so it shrinks geometrically.
const maxTrimRounds = 10000

// Trim pulls weights outside [Lower, Upper] to the bound and shares the
// difference over the rows that were inside, so that the sum is kept (Potter
// 1990; the additive rule is that of the R survey package, Lumley 2010). It is
// an error when no row is left to take the difference, or when the bounds
// cannot hold the sum.
func Trim(weights []float64, rule TrimRule) (*Trimmed, error) {
	if err := checkWeights(weights); err != nil {
		return nil, err
	}
	if math.IsNaN(rule.Lower) || math.IsNaN(rule.Upper) || rule.Upper <= rule.Lower || rule.Upper <= 0 {
		return nil, errs.New(errs.Invalid, "weight.trim_bounds", "the trimming bounds are not in order").
			At("bounds", fmt.Sprintf("%g to %g", rule.Lower, rule.Upper), "a lower bound below a positive upper bound", "swap or widen the bounds")
	}
	out := &Trimmed{Weights: append([]float64(nil), weights...)}
	for _, w := range weights {
		if w > rule.Upper {
			out.Cut++
		} else if w < rule.Lower {
			out.Raised++
		}
	}
	if out.Cut+out.Raised == 0 {
		return out, nil
	}
	if err := trimRoom(weights, rule, out); err != nil {
		return nil, err
	}
	for out.Rounds < maxTrimRounds {
		out.Rounds++
		moved := trimRound(out.Weights, rule)
		if !rule.Strict || !moved {
			return out, negativeAfterTrim(out.Weights, rule)
		}
	}
	return nil, errs.New(errs.Invalid, "weight.trim_not_converged",
		"trimming did not settle in %d rounds", maxTrimRounds).
		At("bounds", fmt.Sprintf("%g to %g", rule.Lower, rule.Upper), "bounds with some room around the mean weight", "widen the bounds")
}

// negativeAfterTrim refuses the result when the equal deduction that pays for
// raised weights was more than some row had.
func negativeAfterTrim(w []float64, rule TrimRule) error {
	for i, v := range w {
		if v < 0 {
			return errs.New(errs.Invalid, "weight.trim_infeasible",
				"raising the small weights to %g would make the weight of row %d negative", rule.Lower, i+1).
				At("lower bound", fmt.Sprint(rule.Lower), "a bound that the other weights can pay for", "lower the bound, or trim proportionally")
		}
	}
	return nil
}

// trimRoom refuses bounds that leave nobody to take the excess, or that cannot
// hold the sum of the weights.
func trimRoom(w []float64, rule TrimRule, t *Trimmed) error {
	sum := 0.0
	for _, v := range w {
		sum += v
	}
	n := float64(len(w))
	if t.Cut+t.Raised == len(w) || (rule.Strict && (sum > n*rule.Upper || sum < n*rule.Lower)) {
		return errs.New(errs.Invalid, "weight.trim_infeasible",
			"weights between %g and %g cannot keep the sum %g of %d rows", rule.Lower, rule.Upper, sum, len(w)).
			At("bounds", fmt.Sprintf("%g to %g", rule.Lower, rule.Upper),
				fmt.Sprintf("bounds around the mean weight %g with rows inside them", sum/n), "widen the bounds")
	}
	return nil
}

// trimRound does one pass over w and reports whether anything was outside. A
// share within rounding of the bound counts as inside, so the loop ends.
func trimRound(w []float64, rule TrimRule) bool {
	hi := rule.Upper + float64(1e-14*math.Abs(rule.Upper))
	lo := rule.Lower - float64(1e-14*math.Abs(rule.Lower))
	freed, inside, insideSum := 0.0, 0, 0.0
	for _, v := range w {
		switch {
		case v > hi:
			freed += v - rule.Upper
		case v < lo:
			freed += v - rule.Lower
		default:
			inside++
			insideSum += v
		}
	}
	if freed == 0 && inside == len(w) {
		return false
	}
	if inside == 0 {
		return false
	}
	add, scale := freed/float64(inside), 1.0
	if rule.Proportional && insideSum > 0 {
		add, scale = 0, 1+freed/insideSum
	}
	for i, v := range w {
		switch {
		case v > hi:
			w[i] = rule.Upper
		case v < lo:
			w[i] = rule.Lower
		default:
			w[i] = float64(v*scale) + add
		}
	}
	return true
}
