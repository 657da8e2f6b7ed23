package estimate

import (
	"fmt"
	"math"
)

// Family is the error distribution of a regression, with its canonical link.
type Family string

// The families: linear regression, logistic regression and log-linear
// regression of counts.
const (
	Gaussian Family = "gaussian"
	Binomial Family = "binomial"
	Poisson  Family = "poisson"
)

// Regression is a fitted generalised linear model with design-based errors.
type Regression struct {
	// Coefficients has one entry per predictor; Aliased marks those that depend
	// linearly on the predictors before them and take no part (coefficient 0).
	Coefficients []float64
	Aliased      []bool
	// Covariance is over all predictors, 0 for aliased ones.
	Covariance [][]float64
	// DF is design degrees of freedom + 1 - number of coefficients fitted.
	DF int
	// Dispersion is the element variance of the Pearson residuals.
	Dispersion float64
	N          int
	Iterations int
}

// SE is the standard error of coefficient j.
func (r Regression) SE(j int) float64 { return math.Sqrt(r.Covariance[j][j]) }

// Coefficient is coefficient j as an Estimate with the DF of the regression.
func (r Regression) Coefficient(j int) Estimate {
	return Estimate{Value: r.Coefficients[j], SE: r.SE(j), N: r.N, DF: r.DF}
}

// Regress fits y on predictor columns (an intercept is a column of ones) by
// weighted pseudo maximum likelihood over the rows of a domain where all
// columns have a value. The covariance is that of the weighted score totals
// between two inverse information matrices (Binder 1983; Lumley 2010, section
// 5.2). Logistic data that a plane separates has no finite estimate and is
// refused. Where only the covariance is refused (a stratum with one unit), the
// error comes with the coefficients and N > 0, but without a Covariance.
func Regress(d *Design, y Column, xs []Column, family Family, domain []bool) (Regression, error) {
	in := Complete(d, domain, append([]Column{y}, xs...)...)
	n, sumW, err := d.weighted(in)
	if err != nil {
		return Regression{}, err
	}
	if err := checkResponse(y.Values, in, family); err != nil {
		return Regression{}, err
	}
	rows := make([]int, 0, n)
	for i, ok := range in {
		if ok && d.weight[i] > 0 {
			rows = append(rows, i)
		}
	}
	fit, err := irls(d, y.Values, xs, family, rows)
	if err != nil {
		return Regression{}, err
	}
	r := Regression{N: n, Iterations: fit.iterations, Coefficients: make([]float64, len(xs)), Aliased: make([]bool, len(xs))}
	for j := range r.Aliased {
		r.Aliased[j] = true
	}
	for k, j := range fit.qr.kept {
		r.Coefficients[j], r.Aliased[j] = fit.beta[k], false
	}
	p := len(fit.qr.kept)
	r.DF = d.DegreesOfFreedom(in) + 1 - p
	inv := fit.qr.gramInverse()
	scores := make([][]float64, p)
	for k := range scores {
		scores[k] = make([]float64, d.n)
	}
	for at, i := range rows {
		e := d.weight[i] * (y.Values[i] - fit.mu[at])
		for k := range p {
			s := 0.0
			for m, j := range fit.qr.kept {
				s += float64(inv[k][m] * xs[j].Values[i])
			}
			scores[k][i] = s * e
		}
	}
	r.Dispersion = d.dispersion(y.Values, fit, family, rows, n, sumW) *
		(d.meanWeight(in) / d.meanWeight(domain))
	v, err := d.Variance(scores, in)
	if err != nil {
		return r, err
	}
	r.Covariance = square(len(xs))
	for a, ja := range fit.qr.kept {
		for b, jb := range fit.qr.kept {
			r.Covariance[ja][jb] = v[a][b]
		}
	}
	return r, nil
}

func checkResponse(y []float64, in []bool, f Family) error {
	for i, ok := range in {
		if !ok {
			continue
		}
		switch {
		case f == Binomial && (y[i] < 0 || y[i] > 1):
			return fault("response", "a logistic regression needs answers from 0 to 1").
				At(fmt.Sprintf("response, row %d", i+1), show(y[i]), "0 or 1", "")
		case f == Poisson && y[i] < 0:
			return fault("response", "a log-linear regression needs counts").
				At(fmt.Sprintf("response, row %d", i+1), show(y[i]), "0 or more", "")
		case f != Gaussian && f != Binomial && f != Poisson:
			return fault("family", "unknown family").At("family", string(f), "gaussian, binomial or poisson", "")
		}
	}
	return nil
}

