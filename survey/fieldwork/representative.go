package fieldwork

import "math"

// RIndicator measures how evenly a sample answered over groups of its frame:
//
//	R = 1 − 2·S(ρ),   S²(ρ) = Σ_h N_h/N · (ρ_h − ρ̄)²,   ρ_h = n_h / N_h
//
// 1 means that all groups answered alike, 0 that the answer depends on the group
// alone (Schouten, Cobben & Bethlehem 2009, Survey Methodology 35:101-113, eq.
// 2.1, with group means for propensities; no correction for bias, so it is a
// little too low in small samples). drawn are N_h, answered n_h; groups without
// drawn people are left out. ok is false when nobody was drawn. It panics when
// the lengths differ.
func RIndicator(drawn, answered []int) (r float64, ok bool) {
	if len(drawn) != len(answered) {
		panic("fieldwork: drawn and answered differ in length")
	}
	total, done := 0, 0
	for h, n := range drawn {
		total += n
		if n > 0 {
			done += answered[h]
		}
	}
	if total == 0 {
		return 0, false
	}
	mean := float64(done) / float64(total)
	s2 := 0.0
	for h, n := range drawn {
		if n == 0 {
			continue
		}
		d := float64(answered[h])/float64(n) - mean
		s2 += float64(float64(n)/float64(total)*d) * d
	}
	return 1 - 2*math.Sqrt(s2), true
}
