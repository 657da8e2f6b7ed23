package question

import (
	"net/url"
	"slices"
	"strings"

	"gongping/survey/instrument"
)

func fields(s string) []string { return strings.Fields(s) }

// Read takes the answers from a sent form in their canonical encoding. Answers
// to questions that are skipped are dropped: without script the form cannot
// hide them. A box "don't know" or "prefer not to say" beside a field that is filled
// in gives way to what was written.
func Read(q *instrument.Questionnaire, form url.Values) instrument.Answers {
	a := instrument.Answers{}
	for i := range q.Items {
		it := &q.Items[i]
		if it.Kind == instrument.Note || !it.Shown(a) {
			continue
		}
		v := value(it, form[prefix+it.ID])
		if v == "" {
			continue
		}
		a[it.ID] = v
		for _, o := range it.Options {
			key := instrument.OtherKey(it.ID, o.Code)
			if words := strings.TrimSpace(form.Get(prefix + key)); o.Other && words != "" && slices.Contains(fields(v), o.Code) {
				a[key] = words
			}
		}
	}
	return q.Normal(a)
}

// value joins the values of one field.
func value(it *instrument.Item, given []string) string {
	var list []string
	for _, v := range given {
		if v = strings.TrimSpace(v); v != "" && !slices.Contains(list, v) {
			list = append(list, v)
		}
	}
	switch {
	case len(list) == 0:
		return ""
	case it.Kind == instrument.Multiple:
		return strings.Join(list, " ")
	}
	return list[0]
}
