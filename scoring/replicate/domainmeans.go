package replicate

import (
	"cmp"
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"sync"

	"gongping/scoring/estimate"
)

// DomainMean is the mean of a domain with its bootstrap error.
type DomainMean struct {
	Value, SE float64
	// Replicates that have a value; Refused says why there is no figure.
	Replicates int
	Refused    error
}

// share is what one sampling unit holds of one domain.
type share struct {
	domain int32
	w, wy  float64
}

// class is a group of units of a stratum that hold the same: on five-point
// answers a stratum of thousands of residents has a handful of classes, and a
// replicate only needs to know how often each class was drawn.
type class struct {
	units  int
	shares []share
}

// resampled is a stratum ready to be drawn from.
type resampled struct {
	classes []class
	of      []uint16 // place 0…n-1 of a unit -> class; nil with too many classes
	n       int
	lambda  float64
	whole   bool // every unit stays as it is
}

// DomainMeans gives the means of all domains (code[i] = 0…count-1, -1 = none)
// with the errors of the Rao–Wu bootstrap of RaoWu, without keeping replicate
// weights. The result does not depend on the order of the rows or the number
// of processors; it uses other random numbers than RaoWu.
func DomainMeans(d *estimate.Design, y estimate.Column, code []int32, count, replicates int, seed uint64) ([]DomainMean, error) {
	if replicates < 2 {
		return nil, fault("few", "the bootstrap needs at least two replicates").At("replicates", fmt.Sprint(replicates), "2 or more", "500 is usual")
	}
	held, err := unitShares(d, y, code, count)
	if err != nil {
		return nil, err
	}
	strata, err := classify(d, held)
	if err != nil {
		return nil, err
	}
	theta := make([][]float64, replicates) // NaN marks a replicate without the domain
	workers := min(runtime.GOMAXPROCS(0), replicates)
	var wg sync.WaitGroup
	for k := range workers {
		wg.Go(func() {
			num, den := make([]float64, count), make([]float64, count)
			counts := make([]uint32, 4*65536)
			for r := k; r < replicates; r += workers {
				theta[r] = oneReplicate(strata, rand.NewPCG(seed, uint64(r)), counts, num, den)
			}
		})
	}
	wg.Wait()
	full := fullMeans(strata, count)
	out := make([]DomainMean, count)
	for g := range out {
		summarise(&out[g], full[g], theta, g)
	}
	return out, nil
}

// unitShares lists what each unit holds, by unit.
func unitShares(d *estimate.Design, y estimate.Column, code []int32, count int) ([][]share, error) {
	unit, n := d.PSU()
	held := make([][]share, n)
	w := d.DesignWeight()
	if d.SingleRows() {
		all := make([]share, d.Rows()) // one backing array
		for i, u := range unit {
			if code[i] >= 0 && w[i] > 0 && (y.Missing == nil || !y.Missing[i]) {
				all[i] = share{code[i], w[i], w[i] * y.Values[i]}
				held[u] = all[i : i+1 : i+1]
			}
		}
		return held, nil
	}
	p, err := estimate.NewDomains(d.UltimateCluster(), code, count)
	if err != nil {
		return nil, err
	}
	cells, err := p.Cells(y)
	if err != nil {
		return nil, err
	}
	for _, c := range cells {
		held[c.Unit] = append(held[c.Unit], share{c.Domain, c.SumDesignWeight, c.Total})
	}
	return held, nil
}

// classify groups the units of every stratum. Units are ordered by what they
// hold, so that classes and draws do not depend on the order of the rows.
func classify(d *estimate.Design, held [][]share) ([]resampled, error) {
	g := unitsOf(d)
	strata := make([]resampled, len(g.strata))
	order := func(a, b int32) int {
		return slices.CompareFunc(held[a], held[b], func(x, y share) int {
			return cmp.Or(cmp.Compare(x.domain, y.domain), cmp.Compare(x.w, y.w), cmp.Compare(x.wy, y.wy))
		})
	}
	for h, us := range g.strata {
		s := &strata[h]
		var err error
		if s.whole, err = g.lonely(d, h); err != nil {
			return nil, err
		}
		s.n, s.lambda = len(us), math.Sqrt(g.fpc[h])
		sorted := slices.Clone(us)
		slices.SortFunc(sorted, order)
		if s.n <= 65536 {
			s.of = make([]uint16, s.n)
		}
		for k, u := range sorted {
			if k == 0 || order(sorted[k-1], u) != 0 {
				s.classes = append(s.classes, class{shares: held[u]})
			}
			c := len(s.classes) - 1
			s.classes[c].units++
			if s.of != nil {
				s.of[k] = uint16(c)
			}
		}
	}
	return strata, nil
}

