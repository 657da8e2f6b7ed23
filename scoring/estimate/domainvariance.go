package estimate

import (
	"math"
	"slices"
)

// combiner turns the sums of cells into estimates.
type combiner struct {
	p       *Domains
	sc, inv scales
	sums    []cellSums
	squares []rowSums // of single rows
	base    int32     // the cell with which sums and squares begin
	// scratch of the current stage: unit or stratum, score total, score squares
	key   []int32
	total []float64
	sq    []float64
}

func (c *combiner) domain(g int, out *DomainEstimate, deff []float64) {
	from, to := c.p.first[g], c.p.first[g+1]
	var n int64
	w, wy, wyy := 0.0, 0.0, 0.0
	for i := from; i < to; i++ {
		s := &c.sums[at(c.p.order, i)-c.base]
		n += int64(s.n)
		w += float64(float64(s.w) * c.inv.w)
		wy += float64(float64(s.wy) * c.inv.wy)
		wyy += float64(float64(s.wyy) * c.inv.wyy)
	}
	if n == 0 || w <= 0 {
		out.Refused = fault("empty_domain", "no row with an answer and a positive weight is in the domain")
		return
	}
	mean := wy / w // from the centre
	out.Value = c.sc.centre + mean
	out.N, out.SumDesignWeight, out.DF = int(n), w, int(c.p.df[g])
	v, err := c.variance(from, to, mean, w)
	if err != nil {
		out.Refused = err
		return
	}
	spread := wyy/w - float64(mean*mean)
	if n == 1 || spread < constantSpread*float64(c.sc.half*c.sc.half) {
		return // equal answers: SE and SD are 0, not what rounding left
	}
	out.SE = math.Sqrt(v)
	s2 := spread * (float64(n) / float64(n-1))
	out.SD = math.Sqrt(s2)
	if s2 > 0 {
		deff[0] = v / (s2 / float64(n))
		out.DEffReplace = &deff[0]
		if left := w - float64(n); left > 0 {
			deff[1] = v / (s2 * left / (w * float64(n)))
			out.DEff = &deff[1]
		}
	}
}

// variance runs the stages from the last to the first over the cells of a
// domain. Cells are ordered by unit, so units of a stratum are neighbours.
func (c *combiner) variance(from, to int32, mean, w float64) (float64, error) {
	c.key, c.total, c.sq = c.key[:0], c.total[:0], c.sq[:0]
	if c.p.unitCells() || c.p.peopleCells() {
		if st := &c.p.d.stages[0]; st.stratumOf[from] == st.stratumOf[to-1] {
			return c.oneStratum(st, from, to, mean, w)
		}
	}
	for i := from; i < to; i++ {
		cell := at(c.p.order, i)
		s := &c.sums[cell-c.base]
		if s.n|s.zero == 0 {
			continue
		}
		t := (float64(float64(s.wy)*c.inv.wy) - float64(mean*float64(float64(s.w)*c.inv.w))) / w
		c.key, c.total = append(c.key, at(c.p.key, cell)), append(c.total, t)
		if c.squares != nil {
			r := &c.squares[cell-c.base]
			q := float64(float64(r.wwyy)*c.inv.wwyy) - float64(2*mean*float64(float64(r.wwy)*c.inv.wwy)) +
				float64(mean*mean*float64(float64(r.ww)*c.inv.ww))
			c.sq = append(c.sq, max(0, q)/(w*w))
		}
	}
	v := 0.0
	for k := c.p.last; k >= 0; k-- {
		add, err := c.stage(k, k == c.p.last && c.p.rows)
		if err != nil {
			return 0, err
		}
		v += add
	}
	return v, nil
}

// oneStratum is variance for a domain whose cells are first-stage units of one
// stratum, with or without single rows drawn within them: the same sums in the
// same order.
func (c *combiner) oneStratum(st *stage, from, to int32, mean, w float64) (float64, error) {
	h := st.stratumOf[from]
	c.total = slices.Grow(c.total, int(to-from))[:to-from]
	t, within := 0.0, 0.0
	if c.squares == nil {
		t = c.units(from, to, mean, w)
	} else {
		var err error
		if t, within, err = c.unitsOfPeople(from, to, mean, w); err != nil {
			return 0, err
		}
	}
	factor := c.p.factor[0][h]
	term, ok, err := c.p.d.stratumTerm(0, int(h), c.squaresAround(st, h, 0, len(c.total), t, false), t)
	switch {
	case err != nil && factor > 0:
		return 0, err
	case factor > 0 && !ok:
		return 0, lonelyAverage(0)
	case factor > 0:
		within += float64(factor * term)
	}
	return within, nil
}

