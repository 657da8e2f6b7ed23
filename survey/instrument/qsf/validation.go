package qsf

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"gongping/survey/instrument"
	"gongping/survey/instrument/exchange"
)

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
