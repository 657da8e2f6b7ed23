package shrink

import (
	"math"

	"gongping/scoring/shrink/gram"
)

// AreaMethod chooses the estimator of the variance between areas.
type AreaMethod int

// The estimators of the Fay–Herriot model.
const (
	AreaREML   AreaMethod = iota // restricted maximum likelihood
	AreaML                       // maximum likelihood
	AreaMoment                   // the moment equation of Fay & Herriot (1979)
)

// Areas is the data of the Fay–Herriot model y_i = x_i'b + u_i + e_i with
// u_i ~ N(0, A) and e_i ~ N(0, v_i), v_i known: direct estimates of units with
// their sampling variances.
type Areas struct {
	Y []float64
	// SamplingVariance is v_i, the squared standard error of Y.
	SamplingVariance []float64
	// X holds the columns of the fixed part, the intercept included.
	X [][]float64
}

// AreaFit is a fitted Fay–Herriot model.
type AreaFit struct {
	Status Status
	Note   string
	Kept   []int
	// Variance is A; Coef and CoefSE follow Kept.
	Variance     float64
	Coef, CoefSE []float64
	CoefCov      []float64
	// Gamma_i = A/(A + v_i) is the reliability of area i, EBLUP_i the shrunken
	// estimate x'b + gamma (y - x'b), MSE_i its second-order mean squared
	// error (Prasad & Rao 1990; Datta & Lahiri 2000).
	Gamma, EBLUP, MSE []float64
}

// FitAreas fits the Fay–Herriot model to convergence (Rao & Molina 2015, Small
// Area Estimation, ch. 6). The profile over A is scanned, so that the highest
// of several peaks is taken; a best value at the border is Status ZeroVariance.
//
// Faults: no more areas than coefficients, negative or missing variances, all
// sampling variances zero.
func FitAreas(d Areas, method AreaMethod) (*AreaFit, error) {
	if err := d.check(); err != nil {
		return nil, err
	}
	m := &areaModel{d: d, n: len(d.Y)}
	m.prepare()
	if m.n <= m.p {
		return nil, fault("too_few", "use fewer covariates or more areas",
			"%d areas cannot carry %d coefficients", m.n, m.p)
	}
	a, converged := m.variance(method)
	fit := m.result(a, method)
	switch {
	case !converged:
		fit.Status = NotConverged
		fit.Note = "The variance between areas grows without bound; check the sampling variances."
	case a == 0:
		fit.Status = ZeroVariance
		fit.Note = "The variance between areas is estimated as zero: the estimates are those of the regression, and the errors are too small."
	case m.p < len(d.X):
		fit.Status = Aliased
		fit.Note = "At least one covariate is a combination of others and was left out."
	}
	return fit, nil
}

func (d Areas) check() error {
	n := len(d.Y)
	checkLength("SamplingVariance", len(d.SamplingVariance), n)
	if n == 0 {
		return fault("too_few", "give at least one area with an estimate", "there is no area")
	}
	if err := checkFinite("the estimates", d.Y); err != nil {
		return err
	}
	if err := checkFinite("the sampling variances", d.SamplingVariance); err != nil {
		return err
	}
	for _, x := range d.X {
		checkLength("a column of X", len(x), n)
		if err := checkFinite("a covariate", x); err != nil {
			return err
		}
	}
	positive := 0
	for i, v := range d.SamplingVariance {
		if v < 0 {
			return fault("negative_variance", "give squared standard errors", "area %d has the sampling variance %g", i+1, v)
		}
		if v > 0 {
			positive++
		}
	}
	if positive < n {
		return fault("zero_variance_area", "use a pooled variance for areas whose answers are all equal, or leave them out of the fit",
			"%d of %d areas have a sampling variance of zero, which would count as known without error", n-positive, n)
	}
	return nil
}

// areaModel works on centred columns (see centring).
type areaModel struct {
	d      Areas
	n, p   int
	kept   []int
	centre centring
	x      [][]float64 // centred columns kept, then y
	scale  float64     // a typical sampling variance
}

func (m *areaModel) prepare() {
	m.centre = centre(Mixed{Y: m.d.Y, X: m.d.X})
	all := make([][]float64, len(m.d.X)+1)
	for k := range all {
		src := m.d.Y
		if k < len(m.d.X) {
			src = m.d.X[k]
		}
		all[k] = make([]float64, m.n)
		for i, v := range src {
			all[k][i] = v - m.centre.shift[k]
		}
	}
	one := make([]float64, m.n)
	for i := range one {
		one[i] = 1
	}
	m.kept = m.centre.keptColumns(weightedProducts(all, one), len(m.d.X), float64(m.n))
	for _, k := range m.kept {
		m.x = append(m.x, all[k])
	}
	m.x = append(m.x, all[len(all)-1])
	m.p = len(m.kept)
	s := 0.0
	for _, v := range m.d.SamplingVariance {
		s += 1 / v
	}
	m.scale = float64(m.n) / s // harmonic mean
}

