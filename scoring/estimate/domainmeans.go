package estimate

import (
	"math"
	"math/bits"
)

// DomainEstimate is the figure of one domain. Refused says why there is no
// figure (N = 0) or no error (N > 0, SE 0).
type DomainEstimate struct {
	Estimate
	// SD is the standard deviation of the answers in the domain.
	SD      float64
	Refused error
}

// cellSums are the sums of a cell, in fixed point: terms are scaled by a power
// of two and cut to integers, whose sum is the same in any order and on any
// number of processors. With y measured from the middle of its range and at
// least 2^62/rows steps for the largest term, a sum is good to more digits
// than the terms.
type cellSums struct {
	n, zero    int32 // rows with an answer: of positive weight, of weight zero
	w, wy, wyy int64
}

// rowSums are the further sums of a cell of single rows.
type rowSums struct{ ww, wwy, wwyy int64 }

// constantSpread is the variance, relative to the squared half range of all
// answers, below which the answers of a domain count as equal: far above what
// rounding leaves, far below two different answers of any scale.
const constantSpread = 1e-12

// scales turn terms into integers: the powers of two for w, y and their
// products are exact.
type scales struct {
	centre, half              float64
	w, wy, wyy, ww, wwy, wwyy float64
}

// Means computes the weighted mean of a column in every domain with the
// standard error of Design.Variance, in one pass. The result is bit-identical
// for any order of the rows and any GOMAXPROCS.
//
// Source: Särndal, Swensson and Wretman (1992), section 5.8; stages as in Cochran
// (1977), chapter 11.
func (p *Domains) Means(y Column) []DomainEstimate {
	mustLen("column", len(y.Values), p.d.n)
	if y.Missing != nil {
		mustLen("missing", len(y.Missing), p.d.n)
	}
	workers := p.d.workers()
	out := make([]DomainEstimate, p.count)
	sc, err := p.scalesFor(y, workers)
	if err != nil {
		for g := range out {
			out[g].Refused = err
		}
		return out
	}
	deff := make([]float64, 2*p.count)
	if p.inOrder(workers) {
		p.byDomain(workers, func(_, from, to int) { p.meansInOrder(y, sc, out, deff, from, to) })
		return out
	}
	sums, squares := p.accumulate(y, sc)
	p.byDomain(workers, func(_, from, to int) {
		c := combiner{p: p, sc: sc, inv: sc.inverse(), sums: sums, squares: squares}
		for g := from; g < to; g++ {
			c.domain(g, &out[g], deff[2*g:2*g+2])
		}
	})
	return out
}

// scalesFor reads the range of the answers; that of the weights belongs to the
// design. Both are the same for any order of the rows. Answers outside the
// domains widen the range at most, unless they are not finite.
func (p *Domains) scalesFor(y Column, workers int) (scales, error) {
	type extent struct{ lo, hi float64 }
	part := make([]extent, workers)
	split(workers, p.d.n, func(k, from, to int) {
		e := extent{math.Inf(1), math.Inf(-1)}
		if y.Missing == nil {
			if lo, hi, finite := rangeOf(y.Values[from:to]); finite {
				part[k] = extent{lo, hi}
				return
			}
		}
		for i, x := range y.Values[from:to] {
			if y.Missing != nil && y.Missing[from+i] {
				continue
			}
			if !(x-x == 0) { // NaN or infinite
				if p.cell[from+i] < 0 || p.d.weight[from+i] == 0 {
					continue
				}
				e.hi = math.Inf(1)
			}
			if x < e.lo {
				e.lo = x
			}
			if x > e.hi {
				e.hi = x
			}
		}
		part[k] = e
	})
	all := extent{math.Inf(1), math.Inf(-1)}
	for _, e := range part {
		all.lo, all.hi = min(all.lo, e.lo), max(all.hi, e.hi)
	}
	if math.IsInf(all.hi, -1) {
		return scales{}, fault("empty_domain", "no row has an answer")
	}
	if math.IsInf(all.lo, 0) || math.IsInf(all.hi, 0) {
		return scales{}, fault("not_finite", "an answer is not a finite number").
			At("column", "", "a number, or a mark in Missing", "")
	}
	s := scales{centre: all.lo + (all.hi-all.lo)/2}
	s.half = max(s.centre-all.lo, all.hi-s.centre)
	half := s.half
	room := 62 - bits.Len(uint(p.maxRows))
	unit := func(largest float64) float64 {
		if largest == 0 {
			return 1
		}
		_, e := math.Frexp(largest)
		return math.Ldexp(1, min(room-e, 1000))
	}
	w := p.d.maxWeight
	s.w, s.wy, s.wyy = unit(w), unit(w*half), unit(w*half*half)
	s.ww, s.wwy, s.wwyy = unit(w*w), unit(w*w*half), unit(w*w*half*half)
	return s, nil
}

