package exchange

import (
	"strings"

	"gongping/survey/instrument"
)

// Scale tells whether options are a scale of five from one pole to the other,
// which could be a five-grade item.
func Scale(options []instrument.Option, tag string) bool {
	if len(options) != 5 {
		return false
	}
	first, last := strings.ToLower(options[0].Text.In(tag)), strings.ToLower(options[4].Text.In(tag))
	pole := func(a, b string) bool {
		return strings.Contains(a, "不") && !strings.Contains(b, "不") || strings.Contains(a, "disagree") && !strings.Contains(b, "disagree") ||
			strings.Contains(a, "dissatisfied") && !strings.Contains(b, "dissatisfied") || strings.Contains(a, "poor") && strings.Contains(b, "excellent")
	}
	return pole(first, last) || pole(last, first)
}
