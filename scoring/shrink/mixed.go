package shrink

import (
	"math"

	"gongping/scoring/shrink/gram"
)

// Grouping assigns every row to one level of a random-intercept factor.
type Grouping struct {
	// Name is used in messages only.
	Name string
	// Codes holds the level of every row, from 0 to Levels-1.
	Codes  []int32
	Levels int
}

// Mixed is the data of a random-intercept model
//
//	y = X beta + sum_k Z_k b_k + e,  b_k ~ N(0, variance_k I),  e_i ~ N(0, sigma2 / w_i).
//
// One Grouping gives the usual model of residents in committees, several give
// nested or crossed models (residents in committees in streets; ratings by
// evaluator and by committee).
type Mixed struct {
	Y []float64
	// X holds the columns of the fixed part, the intercept (a column of ones)
	// included where one is wanted. Missing values are not allowed.
	X      [][]float64
	Groups []Grouping
	// PriorWeight is the precision weight w of every row; nil means 1. It is
	// not a sampling weight: for those use design-based errors.
	PriorWeight []float64
}

// Method chooses the likelihood.
type Method int

// The likelihoods.
const (
	REML Method = iota // restricted: variances allow for the estimated fixed part
	ML                 // full
)

// MixedFit is a fitted random-intercept model.
type MixedFit struct {
	Status Status
	// Note is a sentence on Status, empty when OK.
	Note string
	// N is the number of rows, P the number of fixed coefficients estimated.
	N, P int
	// Kept lists the columns of X that were estimated; the others are
	// combinations of earlier ones. Coef, CoefSE and CoefCov follow Kept.
	Kept         []int
	Coef, CoefSE []float64
	CoefCov      []float64 // P×P, row-major
	// Residual is sigma2, Variance the variance of every grouping.
	Residual float64
	Variance []float64
	// Minus2LogLik is the criterion at the optimum with all constants: REML or
	// full, as the method asked for.
	Minus2LogLik float64
	// Blup is the predicted intercept of every level of every grouping (zero
	// for a level without rows). BlupVar is its variance given the data with
	// fixed part and variances taken as known.
	Blup, BlupVar [][]float64
	// BlupPredVar is the variance of prediction, Var(b_hat - b), which adds
	// what is lost by estimating the fixed part (Henderson 1975). Empty for
	// more than one grouping.
	BlupPredVar [][]float64
	// Evaluations counts how often the criterion was worked out.
	Evaluations int
}

// ICC is the share of the variance that lies between the levels of the only
// grouping, and false when the model has several.
//
// Source: τ²/(τ² + σ²), Searle, Casella and McCulloch (1992), chapter 3.
func (f *MixedFit) ICC() (float64, bool) {
	if len(f.Variance) != 1 || f.Variance[0]+f.Residual == 0 {
		return 0, false
	}
	return f.Variance[0] / (f.Variance[0] + f.Residual), true
}

// FitMixed fits the model by profiled likelihood: beta and sigma2 are solved
// for, and the criterion is minimised over the ratios variance_k / sigma2
// (Bates, Mächler, Bolker & Walker 2015, J. Stat. Software 67(1), sections
// 3.4-3.6). One grouping goes through the within and between moments of the
// groups, several through a Schur complement on all but the largest.
//
// Faults: fewer than two groups, every group of one row, no more rows than
// coefficients, constant answers, no variation within groups, values that are
// not finite, weights that are not positive.
func FitMixed(d Mixed, method Method) (*MixedFit, error) {
	if len(d.Groups) == 0 {
		panic("shrink: FitMixed needs a grouping")
	}
	if err := d.check(); err != nil {
		return nil, err
	}
	if len(d.Groups) == 1 {
		m, err := CollectMoments(d)
		if err != nil {
			return nil, err
		}
		return FitMoments(m, method)
	}
	return fitCrossed(d, method)
}