// rangeOf is the range of x; finite is false where a value is NaN or infinite. It
// compares the bits as whole numbers, which needs no branch that the processor
// could guess wrongly: those of numbers of at least zero stand in their order, NaN
// beyond infinity; where one is negative, all are turned first.
func rangeOf(x []float64) (lo, hi float64, finite bool) {
	least, most := int64(math.MaxInt64), int64(math.MinInt64)
	low, high := least, most // of every other number: no comparison waits for the one before
	i := 1
	for ; i < len(x); i += 2 {
		a, b := int64(math.Float64bits(x[i-1])), int64(math.Float64bits(x[i]))
		least, most, low, high = min(least, a), max(most, a), min(low, b), max(high, b)
	}
	if i == len(x) {
		b := int64(math.Float64bits(x[i-1]))
		least, most = min(least, b), max(most, b)
	}
	least, most = min(least, low), max(most, high)
	if least < 0 {
		least, most = math.MaxInt64, math.MinInt64
		for _, v := range x {
			b := turned(int64(math.Float64bits(v)))
			least, most = min(least, b), max(most, b)
		}
		least, most = turned(least), turned(most)
	}
	lo, hi = math.Float64frombits(uint64(least)), math.Float64frombits(uint64(most))
	return lo, hi, hi-lo >= 0 && !math.IsInf(lo, 0) && !math.IsInf(hi, 0)
}

// turned maps the bits of a number to a whole number of the same order, and back.
func turned(bits int64) int64 { return bits ^ int64(uint64(bits>>63)>>1) }

// inverse are the reciprocals, exact because the scales are powers of two.
func (s *scales) inverse() scales {
	return scales{w: 1 / s.w, wy: 1 / s.wy, wyy: 1 / s.wyy, ww: 1 / s.ww, wwy: 1 / s.wwy, wwyy: 1 / s.wwyy}
}

// accumulate sums up all cells. Where cells follow each other in the rows, or
// are few, both processors add.
func (p *Domains) accumulate(y Column, sc scales) ([]cellSums, []rowSums) {
	workers := p.d.workers()
	if p.ascending {
		return p.accumulateRuns(y, sc, workers)
	}
	if p.cells > p.d.n/8 {
		workers = 1 // so many cells that a copy per worker costs more than it saves
	}
	part, squares := make([][]cellSums, workers), make([][]rowSums, workers)
	split(workers, p.d.n, func(k, from, to int) {
		part[k], squares[k] = p.newSums()
		p.add(part[k], squares[k], y, sc, from, to, 0)
	})
	for k := 1; k < workers; k++ {
		for c, a := range part[k] {
			t := &part[0][c]
			t.n += a.n
			t.zero += a.zero
			t.w += a.w
			t.wy += a.wy
			t.wyy += a.wyy
		}
		for c, a := range squares[k] {
			t := &squares[0][c]
			t.ww += a.ww
			t.wwy += a.wwy
			t.wwyy += a.wwyy
		}
	}
	return part[0], squares[0]
}

// accumulateRuns cuts the rows between cells, so that no two workers write to
// the same one.
func (p *Domains) accumulateRuns(y Column, sc scales, workers int) ([]cellSums, []rowSums) {
	sums, squares := p.newSums()
	cut := func(i int) int {
		for i > 0 && i < p.d.n && p.cell[i] == p.cell[i-1] {
			i++
		}
		return i
	}
	split(workers, p.d.n, func(_, from, to int) { p.add(sums, squares, y, sc, cut(from), cut(to), 0) })
	return sums, squares
}

func (p *Domains) newSums() ([]cellSums, []rowSums) {
	if p.rows {
		return make([]cellSums, p.cells), make([]rowSums, p.cells)
	}
	return make([]cellSums, p.cells), nil
}

// add adds up rows from…to-1; sums and squares begin with cell base. Where single
// rows are sampling units, squares of their scores are needed, too.
func (p *Domains) add(sums []cellSums, squares []rowSums, y Column, sc scales, from, to int, base int32) {
	if squares != nil && y.Missing == nil && p.d.positive && p.ascending {
		p.addPeople(sums, squares, y.Values[from:to], sc, from, base)
		return
	}
	weight, v, cell := p.d.weight[from:to], y.Values[from:to], p.cell[from:to]
	var missing []bool
	if y.Missing != nil {
		missing = y.Missing[from:to]
	}
	for i, c := range cell {
		w := weight[i]
		if c < 0 || missing != nil && missing[i] {
			continue
		}
		s := &sums[c-base]
		if w == 0 {
			s.zero++
			continue
		}
		x := v[i] - sc.centre
		wx := w * x
		s.n++
		s.w += int64(w * sc.w)
		s.wy += int64(wx * sc.wy)
		s.wyy += int64(float64(wx*x) * sc.wyy)
		if squares != nil {
			q := &squares[c-base]
			q.ww += int64(float64(w*w) * sc.ww)
			q.wwy += int64(float64(w*wx) * sc.wwy)
			q.wwyy += int64(float64(wx*wx) * sc.wwyy)
		}
	}
}

// addPeople is add for single rows of positive weight that all have an answer and
// a cell.
func (p *Domains) addPeople(sums []cellSums, squares []rowSums, v []float64, sc scales, from int, base int32) {
	weight, cell := p.d.weight[from:from+len(v)], p.cell[from:from+len(v)]
	for i, y := range v {
		w, c := weight[i], uint(cell[i]-base)
		x := y - sc.centre
		wx := w * x
		s, q := &sums[c], &squares[c]
		s.n++
		s.w += int64(w * sc.w)
		s.wy += int64(wx * sc.wy)
		s.wyy += int64(float64(wx*x) * sc.wyy)
		q.ww += int64(float64(w*w) * sc.ww)
		q.wwy += int64(float64(w*wx) * sc.wwy)
		q.wwyy += int64(float64(wx*wx) * sc.wwyy)
	}
}
