package records_test

import (
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"gongping/scoring/records"
)

// A hundred matters all closed within a week, one of them on the last day: what is
// left open to doubt is the doubt of a hundred, not of the one at risk on that day.
// Wilson by hand: 100/(100 + 1.959964²) = 0.963007. After censoring those at risk
// stand for as many as Ŝ says.
func TestAllClosedIsAsSureAsItsCases(t *testing.T) {
	t.Parallel()
	var all []records.Case
	for i := range 100 {
		all = append(all, records.Case{Days: min(i/16, 5) + i/99, Closed: true, Weight: 1})
	}
	w := records.WithinLimit(all, 7, 0.95)
	if !w.OK || w.Share != 1 || w.Hi != 1 {
		t.Errorf("%+v", w)
	}
	near(t, "lo", w.Lo, 0.963007, 1e-6)
	q := 101.0 / 102
	near(t, "SE", w.SE, math.Sqrt(q*(1-q)/102), 1e-9)

	var hidden []records.Case // of 8, two are closed on day 1, four censored on day 2, two closed on day 3
	for _, c := range []records.Case{{Days: 1, Closed: true}, {Days: 2}, {Days: 2}, {Days: 3, Closed: true}} {
		c.Weight = 1
		hidden = append(hidden, c, c)
	}
	// Ŝ before day 3 is 6/8, two at risk: 2/(6/8) cases.
	n, z := 2/0.75, 1.959964
	w = records.WithinLimit(hidden, 7, 0.95)
	near(t, "lo with censoring", w.Lo, n/(n+z*z), 1e-6)
}

// One matter is closed and another lost from sight on the same day, the last that
// anybody watched: nobody knows what became of the other, in whatever order they come.
func TestTiesAtTheCutOff(t *testing.T) {
	t.Parallel()
	list := []records.Case{{Days: 3, Closed: true, Weight: 1}, {Days: 3, Weight: 1}}
	for range 2 {
		if w := records.WithinLimit(list, 7, 0.95); w.OK || w.Status != "cut_off_too_early" || w.Least != 0.5 || w.Most != 1 {
			t.Errorf("%v: %+v", list, w)
		}
		slices.Reverse(list)
	}
}

// The order of the cases says nothing.
func TestWithinLimitTakesAnyOrder(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var cases []records.Case
		for range rapid.IntRange(1, 12).Draw(t, "n") {
			cases = append(cases, records.Case{Days: rapid.IntRange(0, 9).Draw(t, "days"), Closed: rapid.Bool().Draw(t, "closed"), Weight: 1})
		}
		a := records.WithinLimit(cases, 7, 0.95)
		if b := records.WithinLimit(rapid.Permutation(cases).Draw(t, "order"), 7, 0.95); a != b {
			t.Fatalf("%+v, in another order %+v", a, b)
		}
	})
}
