package estimate

import "math"

// aliasTolerance is how much of a column's length must be left after the
// columns before it are taken out, for the column to count as new information.
const aliasTolerance = 1e-10

// qr is a Householder factorisation of an n×p matrix given by columns. Columns
// that depend on those before them are set aside (aliased).
type qr struct {
	r       [][]float64 // r[j][k], k <= j: upper triangle by kept column
	reflect [][]float64 // Householder vectors
	kept    []int       // kept column -> input column
}

// factor factorises columns; it does not change them.
func factor(cols [][]float64) qr {
	var f qr
	for c, col := range cols {
		x := append([]float64(nil), col...)
		norm := length(x)
		for k := range f.reflect {
			f.apply(k, x)
		}
		k := len(f.reflect)
		if k >= len(x) {
			break
		}
		rest := length(x[k:])
		if rest == 0 || rest < aliasTolerance*norm {
			continue
		}
		// Reflect x[k:] onto -sign(x[k])·rest·e₁.
		h := append([]float64(nil), x[k:]...)
		alpha := -math.Copysign(rest, h[0])
		h[0] -= alpha
		hn := length(h)
		for i := range h {
			h[i] /= hn
		}
		f.reflect = append(f.reflect, h)
		f.r = append(f.r, append(append([]float64(nil), x[:k]...), alpha))
		f.kept = append(f.kept, c)
	}
	return f
}

// apply reflects x by the k-th Householder vector.
func (f *qr) apply(k int, x []float64) {
	h, tail := f.reflect[k], x[k:]
	s := 0.0
	for i, v := range h {
		s += float64(v * tail[i])
	}
	s *= 2
	for i, v := range h {
		tail[i] -= float64(s * v)
	}
}

// solve gives the least-squares coefficients of the kept columns for y.
func (f *qr) solve(y []float64) []float64 {
	q := append([]float64(nil), y...)
	for k := range f.reflect {
		f.apply(k, q)
	}
	b := make([]float64, len(f.kept))
	for j := len(b) - 1; j >= 0; j-- {
		s := q[j]
		for m := j + 1; m < len(b); m++ {
			s -= float64(f.r[m][j] * b[m])
		}
		b[j] = s / f.r[j][j]
	}
	return b
}

// gramInverse is (XᵀX)⁻¹ = R⁻¹R⁻ᵀ of the kept columns.
func (f *qr) gramInverse() [][]float64 {
	p := len(f.kept)
	inv := square(p) // R⁻¹
	for c := range p {
		for j := c; j >= 0; j-- {
			s := 0.0
			if j == c {
				s = 1
			}
			for m := j + 1; m <= c; m++ {
				s -= float64(f.r[m][j] * inv[m][c])
			}
			inv[j][c] = s / f.r[j][j]
		}
	}
	g := square(p)
	for a := range p {
		for b := range p {
			for m := max(a, b); m < p; m++ {
				g[a][b] += float64(inv[a][m] * inv[b][m])
			}
		}
	}
	return g
}

// length is the Euclidean norm.
func length(x []float64) float64 {
	s := 0.0
	for _, v := range x {
		s += float64(v * v)
	}
	return math.Sqrt(s)
}

// solveLinear solves the square system a·x = b (columns of b) by Gaussian
// elimination with partial pivoting; ok is false where a is singular.
func solveLinear(a, b [][]float64) (x [][]float64, ok bool) {
	n := len(a)
	m := make([][]float64, n)
	scale := 0.0
	for i := range a {
		m[i] = append(append([]float64(nil), a[i]...), b[i]...)
		for _, v := range a[i] {
			scale = math.Max(scale, math.Abs(v))
		}
	}
	for k := range n {
		piv := k
		for i := k + 1; i < n; i++ {
			if math.Abs(m[i][k]) > math.Abs(m[piv][k]) {
				piv = i
			}
		}
		if !(math.Abs(m[piv][k]) > 1e-14*scale) {
			return nil, false
		}
		m[k], m[piv] = m[piv], m[k]
		for i := range m {
			if i == k {
				continue
			}
			f := m[i][k] / m[k][k]
			for j := k; j < len(m[i]); j++ {
				m[i][j] -= float64(f * m[k][j])
			}
		}
	}
	x = make([][]float64, n)
	for i := range x {
		x[i] = m[i][n:]
		for j := range x[i] {
			x[i][j] /= m[i][i]
		}
	}
	return x, true
}
