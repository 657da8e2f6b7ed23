package robust

import (
	"fmt"
	"math"
)

// ZeroRule says what to do when the median absolute deviation is zero, because
// more than half of the (weighted) answers agree.
type ZeroRule uint8

// The rules.
const (
	// Ladder, the default: the normalised interquartile range; if that is zero
	// too, √(π/2) times the mean absolute deviation from the median; if that is
	// zero, all answers are the same, and that is the estimate.
	Ladder ZeroRule = iota
	// MedianOnly returns the median with scale 0 and status ZeroScale.
	MedianOnly
	// IQROnly uses the interquartile range and refuses when it is zero.
	IQROnly
	// Refuse returns status ZeroScale and the median for orientation.
	Refuse
)

// ScaleKind is the scale that an estimate used.
type ScaleKind string

// The kinds of scale.
const (
	ScaleMAD     ScaleKind = "mad"
	ScaleIQR     ScaleKind = "iqr"
	ScaleMeanDev ScaleKind = "mean_deviation"
	ScaleGiven   ScaleKind = "given"
	ScaleJoint   ScaleKind = "proposal2"
	ScaleNone    ScaleKind = "none"
)

// Rule configures an M-estimate of location.
type Rule struct {
	Psi Psi
	// Scale fixes the scale; 0 means constant times the weighted MAD.
	Scale float64
	// MADConstant, zero means MADConstant's value to all digits.
	MADConstant float64
	Zero        ZeroRule
	// StartAtMean starts at the weighted mean; the default is the median.
	StartAtMean bool
	// Tolerance on the change of μ relative to the scale; zero means 1e-13.
	Tolerance float64
	// MaxIterations; zero means 500.
	MaxIterations int
}

// Location is an M-estimate of location.
type Location struct {
	Value  float64
	Scale  float64
	Kind   ScaleKind
	Median float64
	// RobustWeights holds u of every row, in row order; rows of weight zero
	// get the weight that their value would have.
	RobustWeights []float64
	// SE is the model standard error s √(τ/n) of an unweighted Huber estimate
	// (Huber & Ronchetti 2009, section 6.5); nil with weights, for other ψ and
	// where the scale is zero. The error under a design is that of SurveyHajek.
	SE         *float64
	Iterations int
	Status     Status
}

func (r Rule) defaults() Rule {
	if r.MADConstant == 0 {
		r.MADConstant = MADConstant
	}
	if r.Tolerance == 0 {
		r.Tolerance = 1e-13
	}
	if r.MaxIterations == 0 {
		r.MaxIterations = 500
	}
	return r
}

// Estimate solves Σ w ψ((x − μ)/s) = 0 for μ with the scale held fixed, by
// iteratively reweighted means. w may be nil. The scale is Rule.Scale, or the
// weighted MAD about the weighted median, or what the zero rule puts in its
// place.
//
// Faults: an answer that is not a number, a negative weight, no weight at all.
//
// Source: Huber (1964); with survey weights Hulliger (1995).
func Estimate(x, w []float64, rule Rule) (Location, error) {
	if err := check(x, w); err != nil {
		return Location{Status: Empty}, err
	}
	rule = rule.defaults()
	s := Sort(x, w)
	l := Location{Median: s.Median()}
	l.Scale, l.Kind = s.scale(l.Median, rule, &Sample{})
	s.solve(&l, rule)
	l.RobustWeights = robustWeights(x, l, rule.Psi)
	if w == nil && l.Scale > 0 && rule.Psi.family == huber {
		se := l.Scale * math.Sqrt(huberTau(x, l, rule.Psi)/float64(len(x)))
		l.SE = &se
	}
	return l, nil
}

// scale applies the rule to choose a scale; scratch is overwritten.
func (s Sample) scale(median float64, rule Rule, scratch *Sample) (float64, ScaleKind) {
	if rule.Scale > 0 {
		return rule.Scale, ScaleGiven
	}
	s.deviationsInto(median, scratch)
	if v := rule.MADConstant * scratch.Median(); v > 0 {
		return v, ScaleMAD
	}
	if rule.Zero == Ladder || rule.Zero == IQROnly {
		if v := s.IQR(rule.MADConstant / 2); v > 0 {
			return v, ScaleIQR
		}
	}
	if rule.Zero == Ladder {
		if v := s.MeanDeviation(median); v > 0 {
			return v, ScaleMeanDev
		}
	}
	return 0, ScaleNone
}

