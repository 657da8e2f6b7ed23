package conformance

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"gongping/scoring/estimate"
)

// Matrix is a model matrix by columns, with R's names.
type Matrix struct {
	Names   []string
	Columns []estimate.Column
}

// asFactor is a number that counts as a category: factor(year).
var asFactor = regexp.MustCompile(`(?:as\.)?factor\(([^()]+)\)`)

// ModelMatrix codes the predictors: numbers as they are, texts by treatment
// contrasts against the alphabetically first level, or by all levels where the
// model holds no term that the level left out would belong to (R's rule for
// interactions without main effects and models without an intercept). domain
// (nil = all) decides which levels exist: those of the rows in it that have every
// variable of the model.
func (c *Case) ModelMatrix(f Formula, domain []bool) (Matrix, error) {
	var m Matrix
	domain, err := c.modelRows(f, domain)
	if err != nil {
		return m, err
	}
	if f.Intercept {
		ones := make([]float64, c.Data.Rows)
		for i := range ones {
			ones[i] = 1
		}
		m.Names, m.Columns = []string{"(Intercept)"}, []estimate.Column{estimate.Of(ones)}
	}
	full := !f.Intercept
	for at, term := range f.Terms {
		var part Matrix
		for k, name := range term {
			whole := !within(slices.Delete(slices.Clone(term), k, k+1), f.Terms[:at])
			if full && c.isFactor(name) {
				whole, full = true, false
			}
			v, err := c.coded(name, domain, whole)
			if err != nil {
				return m, err
			}
			if k == 0 {
				part = v
			} else {
				part = part.times(v)
			}
		}
		m.Names = append(m.Names, part.Names...)
		m.Columns = append(m.Columns, part.Columns...)
	}
	return m, nil
}

// within reports whether the variables are none, or all belong to one of the terms.
func within(names []string, terms [][]string) bool {
	if len(names) == 0 {
		return true
	}
	for _, t := range terms {
		all := true
		for _, n := range names {
			all = all && slices.Contains(t, n)
		}
		if all {
			return true
		}
	}
	return false
}

// isFactor reports whether a variable of a formula is a category.
func (c *Case) isFactor(name string) bool {
	inner := asFactor.ReplaceAllString(name, "$1")
	return inner != name || !c.Data.IsNumeric(c.Data.Resolve(inner))
}

// modelRows are the rows of a domain without a missing cell in the model.
func (c *Case) modelRows(f Formula, domain []bool) ([]bool, error) {
	var names []string
	for _, term := range f.Terms {
		for _, n := range term {
			names = append(names, asFactor.ReplaceAllString(n, "$1"))
		}
	}
	in, err := present(c.Data, names...)
	if err != nil {
		return nil, err
	}
	var missing []bool
	if f.Response != "" {
		if y, err := c.ResponseColumn(f.Response); err == nil { // the caller says what is wrong with it
			missing = y.Missing
		}
	}
	for i := range in {
		in[i] = in[i] && (domain == nil || domain[i]) && (missing == nil || !missing[i])
	}
	return in, nil
}

// coded is one variable as columns.
func (c *Case) coded(name string, domain []bool, full bool) (m Matrix, err error) {
	col := c.Data.Resolve(asFactor.ReplaceAllString(name, "$1"))
	if !c.isFactor(name) {
		x, missing, err := c.Data.Floats(col)
		if err != nil {
			return m, err
		}
		return Matrix{[]string{name}, []estimate.Column{{Values: x, Missing: missing}}}, nil
	}
	codes, all, err := c.Data.Factor(col)
	if err != nil {
		return m, err
	}
	missing := make([]bool, len(codes))
	occurs := make([]bool, len(all))
	for i, k := range codes {
		missing[i] = k < 0
		if k >= 0 && (domain == nil || domain[i]) {
			occurs[k] = true
		}
	}
	var levels []int
	for k, o := range occurs {
		if o {
			levels = append(levels, k)
		}
	}
	if len(levels) < 2 && !full {
		return m, refuse("one_level", "column %q has %d level(s); contrasts need two or more", col, len(levels))
	}
	for l, level := range levels {
		if l == 0 && !full {
			continue
		}
		x := make([]float64, len(codes))
		for i, k := range codes {
			if int(k) == level && (domain == nil || domain[i]) {
				x[i] = 1
			}
		}
		m.Names = append(m.Names, name+all[level])
		m.Columns = append(m.Columns, estimate.Column{Values: x, Missing: missing})
	}
	return m, nil
}

// times is the interaction of two codings, the first varying fastest.
func (m Matrix) times(o Matrix) Matrix {
	var out Matrix
	for b := range o.Columns {
		for a := range m.Columns {
			x, y := m.Columns[a], o.Columns[b]
			v, missing := make([]float64, len(x.Values)), make([]bool, len(x.Values))
			for i := range v {
				v[i] = x.Values[i] * y.Values[i]
				missing[i] = x.Missing != nil && x.Missing[i] || y.Missing != nil && y.Missing[i]
			}
			out.Names = append(out.Names, m.Names[a]+":"+o.Names[b])
			out.Columns = append(out.Columns, estimate.Column{Values: v, Missing: missing})
		}
	}
	return out
}

var indicatorInCall = regexp.MustCompile(`I\(([^()]*(?:\([^()]*\)[^()]*)*)\)\s*~`)

// ResponseColumn is the response of a formula. A response that is no column is
// the indicator that the call writes as I(condition) ~ …
func (c *Case) ResponseColumn(name string) (estimate.Column, error) {
	if col := c.Data.Resolve(name); c.Data.Has(col) {
		x, missing, err := c.Data.Floats(col)
		if err != nil {
			return c.twoLevels(col, err)
		}
		return estimate.Column{Values: x, Missing: missing}, nil
	}
	cond := name
	if in, ok := strings.CutPrefix(cond, "I("); ok {
		cond = strings.TrimSuffix(in, ")")
	} else if m := indicatorInCall.FindStringSubmatch(c.Call); m != nil {
		cond = m[1]
	} else {
		return estimate.Column{}, fmt.Errorf("field params.formula: the response %q is no column and the call has no I(…) for it", name)
	}
	return c.Indicator(cond)
}

// twoLevels is a text response: 0 for the first level, 1 for the others.
func (c *Case) twoLevels(name string, numeric error) (estimate.Column, error) {
	codes, levels, err := c.Data.Factor(name)
	if err != nil || len(levels) != 2 {
		return estimate.Column{}, numeric
	}
	x, missing := make([]float64, len(codes)), make([]bool, len(codes))
	for i, k := range codes {
		missing[i] = k < 0
		if k > 0 {
			x[i] = 1
		}
	}
	return estimate.Column{Values: x, Missing: missing}, nil
}

// Indicator is a condition as a column of 0 and 1.
func (c *Case) Indicator(cond string) (estimate.Column, error) {
	t, err := c.Data.Where(cond)
	if err != nil {
		return estimate.Column{}, err
	}
	x, missing := make([]float64, len(t)), make([]bool, len(t))
	for i := range t {
		missing[i] = t[i] == Unknown
		if t[i] == True {
			x[i] = 1
		}
	}
	return estimate.Column{Values: x, Missing: missing}, nil
}

// Column is a numeric column with its missing cells.
func (c *Case) Column(name string) (estimate.Column, error) {
	x, missing, err := c.Data.Floats(c.Data.Resolve(name))
	return estimate.Column{Values: x, Missing: missing}, err
}
