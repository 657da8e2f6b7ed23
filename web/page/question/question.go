// Package question turns a questionnaire into a form and a sent form into
// answers, for evaluators and residents alike. The form works without script:
// questions that do not apply are then shown, and their answers left out here.
package question

import (
	"net/url"
	"strings"

	"gongping/internal/errs"
	"gongping/survey/instrument"
	"gongping/web/locale"
)

// Option is one choice; Tone colours its edge.
type Option struct{ Value, Text, Tone string }

// Item is one question of the form.
type Item struct {
	ID, Text, Hint, Value, Error string
	Number                       int
	Required, Open               bool
	Options                      []Option
	ShowItem, ShowIn             string // asked only when that item has one of these values, joined by "|"
}

// Section is a group of questions under one heading.
type Section struct {
	Title string
	Items []Item
}

// Form is a questionnaire to be filled in.
type Form struct {
	Title, Intro, Thanks string
	Sections             []Section
	Count                int
	Faults               bool
}

// prefix marks the fields of answers.
const prefix = "q_"

// New builds the form in one language with what was answered before and what
// was wrong with it.
func New(q *instrument.Questionnaire, p *locale.Printer, answers instrument.Answers, fault error) Form {
	lang := string(p.Lang())
	f := Form{Title: q.Title.In(lang), Intro: q.Intro.In(lang), Thanks: q.Thanks.In(lang), Count: len(q.Items)}
	wrong := map[string]bool{}
	if e, ok := fault.(*errs.Error); ok {
		for _, d := range e.Details {
			wrong[d.Where] = true
		}
		f.Faults = len(wrong) > 0
	}
	titles := map[string]string{}
	for _, d := range q.Dimensions {
		titles[d.ID] = d.Text.In(lang)
	}
	last := "\x00"
	for i, it := range q.Items {
		if it.Dimension != last {
			f.Sections = append(f.Sections, Section{Title: titles[it.Dimension]})
			last = it.Dimension
		}
		item := Item{ID: it.ID, Number: i + 1, Text: it.Text.In(lang), Hint: it.Hint.In(lang), Value: answers[it.ID], Required: it.Required,
			Open: it.Kind == instrument.Text, Options: options(it, p)}
		if wrong[it.ID] {
			item.Error = p.T("question.wrong")
		}
		if c := it.ShowIf; c != nil {
			item.ShowItem, item.ShowIn = c.Item, strings.Join(c.In, "|")
		}
		s := &f.Sections[len(f.Sections)-1]
		s.Items = append(s.Items, item)
	}
	return f
}

func options(it instrument.Item, p *locale.Printer) (list []Option) {
	switch it.Kind {
	case instrument.Grade5:
		for _, g := range []string{"5", "4", "3", "2", "1"} {
			list = append(list, Option{g, p.T("question.grade." + g), "g" + g})
		}
	case instrument.YesNo:
		list = []Option{{"yes", p.T("common.yes"), ""}, {"no", p.T("common.no"), ""}}
	}
	if it.DontKnow && len(list) > 0 {
		list = append(list, Option{instrument.DontKnow, p.T("question.dont_know"), "dk"})
	}
	return list
}

// Read takes the answers from a sent form. Answers to questions that are
// skipped are dropped: without script the form cannot hide them.
func Read(q *instrument.Questionnaire, form url.Values) instrument.Answers {
	a := instrument.Answers{}
	for _, it := range q.Items {
		if v := strings.TrimSpace(form.Get(prefix + it.ID)); v != "" && it.Shown(a) {
			a[it.ID] = v
		}
	}
	return a
}
