package rater

import (
	"slices"
)

// Metric is the distance of two ratings.
type Metric int

// The metrics of Krippendorff (2011).
const (
	Nominal  Metric = iota // 0 or 1
	Ordinal                // squared number of ratings between them
	Interval               // squared difference
	Ratio                  // squared difference over sum
)

// Alpha is Krippendorff's alpha, 1 - Observed/Expected disagreement.
type Alpha struct {
	Value, Observed, Expected float64
	// Pairable is the number of ratings in subjects with two ratings or more.
	Pairable float64
	// Category holds the values in order, Coincidence how often they pair.
	Category    []float64
	Coincidence [][]float64
}

// Krippendorff computes alpha from subjects by raters with any pattern of
// missing ratings (Krippendorff 2011, Computing Krippendorff's
// alpha-reliability).
//
// Faults: no subject with two ratings, all pairable ratings equal, ratio
// metric with values that are not positive.
func Krippendorff(m Matrix, metric Metric) (*Alpha, error) {
	if _, _, err := m.check(); err != nil {
		return nil, err
	}
	var units [][]float64
	var all Matrix
	for i, row := range m.Value {
		var u []float64
		for j, v := range row {
			if !m.missing(i, j) {
				u = append(u, v)
			}
		}
		if len(u) > 1 {
			units = append(units, u)
			all.Value = append(all.Value, u)
		}
	}
	if len(units) == 0 {
		return nil, fault("one_rater", "let at least two raters rate the same subjects", "no subject has two ratings")
	}
	a := &Alpha{Category: levels(all)}
	if len(a.Category) < 2 {
		return nil, fault("constant", "alpha is undefined when all ratings are equal", "all ratings that can be paired are equal")
	}
	if metric == Ratio && a.Category[0] < 0 {
		return nil, fault("negative_amount", "use the interval metric", "the ratio metric needs ratings of at least zero")
	}
	a.pair(units)
	margin := make([]float64, len(a.Category))
	for c, row := range a.Coincidence {
		for _, v := range row {
			margin[c] += v
		}
		a.Pairable += margin[c]
	}
	for c := range a.Category {
		for k := range a.Category {
			d := a.distance(metric, margin, c, k)
			a.Observed += a.Coincidence[c][k] * d / a.Pairable
			a.Expected += margin[c] * margin[k] * d / (a.Pairable * (a.Pairable - 1))
		}
	}
	a.Value = 1 - a.Observed/a.Expected
	return a, nil
}

func (a *Alpha) pair(units [][]float64) {
	a.Coincidence = make([][]float64, len(a.Category))
	for c := range a.Coincidence {
		a.Coincidence[c] = make([]float64, len(a.Category))
	}
	for _, u := range units {
		for i, v := range u {
			for j, w := range u {
				if i != j {
					a.Coincidence[at(a.Category, v)][at(a.Category, w)] += 1 / float64(len(u)-1)
				}
			}
		}
	}
}

func (a *Alpha) distance(metric Metric, margin []float64, c, k int) float64 {
	if c == k {
		return 0
	}
	x, y := a.Category[c], a.Category[k]
	switch metric {
	case Nominal:
		return 1
	case Interval:
		return (x - y) * (x - y)
	case Ratio:
		return (x - y) / (x + y) * ((x - y) / (x + y))
	}
	s := -(margin[c] + margin[k]) / 2
	for g := min(c, k); g <= max(c, k); g++ {
		s += margin[g]
	}
	return s * s
}

// levels lists the values of m in order.
func levels(m Matrix) []float64 {
	var out []float64
	for i, row := range m.Value {
		for j, v := range row {
			if !m.missing(i, j) {
				out = append(out, v)
			}
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

func at(levels []float64, v float64) int {
	k, _ := slices.BinarySearch(levels, v)
	return k
}
