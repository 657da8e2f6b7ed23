package qsf

import (
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"gongping/survey/instrument"
	"gongping/survey/instrument/exchange"
)

// choice is an option or a row.
type choice struct {
	Display         string `json:"Display"`
	TextEntry       any    `json:"TextEntry"`
	ExclusiveAnswer any    `json:"ExclusiveAnswer"`
	DisplayLogic    any    `json:"DisplayLogic"`
	Image           any    `json:"Image"`
	id              string
}

func truth(v any) bool {
	switch x := v.(type) {
	case bool:
		return x
	case string:
		return x != "" && !strings.EqualFold(x, "false") && x != "0" && !strings.EqualFold(x, "off")
	case float64:
		return x != 0
	}
	return v != nil
}

// choices reads choices, which are an object by number or a list, in order.
func choices(raw json.RawMessage, order []any) []choice {
	byKey := map[string]choice{}
	if json.Unmarshal(raw, &byKey) != nil {
		var list []choice
		if json.Unmarshal(raw, &list) != nil {
			return nil
		}
		for i, c := range list {
			byKey[strconv.Itoa(i+1)] = c
		}
	}
	var keys []string
	for _, o := range order {
		k := strings.TrimSuffix(fmt.Sprint(o), ".0")
		if _, ok := byKey[k]; ok && !slices.Contains(keys, k) {
			keys = append(keys, k)
		}
	}
	for _, k := range slices.SortedFunc(maps.Keys(byKey), numeric) {
		if !slices.Contains(keys, k) {
			keys = append(keys, k)
		}
	}
	out := make([]choice, len(keys))
	for i, k := range keys {
		out[i] = byKey[k]
		out[i].id = k
	}
	return out
}

// translation is a question in another language.
type translation struct {
	QuestionText string            `json:"QuestionText"`
	Choices      map[string]choice `json:"Choices"`
	Answers      map[string]choice `json:"Answers"`
}

func translations(raw json.RawMessage) map[string]translation {
	out := map[string]translation{}
	_ = json.Unmarshal(raw, &out) // an empty list where there are none
	return out
}

var emphasised = regexp.MustCompile(`(?is)^(.*?)<br\s*/?>\s*<(?:em|i|small)>(.*)</(?:em|i|small)>\s*$`)

// texts reads the question and, where it ends in a line in italics, the hint.
func (r *reader) texts(p payload, at exchange.Place) (text, hint instrument.Lang) {
	text, hint = instrument.Lang{}, instrument.Lang{}
	put := func(l, s string) {
		if m := emphasised.FindStringSubmatch(s); m != nil {
			s = m[1]
			if h := r.rep.Plain(m[2], at); h != "" {
				hint[l] = h
			}
		}
		if s = r.rep.Plain(s, at); s != "" {
			text[l] = s
		}
	}
	put(r.main, p.QuestionText)
	all := translations(p.Language)
	for _, l := range slices.Sorted(maps.Keys(all)) {
		if t := tag(l); text[t] == "" && all[l].QuestionText != "" {
			put(t, all[l].QuestionText)
		}
	}
	if len(text) == 0 && p.QuestionDescription != "" {
		text[r.main] = r.rep.Plain(p.QuestionDescription, at)
	}
	if len(hint) == 0 {
		hint = nil
	}
	for _, s := range text {
		if strings.Contains(s, "${") {
			r.rep.Add(exchange.Lost, at, "piping", s)
			break
		}
	}
	return text, hint
}

// options makes options of choices; which is "Choices" or "Answers".
func (r *reader) options(p payload, list []choice, which string, at exchange.Place) []instrument.Option {
	recode := map[string]any{}
	_ = json.Unmarshal(p.RecodeValues, &recode)
	all := translations(p.Language)
	var out []instrument.Option
	code := map[string]string{}
	used := map[string]bool{}
	for _, c := range list {
		value := c.id
		if v, ok := recode[c.id]; ok {
			value = strings.TrimSuffix(fmt.Sprint(v), ".0")
		}
		o := instrument.Option{Code: exchange.Code(value), Text: instrument.Lang{}, Exclusive: truth(c.ExclusiveAnswer), Other: truth(c.TextEntry)}
		if used[o.Code] || o.Code == instrument.DontKnow {
			r.rep.Add(exchange.Fault, at, "choice_twice", value)
			for n := 2; used[o.Code] || o.Code == instrument.DontKnow; n++ {
				o.Code = exchange.Code(value) + "_" + strconv.Itoa(n)
			}
		}
		used[o.Code] = true
		code[c.id] = o.Code
		if s := r.rep.Plain(c.Display, at); s != "" {
			o.Text[r.main] = s
		}
		for _, l := range slices.Sorted(maps.Keys(all)) {
			words := all[l].Choices
			if which == "Answers" {
				words = all[l].Answers
			}
			if s := r.rep.Plain(words[c.id].Display, at); s != "" && o.Text[tag(l)] == "" {
				o.Text[tag(l)] = s
			}
		}
		if len(o.Text) == 0 {
			r.rep.Add(exchange.Fault, at, "choice_label", c.id)
			o.Text[r.main] = o.Code
		}
		if c.Image != nil {
			r.rep.Add(exchange.Lost, at, "media", fmt.Sprint(c.Image))
		}
		if c.DisplayLogic != nil {
			raw, _ := json.Marshal(c.DisplayLogic)
			o.ShowIf = r.logic(raw, at)
		}
		out = append(out, o)
	}
	if which == "Answers" {
		r.matrixA[p.QuestionID] = code
	} else {
		r.codes[p.QuestionID] = code
	}
	return out
}

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

