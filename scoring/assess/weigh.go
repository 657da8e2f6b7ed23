package assess

import (
	"slices"
	"strings"

	"gongping/scoring"
	"gongping/survey/weight"
)

// strata is the first stage of the design as the answers see it.
type strata struct {
	code       []int32   // by answer
	population []float64 // by answer: persons of its stratum; nil for an imported survey
	n          []float64 // by code: answers
	fraction   []float64 // by answer: see samplingFractions
	cluster    []int32   // by answer: its first-stage unit; nil without two-stage strata
}

// maxAdjust bounds how far calibration may move a weight from its design
// weight, either way, before it is trimmed.
const maxAdjust = 3

// minCell is the fewest respondents a raking category must have; a thinner one
// is merged with its neighbour.
const minCell = 5

// weigh makes the weights of the answers: design weight of the stratum, spread
// over those who answered (nonresponse within the stratum), then raked within
// each committee to its population by sex and by age band. An imported survey
// keeps the weights that it came with.
func (r *run) weigh() error {
	n := len(r.score)
	r.weight, r.strata.code = make([]float64, n), make([]int32, n)
	if len(r.in.Strata) == 0 {
		next := int32(0)
		for u := range r.units {
			for i := r.start[u]; i < r.start[u+1]; i++ {
				r.weight[i], r.strata.code[i] = r.out.Answers[i].DesignWeight, next+r.stratum[i]
			}
			next += int32(len(r.strataOf[u]))
		}
		return nil
	}
	r.strata.population = make([]float64, n)
	plan := map[string][]scoring.Stratum{}
	for _, s := range r.in.Strata {
		plan[s.Committee] = append(plan[s.Committee], s)
	}
	margins := map[string][]scoring.Margin{}
	for _, m := range r.in.Margins {
		margins[m.Committee] = append(margins[m.Committee], m)
	}
	r.clusters()
	next := int32(0)
	for u := range r.units {
		if r.start[u] < r.start[u+1] {
			next = r.design(u, plan[r.units[u].Code], next)
		}
	}
	unmet := make([]bool, len(r.units))
	inParts(len(r.units), leastUnits, func(_, from, to int) {
		for u := from; u < to; u++ {
			unmet[u] = !r.calibrate(int(r.start[u]), int(r.start[u+1]), margins[r.units[u].Code])
		}
	})
	for u, failed := range unmet {
		if failed {
			r.note("run.not_calibrated", "Unit", r.units[u].Code)
		}
	}
	return nil
}

// design gives the answers of a committee N_h/n_h within their strata, n_h
// being those who answered. The inclusion probability of a respondent under a
// constant response rate within the stratum is n_h/N_h whatever reserves were
// released. Where residents of a stratum were drawn with unequal probabilities,
// N_h is shared out in proportion to the design weights instead (Hájek 1971): they
// need to be right up to a factor only, which a top-up or a reserve keeps. A stratum without an answer is merged with the next by name (the
// last with the one before), so that its people are spoken for by the nearest.
func (r *run) design(u int, plan []scoring.Stratum, next int32) int32 {
	slices.SortFunc(plan, func(a, b scoring.Stratum) int { return strings.Compare(a.Stratum, b.Stratum) })
	names := r.strataOf[u]
	count := make([]int32, len(names))
	for _, c := range r.stratum[r.start[u]:r.start[u+1]] {
		count[c]++
	}
	type group struct {
		n, code    int32
		population float64
		unequal    bool
		weight     float64 // sum of the design weights
	}
	of := make([]*group, len(names)) // by place in names
	var g, last *group
	for _, s := range plan {
		if g == nil {
			g = &group{code: next}
		}
		g.population += float64(s.Population)
		g.unequal = g.unequal || unequal(s.Method)
		if k := slices.Index(names, s.Stratum); k >= 0 {
			g.n += count[k]
			of[k] = g
		}
		if g.n > 0 {
			last, g = g, nil
			next++
		}
	}
	if g != nil && last != nil { // the tail had no answer
		last.population += g.population
	}
	for i := r.start[u]; i < r.start[u+1]; i++ {
		if g := of[r.stratum[i]]; g != nil {
			g.weight += r.out.Answers[i].DesignWeight
		}
	}
	for i := r.start[u]; i < r.start[u+1]; i++ {
		g := of[r.stratum[i]]
		if g == nil { // a stratum that the plan does not know: keep what came with the answer
			r.weight[i] = r.out.Answers[i].DesignWeight
			r.strata.code[i], r.strata.population[i] = next, 0
			continue
		}
		r.weight[i] = g.population / float64(g.n)
		if g.unequal && g.weight > 0 {
			r.weight[i] = g.population * (r.out.Answers[i].DesignWeight / g.weight)
		}
		r.strata.code[i], r.strata.population[i] = g.code, g.population
	}
	return next + 1
}

// unequal tells whether a method draws the residents of a stratum with unequal
// probabilities.
func unequal(method string) bool { return method != "simple" && method != "census" }

// staged lists the strata that were drawn in two stages, nil without any.
func (r *run) staged() map[string]bool {
	var staged map[string]bool
	for _, s := range r.in.Strata {
		if strings.HasPrefix(s.Method, "two-stage") {
			if staged == nil {
				staged = map[string]bool{}
			}
			staged[s.Stratum] = true
		}
	}
	return staged
}

// clusters codes the first-stage units of the answers from two-stage strata;
// any other answer is a unit of its own.
func (r *run) clusters() {
	if r.cluster == nil {
		return
	}
	n, next := int32(len(r.cluster)), int32(0)
	r.strata.cluster = make([]int32, n)
	for u := range r.units {
		most := int32(0)
		for i := r.start[u]; i < r.start[u+1]; i++ {
			r.strata.cluster[i] = n + i
			if c := r.cluster[i]; c >= 0 {
				r.strata.cluster[i] = next + c
				most = max(most, c+1)
			}
		}
		next += most
	}
}

// calibrate rakes the rows of a committee to its margins and trims what moved
// too far. Too few answers, or margins that the sample cannot meet, leave the
// design weights; it is false where the margins could not be met.
func (r *run) calibrate(from, to int, margins []scoring.Margin) bool {
	if to-from < r.in.RuleBook.Gates.UnitMin || len(margins) == 0 {
		return true
	}
	base := slices.Clone(r.weight[from:to])
	total := 0.0
	for _, w := range base {
		total += w
	}
	sex := r.margin(from, to, sexColumn, margins, total, "sex", func(m *scoring.Margin) string { return m.Sex })
	age := r.margin(from, to, ageColumn, margins, total, "age_band", func(m *scoring.Margin) string { return m.AgeBand })
	var use []weight.Margin
	for _, m := range []*weight.Margin{sex, age} {
		if m != nil && len(m.Totals) > 1 {
			use = append(use, *m)
		}
	}
	if len(use) == 0 {
		return true
	}
	adj, err := weight.Rake(base, use, weight.RakeRule{Epsilon: 1e-9, MaxSweeps: 200, AcceptUnconverged: true})
	if err != nil {
		return false
	}
	sum := 0.0
	for k, w := range adj.Weights {
		w = min(max(w, base[k]/maxAdjust), base[k]*maxAdjust)
		adj.Weights[k] = w
		sum += w
	}
	for k, w := range adj.Weights {
		r.weight[from+k] = float64(w * (total / sum))
	}
	return true
}
