package weight

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"gongping/internal/errs"
	"pgregory.net/rapid"
)

func near(a, b, tol float64) bool { return math.Abs(a-b) <= tol*(1+math.Abs(b)) }

// sample draws a random survey: two factors, a numeric column, weights.
type sample struct {
	w, x []float64
	a, b Factor
}

// dummies returns the columns of a factor's levels, without the first level
// when drop is set, with the given totals.
func (m Margin) dummies(drop bool) []Column {
	var out []Column
	for l, name := range m.Factor.Levels {
		if l == 0 && drop {
			continue
		}
		c := Column{Name: m.Factor.Name + name, X: make([]float64, len(m.Factor.Codes)), Total: m.Totals[l]}
		for i, code := range m.Factor.Codes {
			if int(code) == l {
				c.X[i] = 1
			}
		}
		out = append(out, c)
	}
	return out
}

func draw(t *rapid.T) sample {
	n := rapid.IntRange(20, 120).Draw(t, "n")
	s := sample{w: make([]float64, n), x: make([]float64, n)}
	a, b := make([]string, n), make([]string, n)
	for i := range n {
		s.w[i] = rapid.Float64Range(0.5, 50).Draw(t, "w")
		s.x[i] = rapid.Float64Range(-10, 100).Draw(t, "x")
		a[i] = fmt.Sprint(rapid.IntRange(0, 2).Draw(t, "a"))
		b[i] = fmt.Sprint(rapid.IntRange(0, 1).Draw(t, "b"))
	}
	// Every combination occurs, so margins can be met.
	for k := range 6 {
		a[k], b[k] = fmt.Sprint(k%3), fmt.Sprint(k%2)
	}
	s.a, s.b = NewFactor("a", a), NewFactor("b", b)
	return s
}

func sums(f Factor, w []float64) []float64 {
	out := make([]float64, len(f.Levels))
	for i, c := range f.Codes {
		out[c] += w[i]
	}
	return out
}

// totalsOf perturbs the weighted totals of a factor to a population of 1000.
func totalsOf(t *rapid.T, f Factor, w []float64) []float64 {
	out, sum := sums(f, w), 0.0
	for l := range out {
		out[l] *= rapid.Float64Range(0.7, 1.4).Draw(t, "shift")
		sum += out[l]
	}
	for l := range out {
		out[l] *= 1000 / sum
	}
	return out
}

func TestRakeReproducesMargins(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := draw(t)
		m := []Margin{{s.a, totalsOf(t, s.a, s.w)}, {s.b, totalsOf(t, s.b, s.w)}}
		got, err := Rake(s.w, m, RakeRule{})
		if err != nil {
			t.Fatal(err)
		}
		for _, mg := range m {
			for l, v := range sums(mg.Factor, got.Weights) {
				if !near(v, mg.Totals[l], 1e-9) {
					t.Fatalf("margin %s level %d: %g, want %g", mg.Factor.Name, l, v, mg.Totals[l])
				}
			}
		}
		// Raking is calibration with the multiplicative distance.
		cal, err := Calibrate(s.w, append(m[0].dummies(false), m[1].dummies(true)...), CalibrationRule{Distance: Raking})
		if err != nil {
			t.Fatal(err)
		}
		for i, v := range got.Weights {
			if !near(cal.Weights[i], v, 1e-7) {
				t.Fatalf("row %d: raking %g, calibration %g", i, v, cal.Weights[i])
			}
		}
		// Sparse and dense tables are the same table.
		sparse := &cellTable{row: make([]int32, len(s.w)), code: make([][]int32, 2)}
		sparse.collapseSparse(s.w, m)
		if dense := collapse(s.w, m); len(sparse.base) != len(dense.base) {
			t.Fatalf("%d cells sparse, %d dense", len(sparse.base), len(dense.base))
		}
	})
}

func TestCalibrationReproducesTotals(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := draw(t)
		m := Margin{s.a, totalsOf(t, s.a, s.w)}
		mean := 0.0
		for i, x := range s.x {
			mean += s.w[i] * x
		}
		sumW := 0.0
		for _, w := range s.w {
			sumW += w
		}
		cols := append(m.dummies(false), Column{Name: "x", X: s.x, Total: mean / sumW * 1000 * rapid.Float64Range(0.98, 1.02).Draw(t, "x total")})
		// A redundant column with an agreeing total is harmless.
		ones := Column{Name: "all", X: make([]float64, len(s.w)), Total: 1000}
		for i := range ones.X {
			ones.X[i] = 1
		}
		cols = append(cols, ones)
		for _, rule := range []CalibrationRule{{}, {Distance: Raking}, {Distance: Logit, Lower: 0.001, Upper: 1000}, {Lower: 0.001, Upper: 1000}} {
			got, err := Calibrate(s.w, cols, rule)
			if err != nil {
				t.Fatalf("%v: %v", rule.Distance, err)
			}
			for _, c := range cols {
				v := 0.0
				for i, x := range c.X {
					v += got.Weights[i] * x
				}
				if !near(v, c.Total, 1e-8) {
					t.Fatalf("%v, %s: %g, want %g", rule.Distance, c.Name, v, c.Total)
				}
			}
			if rule.Upper > 0 {
				for i, g := range got.G {
					if g < rule.Lower-1e-12 || g > rule.Upper+1e-12 {
						t.Fatalf("row %d: factor %g outside the bounds", i, g)
					}
				}
			}
		}
	})
}