func weightedProducts(x [][]float64, w []float64) []float64 {
	q := len(x)
	out := make([]float64, q*q)
	for a := range q {
		for b := range a + 1 {
			s := 0.0
			for i, v := range w {
				s += float64(float64(v*x[a][i]) * x[b][i])
			}
			out[a*q+b], out[b*q+a] = s, s
		}
	}
	return out
}

// areaState is the fixed part at one variance A.
type areaState struct {
	weight []float64 // 1/(A + v)
	factor *gram.Factor
	coef   []float64
	resid  []float64
}

func (m *areaModel) at(a float64) areaState {
	s := areaState{weight: make([]float64, m.n), resid: make([]float64, m.n)}
	for i, v := range m.d.SamplingVariance {
		s.weight[i] = 1 / (a + v)
	}
	g := weightedProducts(m.x, s.weight)
	q := m.p + 1
	s.factor = gram.Decompose(g, m.p, q, nil, 0)
	s.coef = s.factor.Solve(g[m.p*q : m.p*q+m.p])
	for i := range s.resid {
		e := m.x[m.p][i]
		for k, b := range s.coef {
			e -= float64(b * m.x[k][i])
		}
		s.resid[i] = e
	}
	return s
}

// criterion is -2 log likelihood without constants.
func (m *areaModel) criterion(a float64, method AreaMethod) float64 {
	s := m.at(a)
	c := 0.0
	for i, w := range s.weight {
		c += float64(w*s.resid[i]*s.resid[i]) - math.Log(w)
	}
	if method == AreaREML {
		c += s.factor.LogDet()
	}
	return c
}

// slope is the derivative of the criterion in A, or, for the moment estimator,
// m - p - sum (y - x'b)^2/(A + v).
func (m *areaModel) slope(a float64, method AreaMethod) float64 {
	s := m.at(a)
	if method == AreaMoment {
		q := 0.0
		for i, w := range s.weight {
			q += float64(w * s.resid[i] * s.resid[i])
		}
		return float64(m.n-m.p) - q
	}
	inv := s.factor.Inverse()
	t := 0.0
	for i, w := range s.weight {
		we := w * s.resid[i]
		t += w - float64(we*we)
		if method == AreaREML {
			t -= float64(w * w * m.leverage(inv, i))
		}
	}
	return t
}

func (m *areaModel) leverage(inv []float64, i int) float64 {
	h := 0.0
	for a := range m.p {
		t := 0.0
		for b := range m.p {
			t += float64(inv[a*m.p+b] * m.x[b][i])
		}
		h += float64(m.x[a][i] * t)
	}
	return h
}

// variance finds A. The moment equation is monotone; the likelihoods are
// scanned for every valley.
func (m *areaModel) variance(method AreaMethod) (float64, bool) {
	f := func(a float64) float64 { return m.slope(a, method) }
	best, low := 0.0, m.criterion(0, method)
	a := 1e-9 * m.scale
	prev := f(a)
	if method == AreaMoment && prev >= 0 {
		return 0, true
	}
	for range 60 {
		next := 2.5 * a
		s := f(next)
		if prev < 0 && s >= 0 {
			root := brent(f, a, next, prev, s)
			if method == AreaMoment {
				return root, true
			}
			if c := m.criterion(root, method); c < low {
				best, low = root, c
			}
		}
		a, prev = next, s
	}
	return best, prev >= 0
}

func (m *areaModel) result(a float64, method AreaMethod) *AreaFit {
	s := m.at(a)
	inv := s.factor.Inverse()
	fit := &AreaFit{Status: OK, Kept: m.kept, Variance: a, Coef: s.coef, CoefCov: inv}
	s1, s2 := 0.0, 0.0
	for _, w := range s.weight {
		s1 += w
		s2 += float64(w * w)
	}
	varA, bias := 2/s2, 0.0 // asymptotic variance and bias of the estimate of A
	switch method {
	case AreaML:
		t := 0.0
		for i, w := range s.weight {
			t += float64(w * w * m.leverage(inv, i))
		}
		bias = -t / s2
	case AreaMoment:
		n := float64(m.n)
		varA = 2 * n / float64(s1*s1)
		bias = 2 * (float64(n*s2) - float64(s1*s1)) / float64(s1*s1*s1)
	}
	for i, v := range m.d.SamplingVariance {
		b := float64(v * s.weight[i])
		g1 := float64(v * (1 - b))
		g2 := float64(b * b * m.leverage(inv, i))
		g3 := float64(b * b * s.weight[i] * varA)
		fit.Gamma = append(fit.Gamma, a*s.weight[i])
		fit.EBLUP = append(fit.EBLUP, m.d.Y[i]-float64(b*s.resid[i]))
		fit.MSE = append(fit.MSE, g1+g2+float64(2*g3)-float64(bias*b*b))
	}
	m.centre.restore(m.kept, fit.Coef, fit.CoefCov)
	for i := range m.p {
		fit.CoefSE = append(fit.CoefSE, math.Sqrt(fit.CoefCov[i*m.p+i]))
	}
	return fit
}
