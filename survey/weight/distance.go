package weight

import (
	"fmt"
	"math"

	"gongping/internal/errs"
)

// function is a calibration function with its bounds, infinite when absent.
type function struct {
	distance     Distance
	lower, upper float64
	a            float64 // logit: (U−L)/((1−L)(U−1))
}

// function checks the bounds of the rule.
func (r CalibrationRule) function() (function, error) {
	f := function{distance: r.Distance, lower: math.Inf(-1), upper: math.Inf(1)}
	if r.Distance == Raking {
		f.lower = 0
	}
	bounded := r.Lower != 0 || r.Upper != 0
	if r.Distance < Linear || r.Distance > Logit {
		panic(fmt.Sprintf("weight: unknown distance %d", r.Distance))
	}
	if !bounded {
		if r.Distance == Logit {
			return f, boundsError(r, "the logit distance needs bounds")
		}
		return f, nil
	}
	if !(r.Lower < 1 && r.Upper > 1) {
		return f, boundsError(r, "the bounds on the weight factors do not enclose 1")
	}
	f.lower, f.upper = r.Lower, r.Upper
	if r.Distance == Raking {
		f.lower = max(f.lower, 0)
	}
	if r.Distance == Logit {
		if math.IsInf(r.Lower, 0) || math.IsInf(r.Upper, 0) {
			return f, boundsError(r, "the logit distance needs finite bounds")
		}
		f.a = (f.upper - f.lower) / ((1 - f.lower) * (f.upper - 1))
	}
	return f, nil
}

func boundsError(r CalibrationRule, message string) error {
	return errs.New(errs.Invalid, "weight.calibration_bounds", "%s", message).
		At("bounds", fmt.Sprintf("%g to %g", r.Lower, r.Upper), "lower < 1 < upper", "for example 0.3 to 3")
}

// apply computes g = F(u) and d = F'(u).
//
// linear: F = 1 + u; raking: F = exp(u); both truncated at the bounds, where
// F' = 0. logit (Deville & Särndal 1992, eq. 2.10):
//
//	F = [L(U−1) + U(1−L) e^{Au}] / [U−1 + (1−L) e^{Au}]
func (f function) apply(u, g, d []float64) {
	switch f.distance {
	case Linear:
		for i, v := range u {
			g[i], d[i] = f.clip(1+v, 1)
		}
	case Raking:
		for i, v := range u {
			e := exp(v)
			g[i], d[i] = f.clip(e, e)
		}
	case Logit:
		l, h := f.lower, f.upper
		for i, v := range u {
			// With q = (1−L)/(U−1)·e^{Au}: F = (L + U q)/(1+q) and
			// F' = A (U−L) q/(1+q)²; for large q both are written in 1/q.
			q := float64((1 - l) / (h - 1) * exp(-math.Abs(f.a*v)))
			if v <= 0 {
				g[i] = (l + float64(h*q)) / (1 + q)
				d[i] = f.a * (h - l) * q / ((1 + q) * (1 + q))
				continue
			}
			r := float64((h - 1) / (1 - l) * exp(-f.a*v))
			g[i] = (h + float64(l*r)) / (1 + r)
			d[i] = f.a * (h - l) * r / ((1 + r) * (1 + r))
		}
	}
}

func (f function) clip(g, d float64) (float64, float64) {
	if g < f.lower {
		return f.lower, 0
	}
	if g > f.upper {
		return f.upper, 0
	}
	return g, d
}
