package robust

import (
	"fmt"
	"math"
)

// Trimmed is a trimmed or winsorised mean.
type Trimmed struct {
	Value    float64
	Low, Up  float64 // the limits, values of the sample
	LowShare float64
	UpShare  float64
	// RobustWeights: 1 for rows that count with their own value, 0 for rows
	// that were trimmed; for a winsorised mean 0 means pulled to a limit.
	RobustWeights []float64
}

// TrimmedMean is the weighted mean of the rows with Low ≤ x ≤ Up, the weighted
// quantiles at low and up (0 ≤ low < up ≤ 1); ties with a limit are kept whole.
//
// Faults: those of Estimate; shares out of order; no answer left.
//
// Source: Huber and Ronchetti (2009), section 3.3.
func TrimmedMean(x, w []float64, low, up float64) (Trimmed, error) {
	t, err := limits(x, w, low, up)
	if err != nil {
		return t, err
	}
	w = ones(w, len(x))
	sum, total := 0.0, 0.0
	for i, v := range x {
		if t.RobustWeights[i] == 1 {
			sum += float64(w[i] * v)
			total += w[i]
		}
	}
	if total == 0 {
		return t, fault("all_trimmed", "limits", fmt.Sprintf("%g to %g", low, up), "wider limits", "", "no answer is left between the limits")
	}
	t.Value = sum / total
	return t, nil
}

// WinsorizedMean is the weighted mean with values outside [Low, Up] pulled to
// the limits, the weighted quantiles at low and up.
//
// Faults: those of Estimate; shares out of order.
//
// Source: Huber and Ronchetti (2009), section 3.3.
func WinsorizedMean(x, w []float64, low, up float64) (Trimmed, error) {
	t, err := limits(x, w, low, up)
	if err != nil {
		return t, err
	}
	w = ones(w, len(x))
	sum, total := 0.0, 0.0
	for i, v := range x {
		sum += float64(w[i] * min(max(v, t.Low), t.Up))
		total += w[i]
	}
	t.Value = sum / total
	return t, nil
}

func limits(x, w []float64, low, up float64) (Trimmed, error) {
	t := Trimmed{LowShare: low, UpShare: up}
	if err := check(x, w); err != nil {
		return t, err
	}
	if !(low >= 0 && low < up && up <= 1) {
		return t, fault("limits", "limits", fmt.Sprintf("%g to %g", low, up), "0 ≤ low < up ≤ 1", "for example 0.05 and 0.95", "the trimming shares are not in order")
	}
	s := Sort(x, w)
	t.Low, t.Up = s.X[0], s.X[len(s.X)-1]
	if low > 0 {
		t.Low = s.Quantile(low)
	}
	if up < 1 {
		t.Up = s.Quantile(up)
	}
	t.RobustWeights = make([]float64, len(x))
	for i, v := range x {
		if v >= t.Low && v <= t.Up {
			t.RobustWeights[i] = 1
		}
	}
	return t, nil
}

// TrimmedCount is the unweighted mean without the ⌊n·share⌋ smallest and
// largest values each; the median when share ≥ 1/2.
//
// Faults: those of Estimate; a negative share.
//
// Source: Tukey and McLaughlin (1963).
func TrimmedCount(x []float64, share float64) (float64, error) {
	if err := check(x, nil); err != nil {
		return 0, err
	}
	if !(share >= 0) {
		return 0, fault("limits", "share", fmt.Sprint(share), "a share from 0 to below 0.5", "", "the trimming share is negative")
	}
	s := Sort(x, nil)
	if share >= 0.5 {
		return s.Median(), nil
	}
	g := int(math.Floor(float64(len(x)) * share))
	sum := 0.0
	for _, v := range s.X[g : len(x)-g] {
		sum += v
	}
	return sum / float64(len(x)-2*g), nil
}

// WinsorizedLargest is the weighted mean with the k largest rows pulled down
// to the largest of the others (one-sided, for skewed variables).
//
// Faults: those of Estimate; k outside 0 to n-1.
//
// Source: Rivest (1994).
func WinsorizedLargest(x, w []float64, k int) (Trimmed, error) {
	t := Trimmed{UpShare: 1}
	if err := check(x, w); err != nil {
		return t, err
	}
	s := Sort(x, w)
	if k < 0 || k >= len(s.X) {
		return t, fault("limits", "k", fmt.Sprint(k), fmt.Sprintf("0 to %d", len(s.X)-1), "", "more rows are to be pulled in than there are")
	}
	t.Low, t.Up = s.X[0], s.X[len(s.X)-1-k]
	w = ones(w, len(x))
	t.RobustWeights = make([]float64, len(x))
	sum, total := 0.0, 0.0
	for i, v := range x {
		sum += float64(w[i] * min(v, t.Up))
		total += w[i]
		if v <= t.Up {
			t.RobustWeights[i] = 1
		}
	}
	t.Value = sum / total
	return t, nil
}