// Rows at half weight, twice, are the same sample.
func TestDuplicationAtHalfWeight(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := draw(t)
		m := []Margin{{s.a, totalsOf(t, s.a, s.w)}, {s.b, totalsOf(t, s.b, s.w)}}
		twice := func(f Factor) Factor {
			return Factor{f.Name, append(append([]int32(nil), f.Codes...), f.Codes...), f.Levels}
		}
		half := make([]float64, 0, 2*len(s.w))
		for range 2 {
			for _, w := range s.w {
				half = append(half, w/2)
			}
		}
		one, err1 := Rake(s.w, m, RakeRule{})
		two, err2 := Rake(half, []Margin{{twice(s.a), m[0].Totals}, {twice(s.b), m[1].Totals}}, RakeRule{})
		if err1 != nil || err2 != nil {
			t.Fatal(err1, err2)
		}
		for i := range s.w {
			if !near(two.Weights[i], one.Weights[i]/2, 1e-9) || !near(two.Weights[i+len(s.w)], one.Weights[i]/2, 1e-9) {
				t.Fatalf("row %d: %g and %g, want twice %g", i, two.Weights[i], two.Weights[i+len(s.w)], one.Weights[i]/2)
			}
		}
	})
}

func TestTrimKeepsSumAndBounds(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := draw(t)
		sum := 0.0
		for _, w := range s.w {
			sum += w
		}
		mean := sum / float64(len(s.w))
		rule := TrimRule{Lower: mean * 0.2, Upper: mean * rapid.Float64Range(1.3, 3).Draw(t, "upper"), Strict: true,
			Proportional: rapid.Bool().Draw(t, "proportional")}
		got, err := Trim(s.w, rule)
		if err != nil {
			return // bounds that nothing can keep are refused
		}
		after := 0.0
		for i, w := range got.Weights {
			after += w
			if w < rule.Lower*(1-1e-9) || w > rule.Upper*(1+1e-9) {
				t.Fatalf("row %d: %g outside %g to %g", i, w, rule.Lower, rule.Upper)
			}
		}
		if !near(after, sum, 1e-9) {
			t.Fatalf("sum %g, was %g", after, sum)
		}
	})
}

func TestNonresponseKeepsClassTotals(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := draw(t)
		resp := make([]bool, len(s.w))
		for i := range resp {
			resp[i] = i < 6 || rapid.Bool().Draw(t, "resp")
		}
		got, err := AdjustNonresponse(s.w, resp, s.a)
		if err != nil {
			t.Fatal(err)
		}
		want := sums(s.a, s.w)
		for l, v := range sums(s.a, got.Weights) {
			if !near(v, want[l], 1e-10) {
				t.Fatalf("class %d: %g, want %g", l, v, want[l])
			}
		}
		if got.ResponseRate <= 0 || got.ResponseRate > 1 {
			t.Fatalf("response rate %g", got.ResponseRate)
		}
	})
}

// Residuals leave no share of the margins, so a calibrated margin has
// variance zero.
func TestResidualsOfMargins(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := draw(t)
		z := make([]float64, len(s.w))
		for i, c := range s.a.Codes {
			z[i] = 3*float64(c) - 2*float64(s.b.Codes[i]) + 1
		}
		for i, e := range MarginResiduals(z, s.w, []Factor{s.a, s.b}) {
			if math.Abs(e) > 1e-9 {
				t.Fatalf("row %d: residual %g", i, e)
			}
		}
		m := Margin{s.a, make([]float64, len(s.a.Levels))}
		for i, e := range Residuals(s.x, s.w, m.dummies(false)) {
			if f := MarginResiduals(s.x, s.w, []Factor{s.a})[i]; !near(e, f, 1e-9) {
				t.Fatalf("row %d: %g by columns, %g by sweeping", i, e, f)
			}
		}
	})
}

