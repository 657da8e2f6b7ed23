package robust

import (
	"cmp"
	"math"
	"runtime"
	"slices"
	"sync"
)

// Groups holds M-estimates of location by group, one entry per group.
type Groups struct {
	N                          []int // rows with positive weight
	Mean, Median, Value, Scale []float64
	LeastWeight                []float64 // smallest robustness weight, 1 for an empty group
	EffectiveN                 []float64 // (Σwu)²/Σ(wu)²
	Kind                       []ScaleKind
	Status                     []Status
	RobustWeights              []float64 // per row; 1 for rows outside every group
}

// maxLevels is the number of distinct values up to which groups are estimated
// from a table of counts: marks on a scale and means of a few of them.
const maxLevels = 1024

// ByGroup estimates every group as Estimate would (with the rule's Psi, scale
// and zero rule) and returns the robustness weight of every row. group[i] is
// −1 for rows that belong to none. w may be nil.
//
// Few distinct values (marks) are counted into a table of weights by group and
// value, so an iteration costs the number of values and not of rows; other
// data is sorted within groups, Huber's equation then costs a binary search
// per iteration. Rows are added up in their order, and groups do not depend on
// each other: the result is the same for any number of processors.
//
// Faults: those of Estimate; an empty group has status Empty.
//
// Source: Huber (1964); scales and zero rule as in Estimate.
func ByGroup(x, w []float64, group []int32, groups int, rule Rule) (*Groups, error) {
	mustLen("group", len(group), len(x))
	if len(x) > 0 {
		if err := check(x, w); err != nil {
			return nil, err
		}
	}
	rule = rule.defaults()
	g := &Groups{N: make([]int, groups), Mean: make([]float64, groups), Median: make([]float64, groups),
		Value: make([]float64, groups), Scale: make([]float64, groups), LeastWeight: make([]float64, groups),
		EffectiveN: make([]float64, groups), Kind: make([]ScaleKind, groups), Status: make([]Status, groups),
		RobustWeights: make([]float64, len(x))}
	if code, levels := encode(x, groups); levels != nil {
		g.counted(code, levels, w, group, rule)
	} else {
		g.sorted(x, w, group, rule)
	}
	return g, nil
}

// encode numbers the distinct values in ascending order, or returns nil when
// there are too many for a table to pay.
func encode(x []float64, groups int) (code []uint16, levels []float64) {
	limit := min(maxLevels, max(16, 2*len(x)/max(groups, 1)))
	code = make([]uint16, len(x))
	var slot [4096]uint16 // open addressing; 0 is empty, else level + 1
	last, lastCode := math.NaN(), uint16(0)
	for i, v := range x {
		if v == last {
			code[i] = lastCode
			continue
		}
		if v == 0 {
			v = 0 // −0 and 0 are one value
		}
		h := (math.Float64bits(v) * 0x9E3779B97F4A7C15) >> 52
		for slot[h] != 0 && levels[slot[h]-1] != v {
			h = (h + 1) & 4095
		}
		if slot[h] == 0 {
			if len(levels) == limit {
				return nil, nil
			}
			levels = append(levels, v)
			slot[h] = uint16(len(levels))
		}
		last, lastCode = v, slot[h]-1
		code[i] = lastCode
	}
	order := make([]uint16, len(levels))
	for k := range order {
		order[k] = uint16(k)
	}
	slices.SortFunc(order, func(a, b uint16) int { return cmp.Compare(levels[a], levels[b]) })
	rank, ascending := make([]uint16, len(levels)), make([]float64, len(levels))
	for r, k := range order {
		rank[k], ascending[r] = uint16(r), levels[k]
	}
	for i, c := range code {
		code[i] = rank[c]
	}
	return code, ascending
}

// counted estimates from the table of weights by group and level.
func (g *Groups) counted(code []uint16, levels []float64, w []float64, group []int32, rule Rule) {
	l := len(levels)
	table, squares := make([]float64, len(g.N)*l), make([]float64, len(g.N)*l)
	if w == nil {
		for i, c := range code {
			if k := group[i]; k >= 0 {
				table[int(k)*l+int(c)]++
				g.N[k]++
			}
		}
		copy(squares, table)
	} else {
		for i, c := range code {
			if k := group[i]; k >= 0 && w[i] > 0 {
				at := int(k)*l + int(c)
				table[at] += w[i]
				squares[at] += float64(w[i] * w[i])
				g.N[k]++
			}
		}
	}
	weights := make([]float64, len(table)+1)
	g.parallel(func(from, to int) {
		s := Sample{X: make([]float64, 0, l), W: make([]float64, 0, l)}
		d := Sample{X: make([]float64, 0, l), W: make([]float64, 0, l)}
		for k := from; k < to; k++ {
			row := table[k*l : k*l+l]
			s.X, s.W, s.Total = s.X[:0], s.W[:0], 0
			for c, wt := range row {
				if wt > 0 {
					s.X, s.W = append(s.X, levels[c]), append(s.W, wt)
					s.Total += wt
				}
			}
			loc := g.one(k, s, &d, rule)
			sum, sum2 := 0.0, 0.0
			for c, v := range levels {
				u := 1.0
				if loc.Scale > 0 {
					u = rule.Psi.Weight((v - loc.Value) / loc.Scale)
				}
				weights[k*l+c] = u
				if row[c] > 0 {
					g.LeastWeight[k] = min(g.LeastWeight[k], u)
					sum += float64(row[c] * u)
					sum2 += float64(squares[k*l+c] * float64(u*u))
				}
			}
			g.effective(k, sum, sum2)
		}
	})
	outside := len(table)
	weights[outside] = 1
	for i, c := range code {
		at := outside
		if k := group[i]; k >= 0 {
			at = int(k)*l + int(c)
		}
		g.RobustWeights[i] = weights[at]
	}
}

