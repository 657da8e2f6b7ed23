package rater

import "math"

// FacetsMML is the many-facet rating-scale model with units drawn from a normal
// distribution of mean 0. It does not stretch, and places extreme units too.
// Item difficulties are free; rater severities and thresholds sum to zero.
type FacetsMML struct {
	Item, Rater, Threshold       []float64
	ItemSE, RaterSE, ThresholdSE []float64
	Variance                     float64
	Deviance                     float64
	// EAP is every unit's posterior mean, EAPSD its posterior standard deviation.
	EAP, EAPSD []float64
	// Reliability is var(EAP) / (var(EAP) + mean posterior variance).
	Reliability float64
	Iterations  int
	Converged   bool
	Note        string
}

// FitFacetsMML fits by marginal maximum likelihood (Bock & Aitkin 1981,
// Psychometrika 46:443-459; many-facet designs: Adams, Wilson & Wang 1997,
// Applied Psychological Measurement 21:1-23): EM over a grid of unit values.
// Errors come from the expected information of each parameter by itself, as in
// the peer; the last rater's and the last threshold's from the sum of the
// others' variances. They leave out that units are estimated, and are somewhat
// too small.
//
// Faults: those of the panel, a design that does not connect, a category that
// is never used, raters or items at one end of the scale.
func FitFacetsMML(d Panel) (*FacetsMML, error) {
	if err := d.check(); err != nil {
		return nil, err
	}
	if err := fullUse(d); err != nil {
		return nil, err
	}
	keep := make([]bool, len(d.Rating))
	for i := range keep {
		keep[i] = true
	}
	if err := connected(d, keep); err != nil {
		return nil, err
	}
	f := &FacetsMML{Item: make([]float64, len(d.ItemName)), Rater: make([]float64, len(d.RaterName)),
		Threshold: make([]float64, d.Categories-1), Variance: 1}
	e := &marginal{f: f, d: d}
	e.grid()
	for f.Iterations = 1; f.Iterations <= 5000; f.Iterations++ {
		e.expect()
		change, ok := e.maximise()
		if !ok {
			return nil, fault("no_estimate", "collect ratings that overlap more, or join rarely used categories",
				"the many-facet model has no finite estimate")
		}
		if change < 1e-9 {
			f.Converged = true
			break
		}
	}
	if !f.Converged {
		f.Note = "the estimates still moved after 5000 steps"
	}
	e.finish()
	return f, nil
}

// fullUse checks that every category occurs and no rater or item is extreme.
func fullUse(d Panel) error {
	seen := make([]bool, d.Categories)
	for _, x := range d.Rating {
		seen[x] = true
	}
	for k, s := range seen {
		if !s {
			return fault("empty_category", "join the category with its neighbour", "category %d is never used", k)
		}
	}
	for _, facet := range []struct {
		code []int32
		name []string
	}{{d.Rater, d.RaterName}, {d.Item, d.ItemName}} {
		low, high := make([]bool, len(facet.name)), make([]bool, len(facet.name))
		for i, c := range facet.code {
			low[c], high[c] = low[c] || d.Rating[i] > 0, high[c] || d.Rating[i] < d.Categories-1
		}
		for c, name := range facet.name {
			if !low[c] || !high[c] {
				return fault("constant", "leave it out, or use the joint estimate, which places it by a stated rule",
					"%s has no rating, or only lowest or only highest ones", name)
			}
		}
	}
	return nil
}

// marginal is the state of the EM algorithm. Tables are per pair of rater and
// item (pair = rater × items + item).
type marginal struct {
	f          *FacetsMML
	d          Panel
	node       []float64
	posterior  [][]float64 // unit × node
	prob       [][][]float64
	expected   [][]float64 // pair × node: posterior number of ratings
	observed   [][]float64 // pair × category: number of ratings
	logLik     float64
	unitHasAny []bool
	free       [][]float64 // constraints, see constrain
}

// grid spans six standard deviations, at least ±6 logits.
func (e *marginal) grid() {
	w := math.Max(6, 6*math.Sqrt(e.f.Variance))
	const half = 30
	e.node = make([]float64, 2*half+1)
	for i := range e.node {
		e.node[i] = w * float64(i-half) / half
	}
	n := len(e.f.Rater) * len(e.f.Item)
	e.observed = zeros(n, e.d.Categories)
	e.unitHasAny = make([]bool, len(e.d.UnitName))
	e.free = e.constrain()
	for i, x := range e.d.Rating {
		e.observed[e.pair(i)][x]++
		e.unitHasAny[e.d.Unit[i]] = true
	}
}

func (e *marginal) pair(i int) int { return int(e.d.Rater[i])*len(e.f.Item) + int(e.d.Item[i]) }

// curves fills the category probabilities of every pair at every node.
func (e *marginal) curves() {
	e.prob = make([][][]float64, len(e.observed))
	for q := range e.prob {
		s := e.f.Rater[q/len(e.f.Item)] + e.f.Item[q%len(e.f.Item)]
		e.prob[q] = zeros(len(e.node), e.d.Categories)
		for t, theta := range e.node {
			p, sum, log, top := e.prob[q][t], 0.0, 0.0, 0.0
			for k := 1; k < len(p); k++ {
				log += theta - s - e.f.Threshold[k-1]
				p[k] = log
				top = math.Max(top, log)
			}
			for k := range p {
				p[k] = math.Exp(p[k] - top)
				sum += p[k]
			}
			for k := range p {
				p[k] /= sum
			}
		}
	}
}

// expect computes the posterior of every unit and the expected counts.
func (e *marginal) expect() {
	e.curves()
	prior, sum := make([]float64, len(e.node)), 0.0
	for t, theta := range e.node {
		prior[t] = math.Exp(-theta * theta / (2 * e.f.Variance))
		sum += prior[t]
	}
	logs := zeros(len(e.d.UnitName), len(e.node))
	table := make([][][]float64, len(e.prob)) // log probability by pair, category, node
	for i, x := range e.d.Rating {
		q := e.pair(i)
		if table[q] == nil {
			table[q] = logTable(e.prob[q])
		}
		row := logs[e.d.Unit[i]]
		for t, v := range table[q][x] {
			row[t] += v
		}
	}
	e.logLik = 0
	for u, row := range logs {
		if !e.unitHasAny[u] {
			copy(row, prior)
			for t := range row {
				row[t] /= sum
			}
			continue
		}
		top, total := math.Inf(-1), 0.0
		for t, v := range row {
			if prior[t] > 0 {
				top = math.Max(top, v)
			}
		}
		for t, v := range row {
			row[t] = float64(math.Exp(v-top) * (prior[t] / sum))
			total += row[t]
		}
		for t := range row {
			row[t] /= total
		}
		e.logLik += top + math.Log(total)
	}
	e.posterior = logs
	e.expected = zeros(len(e.observed), len(e.node))
	for i := range e.d.Rating {
		to := e.expected[e.pair(i)]
		for t, w := range logs[e.d.Unit[i]] {
			to[t] += w
		}
	}
}

// logTable is the logarithm of probabilities by node and category, turned to
// category and node.
func logTable(p [][]float64) [][]float64 {
	out := zeros(len(p[0]), len(p))
	for t, row := range p {
		for k, v := range row {
			out[k][t] = math.Log(math.Max(v, 1e-300))
		}
	}
	return out
}
