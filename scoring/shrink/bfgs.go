package shrink

import "math"

// search minimises the criterion of a crossed model over the free thetas.
type search struct {
	c     *crossed
	free  []bool
	count int
}

// slopeTolerance is the largest slope, per unit of relative change of theta,
// at which the search stops: the criterion is then flat to about its square.
const slopeTolerance = 1e-7

// minimise runs BFGS with step halving from theta.
func (s *search) minimise(theta []float64) (*evaluation, bool) {
	k := len(theta)
	h := make([]float64, k*k)
	reset := true
	e := s.at(theta)
	if !e.ok {
		return e, false
	}
	g := s.slope(e)
	for range 100 {
		if s.flat(e, g) {
			return e, true
		}
		if reset {
			s.firstHessian(h, e, g)
			reset = false
		}
		step, down := s.direction(h, g, k)
		if down >= 0 {
			reset = true
			continue
		}
		if -down < 1e-15*math.Abs(e.value) {
			return e, true // the gain still to be had is below rounding
		}
		next := s.line(e, step, down)
		if next == nil {
			// No further decrease in this arithmetic: flat to rounding.
			return e, s.nearlyFlat(e, g)
		}
		ng := s.slope(next)
		update(h, next.theta, e.theta, ng, g)
		e, g = next, ng
	}
	return e, false
}

func (s *search) at(theta []float64) *evaluation {
	s.count++
	return s.c.evaluate(theta)
}

func (s *search) slope(e *evaluation) []float64 {
	g := s.c.slope(e)
	for i := range g {
		if !s.free[i] {
			g[i] = 0
		}
	}
	return g
}

func (s *search) flat(e *evaluation, g []float64) bool { return s.below(e, g, slopeTolerance) }

func (s *search) nearlyFlat(e *evaluation, g []float64) bool { return s.below(e, g, 1e-3) }

func (s *search) below(e *evaluation, g []float64, tol float64) bool {
	for i, v := range g {
		if math.Abs(v)*math.Max(math.Abs(e.theta[i]), 1e-3) > tol*(1+float64(math.Abs(e.value)*1e-4)) {
			return false
		}
	}
	return true
}

// firstHessian scales the first step to a fifth of theta at most.
func (s *search) firstHessian(h []float64, e *evaluation, g []float64) {
	clear(h)
	k := len(g)
	for i := range k {
		h[i*k+i] = 0.01
		if v := math.Abs(g[i]); v > 0 {
			h[i*k+i] = math.Min(0.2*math.Max(math.Abs(e.theta[i]), 0.05)/v, 1)
		}
	}
}

func (s *search) direction(h, g []float64, k int) (step []float64, down float64) {
	step = make([]float64, k)
	for i := range k {
		if !s.free[i] {
			continue
		}
		for j := range k {
			step[i] -= float64(h[i*k+j] * g[j])
		}
		down += float64(step[i] * g[i])
	}
	return step, down
}

func (s *search) line(e *evaluation, step []float64, down float64) *evaluation {
	// Close to the bottom the criterion cannot tell steps apart any more; the
	// slope still can, so a full step that does not rise is taken.
	slack := 0.0
	if -down < 1e-10*math.Abs(e.value) {
		slack = 1e-13 * math.Abs(e.value)
	}
	t := 1.0
	for i := range step { // never more than double or cross far through zero
		if limit := math.Max(math.Abs(e.theta[i]), 0.1); math.Abs(step[i])*t > limit {
			t = limit / math.Abs(step[i])
		}
	}
	for range 20 {
		theta := append([]float64(nil), e.theta...)
		for i := range theta {
			theta[i] += float64(t * step[i])
		}
		next := s.at(theta)
		if next.ok && next.value <= e.value+float64(1e-4*t*down)+slack && (slack > 0 || next.value < e.value) {
			return next
		}
		t *= 0.4
	}
	return nil
}

// update is the BFGS update of the inverse Hessian.
func update(h, next, prev, ng, g []float64) {
	k := len(g)
	d, y := make([]float64, k), make([]float64, k)
	dy := 0.0
	for i := range k {
		d[i], y[i] = next[i]-prev[i], ng[i]-g[i]
		dy += float64(d[i] * y[i])
	}
	if dy <= 1e-14 {
		return
	}
	hy := make([]float64, k)
	yhy := 0.0
	for i := range k {
		for j := range k {
			hy[i] += float64(h[i*k+j] * y[j])
		}
		yhy += float64(y[i] * hy[i])
	}
	f := (1 + yhy/dy) / dy
	for i := range k {
		for j := range k {
			h[i*k+j] += float64(f*d[i]*d[j]) - (float64(hy[i]*d[j])+float64(d[i]*hy[j]))/dy
		}
	}
}

// snap sets the smallest theta to exactly zero when the criterion is no worse
// there, and reports whether it did.
func (s *search) snap(e **evaluation) bool {
	at := -1
	for i, v := range (*e).theta {
		if s.free[i] && math.Abs(v) < 0.02 && (at < 0 || math.Abs(v) < math.Abs((*e).theta[at])) {
			at = i
		}
	}
	if at < 0 {
		return false
	}
	theta := append([]float64(nil), (*e).theta...)
	theta[at] = 0
	zero := s.at(theta)
	if !zero.ok || zero.value > (*e).value+float64(1e-9*(1+float64(math.Abs((*e).value)*1e-3))) {
		return false
	}
	s.free[at] = false
	*e = zero
	return true
}
