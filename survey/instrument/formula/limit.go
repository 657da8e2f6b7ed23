package formula

import (
	"strconv"
	"strings"
	"time"

	"gongping/survey/instrument"
)

// Limit reads a constraint on the answer itself (the dot) into the range of an
// item, and an idiom for options that are chosen alone into its options. The
// item is changed only where the whole constraint is understood.
func Limit(n *Node, it *instrument.Item) error {
	r := instrument.Range{}
	if it.Range != nil {
		r = *it.Range
	}
	alone := map[string]bool{}
	if err := limit(n, it, &r, alone); err != nil {
		return err
	}
	for i := range it.Options {
		if alone[it.Options[i].Code] {
			it.Options[i].Exclusive = true
		}
	}
	if r != (instrument.Range{}) {
		it.Range = &r
	}
	return nil
}

func limit(n *Node, it *instrument.Item, r *instrument.Range, alone map[string]bool) error {
	if code := exclusive(n); code != "" && it.Kind == instrument.Multiple {
		if !instrument.Reason(code) && it.Option(code) == nil {
			return fault("option", code)
		}
		alone[code] = true
		return nil
	}
	switch n.Op {
	case "and":
		for _, a := range n.Args {
			if err := limit(a, it, r, alone); err != nil {
				return err
			}
		}
		return nil
	case "call":
		if n.Text == "between" && len(n.Args) == 3 {
			for i, op := range []string{">=", "<="} {
				if err := limit(&Node{Op: op, Args: []*Node{n.Args[0], n.Args[i+1]}}, it, r, alone); err != nil {
					return err
				}
			}
			return nil
		}
	case "<", "<=", ">", ">=", "=":
		return bound(n, it, r)
	}
	return fault("range", n.Text)
}

// exclusive reads not(selected(., 'x') and count-selected(.) > 1).
func exclusive(n *Node) string {
	if n.Op != "not" || n.Args[0].Op != "and" || len(n.Args[0].Args) != 2 {
		return ""
	}
	a, b := n.Args[0].Args[0], n.Args[0].Args[1]
	if a.Op != "call" {
		a, b = b, a
	}
	if a.Op != "call" || a.Text != "selected" || len(a.Args) != 2 || a.Args[0].Op != "self" || a.Args[1].Op != "text" {
		return ""
	}
	if len(b.Args) != 2 || b.Args[0].Op != "call" || b.Args[0].Text != "count-selected" || b.Args[1].Op != "number" {
		return ""
	}
	if b.Op == ">" && b.Args[1].Text == "1" || b.Op == ">=" && b.Args[1].Text == "2" {
		return a.Args[1].Text
	}
	return ""
}

func bound(n *Node, it *instrument.Item, r *instrument.Range) error {
	left, right, op := n.Args[0], n.Args[1], n.Op
	if _, ok := literal(left); ok {
		left, right, op = right, left, swapped[op]
	}
	v, ok := literal(right)
	if !ok {
		return fault("constant", right.Text)
	}
	if left.Op == "call" && len(left.Args) == 1 && left.Args[0].Op == "self" {
		return count(left.Text, op, v, it, r)
	}
	if left.Op != "self" {
		return fault("other", left.Text)
	}
	set := func(low bool, v string) {
		if low && (r.Min == "" || below(r.Min, v)) {
			r.Min = v
		}
		if !low && (r.Max == "" || below(v, r.Max)) {
			r.Max = v
		}
	}
	switch it.Kind {
	case instrument.Number:
		c, ok := instrument.CanonicalNumber(v)
		if !ok {
			return fault("number", v)
		}
		switch op {
		case ">":
			c = step(c, r.Decimals, 1)
		case "<":
			c = step(c, r.Decimals, -1)
		}
		if op != "<" && op != "<=" {
			set(true, c)
		}
		if op != ">" && op != ">=" {
			set(false, c)
		}
		return nil
	case instrument.Date:
		d, err := time.Parse(time.DateOnly, v)
		if err != nil {
			return fault("date", v)
		}
		switch op {
		case ">":
			d = d.AddDate(0, 0, 1)
		case "<":
			d = d.AddDate(0, 0, -1)
		}
		s := d.Format(time.DateOnly)
		if op != "<" && op != "<=" {
			set(true, s)
		}
		if op != ">" && op != ">=" {
			set(false, s)
		}
		return nil
	}
	return fault("kind", it.Kind)
}

// below compares two canonical numbers or two dates.
func below(a, b string) bool {
	if len(a) == 10 && strings.Count(a, "-") == 2 {
		return a < b
	}
	return constant("<", a, b)
}

// step moves a number by the smallest step that its places allow.
func step(v string, decimals, by int) string {
	sign := "0." + strings.Repeat("0", max(decimals-1, 0)) + "1"
	if decimals == 0 {
		sign = "1"
	}
	x, _ := strconv.ParseFloat(v, 64)
	d, _ := strconv.ParseFloat(sign, 64)
	c, _ := instrument.CanonicalNumber(strconv.FormatFloat(x+float64(float64(by)*d), 'f', decimals, 64))
	return c
}

// count reads limits on the length of a text or the number of choices.
func count(what, op, v string, it *instrument.Item, r *instrument.Range) error {
	n, err := strconv.Atoi(v)
	if err != nil || n < 0 || n > 1_000_000 {
		return fault("number", v)
	}
	low, high := -1, -1
	switch op {
	case ">":
		low = n + 1
	case ">=":
		low = n
	case "<":
		high = n - 1
	case "<=":
		high = n
	default:
		low, high = n, n
	}
	switch {
	case what == "string-length" && it.Kind == instrument.Text:
		if low > instrument.MaxText || high == 0 || high > instrument.MaxText {
			return fault("length", instrument.MaxText)
		}
		if low >= 0 {
			r.MinLength = low
		}
		if high > 0 {
			r.MaxLength = high
		}
		return nil
	case what == "count-selected" && it.Kind == instrument.Multiple:
		if low > len(it.Options) || high == 0 {
			return fault("few", len(it.Options))
		}
		if low >= 0 {
			r.MinChoices = low
		}
		if high > 0 {
			r.MaxChoices = min(high, len(it.Options))
		}
		return nil
	}
	return fault("function", what+"()")
}
