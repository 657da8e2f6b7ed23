package fair

// Estimate is a score recomputed from sums with the prior of a finished run
// held fixed, as for an influence statement or the preview of a decision.
type Estimate struct {
	Official, EB, Raw float64
	LowShare          float64
	HighShare         float64
}

// Sums returns the sufficient statistics of a unit in a finished run.
func (r *Result) Sums(u int) Sums { return r.sums[u] }

// Add returns s with n answers of this score and design weight counted in
// (n < 0: taken out). The score is the case-mix-adjusted one where the run had
// covariates; it is classified as it stands.
func (p *Prior) Add(s Sums, score, designWeight float64, n int) Sums {
	c := cell{score: score, adj: score, w: designWeight, design: designWeight, n: 1, side: p.classify(score)}
	s.add(&c, n)
	return s
}

// Rescore scores a unit from its sums with the prior held fixed.
//
// Source: as Score; Morris (1983), Laird (1978).
func (p *Prior) Rescore(s Sums, u int, ev Evidence) Estimate {
	if s.N <= 0 || s.W <= 0 {
		return Estimate{}
	}
	var sc scratch
	r := p.score(&s, p.priorMean(u), ev, &sc, false)
	plain := s.plain()
	e := Estimate{Official: r.theta, Raw: plain.y}
	_, e.LowShare, e.HighShare = r.parts(&s)
	e.EB, _ = p.Total.shrink(plain.y, plain.n, predict(p.Total.Beta, p.unitX, u))
	e.EB = s.ofAll(plain.y, e.EB)
	return e
}

// Evidence returns the Bayes factors that a unit was scored with.
func (r *UnitResult) Evidence() Evidence {
	return Evidence{Low: r.CollectiveLow.BayesFactor, High: r.CollectiveHigh.BayesFactor}
}

// HuberMean is the diagnostic Huber mean of scores with design weights (nil =
// 1), and the robustness weight of every answer.
//
// Source: Huber (1964).
func HuberMean(scores, designWeight []float64, k float64) (mean float64, robustWeight []float64) {
	cells := make([]cell, len(scores))
	for i, s := range scores {
		w := 1.0
		if designWeight != nil {
			w = designWeight[i]
		}
		cells[i] = cell{score: s, adj: s, w: w, design: w, n: 1}
	}
	robustWeight = make([]float64, len(scores))
	return huber(cells, k, robustWeight, new([]valueWeight)), robustWeight
}
