package weight

import "math"

// ResidualWeight says which weights the regression behind the variance of a
// calibrated estimator uses.
type ResidualWeight int

// The three conventions; their standard errors differ by about 1%.
const (
	// BaseResidual is Deville & Särndal (1992, section 4) and ours.
	BaseResidual ResidualWeight = iota
	// UnweightedResidual is what the R survey package's rake does.
	UnweightedResidual
	// AdjustedResidual uses the final weights (Särndal 2007, eq. 4.4).
	AdjustedResidual
)

// Residuals returns z minus its least squares fit on the columns, with case
// weights q:
//
//	e = z − x'B,  B = (Σ q x x')⁻¹ Σ q x z
//
// The variance of a calibrated total is the design variance of Σ w e, where w
// are the calibrated weights: pass the linearised variable of any estimator as
// z. Redundant columns are dropped.
//
// Source: Deville and Särndal (1992), section 3.
func Residuals(z, q []float64, columns []Column) []float64 {
	mustMatch("q", len(q), len(z))
	k := len(columns)
	matrix, right, beta := make([]float64, k*k), make([]float64, k), make([]float64, k)
	for a := range columns {
		xa := columns[a].X
		mustMatch("column "+columns[a].Name, len(xa), len(z))
		for b := 0; b <= a; b++ {
			s := 0.0
			for i, v := range columns[b].X {
				s += float64(float64(q[i]*xa[i]) * v)
			}
			matrix[a*k+b], matrix[b*k+a] = s, s
		}
		for i, v := range z {
			right[a] += float64(float64(q[i]*xa[i]) * v)
		}
	}
	solveSymmetric(matrix, right, beta, k, 1e-12)
	e := append([]float64(nil), z...)
	for a, c := range columns {
		for i, v := range c.X {
			e[i] -= float64(beta[a] * v)
		}
	}
	return e
}

// MarginResiduals returns z minus its least squares fit on the levels of all
// margins, with case weights q, by sweeping group means in turn until no
// residual changes by more than 1e-13 of the largest (or 1000 sweeps). With
// one margin it is the residual from post-stratum means.
//
// Source: Deville, Särndal and Sautory (1993).
func MarginResiduals(z, q []float64, margins []Factor) []float64 {
	mustMatch("q", len(q), len(z))
	e := append([]float64(nil), z...)
	largest := 0.0
	for _, v := range z {
		largest = max(largest, math.Abs(v))
	}
	for sweep := 0; sweep < 1000; sweep++ {
		moved := 0.0
		for _, f := range margins {
			mustMatch("factor "+f.Name, len(f.Codes), len(z))
			sum, weight := make([]float64, len(f.Levels)), make([]float64, len(f.Levels))
			for i, c := range f.Codes {
				sum[c] += float64(q[i] * e[i])
				weight[c] += q[i]
			}
			for l, w := range weight {
				if w > 0 {
					sum[l] /= w
				}
				moved = max(moved, math.Abs(sum[l]))
			}
			for i, c := range f.Codes {
				e[i] -= sum[c]
			}
		}
		if len(margins) < 2 || moved <= 1e-13*largest {
			break
		}
	}
	return e
}
