package fair

import "testing"

// A rare side is always a part of its own, a common one only where its marks lie
// far from all others, a very common one never. The shares of the grades 0, 25, 50,
// 75, 100 are given in thousandths; distances in standard deviations of the other
// answers are worked out by hand.
func TestCommonMarksNextDoorAreOrdinary(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name      string
		shares    [5]int
		low, high bool
	}{
		{"generous: two fifths at the top", [5]int{10, 30, 120, 440, 400}, true, false},
		{"rare on both sides, the top 2.3 away", [5]int{30, 120, 410, 400, 40}, true, true},
		{"top 18%, 2.2 away", [5]int{10, 30, 140, 640, 180}, true, false},
		{"bottom 15%, 4.3 away", [5]int{150, 20, 100, 380, 350}, true, false},
		{"bottom 18% of a strict scale, 2.2 away", [5]int{180, 640, 140, 30, 10}, false, true},
		{"bottom 30%", [5]int{300, 10, 100, 300, 290}, false, false},
		{"top 15%, 4.6 away", [5]int{10, 400, 430, 10, 150}, true, true},
		{"one grade only", [5]int{0, 0, 0, 1000, 0}, false, false},
		{"two grades, no spread in the others", [5]int{0, 0, 0, 850, 150}, false, true},
	} {
		in := &Input{Units: 10}
		for g, k := range c.shares {
			for i := range k {
				in.Unit, in.Score = append(in.Unit, int32(i%10)), append(in.Score, float64(25*g))
			}
		}
		p := score(t, in).Prior
		if p.Low.Active != c.low || p.High.Active != c.high {
			t.Errorf("%s: low %v, high %v, want %v, %v", c.name, p.Low.Active, p.High.Active, c.low, c.high)
		}
	}
}
