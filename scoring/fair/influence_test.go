package fair

import (
	"math"
	"testing"
)

// The recorded influence is the score less the score of the same unit rescored
// without the answer, the prior held fixed. Tolerance: the series used for the
// influence statement, 1e-4 of a point.
func TestInfluenceIsLeaveOneOut(t *testing.T) {
	t.Parallel()
	for _, weights := range []bool{false, true} {
		in := makeInput(60, 45, 11, weights)
		r := score(t, in)
		for i := 0; i < len(in.Unit); i += 37 {
			u, w := int(in.Unit[i]), 1.0
			if weights {
				w = in.DesignWeight[i]
			}
			s := r.Prior.Add(r.Sums(u), in.Score[i], w, -1)
			e := r.Prior.Rescore(s, u, r.Units[u].Evidence())
			near(t, "influence", r.Answers.Influence[i], r.Units[u].Official-e.Official, 1e-4)
			near(t, "raw influence", r.Answers.RawInfluence[i], r.Units[u].Adjusted-e.Raw, 1e-9)
		}
	}
}

// Taking out the number of answers that Fragility names moves the score into
// another band, one fewer does not.
func TestFragilityIsTheFewestAnswers(t *testing.T) {
	t.Parallel()
	in := makeInput(120, 80, 12, false)
	par := DefaultParams()
	par.Cuts = []float64{74, 77, 79, 81}
	r, err := Score(in, par)
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	for u := range r.Units {
		res := &r.Units[u]
		if res.Fragility == 0 || res.Fragility > 12 {
			continue
		}
		found++
		for _, k := range []int{res.Fragility, res.Fragility - 1} {
			x := withoutExtreme(r, in, u, k, res.FragileUp)
			if crossed := BandOf(par.Cuts, x) != res.PointBand; crossed != (k == res.Fragility) {
				t.Errorf("unit %d: %d answers of fragility %d out: score %v, band left: %v", u, k, res.Fragility, x, crossed)
			}
		}
	}
	if found < 20 {
		t.Errorf("only %d units could be checked", found)
	}
}

// withoutExtreme rescores unit u without the k answers of strongest influence.
func withoutExtreme(r *Result, in *Input, u, k int, lowest bool) float64 {
	s := r.Sums(u)
	used := map[int]bool{}
	for range k {
		best, at := math.Inf(1), -1
		for i := range in.Unit {
			if int(in.Unit[i]) != u || used[i] {
				continue
			}
			v := r.Answers.Influence[i]
			if !lowest {
				v = -v
			}
			if v < best {
				best, at = v, i
			}
		}
		used[at] = true
		s = r.Prior.Add(s, in.Score[at], 1, -1)
	}
	return r.Prior.Rescore(s, u, r.Units[u].Evidence()).Official
}

// One hostile answer more moves the score by at most a third of what it moves
// the raw mean, on average over units with 50 to 300 answers.
func TestOneHostileAnswerIsLimited(t *testing.T) {
	t.Parallel()
	for _, n := range []int{50, 100, 300} {
		in := makeInput(200, n, 13, false)
		r := score(t, in)
		official, raw := 0.0, 0.0
		for u := range r.Units {
			e := r.Prior.Rescore(r.Prior.Add(r.Sums(u), 0, 1, 1), u, r.Units[u].Evidence())
			official += e.Official - r.Units[u].Official
			raw += e.Raw - r.Units[u].Adjusted
		}
		if share := official / raw; !(share > 0 && share <= 1.0/3) {
			t.Errorf("n=%d: one hostile answer has %.3f of its raw pull", n, share)
		}
	}
}

// The estimator treats both ends of the scale alike: on the mirrored scale it
// gives the mirrored score (up to the order in which the sides are heard).
func TestBothDirections(t *testing.T) {
	t.Parallel()
	in := makeInput(150, 80, 14, false)
	mirror := *in
	mirror.Score = make([]float64, len(in.Score))
	for i, s := range in.Score {
		// Squeeze the top grade below HighAt so that both ends are rare.
		if s == 100 {
			in.Score[i] = 90
		}
		mirror.Score[i] = 100 - in.Score[i]
	}
	par := DefaultParams()
	par.LowAt, par.HighAt = 5, 95
	a, err := Score(in, par)
	if err != nil {
		t.Fatal(err)
	}
	b, err := Score(&mirror, par)
	if err != nil {
		t.Fatal(err)
	}
	for u := range a.Units {
		near(t, "mirrored score", b.Units[u].Official, 100-a.Units[u].Official, 0.02)
		near(t, "mirrored reliability", b.Units[u].Reliability, a.Units[u].Reliability, 1e-9)
	}
}
