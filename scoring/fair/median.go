package fair

import (
	"cmp"
	"slices"
)

// valueWeight is a value with its weight.
type valueWeight struct{ v, w float64 }

// weightedMedian is the smallest value whose cumulated design weight reaches
// one half, averaged with the next value where it is hit exactly. buf is its
// memory.
func weightedMedian(cells []cell, buf *[]valueWeight, value func(*cell) float64) float64 {
	s := slices.Grow((*buf)[:0], len(cells))
	defer func() { *buf = s }()
	total := 0.0
	for i := range cells {
		w := float64(float64(cells[i].n) * cells[i].design)
		s = append(s, valueWeight{value(&cells[i]), w})
	}
	slices.SortFunc(s, func(a, b valueWeight) int {
		if a.v != b.v {
			return cmp.Compare(a.v, b.v)
		}
		return cmp.Compare(a.w, b.w)
	})
	for _, x := range s {
		total += x.w
	}
	half, cum := total/2, 0.0
	for i, x := range s {
		cum += x.w
		if cum > half*(1+1e-12) {
			return x.v
		}
		if cum >= half*(1-1e-12) {
			if i+1 < len(s) {
				return 0.5 * (x.v + s[i+1].v)
			}
			return x.v
		}
	}
	return 0
}
