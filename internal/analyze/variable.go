package analyze

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"gongping/scoring/adjust"
	"gongping/scoring/estimate"
)

// variable is a column of numbers with its two kinds of absent answers.
type variable struct {
	name, label string
	estimate.Column
	dontKnow []bool // nil = none
	// unscaled says that numbers stand as in the file: their ends are not known.
	unscaled bool
	// dontKnows and missings count over all rows.
	dontKnows, missings int
}

// number reads a decimal number.
func number(v string) (float64, bool) {
	x, err := strconv.ParseFloat(strings.TrimSpace(v), 64)
	return x, err == nil && !math.IsNaN(x) && !math.IsInf(x, 0)
}

// variable gives a column or a score as numbers.
func (a *analysis) variable(name string) (*variable, error) {
	if v, ok := a.variables[name]; ok {
		return v, nil
	}
	var v *variable
	var err error
	if c := a.spec.score(name); c != nil {
		v, err = a.composite(c)
	} else {
		v, err = a.recode(name)
	}
	if err != nil {
		return nil, err
	}
	v.name, v.label = name, a.spec.label(name)
	a.variables[name] = v
	return v, nil
}

// recode turns the values of a column into numbers by its item.
func (a *analysis) recode(name string) (*variable, error) {
	col, it := a.frame.columns[name], a.spec.item(name)
	points, kind := make([]float64, len(col.levels)), make([]uint8, len(col.levels)) // 0 answer, 1 don't know, 2 missing, 3 fault
	for l, text := range col.levels {
		points[l], kind[l] = it.points(text)
	}
	n := a.frame.rows
	v := &variable{Column: estimate.Column{Values: make([]float64, n), Missing: make([]bool, n)}, unscaled: it.Scale == nil && it.Low == it.High}
	for i, l := range col.codes {
		k := uint8(2)
		if l >= 0 {
			k = kind[l]
		}
		switch k {
		case 0:
			v.Values[i] = points[l]
			continue
		case 1:
			if v.dontKnow == nil {
				v.dontKnow = make([]bool, n)
			}
			v.dontKnow[i] = true
			v.dontKnows++
		case 2:
			v.missings++
		case 3:
			return nil, fieldFault(a.frame.at(i, name), col.levels[l], it.want(), "declare the value under dont_know or missing of the item, or in its scale")
		}
		v.Missing[i] = true
	}
	return v, nil
}

// points is the number behind a value, and what kind of answer it is.
func (it Item) points(text string) (float64, uint8) {
	switch {
	case slices.Contains(it.DontKnow, text):
		return 0, 1
	case slices.Contains(it.Missing, text):
		return 0, 2
	}
	if it.Scale != nil {
		x, ok := it.Scale[text]
		if !ok {
			return 0, 3
		}
		return x, 0
	}
	x, ok := number(text)
	if !ok {
		return 0, 3
	}
	if it.Low != it.High {
		x = (x - it.Low) / (it.High - it.Low) * 100
		if x < 0 || x > 100 {
			return 0, 3
		}
	}
	return x, 0
}

// want describes the values that an item takes.
func (it Item) want() string {
	switch {
	case it.Scale != nil:
		return "one of " + names(it.Scale)
	case it.Low != it.High:
		return fmt.Sprintf("a number from %g to %g", min(it.Low, it.High), max(it.Low, it.High))
	}
	return "a number"
}

// composite is the mean of the answered items.
func (a *analysis) composite(c *Score) (*variable, error) {
	n := a.frame.rows
	sum, count, dk := make([]float64, n), make([]int, n), make([]bool, n)
	unscaled := false
	for _, name := range c.Items {
		v, err := a.variable(name)
		if err != nil {
			return nil, err
		}
		unscaled = unscaled || v.unscaled
		for i, x := range v.Values {
			if !v.Missing[i] {
				sum[i] += x
				count[i]++
			} else if v.dontKnow != nil && v.dontKnow[i] {
				dk[i] = true
			}
		}
	}
	out := &variable{Column: estimate.Column{Values: sum, Missing: make([]bool, n)}, dontKnow: dk, unscaled: unscaled}
	for i, k := range count {
		if k >= c.MinAnswered {
			sum[i] /= float64(k)
			dk[i] = false
			continue
		}
		sum[i], out.Missing[i] = 0, true
		if dk[i] {
			out.dontKnows++
		} else {
			out.missings++
		}
	}
	return out, nil
}

