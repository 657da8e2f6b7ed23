package rounds

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/gin-gonic/gin"

	"gongping/survey/instrument"
	"gongping/survey/instrument/formula"
	"gongping/web/page/question"
	"gongping/web/page/render"
)

// langField is a text in one language.
type langField struct{ Tag, Name, Label, Value string }

// langFields are the fields of a text in all languages of the questionnaire.
func langFields(q *instrument.Questionnaire, name string, l instrument.Lang) []langField {
	var out []langField
	for _, tag := range q.Tags() {
		out = append(out, langField{tag, name + "." + tag, question.LanguageName(tag), l[tag]})
	}
	return out
}

// optionForm is one option being edited.
type optionForm struct {
	No               int
	Code             string
	Texts            []langField
	Exclusive, Other bool
	Rule             string
}

// testForm is one line of a skip rule.
type testForm struct {
	No      int
	Item    string
	Op      string
	Choices []render.Option
	Chosen  map[string]bool
	Value   string
	Kind    instrument.Kind
}

// itemForm is the open item.
type itemForm struct {
	*instrument.Item
	Texts, Hints                             []langField
	Kinds, Dimensions, Sections, Matrices    []render.Option
	Options                                  []optionForm
	Range                                    instrument.Range
	Choice, Multiple, Graded, Number, Dated  bool
	Written, Asked, OwnWords                 bool
	Mode                                     string // of the rule: "", all, any, formula
	Tests                                    []testForm
	Formula                                  string
	Earlier, Ops                             []render.Option
	Decimals, MinLen, MaxLen, MinCho, MaxCho string
}

func numberText(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
}

func (h *pages) itemForm(c *gin.Context, q *instrument.Questionnaire, at int) *itemForm {
	p := h.Printer(c)
	lang := string(p.Lang())
	it := &q.Items[at]
	f := &itemForm{Item: it, Texts: langFields(q, "e.text", it.Text), Hints: langFields(q, "e.hint", it.Hint), Choice: it.Kind.Choice(),
		Multiple: it.Kind == instrument.Multiple, Graded: it.Kind == instrument.Grade5, Number: it.Kind == instrument.Number, Dated: it.Kind == instrument.Date,
		Written: it.Kind == instrument.Text, Asked: it.Kind != instrument.Note, OwnWords: it.Kind == instrument.Grade5 && len(it.Options) > 0}
	if it.Range != nil {
		f.Range = *it.Range
	}
	f.Decimals, f.MinLen, f.MaxLen = numberText(f.Range.Decimals), numberText(f.Range.MinLength), numberText(f.Range.MaxLength)
	f.MinCho, f.MaxCho = numberText(f.Range.MinChoices), numberText(f.Range.MaxChoices)
	for _, k := range instrument.Kinds {
		f.Kinds = append(f.Kinds, render.Option{Value: string(k), Text: p.T("questionnaire.kind." + string(k))})
	}
	f.Dimensions = []render.Option{{Value: "", Text: p.T("questionnaire.not_scored")}}
	for _, d := range q.Dimensions {
		f.Dimensions = append(f.Dimensions, render.Option{Value: d.ID, Text: d.Text.In(lang)})
	}
	f.Sections = []render.Option{{Value: "", Text: p.T("editor.no_section")}}
	for _, s := range q.Sections {
		f.Sections = append(f.Sections, render.Option{Value: s.ID, Text: or(s.Title.In(lang), s.ID)})
	}
	f.Matrices = []render.Option{{Value: "", Text: p.T("editor.no_matrix")}}
	for _, m := range q.Matrices {
		f.Matrices = append(f.Matrices, render.Option{Value: m.ID, Text: or(clip(m.Text.In(lang), 30), m.ID)})
	}
	for i, o := range it.Options {
		f.Options = append(f.Options, optionForm{i, o.Code, langFields(q, fmt.Sprintf("o.%d", i), o.Text), o.Exclusive, o.Other, formula.Write(o.ShowIf, kindOf(q))})
	}
	h.ruleForm(c, q, at, f)
	return f
}

