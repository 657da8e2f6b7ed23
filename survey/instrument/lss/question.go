package lss

import (
	"strconv"
	"strings"

	"gongping/survey/instrument"
	"gongping/survey/instrument/exchange"
)

// typeNames are LimeSurvey's types, to speak of them in a report.
var typeNames = map[string]string{"*": "equation", ":": "array (numbers)", ";": "array (texts)", "|": "file upload", "I": "language switch", "R": "ranking",
	"1": "array dual scale", "P": "multiple choice with comments", "O": "list with comment", "E": "array increase/same/decrease"}

// question reads one question, which may become several items.
func (r *reader) question(q row, section string, rule *instrument.Cond) {
	code, id := q.get("title"), q.get("qid")
	at := exchange.Place{Line: q.line, Item: code}
	typ := q.get("type")
	attr := r.attrs[id]
	if attr["hidden"] == "1" && typ != "*" {
		r.rep.Add(exchange.Lost, at, "hidden", r.texts[id].In(r.main))
		return
	}
	it := instrument.Item{Text: r.texts[id], Hint: none(r.helps[id]), Section: section, Required: q.get("mandatory") == "Y" || q.get("mandatory") == "S"}
	it.ShowIf = instrument.Both(rule, r.condition(q.get("relevance"), at, "relevant"))
	r.attributes(attr, at)
	switch typ {
	case "L", "!", "O", "G", "5", "Y", "R":
		r.single(&it, q, at)
	case "M", "P":
		r.multiple(&it, q, at)
	case "N":
		it.Kind = instrument.Number
		it.Range = numberRange(attr, "min_num_value_n", "max_num_value_n")
	case "S", "T", "U":
		it.Kind, it.Short = instrument.Text, typ == "S"
		if n, err := strconv.Atoi(attr["maximum_chars"]); err == nil && n > 0 && n <= instrument.MaxText {
			it.Range = &instrument.Range{MaxLength: n}
		}
		if attr["numbers_only"] == "1" {
			it.Kind, it.Short = instrument.Number, false
			it.Range = &instrument.Range{Decimals: 6}
		}
	case "D":
		it.Kind = instrument.Date
		r.dates(&it, attr, at)
	case "X":
		it.Kind, it.Required = instrument.Note, false
	case "K", "Q", "A", "B", "C", "E", "F", "H", "1":
		r.several(it, q, at)
		return
	case "*":
		r.rep.Add(exchange.Lost, at, "calculate", attr["equation"]+r.texts[id].In(r.main), "Type", typeNames["*"])
		return
	default:
		name := typeNames[typ]
		if name == "" {
			name = typ
		}
		r.rep.Add(exchange.Lost, at, "type_unknown", name)
		return
	}
	r.add(it, code, at)
}

// add adds an item under the question's code.
func (r *reader) add(it instrument.Item, code string, at exchange.Place) string {
	if it.Kind.Choice() && len(it.Options) == 0 {
		r.rep.Add(exchange.Lost, at, "options_missing", code)
		return ""
	}
	if len(it.Options) > instrument.MaxOptions {
		r.rep.Add(exchange.Lost, at, "too_many_options", code)
		return ""
	}
	if len(r.q.Items) >= instrument.MaxItems {
		r.rep.Add(exchange.Lost, at, "too_many", code)
		return ""
	}
	want := exchange.Code(code)
	if it.ID = r.ids.Unique(code); it.ID != want {
		r.rep.Add(exchange.Fault, at, "name_twice", code, "ID", it.ID)
	}
	if len(it.Text) == 0 {
		r.rep.Add(exchange.Fault, at, "label_missing", code)
		it.Text = instrument.Lang{r.main: it.ID}
	}
	for _, s := range it.Text {
		if strings.Contains(s, "{") && strings.Contains(s, "}") {
			r.rep.Add(exchange.Lost, at, "piping", s)
			break
		}
	}
	r.q.Items = append(r.q.Items, it)
	if r.byCode[code] == "" {
		r.byCode[code] = it.ID
	}
	return it.ID
}

func plainOptions(tag string, pairs ...string) []instrument.Option {
	var out []instrument.Option
	for i := 0; i+1 < len(pairs); i += 2 {
		out = append(out, instrument.Option{Code: pairs[i], Text: instrument.Lang{tag: pairs[i+1]}})
	}
	return out
}

// answersOf makes options of the answers of a question.
func (r *reader) answersOf(id string, scale int, at exchange.Place) []instrument.Option {
	var out []instrument.Option
	seen := map[string]bool{}
	scored := false
	for _, a := range r.answers[id] {
		if a.scale != scale {
			continue
		}
		place := exchange.Place{Line: a.line, Item: at.Item}
		o := instrument.Option{Code: exchange.Code(a.code), Text: instrument.Lang{}}
		for l, s := range a.text {
			o.Text[l] = s
		}
		if seen[o.Code] || o.Code == instrument.DontKnow {
			r.rep.Add(exchange.Fault, place, "choice_twice", a.code)
			o.Code += "_" + strconv.Itoa(len(out)+1)
		}
		seen[o.Code] = true
		if len(o.Text) == 0 {
			r.rep.Add(exchange.Fault, place, "choice_label", a.code)
			o.Text[r.main] = o.Code
		}
		scored = scored || a.value != "" && a.value != "0"
		out = append(out, o)
	}
	if scored {
		r.scored++
	}
	return out
}

