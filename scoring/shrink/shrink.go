// Package shrink moves uncertain unit scores towards what similar units
// scored, by as much as their uncertainty calls for.
//
// It holds random-intercept models (REML and ML; one, nested or crossed
// grouping factors), the one-way ANOVA estimators, the Fay–Herriot area model
// and empirical Bayes with a reliability per unit. Everything is computed from
// sufficient statistics where they exist, in a fixed order and without fused
// multiply-add, so that a figure can be rebuilt to the last digit.
//
// A property of the data that rules an estimate out (one group, no
// replication, constant answers) is returned as an *errs.Error with a sentence
// that says what to do; NaN is never returned. Slices of unequal length are a
// fault of the caller and panic.
package shrink

import (
	"fmt"
	"math"

	"gongping/internal/errs"
)

// Status says how far a fit may be trusted.
type Status string

// The statuses of a fit.
const (
	// OK means converged inside the parameter space.
	OK Status = "ok"
	// ZeroVariance means that at least one variance component is estimated as
	// zero: the units differ no more than chance would have it, and every
	// prediction of that component is zero.
	ZeroVariance Status = "zero_variance"
	// Aliased means that covariates were left out because they are
	// combinations of others; the rest of the fit stands.
	Aliased Status = "aliased"
	// NotConverged means that the search ended before the criterion was flat.
	NotConverged Status = "not_converged"
)

// fault is a property of the data that rules an estimate out.
func fault(key, hint, format string, args ...any) error {
	return errs.New(errs.Invalid, "stats."+key, format, args...).At("", "", "", hint)
}

// checkFinite returns a fault that names the first row of x that is not a
// finite number.
func checkFinite(what string, x []float64) error {
	for i, v := range x {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			e := errs.New(errs.Invalid, "stats.not_a_number", "%s holds a value that is not a finite number", what)
			return e.At(fmt.Sprintf("row %d", i+1), fmt.Sprint(v), "a finite number",
				"leave rows with missing values out before the fit")
		}
	}
	return nil
}

func checkLength(what string, got, want int) {
	if got != want {
		panic(fmt.Sprintf("shrink: %s has %d entries, want %d", what, got, want))
	}
}

// brent returns a zero of f between a and b, where f has different signs, to
// the last digits (Brent 1973, Algorithms for Minimization without
// Derivatives, ch. 4).
func brent(f func(float64) float64, a, b, fa, fb float64) float64 {
	c, fc := a, fa
	d := b - a
	e := d
	for range 200 {
		if (fb > 0) == (fc > 0) {
			c, fc = a, fa
			d = b - a
			e = d
		}
		if math.Abs(fc) < math.Abs(fb) {
			a, b, c = b, c, b
			fa, fb, fc = fb, fc, fb
		}
		tol := float64(4e-16 * math.Abs(b))
		m := (c - b) / 2
		if math.Abs(m) <= tol || fb == 0 {
			return b
		}
		if math.Abs(e) < tol || math.Abs(fa) <= math.Abs(fb) {
			d, e = m, m
		} else {
			d, e = interpolate(a, b, c, fa, fb, fc, m, tol, d, e)
		}
		a, fa = b, fb
		switch {
		case math.Abs(d) > tol:
			b += d
		case m > 0:
			b += tol
		default:
			b -= tol
		}
		fb = f(b)
	}
	return b
}

// interpolate is the inverse quadratic (or secant) step of brent, with
// bisection as the fallback.
func interpolate(a, b, c, fa, fb, fc, m, tol, d, e float64) (float64, float64) {
	s := fb / fa
	var p, q float64
	if a == c {
		p = 2 * m * s
		q = 1 - s
	} else {
		q = fa / fc
		r := fb / fc
		p = s * (float64(2*m*q*(q-r)) - float64((b-a)*(r-1)))
		q = (q - 1) * (r - 1) * (s - 1)
	}
	if p > 0 {
		q = -q
	} else {
		p = -p
	}
	if 2*p < math.Min(float64(3*m*q)-math.Abs(tol*q), math.Abs(e*q)) {
		return p / q, d
	}
	return m, m
}
