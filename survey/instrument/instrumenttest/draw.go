// Package instrumenttest draws questionnaires and answers for property tests.
package instrumenttest

import (
	"fmt"
	"strconv"

	"pgregory.net/rapid"

	"gongping/survey/instrument"
)

var words = []string{"社区食堂好用吗？", "Lifts & <stairs>", "a \"quoted\" text", "第二行\n在这里", "${x}", "=1+1", "电动车，充电；停放", "\u202eabc", "1. 2", "*"}

func lang(t *rapid.T, what string, english bool) instrument.Lang {
	l := instrument.Lang{"zh": rapid.SampledFrom(words).Draw(t, what)}
	if english {
		l["en"] = rapid.SampledFrom(words).Draw(t, what+" en")
	}
	return l
}

// Questionnaire draws a questionnaire that passes its own check.
func Questionnaire(t *rapid.T) *instrument.Questionnaire {
	q := &instrument.Questionnaire{Title: lang(t, "title", true), Intro: instrument.Lang{}, Thanks: instrument.Lang{}}
	for i := range rapid.IntRange(0, 2).Draw(t, "dimensions") {
		q.Dimensions = append(q.Dimensions, instrument.Dimension{ID: fmt.Sprintf("d%d", i), Text: lang(t, "dimension", true)})
	}
	sections := rapid.IntRange(0, 3).Draw(t, "sections")
	for i := range sections {
		q.Sections = append(q.Sections, instrument.Section{ID: fmt.Sprintf("s%d", i), Title: lang(t, "section", true)})
	}
	n := rapid.IntRange(1, 9).Draw(t, "items")
	for i := range n {
		it := instrument.Item{ID: fmt.Sprintf("q%d", i+1), Kind: rapid.SampledFrom(instrument.Kinds).Draw(t, "kind"), Text: lang(t, "text", true)}
		if rapid.Bool().Draw(t, "hint?") {
			it.Hint = lang(t, "hint", true)
		}
		if it.Kind != instrument.Note {
			it.Required = rapid.Bool().Draw(t, "required")
			it.DontKnow = rapid.Bool().Draw(t, "dk")
			it.Decline = rapid.Bool().Draw(t, "decline")
		}
		if it.Kind == instrument.Grade5 && len(q.Dimensions) > 0 && rapid.Bool().Draw(t, "scored") {
			it.Dimension = rapid.SampledFrom(q.Dimensions).Draw(t, "dimension").ID
		}
		if sections > 0 {
			it.Section = q.Sections[i*sections/n].ID
		}
		if rapid.IntRange(0, 2).Draw(t, "rule?") == 0 {
			it.ShowIf = cond(t, q.Items, 2)
		}
		options(t, q.Items, &it)
		limits(t, &it)
		q.Items = append(q.Items, it)
	}
	if err := q.Check(); err != nil {
		t.Fatalf("the generator draws a bad questionnaire: %v", err)
	}
	return q
}

func options(t *rapid.T, before []instrument.Item, it *instrument.Item) {
	if !it.Kind.Choice() {
		return
	}
	for i := range rapid.IntRange(1, 5).Draw(t, "options") {
		o := instrument.Option{Code: rapid.SampledFrom([]string{"a", "b", "其他", "x-1"}).Draw(t, "code") + strconv.Itoa(i), Text: lang(t, "option", true)}
		o.Exclusive = it.Kind == instrument.Multiple && rapid.IntRange(0, 3).Draw(t, "exclusive") == 0
		o.Other = rapid.IntRange(0, 3).Draw(t, "other") == 0
		if rapid.IntRange(0, 4).Draw(t, "offered?") == 0 {
			o.ShowIf = cond(t, before, 1)
		}
		it.Options = append(it.Options, o)
	}
}

func limits(t *rapid.T, it *instrument.Item) {
	if rapid.Bool().Draw(t, "no range") {
		return
	}
	r := &instrument.Range{}
	switch it.Kind {
	case instrument.Number:
		low := rapid.IntRange(-5, 5).Draw(t, "min")
		r.Decimals = rapid.IntRange(0, 2).Draw(t, "decimals")
		r.Min, r.Max = strconv.Itoa(low), strconv.Itoa(low+rapid.IntRange(0, 10).Draw(t, "span"))
		if rapid.Bool().Draw(t, "step") {
			r.Step = []string{"2", "0.5", "0.25"}[r.Decimals]
		}
	case instrument.Date:
		r.Min, r.Max = "2026-02-01", rapid.SampledFrom([]string{"", "2026-03-05"}).Draw(t, "max")
	case instrument.Text:
		r.MinLength = rapid.IntRange(0, 3).Draw(t, "least")
		r.MaxLength = r.MinLength + rapid.IntRange(1, 5).Draw(t, "most")
	case instrument.Multiple:
		r.MinChoices = rapid.IntRange(0, len(it.Options)).Draw(t, "least")
		r.MaxChoices = rapid.IntRange(max(r.MinChoices, 1), len(it.Options)).Draw(t, "most")
	}
	if *r != (instrument.Range{}) {
		it.Range = r
	}
}

