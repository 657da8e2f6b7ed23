package fair

import (
	"math"
	"sync"
)

// fitPrior learns the prior from all units: which sides can be told from
// ordinary answers, the pooled variances, and the three mixing distributions.
func fitPrior(in *Input, l *layout, par *Params) *Prior {
	p := &Prior{lowAt: par.LowAt, highAt: par.HighAt, unitX: in.UnitCovariate, maxPull: par.MaxPull, guardShare: par.GuardShare}
	t := extremeTallies(in, l, par)
	p.Low.Active = t[lowSide].apart(t[ordinary].and(t[highSide]), par)
	p.High.Active = t[highSide].apart(t[ordinary].and(t[lowSide]), par)
	l.makeCells(in, p.classify)
	sums := make([]Sums, in.Units)
	forUnits(in.Units, func(u int) { sums[u] = l.sums(u) })
	p.fit(l, sums)
	return p
}

// scoreTally are weighted moments of a group of answers.
type scoreTally struct{ w, y, yy float64 }

func (t scoreTally) and(o scoreTally) scoreTally {
	return scoreTally{t.w + o.w, t.y + o.y, t.yy + o.yy}
}

// apart says whether the answers of a side are a part of their own, given all
// other answers: they are while they are rare (GuardShare), and up to
// MaxExtremeShare where their mean lies MinGap standard deviations of the other
// answers or more away. A common mark next door is one grade more on the same
// scale, and two parts estimated from it know less than one mean.
func (t scoreTally) apart(others scoreTally, par *Params) bool {
	all := t.w + others.w
	switch {
	case !(t.w > 0) || t.w > float64(par.MaxExtremeShare*all):
		return false
	case t.w <= float64(par.GuardShare*all):
		return true
	}
	mean := others.y / others.w
	d := t.y/t.w - mean
	variance := math.Max(0, others.yy/others.w-float64(mean*mean))
	return float64(d*d) >= float64(float64(par.MinGap*par.MinGap)*variance)
}

// extremeTallies sum the answers up by side, over all units.
func extremeTallies(in *Input, l *layout, par *Params) (t [3]scoreTally) {
	for _, i := range l.order {
		w, x, k := l.weight[i], in.Score[i], ordinary
		switch {
		case x <= par.LowAt:
			k = lowSide
		case x >= par.HighAt:
			k = highSide
		}
		y := float64(w * x)
		t[k] = t[k].and(scoreTally{w, y, float64(y * x)})
	}
	return t
}

func (p *Prior) fit(l *layout, sums []Sums) {
	ord, tot := make([]meanStat, len(sums)), make([]meanStat, len(sums))
	for u := range sums {
		s := &sums[u]
		if s.N > 0 {
			tot[u] = s.plain()
		}
		if s.Wo2 > 0 {
			ord[u] = meanStat{s.Yo / s.Wo, kish(s.Wo, s.Wo2)}
		}
	}
	sigma2 := pooledVariance(l, sums, true)
	p.Curve = fitCurve(l, sums, ord, sigma2)
	for u := range ord {
		if ord[u].n > 0 {
			ord[u].y, ord[u].n = p.Curve.apply(ord[u].y, sums[u].Qo/sums[u].Wo, ord[u].n)
		}
	}
	p.Ordinary = fitNormal(ord, p.unitX, sigma2)
	p.Total = fitNormal(tot, p.unitX, pooledVariance(l, sums, false))
	var lv, hv, lw, hw float64
	for u := range sums {
		lv += sums[u].YL
		lw += sums[u].WL
		hv += sums[u].YH
		hw += sums[u].WH
	}
	p.fitSides(sums, ord, [4]float64{lv, lw, hv, hw})
}

// fitSides fits the mixtures, high side first: the low side then starts from
// means that have heard the high answers, in the order in which score works.
func (p *Prior) fitSides(sums []Sums, ord []meanStat, t [4]float64) {
	stats, units := make([]shareStat, 0, len(sums)), make([]int, 0, len(sums))
	centre := 0.0
	for u := range sums {
		if sums[u].N == 0 {
			continue
		}
		m, v := p.Ordinary.shrink(ord[u].y, ord[u].n, p.priorMean(u))
		stats, units = append(stats, shareStat{m: m, v: v}), append(units, u)
		centre += m
	}
	if len(units) > 0 {
		centre /= float64(len(units))
	}
	if p.High.Active {
		for i, u := range units {
			s := &sums[u]
			low := clampShare(s.WL / s.W)
			stats[i].n = float64(s.effectiveN() * (1 - low))
			stats[i].k = 0
			if rest := s.W - s.WL; rest > 1e-9*s.W {
				stats[i].k = float64(stats[i].n * clampShare(s.WH/rest))
			}
		}
		p.High = fitShare(stats, t[2]/t[3], centre)
		p.High.limit(p, centre, 100)
		var pool sync.Pool
		forUnits(len(units), func(i int) {
			out, _ := pool.Get().(*sharePosterior)
			if out == nil {
				out = &sharePosterior{}
			}
			p.High.posterior(&stats[i], p.High.feedback(stats[i].n, sums[units[i]].Drawn), 1, out)
			stats[i].m, stats[i].v = out.m, out.v
			pool.Put(out)
		})
	}
	if p.Low.Active {
		for i, u := range units {
			s := &sums[u]
			stats[i].n = s.effectiveN()
			stats[i].k = float64(stats[i].n * clampShare(s.WL/s.W))
		}
		p.Low = fitShare(stats, t[0]/t[1], centre)
		rest := centre
		if p.High.Active {
			rest += float64(p.High.Base * (p.High.Value - centre))
		}
		p.Low.limit(p, rest, 0)
	}
}

// priorMean is the prior mean of the ordinary answers of unit u.
func (p *Prior) priorMean(u int) float64 {
	if len(p.Ordinary.Beta) == 0 {
		return 0
	}
	return predict(p.Ordinary.Beta, p.unitX, u)
}

// pooledVariance is the pooled within-unit variance of one answer,
// sum w (y - ybar_u)^2 / sum_u (W_u - W2_u/W_u): unbiased under any weights
// that do not depend on y. Pooling matters: the unit's own variance moves with
// its mean, and an interval from it would be too short just where the marks
// happen to agree.
func pooledVariance(l *layout, sums []Sums, ordinaryOnly bool) float64 {
	ss, df := 0.0, 0.0
	for u := range sums {
		w, w2, y := sums[u].D, sums[u].D2, sums[u].DY
		if ordinaryOnly {
			w, w2, y = sums[u].Wo, sums[u].Wo2, sums[u].Yo
		}
		if w <= 0 {
			continue
		}
		mean := y / w
		for _, c := range l.unitCells(u) {
			if ordinaryOnly && c.side != ordinary {
				continue
			}
			d, cw := c.adj-mean, c.design
			if ordinaryOnly {
				cw = c.w
			}
			// Dividing by the unit's W makes units with large weights count by
			// their answers, not by their population.
			ss += float64(float64(float64(c.n)*cw) * float64(d*d) / w * float64(sums[u].N))
		}
		df += float64((1 - w2/float64(w*w)) * float64(sums[u].N))
	}
	if df <= 0 {
		return 0
	}
	return math.Max(ss/df, 0)
}
