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
	n := len(r.answers)
	r.weight, r.strata.code = make([]float64, n), make([]int32, n)
	if len(r.in.Strata) == 0 {
		codes := map[string]int32{}
		for i, a := range r.answers {
			r.weight[i] = a.DesignWeight
			key := a.Committee + "/" + a.Stratum
			c, ok := codes[key]
			if !ok {
				c = int32(len(codes))
				codes[key] = c
			}
			r.strata.code[i] = c
		}
		return nil
	}
	r.strata.population = make([]float64, n)
	all := make([]int, n)
	for i := range all {
		all[i] = i
	}
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
		if rows := all[r.start[u]:r.start[u+1]]; len(rows) > 0 {
			next = r.design(rows, plan[r.units[u].Code], next)
		}
	}
	unmet := make([]bool, len(r.units))
	inParts(len(r.units), leastUnits, func(from, to int) {
		for u := from; u < to; u++ {
			unmet[u] = !r.calibrate(all[r.start[u]:r.start[u+1]], margins[r.units[u].Code])
		}
	})
	for u, failed := range unmet {
		if failed {
			r.note("run.not_calibrated", "Unit", r.units[u].Code)
		}
	}
	return nil
}

// design gives the rows of a committee N_h/n_h within their strata, n_h being
// those who answered. The inclusion probability of a respondent under a
// constant response rate within the stratum is n_h/N_h whatever reserves were
// released. Where residents of a stratum were drawn with unequal probabilities,
// N_h is shared out in proportion to the design weights instead (Hájek 1971): they
// need to be right up to a factor only, which a top-up or a reserve keeps. A stratum without an answer is merged with the next by name (the
// last with the one before), so that its people are spoken for by the nearest.
func (r *run) design(rows []int, plan []scoring.Stratum, next int32) int32 {
	slices.SortFunc(plan, func(a, b scoring.Stratum) int { return strings.Compare(a.Stratum, b.Stratum) })
	count := map[string]int{}
	for _, i := range rows {
		count[r.answers[i].Stratum]++
	}
	type group struct {
		n, code    int32
		population float64
		unequal    bool
		weight     float64 // sum of the design weights
	}
	group4 := map[string]*group{}
	var g, last *group
	for _, s := range plan {
		if g == nil {
			g = &group{code: next}
		}
		g.population += float64(s.Population)
		g.n += int32(count[s.Stratum])
		g.unequal = g.unequal || unequal(s.Method)
		group4[s.Stratum] = g
		if g.n > 0 {
			last, g = g, nil
			next++
		}
	}
	if g != nil && last != nil { // the tail had no answer
		last.population += g.population
	}
	for _, i := range rows {
		if g := group4[r.answers[i].Stratum]; g != nil {
			if g.n == 0 {
				g = last
			}
			g.weight += r.answers[i].DesignWeight
		}
	}
	for _, i := range rows {
		g := group4[r.answers[i].Stratum]
		if g == nil { // a stratum that the plan does not know: keep what came with the answer
			r.weight[i] = r.answers[i].DesignWeight
			r.strata.code[i], r.strata.population[i] = next, 0
			continue
		}
		if g.n == 0 {
			g = last
		}
		r.weight[i] = g.population / float64(g.n)
		if g.unequal && g.weight > 0 {
			r.weight[i] = g.population * (r.answers[i].DesignWeight / g.weight)
		}
		r.strata.code[i], r.strata.population[i] = g.code, g.population
	}
	return next + 1
}

// unequal tells whether a method draws the residents of a stratum with unequal
// probabilities.
func unequal(method string) bool { return method != "simple" && method != "census" }

