package fair

// linear is a symmetric positive semidefinite system, solved by Cholesky.
type linear struct {
	p int
	a []float64 // p x p, lower triangle used
	b []float64
}

func newLinear(p int) *linear {
	return &linear{p: p, a: make([]float64, p*p), b: make([]float64, p)}
}

// add counts w x x' into the matrix and w x y into the right side.
func (s *linear) add(x []float64, y, w float64) {
	for j, xj := range x {
		wx := float64(w * xj)
		for k := 0; k <= j; k++ {
			s.a[j*s.p+k] += float64(wx * x[k])
		}
		s.b[j] += float64(wx * y)
	}
}

// solve returns the solution; a column that is a combination of earlier ones
// (pivot below 1e-10 of its size) gets the coefficient zero.
func (s *linear) solve() []float64 {
	p, l := s.p, make([]float64, s.p*s.p)
	for j := range p {
		d := s.a[j*p+j]
		for k := range j {
			d -= float64(l[j*p+k] * l[j*p+k])
		}
		if d <= 1e-10*s.a[j*p+j] {
			continue
		}
		l[j*p+j] = sqrt(d)
		for i := j + 1; i < p; i++ {
			v := s.a[i*p+j]
			for k := range j {
				v -= float64(l[i*p+k] * l[j*p+k])
			}
			l[i*p+j] = v / l[j*p+j]
		}
	}
	x := make([]float64, p)
	for i := range p {
		v := s.b[i]
		for k := range i {
			v -= float64(l[i*p+k] * x[k])
		}
		if d := l[i*p+i]; d > 0 {
			x[i] = v / d
		}
	}
	for i := p - 1; i >= 0; i-- {
		d := l[i*p+i]
		if d == 0 {
			x[i] = 0
			continue
		}
		v := x[i]
		for k := i + 1; k < p; k++ {
			v -= float64(l[k*p+i] * x[k])
		}
		x[i] = v / d
	}
	return x
}

// adjustCaseMix takes the pooled within-unit regression on the covariates out
// of the scores: adj = y - (x - xbar)'beta with xbar the mean over all answers,
// beta by weighted least squares with unit effects (as in the case-mix
// adjustment of hospital surveys, O'Malley et al. 2005). Only what a unit
// cannot control belongs into the covariates.
func (l *layout) adjustCaseMix(in *Input) []float64 {
	p := len(in.Covariate)
	if p == 0 {
		return nil
	}
	blocks := make([]caseMixSums, (in.Units+caseMixBlock-1)/caseMixBlock)
	inBlocks(len(blocks), func(b int) {
		blocks[b] = l.caseMixSums(in, b*caseMixBlock, min((b+1)*caseMixBlock, in.Units))
	})
	sys, xbar, total := newLinear(p), make([]float64, p), 0.0
	for _, b := range blocks {
		for j, v := range b.sys.a {
			sys.a[j] += v
		}
		for j, v := range b.sys.b {
			sys.b[j] += v
		}
		for j, v := range b.x {
			xbar[j] += v
		}
		total += b.w
	}
	beta := sys.solve()
	for j := range p {
		if total > 0 {
			xbar[j] /= total
		}
	}
	l.adj = make([]float64, len(in.Score))
	forUnits(in.Units, func(u int) {
		for _, i := range l.order[l.start[u]:l.start[u+1]] {
			v := in.Score[i]
			for j := range p {
				v -= float64(beta[j] * (in.Covariate[j][i] - xbar[j]))
			}
			l.adj[i] = v
		}
	})
	return beta
}

// caseMixBlock is the number of units whose sums are added up together; blocks
// are added in order, whoever summed which.
const caseMixBlock = 256

// caseMixSums are the normal equations of some units, with their total weight
// and weighted sum of covariates.
type caseMixSums struct {
	sys *linear
	x   []float64
	w   float64
}

func (l *layout) caseMixSums(in *Input, from, to int) caseMixSums {
	p := len(in.Covariate)
	s := caseMixSums{sys: newLinear(p), x: make([]float64, p)}
	x, mean := make([]float64, p), make([]float64, p)
	for u := from; u < to; u++ {
		w, y := l.unitMeans(in, u, mean)
		if w == 0 {
			continue
		}
		s.w += w
		for j := range p {
			s.x[j] += float64(w * mean[j])
		}
		for _, i := range l.order[l.start[u]:l.start[u+1]] {
			for j := range p {
				x[j] = in.Covariate[j][i] - mean[j]
			}
			s.sys.add(x, in.Score[i]-y, l.weight[i])
		}
	}
	return s
}

// unitMeans fills mean with the weighted covariate means of unit u and returns
// its total weight and mean score.
func (l *layout) unitMeans(in *Input, u int, mean []float64) (w, y float64) {
	for j := range mean {
		mean[j] = 0
	}
	for _, i := range l.order[l.start[u]:l.start[u+1]] {
		w += l.weight[i]
		y += float64(l.weight[i] * in.Score[i])
		for j := range mean {
			mean[j] += float64(l.weight[i] * in.Covariate[j][i])
		}
	}
	if w > 0 {
		y /= w
		for j := range mean {
			mean[j] /= w
		}
	}
	return w, y
}
