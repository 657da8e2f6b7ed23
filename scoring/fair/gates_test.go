package fair

import (
	"math"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestGate(t *testing.T) {
	t.Parallel()
	par := DefaultParams()
	for _, c := range []struct {
		n         int
		rel, prev float64
		want      Status
	}{
		{29, 0.99, 0.99, NotEnough},
		{30, 0.50, -1, LowReliability},
		{99, 0.69, -1, LowReliability},
		{99, 0.70, -1, Publishable},
		{100, 0.10, -1, Publishable},
		{300, 0.85, -1, Publishable},
		{300, 0.85, 0.79, Publishable},
		{300, 0.80, 0.80, Consequential},
		{300, 0.79, 0.99, Publishable},
	} {
		if got := gate(&par, c.n, c.rel, c.prev); got != c.want {
			t.Errorf("n=%d reliability %v, last round %v: %v, want %v", c.n, c.rel, c.prev, got, c.want)
		}
	}
}

// A band is given only where the gate allows a score and the posterior is sure;
// otherwise the bands that remain are named.
func TestBandsNeedEvidence(t *testing.T) {
	t.Parallel()
	in := makeInput(80, 25, 31, false)
	for _, u := range score(t, in).Units {
		if u.Status != NotEnough || u.Band != NoBand {
			t.Fatalf("25 completes: status %v, band %d", u.Status, u.Band)
		}
	}
	par := DefaultParams()
	in = makeInput(80, 150, 31, false)
	r, err := Score(in, par)
	if err != nil {
		t.Fatal(err)
	}
	given := 0
	for _, u := range r.Units {
		if u.Band != NoBand {
			given++
			if u.BandProbability < par.BandConfidence || u.Band < u.BandLo || u.Band > u.BandHi {
				t.Errorf("band %d with probability %v in %d..%d", u.Band, u.BandProbability, u.BandLo, u.BandHi)
			}
		}
		if !(u.Lo < u.Official && u.Official < u.Hi) {
			t.Errorf("interval %v..%v around %v", u.Lo, u.Hi, u.Official)
		}
	}
	if given == 0 || given == len(r.Units) {
		t.Errorf("%d of %d units have one band: the test needs both kinds", given, len(r.Units))
	}
}

// Data faults are named with row, value and remedy.
func TestFaultyInputIsNamed(t *testing.T) {
	t.Parallel()
	base := func() *Input { return makeInput(5, 10, 1, true) }
	for _, c := range []struct {
		name, want string
		spoil      func(*Input)
	}{
		{"score above 100", "row 7, score", func(in *Input) { in.Score[7] = 101 }},
		{"score not a number", "row 3, score", func(in *Input) { in.Score[3] = math.NaN() }},
		{"zero weight", "row 4, design weight", func(in *Input) { in.DesignWeight[4] = 0 }},
		{"negative weight", "row 4, design weight", func(in *Input) { in.DesignWeight[4] = -1 }},
		{"unit code", "row 9, unit", func(in *Input) { in.Unit[9] = 5 }},
		{"covariate", "row 2, covariate", func(in *Input) {
			in.Covariate = [][]float64{make([]float64, 50)}
			in.Covariate[0][2] = math.Inf(1)
		}},
	} {
		in := base()
		c.spoil(in)
		if _, err := Score(in, DefaultParams()); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v does not say %q", c.name, err, c.want)
		}
	}
	par := DefaultParams()
	par.Cuts = []float64{80, 70}
	if _, err := Score(base(), par); err == nil || !strings.Contains(err.Error(), "increasing") {
		t.Errorf("cuts out of order: %v", err)
	}
}

// Whatever the answers, every figure is finite, the interval holds the score,
// and the score stays on the scale.
func TestNeverNaN(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		in := &Input{Units: rapid.IntRange(1, 12).Draw(t, "units")}
		n := rapid.IntRange(0, 80).Draw(t, "answers")
		grades := rapid.SampledFrom([][]float64{{0}, {100}, {50}, {0, 100}, {0, 25, 50, 75, 100}, {75, 75.0001}}).Draw(t, "grades")
		for range n {
			in.Unit = append(in.Unit, int32(rapid.IntRange(0, in.Units-1).Draw(t, "unit")))
			in.Score = append(in.Score, rapid.SampledFrom(grades).Draw(t, "score"))
			in.DesignWeight = append(in.DesignWeight, rapid.SampledFrom([]float64{1e-6, 0.5, 1, 1e6}).Draw(t, "weight"))
		}
		r, err := Score(in, DefaultParams())
		if err != nil {
			t.Fatal(err)
		}
		for u, x := range r.Units {
			for _, v := range []float64{x.Raw, x.RawSE, x.Huber, x.EB, x.Official, x.SE, x.Lo, x.Hi, x.Reliability, x.LowShare, x.HighShare, x.EffectiveN, x.BandProbability} {
				if math.IsNaN(v) || math.IsInf(v, 0) {
					t.Fatalf("unit %d: %+v", u, x)
				}
			}
			if x.Official < -1e-6 || x.Official > 100+1e-6 || x.Lo > x.Hi {
				t.Fatalf("unit %d: score %v in %v..%v", u, x.Official, x.Lo, x.Hi)
			}
		}
		for i := range r.Answers.Influence {
			if math.IsNaN(r.Answers.Influence[i]) || math.IsNaN(r.Answers.RobustWeight[i]) {
				t.Fatalf("answer %d: influence %v, weight %v", i, r.Answers.Influence[i], r.Answers.RobustWeight[i])
			}
		}
	})
}
