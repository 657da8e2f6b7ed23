package fairness

import (
	"math"

	"gongping/scoring/estimate"
)

// Shift is a gap between two groups of units before and after something was done
// to their scores, focal minus reference.
type Shift struct {
	Before, Now *Difference
	// Change is how far the gap has moved: the mean change of the focal units
	// minus that of the reference units, with Welch's interval of the two mean
	// changes. The units are the same ones twice, so that the interval is that of
	// paired data. Varies is false where no two changes differ: there is nothing
	// to estimate, and the interval is the change itself.
	Change, Lower, Upper float64
	Varies               bool
}

// MeasureShift compares the scores of the same units before and now by group.
// level is that of the intervals (0.95).
//
// Faults: those of CompareGroups, before or now.
//
// Source: CompareGroups for each side; the change of one group against that of the other is
// the difference in differences (Ashenfelter and Card 1985).
func MeasureShift(before, now []float64, focal []bool, level float64) (*Shift, error) {
	checkLength("now", len(now), len(before))
	checkLength("focal", len(focal), len(before))
	var b, a, d [2][]float64 // 0 focal, 1 reference
	for i, f := range focal {
		k := 1
		if f {
			k = 0
		}
		b[k], a[k], d[k] = append(b[k], before[i]), append(a[k], now[i]), append(d[k], now[i]-before[i])
	}
	s := &Shift{}
	var err error
	if s.Before, err = CompareGroups(b[0], b[1], nil, nil, level); err != nil {
		return nil, err
	}
	if s.Now, err = CompareGroups(a[0], a[1], nil, nil, level); err != nil {
		return nil, err
	}
	m1, v1 := meanVariance(d[0])
	m2, v2 := meanVariance(d[1])
	s.Change = m1 - m2
	s.Lower, s.Upper = s.Change, s.Change
	if s.Varies = v1+v2 > 0; s.Varies {
		n1, n2 := float64(len(d[0])), float64(len(d[1]))
		w := welch(s.Change, v1/n1, v2/n2, n1, n2, level)
		s.Lower, s.Upper = w.Lower, w.Upper
	}
	return s, nil
}

// WeightedGap is a gap between two groups of answers, focal minus reference.
type WeightedGap struct {
	N1, N2           int
	Gap, SE          float64
	Lower, Upper     float64
	SMD              float64 // over the root of the mean of the two weighted variances
	Weight1, Weight2 float64 // sums
}

// MeasureWeightedGap is the difference of the weighted means of two groups of the
// answers of a sampling design, whose weights it takes. With the sums of weights
// W₁, W₂ and the means m₁, m₂, an answer i of weight w has the linearised value
//
//	z_i = w_i (x_i − m₁)/W₁ in the focal group, −w_i (x_i − m₂)/W₂ in the
//	reference group, 0 in neither
//
// and the variance is that of the total of z under the design: between
// first-stage units within strata, with finite populations (Särndal, Swensson &
// Wretman 1992, sections 5.5 and 5.7; Design.Variance). The answers of one
// cluster or stratum that lie in different groups are thus no independent ones.
// The interval is Student's with the design's degrees of freedom. side is +1 for
// the focal group, -1 for the reference group and 0 for answers of neither.
//
// Faults: fewer than two answers in a group, weights that are not positive in
// sum, both groups constant, too few first-stage units.
func MeasureWeightedGap(x []float64, side []int8, d *estimate.Design, level float64) (*WeightedGap, error) {
	checkLength("side", len(side), len(x))
	checkLength("x", len(x), d.Rows())
	w := d.DesignWeight()
	var xs, ws [2][]float64
	in := make([]bool, len(x))
	for i, s := range side {
		if in[i] = s != 0; in[i] {
			k := group(s)
			xs[k], ws[k] = append(xs[k], x[i]), append(ws[k], w[i])
		}
	}
	g := &WeightedGap{N1: len(xs[0]), N2: len(xs[1])}
	var mean, within, total [2]float64
	for k := range xs {
		if err := checkFinite("a group", xs[k]); err != nil {
			return nil, err
		}
		if len(xs[k]) < 2 {
			return nil, fault("too_few", "compare groups with at least two answers each", "a group has %d answer", len(xs[k]))
		}
		for _, v := range ws[k] {
			total[k] += v
		}
		if !(total[k] > 0) {
			return nil, fault("weights", "check the weights", "the weights of a group add up to %g", total[k])
		}
		mean[k], within[k] = weightedMoments(xs[k], ws[k])
	}
	if within[0]+within[1] == 0 {
		return nil, fault("constant", "report the two values", "both groups answer without any variation")
	}
	z := make([]float64, len(x))
	for i, s := range side {
		if s != 0 {
			k := group(s)
			z[i] = float64(s) * float64(w[i]*(x[i]-mean[k])) / total[k]
		}
	}
	v, err := d.Variance([][]float64{z}, in)
	if err != nil {
		return nil, err
	}
	df := d.DegreesOfFreedom(in)
	if df < 1 {
		return nil, fault("too_few", "compare groups of more clusters", "the groups lie in too few first-stage units")
	}
	g.Weight1, g.Weight2 = total[0], total[1]
	g.Gap, g.SE = mean[0]-mean[1], math.Sqrt(v[0][0])
	half := float64(estimate.TQuantile((1+level)/2, float64(df)) * g.SE)
	g.Lower, g.Upper = g.Gap-half, g.Gap+half
	g.SMD = g.Gap / math.Sqrt((within[0]+within[1])/2)
	return g, nil
}

// group is the index of a side: 0 focal, 1 reference.
func group(side int8) int {
	if side > 0 {
		return 0
	}
	return 1
}
