package fairness

import (
	"errors"
	"math"
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"

	"gongping/internal/errs"
	"gongping/scoring/shrink"
)

func near(t *testing.T, what string, got, want, tol float64) {
	t.Helper()
	if !(math.Abs(got-want) <= tol*math.Max(1, math.Abs(want))) {
		t.Errorf("%s = %.15g, want %.15g", what, got, want)
	}
}

func isFault(err error) bool {
	_, ok := errors.AsType[*errs.Error](err)
	return ok
}

// Benjamini & Hochberg 1995, section 3.3: four hypotheses rejected at 0.05.
// R: p.adjust(p, "hommel") gives 0.04 twice for c(.04, .03).
func TestAdjustP(t *testing.T) {
	t.Parallel()
	p := []float64{.0001, .0004, .0019, .0095, .0201, .0278, .0298, .0344, .0459, .3240, .4262, .5719, .6528, .7590, 1}
	for c, want := range map[Correction]int{BH: 4, Bonferroni: 3, Holm: 3} {
		adj, err := AdjustP(p, c)
		if err != nil {
			t.Fatal(err)
		}
		n := 0
		for _, v := range adj {
			if v <= .05 {
				n++
			}
		}
		if n != want {
			t.Errorf("%s rejects %d, want %d", c, n, want)
		}
	}
	two, _ := AdjustP([]float64{.04, .03}, Hommel)
	near(t, "hommel", two[0], .04, 1e-15)
	near(t, "hommel", two[1], .04, 1e-15)
	if _, err := AdjustP([]float64{math.NaN()}, Holm); !isFault(err) {
		t.Error("a missing p-value was accepted")
	}
	if _, err := AdjustP([]float64{.5}, "sidak"); !isFault(err) {
		t.Error("an unknown correction was accepted")
	}
}

// Known order of the corrections: none <= BH <= BY, Hommel <= Hochberg <= Holm
// <= Bonferroni, all in [0, 1] and in the order of p.
func TestAdjustPOrder(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		p := rapid.SliceOfN(rapid.Float64Range(0, 1), 1, 40).Draw(t, "p")
		get := func(c Correction) []float64 {
			adj, err := AdjustP(p, c)
			if err != nil {
				t.Fatal(err)
			}
			return adj
		}
		chain := [][]float64{get(None), get(Hommel), get(Hochberg), get(Holm), get(Bonferroni)}
		fdr := [][]float64{get(None), get(BH), get(BY)}
		for _, c := range [][][]float64{chain, fdr} {
			for k := 1; k < len(c); k++ {
				for i := range p {
					if c[k][i] < c[k-1][i]-1e-14 || c[k][i] > 1 {
						t.Fatalf("step %d, p-value %d: %g after %g", k, i, c[k][i], c[k-1][i])
					}
					for j := range p {
						if p[i] < p[j] && c[k][i] > c[k][j]+1e-14 {
							t.Fatal("the order of the p-values is lost")
						}
					}
				}
			}
		}
	})
}

// Extremes of the Gini coefficient and what leaves it alone.
func TestInequality(t *testing.T) {
	t.Parallel()
	r, err := MeasureInequality([]float64{0, 0, 0, 8}, nil)
	if err != nil {
		t.Fatal(err)
	}
	near(t, "gini of one owner", r.Gini, 0.75, 1e-15)
	near(t, "unbiased", r.GiniUnbiased, 1, 1e-15)
	near(t, "theil of one owner", r.TheilT, math.Log(4), 1e-15)
	near(t, "hoover", r.Hoover, 0.75, 1e-15)
	if r.TheilL != nil || r.P90P10 != nil {
		t.Error("measures that a zero rules out were given")
	}
	for name, x := range map[string][]float64{"one": {3}, "negative": {1, -1}, "nothing": {0, 0}, "nan": {1, math.NaN()}} {
		if _, err := MeasureInequality(x, nil); !isFault(err) {
			t.Errorf("%s was accepted", name)
		}
	}
}

