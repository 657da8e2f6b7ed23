package draw

import (
	"fmt"
	"math"
	"testing"

	"gonum.org/v1/gonum/stat/distuv"
)

// falseAlarm is the chance that a test of this file fails although the draw is
// right. Seeds are fixed, so a test that passed once passes always; the figure
// says how much a failure after a change means.
const falseAlarm = 1e-6

// bound is the two-sided normal quantile for m comparisons (Bonferroni).
func bound(m int) float64 {
	return distuv.UnitNormal.Quantile(1 - falseAlarm/2/float64(m))
}

// repeat draws a plan under many seeds.
func repeat(t *testing.T, plan []StratumPlan, units []Unit, times int, each func([]Selected)) {
	t.Helper()
	for k := range times {
		sel, err := Draw(plan, fmt.Sprintf("seed %d", k), "statistics", from(units))
		if err != nil {
			t.Fatal(err)
		}
		each(sel)
	}
}

// TestSetsAreEquallyLikely: simple random sampling of 2 from 6 gives each of
// the 15 pairs with the same chance, hence all first and second order inclusion
// probabilities are right. Pearson's chi-square with 14 degrees of freedom.
func TestSetsAreEquallyLikely(t *testing.T) {
	t.Parallel()
	const times = 15_000
	units := frameOf(6, 1)
	count := map[string]int{}
	repeat(t, planOf(units, Simple, 2, 0, 0), units, times, func(sel []Selected) {
		a, b := sel[0].FrameID, sel[1].FrameID
		count[min(a, b)+max(a, b)]++
	})
	if len(count) != 15 {
		t.Fatalf("%d different pairs, want 15", len(count))
	}
	var chi float64
	for _, o := range count {
		chi += (float64(o) - times/15.0) * (float64(o) - times/15.0) / (times / 15.0)
	}
	if limit := (distuv.ChiSquared{K: 14}).Quantile(1 - falseAlarm); chi > limit {
		t.Fatalf("chi-square %.1f over %.1f", chi, limit)
	}
}

// clustered builds a population with unequal households and sizes.
func clustered() []Unit {
	var units []Unit
	for i := range 48 {
		units = append(units, Unit{FrameID: fmt.Sprintf("p%02d", i), Stratum: "s", Size: uint64(1 + i*i%13),
			Cluster: fmt.Sprintf("c%d", i*i%7%6), Household: fmt.Sprintf("h%d", i/5*7+i%2)})
	}
	return units
}

// TestInclusionProbabilities compares, for every method, how often each person
// is drawn with the probability that the draw states, and the Horvitz–Thompson
// estimate of a total, averaged over seeds, with the truth. Sequential Poisson
// sampling states approximate probabilities; 0.012 is allowed for that
// (Ohlsson 1998, section 4, finds less for such n).
func TestInclusionProbabilities(t *testing.T) {
	t.Parallel()
	const times = 12_000
	units := clustered()
	y := map[string]float64{}
	var truth float64
	for i, u := range units {
		y[u.FrameID] = float64(3+i%11) + float64(u.Size)
		truth += y[u.FrameID]
	}
	for _, c := range []struct {
		m                Method
		sample, clusters int
		slack            float64
	}{{Simple, 7, 0, 0}, {Systematic, 9, 0, 0}, {Poisson, 9, 0, 0.012}, {TwoStage, 2, 3, 0}, {TwoStageSimple, 2, 3, 0}} {
		t.Run(string(c.m), func(t *testing.T) {
			t.Parallel()
			hits, stated := map[string]int{}, map[string]Ratio{}
			var sum, squares float64
			repeat(t, planOf(units, c.m, c.sample, 2, c.clusters), units, times, func(sel []Selected) {
				var total float64
				for _, s := range sel {
					if s.Reserve {
						continue
					}
					hits[s.FrameID]++
					if old, known := stated[s.FrameID]; known && old != s.Probability {
						t.Fatalf("%s: probability %v, once %v", s.FrameID, s.Probability, old)
					}
					stated[s.FrameID] = s.Probability
					total += s.Probability.DesignWeight() * y[s.FrameID]
				}
				sum, squares = sum+total, squares+total*total
			})
			for _, u := range units {
				p := stated[u.FrameID].Float()
				se := math.Sqrt(p * (1 - p) / times)
				if f := float64(hits[u.FrameID]) / times; p == 0 || math.Abs(f-p) > bound(len(units))*se+c.slack {
					t.Errorf("%s drawn with frequency %.4f, stated probability %.4f (standard error %.4f)", u.FrameID, f, p, se)
				}
			}
			mean := sum / times
			se := math.Sqrt((squares/times - mean*mean) / times)
			if math.Abs(mean-truth) > bound(1)*se+c.slack*truth {
				t.Errorf("Horvitz–Thompson mean %.2f, truth %.2f, standard error %.2f", mean, truth, se)
			}
		})
	}
}

// TestPairs checks second order inclusion probabilities of simple sampling,
// n(n-1)/N(N-1), and that no pair is shut out by systematic sampling.
func TestPairs(t *testing.T) {
	t.Parallel()
	const times, n, size = 12_000, 5, 12
	units := frameOf(size, 1)
	for _, m := range []Method{Simple, Systematic} {
		count := map[[2]string]int{}
		repeat(t, planOf(units, m, n, 0, 0), units, times, func(sel []Selected) {
			for i := range sel {
				for j := range i {
					a, b := sel[i].FrameID, sel[j].FrameID
					count[[2]string{min(a, b), max(a, b)}]++
				}
			}
		})
		if len(count) != size*(size-1)/2 {
			t.Errorf("%s: only %d pairs ever drawn together", m, len(count))
		}
		if m != Simple {
			continue
		}
		p := float64(n*(n-1)) / float64(size*(size-1))
		for pair, k := range count {
			if f := float64(k) / times; math.Abs(f-p) > bound(len(count))*math.Sqrt(p*(1-p)/times) {
				t.Errorf("pair %v together with frequency %.4f, want %.4f", pair, f, p)
			}
		}
	}
}

// TestReleasedReserves: with k reserves released, everybody is in the field
// with probability (n+k)/N.
func TestReleasedReserves(t *testing.T) {
	t.Parallel()
	const times = 8_000
	units := frameOf(20, 1)
	plan := planOf(units, Simple, 4, 5, 0)
	p := plan[0].Released(3)
	if p != (Ratio{7, 20}) || Combined(20, 4, 3) != p {
		t.Fatalf("probabilities %v and %v, want 7/20", p, Combined(20, 4, 3))
	}
	hits := map[string]int{}
	repeat(t, plan, units, times, func(sel []Selected) {
		for _, s := range sel {
			if !s.Reserve || s.Order <= 3 {
				hits[s.FrameID]++
			}
		}
	})
	for id, k := range hits {
		if f := float64(k) / times; math.Abs(f-p.Float()) > bound(20)*math.Sqrt(p.Float()*(1-p.Float())/times) {
			t.Errorf("%s in the field with frequency %.4f, want %.4f", id, f, p.Float())
		}
	}
}
