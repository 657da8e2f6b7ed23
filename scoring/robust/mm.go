package robust

import (
	"math"
	"math/bits"
)

// MM is an MM-estimate of regression (Yohai 1987): an S-estimate of high
// breakdown gives start and scale, an M-step with the scale fixed gives
// efficiency. Both use Tukey's bisquare.
type MM struct {
	Coefficients []float64
	SE           []float64 // Croux, Dhaene & Hoorelbeke (2003), eq. for AVAR1
	Scale        float64   // S-scale
	SCoefs       []float64 // coefficients of the S-estimate
	// RobustWeights of the M-step.
	RobustWeights []float64
	Status        Status
}

// Tuning of the bisquare: 50% breakdown of the S-estimate, 95% efficiency of
// the M-step.
const (
	sTuning = 1.54764
	mTuning = 4.685061
)

// subsets bounds the elemental starts that are tried; when there are no more
// combinations than that all are tried, else a fixed pseudo-random selection.
const subsets = 6000

// FitMM fits y on the columns x. The S-estimate minimises the scale s with
// Σρ(r/s) = (n−p)/2 over the fits through p answers each, the best ones
// refined; it is deterministic.
func FitMM(y []float64, x [][]float64) (*MM, error) {
	if err := checkRegression(y, x, nil); err != nil {
		return nil, err
	}
	s := &sSearch{y: y, x: x, n: len(y), p: len(x), r: make([]float64, len(y)), q: make([]float64, len(y))}
	s.solver = newLSQ(s.n, s.p)
	beta, scale, ok := s.best()
	if !ok {
		return nil, fault("dependent", "columns", "", "columns that are not combinations of each other", "drop a column", "the columns of the regression are linearly dependent")
	}
	m := &MM{Coefficients: append([]float64(nil), beta...), SCoefs: beta, Scale: scale, Status: NotConverged,
		RobustWeights: make([]float64, s.n)}
	if scale == 0 {
		m.Status = ZeroScale
		m.exactFit(y, x, s.r)
		return m, nil
	}
	psi := TukeyPsi(mTuning)
	old := make([]float64, s.p)
	for range 2000 {
		residuals(x, y, m.Coefficients, s.r)
		for i, r := range s.r {
			m.RobustWeights[i] = psi.Weight(r / scale)
		}
		copy(old, m.Coefficients)
		if !s.solver.fit(x, y, m.RobustWeights, m.Coefficients) {
			return nil, fault("dependent", "columns", "", "columns that vary among the answers kept", "drop a column", "too many answers lost their weight to fit the columns")
		}
		if near(old, m.Coefficients, 1e-13) {
			m.Status = OK
			break
		}
	}
	m.standardErrors(y, x)
	return m, nil
}

// exactFit sets the weights when more than half of the answers lie on the fit:
// those alone determine it.
func (m *MM) exactFit(y []float64, x [][]float64, r []float64) {
	residuals(x, y, m.Coefficients, r)
	for i, v := range r {
		if math.Abs(v) <= 1e-9*(1+math.Abs(y[i])) {
			m.RobustWeights[i] = 1
		}
	}
}

func near(a, b []float64, tol float64) bool {
	d, n := 0.0, 0.0
	for i := range a {
		d += math.Abs(a[i] - b[i])
		n += math.Abs(a[i])
	}
	return d <= tol*max(n, 1e-20)
}

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
		next := start * math.Sqrt(sum/half)
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
	if count <= subsets {
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
	for range subsets / 4 {
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
