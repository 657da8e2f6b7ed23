package assess_test

import (
	"math"
	"strconv"
	"testing"

	"gongping/scoring"
)

// twoStages is an input in which one committee was drawn in two stages.
func twoStages() (in *scoring.Input, unit string) {
	in = big(400, 4)
	in.UnitDegrees = true
	unit = in.Strata[0].Committee
	for i := range in.Strata {
		if in.Strata[i].Committee == unit {
			in.Strata[i].Method = "two-stage-pps"
		}
	}
	return in, unit
}

// Where all answers of a committee come from one first-stage unit, its mean has no
// known error: the unit's total is measured from nothing but itself. Such a mean was
// once shown with an error of 0, as if everybody had answered.
func TestOneClusterHasNoInterval(t *testing.T) {
	in, unit := twoStages()
	strata := map[string]bool{}
	for i := range in.Answers {
		if a := &in.Answers[i]; a.Committee == unit {
			a.Cluster = "b0"
			strata[a.Stratum] = true
		}
	}
	u := unitOf(t, in, unit)
	if len(strata) != 1 || u.Weighted.OK || u.Weighted.Status != "no_interval" || u.Weighted.N == 0 {
		t.Errorf("%d strata: %+v", len(strata), u.Weighted)
	}
	n := 0
	for i := range in.Answers { // two clusters are few, but they differ
		if a := &in.Answers[i]; a.Committee == unit {
			a.Cluster = "b" + strconv.Itoa(n%2)
			n++
		}
	}
	if u := unitOf(t, in, unit); !u.Weighted.OK || !(u.Weighted.SE > 0) {
		t.Errorf("two clusters: %+v", u.Weighted)
	}
}

// TestIntervalOfFewClusters: ten first-stage units of one stratum are nine degrees
// of freedom, t = 2.262 (R: qt(.975, 9)), however many residents answered.
func TestIntervalOfFewClusters(t *testing.T) {
	in, unit := twoStages()
	n := 0
	for i := range in.Answers {
		if a := &in.Answers[i]; a.Committee == unit {
			a.Cluster = "b" + strconv.Itoa(n%10)
			n++
		}
	}
	w := unitOf(t, in, unit).Weighted
	if n < 40 || w.Lo <= 0 || w.Hi >= 100 {
		t.Fatalf("%d answers, %+v: this shows nothing", n, w)
	}
	in.UnitDegrees = false // as frozen before
	if old := unitOf(t, in, unit).Weighted; old.SE != w.SE || old.Hi >= w.Hi {
		t.Errorf("an input that was frozen before gives %+v beside %+v", old, w)
	}
	if got := (w.Hi - w.Lo) / 2 / w.SE; math.Abs(got-2.262157) > 1e-6 {
		t.Errorf("t = %v from %d answers in ten units, want 2.262157", got, n)
	}
}
