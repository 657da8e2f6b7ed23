package robust

import (
	"math"
	"slices"
)

// densityGrid is the number of grid points of the density estimate.
const densityGrid = 401

// density is a weighted density estimate on an even grid over the range of x:
// weights binned on the grid, smoothed by local linear regression with a normal
// kernel (Wand & Jones 1995, chapters 2 and 5), bandwidth by bandwidth. nil when
// the values have no spread.
func density(x, w []float64) []float64 {
	lo, hi := slices.Min(x), slices.Max(x)
	h := bandwidth(x, lo, hi)
	if !(h > 0) {
		return nil
	}
	const m = densityGrid
	delta := (hi - lo) / (m - 1)
	height, total := make([]float64, m), 0.0
	for i, v := range x {
		k := int((v - lo) / delta)
		for k+1 < m && lo+float64(float64(k+1)*delta) <= v {
			k++
		}
		for k > 0 && lo+float64(float64(k)*delta) > v {
			k--
		}
		height[min(k, m-1)] += w[i]
		total += w[i]
	}
	for k := range height {
		height[k] *= m / ((hi - lo) * total)
	}
	reach := int(math.Floor(4 * h / delta))
	out := make([]float64, m)
	for j := range out {
		var s0, s1, s2, t0, t1 float64
		for k := max(0, j-reach); k <= min(m-1, j+reach); k++ {
			d := delta * float64(k-j)
			q := math.Exp(-(d / h) * (d / h) / 2)
			s0 += q
			s1 += float64(q * d)
			s2 += float64(q * d * d)
			t0 += float64(q * height[k])
			t1 += float64(q * height[k] * d)
		}
		if det := float64(s0*s2) - float64(s1*s1); det > 0 {
			out[j] = (float64(s2*t0) - float64(s1*t1)) / det
		} else {
			out[j] = t0 / s0
		}
	}
	return out
}

// bandwidth is the two-stage direct plug-in bandwidth for a normal kernel
// (Sheather & Jones 1991; Wand & Jones 1995, section 3.6), on linearly binned
// values; 0 without spread.
func bandwidth(x []float64, lo, hi float64) float64 {
	n := float64(len(x))
	if !(hi > lo) || n < 2 {
		return 0
	}
	const m = densityGrid
	delta := (hi - lo) / (m - 1)
	counts := make([]float64, m)
	mean := 0.0
	for _, v := range x {
		at := (v - lo) / delta
		mean += v
		k := int(at)
		if k >= m-1 { // the largest value has no bin to its right and is left out
			continue
		}
		part := at - float64(k)
		counts[k] += 1 - part
		counts[k+1] += part
	}
	mean /= n
	ss := 0.0
	for _, v := range x {
		ss += float64((v - mean) * (v - mean))
	}
	s := slices.Clone(x)
	slices.Sort(s)
	sigma := math.Sqrt(ss / (n - 1))
	if iqr := (interpolated(s, 0.75) - interpolated(s, 0.25)) / 1.349; iqr > 0 {
		sigma = min(sigma, iqr)
	}
	a := math.Pow(2*math.Pow(math.Sqrt2*sigma, 9)/(7*n), 1.0/9)
	psi6 := functional(counts, 6, a, delta)
	if !(psi6 < 0) {
		return 0
	}
	a = math.Pow(-3*math.Sqrt(2/math.Pi)/(psi6*n), 1.0/7)
	psi4 := functional(counts, 4, a, delta)
	if !(psi4 > 0) {
		return 0
	}
	return math.Pow(1/(4*math.Pi), 0.1) * math.Pow(1/(psi4*n), 0.2)
}

// functional estimates ∫ f^(r) f from binned counts with bandwidth h.
func functional(counts []float64, r int, h, delta float64) float64 {
	if !(h > 0) || math.IsInf(h, 0) {
		return 0 // the values are too large or too small for a density
	}
	reach := int(math.Min(math.Floor(float64(4+r)*h/delta), float64(len(counts))))
	kernel := make([]float64, reach+1)
	for l := range kernel {
		arg := float64(l) * delta / h
		before, now := 1.0, arg // Hermite polynomials by recurrence
		for i := 2; i <= r; i++ {
			before, now = now, float64(arg*now)-float64(float64(i-1)*before)
		}
		kernel[l] = now * math.Exp(-arg*arg/2) / math.Sqrt(2*math.Pi) / math.Pow(h, float64(r+1))
	}
	sum := 0.0
	for i, a := range counts {
		if a == 0 {
			continue
		}
		inner := 0.0
		for j := max(0, i-reach); j <= min(len(counts)-1, i+reach); j++ {
			l := i - j
			if l < 0 {
				l = -l
			}
			inner += float64(kernel[l] * counts[j])
		}
		sum += float64(a * inner)
	}
	n := 0.0
	for _, c := range counts {
		n += c
	}
	return sum / (n * n)
}

// interpolated is the p-quantile of sorted values with linear interpolation
// (type 7 of Hyndman & Fan 1996).
func interpolated(s []float64, p float64) float64 {
	at := float64(p * float64(len(s)-1))
	k := int(math.Floor(at))
	if k+1 >= len(s) {
		return s[len(s)-1]
	}
	return s[k] + float64((at-float64(k))*(s[k+1]-s[k]))
}

// TrimmedScores are the linearised scores of a trimmed mean for its design
// variance: the influence function of the trimmed mean (Huber & Ronchetti 2009,
// eq. 3.52) times w/Σw.
func (t Trimmed) TrimmedScores(x, w []float64) []float64 {
	share := t.UpShare - t.LowShare
	center := float64(share*t.Value) + float64(t.LowShare*t.Low) + float64((1-t.UpShare)*t.Up)
	out, total := make([]float64, len(x)), 0.0
	w = ones(w, len(x))
	for _, v := range w {
		total += v
	}
	for i, v := range x {
		out[i] = (min(max(v, t.Low), t.Up) - center) / share * w[i] / total
	}
	return out
}

// WinsorizedScores are the linearised scores of a winsorised mean (Huber &
// Ronchetti 2009, eq. 3.48): limits shifted by share over density, the density
// taken at the grid points next to the limits on their inner side. It falls back to TrimmedScores where the density is zero.
func (t Trimmed) WinsorizedScores(x, w []float64) []float64 {
	w = ones(w, len(x))
	d := density(x, w)
	if d == nil {
		return t.TrimmedScores(x, w)
	}
	lo, hi := slices.Min(x), slices.Max(x)
	delta := (hi - lo) / (densityGrid - 1)
	point := func(k int) float64 { return lo + float64(float64(k)*delta) }
	first, last := 0, densityGrid-1
	for first < densityGrid-1 && point(first) < t.Low {
		first++
	}
	for last > 0 && point(last) > t.Up {
		last--
	}
	fLow, fUp := d[first], d[last]
	if !(fLow > 0 && fUp > 0) {
		return t.TrimmedScores(x, w)
	}
	low, up := t.LowShare, 1-t.UpShare
	center := float64((t.UpShare-t.LowShare)*t.Value) + float64(low*t.Low) + float64(up*t.Up)
	constant := float64(low*low)/fLow + float64(up*up)/fUp - center
	out, total := make([]float64, len(x)), 0.0
	for _, v := range w {
		total += v
	}
	for i, v := range x {
		out[i] = (min(t.Up+up/fUp, max(t.Low-low/fLow, v)) + constant) * w[i] / total
	}
	return out
}
