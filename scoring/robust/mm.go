package robust

import (
	"math"
)

// MM is an MM-estimate of regression (Yohai 1987): an S-estimate of high
// breakdown gives start and scale, an M-step with the scale fixed gives
// efficiency. Both use Tukey's bisquare.
type MM struct {
	Coefficients []float64
	SE           []float64 // Croux, Dhaene & Hoorelbeke (2003), eq. for AVAR1
	Scale        float64   // S-scale
	SCoefs       []float64 // coefficients of the S-estimate
	// RobustWeights of the M-step.
	RobustWeights []float64
	Status        Status
}

// Tuning of the bisquare: 50% breakdown of the S-estimate, 95% efficiency of
// the M-step.
const (
	sTuning = 1.54764
	mTuning = 4.685061
)

// subsets bounds the elemental starts that are tried; when there are no more
// combinations than that all are tried, else a fixed pseudo-random selection.
const subsets = 6000

// FitMM fits y on the columns x. The S-estimate minimises the scale s with
// Σρ(r/s) = (n−p)/2 over the fits through p answers each, the best ones
// refined; it is deterministic.
//
// Faults: values that are not numbers, no more answers than columns, dependent columns.
//
// Source: Yohai (1987); the S-estimate Rousseeuw and Yohai (1984), its search
// Salibian-Barrera and Yohai (2006).
func FitMM(y []float64, x [][]float64) (*MM, error) {
	if err := checkRegression(y, x, nil); err != nil {
		return nil, err
	}
	s := &sSearch{y: y, x: x, n: len(y), p: len(x), r: make([]float64, len(y)), q: make([]float64, len(y))}
	s.solver = newLSQ(s.n, s.p)
	beta, scale, ok := s.best()
	if !ok {
		return nil, fault("dependent", "columns", "", "columns that are not combinations of each other", "drop a column", "the columns of the regression are linearly dependent")
	}
	m := &MM{Coefficients: append([]float64(nil), beta...), SCoefs: beta, Scale: scale, Status: NotConverged,
		RobustWeights: make([]float64, s.n)}
	if scale == 0 {
		m.Status = ZeroScale
		m.exactFit(y, x, s.r)
		return m, nil
	}
	psi := TukeyPsi(mTuning)
	old := make([]float64, s.p)
	for range 2000 {
		residuals(x, y, m.Coefficients, s.r)
		for i, r := range s.r {
			m.RobustWeights[i] = psi.Weight(r / scale)
		}
		copy(old, m.Coefficients)
		if !s.solver.fit(x, y, m.RobustWeights, m.Coefficients) {
			return nil, fault("dependent", "columns", "", "columns that vary among the answers kept", "drop a column", "too many answers lost their weight to fit the columns")
		}
		if near(old, m.Coefficients, 1e-13) {
			m.Status = OK
			break
		}
	}
	m.standardErrors(y, x)
	return m, nil
}

// exactFit sets the weights when more than half of the answers lie on the fit:
// those alone determine it.
func (m *MM) exactFit(y []float64, x [][]float64, r []float64) {
	residuals(x, y, m.Coefficients, r)
	for i, v := range r {
		if math.Abs(v) <= 1e-9*(1+math.Abs(y[i])) {
			m.RobustWeights[i] = 1
		}
	}
}

func near(a, b []float64, tol float64) bool {
	d, n := 0.0, 0.0
	for i := range a {
		d += math.Abs(a[i] - b[i])
		n += math.Abs(a[i])
	}
	return d <= tol*max(n, 1e-20)
}
