package robust

import (
	"slices"
)

// Medcouple is the robust skewness of Brys, Hubert & Struyf (2004), in
// [−1, 1]: the median over pairs around the median of
// ((x_j − m) − (m − x_i))/(x_j − x_i). It averages x and the reflected −x for
// up to 100 values, where the two differ. Time O(n² log n): for a committee's
// answers, not for a district's.
func Medcouple(x []float64) float64 {
	if len(x) < 3 || slices.Min(x) == slices.Max(x) {
		return 0
	}
	m := medcouple(x)
	if len(x) > 100 {
		return m
	}
	neg := make([]float64, len(x))
	for i, v := range x {
		neg[i] = -v
	}
	return (m - medcouple(neg)) / 2
}

func medcouple(x []float64) float64 {
	m := Sort(x, nil).Median()
	switch m { // nothing on one side of the median
	case slices.Max(x):
		return -1
	case slices.Min(x):
		return 1
	}
	var up, down []float64 // x−m of the values at or above, at or below
	for _, v := range x {
		if v >= m {
			up = append(up, v-m)
		}
		if v <= m {
			down = append(down, v-m)
		}
	}
	slices.SortFunc(up, func(a, b float64) int { return -cmpFloat(a, b) })
	slices.SortFunc(down, func(a, b float64) int { return -cmpFloat(a, b) })
	ties := 0
	for _, v := range down {
		if v == 0 {
			ties++
		}
	}
	h := make([]float64, 0, len(up)*len(down))
	for i, a := range up {
		for j, b := range down {
			if a == 0 && b == 0 {
				// Values equal to the median, numbered from both ends.
				p := i - (len(up) - ties)
				h = append(h, float64(sign(ties-1-p-j)))
				continue
			}
			h = append(h, (a+b)/(a-b))
		}
	}
	slices.SortFunc(h, func(a, b float64) int { return -cmpFloat(a, b) })
	return h[len(h)/2]
}

func cmpFloat(a, b float64) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

func sign(k int) int {
	switch {
	case k > 0:
		return 1
	case k < 0:
		return -1
	}
	return 0
}
