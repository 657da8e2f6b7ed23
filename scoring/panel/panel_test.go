package panel_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"

	"gongping/scoring"
	"gongping/scoring/panel"
	"gongping/scoring/rater"
)

// world simulates a panel in an incomplete design: every committee is rated by
// three of eight reviewers on four criteria. Reviewer r0 gives two points less,
// r1 the same impression on all criteria.
func world(seed uint64, units int) (ratings []scoring.Rating, truth map[string]float64) {
	rng := rand.New(rand.NewPCG(seed, 3))
	var w panel.Wish
	for u := range units {
		w.Committees = append(w.Committees, fmt.Sprintf("c%03d", u))
	}
	for r := range 8 {
		w.Reviewers = append(w.Reviewers, fmt.Sprintf("r%d", r))
	}
	w.Per, w.Seed = 3, fmt.Sprint(seed)
	truth = map[string]float64{}
	for _, c := range w.Committees {
		truth[c] = 6 + 1.2*rng.NormFloat64()
	}
	half := func(x float64) float64 { return math.Round(2*min(10, max(0, x))) / 2 }
	for _, p := range panel.Assign(w).Pairs {
		shift := 0.0
		if p.Reviewer == "r0" {
			shift = -2
		}
		overall := truth[p.Committee] + shift + 0.9*rng.NormFloat64()
		for k, easy := range []float64{0.5, 0, -0.2, -0.3} {
			x := truth[p.Committee] + shift + easy + 0.9*rng.NormFloat64()
			if p.Reviewer == "r1" {
				x = overall
			}
			ratings = append(ratings, scoring.Rating{Committee: p.Committee, Reviewer: p.Reviewer, Criterion: fmt.Sprintf("k%d", k), Score: half(x)})
		}
	}
	return ratings, truth
}

func rmse(list []panel.Fair, truth map[string]float64, of func(panel.Fair) float64) float64 {
	s := 0.0
	for _, f := range list {
		d := of(f) - truth[f.Unit]
		s += d * d
	}
	return math.Sqrt(s / float64(len(list)))
}

// The fair average comes closer to what a committee is worth than the mean of
// the ratings and than the older way; the severity is found again, and the
// intervals hold what they promise.
func TestFairAverageAgainstSimulation(t *testing.T) {
	t.Parallel()
	var raw, fair, old float64
	covered, all := 0, 0
	for seed := uint64(1); seed <= 4; seed++ {
		ratings, truth := world(seed, 60)
		res := panel.Fit(ratings, 0, 10)
		if res.Method != panel.Facets || res.Why != "" || len(res.Sets) != 1 {
			t.Fatalf("seed %d: %s %s, %d sets", seed, res.Method, res.Why, len(res.Sets))
		}
		raw += rmse(res.Units, truth, func(f panel.Fair) float64 { return f.Raw })
		fair += rmse(res.Units, truth, func(f panel.Fair) float64 { return f.Score })
		dev := panel.Deviations(ratings)
		old += rmse(res.Units, truth, func(f panel.Fair) float64 { return dev[f.Unit].Score })
		// An average reviewer of this panel is one eighth of two points severe.
		for _, f := range res.Units {
			if all++; math.Abs(f.Score-(truth[f.Unit]-0.25)) <= 1.96*f.SE {
				covered++
			}
		}
		r := map[string]panel.Reviewer{}
		for _, x := range res.Reviewers {
			r[x.Name] = x
		}
		if got := r["r0"].Shift; got < -2.4 || got > -1.2 {
			t.Errorf("seed %d: the severe reviewer is %.2f points off, want about −1.75", seed, got)
		}
		if !slices.Contains(r["r0"].Habits, rater.Severe) || !slices.Contains(r["r1"].Habits, rater.Halo) {
			t.Errorf("seed %d: habits r0 %v, r1 %v", seed, r["r0"].Habits, r["r1"].Habits)
		}
		for name, x := range r {
			if name > "r1" && (slices.Contains(x.Habits, rater.Severe) || slices.Contains(x.Habits, rater.Halo)) {
				t.Errorf("seed %d: %s is named %v", seed, name, x.Habits)
			}
		}
		if res.Reliability < 0.75 || res.Reliability > 0.98 {
			t.Errorf("seed %d: reliability %.2f", seed, res.Reliability)
		}
	}
	t.Logf("root mean squared error: raw %.3f, deviation %.3f, fair %.3f; coverage %d of %d", raw/4, old/4, fair/4, covered, all)
	if fair > 0.85*raw || fair > old {
		t.Errorf("fair %.3f does not beat raw %.3f and deviation %.3f", fair/4, raw/4, old/4)
	}
	if share := float64(covered) / float64(all); share < 0.90 || share > 0.995 {
		t.Errorf("95%% intervals cover %.3f", share)
	}
}

