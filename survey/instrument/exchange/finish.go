package exchange

import (
	"maps"
	"slices"

	"gongping/survey/instrument"
)

// Finish settles what every importer leaves to the end: the languages of the
// questionnaire, texts that are missing in its main one, a title, and a last
// look at what the model itself refuses.
func Finish(q *instrument.Questionnaire, rep *Report, plain string) {
	tags := map[string]int{}
	every(q, func(l instrument.Lang, _ string) {
		for tag, s := range l {
			if s != "" {
				tags[tag]++
			}
		}
	})
	if len(tags) == 0 {
		tags[plain] = 1
	}
	main := slices.MaxFunc(slices.Sorted(maps.Keys(tags)), func(a, b string) int { return tags[a] - tags[b] })
	if n := tags["zh"]; n > 0 && n*10 >= tags[main]*8 {
		main = "zh"
	}
	q.Languages = nil
	if list := slices.Sorted(maps.Keys(tags)); !(main == "zh" && (len(list) == 1 || len(list) == 2 && tags["en"] > 0)) {
		q.Languages = append([]string{main}, slices.DeleteFunc(list, func(t string) bool { return t == main })...)
	}
	if q.Title[main] == "" {
		if s := q.Title.In(main); s != "" {
			q.Title[main] = s
		} else {
			q.Title = instrument.Lang{main: map[bool]string{true: "未命名问卷", false: "Untitled questionnaire"}[main == "zh"]}
			rep.Add(Fault, Place{}, "title", "")
		}
	}
	every(q, func(l instrument.Lang, item string) {
		if s := l.In(main); l[main] == "" && s != "" {
			rep.Add(Fault, Place{Item: item}, "untranslated", s, "Lang", main)
			l[main] = s
		}
	})
	if main != "zh" && tags["zh"] == 0 {
		rep.Add(Note, Place{}, "no_chinese", main)
	}
	rep.Items = len(q.Items)
	rep.Options = 0
	for i := range q.Items {
		rep.Options += len(q.Items[i].Options)
	}
}

// every visits the texts that must be there in the main language.
func every(q *instrument.Questionnaire, visit func(l instrument.Lang, item string)) {
	for i := range q.Items {
		it := &q.Items[i]
		visit(it.Text, it.ID)
		for o := range it.Options {
			visit(it.Options[o].Text, it.ID)
		}
	}
}
