package xlsform

import (
	"maps"
	"slices"
	"strings"

	"gongping/survey/instrument"
	"gongping/survey/instrument/exchange"
	"gongping/survey/instrument/formula"
)

// writer lays a questionnaire out as the three sheets of XLSForm and, where
// there are dimensions, a fourth. What XLSForm has no word for stands in
// columns that begin with gongping_; other programs pass over them.
type writer struct {
	q       *instrument.Questionnaire
	tags    []string
	survey  [][]string
	choices [][]string
	lists   map[string]string // name of a list by what it holds
	names   map[string]bool
}

// Names of languages in the heads of columns.
var languageHeads = map[string]string{"zh": "中文 (zh)", "en": "English (en)"}

func languageHead(tag string) string {
	if h := languageHeads[tag]; h != "" {
		return h
	}
	return tag + " (" + tag + ")"
}

// Write gives the sheets of a questionnaire. formID names the form in other
// programs.
func Write(q *instrument.Questionnaire, formID, version string) []exchange.Sheet {
	w := &writer{q: q, tags: tagsOf(q), lists: map[string]string{}, names: map[string]bool{}}
	for i := range q.Items {
		w.names[q.Items[i].ID] = true
	}
	w.rows()
	sheets := []exchange.Sheet{
		sheet("survey", w.survey),
		sheet("choices", append([][]string{append(append([]string{"list_name", "name"}, w.heads("label")...), "gongping_exclusive", "gongping_other", "gongping_relevant")}, w.choices...)),
		sheet("settings", w.settings(formID, version)),
	}
	if len(q.Dimensions) > 0 {
		rows := [][]string{append([]string{"name"}, w.heads("label")...)}
		for _, d := range q.Dimensions {
			rows = append(rows, append([]string{d.ID}, w.texts(d.Text)...))
		}
		sheets = append(sheets, sheet("gongping_dimensions", rows))
	}
	return sheets
}

// tagsOf are the languages of the questionnaire and any other that some text
// is written in.
func tagsOf(q *instrument.Questionnaire) []string {
	tags := slices.Clone(q.Tags())
	add := func(l instrument.Lang) {
		for _, t := range slices.Sorted(maps.Keys(l)) {
			if !slices.Contains(tags, t) {
				tags = append(tags, t)
			}
		}
	}
	add(q.Title)
	for i := range q.Items {
		add(q.Items[i].Text)
		for _, o := range q.Items[i].Options {
			add(o.Text)
		}
	}
	return tags
}

func sheet(name string, rows [][]string) exchange.Sheet {
	s := exchange.Sheet{Name: name}
	for i, r := range rows {
		s.Rows = append(s.Rows, exchange.Row{Line: i + 1, Cells: r})
	}
	return s
}

func (w *writer) heads(column string) []string {
	out := make([]string, len(w.tags))
	for i, t := range w.tags {
		out[i] = column + "::" + languageHead(t)
	}
	return out
}

func (w *writer) texts(l instrument.Lang) []string {
	out := make([]string, len(w.tags))
	for i, t := range w.tags {
		out[i] = l[t]
	}
	return out
}

func (w *writer) settings(formID, version string) [][]string {
	head := []string{"form_title", "form_id", "version", "default_language"}
	row := []string{w.q.Title.In(w.tags[0]), formID, version, languageHead(w.tags[0])}
	for _, x := range []struct {
		column string
		text   instrument.Lang
	}{{"gongping_title", w.q.Title}, {"gongping_intro", w.q.Intro}, {"gongping_thanks", w.q.Thanks}} {
		head, row = append(head, w.heads(x.column)...), append(row, w.texts(x.text)...)
	}
	return [][]string{head, row}
}

// line is one row of the sheet survey by column.
type line map[string]string

var plainColumns = []string{"required", "relevant", "constraint", "appearance", "parameters", "gongping_dimension", "gongping_dont_know", "gongping_decline", "gongping_decimals", "gongping_step", "gongping_words"}

func (w *writer) add(l line, label, hint instrument.Lang) {
	row := []string{l["type"], l["name"]}
	row = append(row, w.texts(label)...)
	row = append(row, w.texts(hint)...)
	for _, c := range plainColumns {
		row = append(row, l[c])
	}
	w.survey = append(w.survey, row)
}

