package fair

import (
	"math"
	"math/rand/v2"
	"reflect"
	"testing"
)

// fractions gives every answer the same sampling fraction.
func fractions(in *Input, f float64) *Input {
	in.SamplingFraction = make([]float64, len(in.Unit))
	for i := range in.SamplingFraction {
		in.SamplingFraction[i] = f
	}
	return in
}

// A sampling fraction of zero changes nothing, not even a digit.
func TestNoFractionIsNone(t *testing.T) {
	t.Parallel()
	want := score(t, makeInput(60, 50, 41, true))
	got := score(t, fractions(makeInput(60, 50, 41, true), 0))
	if !reflect.DeepEqual(got.Units, want.Units) || !reflect.DeepEqual(got.Answers, want.Answers) {
		t.Error("a fraction of zero changed the result")
	}
}

// Where all residents have answered there is no sampling error: the score is the
// mean of the answers, every answer counts, and the interval is a point. The
// units around it keep theirs.
func TestCensusHasNoSamplingError(t *testing.T) {
	t.Parallel()
	in := makeInput(60, 50, 42, true)
	in.SamplingFraction = make([]float64, len(in.Unit))
	for i, u := range in.Unit {
		if u < 3 {
			in.SamplingFraction[i] = 1
		}
	}
	r := score(t, in)
	for u := range r.Units {
		x := &r.Units[u]
		if u >= 3 {
			if x.SE <= 0 || x.Lo >= x.Hi || x.RawSE <= 0 {
				t.Errorf("unit %d was sampled: %v ± %v", u, x.Official, x.SE)
			}
			continue
		}
		near(t, "census score", x.Official, x.Raw, 1e-9)
		if x.SE != 0 || x.RawSE != 0 || x.Lo != x.Official || x.Hi != x.Official {
			t.Errorf("unit %d: census %v with error %v, raw error %v, interval %v to %v", u, x.Official, x.SE, x.RawSE, x.Lo, x.Hi)
		}
		if x.BandProbability < 1 || x.Reliability < 0.999 {
			t.Errorf("unit %d: band probability %v, reliability %v", u, x.BandProbability, x.Reliability)
		}
		near(t, "EB of a census", x.EB, x.Raw, 0.01)
	}
	for i, u := range in.Unit {
		if u < 3 && (r.Answers.RobustWeight[i] != 1 || r.Answers.Reason[i] != Ordinary) {
			t.Fatalf("answer %d of a census: weight %v, %v", i, r.Answers.RobustWeight[i], r.Answers.Reason[i])
		}
	}
}

// 60 of a unit's residents answer. Against the mean of all of them the score is
// nearer than one that takes no account of how many have answered, the more so the
// larger the share, and its 95% interval covers 0.93 to 0.97, up to the last few
// residents (docs/methods/fair-score.md gives the means over twelve seeds).
func TestFinitePopulation(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		people int
		gain   float64 // error with the correction over that without, at most
	}{{240, 1.02}, {120, 0.90}, {80, 0.70}, {66, 0.45}} {
		in, truth := finitePopulation(500, c.people, 60)
		par := DefaultParams()
		par.HighAt = 101
		plain, err := Score(in, par)
		if err != nil {
			t.Fatal(err)
		}
		_, plainError := against(plain, truth)
		r, err := Score(fractions(in, 60/float64(c.people)), par)
		if err != nil {
			t.Fatal(err)
		}
		share, rmse := against(r, truth)
		if share < 0.93 || share > 0.97 {
			t.Errorf("60 of %d: the 95%% interval covers %.3f", c.people, share)
		}
		if rmse > c.gain*plainError {
			t.Errorf("60 of %d: error %.3f with the correction, %.3f without", c.people, rmse, plainError)
		}
	}
}

// One more hostile answer pulls about the limit of what it pulls the raw
// mean, or than the share of the residents who answered where that is larger; the
// score goes over into the census without a jump.
func TestFinitePopulationKeepsTheLimit(t *testing.T) {
	t.Parallel()
	in, _ := finitePopulation(300, 600, 60)
	par := DefaultParams()
	par.HighAt = 101
	for _, f := range []float64{0, 0.02, 0.1, 0.2, 0.3, 0.5, 0.8, 0.99} {
		r, err := Score(fractions(in, f), par)
		if err != nil {
			t.Fatal(err)
		}
		official, raw := 0.0, 0.0
		for u := range r.Units {
			s := r.Sums(u)
			more := r.Prior.Rescore(r.Prior.Add(s, 0, 1, 1), u, Evidence{1, 1})
			official += more.Official - r.Units[u].Official
			raw += more.Raw - r.Units[u].Raw
			if d := r.Units[u].Official - r.Units[u].Raw; f == 0.99 && math.Abs(d) > 0.2 {
				t.Errorf("unit %d: %v from the mean of nearly all residents", u, d)
			}
		}
		if limit := math.Max(par.MaxPull, f); official/raw > limit+0.05 { // the limit is that of a typical unit
			t.Errorf("%v of the residents: pull %.3f of the raw one, limit %.2f", f, official/raw, limit)
		}
	}
}

// finitePopulation draws units of people residents of whom asked answer, and the
// mean of all residents of every unit.
func finitePopulation(units, people, asked int) (*Input, []float64) {
	rng := rand.New(rand.NewPCG(43, 1))
	in, truth := &Input{Units: units}, make([]float64, units)
	for u := range units {
		level := 3 * rng.NormFloat64()
		for k := range people {
			s := 25 * math.Round(math.Min(4, math.Max(1, 3.2+level/25+0.7*rng.NormFloat64())))
			if rng.Float64() < 0.02 {
				s = 0
			}
			truth[u] += s / float64(people)
			if k < asked {
				in.Unit, in.Score = append(in.Unit, int32(u)), append(in.Score, s)
			}
		}
	}
	return in, truth
}

// against is the coverage of the intervals and the root mean squared error.
func against(r *Result, truth []float64) (coverage, rmse float64) {
	n := float64(len(truth))
	for u := range r.Units {
		x := &r.Units[u]
		if x.Lo <= truth[u] && truth[u] <= x.Hi {
			coverage += 1 / n
		}
		rmse += (x.Official - truth[u]) * (x.Official - truth[u]) / n
	}
	return coverage, math.Sqrt(rmse)
}