func or(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

func kindOf(q *instrument.Questionnaire) func(string) instrument.Kind {
	return func(id string) instrument.Kind {
		if it := q.Item(id); it != nil {
			return it.Kind
		}
		return ""
	}
}

// The operators that the lines of a rule offer.
var ruleOps = []string{"is", "not", "ge", "le", "gt", "lt", "answered", "empty"}

// ruleForm lays a rule out as lines where it is a plain list of tests, and as
// an expression where it is more than that.
func (h *pages) ruleForm(c *gin.Context, q *instrument.Questionnaire, at int, f *itemForm) {
	p := h.Printer(c)
	lang := string(p.Lang())
	f.Earlier = []render.Option{{Value: "", Text: p.T("editor.choose_item")}}
	number := 0
	for i := range at {
		if q.Items[i].Kind == instrument.Note {
			continue
		}
		number++
		f.Earlier = append(f.Earlier, render.Option{Value: q.Items[i].ID, Text: strconv.Itoa(number) + ". " + clip(q.Items[i].Text.In(lang), 28)})
	}
	for _, op := range ruleOps {
		f.Ops = append(f.Ops, render.Option{Value: op, Text: p.T("editor.op." + op)})
	}
	f.Formula = formula.Write(f.Item.ShowIf, kindOf(q))
	mode, tests, ok := flat(f.Item.ShowIf)
	if !ok {
		f.Mode = "formula"
		return
	}
	f.Mode = mode
	for i, t := range tests {
		x := testForm{No: i, Item: t.item, Op: t.op, Value: t.value, Chosen: map[string]bool{}}
		for _, v := range t.in {
			x.Chosen[v] = true
		}
		if of := q.Item(t.item); of != nil {
			x.Kind = of.Kind
			x.Choices = choicesOf(h, c, of)
			if len(x.Choices) == 0 && len(t.in) > 0 {
				x.Value = strings.Join(t.in, ", ")
			}
		}
		f.Tests = append(f.Tests, x)
	}
}

// choicesOf are the answers of an item that a rule may ask for.
func choicesOf(h *pages, c *gin.Context, it *instrument.Item) []render.Option {
	p := h.Printer(c)
	lang := string(p.Lang())
	var out []render.Option
	switch it.Kind {
	case instrument.Grade5:
		for _, g := range []string{"5", "4", "3", "2", "1"} {
			text := p.T("question.grade." + g)
			if o := it.Option(g); o != nil && o.Text.In(lang) != "" {
				text = o.Text.In(lang)
			}
			out = append(out, render.Option{Value: g, Text: text})
		}
	case instrument.YesNo:
		out = []render.Option{{Value: "yes", Text: p.T("common.yes")}, {Value: "no", Text: p.T("common.no")}}
	}
	if it.Kind.Choice() {
		for _, o := range it.Options {
			out = append(out, render.Option{Value: o.Code, Text: or(o.Text.In(lang), o.Code)})
		}
	}
	if it.DontKnow && len(out) > 0 {
		out = append(out, render.Option{Value: instrument.DontKnow, Text: p.T("question.dont_know")})
	}
	if it.Decline && len(out) > 0 {
		out = append(out, render.Option{Value: instrument.Declined, Text: p.T("question.declined")})
	}
	return out
}

// test is one line of a rule.
type test struct {
	item, op, value string
	in              []string
}

// flat writes a condition as a list of tests, where it is one.
func flat(c *instrument.Cond) (mode string, tests []test, ok bool) {
	one := func(c *instrument.Cond) (test, bool) {
		not := c.Not != nil
		if not {
			c = c.Not
		}
		if c.All != nil || c.Any != nil || c.Not != nil {
			return test{}, false
		}
		t := test{item: c.Item, value: c.Value, in: c.In}
		switch c.Op {
		case instrument.In, instrument.Has:
			t.op = map[bool]string{false: "is", true: "not"}[not]
		case instrument.Answered:
			t.op = map[bool]string{false: "answered", true: "empty"}[not]
		default:
			t.op = string(c.Op)
			if not {
				return t, false
			}
		}
		return t, true
	}
	var list []instrument.Cond
	switch {
	case c == nil:
		return "", nil, true
	case c.All != nil:
		mode, list = "all", c.All
	case c.Any != nil:
		mode, list = "any", c.Any
	default:
		mode, list = "all", []instrument.Cond{*c}
	}
	for i := range list {
		t, is := one(&list[i])
		if !is {
			return "formula", nil, false
		}
		tests = append(tests, t)
	}
	return mode, tests, true
}

// condOf makes a condition of a line.
func (t test) cond(q *instrument.Questionnaire) *instrument.Cond {
	it := q.Item(t.item)
	if it == nil {
		return nil
	}
	c := &instrument.Cond{Item: t.item, In: t.in}
	if it.Kind == instrument.Multiple {
		c.Op = instrument.Has
	}
	if len(t.in) == 0 && t.value != "" {
		for _, v := range strings.FieldsFunc(t.value, func(r rune) bool { return strings.ContainsRune(",，、;；", r) }) {
			if v = strings.TrimSpace(v); it.Kind == instrument.Number {
				if n, ok := instrument.CanonicalNumber(v); ok {
					v = n
				}
			}
			c.In = append(c.In, v)
		}
	}
	switch t.op {
	case "is":
		return c
	case "not":
		return &instrument.Cond{Not: c}
	case "answered", "empty":
		c = &instrument.Cond{Item: t.item, Op: instrument.Answered}
		if t.op == "empty" {
			return &instrument.Cond{Not: c}
		}
		return c
	}
	value := t.value
	if value == "" && len(t.in) > 0 {
		value = t.in[0]
	}
	if n, ok := instrument.CanonicalNumber(value); ok && it.Kind != instrument.Date {
		value = n
	}
	return &instrument.Cond{Item: t.item, Op: instrument.Op(t.op), Value: value}
}

// addTest adds a line to the rule of an item, about the question before it.
func addTest(q *instrument.Questionnaire, it *instrument.Item) {
	at := slices.IndexFunc(q.Items, func(x instrument.Item) bool { return x.ID == it.ID })
	for i := at - 1; i >= 0; i-- {
		if q.Items[i].Kind != instrument.Note {
			c := test{item: q.Items[i].ID, op: "answered"}.cond(q)
			if s := it.ShowIf; s != nil && s.Any != nil {
				s.Any = append(s.Any, *c)
			} else {
				it.ShowIf = instrument.Both(it.ShowIf, c)
			}
			return
		}
	}
}