func (w *writer) rows() {
	head := append([]string{"type", "name"}, w.heads("label")...)
	w.survey = append(w.survey, append(append(head, w.heads("hint")...), plainColumns...))
	section, matrix := "", ""
	for i := range w.q.Items {
		it := &w.q.Items[i]
		if matrix != "" && it.Matrix != matrix {
			w.add(line{"type": "end_group"}, nil, nil)
			matrix = ""
		}
		if it.Section != section {
			if section != "" {
				w.add(line{"type": "end_group"}, nil, nil)
			}
			if section = it.Section; section != "" {
				for _, s := range w.q.Sections {
					if s.ID == section {
						w.add(line{"type": "begin_group", "name": s.ID}, s.Title, s.Text)
					}
				}
			}
		}
		if it.Matrix != matrix {
			matrix = it.Matrix
			for _, m := range w.q.Matrices {
				if m.ID == matrix {
					w.add(line{"type": "begin_group", "name": m.ID, "appearance": "table-list"}, m.Text, m.Hint)
				}
			}
		}
		w.item(it)
	}
	for _, open := range []string{matrix, section} {
		if open != "" {
			w.add(line{"type": "end_group"}, nil, nil)
		}
	}
}

func (w *writer) kind(id string) instrument.Kind {
	if it := w.q.Item(id); it != nil {
		return it.Kind
	}
	return ""
}

// words writes the line beside an option as a text of its own, which is how
// other programs ask for it.
func (w *writer) words(it *instrument.Item, o instrument.Option) {
	name := it.ID + "_" + exchange.Code(o.Code) + "_words"
	for w.names[name] {
		name += "_"
	}
	w.names[name] = true
	cond := &instrument.Cond{Item: it.ID, In: []string{o.Code}}
	if it.Kind == instrument.Multiple {
		cond.Op = instrument.Has
	}
	w.add(line{"type": "text", "name": name, "relevant": formula.Write(cond, w.kind), "gongping_words": it.ID + ":" + o.Code}, o.Text, nil)
}

// yesOr is "yes" where something is so, else nothing.
func yesOr(is bool) string {
	if is {
		return "yes"
	}
	return ""
}

// list writes the options of an item once and returns the name of the list.
func (w *writer) list(it *instrument.Item) string {
	options, name := it.Options, exchange.Code(it.ID)
	switch {
	case it.Kind == instrument.YesNo:
		options, name = []instrument.Option{{Code: "yes", Text: fixedWords["yes"]}, {Code: "no", Text: fixedWords["no"]}}, yesNoList
	case it.Kind == instrument.Grade5:
		if name = gradeList + "_" + name; len(options) == 0 {
			name = gradeList
			for i, code := range []string{"5", "4", "3", "2", "1"} {
				options = append(options, instrument.Option{Code: code, Text: instrument.Lang{"zh": gradeWords["zh"][i], "en": gradeWords["en"][i]}})
			}
		}
	}
	fixed := it.Kind == instrument.YesNo || it.Kind == instrument.Grade5
	for _, r := range []struct {
		offered      bool
		suffix, code string
	}{{it.DontKnow, "_dk", instrument.DontKnow}, {it.Decline, "_declined", instrument.Declined}} {
		if !r.offered {
			continue
		}
		if fixed {
			name += r.suffix
		}
		options = append(slices.Clone(options), instrument.Option{Code: r.code, Text: fixedWords[r.code]})
	}
	var rows [][]string
	for _, o := range options {
		text := o.Text
		if text[w.tags[0]] == "" {
			text = instrument.Lang{w.tags[0]: o.Text.In("en"), "zh": o.Text["zh"], "en": o.Text["en"]}
		}
		rows = append(rows, append(append([]string{"", o.Code}, w.texts(text)...), yesOr(o.Exclusive), yesOr(o.Other), formula.Write(o.ShowIf, w.kind)))
	}
	var key strings.Builder
	for _, row := range rows {
		key.WriteString(strings.Join(row, "\x00") + "\x01")
	}
	if !fixed {
		if same := w.lists[key.String()]; same != "" {
			return same
		}
	} else if w.lists["\x02"+name] != "" {
		return name
	}
	w.lists["\x02"+name] = name
	if !fixed {
		w.lists[key.String()] = name
	}
	for _, row := range rows {
		row[0] = name
		w.choices = append(w.choices, row)
	}
	return name
}
