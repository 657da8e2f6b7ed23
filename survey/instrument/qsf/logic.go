package qsf

import (
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"gongping/survey/instrument"
	"gongping/survey/instrument/exchange"
)

var locator = regexp.MustCompile(`q://(QID[^/]+)/(SelectableChoice|ChoiceNumericEntryValue|ChoiceTextEntryValue|SelectedChoicesCount)/?([^/]*)`)

// logic reads display logic: groups "0", "1" … of expressions "0", "1" …,
// joined by And or Or in the order in which they stand.
func (r *reader) logic(raw json.RawMessage, at exchange.Place) *instrument.Cond {
	s := strings.TrimSpace(string(raw))
	if s == "" || s == "null" || s == "[]" || s == "{}" || s == "false" {
		return nil
	}
	var top map[string]json.RawMessage
	if json.Unmarshal(raw, &top) != nil {
		r.rep.Add(exchange.Lost, at, "relevant", s, "Why", "syntax", "What", "DisplayLogic")
		return nil
	}
	var out *instrument.Cond
	for _, k := range keys(top) {
		var group map[string]json.RawMessage
		if json.Unmarshal(top[k], &group) != nil {
			continue
		}
		var c *instrument.Cond
		for _, e := range keys(group) {
			var x map[string]any
			if json.Unmarshal(group[e], &x) != nil {
				continue
			}
			test, why, what := r.test(x)
			if why != "" {
				r.rep.Add(exchange.Lost, at, "relevant", string(group[e]), "Why", why, "What", what)
				return nil
			}
			word := strings.ToLower(fmt.Sprint(x["Conjuction"], x["Conjunction"]))
			c = joined(c, test, strings.Contains(word, "or"))
		}
		var typ string
		_ = json.Unmarshal(group["Type"], &typ)
		if c != nil {
			out = joined(out, c, typ == "ElseIf" || typ == "OrIf" || strings.EqualFold(typ, "Or"))
		}
	}
	return out
}

func keys(m map[string]json.RawMessage) []string {
	var out []string
	for _, k := range slices.SortedFunc(maps.Keys(m), numeric) {
		if k != "" && k[0] >= '0' && k[0] <= '9' {
			out = append(out, k)
		}
	}
	return out
}

func joined(a, b *instrument.Cond, or bool) *instrument.Cond {
	switch {
	case a == nil:
		return b
	case !or:
		return instrument.Both(a, b)
	case a.Any != nil:
		a.Any = append(a.Any, *b)
		return a
	}
	return &instrument.Cond{Any: []instrument.Cond{*a, *b}}
}

// test reads one expression.
func (r *reader) test(x map[string]any) (c *instrument.Cond, why, what string) {
	if t := fmt.Sprint(x["LogicType"]); t != "Question" {
		return nil, "unknown", t
	}
	m := locator.FindStringSubmatch(fmt.Sprint(x["ChoiceLocator"]))
	if m == nil {
		if m = locator.FindStringSubmatch(fmt.Sprint(x["LeftOperand"])); m == nil {
			return nil, "unknown", fmt.Sprint(x["ChoiceLocator"])
		}
	}
	it := r.q.Item(r.item[m[1]])
	if it == nil {
		return nil, "unknown", m[1]
	}
	op := fmt.Sprint(x["Operator"])
	value, _ := instrument.CanonicalNumber(fmt.Sprint(x["RightOperand"]))
	switch m[2] {
	case "SelectableChoice":
		code := r.codes[m[1]][m[3]]
		if code == "" {
			return nil, "option", m[3]
		}
		c = &instrument.Cond{Item: it.ID, In: []string{code}}
		if it.Kind == instrument.Multiple {
			c.Op = instrument.Has
		}
		switch op {
		case "Selected":
			return c, "", ""
		case "NotSelected":
			return &instrument.Cond{Not: c}, "", ""
		}
	case "ChoiceNumericEntryValue", "ChoiceTextEntryValue":
		if o := map[string]instrument.Op{"GreaterThan": instrument.More, "GreaterThanOrEqual": instrument.AtLeast, "LessThan": instrument.Less,
			"LessThanOrEqual": instrument.AtMost}[op]; o != "" && it.Kind == instrument.Number && value != "" {
			return &instrument.Cond{Item: it.ID, Op: o, Value: value}, "", ""
		}
		answered := &instrument.Cond{Item: it.ID, Op: instrument.Answered}
		switch op {
		case "Empty":
			return &instrument.Cond{Not: answered}, "", ""
		case "NotEmpty":
			return answered, "", ""
		case "EqualTo":
			if it.Kind == instrument.Number && value != "" {
				return &instrument.Cond{Item: it.ID, In: []string{value}}, "", ""
			}
		}
	}
	return nil, "function", op
}
