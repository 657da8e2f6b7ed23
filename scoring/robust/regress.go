package robust

import (
	"fmt"
	"math"
)

// Weighting says what the prior weights of a robust regression mean.
type Weighting uint8

// The meanings of prior weights.
const (
	// Precision: the variance of an answer is 1/w; residuals are scaled by √w.
	Precision Weighting = iota
	// CaseWeight: w answers like this one.
	CaseWeight
	// SurveyWeight: w people stand behind this answer; the scale is the
	// weighted MAD of the residuals about their weighted median.
	SurveyWeight
)

// RegressionRule configures an M-estimate of regression.
type RegressionRule struct {
	Psi       Psi
	Weighting Weighting
	// Proposal2 solves for the scale with Huber's Proposal 2 (K2 its constant,
	// zero means 1.345) instead of the MAD at every step.
	Proposal2     bool
	K2            float64
	Tolerance     float64 // on residuals, relative; zero means 1e-13
	MaxIterations int     // zero means 2000
	// ResidualsOnly stops when the residuals have settled, as the classical
	// algorithm does, although Proposal 2 may still be moving the scale.
	ResidualsOnly bool
}

// Regression is an M-estimate of regression.
type Regression struct {
	Coefficients []float64
	// SE follows Huber & Ronchetti (2009, eq. 7.81) with its correction for the
	// number of coefficients. For SurveyWeight it is nil: the standard error
	// comes from the design (see Scores).
	SE    []float64
	Scale float64
	// ScaleRow is the row whose residual is the median behind the scale.
	ScaleRow      int
	RobustWeights []float64
	Residuals     []float64
	Iterations    int
	Status        Status
}

// Scores are the linearised values of the coefficients, one column each: the
// design variance of their totals is the covariance of the coefficients
// (Binder 1983):
//
//	(Σ w ψ′(r/s) x xᵀ)⁻¹ w s ψ(r/s) x
//
// with the scale taken as known.
func (r *Regression) Scores(x [][]float64, w []float64, psi Psi) ([][]float64, error) {
	n := len(r.Residuals)
	w = ones(w, n)
	q, score := make([]float64, n), make([]float64, n)
	for i, e := range r.Residuals {
		if r.Scale > 0 {
			q[i] = w[i] * psi.Slope(e/r.Scale)
			score[i] = w[i] * r.RobustWeights[i] * e
		}
	}
	inv, ok := invert(cross(x, q))
	if !ok {
		return nil, fault("dependent", "columns", "", "columns that vary among the answers kept", "drop a column", "the standard errors of the regression cannot be computed")
	}
	out := make([][]float64, len(x))
	for a := range out {
		out[a] = make([]float64, n)
		for b, col := range x {
			for i, v := range col {
				out[a][i] += float64(inv[a][b] * float64(score[i]*v))
			}
		}
	}
	return out, nil
}

// rlmConstant is the MAD divisor of the classical algorithm.
const rlmConstant = 0.6745

// Regress fits y on the columns x (include a column of ones for a constant) by
// iteratively reweighted least squares from the least squares start; the scale
// is estimated again at every step. w may be nil. Linear dependence among the
// columns is an error.
func Regress(y []float64, x [][]float64, w []float64, rule RegressionRule) (*Regression, error) {
	if err := checkRegression(y, x, w); err != nil {
		return nil, err
	}
	if rule.Tolerance == 0 {
		rule.Tolerance = 1e-13
	}
	if rule.MaxIterations == 0 {
		rule.MaxIterations = 2000
	}
	if rule.K2 == 0 {
		rule.K2 = 1.345
	}
	f := newFit(y, x, w, rule)
	if err := f.run(); err != nil {
		return nil, err
	}
	out := f.result(y, x, w)
	if rule.Weighting != SurveyWeight {
		f.standardErrors(out)
	}
	return out, nil
}

func checkRegression(y []float64, x [][]float64, w []float64) error {
	if err := check(y, w); err != nil {
		return err
	}
	if len(x) == 0 {
		return fault("no_column", "columns", "0", "at least one column", "", "the regression has no column")
	}
	for j, col := range x {
		mustLen(fmt.Sprintf("column %d", j+1), len(col), len(y))
		for i, v := range col {
			if math.IsNaN(v) || math.IsInf(v, 0) {
				return fault("bad_value", fmt.Sprintf("column %d, row %d", j+1, i+1), fmt.Sprint(v), "a number", "leave incomplete rows out", "an explanatory value is not a number")
			}
		}
	}
	if len(y) <= len(x) {
		return fault("too_few", "answers", fmt.Sprint(len(y)), fmt.Sprintf("more than the %d coefficients", len(x)), "", "there are not enough answers for the coefficients")
	}
	return nil
}

// fit is the state of an M-regression. With Precision weights y and x are
// scaled by √w beforehand and prior is nil.
type fit struct {
	rule       RegressionRule
	y          []float64
	x          [][]float64
	prior      []float64
	q, r, old  []float64
	beta       []float64
	u          []float64
	scale      float64
	scaleRow   int
	iterations int
	status     Status
	solver     *lsq
}

