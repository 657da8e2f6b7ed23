package lss

import (
	"fmt"
	"maps"
	"slices"
	"sort"
	"strconv"
	"strings"

	"gongping/survey/instrument"
	"gongping/survey/instrument/exchange"
	"gongping/survey/instrument/formula"
)

type reader struct {
	rep      exchange.Report
	t        map[string][]row
	q        *instrument.Questionnaire
	main     string
	ids      exchange.Names
	texts    map[string]instrument.Lang // of a question, "qid"
	helps    map[string]instrument.Lang
	answers  map[string][]answer // by qid
	subs     map[string][]row    // subquestions by parent qid
	attrs    map[string]map[string]string
	byCode   map[string]string // item id by question code, and by code_subquestion
	optionOf map[string]string // option code by code_subquestion
	defaults map[string][]string
	scored   int            // questions whose answers carry points
	shown    map[string]int // attributes that only change the looks, by name
}

type answer struct {
	code  string
	scale int
	order int
	text  instrument.Lang
	value string
	line  int
}

// Read turns a file into a questionnaire and a report.
func Read(data []byte) (*instrument.Questionnaire, *exchange.Report, error) {
	t, err := tables(data)
	if err != nil {
		return nil, nil, err
	}
	r := &reader{t: t, q: &instrument.Questionnaire{Title: instrument.Lang{}, Intro: instrument.Lang{}, Thanks: instrument.Lang{}}, ids: exchange.Names{},
		texts: map[string]instrument.Lang{}, helps: map[string]instrument.Lang{}, answers: map[string][]answer{}, subs: map[string][]row{},
		attrs: map[string]map[string]string{}, byCode: map[string]string{}, optionOf: map[string]string{}, shown: map[string]int{}, defaults: map[string][]string{}}
	r.rep.Format = "LimeSurvey"
	r.survey()
	r.index()
	r.groups()
	for _, name := range slices.Sorted(maps.Keys(r.shown)) {
		r.rep.Add(exchange.Note, exchange.Place{}, "display_setting", name, "N", strconv.Itoa(r.shown[name]))
	}
	if r.scored > 0 {
		r.rep.Add(exchange.Lost, exchange.Place{}, "assessment_value", "", "N", strconv.Itoa(r.scored))
	}
	exchange.Finish(r.q, &r.rep, r.main)
	r.rep.Sort()
	return r.q, &r.rep, nil
}

// tag makes a language tag of LimeSurvey's names.
func tag(s string) string {
	switch low := strings.ToLower(s); {
	case strings.HasPrefix(low, "zh-hans"), low == "zh", low == "zh-cn":
		return "zh"
	case strings.HasPrefix(low, "en"):
		return "en"
	default:
		return exchange.OtherTag(low)
	}
}

// survey reads the texts of the survey and says what of its settings has no
// place here.
func (r *reader) survey() {
	r.main = "en"
	for _, s := range r.t["surveys"] {
		if l := s.get("language"); l != "" {
			r.main = tag(l)
		}
		r.rep.Add(exchange.Note, exchange.Place{Line: s.line}, "survey_settings", "")
	}
	for _, s := range r.t["surveys_languagesettings"] {
		at, l := exchange.Place{Line: s.line}, tag(s.get("surveyls_language"))
		set := func(to instrument.Lang, field string) {
			if v := r.rep.Plain(s.get(field), at); v != "" && to[l] == "" {
				to[l] = v
			}
		}
		set(r.q.Title, "surveyls_title")
		set(r.q.Intro, "surveyls_welcometext")
		if len(r.q.Intro) == 0 {
			set(r.q.Intro, "surveyls_description")
		}
		set(r.q.Thanks, "surveyls_endtext")
		if v := s.get("surveyls_policy_notice"); v != "" {
			r.rep.Add(exchange.Lost, at, "policy", r.rep.Plain(v, at))
		}
		if s.get("surveyls_email_invite") != "" {
			r.rep.Add(exchange.Note, at, "emails", "")
		}
	}
	for _, a := range r.t["assessments"] {
		r.rep.Add(exchange.Lost, exchange.Place{Line: a.line}, "assessment", a.get("name"))
	}
	for _, a := range r.t["quota"] {
		r.rep.Add(exchange.Lost, exchange.Place{Line: a.line}, "quota", a.get("name"))
	}
}

