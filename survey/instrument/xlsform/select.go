package xlsform

import (
	"slices"
	"strings"

	"gongping/survey/instrument"
	"gongping/survey/instrument/exchange"
	"gongping/survey/instrument/formula"
)

// The lists that stand for the five grades and for yes and no. Their codes are
// those of the model.
const (
	gradeList = "gongping_grade5"
	yesNoList = "gongping_yesno"
)

var gradeWords = map[string][]string{
	"zh": {"非常满意", "满意", "一般", "不满意", "非常不满意"},
	"en": {"Very satisfied", "Satisfied", "Neutral", "Dissatisfied", "Very dissatisfied"},
}

var fixedWords = map[string]instrument.Lang{
	"yes":      {"zh": "是", "en": "Yes"},
	"no":       {"zh": "否", "en": "No"},
	"dk":       {"zh": "不清楚", "en": "Don't know"},
	"declined": {"zh": "不愿回答", "en": "Prefer not to say"},
	"other":    {"zh": "其他（请写明）", "en": "Other (please say)"},
}

// select_ gives an item its options. It is false where there are none to give.
func (r *reader) select_(x record, at exchange.Place, it *instrument.Item, typ, listName string) bool {
	if typ == "acknowledge" || typ == "trigger" {
		it.Options = []instrument.Option{{Code: "OK", Text: instrument.Lang{r.plain: "OK"}}}
		return true
	}
	withOther := false
	for _, suffix := range []string{" or_other", " or other"} {
		if strings.HasSuffix(listName, suffix) {
			listName, withOther = strings.TrimSuffix(listName, suffix), true
		}
	}
	l := r.lists[listName]
	if l == nil {
		r.rep.Add(exchange.Lost, at, "list_missing", listName)
		return false
	}
	l.used = true
	if len(l.options) > instrument.MaxOptions {
		r.rep.Add(exchange.Lost, at, "too_many_options", listName)
		return false
	}
	for i, o := range l.options {
		if instrument.Reason(o.Code) {
			key := "dont_know"
			if o.Code == instrument.DontKnow {
				it.DontKnow = true
			} else {
				it.Decline, key = true, "decline"
			}
			if !strings.HasPrefix(listName, "gongping_") {
				r.rep.Add(exchange.Changed, at, key, o.Text.In(r.plain))
			}
			continue
		}
		o.Text = clone(o.Text)
		o.Exclusive = o.Exclusive && it.Kind == instrument.Multiple
		o.ShowIf = r.condition(l.rows[i].get("gongping_relevant"), at, "relevant")
		it.Options = append(it.Options, o)
	}
	if withOther {
		code := "other"
		for it.Option(code) != nil {
			code += "_"
		}
		o := instrument.Option{Code: code, Other: true, Text: instrument.Lang{}}
		for _, tag := range r.tags() {
			if w := fixedWords["other"][tag]; w != "" {
				o.Text[tag] = w
			}
		}
		if len(o.Text) == 0 {
			o.Text["en"] = fixedWords["other"]["en"]
		}
		it.Options = append(it.Options, o)
	}
	if len(it.Options) == 0 {
		r.rep.Add(exchange.Lost, at, "list_missing", listName)
		return false
	}
	r.filter(x, at, it, l)
	r.named(at, it, listName)
	return true
}

func clone(l instrument.Lang) instrument.Lang {
	out := make(instrument.Lang, len(l))
	for k, v := range l {
		out[k] = v
	}
	return out
}

// tags are the languages of the labels so far.
func (r *reader) tags() []string {
	seen := []string{r.plain}
	for i := range r.q.Items {
		for tag := range r.q.Items[i].Text {
			if !slices.Contains(seen, tag) {
				seen = append(seen, tag)
			}
		}
	}
	return seen
}

// filter turns a choice filter (state = ${selected_state}) into a rule for
// every option.
func (r *reader) filter(x record, at exchange.Place, it *instrument.Item, l *list) {
	src := x.get("choice_filter")
	if src == "" {
		return
	}
	n, err := formula.Parse(src)
	if err != nil {
		r.rep.Add(exchange.Lost, at, "filter", src, formula.Why(err)...)
		return
	}
	rules := map[string]*instrument.Cond{}
	var never []string
	for _, row := range l.rows {
		code := exchange.Code(row.get("name"))
		bound := n.With(func(name string) (string, bool) {
			if _, ok := row.column[strings.ToLower(name)]; !ok {
				return "", false
			}
			return row.get(strings.ToLower(name)), true
		})
		c, err := formula.Cond(bound, r.find)
		if err != nil {
			if f, ok := err.(*formula.Fault); ok && f.Key == "never" {
				never = append(never, code)
				continue
			}
			r.rep.Add(exchange.Lost, at, "filter", src, formula.Why(err)...)
			return
		}
		rules[code] = c
	}
	var kept []instrument.Option
	for _, o := range it.Options {
		if slices.Contains(never, o.Code) {
			continue
		}
		o.ShowIf = instrument.Both(o.ShowIf, rules[o.Code])
		kept = append(kept, o)
	}
	if len(kept) == 0 {
		r.rep.Add(exchange.Lost, at, "filter", src, "Why", "never", "What", "")
		return
	}
	for _, code := range never {
		r.rep.Add(exchange.Changed, at, "filtered_out", code)
	}
	it.Options = kept
	r.rep.Add(exchange.Note, at, "filter_read", src)
}

// named recognises the lists that stand for grades and yes/no, and says of
// other lists of five that they could be grades.
func (r *reader) named(at exchange.Place, it *instrument.Item, listName string) {
	codes := make([]string, len(it.Options))
	for i, o := range it.Options {
		codes[i] = o.Code
	}
	switch {
	case it.Kind == instrument.Single && strings.HasPrefix(listName, gradeList) && slices.Equal(codes, []string{"5", "4", "3", "2", "1"}):
		it.Kind = instrument.Grade5
		usual := true
		for i := range it.Options {
			for tag, s := range it.Options[i].Text {
				usual = usual && gradeWords[tag] != nil && gradeWords[tag][i] == s
			}
			it.Options[i] = instrument.Option{Code: codes[i], Text: it.Options[i].Text}
		}
		if usual {
			it.Options = nil
		}
	case it.Kind == instrument.Single && strings.HasPrefix(listName, yesNoList) && slices.Equal(codes, []string{"yes", "no"}):
		it.Kind, it.Options = instrument.YesNo, nil
	case it.Kind == instrument.Single && exchange.Scale(it.Options, r.plain):
		r.rep.Add(exchange.Note, at, "scale", listName)
	}
}
