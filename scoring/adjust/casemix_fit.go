package adjust

import (
	"math"

	"gongping/scoring/shrink/gram"
)

// coefficients fills the coefficients and their errors and returns their
// covariance over the kept columns.
func (f *within) coefficients(r *CaseMix, in CaseMixInput, df float64) []float64 {
	q := f.p + 1
	kept := f.factor.Kept()
	k := len(kept)
	coef := f.factor.Solve(f.within[f.p*q : f.p*q+f.p])
	inv := f.factor.Inverse()
	robust := f.robust(in, coef, inv)
	r.OverallMean = append([]float64(nil), f.mean[:f.p]...)
	r.Coef, r.Estimated = make([]float64, f.p), make([]bool, f.p)
	r.CoefSE, r.CoefRobustSE = make([]float64, f.p), make([]float64, f.p)
	hc1 := float64(f.n) / df
	for i, c := range kept {
		r.Estimated[c], r.Coef[c] = true, coef[i]
		r.CoefSE[c] = math.Sqrt(r.Sigma2 * inv[i*k+i])
		r.CoefRobustSE[c] = math.Sqrt(hc1 * robust[i*k+i])
	}
	for i := range inv {
		inv[i] *= r.Sigma2
	}
	return inv
}

// robust returns the sandwich inv (sum w^2 e^2 xx') inv of the within-unit
// regression, which is that of the full one (Frisch–Waugh–Lovell).
func (f *within) robust(in CaseMixInput, coef, inv []float64) []float64 {
	q := f.p + 1
	kept := f.factor.Kept()
	k := len(kept)
	meat := make([]float64, k*k)
	dev := make([]float64, k)
	for i, u := range in.Unit {
		e := in.Y[i] - f.mean[f.p] - f.unitMean[int(u)*q+f.p]
		for a, c := range kept {
			dev[a] = f.columns[c][i] - f.mean[c] - f.unitMean[int(u)*q+c]
			e -= float64(coef[a] * dev[a])
		}
		we := in.weight(i) * e
		we2 := we * we
		for a := range k {
			for b := range k {
				meat[a*k+b] += float64(float64(we2*dev[a]) * dev[b])
			}
		}
	}
	return multiply(multiply(inv, meat, k), inv, k)
}

func multiply(a, b []float64, k int) []float64 {
	out := make([]float64, k*k)
	for i := range k {
		for j := range k {
			s := 0.0
			for l := range k {
				s += float64(a[i*k+l] * b[l*k+j])
			}
			out[i*k+j] = s
		}
	}
	return out
}

// adjust fills the raw and adjusted means.
func (f *within) adjust(r *CaseMix, cov []float64) {
	q := f.p + 1
	kept := f.factor.Kept()
	k := len(kept)
	units := len(f.count)
	r.Count = append([]int(nil), f.count...)
	r.Raw, r.Adjusted = make([]float64, units), make([]float64, units)
	r.AdjustedSE, r.SamplingVariance = make([]float64, units), make([]float64, units)
	n := 0.0
	for u, c := range f.count {
		row := f.unitMean[u*q : u*q+q]
		r.Raw[u] = f.mean[f.p] + row[f.p]
		r.Adjusted[u] = r.Raw[u]
		if c == 0 {
			continue
		}
		r.SamplingVariance[u] = r.Sigma2 / f.weight[u]
		v := r.SamplingVariance[u]
		for a, ca := range kept {
			r.Adjusted[u] -= float64(r.Coef[ca] * row[ca])
			for b, cb := range kept {
				v += float64(float64(cov[a*k+b]*row[ca]) * row[cb])
			}
		}
		r.AdjustedSE[u] = math.Sqrt(v)
		change := r.Adjusted[u] - r.Raw[u]
		r.MaxChange = math.Max(r.MaxChange, math.Abs(change))
		r.AdjustmentSpread += float64(change * change)
		n++
	}
	r.AdjustmentSpread = math.Sqrt(r.AdjustmentSpread / (n - 1))
}

// spread fills the between-unit variance, the reliabilities and the tests.
func (f *within) spread(r *CaseMix, rss, df float64) {
	n := float64(f.units)
	mean, sampling, wsum, wmean := 0.0, 0.0, 0.0, 0.0
	for u, c := range f.count {
		if c > 0 {
			mean += r.Adjusted[u] / n
			sampling += r.SamplingVariance[u] / n
			wsum += f.weight[u]
			wmean += float64(f.weight[u] * r.Adjusted[u])
		}
	}
	wmean /= wsum
	between, cochran := 0.0, 0.0
	for u, c := range f.count {
		if c > 0 {
			d := r.Adjusted[u] - mean
			between += float64(d*d) / (n - 1)
			w := r.Adjusted[u] - wmean
			cochran += float64(w*w) / r.SamplingVariance[u]
		}
	}
	r.BetweenVariance = math.Max(0, between-sampling)
	r.HeterogeneityQ = cochran
	if cochran > 0 {
		r.HeterogeneityI2 = math.Max(0, (cochran-(n-1))/cochran)
	}
	r.Reliability = make([]float64, len(f.count))
	for u, c := range f.count {
		if c > 0 && r.BetweenVariance > 0 {
			r.Reliability[u] = r.BetweenVariance / (r.BetweenVariance + r.SamplingVariance[u])
			r.ReliabilityMean += r.Reliability[u] / n
		}
	}
	f.unitTest(r, rss, df)
}

// unitTest compares the fit with the one without unit effects.
func (f *within) unitTest(r *CaseMix, rss, df float64) {
	q := f.p + 1
	total := make([]float64, q*q)
	for i := range total {
		total[i] = f.within[i] + f.between[i]
	}
	scale := make([]float64, f.p)
	for a := range f.p {
		scale[a] = total[a*q+a] + float64(1e-9*float64(f.total*f.mean[a])*f.mean[a])
	}
	fac := gram.Decompose(total, f.p, q, scale, gram.Tolerance)
	rss0 := total[q*q-1] - fac.Quad(total[f.p*q:f.p*q+f.p])
	r.UnitFDF1, r.UnitFDF2 = float64(f.n-1-fac.Rank())-df, df
	if r.UnitFDF1 <= 0 {
		return
	}
	r.UnitF = (rss0 - rss) / r.UnitFDF1 / (rss / df)
	if r.UnitF > 0 {
		r.ReliabilityFromF = 1 - 1/r.UnitF
	}
}
