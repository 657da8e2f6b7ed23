package shrink

import (
	"math"
	"runtime"
	"sync"
)

// parallel runs work on rows [lo, hi) with all processors when there is enough
// of it. Every row is computed by one goroutine in a fixed order, so that the
// result does not depend on how many there are.
func parallel(lo, hi, minimum int, row func(i int)) {
	workers := min(runtime.GOMAXPROCS(0), (hi-lo)/minimum)
	if workers <= 1 {
		for i := lo; i < hi; i++ {
			row(i)
		}
		return
	}
	var wg sync.WaitGroup
	for w := range workers {
		wg.Go(func() {
			for i := lo + w; i < hi; i += workers {
				row(i)
			}
		})
	}
	wg.Wait()
}

// dot sums a[i]*b[i] in four interleaved partial sums, a fixed order.
func dot(a, b []float64) float64 {
	n := len(a)
	b = b[:n]
	var s0, s1, s2, s3 float64
	i := 0
	for ; i+4 <= n; i += 4 {
		s0 += float64(a[i] * b[i])
		s1 += float64(a[i+1] * b[i+1])
		s2 += float64(a[i+2] * b[i+2])
		s3 += float64(a[i+3] * b[i+3])
	}
	for ; i < n; i++ {
		s0 += float64(a[i] * b[i])
	}
	return float64(s0+s1) + float64(s2+s3)
}

// panel is the width of the column panels of the blocked Cholesky.
const panel = 48

// cholesky replaces the lower triangle of the m×m matrix a by its Cholesky
// factor, panel by panel, and reports whether a is positive definite.
func cholesky(a []float64, m int) bool {
	for k := 0; k < m; k += panel {
		hi := min(k+panel, m)
		for j := k; j < hi; j++ {
			for i := j; i < hi; i++ {
				v := a[i*m+j] - dot(a[i*m+k:i*m+j], a[j*m+k:j*m+j])
				if i == j {
					if !(v > 0) {
						return false
					}
					a[j*m+j] = math.Sqrt(v)
				} else {
					a[i*m+j] = v / a[j*m+j]
				}
			}
		}
		parallel(hi, m, 64, func(i int) {
			for j := k; j < hi; j++ {
				v := a[i*m+j] - dot(a[i*m+k:i*m+j], a[j*m+k:j*m+j])
				a[i*m+j] = v / a[j*m+j]
			}
		})
		parallel(hi, m, 64, func(i int) {
			left := a[i*m+k : i*m+hi]
			for j := hi; j <= i; j++ {
				a[i*m+j] -= dot(left, a[j*m+k:j*m+hi])
			}
		})
	}
	return true
}

// inverseLower returns the transpose of L^-1, upper triangular by rows, so
// that row i holds column i of L^-1.
func inverseLower(l []float64, m int) []float64 {
	inv := make([]float64, m*m)
	parallel(0, m, 32, func(c int) {
		row := inv[c*m : c*m+m]
		row[c] = 1 / l[c*m+c]
		for i := c + 1; i < m; i++ {
			row[i] = -dot(row[c:i], l[i*m+c:i*m+i]) / l[i*m+i]
		}
	})
	return inv
}

// inverse returns A^-1 in full from the Cholesky factor of A.
func inverse(l []float64, m int) []float64 {
	t := inverseLower(l, m)
	out := make([]float64, m*m)
	parallel(0, m, 32, func(i int) {
		for j := range i + 1 {
			out[i*m+j] = dot(t[i*m+i:i*m+m], t[j*m+i:j*m+m])
		}
	})
	for i := range m {
		for j := range i {
			out[j*m+i] = out[i*m+j]
		}
	}
	return out
}

// forward solves L z = b and backward L' z = b, in place.
func forward(l []float64, m int, b []float64) {
	for i := range m {
		b[i] = (b[i] - dot(l[i*m:i*m+i], b[:i])) / l[i*m+i]
	}
}

func backward(l []float64, m int, b []float64) {
	for i := m - 1; i >= 0; i-- {
		b[i] /= l[i*m+i]
		v := b[i]
		for j := range i {
			b[j] -= float64(l[i*m+j] * v)
		}
	}
}
