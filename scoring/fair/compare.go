package fair

import "math"

// rawMean returns the design-weighted mean of a unit and its linearised
// standard error, sqrt(sum w^2 (y-ybar)^2 n/(n-1)) / sum w. The second result
// falls back on the pooled standard deviation where one answer or none differs.
func rawMean(cells []cell, pooledVar float64) (mean, se float64) {
	w, y, n := 0.0, 0.0, 0.0
	for i := range cells {
		c := &cells[i]
		f := float64(float64(c.n) * c.design)
		w += f
		y += float64(f * c.adj)
		n += float64(c.n)
	}
	if w <= 0 {
		return 0, 0
	}
	mean = y / w
	ss, w2 := 0.0, 0.0
	for i := range cells {
		c := &cells[i]
		d := float64(c.design * (c.adj - mean))
		ss += float64(float64(c.n) * float64(d*d))
		w2 += float64(float64(c.n) * float64(c.design*c.design))
	}
	if n < 2 || ss == 0 {
		return mean, sqrt(float64(pooledVar*w2)) / w
	}
	return mean, sqrt(ss*n/(n-1)) / w
}

// huber returns the weighted Huber M-estimate of location and fills weights
// with the robustness weight of each cell, min(1, k s/|y-mu|). The scale is the
// weighted MAD x 1.4826; where that is zero (common on five-point answers) the
// weighted mean absolute deviation from the median x 1.2533; where that is zero
// too, all answers are equal.
func huber(cells []cell, k float64, weights []float64, buf *[]valueWeight) float64 {
	med := weightedMedian(cells, buf, func(c *cell) float64 { return c.adj })
	scale := 1.4826 * weightedMedian(cells, buf, func(c *cell) float64 { return math.Abs(c.adj - med) })
	if scale == 0 {
		scale = 1.2533 * meanAbsolute(cells, med)
	}
	mu := med
	for range 50 {
		num, den := 0.0, 0.0
		for i := range cells {
			c := &cells[i]
			r := math.Abs(c.adj - mu)
			weights[i] = 1
			if lim := float64(k * scale); r > lim {
				weights[i] = lim / r
			}
			f := float64(float64(float64(c.n)*c.design) * weights[i])
			den += f
			num += float64(f * c.adj)
		}
		if den <= 0 {
			return mu
		}
		next := num / den
		done := math.Abs(next-mu) <= 1e-9
		mu = next
		if done {
			break
		}
	}
	return mu
}

func meanAbsolute(cells []cell, centre float64) float64 {
	s, w := 0.0, 0.0
	for i := range cells {
		f := float64(float64(cells[i].n) * cells[i].design)
		w += f
		s += float64(f * math.Abs(cells[i].adj-centre))
	}
	if w <= 0 {
		return 0
	}
	return s / w
}
