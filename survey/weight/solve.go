package weight

import "math"

// solveSymmetric solves A x = b for a symmetric positive semidefinite A (p×p,
// row-major, overwritten) by Cholesky decomposition with diagonal pivoting
// after scaling to unit diagonal. Directions whose pivot falls below tol are
// dropped and get x = 0, which leaves a solution whenever the system is
// consistent. It returns the number of directions kept.
func solveSymmetric(a, b, x []float64, p int, tol float64) int {
	scale := make([]float64, p)
	for j := range scale {
		if d := a[j*p+j]; d > 0 {
			scale[j] = 1 / math.Sqrt(d)
		}
	}
	perm := make([]int, p)
	for i := range perm {
		perm[i] = i
		for j := range p {
			a[i*p+j] = a[i*p+j] * scale[i] * scale[j]
		}
	}
	rank := 0
	l := a // decomposed in place, rows and columns addressed through perm
	for k := 0; k < p; k++ {
		best := k
		for i := k + 1; i < p; i++ {
			if l[perm[i]*p+perm[i]] > l[perm[best]*p+perm[best]] {
				best = i
			}
		}
		perm[k], perm[best] = perm[best], perm[k]
		d := l[perm[k]*p+perm[k]]
		if !(d > tol) {
			break
		}
		rank++
		eliminate(l, perm, k, p)
	}
	clear(x[:p])
	y := make([]float64, rank)
	for k := range rank {
		s := b[perm[k]] * scale[perm[k]]
		for j := range k {
			s -= float64(l[perm[k]*p+perm[j]] * y[j])
		}
		y[k] = s / l[perm[k]*p+perm[k]]
	}
	for k := rank - 1; k >= 0; k-- {
		s := y[k]
		for j := k + 1; j < rank; j++ {
			s -= float64(l[perm[j]*p+perm[k]] * y[j])
		}
		y[k] = s / l[perm[k]*p+perm[k]]
	}
	for k := range rank {
		x[perm[k]] = y[k] * scale[perm[k]]
	}
	return rank
}

// eliminate turns column k of the pivoted matrix into a column of L and
// updates what remains.
func eliminate(l []float64, perm []int, k, p int) {
	pk := perm[k]
	d := math.Sqrt(l[pk*p+pk])
	l[pk*p+pk] = d
	for i := k + 1; i < p; i++ {
		l[perm[i]*p+pk] /= d
	}
	for i := k + 1; i < p; i++ {
		li := l[perm[i]*p+pk]
		for j := k + 1; j <= i; j++ {
			v := l[perm[i]*p+perm[j]] - float64(li*l[perm[j]*p+pk])
			l[perm[i]*p+perm[j]] = v
			l[perm[j]*p+perm[i]] = v
		}
	}
}
