// Package formula reads and writes the expressions of questionnaires in
// exchange formats: skip rules, constraints and filters of choices. XLSForm
// writes ${age} >= 18 and selected(${x}, 'a'), LimeSurvey Q1.NAOK == "A1".
package formula

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Node is an expression. Op is "or", "and", "not", one of = != < <= > >= + - *
// div mod, "call" (Text is the function), "ref" (a question), "name" (a bare
// word), "self" (the dot), "text" or "number".
type Node struct {
	Op   string
	Text string
	Args []*Node
}

// maxDepth and maxLength bound what is read.
const (
	maxDepth  = 40
	maxLength = 20_000
)

// Parse reads an expression. Errors say where it stops making sense.
func Parse(src string) (*Node, error) {
	if len(src) > maxLength {
		return nil, fault("syntax", "> "+strconv.Itoa(maxLength))
	}
	p := &parser{src: src}
	p.next()
	n := p.or(0)
	if p.err == nil && p.tok != "" {
		p.fail("unexpected %q", p.text)
	}
	return n, p.err
}

type parser struct {
	src  string
	at   int
	tok  string // "" at the end; "text", "number", "ref", "name", or the sign itself
	text string
	err  error
}

func (p *parser) fail(format string, args ...any) {
	if p.err == nil {
		p.err = fmt.Errorf(format, args...)
	}
	p.tok, p.text, p.at = "", "", len(p.src)
}

var signs = []string{"==", "!=", "<=", ">=", "&&", "||", "=", "<", ">", "(", ")", ",", "+", "*", "-", "!", "/"}

func (p *parser) next() {
	p.src = p.src[p.at:]
	p.src = strings.TrimLeft(p.src, " \t\r\n\u00a0\u3000")
	p.at = 0
	if p.src == "" {
		p.tok, p.text = "", ""
		return
	}
	c := p.src[0]
	switch {
	case c == '\'' || c == '"':
		p.quoted(string(c))
		return
	case strings.HasPrefix(p.src, "‘"), strings.HasPrefix(p.src, "’"):
		p.quoted("’")
		return
	case strings.HasPrefix(p.src, "“"), strings.HasPrefix(p.src, "”"):
		p.quoted("”")
		return
	case strings.HasPrefix(p.src, "${"):
		end := strings.IndexByte(p.src, '}')
		if end < 0 {
			p.fail("${ without }")
			return
		}
		p.tok, p.text, p.at = "ref", strings.TrimSpace(p.src[2:end]), end+1
		return
	case c >= '0' && c <= '9' || c == '.' && len(p.src) > 1 && p.src[1] >= '0' && p.src[1] <= '9':
		i := 1
		for i < len(p.src) && (p.src[i] >= '0' && p.src[i] <= '9' || p.src[i] == '.') {
			i++
		}
		p.tok, p.text, p.at = "number", p.src[:i], i
		return
	case c == '.':
		p.tok, p.text, p.at = "self", ".", 1
		return
	}
	for _, s := range signs {
		if strings.HasPrefix(p.src, s) {
			p.tok, p.text, p.at = s, s, len(s)
			switch s {
			case "==":
				p.tok = "="
			case "&&":
				p.tok = "and"
			case "||":
				p.tok = "or"
			}
			return
		}
	}
	i := 0
	for i < len(p.src) {
		r, n := utf8.DecodeRuneInString(p.src[i:])
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) && r != '_' && r != '-' && r != '.' && r != ':' {
			break
		}
		i += n
	}
	if i == 0 {
		p.fail("unexpected %q", p.src[:1])
		return
	}
	p.tok, p.text, p.at = "name", p.src[:i], i
	switch strings.ToLower(p.text) {
	case "and", "or", "div", "mod":
		p.tok = strings.ToLower(p.text)
	}
}

func (p *parser) quoted(end string) {
	_, n := utf8.DecodeRuneInString(p.src)
	i := strings.Index(p.src[n:], end)
	if i < 0 {
		p.fail("a quote that does not end")
		return
	}
	p.tok, p.text, p.at = "text", p.src[n:n+i], n+i+len(end)
}

// chain reads operands joined by the same operator.
func (p *parser) chain(op string, depth int, operand func(int) *Node) *Node {
	n := operand(depth)
	if p.tok != op {
		return n
	}
	list := []*Node{n}
	for p.tok == op {
		p.next()
		list = append(list, operand(depth))
	}
	return &Node{Op: op, Args: list}
}

func (p *parser) or(depth int) *Node {
	if depth > maxDepth {
		p.fail("nested too deeply")
		return &Node{Op: "text"}
	}
	return p.chain("or", depth, func(d int) *Node { return p.chain("and", d, p.compare) })
}

func (p *parser) compare(depth int) *Node {
	n := p.sum(depth)
	for p.tok == "=" || p.tok == "!=" || p.tok == "<" || p.tok == "<=" || p.tok == ">" || p.tok == ">=" {
		op := p.tok
		p.next()
		n = &Node{Op: op, Args: []*Node{n, p.sum(depth)}}
	}
	return n
}

func (p *parser) sum(depth int) *Node {
	n := p.operand(depth)
	for p.tok == "+" || p.tok == "-" || p.tok == "*" || p.tok == "/" || p.tok == "div" || p.tok == "mod" {
		op := p.tok
		p.next()
		n = &Node{Op: op, Args: []*Node{n, p.operand(depth)}}
	}
	return n
}

func (p *parser) operand(depth int) *Node {
	if depth > maxDepth {
		p.fail("nested too deeply")
		return &Node{Op: "text"}
	}
	tok, text := p.tok, p.text
	switch tok {
	case "":
		p.fail("it ends too early")
		return &Node{Op: "text"}
	case "(":
		p.next()
		n := p.or(depth + 1)
		p.expect(")")
		return n
	case "!":
		p.next()
		return &Node{Op: "not", Args: []*Node{p.operand(depth + 1)}}
	case "-":
		p.next()
		n := p.operand(depth + 1)
		if n.Op == "number" && !strings.HasPrefix(n.Text, "-") {
			return &Node{Op: "number", Text: "-" + n.Text}
		}
		return &Node{Op: "-", Args: []*Node{n}}
	case "text", "number", "ref", "self":
		p.next()
		return &Node{Op: tok, Text: text}
	case "name":
		p.next()
		if p.tok != "(" {
			return &Node{Op: "name", Text: text}
		}
		return p.call(text, depth)
	}
	p.fail("unexpected %q", text)
	return &Node{Op: "text"}
}

func (p *parser) call(name string, depth int) *Node {
	n := &Node{Op: "call", Text: strings.ToLower(name)}
	p.next()
	for p.tok != ")" && p.err == nil {
		n.Args = append(n.Args, p.or(depth+1))
		if p.tok == "," {
			p.next()
		} else if p.tok != ")" {
			p.fail("%s( is not closed", name)
		}
	}
	p.expect(")")
	if n.Text == "not" && len(n.Args) == 1 {
		n.Op = "not"
	}
	return n
}

func (p *parser) expect(tok string) {
	if p.tok != tok {
		p.fail("%q is missing", tok)
		return
	}
	p.next()
}
