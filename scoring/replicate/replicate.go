// Package replicate estimates variances by replication: the estimate is
// computed again with many sets of weights and the spread of the results is
// its variance. It serves any smooth statistic, and with BRR or the bootstrap
// also quantiles, without a linearisation.
//
// Replicate weights are made from a design (JK1, JKn, BRR, Fay, the Rao–Wu
// bootstrap) or given. Every replicate has its own random stream from the seed
// and its number, and results are combined in order, so that a figure is the
// same for any number of processors.
//
// Sources: Wolter (2007) "Introduction to Variance Estimation", chapters 3-5;
// Rao & Wu (1988) "Resampling inference with complex survey data"; Judkins
// (1990) "Fay's method for variance estimation".
package replicate

import (
	"fmt"
	"math"
	"runtime"
	"sync"

	"gongping/internal/errs"
)

func fault(key, format string, args ...any) *errs.Error {
	return errs.New(errs.Invalid, "replicate."+key, format, args...)
}

// Set is a set of replicate weights. Replicate r gives row i the weight
// full[i]·factor[r][unit[i]], or given[r][i].
type Set struct {
	full   []float64
	unit   []int32
	factor [][]float64 // replicate -> unit -> multiplier of the design weight
	given  [][]float64 // replicate -> row -> weight
	// Scale and RScale weigh the squared deviations: the variance is
	// Scale Σ_r RScale[r] (θ_r - c)².
	Scale  float64
	RScale []float64
	// AroundFull takes c as the full-sample estimate instead of the mean of
	// the replicates: the larger, mean-squared-error form.
	AroundFull bool
}

// Given is a set from replicate weights that already hold the design weight,
// as statistical offices publish them: weights[r][row].
//
// Faults: fewer than two replicates, scales that are missing or negative, weights that
// are not finite.
//
// Source: Wolter (2007), chapters 3 to 5.
func Given(full []float64, weights [][]float64, scale float64, rscale []float64) (*Set, error) {
	if len(weights) < 2 {
		return nil, fault("few", "replicate variance needs at least two replicates").
			At("replicate weights", fmt.Sprint(len(weights)), "2 or more", "")
	}
	if len(rscale) != len(weights) {
		return nil, fault("rscale", "one scale per replicate is needed").
			At("rscales", fmt.Sprint(len(rscale)), fmt.Sprint(len(weights)), "")
	}
	if !(scale > 0) || math.IsInf(scale, 1) {
		return nil, fault("scale", "the scale of a replicate variance must be positive").At("scale", fmt.Sprint(scale), "above 0", "")
	}
	for r, w := range weights {
		if len(w) != len(full) {
			panic(fmt.Sprintf("replicate: replicate %d has %d weights for %d rows", r, len(w), len(full)))
		}
		for i, v := range w {
			if math.IsNaN(v) || math.IsInf(v, 0) {
				return nil, fault("weight", "a replicate weight is not a number").
					At(fmt.Sprintf("replicate %d, row %d", r+1, i+1), fmt.Sprint(v), "a finite number", "")
			}
		}
		if v := rscale[r]; !(v >= 0) || math.IsInf(v, 1) {
			return nil, fault("rscale", "a replicate scale must be 0 or more").At(fmt.Sprintf("rscales, entry %d", r+1), fmt.Sprint(v), "0 or more", "")
		}
	}
	return &Set{full: full, given: weights, Scale: scale, RScale: rscale}, nil
}

// Replicates is the number of replicates.
func (s *Set) Replicates() int { return max(len(s.factor), len(s.given)) }

// Weights writes the weights of replicate r to dst, one per row.
func (s *Set) Weights(r int, dst []float64) {
	if s.given != nil {
		copy(dst, s.given[r])
		return
	}
	f := s.factor[r]
	for i, u := range s.unit {
		dst[i] = s.full[i] * f[u]
	}
}