// index sorts answers, subquestions, texts and attributes by question.
func (r *reader) index() {
	put := func(m map[string]instrument.Lang, id, language, text string, at exchange.Place) {
		if text = r.rep.Plain(text, at); text == "" {
			return
		}
		if m[id] == nil {
			m[id] = instrument.Lang{}
		}
		if m[id][tag(language)] == "" {
			m[id][tag(language)] = text
		}
	}
	code := map[string]string{}
	for _, table := range []string{"questions", "subquestions"} {
		for _, q := range r.t[table] {
			code[q.get("qid")] = q.get("title")
		}
	}
	for _, table := range []string{"questions", "subquestions", "question_l10ns"} {
		for _, q := range r.t[table] {
			at := exchange.Place{Line: q.line, Item: code[q.get("qid")]}
			put(r.texts, q.get("qid"), q.get("language"), q.get("question"), at)
			put(r.helps, q.get("qid"), q.get("language"), q.get("help"), at)
			if q.get("script") != "" {
				r.rep.Add(exchange.Lost, at, "script", q.get("script"))
			}
		}
	}
	r.indexDefaults(code)
	seen := map[string]bool{}
	for _, s := range r.t["subquestions"] {
		if id := s.get("qid"); !seen[id] {
			seen[id] = true
			r.subs[s.get("parent_qid")] = append(r.subs[s.get("parent_qid")], s)
		}
	}
	for _, list := range r.subs {
		sort.SliceStable(list, func(i, j int) bool { return list[i].int("question_order") < list[j].int("question_order") })
	}
	words := map[string]instrument.Lang{}
	for _, a := range r.t["answer_l10ns"] {
		put(words, a.get("aid"), a.get("language"), a.get("answer"), exchange.Place{Line: a.line})
	}
	for _, a := range r.t["answers"] {
		at := exchange.Place{Line: a.line, Item: code[a.get("qid")]}
		text := words[a.get("aid")]
		if old := a.get("answer"); old != "" { // before version 4 the text stood here
			m := map[string]instrument.Lang{}
			put(m, "x", a.get("language"), old, at)
			text = m["x"]
		}
		r.addAnswer(a, text)
	}
	for _, list := range r.answers {
		sort.SliceStable(list, func(i, j int) bool { return list[i].order < list[j].order })
	}
	for _, a := range r.t["question_attributes"] {
		id := a.get("qid")
		if r.attrs[id] == nil {
			r.attrs[id] = map[string]string{}
		}
		if v := strings.TrimSpace(a.get("value")); v != "" && r.attrs[id][a.get("attribute")] == "" {
			r.attrs[id][a.get("attribute")] = v
		}
	}
}

// addAnswer adds an answer, or the text of one in a further language.
func (r *reader) addAnswer(a row, text instrument.Lang) {
	id := a.get("qid")
	for i := range r.answers[id] {
		if x := &r.answers[id][i]; x.code == a.get("code") && x.scale == a.int("scale_id") {
			for l, s := range text {
				x.text[l] = s
			}
			return
		}
	}
	if text == nil {
		text = instrument.Lang{}
	}
	r.answers[id] = append(r.answers[id], answer{a.get("code"), a.int("scale_id"), a.int("sortorder"), text, a.get("assessment_value"), a.line})
}

