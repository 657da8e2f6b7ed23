package rater

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func names(prefix string, n int) (out []string) {
	for i := range n {
		out = append(out, fmt.Sprintf("%s%d", prefix, i+1))
	}
	return out
}

// simulatePanel lets each unit be rated by per raters on three items; habit
// changes the probabilities' temperature and the severity.
func simulatePanel(rng *rand.Rand, units, per int, severity, temper []float64, halo []bool) Panel {
	items, steps := []float64{.3, -.1, -.2}, []float64{-1.5, -.5, .5, 1.5}
	d := Panel{UnitName: names("U", units), RaterName: names("R", len(severity)), ItemName: names("I", 3), Categories: 5}
	for u := range units {
		theta := 1.3 * rng.NormFloat64()
		for _, r := range rng.Perm(len(severity))[:per] {
			first := 0
			for i, b := range items {
				w, log, sum := []float64{1}, 0.0, 1.0
				for _, t := range steps {
					log += temper[r]*(theta-b) - severity[r] - t*(2-temper[r])
					w = append(w, math.Exp(log))
					sum += math.Exp(log)
				}
				x, v := 0, rng.Float64()*sum
				for x < 4 && v > w[x] {
					v -= w[x]
					x++
				}
				if i == 0 {
					first = x
				} else if halo[r] {
					x = first
				}
				d.Unit, d.Rater, d.Item = append(d.Unit, int32(u)), append(d.Rater, int32(r)), append(d.Item, int32(i))
				d.Rating = append(d.Rating, x)
			}
		}
	}
	return d
}

func plainPanel(seed uint64, units, per, raters int) Panel {
	sev, one := make([]float64, raters), make([]float64, raters)
	for r := range sev {
		sev[r], one[r] = .8*(float64(r)/float64(raters-1)-.5), 1
	}
	return simulatePanel(rand.New(rand.NewPCG(seed, 1)), units, per, sev, one, make([]bool, raters))
}

// At the estimate observed and expected totals agree for every unit, rater,
// item and category; the constraints hold.
func TestFacetsTotals(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		d := plainPanel(rapid.Uint64().Draw(t, "seed"), rapid.IntRange(12, 40).Draw(t, "units"), 2, 4)
		f, err := FitFacets(d)
		if err != nil {
			if !isFault(err) {
				t.Fatal(err)
			}
			return
		}
		residual := map[string]float64{}
		p := make([]float64, 5)
		for i, x := range d.Rating {
			u, r, m := f.Unit[d.Unit[i]], f.Rater[d.Rater[i]], f.Item[d.Item[i]]
			if u.Extreme || r.Extreme || m.Extreme {
				continue
			}
			e, _ := f.probabilities(u.Value-r.Value-m.Value, p)
			for _, k := range []string{d.UnitName[d.Unit[i]], d.RaterName[d.Rater[i]], d.ItemName[d.Item[i]]} {
				residual[k] += float64(x) - e
			}
			for k, q := range p {
				residual[fmt.Sprint("category ", k)] -= q
			}
			residual[fmt.Sprint("category ", x)]++
		}
		for k, v := range residual {
			if math.Abs(v) > 1e-8 {
				t.Fatalf("%s is off by %g", k, v)
			}
		}
		s := 0.0
		for _, r := range f.Rater {
			s += r.Value
		}
		if math.Abs(s) > 1e-9 || !f.Converged {
			t.Fatalf("severities sum to %g, converged %v", s, f.Converged)
		}
		for u, p := range f.Unit {
			if !p.Defined || p.SE <= 0 || f.FairAverage[u] <= 0 || f.FairAverage[u] >= 4 {
				t.Fatalf("unit %d: %+v, fair average %g", u, p, f.FairAverage[u])
			}
		}
	})
}

// Units with only lowest or highest ratings are left out and placed beyond
// the others with the same raters.
func TestFacetsExtremes(t *testing.T) {
	t.Parallel()
	d := plainPanel(4, 30, 2, 4)
	for i, u := range d.Unit {
		switch u {
		case 0:
			d.Rating[i] = 0
		case 1:
			d.Rating[i] = 4
		}
	}
	f, err := FitFacets(d)
	if err != nil {
		t.Fatal(err)
	}
	low, high := f.Unit[0], f.Unit[1]
	if !low.Extreme || !high.Extreme || !low.Defined || low.Value > -2 || high.Value < 2 || low.SE < .5 || low.Fit.Defined {
		t.Errorf("placed at %+v and %+v", low, high)
	}
	m, err := FitFacetsMML(d)
	if err != nil || !m.Converged || m.EAP[0] > -1 || m.EAP[1] < 1 || m.EAP[0] < low.Value {
		t.Errorf("shrunk %v to %v, %v", low.Value, m.EAP[:2], err)
	}
}

