package robust

import (
	"math"
	"math/bits"
)

// rho is the bisquare's ρ scaled to a maximum of 1: 1 − (1 − (r/c)²)³.
func rho(r, c float64) float64 {
	t := r / c
	t = float64(t * t)
	if t >= 1 {
		return 1
	}
	v := 1 - t
	return 1 - float64(v*float64(v*v))
}

type sSearch struct {
	y      []float64
	x      [][]float64
	n, p   int
	r, q   []float64
	solver *lsq
}

// scaleOf solves Σρ(r/s) = (n−p)/2 for s from a start.
func (s *sSearch) scaleOf(start float64, steps int) float64 {
	half := float64(s.n-s.p) / 2
	for range steps {
		if start == 0 {
			return 0
		}
		sum := 0.0
		for _, r := range s.r {
			sum += rho(r/start, sTuning)
		}
		next := float64(start * math.Sqrt(sum/half))
		if math.Abs(next-start) <= 1e-15*start {
			return next
		}
		start = next
	}
	return start
}

func (s *sSearch) start() float64 {
	abs := make([]float64, s.n)
	for i, r := range s.r {
		abs[i] = math.Abs(r)
	}
	return Sort(abs, nil).Median() / 0.6745
}

// refine makes reweighted steps of the S-estimate.
func (s *sSearch) refine(beta []float64, scale float64, steps int) float64 {
	psi := TukeyPsi(sTuning)
	old := make([]float64, s.p)
	for range steps {
		residuals(s.x, s.y, beta, s.r)
		scale = s.scaleOf(scale, 1)
		if scale == 0 {
			return 0
		}
		for i, r := range s.r {
			s.q[i] = psi.Weight(r / scale)
		}
		copy(old, beta)
		if !s.solver.fit(s.x, s.y, s.q, beta) {
			copy(beta, old)
			break
		}
		if near(old, beta, 1e-14) {
			break
		}
	}
	residuals(s.x, s.y, beta, s.r)
	return s.scaleOf(scale, 400)
}

// best searches the elemental fits and refines the ten with the smallest scale.
func (s *sSearch) best() ([]float64, float64, bool) {
	type candidate struct {
		beta  []float64
		scale float64
	}
	const keep = 10
	var top []candidate
	s.elemental(func(beta []float64) {
		residuals(s.x, s.y, beta, s.r)
		b := append([]float64(nil), beta...)
		scale := s.refineShort(b)
		if len(top) == keep && scale >= top[keep-1].scale {
			return
		}
		at := len(top)
		for at > 0 && scale < top[at-1].scale {
			at--
		}
		top = append(top, candidate{})
		copy(top[at+1:], top[at:])
		top[at] = candidate{b, scale}
		top = top[:min(len(top), keep)]
	})
	var beta []float64
	scale := math.Inf(1)
	for _, c := range top {
		if v := s.refine(c.beta, c.scale, 1000); v < scale {
			beta, scale = c.beta, v
		}
	}
	return beta, scale, beta != nil
}

// refineShort makes two steps with a rough scale.
func (s *sSearch) refineShort(beta []float64) float64 {
	scale := s.start()
	psi := TukeyPsi(sTuning)
	for range 2 {
		if scale == 0 {
			return 0
		}
		scale = s.scaleOf(scale, 2)
		for i, r := range s.r {
			s.q[i] = psi.Weight(r / scale)
		}
		old := append([]float64(nil), beta...)
		if !s.solver.fit(s.x, s.y, s.q, beta) {
			copy(beta, old)
			break
		}
		residuals(s.x, s.y, beta, s.r)
	}
	return s.scaleOf(scale, 20)
}

// elemental calls visit with the exact fit through p rows, for all
// combinations or for a fixed selection of them.
func (s *sSearch) elemental(visit func([]float64)) {
	count := 1.0
	for k := range s.p {
		count *= float64(s.n-k) / float64(k+1)
	}
	small := newLSQ(s.p, s.p)
	rows, beta := make([]int, s.p), make([]float64, s.p)
	sx, sy := make([][]float64, s.p), make([]float64, s.p)
	for j := range sx {
		sx[j] = make([]float64, s.p)
	}
	try := func() {
		for k, r := range rows {
			sy[k] = s.y[r]
			for j := range sx {
				sx[j][k] = s.x[j][r]
			}
		}
		if small.fit(sx, sy, nil, beta) {
			visit(beta)
		}
	}
	// Large samples get fewer starts: each costs several passes over the rows.
	limit := min(subsets, max(50, 20_000_000/s.n))
	if count <= float64(limit) {
		for k := range rows {
			rows[k] = k
		}
		for {
			try()
			k := s.p - 1
			for k >= 0 && rows[k] == s.n-s.p+k {
				k--
			}
			if k < 0 {
				return
			}
			rows[k]++
			for j := k + 1; j < s.p; j++ {
				rows[j] = rows[j-1] + 1
			}
		}
	}
	state := uint64(0x9E3779B97F4A7C15)
	for range min(limit, subsets/4) {
		for k := range rows {
			for again := true; again; {
				rows[k] = pick(&state, s.n)
				again = false
				for j := range k {
					again = again || rows[j] == rows[k]
				}
			}
		}
		try()
	}
}

// pick is a number below n of the fixed sequence splitmix64.
func pick(state *uint64, n int) int {
	*state += 0x9E3779B97F4A7C15
	z := *state
	z = (z ^ z>>30) * 0xBF58476D1CE4E5B9
	z = (z ^ z>>27) * 0x94D049BB133111EB
	hi, _ := bits.Mul64(z^z>>31, uint64(n))
	return int(hi)
}
