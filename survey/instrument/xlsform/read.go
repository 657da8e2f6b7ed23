package xlsform

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"gongping/internal/errs"
	"gongping/survey/instrument"
	"gongping/survey/instrument/exchange"
	"gongping/survey/instrument/formula"
)

// reader turns the sheets into a questionnaire.
type reader struct {
	rep      exchange.Report
	q        *instrument.Questionnaire
	plain    string // the language of texts whose column names none
	lists    map[string]*list
	ids      exchange.Names
	byName   map[string]string // the last item with a name in the file
	groups   []group
	sections exchange.Names
	matrices exchange.Names
	rows     map[string]int // line by item id
}

// group is an open begin_group or begin_repeat.
type group struct {
	name     string
	relevant *instrument.Cond
	section  string
	matrix   string
	label    instrument.Lang
	repeat   bool
}

// list is a list of choices.
type list struct {
	options []instrument.Option
	rows    []record
	used    bool
}

// Read turns the sheets of a workbook into a questionnaire and a report. An
// error means that there is no form in it at all.
func Read(sheets []exchange.Sheet) (*instrument.Questionnaire, *exchange.Report, error) {
	r := &reader{q: &instrument.Questionnaire{Title: instrument.Lang{}, Intro: instrument.Lang{}, Thanks: instrument.Lang{}}, ids: exchange.Names{},
		lists: map[string]*list{}, byName: map[string]string{}, sections: exchange.Names{}, matrices: exchange.Names{}, rows: map[string]int{}}
	r.rep.Format = "XLSForm"
	survey, head, ok := find(sheets, "survey", "type")
	if !ok {
		return nil, nil, errs.New(errs.Invalid, "exchange.no_survey", "the workbook has no sheet survey with a column type").
			At("survey", "", "an XLSForm", "name the sheet survey and its columns type, name and label")
	}
	t := newTable(survey, head, surveyColumns)
	r.settle(t)
	r.others(sheets)
	r.settings(sheets)
	r.dimensions(sheets)
	r.choices(sheets)
	for _, c := range t.unknown {
		r.rep.Add(exchange.Note, exchange.Place{Sheet: survey.Name, Line: t.head}, "column", c)
	}
	for _, row := range t.rows {
		r.row(record{t, row})
	}
	for _, g := range r.groups {
		r.rep.Add(exchange.Fault, exchange.Place{Sheet: survey.Name, Item: g.name}, "group_open", g.name)
	}
	for _, name := range slices.Sorted(maps.Keys(r.lists)) {
		if !r.lists[name].used {
			r.rep.Add(exchange.Note, exchange.Place{Sheet: "choices"}, "list_unused", name)
		}
	}
	r.finish()
	return r.q, &r.rep, nil
}

// settle finds out which language the columns without one are in.
func (r *reader) settle(t *table) {
	han, n := 0, 0
	for _, row := range t.rows {
		for _, c := range t.texts["label"] {
			if c.tag == "" && c.at < len(row.Cells) && row.Cells[c.at] != "" {
				n++
				if exchange.Han(row.Cells[c.at]) {
					han++
				}
			}
		}
	}
	r.plain = "en"
	if han*2 >= n && han > 0 {
		r.plain = "zh"
	}
}

// others reports formulas and sheets that are no part of a form.
func (r *reader) others(sheets []exchange.Sheet) {
	for _, s := range sheets {
		for i, f := range s.Formulas {
			if i == 20 {
				r.rep.Add(exchange.Changed, exchange.Place{Sheet: s.Name}, "formulas_more", fmt.Sprint(len(s.Formulas)-i))
				break
			}
			r.rep.Add(exchange.Changed, exchange.Place{Sheet: s.Name, Line: f.Line}, "formula", "="+f.Text, "Cell", f.Name)
		}
		switch strings.ToLower(strings.TrimSpace(s.Name)) {
		case "survey", "choices", "settings", "gongping_dimensions":
		default:
			if len(s.Rows) > 0 {
				r.rep.Add(exchange.Note, exchange.Place{Sheet: s.Name}, "sheet", s.Name)
			}
		}
	}
}

