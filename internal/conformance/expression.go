package conformance

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// expression is a variable of a formula that is worked out from columns.
type expression struct {
	op   string // column, number, factor, a function, an operator
	text string // as R writes it
	args []*expression
	name string // of a column
	at   float64
}

// functions are what a formula may apply to numbers, besides factor and I.
var functions = map[string]func(float64) float64{
	"log": math.Log, "log2": math.Log2, "log10": math.Log10, "log1p": math.Log1p, "exp": math.Exp, "expm1": math.Expm1, "sqrt": math.Sqrt, "abs": math.Abs,
}

const allowedFunctions = "a formula takes factor, as.factor, I, log, log2, log10, log1p, exp, expm1, sqrt and abs, with + - * / ^ and comparisons inside"

// tokens splits a formula: names, numbers, operators and brackets.
func tokens(s string) (out []string, err error) {
	r := []rune(s)
	inName := func(c rune) bool { return unicode.IsLetter(c) || unicode.IsDigit(c) || c == '.' || c == '_' }
	for i := 0; i < len(r); {
		j := i + 1
		switch c := r[i]; {
		case unicode.IsSpace(c):
			i = j
			continue
		case c == '`':
			for j < len(r) && r[j] != '`' {
				j++
			}
			if j == len(r) {
				return nil, fmt.Errorf("a ` is not closed")
			}
			out = append(out, string(r[i+1:j]))
			i = j + 1
			continue
		case inName(c):
			number := unicode.IsDigit(c)
			for j < len(r) && (inName(r[j]) || number && (r[j] == '-' || r[j] == '+') && (r[j-1] == 'e' || r[j-1] == 'E')) {
				j++
			}
		case strings.ContainsRune("<>=!", c) && j < len(r) && r[j] == '=':
			j++
		}
		out = append(out, string(r[i:j]))
		i = j
	}
	return out, nil
}

// expressionParser reads expressions with R's precedence.
type expressionParser struct {
	tokens []string
	at     int
	depth  int
}

func (p *expressionParser) peek() string {
	if p.at < len(p.tokens) {
		return p.tokens[p.at]
	}
	return ""
}

func (p *expressionParser) take(s string) bool {
	if p.peek() != s || s == "" {
		return false
	}
	p.at++
	return true
}

// levels are the operators from the loosest to the tightest, with how R spaces them.
var levels = [][]string{{"<", ">", "<=", ">=", "==", "!="}, {"+", "-"}, {"*", "/"}}

func (p *expressionParser) binary(level int) (*expression, error) {
	if level == len(levels) {
		return p.unary()
	}
	a, err := p.binary(level + 1)
	for err == nil && slices.Contains(levels[level], p.peek()) {
		op := p.peek()
		p.at++
		var b *expression
		if b, err = p.binary(level + 1); err == nil {
			space := " "
			if op == "/" {
				space = ""
			}
			a = &expression{op: op, text: a.text + space + op + space + b.text, args: []*expression{a, b}}
		}
	}
	return a, err
}

func (p *expressionParser) unary() (*expression, error) {
	if p.depth++; p.depth > maxDepth {
		return nil, fmt.Errorf("nested too deep")
	}
	defer func() { p.depth-- }()
	if p.take("-") {
		a, err := p.unary()
		if err != nil {
			return nil, err
		}
		return &expression{op: "minus", text: "-" + a.text, args: []*expression{a}}, nil
	}
	a, err := p.primary()
	if err == nil && p.take("^") {
		var b *expression
		if b, err = p.unary(); err == nil {
			a = &expression{op: "^", text: a.text + "^" + b.text, args: []*expression{a, b}}
		}
	}
	return a, err
}

