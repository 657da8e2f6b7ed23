package fairness_test

import (
	"math"
	"testing"

	"pgregory.net/rapid"

	"gongping/analytics/fairness"
)

// By hand: 20 answers have mean 3.4, so grades 0 to 4 sum to 68. Twelve are shown
// in grade 4 (sum 48); the other eight lie in grades 0 to 3 and sum to 20. They
// spread widest between the ends, grades 0 and 3: 20/3 answers in grade 3, the
// rest in grade 0, whose squares sum to 9·20/3.
func TestWidestSEByHand(t *testing.T) {
	t.Parallel()
	got := fairness.WidestSE([]int{-1, -1, -1, -1, 12}, 20, 3.4)
	mean, squares := 3.4, 12*16+9*20.0/3
	want := math.Sqrt((squares - 20*mean*mean) / 19 / 20)
	if math.Abs(got-want) > 1e-12 {
		t.Errorf("%v, want %v", got, want)
	}
}

// Whatever the hidden grades are, the true standard error is no larger; and one
// count in another grade, everything shown being equal, changes nothing.
func TestWidestSECoversAndTellsNothing(t *testing.T) {
	t.Parallel()
	widest, large := 0.0, 0.0
	rapid.Check(t, func(t *rapid.T) {
		counts := rapid.SliceOfN(rapid.OneOf(rapid.IntRange(0, 9), rapid.IntRange(0, 60)), 5, 5).Draw(t, "counts")
		marks := fairness.SuppressMean(counts, 10)
		n, sum, squares := 0, 0, 0
		seen := make([]int, 5)
		for g, k := range counts {
			n, sum, squares = n+k, sum+g*k, squares+g*g*k
			if seen[g] = k; marks[g] != fairness.Shown {
				seen[g] = -1
			}
		}
		if n < 10 {
			t.Skip("no figure")
		}
		mean := float64(sum) / float64(n)
		se := math.Sqrt(max(0, float64(squares)-float64(n)*mean*mean) / float64(n-1) / float64(n))
		got := fairness.WidestSE(seen, n, mean)
		if got < se-1e-9 {
			t.Fatalf("%v shown as %v: %v is smaller than %v", counts, seen, got, se)
		}
		if ratio := got / max(se, 1e-9); se > 0 {
			if widest = max(widest, ratio); n >= 200 {
				large = max(large, ratio)
			}
		}
	})
	t.Logf("at most %.2f times the true standard error, %.2f times from 200 answers on", widest, large)
}
