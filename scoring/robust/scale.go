package robust

import (
	"math"
	"slices"
)

// Consistency constants at the normal distribution. Packages differ in the
// digits; the constant in use is part of every convention.
const (
	MADConstant  = 1.482602218505602  // 1/Φ⁻¹(3/4)
	MADShort     = 1.4826             // as in R's mad
	MADSurvey    = 1.482602           // as in robust survey software
	IQRConstant  = 0.7413011092528010 // 1/(2Φ⁻¹(3/4))
	IQRSurvey    = 0.741301
	MeanDevConst = 1.2533141373155003 // √(π/2)
)

// MAD is constant times the weighted median of |x − center|.
//
// Source: Hampel (1974).
func (s Sample) MAD(center, constant float64) float64 {
	var d Sample
	s.deviationsInto(center, &d)
	return constant * d.Median()
}

// IQR is constant times the weighted interquartile range.
func (s Sample) IQR(constant float64) float64 {
	return constant * (s.Quantile(0.75) - s.Quantile(0.25))
}

// MeanDeviation is √(π/2) times the weighted mean of |x − center|.
//
// Source: the factor makes it the standard deviation of a normal sample, Tukey (1960).
func (s Sample) MeanDeviation(center float64) float64 {
	sum := 0.0
	for k, x := range s.X {
		sum += float64(s.W[k] * math.Abs(x-center))
	}
	if s.Total == 0 {
		return 0
	}
	return MeanDevConst * (sum / s.Total)
}

// qnSmall and snSmall are the finite-sample factors of Croux & Rousseeuw
// (1992) for n = 2…12 and n = 2…9.
var (
	qnSmall = []float64{0.399356, 0.99365, 0.51321, 0.84401, 0.6122, 0.85877, 0.66993, 0.87344, 0.72014, 0.88906, 0.75743}
	snSmall = []float64{0.743, 1.851, 0.954, 1.351, 0.993, 1.198, 1.005, 1.131}
)

// QnConstant makes Qn estimate the standard deviation of normal data (Rousseeuw
// & Croux 1993, section 3).
const QnConstant = 2.21914

// Qn is the scale of Rousseeuw & Croux (1993): 2.21914 times the k-th smallest
// |x_i − x_j|, i < j, k = C(⌊n/2⌋+1, 2); corrected for small n when correct is
// set. Unweighted; 0 for fewer than two values. Time O(n log n).
func Qn(x []float64, correct bool) float64 {
	n := len(x)
	if n < 2 {
		return 0
	}
	s := slices.Clone(x)
	slices.Sort(s)
	h := int64(n/2 + 1)
	q := QnConstant * pairDistance(s, h*(h-1)/2)
	if !correct {
		return q
	}
	if n <= 12 {
		return q * qnSmall[n-2]
	}
	f := float64(n)
	if n%2 == 1 {
		return q / ((1.60188+(-2.1284-5.172/f)/f)/f + 1)
	}
	return q / ((3.67561+(1.9654+(6.987-77/f)/f)/f)/f + 1)
}

// pairDistance is the k-th smallest distance of pairs of sorted values, by
// bisection over the representable numbers with a linear count each.
func pairDistance(s []float64, k int64) float64 {
	lo, hi := uint64(0), math.Float64bits(s[len(s)-1]-s[0])
	for lo < hi {
		mid := lo + (hi-lo)/2
		d := math.Float64frombits(mid)
		count, j := int64(0), 0
		for i := range s {
			for j < len(s) && s[j]-s[i] <= d {
				j++
			}
			count += int64(j - i - 1)
		}
		if count >= k {
			hi = mid
		} else {
			lo = mid + 1
		}
	}
	return math.Float64frombits(lo)
}

// Sn is the scale of Rousseeuw & Croux (1993): 1.1926 times the low median over
// i of the high median over j of |x_i − x_j|; corrected for small n when
// correct is set. Unweighted; 0 for fewer than two values. Time O(n log n).
func Sn(x []float64, correct bool) float64 {
	n := len(x)
	if n < 2 {
		return 0
	}
	s := slices.Clone(x)
	slices.Sort(s)
	inner := make([]float64, n)
	for i := range s {
		inner[i] = nearest(s, i, n/2+1)
	}
	slices.Sort(inner)
	v := 1.1926 * inner[(n+1)/2-1]
	switch {
	case !correct:
	case n <= 9:
		v *= snSmall[n-2]
	case n%2 == 1:
		v *= float64(n) / (float64(n) - 0.9)
	}
	return v
}

// nearest is the k-th smallest distance from s[i] to any value of s, itself
// (distance 0) included: the smallest reach over windows of k values around i.
func nearest(s []float64, i, k int) float64 {
	// A window [a, a+k) that holds i has reach max(s[i]−s[a], s[a+k−1]−s[i]);
	// the first falls and the second rises with a.
	lo, hi := max(0, i-k+1), min(i, len(s)-k)
	for lo < hi {
		mid := (lo + hi) / 2
		if s[i]-s[mid] > s[mid+k-1]-s[i] {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	reach := func(a int) float64 { return max(s[i]-s[a], s[a+k-1]-s[i]) }
	best := reach(lo)
	if lo > max(0, i-k+1) {
		best = min(best, reach(lo-1))
	}
	return best
}

// TauScale is the τ scale of Maronna & Zamar (2002) with c1 = 4.5, c2 = 3 and
// normal consistency: a weighted mean and a truncated standard deviation
// around it, from the median and the raw MAD. 0 when that MAD is zero.
func TauScale(x []float64) float64 {
	s := Sort(x, nil)
	mu0 := s.Median()
	sigma := s.MAD(mu0, 1)
	if sigma == 0 || len(x) == 0 {
		return 0
	}
	const c1, c2 = 4.5, 3.0
	sum, sumW := 0.0, 0.0
	for _, v := range x {
		r := (v - mu0) / (sigma * c1)
		u := max(0, 1-float64(r*r))
		u = float64(u * u)
		sum += float64(u * v)
		sumW += u
	}
	mu, rho := sum/sumW, 0.0
	for _, v := range x {
		r := (v - mu) / sigma
		rho += min(float64(r*r), c2*c2)
	}
	b := c2 * 0.6744897501960817
	phi := math.Exp(-b*b/2) / math.Sqrt(2*math.Pi)
	cdf := 0.5 * math.Erfc(-b/math.Sqrt2)
	factor := 2*((1-b*b)*cdf-b*phi+b*b) - 1
	return sigma * math.Sqrt(rho/(float64(len(x))*factor))
}
