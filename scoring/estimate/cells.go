package estimate

import (
	"math"
	"runtime"
	"slices"
	"sync"
)

// denseCells bounds the size of a table domain × unit, relative to the rows.
const denseCells = 4

// nested looks whether all rows of a key lie in one domain, as households do in
// committees. Then cells are keys, and nothing need be numbered. It returns the
// least and the largest code.
func (p *Domains) nested(code []int32) (lo, hi int32) {
	k := &p.keys
	if k.ascending && p.nestedInOrder(code) {
		return 0, 0
	}
	domain := make([]int32, len(k.row))
	workers := p.d.workers()
	type part struct{ lo, hi, differ int32 }
	parts := make([]part, workers)
	split(workers, len(domain), func(w, from, to int) {
		x := part{math.MaxInt32, math.MinInt32, 0}
		for j, i := range k.row[from:to] {
			g := code[i]
			domain[from+j] = g
			x.lo, x.hi = min(x.lo, g), max(x.hi, g)
		}
		parts[w] = x
	})
	split(workers, len(code), func(w, from, to int) {
		differ, of := int32(0), k.of[from:to]
		for i, g := range code[from:to] {
			differ |= domain[of[i]] ^ g
		}
		parts[w].differ = differ
	})
	all := parts[0]
	for _, x := range parts[1:] {
		all = part{min(all.lo, x.lo), max(all.hi, x.hi), all.differ | x.differ}
	}
	if all.differ != 0 { // the rows of a key differ, so look at them all
		all.lo, all.hi = slices.Min(code), slices.Max(code)
	}
	if all.differ != 0 || all.lo < -1 || all.hi >= int32(p.count) {
		return all.lo, all.hi
	}
	p.cells, p.cell, p.maxRows = len(domain), k.of, k.largest
	p.ascending = k.ascending && all.lo >= 0
	if all.lo < 0 { // leave out the rows outside
		p.cell = make([]int32, len(code))
		for i, g := range code {
			p.cell[i] = max(g, -1)
			if g >= 0 {
				p.cell[i] = k.of[i]
			}
		}
	}
	p.orderCells(domain)
	return all.lo, all.hi
}

// nestedInOrder is nested for rows in the order of their keys, where domains do not
// fall either and no row is outside, as a survey is mostly taken in: then it is
// enough to compare the first and the last row of every key. It writes nothing where
// that does not hold.
func (p *Domains) nestedInOrder(code []int32) bool {
	if n := len(code); code[0] < 0 || uint(code[n-1]) >= uint(p.count) {
		return false
	}
	workers := p.d.workers()
	wrong := make([]int32, workers)
	split(workers, len(code), func(w, from, to int) {
		falls, before := int32(0), code[max(from-1, 0)]
		for _, g := range code[from:to] {
			falls |= g | (g - before)
			before = g
		}
		wrong[w] = falls
	})
	if slices.Min(wrong) < 0 { // a code below 0, or one that falls
		return false
	}
	row, first := p.keys.row, make([]int32, p.count+1)
	differ := code[row[len(row)-1]] ^ code[len(code)-1]
	g := code[row[0]]
	for c, i := range row[1:] {
		differ |= g ^ code[i-1]
		first[g+1], g = int32(c)+1, code[i] // the last cell of a domain stays
	}
	first[g+1] = int32(len(row))
	if differ != 0 {
		return false
	}
	for g := range p.count {
		first[g+1] = max(first[g+1], first[g])
		p.widest = max(p.widest, int(first[g+1]-first[g]))
	}
	p.cells, p.cell, p.maxRows, p.ascending, p.start, p.first = len(row), p.keys.of, p.keys.largest, true, row, first
	return true
}

