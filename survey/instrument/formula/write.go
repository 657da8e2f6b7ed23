package formula

import (
	"strings"

	"gongping/survey/instrument"
)

// Quote writes a constant; XPath has no escape, so a text with both quotes
// loses the double ones.
func Quote(s string) string {
	if !strings.Contains(s, "'") {
		return "'" + s + "'"
	}
	return `"` + strings.ReplaceAll(s, `"`, "") + `"`
}

// Write writes a condition as XLSForm does; "" for none.
func Write(c *instrument.Cond, kind func(item string) instrument.Kind) string {
	if c == nil {
		return ""
	}
	join := func(list []instrument.Cond, word string) string {
		parts := make([]string, len(list))
		for i := range list {
			parts[i] = Write(&list[i], kind)
			if list[i].All != nil || list[i].Any != nil || len(list[i].In) > 1 {
				parts[i] = "(" + parts[i] + ")"
			}
		}
		return strings.Join(parts, " "+word+" ")
	}
	switch {
	case c.All != nil:
		return join(c.All, "and")
	case c.Any != nil:
		return join(c.Any, "or")
	case c.Not != nil:
		return "not(" + Write(c.Not, kind) + ")"
	}
	ref := "${" + c.Item + "}"
	switch c.Op {
	case instrument.In, instrument.Has:
		parts := make([]string, len(c.In))
		for i, v := range c.In {
			if c.Op == instrument.Has {
				parts[i] = "selected(" + ref + ", " + Quote(v) + ")"
			} else if kind(c.Item) == instrument.Number {
				parts[i] = ref + " = " + v
				if instrument.Reason(v) {
					parts[i] = ref + " = '" + v + "'"
				}
			} else {
				parts[i] = ref + " = " + Quote(v)
			}
		}
		if len(parts) == 0 {
			return "false()"
		}
		return strings.Join(parts, " or ")
	case instrument.Answered:
		return ref + " != ''"
	}
	sign := map[instrument.Op]string{instrument.Less: "<", instrument.AtMost: "<=", instrument.More: ">", instrument.AtLeast: ">="}[c.Op]
	if kind(c.Item) == instrument.Date {
		return ref + " " + sign + " date('" + c.Value + "')"
	}
	return ref + " " + sign + " " + c.Value
}
