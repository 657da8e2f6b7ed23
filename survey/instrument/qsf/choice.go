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
