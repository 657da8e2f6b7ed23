// Package draw chooses a sample that anyone can verify.
//
// Every unit of a frozen frame gets a ticket, SHA-256 over the public seed, the
// purpose of the draw and the unit's frame id. The smallest tickets of a
// stratum are its sample, the next ones its reserves (Rivest's consistent
// sampling). The order of the input, the database and the machine do not
// matter, a street can recompute its own part alone, and nobody can know the
// outcome before the seed exists. Unequal probabilities and two-stage designs
// come from the same tickets in whole-number arithmetic, so that a verifier in
// another language agrees to the last unit. The rules are written down in
// docs/spec/draw-v1.md; package verify implements them a second time.
package draw

import (
	"fmt"
	"iter"
	"math/bits"

	"gongping/internal/errs"
	"gongping/survey/frame/canon"
)

// Method says how the units of a stratum are selected.
type Method string

// The methods of draw-v1.
const (
	// Simple is simple random sampling without replacement: every set of
	// Sample units is equally likely.
	Simple Method = "simple"
	// Census takes every unit: for committees too small to sample.
	Census Method = "census"
	// Systematic is randomised systematic sampling with probability
	// proportional to size (Hartley and Rao 1962): exact probabilities, the
	// units of the stratum are held in memory.
	Systematic Method = "pps-systematic"
	// Poisson is sequential Poisson sampling (Ohlsson 1998): probability
	// proportional to size up to a small-sample approximation, memory bounded
	// by the sample, and samples of growing size contain each other.
	Poisson Method = "sequential-poisson"
	// TwoStage draws Clusters buildings or grids with probability proportional
	// to their number of persons (Systematic), Sample households in each by
	// ticket, and one person in each household by ticket.
	TwoStage Method = "two-stage-pps"
	// TwoStageSimple is TwoStage with equal probabilities of the clusters.
	TwoStageSimple Method = "two-stage-simple"
)

func (m Method) twoStage() bool { return m == TwoStage || m == TwoStageSimple }

// Unit is one person of the frozen frame as the draw sees them: opaque ids
// only. Stratum "" means outside the scope of this draw. Cluster and Household
// are needed for two-stage methods, Size for those proportional to size.
type Unit struct {
	FrameID, Stratum, Cluster, Household string
	Size                                 uint64
}

// Source yields the units of the frame; each call starts from the beginning.
// One-stage plans read it once, two-stage plans twice.
type Source func() iter.Seq2[Unit, error]

// StratumPlan is the committed plan of one stratum.
type StratumPlan struct {
	Stratum string
	Method  Method
	// Population is the number of units, and Total the sum of their sizes
	// (0 for methods that use no size). Both are checked against the frame
	// while drawing.
	Population, Total uint64
	// Sample and Reserve count units; in two-stage methods households per
	// cluster. Census ignores both.
	Sample, Reserve int
	// Clusters is the number of clusters drawn by two-stage methods, else 0.
	Clusters int
}

// Limits that keep whole-number arithmetic exact: a probability proportional to
// size must fit in 64 bits.
const (
	maxTotal  = 1 << 40
	maxSample = 1 << 22
)

func (p StratumPlan) check() error {
	fault := func(field, found, want string) error {
		return errs.New(errs.Invalid, "draw.plan", "the plan of stratum %s cannot be drawn", p.Stratum).
			At(field, found, want, "mend the design before committing it")
	}
	switch {
	case !canon.ValidID(p.Stratum):
		return fault("stratum", p.Stratum, "1 to 64 letters, digits and ._#-")
	case p.Sample < 0 || p.Sample > maxSample:
		return fault("sample", fmt.Sprint(p.Sample), fmt.Sprintf("0 to %d", maxSample))
	case p.Reserve < 0 || p.Reserve > maxSample:
		return fault("reserve", fmt.Sprint(p.Reserve), fmt.Sprintf("0 to %d", maxSample))
	case p.Clusters < 0 || p.Clusters > maxSample || (p.Clusters > 0) != p.Method.twoStage():
		return fault("clusters", fmt.Sprint(p.Clusters), "a positive number for two-stage methods, else 0")
	case p.Total > maxTotal || p.Population > maxTotal:
		return fault("population", fmt.Sprint(max(p.Total, p.Population)), fmt.Sprintf("at most %d", int64(maxTotal)))
	}
	switch p.Method {
	case Simple, Census, TwoStage, TwoStageSimple:
		if p.Total != 0 {
			return fault("total", fmt.Sprint(p.Total), "0, the method uses no sizes")
		}
	case Systematic, Poisson:
		if p.Total == 0 && p.Sample > 0 {
			return fault("total", "0", "the sum of the sizes")
		}
	default:
		return fault("method", string(p.Method), "a method of draw-v1")
	}
	return nil
}

// Ratio is an exact inclusion probability, in lowest terms. The zero Ratio
// means "none": reserves have no probability until they are released.
type Ratio struct{ Num, Den uint64 }

func newRatio(num, den uint64) Ratio {
	a, b := num, den
	for b != 0 {
		a, b = b, a%b
	}
	if a == 0 {
		return Ratio{}
	}
	return Ratio{num / a, den / a}
}

// times multiplies two ratios; it reports false when the result does not fit.
func (r Ratio) times(o Ratio) (Ratio, bool) {
	x, y := newRatio(r.Num, o.Den), newRatio(o.Num, r.Den)
	hi1, num := bits.Mul64(x.Num, y.Num)
	hi2, den := bits.Mul64(x.Den, y.Den)
	return newRatio(num, den), hi1 == 0 && hi2 == 0
}

// Float returns the probability as a number, 0 for none.
func (r Ratio) Float() float64 {
	if r.Den == 0 {
		return 0
	}
	return float64(r.Num) / float64(r.Den)
}

// DesignWeight is 1/π, the number of persons that the drawn one stands for; 0
// for none. It is one division of whole numbers, hence the same everywhere.
func (r Ratio) DesignWeight() float64 {
	if r.Num == 0 {
		return 0
	}
	return float64(r.Den) / float64(r.Num)
}

// Selected is one drawn person.
type Selected struct {
	FrameID, Stratum, Cluster, Household string
	// Reserve tells a reserve from the sample. Order counts from 1 within the
	// stratum (two-stage: within the cluster), reserves from 1 again.
	Reserve bool
	Order   int
	Ticket  canon.Sum
	// Probability is the inclusion probability; none for a reserve.
	Probability Ratio
}
