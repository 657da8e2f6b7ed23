// Package rater measures how far ratings depend on who rated: intraclass
// correlations, kappas, Krippendorff's alpha, and the internal consistency of
// scales.
//
// Everything is pure. A property of the data that rules a figure out (one
// rater, constant ratings) is returned as an *errs.Error that says what to do;
// NaN is never returned.
package rater

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/mathext"

	"gongping/internal/errs"
)

func fault(key, hint, format string, args ...any) error {
	return errs.New(errs.Invalid, "stats."+key, format, args...).At("", "", "", hint)
}

// Matrix holds ratings, one row per subject and one column per rater (or per
// item). Missing marks cells without a rating; nil means none is missing.
type Matrix struct {
	Value   [][]float64
	Missing [][]bool
}

func (m Matrix) check() (rows, columns int, err error) {
	rows = len(m.Value)
	if rows > 0 {
		columns = len(m.Value[0])
	}
	for i, row := range m.Value {
		if len(row) != columns || m.Missing != nil && len(m.Missing[i]) != columns {
			panic(fmt.Sprintf("rater: row %d has %d ratings, want %d", i, len(row), columns))
		}
		for j, v := range row {
			if !m.missing(i, j) && (math.IsNaN(v) || math.IsInf(v, 0)) {
				return 0, 0, fault("not_a_number", "mark missing ratings as missing",
					"the rating of row %d, column %d is not a finite number", i+1, j+1)
			}
		}
	}
	return rows, columns, nil
}

func (m Matrix) missing(i, j int) bool { return m.Missing != nil && m.Missing[i][j] }

// Complete returns the rows without a missing rating.
func (m Matrix) Complete() Matrix {
	if m.Missing == nil {
		return m
	}
	var out Matrix
	for i, row := range m.Value {
		full := true
		for j := range row {
			full = full && !m.missing(i, j)
		}
		if full {
			out.Value = append(out.Value, row)
		}
	}
	return out
}

// Transpose exchanges rows and columns.
func (m Matrix) Transpose() Matrix {
	var out Matrix
	if len(m.Value) == 0 {
		return out
	}
	for j := range m.Value[0] {
		v, miss := make([]float64, len(m.Value)), make([]bool, len(m.Value))
		for i := range m.Value {
			v[i], miss[i] = m.Value[i][j], m.missing(i, j)
		}
		out.Value, out.Missing = append(out.Value, v), append(out.Missing, miss)
	}
	return out
}

// fTail is P(F > f).
func fTail(f, df1, df2 float64) float64 {
	if f <= 0 {
		return 1
	}
	return mathext.RegIncBeta(df2/2, df1/2, df2/(df2+float64(df1*f)))
}

// fQuantile is the p-quantile of F, by bisection on the upper tail.
func fQuantile(p, df1, df2 float64) float64 {
	lo, hi := 0.0, 1.0
	for fTail(hi, df1, df2) > 1-p && hi < 1e300 {
		lo, hi = hi, 2*hi
	}
	for range 200 {
		mid := (lo + hi) / 2
		if mid == lo || mid == hi {
			break
		}
		if fTail(mid, df1, df2) > 1-p {
			lo = mid
		} else {
			hi = mid
		}
	}
	return (lo + hi) / 2
}

// z95 is the 97.5% quantile of the normal distribution.
var z95 = mathext.NormalQuantile(0.975)
