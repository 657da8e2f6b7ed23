package fair

import (
	"cmp"
	"math"
	"slices"
)

// unitScorer scores one unit again with answers taken out.
type unitScorer struct {
	p     *Prior
	cells []cell
	full  Sums
	xi    float64
	ev    Evidence
	sc    *scratch
	theta float64
	// offset is what the grid points left out of the light score are worth.
	offset float64
}

// calibrate sets the offset, so that taking nothing out changes nothing.
func (s *unitScorer) calibrate() {
	s.offset = s.theta - s.p.score(&s.full, s.xi, s.ev, s.sc, true).theta
}

// without returns the score for the sums that are left.
func (s *unitScorer) without(t *Sums) float64 {
	if t.N <= 0 {
		return s.theta
	}
	return s.p.score(t, s.xi, s.ev, s.sc, true).theta + s.offset
}

// cellInfluence is the leave-one-out influence of one answer of each cell.
type cellInfluence struct {
	official, raw float64
	cell          int32
}

// manyCells is how many cells of ordinary answers are worth a table.
const manyCells = 12

// influences fills dst by cell. Where many ordinary answers differ in score and
// weight only, their official influence is taken from a table (see pull): the
// error is below 1e-4 of a point where no answer holds more than 1.5% of the
// weight, and others are worked out one by one.
func (s *unitScorer) influences(dst []cellInfluence) []cellInfluence {
	dst = dst[:0]
	raw := s.full.plain().y
	var t pull
	for i := range s.cells {
		if s.plain(&s.cells[i]) {
			t.widen(&s.cells[i])
		}
	}
	if t.cells >= manyCells {
		t.fill(s)
	}
	for i := range s.cells {
		c := &s.cells[i]
		rest := s.full
		rest.add(c, -1)
		v := cellInfluence{cell: int32(i)}
		if rest.N > 0 && rest.W > 0 {
			v.raw = raw - rest.plain().y
		}
		if t.cells >= manyCells && s.plain(c) {
			v.official = t.at(c)
		} else {
			v.official = s.leaveOut(c)
		}
		dst = append(dst, v)
	}
	return dst
}

// plain reports whether a cell holds ordinary answers, each small against the
// unit and none of a conspicuous batch.
func (s *unitScorer) plain(c *cell) bool {
	return c.side == ordinary && c.w == c.design && c.w <= float64(0.015*s.full.W)
}

// leaveOut is the official influence of one answer of a cell.
func (s *unitScorer) leaveOut(c *cell) float64 {
	t := s.full
	t.add(c, -1)
	if t.N <= 0 || t.W <= 0 {
		return 0
	}
	return s.theta - s.without(&t)
}

// ordered fills down with the strongest pull down first, up with the strongest
// pull up first; ties by cell.
func ordered(inf, down, up []cellInfluence) (d, u []cellInfluence) {
	down = append(down[:0], inf...)
	slices.SortFunc(down, func(a, b cellInfluence) int {
		switch {
		case a.official < b.official:
			return -1
		case a.official > b.official:
			return 1
		}
		return cmp.Compare(a.cell, b.cell)
	})
	up = append(up[:0], down...)
	slices.Reverse(up)
	return down, up
}

// removeFirst returns the sums without the first k answers in the order given.
func (s *unitScorer) removeFirst(ord []cellInfluence, k int) Sums {
	t := s.full
	for _, o := range ord {
		if k <= 0 {
			break
		}
		n := min(k, int(s.cells[o.cell].n))
		t.add(&s.cells[o.cell], -n)
		k -= n
	}
	return t
}

// worst fills how far official and raw score move without the 1..k strongest.
func (s *unitScorer) worst(ord []cellInfluence, k int) (official, raw []float64) {
	k = min(k, s.full.N-1)
	if k <= 0 {
		return nil, nil
	}
	both := make([]float64, 2*k)
	official, raw = both[:k:k], both[k:]
	mean := s.full.plain().y
	for j := range k {
		t := s.removeFirst(ord, j+1)
		official[j] = s.without(&t) - s.theta
		raw[j] = t.plain().y - mean
	}
	return official, raw
}

// fragility finds the fewest answers whose removal moves the score across the
// cut of its band: above hi when the lowest go, below lo when the highest go.
// The score is monotone in the number removed up to rounding, so the number is
// found by halving; it is exact where each removal moves the score one way.
func (s *unitScorer) fragility(down, up []cellInfluence, lo, hi float64, limit int) (n int, raise bool) {
	limit = min(limit, s.full.N-1)
	best := limit + 1
	search := func(ord []cellInfluence, crossed func(x float64) bool) int {
		t := s.removeFirst(ord, best-1)
		if best <= 1 || !crossed(s.without(&t)) {
			return best
		}
		a, b := 0, best-1 // crossed at b, not at a
		for b-a > 1 {
			mid := (a + b) / 2
			t := s.removeFirst(ord, mid)
			if crossed(s.without(&t)) {
				b = mid
			} else {
				a = mid
			}
		}
		return b
	}
	if !math.IsInf(hi, 1) {
		if k := search(down, func(x float64) bool { return x >= hi }); k < best {
			best, raise = k, true
		}
	}
	if !math.IsInf(lo, -1) {
		if k := search(up, func(x float64) bool { return x < lo }); k < best {
			best, raise = k, false
		}
	}
	if best > limit {
		return 0, false
	}
	return best, raise
}

// bandBounds are the cuts around a band, infinite at the ends.
func bandBounds(cuts []float64, band int) (lo, hi float64) {
	lo, hi = math.Inf(-1), math.Inf(1)
	if band > 0 {
		lo = cuts[band-1]
	}
	if band < len(cuts) {
		hi = cuts[band]
	}
	return lo, hi
}
