package estimate

import (
	"cmp"
	"fmt"
	"math"
	"slices"
)

// newStage gives dense codes to units and strata and counts them. Units are
// told apart by (unit before, stratum, code); checkNested refuses a code in two
// strata where that is not wanted.
func newStage(s Stage, parent []int32, level, n int, nest bool) (stage, error) {
	if s.Unit != nil {
		mustLen("Unit", len(s.Unit), n)
	}
	if s.Stratum != nil {
		mustLen("Stratum", len(s.Stratum), n)
	}
	order := identity(n)
	for _, key := range [][]int32{s.Unit, s.Stratum, parent} { // least significant first
		order = sortBy(order, key)
	}
	at := func(key []int32, i int32) int32 {
		if key == nil {
			return 0
		}
		return key[i]
	}
	g := stage{unit: make([]int32, n), ascending: true}
	if s.Unit == nil {
		g.stratumOf, g.row = make([]int32, 0, n), make([]int32, 0, n)
	}
	rows := 0 // of the unit at hand
	for k, i := range order {
		var p int32
		newStratum := k == 0
		if k > 0 {
			p = order[k-1]
			newStratum = at(parent, p) != at(parent, i) || at(s.Stratum, p) != at(s.Stratum, i)
		}
		if newStratum {
			g.sampled = append(g.sampled, 0)
			g.firstUnit = append(g.firstUnit, int32(len(g.stratumOf)))
			before := int32(-1)
			if parent != nil {
				before = parent[i]
			}
			g.parentOf = append(g.parentOf, before)
		}
		if newStratum || s.Unit == nil || s.Unit[p] != s.Unit[i] {
			h := int32(len(g.sampled) - 1)
			g.stratumOf, g.row = append(g.stratumOf, h), append(g.row, i)
			g.sampled[h]++
			rows = 0
		}
		rows++
		g.largest, g.ascending = max(g.largest, rows), g.ascending && int(i) == k
		g.unit[i] = int32(len(g.stratumOf) - 1)
	}
	if !nest && s.Unit != nil && s.Stratum != nil {
		if err := checkNested(s, parent, level); err != nil {
			return stage{}, err
		}
	}
	return g, g.setPopulation(s.Population, level)
}

func identity(n int) []int32 {
	order := make([]int32, n)
	for i := range order {
		order[i] = int32(i)
	}
	return order
}

// sortBy sorts row numbers stably by key (nil leaves them): by counting where
// the keys span a range of the size of the data, so that a design is built in
// time linear in the rows.
func sortBy(order, key []int32) []int32 {
	if key == nil {
		return order
	}
	lo, hi, sorted := key[order[0]], key[order[0]], true
	for k, i := range order {
		lo, hi = min(lo, key[i]), max(hi, key[i])
		sorted = sorted && (k == 0 || key[order[k-1]] <= key[i])
	}
	if sorted {
		return order
	}
	span := int64(hi) - int64(lo) + 1
	if span > int64(4*len(order))+1024 {
		slices.SortStableFunc(order, func(a, b int32) int { return cmp.Compare(key[a], key[b]) })
		return order
	}
	start := make([]int32, span+1)
	for _, i := range order {
		start[key[i]-lo+1]++
	}
	for k := range span {
		start[k+1] += start[k]
	}
	out := make([]int32, len(order))
	for _, i := range order {
		k := key[i] - lo
		out[start[k]] = i
		start[k]++
	}
	return out
}

// checkNested refuses a unit code that is seen in two strata.
func checkNested(s Stage, parent []int32, level int) error {
	key := s.Unit
	if parent != nil { // units are told apart by the unit before, too
		key = make([]int32, len(s.Unit))
		order := sortBy(sortBy(identity(len(key)), s.Unit), parent)
		id := int32(0)
		for k, i := range order {
			if k > 0 && (parent[order[k-1]] != parent[i] || s.Unit[order[k-1]] != s.Unit[i]) {
				id++
			}
			key[i] = id
		}
	}
	order := sortBy(identity(len(key)), key)
	for k, i := range order {
		if k > 0 && key[order[k-1]] == key[i] && s.Stratum[order[k-1]] != s.Stratum[i] {
			return fault("not_nested", "a sampling unit lies in two strata").
				At(fmt.Sprintf("stage %d, row %d", level+1, i+1), "", "one stratum per unit",
					"set nest if unit labels repeat between strata")
		}
	}
	return nil
}

// setPopulation takes one population size per stratum from the rows.
func (g *stage) setPopulation(pop []float64, level int) error {
	g.population = make([]float64, len(g.sampled))
	for h := range g.population {
		g.population[h] = math.Inf(1)
	}
	if pop == nil {
		g.setGains()
		return nil
	}
	mustLen("Population", len(pop), len(g.unit))
	set := make([]bool, len(g.sampled))
	for i, p := range pop {
		h := g.stratumOf[g.unit[i]]
		if p >= float64(g.sampled[h]) && (!set[h] || p == g.population[h]) {
			g.population[h], set[h] = p, true
			continue
		}
		where := fmt.Sprintf("stage %d, row %d", level+1, i+1)
		switch {
		case math.IsNaN(p) || p <= 0:
			return fault("population", "a population size must be a positive number").
				At(where, fmt.Sprint(p), "number of units in the stratum", "")
		case p < float64(g.sampled[h]):
			return fault("population_small", "the population is smaller than the sample").
				At(where, fmt.Sprint(p), fmt.Sprintf("at least the %d units sampled", g.sampled[h]),
					"give sizes, not sampling fractions; check that strata and unit labels match")
		}
		return fault("population_varies", "the population size differs within a stratum").
			At(where, fmt.Sprint(p), fmt.Sprint(g.population[h]), "give one size per stratum")
	}
	g.setGains()
	return nil
}

// lonelyGain marks a stratum with one sampled unit of several.
const lonelyGain = -1

// setGains computes what every variance multiplies the squares of a stratum with:
// (1-f) n/(n-1) with f = n/N, 0 for a complete stratum, lonelyGain where one unit
// shows no variation.
func (g *stage) setGains() {
	g.gain = make([]float64, len(g.sampled))
	for h, sampled := range g.sampled {
		n, f := float64(sampled), 1.0
		if p := g.population[h]; !math.IsInf(p, 1) {
			f = (p - n) / p
		}
		switch {
		case f < takeAll:
		case n > 1:
			g.gain[h] = f * n / (n - 1)
		default:
			g.gain[h] = lonelyGain
		}
	}
}
