package score

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"gongping/analytics/fairness"
	"gongping/internal/authz"
	"gongping/scoring"
	"gongping/scoring/composite"
)

// lone is a unit of n answers to one question, in the best case of whoever reads
// its result: equal weights, no shrinking, so that score and question are one.
func lone(counts [5]int) scoring.UnitResult {
	n, mean, se := moments(counts)
	f := scoring.Figure{OK: true, N: n, Value: mean, SE: se, Lo: max(0, mean-2*se), Hi: min(100, mean+2*se)}
	u := scoring.UnitResult{Unit: "310104003001", Level: 3, N: n, EffectiveN: float64(n), Population: 1 << 30, Raw: f, Weighted: f, Adjusted: f, Robust: f, EB: f, Official: f, Reliability: 1, Status: "publishable",
		Items: []scoring.ItemResult{{Item: "overall", Figure: f, Counts: counts}}}
	u.WithoutLowest, u.WithoutHighest = moves(counts)
	return u
}

func moments(counts [5]int) (n int, mean, se float64) {
	sum, squares := 0, 0
	for g, k := range counts {
		n, sum, squares = n+k, sum+g*k, squares+g*g*k
	}
	m := float64(sum) / float64(n)
	return n, 25 * m, 25 * math.Sqrt(max(0, float64(squares)-float64(n)*m*m)/float64(n-1)/float64(n))
}

// moves are the changes of the mean without the one, two and three lowest and
// highest answers.
func moves(counts [5]int) (low, high []float64) {
	_, all, _ := moments(counts)
	for _, up := range []bool{true, false} {
		left := counts
		for range 3 {
			g := slices.IndexFunc(left[:], func(k int) bool { return k > 0 })
			if !up {
				for g = 4; left[g] == 0; g-- {
				}
			}
			left[g]--
			_, m, _ := moments(left)
			if up {
				low = append(low, m-all)
			} else {
				high = append(high, m-all)
			}
		}
	}
	return low, high
}

// fits lists the counts that would be shown as the unit is: number, shown grades,
// mean, interval of the score, and the stated effects of the most extreme answers.
func fits(u *scoring.UnitResult) (all [][5]int) {
	it := u.Items[0]
	n := it.Figure.N
	var c [5]int
	for c[0] = 0; c[0] <= n; c[0]++ {
		for c[1] = 0; c[0]+c[1] <= n; c[1]++ {
			for c[2] = 0; c[0]+c[1]+c[2] <= n; c[2]++ {
				for c[3] = 0; c[0]+c[1]+c[2]+c[3] <= n; c[3]++ {
					c[4] = n - c[0] - c[1] - c[2] - c[3]
					if shownAs(c, u) {
						all = append(all, c)
					}
				}
			}
		}
	}
	return all
}

func shownAs(c [5]int, u *scoring.UnitResult) bool {
	for g, k := range u.Items[0].Counts {
		if k != Masked && k != c[g] {
			return false
		}
	}
	_, mean, se := moments(c)
	if math.Abs(mean-u.Items[0].Figure.Value) > 0.0501 {
		return false
	}
	if u.Raw.OK && math.Abs(se-u.Raw.SE) > 0.0501 {
		return false
	}
	low, high := moves(c)
	for k := range u.WithoutLowest {
		if math.Abs(low[k]-u.WithoutLowest[k]) > 0.2501 || math.Abs(high[k]-u.WithoutHighest[k]) > 0.2501 {
			return false
		}
	}
	return true
}

// TestInfluenceOfAFewTellsNoGrade turns the influence statement of small units
// around. Where the score is that of one question, the effect of leaving the
// lowest of thirty answers out, in half points, is its grade, and the spread of
// the score the third equation for three hidden grades; so neither is stated.
func TestInfluenceOfAFewTellsNoGrade(t *testing.T) {
	t.Parallel()
	const cell = 10
	v := &veil{cell: cell, role: authz.Worker}
	rng := rand.New(rand.NewPCG(1, 2))
	tries, hidden, fewest, bare := 0, 0, math.MaxInt, 0
	for n := 10; n <= 40; n += 3 {
		for range 3 {
			var counts [5]int
			for range n {
				counts[min(4, int(5*math.Sqrt(rng.Float64())))]++
			}
			u := lone(counts)
			open := u
			open.Items = slices.Clone(u.Items)
			open.WithoutLowest, open.WithoutHighest = slices.Clone(u.WithoutLowest), slices.Clone(u.WithoutHighest)
			v.hide(&u)
			coarsen(&u, v.role, map[string]usual{"overall": {1.1, 5000}})
			if !slices.Contains(u.Items[0].Counts[:], Masked) {
				continue
			}
			tries++
			list := fits(&u)
			if !slices.Contains(list, counts) {
				t.Fatalf("%v is not among what fits %+v", counts, u)
			}
			// What would remain if all were told: the attack works.
			for g, m := range fairness.SuppressMean(counts[:], cell) {
				if m != fairness.Shown {
					open.Items[0].Counts[g] = Masked
				}
			}
			whole := fits(&open)
			for g, k := range u.Items[0].Counts {
				values, told := map[int]bool{}, map[int]bool{}
				for _, x := range list {
					values[x[g]] = true
				}
				for _, x := range whole {
					told[x[g]] = true
				}
				if k == Masked && len(told) < 3 {
					bare++
				}
				_, mean, _ := moments(counts)
				// A mean near an end leaves little room whatever is told.
				if room := min(mean, 100-mean) / 25 * float64(n); k != Masked || room < 12 {
					continue
				}
				hidden++
				fewest = min(fewest, len(values))
				if len(values) < 4 {
					t.Errorf("%v: grade %d takes %d values in %d counts that fit", counts, g+1, len(values), len(list))
				}
			}
		}
	}
	t.Logf("%d units of 10 to 40 answers, %d hidden grades: at least %d values fit each; with spread and influence told, %d grades would have had one or two", tries, hidden, fewest, bare)
	if hidden == 0 || bare == 0 {
		t.Error("nothing was attacked")
	}
}

// TestWeightsAreToldAsOnPages looks for digits in what a composite would be under
// other weights: it is a sum of the official score.
func TestWeightsAreToldAsOnPages(t *testing.T) {
	t.Parallel()
	u := lone([5]int{0, 12, 30, 60, 40})
	u.WithoutLowest = []float64{-0.1}
	w := composite.Stability{Range: 10, Lo: 73.07712721975017, Hi: 76.28, Share: 0.714}
	u.Weights = &w
	coarsen(&u, authz.Leader, nil)
	if u.Weights.Lo != 73.1 || w.Lo != 73.07712721975017 {
		t.Errorf("%+v from %+v", u.Weights, w)
	}
	if math.Signbit(u.WithoutLowest[0]) {
		t.Error("a small move tells its sign")
	}
}

// TestEarlierFiguresOfAFew: a unit that had too few answers in an earlier run,
// whose plain figures still stand, shows none of them though it has grown.
func TestEarlierFiguresOfAFew(t *testing.T) {
	t.Parallel()
	u := lone([5]int{0, 1, 2, 4, 1})
	u.N = 12
	(&veil{cell: 10, role: authz.Worker}).hide(&u)
	if u.Raw.OK || u.Weighted.OK || u.EB.OK || u.Items[0].Figure.OK || u.Items[0].Counts[3] != Masked {
		t.Errorf("%+v", u)
	}
}