// primary is a number, a column, a function or an expression in brackets.
func (p *expressionParser) primary() (*expression, error) {
	t := p.peek()
	p.at++
	switch first := []rune(t + " ")[0]; {
	case t == "(":
		a, err := p.closed()
		if err != nil {
			return nil, err
		}
		return &expression{op: "(", text: "(" + a.text + ")", args: []*expression{a}}, nil
	case unicode.IsDigit(first):
		v, err := strconv.ParseFloat(t, 64)
		if err != nil || math.IsInf(v, 0) {
			return nil, fmt.Errorf("%q is not a number", t)
		}
		return &expression{op: "number", text: t, at: v}, nil
	case !unicode.IsLetter(first) && first != '.' && first != '_':
		if t == "" {
			return nil, fmt.Errorf("it ends where a term is expected")
		}
		return nil, fmt.Errorf("%q where a term is expected", t)
	case !p.take("("):
		return &expression{op: "column", text: t, name: t}, nil
	case t == "factor" || t == "as.factor":
		a, err := p.closed()
		if err == nil && a.op != "column" {
			err = Unsupported("%s(%s): a factor is made of a column", t, a.text)
		}
		if err != nil {
			return nil, err
		}
		return &expression{op: "factor", text: t + "(" + a.text + ")", name: a.name}, nil
	case t != "I" && functions[t] == nil:
		return nil, Unsupported("the function %s: %s", t, allowedFunctions)
	default:
		a, err := p.closed()
		if err != nil {
			return nil, err
		}
		return &expression{op: t, text: t + "(" + a.text + ")", args: []*expression{a}}, nil
	}
}

func (p *expressionParser) closed() (*expression, error) {
	a, err := p.binary(0)
	if err == nil && !p.take(")") {
		err = fmt.Errorf("a closing bracket is missing")
	}
	return a, err
}

// values works an expression out for every row; NaN where a cell is missing or
// the function has no value, which R leaves out, too.
func (e *expression) values(f *Frame) ([]float64, error) {
	out := make([]float64, f.Rows)
	switch e.op {
	case "number":
		for i := range out {
			out[i] = e.at
		}
		return out, nil
	case "column":
		x, missing, err := f.Floats(f.Resolve(e.name))
		if err != nil {
			return nil, err
		}
		copy(out, x)
		for i, m := range missing {
			if m {
				out[i] = math.NaN()
			}
		}
		return out, nil
	}
	var args [][]float64
	for _, a := range e.args {
		x, err := a.values(f)
		if err != nil {
			return nil, err
		}
		args = append(args, x)
	}
	for i := range out {
		b := 0.0
		if len(args) > 1 {
			b = args[1][i]
		}
		out[i] = e.apply(args[0][i], b)
	}
	return out, nil
}

func (e *expression) apply(a, b float64) float64 {
	if fn := functions[e.op]; fn != nil {
		return fn(a)
	}
	switch e.op {
	case "minus":
		return -a
	case "+":
		return a + b
	case "-":
		return a - b
	case "*":
		return a * b
	case "/":
		return a / b
	case "^":
		return math.Pow(a, b)
	case "I", "(":
		return a
	}
	if math.IsNaN(a) || math.IsNaN(b) {
		return math.NaN()
	}
	if map[string]bool{"<": a < b, ">": a > b, "<=": a <= b, ">=": a >= b, "==": a == b, "!=": a != b}[e.op] {
		return 1
	}
	return 0
}

// condition reports whether an expression is true or false.
func (e *expression) condition() bool {
	for e.op == "I" || e.op == "(" {
		e = e.args[0]
	}
	return slices.Contains(levels[0], e.op)
}

// derive adds a column that is worked out: numbers, or TRUE and FALSE.
func (f *Frame) derive(name string, e *expression) error {
	x, err := e.values(f)
	if err != nil {
		return err
	}
	text := make([]string, len(x))
	for i, v := range x {
		switch {
		case math.IsNaN(v):
		case math.IsInf(v, 0):
			return refuse("not_finite", "%s is not finite in row %d", name, i+1)
		case e.condition():
			text[i] = strings.ToUpper(strconv.FormatBool(v == 1))
		default:
			text[i] = strconv.FormatFloat(v, 'g', -1, 64)
		}
	}
	f.cols[name] = text
	f.made = append(f.made, name)
	return nil
}
