package appeals

import (
	"math"
	"testing"
	"time"

	"gongping/internal/pg/appealdb"
)

// TestNumbers counts a list worked out by hand.
func TestNumbers(t *testing.T) {
	t.Parallel()
	filed := time.Date(2026, 10, 1, 9, 0, 0, 0, time.UTC)
	after := func(days int) *time.Time { x := filed.AddDate(0, 0, days); return &x }
	var list []appealdb.Course
	add := func(unit, outcome string, days int, votes ...string) {
		c := appealdb.Course{Unit: unit, UnitName: unit, Outcome: outcome, Filed: filed, DecideUntil: filed.AddDate(0, 0, 30), Votes: votes}
		if outcome != "" {
			c.Decided = after(days)
		}
		list = append(list, c)
	}
	for i := range 6 {
		add("a", "uphold", 10+i, "uphold", "uphold")
	}
	add("b", "reject", 40, "reject", "reject")
	add("c", "partly", 20, "uphold", "reject")
	add("c", "", 0)
	units := byUnit(list, 5)
	if len(units) != 2 || units[0].Unit != "a" || units[0].Uphold != 6 || units[1].Unit != "" || units[1].Units != 2 || units[1].N != 3 || units[1].Not != 1 {
		t.Errorf("%+v", units)
	}
	if x := times(list); x.N != 8 || x.Median != 13.5 || x.Most != 40 || x.InTime != 7 {
		t.Errorf("%+v", x)
	}
	// Values 0 (reject) three times and 2 (uphold) thirteen times, one pair that
	// differs: Do = 2/16, De = 2·3·13/(16·15), α = 1 − Do/De = 0.6154; with two
	// values the metric does not matter (Krippendorff 2004, section 11.3).
	if a := agreement(list); a.N != 8 || a.Same != 7 || !a.OK || math.Abs(a.Alpha-(1-(2.0/16)/(2.0*3*13/(16*15)))) > 1e-12 {
		t.Errorf("%+v", a)
	}
	if a := agreement(list[:1]); a.OK {
		t.Errorf("alpha of one case: %+v", a)
	}
	if mean, sd, span := spread([]float64{70, 80, 90}); mean != 80 || sd != 10 || math.Abs(span-16) > 1e-12 {
		t.Errorf("%v %v %v", mean, sd, span)
	}
}
