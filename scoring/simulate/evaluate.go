package simulate

import (
	"math"

	"gongping/scoring/fair"
)

// evaluation compares the estimators on one simulated round.
type evaluation struct {
	r   *round
	res *fair.Result
	o   *oracle
	par *fair.Params
	t   []tally
}

// shiftUnits is how many units of each round the shift is measured on.
const shiftUnits = 120

func (e *evaluation) run() {
	est := e.estimates()
	for k := range est {
		if est[k] != nil {
			e.errors(&e.t[k], est[k])
		}
	}
	e.coverage()
	e.bands()
	for u := range min(shiftUnits, len(e.r.truth)) {
		e.shifts(u)
	}
	for u, c := range e.r.complaint {
		if c {
			e.kept(u)
		}
	}
	for k := range e.t {
		e.t[k].closeReplicate()
	}
}

// estimates returns the scores of all units by estimator.
func (e *evaluation) estimates() [nEstimators][]float64 {
	var est [nEstimators][]float64
	for k := range est {
		if k != eOracle || e.o != nil {
			est[k] = make([]float64, len(e.r.truth))
		}
	}
	for u := range e.r.truth {
		r := &e.res.Units[u]
		est[eRaw][u], est[eHuber][u], est[eEB][u], est[eOfficial][u] = r.Adjusted, r.Huber, r.EB, r.Official
		est[eTrimmed][u] = trimmed(e.values(u), 0.10)
		if e.o != nil {
			est[eOracle][u] = e.o.estimate(e.r.counts[u])
		}
	}
	return est
}

func (e *evaluation) errors(t *tally, est []float64) {
	ss, wrong := 0.0, 0.0
	for u, x := range est {
		d := x - e.r.truth[u]
		ss += d * d
		t.bias += d
		t.n++
		if fair.BandOf(e.par.Cuts, x) != fair.BandOf(e.par.Cuts, e.r.truth[u]) {
			wrong++
		}
		if e.r.coachedU[u] {
			t.coachErr += d
			t.coachN++
		}
	}
	n := float64(len(est))
	t.rmse = append(t.rmse, math.Sqrt(ss/n))
	t.wrong = append(t.wrong, wrong/n)
	tenth := max(1, len(est)/10)
	lowest, found := rankLowest(est, tenth), 0.0
	for u := range rankLowest(e.r.truth, tenth) {
		if lowest[u] {
			found++
		}
	}
	t.bottom = append(t.bottom, found/float64(tenth))
}

func (e *evaluation) coverage() {
	intervals := []struct {
		k  int
		iv func(r *fair.UnitResult) (lo, hi float64)
	}{
		{eRaw, func(r *fair.UnitResult) (float64, float64) {
			return r.Adjusted - 1.96*r.RawSE, r.Adjusted + 1.96*r.RawSE
		}},
		{eEB, func(r *fair.UnitResult) (float64, float64) { return r.EB - 1.96*r.EBSE, r.EB + 1.96*r.EBSE }},
		{eOfficial, func(r *fair.UnitResult) (float64, float64) { return r.Lo, r.Hi }},
	}
	n := float64(len(e.r.truth))
	for _, x := range intervals {
		covered := 0.0
		for u, truth := range e.r.truth {
			if lo, hi := x.iv(&e.res.Units[u]); truth >= lo && truth <= hi {
				covered++
			}
		}
		t := &e.t[x.k]
		t.covered += covered
		t.intervals += n
		t.coverage = append(t.coverage, covered/n)
	}
}

func (e *evaluation) bands() {
	t := &e.t[eOfficial]
	for u, truth := range e.r.truth {
		if b := e.res.Units[u].Band; b != fair.NoBand {
			t.bandsGiven++
			if b != fair.BandOf(e.par.Cuts, truth) {
				t.bandsGivenWrong++
			}
		}
	}
}

// shifts adds 1..MaxWorst hostile or coached answers to a unit.
func (e *evaluation) shifts(u int) {
	base := e.rescore(u, 0, 0)
	for k := 1; k <= MaxWorst; k++ {
		low, high := e.rescore(u, 0, k), e.rescore(u, 100, k)
		for j := range e.t {
			e.t[j].shiftLow[k-1] += low[j] - base[j]
			e.t[j].shiftHigh[k-1] += high[j] - base[j]
		}
	}
	for j := range e.t {
		e.t[j].shifts++
	}
	if e.o != nil {
		e.t[eOracle].information += e.o.bottomInformation(e.r.counts[u])
	}
}

