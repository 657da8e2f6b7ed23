package robust

import (
	"math"
)

// standardErrors is the asymptotic covariance of the joint estimating
// equations of coefficients, S-scale and S-start (Croux, Dhaene & Hoorelbeke
// 2003, AVAR1), which stays valid under skewed errors.
func (m *MM) standardErrors(y []float64, x [][]float64) {
	n, p := len(y), len(x)
	r, r0 := make([]float64, n), make([]float64, n)
	residuals(x, y, m.Coefficients, r)
	residuals(x, y, m.SCoefs, r0)
	psi := TukeyPsi(mTuning)
	slope, score, chi := make([]float64, n), make([]float64, n), make([]float64, n)
	mean, spread := 0.0, 0.0
	for i := range y {
		t, t0 := r[i]/m.Scale, r0[i]/m.Scale
		slope[i], score[i], chi[i] = psi.Slope(t), psi.Score(t), rho(t0, sTuning)
		// ρ′(t) t with ρ = bisquare scaled to 1: (6/c²) ψ(t) t.
		mean += float64(6 / (sTuning * sTuning) * TukeyPsi(sTuning).Score(t0) * t0)
		spread += float64(chi[i]*chi[i]) - 0.25
	}
	mean /= float64(n)
	spread /= float64(n)
	a, ok := invert(cross(x, slope))
	if !ok || mean == 0 {
		return
	}
	for _, row := range a {
		for j := range row {
			row[j] *= m.Scale
		}
	}
	side, mixed, second := make([]float64, p), make([]float64, p), make([]float64, n)
	for i := range y {
		second[i] = score[i] * score[i]
	}
	for j, col := range x {
		for i, v := range col {
			side[j] += float64(slope[i] * r[i] / m.Scale * v)
			mixed[j] += float64(score[i] * chi[i] * v)
		}
	}
	shift, pull := make([]float64, p), make([]float64, p)
	for i := range p {
		for j := range p {
			shift[i] += float64(a[i][j] * side[j] / mean)
			pull[i] += float64(a[i][j] * mixed[j])
		}
	}
	u1 := multiply(multiply(a, cross(x, second)), a)
	m.SE = make([]float64, p)
	for j := range p {
		v := (float64(u1[j][j]*float64(n)) - float64(2*shift[j]*pull[j]) + float64(spread*shift[j]*shift[j])) / float64(n)
		m.SE[j] = math.Sqrt(max(v, 0))
	}
}