// among is the indicator of the values: 1 if the raw answer is among them,
// absent where it is missing or "don't know".
func (a *analysis) among(name string, values []string) (estimate.Column, error) {
	if a.spec.score(name) != nil {
		return estimate.Column{}, fieldFault("values", name, "a column of the table", "a score has no values to choose from")
	}
	col, it := a.frame.columns[name], a.spec.item(name)
	for _, v := range values {
		if !slices.Contains(col.levels, v) {
			return estimate.Column{}, fieldFault("values of "+name, v, "one of "+col.sample(), "correct the value")
		}
	}
	out := estimate.Column{Values: make([]float64, a.frame.rows), Missing: make([]bool, a.frame.rows)}
	for i, l := range col.codes {
		switch {
		case l < 0 || it.absent(col.levels[l]):
			out.Missing[i] = true
		case slices.Contains(values, col.levels[l]):
			out.Values[i] = 1
		}
	}
	return out, nil
}

// absent reports whether a value is no answer.
func (it Item) absent(text string) bool {
	return slices.Contains(it.DontKnow, text) || slices.Contains(it.Missing, text)
}

// unknown is the level of a category that nobody knows.
const unknown = "(unknown)"

// transforms are the functions of a covariate, with the name of the term and the
// numbers for which they have a value.
var transforms = map[string]struct {
	of   func(float64) float64
	name string
	fits func(float64) bool
	want string
}{
	"log":    {math.Log, "log(%s)", func(x float64) bool { return x > 0 }, "numbers above 0"},
	"sqrt":   {math.Sqrt, "sqrt(%s)", func(x float64) bool { return x >= 0 }, "numbers of at least 0"},
	"square": {func(x float64) float64 { return x * x }, "%s^2", func(float64) bool { return true }, ""},
}

// mix expands covariates into design columns over all rows. A category keeps
// "don't know" and missing together as a level of its own; a number is set to
// its mean where it is missing, with an indicator beside it: nobody is dropped.
func (a *analysis) mix(list []Covariate) (adjust.Columns, error) {
	var out adjust.Columns
	for _, c := range list {
		own, err := a.covariate(c)
		if err != nil {
			return out, err
		}
		columns := adjust.Design(own)
		if c.Times != nil { // of the product alone; both are covariates by themselves
			other, err := a.covariate(*c.Times)
			if err != nil {
				return out, err
			}
			columns = adjust.Columns{}
			for _, o := range other {
				for _, w := range own {
					p := adjust.Product(w, o)
					columns.Name, columns.X = append(columns.Name, p.Name...), append(columns.X, p.X...)
				}
			}
		}
		out.Name, out.X = append(out.Name, columns.Name...), append(out.X, columns.X...)
	}
	return out, nil
}

// covariate is one covariate, without what it is multiplied with.
func (a *analysis) covariate(c Covariate) ([]adjust.Covariate, error) {
	if c.Number {
		v, err := a.variable(c.Column)
		if err != nil {
			return nil, err
		}
		t, ok := transforms[c.As]
		if !ok {
			return imputed(c.Column, v), nil
		}
		changed := *v
		changed.Values = make([]float64, len(v.Values))
		for i, x := range v.Values {
			switch {
			case v.Missing != nil && v.Missing[i]:
			case !t.fits(x):
				return nil, fieldFault("covariates", fmt.Sprintf("%s with the value %g in row %d", c.Column, x, i+1), t.want, "write {column: "+c.Column+", as: number}, or recode it")
			default:
				changed.Values[i] = t.of(x)
			}
		}
		return imputed(fmt.Sprintf(t.name, c.Column), &changed), nil
	}
	col, it := a.frame.columns[c.Column], a.spec.item(c.Column)
	if len(col.levels) > 40 {
		return nil, fieldFault("covariates", fmt.Sprintf("%s with %d values", c.Column, len(col.levels)), "a category of at most 40 values",
			fmt.Sprintf("write {column: %s, as: number}", c.Column))
	}
	labels := make([]string, a.frame.rows)
	for i, l := range col.codes {
		labels[i] = unknown
		if l >= 0 && !it.absent(col.levels[l]) {
			labels[i] = col.levels[l]
		}
	}
	return []adjust.Covariate{{Name: c.Column + "=", Text: labels}}, nil
}

func imputed(name string, v *variable) []adjust.Covariate {
	sum, n := 0.0, 0
	for i, x := range v.Values {
		if !v.Missing[i] {
			sum += x
			n++
		}
	}
	out := []adjust.Covariate{{Name: name, Number: slices.Clone(v.Values)}}
	if n == len(v.Values) || n == 0 {
		return out
	}
	flag := make([]float64, len(v.Values))
	for i := range flag {
		if v.Missing[i] {
			out[0].Number[i], flag[i] = sum/float64(n), 1
		}
	}
	return append(out, adjust.Covariate{Name: name + " missing", Number: flag})
}
