package analyze

import (
	"gonum.org/v1/gonum/mat"

	"gongping/internal/errs"
	"gongping/scoring/estimate"
	"gongping/survey/weight"
)

// calibratedCovariance is the covariance of the first k coefficients of a linear
// regression under raked weights: the linearised values A⁻¹ x e of every
// coefficient, A = Σ w x x', are replaced by their residuals on the margins.
func (a *analysis) calibratedCovariance(reg estimate.Regression, y estimate.Column, xs []estimate.Column, domain []bool, k int) ([][]float64, error) {
	var kept []int
	for j := range xs {
		if !reg.Aliased[j] {
			kept = append(kept, j)
		}
	}
	p, w, in := len(kept), a.design.DesignWeight(), present(domain, append([]estimate.Column{y}, xs...)...)
	info := mat.NewSymDense(p, nil)
	for i := range w {
		if !in(i) || w[i] == 0 {
			continue
		}
		for r, jr := range kept {
			if x := xs[jr].Values[i]; x != 0 {
				for c := r; c < p; c++ {
					info.SetSym(r, c, info.At(r, c)+float64(float64(w[i]*x)*xs[kept[c]].Values[i]))
				}
			}
		}
	}
	var chol mat.Cholesky
	if !chol.Factorize(info) {
		return nil, errs.New(errs.Invalid, "analyze.singular", "the groups and covariates depend on each other").
			At("covariates", "", "covariates that differ within groups", "leave one out")
	}
	var inverse mat.SymDense
	if err := chol.InverseTo(&inverse); err != nil {
		return nil, err
	}
	scores := make([][]float64, k)
	for r := range scores {
		z := make([]float64, a.frame.rows)
		for i := range z {
			if !in(i) {
				continue
			}
			fit, lever := 0.0, 0.0
			for c, j := range kept {
				fit += float64(reg.Coefficients[j] * xs[j].Values[i])
				lever += float64(inverse.At(r, c) * xs[j].Values[i])
			}
			z[i] = lever * (y.Values[i] - fit)
		}
		scores[r] = weight.MarginResiduals(z, a.base, a.margins)
		for i := range scores[r] {
			scores[r][i] *= w[i]
		}
	}
	return a.design.Variance(scores, nil)
}
