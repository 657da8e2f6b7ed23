package fair

import "math"

func sqrt(x float64) float64 { return math.Sqrt(x) }

// NormalPrior is the fitted prior of a mean: m_u ~ N(x_u'beta, Tau2), with
// sampling variance Sigma2 / n_u.
type NormalPrior struct {
	Beta   []float64 // intercept, then unit covariates
	Tau2   float64
	Sigma2 float64
	// Free is the number of units less the number of coefficients. With two or
	// fewer there is nothing to borrow from, and means are not shrunk.
	Free int
}

// meanStat is a unit's mean with its effective number of answers.
type meanStat struct {
	y, n float64
}

// fitNormal estimates the prior. Sigma2 is given (pooled within units); Tau2
// solves sum (y - x'beta)^2 / (Sigma2/n + Tau2) = free (Paule and Mandel 1982)
// by bisection, beta by generalised least squares at each step.
func fitNormal(stats []meanStat, x [][]float64, sigma2 float64) NormalPrior {
	used := 0
	for _, s := range stats {
		if s.n > 0 {
			used++
		}
	}
	p := len(x) + 1
	prior := NormalPrior{Sigma2: sigma2, Free: used - p}
	if prior.Free <= 2 {
		x, p = nil, 1
		prior.Free = used - 1
	}
	excess := func(tau2 float64) float64 {
		prior.Beta = weightedFit(stats, x, sigma2, tau2)
		q := 0.0
		for u, s := range stats {
			if s.n > 0 {
				r := s.y - predict(prior.Beta, x, u)
				q += float64(r*r) / (sigma2/s.n + tau2)
			}
		}
		return q - float64(max(prior.Free, 1))
	}
	// With constant answers the sampling variance is zero; a variance floor of
	// one thousandth of a point keeps the weights finite.
	sigma2 = math.Max(sigma2, 1e-6)
	prior.Sigma2 = sigma2
	lo, hi := 0.0, 2500.0
	if excess(lo) <= 0 {
		return prior
	}
	for range 60 {
		mid := float64(0.5 * (lo + hi))
		if excess(mid) > 0 {
			lo = mid
		} else {
			hi = mid
		}
	}
	prior.Tau2 = float64(0.5 * (lo + hi))
	excess(prior.Tau2)
	return prior
}

func weightedFit(stats []meanStat, x [][]float64, sigma2, tau2 float64) []float64 {
	sys := newLinear(len(x) + 1)
	row := make([]float64, len(x)+1)
	row[0] = 1
	for u, s := range stats {
		if s.n <= 0 {
			continue
		}
		for j := range x {
			row[j+1] = x[j][u]
		}
		sys.add(row, s.y, 1/(sigma2/s.n+tau2))
	}
	return sys.solve()
}

func predict(beta []float64, x [][]float64, u int) float64 {
	v := beta[0]
	for j := range x {
		if j+1 < len(beta) {
			v += float64(beta[j+1] * x[j][u])
		}
	}
	return v
}

// shrink returns the posterior mean and variance of a unit's mean with prior
// mean xi. B is the weight of the prior, with Morris's (1983, eq. 5.5-5.8)
// factor (free-2)/free for the estimated variance, and the second variance
// term for the uncertainty of B.
func (p *NormalPrior) shrink(y, n, xi float64) (mean, variance float64) {
	if n <= 0 {
		return xi, p.Tau2 + p.Sigma2
	}
	v := p.Sigma2 / n
	if p.Free <= 2 {
		return y, v
	}
	f := float64(p.Free)
	b := float64((f - 2) / f * (v / (v + p.Tau2)))
	d := y - xi
	mean = y - float64(b*d)
	variance = float64(v*(1-b)) + float64(float64(2/f*float64(b*b))*math.Min(float64(d*d), 4*(v+p.Tau2)))
	return mean, variance
}

// reliability is Tau2 / (Tau2 + Sigma2/n), 0 where nothing is known.
func (p *NormalPrior) reliability(n float64) float64 {
	if n <= 0 || p.Free <= 2 {
		return 0
	}
	d := p.Tau2 + p.Sigma2/n
	if d <= 0 {
		return 0
	}
	return p.Tau2 / d
}
