package rounds

import (
	"fmt"
	"strings"

	"github.com/gin-gonic/gin"

	"gongping/survey/instrument"
	"gongping/survey/instrument/formula"
)

// settingsForm is the part of the editor that is about the whole questionnaire.
type settingsForm struct {
	Title, Intro, Thanks []langField
	Languages            string
	Dimensions           []partForm
	Sections, Matrices   []partForm
}

// partForm is a dimension, section or matrix.
type partForm struct {
	No    int
	ID    string
	Texts []langField
	Notes []langField
}

func settingsOf(q *instrument.Questionnaire) *settingsForm {
	f := &settingsForm{Title: langFields(q, "title", q.Title), Intro: langFields(q, "intro", q.Intro), Thanks: langFields(q, "thanks", q.Thanks),
		Languages: strings.Join(q.Tags(), ", ")}
	for i, d := range q.Dimensions {
		f.Dimensions = append(f.Dimensions, partForm{i, d.ID, langFields(q, fmt.Sprintf("dim.%d", i), d.Text), nil})
	}
	for i, s := range q.Sections {
		f.Sections = append(f.Sections, partForm{i, s.ID, langFields(q, fmt.Sprintf("sec.%d", i), s.Title), langFields(q, fmt.Sprintf("sec.%d.note", i), s.Text)})
	}
	for i, m := range q.Matrices {
		f.Matrices = append(f.Matrices, partForm{i, m.ID, langFields(q, fmt.Sprintf("mat.%d", i), m.Text), nil})
	}
	return f
}

// langIn reads a text in all languages of the questionnaire; languages that
// the form does not show keep theirs.
func langIn(c *gin.Context, tags []string, name string, was instrument.Lang) instrument.Lang {
	l := instrument.Lang{}
	for tag, s := range was {
		l[tag] = s
	}
	for _, tag := range tags {
		if s, sent := c.GetPostForm(name + "." + tag); sent {
			if s = strings.TrimSpace(strings.ReplaceAll(s, "\r\n", "\n")); s == "" {
				delete(l, tag)
			} else {
				l[tag] = s
			}
		}
	}
	return l
}

func orNil(l instrument.Lang) instrument.Lang {
	if len(l) == 0 {
		return nil
	}
	return l
}

// applySettings takes the fields about the whole questionnaire into the draft.
// A dimension, section or matrix whose id is emptied goes.
func applySettings(c *gin.Context, q *instrument.Questionnaire) {
	tags := q.Tags()
	q.Title, q.Intro, q.Thanks = langIn(c, tags, "title", q.Title), langIn(c, tags, "intro", q.Intro), langIn(c, tags, "thanks", q.Thanks)
	id := func(name string, was string) (string, bool) {
		s, sent := c.GetPostForm(name)
		if !sent {
			return was, true
		}
		s = strings.TrimSpace(s)
		return s, s != ""
	}
	var dims []instrument.Dimension
	for i, d := range q.Dimensions {
		name := fmt.Sprintf("dim.%d", i)
		to, keep := id(name+".id", d.ID)
		rename(q, d.ID, to, func(it *instrument.Item) *string { return &it.Dimension })
		if keep {
			dims = append(dims, instrument.Dimension{ID: to, Text: langIn(c, tags, name, d.Text)})
		}
	}
	q.Dimensions = dims
	var sections []instrument.Section
	for i, s := range q.Sections {
		name := fmt.Sprintf("sec.%d", i)
		to, keep := id(name+".id", s.ID)
		rename(q, s.ID, to, func(it *instrument.Item) *string { return &it.Section })
		if keep {
			sections = append(sections, instrument.Section{ID: to, Title: langIn(c, tags, name, s.Title), Text: orNil(langIn(c, tags, name+".note", s.Text))})
		}
	}
	q.Sections = sections
	var matrices []instrument.Matrix
	for i, m := range q.Matrices {
		name := fmt.Sprintf("mat.%d", i)
		to, keep := id(name+".id", m.ID)
		rename(q, m.ID, to, func(it *instrument.Item) *string { return &it.Matrix })
		if keep {
			matrices = append(matrices, instrument.Matrix{ID: to, Text: langIn(c, tags, name, m.Text), Hint: m.Hint})
		}
	}
	q.Matrices = matrices
	if s, sent := c.GetPostForm("languages"); sent {
		list := strings.FieldsFunc(s, func(r rune) bool { return strings.ContainsRune(" ,，、;；", r) })
		if q.Languages = list; len(list) == 0 || len(list) == 2 && list[0] == "zh" && list[1] == "en" {
			q.Languages = nil // Chinese and English, as ever
		}
	}
}

