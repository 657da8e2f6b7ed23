package quality

import (
	"fmt"
	"math"
	"testing"
)

func TestDrawnShare(t *testing.T) {
	t.Parallel()
	n, nested := 0, true
	for i := range 20000 {
		id := fmt.Sprint("person", i)
		_, ten := Drawn("seed", "round", id, 0.1)
		_, twenty := Drawn("seed", "round", id, 0.2)
		if ten {
			n++
		}
		nested = nested && (!ten || twenty)
	}
	if n < 1830 || n > 2170 { // four standard deviations
		t.Errorf("%d of 20000 at 10%%", n)
	}
	if !nested {
		t.Error("a greater share does not contain the smaller")
	}
	if _, yes := Drawn("seed", "round", "x", 1); !yes {
		t.Error("a share of 1 leaves somebody out")
	}
	a, _ := Drawn("seed", "round", "x", 0.1)
	b, _ := Drawn("seed2", "round", "x", 0.1)
	c, _ := Drawn("seed", "round2", "x", 0.1)
	if a == b || a == c {
		t.Error("ticket without seed or round")
	}
}

// Differences 0, 0, 25, -50 and a "no opinion": mean -6.25, sd 31.46; t(3) =
// 3.1824; Wilson's interval of 3 in 6 is 0.1876 to 0.8124 (R: prop.test without
// correction).
func TestCompare(t *testing.T) {
	t.Parallel()
	a := Compare([]PairCount{{"4", "4", 2}, {"4", "5", 1}, {"5", "3", 1}, {"dk", "4", 1}, {"yes", "yes", 1}, {"", "4", 9}, {"3", "", 2}}, 1.959964)
	if a.N != 6 || a.Differ != 3 || a.Shifts != 4 {
		t.Fatalf("%+v", a)
	}
	near := func(what string, got, want float64) {
		if math.Abs(got-want) > 2e-3*math.Max(1, math.Abs(want)) {
			t.Errorf("%s: %v, want %v", what, got, want)
		}
	}
	near("low", a.Low, 0.1876)
	near("high", a.High, 0.8124)
	sd := math.Sqrt((2*6.25*6.25 + 31.25*31.25 + 43.75*43.75) / 3)
	near("shift", a.Shift, -6.25)
	near("shift low", a.ShiftLow, -6.25-3.1824*sd/2)
	if b := Compare(nil, 1.96); b.N != 0 || b.ShiftOK {
		t.Errorf("%+v", b)
	}
}
