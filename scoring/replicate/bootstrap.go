package replicate

import (
	"fmt"
	"math"
	"math/bits"
	"math/rand/v2"

	"gongping/scoring/estimate"
)

// RaoWu is the rescaling bootstrap (Rao & Wu 1988, with m_h = n_h-1 as in Rao,
// Wu & Yue 1992): each replicate draws n_h-1 of the n_h units of every stratum
// with replacement; a unit drawn t times gets the factor
//
//	1 - λ_h + λ_h t n_h/(n_h-1),  λ_h = √(1 - n_h/N_h)
//
// which is t n_h/(n_h-1) without a population size. The variance is
// Σ(θ_r-c)²/(R-1). The same seed gives the same weights everywhere.
//
// Faults: fewer than two replicates; a stratum with one unit, unless removed or
// certain.
func RaoWu(d *estimate.Design, replicates int, seed uint64) (*Set, error) {
	if replicates < 2 {
		return nil, fault("few", "the bootstrap needs at least two replicates").At("replicates", fmt.Sprint(replicates), "2 or more", "500 is usual")
	}
	g := unitsOf(d)
	skip := make([]bool, len(g.strata))
	for h := range g.strata {
		var err error
		if skip[h], err = g.lonely(d, h); err != nil {
			return nil, err
		}
	}
	s := g.set(d)
	s.factor = make([][]float64, replicates)
	for r := range s.factor {
		rng := rand.NewPCG(seed, uint64(r))
		f := make([]float64, g.n)
		for h, us := range g.strata {
			if skip[h] {
				f[us[0]] = 1
				continue
			}
			for range len(us) - 1 {
				f[us[below(rng, uint64(len(us)))]]++
			}
			n, lambda := float64(len(us)), math.Sqrt(g.fpc[h])
			for _, u := range us {
				f[u] = 1 - lambda + float64(float64(lambda*f[u])*(n/(n-1)))
			}
		}
		s.factor[r] = f
	}
	s.Scale = 1 / float64(replicates-1)
	s.RScale = ones(replicates)
	return s, nil
}

// below is a uniform number in 0…n-1 (Lemire 2019). It is spelled out here so
// that published draws do not depend on a library's method.
func below(rng *rand.PCG, n uint64) uint64 {
	hi, lo := bits.Mul64(rng.Uint64(), n)
	for lo < n && lo < -n%n {
		hi, lo = bits.Mul64(rng.Uint64(), n)
	}
	return hi
}
