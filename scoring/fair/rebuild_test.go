package fair

import (
	"math/rand/v2"
	"reflect"
	"runtime"
	"testing"
)

// A run is bit-identical for any number of cores and any order of the answers.
// Not parallel: it changes GOMAXPROCS.
func TestSameForAnyOrderAndCores(t *testing.T) {
	in := makeInput(80, 60, 3, true)
	decorate(in, 5)
	want := score(t, in)
	old := runtime.GOMAXPROCS(0)
	defer runtime.GOMAXPROCS(old)
	for _, procs := range []int{1, 2, 7} {
		runtime.GOMAXPROCS(procs)
		perm := rand.New(rand.NewPCG(uint64(procs), 9)).Perm(len(in.Unit))
		got := score(t, shuffled(in, perm))
		if !reflect.DeepEqual(got.Units, want.Units) {
			t.Fatalf("GOMAXPROCS=%d, shuffled input: unit results differ", procs)
		}
		for to, from := range perm {
			if got.Answers.Influence[to] != want.Answers.Influence[from] ||
				got.Answers.RobustWeight[to] != want.Answers.RobustWeight[from] ||
				got.Answers.Reason[to] != want.Answers.Reason[from] {
				t.Fatalf("GOMAXPROCS=%d: answer %d differs", procs, from)
			}
		}
	}
}

// decorate adds a covariate, themes, buildings, weeks, households and batches.
func decorate(in *Input, seed uint64) {
	rng := rand.New(rand.NewPCG(seed, 4))
	n := len(in.Unit)
	in.Covariate = [][]float64{make([]float64, n)}
	for i := range n {
		in.Covariate[0][i] = float64(rng.IntN(2))
		in.Theme = append(in.Theme, int32(rng.IntN(6))-1)
		in.Building = append(in.Building, int32(rng.IntN(4)))
		in.Week = append(in.Week, int32(rng.IntN(3)))
		in.Household = append(in.Household, int32(rng.IntN(40))-1)
		in.Batch = append(in.Batch, int32(rng.IntN(4)))
		in.SamplingFraction = append(in.SamplingFraction, float64(rng.IntN(5))/4)
	}
}

func shuffled(in *Input, perm []int) *Input {
	out := &Input{Units: in.Units, UnitCovariate: in.UnitCovariate, PrevReliability: in.PrevReliability}
	out.Unit, out.Score, out.DesignWeight = pick(in.Unit, perm), pick(in.Score, perm), pick(in.DesignWeight, perm)
	out.Theme, out.Building, out.Week = pick(in.Theme, perm), pick(in.Building, perm), pick(in.Week, perm)
	out.Household, out.Batch = pick(in.Household, perm), pick(in.Batch, perm)
	out.SamplingFraction = pick(in.SamplingFraction, perm)
	for _, c := range in.Covariate {
		out.Covariate = append(out.Covariate, pick(c, perm))
	}
	return out
}

func pick[T any](x []T, perm []int) []T {
	if x == nil {
		return nil
	}
	out := make([]T, len(perm))
	for to, from := range perm {
		out[to] = x[from]
	}
	return out
}

func score(t testing.TB, in *Input) *Result {
	t.Helper()
	r, err := Score(in, DefaultParams())
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func BenchmarkScoreMillion(b *testing.B) {
	in := makeInput(6500, 154, 1, false)
	b.ReportAllocs()
	for b.Loop() {
		score(b, in)
	}
}

func BenchmarkScoreMillionWeighted(b *testing.B) {
	in := makeInput(6500, 154, 1, true)
	b.ReportAllocs()
	for b.Loop() {
		score(b, in)
	}
}
