package design

import (
	"fmt"
)

// TotalEstimate is the Horvitz–Thompson estimate of a total with the variances
// that need first-order probabilities only.
type TotalEstimate struct {
	Total float64 // Σ y/π (Horvitz & Thompson 1952)
	Mean  float64 // Σ (y/π) / Σ (1/π) (Hájek 1971)
	// HansenHurwitz is the with-replacement form var(y/p)/n, p = π/n; it is too
	// large for a design without replacement.
	HansenHurwitz float64
	// DevilleN is Deville's (1999) approximation with c = (1−π) n/(n−1).
	DevilleN float64
	// Deville uses (1−π) and the factor 1/(1 − Σa²), a = (1−π)/Σ(1−π).
	Deville float64
	KishN   float64 // (Σ1/π)²/Σ1/π²
	// VarianceKnown is false for a single unit, whose variances are 0 here and
	// must not be shown. With all units certain the Deville variances are 0.
	VarianceKnown bool
}

// HorvitzThompson estimates a total from values and inclusion probabilities.
//
// Faults: an empty sample, a probability outside (0, 1], a value that is not a number.
//
// Source: Horvitz and Thompson (1952); variances Hansen and Hurwitz (1943) and
// Deville (1999).
func HorvitzThompson(y, probability []float64) (TotalEstimate, error) {
	var t TotalEstimate
	mustLen("probability", len(probability), len(y))
	if len(y) == 0 {
		return t, fault("no_rows", "sample", "0 rows", "at least one row", "", "the sample is empty")
	}
	n := float64(len(y))
	sumW, sumW2 := 0.0, 0.0
	for i, p := range probability {
		if !(p > 0 && p <= 1) {
			return t, fault("bad_probability", fmt.Sprintf("row %d", i+1), fmt.Sprint(p), "above 0 and at most 1", "", "an inclusion probability is not above 0 and at most 1")
		}
		if !finite(y[i]) {
			return t, fault("bad_value", fmt.Sprintf("row %d", i+1), fmt.Sprint(y[i]), "a number", "leave rows without an answer out, or adjust for nonresponse first", "a value is not a number")
		}
		t.Total += y[i] / p
		sumW += 1 / p
		sumW2 += 1 / float64(p*p)
	}
	t.Mean = t.Total / sumW
	t.KishN = float64(sumW*sumW) / sumW2
	if len(y) < 2 {
		return t, nil
	}
	t.VarianceKnown = true
	ss := 0.0
	for i, p := range probability {
		d := n*y[i]/p - t.Total
		ss += float64(d * d)
	}
	t.HansenHurwitz = ss / (n - 1) / n
	t.DevilleN, t.Deville = deville(y, probability, n)
	return t, nil
}

// deville computes both forms of Deville's approximation, 0 for a census.
func deville(y, probability []float64, n float64) (withN, plain float64) {
	sum, center, a2 := 0.0, 0.0, 0.0
	for i, p := range probability {
		sum += 1 - p
		center += float64((1 - p) * y[i] / p)
	}
	if sum == 0 {
		return 0, 0
	}
	center /= sum
	ss := 0.0
	for i, p := range probability {
		d := y[i]/p - center
		ss += float64((1 - p) * d * d)
		a := (1 - p) / sum
		a2 += float64(a * a)
	}
	plain = ss
	if a2 < 1 {
		plain = ss / (1 - a2)
	}
	return ss * n / (n - 1), plain
}
