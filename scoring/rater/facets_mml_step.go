package rater

import "math"

// constrain maps the free parameters (items, raters but the last, thresholds
// but the last) to items, raters and cumulative thresholds of all categories.
func (e *marginal) constrain() [][]float64 {
	items, raters, steps := len(e.f.Item), len(e.f.Rater), e.d.Categories-1
	t := zeros(items+raters+steps+1, items+raters-1+steps-1)
	for i := range items {
		t[i][i] = 1
	}
	for i := range raters - 1 {
		t[items+i][items+i] = 1
		t[items+raters-1][items+i] = -1
	}
	for k := 1; k < steps; k++ { // thresholds sum to zero: the last cumulative one is 0
		for s := range min(k, steps-1) {
			t[items+raters+k][items+raters-1+s] = 1
		}
	}
	return t
}

// derive returns the slope and the information of the complete-data likelihood
// for the free parameters.
func (e *marginal) derive() (g []float64, h [][]float64) {
	items, base := len(e.f.Item), len(e.f.Item)+len(e.f.Rater)
	n := base + e.d.Categories
	slope, info := make([]float64, n), zeros(n, n)
	for q, count := range e.expected {
		r, m := items+q/items, q%items
		for k, x := range e.observed[q] {
			slope[m] -= float64(x * float64(k))
			slope[r] -= float64(x * float64(k))
			slope[base+k] -= x
		}
		for t, w := range count {
			if w != 0 {
				e.addNode(w, e.prob[q][t], m, r, base, slope, info)
			}
		}
	}
	return apply(e.free, slope), sandwich(info, e.free)
}

// addNode adds what w expected ratings at one node contribute.
func (e *marginal) addNode(w float64, p []float64, m, r, base int, slope []float64, info [][]float64) {
	mean, v := 0.0, 0.0
	for k, x := range p {
		mean += float64(float64(k) * x)
	}
	for k, x := range p {
		d := float64(k) - mean
		v += float64(x * d * d)
		c := float64(w * x * d)
		slope[base+k] += float64(w * x)
		info[m][base+k] += c
		info[base+k][m] += c
		info[r][base+k] += c
		info[base+k][r] += c
		info[base+k][base+k] += float64(w * x)
		for l, y := range p {
			info[base+k][base+l] -= float64(w * x * y)
		}
	}
	slope[m] += float64(w * mean)
	slope[r] += float64(w * mean)
	v = float64(w * v)
	info[m][m] += v
	info[r][r] += v
	info[m][r] += v
	info[r][m] += v
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
