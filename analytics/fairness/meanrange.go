package fairness

// Range is what somebody can know of a hidden count.
type Range struct {
	Found  bool // some counts fit at all
	Lo, Hi int
}

// CountRanges narrows hidden counts by grade (negative ones) for somebody who
// knows the shown ones, their number n and the sum of grades (grade 0, 1, 2 …
// times its count) to within half: every choice of whole, non-negative counts
// that fits is tried. Shown counts get their own value.
//
// The work grows with the number of what is hidden to the power of the hidden
// grades less two; five grades and a thousand answers take a moment.
func CountRanges(counts []int, n int, sum, half float64) []Range {
	left, hidden := n, []int(nil)
	for g, k := range counts {
		if k < 0 {
			hidden = append(hidden, g)
		} else {
			left -= k
			sum -= float64(g * k)
		}
	}
	out := make([]Range, len(counts))
	for g, k := range counts {
		if k >= 0 {
			out[g] = Range{true, k, k}
		}
	}
	at := make([]int, len(hidden))
	var walk func(i, left int, sum float64)
	walk = func(i, left int, sum float64) {
		if i == len(hidden)-1 {
			if d := sum - float64(hidden[i]*left); left < 0 || d > half || d < -half {
				return
			}
			at[i] = left
			for j, g := range hidden {
				r := &out[g]
				if !r.Found {
					*r = Range{true, at[j], at[j]}
				}
				r.Lo, r.Hi = min(r.Lo, at[j]), max(r.Hi, at[j])
			}
			return
		}
		// What remains must lie between all in the lowest and all in the highest
		// grade that is left.
		lowest, highest := float64(hidden[i+1]), float64(hidden[len(hidden)-1])
		for k := 0; k <= left; k++ {
			rest, s := float64(left-k), sum-float64(hidden[i]*k)
			if s+half < lowest*rest || s-half > highest*rest {
				continue
			}
			at[i] = k
			walk(i+1, left-k, s)
		}
	}
	if len(hidden) > 0 && left >= 0 {
		walk(0, left, sum)
	}
	return out
}
