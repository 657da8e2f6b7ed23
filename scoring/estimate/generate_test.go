package estimate

import (
	"math"
	"testing"

	"pgregory.net/rapid"
)

// sample is a random sample for property tests: unequal strata, clusters of
// unequal size, missing answers, some zero weights.
type sample struct {
	spec    Spec
	y       Column
	domain  []int32
	domains int
}

func drawSample(t *rapid.T) sample {
	stages := rapid.IntRange(0, 3).Draw(t, "stages") // 0 = single rows
	fpc := rapid.Bool().Draw(t, "fpc")
	lonely := rapid.SampledFrom([]LonelyPolicy{LonelyAdjust, LonelyAverage, LonelyRemove, LonelyCertainty, LonelyFail}).Draw(t, "lonely")
	s := sample{domains: rapid.IntRange(1, 4).Draw(t, "domains")}
	var stratum, psu, ssu []int32
	var n1, n2 []float64
	strata := rapid.IntRange(1, 4).Draw(t, "strata")
	id := int32(0)
	for h := range strata {
		units := rapid.IntRange(1, 4).Draw(t, "units")
		pop1 := float64(units + rapid.IntRange(0, 9).Draw(t, "more units"))
		for range units {
			id++
			rows := rapid.IntRange(1, 6).Draw(t, "rows")
			pop2 := float64(rows + rapid.IntRange(0, 20).Draw(t, "more rows"))
			for r := range rows {
				stratum, psu = append(stratum, int32(h)), append(psu, id)
				ssu = append(ssu, int32(r/2))
				n1, n2 = append(n1, pop1), append(n2, pop2)
			}
		}
	}
	n := len(stratum)
	s.spec = Spec{Rows: n, Lonely: lonely, DesignWeight: make([]float64, n)}
	s.y = Column{make([]float64, n), make([]bool, n)}
	s.domain = make([]int32, n)
	for i := range n {
		s.spec.DesignWeight[i] = rapid.Float64Range(0.5, 90).Draw(t, "w")
		if rapid.IntRange(0, 9).Draw(t, "zero") == 0 {
			s.spec.DesignWeight[i] = 0
		}
		s.y.Values[i] = float64(rapid.IntRange(10, 50).Draw(t, "y")) / 10
		s.y.Missing[i] = rapid.IntRange(0, 9).Draw(t, "missing") == 0
		s.domain[i] = int32(rapid.IntRange(-1, s.domains-1).Draw(t, "domain"))
	}
	s.spec.DesignWeight[0] = 7
	if rapid.Bool().Draw(t, "nested") { // whole units in one domain, in any order
		offset := rapid.IntRange(0, s.domains).Draw(t, "offset")
		for i, u := range psu {
			s.domain[i] = int32((5*int(u)+offset)%(s.domains+1)) - 1
		}
	}
	if rapid.Bool().Draw(t, "positive") {
		for i, w := range s.spec.DesignWeight {
			s.spec.DesignWeight[i] = max(w, 0.5)
		}
	}
	switch stages {
	case 0:
		for i := range n1 { // rows are the units: their population by stratum
			n1[i] = 200
		}
		s.spec.Stages = []Stage{{Stratum: stratum, Population: n1}}
	case 1:
		s.spec.Stages = []Stage{{Unit: psu, Stratum: stratum, Population: n1}}
	case 2:
		s.spec.Stages = []Stage{{Unit: psu, Stratum: stratum, Population: n1}, {Population: n2}}
	case 3:
		for i := range n2 {
			n2[i] = 30
		}
		s.spec.Stages = []Stage{{Unit: psu, Stratum: stratum, Population: n1}, {Unit: ssu, Population: n2}}
	}
	if !fpc {
		for k := range s.spec.Stages {
			s.spec.Stages[k].Population = nil
		}
	}
	return s
}

func (s sample) in(g int) []bool {
	m := make([]bool, len(s.domain))
	for i, v := range s.domain {
		m[i] = int(v) == g
	}
	return m
}

// permuted is the same sample with its rows in another order.
func (s sample) permuted(order []int) sample {
	p := sample{spec: s.spec, domains: s.domains}
	p.spec.Rows = len(order)
	p.spec.DesignWeight = pick(s.spec.DesignWeight, order)
	p.y = Column{pick(s.y.Values, order), pick(s.y.Missing, order)}
	p.domain = pick(s.domain, order)
	p.spec.Stages = nil
	for _, st := range s.spec.Stages {
		p.spec.Stages = append(p.spec.Stages, Stage{pick(st.Unit, order), pick(st.Stratum, order), pick(st.Population, order)})
	}
	return p
}

func pick[T any](x []T, order []int) []T {
	if x == nil {
		return nil
	}
	out := make([]T, len(order))
	for k, i := range order {
		out[k] = x[i]
	}
	return out
}

func near(a, b, tol float64) bool {
	return math.Abs(a-b) <= tol*math.Max(1, math.Max(math.Abs(a), math.Abs(b)))
}

func mustNew(t testing.TB, s Spec) *Design {
	t.Helper()
	d, err := New(s)
	if err != nil {
		t.Fatal(err)
	}
	return d
}
