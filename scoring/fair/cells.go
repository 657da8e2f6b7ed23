package fair

import (
	"cmp"
	"slices"
	"sync"
)

// side says which of the three parts an answer belongs to.
type side uint8

const (
	ordinary side = iota
	lowSide
	highSide
)

// cell is a run of identical answers of one unit: same score, same
// case-mix-adjusted score and same weight, hence the same influence.
type cell struct {
	score, adj, w float64 // w is the weight after the batch rule
	design        float64 // the design weight itself
	n             int32
	side          side
}

// Sums are the sufficient statistics of a unit for the official score.
type Sums struct {
	N         int     // answers
	W, W2, Y  float64 // all: sum of weights, of squares, of weighted scores
	Wo, Wo2   float64 // ordinary answers
	Yo, Qo    float64 // ordinary: weighted sum of scores and of squares
	WL, YL    float64 // low extremes
	WH, YH    float64 // high extremes
	D, D2, DY float64 // all, with design weights: before the batch rule
	Low, High int     // numbers of extreme answers
	Drawn     float64 // share of the unit's sampling variance that the finite population takes away
}

// add counts n answers of one cell in (n may be negative: out).
func (s *Sums) add(c *cell, n int) {
	f := float64(n)
	w := float64(f * c.w)
	wy := float64(w * c.adj)
	s.N += n
	s.W += w
	s.W2 += float64(w * c.w)
	s.Y += wy
	d := float64(f * c.design)
	s.D += d
	s.D2 += float64(d * c.design)
	s.DY += float64(d * c.adj)
	switch c.side {
	case lowSide:
		s.Low += n
		s.WL += w
		s.YL += wy
	case highSide:
		s.High += n
		s.WH += w
		s.YH += wy
	default:
		s.Wo += w
		s.Wo2 += float64(w * c.w)
		s.Yo += wy
		s.Qo += float64(wy * c.adj)
	}
}

// kish is Kish's effective number of answers, (sum w)^2 / sum w^2.
func kish(w, w2 float64) float64 {
	if w2 <= 0 {
		return 0
	}
	return float64(w*w) / w2
}

// census reports that everybody answered: there is no sampling error.
func (s *Sums) census() bool { return s.Drawn >= 1 }

// effectiveN is the effective number of all answers, after the batch rule.
func (s *Sums) effectiveN() float64 { return kish(s.W, s.W2) }

// ofAll turns what is believed of residents who did not answer into what is
// believed of all: the answers of the others are known (docs/methods/fair-score.md,
// finite population).
func (s *Sums) ofAll(answered, others float64) float64 {
	return others + float64(s.Drawn*(answered-others))
}

// openVariance is the variance of the mean of all residents, given that of a
// population without end: v is what is not known of the latter, within the
// variance of one answer, and n the effective number of answers.
func (s *Sums) openVariance(v, within, n float64) float64 {
	if s.Drawn == 0 || n <= 0 {
		return v
	}
	open := 1 - s.Drawn
	return float64(float64(open*open)*v) + float64(s.Drawn*open)*within/n
}

// plain returns the design-weighted mean and its effective number of answers.
func (s *Sums) plain() meanStat {
	if s.D <= 0 || s.D2 <= 0 {
		return meanStat{}
	}
	return meanStat{s.DY / s.D, kish(s.D, s.D2)}
}

// layout is the input in canonical order: answers grouped by unit and sorted
// within it, and their cells.
type layout struct {
	order  []int32 // answer index by unit, canonical within
	start  []int32 // first position of each unit in order
	adj    []float64
	weight []float64 // working weight by answer
	cells  []cell
	cstart []int32   // first cell of each unit
	cellOf []int32   // by position in order
	drawn  []float64 // by unit: see Sums; nil = 0
}

// group brings the answers of each unit together (counting sort).
func group(in *Input) *layout {
	n := len(in.Unit)
	l := &layout{order: make([]int32, n), start: make([]int32, in.Units+1), adj: in.Score, weight: in.DesignWeight}
	for _, u := range in.Unit {
		l.start[u+1]++
	}
	for u := range in.Units {
		l.start[u+1] += l.start[u]
	}
	next := slices.Clone(l.start[:in.Units])
	for i, u := range in.Unit {
		l.order[next[u]] = int32(i)
		next[u]++
	}
	if l.weight == nil {
		l.weight = make([]float64, n)
		for i := range l.weight {
			l.weight[i] = 1
		}
	}
	return l
}

