package replicate

import "gongping/scoring/estimate"

// in reports whether row i of a domain has a value in every column.
func in(domain []bool, i int, cols ...estimate.Column) bool {
	if domain != nil && !domain[i] {
		return false
	}
	for _, c := range cols {
		if c.Missing != nil && c.Missing[i] {
			return false
		}
	}
	return true
}

// Mean is the weighted mean of a column in a domain (nil = all rows).
//
// Source: Hájek (1971).
func Mean(x estimate.Column, domain []bool) Statistic {
	return Ratio(x, estimate.Column{}, domain)
}

// Total is the weighted total of a column in a domain.
//
// Source: Horvitz and Thompson (1952).
func Total(x estimate.Column, domain []bool) Statistic {
	return func(w []float64) (float64, bool) {
		sum := 0.0
		for i, v := range x.Values {
			if in(domain, i, x) {
				sum += float64(w[i] * v)
			}
		}
		return sum, true
	}
}

// Ratio is Σwy/Σwx over rows where both have a value; x without values counts
// as 1, which gives the mean.
//
// Source: Cochran (1977), chapter 6.
func Ratio(y, x estimate.Column, domain []bool) Statistic {
	return func(w []float64) (float64, bool) {
		num, den := 0.0, 0.0
		for i, v := range y.Values {
			if !in(domain, i, y, x) {
				continue
			}
			num += float64(w[i] * v)
			if x.Values == nil {
				den += w[i]
			} else {
				den += float64(w[i] * x.Values[i])
			}
		}
		return num / den, den != 0
	}
}

// Quantile is the p-quantile of a column in a domain by a rule. JK1 and JKn are
// not consistent for it; use BRR or the bootstrap.
//
// Source: Kovar, Rao and Wu (1988) on the jackknife and quantiles.
func Quantile(x estimate.Column, domain []bool, p float64, rule estimate.QuantileRule) Statistic {
	mask := make([]bool, len(x.Values))
	for i := range mask {
		mask[i] = in(domain, i, x)
	}
	return func(w []float64) (float64, bool) {
		return estimate.Sort(x.Values, w, mask).Quantile(p, rule)
	}
}
