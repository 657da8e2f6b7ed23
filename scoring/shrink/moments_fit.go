package shrink

import (
	"math"

	"gongping/scoring/shrink/gram"
)

// profile works out the profiled criterion of a one-factor model and its
// slope at one variance ratio rho = variance / sigma2.
type profile struct {
	m      *Moments
	method Method
	a      []float64 // cross-products [X y]'V^-1[X y]
	count  int
	pools  []pool // nil where groups differ too much in weight
}

// solution is the fixed part at one variance ratio.
type solution struct {
	factor *gram.Factor
	coef   []float64
	rss    float64 // r^2 = (y - Xb)'V^-1(y - Xb)
}

func (f *profile) dof() float64 {
	if f.method == REML {
		return float64(f.m.n - f.m.p)
	}
	return float64(f.m.n)
}

// solve uses V^-1 = I - rho/(1 + rho w) 11' per group, written as the within
// part plus lambda_j = w_j/(1 + rho w_j) times the squared group means: sums of
// squares only, so nothing cancels.
func (f *profile) solve(rho float64) solution {
	f.count++
	m := f.m
	q := m.p + 1
	copy(f.a, m.within)
	for k := range f.pools {
		f.pools[k].addTo(f.a, rho, q)
	}
	for j, w := range f.single() {
		lambda := w / (1 + float64(rho*w))
		row := m.mean[j*q : j*q+q]
		for r, v := range row {
			lv := lambda * v
			out := f.a[r*q : r*q+r+1]
			for c := range out {
				out[c] += float64(lv * row[c])
			}
		}
	}
	xy := f.a[m.p*q : m.p*q+m.p]
	fac := gram.Decompose(f.a, m.p, q, nil, 0)
	return solution{factor: fac, coef: fac.Solve(xy), rss: f.a[m.p*q+m.p] - fac.Quad(xy)}
}

// criterion is -2 log likelihood, profiled over the fixed part and sigma2.
func (f *profile) criterion(rho float64) float64 {
	s := f.solve(rho)
	logDet := 0.0
	for _, g := range f.pools {
		logDet += float64(g.groups * math.Log1p(rho*g.weight))
	}
	for _, w := range f.single() {
		logDet += math.Log1p(rho * w)
	}
	if f.method == REML {
		logDet += s.factor.LogDet()
	}
	d := f.dof()
	return logDet - f.m.logWeight + float64(d*(1+math.Log(float64(2*math.Pi*s.rss)/d)))
}

// slope is the derivative of the criterion in rho.
func (f *profile) slope(rho float64) float64 {
	s := f.solve(rho)
	m := f.m
	q := m.p + 1
	k := s.factor.Inverse()
	trace, shrunk, squares := f.pooledSlope(rho, s.coef, k)
	for j, w := range f.single() {
		lambda := w / (1 + float64(rho*w))
		row := m.mean[j*q : j*q+q]
		trace += lambda
		e := row[m.p]
		for c, b := range s.coef {
			e -= float64(row[c] * b)
		}
		l2 := lambda * lambda
		squares += float64(float64(l2*e) * e)
		if f.method == REML {
			h := 0.0
			for a := range m.p {
				t := 0.0
				for b := range m.p {
					t += float64(k[a*m.p+b] * row[b])
				}
				h += float64(row[a] * t)
			}
			shrunk += float64(l2 * h)
		}
	}
	return trace - shrunk - f.dof()*squares/s.rss
}

