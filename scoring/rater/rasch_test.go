package rater

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// simulateItems draws persons and answers of a partial-credit model.
func simulateItems(rng *rand.Rand, persons int, thresholds [][]float64, missing float64) Matrix {
	var m Matrix
	for range persons {
		theta := 1.2 * rng.NormFloat64()
		row, gone := make([]float64, len(thresholds)), make([]bool, len(thresholds))
		for j, t := range thresholds {
			w, log, sum := []float64{1}, 0.0, 1.0
			for _, b := range t {
				log += theta - b
				w = append(w, math.Exp(log))
				sum += math.Exp(log)
			}
			u := rng.Float64() * sum
			for k := 0; k < len(t) && u > w[k]; k++ {
				u -= w[k]
				row[j]++
			}
			gone[j] = rng.Float64() < missing
		}
		m.Value, m.Missing = append(m.Value, row), append(m.Missing, gone)
	}
	return m
}

// Two items with two answers: the difference of difficulties is the log ratio
// of those who passed one only, its error sqrt(1/n10 + 1/n01) (Rasch 1960).
func TestRaschTwoItems(t *testing.T) {
	t.Parallel()
	var m Matrix
	for i, n := range []int{7, 18, 5, 9} { // 00, 10, 01, 11
		for range n {
			m.Value = append(m.Value, []float64{float64(i % 2), float64(i / 2)})
		}
	}
	for _, model := range []RaschModel{RatingScale, PartialCredit} {
		f, err := FitRasch(m, model)
		if err != nil {
			t.Fatal(err)
		}
		near(t, "difference", f.Items[1].Location-f.Items[0].Location, math.Log(18.0/5), 1e-10)
		near(t, "error", 2*f.Items[0].Thresholds[0].SE, math.Sqrt(1.0/18+1.0/5), 1e-10)
		near(t, "likelihood", f.ConditionalLogLik, 18*math.Log(18.0/23)+5*math.Log(5.0/23), 1e-10)
		if f.Persons != 23 || f.Extreme != 16 || f.Parameters != 1 {
			t.Errorf("persons %d, extreme %d, parameters %d", f.Persons, f.Extreme, f.Parameters)
		}
	}
}

// bruteLogLik enumerates every answer pattern with the same score.
func bruteLogLik(f *Rasch, m Matrix) float64 {
	v := 0.0
	for i, row := range m.Value {
		var items []int
		score, own := 0, 0.0
		for j, x := range row {
			if !m.missing(i, j) {
				items = append(items, j)
				score += int(x) - f.Items[j].Lowest
				own -= f.Items[j].Cumulative[int(x)-f.Items[j].Lowest]
			}
		}
		sum := 0.0
		var walk func(at, left int, log float64)
		walk = func(at, left int, log float64) {
			if at == len(items) {
				if left == 0 {
					sum += math.Exp(log)
				}
				return
			}
			it := f.Items[items[at]]
			for k, u := range it.Used {
				if u && k <= left {
					walk(at+1, left-k, log-it.Cumulative[k])
				}
			}
		}
		walk(0, score, 0)
		v += own - math.Log(sum)
	}
	return v
}

// The likelihood equals the one from enumeration, also with missing answers
// and items of different length; no direction goes up from the estimate; the
// order of the rows changes nothing, and doubling them only the errors.
func TestRaschAgainstEnumeration(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		rng := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 5))
		m := simulateItems(rng, 150, [][]float64{{-1, 0.4}, {0.2}, {-0.5, 0.1, 0.9}, {-0.3, 0.6}}, .15)
		f, err := FitRasch(m, PartialCredit)
		if err != nil {
			t.Skip("a rare sample without estimate")
		}
		best := bruteLogLik(f, m)
		if math.Abs(best-f.ConditionalLogLik) > 1e-8 {
			t.Fatalf("likelihood %g, by enumeration %g", f.ConditionalLogLik, best)
		}
		for range 6 {
			g := *f
			g.Items = append([]RaschItem(nil), f.Items...)
			for j := range g.Items {
				c := append([]float64(nil), f.Items[j].Cumulative...)
				for k := 1; k < len(c); k++ {
					c[k] += 1e-3 * rng.NormFloat64()
				}
				g.Items[j].Cumulative = c
			}
			if v := bruteLogLik(&g, m); v > best+1e-9 {
				t.Fatalf("%g is above the maximum %g", v, best)
			}
		}
		turned := Matrix{}
		for i := len(m.Value) - 1; i >= 0; i-- {
			turned.Value, turned.Missing = append(turned.Value, m.Value[i]), append(turned.Missing, m.Missing[i])
		}
		twice := Matrix{append(append([][]float64{}, m.Value...), m.Value...), append(append([][]bool{}, m.Missing...), m.Missing...)}
		back, _ := FitRasch(turned, PartialCredit)
		two, _ := FitRasch(twice, PartialCredit)
		for j, it := range f.Items {
			for k, th := range it.Thresholds {
				if back.Items[j].Thresholds[k] != th {
					t.Fatalf("row order changes %v to %v", th, back.Items[j].Thresholds[k])
				}
				d := two.Items[j].Thresholds[k]
				if math.Abs(d.Value-th.Value) > 1e-7 || math.Abs(d.SE*math.Sqrt2-th.SE) > 1e-7 {
					t.Fatalf("rows twice change %v to %v", th, d)
				}
			}
		}
	})
}

