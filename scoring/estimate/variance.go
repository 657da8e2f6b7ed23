package estimate

import (
	"fmt"
	"math"
)

// takeAll is the sampling fraction complement below which a stratum counts as
// completely enumerated.
const takeAll = 1e-7

// Variance is the estimated covariance matrix of the totals of p score columns
// over the rows: the estimator every linearised standard error goes through.
// A score is the design weight times the linearised value of the row, 0
// outside the domain.
//
// At the first stage each stratum h with n_h of N_h units adds
//
//	(1 - n_h/N_h) n_h/(n_h-1) Σ_u (t_u - t̄)(t_u - t̄)ᵀ
//
// where t_u is the score total of unit u, units without domain members count
// with 0. A later stage adds the same formula within each unit of the stage
// before, times the product of the sampling fractions of the stages before
// (Särndal et al. 1992, result 4.3.1; Wolter 2007, eq. 2.4.10). Without a
// population size the stage is taken as drawn with replacement, which ends the
// recursion (ultimate clusters).
//
// domain marks the rows that belong to the estimate (nil = all). It decides
// only which strata are there at all for the policies Fail and Average.
func (d *Design) Variance(scores [][]float64, domain []bool) ([][]float64, error) {
	for _, s := range scores {
		mustLen("scores", len(s), d.n)
	}
	if domain != nil {
		mustLen("domain", len(domain), d.n)
	}
	v := square(len(scores))
	var outer []float64 // unit of the stage before -> product of fractions
	for k := range d.stages {
		st := &d.stages[k]
		factor := make([]float64, len(st.sampled))
		live := false
		for h := range factor {
			factor[h] = 1
			if k > 0 {
				factor[h] = outer[st.parentOf[h]]
			}
			live = live || factor[h] > 0
		}
		if !live {
			break
		}
		if err := d.addStage(v, k, factor, scores, domain); err != nil {
			return nil, err
		}
		outer = make([]float64, len(st.stratumOf))
		for u, h := range st.stratumOf {
			outer[u] = factor[h] * (float64(st.sampled[h]) / st.population[h])
		}
	}
	return v, nil
}

// addStage adds the contribution of stage k to v.
func (d *Design) addStage(v [][]float64, k int, factor []float64, scores [][]float64, domain []bool) error {
	st := &d.stages[k]
	total := unitTotals(st, scores)
	present := make([]bool, len(st.sampled))
	for i, u := range st.unit {
		if domain == nil || domain[i] {
			present[st.stratumOf[u]] = true
		}
	}
	p := len(scores)
	for lo := 0; lo < len(st.sampled); { // strata of one parent are adjacent
		hi := lo + 1
		for hi < len(st.sampled) && st.parentOf[hi] == st.parentOf[lo] {
			hi++
		}
		sum := square(p)
		strata, counted := 0, 0
		for h := lo; h < hi; h++ {
			if !present[h] || factor[h] == 0 {
				continue
			}
			strata++
			ok, err := d.addStratum(sum, k, h, total)
			if err != nil {
				return err
			}
			if ok {
				counted++
			}
		}
		if strata > 0 {
			if counted == 0 {
				return lonelyAverage(k)
			}
			// Policy Average: lonely strata get the mean of the others.
			scale := float64(factor[lo]*float64(strata)) / float64(counted)
			for a := range p {
				for b := range p {
					v[a][b] += float64(scale * sum[a][b])
				}
			}
		}
		lo = hi
	}
	return nil
}

// unitTotals sums the scores by unit: total[column][unit].
func unitTotals(st *stage, scores [][]float64) [][]float64 {
	total := make([][]float64, len(scores))
	for j, s := range scores {
		t := make([]float64, len(st.stratumOf))
		for i, u := range st.unit {
			t[u] += s[i]
		}
		total[j] = t
	}
	return total
}

// stratumTerm is the variance term of stratum h from the sum of squares of its
// unit totals around their mean and from their sum. ok is false where the
// policy Average leaves the term to the other strata.
func (d *Design) stratumTerm(k, h int, squares, total float64) (term float64, ok bool, err error) {
	st := &d.stages[k]
	if g := st.gain[h]; g != lonelyGain {
		return float64(g * squares), true, nil
	}
	return d.lonelyTerm(k, h, total)
}

// lonelyTerm is what a stratum with one unit adds by the policy.
func (d *Design) lonelyTerm(k, h int, total float64) (term float64, ok bool, err error) {
	switch d.lonely {
	case LonelyRemove, LonelyCertainty:
		return 0, true, nil
	case LonelyAverage:
		return 0, false, nil
	case LonelyAdjust:
		f := 1.0
		if p := d.stages[k].population[h]; !math.IsInf(p, 1) {
			f = (p - 1) / p
		}
		return float64(f * (total * total)), true, nil
	}
	return 0, false, fault("lonely", "a stratum has one sampled unit, which shows no variation").
		At(fmt.Sprintf("stage %d, stratum %d", k+1, h+1), "1 unit", "at least 2 units",
			"join the stratum with a similar one, or choose adjust, average, remove or certainty")
}

// addStratum adds the term of stratum h for every pair of columns.
func (d *Design) addStratum(sum [][]float64, k, h int, total [][]float64) (ok bool, err error) {
	st := &d.stages[k]
	first, last := st.unitsOf(h)
	p := len(total)
	whole := make([]float64, p)
	for a := range p {
		for u := first; u < last; u++ {
			whole[a] += total[a][u]
		}
	}
	n := float64(st.sampled[h])
	for a := range p {
		for b := 0; b <= a; b++ {
			s := 0.0
			for u := first; u < last; u++ {
				s += float64((total[a][u] - whole[a]/n) * (total[b][u] - whole[b]/n))
			}
			term, ok, err := d.stratumTerm(k, h, s, 0)
			if n == 1 && d.lonely == LonelyAdjust && ok {
				term, _, _ = d.stratumTerm(k, h, 0, 1)
				term = float64(term * float64(whole[a]*whole[b]))
			}
			if err != nil || !ok {
				return ok, err
			}
			sum[a][b] += term
			if a != b {
				sum[b][a] += term
			}
		}
	}
	return true, nil
}

func lonelyAverage(k int) error {
	return fault("lonely_average", "every stratum has one sampling unit, so there is no variance to average").
		At(fmt.Sprintf("stage %d", k+1), "", "a stratum with two units", "join strata or choose another rule for single units")
}

// unitsOf is the range of units of stratum h; units are ordered by stratum.
func (st *stage) unitsOf(h int) (first, last int) {
	first = int(st.firstUnit[h])
	return first, first + int(st.sampled[h])
}

func square(p int) [][]float64 {
	flat := make([]float64, p*p)
	m := make([][]float64, p)
	for i := range m {
		m[i] = flat[i*p : (i+1)*p]
	}
	return m
}