// slider reads the ends of a slider.
func slider(raw json.RawMessage) *instrument.Range {
	var c map[string]any
	_ = json.Unmarshal(raw, &c)
	rg := &instrument.Range{Min: "0", Max: "100"}
	for field, to := range map[string]*string{"CSSliderMin": &rg.Min, "CSSliderMax": &rg.Max} {
		if n, ok := instrument.CanonicalNumber(strings.TrimSpace(fmt.Sprint(c[field]))); ok {
			*to = n
		}
	}
	if n, err := strconv.Atoi(fmt.Sprint(c["NumDecimals"])); err == nil && n > 0 && n <= 6 {
		rg.Decimals = n
	}
	if x, y := number(rg.Min), number(rg.Max); x > y {
		rg.Min, rg.Max = "0", "100"
	}
	return rg
}

func number(s string) float64 {
	f, _ := strconv.ParseFloat(s, 64)
	return f
}

// validation reads what an answer must be.
func (r *reader) validation(p payload, it *instrument.Item, at exchange.Place) {
	s := p.Validation.Settings
	text := func(k string) string {
		if v := s[k]; v != nil {
			return strings.TrimSpace(fmt.Sprint(v))
		}
		return ""
	}
	force := strings.ToUpper(text("ForceResponse"))
	it.Required = force == "ON" && p.QuestionType != "DB"
	switch typ := text("Type"); typ {
	case "", "None", "ContentType", "ValidNumber", "CharRange", "TotalChars", "MinChar", "MaxChar", "ChoiceRange", "MinChoices", "MaxChoices":
	default:
		r.rep.Add(exchange.Lost, at, "validation", typ)
	}
	content := text("ContentType")
	if text("Type") == "ValidNumber" {
		content = "ValidNumber"
	}
	if p.QuestionType != "TE" {
		return
	}
	switch content {
	case "":
	case "ValidNumber":
		it.Kind, it.Range = instrument.Number, &instrument.Range{Decimals: 6}
		if m, ok := s["ValidNumber"].(map[string]any); ok {
			if n, err := strconv.Atoi(fmt.Sprint(m["NumDecimals"])); err == nil && n >= 0 && n <= 6 {
				it.Range.Decimals = n
			}
			low, okLow := instrument.CanonicalNumber(fmt.Sprint(m["Min"]))
			high, okHigh := instrument.CanonicalNumber(fmt.Sprint(m["Max"]))
			if okLow && okHigh && number(low) > number(high) {
				r.rep.Add(exchange.Fault, at, "limit_choices", low+" – "+high)
			} else {
				if okLow {
					it.Range.Min = low
				}
				if okHigh {
					it.Range.Max = high
				}
			}
		}
		if *it.Range == (instrument.Range{}) {
			it.Range = nil
		}
	case "ValidDate":
		it.Kind = instrument.Date
	default:
		r.rep.Add(exchange.Lost, at, "validation", content)
	}
	low, _ := strconv.Atoi(text("MinChars"))
	high, _ := strconv.Atoi(text("MaxChars"))
	if n, err := strconv.Atoi(text("TotalChars")); err == nil {
		high = n
	}
	if it.Kind == "" && low >= 0 && high >= 0 && (low > 0 || high > 0) && low <= instrument.MaxText && (high == 0 || low <= high) {
		it.Kind, it.Short = instrument.Text, p.Selector == "SL"
		it.Range = &instrument.Range{MinLength: low, MaxLength: min(high, instrument.MaxText)}
	}
}

// count reads how many choices are allowed.
func (r *reader) count(p payload, it *instrument.Item, at exchange.Place) {
	if it.Kind != instrument.Multiple {
		return
	}
	low, _ := strconv.Atoi(fmt.Sprint(p.Validation.Settings["MinChoices"]))
	high, _ := strconv.Atoi(fmt.Sprint(p.Validation.Settings["MaxChoices"]))
	switch {
	case low <= 0 && high <= 0:
	case low < 0 || high < 0 || low > len(it.Options) || high > len(it.Options) || high > 0 && low > high:
		r.rep.Add(exchange.Fault, at, "limit_choices", fmt.Sprintf("%d – %d", low, high))
	default:
		it.Range = &instrument.Range{MinChoices: low, MaxChoices: high}
	}
}