func TestInequalityIdentities(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(2, 25).Draw(t, "n")
		x := rapid.SliceOfN(rapid.Float64Range(0.1, 50), n, n).Draw(t, "x")
		g := make([]int32, n)
		twice, half, scaled := make([]float64, 0, 2*n), make([]float64, 0, 2*n), make([]float64, n)
		for i, v := range x {
			g[i] = int32(i % 2)
			twice, half = append(twice, v, v), append(half, .5, .5)
			scaled[i] = 7 * v
		}
		a, _ := MeasureInequality(x, nil)
		b, _ := MeasureInequality(twice, half)
		c, _ := MeasureInequality(scaled, nil)
		pairs := 0.0
		sum := 0.0
		for i := range x {
			sum += x[i]
			for j := range x {
				pairs += math.Abs(x[i] - x[j])
			}
		}
		for _, d := range []float64{b.Gini - a.Gini, c.Gini - a.Gini, b.TheilT - a.TheilT, c.TheilT - a.TheilT,
			a.Gini - pairs/(2*float64(n)*sum), b.Hoover - a.Hoover} {
			if math.Abs(d) > 1e-12 {
				t.Fatalf("off by %g", d)
			}
		}
		between, within, err := TheilParts(x, nil, g, 2)
		if err != nil || math.Abs(between+within-a.TheilT) > 1e-12 || between < -1e-15 {
			t.Fatalf("parts %g and %g do not make %g (%v)", between, within, a.TheilT, err)
		}
	})
}

// R: wilcox.test(c(1.1,2.2,3.3), c(0.5,0.6,0.7,1.5)), exact p = 8/70.
func TestCompareGroups(t *testing.T) {
	t.Parallel()
	d, err := CompareGroups([]float64{1.1, 2.2, 3.3}, []float64{.5, .6, .7, 1.5}, nil, nil, .95)
	if err != nil {
		t.Fatal(err)
	}
	near(t, "W", d.MannWhitneyW, 11, 0)
	near(t, "p", d.MannWhitneyP, 8.0/70, 1e-12)
	back, _ := CompareGroups([]float64{.5, .6, .7, 1.5}, []float64{1.1, 2.2, 3.3}, nil, nil, .95)
	near(t, "cohen d turned round", back.CohenD, -d.CohenD, 1e-14)
	near(t, "p turned round", back.MannWhitneyP, d.MannWhitneyP, 1e-14)
	near(t, "welch turned round", back.Welch.Upper, -d.Welch.Lower, 1e-12)
	if _, err := CompareGroups([]float64{2, 2}, []float64{3, 3, 3}, nil, nil, .95); !isFault(err) {
		t.Error("two constant groups were compared")
	}
	if _, err := CompareGroups([]float64{2}, []float64{3, 4}, nil, nil, .95); !isFault(err) {
		t.Error("a group of one was compared")
	}
	one, err := CompareGroups([]float64{1, 2, 3}, []float64{3, 3, 3}, nil, nil, .95)
	if err != nil || one.HasGlass {
		t.Errorf("Glass's delta over a constant reference: %+v, %v", one, err)
	}
}

// R: qbinom(c(.025, .975), 100, .3) is 21 and 39; the interpolated limits lie
// up to one answer lower.
func TestExactLimits(t *testing.T) {
	t.Parallel()
	target := .3
	f, err := NewFunnel([]float64{30, 3}, []float64{100, 10}, &target, .1)
	if err != nil {
		t.Fatal(err)
	}
	lo, up := f.ExactLimits(.025)
	if !(lo[0] > .20 && lo[0] <= .21 && up[0] > .38 && up[0] <= .39) {
		t.Errorf("limits %g to %g", lo[0], up[0])
	}
	for name, c := range map[string][2][]float64{
		"one unit": {{1}, {2}}, "more than all": {{3, 1}, {2, 2}}, "empty unit": {{0, 1}, {0, 2}}, "all yes": {{2, 2}, {2, 2}},
	} {
		if _, err := NewFunnel(c[0], c[1], nil, .1); !isFault(err) {
			t.Errorf("%s was accepted", name)
		}
	}
}

// Over-dispersion widens limits and never narrows them; chance spread is found
// in about the expected share of funnels.
func TestFunnelDispersion(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(2, 3))
	found := 0
	for range 200 {
		r, n := make([]float64, 40), make([]float64, 40)
		for i := range r {
			n[i] = float64(30 + rng.IntN(100))
			for range int(n[i]) {
				if rng.Float64() < .6 {
					r[i]++
				}
			}
		}
		f, err := NewFunnel(r, n, nil, .1)
		if err != nil {
			t.Fatal(err)
		}
		if f.Naive.OverDispersed {
			found++
		}
		plain, _ := f.Limits(.025, Chance)
		for _, how := range []Spread{Multiplicative, Additive} {
			wide, _ := f.Limits(.025, how)
			for i := range wide {
				if wide[i] > plain[i]+1e-15 {
					t.Fatal("limits became narrower")
				}
			}
		}
	}
	if found > 10 {
		t.Errorf("over-dispersion in %d of 200 funnels of chance", found)
	}
}

