package estimate

import (
	"math"
	"math/rand/v2"
	"reflect"
	"runtime"
	"testing"

	"pgregory.net/rapid"
)

// The one-pass means of all domains are the means that Mean gives domain by
// domain: value, error, refusal, degrees of freedom and design effect.
func TestDomainMeansEqualMean(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := drawSample(t)
		d, err := New(s.spec)
		if err != nil {
			t.Fatal(err)
		}
		p, err := NewDomains(d, s.domain, s.domains)
		if err != nil {
			t.Fatal(err)
		}
		for g, got := range p.Means(s.y) {
			want, err := Mean(d, s.y, s.in(g))
			if (err == nil) != (got.Refused == nil) {
				t.Fatalf("domain %d: refused %v, Mean says %v", g, got.Refused, err)
			}
			if got.N != want.N {
				t.Fatalf("domain %d: n %d, want %d", g, got.N, want.N)
			}
			if want.N == 0 {
				continue
			}
			if !near(got.Value, want.Value, 1e-12) || !near(got.SE*got.SE, want.SE*want.SE, 1e-10) ||
				got.DF != want.DF || !near(got.SumDesignWeight, want.SumDesignWeight, 1e-12) {
				t.Fatalf("domain %d: %+v, want %+v", g, got.Estimate, want)
			}
			if err == nil && got.DEffReplace != nil && want.DEffReplace != nil && !near(*got.DEffReplace, *want.DEffReplace, 1e-8) {
				t.Fatalf("domain %d: deff %v, want %v", g, *got.DEffReplace, *want.DEffReplace)
			}
		}
	})
}

// Sparse and dense numbering of cells agree.
func TestCellsSparseEqualsDense(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 60).Draw(t, "n")
		code, key := make([]int32, n), make([]int32, n)
		for i := range n {
			code[i] = int32(rapid.IntRange(-1, 4).Draw(t, "domain"))
			key[i] = int32(rapid.IntRange(0, 6).Draw(t, "key"))
		}
		a, b := Domains{count: 5}, Domains{count: 5}
		a.denseCells(code, key, 7)
		b.sparseCells(code, key)
		if !reflect.DeepEqual(a, b) {
			t.Fatalf("dense %+v\nsparse %+v", a, b)
		}
	})
}

// survey generates n answers of committees in two stages.
func survey(n, committees int, seed uint64) (Spec, Column, []int32) {
	rng := rand.New(rand.NewPCG(seed, 1))
	stratum, unit, n1, n2, w := make([]int32, n), make([]int32, n), make([]float64, n), make([]float64, n), make([]float64, n)
	y := Column{Values: make([]float64, n), Missing: make([]bool, n)}
	size := make([]float64, committees)
	weight := make([]float64, committees)
	for c := range weight {
		size[c] = 0
		weight[c] = 20 * (0.5 + rng.Float64())
	}
	for i := range n {
		unit[i] = int32(rng.IntN(committees))
		size[unit[i]]++
	}
	const perStratum = 20
	for i := range n {
		c := unit[i]
		stratum[i] = c / perStratum
		w[i] = weight[c]
		n1[i], n2[i] = 3*perStratum, math.Ceil(size[c]*12)
		y.Values[i] = float64(1 + rng.IntN(5))
		y.Missing[i] = rng.IntN(50) == 0
	}
	spec := Spec{Rows: n, DesignWeight: w, Lonely: LonelyAdjust,
		Stages: []Stage{{Unit: unit, Stratum: stratum, Population: n1}, {Population: n2}}}
	return spec, y, unit
}

// Bit-identical for any order of rows and any number of processors.
func TestDomainMeansReproducible(t *testing.T) {
	const n, committees = 200_000, 300
	spec, y, unit := survey(n, committees, 5)
	run := func(s Spec, y Column, code []int32) []DomainEstimate {
		d := mustNew(t, s)
		p, err := NewDomains(d, code, committees)
		if err != nil {
			t.Fatal(err)
		}
		return p.Means(y)
	}
	want := run(spec, y, unit)
	s := sample{spec: spec, y: y, domain: unit, domains: committees}
	order := rand.New(rand.NewPCG(9, 9)).Perm(n)
	shuffled := s.permuted(order)
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	for _, procs := range []int{1, 2, 3, 8} {
		runtime.GOMAXPROCS(procs)
		if got := run(spec, y, unit); !reflect.DeepEqual(got, want) {
			t.Fatalf("GOMAXPROCS %d changes a figure", procs)
		}
		if got := run(shuffled.spec, shuffled.y, shuffled.domain); !reflect.DeepEqual(got, want) {
			t.Fatalf("order of rows changes a figure (GOMAXPROCS %d)", procs)
		}
	}
}

// BenchmarkPlainPass is one pass over the same columns: Σw and Σwy by domain.
func BenchmarkPlainPass(b *testing.B) {
	spec, y, unit := survey(1_000_000, 400, 1)
	b.ResetTimer()
	for b.Loop() {
		sw, swy := make([]float64, 400), make([]float64, 400)
		for i, c := range unit {
			if !y.Missing[i] {
				sw[c] += spec.DesignWeight[i]
				swy[c] += spec.DesignWeight[i] * y.Values[i]
			}
		}
	}
}

func BenchmarkDomainMeans(b *testing.B) {
	for _, bm := range []struct {
		name       string
		committees int
		stages     int
	}{{"committees=400/two-stage", 400, 2}, {"committees=400/ultimate", 400, 1}, {"committees=6500/two-stage", 6500, 2}} {
		b.Run(bm.name, func(b *testing.B) {
			spec, y, unit := survey(1_000_000, bm.committees, 1)
			spec.Stages = spec.Stages[:bm.stages]
			d := mustNew(b, spec)
			p, err := NewDomains(d, unit, bm.committees)
			if err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			b.ResetTimer()
			for b.Loop() {
				p.Means(y)
			}
		})
	}
}

func BenchmarkPrepare(b *testing.B) {
	spec, _, unit := survey(1_000_000, 400, 1)
	b.Run("New", func(b *testing.B) {
		for b.Loop() {
			mustNew(b, spec)
		}
	})
	d := mustNew(b, spec)
	b.Run("NewDomains", func(b *testing.B) {
		for b.Loop() {
			if _, err := NewDomains(d, unit, 400); err != nil {
				b.Fatal(err)
			}
		}
	})
}
