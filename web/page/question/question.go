// Package question turns a questionnaire into a form and a sent form into
// answers, for evaluators and residents alike. The form works without script:
// questions that do not apply are then shown, and their answers left out here.
// docs/web.md says how the form, its script and its data fit together.
package question

import (
	"slices"
	"strconv"

	"gongping/internal/errs"
	"gongping/survey/instrument"
	"gongping/web/locale"
)

// Option is one choice; Tone colours its edge.
type Option struct {
	Value, Text, Tone string
	Checked           bool
	Exclusive         bool
	Other             bool   // a line for words belongs to it
	Words             string // what was written there
	WordsName         string // the name of that field
}

// Item is one question of the form, or a text to read.
type Item struct {
	ID, Text, Hint, Value, Error string
	Lead                         string // the question above the rows of a matrix
	Kind                         instrument.Kind
	Number                       int // 0 for a note
	Required                     bool
	Multiple, Radio              bool
	Short                        bool
	Options                      []Option
	Boxes                        []Option // reasons for no answer, beside a number, date or text
	Min, Max, Mode               string
	MaxLength                    int
	Limits                       string // what the range allows, in words
	Wide                         bool   // the options are long: one to a line
	First                        bool   // the first row of a matrix
	Row                          bool   // a row of a matrix
	MatrixHint                   string
	ShownIf                      string // the skip rule in words, for paper
}

// Section is a group of questions under one heading.
type Section struct {
	Title, Text string
	Items       []Item
}

// Language is a language the questionnaire can be read in.
type Language struct {
	Tag, Name string
	Active    bool
}

// Form is a questionnaire to be filled in.
type Form struct {
	Title, Intro, Thanks string
	Lang                 string // the language of the texts
	Languages            []Language
	// Offers tells that there is a language which the page's own switch does not
	// lead to.
	Offers   bool
	Sections []Section
	Count    int
	Faults   bool
	Data     Data // for the script
}

// prefix marks the fields of answers.
const prefix = "q_"

// New builds the form in the reader's language with what was answered before
// and what was wrong with it.
func New(q *instrument.Questionnaire, p *locale.Printer, answers instrument.Answers, fault error) Form {
	return NewIn(q, p, string(p.Lang()), answers, fault)
}

// NewIn is New in any language of the questionnaire; the words of the page
// itself stay the reader's.
func NewIn(q *instrument.Questionnaire, p *locale.Printer, lang string, answers instrument.Answers, fault error) Form {
	f := Form{Title: q.Title.In(lang), Intro: q.Intro.In(lang), Thanks: q.Thanks.In(lang), Lang: lang, Data: DataOf(q, p)}
	if tags := q.Tags(); len(tags) > 0 {
		for _, tag := range tags {
			f.Languages = append(f.Languages, Language{tag, LanguageName(tag), tag == lang})
			f.Offers = f.Offers || !slices.Contains(locale.Langs, locale.Lang(tag))
		}
	}
	wrong := map[string]string{}
	if e, ok := fault.(*errs.Error); ok {
		for _, d := range e.Details {
			if wrong[d.Where] == "" {
				wrong[d.Where] = p.Map(d.Key, d.Args)
			}
		}
		f.Faults = len(wrong) > 0
	}
	b := builder{q: q, p: p, lang: lang, answers: answers, wrong: wrong}
	last := "\x00"
	for i := range q.Items {
		it := &q.Items[i]
		if group := b.group(it); group != last {
			f.Sections = append(f.Sections, b.section(it))
			last = group
		}
		s := &f.Sections[len(f.Sections)-1]
		s.Items = append(s.Items, b.item(i))
	}
	f.Count = b.number
	return f
}

type builder struct {
	q       *instrument.Questionnaire
	p       *locale.Printer
	lang    string
	answers instrument.Answers
	wrong   map[string]string
	number  int
}

// group is what a heading stands for: the section, or in a questionnaire
// without sections the dimension.
func (b *builder) group(it *instrument.Item) string {
	if len(b.q.Sections) > 0 {
		return "s" + it.Section
	}
	return "d" + it.Dimension
}

func (b *builder) section(it *instrument.Item) Section {
	if len(b.q.Sections) > 0 {
		for _, s := range b.q.Sections {
			if s.ID == it.Section {
				return Section{Title: s.Title.In(b.lang), Text: s.Text.In(b.lang)}
			}
		}
		return Section{}
	}
	for _, d := range b.q.Dimensions {
		if d.ID == it.Dimension {
			return Section{Title: d.Text.In(b.lang)}
		}
	}
	return Section{}
}

