package assess_test

import (
	"strconv"
	"testing"
)

// Where all answers of a committee come from one first-stage unit, its mean has no
// known error: the unit's total is measured from nothing but itself. Such a mean was
// once shown with an error of 0, as if everybody had answered.
func TestOneClusterHasNoInterval(t *testing.T) {
	in := big(400, 4)
	unit := in.Strata[0].Committee
	for i := range in.Strata {
		if in.Strata[i].Committee == unit {
			in.Strata[i].Method = "two-stage-pps"
		}
	}
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
