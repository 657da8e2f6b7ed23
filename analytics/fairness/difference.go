package fairness

import (
	"math"
	"slices"
)

// Difference compares the answers of a focal group with those of a reference
// group, always focal minus reference.
type Difference struct {
	N1, N2         int // focal, reference
	Mean1, Mean2   float64
	CohenD         float64 // over the pooled standard deviation
	HedgesJ        float64 // gamma form of the small-sample factor (Hedges 1981)
	HedgesG        float64
	VarD           float64 // (n1+n2)/(n1 n2) + d^2/(2 (n1+n2))
	SMDAverage     float64 // over sqrt of the mean of the two variances
	GlassDelta     float64 // over the reference standard deviation; see HasGlass
	HasGlass       bool
	SMDWeighted    float64 // weighted means and variances (divisor sum w); see HasWeighted
	HasWeighted    bool
	MannWhitneyW   float64 // pairs in which focal is higher, ties one half
	MannWhitneyP   float64
	MannWhitneyWay string  // "exact" or "normal"
	Superiority    float64 // W/(n1 n2)
	CliffDelta     float64
	KSD, KSP       float64 // Kolmogorov–Smirnov, asymptotic p
	Welch          WelchT
}

// CompareRanks computes what needs no variance: Mann–Whitney, the probability of
// superiority, Cliff's delta and Kolmogorov–Smirnov; the other figures stay 0.
// One answer a group is enough, and groups that answer alike have p = 1.
//
// Faults: a group without answers, an answer that is not a finite number.
//
// Source: Mann and Whitney (1947); Cliff (1993); Kolmogorov (1933) and Smirnov
// (1939).
func CompareRanks(focal, reference []float64) (*Difference, error) {
	for _, x := range [][]float64{focal, reference} {
		if err := checkFinite("a group", x); err != nil {
			return nil, err
		}
		if len(x) == 0 {
			return nil, fault("too_few", "compare groups with answers", "a group has no answer")
		}
	}
	d := &Difference{N1: len(focal), N2: len(reference)}
	d.ranks(focal, reference)
	d.kolmogorov(focal, reference)
	return d, nil
}

// WelchT is Welch's test of two means with the interval of the difference.
type WelchT struct{ T, DF, P, Lower, Upper float64 }

// CompareGroups computes the differences. Weights are optional (both nil or
// both given). level is that of the interval (0.95).
//
// Faults: fewer than two answers in a group, both groups constant.
//
// Source: Cohen (1988); Hedges (1981); Welch (1947).
func CompareGroups(focal, reference, focalWeight, referenceWeight []float64, level float64) (*Difference, error) {
	for _, x := range [][]float64{focal, reference} {
		if err := checkFinite("a group", x); err != nil {
			return nil, err
		}
		if len(x) < 2 {
			return nil, fault("too_few", "compare groups with at least two answers each", "a group has %d answer", len(x))
		}
	}
	d, err := CompareRanks(focal, reference)
	if err != nil {
		return nil, err
	}
	var v1, v2 float64
	d.Mean1, v1 = meanVariance(focal)
	d.Mean2, v2 = meanVariance(reference)
	if v1+v2 == 0 || slices.Min(focal) == slices.Max(focal) && slices.Min(reference) == slices.Max(reference) {
		return nil, fault("constant", "report the two values", "both groups answer without any variation")
	}
	n1, n2 := float64(d.N1), float64(d.N2)
	diff := d.Mean1 - d.Mean2
	df := n1 + n2 - 2
	pooled := (float64((n1-1)*v1) + float64((n2-1)*v2)) / df
	d.CohenD = diff / math.Sqrt(pooled)
	a, _ := math.Lgamma(df / 2)
	b, _ := math.Lgamma((df - 1) / 2)
	d.HedgesJ = math.Exp(a-b) / math.Sqrt(df/2)
	d.HedgesG = d.HedgesJ * d.CohenD
	d.VarD = (n1+n2)/float64(n1*n2) + float64(d.CohenD*d.CohenD)/(2*(n1+n2))
	d.SMDAverage = diff / math.Sqrt((v1+v2)/2)
	if v2 > 0 {
		d.GlassDelta, d.HasGlass = diff/math.Sqrt(v2), true
	}
	d.weighted(focal, reference, focalWeight, referenceWeight)
	d.Welch = welch(diff, v1/n1, v2/n2, n1, n2, level)
	return d, nil
}

func welch(diff, s1, s2, n1, n2, level float64) WelchT {
	v := s1 + s2
	t := diff / math.Sqrt(v)
	df := v * v / (float64(s1*s1)/(n1-1) + float64(s2*s2)/(n2-1))
	half := float64(tQuantile((1+level)/2, df) * math.Sqrt(v))
	return WelchT{T: t, DF: df, P: tTwoSided(t, df), Lower: diff - half, Upper: diff + half}
}

