package robust

import (
	"math"
	"runtime"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func close9(a, b float64) bool { return math.Abs(a-b) <= 1e-9*(1+math.Abs(b)) }

// answers draws marks (often on five points, so the MAD is often zero) or
// scores, with weights.
func answers(t *rapid.T) (x, w []float64) {
	n := rapid.IntRange(3, 60).Draw(t, "n")
	marks := rapid.Bool().Draw(t, "marks")
	x, w = make([]float64, n), make([]float64, n)
	for i := range x {
		if marks {
			x[i] = float64(rapid.SampledFrom([]int{1, 2, 3, 4, 5, 5, 5, 5, 5}).Draw(t, "x"))
		} else {
			x[i] = rapid.Float64Range(0, 100).Draw(t, "x")
		}
		w[i] = rapid.Float64Range(0.1, 20).Draw(t, "w")
	}
	return x, w
}

var psis = []Psi{HuberPsi(1.345), HuberPsi(math.Inf(1)), TukeyPsi(4.685), HampelPsi(2, 4, 8)}

func TestLocationProperties(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		x, w := answers(t)
		psi := rapid.SampledFrom(psis).Draw(t, "psi")
		l, err := Estimate(x, w, Rule{Psi: psi})
		if err != nil {
			t.Fatal(err)
		}
		if math.IsNaN(l.Value) || l.Value < slices.Min(x) || l.Value > slices.Max(x) {
			t.Fatalf("value %g outside the answers", l.Value)
		}
		for i, u := range l.RobustWeights {
			if !(u >= 0 && u <= 1) {
				t.Fatalf("robustness weight %g of row %d", u, i)
			}
		}
		// Equation of the estimate.
		if l.Status == OK && l.Kind != ScaleNone {
			sum, size := 0.0, 0.0
			for i, v := range x {
				sum += w[i] * psi.Score((v-l.Value)/l.Scale)
				size += w[i] * math.Max(1, math.Abs(psi.Score((v-l.Value)/l.Scale)))
			}
			if math.Abs(sum) > 1e-9*size {
				t.Fatalf("Σwψ = %g", sum)
			}
		}
		// k = ∞ is the weighted mean.
		if psi.family == huber && math.IsInf(psi.c, 1) && !close9(l.Value, weightedMean(x, w)) {
			t.Fatalf("k = ∞ gives %g, the mean is %g", l.Value, weightedMean(x, w))
		}
		// Order does not matter, duplication at half weight neither.
		p := rapid.Permutation(indices(len(x))).Draw(t, "order")
		px, pw := make([]float64, 0, 2*len(x)), make([]float64, 0, 2*len(x))
		for _, i := range p {
			px, pw = append(px, x[i], x[i]), append(pw, w[i]/2, w[i]/2)
		}
		d, err := Estimate(px, pw, Rule{Psi: psi})
		if err != nil || !close9(d.Value, l.Value) || !close9(d.Scale, l.Scale) {
			t.Fatalf("duplicated and shuffled: %g (scale %g), was %g (scale %g), %v", d.Value, d.Scale, l.Value, l.Scale, err)
		}
	})
}

func indices(n int) []int {
	out := make([]int, n)
	for i := range out {
		out[i] = i
	}
	return out
}

// Groups are estimated as each would be alone, from counts and from sorting,
// for any number of processors.
func TestByGroupEqualsEstimate(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		x, w := answers(t)
		more, moreW := answers(t)
		x, w = append(x, more...), append(w, moreW...)
		psi := rapid.SampledFrom(psis).Draw(t, "psi")
		group := make([]int32, len(x))
		for i := range group {
			group[i] = int32(rapid.IntRange(-1, 2).Draw(t, "group"))
		}
		rule := Rule{Psi: psi, Zero: rapid.SampledFrom([]ZeroRule{Ladder, MedianOnly, Refuse}).Draw(t, "zero")}
		g, err := ByGroup(x, w, group, 3, rule)
		if err != nil {
			t.Fatal(err)
		}
		s := &Groups{N: make([]int, 3), Mean: make([]float64, 3), Median: make([]float64, 3), Value: make([]float64, 3),
			Scale: make([]float64, 3), LeastWeight: make([]float64, 3), EffectiveN: make([]float64, 3),
			Kind: make([]ScaleKind, 3), Status: make([]Status, 3), RobustWeights: make([]float64, len(x))}
		s.sorted(x, w, group, rule.defaults())
		for k := range 3 {
			var gx, gw []float64
			var rows []int
			for i := range x {
				if group[i] == int32(k) {
					gx, gw, rows = append(gx, x[i]), append(gw, w[i]), append(rows, i)
				}
			}
			if len(gx) == 0 {
				if g.Status[k] != Empty {
					t.Fatalf("empty group has status %q", g.Status[k])
				}
				continue
			}
			l, err := Estimate(gx, gw, rule)
			if err != nil {
				t.Fatal(err)
			}
			if l.Status != g.Status[k] || !close9(g.Value[k], l.Value) || !close9(g.Scale[k], l.Scale) || !close9(s.Value[k], l.Value) {
				t.Fatalf("group %d: %g %q counted, %g sorted, %g %q alone", k, g.Value[k], g.Status[k], s.Value[k], l.Value, l.Status)
			}
			for j, i := range rows {
				if !close9(g.RobustWeights[i], l.RobustWeights[j]) || !close9(s.RobustWeights[i], l.RobustWeights[j]) {
					t.Fatalf("row %d: weights %g, %g, %g", i, g.RobustWeights[i], s.RobustWeights[i], l.RobustWeights[j])
				}
			}
		}
	})
}

