package design

import (
	"fmt"
	"math"
)

// Outlook is what is known or assumed before fieldwork: from earlier rounds'
// variance, or as stated priors.
type Outlook struct {
	Between float64 // τ, SD of the committees' true means, in points
	Within  float64 // σ, SD of answers within a committee, in points
	Mean    float64 // expected mean, in points
	Lowest  float64 // lowest possible answer, in points (0 of 100)
	Highest float64 // highest possible answer
	// Population per committee, for the finite population correction; 0 means
	// very large.
	Population   float64
	DesignEffect float64 // of weighting and clustering; 0 means 1
	Confidence   float64 // 0 means 0.95
	Committees   int

	ResponseRate     float64 // answers per invited person; 0 means 1
	VisitsPerInvited float64 // expected attempts per invited person; 0 means 1
	CostPerVisit     float64
	CostPerAnswer    float64 // interview, call-back check, data entry
	FixedCost        float64
}

// Forecast is what n answers per committee will be able to tell.
type Forecast struct {
	N           int
	EffectiveN  float64 // n over the design effect
	HalfWidth   float64 // of a committee's raw mean, at Confidence
	Reliability float64 // τ²/(τ² + σ²/n_eff), with fpc
	// TrueLowestTenth is the chance that a committee whose observed mean is in
	// the lowest tenth truly is in it; AboveMedian the chance that its true
	// mean is above the median of all.
	TrueLowestTenth, AboveMedian float64
	// HostileShift is how far one answer at the lowest mark moves the raw mean
	// of n answers (negative); CoachedShift one at the highest mark.
	HostileShift, CoachedShift float64
	// ShrunkHostileShift is the same for the mean shrunk by Reliability.
	ShrunkHostileShift float64
	Invited, Answers   int // over all committees
	Visits, Cost       float64
	// PopulationTooSmall: more people would be invited than a committee has.
	PopulationTooSmall bool
}

// WronglyBlamed is the share of committees with an observed mean in the lowest
// tenth that do not belong there.
func (f Forecast) WronglyBlamed() float64 { return 1 - f.TrueLowestTenth }

// Plan forecasts every n. An answer that replaces another ordinary one moves
// the mean by (mark − mean)/n.
//
// Faults: a planning figure out of range.
func (o Outlook) Plan(sizes []int) ([]Forecast, error) {
	if err := o.check(); err != nil {
		return nil, err
	}
	if o.DesignEffect == 0 {
		o.DesignEffect = 1
	}
	if o.Confidence == 0 {
		o.Confidence = 0.95
	}
	if o.ResponseRate == 0 {
		o.ResponseRate = 1
	}
	if o.VisitsPerInvited == 0 {
		o.VisitsPerInvited = 1
	}
	z := critical(o.Confidence)
	out := make([]Forecast, 0, len(sizes))
	for _, n := range sizes {
		if n < 1 {
			return nil, fault("n", "answers per committee", fmt.Sprint(n), "at least 1", "", "a size is below 1")
		}
		out = append(out, o.at(n, z))
	}
	return out, nil
}

func (o Outlook) check() error {
	for _, f := range []struct {
		name      string
		v         float64
		lo, hi    float64
		zeroMeans bool
	}{
		{"between-committee standard deviation", o.Between, 0, math.MaxFloat64, false},
		{"within-committee standard deviation", o.Within, 0, math.MaxFloat64, false},
		{"mean", o.Mean, o.Lowest, o.Highest, false},
		{"population", o.Population, 0, math.MaxFloat64, true},
		{"design effect", o.DesignEffect, 0, math.MaxFloat64, true},
		{"confidence", o.Confidence, 0, 1, true},
		{"response rate", o.ResponseRate, 0, 1, true},
		{"visits per invited person", o.VisitsPerInvited, 0, math.MaxFloat64, true},
		{"cost per visit", o.CostPerVisit, 0, math.MaxFloat64, true},
		{"cost per answer", o.CostPerAnswer, 0, math.MaxFloat64, true},
		{"fixed cost", o.FixedCost, 0, math.MaxFloat64, true},
	} {
		if !(f.v >= f.lo && f.v <= f.hi) {
			return fault("outlook", f.name, fmt.Sprint(f.v), fmt.Sprintf("%g to %g", f.lo, f.hi), "", "a planning figure is out of range")
		}
	}
	if o.Confidence == 1 || o.Committees < 1 || !(o.Highest > o.Lowest) || o.Within == 0 {
		return fault("outlook", "planning figures", fmt.Sprintf("confidence %g, %d committees, scale %g to %g, within SD %g", o.Confidence, o.Committees, o.Lowest, o.Highest, o.Within),
			"confidence below 1, at least one committee, a scale and answers that vary", "", "a planning figure is out of range")
	}
	return nil
}

