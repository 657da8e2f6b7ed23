package weight

import "math"

// Diagnostics says what a set of weights costs.
type Diagnostics struct {
	N            int     // rows with a weight that is not zero
	Zero         int     // rows with weight zero
	Negative     int     // rows with a negative weight (linear calibration)
	Sum          float64 // sum of the weights
	Min, Max     float64 // smallest and largest weight that is not zero
	Ratio        float64 // Max / Min
	KishN        float64 // (Σw)²/Σw², Kish's effective number of answers
	KishDeff     float64 // N Σw²/(Σw)² = 1 + CV², Kish's design effect of weighting
	LargestShare float64 // largest single weight over the sum, in [0,1]
	LargestRow   int     // row of that weight, the first when several are equal
}

// Diagnose computes the diagnostics of weights, with Kish's (1965, section
// 11.7) effective n and design effect over the rows whose weight is not zero. Negative weights, which linear
// calibration without bounds can leave, are counted and not refused; Ratio is
// then 0.
func Diagnose(weights []float64) (Diagnostics, error) {
	if err := checkFinalWeights(weights); err != nil {
		return Diagnostics{}, err
	}
	d := Diagnostics{Max: math.Inf(-1)}
	sum2 := 0.0
	for i, w := range weights {
		if w == 0 {
			d.Zero++
			continue
		}
		if d.N == 0 || w < d.Min {
			d.Min = w
		}
		if w > d.Max {
			d.Max, d.LargestRow = w, i
		}
		if w < 0 {
			d.Negative++
		}
		d.N++
		d.Sum += w
	}
	// Dividing by the largest weight first keeps the squares from overflowing.
	s := 0.0
	for _, w := range weights {
		r := w / d.Max
		s += r
		sum2 += float64(r * r)
	}
	if d.Min > 0 {
		d.Ratio = d.Max / d.Min
	}
	d.KishN = float64(s*s) / sum2
	d.KishDeff = float64(d.N) / d.KishN
	d.LargestShare = d.Max / d.Sum
	return d, nil
}
