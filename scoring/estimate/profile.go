package estimate

import (
	"math"
	"sort"
)

// profileSteps is the largest number of steps of the profile on either side.
const profileSteps = 9

// profile is the likelihood interval read off an interpolated profile, the way
// R's svyciprop does it: the signed root of the scaled deviance is computed at
// steps of a fifth of the wanted distance (in standard errors), joined by a
// cubic spline, and inverted linearly between three spline points per step.
// With few clusters the steps are coarse: the limits can be off by 0.0005 from
// those that likelihood solves for.
func (s Share) profile(level, df float64) (Interval, error) {
	lo, hi := s.Profile(level, df)
	if lo == nil || hi == nil {
		return Interval{}, fault("profile", "the likelihood is too flat for this interval").
			At("share", show(s.Value), "", "use the beta interval")
	}
	return Interval{*lo, *hi}, nil
}

// Profile is the profile interval side by side: a limit is nil where the few
// steps of the profile do not reach it, and both are nil where all answers
// agree or a single one is left.
func (s Share) Profile(level, df float64) (lower, upper *float64) {
	p := s.Value
	if p <= 0 || p >= 1 || s.SE == 0 || !(df > 0) {
		return nil, nil
	}
	se := s.SE / (p * (1 - p)) // of the logit
	cutoff := critical(level, df) * math.Sqrt(se*se*s.scaledN*(p*(1-p)))
	alpha := normalTail(cutoff) / 2
	if math.IsNaN(s.dispersion) || s.answers < 2 || !(alpha > 0) {
		return nil, nil // the design effect leaves no value
	}
	// From the tail: 1-alpha would lose the digits of a small alpha.
	furthest := -TQuantile(alpha/2, float64(s.answers-1))
	centre := math.Log(p / (1 - p))
	x, z := []float64{centre}, []float64{0}
	for _, sign := range []float64{-1, 1} {
		for step, reached := 1, 0.0; step <= profileSteps && reached < furthest; step++ {
			at := centre + float64(sign*float64(step)*(furthest/5)*se)
			reached = math.Sqrt(math.Max(0, s.deviance(at)/s.dispersion))
			x, z = append(x, at), append(z, sign*reached)
		}
	}
	sort.Float64s(x)
	sort.Float64s(z)
	grid, value := splineGrid(x, z, 3*len(x))
	if at, ok := invert(grid, value, -cutoff); ok {
		at = expit(at)
		lower = &at
	}
	if at, ok := invert(grid, value, cutoff); ok {
		at = expit(at)
		upper = &at
	}
	return lower, upper
}

// profileReach is the logit beyond which R's link stands still: fitted shares
// are kept a machine epsilon away from 0 and 1, so that a profile that runs
// further has a flat end and may never reach the cutoff.
const profileReach = 30

// deviance is the excess binomial deviance of a logit over the estimate, with
// the fitted share held where R's link holds it.
func (s Share) deviance(logit float64) float64 {
	p := s.Value
	mu := 0x1p-52
	switch {
	case logit > profileReach:
		mu = 1 - 0x1p-52
	case logit >= -profileReach:
		e := math.Exp(logit)
		mu = e / (1 + e)
	}
	return 2 * s.scaledN * (float64(p*(math.Log(p)-math.Log(mu))) + float64((1-p)*(math.Log1p(-p)-math.Log(1-mu))))
}

// invert finds x with value y by linear interpolation in the order of y, which
// a spline through a flat profile does not keep by itself.
func invert(x, y []float64, at float64) (float64, bool) {
	n := len(y)
	if !sort.Float64sAreSorted(y) {
		order := make([]int, n)
		for i := range order {
			order[i] = i
		}
		sort.SliceStable(order, func(a, b int) bool { return y[order[a]] < y[order[b]] })
		byX, byY := x, y
		x, y = make([]float64, n), make([]float64, n)
		for k, i := range order {
			x[k], y[k] = byX[i], byY[i]
		}
	}
	if at < y[0] || at > y[n-1] {
		return 0, false
	}
	k := sort.Search(n, func(i int) bool { return y[i] >= at })
	if k == 0 {
		return x[0], true
	}
	return x[k-1] + float64((x[k]-x[k-1])*((at-y[k-1])/(y[k]-y[k-1]))), true
}

// splineGrid evaluates the cubic spline through (x, y) at m even points. End
// conditions match the third derivative of the cubic through the four outer
// points (Forsythe, Malcolm & Moler 1977, section 4.4). It needs 3 points.
func splineGrid(x, y []float64, m int) (grid, value []float64) {
	n := len(x)
	h, slope := make([]float64, n-1), make([]float64, n-1)
	for i := range h {
		h[i] = x[i+1] - x[i]
		slope[i] = (y[i+1] - y[i]) / h[i]
	}
	diag, sigma := make([]float64, n), make([]float64, n)
	for i := 1; i < n-1; i++ {
		diag[i] = 2 * (h[i-1] + h[i])
		sigma[i] = slope[i] - slope[i-1]
	}
	diag[0], diag[n-1] = -h[0], -h[n-2]
	if n > 3 {
		first := sigma[2]/(x[3]-x[1]) - sigma[1]/(x[2]-x[0])
		last := sigma[n-2]/(x[n-1]-x[n-3]) - sigma[n-3]/(x[n-2]-x[n-4])
		sigma[0] = first * (h[0] * h[0]) / (x[3] - x[0])
		sigma[n-1] = -last * (h[n-2] * h[n-2]) / (x[n-1] - x[n-4])
	}
	for i := 1; i < n; i++ {
		t := h[i-1] / diag[i-1]
		diag[i] -= float64(t * h[i-1])
		sigma[i] -= float64(t * sigma[i-1])
	}
	sigma[n-1] /= diag[n-1]
	for i := n - 2; i >= 0; i-- {
		sigma[i] = (sigma[i] - float64(h[i]*sigma[i+1])) / diag[i]
	}
	grid, value = make([]float64, m), make([]float64, m)
	for k := range grid {
		g := x[0] + float64((x[n-1]-x[0])*float64(k))/float64(m-1)
		i := min(max(sort.SearchFloat64s(x, g)-1, 0), n-2)
		b := slope[i] - float64(h[i]*(sigma[i+1]+2*sigma[i]))
		d := (sigma[i+1] - sigma[i]) / h[i]
		u := g - x[i]
		grid[k] = g
		value[k] = y[i] + float64(u*(b+float64(u*(float64(3*sigma[i])+float64(u*d)))))
	}
	return grid, value
}