func (o Outlook) at(n int, z float64) Forecast {
	f := Forecast{N: n, EffectiveN: float64(n) / o.DesignEffect}
	left := 1.0
	if o.Population > 0 {
		left = max(1-float64(n)/o.Population, 0)
	}
	error2 := o.Within * o.Within / f.EffectiveN * left
	tau2 := o.Between * o.Between
	f.HalfWidth = z * math.Sqrt(error2)
	switch {
	case tau2 == 0:
		f.Reliability = 0
	default:
		f.Reliability = tau2 / (tau2 + error2)
	}
	r := math.Sqrt(f.Reliability)
	const tenth = 0.1
	f.TrueLowestTenth = min(lowestTenthBelow(r, quantileTenth)/tenth, 1)
	f.AboveMedian = max(1-lowestTenthBelow(r, 0)/tenth, 0)
	f.HostileShift = (o.Lowest - o.Mean) / float64(n)
	f.CoachedShift = (o.Highest - o.Mean) / float64(n)
	f.ShrunkHostileShift = f.Reliability * f.HostileShift
	perCommittee := math.Ceil(float64(n)/o.ResponseRate - slackUp)
	f.PopulationTooSmall = o.Population > 0 && perCommittee > o.Population
	f.Answers = n * o.Committees
	f.Invited = int(perCommittee) * o.Committees
	f.Visits = float64(f.Invited) * o.VisitsPerInvited
	f.Cost = o.FixedCost + float64(f.Visits*o.CostPerVisit) + float64(float64(f.Answers)*o.CostPerAnswer)
	return f
}

// quantileTenth is Φ⁻¹(0.1).
const quantileTenth = -1.2815515655446004

// lowestTenthBelow is P(X < q, T < b) for standard normal X and T with
// correlation r and q = Φ⁻¹(0.1): X the observed and T the true mean, both
// standardised,
//
//	∫_{−∞}^{q} φ(x) Φ((b − r x)/√(1−r²)) dx
//
// by Simpson's rule on 2000 steps over nine standard deviations (error below
// 1e-10 but for r within 1e-6 of 1, where the limit is used).
func lowestTenthBelow(r, b float64) float64 {
	if r >= 1-1e-9 {
		return normalCDF(min(quantileTenth, b))
	}
	const steps = 2000
	from, to := -10.0, quantileTenth
	h := (to - from) / steps
	sd := math.Sqrt(1 - float64(r*r))
	sum := 0.0
	for i := 0; i <= steps; i++ {
		x := from + float64(float64(i)*h)
		w := 2.0
		switch {
		case i == 0 || i == steps:
			w = 1
		case i%2 == 1:
			w = 4
		}
		sum += float64(w * normalDensity(x) * normalCDF((b-float64(r*x))/sd))
	}
	return sum * h / 3
}

func normalDensity(x float64) float64 { return math.Exp(-x*x/2) / math.Sqrt(2*math.Pi) }

func normalCDF(x float64) float64 { return 0.5 * math.Erfc(-x/math.Sqrt2) }

// SizeForReliability is the smallest n with expected reliability of at least
// target: n ≥ deff σ² target / (τ² (1 − target)), before finite population
// correction.
//
// Faults: a target outside (0, 1), committees or answers that do not vary.
//
// Source: Spearman (1910) and Brown (1910), solved for n.
func (o Outlook) SizeForReliability(target float64) (int, error) {
	if !(target > 0 && target < 1) || !(o.Between > 0) || !(o.Within > 0) {
		return 0, fault("reliability", "reliability", fmt.Sprint(target), "between 0 and 1, with committees that differ", "",
			"no number of answers reaches this reliability: the target or the variation between committees is out of range")
	}
	deff := o.DesignEffect
	if deff == 0 {
		deff = 1
	}
	n := deff * o.Within * o.Within * target / (o.Between * o.Between * (1 - target))
	return int(math.Ceil(n - slackUp)), nil
}
