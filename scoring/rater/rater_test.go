package rater

import (
	"errors"
	"math"
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"

	"gongping/internal/errs"
)

func near(t *testing.T, what string, got, want, tol float64) {
	t.Helper()
	if !(math.Abs(got-want) <= tol*math.Max(1, math.Abs(want))) {
		t.Errorf("%s = %.12g, want %.12g", what, got, want)
	}
}

func isFault(err error) bool {
	_, ok := errors.AsType[*errs.Error](err)
	return ok
}

// Shrout & Fleiss (1979), table 2 and 4: six targets, four judges.
var shroutFleiss = [][]float64{{9, 2, 5, 8}, {6, 1, 3, 2}, {8, 4, 6, 8}, {7, 1, 2, 6}, {10, 5, 6, 9}, {6, 2, 4, 7}}

func TestShroutFleiss(t *testing.T) {
	t.Parallel()
	r, err := ICCFromMeanSquares(Matrix{Value: shroutFleiss})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name      string
		got, want float64
	}{
		{"ICC(1,1)", r.OneWay.Value, .17}, {"ICC(2,1)", r.Agreement.Value, .29}, {"ICC(3,1)", r.Consistency.Value, .71},
		{"ICC(1,4)", r.OneWayMean.Value, .44}, {"ICC(2,4)", r.AgreementMean.Value, .62}, {"ICC(3,4)", r.ConsistencyMean.Value, .91},
	} {
		near(t, c.name, math.Round(100*c.got)/100, c.want, 1e-12)
	}
	v, comp, err := ICCFromREML(Matrix{Value: shroutFleiss})
	if err != nil {
		t.Fatal(err)
	}
	near(t, "balanced data: REML equals mean squares", v.Agreement.Value, r.Agreement.Value, 1e-5)
	near(t, "subject variance", comp.Subject, (11.241666666666667-1.0194444444444444)/4, 1e-5)
	three := Matrix{Value: [][]float64{{1, 2}, {2, 3}, {4, 5}}}
	perfect, err := ICCFromMeanSquares(three) // raters differ by a constant: no residual
	if err != nil || perfect.Consistency.Value != 1 || perfect.Agreement.Defined || !perfect.OneWay.Defined {
		t.Errorf("without residual: %+v, %v", perfect, err)
	}
}

// The F quantile inverts the tail.
func TestFQuantile(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		p := rapid.Float64Range(.001, .999).Draw(t, "p")
		a, b := rapid.Float64Range(1, 80).Draw(t, "df1"), rapid.Float64Range(1, 80).Draw(t, "df2")
		if back := 1 - fTail(fQuantile(p, a, b), a, b); math.Abs(back-p) > 1e-9 {
			t.Fatalf("p %g comes back as %g", p, back)
		}
	})
}

// Krippendorff (2011), example C/E: four observers, twelve units.
func TestKrippendorff(t *testing.T) {
	t.Parallel()
	x := [][]float64{
		{1, 2, 3, 3, 2, 1, 4, 1, 2, 0, 0, 0}, {1, 2, 3, 3, 2, 2, 4, 1, 2, 5, 0, 3},
		{0, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, 0}, {1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, 0},
	}
	m := Matrix{Value: x}
	for _, row := range x {
		miss := make([]bool, len(row))
		for j, v := range row {
			miss[j] = v == 0
		}
		m.Missing = append(m.Missing, miss)
	}
	for metric, want := range map[Metric]float64{Nominal: .743, Ordinal: .815, Interval: .849, Ratio: .797} {
		a, err := Krippendorff(m.Transpose(), metric)
		if err != nil {
			t.Fatal(err)
		}
		near(t, "alpha", math.Round(1000*a.Value)/1000, want, 1e-12)
	}
}

// Agresti (1990), p. 369: kappa .1293 (.0686), linear .2374 (.0783).
func TestCohenKappa(t *testing.T) {
	t.Parallel()
	husbandWife := [][]float64{{7, 7, 2, 3}, {2, 8, 3, 7}, {1, 5, 4, 9}, {2, 8, 9, 14}}
	k, err := CohenKappa(husbandWife, Unweighted)
	if err != nil {
		t.Fatal(err)
	}
	near(t, "kappa", k.Value, .1293, 1e-4)
	near(t, "error", k.SE, .0686, 1e-4)
	l, _ := CohenKappa(husbandWife, Linear)
	near(t, "linear kappa", l.Value, .2374, 1e-4)
	near(t, "its error", l.SE, .0783, 1e-4)
	two, _ := CohenKappa([][]float64{{20, 5}, {10, 15}}, Unweighted)
	near(t, "two by two", two.Value, .4, 1e-12)
}

// Two raters without missing ratings: nominal alpha is Scott's pi with a
// small-sample correction, and Fleiss' kappa is Scott's pi.
func TestAlphaAndFleissAgree(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(4, 40).Draw(t, "n")
		rng := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 2))
		m := Matrix{Value: [][]float64{{1, 2}}}
		for range n {
			m.Value = append(m.Value, []float64{float64(1 + rng.IntN(3)), float64(1 + rng.IntN(3))})
		}
		f, err := FleissKappa(m)
		if err != nil {
			t.Fatal(err)
		}
		a, err := Krippendorff(m, Nominal)
		if err != nil {
			t.Fatal(err)
		}
		if want := f.Kappa + (1-f.Kappa)/float64(2*(n+1)); math.Abs(a.Value-want) > 1e-12 {
			t.Fatalf("alpha %g, from kappa %g", a.Value, want)
		}
	})
}

// Parallel items with equal covariances: alpha has the Spearman–Brown form, and
// omega agrees with it.
func TestConsistency(t *testing.T) {
	t.Parallel()
	cov := [][]float64{{1, .5, .5, .5}, {.5, 1, .5, .5}, {.5, .5, 1, .5}, {.5, .5, .5, 1}}
	near(t, "alpha", AlphaOf(cov, -1), 4*.5/(1+3*.5), 1e-12)
	near(t, "alpha without one", AlphaOf(cov, 2), 3*.5/(1+2*.5), 1e-12)
	f, err := FitOneFactor(cov)
	if err != nil || !f.Converged {
		t.Fatal(f, err)
	}
	near(t, "omega", f.OmegaStandardised, .8, 1e-8)
	near(t, "loading", f.Loading[0], math.Sqrt(.5), 1e-8)
}

func TestFaults(t *testing.T) {
	t.Parallel()
	same := Matrix{Value: [][]float64{{3, 3}, {3, 3}, {3, 3}}}
	alone := Matrix{Value: [][]float64{{1}, {2}, {3}}}
	for name, fn := range map[string]func(Matrix) error{
		"icc":          func(m Matrix) error { _, err := ICCFromMeanSquares(m); return err },
		"icc reml":     func(m Matrix) error { _, _, err := ICCFromREML(m); return err },
		"fleiss":       func(m Matrix) error { _, err := FleissKappa(m); return err },
		"krippendorff": func(m Matrix) error { _, err := Krippendorff(m, Interval); return err },
		"alpha":        func(m Matrix) error { _, err := MeasureConsistency(m); return err },
	} {
		for what, m := range map[string]Matrix{"constant": same, "one rater": alone, "empty": {}} {
			if err := fn(m); !isFault(err) {
				t.Errorf("%s of %s ratings: %v, want a fault", name, what, err)
			}
		}
	}
	if _, err := CohenKappa([][]float64{{5, 0}, {0, 0}}, Unweighted); !isFault(err) {
		t.Error("kappa of a single category was given")
	}
}