// units lists the score totals of the units from…to-1 and adds them up.
func (c *combiner) units(from, to int32, mean, w float64) (t float64) {
	sums, total, k := c.sums[from-c.base:to-c.base], c.total, 0
	for i := range sums {
		s := &sums[i]
		if s.n|s.zero == 0 {
			continue
		}
		u := (float64(float64(s.wy)*c.inv.wy) - float64(mean*float64(float64(s.w)*c.inv.w))) / w
		total[k] = u
		k++
		t += u
	}
	c.total = total[:k]
	return t
}

// unitsOfPeople does the same, and adds up the terms of the rows drawn within the
// units. Squares below zero are only what rounding leaves.
func (c *combiner) unitsOfPeople(from, to int32, mean, w float64) (t, within float64, err error) {
	sums, st := c.sums[from-c.base:to-c.base], &c.p.d.stages[1]
	n := len(sums)
	squares, factor := c.squares[from-c.base : to-c.base][:n], c.p.factor[1][from:to][:n]
	sampled, gain := st.sampled[from:to][:n], st.gain[from:to][:n]
	total, k, ww, twice, square := c.total, 0, w*w, 2*mean, mean*mean
	for i := range sums {
		s := &sums[i]
		if s.n|s.zero == 0 {
			continue
		}
		u := (float64(float64(s.wy)*c.inv.wy) - float64(mean*float64(float64(s.w)*c.inv.w))) / w
		total[k] = u
		k++
		t += u
		if factor[i] == 0 {
			continue
		}
		r := &squares[i]
		q := float64(float64(r.wwyy)*c.inv.wwyy) - float64(twice*float64(float64(r.wwy)*c.inv.wwy)) +
			float64(square*float64(float64(r.ww)*c.inv.ww))
		if q < 0 {
			q = 0
		}
		around := q/ww - float64(u*u)/float64(sampled[i])
		if around < 0 {
			around = 0
		}
		term := float64(gain[i] * around)
		if gain[i] == lonelyGain {
			var ok bool
			if term, ok, err = c.p.d.lonelyTerm(1, int(from)+i, u); err != nil {
				return 0, 0, err
			}
			if !ok {
				return 0, 0, lonelyAverage(1)
			}
		}
		within += float64(factor[i] * term)
	}
	c.total = total[:k]
	return t, within, nil
}

// stage adds up the strata of stage k and replaces the scratch by the totals
// of the units of the stage before.
func (c *combiner) stage(k int, rows bool) (float64, error) {
	st := &c.p.d.stages[k]
	v, kept := 0.0, 0
	for i := 0; i < len(c.key); { // one parent unit
		h := c.stratum(st, i, rows)
		parent, factor := st.parentOf[h], c.p.factor[k][h]
		sum, parentTotal, strata, counted := 0.0, 0.0, 0, 0
		for i < len(c.key) { // one stratum
			if h = c.stratum(st, i, rows); st.parentOf[h] != parent {
				break
			}
			j, t := i+1, c.total[i]
			for j < len(c.key) && c.stratum(st, j, rows) == h {
				t += c.total[j]
				j++
			}
			parentTotal += t
			strata++
			term, ok, err := c.p.d.stratumTerm(k, int(h), c.squaresAround(st, h, i, j, t, rows), t)
			if err != nil && factor > 0 {
				return 0, err
			}
			if ok {
				counted++
				sum += term
			}
			i = j
		}
		if factor > 0 {
			if counted == 0 {
				return 0, lonelyAverage(k)
			}
			v += float64(float64(factor*float64(strata)) / float64(counted) * sum)
		}
		if k > 0 {
			c.key[kept], c.total[kept] = parent, parentTotal
			kept++
		}
	}
	c.key, c.total = c.key[:kept], c.total[:kept]
	return v, nil
}

// squaresAround is the sum of squares around their mean of the totals of the
// units of stratum h, of which those of the domain are entries i…j-1 with sum t.
func (c *combiner) squaresAround(st *stage, h int32, i, j int, t float64, rows bool) float64 {
	n := float64(st.sampled[h])
	if rows {
		return max(0, c.sq[i]-float64(t*t)/n)
	}
	m, sq := t/n, 0.0
	for _, u := range c.total[i:j] {
		sq += float64((u - m) * (u - m))
	}
	return sq + float64(float64(int(st.sampled[h])-(j-i))*float64(m*m))
}

// stratum is the stratum of scratch entry i.
func (c *combiner) stratum(st *stage, i int, rows bool) int32 {
	if rows {
		return c.key[i]
	}
	return st.stratumOf[c.key[i]]
}
