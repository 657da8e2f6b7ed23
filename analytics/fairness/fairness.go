// Package fairness measures whether scores are spread, compared and shown
// fairly: inequality between units, differences between groups, items that
// work differently for a group, interviewer effects, funnel limits, multiple
// comparisons, rank intervals, and the suppression of small cells.
//
// Everything is pure: slices in, numbers out. A property of the data that
// rules a figure out (one group, constant answers) is returned as an
// *errs.Error that says what to do; NaN is never returned. Slices of unequal
// length are a fault of the caller and panic.
package fairness

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/mathext"
	"gonum.org/v1/gonum/stat/distuv"

	"gongping/internal/errs"
)

// Status says how far a figure may be trusted.
type Status string

// The statuses of a figure.
const (
	OK           Status = "ok"
	NotConverged Status = "not_converged"
	Undefined    Status = "undefined"
)

func fault(key, hint, format string, args ...any) error {
	return errs.New(errs.Invalid, "stats."+key, format, args...).At("", "", "", hint)
}

func checkLength(what string, got, want int) {
	if got != want {
		panic(fmt.Sprintf("fairness: %s has %d entries, want %d", what, got, want))
	}
}

func checkFinite(what string, x []float64) error {
	for i, v := range x {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			e := errs.New(errs.Invalid, "stats.not_a_number", "%s holds a value that is not a finite number", what)
			return e.At(fmt.Sprintf("row %d", i+1), fmt.Sprint(v), "a finite number", "leave rows with missing values out")
		}
	}
	return nil
}

// mean and variance (divisor n-1) in two passes.
func meanVariance(x []float64) (mean, variance float64) {
	for _, v := range x {
		mean += v
	}
	mean /= float64(len(x))
	for _, v := range x {
		variance += float64((v - mean) * (v - mean))
	}
	return mean, variance / float64(len(x)-1)
}

// quantile7 is the linearly interpolated quantile (type 7 of Hyndman & Fan
// 1996) of sorted values.
func quantile7(sorted []float64, p float64) float64 {
	h := float64(float64(len(sorted)-1) * p)
	lo := int(math.Floor(h + float64(4e-15*h)))
	hi := min(lo+1, len(sorted)-1)
	f := math.Max(0, h-float64(lo))
	return sorted[lo] + float64(f*(sorted[hi]-sorted[lo]))
}

// midranks returns the ranks of x with ties at their mean, and the sum of
// t^3 - t over the ties.
func midranks(x []float64) (rank []float64, ties float64) {
	order := sortedOrder(x)
	rank = make([]float64, len(x))
	for i := 0; i < len(order); {
		j := i
		for j < len(order) && x[order[j]] == x[order[i]] {
			j++
		}
		for k := i; k < j; k++ {
			rank[order[k]] = float64(i+j+1) / 2
		}
		t := float64(j - i)
		ties += float64(t*t*t) - t
		i = j
	}
	return rank, ties
}

// normalTail is P(Z > z).
func normalTail(z float64) float64 { return float64(math.Erfc(z/math.Sqrt2) / 2) }

// normalQuantile is the p-quantile of the standard normal distribution.
func normalQuantile(p float64) float64 { return mathext.NormalQuantile(p) }

// chiSquareTail is P(X > x) for df degrees of freedom.
func chiSquareTail(x, df float64) float64 {
	if x <= 0 {
		return 1
	}
	return mathext.GammaIncRegComp(df/2, x/2)
}

// fTail is P(F > f).
func fTail(f, df1, df2 float64) float64 {
	if f <= 0 {
		return 1
	}
	return mathext.RegIncBeta(df2/2, df1/2, df2/(df2+float64(df1*f)))
}

// tTwoSided is P(|T| > |t|).
func tTwoSided(t, df float64) float64 {
	return mathext.RegIncBeta(df/2, 0.5, df/(df+float64(t*t)))
}

// tQuantile is the p-quantile of Student's t.
func tQuantile(p, df float64) float64 {
	return distuv.StudentsT{Mu: 0, Sigma: 1, Nu: df}.Quantile(p)
}
