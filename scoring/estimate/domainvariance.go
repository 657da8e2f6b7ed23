package estimate

import "math"

// combiner turns the sums of cells into estimates.
type combiner struct {
	p    *Domains
	sc   scales
	sums []cellSums
	// scratch of the current stage: unit or stratum, score total, score squares
	key   []int32
	total []float64
	sq    []float64
}

func (c *combiner) domain(g int, out *DomainEstimate, deff []float64) {
	from, to := c.p.first[g], c.p.first[g+1]
	var n int64
	w, wy, wyy := 0.0, 0.0, 0.0
	for _, s := range c.sums[from:to] {
		n += s.n
		w += float64(s.w) / c.sc.w
		wy += float64(s.wy) / c.sc.wy
		wyy += float64(s.wyy) / c.sc.wyy
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
	for i := from; i < to; i++ {
		s := &c.sums[i]
		if s.n+s.zero == 0 {
			continue
		}
		t := (float64(s.wy)/c.sc.wy - float64(mean*(float64(s.w)/c.sc.w))) / w
		q := float64(s.wwyy)/c.sc.wwyy - float64(2*mean*(float64(s.wwy)/c.sc.wwy)) +
			float64(mean*mean*(float64(s.ww)/c.sc.ww))
		c.key, c.total, c.sq = append(c.key, c.p.key[i]), append(c.total, t), append(c.sq, max(0, q)/(w*w))
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

// stage adds up the strata of stage k and replaces the scratch by the totals
// of the units of the stage before.
func (c *combiner) stage(k int, rows bool) (float64, error) {
	st := &c.p.d.stages[k]
	v, kept := 0.0, 0
	for i := 0; i < len(c.key); { // one parent unit
		parent := st.parentOf[c.stratum(st, i, rows)]
		sum, parentTotal, strata, counted := 0.0, 0.0, 0, 0
		factor := c.p.factor[k][c.stratum(st, i, rows)]
		for i < len(c.key) && st.parentOf[c.stratum(st, i, rows)] == parent { // one stratum
			h := c.stratum(st, i, rows)
			j, t, sq := i, 0.0, 0.0
			for j < len(c.key) && c.stratum(st, j, rows) == h {
				t += c.total[j]
				j++
			}
			parentTotal += t
			n := float64(st.sampled[h])
			if rows {
				sq = max(0, c.sq[i]-t*t/n)
			} else {
				m := t / n
				for _, u := range c.total[i:j] {
					sq += float64((u - m) * (u - m))
				}
				sq += float64(float64(int(st.sampled[h])-(j-i)) * float64(m*m))
			}
			strata++
			term, ok, err := c.p.d.stratumTerm(k, int(h), sq, t)
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

// stratum is the stratum of scratch entry i.
func (c *combiner) stratum(st *stage, i int, rows bool) int32 {
	if rows {
		return c.key[i]
	}
	return st.stratumOf[c.key[i]]
}
