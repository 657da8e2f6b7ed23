package weight

import (
	"fmt"
	"math"

	"gongping/internal/errs"
)

// Distance is the calibration function F of Deville & Särndal (1992):
// g = F(x'λ).
type Distance int

// The distances.
const (
	// Linear is the general regression estimator, g = 1 + x'λ; with bounds it
	// is truncated there (case 7 of Deville & Särndal).
	Linear Distance = iota
	// Raking is the multiplicative method, g = exp(x'λ), truncated at bounds.
	Raking
	// Logit stays strictly between its bounds Lower < 1 < Upper (case 6).
	Logit
)

// String names the distance.
func (d Distance) String() string { return [...]string{"linear", "raking", "logit"}[d] }

// CalibrationRule chooses the distance, the bounds on g and the stopping rule.
type CalibrationRule struct {
	Distance Distance
	// Lower and Upper bound g; both zero means no bounds.
	Lower, Upper float64
	// Epsilon bounds |achieved − target|/(1+|target|); zero means 1e-10, after
	// which one more Newton step is made.
	Epsilon float64
	// MaxIterations of Newton's method; zero means 200.
	MaxIterations int
	// Cluster, when given, makes g constant within each of its levels: the
	// whole household or building gets one factor (Särndal, Swensson &
	// Wretman 1992, section 8.4; Lemaître & Dufour 1987).
	Cluster *Factor
}

// Column is one calibration variable with its population total.
type Column struct {
	Name  string
	X     []float64
	Total float64
}

// Calibrate finds weights close to base, in the sense of the distance, that
// reproduce the total of every column:
//
//	Σ base_i F(x_i'λ) x_i = T
//
// by Newton's method with step halving. Redundant columns are harmless when
// their totals agree with the others. Totals that cannot be reached within the
// bounds are an error that names the column furthest away.
//
// Source: Deville and Särndal (1992).
func Calibrate(base []float64, columns []Column, rule CalibrationRule) (*Adjustment, error) {
	if err := checkWeights(base); err != nil {
		return nil, err
	}
	if err := checkColumns(base, columns); err != nil {
		return nil, err
	}
	f, err := rule.function()
	if err != nil {
		return nil, err
	}
	if rule.Epsilon == 0 {
		rule.Epsilon = 1e-10
	}
	if rule.MaxIterations == 0 {
		rule.MaxIterations = 200
	}
	p := newCalibration(base, columns, rule.Cluster, f)
	if err := p.reachable(columns); err != nil {
		return nil, err
	}
	iterations, misfit, converged := p.newton(rule)
	if !converged {
		return nil, p.infeasible(columns, iterations)
	}
	out := &Adjustment{Weights: make([]float64, len(base)), G: make([]float64, len(base)), Iterations: iterations, Misfit: misfit}
	negative := 0
	for i, w := range base {
		g := p.g[p.unit(i)]
		out.G[i] = g
		out.Weights[i] = w * g
		if out.Weights[i] < 0 {
			negative++
		}
	}
	if negative > 0 {
		out.Warnings = append(out.Warnings, fmt.Sprintf("%d weights are negative: set bounds or use another distance", negative))
	}
	return out, nil
}

func checkColumns(base []float64, columns []Column) error {
	if len(columns) == 0 {
		return errs.New(errs.Invalid, "weight.no_column", "calibration needs at least one column")
	}
	for _, c := range columns {
		mustMatch("column "+c.Name, len(c.X), len(base))
		if math.IsNaN(c.Total) || math.IsInf(c.Total, 0) {
			return errs.New(errs.Invalid, "weight.bad_total", "the population total of %s is not a number", c.Name).
				At(c.Name, fmt.Sprint(c.Total), "a finite total", "correct the total")
		}
		for i, v := range c.X {
			if math.IsNaN(v) || math.IsInf(v, 0) {
				return errs.New(errs.Invalid, "weight.missing_covariate", "a calibration variable has no value").
					At(fmt.Sprintf("%s, row %d", c.Name, i+1), fmt.Sprint(v), "a finite number",
						"fill the value, or give missing values a category of their own")
			}
		}
	}
	return nil
}
