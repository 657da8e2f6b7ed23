package draw

import (
	"math/big"

	"gongping/survey/frame/canon"
)

// drawn is the outcome of one selection: the sample in order with its
// probabilities, then the reserves in order.
type drawn struct {
	sample  []candidate
	prob    []Ratio // of each of the sample; nil: all have the same
	same    Ratio
	reserve []candidate
}

// probability is that of the i-th of the sample.
func (d *drawn) probability(i int) Ratio {
	if d.prob == nil {
		return d.same
	}
	return d.prob[i]
}

// simple draws the n smallest tickets of a population; inclusion probability
// min(n, N)/N.
func simple(order []candidate, population uint64, n int) drawn {
	k := min(n, len(order))
	return drawn{sample: order[:k], same: newRatio(uint64(k), population), reserve: order[k:]}
}

// certainties splits off the units that a sample of n proportional to size must
// contain: repeatedly the largest unit while n·size >= total. largest must hold
// the n largest units, largest first. It returns their number and what remains
// of n and of the total for the others.
func certainties(largest []candidate, n int, total uint64) (taken, left int, rest uint64) {
	left, rest = n, total
	for taken < len(largest) && left > 0 && uint64(left)*largest[taken].size >= rest {
		left--
		rest -= largest[taken].size
		taken++
	}
	return taken, left, rest
}

// takeCertain moves the certain units to the front of the sample, in ticket
// order, and returns a set of their ids.
func (d *drawn) takeCertain(certain []candidate) map[string]bool {
	certain = append([]candidate(nil), certain...)
	sortBy(certain, byTicket)
	ids := make(map[string]bool, len(certain))
	for _, c := range certain {
		ids[c.id] = true
		d.sample = append(d.sample, c)
		d.prob = append(d.prob, Ratio{1, 1})
	}
	return ids
}

// poisson is sequential Poisson sampling: certain units first, then the
// smallest word/size. shares holds at least the n + reserves smallest keys in
// order, largest the n largest sizes in order, both of positive size only.
// Inclusion probability n'·size/total' (Ohlsson 1998, eq. 2.2), with n' and
// total' left after the certain units.
func poisson(shares, largest []candidate, n, reserves int, total uint64) drawn {
	var d drawn
	taken, left, rest := certainties(largest, n, total)
	certain := d.takeCertain(largest[:taken])
	for _, c := range shares {
		switch {
		case certain[c.id]:
		case left > 0 && len(d.sample) < n:
			d.sample = append(d.sample, c)
			d.prob = append(d.prob, newRatio(uint64(left)*c.size, rest))
		case len(d.reserve) < reserves:
			d.reserve = append(d.reserve, c)
		}
	}
	return d
}

// systematic is randomised systematic sampling with probability proportional
// to size. all holds every unit of positive size; start is the stratum's
// random start. Units stand in ticket order on a line, each as long as its
// size; the points (start + j)·total'/n', j = 0 … n'-1, with start a fraction of
// 2^64, select those they fall on. A point p falls on the unit that ends at C
// when floor(p) < C for the first time, which keeps all arithmetic whole.
// Reserves are the rest in the order of sequential Poisson sampling.
func systematic(all []candidate, n, reserves int, total uint64, start canon.Sum) drawn {
	var d drawn
	sortBy(all, bySizeDown)
	taken, left, rest := certainties(all, n, total)
	d.takeCertain(all[:taken])
	line := all[taken:]
	sortBy(line, byTicket)
	var over []candidate
	point, end := newPoints(start, left, rest), uint64(0)
	for _, c := range line {
		end += c.size
		if point.more() && point.floor() < end {
			d.sample = append(d.sample, c)
			d.prob = append(d.prob, newRatio(uint64(left)*c.size, rest))
			point.next()
			continue
		}
		over = append(over, c)
	}
	sortBy(over, byShare)
	d.reserve = over[:min(reserves, len(over))]
	return d
}

// points walks through the n selection points of a systematic sample.
type points struct {
	j, n    int
	total   *big.Int
	at, den *big.Int // (start + j·2^64) and n·2^64
	current uint64
}

func newPoints(start canon.Sum, n int, total uint64) *points {
	p := &points{n: n, total: new(big.Int).SetUint64(total)}
	p.at = new(big.Int).SetBytes(start[:8])
	p.den = new(big.Int).Lsh(big.NewInt(int64(n)), 64)
	p.compute()
	return p
}

func (p *points) more() bool    { return p.j < p.n }
func (p *points) floor() uint64 { return p.current }

func (p *points) compute() {
	if p.more() {
		v := new(big.Int).Mul(p.at, p.total)
		p.current = v.Div(v, p.den).Uint64()
	}
}

func (p *points) next() {
	p.j++
	p.at.Add(p.at, new(big.Int).Lsh(big.NewInt(1), 64))
	p.compute()
}