func (d Mixed) check() error {
	n := len(d.Y)
	for _, x := range d.X {
		checkLength("a column of X", len(x), n)
	}
	for _, g := range d.Groups {
		checkLength("codes of "+g.Name, len(g.Codes), n)
		if g.Levels < 2 {
			return fault("one_group", "compare at least two groups, or report the mean with its design-based error",
				"the grouping %s has %d level, so nothing varies between groups", g.Name, g.Levels)
		}
		if g.Levels >= n {
			return fault("no_replication", "collect more answers per group, or use the Fay–Herriot model with known errors",
				"the grouping %s has %d levels in %d rows, so that between and within cannot be told apart", g.Name, g.Levels, n)
		}
	}
	if d.PriorWeight != nil {
		checkLength("PriorWeight", len(d.PriorWeight), n)
		for i, w := range d.PriorWeight {
			if !(w > 0) || math.IsInf(w, 0) {
				return fault("weight_not_positive", "leave such rows out before the fit",
					"row %d has the weight %g; precision weights must be positive", i+1, w)
			}
		}
	}
	if err := checkFinite("the outcome", d.Y); err != nil {
		return err
	}
	for _, x := range d.X {
		if err := checkFinite("a covariate", x); err != nil {
			return err
		}
	}
	return nil
}

// centring subtracts the weighted mean of every column when X holds a column
// of equal values: a unit-triangular change of the fixed part that leaves the
// likelihood alone and keeps digits.
type centring struct {
	shift    []float64 // one per column of X, then y
	constant int       // the constant column, -1 when there is none
	value    float64
}

func centre(d Mixed) centring {
	p := len(d.X)
	c := centring{shift: make([]float64, p+1), constant: -1}
	for k, x := range d.X {
		if x[0] != 0 && allEqual(x) {
			c.constant, c.value = k, x[0]
			break
		}
	}
	if c.constant < 0 {
		return c
	}
	for k := 0; k <= p; k++ {
		if k == c.constant {
			continue
		}
		x := d.Y
		if k < p {
			x = d.X[k]
		}
		c.shift[k] = weightedMean(x, d.PriorWeight)
	}
	return c
}

func allEqual(x []float64) bool {
	for _, v := range x {
		if v != x[0] {
			return false
		}
	}
	return true
}

func weightedMean(x, w []float64) float64 {
	if w == nil {
		s := 0.0
		for _, v := range x {
			s += v
		}
		return s / float64(len(x))
	}
	s, t := 0.0, 0.0
	for i, v := range x {
		s += float64(w[i] * v)
		t += w[i]
	}
	return s / t
}

// restore turns coefficients and covariance of the centred columns kept into
// those of the columns given.
func (c centring) restore(kept []int, coef, cov []float64) {
	at := -1
	for i, k := range kept {
		if k == c.constant {
			at = i
		}
	}
	if at < 0 {
		return
	}
	p := len(kept)
	t := make([]float64, p) // intercept given = sum_i t_i (centred coefficient i) + shift of y
	for i, k := range kept {
		t[i] = -c.shift[k] / c.value
	}
	t[at] = 1
	s := c.shift[len(c.shift)-1] / c.value
	for i := range p {
		s += float64(t[i] * coef[i])
	}
	coef[at] = s
	row := make([]float64, p)
	for j := range p {
		for i := range p {
			row[j] += float64(t[i] * cov[i*p+j])
		}
	}
	v := 0.0
	for i := range p {
		v += float64(t[i] * row[i])
	}
	for i := range p {
		cov[at*p+i], cov[i*p+at] = row[i], row[i]
	}
	cov[at*p+at] = v
}

// keptColumns finds the independent columns from the total cross-products of
// the centred columns and the total weight.
func (c centring) keptColumns(total []float64, p int, weight float64) []int {
	scale := make([]float64, p)
	for k := range p {
		raw := float64(weight*c.shift[k]) * c.shift[k]
		scale[k] = total[k*(p+1)+k] + float64(1e-9*raw)
	}
	return gram.Decompose(total, p, p+1, scale, gram.Tolerance).Kept()
}

// finish fills Status and Note.
func (f *MixedFit) finish(d []string, columns int, converged bool) {
	f.Status = OK
	zero := ""
	for k, v := range f.Variance {
		if v == 0 {
			zero = d[k]
		}
	}
	switch {
	case !converged:
		f.Status = NotConverged
		f.Note = "The variance search ended before the criterion was flat; do not use the estimates. Check for groups without variation or for two groupings that are nearly the same."
	case zero != "":
		f.Status = ZeroVariance
		f.Note = "The variance of " + zero + " is estimated as zero: its levels differ no more than chance, and their predictions are all zero."
	case f.P < columns:
		f.Status = Aliased
		f.Note = "At least one covariate is a combination of others and was left out."
	}
}