// rename follows a change of id through the items; an id that goes leaves its
// items without.
func rename(q *instrument.Questionnaire, from, to string, field func(*instrument.Item) *string) {
	if from == to {
		return
	}
	for i := range q.Items {
		if f := field(&q.Items[i]); *f == from {
			*f = to
		}
	}
}

// applyItem takes the fields of the open item into the draft.
func applyItem(c *gin.Context, q *instrument.Questionnaire, at int) {
	tags, it := q.Tags(), &q.Items[at]
	if _, sent := c.GetPostForm("e.kind"); !sent {
		return
	}
	if id := strings.TrimSpace(c.PostForm("e.id")); id != it.ID {
		renameItem(q, it.ID, id)
		it.ID = id
	}
	it.Text, it.Hint = langIn(c, tags, "e.text", it.Text), orNil(langIn(c, tags, "e.hint", it.Hint))
	was := it.Kind
	it.Kind = instrument.Kind(c.PostForm("e.kind"))
	it.Required, it.DontKnow, it.Short = c.PostForm("e.required") != "", c.PostForm("e.dont_know") != "", c.PostForm("e.short") != "" && it.Kind == instrument.Text
	it.Decline = c.PostForm("e.decline") != ""
	it.Dimension, it.Section, it.Matrix = c.PostForm("e.dimension"), c.PostForm("e.section"), c.PostForm("e.matrix")
	if it.Kind != instrument.Grade5 {
		it.Dimension = "" // only five-grade items are scored
	}
	if it.Kind == instrument.Note {
		it.Required, it.DontKnow, it.Decline = false, false, false
	}
	applyOptions(c, q, at)
	applyRange(c, it)
	applyRule(c, q, at)
	if was != it.Kind {
		changeKind(it, was)
	}
}

// changeKind mends what a change of kind leaves behind.
func changeKind(it *instrument.Item, was instrument.Kind) {
	switch {
	case it.Kind.Choice() && !was.Choice():
		if len(it.Options) == 0 {
			it.Options = []instrument.Option{{Code: "1", Text: instrument.Lang{}}, {Code: "2", Text: instrument.Lang{}}}
		}
	case !it.Kind.Choice():
		it.Options = nil
	}
	for i := range it.Options {
		it.Options[i].Exclusive = it.Options[i].Exclusive && it.Kind == instrument.Multiple
	}
	it.Range = nil
	if it.Kind != instrument.Grade5 && it.Kind != instrument.YesNo && !it.Kind.Choice() {
		it.Matrix = ""
	}
}

// renameItem follows a change of an item's id through the rules.
func renameItem(q *instrument.Questionnaire, from, to string) {
	var walk func(c *instrument.Cond)
	walk = func(c *instrument.Cond) {
		if c == nil {
			return
		}
		if c.Item == from {
			c.Item = to
		}
		for i := range c.All {
			walk(&c.All[i])
		}
		for i := range c.Any {
			walk(&c.Any[i])
		}
		walk(c.Not)
	}
	for i := range q.Items {
		walk(q.Items[i].ShowIf)
		for o := range q.Items[i].Options {
			walk(q.Items[i].Options[o].ShowIf)
		}
	}
}

