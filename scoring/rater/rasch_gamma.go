package rater

import "math"

// weights returns, for the items of a pattern, exp(-b + k shift) per category
// (0 where a category is not in use). A common factor per category step cancels
// in every ratio and keeps the numbers in range.
func (c *conditional) weights(items []int, b []float64) (w [][]float64, shift float64) {
	n := 0.0
	for _, j := range items {
		_, hi := bounds(c.used[j])
		shift += b[c.index[j][hi]]
		n += float64(hi - c.first[j])
	}
	shift /= n
	for _, j := range items {
		e := make([]float64, len(c.index[j]))
		for k, r := range c.index[j] {
			if r >= 0 {
				e[k] = math.Exp(float64(float64(k)*shift) - b[r])
			}
		}
		w = append(w, e)
	}
	return w, shift
}

// convolve multiplies two polynomials.
func convolve(a, b []float64) []float64 {
	out := make([]float64, len(a)+len(b)-1)
	for i, x := range a {
		if x == 0 {
			continue
		}
		for j, y := range b {
			out[i+j] += float64(x * y)
		}
	}
	return out
}

// coefficient is entry s of the product of two polynomials.
func coefficient(a, b []float64, s int) float64 {
	sum := 0.0
	for i := max(0, s-len(b)+1); i < len(a) && i <= s; i++ {
		sum += float64(a[i] * b[s-i])
	}
	return sum
}

// ends returns the products of the first i and of the last polynomials from i.
func ends(w [][]float64) (before, after [][]float64) {
	n := len(w)
	before, after = make([][]float64, n+1), make([][]float64, n+1)
	before[0], after[n] = []float64{1}, []float64{1}
	for i := range n {
		before[i+1] = convolve(before[i], w[i])
		after[n-1-i] = convolve(w[n-1-i], after[n-i])
	}
	return before, after
}

// logLik is the conditional log-likelihood
// -sum b x count - sum over patterns and scores of n log gamma.
func (c *conditional) logLik(b []float64) float64 {
	v := 0.0
	for r, n := range c.count {
		v -= float64(n * b[r])
	}
	for _, p := range c.patterns {
		w, shift := c.weights(p.items, b)
		g := []float64{1}
		for _, e := range w {
			g = convolve(g, e)
		}
		for _, s := range p.order {
			v -= float64(p.scores[s] * (math.Log(g[s]) - float64(float64(s)*shift)))
		}
	}
	return v
}

// derivatives are the slope of the log-likelihood and minus its curvature.
func (c *conditional) derivatives(b []float64) (slope []float64, info [][]float64) {
	slope, info = make([]float64, len(b)), make([][]float64, len(b))
	for r := range info {
		info[r] = make([]float64, len(b))
		slope[r] = -c.count[r]
	}
	for _, p := range c.patterns {
		w, _ := c.weights(p.items, b)
		before, after := ends(w)
		single := c.singles(p, w, before, after, slope, info)
		c.pairs(p, w, before, after, single, info)
	}
	for r := range info {
		for q := range r {
			v := info[r][q] + info[q][r]
			info[r][q], info[q][r] = v, v
		}
	}
	return slope, info
}

// given are the probabilities of the categories of item q given raw score s.
func given(w, before, after [][]float64, q, s int) []float64 {
	p := make([]float64, len(w[q]))
	for k, v := range w[q] {
		if v > 0 && s >= k {
			p[k] = v * coefficient(before[q], after[q+1], s-k) / after[0][s]
		}
	}
	return p
}

// singles adds what single items contribute and returns the probability of
// every category by score: single[score][item][category]. The upper triangle
// only is filled.
func (c *conditional) singles(p pattern, w, before, after [][]float64, slope []float64, info [][]float64) [][][]float64 {
	single := make([][][]float64, len(p.order))
	for i, s := range p.order {
		n := p.scores[s]
		single[i] = make([][]float64, len(w))
		for q := range w {
			pr, at := given(w, before, after, q, s), c.index[p.items[q]]
			for k, r := range at {
				if r < 0 {
					continue
				}
				slope[r] += float64(n * pr[k])
				info[r][r] += float64(n * pr[k] * (1 - pr[k]))
				for l := k + 1; l < len(at); l++ {
					if at[l] >= 0 {
						info[r][at[l]] -= float64(n * pr[k] * pr[l])
					}
				}
			}
			single[i][q] = pr
		}
	}
	return single
}

// pairs adds the covariances of the answers to two items.
func (c *conditional) pairs(p pattern, w, before, after [][]float64, single [][][]float64, info [][]float64) {
	total := after[0]
	for a := range w {
		rest := before[a]
		for z := a + 1; z < len(w); z++ {
			both := make([]float64, len(rest)+len(after[z+1])-1)
			known := make([]bool, len(both))
			for i, s := range p.order {
				n := p.scores[s]
				for k, r := range c.index[p.items[a]] {
					if r < 0 {
						continue
					}
					for l, q := range c.index[p.items[z]] {
						if q < 0 {
							continue
						}
						joint, t := 0.0, s-k-l
						if t >= 0 && t < len(both) {
							if !known[t] {
								both[t], known[t] = coefficient(rest, after[z+1], t), true
							}
							joint = w[a][k] * w[z][l] * both[t] / total[s]
						}
						info[r][q] += float64(n * (joint - float64(single[i][a][k]*single[i][z][l])))
					}
				}
			}
			rest = convolve(rest, w[z])
		}
	}
}
