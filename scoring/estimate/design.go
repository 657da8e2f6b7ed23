package estimate

import (
	"fmt"
	"math"
	"slices"
)

// LonelyPolicy says what a stratum with one sampled unit (of more than one in
// the population) contributes to a variance. One unit shows no variation, so
// every choice is an assumption; the default refuses.
type LonelyPolicy string

// The policies. Adjust measures the unit from zero instead of its stratum's
// mean, which for linearised scores is the mean of the whole sample
// (conservative). Average gives the stratum the mean variance of the others.
// Remove and Certainty let it contribute nothing.
const (
	LonelyFail      LonelyPolicy = "fail"
	LonelyAdjust    LonelyPolicy = "adjust"
	LonelyAverage   LonelyPolicy = "average"
	LonelyRemove    LonelyPolicy = "remove"
	LonelyCertainty LonelyPolicy = "certainty"
)

// ParseLonely reads a policy; the empty text is LonelyFail.
//
// Faults: an unknown name.
func ParseLonely(s string) (LonelyPolicy, error) {
	switch p := LonelyPolicy(s); p {
	case "":
		return LonelyFail, nil
	case LonelyFail, LonelyAdjust, LonelyAverage, LonelyRemove, LonelyCertainty:
		return p, nil
	}
	return "", fault("lonely_policy", "unknown rule for a stratum with one unit").
		At("lonely", s, "one of fail, adjust, average, remove, certainty", "")
}

// Stage is one stage of selection, as columns over the rows of the sample.
// Codes are any integers; Encode makes them from labels.
type Stage struct {
	// Unit is the sampling unit of each row; nil makes every row its own unit.
	Unit []int32
	// Stratum is the stratum of each row; nil means one stratum. From the
	// second stage on, strata lie within the unit of the stage before.
	Stratum []int32
	// Population is the number of units in the population of the row's stratum
	// (second stage: of the unit before). nil means drawn with replacement or
	// from a very large population.
	Population []float64
}

// Spec describes a sample: one entry per row in every slice.
type Spec struct {
	Rows   int
	Stages []Stage
	// DesignWeight is 1/inclusion probability. nil means the product over the
	// stages of population over sample size, or 1 without populations. Zero
	// keeps a row in the design and out of every estimate.
	DesignWeight []float64
	// Nest says that unit codes repeat between strata.
	Nest   bool
	Lonely LonelyPolicy
}

// stage is a checked Stage: dense codes, ordered by (stratum, unit) so that
// sums over units run in an order that does not depend on that of the rows.
type stage struct {
	unit       []int32   // row -> unit
	stratumOf  []int32   // unit -> stratum
	parentOf   []int32   // stratum -> unit of the stage before, -1 at the first
	sampled    []int32   // stratum -> units sampled
	firstUnit  []int32   // stratum -> its first unit
	row        []int32   // unit -> one of its rows
	population []float64 // stratum -> population units, +Inf without one
	gain       []float64 // stratum -> (1-f) n/(n-1), the factor of its sum of squares; see setGains
	largest    int       // rows of the largest unit
	ascending  bool      // unit never falls from one row to the next
}

// Design is a checked sampling design. It is immutable and safe for use by
// several goroutines.
type Design struct {
	n      int
	weight []float64
	stages []stage
	hasFPC bool
	lonely LonelyPolicy
	// maxWeight is the largest design weight; positive is true where none is zero.
	maxWeight float64
	positive  bool
	plan
}

// Rows is the number of rows of the sample.
func (d *Design) Rows() int { return d.n }

// DesignWeight is the weight of every row; the slice must not be changed.
func (d *Design) DesignWeight() []float64 { return d.weight }

// Lonely is the policy for a stratum with one unit.
func (d *Design) Lonely() LonelyPolicy { return d.lonely }

// PSU is the first-stage unit of every row as a dense code, and the number of
// units; PSUStratum gives each unit's stratum. They must not be changed.
func (d *Design) PSU() (unit []int32, units int) {
	return d.stages[0].unit, len(d.stages[0].stratumOf)
}

// PSUStratum is the first-stage stratum of every first-stage unit, and the
// number of strata.
func (d *Design) PSUStratum() (stratum []int32, strata int) {
	return d.stages[0].stratumOf, len(d.stages[0].sampled)
}

