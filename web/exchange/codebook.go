package exchange

import (
	"slices"
	"strconv"
	"strings"

	"gongping/survey/instrument"
	"gongping/survey/instrument/formula"
	"gongping/web/locale"
	"gongping/web/page/question"
)

// Codebook is a table with a row for each variable: each item, and the words
// beside options. The first row holds the heads.
func Codebook(q *instrument.Questionnaire, p *locale.Printer) [][]string {
	tags := q.Tags()
	head := []string{p.T("qbook.no"), p.T("qbook.variable"), p.T("qbook.section"), p.T("qbook.kind")}
	for _, t := range tags {
		head = append(head, p.T("qbook.question", "Language", question.LanguageName(t)))
	}
	hints := slices.ContainsFunc(q.Items, func(it instrument.Item) bool { return len(it.Hint) > 0 })
	if hints {
		for _, t := range tags {
			head = append(head, p.T("qbook.hint", "Language", question.LanguageName(t)))
		}
	}
	for _, t := range tags {
		head = append(head, p.T("qbook.codes", "Language", question.LanguageName(t)))
	}
	head = append(head, p.T("qbook.required"), p.T("qbook.dont_know"), p.T("qbook.decline"), p.T("qbook.range"), p.T("qbook.show_if"), p.T("qbook.formula"), p.T("qbook.dimension"))
	rows := [][]string{head}
	n := 0
	for i := range q.Items {
		it := &q.Items[i]
		no := ""
		if it.Kind != instrument.Note {
			n++
			no = strconv.Itoa(n)
		}
		row := []string{no, it.ID, sectionName(q, it, p), p.T("questionnaire.kind." + string(it.Kind))}
		for _, t := range tags {
			row = append(row, textOf(q, it, t))
		}
		if hints {
			for _, t := range tags {
				row = append(row, it.Hint.In(t))
			}
		}
		for _, t := range tags {
			row = append(row, codes(it, t, in(t, p)))
		}
		rows = append(rows, append(row, mark(it.Required, p), mark(it.DontKnow, p), mark(it.Decline, p), limits(it, p), question.Words(q, it.ShowIf, p, string(p.Lang())),
			formula.Write(it.ShowIf, kindOf(q)), dimension(q, it, p)))
		for _, o := range it.Options {
			if !o.Other {
				continue
			}
			row := []string{"", instrument.OtherKey(it.ID, o.Code), sectionName(q, it, p), p.T("qbook.words")}
			for _, t := range tags {
				row = append(row, o.Text.In(t))
			}
			row = append(row, make([]string, len(head)-len(row))...)
			row[len(row)-4] = p.T("qbook.at_most_chars", "N", instrument.MaxOther) // under the range
			rows = append(rows, row)
		}
	}
	return rows
}

func kindOf(q *instrument.Questionnaire) func(string) instrument.Kind {
	return func(id string) instrument.Kind {
		if it := q.Item(id); it != nil {
			return it.Kind
		}
		return ""
	}
}

func sectionName(q *instrument.Questionnaire, it *instrument.Item, p *locale.Printer) string {
	for _, s := range q.Sections {
		if s.ID == it.Section {
			return s.Title.In(string(p.Lang()))
		}
	}
	return ""
}

func dimension(q *instrument.Questionnaire, it *instrument.Item, p *locale.Printer) string {
	for _, d := range q.Dimensions {
		if d.ID == it.Dimension {
			return d.ID + " " + d.Text.In(string(p.Lang()))
		}
	}
	return ""
}

// textOf is the question, below the one of its matrix.
func textOf(q *instrument.Questionnaire, it *instrument.Item, tag string) string {
	for _, m := range q.Matrices {
		if m.ID == it.Matrix {
			return m.Text.In(tag) + " — " + it.Text.In(tag)
		}
	}
	return it.Text.In(tag)
}

func mark(is bool, p *locale.Printer) string {
	if is {
		return p.T("common.yes")
	}
	return ""
}

// in is the printer of the language of a column, where the catalogues speak it.
func in(tag string, p *locale.Printer) *locale.Printer {
	if l := locale.Lang(tag); slices.Contains(locale.Langs, l) {
		return locale.Embedded().For(l)
	}
	return p
}

// codes lists the stored values and what they mean.
func codes(it *instrument.Item, tag string, p *locale.Printer) string {
	var parts []string
	switch it.Kind {
	case instrument.Grade5:
		for _, g := range []string{"5", "4", "3", "2", "1"} {
			text := p.T("question.grade." + g)
			if o := it.Option(g); o != nil {
				text = o.Text.In(tag)
			}
			parts = append(parts, g+" = "+text)
		}
	case instrument.YesNo:
		parts = []string{"yes = " + p.T("common.yes"), "no = " + p.T("common.no")}
	}
	if it.Kind.Choice() {
		for _, o := range it.Options {
			s := o.Code + " = " + o.Text.In(tag)
			if o.Exclusive {
				s += p.T("qbook.alone")
			}
			parts = append(parts, s)
		}
	}
	if it.DontKnow {
		parts = append(parts, instrument.DontKnow+" = "+p.T("question.dont_know"))
	}
	if it.Decline {
		parts = append(parts, instrument.Declined+" = "+p.T("question.declined"))
	}
	return strings.Join(parts, "\n")
}

// limits says what an answer may be: from where to where, how long, how many.
func limits(it *instrument.Item, p *locale.Printer) string {
	r := it.Range
	if r == nil {
		if it.Kind == instrument.Text {
			return p.T("qbook.at_most_chars", "N", instrument.MaxText)
		}
		return ""
	}
	var parts []string
	add := func(is bool, key string, n any) {
		if is {
			parts = append(parts, p.T("qbook."+key, "N", n))
		}
	}
	add(r.Min != "", "from", r.Min)
	add(r.Max != "", "to", r.Max)
	add(r.Step != "", "step", r.Step)
	add(r.Decimals > 0, "decimals", r.Decimals)
	add(r.MinLength > 0, "at_least_chars", r.MinLength)
	add(r.MaxLength > 0, "at_most_chars", r.MaxLength)
	add(r.MinChoices > 0, "at_least_choices", r.MinChoices)
	add(r.MaxChoices > 0, "at_most_choices", r.MaxChoices)
	return strings.Join(parts, p.T("qbook.and"))
}