type fitted struct {
	qr         qr
	beta, mu   []float64
	iterations int
}

// link gives mean and variance function at a linear predictor.
func (f Family) link(eta float64) (mu, v float64) {
	switch f {
	case Binomial:
		mu = expit(eta)
		return mu, mu * expit(-eta)
	case Poisson:
		mu = math.Exp(eta)
		return mu, mu
	}
	return eta, 1
}

// irls fits by iteratively reweighted least squares (McCullagh & Nelder 1989,
// section 2.5) until no linear predictor moves by more than 1e-11 relatively.
func irls(d *Design, y []float64, xs []Column, f Family, rows []int) (fitted, error) {
	n := len(rows)
	eta, z, root := make([]float64, n), make([]float64, n), make([]float64, n)
	fit := fitted{mu: make([]float64, n)}
	for at, i := range rows {
		switch f {
		case Binomial:
			m := (y[i] + 0.5) / 2
			eta[at] = math.Log(m / (1 - m))
		case Poisson:
			eta[at] = math.Log(y[i] + 0.1)
		}
	}
	cols := make([][]float64, len(xs))
	for j := range cols {
		cols[j] = make([]float64, n)
	}
	for fit.iterations = 1; fit.iterations <= 60; fit.iterations++ {
		for at, i := range rows {
			mu, v := f.link(eta[at])
			root[at] = math.Sqrt(d.weight[i] * v)
			if f == Gaussian {
				z[at] = root[at] * y[i]
			} else {
				z[at] = root[at] * (eta[at] + (y[i]-mu)/v)
			}
			for j := range xs {
				cols[j][at] = root[at] * xs[j].Values[i]
			}
		}
		fit.qr = factor(cols)
		fit.beta = fit.qr.solve(z)
		moved, far := 0.0, 0.0
		for at, i := range rows {
			e := 0.0
			for k, j := range fit.qr.kept {
				e += float64(fit.beta[k] * xs[j].Values[i])
			}
			moved = math.Max(moved, math.Abs(e-eta[at])/(1+math.Abs(e)))
			far = math.Max(far, math.Abs(e))
			eta[at] = e
			fit.mu[at], _ = f.link(e)
		}
		if math.IsNaN(moved) || f != Gaussian && far > 30 {
			return fit, fault("separation", "the regression has no finite estimate: a combination of predictors separates the answers").
				At("iteration", fmt.Sprint(fit.iterations), "", "leave out a predictor or join categories")
		}
		if f == Gaussian || moved < 1e-11 {
			return fit, nil
		}
	}
	return fit, fault("no_convergence", "the regression did not converge in 60 iterations").
		At("predictors", "", "", "centre or rescale predictors, or leave some out")
}

// dispersion is the element variance of (y-μ)/√V(μ). Regress multiplies it by
// the mean weight of the rows used over that of the domain (1 without missing
// values): R's svyglm scales weights to mean 1 before it leaves out rows with
// missing values.
func (d *Design) dispersion(y []float64, fit fitted, f Family, rows []int, n int, sumW float64) float64 {
	if n < 2 {
		return 0
	}
	r, in := make([]float64, d.n), make([]bool, d.n)
	for at, i := range rows {
		v := 1.0
		if f == Binomial {
			v = fit.mu[at] * (1 - fit.mu[at])
		} else if f == Poisson {
			v = fit.mu[at]
		}
		r[i], in[i] = (y[i]-fit.mu[at])/math.Sqrt(v), true
	}
	return d.elementVariance(r, in, d.sum(r, in)/sumW, n, sumW)
}

// meanWeight is the mean weight of a domain (nil = all), missing answers and
// zero weights included.
func (d *Design) meanWeight(domain []bool) float64 {
	sum, rows := 0.0, 0
	for i, w := range d.weight {
		if domain == nil || domain[i] {
			sum += w
			rows++
		}
	}
	return sum / float64(rows)
}
