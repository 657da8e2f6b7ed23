package adjust

import (
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"gongping/internal/errs"
)

// The reference level is the first in the order of bytes; names follow R.
func TestDesign(t *testing.T) {
	t.Parallel()
	c := Design([]Covariate{
		{Name: "age", Text: []string{"60+", "18-34", "35-59", "60+"}},
		{Name: "years", Number: []float64{1, 2, 3, 4}},
	}).WithIntercept(4)
	if want := []string{"(Intercept)", "age35-59", "age60+", "years"}; !slices.Equal(c.Name, want) {
		t.Fatalf("names %v, want %v", c.Name, want)
	}
	if want := []float64{1, 0, 0, 1}; !slices.Equal(c.X[2], want) {
		t.Fatalf("age60+ is %v, want %v", c.X[2], want)
	}
	p := Product(Covariate{Name: "a", Text: []string{"x", "y"}}, Covariate{Name: "n", Number: []float64{3, 4}})
	if p.Name[0] != "ay:n" || !slices.Equal(p.X[0], []float64{0, 4}) {
		t.Fatalf("product %+v", p)
	}
	if c := Design([]Covariate{{Name: "only", Text: []string{"a", "a"}}}); len(c.X) != 0 {
		t.Fatalf("one level gives %d columns, want none", len(c.X))
	}
}

// Two units that do equally well for the same residents but serve different
// ones: the raw means differ by 10, the adjusted ones not at all.
func TestCaseMixRemovesMix(t *testing.T) {
	t.Parallel()
	in := CaseMixInput{Units: 2, Mix: Columns{Name: []string{"old"}, X: [][]float64{nil}}}
	add := func(unit int32, old float64, y ...float64) {
		for _, v := range y {
			in.Unit, in.Y = append(in.Unit, unit), append(in.Y, v)
			in.Mix.X[0] = append(in.Mix.X[0], old)
		}
	}
	add(0, 0, 59, 61, 60, 60, 60, 60) // 6 young, 2 old
	add(0, 1, 79, 81)
	add(1, 0, 59, 61) // 2 young, 6 old
	add(1, 1, 79, 81, 80, 80, 80, 80)
	r, err := FitCaseMix(in)
	if err != nil {
		t.Fatal(err)
	}
	if math.Abs(r.Coef[0]-20) > 1e-12 || math.Abs(r.Raw[1]-r.Raw[0]-10) > 1e-12 || math.Abs(r.Adjusted[1]-r.Adjusted[0]) > 1e-12 {
		t.Fatalf("coefficient %g, raw %v, adjusted %v", r.Coef[0], r.Raw, r.Adjusted)
	}
}

func randomInput(rng *rand.Rand, n, units int) CaseMixInput {
	in := CaseMixInput{Units: units, Mix: Columns{Name: []string{"a", "b"}, X: [][]float64{nil, nil}}}
	for i := range n {
		in.Unit = append(in.Unit, int32(i%units))
		a, b := rng.NormFloat64(), float64(rng.IntN(2))
		in.Mix.X[0], in.Mix.X[1] = append(in.Mix.X[0], a), append(in.Mix.X[1], b)
		in.Y = append(in.Y, 50+3*a-5*b+float64(i%units)+4*rng.NormFloat64())
	}
	return in
}

// The case-mix weighted mean of the adjusted means is that of the raw ones;
// relabelling units moves their scores along; weights of 1 change nothing; a
// column that is constant within units is dropped and adjusts nothing.
func TestCaseMixIdentities(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		rng := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 7))
		units := rapid.IntRange(2, 8).Draw(t, "units")
		in := randomInput(rng, rapid.IntRange(60, 120).Draw(t, "n"), units)
		base, err := FitCaseMix(in)
		if err != nil {
			t.Fatal(err)
		}
		raw, adj := 0.0, 0.0
		for u, c := range base.Count {
			raw += float64(c) * base.Raw[u]
			adj += float64(c) * base.Adjusted[u]
		}
		if math.Abs(raw-adj) > 1e-8*math.Abs(raw) {
			t.Fatalf("the adjustment moves the overall mean: %g, %g", raw, adj)
		}
		other := in
		other.PriorWeight = make([]float64, len(in.Y))
		between := make([]float64, len(in.Y))
		other.Unit = make([]int32, len(in.Y))
		for i, u := range in.Unit {
			other.PriorWeight[i] = 1
			between[i] = float64(u * u)
			other.Unit[i] = int32(units) - 1 - u
		}
		other.Mix = Columns{Name: []string{"a", "b", "c"}, X: append(slices.Clone(in.Mix.X), between)}
		moved, err := FitCaseMix(other)
		if err != nil {
			t.Fatal(err)
		}
		if moved.Estimated[2] {
			t.Fatal("a column that is constant within units was estimated")
		}
		for u := range units {
			if math.Abs(moved.Adjusted[units-1-u]-base.Adjusted[u]) > 1e-8 {
				t.Fatalf("unit %d: %g, relabelled %g", u, base.Adjusted[u], moved.Adjusted[units-1-u])
			}
		}
	})
}

func TestCaseMixFaults(t *testing.T) {
	t.Parallel()
	mix := func(x ...float64) Columns { return Columns{Name: []string{"x"}, X: [][]float64{x}} }
	for name, in := range map[string]CaseMixInput{
		"one unit":    {Y: []float64{1, 2, 3}, Unit: []int32{0, 0, 0}, Units: 1, Mix: mix(1, 2, 4)},
		"constant":    {Y: []float64{5, 5, 5, 5, 5}, Unit: []int32{0, 0, 0, 1, 1}, Units: 2, Mix: mix(1, 2, 4, 1, 2)},
		"no freedom":  {Y: []float64{1, 2, 3}, Unit: []int32{0, 0, 1}, Units: 2, Mix: mix(1, 2, 4)},
		"perfect fit": {Y: []float64{1, 2, 3, 1, 2, 3}, Unit: []int32{0, 0, 0, 1, 1, 1}, Units: 2, Mix: mix(1, 2, 3, 1, 2, 3)},
		"missing":     {Y: []float64{1, math.NaN(), 3, 4}, Unit: []int32{0, 0, 1, 1}, Units: 2},
		"no rows":     {Units: 2},
		"zero weight": {Y: []float64{1, 2, 3, 4}, Unit: []int32{0, 0, 1, 1}, Units: 2, PriorWeight: []float64{1, 0, 1, 1}},
	} {
		r, err := FitCaseMix(in)
		if _, ok := errors.AsType[*errs.Error](err); !ok {
			t.Errorf("%s: got %+v, error %v; want a fault", name, r, err)
		}
	}
}

// A unit without rows keeps the overall mean, a count of zero and reliability
// zero.
func TestCaseMixEmptyUnit(t *testing.T) {
	t.Parallel()
	in := randomInput(rand.New(rand.NewPCG(1, 1)), 40, 3)
	in.Units = 4
	r, err := FitCaseMix(in)
	if err != nil {
		t.Fatal(err)
	}
	if r.Count[3] != 0 || r.Reliability[3] != 0 || math.IsNaN(r.Adjusted[3]) || r.Units != 3 {
		t.Fatalf("got %+v", r)
	}
}