func applyOptions(c *gin.Context, q *instrument.Questionnaire, at int) {
	it := &q.Items[at]
	for i := range it.Options {
		name := fmt.Sprintf("o.%d", i)
		code, sent := c.GetPostForm(name + ".code")
		if !sent {
			continue
		}
		o := &it.Options[i]
		o.Code, o.Text = strings.TrimSpace(code), langIn(c, q.Tags(), name, o.Text)
		o.Exclusive, o.Other = c.PostForm(name+".exclusive") != "" && it.Kind == instrument.Multiple, c.PostForm(name+".other") != ""
		if rule, sent := c.GetPostForm(name + ".rule"); sent {
			if cond, ok := ruleOf(rule, q, at); ok {
				o.ShowIf = cond
			}
		}
	}
}

// applyRange reads the limits; a limit that is no number stays as it was
// written, and the check of the questionnaire says so.
func applyRange(c *gin.Context, it *instrument.Item) {
	number := func(name string) string {
		s := strings.TrimSpace(c.PostForm(name))
		if n, ok := instrument.CanonicalNumber(s); ok && it.Kind == instrument.Number {
			return n
		}
		return s
	}
	r := instrument.Range{}
	switch it.Kind {
	case instrument.Number:
		r = instrument.Range{Min: number("r.min"), Max: number("r.max"), Step: number("r.step"), Decimals: intOf(c.PostForm("r.decimals"), 0)}
	case instrument.Date:
		r = instrument.Range{Min: number("r.min"), Max: number("r.max")}
	case instrument.Text:
		r = instrument.Range{MinLength: intOf(c.PostForm("r.min_length"), 0), MaxLength: intOf(c.PostForm("r.max_length"), 0)}
	case instrument.Multiple:
		r = instrument.Range{MinChoices: intOf(c.PostForm("r.min_choices"), 0), MaxChoices: intOf(c.PostForm("r.max_choices"), 0)}
	}
	if it.Range = &r; r == (instrument.Range{}) {
		it.Range = nil
	}
}

// ruleOf reads an expression about earlier items; ok is false where it makes
// no sense, and the rule stays as it was.
func ruleOf(src string, q *instrument.Questionnaire, at int) (*instrument.Cond, bool) {
	if src = strings.TrimSpace(src); src == "" {
		return nil, true
	}
	n, err := formula.Parse(src)
	if err != nil {
		return nil, false
	}
	cond, err := formula.Cond(n, func(name string) (*instrument.Item, string) {
		for i := range at {
			if q.Items[i].ID == name {
				return &q.Items[i], ""
			}
		}
		return nil, ""
	})
	return cond, err == nil
}

// applyRule reads the lines of a skip rule, or its expression.
func applyRule(c *gin.Context, q *instrument.Questionnaire, at int) {
	it := &q.Items[at]
	switch mode := c.PostForm("rule"); mode {
	case "formula":
		if src, sent := c.GetPostForm("rule.formula"); sent {
			if cond, ok := ruleOf(src, q, at); ok {
				it.ShowIf = cond
			}
		}
	case "all", "any":
		var list []instrument.Cond
		for i := 0; i < 100; i++ {
			name := fmt.Sprintf("t.%d", i)
			of, sent := c.GetPostForm(name + ".item")
			if !sent {
				break
			}
			t := test{item: of, op: c.DefaultPostForm(name+".op", "is"), value: strings.TrimSpace(c.PostForm(name + ".value")), in: c.PostFormArray(name + ".in")}
			if cond := t.cond(q); cond != nil {
				list = append(list, *cond)
			}
		}
		switch {
		case len(list) == 0:
			it.ShowIf = nil
		case len(list) == 1:
			it.ShowIf = &list[0]
		case mode == "any":
			it.ShowIf = &instrument.Cond{Any: list}
		default:
			it.ShowIf = &instrument.Cond{All: list}
		}
	default:
		it.ShowIf = nil
	}
}