// oneReplicate draws all strata and returns the domain means.
func oneReplicate(strata []resampled, rng *rand.PCG, counts []uint32, num, den []float64) []float64 {
	clear(num)
	clear(den)
	for h := range strata {
		s := &strata[h]
		if s.whole {
			s.add(func(c int) float64 { return float64(s.classes[c].units) }, num, den)
			continue
		}
		n := float64(s.n)
		if s.of == nil {
			s.addLarge(rng, num, den)
			continue
		}
		stride := len(s.classes)
		lanes := counts[:4*stride]
		clear(lanes)
		s.draw(rng, lanes, stride)
		keep, gain := 1-s.lambda, s.lambda*n/(n-1)
		s.add(func(c int) float64 {
			drawn := lanes[c] + lanes[stride+c] + lanes[2*stride+c] + lanes[3*stride+c]
			return float64(keep*float64(s.classes[c].units)) + float64(gain*float64(drawn))
		}, num, den)
	}
	theta := make([]float64, len(num))
	for g := range theta {
		theta[g] = num[g] / den[g]
	}
	return theta
}

// draw takes n-1 of the n units with replacement and counts classes. Each
// random number serves four draws of 16 bits; a draw in the biased remainder
// is thrown away (Lemire 2019). Four lanes of counts keep neighbouring draws
// of one class from waiting for each other.
func (s *resampled) draw(rng *rand.PCG, lanes []uint32, stride int) {
	n := uint32(s.n)
	reject := 65536 % n
	a, b := lanes[:stride], lanes[stride:2*stride]
	c, e := lanes[2*stride:3*stride], lanes[3*stride:4*stride]
	of := s.of
	left := s.n - 1
	for left > 0 {
		x := rng.Uint64()
		m0, m1 := uint32(uint16(x))*n, uint32(uint16(x>>16))*n
		m2, m3 := uint32(uint16(x>>32))*n, uint32(uint16(x>>48))*n
		if left >= 4 && m0&0xffff >= reject && m1&0xffff >= reject && m2&0xffff >= reject && m3&0xffff >= reject {
			a[of[m0>>16]]++
			b[of[m1>>16]]++
			c[of[m2>>16]]++
			e[of[m3>>16]]++
			left -= 4
			continue
		}
		for _, m := range [4]uint32{m0, m1, m2, m3} {
			if m&0xffff >= reject && left > 0 {
				a[of[m>>16]]++
				left--
			}
		}
	}
}

// addLarge is draw and add for a stratum of more than 65,536 units.
func (s *resampled) addLarge(rng *rand.PCG, num, den []float64) {
	start := make([]int, len(s.classes)+1)
	for c := range s.classes {
		start[c+1] = start[c] + s.classes[c].units
	}
	drawn := make([]int, len(s.classes))
	for range s.n - 1 {
		c, _ := slices.BinarySearch(start, int(below(rng, uint64(s.n)))+1)
		drawn[c-1]++
	}
	n := float64(s.n)
	s.add(func(c int) float64 {
		return float64((1-s.lambda)*float64(s.classes[c].units)) + float64(s.lambda*n/(n-1)*float64(drawn[c]))
	}, num, den)
}

// add adds every class as often as factor says.
func (s *resampled) add(factor func(class int) float64, num, den []float64) {
	for c := range s.classes {
		f := factor(c)
		for _, sh := range s.classes[c].shares {
			num[sh.domain] += float64(f * sh.wy)
			den[sh.domain] += float64(f * sh.w)
		}
	}
}

func fullMeans(strata []resampled, count int) []float64 {
	num, den := make([]float64, count), make([]float64, count)
	for h := range strata {
		s := &strata[h]
		s.add(func(c int) float64 { return float64(s.classes[c].units) }, num, den)
	}
	for g := range num {
		num[g] /= den[g]
	}
	return num
}

// summarise is the spread of one domain over the replicates that hold it.
func summarise(m *DomainMean, full float64, theta [][]float64, g int) {
	if math.IsNaN(full) {
		m.Refused = fault("no_value", "no row with an answer and a positive weight is in the domain")
		return
	}
	m.Value = full
	sum := 0.0
	for _, t := range theta {
		if !math.IsNaN(t[g]) && !math.IsInf(t[g], 0) {
			sum += t[g]
			m.Replicates++
		}
	}
	if m.Replicates < 2 {
		m.Refused = fault("few", "fewer than two replicates hold the domain, so there is no variance")
		return
	}
	mean, sq := sum/float64(m.Replicates), 0.0
	for _, t := range theta {
		if !math.IsNaN(t[g]) && !math.IsInf(t[g], 0) {
			e := t[g] - mean
			sq += float64(e * e)
		}
	}
	m.SE = math.Sqrt(sq / float64(m.Replicates-1))
}