// New checks a sample description. Errors name the column, the row (counted
// from 1) and the fault: units in two strata without Nest, a population
// smaller than its sample or not constant in a stratum, a negative or
// non-finite weight.
func New(s Spec) (*Design, error) {
	if s.Rows == 0 {
		return nil, fault("no_rows", "the sample has no rows")
	}
	lonely, err := ParseLonely(string(s.Lonely))
	if err != nil {
		return nil, err
	}
	stages := s.Stages
	if len(stages) == 0 {
		stages = []Stage{{}}
	}
	d := &Design{n: s.Rows, lonely: lonely}
	var parent []int32
	for i, st := range stages {
		g, err := newStage(st, parent, i, s.Rows, s.Nest)
		if err != nil {
			return nil, err
		}
		d.hasFPC = d.hasFPC || st.Population != nil
		d.stages = append(d.stages, g)
		parent = g.unit
	}
	d.setPlan()
	w := s.DesignWeight
	if w == nil {
		w = d.impliedWeights()
	}
	mustLen("DesignWeight", len(w), s.Rows)
	if err := d.setWeights(w); err != nil {
		return nil, err
	}
	return d, nil
}

// WithWeights is the same design with other weights (after calibration, for a
// replicate).
//
// Faults: weights that are negative, not finite or all zero.
func (d *Design) WithWeights(w []float64) (*Design, error) {
	mustLen("DesignWeight", len(w), d.n)
	c := *d
	if err := c.setWeights(w); err != nil {
		return nil, err
	}
	return &c, nil
}

// largestSum of design weights: squares and products with answers must not
// overflow.
const largestSum = 1e100

func (d *Design) setWeights(w []float64) error {
	d.weight, d.maxWeight, d.positive = w, 0, true
	sum := 0.0
	for i, v := range w {
		if math.IsNaN(v) || math.IsInf(v, 0) || v < 0 {
			return fault("weight", "a design weight must be a number of at least 0").
				At(fmt.Sprintf("DesignWeight, row %d", i+1), fmt.Sprint(v), "0 or more", "mend the weight or leave out the row's design")
		}
		d.maxWeight, d.positive = max(d.maxWeight, v), d.positive && v > 0
		sum += v
	}
	if sum > largestSum {
		return fault("weight", "the design weights add up to a number that is too large to compute with").
			At("DesignWeight", fmt.Sprint(sum), "a sum of at most 1e100", "divide the weights by a constant")
	}
	if d.maxWeight == 0 {
		return fault("weight_all_zero", "all design weights are zero")
	}
	return nil
}

// impliedWeights is the product over the stages of population over sample.
func (d *Design) impliedWeights() []float64 {
	w := make([]float64, d.n)
	for i := range w {
		w[i] = 1
		for k := range d.stages {
			st := &d.stages[k]
			h := st.stratumOf[st.unit[i]]
			if p := st.population[h]; !math.IsInf(p, 1) {
				w[i] *= p / float64(st.sampled[h])
			}
		}
	}
	return w
}

func mustLen(what string, got, want int) {
	if got != want {
		panic(fmt.Sprintf("estimate: %s has %d entries for %d rows", what, got, want))
	}
}

// Encode turns labels into codes 0, 1, … in sorted order of the labels, and
// returns the labels. Missing (empty) labels get -1.
func Encode(labels []string) (codes []int32, levels []string) {
	seen := make(map[string]int32)
	for _, l := range labels {
		if _, ok := seen[l]; !ok && l != "" {
			seen[l] = 0
			levels = append(levels, l)
		}
	}
	slices.Sort(levels)
	for i, l := range levels {
		seen[l] = int32(i)
	}
	codes = make([]int32, len(labels))
	for i, l := range labels {
		codes[i] = -1
		if l != "" {
			codes[i] = seen[l]
		}
	}
	return codes, levels
}

// PSUUnsampled is 1 - n/N of every first-stage stratum: the finite population
// correction, 1 without a population size.
//
// Source: Cochran (1977), section 2.6.
func (d *Design) PSUUnsampled() []float64 {
	st := &d.stages[0]
	f := make([]float64, len(st.sampled))
	for h := range f {
		f[h] = 1
		if !math.IsInf(st.population[h], 1) {
			f[h] = (st.population[h] - float64(st.sampled[h])) / st.population[h]
		}
	}
	return f
}
