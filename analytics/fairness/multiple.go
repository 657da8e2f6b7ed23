package fairness

import (
	"math"
	"slices"
)

// Correction names a correction of p-values for many comparisons.
type Correction string

// The corrections.
const (
	Bonferroni Correction = "bonferroni"
	Holm       Correction = "holm"     // Holm 1979, Scand. J. Stat. 6:65-70
	Hochberg   Correction = "hochberg" // Hochberg 1988, Biometrika 75:800-802
	Hommel     Correction = "hommel"   // Hommel 1988, Biometrika 75:383-386
	BH         Correction = "BH"       // Benjamini & Hochberg 1995, JRSS B 57:289-300
	BY         Correction = "BY"       // Benjamini & Yekutieli 2001, Ann. Stat. 29:1165-1188
	None       Correction = "none"
)

// Corrections lists every correction.
var Corrections = []Correction{Bonferroni, Holm, Hochberg, Hommel, BH, BY, None}

// AdjustP returns the adjusted p-values: comparisons with an adjusted value of
// at most alpha are rejected at family-wise level alpha (Bonferroni, Holm,
// Hochberg, Hommel) or false discovery rate alpha (BH, BY). p must lie in
// [0, 1]; leave missing ones out.
//
// Faults: a p-value outside 0 to 1, an unknown correction.
//
// Source: Holm (1979); Hochberg (1988); Hommel (1988); Benjamini and Hochberg
// (1995); Benjamini and Yekutieli (2001).
func AdjustP(p []float64, c Correction) ([]float64, error) {
	for i, v := range p {
		if !(v >= 0 && v <= 1) {
			return nil, fault("not_a_probability", "leave missing p-values out", "p-value %d is %g, outside 0 to 1", i+1, v)
		}
	}
	order := sortedOrder(p)
	n := len(p)
	sorted := make([]float64, n)
	for k, i := range order {
		sorted[k] = p[i]
	}
	var adj []float64
	switch c {
	case None:
		adj = sorted
	case Bonferroni:
		adj = stepDown(sorted, func(int) float64 { return float64(n) }, false)
	case Holm:
		adj = stepDown(sorted, func(k int) float64 { return float64(n - k) }, true)
	case Hochberg:
		adj = stepUp(sorted, func(k int) float64 { return float64(n - k) })
	case BH:
		adj = stepUp(sorted, func(k int) float64 { return float64(n) / float64(k+1) })
	case BY:
		h := 0.0
		for k := range n {
			h += 1 / float64(k+1)
		}
		adj = stepUp(sorted, func(k int) float64 { return h * float64(n) / float64(k+1) })
	case Hommel:
		adj = hommel(sorted)
	default:
		return nil, fault("unknown_correction", "use one of bonferroni, holm, hochberg, hommel, BH, BY, none",
			"there is no correction %q", string(c))
	}
	out := make([]float64, n)
	for k, i := range order {
		out[i] = adj[k]
	}
	return out, nil
}

func stepDown(p []float64, factor func(int) float64, running bool) []float64 {
	out := make([]float64, len(p))
	top := 0.0
	for k, v := range p {
		out[k] = math.Min(1, factor(k)*v)
		if running {
			top = math.Max(top, out[k])
			out[k] = top
		}
	}
	return out
}

func stepUp(p []float64, factor func(int) float64) []float64 {
	out := make([]float64, len(p))
	low := 1.0
	for k := len(p) - 1; k >= 0; k-- {
		low = math.Min(low, factor(k)*p[k])
		out[k] = low
	}
	return out
}

// hommel follows the algorithm of Wright (1992, Biometrics 48:1005-1013) on
// sorted p-values.
func hommel(p []float64) []float64 {
	n := len(p)
	if n <= 1 {
		return slices.Clone(p)
	}
	first := math.Inf(1)
	for k, v := range p {
		first = math.Min(first, float64(n)*v/float64(k+1))
	}
	q, out := make([]float64, n), make([]float64, n)
	for k := range n {
		q[k], out[k] = first, first
	}
	for m := n - 1; m >= 2; m-- {
		split := n - m + 1 // p[:split] take the first branch
		q1 := math.Inf(1)
		for k := split; k < n; k++ {
			q1 = math.Min(q1, float64(m)*p[k]/float64(k-split+2))
		}
		for k := range split {
			q[k] = math.Min(float64(m)*p[k], q1)
		}
		for k := split; k < n; k++ {
			q[k] = q[split-1]
		}
		for k := range n {
			out[k] = math.Max(out[k], q[k])
		}
	}
	for k, v := range p {
		out[k] = math.Min(1, math.Max(out[k], v))
	}
	return out
}
