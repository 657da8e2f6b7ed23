package robust

import (
	"cmp"
	"math"
	"slices"
)

// halfSlack is how near a cumulated share may be to the wanted one to count as
// equal: sums of weights such as 23.8 do not hit one half to the last bit.
const halfSlack = 1e-9

// Sample is a sample sorted by value, rows of weight zero left out, ready for
// quantiles. Row holds the original rows.
type Sample struct {
	X, W  []float64
	Row   []int32
	Total float64
}

// Sort orders a sample by value, ties by row. w may be nil.
func Sort(x, w []float64) Sample {
	var s Sample
	s.Row = make([]int32, 0, len(x))
	for i := range x {
		if w == nil || w[i] > 0 {
			s.Row = append(s.Row, int32(i))
		}
	}
	slices.SortFunc(s.Row, func(a, b int32) int {
		return cmp.Or(cmp.Compare(x[a], x[b]), cmp.Compare(a, b))
	})
	s.X, s.W = make([]float64, len(s.Row)), make([]float64, len(s.Row))
	for k, r := range s.Row {
		s.X[k], s.W[k] = x[r], 1
		if w != nil {
			s.W[k] = w[r]
		}
		s.Total += s.W[k]
	}
	return s
}

// Quantile is the weighted p-quantile: the first value at which the cumulated
// weight passes p of the total, and the midpoint to the next value where it
// hits p exactly (type 2 of Hyndman & Fan 1996). Of an empty sample it is 0.
func (s Sample) Quantile(p float64) float64 {
	lo, hi := s.around(p)
	if lo < 0 {
		return 0
	}
	if lo == hi {
		return s.X[lo]
	}
	return 0.5*s.X[lo] + 0.5*s.X[hi]
}

// LowerQuantile is the smallest value with a cumulated share of at least p
// (type 1).
//
// Source: Hyndman and Fan (1996).
func (s Sample) LowerQuantile(p float64) float64 {
	lo, _ := s.around(p)
	if lo < 0 {
		return 0
	}
	return s.X[lo]
}

// Median is Quantile(0.5).
//
// Source: type 2 of Hyndman and Fan (1996).
func (s Sample) Median() float64 { return s.Quantile(0.5) }

// around returns the position that reaches p, and the next one when p is hit
// exactly.
func (s Sample) around(p float64) (lo, hi int) {
	if len(s.X) == 0 {
		return -1, -1
	}
	goal, slack := float64(p*s.Total), float64(halfSlack*s.Total)
	cum := 0.0
	for k, w := range s.W {
		cum += w
		if cum > goal+slack {
			return k, k
		}
		if cum >= goal-slack {
			return k, min(k+1, len(s.X)-1)
		}
	}
	return len(s.X) - 1, len(s.X) - 1
}

// HighMedian is the largest value such that at most half of the weight lies
// above it: the upper of two middle values.
//
// Source: Rousseeuw and Croux (1993), with weights.
func (s Sample) HighMedian() float64 {
	_, hi := s.around(0.5)
	if hi < 0 {
		return 0
	}
	return s.X[hi]
}

// deviationsInto makes d the sample of |x − center|, by merging the two sorted
// sides; d's slices are reused and its rows left out.
func (s Sample) deviationsInto(center float64, d *Sample) {
	n := len(s.X)
	d.X, d.W, d.Total = d.X[:0], d.W[:0], s.Total
	right, _ := slices.BinarySearch(s.X, center)
	for left := right - 1; left >= 0 || right < n; {
		k := right
		if right >= n || left >= 0 && center-s.X[left] <= s.X[right]-center {
			k, left = left, left-1
		} else {
			right++
		}
		d.X, d.W = append(d.X, math.Abs(s.X[k]-center)), append(d.W, s.W[k])
	}
}

// weightedMean is Σwx/Σw; 0 when nothing carries weight.
func weightedMean(x, w []float64) float64 {
	s, t := 0.0, 0.0
	for i, v := range x {
		s += float64(w[i] * v)
		t += w[i]
	}
	if t == 0 {
		return 0
	}
	return s / t
}
