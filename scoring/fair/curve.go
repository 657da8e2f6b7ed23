package fair

import "math"

// Curve makes use of the spread of a unit's ordinary answers. Between units the
// mean of (x-Centre)² goes with the mean of x; a unit whose answers spread more or
// less than is usual at its mean owes part of that to chance, and chance in the
// spread and in the mean go together, because the scale is skewed. The surplus of
// the spread is therefore a control variate of the mean: mean + beta surplus has the
// same expectation and less variance (about 2% on five grades, as much as efficient
// scores of the grades would give).
type Curve struct {
	// Active is false where there are too few units to learn it from.
	Active bool
	// The usual mean of (x-Centre)² of a unit with mean x is Level + Slope (x-Centre).
	Centre, Level, Slope float64
	// Sigma2 is the variance of one ordinary answer, Cov its covariance with the
	// answer's surplus, Var the variance of the surplus, Between the variance of
	// the true surplus between units.
	Sigma2, Cov, Var, Between float64
}

// curveUnits is the least number of units from which a curve is learnt.
const curveUnits = 20

// apply returns the corrected mean of n effective ordinary answers whose mean is y
// and whose mean square is q, and the number of answers that its variance is worth.
func (c *Curve) apply(y, q, n float64) (mean, worth float64) {
	if !c.Active || n <= 0 {
		return y, n
	}
	d := y - c.Centre
	spread := q - float64(y*y) + float64(d*d)
	surplus := spread - c.Level - float64(c.Slope*d)
	return y - float64(c.Cov/(c.Var+float64(n*c.Between))*surplus), c.worth(n)
}

// worth is the number of answers without correction that have the variance of n
// corrected ones.
func (c *Curve) worth(n float64) float64 {
	if !c.Active || n <= 0 {
		return n
	}
	gain := float64(c.Cov*c.Cov) / (c.Var + float64(n*c.Between))
	return n * (c.Sigma2 / (c.Sigma2 - gain))
}

// fitCurve learns the curve by moments: within units pooled as for Sigma2, between
// units less what sampling adds. ord are the ordinary means.
func fitCurve(l *layout, sums []Sums, ord []meanStat, sigma2 float64) Curve {
	c := Curve{Sigma2: sigma2}
	w, used := 0.0, 0
	for u := range sums {
		if ord[u].n > 0 {
			w += sums[u].Wo
			c.Centre += sums[u].Yo
			used++
		}
	}
	if used < curveUnits || w <= 0 || sigma2 <= 0 {
		return c
	}
	c.Centre /= w
	cov, square := c.within(l, sums)
	c.between(sums, ord, cov, square)
	return c
}

// within pools the covariance of (x-Centre)² with x and its variance.
func (c *Curve) within(l *layout, sums []Sums) (cov, square float64) {
	df := 0.0
	for u := range sums {
		s := &sums[u]
		if s.Wo <= 0 {
			continue
		}
		y := s.Yo / s.Wo
		q := s.spread(c.Centre)
		a, b := 0.0, 0.0
		for _, x := range l.unitCells(u) {
			if x.side != ordinary {
				continue
			}
			d := x.adj - c.Centre
			g := float64(d*d) - q
			wg := float64(float64(float64(x.n)*x.w) * g)
			a += float64(wg * (x.adj - y))
			b += float64(wg * g)
		}
		n := float64(s.N)
		cov += float64(a / s.Wo * n)
		square += float64(b / s.Wo * n)
		df += float64((1 - s.Wo2/float64(s.Wo*s.Wo)) * n)
	}
	if df <= 0 {
		return 0, 0
	}
	return cov / df, square / df
}

// spread is the mean of (x-centre)² of the ordinary answers.
func (s *Sums) spread(centre float64) float64 {
	y := s.Yo / s.Wo
	d := y - centre
	return math.Max(0, s.Qo/s.Wo-float64(y*y)) + float64(d*d)
}

// between learns slope, level and the variance of the true surplus.
func (c *Curve) between(sums []Sums, ord []meanStat, cov, square float64) {
	each := func(f func(w, n, d, q float64)) {
		for u := range sums {
			if n := ord[u].n; n > 0 {
				f(n/(n+50), n, ord[u].y-c.Centre, sums[u].spread(c.Centre))
			}
		}
	}
	w, md, mq := 0.0, 0.0, 0.0
	each(func(a, _, d, q float64) { w += a; md += float64(a * d); mq += float64(a * q) })
	md, mq = md/w, mq/w
	dd, dq := 0.0, 0.0
	each(func(a, n, d, q float64) {
		dd += float64(a * (float64((d-md)*(d-md)) - c.Sigma2/n))
		dq += float64(a * (float64((d-md)*(q-mq)) - cov/n))
	})
	if dd <= 0 {
		return
	}
	c.Slope = dq / dd
	c.Level = mq - float64(c.Slope*md)
	c.Cov = cov - float64(c.Slope*c.Sigma2)
	c.Var = square - float64(2*float64(c.Slope*cov)) + float64(float64(c.Slope*c.Slope)*c.Sigma2)
	if c.Var <= 0 || float64(c.Cov*c.Cov) >= float64(0.5*float64(c.Sigma2*c.Var)) {
		return
	}
	rr := 0.0
	each(func(a, n, d, q float64) {
		r := q - c.Level - float64(c.Slope*d)
		rr += float64(a * (float64(r*r) - c.Var/n))
	})
	c.Between = math.Max(0, rr/w)
	c.Active = true
}