// solve iterates from the start to the fixed point.
func (s Sample) solve(l *Location, rule Rule) {
	if len(s.X) > 0 && s.X[0] == s.X[len(s.X)-1] {
		l.Value, l.Status = s.X[0], Constant
		return
	}
	if l.Scale == 0 {
		l.Value, l.Status = l.Median, ZeroScale
		return
	}
	mu := l.Median
	if rule.StartAtMean {
		mu = weightedMean(s.X, s.W)
	}
	l.Status = NotConverged
	for l.Iterations < rule.MaxIterations {
		l.Iterations++
		sum, total := 0.0, 0.0
		for k, x := range s.X {
			wu := float64(s.W[k] * rule.Psi.Weight((x-mu)/l.Scale))
			sum += float64(wu * x)
			total += wu
		}
		if total == 0 { // a redescending ψ has lost every answer
			break
		}
		next := sum / total
		done := math.Abs(next-mu) <= rule.Tolerance*l.Scale
		mu = next
		if done {
			l.Status = OK
			break
		}
	}
	// A weighted mean of answers lies among them; rounding alone can push it an
	// ulp past the last.
	l.Value = min(max(mu, s.X[0]), s.X[len(s.X)-1])
}

// robustWeights evaluates u at every row. Without a scale only answers equal
// to the value are known to be kept; they and all others get weight 1, because
// nothing was weighted down.
func robustWeights(x []float64, l Location, psi Psi) []float64 {
	u := make([]float64, len(x))
	for i, v := range x {
		u[i] = 1
		if l.Scale > 0 {
			u[i] = psi.Weight((v - l.Value) / l.Scale)
		}
	}
	return u
}

// huberTau is n Σψ²/(Σψ′)².
func huberTau(x []float64, l Location, psi Psi) float64 {
	a, b := 0.0, 0.0
	for _, v := range x {
		r := (v - l.Value) / l.Scale
		p := psi.Score(r)
		a += float64(p * p)
		b += psi.Slope(r)
	}
	if b == 0 {
		return 0
	}
	return float64(len(x)) * a / (b * b)
}

// JointRule configures Huber's Proposal 2.
type JointRule struct {
	K             float64
	Tolerance     float64 // relative to the scale; zero means 1e-13
	MaxIterations int     // zero means 2000
	// Divisor of the scale equation: 0 means Σw − 1, and otherwise Σw − Divisor.
	WholeSum bool
	// MADConstant of the start; zero means MADConstant's value.
	MADConstant float64
}

// Joint solves location and scale together (Huber 1964, Proposal 2):
//
//	Σ w ψ(r) = 0,  Σ w ψ(r)² = (Σw − 1) β,  β = E min(Z², k²)
//
// by the fixed-point iteration on winsorised values.
//
// Faults: those of Estimate; weights that add up to one answer or less.
func Joint(x, w []float64, rule JointRule) (Location, error) {
	if err := check(x, w); err != nil {
		return Location{Status: Empty}, err
	}
	if rule.Tolerance == 0 {
		rule.Tolerance = 1e-13
	}
	if rule.MaxIterations == 0 {
		rule.MaxIterations = 2000
	}
	if rule.MADConstant == 0 {
		rule.MADConstant = MADConstant
	}
	s := Sort(x, w)
	l := Location{Median: s.Median(), Kind: ScaleJoint}
	psi := HuberPsi(rule.K)
	mu, sc := l.Median, s.MAD(l.Median, rule.MADConstant)
	if sc == 0 {
		l.Value, l.Status, l.Kind = mu, ZeroScale, ScaleNone
		if s.X[0] == s.X[len(s.X)-1] {
			l.Status = Constant
		}
		l.RobustWeights = robustWeights(x, l, psi)
		return l, nil
	}
	beta, divisor := proposal2(rule.K), s.Total-1
	if rule.WholeSum {
		divisor = s.Total
	}
	if !(divisor > 0) {
		return l, fault("too_few", "sum of weights", fmt.Sprint(s.Total), "more than 1", "scale the weights to a mean of 1",
			"location and scale together need weights that add up to more than one answer")
	}
	l.Status = NotConverged
	for l.Iterations < rule.MaxIterations {
		l.Iterations++
		lo, hi := mu-float64(rule.K*sc), mu+float64(rule.K*sc)
		sum := 0.0
		for k, v := range s.X {
			sum += float64(s.W[k] * min(max(v, lo), hi))
		}
		next := sum / s.Total
		ss := 0.0
		for k, v := range s.X {
			d := min(max(v, lo), hi) - next
			ss += float64(s.W[k] * float64(d*d))
		}
		nextScale := math.Sqrt(ss / divisor / beta)
		if math.Abs(next-mu) < rule.Tolerance*sc && math.Abs(nextScale-sc) < rule.Tolerance*sc {
			l.Status = OK
			break
		}
		mu, sc = next, nextScale
	}
	l.Value, l.Scale = mu, sc
	l.RobustWeights = robustWeights(x, l, psi)
	return l, nil
}
