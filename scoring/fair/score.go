package fair

import (
	"math"
	"slices"
	"sync"

	"gongping/internal/errs"
)

// Score runs the official estimator over all units. Errors name the faulty row
// and how to mend it; units without answers get the status NotEnough.
//
// Source: docs/methods/fair-score.md; Morris (1983) for the ordinary mean, Laird (1978) for
// the shares of extremes, Plummer (2015) for what an extreme may say about the mean.
func Score(in *Input, par Params) (*Result, error) {
	if err := par.check(); err != nil {
		return nil, err
	}
	if err := in.check(); err != nil {
		return nil, err
	}
	l := group(in)
	res := &Result{}
	r := &runner{in: in, l: l, par: &par, test: newTester(in, l, &par)}
	res.Units = make([]UnitResult, in.Units)
	r.units = res.Units
	forUnits(in.Units, r.evidence)
	r.batch = l.batchRule(in, &par, r.found)
	l.applyBatch(r.batch)
	l.sort(in)
	l.setDrawn(in)
	res.CaseMix = l.adjustCaseMix(in)
	res.Prior = fitPrior(in, l, &par)
	res.Warnings = warnings(in, res.Prior)
	r.prior = res.Prior
	r.out = newAnswers(len(in.Unit))
	forUnits(in.Units, r.unit)
	res.Answers = r.out
	res.sums = make([]Sums, in.Units)
	forUnits(in.Units, func(u int) { res.sums[u] = l.sums(u) })
	return res, nil
}

func (par *Params) check() error {
	faulty := func(field, found, want string) error {
		return errs.New(errs.Invalid, "fair.params", "the rule book's %s cannot be used", field).
			With(map[string]any{"Field": field}).At(field, found, want, "correct the rule book before it is frozen")
	}
	for i := 1; i < len(par.Cuts); i++ {
		if !(par.Cuts[i] > par.Cuts[i-1]) {
			return faulty("Cuts", num(par.Cuts[i]), "cuts in increasing order")
		}
	}
	switch {
	case !(par.LowAt < par.HighAt):
		return faulty("LowAt", num(par.LowAt), "a number below HighAt")
	case !(par.MaxExtremeShare >= 0 && par.MaxExtremeShare < 1):
		return faulty("MaxExtremeShare", num(par.MaxExtremeShare), "a share from 0 to below 1")
	case !(par.MinGap >= 0):
		return faulty("MinGap", num(par.MinGap), "a number of standard deviations, 0 or more")
	case !(par.HuberK > 0):
		return faulty("HuberK", num(par.HuberK), "a positive number")
	case !(par.Level > 0.5 && par.Level < 1):
		return faulty("Level", num(par.Level), "a coverage between 0.5 and 1")
	case par.Worst < 0 || par.MaxFragility < 0 || par.MinHouseholds < 2 || par.MinBatch < 2:
		return faulty("Worst, MaxFragility, MinHouseholds or MinBatch", "a negative or too small number", "0, 0, 2 and 2 or more")
	}
	return nil
}

// applyBatch multiplies the working weights; the design weights stay.
func (l *layout) applyBatch(marks []batchMark) {
	if marks == nil {
		return
	}
	w := make([]float64, len(l.weight))
	for i := range w {
		w[i] = l.weight[i]
		if marks[i].side != ordinary {
			w[i] = float64(w[i] * marks[i].factor)
		}
	}
	l.weight = w
}

func warnings(in *Input, p *Prior) []Warning {
	var w []Warning
	if p.Ordinary.Free <= 2 {
		w = append(w, FewUnits)
	}
	if len(in.UnitCovariate) > 0 && len(p.Ordinary.Beta) == 1 {
		w = append(w, FewUnitsForCovariates)
	}
	if p.Ordinary.Tau2 == 0 && p.Ordinary.Free > 2 {
		w = append(w, NoSpread)
	}
	return w
}

func newAnswers(n int) Answers {
	return Answers{
		Influence: make([]float64, n), RawInfluence: make([]float64, n),
		RobustWeight: make([]float64, n), HuberWeight: make([]float64, n), Reason: make([]Reason, n),
	}
}

// runner scores units; each call writes only its unit's rows.
type runner struct {
	in    *Input
	l     *layout
	par   *Params
	prior *Prior
	test  *tester
	batch []batchMark
	units []UnitResult
	out   Answers
	pool  sync.Pool
}

// work is the memory one unit needs, reused between units.
type work struct {
	sc    scratch
	inf   []cellInfluence
	down  []cellInfluence
	up    []cellInfluence
	comp  []component
	huber []float64
	order []valueWeight
}

