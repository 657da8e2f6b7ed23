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
//
// Faults: columns that do not vary among the answers kept.
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
//
// Source: Huber (1973); Beaton and Tukey (1974) for the bisquare.
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