// clusters codes the first-stage units of the answers from two-stage strata;
// any other answer is a unit of its own.
func (r *run) clusters() {
	staged := map[string]bool{}
	for _, s := range r.in.Strata {
		if strings.HasPrefix(s.Method, "two-stage") {
			staged[s.Stratum] = true
		}
	}
	if len(staged) == 0 {
		return
	}
	codes := map[[2]string]int32{}
	r.strata.cluster = make([]int32, len(r.answers))
	for i, a := range r.answers {
		c := int32(len(r.answers) + i)
		if staged[a.Stratum] {
			key := [2]string{a.Stratum, a.Cluster}
			if _, ok := codes[key]; !ok {
				codes[key] = int32(len(codes))
			}
			c = codes[key]
		}
		r.strata.cluster[i] = c
	}
}

// calibrate rakes the rows of a committee to its margins and trims what moved
// too far. Too few answers, or margins that the sample cannot meet, leave the
// design weights; it is false where the margins could not be met.
func (r *run) calibrate(rows []int, margins []scoring.Margin) bool {
	if len(rows) < r.in.RuleBook.Gates.UnitMin || len(margins) == 0 {
		return true
	}
	base := make([]float64, len(rows))
	total := 0.0
	for k, i := range rows {
		base[k] = r.weight[i]
		total += r.weight[i]
	}
	sex := r.margin(rows, margins, total, "sex", func(m scoring.Margin) string { return m.Sex }, func(a *scoring.Answer) string { return a.Sex })
	age := r.margin(rows, margins, total, "age_band", func(m scoring.Margin) string { return m.AgeBand }, func(a *scoring.Answer) string { return a.AgeBand })
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
	for k := range rows {
		w := adj.Weights[k]
		w = min(max(w, base[k]/maxAdjust), base[k]*maxAdjust)
		adj.Weights[k] = w
		sum += w
	}
	for k, i := range rows {
		r.weight[i] = float64(adj.Weights[k] * (total / sum))
	}
	return true
}

// margin lays out one margin for the rows of a committee. Categories with
// fewer than minCell answers join the one before (the first the one after).
func (r *run) margin(rows []int, margins []scoring.Margin, total float64, name string, of func(scoring.Margin) string, in func(*scoring.Answer) string) *weight.Margin {
	pop, count := map[string]float64{}, map[string]int{}
	sum := 0.0
	for _, m := range margins {
		if v := of(m); v != "" && v != "u" {
			pop[v] += float64(m.Persons)
			sum += float64(m.Persons)
		}
	}
	for _, i := range rows {
		count[in(r.answers[i])]++
	}
	levels := make([]string, 0, len(pop))
	for v := range pop {
		levels = append(levels, v)
	}
	slices.Sort(levels)
	into := map[string]string{}
	var names []string
	totals := map[string]float64{}
	have := map[string]int{}
	for _, v := range levels {
		if len(names) == 0 || have[names[len(names)-1]] >= minCell {
			names = append(names, v)
		}
		at := names[len(names)-1]
		into[v] = at
		totals[at] += pop[v]
		have[at] += count[v]
	}
	if k := len(names); k > 1 && have[names[k-1]] < minCell {
		for v, at := range into {
			if at == names[k-1] {
				into[v] = names[k-2]
			}
		}
		totals[names[k-2]] += totals[names[k-1]]
		names = names[:k-1]
	}
	if len(names) == 0 || sum == 0 {
		return nil
	}
	// Answers of unknown category belong to no margin; they join the largest,
	// so that raking has a place for every row.
	largest := names[0]
	for _, v := range names {
		if totals[v] > totals[largest] {
			largest = v
		}
	}
	labels := make([]string, len(rows))
	for k, i := range rows {
		at, ok := into[in(r.answers[i])]
		if !ok {
			at = largest
		}
		labels[k] = at
	}
	f := weight.NewFactor(name, labels)
	m := &weight.Margin{Factor: f, Totals: make([]float64, len(f.Levels))}
	for k, v := range f.Levels {
		m.Totals[k] = float64(totals[v] / sum * total)
	}
	if len(f.Levels) < len(names) {
		return nil
	}
	return m
}
