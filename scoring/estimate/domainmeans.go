package estimate

import (
	"math"
	"math/bits"
	"runtime"
	"sync"
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
	n                         int64 // rows with an answer and a positive weight
	w, wy, wyy, ww, wwy, wwyy int64
	zero                      int64 // rows with an answer and weight zero
}

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
func (p *Domains) Means(y Column) []DomainEstimate {
	mustLen("column", len(y.Values), p.d.n)
	if y.Missing != nil {
		mustLen("missing", len(y.Missing), p.d.n)
	}
	workers := max(1, min(runtime.GOMAXPROCS(0), p.d.n/(1<<15)))
	if len(p.key) > p.d.n/8 {
		workers = 1 // so many cells that a copy per worker costs more than it saves
	}
	out := make([]DomainEstimate, p.count)
	sc, err := p.scalesFor(y, workers)
	if err != nil {
		for g := range out {
			out[g].Refused = err
		}
		return out
	}
	sums := p.accumulate(y, sc, workers)
	c := combiner{p: p, sc: sc, sums: sums}
	deff := make([]float64, 2*p.count)
	for g := range out {
		c.domain(g, &out[g], deff[2*g:2*g+2])
	}
	return out
}

// scalesFor reads the range of the answers; that of the weights was read by
// NewDomains. Both are the same for any order of the rows. Answers outside the
// domains widen the range at most, unless they are not finite.
func (p *Domains) scalesFor(y Column, workers int) (scales, error) {
	if p.maxWeight == 0 {
		return scales{}, fault("empty_domain", "no row with a positive weight is in any domain")
	}
	type extent struct{ lo, hi float64 }
	part := make([]extent, workers)
	p.parallel(workers, func(k, from, to int) {
		e := extent{math.Inf(1), math.Inf(-1)}
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
	w := p.maxWeight
	s.w, s.wy, s.wyy = unit(w), unit(w*half), unit(w*half*half)
	s.ww, s.wwy, s.wwyy = unit(w*w), unit(w*w*half), unit(w*w*half*half)
	return s, nil
}

func (p *Domains) parallel(workers int, f func(k, from, to int)) {
	if workers == 1 {
		f(0, 0, p.d.n)
		return
	}
	var wg sync.WaitGroup
	for k := range workers {
		wg.Go(func() { f(k, k*p.d.n/workers, (k+1)*p.d.n/workers) })
	}
	wg.Wait()
}

// accumulate sums up all cells.
func (p *Domains) accumulate(y Column, sc scales, workers int) []cellSums {
	part := make([][]cellSums, workers)
	p.parallel(workers, func(k, from, to int) {
		sums := make([]cellSums, len(p.key))
		if p.rows {
			p.addRows(sums, y, sc, from, to)
		} else {
			p.addClusters(sums, y, sc, from, to)
		}
		part[k] = sums
	})
	total := part[0]
	for _, s := range part[1:] {
		for c := range total {
			t, a := &total[c], &s[c]
			t.n += a.n
			t.zero += a.zero
			t.w += a.w
			t.wy += a.wy
			t.wyy += a.wyy
			t.ww += a.ww
			t.wwy += a.wwy
			t.wwyy += a.wwyy
		}
	}
	return total
}

// addClusters fills the sums that a stage of clusters needs.
func (p *Domains) addClusters(sums []cellSums, y Column, sc scales, from, to int) {
	weight, v, cell := p.d.weight[from:to], y.Values[from:to], p.cell[from:to]
	for i, c := range cell {
		w := weight[i]
		if c < 0 || y.Missing != nil && y.Missing[from+i] {
			continue
		}
		if w == 0 {
			sums[c].zero++
			continue
		}
		x := v[i] - sc.centre
		s := &sums[c]
		s.n++
		s.w += int64(w * sc.w)
		wx := w * x
		s.wy += int64(wx * sc.wy)
		s.wyy += int64(float64(wx*x) * sc.wyy)
	}
}

// addRows fills all sums: single rows are sampling units, so squares of their
// scores are needed.
func (p *Domains) addRows(sums []cellSums, y Column, sc scales, from, to int) {
	weight, v, cell := p.d.weight[from:to], y.Values[from:to], p.cell[from:to]
	for i, c := range cell {
		w := weight[i]
		if c < 0 || y.Missing != nil && y.Missing[from+i] {
			continue
		}
		if w == 0 {
			sums[c].zero++
			continue
		}
		x := v[i] - sc.centre
		s := &sums[c]
		s.n++
		s.w += int64(w * sc.w)
		wx := w * x
		s.wy += int64(wx * sc.wy)
		s.wyy += int64(float64(wx*x) * sc.wyy)
		s.ww += int64(float64(w*w) * sc.ww)
		s.wwy += int64(float64(w*wx) * sc.wwy)
		s.wwyy += int64(float64(wx*wx) * sc.wwyy)
	}
}
