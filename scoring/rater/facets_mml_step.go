package rater

import "math"

// design maps the free parameters (items, raters but the last, thresholds but
// the last) to the cumulative difficulty of category k for rater r and item m.
func (e *marginal) design(r, m, k int, to []float64) {
	items, raters, steps := len(e.f.Item), len(e.f.Rater), e.d.Categories-1
	for i := range to {
		to[i] = 0
	}
	to[m] = float64(k)
	if r < raters-1 {
		to[items+r] = float64(k)
	} else {
		for i := range raters - 1 {
			to[items+i] = -float64(k)
		}
	}
	base := items + raters - 1
	for s := range steps - 1 {
		if s < k {
			to[base+s] = 1
		}
		if k == steps {
			to[base+s] = 0 // thresholds sum to zero
		}
	}
}

// derive returns the slope and the information of the complete-data likelihood.
func (e *marginal) derive() (g []float64, h [][]float64) {
	n := len(e.f.Item) + len(e.f.Rater) - 1 + e.d.Categories - 2
	g, h = make([]float64, n), zeros(n, n)
	rows := zeros(e.d.Categories, n)
	mean := make([]float64, n)
	for q, count := range e.expected {
		r, m := q/len(e.f.Item), q%len(e.f.Item)
		for k := range rows {
			e.design(r, m, k, rows[k])
			for i, v := range rows[k] {
				g[i] -= float64(e.observed[q][k] * v)
			}
		}
		for t, w := range count {
			if w == 0 {
				continue
			}
			for i := range mean {
				mean[i] = 0
			}
			for k, p := range e.prob[q][t] {
				for i, v := range rows[k] {
					mean[i] += float64(p * v)
				}
			}
			for i, v := range mean {
				g[i] += float64(w * v)
			}
			for k, p := range e.prob[q][t] {
				for i, v := range rows[k] {
					if d := float64(w * p * (v - mean[i])); d != 0 {
						for j := range i + 1 {
							h[i][j] += float64(d * (rows[k][j] - mean[j]))
						}
					}
				}
			}
		}
	}
	for i := range h {
		for j := range i {
			h[j][i] = h[i][j]
		}
	}
	return g, h
}

// maximise is one Newton step for the difficulties and the closed form for the
// variance; it returns the largest change.
func (e *marginal) maximise() (change float64, ok bool) {
	g, h := e.derive()
	l, ok := factorise(h)
	if !ok {
		return 0, false
	}
	step := l.solve(g)
	if m := largest(step); m > 1 {
		for i := range step {
			step[i] /= m
		}
	}
	change = largest(step)
	e.move(step)
	v, n := 0.0, 0.0
	for u, row := range e.posterior {
		if !e.unitHasAny[u] {
			continue
		}
		n++
		for t, w := range row {
			v += float64(w * e.node[t] * e.node[t])
		}
	}
	v = math.Max(v/n, 1e-6)
	change = math.Max(change, math.Abs(v-e.f.Variance))
	e.f.Variance = v
	if w := e.node[len(e.node)-1]; 6*math.Sqrt(v) > 1.05*w {
		e.grid()
	}
	return change, largest(e.f.Item) < maxDifficulty && largest(e.f.Rater) < maxDifficulty
}

func (e *marginal) move(step []float64) {
	f, at := e.f, 0
	sumToZero := func(x []float64) {
		last := len(x) - 1
		for i := range last {
			x[i] += step[at]
			x[last] -= step[at]
			at++
		}
	}
	for i := range f.Item {
		f.Item[i] += step[at]
		at++
	}
	sumToZero(f.Rater)
	sumToZero(f.Threshold)
}

// finish fills errors, deviance and units at the solution.
func (e *marginal) finish() {
	f := e.f
	e.expect()
	f.Deviance = -2 * e.logLik
	_, h := e.derive()
	at := 0
	free := func(n int) []float64 {
		out := make([]float64, n)
		for i := range out {
			out[i] = 1 / math.Sqrt(h[at][at])
			at++
		}
		return out
	}
	closed := func(n int) []float64 {
		out, v := free(n-1), 0.0
		for _, s := range out {
			v += float64(s * s)
		}
		return append(out, math.Sqrt(v))
	}
	f.ItemSE, f.RaterSE, f.ThresholdSE = free(len(f.Item)), closed(len(f.Rater)), closed(len(f.Threshold))
	mean, square, inner, n := 0.0, 0.0, 0.0, 0.0
	for u, row := range e.posterior {
		a, b := 0.0, 0.0
		for t, w := range row {
			a += float64(w * e.node[t])
			b += float64(w * e.node[t] * e.node[t])
		}
		v := math.Max(0, b-float64(a*a))
		f.EAP, f.EAPSD = append(f.EAP, a), append(f.EAPSD, math.Sqrt(v))
		if e.unitHasAny[u] {
			n++
			mean += a
			square += float64(a * a)
			inner += v
		}
	}
	outer := math.Max(0, square/n-float64(mean/n*(mean/n)))
	if outer+inner > 0 {
		f.Reliability = outer / (outer + inner/n)
	}
}
