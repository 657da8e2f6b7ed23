package draw

import (
	"fmt"
	"iter"
	"testing"

	"pgregory.net/rapid"
)

// from makes a source of a slice.
func from(units []Unit) Source {
	return func() iter.Seq2[Unit, error] {
		return func(yield func(Unit, error) bool) {
			for _, u := range units {
				if !yield(u, nil) {
					return
				}
			}
		}
	}
}

// frameOf makes n units over the given number of strata.
func frameOf(n, strata int) []Unit {
	units := make([]Unit, n)
	for i := range units {
		units[i] = Unit{FrameID: fmt.Sprintf("p%07d", i), Stratum: fmt.Sprintf("s%04d", i%strata), Size: uint64(1 + i%7)}
	}
	return units
}

// planOf plans every stratum of the units in the same way.
func planOf(units []Unit, m Method, sample, reserve, clusters int) []StratumPlan {
	byName := map[string]*StratumPlan{}
	for _, u := range units {
		if u.Stratum == "" {
			continue
		}
		p := byName[u.Stratum]
		if p == nil {
			p = &StratumPlan{Stratum: u.Stratum, Method: m, Sample: sample, Reserve: reserve, Clusters: clusters}
			byName[u.Stratum] = p
		}
		p.Population++
		if m == Systematic || m == Poisson {
			p.Total += u.Size
		}
	}
	var out []StratumPlan
	for _, p := range byName {
		out = append(out, *p)
	}
	return out
}

func mustDraw(t testing.TB, plan []StratumPlan, seed string, units []Unit) []Selected {
	t.Helper()
	sel, err := Draw(plan, seed, "test", from(units))
	if err != nil {
		t.Fatal(err)
	}
	return sel
}

var methods = []struct {
	m        Method
	clusters int
}{{Simple, 0}, {Census, 0}, {Systematic, 0}, {Poisson, 0}, {TwoStage, 3}, {TwoStageSimple, 3}}

// populated gives units with clusters and households as well.
func populated(n int) []Unit {
	units := frameOf(n, 3)
	for i := range units {
		units[i].Cluster = fmt.Sprintf("c%d", i/3%8)
		units[i].Household = fmt.Sprintf("h%d", i/7)
	}
	return units
}

func TestInputOrderIsIrrelevant(t *testing.T) {
	t.Parallel()
	for _, m := range methods {
		t.Run(string(m.m), func(t *testing.T) {
			t.Parallel()
			rapid.Check(t, func(t *rapid.T) {
				units := populated(rapid.IntRange(30, 200).Draw(t, "n"))
				seed := rapid.StringN(1, 20, -1).Draw(t, "seed")
				plan := planOf(units, m.m, 4, 3, m.clusters)
				a, err := Draw(plan, seed, "x", from(units))
				if err != nil {
					t.Fatal(err)
				}
				b, err := Draw(plan, seed, "x", from(rapid.Permutation(units).Draw(t, "perm")))
				if err != nil || fmt.Sprint(a) != fmt.Sprint(b) {
					t.Fatalf("order of input changes the draw (%v)", err)
				}
			})
		})
	}
}

func TestStreetRecomputesItsPart(t *testing.T) {
	t.Parallel()
	units := populated(400)
	for _, m := range methods {
		plan := planOf(units, m.m, 5, 4, m.clusters)
		var whole []Selected
		for _, s := range mustDraw(t, plan, "seed", units) {
			if s.Stratum == "s0001" {
				whole = append(whole, s)
			}
		}
		var part []Unit
		for _, u := range units {
			if u.Stratum == "s0001" {
				part = append(part, u)
			}
		}
		own := mustDraw(t, planOf(part, m.m, 5, 4, m.clusters), "seed", part)
		if len(own) == 0 || fmt.Sprint(own) != fmt.Sprint(whole) {
			t.Errorf("%s: the part drawn alone differs from the whole", m.m)
		}
	}
}

func TestReservesContinueTheOrder(t *testing.T) {
	t.Parallel()
	units := frameOf(500, 2)
	for _, m := range []Method{Simple} {
		short := mustDraw(t, planOf(units, m, 10, 15, 0), "seed", units)
		long := mustDraw(t, planOf(units, m, 25, 0, 0), "seed", units)
		for i := range long {
			if short[i].FrameID != long[i].FrameID {
				t.Fatalf("%s: place %d differs: reserves do not continue the order", m, i)
			}
		}
	}
}
