package conformance

import (
	"fmt"
	"regexp"
	"strings"

	"gongping/scoring/estimate"
)

// Formula is a model formula such as "score ~ age + sex*tenure": predictors of
// main effects and interactions, without functions.
type Formula struct {
	Response  string
	Terms     [][]string // each a list of the columns that are multiplied
	Intercept bool
}

// asFactor is a number that counts as a category: factor(year).
var asFactor = regexp.MustCompile(`(?:as\.)?factor\(([^()]+)\)`)

// maxCrossed bounds a*b*c…, which stands for every subset of its predictors.
const maxCrossed = 6

// ParseFormula reads a formula; "~a+b" has no response.
func ParseFormula(s string) (Formula, error) {
	left, right, ok := strings.Cut(strings.ReplaceAll(s, " ", ""), "~")
	f := Formula{Response: left, Intercept: true}
	if !ok || right == "" {
		return f, fmt.Errorf("formula %q: write response ~ predictor + predictor", s)
	}
	right = strings.ReplaceAll(right, "-1", "+0")
	seen := map[string]bool{}
	add := func(t []string) {
		if k := strings.Join(t, ":"); !seen[k] {
			seen[k] = true
			f.Terms = append(f.Terms, t)
		}
	}
	for _, term := range strings.Split(right, "+") {
		switch {
		case term == "", strings.Trim(term, "*:") != term, strings.Contains(term, "**"), strings.Contains(term, "::"):
			return f, fmt.Errorf("formula %q: an empty term", s)
		case term == "0":
			f.Intercept = false
		case term == "1":
			f.Intercept = true
		case strings.ContainsAny(asFactor.ReplaceAllString(term, ""), "()^|/-"):
			return f, Unsupported("formula %q: the term %q", s, term)
		case strings.Contains(term, "*"):
			names := strings.Split(term, "*")
			if len(names) > maxCrossed {
				return f, Unsupported("formula %q: more than %d crossed predictors", s, maxCrossed)
			}
			for size := 1; size <= len(names); size++ { // main effects first
				for mask := 1; mask < 1<<len(names); mask++ {
					var t []string
					for b, n := range names {
						if mask&(1<<b) != 0 {
							t = append(t, n)
						}
					}
					if len(t) == size {
						add(t)
					}
				}
			}
		default:
			add(strings.Split(term, ":"))
		}
	}
	return f, nil
}

// Matrix is a model matrix by columns, with R's names.
type Matrix struct {
	Names   []string
	Columns []estimate.Column
}

// ModelMatrix codes the predictors: numbers as they are, texts by treatment
// contrasts against the alphabetically first level (the first factor by all
// levels where there is no intercept). domain (nil = all) decides which levels
// exist: those of the rows in it that have every variable of the model.
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
	for _, term := range f.Terms {
		var part Matrix
		for k, name := range term {
			v, isFactor, err := c.coded(name, domain, full && len(term) == 1)
			if err != nil {
				return m, err
			}
			if isFactor && len(term) == 1 {
				full = false
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
func (c *Case) coded(name string, domain []bool, full bool) (m Matrix, isFactor bool, err error) {
	inner := asFactor.ReplaceAllString(name, "$1")
	col := c.Data.Resolve(inner)
	if inner == name && c.Data.IsNumeric(col) {
		x, missing, err := c.Data.Floats(col)
		if err != nil {
			return m, false, err
		}
		return Matrix{[]string{name}, []estimate.Column{{Values: x, Missing: missing}}}, false, nil
	}
	codes, all, err := c.Data.Factor(col)
	if err != nil {
		return m, false, err
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
		return m, true, refuse("one_level", "column %q has %d level(s); contrasts need two or more", col, len(levels))
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
	return m, true, nil
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