func (d *Difference) weighted(x1, x2, w1, w2 []float64) {
	if w1 == nil || w2 == nil {
		return
	}
	checkLength("focalWeight", len(w1), len(x1))
	checkLength("referenceWeight", len(w2), len(x2))
	m1, v1 := weightedMoments(x1, w1)
	m2, v2 := weightedMoments(x2, w2)
	if v1+v2 > 0 {
		d.SMDWeighted, d.HasWeighted = (m1-m2)/math.Sqrt((v1+v2)/2), true
	}
}

func weightedMoments(x, w []float64) (mean, variance float64) {
	sum := 0.0
	for i, v := range x {
		sum += w[i]
		mean += float64(w[i] * v)
	}
	mean /= sum
	for i, v := range x {
		variance += float64(w[i] * float64((v-mean)*(v-mean)))
	}
	return mean, variance / sum
}

// ranks is the Wilcoxon–Mann–Whitney test: exact below 50 answers a group
// without ties, otherwise normal with tie and continuity correction.
func (d *Difference) ranks(x1, x2 []float64) {
	all := append(slices.Clone(x1), x2...)
	rank, ties := midranks(all)
	n1, n2 := float64(d.N1), float64(d.N2)
	for _, r := range rank[:d.N1] {
		d.MannWhitneyW += r
	}
	d.MannWhitneyW -= float64(float64(n1*(n1+1)) / 2)
	d.Superiority = d.MannWhitneyW / float64(n1*n2)
	d.CliffDelta = 2*d.Superiority - 1
	if ties == 0 && d.N1 < 50 && d.N2 < 50 {
		d.MannWhitneyWay = "exact"
		d.MannWhitneyP = exactWilcoxon(d.MannWhitneyW, d.N1, d.N2)
		return
	}
	d.MannWhitneyWay = "normal"
	n := n1 + n2
	sd := math.Sqrt(n1 * n2 / 12 * (n + 1 - ties/float64(n*(n-1))))
	z := d.MannWhitneyW - float64(float64(n1*n2)/2)
	switch {
	case z > 0:
		z -= 0.5
	case z < 0:
		z += 0.5
	}
	if d.MannWhitneyP = 1; sd > 0 {
		d.MannWhitneyP = math.Min(1, 2*normalTail(math.Abs(z)/sd))
	}
}

// exactWilcoxon is the two-sided exact p-value: twice the smaller tail. The
// numbers of arrangements with every W are built up one observation at a time
// (Mann & Whitney 1947).
func exactWilcoxon(w float64, m, n int) float64 {
	// ways[j][u]: j of the first observations chosen so far with W = u.
	ways := make([][]float64, m+1)
	for j := range ways {
		ways[j] = make([]float64, m*n+1)
	}
	ways[0][0] = 1
	for i := range m + n { // the observation of rank i+1
		for j := min(m, i+1); j >= 1; j-- {
			add := i - (j - 1) // observations of the other group below it
			if add > n {
				continue
			}
			for u := m * n; u >= add; u-- {
				ways[j][u] += ways[j-1][u-add]
			}
		}
	}
	total, low, high := 0.0, 0.0, 0.0
	for u, c := range ways[m] {
		total += c
		if float64(u) <= w {
			low += c
		}
		if float64(u) >= w {
			high += c
		}
	}
	return math.Min(1, 2*math.Min(low, high)/total)
}

func (d *Difference) kolmogorov(x1, x2 []float64) {
	a, b := slices.Clone(x1), slices.Clone(x2)
	slices.Sort(a)
	slices.Sort(b)
	i, j := 0, 0
	for i < len(a) && j < len(b) {
		v := math.Min(a[i], b[j])
		for i < len(a) && a[i] == v {
			i++
		}
		for j < len(b) && b[j] == v {
			j++
		}
		d.KSD = math.Max(d.KSD, math.Abs(float64(i)/float64(len(a))-float64(j)/float64(len(b))))
	}
	n := float64(len(a)) * float64(len(b)) / float64(len(a)+len(b))
	d.KSP = kolmogorovTail(d.KSD * math.Sqrt(n))
}

// kolmogorovTail is P(K > z) for the limit distribution (Kolmogorov 1933);
// below 1 by the theta-function series, which converges faster there.
func kolmogorovTail(z float64) float64 {
	if z <= 0 {
		return 1
	}
	s := 0.0
	if z < 1 {
		for k := 1.0; k < 40; k += 2 {
			s += math.Exp(-k * k * math.Pi * math.Pi / (8 * z * z))
		}
		return 1 - float64(math.Sqrt(2*math.Pi)/z*s)
	}
	sign := 2.0
	for k := 1.0; k < 40; k++ {
		s += float64(sign * math.Exp(-2*k*k*z*z))
		sign = -sign
	}
	return s
}