// groups walks through groups and questions in their order.
func (r *reader) groups() {
	names := map[string]instrument.Lang{}
	notes := map[string]instrument.Lang{}
	for _, table := range []string{"groups", "group_l10ns"} {
		for _, g := range r.t[table] {
			at, id, l := exchange.Place{Line: g.line}, g.get("gid"), tag(g.get("language"))
			if names[id] == nil {
				names[id], notes[id] = instrument.Lang{}, instrument.Lang{}
			}
			if v := r.rep.Plain(g.get("group_name"), at); v != "" {
				names[id][l] = v
			}
			if v := r.rep.Plain(g.get("description"), at); v != "" {
				notes[id][l] = v
			}
		}
	}
	var groups []row
	seen := map[string]bool{}
	for _, g := range r.t["groups"] {
		if !seen[g.get("gid")] {
			seen[g.get("gid")] = true
			groups = append(groups, g)
		}
	}
	sort.SliceStable(groups, func(i, j int) bool { return groups[i].int("group_order") < groups[j].int("group_order") })
	byGroup := map[string][]row{}
	done := map[string]bool{}
	for _, q := range r.t["questions"] {
		if id := q.get("qid"); !done[id] && (q.get("parent_qid") == "0" || q.get("parent_qid") == "") {
			done[id] = true
			byGroup[q.get("gid")] = append(byGroup[q.get("gid")], q)
			if !seen[q.get("gid")] {
				seen[q.get("gid")] = true
				groups = append(groups, row{q.line, map[string]string{"gid": q.get("gid")}})
			}
		}
	}
	for _, g := range groups {
		id := "g" + exchange.Code(g.get("gid"))
		at := exchange.Place{Line: g.line, Item: names[g.get("gid")].In(r.main)}
		if g.get("randomization_group") != "" {
			r.rep.Add(exchange.Lost, at, "random", g.get("randomization_group"))
		}
		rule := r.condition(g.get("grelevance"), at, "relevant_group")
		r.q.Sections = append(r.q.Sections, instrument.Section{ID: id, Title: names[g.get("gid")], Text: none(notes[g.get("gid")])})
		list := byGroup[g.get("gid")]
		sort.SliceStable(list, func(i, j int) bool { return list[i].int("question_order") < list[j].int("question_order") })
		for _, q := range list {
			r.question(q, id, rule)
		}
	}
	r.conditions()
}

func none(l instrument.Lang) instrument.Lang {
	if len(l) == 0 {
		return nil
	}
	return l
}

// find resolves Q1.NAOK, Q1_SQ001.NAOK and the like.
func (r *reader) find(name string) (*instrument.Item, string) {
	if i := strings.IndexByte(name, '.'); i > 0 {
		switch suffix := name[i+1:]; suffix {
		case "NAOK", "value", "code", "shown":
			name = name[:i]
		}
	}
	id := r.byCode[name]
	if id == "" {
		return nil, ""
	}
	return r.q.Item(id), r.optionOf[name]
}

func (r *reader) condition(src string, at exchange.Place, key string) *instrument.Cond {
	if src = strings.TrimSpace(src); src == "" || src == "1" {
		return nil
	}
	c, err := formula.Read(src, r.find)
	if err != nil {
		r.rep.Add(exchange.Lost, at, key, src, formula.Why(err)...)
	}
	return c
}

// conditions looks at the older table of conditions. Newer files repeat there
// what stands in the relevance of the questions.
func (r *reader) conditions() {
	relevance, codes := map[string]string{}, map[string]string{}
	for _, q := range r.t["questions"] {
		relevance[q.get("qid")], codes[q.get("qid")] = strings.TrimSpace(q.get("relevance")), q.get("title")
	}
	for _, c := range r.t["conditions"] {
		at := exchange.Place{Line: c.line, Item: codes[c.get("qid")]}
		found := fmt.Sprintf("%s %s %s", codes[c.get("cqid")], c.get("method"), c.get("value"))
		if v := relevance[c.get("qid")]; v != "" && v != "1" {
			r.rep.Add(exchange.Note, at, "condition_repeated", found)
			continue
		}
		it := r.q.Item(r.byCode[codes[c.get("qid")]])
		of := r.q.Item(r.byCode[codes[c.get("cqid")]])
		if it == nil || of == nil || c.get("method") != "==" && strings.TrimSpace(c.get("method")) != "" {
			r.rep.Add(exchange.Lost, at, "relevant", found, "Why", "function", "What", c.get("method"))
			continue
		}
		test := &instrument.Cond{Item: of.ID, In: []string{exchange.Code(c.get("value"))}}
		if of.Kind == instrument.Multiple {
			test.Op = instrument.Has
		}
		if s := it.ShowIf; s != nil && s.Item == of.ID && s.Op == test.Op {
			s.In = append(s.In, test.In...)
			continue
		}
		it.ShowIf = instrument.Both(it.ShowIf, test)
	}
}