func TestSolveHuberEqualsIteration(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(65, 200).Draw(t, "n")
		x := make([]float64, n)
		for i := range x {
			x[i] = rapid.Float64Range(0, 100).Draw(t, "x")
		}
		s := Sort(x, nil)
		rule := Rule{Psi: HuberPsi(1.345)}.defaults()
		l := Location{Median: s.Median()}
		l.Scale, l.Kind = s.scale(l.Median, rule, &Sample{})
		slow, fast := l, l
		s.solve(&slow, rule)
		s.solveHuber(&fast, rule, &Sample{})
		if slow.Status == OK && !close9(fast.Value, slow.Value) {
			t.Fatalf("%g by Newton, %g by reweighting", fast.Value, slow.Value)
		}
	})
}

// Qn and Sn against their definitions over all pairs.
func TestPairScales(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(2, 40).Draw(t, "n")
		x := make([]float64, n)
		for i := range x {
			x[i] = float64(rapid.IntRange(0, 20).Draw(t, "x")) / 2
		}
		var pairs, inner []float64
		for i := range x {
			row := make([]float64, 0, n)
			for j := range x {
				row = append(row, math.Abs(x[i]-x[j]))
				if j > i {
					pairs = append(pairs, math.Abs(x[i]-x[j]))
				}
			}
			slices.Sort(row)
			inner = append(inner, row[n/2])
		}
		slices.Sort(pairs)
		slices.Sort(inner)
		h := n/2 + 1
		if q := 2.21914 * pairs[h*(h-1)/2-1]; !close9(Qn(x, false), q) {
			t.Fatalf("Qn %g, by definition %g", Qn(x, false), q)
		}
		if s := 1.1926 * inner[(n+1)/2-1]; !close9(Sn(x, false), s) {
			t.Fatalf("Sn %g, by definition %g", Sn(x, false), s)
		}
	})
}

func TestZeroScaleLadder(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		x      []float64
		kind   ScaleKind
		status Status
	}{
		{[]float64{1, 2, 3, 4, 5}, ScaleMAD, OK},
		{[]float64{5, 5, 5, 5, 5, 1, 2, 3}, ScaleIQR, OK},
		{[]float64{5, 5, 5, 5, 5, 5, 5, 5, 5, 1}, ScaleMeanDev, OK},
		{[]float64{4, 4, 4}, ScaleNone, Constant},
		{[]float64{4}, ScaleNone, Constant},
	} {
		l, err := Estimate(c.x, nil, Rule{Psi: HuberPsi(1.345)})
		if err != nil || l.Kind != c.kind || l.Status != c.status {
			t.Errorf("%v: %s %s, want %s %s (%v)", c.x, l.Kind, l.Status, c.kind, c.status, err)
		}
	}
	l, err := Estimate([]float64{5, 5, 5, 1}, nil, Rule{Psi: HuberPsi(1.345), Zero: Refuse})
	if err != nil || l.Status != ZeroScale || l.Value != 5 || l.RobustWeights[3] != 1 {
		t.Errorf("refused: %+v, %v", l, err)
	}
}

// A robust regression on a constant is the location with the rlm scale, and a
// least squares fit survives k = ∞.
func TestRegressionIdentities(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(8, 40).Draw(t, "n")
		y, one, z, w := make([]float64, n), make([]float64, n), make([]float64, n), make([]float64, n)
		for i := range y {
			one[i], z[i] = 1, float64(i)
			w[i] = rapid.Float64Range(0.5, 3).Draw(t, "w")
			y[i] = 2 + 3*z[i] + rapid.Float64Range(-1, 1).Draw(t, "e")
		}
		x := [][]float64{one, z}
		for _, weighting := range []Weighting{Precision, CaseWeight, SurveyWeight} {
			r, err := Regress(y, x, w, RegressionRule{Psi: HuberPsi(math.Inf(1)), Weighting: weighting})
			if err != nil {
				t.Fatal(err)
			}
			for j, col := range x { // normal equations
				s := 0.0
				for i, e := range r.Residuals {
					s += w[i] * e * col[i]
				}
				if math.Abs(s) > 1e-6 {
					t.Fatalf("weighting %d: column %d is not orthogonal to the residuals: %g", weighting, j, s)
				}
			}
		}
		// One gross error does not move the MM-estimate far.
		y[0] += 1e6
		m, err := FitMM(y, x)
		if err != nil || math.Abs(m.Coefficients[1]-3) > 0.3 || m.RobustWeights[0] != 0 {
			t.Fatalf("%+v, %v", m, err)
		}
	})
}

