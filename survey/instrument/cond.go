package instrument

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// Op is how a condition looks at an answer.
type Op string

// The operators of a condition. All but Answered are false for an answer that
// is missing, and comparisons also for "don't know" and "prefer not to say".
const (
	In       Op = ""    // the answer is one of In
	Has      Op = "has" // a multiple choice holds one of In
	Less     Op = "lt"  // a number, grade or date below Value
	AtMost   Op = "le"
	More     Op = "gt"
	AtLeast  Op = "ge"
	Answered Op = "answered" // there is an answer, be it "don't know" or "prefer not to say"
)

// Cond is a condition over earlier answers. It is one of: a test of one Item
// by Op, All of some conditions, Any of some, or Not one.
type Cond struct {
	Item  string   `json:"item,omitempty"`
	In    []string `json:"in,omitempty"`
	Op    Op       `json:"op,omitempty"`
	Value string   `json:"value,omitempty"` // of a comparison, in the encoding of the item's kind
	All   []Cond   `json:"all,omitempty"`
	Any   []Cond   `json:"any,omitempty"`
	Not   *Cond    `json:"not,omitempty"`
}

// MarshalJSON writes a plain test as {"item","in"}, with both fields always
// there: questionnaires that were stored before there were other conditions
// keep their bytes and so their digests.
func (c Cond) MarshalJSON() ([]byte, error) {
	if c.Op == In && c.Value == "" && c.All == nil && c.Any == nil && c.Not == nil {
		return json.Marshal(struct {
			Item string   `json:"item"`
			In   []string `json:"in"`
		}{c.Item, c.In})
	}
	type plain Cond
	return json.Marshal(plain(c))
}

// Holds tells whether the condition holds for the answers so far. A nil
// condition holds.
func (c *Cond) Holds(a Answers) bool {
	switch {
	case c == nil:
		return true
	case c.All != nil:
		for i := range c.All {
			if !c.All[i].Holds(a) {
				return false
			}
		}
		return true
	case c.Any != nil:
		for i := range c.Any {
			if c.Any[i].Holds(a) {
				return true
			}
		}
		return false
	case c.Not != nil:
		return !c.Not.Holds(a)
	}
	return c.test(a)
}

func (c *Cond) test(a Answers) bool {
	v, given := a[c.Item]
	switch c.Op {
	case In:
		return given && slices.Contains(c.In, v)
	case Has:
		return slices.ContainsFunc(strings.Fields(v), func(code string) bool { return slices.Contains(c.In, code) })
	case Answered:
		return given
	}
	if !given || Reason(v) {
		return false
	}
	n, ok := compare(v, c.Value)
	if !ok {
		return false
	}
	switch c.Op {
	case Less:
		return n < 0
	case AtMost:
		return n <= 0
	case More:
		return n > 0
	case AtLeast:
		return n >= 0
	}
	return false
}

// compare orders two dates or two numbers.
func compare(a, b string) (int, bool) {
	if isDate(b) {
		return strings.Compare(a, b), isDate(a)
	}
	y, err := parseNumber(b)
	if err != nil {
		return 0, false
	}
	x, err := parseNumber(a)
	if err != nil {
		return 0, false
	}
	switch {
	case x < y:
		return -1, true
	case x > y:
		return 1, true
	}
	return 0, true
}

// Items lists the items a condition looks at, in order of appearance.
func (c *Cond) Items() []string {
	if c == nil {
		return nil
	}
	var out []string
	add := func(c *Cond) {
		for _, id := range c.Items() {
			if !slices.Contains(out, id) {
				out = append(out, id)
			}
		}
	}
	for i := range c.All {
		add(&c.All[i])
	}
	for i := range c.Any {
		add(&c.Any[i])
	}
	if c.Not != nil {
		add(c.Not)
	}
	if c.Item != "" && !slices.Contains(out, c.Item) {
		out = append(out, c.Item)
	}
	return out
}

// Both is the condition that two conditions hold, either of which may be nil.
func Both(a, b *Cond) *Cond {
	switch {
	case a == nil:
		return b
	case b == nil:
		return a
	}
	all := []Cond{*a}
	if a.All != nil {
		all = slices.Clone(a.All)
	}
	if b.All != nil {
		all = append(all, b.All...)
	} else {
		all = append(all, *b)
	}
	return &Cond{All: all}
}

// The limits on conditions: nobody could read a larger one.
const (
	maxDepth = 12
	maxParts = 200
)

// check tells what is wrong with a condition over the items seen so far; ""
// where nothing is.
func (c *Cond) check(seen map[string]*Item, depth int, parts *int) (where, found, want string) {
	if *parts++; depth > maxDepth || *parts > maxParts {
		return "", "a condition of more than 200 parts or 12 levels", "a shorter one"
	}
	forms := 0
	for _, is := range []bool{c.Item != "" || c.In != nil || c.Op != "" || c.Value != "", c.All != nil, c.Any != nil, c.Not != nil} {
		if is {
			forms++
		}
	}
	if forms > 1 {
		return "", "several forms of a condition in one", "one of item, all, any and not"
	}
	group := func(name string, list []Cond) (string, string, string) {
		if len(list) == 0 {
			return "." + name, "none", "at least one condition"
		}
		for i := range list {
			if w, f, want := list[i].check(seen, depth+1, parts); want != "" {
				return fmt.Sprintf(".%s[%d]%s", name, i, w), f, want
			}
		}
		return "", "", ""
	}
	switch {
	case c.All != nil:
		return group("all", c.All)
	case c.Any != nil:
		return group("any", c.Any)
	case c.Not != nil:
		w, f, want := c.Not.check(seen, depth+1, parts)
		return ".not" + w, f, want
	}
	return c.checkTest(seen)
}

func (c *Cond) checkTest(seen map[string]*Item) (where, found, want string) {
	it, ok := seen[c.Item]
	if !ok {
		return ".item", c.Item, "the id of an earlier item"
	}
	switch c.Op {
	case In:
		if it.Kind == Multiple {
			return ".op", string(c.Op), "has, because the item is a multiple choice"
		}
		if c.Value != "" {
			return ".value", c.Value, "nothing beside in"
		}
	case Has:
		if it.Kind != Multiple {
			return ".op", string(c.Op), "a multiple choice for has"
		}
	case Answered:
	case Less, AtMost, More, AtLeast:
		switch it.Kind {
		case Date:
			if !isDate(c.Value) {
				return ".value", c.Value, "a date such as 2026-03-05"
			}
		case Number, Grade5:
			if !canonicalNumber(c.Value) {
				return ".value", c.Value, "a number"
			}
		default:
			return ".op", string(c.Op), "a number, date or five-grade item to compare"
		}
	default:
		return ".op", string(c.Op), "has, lt, le, gt, ge, answered or nothing"
	}
	return "", "", ""
}