func (b *builder) item(i int) Item {
	it := &b.q.Items[i]
	v := Item{ID: it.ID, Kind: it.Kind, Text: it.Text.In(b.lang), Hint: it.Hint.In(b.lang), Value: b.answers[it.ID], Required: it.Required,
		Multiple: it.Kind == instrument.Multiple, Short: it.Short, MaxLength: instrument.MaxText, Error: b.wrong[it.ID]}
	if it.Kind != instrument.Note {
		b.number++
		v.Number = b.number
	}
	if it.Matrix != "" {
		v.Row, v.First = true, i == 0 || b.q.Items[i-1].Matrix != it.Matrix
		for _, m := range b.q.Matrices {
			if m.ID == it.Matrix {
				v.Lead, v.MatrixHint = m.Text.In(b.lang), m.Hint.In(b.lang)
			}
		}
	}
	b.options(it, &v)
	b.reasons(it, &v)
	v.Radio = len(v.Options) > 0 && !v.Multiple
	for _, o := range v.Options {
		v.Wide = v.Wide || width(o.Text) > 22 || o.Other
		if o.Other && v.Error == "" {
			v.Error = b.wrong[instrument.OtherKey(it.ID, o.Value)]
		}
	}
	b.limits(it, &v)
	v.ShownIf = Words(b.q, it.ShowIf, b.p, b.lang)
	return v
}

func (b *builder) options(it *instrument.Item, v *Item) {
	chosen := map[string]bool{}
	if it.Kind == instrument.Multiple {
		for _, code := range fields(v.Value) {
			chosen[code] = true
		}
	} else {
		chosen[v.Value] = true
	}
	add := func(value, text, tone string) *Option {
		v.Options = append(v.Options, Option{Value: value, Text: text, Tone: tone, Checked: chosen[value]})
		return &v.Options[len(v.Options)-1]
	}
	switch it.Kind {
	case instrument.Grade5:
		for _, g := range []string{"5", "4", "3", "2", "1"} {
			text := b.p.T("question.grade." + g)
			if o := it.Option(g); o != nil {
				text = o.Text.In(b.lang)
			}
			add(g, text, "g"+g)
		}
	case instrument.YesNo:
		add("yes", b.p.T("common.yes"), "")
		add("no", b.p.T("common.no"), "")
	case instrument.Single, instrument.Multiple:
		for i := range it.Options {
			o := &it.Options[i]
			x := add(o.Code, o.Text.In(b.lang), "")
			x.Exclusive, x.Other = o.Exclusive, o.Other
			if o.Other {
				key := instrument.OtherKey(it.ID, o.Code)
				x.WordsName, x.Words = prefix+key, b.answers[key]
			}
		}
	}
}

// reasons offers "don't know" and "prefer not to say" where the item allows
// them: behind its options, or as boxes beside a number, date or text.
func (b *builder) reasons(it *instrument.Item, v *Item) {
	if it.Kind == instrument.Note {
		return
	}
	list, value := &v.Options, v.Value
	if len(v.Options) == 0 {
		list = &v.Boxes
	}
	add := func(code, key string) {
		chosen := value == code
		*list = append(*list, Option{Value: code, Text: b.p.T(key), Tone: "dk", Checked: chosen, Exclusive: true})
		if chosen && list == &v.Boxes {
			v.Value = ""
		}
	}
	if it.DontKnow {
		add(instrument.DontKnow, "question.dont_know")
	}
	if it.Decline {
		add(instrument.Declined, "question.declined")
	}
}

// limits prepares the field of a number, date or text and says in words what
// its range allows.
func (b *builder) limits(it *instrument.Item, v *Item) {
	r := it.Range
	if it.Kind == instrument.Number {
		v.Mode = "numeric"
		if r != nil && (r.Decimals > 0 || r.Min == "" || r.Min[0] == '-') {
			v.Mode = "decimal"
		}
		if r == nil {
			v.Mode = "text"
		}
	}
	if r == nil {
		return
	}
	if it.Kind == instrument.Date {
		v.Min, v.Max = r.Min, r.Max
	}
	if r.MaxLength > 0 {
		v.MaxLength = r.MaxLength
	}
	say := func(low, high string, key string) {
		switch {
		case low != "" && high != "":
			v.Limits = b.p.T(key+".between", "Min", low, "Max", high)
		case low != "":
			v.Limits = b.p.T(key+".from", "Min", low)
		case high != "":
			v.Limits = b.p.T(key+".to", "Max", high)
		}
	}
	text := func(n int) string {
		if n == 0 {
			return ""
		}
		return strconv.Itoa(n)
	}
	switch it.Kind {
	case instrument.Number, instrument.Date:
		say(r.Min, r.Max, "question.limit.value")
	case instrument.Multiple:
		least := r.MinChoices
		if least == 1 {
			least = 0 // goes without saying
		}
		say(text(least), text(r.MaxChoices), "question.limit.choices")
	case instrument.Text:
		say(text(r.MinLength), text(r.MaxLength), "question.limit.length")
	}
}

// width is the room a text takes, in Latin letters.
func width(s string) int {
	n := 0
	for _, r := range s {
		if n++; r > 0x2e80 {
			n++
		}
	}
	return n
}