// one estimates group k from its sorted sample.
func (g *Groups) one(k int, s Sample, scratch *Sample, rule Rule) Location {
	g.LeastWeight[k] = 1
	if len(s.X) == 0 {
		g.Status[k], g.Kind[k] = Empty, ScaleNone
		return Location{}
	}
	g.Mean[k] = weightedMean(s.X, s.W)
	l := Location{Median: s.Median()}
	l.Scale, l.Kind = s.scale(l.Median, rule, scratch)
	if rule.Psi.family == huber && len(s.X) > 64 && l.Scale > 0 && !math.IsInf(rule.Psi.c, 1) {
		s.solveHuber(&l, rule, scratch)
	} else {
		s.solve(&l, rule)
	}
	g.Median[k], g.Value[k], g.Scale[k], g.Kind[k], g.Status[k] = l.Median, l.Value, l.Scale, l.Kind, l.Status
	return l
}

func (g *Groups) effective(k int, sum, sum2 float64) {
	if sum2 > 0 {
		g.EffectiveN[k] = float64(sum*sum) / sum2
	}
}

// parallel splits the groups over the processors; each writes its own entries.
func (g *Groups) parallel(work func(from, to int)) {
	n := len(g.N)
	procs := min(runtime.GOMAXPROCS(0), max(n/8, 1))
	var wg sync.WaitGroup
	for p := range procs {
		from, to := n*p/procs, n*(p+1)/procs
		if p == procs-1 {
			work(from, to)
			break
		}
		wg.Add(1)
		go func() {
			defer wg.Done()
			work(from, to)
		}()
	}
	wg.Wait()
}

// item is a row of positive weight in a group.
type item struct {
	x, w float64
	row  int32
}

// itemsByGroup brings the rows of every group together: those of group k are
// items[start[k]:start[k+1]], in the order of the rows.
func (g *Groups) itemsByGroup(x, w []float64, group []int32) (items []item, start []int) {
	start = make([]int, len(g.N)+1)
	for i, k := range group {
		if k >= 0 && (w == nil || w[i] > 0) {
			g.N[k]++
		}
		g.RobustWeights[i] = 1
	}
	for k, n := range g.N {
		start[k+1] = start[k] + n
	}
	items = make([]item, start[len(g.N)])
	next := slices.Clone(start)
	for i, k := range group {
		if k < 0 || w != nil && w[i] == 0 {
			continue
		}
		it := item{x: x[i], w: 1, row: int32(i)}
		if w != nil {
			it.w = w[i]
		}
		items[next[k]] = it
		next[k]++
	}
	return items, start
}

// sorted estimates from rows sorted within groups.
func (g *Groups) sorted(x, w []float64, group []int32, rule Rule) {
	items, start := g.itemsByGroup(x, w, group)
	scales, values := g.Scale, g.Value
	g.parallel(func(from, to int) {
		var s, d Sample
		for k := from; k < to; k++ {
			part := items[start[k]:start[k+1]]
			slices.SortFunc(part, func(a, b item) int {
				if a.x < b.x {
					return -1
				}
				if a.x > b.x {
					return 1
				}
				return int(a.row) - int(b.row)
			})
			s.X, s.W, s.Total = s.X[:0], s.W[:0], 0
			for _, it := range part {
				s.X, s.W = append(s.X, it.x), append(s.W, it.w)
				s.Total += it.w
			}
			g.one(k, s, &d, rule)
			sum, sum2 := 0.0, 0.0
			for _, it := range part {
				u := 1.0
				if scales[k] > 0 {
					u = rule.Psi.Weight((it.x - values[k]) / scales[k])
				}
				g.RobustWeights[it.row] = u
				g.LeastWeight[k] = min(g.LeastWeight[k], u)
				wu := float64(it.w * u)
				sum += wu
				sum2 += float64(wu * wu)
			}
			g.effective(k, sum, sum2)
		}
	})
	if w == nil {
		return
	}
	for i, k := range group { // rows of weight zero get the weight of their value
		if k >= 0 && w[i] == 0 && scales[k] > 0 {
			g.RobustWeights[i] = rule.Psi.Weight((x[i] - values[k]) / scales[k])
		}
	}
}
