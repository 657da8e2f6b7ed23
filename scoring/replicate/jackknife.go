package replicate

import (
	"fmt"

	"gongping/scoring/estimate"
)

// units is the first stage of a design by stratum.
type units struct {
	unit   []int32
	n      int
	strata [][]int32 // stratum -> its units
	fpc    []float64 // stratum -> 1 - n/N, 1 without a population size
}

func unitsOf(d *estimate.Design) units {
	u, n := d.PSU()
	of, strata := d.PSUStratum()
	g := units{unit: u, n: n, strata: make([][]int32, strata), fpc: d.PSUUnsampled()}
	all := make([]int32, n) // ordered by stratum
	from := 0
	for k, h := range of {
		if h != of[from] {
			from = k
		}
		all[k], g.strata[h] = int32(k), all[from:k+1:k+1]
	}
	return g
}

// lonely decides about a stratum with one unit: skip keeps it as it is in every
// replicate (no variance). A complete stratum (1 - n/N = 0) always is.
func (g *units) lonely(d *estimate.Design, h int) (skip bool, err error) {
	if len(g.strata[h]) > 1 {
		return false, nil
	}
	p := d.Lonely()
	if g.fpc[h] < 1e-7 || p == estimate.LonelyRemove || p == estimate.LonelyCertainty {
		return true, nil
	}
	return false, fault("lonely", "a stratum has one sampled unit, which cannot be left out or drawn again").
		At(fmt.Sprintf("stratum %d", h+1), "1 unit", "at least 2 units",
			"join the stratum with a similar one, or choose remove or certainty")
}

func (g *units) set(d *estimate.Design) *Set {
	return &Set{full: d.DesignWeight(), unit: g.unit, Scale: 1}
}

func ones(n int) []float64 {
	f := make([]float64, n)
	for i := range f {
		f[i] = 1
	}
	return f
}

// JK1 is the jackknife of an unstratified design: each replicate leaves out one
// unit and raises the others by n/(n-1); the variance is (1-f)(n-1)/n Σ(θ_r-c)²
// (Wolter 2007, eq. 4.2.3).
//
// Faults: more than one stratum, fewer than two units.
func JK1(d *estimate.Design) (*Set, error) {
	g := unitsOf(d)
	if len(g.strata) > 1 {
		return nil, fault("jk1_strata", "JK1 is for a design without strata").
			At("design", fmt.Sprintf("%d strata", len(g.strata)), "one stratum", "use JKn")
	}
	if g.n < 2 {
		return nil, fault("lonely", "the jackknife needs at least two sampling units")
	}
	s := g.set(d)
	n := float64(g.n)
	for k := range g.n {
		f := ones(g.n)
		for i := range f {
			f[i] = n / (n - 1)
		}
		f[k] = 0
		s.factor = append(s.factor, f)
	}
	s.Scale = (n - 1) / n * g.fpc[0]
	s.RScale = ones(g.n)
	return s, nil
}

// JKn is the stratified jackknife: each replicate leaves out one unit of one
// stratum and raises the others of the stratum by n_h/(n_h-1); RScale is
// (1-f_h)(n_h-1)/n_h (Wolter 2007, eq. 4.5.3).
//
// Faults: a stratum with one unit, unless removed or certain; no stratum with two.
func JKn(d *estimate.Design) (*Set, error) {
	g := unitsOf(d)
	s := g.set(d)
	for h, us := range g.strata {
		skip, err := g.lonely(d, h)
		if err != nil {
			return nil, err
		}
		if skip {
			continue
		}
		n := float64(len(us))
		for _, out := range us {
			f := ones(g.n)
			for _, u := range us {
				f[u] = n / (n - 1)
			}
			f[out] = 0
			s.factor = append(s.factor, f)
			s.RScale = append(s.RScale, (n-1)/n*g.fpc[h])
		}
	}
	if len(s.factor) < 2 {
		return nil, fault("few", "the jackknife needs a stratum with at least two sampling units")
	}
	return s, nil
}
