package fairness

import (
	"math"
	"slices"
)

// Inequality holds measures of how unequally an amount (budget, visits, score)
// is spread over units. Each is 0 for equal shares.
type Inequality struct {
	N int
	// Gini = sum w_i w_j |x_i - x_j| / (2 W^2 mean), the population form;
	// GiniUnbiased is Gini n/(n-1) and refers to unweighted data only.
	Gini, GiniUnbiased float64
	// TheilT = sum w (x/mean) log(x/mean) / W with 0 log 0 = 0.
	TheilT float64
	// TheilL = sum w log(mean/x) / W; nil when a value is zero.
	TheilL *float64
	// CV is the standard deviation (divisor n-1 when unweighted, W when
	// weighted) over the mean.
	CV float64
	// Atkinson is 1 - (mean of sqrt x)^2 / mean, aversion 0.5.
	Atkinson float64
	// Hoover is the share that would have to move for equality.
	Hoover float64
	// P90P10 is the ratio of the unweighted 90th and 10th percentiles (linear
	// interpolation); nil when the lower one is zero.
	P90P10 *float64
	// Lorenz is the cumulated share of the amount over the units from poorest
	// to richest, beginning with 0.
	Lorenz []float64
}

// MeasureInequality computes the measures; weight nil means 1.
//
// Units of weight 0 take no part.
//
// Faults: fewer than two units, negative amounts, a total of zero, negative
// weights.
//
// Source: Gini (1912); Theil (1967); Atkinson (1970).
func MeasureInequality(x, weight []float64) (*Inequality, error) {
	x, w, err := inequalityInput(x, weight)
	if err != nil {
		return nil, err
	}
	r := &Inequality{N: len(x)}
	order := sortedOrder(x)
	sumW, sumWX := 0.0, 0.0
	for i, v := range x {
		sumW += w[i]
		sumWX += float64(w[i] * v)
	}
	mean := sumWX / sumW
	r.Lorenz = append(r.Lorenz, 0)
	below, share, rankSum := 0.0, 0.0, 0.0
	for _, i := range order {
		amount := float64(w[i] * x[i])
		rankSum += float64(amount * (float64(2*below) + w[i] - sumW))
		below += w[i]
		share += amount
		r.Lorenz = append(r.Lorenz, share/sumWX)
	}
	r.Lorenz[len(x)] = 1
	r.Gini = rankSum / (sumW * sumWX)
	r.GiniUnbiased = r.Gini * float64(len(x)) / float64(len(x)-1)
	r.entropies(x, w, mean, sumW)
	r.spread(x, w, weight == nil, mean, sumW)
	sorted := make([]float64, len(x))
	for k, i := range order {
		sorted[k] = x[i]
	}
	if lo := quantile7(sorted, 0.1); lo > 0 {
		ratio := quantile7(sorted, 0.9) / lo
		r.P90P10 = &ratio
	}
	return r, nil
}

func inequalityInput(all, weight []float64) (x, w []float64, err error) {
	if weight != nil {
		checkLength("weight", len(weight), len(all))
	}
	total := 0.0
	for i, v := range all {
		if weight == nil {
			x, w = append(x, v), append(w, 1)
			continue
		}
		if !(weight[i] >= 0) || math.IsInf(weight[i], 0) {
			return nil, nil, fault("weight_not_positive", "leave such rows out",
				"row %d has the weight %g; weights must not be negative", i+1, weight[i])
		}
		if total += weight[i]; total > 1e100 {
			return nil, nil, fault("weight_not_positive", "divide the weights by a constant", "the weights add up to more than 1e100")
		}
		if weight[i] > 0 {
			x, w = append(x, v), append(w, weight[i])
		}
	}
	if len(x) < 2 {
		return nil, nil, fault("too_few", "give at least two units", "%d unit has no inequality", len(x))
	}
	if err := checkFinite("the amounts", x); err != nil {
		return nil, nil, err
	}
	sum := 0.0
	for i, v := range x {
		if v < 0 {
			return nil, nil, fault("negative_amount", "shares of a total need amounts of at least zero",
				"row %d has the amount %g", i+1, v)
		}
		sum += v
	}
	if sum == 0 {
		return nil, nil, fault("constant", "there is nothing to share out", "all amounts are zero")
	}
	return x, w, nil
}

// sortedOrder returns the indices of x in rising order, ties as they came.
func sortedOrder(x []float64) []int {
	order := make([]int, len(x))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int {
		switch {
		case x[a] < x[b]:
			return -1
		case x[a] > x[b]:
			return 1
		}
		return 0
	})
	return order
}

func (r *Inequality) entropies(x, w []float64, mean, sumW float64) {
	logs, roots, zero := 0.0, 0.0, false
	for i, v := range x {
		s := v / mean
		if v > 0 {
			l := math.Log(s)
			r.TheilT += float64(w[i] * float64(s*l))
			logs -= float64(w[i] * l)
		} else {
			zero = true
		}
		roots += float64(w[i] * math.Sqrt(v))
	}
	r.TheilT /= sumW
	if !zero {
		logs /= sumW
		r.TheilL = &logs
	}
	roots /= sumW
	r.Atkinson = 1 - float64(roots*roots)/mean
}

func (r *Inequality) spread(x, w []float64, unweighted bool, mean, sumW float64) {
	ss, dev := 0.0, 0.0
	for i, v := range x {
		d := v - mean
		ss += float64(w[i] * float64(d*d))
		dev += float64(w[i] * math.Abs(d))
	}
	if unweighted {
		sumW--
	}
	r.CV = math.Sqrt(ss/sumW) / mean
	if unweighted {
		sumW++
	}
	r.Hoover = dev / (2 * sumW * mean)
}

// TheilParts splits Theil's T into the part between the groups' means and the
// weighted mean of the parts within them; the two add up to the whole (Theil
// 1967; Shorrocks 1980, Econometrica 48:613-625). group runs from 0.
//
// Faults: those of MeasureInequality.
func TheilParts(x, weight []float64, group []int32, groups int) (between, within float64, err error) {
	if _, _, err := inequalityInput(x, weight); err != nil {
		return 0, 0, err
	}
	checkLength("group", len(group), len(x))
	w := weight
	if w == nil {
		w = make([]float64, len(x))
		for i := range w {
			w[i] = 1
		}
	}
	sw, swx := make([]float64, groups), make([]float64, groups)
	sumW, sumWX := 0.0, 0.0
	for i, g := range group {
		sw[g] += w[i]
		swx[g] += float64(w[i] * x[i])
		sumW += w[i]
		sumWX += float64(w[i] * x[i])
	}
	mean := sumWX / sumW
	for g, amount := range swx {
		if amount > 0 {
			between += float64(amount * math.Log(amount/sw[g]/mean))
		}
	}
	for i, g := range group {
		if x[i] > 0 && w[i] > 0 {
			within += float64(float64(w[i]*x[i]) * math.Log(x[i]/(swx[g]/sw[g])))
		}
	}
	return between / sumWX, within / sumWX, nil
}
