package question

import (
	"strings"

	"gongping/survey/instrument"
	"gongping/web/locale"
)

// Data is the JSON island of a form: the rules of the questionnaire without its
// texts, in the field names of the questionnaire itself, and the sentences for
// answers that do not fit. js/question.js reads it.
type Data struct {
	Items    []Rule            `json:"items"`
	Messages map[string]string `json:"messages"` // with {Min}, {Max} … to be filled in
}

// Rule is an item without its texts.
type Rule struct {
	ID       string            `json:"id"`
	Kind     instrument.Kind   `json:"kind"`
	Required bool              `json:"required"`
	DontKnow bool              `json:"dont_know"`
	Decline  bool              `json:"decline,omitempty"`
	ShowIf   *instrument.Cond  `json:"show_if,omitempty"`
	Options  []RuleOption      `json:"options,omitempty"`
	Range    *instrument.Range `json:"range,omitempty"`
}

// RuleOption is an option without its text.
type RuleOption struct {
	Code      string           `json:"code"`
	Exclusive bool             `json:"exclusive,omitempty"`
	Other     bool             `json:"other,omitempty"`
	ShowIf    *instrument.Cond `json:"show_if,omitempty"`
}

// messages are the sentences for answers that do not fit, with what fills them.
var messages = []struct {
	key  string
	args []string
}{
	{"answer.invalid", nil}, {"answer.required", nil}, {"answer.low", []string{"Min"}}, {"answer.high", []string{"Max"}},
	{"answer.step", []string{"Step"}}, {"answer.whole", nil}, {"answer.places", []string{"N"}}, {"answer.number", nil}, {"answer.date", nil},
	{"answer.short", []string{"Min", "N"}}, {"answer.long", []string{"Max", "N"}}, {"answer.few", []string{"Min"}}, {"answer.many", []string{"Max"}},
	{"answer.exclusive", nil},
}

// DataOf prepares the island of a questionnaire.
func DataOf(q *instrument.Questionnaire, p *locale.Printer) Data {
	d := Data{Items: make([]Rule, 0, len(q.Items)), Messages: map[string]string{}}
	for i := range q.Items {
		it := &q.Items[i]
		r := Rule{ID: it.ID, Kind: it.Kind, Required: it.Required, DontKnow: it.DontKnow, Decline: it.Decline, ShowIf: it.ShowIf, Range: it.Range}
		for _, o := range it.Options {
			r.Options = append(r.Options, RuleOption{o.Code, o.Exclusive, o.Other, o.ShowIf})
		}
		d.Items = append(d.Items, r)
	}
	for _, m := range messages {
		args := map[string]any{}
		for _, a := range m.args {
			args[a] = "{" + a + "}"
		}
		d.Messages[m.key] = p.Map(m.key, args)
	}
	return d
}

// Words says a condition in words, "" for none.
func Words(q *instrument.Questionnaire, c *instrument.Cond, p *locale.Printer, lang string) string {
	if c == nil {
		return ""
	}
	numbers := map[string]int{}
	n := 0
	for i := range q.Items {
		if q.Items[i].Kind != instrument.Note {
			n++
			numbers[q.Items[i].ID] = n
		}
	}
	w := worder{q, p, lang, numbers}
	return w.say(c)
}

type worder struct {
	q       *instrument.Questionnaire
	p       *locale.Printer
	lang    string
	numbers map[string]int
}

func (w worder) say(c *instrument.Cond) string {
	join := func(list []instrument.Cond, key string) string {
		parts := make([]string, len(list))
		for i := range list {
			parts[i] = w.say(&list[i])
			if (list[i].All != nil || list[i].Any != nil) && len(list) > 1 {
				parts[i] = w.p.T("question.if.group", "Text", parts[i])
			}
		}
		return strings.Join(parts, w.p.T(key))
	}
	switch {
	case c.All != nil:
		return join(c.All, "question.if.and")
	case c.Any != nil:
		return join(c.Any, "question.if.or")
	case c.Not != nil:
		return w.p.T("question.if.not", "Text", w.say(c.Not))
	}
	no := w.numbers[c.Item]
	switch c.Op {
	case instrument.Answered:
		return w.p.T("question.if.answered", "No", no)
	case instrument.In, instrument.Has:
		words := make([]string, len(c.In))
		for i, v := range c.In {
			words[i] = w.value(c.Item, v)
		}
		return w.p.T("question.if.in", "No", no, "Answers", strings.Join(words, w.p.T("questionnaire.or")))
	}
	return w.p.T("question.if."+string(c.Op), "No", no, "Value", w.value(c.Item, c.Value))
}

// value writes a stored answer in words.
func (w worder) value(item, v string) string {
	it := w.q.Item(item)
	if it == nil {
		return v
	}
	if o := it.Option(v); o != nil {
		return o.Text.In(w.lang)
	}
	switch {
	case v == instrument.DontKnow:
		return w.p.T("question.dont_know")
	case v == instrument.Declined:
		return w.p.T("question.declined")
	case it.Kind == instrument.Grade5:
		if key := "question.grade." + v; w.p.Has(key) {
			return w.p.T(key)
		}
	case it.Kind == instrument.YesNo && (v == "yes" || v == "no"):
		return w.p.T("common." + v)
	}
	return v
}
