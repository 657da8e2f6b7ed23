package formula

import (
	"slices"
	"strconv"
	"strings"

	"gongping/survey/instrument"
)

// Resolve finds what a name in an expression stands for: an item, and for a
// part of a multiple choice (LimeSurvey's subquestions) the code of the option.
type Resolve func(name string) (item *instrument.Item, code string)

// Read parses an expression and turns it into a condition, which is nil with an
// error, and nil for always.
func Read(src string, find Resolve) (*instrument.Cond, error) {
	n, err := Parse(src)
	if err != nil {
		return nil, err
	}
	return Cond(n, find)
}

// Cond turns an expression into a condition of the model; nil means always.
// The error says which part the model cannot hold.
func Cond(n *Node, find Resolve) (*instrument.Cond, error) {
	c, always, err := cond(n, find)
	if err != nil || c == nil && always {
		return nil, err
	}
	if c == nil {
		return nil, fault("never", "")
	}
	return c, nil
}

// cond returns a condition, or nil and whether it always holds.
func cond(n *Node, find Resolve) (c *instrument.Cond, always bool, err error) {
	switch n.Op {
	case "and", "or":
		var list []instrument.Cond
		for _, a := range n.Args {
			c, always, err := cond(a, find)
			switch {
			case err != nil:
				return nil, false, err
			case c != nil:
				list = append(list, *c)
			case always == (n.Op == "or"): // one part settles it
				return nil, always, nil
			}
		}
		switch {
		case len(list) == 0:
			return nil, n.Op == "and", nil
		case len(list) == 1:
			return &list[0], false, nil
		case n.Op == "and":
			return &instrument.Cond{All: list}, false, nil
		}
		return merge(list), false, nil
	case "not":
		c, always, err := cond(n.Args[0], find)
		if c == nil || err != nil {
			return nil, !always, err
		}
		if c.Not != nil {
			return c.Not, false, nil
		}
		return &instrument.Cond{Not: c}, false, nil
	case "=", "!=", "<", "<=", ">", ">=":
		return comparison(n, find)
	case "call":
		return call(n, find)
	case "number":
		return nil, n.Text != "0", nil
	case "ref", "name":
		return nil, false, fault("alone", n.Text)
	}
	return nil, false, fault("alone", n.Text)
}

// merge writes "x is a or x is b" as one test.
func merge(list []instrument.Cond) *instrument.Cond {
	first := list[0]
	plain := func(c instrument.Cond) bool {
		return c.Item == first.Item && c.Item != "" && c.Op == first.Op && (c.Op == instrument.In || c.Op == instrument.Has) && c.Value == ""
	}
	out := instrument.Cond{Item: first.Item, Op: first.Op}
	for _, c := range list {
		if !plain(c) {
			return &instrument.Cond{Any: list}
		}
		for _, v := range c.In {
			if !slices.Contains(out.In, v) {
				out.In = append(out.In, v)
			}
		}
	}
	return &out
}

func call(n *Node, find Resolve) (*instrument.Cond, bool, error) {
	switch {
	case n.Text == "true" && len(n.Args) == 0:
		return nil, true, nil
	case n.Text == "false" && len(n.Args) == 0:
		return nil, false, nil
	case n.Text == "selected" && len(n.Args) == 2:
		code, ok := literal(n.Args[1])
		it, _, err := item(n.Args[0], find)
		if err != nil {
			return nil, false, err
		}
		if !ok {
			return nil, false, fault("quotes", "selected()")
		}
		return is(it, code), false, nil
	case (n.Text == "is_empty" || n.Text == "empty") && len(n.Args) == 1:
		it, _, err := item(n.Args[0], find)
		if err != nil {
			return nil, false, err
		}
		return &instrument.Cond{Not: &instrument.Cond{Item: it.ID, Op: instrument.Answered}}, false, nil
	case n.Text == "boolean" && len(n.Args) == 1:
		return cond(n.Args[0], find)
	}
	return nil, false, fault("function", n.Text+"()")
}

// is tests that an answer is, or for a multiple choice holds, a code.
func is(it *instrument.Item, code string) *instrument.Cond {
	c := &instrument.Cond{Item: it.ID, In: []string{code}}
	if it.Kind == instrument.Multiple {
		c.Op = instrument.Has
	}
	if it.Kind == instrument.Number {
		if v, ok := instrument.CanonicalNumber(code); ok {
			c.In[0] = v
		}
	}
	return c
}