// A group effect put into an item is found in that item, with its sign, by
// both methods; separated data give a status and finite numbers.
func TestDIF(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(8, 1))
	n := 600
	answer, total, second, yes := make([]float64, n), make([]float64, n), make([]bool, n), make([]bool, n)
	for i := range n {
		theta := rng.NormFloat64()
		second[i] = i%2 == 1
		shift := 0.0
		if second[i] {
			shift = 1
		}
		answer[i] = math.Max(1, math.Min(5, math.Round(3+theta+shift+.7*rng.NormFloat64())))
		total[i] = math.Round(12 + 4*theta + rng.NormFloat64())
		yes[i] = answer[i] >= 4
	}
	d, err := MeasureOrdinalDIF(answer, total, second)
	if err != nil || d.Status != OK || d.UniformP > 1e-6 || d.GroupCoef <= 0 {
		t.Fatalf("got %+v, %v", d, err)
	}
	m, err := MeasureMantelHaenszel(yes, second, Strata(total, []float64{-10, 9, 12, 15, 40}), 4)
	if err != nil || *m.OddsRatio <= 1 || *m.DeltaDIF >= 0 {
		t.Fatalf("got %+v, %v", m, err)
	}
	for i := range answer {
		answer[i] = 1
		if total[i] > 12 {
			answer[i] = 2
		}
	}
	d, err = MeasureOrdinalDIF(answer, total, second)
	if err != nil || d.Status != NotConverged || math.IsNaN(d.LogLik[0]) || math.IsNaN(d.GroupCoef) {
		t.Fatalf("separated data: %+v, %v", d, err)
	}
	if _, err := MeasureOrdinalDIF(make([]float64, n), total, second); !isFault(err) {
		t.Error("a constant item was accepted")
	}
}

// One interviewer or one answer each is refused; no effect gives about zero.
func TestInterviewers(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(4, 4))
	y, g := make([]float64, 400), shrink.Grouping{Name: "interviewer", Levels: 20}
	for i := range y {
		y[i] = float64(1 + rng.IntN(5))
		g.Codes = append(g.Codes, int32(i%20))
	}
	r, err := MeasureInterviewers(y, g)
	if err != nil || math.Abs(r.Rho) > .05 || r.RhoREML < 0 {
		t.Fatalf("got %+v, %v", r, err)
	}
	if _, err := MeasureInterviewers(y[:3], shrink.Grouping{Codes: []int32{0, 1, 2}, Levels: 3}); !isFault(err) {
		t.Error("one answer each was accepted")
	}
}

func TestKGroupsFaults(t *testing.T) {
	t.Parallel()
	if _, err := CompareKGroups([]float64{3, 3, 3, 3}, []int32{0, 0, 1, 1}, 2); !isFault(err) {
		t.Error("constant answers were compared")
	}
	if _, err := CompareKGroups([]float64{1, 2, 3}, []int32{1, 1, 1}, 3); !isFault(err) {
		t.Error("one group was compared")
	}
	k, err := CompareKGroups([]float64{1, 2, 3, 9}, []int32{0, 0, 0, 1}, 2)
	if err != nil || k.HasWelch {
		t.Errorf("Welch's test with a group of one: %+v, %v", k, err)
	}
}

// The rank intervals hold the observed rank; they are single places without
// error and all places with a very large one; joint ones are wider.
func TestRankIntervals(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 12).Draw(t, "n")
		score := rapid.SliceOfN(rapid.Float64Range(0, 100), n, n).Draw(t, "score")
		se := rapid.SliceOfN(rapid.Float64Range(0, 5), n, n).Draw(t, "se")
		alone, err := RankIntervals(score, se, .95, false)
		if err != nil {
			t.Fatal(err)
		}
		joint, _ := RankIntervals(score, se, .95, true)
		huge := make([]float64, n)
		for i := range huge {
			huge[i] = 1e6
		}
		all, _ := RankIntervals(score, huge, .95, true)
		for i, r := range alone {
			place := 1
			for _, s := range score {
				if s > score[i] {
					place++
				}
			}
			if r.Best > place || r.Worst < place || joint[i].Best > r.Best || joint[i].Worst < r.Worst {
				t.Fatalf("place %d, interval %+v, joint %+v", place, r, joint[i])
			}
			if all[i] != (RankInterval{1, n}) {
				t.Fatalf("without information the interval is %+v", all[i])
			}
		}
	})
}
