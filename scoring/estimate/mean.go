package estimate

import "math"

// Estimate is one figure with its uncertainty.
type Estimate struct {
	Value, SE float64
	// N is the number of rows with an answer and a positive weight.
	N int
	// SumDesignWeight is the sum of their weights: the estimated population.
	SumDesignWeight float64
	// DF is the degrees of freedom of the design within the domain, rows
	// without an answer included.
	DF int
	// DEff compares the variance with simple random sampling of N from
	// SumDesignWeight without replacement, DEffReplace with replacement. nil
	// where the comparison has no value (N = 1, constant answers, weights that
	// sum to less than N).
	DEff, DEffReplace *float64
}

// EffectiveN is N over the design effect with replacement, N where that has no
// value.
//
// Source: Kish (1965), section 8.2.
func (e Estimate) EffectiveN() float64 {
	if e.DEffReplace == nil || *e.DEffReplace <= 0 {
		return float64(e.N)
	}
	return float64(e.N) / *e.DEffReplace
}

// Vector is several figures with their joint covariance.
type Vector struct {
	Estimates  []Estimate
	Covariance [][]float64
}

// Mean is the weighted mean Σwx/Σw of a column in a domain (nil = all rows)
// with the standard error of its linearised scores w(x-x̄)/Σw (Särndal et al.
// 1992, eq. 5.7.11).
//
// When the variance is refused (a stratum with one unit) the error comes with
// an estimate that has Value, N and DF but no SE; so it is with Total, Means
// and Totals. When nothing can be estimated N is 0.
func Mean(d *Design, x Column, domain []bool) (Estimate, error) {
	v, err := Means(d, []Column{x}, domain)
	return v.first(), err
}

// Total is the Horvitz–Thompson total Σwx of a column in a domain.
//
// Faults: those of Mean.
//
// Source: Horvitz and Thompson (1952).
func Total(d *Design, x Column, domain []bool) (Estimate, error) {
	v, err := Totals(d, []Column{x}, domain)
	return v.first(), err
}

func (v Vector) first() Estimate {
	if len(v.Estimates) == 0 {
		return Estimate{}
	}
	return v.Estimates[0]
}

// Means are the means of several columns over the rows where all of them have
// a value, with their covariance.
//
// Faults: no answer of positive weight; a stratum with one unit under LonelyFail.
//
// Source: Särndal, Swensson and Wretman (1992), section 5.7.
func Means(d *Design, xs []Column, domain []bool) (Vector, error) {
	return linear(d, xs, domain, true)
}

// Totals are the totals of several columns over the rows where all of them
// have a value, with their covariance.
//
// Faults: those of Means.
//
// Source: Horvitz and Thompson (1952).
func Totals(d *Design, xs []Column, domain []bool) (Vector, error) {
	return linear(d, xs, domain, false)
}

func linear(d *Design, xs []Column, domain []bool, mean bool) (Vector, error) {
	in := Complete(d, domain, xs...)
	n, sumW, err := d.weighted(in)
	if err != nil {
		return Vector{}, err
	}
	v := Vector{Estimates: make([]Estimate, len(xs))}
	df := d.DegreesOfFreedom(domain)
	scores := make([][]float64, len(xs))
	sampling := make([]float64, len(xs)) // element variance, NaN without one
	for j, x := range xs {
		total := d.sum(x.Values, in)
		average := total / sumW
		if only, same := d.constant(x.Values, in); same {
			average = only // rounding must not make a variance out of equal answers
		}
		sampling[j] = d.elementVariance(x.Values, in, average, n, sumW)
		scores[j] = make([]float64, d.n)
		for i, ok := range in {
			switch {
			case !ok:
			case mean:
				scores[j][i] = d.weight[i] * (x.Values[i] - average) / sumW
			default:
				scores[j][i] = d.weight[i] * x.Values[i]
			}
		}
		e := Estimate{Value: total, N: n, SumDesignWeight: sumW, DF: df}
		if mean {
			e.Value = average
		}
		v.Estimates[j] = e
	}
	if v.Covariance, err = d.Variance(scores, in); err != nil {
		return v, err
	}
	for j := range v.Estimates {
		e := &v.Estimates[j]
		e.SE = math.Sqrt(v.Covariance[j][j])
		size := 1.0
		if !mean {
			size = sumW * sumW
		}
		e.setDEff(v.Covariance[j][j], sampling[j]*size, mean)
	}
	return v, nil
}

