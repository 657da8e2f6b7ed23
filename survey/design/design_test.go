package design

import (
	"math"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func strata(t *rapid.T) Strata {
	h := rapid.IntRange(1, 12).Draw(t, "strata")
	s := Strata{}
	for range h {
		s.Population = append(s.Population, float64(rapid.IntRange(1, 5000).Draw(t, "N")))
		s.SD = append(s.SD, rapid.Float64Range(0, 40).Draw(t, "S"))
		s.Mean = append(s.Mean, rapid.Float64Range(1, 100).Draw(t, "mean"))
		s.Size = append(s.Size, rapid.Float64Range(1, 5000).Draw(t, "X"))
		s.Cost = append(s.Cost, rapid.Float64Range(1, 30).Draw(t, "cost"))
	}
	s.SD[0] = 10
	return s
}

func TestAllocationInvariants(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := strata(t)
		rule := rapid.SampledFrom(Rules).Draw(t, "rule")
		m, err := s.Measure(rule, 0.5)
		if err != nil {
			t.Fatal(err)
		}
		b := Bounds{Minimum: rapid.IntRange(0, 5).Draw(t, "min"), Maximum: rapid.SampledFrom([]int{0, 5, 50, 500}).Draw(t, "max")}
		n := rapid.IntRange(0, 3000).Draw(t, "n")
		least, most := 0, 0
		for _, p := range s.Population {
			least += min(b.Minimum, int(p))
			if b.Maximum > 0 {
				p = math.Min(p, float64(b.Maximum))
			}
			most += int(p)
		}
		a, err := Allocate(n, m, s.Population, b)
		if n < least || n > most {
			if err == nil {
				t.Fatalf("n = %d was accepted outside %d to %d", n, least, most)
			}
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		sum := 0
		for h, v := range a.N {
			sum += v
			top := int(s.Population[h])
			if b.Maximum > 0 {
				top = min(top, b.Maximum)
			}
			if v < min(b.Minimum, int(s.Population[h])) || v > top {
				t.Fatalf("stratum %d: %d of %g, minimum %d, maximum %d", h, v, s.Population[h], b.Minimum, b.Maximum)
			}
		}
		if sum != n {
			t.Fatalf("the allocation adds up to %d, not %d", sum, n)
		}
	})
}

func TestLargestRemainder(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		real []float64
		caps []float64
		want []int
	}{
		{[]float64{1.5, 1.5}, nil, []int{2, 1}},                        // ties to the earlier
		{[]float64{0.1 + 0.2, 0.3, 0.4}, nil, []int{0, 0, 1}},          // 0.30000000000000004 is 0.3
		{[]float64{2.9999999999, 1.0000000001}, nil, []int{3, 1}},      // whole but for rounding
		{[]float64{3.6, 1.4}, []float64{3, 9}, []int{3, 2}},            // cap passes the rest on
		{[]float64{1. / 3, 1. / 3, 1. / 3}, nil, []int{1, 0, 0}},       // one to share
		{[]float64{6.7, 2.2, 1.1}, []float64{6, 2, 1}, []int{6, 2, 1}}, // no room
	} {
		got, fits := LargestRemainder(c.real, c.caps)
		for h := range got {
			if got[h] != c.want[h] {
				t.Errorf("%v capped %v: %v, want %v", c.real, c.caps, got, c.want)
				break
			}
		}
		if noRoom := c.caps != nil && c.caps[0] == 6; fits == noRoom {
			t.Errorf("%v: fits %v", c.real, fits)
		}
	}
}

// Neyman has the smallest variance of all rules at equal n, and its size for a
// target variance gives that variance back.
func TestNeymanIsOptimal(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := strata(t)
		for h := range s.SD {
			s.SD[h] += 1
		}
		const n = 2.0 // small, so that no stratum is used up
		m, _ := s.Measure(Neyman, 0)
		ney, err := Share(n, m)
		if err != nil {
			t.Fatal(err)
		}
		best, _ := s.Variance(ney)
		for _, rule := range Rules {
			m, _ := s.Measure(rule, 0.5)
			a, _ := Share(n, m)
			if v, err := s.Variance(a); err != nil || v < best*(1-1e-9) {
				t.Fatalf("%s: variance %g below Neyman's %g (%v)", rule, v, best, err)
			}
		}
		if v, ok := s.MinimumVariance(n); ok && v > 0 {
			back, _, err := s.SizeForVariance(v)
			if err != nil || math.Abs(back-n) > 1e-6 {
				t.Fatalf("the size for its variance is %g, not %g (%v)", back, n, err)
			}
		}
	})
}

