package analyze

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"
)

// operators in the order in which they are looked for.
var operators = []string{"!=", "<=", ">=", "==", "=", "<", ">", " in "}

// where reads a filter: one condition or a list, all of which must hold.
func (r *reader) where(dst *[]Condition, s *Spec) func(*yaml.Node, string) {
	return func(n *yaml.Node, path string) {
		var list []string
		r.texts(&list)(n, path)
		for _, t := range list {
			c, ok := parseCondition(t)
			if !ok {
				r.fault(n.Line, path, t, "column = value, !=, <, <=, >, >=, or column in a, b", `write for example "q19b = 1"; an empty value means missing`)
				continue
			}
			s.use(n.Line, path, c.Column)
			*dst = append(*dst, c)
		}
	}
}

func parseCondition(t string) (Condition, bool) {
	at, op := -1, ""
	for _, o := range operators {
		if i := strings.Index(t, o); i > 0 && (at < 0 || i < at) {
			at, op = i, o
		}
	}
	if at < 0 {
		return Condition{}, false
	}
	c := Condition{Column: strings.TrimSpace(t[:at]), Op: strings.TrimSpace(op), text: t}
	rest := t[at+len(op):]
	if c.Op == "==" { // what a programmer writes
		c.Op = "="
	}
	if c.Op == "in" {
		for v := range strings.SplitSeq(rest, ",") {
			c.Values = append(c.Values, unquote(v))
		}
	} else {
		c.Values = []string{unquote(rest)}
	}
	if _, err := strconv.ParseFloat(c.Values[0], 64); err != nil && strings.ContainsAny(c.Op, "<>") {
		return c, false
	}
	return c, c.Column != ""
}

func unquote(v string) string {
	v = strings.TrimSpace(v)
	if len(v) >= 2 && (v[0] == '"' || v[0] == '\'') && v[len(v)-1] == v[0] {
		return v[1 : len(v)-1]
	}
	return v
}

// holds reports whether a value meets the condition. Values are compared as
// they stand for = and in, as numbers for < and >.
func (c Condition) holds(value string) bool {
	switch c.Op {
	case "=", "in":
		return slices.Contains(c.Values, value)
	case "!=":
		return value != c.Values[0]
	}
	v, err := strconv.ParseFloat(value, 64)
	limit, _ := strconv.ParseFloat(c.Values[0], 64)
	if err != nil {
		return false
	}
	switch c.Op {
	case "<":
		return v < limit
	case "<=":
		return v <= limit
	case ">":
		return v > limit
	}
	return v >= limit
}

// mask is the domain of conditions: nil for none.
func (f *frame) mask(conditions ...[]Condition) ([]bool, error) {
	var out []bool
	for _, list := range conditions {
		for _, c := range list {
			col := f.columns[c.Column]
			yes := make([]bool, len(col.levels))
			for l, v := range col.levels {
				yes[l] = c.holds(v)
			}
			empty := c.holds("")
			if out == nil {
				out = make([]bool, f.rows)
				for i := range out {
					out[i] = true
				}
			}
			any := false
			for i, l := range col.codes {
				ok := l >= 0 && yes[l] || l < 0 && empty
				out[i] = out[i] && ok
				any = any || ok
			}
			if !any {
				return nil, fieldFault("where", c.text, fmt.Sprintf("a condition that some row meets; %s holds %s", c.Column, col.sample()), "correct the value")
			}
		}
	}
	return out, nil
}