func cond(t *rapid.T, before []instrument.Item, depth int) *instrument.Cond {
	var may []instrument.Item
	for _, it := range before {
		if it.Kind != instrument.Note && it.Kind != instrument.Text {
			may = append(may, it)
		}
	}
	if len(may) == 0 {
		return nil
	}
	if depth > 0 {
		switch rapid.IntRange(0, 5).Draw(t, "form") {
		case 0, 1:
			list := make([]instrument.Cond, rapid.IntRange(2, 3).Draw(t, "parts"))
			for i := range list {
				list[i] = *cond(t, before, depth-1)
			}
			if rapid.Bool().Draw(t, "all") {
				return &instrument.Cond{All: list}
			}
			return &instrument.Cond{Any: list}
		case 2:
			return &instrument.Cond{Not: cond(t, before, depth-1)}
		}
	}
	it := rapid.SampledFrom(may).Draw(t, "of")
	op := rapid.SampledFrom([]instrument.Op{instrument.Less, instrument.AtMost, instrument.More, instrument.AtLeast}).Draw(t, "op")
	c := &instrument.Cond{Item: it.ID}
	switch {
	case rapid.IntRange(0, 5).Draw(t, "answered") == 0:
		c.Op = instrument.Answered
	case it.Kind == instrument.Number:
		c.Op, c.Value = op, strconv.Itoa(rapid.IntRange(-3, 6).Draw(t, "value"))
	case it.Kind == instrument.Date:
		c.Op, c.Value = op, "2026-02-10"
	case it.Kind == instrument.Grade5 && rapid.Bool().Draw(t, "compare"):
		c.Op, c.Value = op, strconv.Itoa(rapid.IntRange(1, 5).Draw(t, "grade"))
	default:
		if it.Kind == instrument.Multiple {
			c.Op = instrument.Has
		}
		c.In = []string{rapid.SampledFrom(values(&it)).Draw(t, "in")}
	}
	return c
}

// values are coded answers an item may have.
func values(it *instrument.Item) []string {
	var list []string
	switch it.Kind {
	case instrument.Grade5:
		list = []string{"1", "3", "5"}
	case instrument.YesNo:
		list = []string{"yes", "no"}
	case instrument.Number:
		list = []string{"0", "1.5", "3", "-2"}
	case instrument.Date:
		list = []string{"2026-02-10", "2026-02-29", "2026-03-05"}
	case instrument.Text:
		list = []string{"好", "长一点的意见 and more", "𠮷𠮷𠮷𠮷"}
	}
	for _, o := range it.Options {
		list = append(list, o.Code)
	}
	if it.DontKnow || len(list) == 0 {
		list = append(list, instrument.DontKnow)
	}
	if it.Decline {
		list = append(list, instrument.Declined)
	}
	return list
}

// Answers draws answers of which some fit the questionnaire and some do not.
func Answers(t *rapid.T, q *instrument.Questionnaire) instrument.Answers {
	a := instrument.Answers{}
	for i := range q.Items {
		it := &q.Items[i]
		if !it.Shown(a) && rapid.IntRange(0, 5).Draw(t, "answer a skipped") > 0 {
			continue
		}
		if rapid.IntRange(0, 5).Draw(t, "leave out") == 0 {
			continue
		}
		v := rapid.SampledFrom(values(it)).Draw(t, "answer")
		if it.Kind == instrument.Multiple && rapid.Bool().Draw(t, "two") {
			v += " " + rapid.SampledFrom(values(it)).Draw(t, "second")
		}
		if rapid.IntRange(0, 9).Draw(t, "spoil") == 0 {
			v = rapid.SampledFrom([]string{"x", "dk", "declined", "007", "１２", "1e3", "-0", "2026-13-01", " ", "6", "a0 a0"}).Draw(t, "spoilt")
		}
		a[it.ID] = v
		for _, o := range it.Options {
			if o.Other && rapid.Bool().Draw(t, "words") {
				a[instrument.OtherKey(it.ID, o.Code)] = "写明"
			}
		}
	}
	return a
}
