package shrink

import (
	"math"
)

// fitCrossed minimises the criterion over theta by BFGS with the exact slope.
// The criterion is even and smooth in each theta, so a zero variance is an
// ordinary minimum and not a wall; it is snapped to exactly zero at the end.
func fitCrossed(d Mixed, method Method) (*MixedFit, error) {
	c, err := newCrossed(d, method)
	if err != nil {
		return nil, err
	}
	for i := range d.PriorWeight {
		c.logWeight += math.Log(d.PriorWeight[i])
	}
	flat := c.evaluate(make([]float64, len(d.Groups)))
	yy := c.xx[len(c.xx)-1]
	if !flat.ok || flat.rss <= 1e-13*yy || c.equalAnswers() {
		return nil, fault("constant", "a constant outcome needs no model: report the value",
			"the outcome does not vary once the covariates are accounted for")
	}
	s := &search{c: c, free: make([]bool, len(d.Groups))}
	for k := range s.free {
		s.free[k] = true
	}
	theta := c.start()
	e, converged := s.minimise(theta)
	for pass := 0; pass < len(d.Groups) && e.ok; pass++ {
		if !s.snap(&e) {
			break
		}
		e, converged = s.minimise(e.theta)
	}
	if !e.ok || e.rss <= 1e-9*flat.rss {
		return nil, fault("no_within", "check whether the groupings together name every row",
			"next to no variation is left within the combined groups, so that the variances cannot be told apart")
	}
	return c.result(e, s.count, converged), nil
}

func (c *crossed) equalAnswers() bool { return allEqual(c.d.Y) }

// start takes the ratios of one-factor fits as first values, kept away from
// zero, where the slope vanishes by symmetry.
func (c *crossed) start() []float64 {
	theta := make([]float64, len(c.d.Groups))
	for k, g := range c.d.Groups {
		theta[k] = 0.5
		one := c.d
		one.Groups = []Grouping{g}
		fit, err := FitMixed(one, c.method)
		if err == nil {
			theta[k] = math.Min(math.Max(math.Sqrt(fit.Variance[0]/fit.Residual), 0.2), 5)
		}
	}
	return theta
}

// slope returns the derivative of the criterion in every theta: with u =
// M^-1 Lambda Z'W(y - Xb) and U the same for X,
//
//	(2/theta_k) [ q_k - tr(M^-1)_kk - tr(K U_k'U_k) - dof/r^2 |u_k|^2 ],
//
// K = (X'V^-1X)^-1 for REML, absent for ML.
func (c *crossed) slope(e *evaluation) []float64 {
	big, rest := c.solveAll(e)
	dBig, dRest := c.diagonal(e)
	q := c.p + 1
	k := e.factor.Inverse()
	out := make([]float64, len(c.d.Groups))
	level := func(group int, row []float64, diag float64) {
		u := row[c.p]
		h := 0.0
		for a := range c.p {
			u -= float64(row[a] * e.coef[a])
			if c.method == REML {
				t := 0.0
				for b := range c.p {
					t += float64(k[a*c.p+b] * row[b])
				}
				h += float64(row[a] * t)
			}
		}
		out[group] += 1 - diag - h - c.dof()*u*u/e.rss
	}
	for b := range dBig {
		level(c.big, big[b*q:b*q+q], dBig[b])
	}
	for r := range dRest {
		level(c.owner[r], rest[r*q:r*q+q], dRest[r])
	}
	for g := range out {
		if math.Abs(e.theta[g]) < 1e-7 {
			out[g] = 0
		} else {
			out[g] *= 2 / e.theta[g]
		}
	}
	return out
}

// result turns the best evaluation into predictions on the scale of y.
func (c *crossed) result(e *evaluation, count int, converged bool) *MixedFit {
	q := c.p + 1
	sigma2 := e.rss / c.dof()
	cov := e.factor.Inverse()
	for i := range cov {
		cov[i] *= sigma2
	}
	fit := &MixedFit{
		N: c.n, P: c.p, Kept: c.kept, Coef: append([]float64(nil), e.coef...), CoefCov: cov,
		Residual: sigma2, Minus2LogLik: e.value, Evaluations: count,
	}
	big, rest := c.solveAll(e)
	dBig, dRest := c.diagonal(e)
	names := make([]string, len(c.d.Groups))
	for k, g := range c.d.Groups {
		names[k] = g.Name
		theta := e.theta[k]
		fit.Variance = append(fit.Variance, float64(theta*theta)*sigma2)
		u, diag := big, dBig
		if k != c.big {
			at := c.offsetOf(k)
			u, diag = rest[at*q:(at+g.Levels)*q], dRest[at:at+g.Levels]
		}
		blup, known := make([]float64, g.Levels), make([]float64, g.Levels)
		for j := range g.Levels {
			v := u[j*q+c.p]
			for a, b := range e.coef {
				v -= float64(u[j*q+a] * b)
			}
			blup[j] = theta * v
			known[j] = fit.Variance[k] * diag[j]
		}
		fit.Blup, fit.BlupVar = append(fit.Blup, blup), append(fit.BlupVar, known)
	}
	c.centre.restore(c.kept, fit.Coef, fit.CoefCov)
	for i := range c.p {
		fit.CoefSE = append(fit.CoefSE, math.Sqrt(fit.CoefCov[i*c.p+i]))
	}
	fit.finish(names, len(c.d.X), converged)
	return fit
}

func (c *crossed) offsetOf(group int) int {
	for i, k := range c.rest {
		if k == group {
			return c.offset[i]
		}
	}
	panic("shrink: no such grouping")
}