func TestBadInputIsExplained(t *testing.T) {
	t.Parallel()
	one := []float64{1, 1, 1, 1}
	for want, run := range map[string]func() error{
		"row 2: an answer is not a number": func() error { _, err := Estimate([]float64{1, math.NaN()}, nil, Rule{Psi: HuberPsi(1)}); return err },
		"row 1: a design weight":           func() error { _, err := Estimate([]float64{1}, []float64{-1}, Rule{Psi: HuberPsi(1)}); return err },
		"no answer carries weight":         func() error { _, err := TrimmedMean([]float64{1}, []float64{0}, 0.1, 0.9); return err },
		"not in order":                     func() error { _, err := TrimmedMean(one, nil, 0.6, 0.4); return err },
		"linearly dependent": func() error {
			_, err := Regress(one, [][]float64{one, one}, nil, RegressionRule{Psi: HuberPsi(1)})
			return err
		},
		"not enough answers": func() error { _, err := FitMM(one[:1], [][]float64{one[:1]}); return err },
		"not above zero":     func() error { _, err := DalenTotal(one, nil, 0); return err },
	} {
		if err := run(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("want an error with %q, got %v", want, err)
		}
	}
}

// The survey means at k = ∞ are the weighted mean.
func TestSurveyMeansAtInfinity(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		x, w := answers(t)
		rule := Rule{Psi: HuberPsi(math.Inf(1))}
		for _, f := range []func([]float64, []float64, Rule) (*SurveyMean, error){SurveyHajek, SurveyHorvitzThompson} {
			m, err := f(x, w, rule)
			if err != nil || !close9(m.Value, weightedMean(x, w)) {
				t.Fatalf("%g, want %g (%v)", m.Value, weightedMean(x, w), err)
			}
			for i, s := range m.Scores {
				if want := w[i] * (x[i] - m.Value) / m.SumW; m.Status == OK && math.Abs(s-want) > 1e-9*(1+math.Abs(want)) {
					t.Fatalf("score of row %d: %g, want %g", i, s, want)
				}
			}
		}
	})
}

func TestByGroupSameForAnyProcessors(t *testing.T) {
	x, w, group := survey(20_000, 50, false)
	for _, levels := range []bool{false, true} {
		x := slices.Clone(x)
		if levels {
			for i := range x {
				x[i] = math.Floor(x[i] / 20)
			}
		}
		var first *Groups
		for _, procs := range []int{1, 2, 4} {
			old := runtime.GOMAXPROCS(procs)
			g, err := ByGroup(x, w, group, 50, Rule{Psi: HuberPsi(1.345)})
			runtime.GOMAXPROCS(old)
			if err != nil {
				t.Fatal(err)
			}
			if first == nil {
				first = g
			}
			if !slices.Equal(first.Value, g.Value) || !slices.Equal(first.RobustWeights, g.RobustWeights) {
				t.Fatalf("results differ on %d processors", procs)
			}
		}
	}
}

func survey(n, groups int, marks bool) (x, w []float64, group []int32) {
	x, w, group = make([]float64, n), make([]float64, n), make([]int32, n)
	s := uint64(7)
	for i := range x {
		s = s*6364136223846793005 + 1442695040888963407
		group[i] = int32((s >> 33) % uint64(groups))
		w[i] = 1 + float64(s>>40&15)/4
		x[i] = 100 * float64(s>>11) / (1 << 53)
		if marks {
			x[i] = math.Min(5, 1+math.Floor(x[i]/14))
		}
	}
	return x, w, group
}

func BenchmarkByGroupMarks(b *testing.B)  { benchGroups(b, true) }
func BenchmarkByGroupScores(b *testing.B) { benchGroups(b, false) }

func benchGroups(b *testing.B, marks bool) {
	x, w, group := survey(1_000_000, 400, marks)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := ByGroup(x, w, group, 400, Rule{Psi: HuberPsi(1.345)}); err != nil {
			b.Fatal(err)
		}
	}
}

// Rounding must not carry an estimate past the answers: here the weighted mean
// of fives came out as the next number above five.
func TestLocationStaysAmongTheAnswers(t *testing.T) {
	t.Parallel()
	l, err := Estimate([]float64{5, 5, 1}, []float64{3.0000000000000018, 0.2500000000000002, 0.5}, Rule{Psi: TukeyPsi(4.685)})
	if err != nil {
		t.Fatal(err)
	}
	if l.Value > 5 || l.Value < 1 {
		t.Fatalf("value %.17g outside the answers", l.Value)
	}
}
