package robust

import "math"

// lsq solves weighted least squares by Householder reflections on the columns
// of √q X; columns and right side are its own scratch, so repeated fits of one
// size do not allocate.
type lsq struct {
	n, p int
	a    [][]float64 // √q X, then the reflectors and R
	y    []float64
	diag []float64
}

func newLSQ(n, p int) *lsq {
	l := &lsq{n: n, p: p, a: make([][]float64, p), y: make([]float64, n), diag: make([]float64, p)}
	for j := range l.a {
		l.a[j] = make([]float64, n)
	}
	return l
}

// fit writes the coefficients to beta and reports whether the columns were
// independent.
func (l *lsq) fit(x [][]float64, y, q, beta []float64) bool {
	if !l.factor(x, q) {
		return false
	}
	for i := range l.y {
		l.y[i] = y[i]
		if q != nil {
			l.y[i] *= math.Sqrt(q[i])
		}
	}
	for j, col := range l.a {
		s := 0.0
		for i := j; i < l.n; i++ {
			s += float64(col[i] * l.y[i])
		}
		s /= -col[j]
		for i := j; i < l.n; i++ {
			l.y[i] += float64(s * col[i])
		}
	}
	for j := l.p - 1; j >= 0; j-- {
		s := l.y[j]
		for k := j + 1; k < l.p; k++ {
			s -= float64(l.a[k][j] * beta[k])
		}
		beta[j] = s / l.diag[j]
	}
	return true
}

// factor reduces √q X to triangular form; column j keeps its reflector u, and
// H = I − u uᵀ/u_j.
func (l *lsq) factor(x [][]float64, q []float64) bool {
	if l.n < l.p {
		return false
	}
	for j, col := range x {
		for i, v := range col {
			if q != nil {
				v *= math.Sqrt(q[i])
			}
			l.a[j][i] = v
		}
	}
	for j, col := range l.a {
		full, norm := 0.0, 0.0
		for i, v := range col {
			full += float64(v * v)
			if i >= j {
				norm += float64(v * v)
			}
		}
		norm = math.Sqrt(norm)
		if !(norm > 1e-11*math.Sqrt(full)) || math.IsInf(norm, 0) {
			return false
		}
		if col[j] > 0 {
			norm = -norm
		}
		for i := j; i < l.n; i++ {
			col[i] /= -norm
		}
		col[j]++
		for k := j + 1; k < l.p; k++ {
			s := 0.0
			for i := j; i < l.n; i++ {
				s += float64(col[i] * l.a[k][i])
			}
			s = -s / col[j]
			for i := j; i < l.n; i++ {
				l.a[k][i] += float64(s * col[i])
			}
		}
		l.diag[j] = norm
	}
	return true
}

// gramInverse is (XᵀQX)⁻¹ after factor.
func (l *lsq) gramInverse() [][]float64 {
	p := l.p
	inv := make([][]float64, p) // R⁻¹, upper triangular
	for i := range inv {
		inv[i] = make([]float64, p)
	}
	for j := range p {
		inv[j][j] = 1 / l.diag[j]
		for i := j - 1; i >= 0; i-- {
			s := 0.0
			for k := i + 1; k <= j; k++ {
				s += float64(l.a[k][i] * inv[k][j])
			}
			inv[i][j] = -s / l.diag[i]
		}
	}
	out := make([][]float64, p)
	for i := range out {
		out[i] = make([]float64, p)
		for j := range out[i] {
			for k := max(i, j); k < p; k++ {
				out[i][j] += float64(inv[i][k] * inv[j][k])
			}
		}
	}
	return out
}

// residuals writes y − Xβ.
func residuals(x [][]float64, y, beta, out []float64) {
	copy(out, y)
	for j, col := range x {
		b := beta[j]
		for i, v := range col {
			out[i] -= float64(b * v)
		}
	}
}

// cross is Xᵀ diag(q) X.
func cross(x [][]float64, q []float64) [][]float64 {
	out := make([][]float64, len(x))
	for a := range x {
		out[a] = make([]float64, len(x))
		for b := range x {
			s := 0.0
			for i, v := range x[b] {
				s += float64(float64(q[i]*x[a][i]) * v)
			}
			out[a][b] = s
		}
	}
	return out
}

// multiply is the product of two square matrices.
func multiply(a, b [][]float64) [][]float64 {
	out := make([][]float64, len(a))
	for i := range a {
		out[i] = make([]float64, len(b[0]))
		for k, v := range a[i] {
			for j, w := range b[k] {
				out[i][j] += float64(v * w)
			}
		}
	}
	return out
}

// invert is the inverse of a square matrix by Gauss–Jordan elimination with
// partial pivoting; ok is false when it is singular.
func invert(m [][]float64) (inv [][]float64, ok bool) {
	p := len(m)
	a, out := make([][]float64, p), make([][]float64, p)
	for i := range m {
		a[i] = append([]float64(nil), m[i]...)
		out[i] = make([]float64, p)
		out[i][i] = 1
	}
	for k := range p {
		best := k
		for i := k + 1; i < p; i++ {
			if math.Abs(a[i][k]) > math.Abs(a[best][k]) {
				best = i
			}
		}
		a[k], a[best], out[k], out[best] = a[best], a[k], out[best], out[k]
		if a[k][k] == 0 || math.IsNaN(a[k][k]) {
			return nil, false
		}
		d := a[k][k]
		for j := range p {
			a[k][j] /= d
			out[k][j] /= d
		}
		for i := range p {
			if f := a[i][k]; i != k && f != 0 {
				for j := range p {
					a[i][j] -= float64(f * a[k][j])
					out[i][j] -= float64(f * out[k][j])
				}
			}
		}
	}
	return out, true
}
