package rater

import (
	"fmt"
	"math"
)

// Panel holds ratings of units by raters on items, one entry per rating. The
// codes count from 0 into the names; Rating is a category from 0 to
// Categories-1.
type Panel struct {
	Unit, Rater, Item             []int32
	UnitName, RaterName, ItemName []string
	Rating                        []int
	Categories                    int
}

func (d *Panel) check() error {
	n := len(d.Rating)
	if len(d.Unit) != n || len(d.Rater) != n || len(d.Item) != n {
		panic(fmt.Sprintf("rater: %d ratings, %d units, %d raters, %d items", n, len(d.Unit), len(d.Rater), len(d.Item)))
	}
	if d.Categories < 2 {
		return fault("constant", "use a scale with two answers at least", "the scale has %d categories", d.Categories)
	}
	for i, x := range d.Rating {
		if x < 0 || x >= d.Categories {
			return fault("not_a_category", "categories count from 0 without gaps",
				"rating %d is %d, outside the categories 0 to %d", i+1, x, d.Categories-1)
		}
	}
	if n == 0 {
		return fault("too_few", "collect ratings first", "there are no ratings")
	}
	return nil
}

// Placed is a unit, rater or item on the common scale.
type Placed struct {
	// Count is the number of ratings, Total their sum.
	Count, Total int
	// Extreme: all ratings lie at the bottom or all at the top of the scale, so
	// that there is no maximum-likelihood value. It does not take part in the
	// estimation; its Value is the one of a total moved 0.3 points inwards, given
	// everything else, and says at least how far out it lies.
	Extreme bool
	// Defined is false where nothing can be said (no rating left).
	Defined   bool
	Value, SE float64
	Fit       Fit
}

// Facets is a many-facet rating-scale model (Linacre 1989, Many-Facet Rasch
// Measurement):
//
//	log P(k)/P(k-1) = unit - item - rater - threshold_k
//
// Identification: rater severities, item difficulties and thresholds sum to
// zero each; units are free. A higher severity means harsher.
type Facets struct {
	Unit, Rater, Item []Placed
	// Threshold of every step; one next to a category that is never used is not
	// Defined.
	Threshold []Threshold
	// FairAverage is the mean rating that every unit would get from a rater of
	// average severity on all items, on the scale of the ratings from 0.
	FairAverage []float64
	LogLik      float64
	Used        int // ratings that took part
	Iterations  int
	Slope       float64
	Converged   bool
	// Note is a sentence on what the reader must know, or empty.
	Note string

	cumulative []float64
	used       []bool
	categories int
}

// FitFacets fits by joint (unconditional) maximum likelihood over all
// parameters, without a correction of its bias: estimates are stretched by
// about L/(L-1), where L is the number of ratings per unit. For unbiased units
// use FitFacetsMML.
//
// Faults: ratings outside the scale, a design in which units, raters and items
// cannot be compared on one scale (the message lists the separate sets),
// estimates that do not exist.
//
// Source: Linacre (1989).
func FitFacets(d Panel) (*Facets, error) {
	if err := d.check(); err != nil {
		return nil, err
	}
	f := &Facets{Unit: make([]Placed, len(d.UnitName)), Rater: make([]Placed, len(d.RaterName)),
		Item: make([]Placed, len(d.ItemName)), categories: d.Categories}
	keep, err := f.dropExtremes(d)
	if err != nil {
		return nil, err
	}
	if err := connected(d, keep); err != nil {
		return nil, err
	}
	j := newJoint(f, d, keep)
	if err := j.maximise(); err != nil {
		return nil, err
	}
	j.store()
	f.placeExtremes(d)
	f.fitStatistics(d, keep)
	f.fairAverages()
	return f, nil
}

