package adjust

import (
	"fmt"
	"math"

	"gongping/internal/errs"
	"gongping/scoring/shrink/gram"
)

// CaseMixInput is the data of a case-mix adjustment.
type CaseMixInput struct {
	Y []float64
	// Unit is the unit of every row, from 0 to Units-1.
	Unit  []int32
	Units int
	// Mix holds the case-mix columns (see Design), without an intercept.
	Mix Columns
	// PriorWeight is the regression weight of every row; nil means 1.
	PriorWeight []float64
}

// CaseMix is a case-mix adjustment with unit fixed effects (O'Malley,
// Zaslavsky, Elliott, Zaborski & Cleary 2005, Health Serv. Res. 40:2162-2181;
// the HCAHPS form):
//
//	y_ij = unit_j + x_ij'b + e_ij,  adjusted_j = mean_j - (xbar_j - xbar)'b.
//
// Slices named per column have one entry for every case-mix column; a dropped
// column (a combination of others within units) has coefficient and errors 0
// and Estimated false.
type CaseMix struct {
	N, Units  int // rows, and units with rows
	Estimated []bool
	Coef      []float64
	// CoefSE is the least-squares error, CoefRobustSE the heteroskedasticity
	// consistent one, HC1 of MacKinnon & White (1985).
	CoefSE, CoefRobustSE []float64
	// OverallMean is the mean of every column over all rows, the mix to which
	// units are adjusted.
	OverallMean []float64
	Sigma2      float64
	// Count, Raw, Adjusted, AdjustedSE, SamplingVariance and Reliability are
	// per unit. SamplingVariance is sigma2/n_j; AdjustedSE allows for the
	// estimated coefficients as well. A unit without rows has Count 0 and the
	// overall mean.
	Count                       []int
	Raw, Adjusted, AdjustedSE   []float64
	SamplingVariance            []float64
	Reliability                 []float64
	ReliabilityMean             float64
	BetweenVariance             float64 // max(0, var(adjusted) - mean sampling variance)
	UnitF, UnitFDF1, UnitFDF2   float64 // test of all unit effects
	ReliabilityFromF            float64 // 1 - 1/F
	HeterogeneityQ              float64 // Cochran's Q of the adjusted means
	HeterogeneityI2             float64 // max(0, (Q - df)/Q), Higgins & Thompson 2002
	AdjustmentSpread, MaxChange float64 // SD and largest size of adjusted - raw
}

// FitCaseMix estimates the coefficients within units and adjusts.
//
// Faults: fewer than two units, no degrees of freedom left, no variation left
// within units, values that are not finite, weights that are not positive.
//
// Source: O'Malley et al. (2005).
func FitCaseMix(in CaseMixInput) (*CaseMix, error) {
	if err := in.check(); err != nil {
		return nil, err
	}
	f := newWithin(in)
	if f.units < 2 {
		return nil, fault("one_group", "adjust over all units at once", "there are answers from %d unit", f.units)
	}
	df := f.n - f.units - f.factor.Rank()
	if df <= 0 {
		return nil, fault("too_few", "collect more answers per unit or use fewer covariates",
			"%d answers in %d units leave no degree of freedom for %d coefficients", f.n, f.units, f.factor.Rank())
	}
	xy := f.within[f.p*(f.p+1) : f.p*(f.p+1)+f.p]
	rss := f.within[(f.p+1)*(f.p+1)-1] - f.factor.Quad(xy)
	if rss <= 1e-13*f.totalYY() || f.totalYY() <= 1e-26*f.rawYY() {
		return nil, fault("no_within", "check whether unit means were entered as answers",
			"the answers do not vary within units once the case mix is accounted for")
	}
	r := &CaseMix{N: f.n, Units: f.units, Sigma2: rss / float64(df)}
	cov := f.coefficients(r, in, float64(df))
	f.adjust(r, cov)
	f.spread(r, rss, float64(df))
	return r, nil
}

