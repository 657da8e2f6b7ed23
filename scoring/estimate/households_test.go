package estimate

import (
	"fmt"
	"math"
	"math/rand/v2"
	"reflect"
	"runtime"
	"testing"
)

// households is a survey in the order in which it was taken in: committees in
// strata of twenty, two to four persons in every household.
func households(n, committees int) (Spec, Column, []int32) {
	rng := rand.New(rand.NewPCG(20261129, uint64(n)))
	s := Spec{Rows: n, DesignWeight: make([]float64, n), Lonely: LonelyCertainty}
	stratum, unit, code := make([]int32, n), make([]int32, n), make([]int32, n)
	homes, members := make([]float64, n), make([]float64, n)
	y := Column{Values: make([]float64, n)}
	left, house, at := 0, int32(-1), int32(0)
	for i := range n {
		if left == 0 {
			left, house, at = 2+rng.IntN(3), house+1, int32(i*committees/n)
		}
		left--
		code[i], stratum[i], unit[i] = at, at/20, house
		homes[i], members[i] = float64(20*n/committees+1000*(20+int(at/20)%7)), 6
		s.DesignWeight[i], y.Values[i] = 0.7+0.1*float64(rng.IntN(10)), 6.25*float64(rng.IntN(17))
	}
	s.Stages = []Stage{{Unit: unit, Stratum: stratum, Population: homes}, {Population: members}}
	return s, y, code
}

func BenchmarkHouseholds(b *testing.B) {
	for _, n := range []int{10_000, 1_000_000} {
		for stages := 1; stages <= 2; stages++ {
			b.Run(fmt.Sprintf("answers=%d/stages=%d", n, stages), func(b *testing.B) {
				s, y, code := households(n, 400)
				s.Stages = s.Stages[:stages]
				if stages == 1 {
					s.Stages[0].Population = nil
				}
				d := mustNew(b, s)
				b.ReportAllocs()
				for b.Loop() {
					p, err := NewDomains(d, code, 400)
					if err != nil {
						b.Fatal(err)
					}
					p.Means(y)
				}
			})
		}
	}
}

// What is added household by household in the order of the rows, for one domain
// after the other, is what any order gives, to the last digit.
func TestHouseholdsInOrderEqualShuffled(t *testing.T) {
	const n, committees = 60_000, 150
	spec, y, code := households(n, committees)
	for name, change := range map[string]func(s *Spec, y *Column, code []int32){
		"two stages": func(*Spec, *Column, []int32) {},
		"one stage":  func(s *Spec, _ *Column, _ []int32) { s.Stages = s.Stages[:1] },
		"no population": func(s *Spec, _ *Column, _ []int32) {
			s.Stages = []Stage{{Unit: s.Stages[0].Unit, Stratum: s.Stages[0].Stratum}}
		},
		"adjust":          func(s *Spec, _ *Column, _ []int32) { s.Lonely = LonelyAdjust },
		"missing":         func(_ *Spec, y *Column, _ []int32) { y.Missing = marks(n, 7) },
		"zero weights":    func(s *Spec, _ *Column, _ []int32) { s.DesignWeight = zeroed(s.DesignWeight, 5) },
		"whole missing":   func(_ *Spec, y *Column, _ []int32) { y.Missing = marks(n, 1) },
		"one domain":      func(_ *Spec, _ *Column, code []int32) { clear(code) },
		"some outside":    func(_ *Spec, _ *Column, code []int32) { shift(code) },
		"equal answers":   func(_ *Spec, y *Column, _ []int32) { y.Values = make([]float64, n) },
		"many committees": func(s *Spec, _ *Column, code []int32) { copy(code, s.Stages[0].Unit) },
	} {
		s, v, g := spec, y, append([]int32(nil), code...)
		s.Stages = append([]Stage(nil), spec.Stages...)
		change(&s, &v, g)
		count := committees
		if name == "many committees" {
			count = n
		}
		run := func(x sample) []DomainEstimate {
			p, err := NewDomains(mustNew(t, x.spec), x.domain, count)
			if err != nil {
				t.Fatal(err)
			}
			return p.Means(x.y)
		}
		ordered := sample{spec: s, y: v, domain: g, domains: count}
		shuffled := ordered.permuted(rand.New(rand.NewPCG(4, 4)).Perm(n))
		before := runtime.GOMAXPROCS(0)
		want := run(shuffled)
		for _, procs := range []int{1, 2, 3} {
			runtime.GOMAXPROCS(procs)
			if got := run(ordered); !reflect.DeepEqual(got, want) {
				t.Errorf("%s: rows in order give another figure than shuffled (GOMAXPROCS %d)", name, procs)
			}
		}
		runtime.GOMAXPROCS(before)
	}
}

func marks(n, every int) []bool {
	m := make([]bool, n)
	for i := range m {
		m[i] = i%every == 0
	}
	return m
}

func zeroed(w []float64, every int) []float64 {
	z := append([]float64(nil), w...)
	for i := range z {
		if i%every == 0 {
			z[i] = 0
		}
	}
	return z
}

// shift takes the first committees out of the domains.
func shift(code []int32) {
	for i := range code {
		code[i] = max(code[i]-5, -1)
	}
}

// Codes out of range are named, however they stand among rows in order, and domains
// that do not follow the order of the rows are taken all the same.
func TestCodesOfRowsInOrder(t *testing.T) {
	t.Parallel()
	s, y, code := households(400, 10)
	d := mustNew(t, s)
	for _, bad := range []int32{-2, 10, math.MinInt32, math.MinInt32 + 5, math.MaxInt32} {
		for _, at := range []int{0, 1, 200, 398, 399} {
			g := append([]int32(nil), code...)
			g[at] = bad
			if _, err := NewDomains(d, g, 10); err == nil {
				t.Errorf("code %d in row %d is taken", bad, at+1)
			}
		}
	}
	g := append([]int32(nil), code...)
	for i := range g { // the second half first
		g[i] = (g[i] + 5) % 10
	}
	p, err := NewDomains(d, g, 10)
	if err != nil {
		t.Fatal(err)
	}
	q, _ := NewDomains(d, code, 10)
	turned, plain := p.Means(y), q.Means(y)
	for k := range plain {
		if !reflect.DeepEqual(plain[k], turned[(k+5)%10]) {
			t.Errorf("domain %d changes with the order of the domains", k)
		}
	}
}