func item(n *Node, find Resolve) (*instrument.Item, string, error) {
	if n.Op != "ref" && n.Op != "name" && n.Op != "self" {
		if n.Op == "call" && (n.Text == "int" || n.Text == "number" || n.Text == "string" || n.Text == "intval") && len(n.Args) == 1 {
			return item(n.Args[0], find)
		}
		return nil, "", fault("calculation", n.Text)
	}
	it, code := find(n.Text)
	if it == nil {
		return nil, "", fault("unknown", n.Text)
	}
	return it, code, nil
}

// literal is the text of a constant.
func literal(n *Node) (string, bool) {
	switch {
	case n.Op == "text" || n.Op == "number":
		return n.Text, true
	case n.Op == "call" && (n.Text == "date" || n.Text == "string" || n.Text == "number") && len(n.Args) == 1:
		return literal(n.Args[0])
	}
	return "", false
}

var swapped = map[string]string{"=": "=", "!=": "!=", "<": ">", "<=": ">=", ">": "<", ">=": "<="}

func comparison(n *Node, find Resolve) (*instrument.Cond, bool, error) {
	left, right, op := n.Args[0], n.Args[1], n.Op
	l, lok := literal(left)
	r, rok := literal(right)
	if lok && rok { // both are constants
		return nil, constant(op, l, r), nil
	}
	if lok {
		left, r, rok, op = right, l, true, swapped[op]
	}
	it, code, err := item(left, find)
	if err != nil {
		return nil, false, err
	}
	if !rok {
		return nil, false, fault("two", it.ID)
	}
	if code != "" { // LimeSurvey: Q1_SQ001 == "Y"
		c := is(it, code)
		if (op == "=") == (r == "Y") {
			return c, false, nil
		}
		return &instrument.Cond{Not: c}, false, nil
	}
	answered := &instrument.Cond{Item: it.ID, Op: instrument.Answered}
	switch {
	case op == "=" && r == "":
		return &instrument.Cond{Not: answered}, false, nil
	case op == "!=" && r == "":
		return answered, false, nil
	case op == "=":
		return is(it, r), false, nil
	case op == "!=":
		return &instrument.Cond{Not: is(it, r)}, false, nil
	}
	c, err := ordered(it, op, r)
	return c, false, err
}

var ops = map[string]instrument.Op{"<": instrument.Less, "<=": instrument.AtMost, ">": instrument.More, ">=": instrument.AtLeast}

// ordered compares by size. A single choice with numbers for codes is compared
// by listing the codes that fit.
func ordered(it *instrument.Item, op, value string) (*instrument.Cond, error) {
	v, isNumber := instrument.CanonicalNumber(value)
	switch {
	case it.Kind == instrument.Date && len(value) == 10:
		return &instrument.Cond{Item: it.ID, Op: ops[op], Value: value}, nil
	case (it.Kind == instrument.Number || it.Kind == instrument.Grade5) && isNumber:
		return &instrument.Cond{Item: it.ID, Op: ops[op], Value: v}, nil
	case it.Kind == instrument.Single && isNumber:
		c := &instrument.Cond{Item: it.ID}
		for _, o := range it.Options {
			if _, ok := instrument.CanonicalNumber(o.Code); ok && constant(op, o.Code, value) {
				c.In = append(c.In, o.Code)
			}
		}
		if len(c.In) > 0 {
			return c, nil
		}
	}
	return nil, fault("order", it.ID+" "+op+" "+value)
}

// constant compares two constants, as numbers where both are.
func constant(op, l, r string) bool {
	n := strings.Compare(l, r)
	x, errX := strconv.ParseFloat(l, 64)
	y, errY := strconv.ParseFloat(r, 64)
	if errX == nil && errY == nil {
		switch {
		case x < y:
			n = -1
		case x > y:
			n = 1
		default:
			n = 0
		}
	}
	switch op {
	case "=":
		return n == 0
	case "!=":
		return n != 0
	case "<":
		return n < 0
	case "<=":
		return n <= 0
	case ">":
		return n > 0
	}
	return n >= 0
}

// With returns a copy in which bare words are replaced by constants; a choice
// filter names the columns of the choices so.
func (n *Node) With(value func(name string) (string, bool)) *Node {
	if n.Op == "name" {
		if v, ok := value(n.Text); ok {
			return &Node{Op: "text", Text: v}
		}
		return n
	}
	out := &Node{Op: n.Op, Text: n.Text, Args: make([]*Node, len(n.Args))}
	for i, a := range n.Args {
		out.Args[i] = a.With(value)
	}
	return out
}