func TestTargetsForCommitteeAndStreet(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 12).Draw(t, "committees")
		g := Target{CommitteeHalfWidth: rapid.Float64Range(3, 20).Draw(t, "committee"),
			StreetHalfWidth: rapid.Float64Range(0.5, 5).Draw(t, "street"), Confidence: 0.95, Minimum: 5}
		for range n {
			g.Population = append(g.Population, float64(rapid.IntRange(1, 3000).Draw(t, "N")))
			g.SD = append(g.SD, rapid.Float64Range(0, 30).Draw(t, "S"))
			g.Street = append(g.Street, rapid.IntRange(0, 2).Draw(t, "street"))
		}
		p, err := g.Plan()
		if err != nil {
			t.Fatal(err)
		}
		z := critical(0.95)
		for c, v := range p.N {
			if v < min(5, int(g.Population[c])) || float64(v) > g.Population[c] {
				t.Fatalf("committee %d: %d of %g", c, v, g.Population[c])
			}
			hw := z * g.SD[c] * math.Sqrt(math.Max(0, 1/float64(v)-1/g.Population[c]))
			if hw > g.CommitteeHalfWidth*(1+1e-6) {
				t.Fatalf("committee %d: half-width %g", c, hw)
			}
		}
		for s, hw := range p.StreetHalfWidth {
			if hw > g.StreetHalfWidth*(1+1e-6) {
				t.Fatalf("street %d: half-width %g, wanted %g", s, hw, g.StreetHalfWidth)
			}
		}
	})
}

func TestInclusionProbabilities(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		size := make([]float64, rapid.IntRange(1, 40).Draw(t, "units"))
		positive := 0
		for i := range size {
			size[i] = rapid.SampledFrom([]float64{0, 1, 2, 3, 10, 1000}).Draw(t, "size")
			if size[i] > 0 {
				positive++
			}
		}
		n := rapid.IntRange(0, positive).Draw(t, "n")
		p, err := InclusionPPS(size, float64(n))
		if err != nil {
			t.Fatal(err)
		}
		if math.Abs(p.Expected-float64(n)) > 1e-9 {
			t.Fatalf("expected size %g, want %d", p.Expected, n)
		}
		for i, v := range p.Probability {
			if v < 0 || v > 1 || (size[i] == 0) != (v == 0) && n > 0 {
				t.Fatalf("unit %d of size %g: %g", i, size[i], v)
			}
		}
		got, err := Systematic(p.Probability, rapid.Float64Range(0, 0.999).Draw(t, "start"))
		if err != nil || len(got) != n {
			t.Fatalf("%d units drawn, want %d (%v)", len(got), n, err)
		}
	})
}

func TestBadInputIsExplained(t *testing.T) {
	t.Parallel()
	s := Strata{Population: []float64{10, 20}, SD: []float64{1, 0}, Cost: []float64{1, 0}}
	for want, run := range map[string]func() error{
		"rule optimal_cost needs cost": func() error { _, err := s.Measure(OptimalCost, 0); return err },
		"unknown allocation rule":      func() error { _, err := s.Measure("best", 0); return err },
		"between 4 and 30 people":      func() error { _, err := Allocate(40, []float64{1, 1}, s.Population, Bounds{Minimum: 2}); return err },
		"all measures are zero":        func() error { _, err := Share(5, []float64{0, 0}); return err },
		"gets no answer":               func() error { _, err := s.Variance([]float64{5, 0}); return err },
		"positive size":                func() error { _, err := InclusionPPS([]float64{1, 0}, 2); return err },
		"random start":                 func() error { _, err := Systematic([]float64{1}, 1); return err },
		"not above 0 and at most 1":    func() error { _, err := HorvitzThompson([]float64{1}, []float64{0}); return err },
		"standard deviation is missing": func() error {
			_, err := Precision{HalfWidth: 1, Confidence: 0.95}.Size()
			return err
		},
		"confidence level": func() error { _, err := Precision{SD: 1, HalfWidth: 1, Confidence: 95}.Size(); return err },
		"differs within": func() error {
			_, err := PlanTwoStage([]int{0, 0}, []float64{5, 5}, []float64{1, 2}, []float64{1, 1})
			return err
		},
		"this reliability": func() error { _, err := Outlook{Within: 20}.SizeForReliability(0.7); return err },
		"planning figures are": func() error {
			_, err := Target{Population: []float64{0}, SD: []float64{1}, Street: []int{0}, Confidence: 0.9}.Plan()
			return err
		},
	} {
		if err := run(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("want an error with %q, got %v", want, err)
		}
	}
	if e, err := HorvitzThompson([]float64{3, 4}, []float64{1, 1}); err != nil || e.Total != 7 || e.DevilleN != 0 || e.Deville != 0 {
		t.Errorf("a census: %+v, %v", e, err)
	}
	if e, err := HorvitzThompson([]float64{3}, []float64{0.5}); err != nil || e.Total != 6 || e.VarianceKnown {
		t.Errorf("one unit: %+v, %v", e, err)
	}
}