// orderCells lists the cells by domain, given the domain of each.
func (p *Domains) orderCells(domain []int32) {
	p.first = make([]int32, p.count+1)
	sorted, before := true, int32(0)
	for _, g := range domain {
		sorted = sorted && g >= before
		before = g
		if g >= 0 {
			p.first[g+1]++
		}
	}
	for g := range p.count {
		p.first[g+1] += p.first[g]
	}
	if sorted {
		return
	}
	next := append([]int32(nil), p.first[:p.count]...)
	p.order = make([]int32, p.first[p.count])
	for c, g := range domain {
		if g >= 0 {
			p.order[next[g]] = int32(c)
			next[g]++
		}
	}
}

// setCells numbers the pairs (domain, key) that occur, in that order.
func (p *Domains) setCells(code []int32) {
	k := &p.keys
	if int64(p.count)*int64(len(k.row)) > int64(denseCells*p.d.n)+1<<16 {
		p.sparseCells(code, k.of)
	} else {
		p.denseCells(code, k.of, len(k.row))
	}
	p.cells = len(p.key)
	size := make([]int32, p.cells)
	for _, c := range p.cell {
		if c >= 0 {
			size[c]++
			p.maxRows = max(p.maxRows, int(size[c]))
		}
	}
}

func (p *Domains) denseCells(code, key []int32, keys int) {
	table := make([]int32, p.count*keys)
	for i, g := range code {
		if g >= 0 {
			table[int(g)*keys+int(key[i])] = 1
		}
	}
	p.first = make([]int32, 1, p.count+1)
	for g := range p.count {
		for k := range keys {
			if at := g*keys + k; table[at] != 0 {
				table[at] = int32(len(p.key))
				p.key = append(p.key, int32(k))
			}
		}
		p.first = append(p.first, int32(len(p.key)))
	}
	p.cell = make([]int32, len(code))
	for i, g := range code {
		p.cell[i] = -1
		if g >= 0 {
			p.cell[i] = table[int(g)*keys+int(key[i])]
		}
	}
}

// sparseCells does the same by sorting the pairs of each domain's rows.
func (p *Domains) sparseCells(code, key []int32) {
	order := sortBy(sortBy(identity(len(code)), key), code)
	p.cell = make([]int32, len(code))
	p.first = make([]int32, 1, p.count+1)
	domain, before := int32(0), int32(-1)
	for _, i := range order {
		g := code[i]
		if g < 0 {
			p.cell[i] = -1
			continue
		}
		for ; domain < g; domain++ {
			p.first = append(p.first, int32(len(p.key)))
			before = -1
		}
		if key[i] != before {
			before = key[i]
			p.key = append(p.key, before)
		}
		p.cell[i] = int32(len(p.key) - 1)
	}
	for ; int(domain) < p.count; domain++ {
		p.first = append(p.first, int32(len(p.key)))
	}
}

// at reads a renumbering; nil leaves numbers as they are.
func at(renumber []int32, i int32) int32 {
	if renumber == nil {
		return i
	}
	return renumber[i]
}

// leastRows is the work that is worth another processor: less is done before
// the other has woken up.
const leastRows = 1 << 14

func (d *Design) workers() int { return max(1, min(runtime.GOMAXPROCS(0), d.n/leastRows)) }

// split runs f on the parts of 0…n-1, one for each worker.
func split(workers, n int, f func(k, from, to int)) {
	if workers == 1 {
		f(0, 0, n)
		return
	}
	var wg sync.WaitGroup
	for k := 1; k < workers; k++ {
		wg.Go(func() { f(k, k*n/workers, (k+1)*n/workers) })
	}
	f(0, 0, n/workers)
	wg.Wait()
}

// byDomain runs f on runs of domains that hold about the same number of cells.
func (p *Domains) byDomain(workers int, f func(k, from, to int)) {
	cut := make([]int, workers+1)
	cut[workers] = p.count
	all, g := int(p.first[p.count]), 0
	for k := 1; k < workers; k++ {
		for g < p.count && int(p.first[g]) < k*all/workers {
			g++
		}
		cut[k] = g
	}
	split(workers, workers, func(_, from, to int) {
		for k := from; k < to; k++ {
			f(k, cut[k], cut[k+1])
		}
	})
}
