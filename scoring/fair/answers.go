package fair

// answers writes influence, weights and reason of every answer of the unit.
func (r *runner) answers(u int, res *UnitResult, s *unitScorer, post *posterior, w *work) {
	// An ordinary answer pulls d theta / d m times its weight in m.
	no := post.ordinaryN
	free := 0.0
	if no > 0 {
		v := r.prior.Ordinary.Sigma2 / no
		free = v / (v + r.prior.Ordinary.Tau2)
		if r.prior.Ordinary.Free <= 2 {
			free = 0
		}
	}
	full := s.full.ofAll(1, float64((1-free)*(1-post.pl-post.ph)))
	for p := r.l.start[u]; p < r.l.start[u+1]; p++ {
		i, c := r.l.order[p], r.l.cellOf[p]-r.l.cstart[u]
		inf := w.inf[c]
		r.out.Influence[i], r.out.RawInfluence[i] = inf.official, inf.raw
		r.out.HuberWeight[i] = w.huber[c]
		rw := 1.0
		if s.cells[c].side != ordinary && full > 0 && (inf.raw > 1e-9 || inf.raw < -1e-9) {
			rw = clampShare(inf.official / float64(inf.raw*full))
		}
		if r.batch != nil && r.batch[i].side != ordinary {
			rw = float64(rw * r.batch[i].factor)
		}
		r.out.RobustWeight[i] = rw
		r.out.Reason[i] = r.reason(i, &s.cells[c], res, rw)
	}
}

// reason names why the answer counts as it does; the evidence in its favour is
// looked at before anything that speaks against it.
func (r *runner) reason(i int32, c *cell, res *UnitResult, rw float64) Reason {
	low, high := c.score <= r.par.LowAt, c.score >= r.par.HighAt
	batch := ordinary
	if r.batch != nil {
		batch = r.batch[i].side
	}
	switch {
	case low && r.tied(i, &res.CollectiveLow):
		return CollectiveLow
	case high && r.tied(i, &res.CollectiveHigh):
		return CollectiveHigh
	case batch == lowSide:
		return BatchLow
	case batch == highSide:
		return BatchHigh
	case c.side == ordinary || res.SamplingFraction >= 1: // in a census every answer counts like another
		return Ordinary
	case low && rw < 0.5:
		return IsolatedLow
	case high && rw < 0.5:
		return IsolatedHigh
	case low:
		return FrequentLow
	}
	return FrequentHigh
}

// tied reports whether answer i belongs to the cluster the test found.
func (r *runner) tied(i int32, c *Collective) bool {
	if !c.Found {
		return false
	}
	col := r.test.columns()[c.Kind-1]
	return col[i] == c.Code
}