func TestFacetsRefusals(t *testing.T) {
	t.Parallel()
	apart := plainPanel(5, 40, 2, 4)
	for i, u := range apart.Unit { // raters 1, 2 see the first half only
		apart.Rater[i] = int32(2*(int(u)/20) + i%6/3)
	}
	nested := plainPanel(6, 30, 3, 3)
	for i := range nested.Rating { // every rater rates one item of his own
		nested.Item[i] = nested.Rater[i]
	}
	same := plainPanel(7, 6, 2, 3)
	for i := range same.Rating {
		same.Rating[i] = 3
	}
	outside := plainPanel(8, 6, 2, 3)
	outside.Rating[2] = 9
	for _, c := range []struct {
		d    Panel
		says string
	}{
		{apart, "2 separate sets: raters R1, R2 never meet raters R3, R4"},
		{nested, "cannot be told apart"}, {same, ""}, {outside, "outside the categories"}, {Panel{Categories: 5}, "no ratings"},
	} {
		_, err := FitFacets(c.d)
		if !isFault(err) || !strings.Contains(err.Error(), c.says) {
			t.Errorf("joint: %v, want %q", err, c.says)
		}
		if _, err = FitFacetsMML(c.d); !isFault(err) {
			t.Errorf("marginal: %v, want a fault", err)
		}
	}
	if _, err := FitAdditive(apart); !isFault(err) {
		t.Errorf("additive: %v, want a fault", err)
	}
	if a, err := FitAdditive(nested); err != nil || a.RSquared <= 0 {
		t.Errorf("additive needs no items: %v", err)
	}
}

// No small move lowers the deviance, and severities come back.
func TestFacetsMarginal(t *testing.T) {
	t.Parallel()
	d := plainPanel(11, 150, 2, 5)
	f, err := FitFacetsMML(d)
	if err != nil || !f.Converged {
		t.Fatal(f, err)
	}
	e := &marginal{f: f, d: d}
	e.grid()
	for i := range f.Rater {
		for _, h := range []float64{-1e-3, 1e-3} {
			f.Rater[i] += h
			e.expect()
			if -2*e.logLik < f.Deviance-1e-7 {
				t.Errorf("rater %d by %g: %g is below the deviance %g", i, h, -2*e.logLik, f.Deviance)
			}
			f.Rater[i] -= h
		}
		want := .8 * (float64(i)/4 - .5)
		if math.Abs(f.Rater[i]-want) > 5*f.RaterSE[i] {
			t.Errorf("severity %g ± %g, want %g", f.Rater[i], f.RaterSE[i], want)
		}
	}
	if f.Reliability < .5 || f.Reliability > 1 || math.Abs(f.Variance-1.69) > .6 {
		t.Errorf("reliability %g, variance %g", f.Reliability, f.Variance)
	}
}

// A severe, a lenient, a central and a haloed rater are named, the others not.
func TestDiagnose(t *testing.T) {
	t.Parallel()
	sev := []float64{1.5, -1.5, 0, 0, 0, 0, 0, 0}
	temper := []float64{1, 1, .1, 1, 1, 1, 1, 1}
	halo := []bool{3: true, 7: false}
	d := simulatePanel(rand.New(rand.NewPCG(21, 2)), 240, 3, sev, temper, halo)
	f, err := FitFacets(d)
	if err != nil {
		t.Fatal(err)
	}
	want := [][]Habit{{Severe}, {Lenient}, {Central}, {Halo}, nil, nil, nil, nil}
	for r, v := range Diagnose(d, f, DefaultHabitRules()) {
		for _, h := range want[r] {
			if !slices.Contains(v.Habits, h) {
				t.Errorf("rater %d: habits %v, want %v (%+v)", r+1, v.Habits, want[r], v)
			}
		}
		if want[r] == nil && v.Habits != nil {
			t.Errorf("rater %d is blamed for %v (%+v)", r+1, v.Habits, v)
		}
		if r == 0 && v.FairShift > -.5 || r == 1 && v.FairShift < .5 {
			t.Errorf("rater %d shifts by %.2f points", r+1, v.FairShift)
		}
	}
}