func (r *runner) unit(u int) {
	w, _ := r.pool.Get().(*work)
	if w == nil {
		w = &work{}
	}
	defer r.pool.Put(w)
	res := &r.units[u]
	cells := r.l.unitCells(u)
	res.Band = NoBand
	if len(cells) == 0 {
		return
	}
	s := unitScorer{p: r.prior, cells: cells, full: r.l.sums(u), xi: r.prior.priorMean(u), ev: res.Evidence(), sc: &w.sc}
	post := r.prior.score(&s.full, s.xi, s.ev, s.sc, false)
	s.theta = post.theta
	r.describe(u, res, &post, cells, w)
	s.calibrate()
	w.inf = s.influences(w.inf)
	w.down, w.up = ordered(w.inf, w.down, w.up)
	down, up := w.down, w.up
	res.WithoutLowest, res.RawWithoutLowest = s.worst(down, r.par.Worst)
	res.WithoutHighest, res.RawWithoutHighest = s.worst(up, r.par.Worst)
	lo, hi := bandBounds(r.par.Cuts, res.PointBand)
	res.Fragility, res.FragileUp = s.fragility(down, up, lo, hi, r.par.MaxFragility)
	r.answers(u, res, &s, &post, w)
}

// evidence runs the collective-signal test on both sides of a unit.
func (r *runner) evidence(u int) {
	res := &r.units[u]
	res.CollectiveLow.BayesFactor, res.CollectiveHigh.BayesFactor = 1, 1
	if r.test != nil {
		res.CollectiveLow, res.CollectiveHigh = r.test.test(u, 0), r.test.test(u, 1)
	}
}

// found reports whether the test found a collective signal on side k.
func (r *runner) found(u, k int) bool {
	if k == 0 {
		return r.units[u].CollectiveLow.Found
	}
	return r.units[u].CollectiveHigh.Found
}

// describe fills the score, its interval, the diagnostics and the bands.
func (r *runner) describe(u int, res *UnitResult, post *posterior, cells []cell, w *work) {
	p := r.prior
	s := r.l.sums(u)
	res.N = s.N
	res.EffectiveN, res.SamplingFraction = kish(s.W, s.W2), s.Drawn
	res.Adjusted, res.RawSE = rawMean(cells, p.Total.Sigma2)
	res.RawSE *= sqrt(1 - s.Drawn)
	res.Raw = res.Adjusted
	if len(r.in.Covariate) > 0 {
		res.Raw = r.unadjusted(u)
	}
	w.huber = slices.Grow(w.huber[:0], len(cells))[:len(cells)]
	res.Huber = huber(cells, r.par.HuberK, w.huber, &w.order)
	plain := s.plain()
	var ebv float64
	res.EB, ebv = p.Total.shrink(plain.y, plain.n, predict(p.Total.Beta, p.unitX, u))
	res.EB = s.ofAll(plain.y, res.EB)
	res.EBSE = sqrt(s.openVariance(ebv, p.Total.Sigma2, plain.n))
	res.Reliability = s.ofAll(1, p.Total.reliability(math.Min(plain.n, post.rawN)))
	res.Official = post.theta
	w.comp = post.mixture(r.prior, &s, &w.sc, w.comp)
	mean, v := moments(w.comp)
	res.SE = sqrt(v)
	tail := float64(0.5 * (1 - r.par.Level))
	res.Lo = max(0, quantile(w.comp, tail, mean, res.SE))
	res.Hi = min(100, quantile(w.comp, 1-tail, mean, res.SE))
	if s.census() {
		res.SE, res.Lo, res.Hi = 0, res.Official, res.Official
	}
	res.OrdinaryMean, res.LowShare, res.HighShare = post.parts(&s)
	res.LowRaw, res.HighRaw = r.rawShares(u)
	prev := -1.0
	if r.in.PrevReliability != nil {
		prev = r.in.PrevReliability[u]
	}
	res.Status = gate(r.par, res.N, res.Reliability, prev)
	setBands(res, r.par, w.comp)
}

func (r *runner) unadjusted(u int) float64 {
	w, y := 0.0, 0.0
	for _, c := range r.l.unitCells(u) {
		f := float64(float64(c.n) * c.design)
		w += f
		y += float64(f * c.score)
	}
	return y / w
}

func (r *runner) rawShares(u int) (low, high float64) {
	w := 0.0
	for _, c := range r.l.unitCells(u) {
		f := float64(float64(c.n) * c.design)
		w += f
		switch {
		case c.score <= r.par.LowAt:
			low += f
		case c.score >= r.par.HighAt:
			high += f
		}
	}
	return low / w, high / w
}
