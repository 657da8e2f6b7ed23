package estimate

// inOrder reports whether the rows of a domain follow each other, those of a cell
// too, and no domain is so large that one worker would have it alone. Then one
// domain after the other is added up and combined, and its sums stay in the cache.
func (p *Domains) inOrder(workers int) bool {
	return p.start != nil && (workers == 1 || p.widest <= p.cells/(4*workers))
}

// together is how many cells are added up at once: their sums fit into the first cache.
const together = 256

// meansInOrder are the means of domains from…to-1: the sums and the figures that
// accumulate and combiner give, without keeping all sums.
func (p *Domains) meansInOrder(y Column, sc scales, out []DomainEstimate, deff []float64, from, to int) {
	c := combiner{p: p, sc: sc, inv: sc.inverse()}
	sums := make([]cellSums, p.widest+together)
	var squares []rowSums
	if p.rows {
		squares = make([]rowSums, len(sums))
	}
	for g := from; g < to; {
		next := g + 1
		for next < to && p.first[next+1]-p.first[g] <= together {
			next++
		}
		first, end := p.first[g], p.first[next]
		c.base, c.sums = first, sums[:end-first]
		clear(c.sums)
		if p.rows {
			c.squares = squares[:end-first]
			clear(c.squares)
		}
		if first < end {
			p.add(c.sums, c.squares, y, sc, int(p.start[first]), p.rowsBefore(end), first)
		}
		for ; g < next; g++ {
			c.domain(g, &out[g], deff[2*g:2*g+2])
		}
	}
}

// rowsBefore is the first row of a cell, or the number of rows after the last.
func (p *Domains) rowsBefore(cell int32) int {
	if int(cell) < len(p.start) {
		return int(p.start[cell])
	}
	return p.d.n
}
