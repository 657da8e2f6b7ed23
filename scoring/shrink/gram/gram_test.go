package gram

import (
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

func product(x [][]float64) ([]float64, int) {
	p := len(x)
	g := make([]float64, p*p)
	for i := range p {
		for j := range p {
			for r := range x[i] {
				g[i*p+j] += x[i][r] * x[j][r]
			}
		}
	}
	return g, p
}

// A column that repeats an earlier one is dropped, and the later ones are not.
func TestDecomposeDropsAliasedColumns(t *testing.T) {
	t.Parallel()
	x := [][]float64{{1, 1, 1, 1, 1}, {1, 2, 3, 4, 5}, {3, 5, 7, 9, 11}, {1, 0, 0, 1, 0}}
	g, p := product(x)
	f := Decompose(g, p, p, nil, Tolerance)
	if !slices.Equal(f.Kept(), []int{0, 1, 3}) {
		t.Fatalf("kept %v, want [0 1 3]", f.Kept())
	}
}

// The inverse times the matrix is the identity, and the quadratic form and the
// determinant agree with it.
func TestInverseIsInverse(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		p := rapid.IntRange(1, 5).Draw(t, "p")
		x := make([][]float64, p)
		for i := range x {
			x[i] = rapid.SliceOfN(rapid.Float64Range(-3, 3), 12, 12).Draw(t, "x")
			x[i][i] += 10 // keeps the columns apart
		}
		g, _ := product(x)
		f := Decompose(g, p, p, nil, Tolerance)
		inv := f.Inverse()
		for i := range p {
			for j := range p {
				s, want := 0.0, 0.0
				for k := range p {
					s += g[i*p+k] * inv[k*p+j]
				}
				if i == j {
					want = 1
				}
				if math.Abs(s-want) > 1e-9 {
					t.Fatalf("G G^-1 [%d,%d] = %g", i, j, s)
				}
			}
		}
		b := x[0][:p]
		c := f.Solve(b)
		q := 0.0
		for i := range p {
			q += b[i] * c[i]
		}
		if d := f.Quad(b); math.Abs(d-q) > 1e-9*(1+q) {
			t.Fatalf("Quad %g, b'c %g", d, q)
		}
	})
}
