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

// influences fills dst by cell. Where many ordinary answers share a score and
// differ in weight only, the official influence is worked out at the smallest,
// the middle and the largest weight and interpolated by a parabola in between:
// the error is below 1e-4 of a point where no answer holds more than 1.5% of the
// weight, and others are worked out one by one.
func (s *unitScorer) influences(dst []cellInfluence) []cellInfluence {
	dst = dst[:0]
	raw := s.full.plain().y
	for i := range s.cells {
		t := s.full
		t.add(&s.cells[i], -1)
		v := cellInfluence{cell: int32(i)}
		if t.N > 0 && t.W > 0 {
			v.raw = raw - t.plain().y
		}
		dst = append(dst, v)
	}
	for from := 0; from < len(s.cells); {
		to := s.runEnd(from)
		if to-from > 4 {
			s.interpolate(dst, from, to)
		} else {
			for i := from; i < to; i++ {
				dst[i].official = s.leaveOut(i)
			}
		}
		from = to
	}
	return dst
}

// leaveOut is the official influence of one answer of cell i.
func (s *unitScorer) leaveOut(i int) float64 {
	t := s.full
	t.add(&s.cells[i], -1)
	if t.N <= 0 || t.W <= 0 {
		return 0
	}
	return s.theta - s.without(&t)
}

// runEnd returns the end of the run of cells from i on that differ in weight
// only, by increasing weight and each small against the unit.
func (s *unitScorer) runEnd(i int) int {
	plain := func(c *cell) bool {
		return c.side == ordinary && c.w == c.design && c.w <= float64(0.015*s.full.W)
	}
	j := i + 1
	for j < len(s.cells) && plain(&s.cells[i]) {
		a, b := &s.cells[j-1], &s.cells[j]
		if a.score != b.score || a.adj != b.adj || !(a.w < b.w) || !plain(b) {
			break
		}
		j++
	}
	return j
}

// interpolate fills the official influences of the cells from..to-1 by the
// parabola through the first, the middle and the last (Newton's form).
func (s *unitScorer) interpolate(dst []cellInfluence, from, to int) {
	m := (from + to - 1) / 2
	x0, x1, x2 := s.cells[from].w, s.cells[m].w, s.cells[to-1].w
	y0, y1, y2 := s.leaveOut(from), s.leaveOut(m), s.leaveOut(to-1)
	d01, d12 := (y1-y0)/(x1-x0), (y2-y1)/(x2-x1)
	d := (d12 - d01) / (x2 - x0)
	for i := from; i < to; i++ {
		x := s.cells[i].w
		dst[i].official = y0 + float64((x-x0)*(d01+float64((x-x1)*d)))
	}
}

// ordered returns the influences with the strongest pull down first, and with
// the strongest pull up first; ties by cell.
func ordered(inf []cellInfluence) (down, up []cellInfluence) {
	down = slices.Clone(inf)
	slices.SortFunc(down, func(a, b cellInfluence) int {
		switch {
		case a.official < b.official:
			return -1
		case a.official > b.official:
			return 1
		}
		return cmp.Compare(a.cell, b.cell)
	})
	up = slices.Clone(down)
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