func (r *reader) other(q row, it *instrument.Item) {
	if q.get("other") != "Y" {
		return
	}
	code := "other"
	for it.Option(code) != nil {
		code += "_"
	}
	text := instrument.Lang{"en": "Other (please say)", "zh": "其他（请写明）"}
	if r.main != "zh" && r.main != "en" {
		text[r.main] = text["en"]
	}
	if custom := r.attrs[q.get("qid")]["other_replace_text"]; custom != "" {
		text[r.main] = custom
	}
	for l := range text {
		if l != r.main && it.Text[l] == "" {
			delete(text, l)
		}
	}
	it.Options = append(it.Options, instrument.Option{Code: code, Other: true, Text: text})
}

func (r *reader) single(it *instrument.Item, q row, at exchange.Place) {
	it.Kind = instrument.Single
	switch typ := q.get("type"); typ {
	case "Y":
		it.Kind = instrument.YesNo
		r.rep.Add(exchange.Note, at, "yes_no", "Y / N")
		return
	case "G":
		it.Options = plainOptions(r.main, "M", map[bool]string{true: "男", false: "Male"}[r.main == "zh"], "F", map[bool]string{true: "女", false: "Female"}[r.main == "zh"])
	case "5":
		it.Options = plainOptions(r.main, "1", "1", "2", "2", "3", "3", "4", "4", "5", "5")
		r.rep.Add(exchange.Note, at, "scale", "1–5")
	case "R":
		it.Kind = instrument.Multiple
		it.Options = r.answersOf(q.get("qid"), 0, at)
		r.rep.Add(exchange.Changed, at, "type_instead.multiple", typeNames[typ])
	default:
		it.Options = r.answersOf(q.get("qid"), 0, at)
		r.other(q, it)
		if typ == "O" {
			r.rep.Add(exchange.Lost, at, "comment_field", "")
		}
		if exchange.Scale(it.Options, r.main) {
			r.rep.Add(exchange.Note, at, "scale", it.Options[0].Text.In(r.main)+" … "+it.Options[4].Text.In(r.main))
		}
	}
}

// multiple makes options of the subquestions.
func (r *reader) multiple(it *instrument.Item, q row, at exchange.Place) {
	it.Kind = instrument.Multiple
	id := q.get("qid")
	attr := r.attrs[id]
	alone := map[string]bool{}
	for _, code := range strings.FieldsFunc(attr["exclude_all_others"], func(c rune) bool { return c == ';' || c == ',' || c == ' ' }) {
		alone[code] = true
	}
	for _, s := range r.subs[id] {
		place := exchange.Place{Line: s.line, Item: at.Item}
		o := instrument.Option{Code: exchange.Code(s.get("title")), Text: instrument.Lang{}, Exclusive: alone[s.get("title")]}
		for l, t := range r.texts[s.get("qid")] {
			o.Text[l] = t
		}
		if len(o.Text) == 0 {
			r.rep.Add(exchange.Fault, place, "choice_label", s.get("title"))
			o.Text[r.main] = o.Code
		}
		if it.Option(o.Code) != nil || o.Code == instrument.DontKnow {
			r.rep.Add(exchange.Fault, place, "choice_twice", s.get("title"))
			continue
		}
		if v := strings.TrimSpace(s.get("relevance")); v != "" && v != "1" {
			o.ShowIf = r.condition(v, place, "relevant")
		}
		it.Options = append(it.Options, o)
		name := q.get("title") + "_" + s.get("title")
		if r.byCode[name] == "" {
			r.byCode[name], r.optionOf[name] = exchange.Code(q.get("title")), o.Code
		}
	}
	r.other(q, it)
	if q.get("type") == "P" {
		r.rep.Add(exchange.Lost, at, "comment_field", "")
	}
	rg := instrument.Range{}
	rg.MinChoices, _ = strconv.Atoi(attr["min_answers"])
	rg.MaxChoices, _ = strconv.Atoi(attr["max_answers"])
	if rg.MinChoices < 0 || rg.MaxChoices < 0 || rg.MinChoices > len(it.Options) || rg.MaxChoices > len(it.Options) || rg.MaxChoices > 0 && rg.MinChoices > rg.MaxChoices {
		r.rep.Add(exchange.Fault, at, "limit_choices", attr["min_answers"]+" – "+attr["max_answers"])
	} else if rg != (instrument.Range{}) {
		it.Range = &rg
	}
}

