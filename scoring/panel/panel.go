// Package panel makes of reviewers' ratings what a committee would have got
// from average reviewers, says how each reviewer rates, and plans who rates
// whom. Method page: docs/methods/panels.md.
package panel

import (
	"cmp"
	"errors"
	"math"
	"slices"

	"gongping/internal/errs"
	"gongping/scoring"
	"gongping/scoring/rater"
)

// The methods. Which one a run uses stands in its rule book; Deviation is also
// what Facets falls back to where its model cannot be estimated.
const (
	Facets    = "facets"    // fair averages of a many-facet Rasch model
	Deviation = "deviation" // each reviewer's mean deviation from the others taken out
)

// steps is the number of steps between the lowest and the highest rating: half
// points on the scale from 0 to 10. Finer marks are rounded to the nearest.
const steps = 20

// Fair is what the panel says about a committee.
type Fair struct {
	Unit string
	// Score is the fair average on the scale of the ratings, SE its standard
	// error; Raw the plain mean of the ratings.
	Score, SE, Raw     float64
	Ratings, Reviewers int
	// Extreme: all ratings lie at one end of the scale; the score says at least
	// how far out.
	Extreme bool
}

// Reviewer is how one reviewer rates.
type Reviewer struct {
	Name    string
	Ratings int
	Units   int
	Mean    float64
	// Severity is in logits, positive for harsh; 0 where the model was not used.
	Severity, SE float64
	// Shift is how many points the reviewer's ratings lie off what average
	// reviewers would give the same committees (negative: gives less).
	Shift         float64
	Infit, Outfit float64
	Habits        []rater.Habit
	// Enough is false where too few ratings stand behind the habits to name any.
	Enough bool
}

// Result is a panel's ratings, made comparable.
type Result struct {
	Method string
	// Why is empty, or why Facets was not used: "disconnected", "constant",
	// "too_few", "not_converged", "one_reviewer".
	Why       string
	Units     []Fair     // by code
	Reviewers []Reviewer // by name
	// Sets are the sets of reviewers whom shared committees connect; more than
	// one means that severities cannot be compared across them.
	Sets [][]string
	// Reliability is the share of the variance of fair averages that is signal.
	Reliability float64
	// Dependence is how much more the means of one reviewer and committee
	// scatter than ratings that were independent would (1 = not more). Standard
	// errors are widened by its root.
	Dependence float64
}

// Of returns the fair averages by committee.
func (r *Result) Of() map[string]Fair {
	out := make(map[string]Fair, len(r.Units))
	for _, u := range r.Units {
		out[u.Unit] = u
	}
	return out
}

// table is the ratings in a fixed order, coded.
type table struct {
	data       rater.Panel
	score      []float64
	low, high  float64
	unitRaters []map[int32]bool
}

// Fit fits the ratings, whose scale runs from low to high. It never fails: what
// the model cannot do is said in Why and done by Deviation instead. Results do
// not depend on the order of the ratings and are rounded to 1e-9, so that the
// last bits of a processor's exponential do not show.
//
// Source: Linacre (1989), as rater.FitFacets.
func Fit(ratings []scoring.Rating, low, high float64) Result {
	low, high = min(low, high), max(low, high)
	t := code(ratings, low, high)
	res := Result{Method: Facets, Dependence: 1, Sets: t.sets()}
	f, err := rater.FitFacets(t.data)
	switch {
	case len(ratings) == 0:
		res.Why = "too_few"
	case len(t.data.RaterName) < 2:
		res.Why = "one_reviewer"
	case err != nil:
		res.Why = reason(err)
	case !f.Converged:
		res.Why = "not_converged"
	}
	if res.Why != "" {
		res.Method = Deviation
		t.deviation(&res, ratings)
	} else {
		t.facets(&res, f)
	}
	res.Reliability = reliability(res.Units)
	round(&res)
	return res
}

// reason is the short key of a fault of the model.
func reason(err error) string {
	var e *errs.Error
	if !errors.As(err, &e) {
		return "not_converged"
	}
	for _, k := range []string{"disconnected", "constant", "too_few"} {
		if e.Key == "stats."+k {
			return k
		}
	}
	return "not_converged"
}

func code(ratings []scoring.Rating, low, high float64) *table {
	list := slices.Clone(ratings)
	slices.SortFunc(list, func(a, b scoring.Rating) int {
		return cmp.Or(cmp.Compare(a.Committee, b.Committee), cmp.Compare(a.Criterion, b.Criterion), cmp.Compare(a.Reviewer, b.Reviewer))
	})
	t := &table{low: low, high: high, data: rater.Panel{Categories: steps + 1}}
	names := func(of func(scoring.Rating) string) ([]string, map[string]int32) {
		var all []string
		for _, r := range list {
			all = append(all, of(r))
		}
		slices.Sort(all)
		all = slices.Compact(all)
		at := make(map[string]int32, len(all))
		for i, n := range all {
			at[n] = int32(i)
		}
		return all, at
	}
	var unit, reviewer, item map[string]int32
	t.data.UnitName, unit = names(func(r scoring.Rating) string { return r.Committee })
	t.data.RaterName, reviewer = names(func(r scoring.Rating) string { return r.Reviewer })
	t.data.ItemName, item = names(func(r scoring.Rating) string { return r.Criterion })
	t.unitRaters = make([]map[int32]bool, len(unit))
	for _, r := range list {
		x := math.Min(high, math.Max(low, r.Score))
		t.data.Unit = append(t.data.Unit, unit[r.Committee])
		t.data.Rater = append(t.data.Rater, reviewer[r.Reviewer])
		t.data.Item = append(t.data.Item, item[r.Criterion])
		t.data.Rating = append(t.data.Rating, int(math.Round((x-low)/(high-low)*steps)))
		t.score = append(t.score, r.Score)
		u := unit[r.Committee]
		if t.unitRaters[u] == nil {
			t.unitRaters[u] = map[int32]bool{}
		}
		t.unitRaters[u][reviewer[r.Reviewer]] = true
	}
	return t
}