// Known thresholds come back within their errors.
func TestRaschRecovers(t *testing.T) {
	t.Parallel()
	truth := [][]float64{{-1.5, -.5, .5, 1.5}, {-1, 0, 1, 2}, {-2, -1, 0, 1}, {-1.2, -.2, .8, 1.8}, {-1.8, -.8, .2, 1.2}}
	m := simulateItems(rand.New(rand.NewPCG(9, 9)), 1500, truth, .05)
	f, err := FitRasch(m, RatingScale)
	if err != nil {
		t.Fatal(err)
	}
	shift := 0.0
	for j := range truth {
		shift += truth[j][0] / 5
	}
	for j, it := range f.Items {
		for k, th := range it.Thresholds {
			if math.Abs(th.Value-(truth[j][k]-shift)) > 4*th.SE {
				t.Errorf("threshold %d of item %d is %.3f ± %.3f, want %.3f", k+1, j+1, th.Value, th.SE, truth[j][k]-shift)
			}
		}
	}
	items, persons, err := f.FitStatistics(m)
	if err != nil {
		t.Fatal(err)
	}
	for j, fit := range items {
		if !fit.Defined || math.Abs(fit.Infit-1) > .15 || math.Abs(fit.Outfit-1) > .25 {
			t.Errorf("item %d fits with infit %.2f, outfit %.2f", j+1, fit.Infit, fit.Outfit)
		}
	}
	at, _ := f.Measures(m)
	for i, p := range at {
		if p.Defined && !p.Extreme && p.Answered == 5 {
			e, _, _ := f.sums([]int{0, 1, 2, 3, 4}, p.Value)
			near(t, "expected score at the estimate", e, float64(p.Score), 1e-9)
		}
		if p.Extreme == persons[i].Defined && p.Answered > 0 {
			t.Fatalf("person %d: extreme %v, fit defined %v", i, p.Extreme, persons[i].Defined)
		}
		if math.IsNaN(p.Value+p.SE+p.Weighted+p.WeightedSE) || math.IsInf(p.Weighted+p.WeightedSE, 0) {
			t.Fatalf("person %d is placed at %+v", i, p)
		}
	}
}

// A category that nobody uses has no threshold on either side; the others and
// the location stay.
func TestRaschEmptyCategory(t *testing.T) {
	t.Parallel()
	m := simulateItems(rand.New(rand.NewPCG(3, 4)), 300, [][]float64{{-1, 0, 1}, {-.5, .5, 1}, {-1, .3, .8}}, 0)
	for i := range m.Value {
		if m.Value[i][1] == 1 {
			m.Value[i][1] = 2
		}
	}
	f, err := FitRasch(m, PartialCredit)
	if err != nil {
		t.Fatal(err)
	}
	th := f.Items[1].Thresholds
	if th[0].Defined || th[1].Defined || !th[2].Defined || !f.Items[1].Located || f.Parameters != 7 {
		t.Errorf("thresholds %+v, %d parameters", th, f.Parameters)
	}
	if g, err := FitRasch(m, RatingScale); err != nil || !g.Items[1].Thresholds[0].Defined {
		t.Errorf("the rating scale shares categories: %v", err)
	}
	for i := range m.Value { // the lowest category of item 3 and all above: as items of their own length
		m.Value[i][2] = math.Max(m.Value[i][2], 1)
	}
	if f, err = FitRasch(m, PartialCredit); err != nil || f.Items[2].Lowest != 1 || len(f.Items[2].Thresholds) != 2 {
		t.Errorf("item 3 starts at its own lowest answer: %v", err)
	}
}

func TestRaschRefusals(t *testing.T) {
	t.Parallel()
	apart := Matrix{
		Value:   [][]float64{{0, 1, 0, 0}, {1, 0, 0, 0}, {0, 0, 0, 1}, {0, 0, 1, 0}},
		Missing: [][]bool{{false, false, true, true}, {false, false, true, true}, {true, true, false, false}, {true, true, false, false}},
	}
	for _, c := range []struct {
		m    Matrix
		says string
	}{
		{Matrix{Value: [][]float64{{1}, {0}}}, "two items"},
		{Matrix{Value: [][]float64{{1, .5}, {0, 1}}}, "not a category"},
		{Matrix{Value: [][]float64{{1, 1}, {0, 0}}}, "from everybody"},
		{Matrix{Value: [][]float64{{1, 0, 0}, {1, 0, 1}, {1, 1, 0}}}, "item 1 gets the same"},
		{Matrix{Value: [][]float64{{1, 0}, {1, 0}, {0, 0}}}, "from everybody"},
		{Matrix{Value: [][]float64{{0, 1, 0}, {1, 0, 0}}, Missing: [][]bool{{false, false, true}, {false, false, true}}}, "nobody answered item 3"},
		{apart, "no person links the items 1, 2 with the items 3, 4"},
		{Matrix{}, "two items"},
	} {
		for _, model := range []RaschModel{RatingScale, PartialCredit} {
			if _, err := FitRasch(c.m, model); !isFault(err) || !strings.Contains(err.Error(), c.says) {
				t.Errorf("%v: %v, want %q", c.m, err, c.says)
			}
		}
	}
}
