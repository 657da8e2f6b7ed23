package fair

import (
	"cmp"
	"slices"
)

// weightedMedian is the smallest value whose cumulated design weight reaches
// one half, averaged with the next value where it is hit exactly.
func weightedMedian(cells []cell, value func(*cell) float64) float64 {
	type vw struct{ v, w float64 }
	var buf [64]vw
	s := buf[:0]
	if len(cells) > len(buf) {
		s = make([]vw, 0, len(cells))
	}
	total := 0.0
	for i := range cells {
		w := float64(float64(cells[i].n) * cells[i].design)
		s = append(s, vw{value(&cells[i]), w})
	}
	slices.SortFunc(s, func(a, b vw) int {
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
