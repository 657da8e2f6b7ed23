package fairness

import (
	"math"
)

// RankInterval is the range of places that a unit may truly hold; 1 is best.
type RankInterval struct{ Best, Worst int }

// RankIntervals returns, for scores with standard errors, the ranks that are
// compatible with the data. Unit i is surely above unit j when its score is
// higher by more than z standard errors of the difference; its best place is
// one more than the number of units surely above it, its worst the number of
// units minus those surely below it (Goldstein & Healy 1995; Mogstad, Romano,
// Shaikh & Wilhelm 2024, Rev. Econ. Stud. 91:476-518).
//
// With joint true, z is Bonferroni-corrected over all comparisons, so that all
// intervals hold together with probability level; with joint false each
// interval holds for its unit alone (corrected over the comparisons of that
// unit only).
func RankIntervals(score, se []float64, level float64, joint bool) ([]RankInterval, error) {
	checkLength("se", len(se), len(score))
	if err := checkFinite("the scores", score); err != nil {
		return nil, err
	}
	if !(level > 0 && level < 1) {
		return nil, fault("bad_level", "use 0.95 for 95%", "the level %g is not between 0 and 1", level)
	}
	for i, s := range se {
		if !(s >= 0) || math.IsInf(s, 0) {
			return nil, fault("not_a_number", "leave units without an error out of the ranking",
				"unit %d has the standard error %g", i+1, s)
		}
	}
	n := len(score)
	out := make([]RankInterval, n)
	if n < 2 {
		for i := range out {
			out[i] = RankInterval{1, 1}
		}
		return out, nil
	}
	comparisons := float64(n - 1)
	if joint {
		comparisons *= float64(n) / 2
	}
	z := -normalQuantile((1 - level) / 2 / comparisons)
	for i := range out {
		above, below := 0, 0
		for j := range score {
			sd := math.Sqrt(float64(se[i]*se[i]) + float64(se[j]*se[j]))
			switch d := score[j] - score[i]; {
			case i == j:
			case d > float64(z*sd):
				above++
			case -d > float64(z*sd):
				below++
			}
		}
		out[i] = RankInterval{Best: above + 1, Worst: n - below}
	}
	return out, nil
}
