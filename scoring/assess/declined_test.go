package assess

import (
	"testing"

	"gongping/survey/instrument"
)

// TestDeclinedIsNoGrade: what was declined is told from what was not known and
// from what was passed over, and none of them is a grade.
func TestDeclinedIsNoGrade(t *testing.T) {
	t.Parallel()
	seen := map[int8]bool{}
	for _, v := range []string{"", instrument.DontKnow, instrument.Declined} {
		g := gradeOf(v)
		if g >= 0 || seen[g] || g == gradeOutside {
			t.Errorf("%q is read as %d", v, g)
		}
		seen[g] = true
	}
	r := &run{grade: [][]int8{{4, gradeDontKnow, gradeDeclined, gradeDeclined, gradeMissing, 0}}, weight: []float64{1, 1, 1, 1, 1, 3}}
	if got := r.tally(0, areaAt{from: 0, to: 6}); got.Declined != 2 || got.DontKnow != 1 || got.Missing != 1 || got.Counts != [5]int{1, 0, 0, 0, 1} || got.Shares != [5]float64{0.75, 0, 0, 0, 0.25} {
		t.Errorf("%+v", got)
	}
}
