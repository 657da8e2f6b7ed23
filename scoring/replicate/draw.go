package replicate

import (
	"math/rand/v2"
	"slices"
)

// stream is SplitMix64 (Steele, Lea and Flood 2014): a number is a hash of a
// counter, so that the processor works on several at once. Replicate r starts at
// a place of its own that a PCG draws from (seed, r).
type stream uint64

func newStream(seed, r uint64) stream { return stream(rand.NewPCG(seed, r).Uint64()) }

func (s *stream) next() uint64 {
	*s += 0x9e3779b97f4a7c15
	z := uint64(*s)
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// sums are those of the units drawn from one domain.
type sums struct{ w, wy float64 }

// block is how many replicates share moments. They are drawn together, too, where
// that takes little memory: a stratum's units stay in the cache for all of them.
const block = 16

// drawer is the memory of one worker.
type drawer struct {
	rng     []stream
	total   []sums // by replicate drawn together and domain
	acc     []sums // of a stratum
	moments []moments
}

// replicates draws the replicates from…to-1 and keeps the moments of their domain
// means about full.
func (w *drawer) replicates(strata []resampled, seed uint64, from, to int, full []float64) {
	clear(w.moments)
	for ; from < to; from += len(w.rng) {
		w.together(strata, seed, from, min(from+len(w.rng), to), full)
	}
}

// together draws some replicates at once.
func (w *drawer) together(strata []resampled, seed uint64, from, to int, full []float64) {
	count := len(full)
	rng, total := w.rng[:to-from], w.total[:(to-from)*count]
	clear(total)
	for k := range rng {
		rng[k] = newStream(seed, uint64(from+k))
	}
	for h := range strata {
		s := &strata[h]
		a := slices.Grow(w.acc[:0], len(s.domain))[:len(s.domain)]
		w.acc = a
		for k := range rng {
			keep, gain := 1.0, 0.0
			clear(a)
			if !s.whole {
				n := float64(s.n)
				keep, gain = 1-s.lambda, s.lambda*n/(n-1)
				s.draw(&rng[k], a)
			}
			t := total[k*count : (k+1)*count]
			for j, g := range s.domain {
				t[g].wy += float64(keep*s.full[j].wy) + float64(gain*a[j].wy)
				t[g].w += float64(keep*s.full[j].w) + float64(gain*a[j].w)
			}
		}
	}
	for k := range rng {
		for g, t := range total[k*count : (k+1)*count] {
			if d := t.wy/t.w - full[g]; d-d == 0 { // neither NaN nor infinite: it holds the domain
				m := &w.moments[g]
				m.n++
				m.sum += d
				m.sq += float64(d * d)
			}
		}
	}
}

// draw adds up n-1 of the n units, drawn with replacement. A random number
// serves two draws of 32 bits; one in the biased remainder is thrown away (Lemire
// 2019).
func (s *resampled) draw(rng *stream, acc []sums) {
	switch {
	case s.many != nil:
		s.drawMany(rng, acc)
		return
	case len(acc) == 1:
		s.drawOne(rng, &acc[0])
		return
	case len(acc) == 0:
		return
	}
	unit, n := s.unit, uint64(s.n)
	reject := uint32(1 << 32 % n)
	for left := s.n - 1; left > 0; {
		x := rng.next()
		m, k := (x>>32)*n, (x&0xffffffff)*n
		if uint32(m) >= reject {
			u := &unit[m>>32]
			t := &acc[u.at]
			t.w += u.w
			t.wy += u.wy
			left--
		}
		if uint32(k) >= reject && left > 0 {
			u := &unit[k>>32]
			t := &acc[u.at]
			t.w += u.w
			t.wy += u.wy
			left--
		}
	}
}

// drawOne does the same for a stratum that lies in one domain, with two sums
// so that neighbouring draws don't wait for each other.
func (s *resampled) drawOne(rng *stream, acc *sums) {
	unit, n := s.unit, uint64(s.n)
	reject := uint32(1 << 32 % n)
	var a, b sums
	left := s.n - 1
	for left > 1 {
		x := rng.next()
		m, k := (x>>32)*n, (x&0xffffffff)*n
		if uint32(m) < reject || uint32(k) < reject {
			continue // both: which of the two is thrown away says nothing about the other
		}
		u, v := &unit[m>>32], &unit[k>>32]
		a.w += u.w
		a.wy += u.wy
		b.w += v.w
		b.wy += v.wy
		left -= 2
	}
	for left > 0 {
		if m := (rng.next() >> 32) * n; uint32(m) >= reject {
			u := &unit[m>>32]
			a.w += u.w
			a.wy += u.wy
			left--
		}
	}
	acc.w, acc.wy = a.w+b.w, a.wy+b.wy
}

// drawMany does the same where units hold parts of several domains.
func (s *resampled) drawMany(rng *stream, acc []sums) {
	n := uint64(s.n)
	reject := uint32(1 << 32 % n)
	for left := s.n - 1; left > 0; {
		m := (rng.next() >> 32) * n
		if uint32(m) < reject {
			continue
		}
		k := m >> 32
		for _, u := range s.unit[s.many[k]:s.many[k+1]] {
			t := &acc[u.at]
			t.w += u.w
			t.wy += u.wy
		}
		left--
	}
}
