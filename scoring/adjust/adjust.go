// Package adjust compares unit scores as if every unit had the same mix of
// residents: case-mix adjustment with unit effects, as in the hospital
// patient-experience surveys (CAHPS), and the design columns it needs.
//
// The adjustment removes differences of who answered (age, tenure, sex), not
// differences of what a unit did: its coefficients are estimated within units
// only. Covariates that a unit can influence do not belong in it.
package adjust

import (
	"fmt"
	"slices"
)

// Covariate is one explanatory variable of a model: numbers, or categories
// given as text.
type Covariate struct {
	Name   string
	Number []float64
	Text   []string // used when Number is nil
}

// Columns are design columns with their names, as R's model.matrix names them.
type Columns struct {
	Name []string
	X    [][]float64
}

// Design expands covariates into design columns: a number is one column, a
// category gets treatment coding, one column per level after the first in the
// order of bytes, which is the reference.
func Design(covariates []Covariate) Columns {
	var out Columns
	for _, c := range covariates {
		one := c.columns()
		out.Name = append(out.Name, one.Name...)
		out.X = append(out.X, one.X...)
	}
	return out
}

// WithIntercept puts a column of ones in front.
func (c Columns) WithIntercept(rows int) Columns {
	one := make([]float64, rows)
	for i := range one {
		one[i] = 1
	}
	return Columns{
		Name: append([]string{"(Intercept)"}, c.Name...),
		X:    append([][]float64{one}, c.X...),
	}
}

// Product returns the columns of an interaction: every column of a times every
// column of b, the first varying fastest. Both main effects must be in the
// model.
func Product(a, b Covariate) Columns {
	ca, cb := a.columns(), b.columns()
	var out Columns
	for j, xb := range cb.X {
		for i, xa := range ca.X {
			x := make([]float64, len(xa))
			for r := range x {
				x[r] = xa[r] * xb[r]
			}
			out.Name = append(out.Name, ca.Name[i]+":"+cb.Name[j])
			out.X = append(out.X, x)
		}
	}
	return out
}

func (c Covariate) columns() Columns {
	if c.Number != nil {
		return Columns{Name: []string{c.Name}, X: [][]float64{c.Number}}
	}
	levels := slices.Clone(c.Text)
	slices.Sort(levels)
	levels = slices.Compact(levels)
	var out Columns
	for _, l := range levels[min(1, len(levels)):] {
		x := make([]float64, len(c.Text))
		for i, v := range c.Text {
			if v == l {
				x[i] = 1
			}
		}
		out.Name = append(out.Name, c.Name+l)
		out.X = append(out.X, x)
	}
	return out
}

func checkLength(what string, got, want int) {
	if got != want {
		panic(fmt.Sprintf("adjust: %s has %d entries, want %d", what, got, want))
	}
}