func (r *reader) settings(sheets []exchange.Sheet) {
	s, _, ok := find(sheets, "settings", "")
	if !ok || len(s.Rows) < 2 {
		return
	}
	t := newTable(s, 0, settingColumns)
	at := exchange.Place{Sheet: s.Name, Line: s.Rows[1].Line}
	row := record{t, s.Rows[1]}
	if d := row.get("default_language"); d != "" {
		if tag := languageTag(d); tag != "" {
			r.plain = tag
		}
	}
	title := r.rep.Text(row.get("form_title"), at)
	if title == "" {
		title = r.rep.Text(row.get("title"), at)
	}
	r.q.Title = row.lang("gongping_title", r.plain, &r.rep, at)
	r.q.Intro = row.lang("gongping_intro", r.plain, &r.rep, at)
	r.q.Thanks = row.lang("gongping_thanks", r.plain, &r.rep, at)
	if len(r.q.Title) == 0 && title != "" {
		tag := r.plain
		if exchange.Han(title) {
			tag = "zh"
		}
		r.q.Title[tag] = title
	}
	for _, c := range []string{"instance_name", "style", "public_key", "submission_url", "allow_choice_duplicates", "sms_keyword", "auto_send", "auto_delete"} {
		if v := row.get(c); v != "" {
			r.rep.Add(exchange.Note, at, "setting", v, "Setting", c)
		}
	}
	for _, c := range t.unknown {
		r.rep.Add(exchange.Note, at, "setting", row.get(strings.ToLower(c)), "Setting", c)
	}
}

func (r *reader) dimensions(sheets []exchange.Sheet) {
	s, head, ok := find(sheets, "gongping_dimensions", "name")
	if !ok {
		return
	}
	t := newTable(s, head, set("name"))
	for _, row := range t.rows {
		x := record{t, row}
		at := exchange.Place{Sheet: s.Name, Line: row.Line}
		if id := exchange.Code(x.get("name")); x.get("name") != "" && !r.dimension(id) {
			r.q.Dimensions = append(r.q.Dimensions, instrument.Dimension{ID: id, Text: x.lang("label", r.plain, &r.rep, at)})
		}
	}
}

func (r *reader) dimension(id string) bool {
	for _, d := range r.q.Dimensions {
		if d.ID == id {
			return true
		}
	}
	return false
}

func (r *reader) choices(sheets []exchange.Sheet) {
	s, head, ok := find(sheets, "choices", "list_name")
	if !ok {
		return
	}
	t := newTable(s, head, choiceColumns)
	for _, row := range t.rows {
		x := record{t, row}
		name := x.get("list_name")
		at := exchange.Place{Sheet: s.Name, Line: row.Line, Item: name}
		code := x.get("name")
		if name == "" || code == "" {
			if name != "" || code != "" || len(x.lang("label", r.plain, &exchange.Report{}, at)) > 0 {
				r.rep.Add(exchange.Fault, at, "choice_incomplete", strings.Join(row.Cells, " | "))
			}
			continue
		}
		l := r.lists[name]
		if l == nil {
			l = &list{}
			r.lists[name] = l
		}
		o := instrument.Option{Code: exchange.Code(code), Text: x.lang("label", r.plain, &r.rep, at), Exclusive: yes(x.get("gongping_exclusive")), Other: yes(x.get("gongping_other"))}
		if o.Code != code {
			r.rep.Add(exchange.Changed, at, "code", code, "Code", o.Code)
		}
		for i := range l.options {
			if l.options[i].Code == o.Code {
				r.rep.Add(exchange.Fault, at, "choice_twice", code)
				o.Code = ""
			}
		}
		if o.Code == "" {
			continue
		}
		if len(o.Text) == 0 {
			r.rep.Add(exchange.Fault, at, "choice_label", code)
			o.Text = instrument.Lang{r.plain: o.Code}
		}
		for _, media := range []string{"image", "media::image", "audio", "media::audio", "video", "media::video", "big-image"} {
			for _, m := range x.lang(media, r.plain, &exchange.Report{}, at) {
				r.rep.Add(exchange.Lost, at, "media", m)
			}
		}
		l.options = append(l.options, o)
		l.rows = append(l.rows, x)
	}
}

func yes(s string) bool {
	switch strings.ToLower(strings.TrimSpace(s)) {
	case "yes", "true", "true()", "1", "y", "是":
		return true
	}
	return false
}

// find is how an expression of this row sees the questions above.
func (r *reader) find(name string) (*instrument.Item, string) {
	id, ok := r.byName[name]
	if !ok {
		return nil, ""
	}
	return r.q.Item(id), ""
}

// condition reads a skip rule; what cannot be read is reported and does not
// skip anything.
func (r *reader) condition(src string, at exchange.Place, key string) *instrument.Cond {
	if src == "" {
		return nil
	}
	c, err := formula.Read(src, r.find)
	if err != nil {
		r.rep.Add(exchange.Lost, at, key, src, formula.Why(err)...)
	}
	return c
}

// finish settles the languages and sees that the result passes its own check.
func (r *reader) finish() {
	exchange.Finish(r.q, &r.rep, r.plain)
}
