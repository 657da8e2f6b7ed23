package conformance

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
)

// Truth is the value of a condition for one row.
type Truth int8

// The values of a condition; Unknown stands where a cell is missing.
const (
	False Truth = iota
	True
	Unknown
)

// Where evaluates a condition such as "q1>=4", "tenure=='renter' & sex=='F'"
// or "stratum in (A,C) and g = p" for every row. Columns are compared as
// numbers with numbers and as text otherwise; a dot in a name also finds the
// column with an underscore.
func (f *Frame) Where(cond string) ([]Truth, error) {
	p := &parser{frame: f, tokens: lex(cond)}
	t, err := p.or()
	if err == nil && p.peek() != "" {
		err = fmt.Errorf("unexpected %q", p.peek())
	}
	if err != nil {
		return nil, fmt.Errorf("condition %q: %w", cond, err)
	}
	return t, nil
}

// lex splits into names, numbers, quoted texts (kept with their quote as the
// first byte) and operators.
func lex(s string) (out []string) {
	r := []rune(s)
	for i := 0; i < len(r); {
		c := r[i]
		switch {
		case unicode.IsSpace(c):
			i++
		case c == '\'' || c == '"':
			j := i + 1
			for j < len(r) && r[j] != c {
				j++
			}
			out = append(out, "'"+string(r[i+1:min(j, len(r))]))
			i = j + 1
		case strings.ContainsRune("=<>!&|%", c):
			j := i + 1
			if c == '%' {
				for j < len(r) && r[j] != '%' {
					j++
				}
				j++
			} else if j < len(r) && (r[j] == '=' || (r[j] == c && (c == '&' || c == '|'))) {
				j++
			}
			out = append(out, string(r[i:min(j, len(r))]))
			i = j
		case strings.ContainsRune("(),", c):
			out = append(out, string(c))
			i++
		default:
			j := i + 1
			for j < len(r) && !unicode.IsSpace(r[j]) && !strings.ContainsRune("=<>!&|%(),'\"", r[j]) {
				j++
			}
			out = append(out, string(r[i:j]))
			i = j
		}
	}
	return out
}

type parser struct {
	frame  *Frame
	tokens []string
	at     int
	depth  int
}

func (p *parser) peek() string {
	if p.at < len(p.tokens) {
		return p.tokens[p.at]
	}
	return ""
}

func (p *parser) take(options ...string) bool {
	for _, o := range options {
		if p.peek() == o {
			p.at++
			return true
		}
	}
	return false
}

func (p *parser) or() ([]Truth, error) {
	return p.chain(p.and, True, "or", "|", "||")
}

func (p *parser) and() ([]Truth, error) {
	return p.chain(p.not, False, "and", "&", "&&")
}

// chain joins conditions; one decisive value settles a row, else Unknown wins.
func (p *parser) chain(next func() ([]Truth, error), decisive Truth, ops ...string) ([]Truth, error) {
	a, err := next()
	for err == nil && p.take(ops...) {
		var b []Truth
		if b, err = next(); err != nil {
			break
		}
		for i := range a {
			switch {
			case a[i] == decisive || b[i] == decisive:
				a[i] = decisive
			case b[i] == Unknown:
				a[i] = Unknown
			}
		}
	}
	return a, err
}

func (p *parser) not() ([]Truth, error) {
	if p.depth++; p.depth > maxDepth {
		return nil, fmt.Errorf("nested too deep")
	}
	defer func() { p.depth-- }()
	switch {
	case p.take("!", "not"):
		a, err := p.not()
		for i := range a {
			if a[i] != Unknown {
				a[i] = True - a[i]
			}
		}
		return a, err
	case p.take("("):
		a, err := p.or()
		if err == nil && !p.take(")") {
			err = fmt.Errorf("a closing bracket is missing")
		}
		return a, err
	}
	return p.comparison()
}

func (p *parser) comparison() ([]Truth, error) {
	name := p.peek()
	p.at++
	if name == "is.na" && p.take("(") {
		name = p.peek()
		p.at++
		if !p.take(")") {
			return nil, fmt.Errorf("a closing bracket is missing after is.na(%s", name)
		}
		return p.missing(name)
	}
	cells, err := p.frame.Text(p.frame.Resolve(name))
	if err != nil {
		return nil, err
	}
	op := p.peek()
	p.at++
	if op == "in" || op == "%in%" {
		set, err := p.set()
		if err != nil {
			return nil, err
		}
		return apply(cells, func(c string) bool {
			for _, v := range set {
				if compareCells(c, v) == 0 {
					return true
				}
			}
			return false
		}, False), nil
	}
	value := p.peek()
	p.at++
	if value == "" {
		return nil, fmt.Errorf("a value is missing after %q", op)
	}
	test, ok := map[string]func(int) bool{
		"==": func(d int) bool { return d == 0 }, "=": func(d int) bool { return d == 0 },
		"!=": func(d int) bool { return d != 0 }, "<": func(d int) bool { return d < 0 },
		"<=": func(d int) bool { return d <= 0 }, ">": func(d int) bool { return d > 0 },
		">=": func(d int) bool { return d >= 0 },
	}[op]
	if !ok {
		return nil, fmt.Errorf("unknown operator %q, expected ==, !=, <, <=, >, >= or in", op)
	}
	return apply(cells, func(c string) bool { return test(compareCells(c, value)) }, Unknown), nil
}

func (p *parser) missing(name string) ([]Truth, error) {
	cells, err := p.frame.Text(p.frame.Resolve(name))
	if err != nil {
		return nil, err
	}
	return apply(cells, func(string) bool { return false }, True), nil
}

// set reads (a, b, …) or c(a, b, …).
func (p *parser) set() (set []string, err error) {
	p.take("c")
	if !p.take("(") {
		return nil, fmt.Errorf("a list in brackets is needed after in")
	}
	for !p.take(")") {
		if p.peek() == "" {
			return nil, fmt.Errorf("a closing bracket is missing")
		}
		if !p.take(",") {
			set = append(set, p.peek())
			p.at++
		}
	}
	return set, nil
}

func apply(cells []string, test func(string) bool, missing Truth) []Truth {
	t := make([]Truth, len(cells))
	for i, c := range cells {
		switch {
		case c == "":
			t[i] = missing
		case test(c):
			t[i] = True
		}
	}
	return t
}

// compareCells orders a cell against a literal: as numbers if both are.
func compareCells(cell, literal string) int {
	literal = strings.TrimPrefix(literal, "'")
	a, errA := strconv.ParseFloat(cell, 64)
	b, errB := strconv.ParseFloat(literal, 64)
	if errA != nil || errB != nil {
		return strings.Compare(cell, literal)
	}
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

// Resolve gives the column for a name of a call: the name itself, or the name
// with dots written as underscores; factor(x) is the column x.
func (f *Frame) Resolve(name string) string {
	if !f.Has(name) {
		name = asFactor.ReplaceAllString(name, "$1")
		if u := strings.ReplaceAll(name, ".", "_"); f.Has(u) {
			return u
		}
	}
	return name
}

// Subset is the domain that the parameter key describes: nil where there is
// none; rows with an unknown condition are outside.
func (c *Case) Subset(key string) ([]bool, error) {
	cond, err := c.Params.StringOr(key, "")
	if err != nil || cond == "" {
		return nil, err
	}
	t, err := c.Data.Where(cond)
	if err != nil {
		return nil, fmt.Errorf("field params.%s: %w", key, err)
	}
	in := make([]bool, len(t))
	for i := range t {
		in[i] = t[i] == True
	}
	return in, nil
}