// numberRange reads the limits of a number; whole numbers have their own flag.
func numberRange(attr map[string]string, low, high string) *instrument.Range {
	rg := &instrument.Range{Decimals: 6}
	if attr["num_value_int_only"] == "1" {
		rg.Decimals = 0
	}
	if n, ok := instrument.CanonicalNumber(attr[low]); ok && attr[low] != "" {
		rg.Min = n
	}
	if n, ok := instrument.CanonicalNumber(attr[high]); ok && attr[high] != "" {
		rg.Max = n
	}
	if rg.Decimals == 0 && rg.Min == "" && rg.Max == "" {
		return nil
	}
	return rg
}

func (r *reader) dates(it *instrument.Item, attr map[string]string, at exchange.Place) {
	rg := instrument.Range{}
	for name, to := range map[string]*string{"date_min": &rg.Min, "date_max": &rg.Max} {
		switch v := attr[name]; {
		case v == "":
		case len(v) == 10 && v[4] == '-' && v[7] == '-':
			*to = v
		default:
			r.rep.Add(exchange.Lost, at, "constraint", v, "Why", "date", "What", v, "Column", name)
		}
	}
	if rg != (instrument.Range{}) {
		it.Range = &rg
	}
}

// several reads arrays and lists of fields: each subquestion is an item.
func (r *reader) several(base instrument.Item, q row, at exchange.Place) {
	id, typ := q.get("qid"), q.get("type")
	attr := r.attrs[id]
	rows := r.subs[id]
	if len(rows) == 0 {
		r.rep.Add(exchange.Lost, at, "matrix_rows", q.get("title"))
		return
	}
	scales := []int{0}
	switch typ {
	case "K":
		base.Kind, base.Range = instrument.Number, numberRange(attr, "min_num_value_n", "max_num_value_n")
	case "Q":
		base.Kind, base.Short = instrument.Text, true
	case "A":
		base.Kind, base.Options = instrument.Single, plainOptions(r.main, "1", "1", "2", "2", "3", "3", "4", "4", "5", "5")
	case "B":
		base.Kind = instrument.Single
		for n := 1; n <= 10; n++ {
			base.Options = append(base.Options, plainOptions(r.main, strconv.Itoa(n), strconv.Itoa(n))...)
		}
	case "C":
		base.Kind, base.DontKnow = instrument.YesNo, true
		r.rep.Add(exchange.Changed, at, "uncertain", "Uncertain")
	case "E":
		base.Kind, base.Options = instrument.Single, plainOptions(r.main, "I", "Increase", "S", "Same", "D", "Decrease")
	case "1":
		base.Kind, scales = instrument.Single, []int{0, 1}
		r.rep.Add(exchange.Changed, at, "dual_scale", typeNames[typ])
	default:
		base.Kind = instrument.Single
	}
	for _, scale := range scales {
		if typ == "F" || typ == "H" || typ == "1" {
			base.Options = r.answersOf(id, scale, at)
		}
		r.rows(base, rows, q, at, scale)
	}
}

func (r *reader) rows(base instrument.Item, rows []row, q row, at exchange.Place, scale int) {
	if base.Kind.Choice() && len(base.Options) == 0 {
		r.rep.Add(exchange.Lost, at, "matrix_columns", q.get("title"))
		return
	}
	matrix := ""
	if base.Kind != instrument.Number && base.Kind != instrument.Text {
		matrix = exchange.Code(q.get("title"))
		for n := 2; r.hasMatrix(matrix); n++ {
			matrix = exchange.Code(q.get("title")) + "_" + strconv.Itoa(n)
		}
		text := base.Text
		if len(text) == 0 {
			text = instrument.Lang{r.main: q.get("title")}
		}
		r.q.Matrices = append(r.q.Matrices, instrument.Matrix{ID: matrix, Text: text, Hint: base.Hint})
	}
	for _, s := range rows {
		it := base
		it.Matrix, it.Hint, it.Text, it.Options = matrix, nil, instrument.Lang{}, nil
		for _, o := range base.Options {
			o.Text = copied(o.Text)
			it.Options = append(it.Options, o)
		}
		for l, t := range r.texts[s.get("qid")] {
			if it.Text[l] = t; matrix == "" && base.Text[l] != "" {
				it.Text[l] = base.Text[l] + " — " + t
			}
		}
		name := q.get("title") + "_" + s.get("title")
		if scale > 0 {
			name += "_" + strconv.Itoa(scale)
		}
		place := exchange.Place{Line: s.line, Item: name}
		if v := strings.TrimSpace(s.get("relevance")); v != "" && v != "1" {
			it.ShowIf = instrument.Both(it.ShowIf, r.condition(v, place, "relevant"))
		}
		r.add(it, name, place)
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

func copied(l instrument.Lang) instrument.Lang {
	out := instrument.Lang{}
	for k, v := range l {
		out[k] = v
	}
	return out
}