// setDEff divides the design variance by that of a simple random sample whose
// element variance (times the squared population for totals) is s2.
func (e *Estimate) setDEff(variance, s2 float64, mean bool) {
	n := float64(e.N)
	if !(s2 > 0) {
		return
	}
	replace := variance / (s2 / n)
	e.DEffReplace = &replace
	if left := e.SumDesignWeight - n; left > 0 || left < 0 && !mean {
		without := variance / (s2 * left / (e.SumDesignWeight * n))
		e.DEff = &without
	}
}

// sum is Σwx over the rows of a mask.
func (d *Design) sum(x []float64, in []bool) float64 {
	s := 0.0
	for i, ok := range in {
		if ok {
			s += float64(d.weight[i] * x[i])
		}
	}
	return s
}

// constant reports whether all rows of a mask with a positive weight have one
// value.
func (d *Design) constant(x []float64, in []bool) (value float64, same bool) {
	first := true
	for i, ok := range in {
		if !ok || d.weight[i] == 0 {
			continue
		}
		if first {
			value, first = x[i], false
		} else if x[i] != value {
			return 0, false
		}
	}
	return value, !first
}

// elementVariance is the weighted variance n/(n-1) Σw(x-x̄)²/Σw, NaN for one
// row.
func (d *Design) elementVariance(x []float64, in []bool, mean float64, n int, sumW float64) float64 {
	if n < 2 {
		return math.NaN()
	}
	s := 0.0
	for i, ok := range in {
		if ok {
			e := x[i] - mean
			s += float64(d.weight[i] * float64(e*e))
		}
	}
	return s / sumW * (float64(n) / float64(n-1))
}

// ElementVariances are the estimated population variances and covariances
// n/(n-1) Σw(x-x̄)(y-ȳ)/Σw of columns over the rows where all have a value. SE
// holds the linearised standard error of each variance, with the means taken
// as known (Lumley 2010, section 2.3). n counts the rows of the domain with a
// positive weight, missing answers included, as R's survey package does.
func ElementVariances(d *Design, xs []Column, domain []bool) (Vector, error) {
	in := Complete(d, domain, xs...)
	_, sumW, err := d.weighted(in)
	if err != nil {
		return Vector{}, err
	}
	n, _, err := d.weighted(Complete(d, domain))
	if err != nil {
		return Vector{}, err
	}
	if n < 2 {
		return Vector{}, fault("one_row", "a variance needs at least two rows with a positive weight")
	}
	c := float64(n) / float64(n-1)
	products := make([]Column, 0, len(xs)*len(xs))
	mean := make([]float64, len(xs))
	for j, x := range xs {
		mean[j] = d.sum(x.Values, in) / sumW
	}
	for a := range xs {
		for b := range xs {
			p := make([]float64, d.n)
			for i, ok := range in {
				if ok {
					p[i] = c * ((xs[a].Values[i] - mean[a]) * (xs[b].Values[i] - mean[b]))
				}
			}
			products = append(products, Of(p))
		}
	}
	all, err := Means(d, products, in)
	if len(all.Estimates) == 0 {
		return Vector{}, err
	}
	v := Vector{Covariance: square(len(xs))}
	for a := range xs {
		for b := range xs {
			v.Covariance[a][b] = all.Estimates[a*len(xs)+b].Value
		}
		e := all.Estimates[a*len(xs)+a]
		e.DF = d.DegreesOfFreedom(domain)
		v.Estimates = append(v.Estimates, e)
	}
	return v, err // where the error is refused, the variances stand
}

// Ratio is Σwy/Σwx over the rows of a domain where both have a value, with the
// standard error of the scores w(y-Rx)/Σwx (Särndal et al. 1992, eq. 5.6.3).
// Where only the variance is refused, the error comes with Value and N > 0.
func Ratio(d *Design, y, x Column, domain []bool) (Estimate, error) {
	in := Complete(d, domain, y, x)
	if _, _, err := d.weighted(in); err != nil {
		return Estimate{}, err
	}
	den := d.sum(x.Values, in)
	if den == 0 {
		return Estimate{}, fault("ratio_zero", "the denominator of the ratio has total 0")
	}
	r := d.sum(y.Values, in) / den
	res := make([]float64, d.n)
	for i, ok := range in {
		if ok {
			res[i] = (y.Values[i] - float64(r*x.Values[i])) / den
		}
	}
	e, err := Total(d, Of(res), in)
	e.Value, e.DF = r, d.DegreesOfFreedom(domain)
	return e, err
}
