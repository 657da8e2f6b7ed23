package replicate

import (
	"fmt"

	"gongping/scoring/estimate"
)

// BRR is balanced repeated replication for two units per stratum: each
// replicate doubles one unit of every stratum and drops the other, in the
// pattern of a Hadamard matrix (Wolter 2007, section 3.3).
//
// Faults: those of Fay.
func BRR(d *estimate.Design) (*Set, error) { return Fay(d, 0) }

// Fay is BRR with factors 2-rho and rho in place of 2 and 0, 0 ≤ rho < 1, so
// that no unit is lost from a replicate; the variance is Σ(θ_r-c)²/(R(1-rho)²)
// (Judkins 1990).
//
// Faults: rho outside [0, 1), a stratum without exactly two units, too many strata.
func Fay(d *estimate.Design, rho float64) (*Set, error) {
	if !(rho >= 0 && rho < 1) {
		return nil, fault("rho", "Fay's factor must be at least 0 and below 1").At("rho", fmt.Sprint(rho), "0 ≤ rho < 1", "")
	}
	g := unitsOf(d)
	for h, us := range g.strata {
		if len(us) != 2 {
			return nil, fault("brr_units", "balanced repeated replication needs two sampling units in every stratum").
				At(fmt.Sprintf("stratum %d", h+1), fmt.Sprintf("%d units", len(us)), "2 units", "form pairs of units, or use JKn or the bootstrap")
		}
	}
	m, err := hadamard(len(g.strata) + 1)
	if err != nil {
		return nil, err
	}
	s := g.set(d)
	for r := range m {
		f := make([]float64, g.n)
		for h, us := range g.strata {
			up, down := us[0], us[1]
			if m[h+1][r] < 0 { // the first row is constant
				up, down = down, up
			}
			f[up], f[down] = 2-rho, rho
		}
		s.factor = append(s.factor, f)
	}
	r := float64(len(m))
	s.Scale = 1 / (r * ((1 - rho) * (1 - rho)))
	s.RScale = ones(len(m))
	return s, nil
}

// hadamard is a Hadamard matrix of the smallest order of at least n that
// doubling (Sylvester 1867) from Paley's first construction (1933: order q+1
// for a prime q ≡ 3 mod 4) reaches, with a constant first row. It begins as low
// as it can: 24 is 12 doubled, not Paley's of 23. R's survey does so, too; up to
// 60 strata its matrices give the same replicates but for orders 28, 36 and 56,
// which it reads from a table.
func hadamard(n int) ([][]int8, error) {
	const largest = 4096
	for order := 2; order <= largest; order += 2 {
		if order < n {
			continue
		}
		base := order
		for base%8 == 0 {
			base /= 2
		}
		for ; base <= order; base *= 2 {
			if base != 2 && base != 4 && !paley(base) {
				continue
			}
			m := [][]int8{{1, 1}, {1, -1}}
			if base > 4 {
				m = paleyMatrix(base)
			}
			for len(m) < order {
				m = double(m)
			}
			return m, nil
		}
	}
	return nil, fault("brr_strata", "too many strata for balanced repeated replication").
		At("design", fmt.Sprintf("%d strata", n-1), fmt.Sprintf("below %d", largest), "use JKn or the bootstrap")
}

// paley reports whether order-1 is a prime ≡ 3 mod 4.
func paley(order int) bool {
	q := order - 1
	if q < 3 || q%4 != 3 {
		return false
	}
	for d := 2; d*d <= q; d++ {
		if q%d == 0 {
			return false
		}
	}
	return true
}

// paleyMatrix has ones in the first row and column, and elsewhere -1 where i + j
// is 0 or a quadratic residue of order-1, 1 where it is none.
func paleyMatrix(order int) [][]int8 {
	q := order - 1
	residue := make([]bool, q)
	for a := range q {
		residue[a*a%q] = true
	}
	m := make([][]int8, order)
	for i := range m {
		m[i] = make([]int8, order)
		for j := range m[i] {
			m[i][j] = 1
			if i > 0 && j > 0 && residue[(i+j-2)%q] {
				m[i][j] = -1
			}
		}
	}
	return m
}

// double is Sylvester's [[H H] [H -H]].
func double(h [][]int8) [][]int8 {
	n := len(h)
	m := make([][]int8, 2*n)
	for i := range m {
		m[i] = make([]int8, 2*n)
		for j := range m[i] {
			v := h[i%n][j%n]
			if i >= n && j >= n {
				v = -v
			}
			m[i][j] = v
		}
	}
	return m
}