func newFit(y []float64, x [][]float64, w []float64, rule RegressionRule) *fit {
	n, p := len(y), len(x)
	f := &fit{rule: rule, y: y, x: x, prior: w, q: make([]float64, n), r: make([]float64, n), old: make([]float64, n),
		beta: make([]float64, p), u: make([]float64, n), scaleRow: -1, solver: newLSQ(n, p)}
	if w == nil || rule.Weighting != Precision {
		return f
	}
	f.y, f.x, f.prior = make([]float64, n), make([][]float64, p), nil
	for i, v := range y {
		f.y[i] = v * math.Sqrt(w[i])
	}
	for j, col := range x {
		f.x[j] = make([]float64, n)
		for i, v := range col {
			f.x[j][i] = v * math.Sqrt(w[i])
		}
	}
	return f
}

func (f *fit) run() error {
	if !f.solver.fit(f.x, f.y, f.prior, f.beta) {
		return fault("dependent", "columns", "", "columns that are not combinations of each other", "drop a column, or a category that nobody is in", "the columns of the regression are linearly dependent")
	}
	residuals(f.x, f.y, f.beta, f.r)
	f.firstScale()
	f.status = NotConverged
	for f.iterations < f.rule.MaxIterations {
		f.iterations++
		copy(f.old, f.r)
		before := f.scale
		f.nextScale()
		if f.scale == 0 {
			f.status = ZeroScale
			break
		}
		f.weigh()
		if !f.solver.fit(f.x, f.y, f.q, f.beta) {
			return fault("dependent", "columns", "", "columns that still vary among the answers with weight", "use Huber's ψ, or drop a column", "too many answers lost their weight to fit the columns")
		}
		residuals(f.x, f.y, f.beta, f.r)
		if f.change() <= f.rule.Tolerance && (f.rule.ResidualsOnly || math.Abs(f.scale-before) <= 1e-12*f.scale) {
			f.status = OK
			break
		}
	}
	return nil
}

// weigh computes robustness weights and the weights of the next fit.
func (f *fit) weigh() {
	for i, r := range f.r {
		f.u[i] = f.rule.Psi.Weight(r / f.scale)
		f.q[i] = f.u[i]
		if f.prior != nil {
			f.q[i] *= f.prior[i]
		}
	}
}

// change is the root of Σ(r−r′)²/Σr′².
func (f *fit) change() float64 {
	a, b := 0.0, 0.0
	for i, r := range f.r {
		d := r - f.old[i]
		a += float64(d * d)
		b += float64(f.old[i] * f.old[i])
	}
	return math.Sqrt(a / max(b, 1e-20))
}

func (f *fit) firstScale() {
	f.madScale()
	if f.rule.Proposal2 && f.prior == nil {
		f.scale *= MADShort * rlmConstant // the start of the classical algorithm
	}
}

func (f *fit) nextScale() {
	if !f.rule.Proposal2 {
		f.madScale()
		return
	}
	sum, total, k := 0.0, 0.0, f.rule.K2*f.scale
	for i, r := range f.r {
		v := min(float64(r*r), float64(k*k))
		if f.prior != nil {
			sum += float64(f.prior[i] * v)
			total += f.prior[i]
		} else {
			sum += v
			total++
		}
	}
	f.scale = math.Sqrt(sum / ((total - float64(len(f.x))) * proposal2(f.rule.K2)))
}

// madScale is the median of |r| over 0.6745, or for survey weights the
// weighted MAD about the weighted median.
func (f *fit) madScale() {
	if f.rule.Weighting == SurveyWeight {
		s := Sort(f.r, f.prior)
		f.scale = s.MAD(s.Median(), MADSurvey)
		if f.scale == 0 {
			f.scale = s.IQR(IQRSurvey)
		}
		return
	}
	abs := make([]float64, len(f.r))
	for i, r := range f.r {
		abs[i] = math.Abs(r)
	}
	s := Sort(abs, f.prior)
	at, _ := s.around(0.5)
	f.scale, f.scaleRow = s.Median()/rlmConstant, int(s.Row[at])
}

func (f *fit) result(y []float64, x [][]float64, w []float64) *Regression {
	out := &Regression{Coefficients: f.beta, Scale: f.scale, ScaleRow: f.scaleRow, RobustWeights: f.u,
		Residuals: make([]float64, len(y)), Iterations: f.iterations, Status: f.status}
	residuals(x, y, f.beta, out.Residuals)
	if f.status == ZeroScale {
		for i := range f.u {
			f.u[i] = 1
		}
	}
	return out
}

// standardErrors follows Huber & Ronchetti (2009, section 7.6):
// κ² [Σψ²s²/(n−p)] / (mean ψ′)² (XᵀX)⁻¹ with κ = 1 + p var(ψ′)/(n mean(ψ′)²).
func (f *fit) standardErrors(out *Regression) {
	if f.scale == 0 {
		return
	}
	n, p := 0.0, float64(len(f.x))
	ss, m1, m2 := 0.0, 0.0, 0.0
	for i, r := range f.r {
		w := 1.0
		if f.prior != nil {
			w = f.prior[i]
		}
		t := r / f.scale
		v, d := r*f.rule.Psi.Weight(t), f.rule.Psi.Slope(t)
		ss += float64(w * float64(v*v))
		m1 += float64(w * d)
		m2 += float64(w * float64(d*d))
		n += w
	}
	mean := m1 / n
	if mean <= 0 || n <= p {
		return
	}
	kappa := 1 + p*((m2-m1*m1/n)/(n-1))/(n*mean*mean)
	sd := math.Sqrt(ss/(n-p)) * (kappa / mean)
	if !f.solver.factor(f.x, f.prior) {
		return
	}
	inv := f.solver.gramInverse()
	out.SE = make([]float64, len(inv))
	for j := range inv {
		out.SE[j] = sd * math.Sqrt(inv[j][j])
	}
}