// The order of the ratings changes nothing, to the last digit.
func TestOrderDoesNotMatter(t *testing.T) {
	t.Parallel()
	ratings, _ := world(9, 20)
	a := panel.Fit(ratings, 0, 10)
	slices.Reverse(ratings)
	if b := panel.Fit(ratings, 10, 0); !reflect.DeepEqual(a, b) {
		t.Error("reversed ratings give another result")
	}
}

// What the model cannot do is said, and done the older way.
func TestFallbackSaysWhy(t *testing.T) {
	t.Parallel()
	var apart, same, lone []scoring.Rating
	for u := range 8 {
		for r := range 2 {
			for k := range 3 {
				name := fmt.Sprintf("r%d", r+2*(u%2)) // two pairs of reviewers who never meet
				x := float64((u*3+r*2+k*5)%9) + 1
				c, crit := fmt.Sprintf("c%d", u), fmt.Sprintf("k%d", k)
				apart = append(apart, scoring.Rating{Committee: c, Reviewer: name, Criterion: crit, Score: x})
				same = append(same, scoring.Rating{Committee: c, Reviewer: name, Criterion: crit, Score: 8})
				if r == 0 {
					lone = append(lone, scoring.Rating{Committee: c, Reviewer: "r0", Criterion: crit, Score: x})
				}
			}
		}
	}
	for why, list := range map[string][]scoring.Rating{"disconnected": apart, "constant": same, "one_reviewer": lone, "too_few": nil} {
		res := panel.Fit(list, 0, 10)
		if res.Method != panel.Deviation || res.Why != why {
			t.Errorf("want %s, got %s %q", why, res.Method, res.Why)
		}
		want := panel.Deviations(list)
		if len(res.Units) != len(want) {
			t.Errorf("%s: %d committees, want %d", why, len(res.Units), len(want))
		}
		for _, u := range res.Units {
			if math.Abs(u.Score-want[u.Unit].Score) > 1e-8 {
				t.Errorf("%s: %+v, want %+v", why, u, want[u.Unit])
			}
		}
	}
	if sets := panel.Fit(apart, 0, 10).Sets; len(sets) != 2 || !slices.Equal(sets[0], []string{"r0", "r1"}) {
		t.Errorf("sets %v", sets)
	}
}

// One reviewer shows no difference between reviewers. Their committee gets the error
// that a single reviewer has elsewhere on the panel; where nobody has two, that of a
// mark which may lie anywhere on the scale. It was 0 once, and the reliability 1.
func TestOneReviewerIsNotCertain(t *testing.T) {
	t.Parallel()
	rate := func(list ...any) (out []scoring.Rating) {
		for i := 0; i < len(list); i += 3 {
			out = append(out, scoring.Rating{Committee: list[i].(string), Reviewer: list[i+1].(string), Criterion: "k", Score: float64(list[i+2].(int))})
		}
		return out
	}
	lone := panel.Fit(rate("a", "x", 3, "b", "x", 6, "c", "x", 9), 0, 10)
	for _, u := range lone.Units {
		if math.Abs(u.SE-10/math.Sqrt(12)) > 1e-8 {
			t.Errorf("%+v, want the error %v", u, 10/math.Sqrt(12))
		}
	}
	if lone.Why != "one_reviewer" || lone.Reliability > 0.5 {
		t.Errorf("%s, reliability %v", lone.Why, lone.Reliability)
	}
	// Two panels that never meet and too few ratings for the model; d has one reviewer.
	apart := panel.Fit(rate("a", "x", 4, "a", "y", 3, "b", "x", 5, "b", "y", 3, "c", "p", 7, "c", "q", 4, "d", "p", 9), 0, 10)
	ss, n, d := 0.0, 0.0, 0.0
	for _, u := range apart.Units {
		if k := float64(u.Reviewers); k > 1 {
			ss, n = ss+u.SE*u.SE*k*(k-1), n+k-1
		} else {
			d = u.SE
		}
	}
	if apart.Method != panel.Deviation || d == 0 || math.Abs(d-math.Sqrt(ss/n)) > 1e-8 {
		t.Errorf("%s: error %v of the committee with one reviewer, want %v", apart.Why, d, math.Sqrt(ss/n))
	}
}

// A committee with only tens is marked, keeps a standard error, and stays on
// the scale.
func TestExtremeCommittee(t *testing.T) {
	t.Parallel()
	ratings, _ := world(5, 24)
	for i := range ratings {
		if ratings[i].Committee == "c005" {
			ratings[i].Score = 10
		}
	}
	f := panel.Fit(ratings, 0, 10)
	u := f.Of()["c005"]
	if f.Method != panel.Facets || !u.Extreme || u.Score <= 9 || u.Score > 10 || !(u.SE > 0) {
		t.Errorf("%s %+v", f.Why, u)
	}
}

func BenchmarkFit(b *testing.B) {
	ratings, _ := world(1, 320)
	b.ReportAllocs()
	for b.Loop() {
		panel.Fit(ratings, 0, 10)
	}
}