func (in CaseMixInput) check() error {
	n := len(in.Y)
	checkLength("Unit", len(in.Unit), n)
	if in.PriorWeight != nil {
		checkLength("PriorWeight", len(in.PriorWeight), n)
	}
	for k, x := range append([][]float64{in.Y}, in.Mix.X...) {
		checkLength("a column", len(x), n)
		name := "the outcome"
		if k > 0 {
			name = in.Mix.Name[k-1]
		}
		for i, v := range x {
			if math.IsNaN(v) || math.IsInf(v, 0) {
				e := errs.New(errs.Invalid, "stats.not_a_number", "%s holds a value that is not a finite number", name)
				return e.At(fmt.Sprintf("row %d", i+1), fmt.Sprint(v), "a finite number",
					"leave rows with missing values out before the fit")
			}
		}
	}
	sum := 0.0
	for i, w := range in.PriorWeight {
		if !(w > 0) || math.IsInf(w, 0) {
			return fault("weight_not_positive", "leave such rows out before the fit",
				"row %d has the weight %g; regression weights must be positive", i+1, w)
		}
		if sum += w; sum > 1e100 {
			return fault("weight_not_positive", "divide the weights by a constant", "the weights add up to more than 1e100")
		}
	}
	return nil
}

func fault(key, hint, format string, args ...any) error {
	return errs.New(errs.Invalid, "stats."+key, format, args...).At("", "", "", hint)
}

// within holds means and cross-products of the columns [X y] about the overall
// mean and about the unit means.
type within struct {
	n, units, p int
	columns     [][]float64
	count       []int
	weight      []float64 // per unit
	total       float64
	mean        []float64 // overall, p+1
	unitMean    []float64 // units × (p+1), about the overall mean
	within      []float64 // (p+1)²
	between     []float64
	factor      *gram.Factor
}

func (in CaseMixInput) weight(i int) float64 {
	if in.PriorWeight == nil {
		return 1
	}
	return in.PriorWeight[i]
}

func newWithin(in CaseMixInput) *within {
	f := &within{n: len(in.Y), p: len(in.Mix.X)}
	q := f.p + 1
	f.columns = append(append([][]float64(nil), in.Mix.X...), in.Y)
	f.count, f.weight = make([]int, in.Units), make([]float64, in.Units)
	f.mean, f.unitMean = make([]float64, q), make([]float64, in.Units*q)
	for i, u := range in.Unit {
		f.count[u]++
		f.weight[u] += in.weight(i)
		f.total += in.weight(i)
	}
	for a, x := range f.columns {
		for i, v := range x {
			f.mean[a] += float64(in.weight(i) * v)
		}
		f.mean[a] /= f.total
		for i, u := range in.Unit {
			f.unitMean[int(u)*q+a] += float64(in.weight(i) * (x[i] - f.mean[a]))
		}
	}
	for u, c := range f.count {
		if c == 0 {
			continue
		}
		f.units++
		for a := range q {
			f.unitMean[u*q+a] /= f.weight[u]
		}
	}
	f.products(in)
	return f
}

func (f *within) products(in CaseMixInput) {
	q := f.p + 1
	f.within, f.between = make([]float64, q*q), make([]float64, q*q)
	dev := make([]float64, q)
	for i, u := range in.Unit {
		for a, x := range f.columns {
			dev[a] = x[i] - f.mean[a] - f.unitMean[int(u)*q+a]
		}
		for a := range q {
			wa := in.weight(i) * dev[a]
			for b := range q {
				f.within[a*q+b] += float64(wa * dev[b])
			}
		}
	}
	for u, w := range f.weight {
		row := f.unitMean[u*q : u*q+q]
		for a := range q {
			wa := w * row[a]
			for b := range q {
				f.between[a*q+b] += float64(wa * row[b])
			}
		}
	}
	scale := make([]float64, f.p) // what a column holds within and between units
	for a := range f.p {
		raw := float64(f.total*f.mean[a]) * f.mean[a]
		scale[a] = f.within[a*q+a] + float64(1e-4*f.between[a*q+a]) + float64(1e-9*raw)
	}
	f.factor = gram.Decompose(f.within, f.p, q, scale, gram.Tolerance)
}

func (f *within) totalYY() float64 {
	last := (f.p+1)*(f.p+1) - 1
	return f.within[last] + f.between[last]
}

func (f *within) rawYY() float64 { return float64(f.total*f.mean[f.p]) * f.mean[f.p] }