// sort puts the answers of every unit into the canonical order. The working
// weights must be final: they are part of it.
func (l *layout) sort(in *Input) {
	forUnits(in.Units, func(u int) { l.sortUnit(in, l.start[u], l.start[u+1]) })
}

// keyPool keeps the buffers of sortUnit between units.
var keyPool sync.Pool

type sortKey struct {
	score, w float64
	i        int32
}

// sortUnit sorts by score, weight and covariates. Answers that tie in all of
// them are interchangeable.
func (l *layout) sortUnit(in *Input, from, to int32) {
	buf, _ := keyPool.Get().(*[]sortKey)
	if buf == nil {
		buf = new([]sortKey)
	}
	defer keyPool.Put(buf)
	*buf = slices.Grow((*buf)[:0], int(to-from))[:to-from]
	keys := *buf
	for j, i := range l.order[from:to] {
		keys[j] = sortKey{in.Score[i], l.weight[i], i}
	}
	slices.SortFunc(keys, func(a, b sortKey) int {
		if a.score != b.score {
			return cmp.Compare(a.score, b.score)
		}
		if a.w != b.w {
			return cmp.Compare(a.w, b.w)
		}
		if d := in.DesignWeight; d != nil && d[a.i] != d[b.i] {
			return cmp.Compare(d[a.i], d[b.i])
		}
		for _, c := range in.Covariate {
			if c[a.i] != c[b.i] {
				return cmp.Compare(c[a.i], c[b.i])
			}
		}
		if f := in.SamplingFraction; f != nil {
			return cmp.Compare(f[a.i], f[b.i])
		}
		return 0
	})
	for j := range keys {
		l.order[int(from)+j] = keys[j].i
	}
}

// makeCells merges runs of identical answers. classify is called on the
// unadjusted score: an extreme mark is extreme whoever gave it.
func (l *layout) makeCells(in *Input, classify func(score float64) side) {
	l.cstart = make([]int32, in.Units+1)
	l.cellOf = make([]int32, len(l.order))
	forUnits(in.Units, func(u int) {
		n := int32(0)
		for p := l.start[u]; p < l.start[u+1]; p++ {
			if p == l.start[u] || !l.same(in, l.order[p-1], l.order[p]) {
				n++
			}
			l.cellOf[p] = n - 1
		}
		l.cstart[u+1] = n
	})
	for u := range in.Units {
		l.cstart[u+1] += l.cstart[u]
	}
	l.cells = make([]cell, l.cstart[in.Units])
	forUnits(in.Units, func(u int) {
		for p := l.start[u]; p < l.start[u+1]; p++ {
			l.cellOf[p] += l.cstart[u]
			i, c := l.order[p], &l.cells[l.cellOf[p]]
			if c.n++; c.n == 1 {
				c.score, c.adj, c.w, c.design = in.Score[i], l.adj[i], l.weight[i], in.design(i)
				c.side = classify(c.score)
			}
		}
	})
}

// setDrawn works out the finite population correction of every unit: with f the
// sampling fraction of an answer's stratum and one variance in all strata, the
// variance of the mean is sum w^2 (1-f) / sum w^2 of what it is without.
func (l *layout) setDrawn(in *Input) {
	if in.SamplingFraction == nil {
		return
	}
	l.drawn = make([]float64, in.Units)
	forUnits(in.Units, func(u int) {
		w2, open := 0.0, 0.0
		for _, i := range l.order[l.start[u]:l.start[u+1]] {
			d := in.design(i)
			d2 := float64(d * d)
			w2 += d2
			open += float64(d2 * (1 - in.SamplingFraction[i]))
		}
		if w2 > 0 {
			l.drawn[u] = clampShare(1 - open/w2)
		}
	})
}

// same reports whether two answers are interchangeable for the score.
func (l *layout) same(in *Input, i, j int32) bool {
	return in.Score[i] == in.Score[j] && l.adj[i] == l.adj[j] && l.weight[i] == l.weight[j] && in.design(i) == in.design(j)
}

// design is the design weight of answer i.
func (in *Input) design(i int32) float64 {
	if in.DesignWeight == nil {
		return 1
	}
	return in.DesignWeight[i]
}

// sums adds up the cells of unit u in canonical order.
func (l *layout) sums(u int) Sums {
	var s Sums
	if l.drawn != nil {
		s.Drawn = l.drawn[u]
	}
	for i := l.cstart[u]; i < l.cstart[u+1]; i++ {
		s.add(&l.cells[i], int(l.cells[i].n))
	}
	return s
}

// unitCells are the cells of unit u.
func (l *layout) unitCells(u int) []cell { return l.cells[l.cstart[u]:l.cstart[u+1]] }
