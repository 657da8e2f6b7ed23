package qsf

import (
	"strings"

	"gongping/survey/instrument"
	"gongping/survey/instrument/exchange"
)

func (r *reader) question(p payload, section string) {
	at := exchange.Place{Item: name(p)}
	base := instrument.Item{Section: section}
	base.Text, base.Hint = r.texts(p, at)
	base.ShowIf = r.logic(p.DisplayLogic, at)
	if strings.TrimSpace(p.QuestionJS) != "" {
		r.rep.Add(exchange.Lost, at, "script", p.QuestionJS)
	}
	if s := string(p.Randomization); s != "" && s != "null" && s != "[]" && s != "{}" {
		r.rep.Add(exchange.Lost, at, "random", s)
	}
	if s := string(p.DefaultChoices); s != "" && s != "false" && s != "null" && s != "[]" {
		r.rep.Add(exchange.Lost, at, "default", s)
	}
	r.validation(p, &base, at)
	list := choices(p.Choices, p.ChoiceOrder)
	switch p.QuestionType {
	case "DB":
		base.Kind, base.Required = instrument.Note, false
		if strings.HasPrefix(p.Selector, "GR") {
			r.rep.Add(exchange.Lost, at, "media", p.Selector)
		}
	case "MC", "RO":
		switch {
		case p.Selector == "NPS":
			base.Kind, base.Range = instrument.Number, &instrument.Range{Min: "0", Max: "10"}
		case p.QuestionType == "RO" || strings.HasPrefix(p.Selector, "MA") || p.Selector == "MSB":
			base.Kind = instrument.Multiple
		default:
			base.Kind = instrument.Single
		}
		if p.QuestionType == "RO" {
			r.rep.Add(exchange.Changed, at, "type_instead.multiple", "RO")
		}
		if base.Kind.Choice() {
			base.Options = r.options(p, list, "Choices", at)
			for i := range base.Options {
				base.Options[i].Exclusive = base.Options[i].Exclusive && base.Kind == instrument.Multiple
			}
			if exchange.Scale(base.Options, r.main) {
				r.rep.Add(exchange.Note, at, "scale", base.Options[0].Text.In(r.main)+" … "+base.Options[4].Text.In(r.main))
			}
		}
		r.count(p, &base, at)
	case "TE":
		if p.Selector == "FORM" {
			base.Kind, base.Short = instrument.Text, true
			r.rows(p, base, list, nil, at)
			return
		}
		if base.Kind == "" {
			base.Kind, base.Short = instrument.Text, p.Selector == "SL" || p.Selector == ""
		}
	case "Matrix":
		r.matrix(p, base, list, at)
		return
	case "Slider":
		base.Kind, base.Range = instrument.Number, slider(p.Configuration)
		if len(list) > 0 {
			r.rows(p, base, list, nil, at)
			return
		}
	default:
		r.rep.Add(exchange.Lost, at, "type_unknown", p.QuestionType+" "+p.Selector)
		return
	}
	r.item[p.QuestionID] = r.add(base, name(p), at)
}

// add adds an item and returns its id, "" where it could not.
func (r *reader) add(it instrument.Item, want string, at exchange.Place) string {
	switch {
	case it.Kind.Choice() && len(it.Options) == 0:
		r.rep.Add(exchange.Lost, at, "options_missing", want)
		return ""
	case len(it.Options) > instrument.MaxOptions:
		r.rep.Add(exchange.Lost, at, "too_many_options", want)
		return ""
	case len(r.q.Items) >= instrument.MaxItems:
		r.rep.Add(exchange.Lost, at, "too_many", want)
		return ""
	}
	if it.ID = r.ids.Unique(want); it.ID != exchange.Code(want) {
		r.rep.Add(exchange.Fault, at, "name_twice", want, "ID", it.ID)
	}
	if len(it.Text) == 0 {
		r.rep.Add(exchange.Fault, at, "label_missing", want)
		it.Text = instrument.Lang{r.main: it.ID}
	}
	r.q.Items = append(r.q.Items, it)
	return it.ID
}

// rows makes an item of every choice of a question.
func (r *reader) rows(p payload, base instrument.Item, rows []choice, options []instrument.Option, at exchange.Place) {
	matrix := ""
	if options != nil {
		for matrix = exchange.Code(name(p)); r.hasMatrix(matrix); {
			matrix += "_"
		}
		text := base.Text
		if len(text) == 0 {
			text = instrument.Lang{r.main: name(p)}
		}
		r.q.Matrices = append(r.q.Matrices, instrument.Matrix{ID: matrix, Text: text, Hint: base.Hint})
	}
	labels := r.options(p, rows, "Choices", at)
	for i, row := range rows {
		it := base
		it.Matrix, it.Hint, it.Options = matrix, nil, nil
		it.Text = instrument.Lang{}
		for l, s := range labels[i].Text {
			if it.Text[l] = s; matrix == "" && base.Text[l] != "" {
				it.Text[l] = base.Text[l] + " — " + s
			}
		}
		for _, o := range options {
			text := instrument.Lang{}
			for l, s := range o.Text {
				text[l] = s
			}
			o.Text = text
			it.Options = append(it.Options, o)
		}
		if it.Range != nil {
			rg := *it.Range
			it.Range = &rg
		}
		id := r.add(it, name(p)+"_"+row.id, at)
		r.item[p.QuestionID+"/"+row.id] = id
	}
}

func (r *reader) hasMatrix(id string) bool {
	for _, m := range r.q.Matrices {
		if m.ID == id {
			return true
		}
	}
	return false
}

func (r *reader) matrix(p payload, base instrument.Item, rows []choice, at exchange.Place) {
	if p.Selector != "Likert" && p.Selector != "Bipolar" && p.Selector != "Profile" {
		r.rep.Add(exchange.Lost, at, "type_unknown", "Matrix "+p.Selector)
		return
	}
	base.Kind = instrument.Single
	if p.SubSelector == "MultipleAnswer" {
		base.Kind = instrument.Multiple
	}
	options := r.options(p, choices(p.Answers, p.AnswerOrder), "Answers", at)
	if len(options) == 0 || len(rows) == 0 {
		r.rep.Add(exchange.Lost, at, "matrix_columns", name(p))
		return
	}
	for i := range options {
		options[i].Exclusive = options[i].Exclusive && base.Kind == instrument.Multiple
	}
	r.rows(p, base, rows, options, at)
}
