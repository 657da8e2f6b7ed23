package conformance

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Formula is a model formula such as "score ~ age + sex*tenure + log(x)".
type Formula struct {
	Response string
	// Terms are lists of the variables that are multiplied, main effects first, as
	// R orders them. A variable is a column, factor(column) or an expression; it is
	// written as R writes it.
	Terms     [][]string
	Intercept bool
	derived   map[string]*expression
}

// Formula reads a formula and makes columns of its expressions, under their names.
func (c *Case) Formula(s string) (Formula, error) {
	f, err := ParseFormula(s)
	if err != nil {
		return f, err
	}
	for name, e := range f.derived {
		if c.Data.Has(name) {
			continue
		}
		if err := c.Data.derive(name, e); err != nil {
			return f, fmt.Errorf("formula %q: %w", s, err)
		}
	}
	return f, nil
}

// ParseFormula reads a formula; "~a+b" has no response. Terms are joined by + and -,
// crossed by *, multiplied by :, nested by / and crossed to a degree by (a+b)^2.
func ParseFormula(s string) (Formula, error) {
	left, right, ok := strings.Cut(s, "~")
	f := Formula{Intercept: true, derived: map[string]*expression{}}
	if !ok || strings.TrimSpace(right) == "" {
		return f, fmt.Errorf("formula %q: write response ~ predictor + predictor", s)
	}
	p := &formulaParser{f: &f}
	var err error
	if f.Response, err = p.response(left); err == nil {
		var terms [][]string
		p.at, p.order = 0, nil
		p.tokens, err = tokens(right)
		if err == nil {
			terms, err = p.sum()
		}
		if err == nil && p.at < len(p.tokens) {
			err = fmt.Errorf("%q is not expected there", p.tokens[p.at])
		}
		slices.SortStableFunc(terms, func(a, b []string) int { return len(a) - len(b) })
		f.Terms = terms
	}
	if u, ok := err.(unsupported); ok {
		return f, Unsupported("formula %q: %s", s, u.reason)
	}
	if err != nil {
		return f, fmt.Errorf("formula %q: %w", s, err)
	}
	return f, nil
}

// maxCrossed bounds the variables of a term, maxTerms the terms: a*b*c… stands for
// every subset of its predictors.
const (
	maxCrossed = 6
	maxTerms   = 256
)

// formulaParser makes the terms of the right side.
type formulaParser struct {
	expressionParser
	f     *Formula
	order []string // of the first mention of a variable
	deep  int
}

// response is the left side: a column, a condition in I(…), or an expression.
func (p *formulaParser) response(s string) (string, error) {
	s = strings.ReplaceAll(s, " ", "")
	if s == "" || strings.HasPrefix(s, "I(") {
		return s, nil // conditions are read where the response is
	}
	var err error
	if p.tokens, err = tokens(s); err != nil || len(p.tokens) == 1 {
		return s, err
	}
	return p.variable()
}

// sum is a list of terms joined by + and -; 0 and 1 rule the intercept.
func (p *formulaParser) sum() ([][]string, error) {
	if p.deep++; p.deep > maxDepth {
		return nil, fmt.Errorf("nested too deep")
	}
	defer func() { p.deep-- }()
	var out [][]string
	sign := "+"
	if p.take("-") {
		sign = "-"
	}
	for {
		if one := p.peek(); one == "0" || one == "1" {
			p.at++
			p.f.Intercept = (one == "1") == (sign == "+")
		} else {
			terms, err := p.cross()
			if err != nil {
				return nil, err
			}
			if sign == "+" {
				if out = joinTerms(out, terms); len(out) > maxTerms {
					return nil, tooMany(out)
				}
			} else {
				out = slices.DeleteFunc(out, func(t []string) bool { return holds(terms, t) })
			}
		}
		switch {
		case p.take("+"):
			sign = "+"
		case p.take("-"):
			sign = "-"
		default:
			return out, nil
		}
	}
}

// cross is a*b, which is a + b + a:b, and a/b, which is a + a:b.
func (p *formulaParser) cross() ([][]string, error) {
	a, err := p.product()
	for err == nil && (p.peek() == "*" || p.peek() == "/") {
		nested := p.peek() == "/"
		p.at++
		var b [][]string
		if b, err = p.product(); err != nil {
			break
		}
		if nested {
			var all []string
			for _, t := range a {
				all = append(all, t...)
			}
			a = joinTerms(a, p.multiply([][]string{all}, b))
		} else {
			a = joinTerms(joinTerms(a, b), p.multiply(a, b))
		}
		err = tooMany(a)
	}
	return a, err
}

func (p *formulaParser) product() ([][]string, error) {
	a, err := p.power()
	for err == nil && p.take(":") {
		var b [][]string
		if b, err = p.power(); err == nil {
			a = p.multiply(a, b)
			err = tooMany(a)
		}
	}
	return a, err
}

// power is a variable, or a list in brackets, which ^n crosses with itself.
func (p *formulaParser) power() ([][]string, error) {
	if !p.take("(") {
		name, err := p.variable()
		if err == nil && p.peek() == "^" {
			err = Unsupported("a power of one variable is written I(%s^2)", name)
		}
		return [][]string{{name}}, err
	}
	a, err := p.sum()
	if err != nil {
		return nil, err
	}
	if !p.take(")") {
		return nil, fmt.Errorf("a closing bracket is missing")
	}
	if !p.take("^") {
		return a, nil
	}
	n, err := strconv.Atoi(p.peek())
	if err != nil || n < 1 || n > 8 {
		return nil, fmt.Errorf("the degree %q is not a number from 1 to 8", p.peek())
	}
	p.at++
	out := a
	for range n - 1 {
		out = joinTerms(out, p.multiply(out, a))
		if err := tooMany(out); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// variable is a column, factor(column) or an expression, which is kept by its name.
func (p *formulaParser) variable() (string, error) {
	e, err := p.primary()
	if err != nil {
		return "", err
	}
	name := e.text
	switch {
	case e.op == "number":
		return "", Unsupported("the term %s", name)
	case e.op != "column" && e.op != "factor":
		p.f.derived[name] = e
	}
	if !slices.Contains(p.order, name) {
		p.order = append(p.order, name)
	}
	return name, nil
}

// multiply is every product of two terms, variables in the order of the formula.
func (p *formulaParser) multiply(a, b [][]string) (out [][]string) {
	for _, s := range a {
		for _, t := range b {
			both := slices.Clone(s)
			for _, n := range t {
				if !slices.Contains(both, n) {
					both = append(both, n)
				}
			}
			slices.SortFunc(both, func(x, y string) int { return slices.Index(p.order, x) - slices.Index(p.order, y) })
			out = joinTerms(out, [][]string{both})
		}
	}
	return out
}

// tooMany refuses what a few signs can blow up.
func tooMany(terms [][]string) error {
	if len(terms) > maxTerms {
		return Unsupported("more than %d terms", maxTerms)
	}
	for _, t := range terms {
		if len(t) > maxCrossed {
			return Unsupported("more than %d crossed predictors", maxCrossed)
		}
	}
	return nil
}

func holds(terms [][]string, t []string) bool {
	return slices.ContainsFunc(terms, func(u []string) bool { return slices.Equal(u, t) })
}

// joinTerms adds the terms that are not there.
func joinTerms(a, b [][]string) [][]string {
	out := slices.Clone(a)
	for _, t := range b {
		if !holds(out, t) {
			out = append(out, t)
		}
	}
	return out
}