// Statistic computes a figure from weights; ok is false where it has no value
// (no weight in the domain). It runs on several goroutines at once and must
// not keep or change the weights.
type Statistic func(weight []float64) (value float64, ok bool)

// Estimate is a figure with its replicate variance.
type Estimate struct {
	Value, SE float64
	// Replicates are the figures of the replicates that have a value, in order.
	Replicates []float64
	// Dropped counts the replicates without a value; they take no part.
	Dropped int
}

// Estimate computes a statistic on the full sample and all replicates.
//
// Faults: no value on the full sample, or in no replicate.
//
// Source: Wolter (2007), chapters 3 to 5.
func (s *Set) Estimate(stat Statistic) (Estimate, error) {
	full, ok := stat(s.full)
	if !ok || math.IsNaN(full) || math.IsInf(full, 0) {
		return Estimate{}, fault("no_value", "the statistic has no value on the full sample: no answer with a positive weight")
	}
	theta, has := make([]float64, s.Replicates()), make([]bool, s.Replicates())
	s.each(func(r int, w []float64) {
		theta[r], has[r] = stat(w)
	})
	e := Estimate{Value: full}
	var rscale []float64
	for r, ok := range has {
		if !ok || math.IsNaN(theta[r]) || math.IsInf(theta[r], 0) {
			e.Dropped++
			continue
		}
		e.Replicates, rscale = append(e.Replicates, theta[r]), append(rscale, s.RScale[r])
	}
	v, err := s.spread(e.Replicates, rscale, full)
	if err != nil {
		return e, err
	}
	e.SE = math.Sqrt(v)
	return e, nil
}

// spread is Scale Σ RScale (θ - c)²; replicates with scale 0 do not count for
// the mean c.
func (s *Set) spread(theta, rscale []float64, full float64) (float64, error) {
	c, n := full, 0
	if !s.AroundFull {
		sum := 0.0
		for r, t := range theta {
			if rscale[r] > 0 {
				sum += t
				n++
			}
		}
		if n == 0 {
			return 0, fault("few", "no replicate has a value, so there is no variance")
		}
		c = sum / float64(n)
	} else if len(theta) == 0 {
		return 0, fault("few", "no replicate has a value, so there is no variance")
	}
	v := 0.0
	for r, t := range theta {
		d := t - c
		v += float64(float64(d*d) * rscale[r])
	}
	return v * s.Scale, nil
}

// each calls f for every replicate with its weights, on all processors.
func (s *Set) each(f func(r int, weight []float64)) {
	workers := min(runtime.GOMAXPROCS(0), s.Replicates())
	var wg sync.WaitGroup
	for k := range workers {
		wg.Go(func() {
			w := make([]float64, len(s.full))
			for r := k; r < s.Replicates(); r += workers {
				s.Weights(r, w)
				f(r, w)
			}
		})
	}
	wg.Wait()
}

// rankTolerance is how much of a replicate must be left after those before it
// are taken out, relative to its length, to count as new.
const rankTolerance = 1e-5

// DegreesOfFreedom is the rank of the replicate weights minus 1.
//
// Source: the rule of R's survey package (Lumley 2010).
func (s *Set) DegreesOfFreedom() int {
	var basis [][]float64
	w := make([]float64, len(s.full))
	for r := range s.Replicates() {
		s.Weights(r, w)
		x := append([]float64(nil), w...)
		norm := dot(x, x)
		for range 2 { // the second round removes what rounding left
			for _, b := range basis {
				p := dot(b, x)
				for i := range x {
					x[i] -= float64(p * b[i])
				}
			}
		}
		left := dot(x, x)
		if left == 0 || left < rankTolerance*rankTolerance*norm {
			continue
		}
		l := math.Sqrt(left)
		for i := range x {
			x[i] /= l
		}
		basis = append(basis, x)
	}
	return len(basis) - 1
}

func dot(a, b []float64) float64 {
	s := 0.0
	for i, v := range a {
		s += float64(v * b[i])
	}
	return s
}