// dropExtremes marks the ratings that take part: no unit, rater or item with
// all ratings at one end, repeated until nothing changes.
func (f *Facets) dropExtremes(d Panel) ([]bool, error) {
	keep := make([]bool, len(d.Rating))
	for i := range keep {
		keep[i] = true
	}
	count(f.Unit, d.Unit, d.Rating)
	count(f.Rater, d.Rater, d.Rating)
	count(f.Item, d.Item, d.Rating)
	for changed := true; changed; {
		changed = false
		lo, hi := d.Categories, -1
		for i, x := range d.Rating {
			if keep[i] {
				lo, hi = min(lo, x), max(hi, x)
			}
		}
		if lo >= hi {
			return nil, fault("constant", "ratings that never differ cannot place anybody on a scale",
				"all ratings that could take part are equal, or every unit, rater or item has only lowest or only highest ratings")
		}
		for _, facet := range []struct {
			at   []Placed
			code []int32
		}{{f.Unit, d.Unit}, {f.Rater, d.Rater}, {f.Item, d.Item}} {
			low, high := make([]bool, len(facet.at)), make([]bool, len(facet.at))
			for i, x := range d.Rating {
				if keep[i] {
					low[facet.code[i]] = low[facet.code[i]] || x > lo
					high[facet.code[i]] = high[facet.code[i]] || x < hi
				}
			}
			for i, c := range facet.code {
				if keep[i] && !(low[c] && high[c]) {
					facet.at[c].Extreme, keep[i], changed = true, false, true
				}
			}
		}
	}
	return keep, nil
}

func count(at []Placed, code []int32, rating []int) {
	for i, c := range code {
		at[c].Count++
		at[c].Total += rating[i]
	}
}

// expect fills p with the probabilities of the categories of the partial credit
// model for a linear predictor, 0 for those that are never
// used, and returns the expected category. cumulative holds the sums of the
// thresholds below each category.
func expect(used []bool, cumulative []float64, eta float64, p []float64) (mean float64) {
	top := math.Inf(-1)
	for k, u := range used {
		if u {
			p[k] = float64(float64(k)*eta) - cumulative[k]
			top = math.Max(top, p[k])
		}
	}
	sum := 0.0
	for k, u := range used {
		if !u {
			p[k] = 0
			continue
		}
		p[k] = math.Exp(p[k] - top)
		sum += p[k]
	}
	for k := range p {
		p[k] /= sum
		mean += float64(float64(k) * p[k])
	}
	return mean
}

// probabilities of the categories for a linear predictor.
func (f *Facets) probabilities(eta float64, p []float64) (mean, variance float64) {
	mean = expect(f.used, f.cumulative, eta, p)
	for k := range p {
		e := float64(k) - mean
		variance += float64(p[k] * e * e)
	}
	return mean, variance
}

// fairAverages fills FairAverage.
func (f *Facets) fairAverages() {
	f.FairAverage = make([]float64, len(f.Unit))
	p := make([]float64, f.categories)
	for u, at := range f.Unit {
		n := 0.0
		for _, it := range f.Item {
			if at.Defined && it.Defined {
				e, _ := f.probabilities(at.Value-it.Value, p)
				f.FairAverage[u] += e
				n++
			}
		}
		if n > 0 {
			f.FairAverage[u] /= n
		}
	}
}

// FairSlope is how much the fair average of unit u changes with its value on
// the logit scale, in points of the ratings: the mean over the items of the
// variance of a rating. By the delta method the standard error of a fair average
// is that slope times the unit's.
//
// Source: Linacre (1989); the slope of an expected rating is its variance, Wright and Masters (1982), chapter 5.
func (f *Facets) FairSlope(u int) float64 {
	p := make([]float64, f.categories)
	s, n := 0.0, 0.0
	for _, it := range f.Item {
		if f.Unit[u].Defined && it.Defined {
			_, v := f.probabilities(f.Unit[u].Value-it.Value, p)
			s += v
			n++
		}
	}
	if n == 0 {
		return 0
	}
	return s / n
}

// Residual is how far rating i of the panel that was fitted lies from what the
// model expects, with the variance that it expects; ok is false where the
// rating did not take part.
//
// Source: Wright and Masters (1982), chapter 5.
func (f *Facets) Residual(d Panel, i int) (residual, variance float64, ok bool) {
	u, r, m := f.Unit[d.Unit[i]], f.Rater[d.Rater[i]], f.Item[d.Item[i]]
	if u.Extreme || r.Extreme || m.Extreme {
		return 0, 0, false
	}
	mean, v := f.probabilities(u.Value-r.Value-m.Value, make([]float64, f.categories))
	return float64(d.Rating[i]) - mean, v, true
}