// sets lists the sets of reviewers that shared committees connect.
func (t *table) sets() [][]string {
	pairs := make([]Pair, len(t.data.Rating))
	for i := range pairs {
		pairs[i] = Pair{t.data.UnitName[t.data.Unit[i]], t.data.RaterName[t.data.Rater[i]]}
	}
	return Connected(pairs)
}

// points turns steps into points of the scale.
func (t *table) points(x float64) float64 { return t.low + float64(x*(t.high-t.low)/steps) }

func (t *table) facets(res *Result, f *rater.Facets) {
	width := (t.high - t.low) / steps
	res.Dependence = t.dependence(f)
	inflate := math.Sqrt(res.Dependence)
	raw, n := t.means(t.data.Unit, len(f.Unit))
	for u, at := range f.Unit {
		slope := f.FairSlope(u)
		// No standard error is smaller than what rounding to steps leaves.
		se := math.Max(float64(at.SE*slope*width), width/math.Sqrt(float64(12*n[u])))
		res.Units = append(res.Units, Fair{Unit: t.data.UnitName[u], Score: t.points(f.FairAverage[u]), SE: float64(se * inflate),
			Raw: raw[u], Ratings: int(n[u]), Reviewers: len(t.unitRaters[u]), Extreme: at.Extreme})
	}
	rules := rater.DefaultHabitRules()
	mean, _ := t.means(t.data.Rater, len(f.Rater))
	units := t.unitsOf(len(f.Rater))
	for r, d := range rater.Diagnose(t.data, f, rules) {
		res.Reviewers = append(res.Reviewers, Reviewer{Name: t.data.RaterName[r], Ratings: d.Ratings, Units: units[r], Mean: mean[r],
			Severity: d.Severity, SE: d.SE, Shift: float64(d.FairShift * width), Infit: d.Fit.Infit, Outfit: d.Fit.Outfit,
			Habits: d.Habits, Enough: d.Ratings >= rules.MinRatings})
	}
}

// dependence compares the summed residual of every reviewer and committee with
// what independent ratings would leave:
//
//	D = Σ (Σ r)² / Σ v / (cells − units − raters + 1), at least 1,
//
// with the inner sums over the criteria of one cell. It is the variance
// inflation of a cluster sample with reviewer × committee as the cluster (Kish
// 1965, section 5.4), and catches halo as well as disagreement that severity
// does not explain.
func (t *table) dependence(f *rater.Facets) float64 {
	type cell struct{ resid, v, n float64 }
	cells := map[[2]int32]*cell{}
	var order [][2]int32
	units, raters := map[int32]bool{}, map[int32]bool{}
	for i := range t.data.Rating {
		resid, v, ok := f.Residual(t.data, i)
		if !ok {
			continue
		}
		k := [2]int32{t.data.Unit[i], t.data.Rater[i]}
		if cells[k] == nil {
			cells[k] = &cell{}
			order = append(order, k)
		}
		units[k[0]], raters[k[1]] = true, true
		cells[k].resid += resid
		cells[k].v += v
		cells[k].n++
	}
	df := float64(len(cells) - len(units) - len(raters) + 1)
	if df < 1 {
		return 1
	}
	slices.SortFunc(order, func(a, b [2]int32) int { return cmp.Or(cmp.Compare(a[0], b[0]), cmp.Compare(a[1], b[1])) })
	sum := 0.0
	for _, k := range order {
		if c := cells[k]; c.v > 0 {
			sum += float64(c.resid*c.resid) / c.v
		}
	}
	return math.Max(1, sum/df)
}

func (t *table) means(code []int32, levels int) (mean, n []float64) {
	mean, n = make([]float64, levels), make([]float64, levels)
	for i, c := range code {
		mean[c] += t.score[i]
		n[c]++
	}
	for c := range mean {
		if n[c] > 0 {
			mean[c] /= n[c]
		}
	}
	return mean, n
}

func (t *table) unitsOf(raters int) []int {
	out := make([]int, raters)
	for _, set := range t.unitRaters {
		for r := range set {
			out[r]++
		}
	}
	return out
}

// reliability is 1 − mean SE² / variance, not below 0: the separation
// reliability of the fair averages (Wright & Masters 1982, chapter 5).
func reliability(list []Fair) float64 {
	if len(list) < 2 {
		return 0
	}
	mean, noise := 0.0, 0.0
	for _, u := range list {
		mean += u.Score
		noise += float64(u.SE * u.SE)
	}
	n := float64(len(list))
	mean, noise = mean/n, noise/n
	v := 0.0
	for _, u := range list {
		v += float64((u.Score - mean) * (u.Score - mean))
	}
	if v /= n - 1; v <= 0 {
		return 0
	}
	return math.Max(0, 1-noise/v)
}

func round(r *Result) {
	to := func(xs ...*float64) {
		for _, x := range xs {
			*x = math.Round(*x*1e9) / 1e9
		}
	}
	to(&r.Reliability, &r.Dependence)
	for i := range r.Units {
		u := &r.Units[i]
		to(&u.Score, &u.SE, &u.Raw)
	}
	for i := range r.Reviewers {
		v := &r.Reviewers[i]
		to(&v.Mean, &v.Severity, &v.SE, &v.Shift, &v.Infit, &v.Outfit)
	}
}