// FitMoments fits the one-factor model from its sufficient statistics. The
// slope of the profiled criterion is scanned over twenty decades of the
// variance ratio, so that a second valley is not missed, and each zero with a
// valley is polished to the last digits; zero variance is always compared.
//
// Faults: no more rows than coefficients, constant answers, no variation within groups.
//
// Source: the criterion profiled over the variance ratio, Bates et al. (2015), section 3.4.
func FitMoments(m *Moments, method Method) (*MixedFit, error) {
	if m.n <= m.p {
		return nil, fault("too_few", "collect more answers or use fewer covariates",
			"%d rows cannot carry %d coefficients", m.n, m.p)
	}
	f := &profile{m: m, method: method, a: make([]float64, (m.p+1)*(m.p+1)), pools: m.pooled()}
	start := f.solve(0)
	if err := m.checkSpread(start.rss); err != nil {
		return nil, err
	}
	rho, converged := f.search()
	if !converged && m.withinSpread() <= 1e-12*start.rss {
		return nil, fault("no_within", "check whether group means were entered as answers; with known errors use the Fay–Herriot model",
			"the answers do not vary within the groups of %s", m.name)
	}
	fit := m.result(f, rho)
	fit.finish([]string{m.name}, m.columns, converged)
	return fit, nil
}

// checkSpread refuses data without variation.
func (m *Moments) checkSpread(total float64) error {
	q := m.p + 1
	yy := m.within[q*q-1]
	for j, w := range m.weight {
		yy += float64(w * m.mean[j*q+m.p] * m.mean[j*q+m.p])
	}
	raw := float64(m.n) * m.centre.shift[len(m.centre.shift)-1] * m.centre.shift[len(m.centre.shift)-1]
	if total <= 1e-13*yy || yy <= 1e-26*raw {
		return fault("constant", "a constant outcome needs no model: report the value",
			"the outcome does not vary once the covariates are accounted for")
	}
	return nil
}

// withinSpread is what the covariates leave of the squares within groups.
func (m *Moments) withinSpread() float64 {
	q := m.p + 1
	within := gram.Decompose(m.within, m.p, q, nil, gram.Tolerance)
	return m.within[q*q-1] - within.Quad(m.within[m.p*q:m.p*q+m.p])
}

// search returns the best variance ratio and whether it lies inside the scan.
func (f *profile) search() (float64, bool) {
	sum := 0.0
	for _, w := range f.m.weight {
		sum += w
	}
	mean := sum / float64(f.m.groups)
	best, low := 0.0, f.criterion(0)
	rho := 1e-10 / mean
	prev := f.slope(rho)
	for range 46 { // steps of 2.75, without math.Exp, which differs between processors
		next := 2.75 * rho
		s := f.slope(next)
		if prev < 0 && s >= 0 {
			at := brent(f.slope, rho, next, prev, s)
			if c := f.criterion(at); c < low {
				best, low = at, c
			}
		}
		rho, prev = next, s
	}
	return best, prev >= 0
}

func (m *Moments) result(f *profile, rho float64) *MixedFit {
	s := f.solve(rho)
	q, levels := m.p+1, len(m.weight)
	sigma2 := s.rss / f.dof()
	cov := s.factor.Inverse()
	for i := range cov {
		cov[i] *= sigma2
	}
	fit := &MixedFit{
		N: m.n, P: m.p, Kept: m.kept, Coef: s.coef, CoefCov: cov,
		Residual: sigma2, Variance: []float64{sigma2 * rho},
		Minus2LogLik: f.criterion(rho), Evaluations: f.count,
	}
	blup, known, pred := make([]float64, levels), make([]float64, levels), make([]float64, levels)
	for j, w := range m.weight {
		row := m.mean[j*q : j*q+q]
		e, h := row[m.p], 0.0
		for a, b := range s.coef {
			e -= float64(row[a] * b)
			t := 0.0
			for c := range m.p {
				t += float64(cov[a*m.p+c] * row[c])
			}
			h += float64(row[a] * t)
		}
		share := rho * w / (1 + float64(rho*w))
		blup[j] = share * e
		known[j] = fit.Variance[0] / (1 + float64(rho*w))
		pred[j] = known[j] + float64(share*share*h)
	}
	fit.Blup, fit.BlupVar, fit.BlupPredVar = [][]float64{blup}, [][]float64{known}, [][]float64{pred}
	m.centre.restore(m.kept, fit.Coef, fit.CoefCov)
	for i := range m.p {
		fit.CoefSE = append(fit.CoefSE, math.Sqrt(fit.CoefCov[i*m.p+i]))
	}
	return fit
}