// rescore returns all estimators for unit u with k answers of a score added.
func (e *evaluation) rescore(u int, score float64, k int) [nEstimators]float64 {
	s := e.res.Sums(u)
	if k > 0 {
		s = e.res.Prior.Add(s, score, 1, k)
	}
	est := e.res.Prior.Rescore(s, u, e.res.Units[u].Evidence())
	var out [nEstimators]float64
	out[eRaw], out[eEB], out[eOfficial] = est.Raw, est.EB, est.Official
	e.diagnostics(&out, u, e.values(u), score, k)
	return out
}

// diagnostics fills the estimators that need the whole distribution.
func (e *evaluation) diagnostics(out *[nEstimators]float64, u int, v valueWeights, score float64, k int) {
	counts := e.r.counts[u]
	at := int(math.Round(score / 100 * float64(len(counts)-1)))
	if k > 0 {
		v.weights[at] += float64(k)
	}
	out[eHuber], _ = fair.HuberMean(v.values, v.weights, e.par.HuberK)
	out[eTrimmed] = trimmed(v, 0.10)
	if e.o != nil {
		c := append([]float64(nil), counts...)
		c[at] += float64(k)
		out[eOracle] = e.o.estimate(c)
	}
}

// kept measures the share of a collective complaint that reaches the score: the
// unit as it is against the unit as its residents would have marked it without
// the complaint, the prior held fixed.
func (e *evaluation) kept(u int) {
	p, s := e.res.Prior, e.res.Sums(u)
	counts := append([]float64(nil), e.r.counts[u]...)
	for i := e.r.start[u]; i < e.r.start[u+1]; i++ {
		now, before := e.r.in.Score[i], e.r.before[i]
		if now != before {
			s = p.Add(p.Add(s, now, 1, -1), before, 1, 1)
			counts[index(counts, now)]--
			counts[index(counts, before)]++
		}
	}
	full := e.r.truthBefore[u] - e.r.truth[u]
	was := p.Rescore(s, u, fair.Evidence{Low: 1, High: 1})
	now := e.res.Units[u]
	diff := [nEstimators]float64{eRaw: was.Raw - now.Adjusted, eEB: was.EB - now.EB, eOfficial: was.Official - now.Official}
	h, _ := fair.HuberMean(e.r.ins.values, positive(counts), e.par.HuberK)
	diff[eHuber] = h - now.Huber
	diff[eTrimmed] = trimmed(valueWeights{e.r.ins.values, counts}, 0.10) - trimmed(e.values(u), 0.10)
	if e.o != nil {
		diff[eOracle] = e.o.estimate(counts) - e.o.estimate(e.r.counts[u])
	}
	for k := range e.t {
		e.t[k].keptNum += diff[k]
		e.t[k].keptDen += full
	}
}

func index(counts []float64, score float64) int {
	return int(math.Round(score / 100 * float64(len(counts)-1)))
}

// valueWeights is a unit's distribution: weight by value.
type valueWeights struct{ values, weights []float64 }

// values returns the weighted distribution of a unit's answers.
func (e *evaluation) values(u int) valueWeights {
	v := valueWeights{e.r.ins.values, make([]float64, len(e.r.ins.values))}
	if e.r.in.DesignWeight == nil {
		copy(v.weights, e.r.counts[u])
	} else {
		for i := e.r.start[u]; i < e.r.start[u+1]; i++ {
			v.weights[index(v.weights, e.r.in.Score[i])] += e.r.in.DesignWeight[i]
		}
	}
	v.weights = positive(v.weights)
	return v
}

func positive(w []float64) []float64 {
	out := make([]float64, len(w))
	for i, x := range w {
		out[i] = math.Max(x, 0)
	}
	return out
}

// trimmed is the weighted mean without the lowest and highest share.
func trimmed(v valueWeights, share float64) float64 {
	total := 0.0
	for _, w := range v.weights {
		total += w
	}
	lo, hi, cum, num := share*total, (1-share)*total, 0.0, 0.0
	for i, w := range v.weights {
		a, b := math.Max(cum, lo), math.Min(cum+w, hi)
		if b > a {
			num += (b - a) * v.values[i]
		}
		cum += w
	}
	return num / (hi - lo)
}
