package fairness

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/mathext"
)

// Funnel compares the proportions of units with a target, allowing for their
// size and for more spread than chance explains (Spiegelhalter 2005, Statistics
// in Medicine 24:1185-1202).
type Funnel struct {
	Target float64
	// Naive and Arcsine hold the z-scores (y - target)/se and those of
	// asin(sqrt y), which is steadier near 0 and 1.
	Naive, Arcsine ZScores
	// Tau2 is the between-unit variance on the scale of proportions,
	// (k phi - (k-1)) / (sum w - sum w^2/sum w) floored at zero, w = 1/se^2.
	Tau2 float64
	// SE is the standard error of every unit at the target, Multiplicative and
	// Additive the z-scores after allowing for over-dispersion: divided by
	// sqrt(max(1, phi)), or with standard error sqrt(se^2 + tau2).
	SE, Multiplicative, Additive []float64
	count                        []float64
}

// ZScores are z-scores with their winsorised spread.
type ZScores struct {
	Z, Winsorised []float64
	// Low and High are the quantiles that Z was pulled in to.
	Low, High float64
	// Phi is the mean square of the winsorised z-scores, 1 by chance.
	Phi float64
	// OverDispersed says that Phi is beyond 1 + 2 sqrt(2/k), two standard
	// errors above what chance gives.
	OverDispersed bool
}

// NewFunnel builds the funnel of numerator/denominator. target is the expected
// proportion; nil takes the pooled one. winsorise is the share pulled in at
// each end before the spread is measured (0.1 in the NHS convention).
//
// Faults: fewer than two units, a denominator of zero, a numerator outside
// [0, denominator], a target of 0 or 1, a share outside [0, 0.5).
//
// Source: Spiegelhalter (2005).
func NewFunnel(numerator, denominator []float64, target *float64, winsorise float64) (*Funnel, error) {
	checkLength("denominator", len(denominator), len(numerator))
	r, n := 0.0, 0.0
	for i, d := range denominator {
		if !(d > 0) || !(numerator[i] >= 0 && numerator[i] <= d) || math.IsInf(d, 0) {
			return nil, fault("bad_count", "leave units without answers out",
				"unit %d has %g of %g answers", i+1, numerator[i], d)
		}
		r += numerator[i]
		n += d
	}
	if len(denominator) < 2 {
		return nil, fault("too_few", "give at least two units", "%d unit makes no funnel", len(denominator))
	}
	if !(winsorise >= 0 && winsorise < 0.5) {
		return nil, fault("bad_share", "use 0.1 for the NHS convention", "the winsorised share %g is outside 0 to 0.5", winsorise)
	}
	f := &Funnel{Target: r / n, count: slices.Clone(denominator)}
	if target != nil {
		f.Target = *target
	}
	if !(f.Target > 0 && f.Target < 1) {
		return nil, fault("bad_target", "state a target between 0 and 1",
			"the target is %g: every unit would lie on it by definition", f.Target)
	}
	f.scores(numerator, winsorise)
	f.dispersion()
	return f, nil
}

func (f *Funnel) scores(numerator []float64, winsorise float64) {
	z, a := make([]float64, len(f.count)), make([]float64, len(f.count))
	spread := f.Target * (1 - f.Target)
	root := math.Asin(math.Sqrt(f.Target))
	f.SE = make([]float64, len(f.count))
	for i, n := range f.count {
		y := numerator[i] / n
		f.SE[i] = math.Sqrt(spread / n)
		z[i] = (y - f.Target) / f.SE[i]
		a[i] = 2 * math.Sqrt(n) * (math.Asin(math.Sqrt(y)) - root)
	}
	f.Naive, f.Arcsine = Winsorise(z, winsorise), Winsorise(a, winsorise)
}

// Winsorise pulls z in to its share and 1-share quantiles (linear
// interpolation) and measures the spread that is left.
//
// Source: Spiegelhalter (2005).
func Winsorise(z []float64, share float64) ZScores {
	s := ZScores{Z: z, Winsorised: make([]float64, len(z))}
	sorted := slices.Clone(z)
	slices.Sort(sorted)
	s.Low, s.High = quantile7(sorted, share), quantile7(sorted, 1-share)
	k := float64(len(z))
	for i, v := range z {
		w := math.Min(math.Max(v, s.Low), s.High)
		s.Winsorised[i] = w
		s.Phi += float64(w*w) / k
	}
	s.OverDispersed = s.Phi > 1+2*math.Sqrt(2/k)
	return s
}

func (f *Funnel) dispersion() {
	k := float64(len(f.SE))
	w1, w2 := 0.0, 0.0
	for _, s := range f.SE {
		w := 1 / float64(s*s)
		w1 += w
		w2 += float64(w * w)
	}
	f.Tau2 = math.Max(0, (float64(k*f.Naive.Phi)-(k-1))/(w1-w2/w1))
	scale := math.Sqrt(math.Max(1, f.Naive.Phi))
	for i, z := range f.Naive.Z {
		f.Multiplicative = append(f.Multiplicative, z/scale)
		f.Additive = append(f.Additive, z*f.SE[i]/math.Sqrt(float64(f.SE[i]*f.SE[i])+f.Tau2))
	}
}

// Spread chooses how limits allow for over-dispersion.
type Spread int

// The ways to allow for over-dispersion.
const (
	Chance         Spread = iota // binomial spread only
	Multiplicative               // standard errors times sqrt(max(1, phi))
	Additive                     // sqrt(se^2 + tau2)
)

// Limits returns the normal limits target ± z(1-tail) se of every unit; tail
// is the one-sided probability (0.025 for 95%, 0.001 for 99.8%).
//
// Source: Spiegelhalter (2005).
func (f *Funnel) Limits(tail float64, how Spread) (lower, upper []float64) {
	z := normalQuantile(1 - tail)
	scale := math.Sqrt(math.Max(1, f.Naive.Phi))
	for _, s := range f.SE {
		switch how {
		case Multiplicative:
			s *= scale
		case Additive:
			s = math.Sqrt(float64(s*s) + f.Tau2)
		}
		lower = append(lower, f.Target-float64(z*s))
		upper = append(upper, f.Target+float64(z*s))
	}
	return lower, upper
}

// ExactLimits returns the interpolated binomial limits of every unit
// (Spiegelhalter 2005, A.1.1): (r - alpha)/n with r the binomial quantile and
// alpha = (F(r) - p)/(F(r) - F(r-1)).
func (f *Funnel) ExactLimits(tail float64) (lower, upper []float64) {
	for _, n := range f.count {
		lower = append(lower, exactLimit(n, f.Target, tail))
		upper = append(upper, exactLimit(n, f.Target, 1-tail))
	}
	return lower, upper
}

func exactLimit(n, target, p float64) float64 {
	cdf := func(r float64) float64 {
		switch {
		case r < 0:
			return 0
		case r >= n:
			return 1
		}
		return mathext.RegIncBeta(n-r, r+1, 1-target)
	}
	lo, hi := -1.0, math.Floor(n) // F(lo) < p <= F(hi)
	for hi-lo > 1 {
		mid := math.Floor((lo + hi) / 2)
		if cdf(mid) >= p {
			hi = mid
		} else {
			lo = mid
		}
	}
	below, at := cdf(hi-1), cdf(hi)
	return (hi - (at-p)/(at-below)) / n
}

// TwoSided returns the two-sided normal p-values of z.
func TwoSided(z []float64) []float64 {
	out := make([]float64, len(z))
	for i, v := range z {
		out[i] = 2 * normalTail(math.Abs(v))
	}
	return out
}
