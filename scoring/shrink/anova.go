package shrink

import (
	"math"
	"slices"
)

// OneWayANOVA holds the one-way random-effects analysis of variance of answers
// in groups (Searle, Casella & McCulloch 1992, Variance Components, ch. 3).
type OneWayANOVA struct {
	Status Status
	Note   string
	// N is the number of answers, Groups the number of groups with answers.
	N, Groups int
	// MSBetween and MSWithin are the mean squares, F their ratio with
	// Groups-1 and N-Groups degrees of freedom.
	MSBetween, MSWithin, F float64
	// N0 = (N - sum n_j^2/N)/(k-1) is the group size that stands for all.
	N0 float64
	// Tau2 = max(0, (MSB - MSW)/n0) is the variance between groups.
	Tau2 float64
	// ICC1 = (MSB - MSW)/(MSB + (n0-1) MSW), the correlation of two answers of
	// a group, is not floored at zero; ICC2 = (MSB - MSW)/MSB is the
	// reliability of the mean of n0 answers.
	ICC1, ICC2 float64
	// DeffMean = 1 + (mean n - 1) ICC1 and DeffWeighted = 1 + (sum n^2/N - 1)
	// ICC1 are Kish's design effects of the grouping.
	DeffMean, DeffWeighted float64
	// GrandMean is the mean of group means weighted by reliability (all
	// answers alike when Tau2 is zero).
	GrandMean float64
	// Count, Mean, Reliability and Shrunken are per level; a level without
	// answers has Count 0, reliability 0 and the grand mean.
	Count                       []int
	Mean, Reliability, Shrunken []float64
}

// ANOVA computes the ANOVA estimators of y in groups: reliability lambda_j =
// tau2/(tau2 + MSW/n_j) and the shrunken mean mu + lambda_j (mean_j - mu).
//
// Faults: fewer than two groups, no group with two answers, constant answers.
//
// Source: Searle, Casella and McCulloch (1992), chapter 3.
func ANOVA(y []float64, g Grouping) (*OneWayANOVA, error) {
	checkLength("codes of "+g.Name, len(g.Codes), len(y))
	if err := checkFinite("the outcome", y); err != nil {
		return nil, err
	}
	a := &OneWayANOVA{N: len(y), Count: make([]int, g.Levels), Mean: make([]float64, g.Levels), Status: OK}
	shift := 0.0
	if a.N > 0 {
		shift = weightedMean(y, nil)
	}
	for i, c := range g.Codes {
		a.Count[c]++
		a.Mean[c] += y[i] - shift
	}
	for j, n := range a.Count {
		if n > 0 {
			a.Groups++
			a.Mean[j] /= float64(n)
		}
	}
	if err := a.check(g.Name); err != nil {
		return nil, err
	}
	within := 0.0
	for i, c := range g.Codes {
		e := y[i] - shift - a.Mean[c]
		within += float64(e * e)
	}
	if err := a.squares(within, g.Name); err != nil {
		return nil, err
	}
	a.shrink(shift)
	return a, nil
}

func (a *OneWayANOVA) check(name string) error {
	if a.Groups < 2 {
		return fault("one_group", "compare at least two groups, or report the mean with its design-based error",
			"the grouping %s has answers in %d group, so nothing varies between groups", name, a.Groups)
	}
	if a.Groups >= a.N {
		return fault("no_replication", "collect more answers per group, or use the Fay–Herriot model with known errors",
			"every group of %s has a single answer, so that between and within cannot be told apart", name)
	}
	return nil
}

// squares fills the mean squares and what follows; means are about the grand
// mean of all answers.
func (a *OneWayANOVA) squares(within float64, name string) error {
	n, k := float64(a.N), float64(a.Groups)
	between, n2 := 0.0, 0.0
	for j, c := range a.Count {
		between += float64(float64(c) * a.Mean[j] * a.Mean[j])
		n2 += float64(float64(c) * float64(c))
	}
	if between+within == 0 {
		return fault("constant", "a constant outcome needs no model: report the value", "all answers are equal")
	}
	a.MSBetween, a.MSWithin = between/(k-1), within/(n-k)
	if a.MSWithin <= 1e-13*a.MSBetween {
		return fault("no_within", "check whether group means were entered as answers",
			"the answers do not vary within the groups of %s", name)
	}
	a.F = a.MSBetween / a.MSWithin
	a.N0 = (n - n2/n) / (k - 1)
	a.Tau2 = math.Max(0, (a.MSBetween-a.MSWithin)/a.N0)
	a.ICC1 = (a.MSBetween - a.MSWithin) / (a.MSBetween + float64((a.N0-1)*a.MSWithin))
	if a.MSBetween > 0 {
		a.ICC2 = (a.MSBetween - a.MSWithin) / a.MSBetween
	}
	a.DeffMean = 1 + float64((n/k-1)*a.ICC1)
	a.DeffWeighted = 1 + float64((n2/n-1)*a.ICC1)
	if a.Tau2 == 0 {
		a.Status = ZeroVariance
		a.Note = "The groups differ no more than chance: the variance between them is estimated as zero and every shrunken mean is the grand mean."
	}
	return nil
}

func (a *OneWayANOVA) shrink(shift float64) {
	levels := len(a.Count)
	a.Reliability, a.Shrunken = make([]float64, levels), make([]float64, levels)
	sum, weight := 0.0, 0.0
	for j, c := range a.Count {
		l := float64(c)
		if a.Tau2 > 0 && c > 0 {
			a.Reliability[j] = a.Tau2 / (a.Tau2 + a.MSWithin/float64(c))
			l = a.Reliability[j]
		} else if a.Tau2 > 0 {
			l = 0
		}
		sum += float64(l * a.Mean[j])
		weight += l
	}
	mu := sum / weight
	a.GrandMean = mu + shift
	for j, c := range a.Count {
		a.Shrunken[j] = shift + mu + float64(a.Reliability[j]*(a.Mean[j]-mu))
		if c > 0 {
			a.Mean[j] += shift
		} else {
			a.Mean[j] = a.GrandMean
		}
	}
}

// median is the middle value, or the mean of the two middle ones.
func median(x []float64) float64 {
	s := slices.Clone(x)
	slices.Sort(s)
	n := len(s)
	if n == 0 {
		return 0
	}
	if n%2 == 1 {
		return s[n/2]
	}
	return (s[n/2-1] + s[n/2]) / 2
}
