package fairness_test

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"gongping/analytics/fairness"
)

// By hand: of 128 answers 22 lie in two hidden grades, and the mean says that
// they hold 42 steps: 22 = a + b, 42 = a + 2b, so a = 2.
func TestTwoHiddenGradesAreSolvedByTheMean(t *testing.T) {
	t.Parallel()
	r := fairness.CountRanges([]int{0, -1, -1, 63, 43}, 128, 403, 0.26)
	if r[1] != (fairness.Range{Found: true, Lo: 2, Hi: 2}) || r[2] != (fairness.Range{Found: true, Lo: 20, Hi: 20}) {
		t.Errorf("%+v", r)
	}
	marks := fairness.SuppressMean([]int{0, 2, 20, 63, 43}, 10)
	if n := len(slices.DeleteFunc(slices.Clone(marks), func(c fairness.Cell) bool { return c == fairness.Shown })); n < 3 {
		t.Errorf("%v", marks)
	}
	// Large grades alone hide nothing.
	if marks := fairness.SuppressMean([]int{12, 20, 40, 63, 43}, 10); slices.Max(marks) != fairness.Shown {
		t.Errorf("%v", marks)
	}
}

// Whoever tries every choice of counts that fits number, shown grades and exact
// mean cannot narrow a small grade below the minimum, unless all are hidden.
func TestNoSmallGradeIsSolvedByTheMean(t *testing.T) {
	t.Parallel()
	const minimum = 5
	rapid.Check(t, func(t *rapid.T) {
		counts := rapid.SliceOfN(rapid.OneOf(rapid.IntRange(0, 6), rapid.IntRange(0, 40)), 5, 5).Draw(t, "counts")
		marks := fairness.SuppressMean(counts, minimum)
		seen, n, sum, shown := slices.Clone(counts), 0, 0, false
		for g, k := range counts {
			n, sum, shown = n+k, sum+g*k, shown || marks[g] == fairness.Shown && k > 0
			if marks[g] != fairness.Shown {
				seen[g] = -1
			}
		}
		for g, r := range fairness.CountRanges(seen, n, float64(sum), 0) {
			if counts[g] > 0 && counts[g] < minimum && (marks[g] == fairness.Shown || shown && r.Hi-r.Lo < minimum) {
				t.Fatalf("%v shown as %v: grade %d lies in %+v", counts, seen, g, r)
			}
			if !r.Found || counts[g] < r.Lo || counts[g] > r.Hi {
				t.Fatalf("%v: the truth %d lies outside %+v", counts, counts[g], r)
			}
		}
	})
}
