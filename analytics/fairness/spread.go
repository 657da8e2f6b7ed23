package fairness

import "math"

// WidestSE is the largest standard error of a question's mean that fits what is
// shown of it: the counts by grade 0, 1, 2 … (negative where hidden), the number
// n of answers and the mean of the grades, taken for a simple random sample and
// without a finite population correction. It is computed from shown numbers
// only, so that it tells nobody anything about the hidden ones; a standard error
// computed from the answers is a third equation beside count and mean, by which
// hidden grades are solved.
//
// Of all ways to spread what is hidden, the widest lies in the lowest and the
// highest hidden grade, because the square is convex. A mean that no counts fit
// (a weighted one) is taken to the nearest that some do. The unit is that of the
// grades. Panics where n < 2.
func WidestSE(counts []int, n int, mean float64) float64 {
	if n < 2 {
		panic("fairness: a standard error of fewer than two answers")
	}
	left, sum, squares := n, mean*float64(n), 0.0
	low, high := -1, -1
	for g, k := range counts {
		if k < 0 {
			if high = g; low < 0 {
				low = g
			}
			continue
		}
		left -= k
		sum -= float64(g * k)
		squares += float64(g * g * k)
	}
	if left > 0 && low >= 0 {
		hidden := min(max(sum, float64(low*left)), float64(high*left))
		top := 0.0
		if high > low {
			top = (hidden - float64(low*left)) / float64(high-low)
		}
		squares += float64(low*low)*(float64(left)-top) + float64(high*high)*top
		sum = hidden
	}
	total := sum
	for g, k := range counts {
		total += float64(g * max(k, 0))
	}
	if left > 0 && low < 0 || left < 0 { // counts of something else
		total = mean * float64(n)
		top := float64(len(counts) - 1)
		squares = total * top
	}
	m := total / float64(n)
	return math.Sqrt(max(0, squares-float64(n)*m*m) / float64(n-1) / float64(n))
}
