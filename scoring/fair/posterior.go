package fair

// Prior is everything the units lend each other; it is fixed while one unit is
// scored, so a unit's figures can be recomputed from its own sums and Prior.
type Prior struct {
	Ordinary   NormalPrior // mean of the ordinary answers
	Curve      Curve       // correction of the ordinary means by their spread
	Total      NormalPrior // raw mean: the plain empirical Bayes, and reliability
	Low, High  SharePrior
	lowAt      float64 // classification bounds; infinite where a side is ordinary
	highAt     float64
	unitX      [][]float64
	maxPull    float64
	guardShare float64
}

// classify says which part a score belongs to.
func (p *Prior) classify(score float64) side {
	switch {
	case p.Low.Active && score <= p.lowAt:
		return lowSide
	case p.High.Active && score >= p.highAt:
		return highSide
	}
	return ordinary
}

// Evidence holds the Bayes factors of the collective-signal test, at least 1.
type Evidence struct{ Low, High float64 }

// scratch is the working memory of one scoring goroutine.
type scratch struct {
	low, high sharePosterior
}

// posterior is the posterior of a unit in parts:
//
//	theta = (1-pl) ((1-ph) m + ph hv) + pl lv
//
// ph is the share of high extremes among the answers that are not low ones. In a
// finite population these are the parts of the residents who did not answer; theta
// is of all.
type posterior struct {
	theta     float64
	m, v      float64 // ordinary mean and its variance, all answers heard
	pl, ph    float64
	lv, hv    float64 // values of the extremes
	rawN      float64 // effective n after the batch rule
	ordinaryN float64
}

// score computes the official score of a unit with prior mean xi. The grid
// points of the two sides stay in sc for the interval. With light set, sc holds
// the full posterior of the same unit already, and only theta and its parts are
// worked out, over the grid points that matter there.
func (p *Prior) score(s *Sums, xi float64, ev Evidence, sc *scratch, light bool) posterior {
	var r posterior
	r.rawN = s.effectiveN()
	y := 0.0
	if s.Wo > 1e-9*s.W && s.Wo2 > 0 {
		y = s.Yo / s.Wo
		r.ordinaryN = kish(s.Wo, s.Wo2)
	}
	if s.census() {
		r.theta = s.Y / s.W
		return r
	}
	r.m, r.v = p.ordinary(s, y, r.ordinaryN, xi)
	low := 0.0
	if p.Low.Active && s.W > 0 {
		low = clampShare(s.WL / s.W)
	}
	if p.High.Active {
		n := float64(r.rawN * (1 - low))
		st := shareStat{0, n, r.m, r.v}
		if rest := s.W - s.WL; rest > 1e-9*s.W {
			st.k = float64(n * clampShare(s.WH/rest))
		}
		r.hear(&p.High, &st, s.Drawn, ev.High, &sc.high, light)
		r.hv = extremeValue(s.YH, s.WH, s.High, p.High.Value)
	}
	if p.Low.Active {
		st := shareStat{float64(low * r.rawN), r.rawN, r.m, r.v}
		ph, m := r.ph, r.m
		r.hear(&p.Low, &st, s.Drawn, ev.Low, &sc.low, light)
		r.pl = r.ph
		// The high share moves along with what the low answers said about m.
		r.ph = ph + float64(float64(p.High.Slope*(r.m-m))*float64(ph*(1-ph)))
		r.lv = extremeValue(s.YL, s.WL, s.Low, p.Low.Value)
	}
	rest := r.m + float64(r.ph*(r.hv-r.m))
	r.theta = rest + float64(r.pl*(r.lv-rest))
	if s.Drawn > 0 {
		r.theta = s.ofAll(s.Y/s.W, r.theta)
	}
	return r
}

// ordinary is the posterior of the ordinary mean before the extremes are heard.
func (p *Prior) ordinary(s *Sums, y, n, xi float64) (m, v float64) {
	q := 0.0
	if n > 0 {
		q = s.Qo / s.Wo
	}
	y, n = p.Curve.apply(y, q, n)
	return p.Ordinary.shrink(y, n, xi)
}

// parts gives ordinary mean and shares of all residents: those who answered as
// they did, the others as they are believed to be.
func (r *posterior) parts(s *Sums) (m, low, high float64) {
	m, low, high = r.m, r.pl, r.ph
	if s.Drawn == 0 || s.W <= 0 {
		return m, low, high
	}
	low = s.ofAll(clampShare(s.WL/s.W), low)
	rest := s.W - s.WL
	if rest > 1e-9*s.W {
		high = s.ofAll(clampShare(s.WH/rest), high)
	}
	if s.Wo > 1e-9*s.W {
		m = s.ofAll(s.Yo/s.Wo, m)
	}
	return m, low, high
}

// hear updates m and v with one side's answers and leaves its share in ph. The
// light form keeps v of the full posterior: it only feeds the next side.
func (r *posterior) hear(p *SharePrior, st *shareStat, drawn, bayesFactor float64, out *sharePosterior, light bool) {
	phi := p.feedback(st.n, drawn)
	if light {
		r.ph, r.m = p.means(st, phi, bayesFactor, out)
		r.v = out.v
		return
	}
	p.posterior(st, phi, bayesFactor, out)
	r.ph, r.m, r.v = out.q, out.m, out.v
}

func clampShare(x float64) float64 {
	if x < 0 {
		return 0
	}
	if x > 1 {
		return 1
	}
	return x
}

// extremeValue is the mean score of the unit's extremes, shrunk to the pooled
// one with the strength of five answers.
func extremeValue(y, w float64, n int, pooled float64) float64 {
	if n <= 0 || w <= 0 {
		return pooled
	}
	f := float64(n) / (float64(n) + valueStrength)
	return pooled + float64(f*(y/w-pooled))
}
