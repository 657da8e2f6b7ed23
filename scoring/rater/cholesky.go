package rater

import "math"

// factor is the Cholesky factor of a symmetric matrix, in the lower triangle.
type factor [][]float64

// factorise returns the factor of a, or false when a is not positive definite
// to about 1e-11 of its diagonal. a is left as it is.
func factorise(a [][]float64) (factor, bool) {
	l := make(factor, len(a))
	for i := range a {
		l[i] = make([]float64, i+1)
		for j := 0; j <= i; j++ {
			s := a[i][j]
			for k := range j {
				s -= float64(l[i][k] * l[j][k])
			}
			switch {
			case j < i:
				l[i][j] = s / l[j][j]
			case !(s > 1e-11*a[i][i]) || s <= 0:
				return nil, false
			default:
				l[i][i] = math.Sqrt(s)
			}
		}
	}
	return l, true
}

// solve returns the solution of A x = b.
func (l factor) solve(b []float64) []float64 {
	x := append([]float64(nil), b...)
	for i := range l {
		for k := range i {
			x[i] -= float64(l[i][k] * x[k])
		}
		x[i] /= l[i][i]
	}
	for i := len(l) - 1; i >= 0; i-- {
		for k := i + 1; k < len(l); k++ {
			x[i] -= float64(l[k][i] * x[k])
		}
		x[i] /= l[i][i]
	}
	return x
}

// inverse returns the inverse of A.
func (l factor) inverse() [][]float64 {
	n := len(l)
	out := make([][]float64, n)
	for i := range out {
		e := make([]float64, n)
		e[i] = 1
		out[i] = l.solve(e)
	}
	return out
}

// sandwich returns t' a t for a of n×n and t of n×p.
func sandwich(a, t [][]float64) [][]float64 {
	if len(t) == 0 {
		return nil
	}
	p := len(t[0])
	out := make([][]float64, p)
	for i := range out {
		out[i] = make([]float64, p)
	}
	half := make([]float64, p)
	for i := range a {
		for k := range half {
			half[k] = 0
		}
		for j, v := range a[i] {
			if v == 0 {
				continue
			}
			for k, w := range t[j] {
				if w != 0 {
					half[k] += float64(v * w)
				}
			}
		}
		for k, w := range t[i] {
			if w != 0 {
				for q := range half {
					out[k][q] += float64(w * half[q])
				}
			}
		}
	}
	return out
}

// apply returns t' v.
func apply(t [][]float64, v []float64) []float64 {
	if len(t) == 0 {
		return nil
	}
	out := make([]float64, len(t[0]))
	for i, row := range t {
		for k, w := range row {
			if w != 0 {
				out[k] += float64(w * v[i])
			}
		}
	}
	return out
}

// expand returns t v.
func expand(t [][]float64, v []float64) []float64 {
	out := make([]float64, len(t))
	for i, row := range t {
		for k, w := range row {
			out[i] += float64(w * v[k])
		}
	}
	return out
}

func largest(v []float64) float64 {
	m := 0.0
	for _, x := range v {
		m = math.Max(m, math.Abs(x))
	}
	return m
}
