package lss

import (
	"maps"
	"slices"

	"gongping/survey/instrument/exchange"
)

// read are the attributes that questions of some type take into account.
var read = map[string]bool{"hidden": true, "min_answers": true, "max_answers": true, "exclude_all_others": true, "min_num_value_n": true, "max_num_value_n": true,
	"num_value_int_only": true, "maximum_chars": true, "numbers_only": true, "date_min": true, "date_max": true, "equation": true, "other_replace_text": true}

// binding are the attributes that change what is asked or how it may be
// answered, with the value that means "off".
var binding = map[string]string{"random_order": "0", "array_filter": "", "array_filter_exclude": "", "em_validation_q": "", "em_validation_sq": "",
	"time_limit": "", "other_comment_mandatory": "0", "other_numbers_only": "0", "assessment_value": "1", "random_group": "", "alphasort": "0",
	"exclude_all_others_auto": "0", "equals_num_value": "", "min_num_value": "", "max_num_value": "", "multiflexible_min": "", "preg": ""}

// attributes reports those that bind and that the model has no place for, and
// counts those that only change the looks.
func (r *reader) attributes(attr map[string]string, at exchange.Place) {
	for _, name := range slices.Sorted(maps.Keys(attr)) {
		v := attr[name]
		off, binds := binding[name]
		switch {
		case read[name]:
		case binds && v == off:
		case binds:
			r.rep.Add(exchange.Lost, at, "attribute", v, "Name", name)
		default:
			r.shown[name]++
		}
	}
	for _, d := range r.defaults[at.Item] {
		r.rep.Add(exchange.Lost, at, "default", d)
	}
}

// indexDefaults finds the answers that questions are filled in with beforehand.
func (r *reader) indexDefaults(code map[string]string) {
	texts := map[string]string{}
	for _, d := range r.t["defaultvalue_l10ns"] {
		texts[d.get("dvid")] = d.get("defaultvalue")
	}
	for _, d := range r.t["defaultvalues"] {
		v := d.get("defaultvalue")
		if v == "" {
			v = texts[d.get("dvid")]
		}
		name := code[d.get("qid")]
		r.defaults[name] = append(r.defaults[name], v)
	}
}