func TestBadInputIsExplained(t *testing.T) {
	t.Parallel()
	w := []float64{1, 2, 3, 4}
	f := NewFactor("age", []string{"young", "young", "old", "old"})
	ones := Column{Name: "all", X: []float64{1, 1, 1, 1}, Total: 100}
	inf := math.Inf(1)
	cases := map[string]func() error{
		"row 2: a weight is negative": func() error { _, err := PostStratify([]float64{1, -2, 1, 1}, f, []float64{1, 1}); return err },
		"all weights are zero":        func() error { _, err := Diagnose([]float64{0, 0}); return err },
		"no row to weight":            func() error { _, err := Rake(nil, nil, RakeRule{}); return err },
		"category \"young\"":          func() error { _, err := f.Totals(map[string]float64{"old": 5}); return err },
		"category \"middle\"":         func() error { _, err := f.Totals(map[string]float64{"old": 5, "young": 1, "middle": 3}); return err },
		"nobody of class \"old\"":     func() error { _, err := AdjustNonresponse(w, []bool{true, true, false, false}, f); return err },
		"adds up to": func() error {
			_, err := Rake(w, []Margin{{f, []float64{5, 5}}, {f, []float64{50, 5}}}, RakeRule{})
			return err
		},
		"do not enclose 1": func() error {
			_, err := Calibrate(w, []Column{ones}, CalibrationRule{Lower: 1.2, Upper: 2})
			return err
		},
		"needs bounds": func() error { _, err := Calibrate(w, []Column{ones}, CalibrationRule{Distance: Logit}); return err },
		"cannot be reached": func() error {
			_, err := Calibrate(w, []Column{ones}, CalibrationRule{Lower: 0.5, Upper: 2})
			return err
		},
		"is still off": func() error {
			_, err := Calibrate(w, []Column{ones, {Name: "other", X: ones.X, Total: 50}}, CalibrationRule{})
			return err
		},
		"cannot keep the sum":     func() error { _, err := Trim(w, TrimRule{Upper: 2, Strict: true}); return err },
		"not in order":            func() error { _, err := Trim(w, TrimRule{Lower: 5, Upper: 2}); return err },
		"above 0 and at most 1":   func() error { _, err := Base([]float64{0.5, 0}); return err },
		"smaller than its sample": func() error { _, err := BaseStratified(f, []float64{1, 5}); return err },
		"a calibration variable": func() error {
			_, err := Calibrate(w, []Column{{Name: "x", X: []float64{1, math.NaN(), 1, 1}, Total: 1}}, CalibrationRule{})
			return err
		},
		"negative or not a number": func() error { _, err := Diagnose([]float64{1, inf}); return err },
	}
	for want, run := range cases {
		err := run()
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("want an error with %q, got %v", want, err)
		}
		if err != nil && errs.CodeOf(err) != errs.Invalid {
			t.Errorf("%v: code %q", err, errs.CodeOf(err))
		}
	}
}

func TestUnconvergedRaking(t *testing.T) {
	t.Parallel()
	// The empty diagonal makes these margins unreachable with positive weights.
	a := NewFactor("a", []string{"x", "x", "y"})
	b := NewFactor("b", []string{"p", "q", "p"})
	m := []Margin{{a, []float64{5, 5}}, {b, []float64{4, 6}}}
	if _, err := Rake([]float64{1, 1, 1}, m, RakeRule{MaxSweeps: 50}); err == nil || !strings.Contains(err.Error(), "converge") {
		t.Errorf("got %v", err)
	}
	got, err := Rake([]float64{1, 1, 1}, m, RakeRule{MaxSweeps: 50, AcceptUnconverged: true})
	if err != nil || len(got.Warnings) == 0 || got.Misfit < 0.01 {
		t.Errorf("accepted: %+v, %v", got, err)
	}
}

// The worked example of Kish (1992): two strata weighted 1 and 4, equal halves.
func TestDiagnose(t *testing.T) {
	t.Parallel()
	d, err := Diagnose([]float64{1, 1, 4, 4, 0})
	if err != nil || d.N != 4 || d.Zero != 1 || d.Sum != 10 || d.Ratio != 4 || d.LargestRow != 2 || d.LargestShare != 0.4 {
		t.Errorf("%+v, %v", d, err)
	}
	if !near(d.KishDeff, 4*34.0/100, 1e-15) || !near(d.KishN, 100.0/34, 1e-15) {
		t.Errorf("deff %g, n %g", d.KishDeff, d.KishN)
	}
}

func BenchmarkRake(b *testing.B) {
	const n = 1_000_000
	w := make([]float64, n)
	sizes := []int{3, 2, 400}
	margins := make([]Margin, len(sizes))
	for m, l := range sizes {
		f := Factor{Name: fmt.Sprint(m), Codes: make([]int32, n), Levels: make([]string, l)}
		margins[m] = Margin{f, make([]float64, l)}
		for k := range l {
			margins[m].Totals[k] = 1e7 / float64(l)
		}
	}
	s := uint64(1)
	for i := range w {
		for m, l := range sizes {
			s = s*6364136223846793005 + 1442695040888963407
			margins[m].Factor.Codes[i] = int32((s >> 33) % uint64(l))
		}
		w[i] = 1 + float64(s>>40&7)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Rake(w, margins, RakeRule{}); err != nil {
			b.Fatal(err)
		}
	}
}

func TestExp(t *testing.T) {
	t.Parallel()
	for x := -700.0; x < 700; x += 0.37 {
		if got, want := exp(x), math.Exp(x); math.Abs(got-want) > 5e-16*want {
			t.Fatalf("exp(%g) = %g, want %g", x, got, want)
		}
	}
	if exp(0) != 1 || exp(-1e9) != 0 || !math.IsInf(exp(1e9), 1) {
		t.Error("ends of the range")
	}
}
