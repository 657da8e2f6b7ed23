// Package gram solves small least-squares problems from cross-product (Gram)
// matrices.
//
// Every loop runs in one fixed order and every product is rounded before it is
// added (float64(a*b) + c), so that the results are the same on every
// processor. Columns that are linear combinations of earlier ones are dropped,
// as R does, and are named to the caller.
//
// Matrices are dense, row-major, symmetric ones are stored in full.
package gram

import "math"

// Tolerance is the share of a column's own sum of squares below which what is
// left after the earlier columns is taken as rounding error, so that the
// column counts as a combination of them.
const Tolerance = 1e-11

// Factor is the Cholesky factor of the columns of a Gram matrix that are
// linearly independent.
type Factor struct {
	kept []int
	low  []float64 // k×k lower triangle, row-major
	k    int
}

// Decompose factors the leading p×p block of g, whose rows have the given
// stride. Column j is dropped when its pivot is at most tol times scale[j]
// (nil scale: times its own diagonal entry).
//
// Source: Cholesky factorisation, Golub and Van Loan (2013), section 4.2.
func Decompose(g []float64, p, stride int, scale []float64, tol float64) *Factor {
	f := &Factor{}
	rows := make([][]float64, 0, p)
	for j := range p {
		row := make([]float64, len(f.kept)+1)
		pivot := g[j*stride+j]
		for a, ca := range f.kept {
			s := g[j*stride+ca]
			for b := range a {
				s -= float64(row[b] * rows[a][b])
			}
			row[a] = s / rows[a][a]
			pivot -= float64(row[a] * row[a])
		}
		ref := g[j*stride+j]
		if scale != nil {
			ref = scale[j]
		}
		if !(pivot > tol*ref) || pivot <= 0 {
			continue
		}
		row[len(f.kept)] = math.Sqrt(pivot)
		rows = append(rows, row)
		f.kept = append(f.kept, j)
	}
	f.k = len(rows)
	f.low = make([]float64, f.k*f.k)
	for i, row := range rows {
		copy(f.low[i*f.k:], row)
	}
	return f
}

// Kept lists the columns that are independent, in order.
func (f *Factor) Kept() []int { return f.kept }

// Rank is the number of independent columns.
func (f *Factor) Rank() int { return f.k }

// Solve returns the coefficients c of G c = b over the kept columns; b holds
// one entry for every original column.
func (f *Factor) Solve(b []float64) []float64 {
	z := f.Half(b)
	for i := f.k - 1; i >= 0; i-- {
		s := z[i]
		for j := i + 1; j < f.k; j++ {
			s -= float64(f.low[j*f.k+i] * z[j])
		}
		z[i] = s / f.low[i*f.k+i]
	}
	return z
}

// Half returns L^-1 b over the kept columns, so that the sum of its squares is
// b' G^-1 b.
func (f *Factor) Half(b []float64) []float64 {
	z := make([]float64, f.k)
	for i := range f.k {
		s := b[f.kept[i]]
		for j := range i {
			s -= float64(f.low[i*f.k+j] * z[j])
		}
		z[i] = s / f.low[i*f.k+i]
	}
	return z
}

// Quad returns b' G^-1 b over the kept columns.
func (f *Factor) Quad(b []float64) float64 {
	q := 0.0
	for _, v := range f.Half(b) {
		q += float64(v * v)
	}
	return q
}

// Inverse returns G^-1 over the kept columns, k×k.
func (f *Factor) Inverse() []float64 {
	inv := make([]float64, f.k*f.k)
	if f.k == 0 {
		return inv
	}
	e := make([]float64, f.kept[f.k-1]+1)
	for c, col := range f.kept {
		e[col] = 1
		for r, v := range f.Solve(e) {
			inv[r*f.k+c] = v
		}
		e[col] = 0
	}
	for i := range f.k { // rounding leaves the halves an ulp apart
		for j := range i {
			m := (inv[i*f.k+j] + inv[j*f.k+i]) / 2
			inv[i*f.k+j], inv[j*f.k+i] = m, m
		}
	}
	return inv
}

// LogDet returns log det G over the kept columns.
func (f *Factor) LogDet() float64 {
	s := 0.0
	for i := range f.k {
		s += math.Log(f.low[i*f.k+i])
	}
	return 2 * s
}
