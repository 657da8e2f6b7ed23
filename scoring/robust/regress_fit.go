package robust

import (
	"math"
)

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
	dependent := false
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
		// A step may leave too few answers with weight for all columns and the
		// next ones bring them back; only the end must be able to tell them apart.
		if dependent = !f.solver.fit(f.x, f.y, f.q, f.beta); dependent {
			f.fitIndependent()
		}
		residuals(f.x, f.y, f.beta, f.r)
		if f.change() <= f.rule.Tolerance && (f.rule.ResidualsOnly || math.Abs(f.scale-before) <= 1e-12*f.scale) {
			f.status = OK
			break
		}
	}
	if dependent && f.status != ZeroScale {
		return fault("dependent", "columns", "", "columns that still vary among the answers with weight", "use Huber's ψ, or drop a column", "too many answers lost their weight to fit the columns")
	}
	return nil
}

// fitIndependent fits the columns that do not depend on those before them under
// the weights of the step; the others get coefficient 0.
func (f *fit) fitIndependent() {
	var kept [][]float64
	var at []int
	for j, col := range f.x {
		f.beta[j] = 0
		if newLSQ(len(f.y), len(kept)+1).factor(append(kept, col), f.q) {
			kept, at = append(kept, col), append(at, j)
		}
	}
	beta := make([]float64, len(kept))
	if newLSQ(len(f.y), len(kept)).fit(kept, f.y, f.q, beta) {
		for k, j := range at {
			f.beta[j] = beta[k]
		}
	}
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
