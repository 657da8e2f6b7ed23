package rater

import (
	"math"

	"gonum.org/v1/gonum/mathext"
)

// Habit is a way of rating that a reviewer shows beyond chance.
type Habit string

// The habits. Sentences for them are in the catalogues under "rater.habit.".
const (
	Severe  Habit = "severe"  // lower ratings than others give the same units
	Lenient Habit = "lenient" // higher ratings
	Central Habit = "central" // all in the middle: less spread than the units call for
	Ends    Habit = "ends"    // more spread than the units call for
	Halo    Habit = "halo"    // the items of a unit get the same rating
	Erratic Habit = "erratic" // ratings that nobody else's explain
	Flat    Habit = "flat"    // only lowest or only highest ratings; cannot be placed
)

// Reviewer is what the panel says about one rater.
type Reviewer struct {
	Rater        int
	Ratings      int
	Severity, SE float64
	// FairShift is how much the rater's mean rating differs from what an average
	// rater would give the same units on the same items, in points of the scale
	// (negative: gives less).
	FairShift float64
	Fit       Fit
	// Spread compares the squared distances from the rater's own mean with what
	// the model expects, Within those between the items of a unit. 1 = as
	// expected; Z is the standardised difference.
	Spread, SpreadZ float64
	Within, WithinZ float64
	Habits          []Habit
}

// HabitRules are the limits of Diagnose. Every habit must be beyond chance
// (at Level over all raters together, Bonferroni) and large enough to matter.
type HabitRules struct {
	Level      float64 // chance of naming any rater wrongly, per habit
	Severity   float64 // logits
	Low, High  float64 // ratio of spreads, and infit, outside of which they matter
	MinRatings int     // below, nothing is said
}

// DefaultHabitRules: 5% over all raters, half a logit, spreads below 0.6 or
// above 1.5, twelve ratings.
func DefaultHabitRules() HabitRules {
	return HabitRules{Level: 0.05, Severity: 0.5, Low: 0.6, High: 1.5, MinRatings: 12}
}

// Diagnose describes every rater of a fitted panel.
func Diagnose(d Panel, f *Facets, rules HabitRules) []Reviewer {
	out := make([]Reviewer, len(f.Rater))
	z := mathext.NormalQuantile(1 - rules.Level/(2*math.Max(1, float64(len(out)))))
	acc := spreads(d, f)
	for r := range out {
		at, s := f.Rater[r], acc[r]
		v := Reviewer{Rater: r, Ratings: at.Count, Severity: at.Value, SE: at.SE, Fit: at.Fit, Spread: 1, Within: 1}
		if s.n > 0 {
			v.FairShift = s.shift / s.n
		}
		if s.spreadWant > 0 {
			v.Spread = s.spread / s.spreadWant
			v.SpreadZ = (s.spread - s.spreadWant) / math.Sqrt(math.Max(s.spreadVar, 1e-12))
		}
		if s.withinWant > 0 {
			v.Within = s.within / s.withinWant
			v.WithinZ = (s.within - s.withinWant) / math.Sqrt(math.Max(s.withinVar, 1e-12))
		}
		v.Habits = rules.habits(at, v, z)
		out[r] = v
	}
	return out
}

func (h HabitRules) habits(at Placed, v Reviewer, z float64) (out []Habit) {
	if at.Count < h.MinRatings {
		return nil
	}
	if at.Extreme {
		return []Habit{Flat}
	}
	beyond := math.Abs(v.Severity) > h.Severity && math.Abs(v.Severity) > z*v.SE
	for _, c := range []struct {
		yes bool
		is  Habit
	}{
		{beyond && v.Severity > 0, Severe},
		{beyond && v.Severity < 0, Lenient},
		{v.Spread < h.Low && v.SpreadZ < -z, Central},
		{v.Spread > h.High && v.SpreadZ > z, Ends},
		{v.Within < h.Low && v.WithinZ < -z, Halo},
		{v.Fit.Infit > h.High && v.Fit.InfitT > z, Erratic},
	} {
		if c.yes {
			out = append(out, c.is)
		}
	}
	return out
}

// spreadSum gathers what Diagnose needs of one rater.
type spreadSum struct {
	n, shift                      float64
	spread, spreadWant, spreadVar float64
	within, withinWant, withinVar float64
}

func spreads(d Panel, f *Facets) []spreadSum {
	acc := make([]spreadSum, len(f.Rater))
	mean, resid, variance := make([]float64, len(d.Rating)), make([]float64, len(d.Rating)), make([]float64, len(d.Rating))
	use := make([]bool, len(d.Rating))
	p := make([]float64, f.categories)
	centre := make([]float64, len(f.Rater))
	for i, x := range d.Rating {
		u, r, m := f.Unit[d.Unit[i]], f.Rater[d.Rater[i]], f.Item[d.Item[i]]
		if use[i] = !(u.Extreme || r.Extreme || m.Extreme); !use[i] {
			continue
		}
		fair, _ := f.probabilities(u.Value-m.Value, p)
		mean[i], variance[i] = f.probabilities(u.Value-r.Value-m.Value, p)
		resid[i] = float64(x) - mean[i]
		s := &acc[d.Rater[i]]
		s.n++
		s.shift += mean[i] - fair
		centre[d.Rater[i]] += mean[i]
	}
	for i, x := range d.Rating {
		if !use[i] {
			continue
		}
		s := &acc[d.Rater[i]]
		c := centre[d.Rater[i]] / s.n
		f.probabilities(f.Unit[d.Unit[i]].Value-f.Rater[d.Rater[i]].Value-f.Item[d.Item[i]].Value, p)
		want, square := 0.0, 0.0
		for k, q := range p {
			e := float64((float64(k) - c) * (float64(k) - c))
			want += float64(q * e)
			square += float64(q * e * e)
		}
		s.spread += float64((float64(x) - c) * (float64(x) - c))
		s.spreadWant += want
		s.spreadVar += square - float64(want*want)
	}
	withinUnits(d, use, resid, variance, acc)
	return acc
}

// withinUnits compares the residuals of one rater and unit over items.
func withinUnits(d Panel, use []bool, resid, variance []float64, acc []spreadSum) {
	nr := len(acc)
	type cell struct{ n, sum, square, v float64 }
	cells := make([]cell, nr*len(d.UnitName))
	for i := range d.Rating {
		if use[i] {
			c := &cells[int(d.Unit[i])*nr+int(d.Rater[i])]
			c.n++
			c.sum += resid[i]
			c.square += float64(resid[i] * resid[i])
			c.v += variance[i]
		}
	}
	for at, c := range cells {
		if c.n < 2 {
			continue
		}
		s := &acc[at%nr]
		want := float64(c.v * (1 - 1/c.n))
		s.within += c.square - float64(c.sum*c.sum/c.n)
		s.withinWant += want
		s.withinVar += float64(2*want*want) / (c.n - 1) // as for normal residuals
	}
}
