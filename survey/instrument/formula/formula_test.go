package formula_test

import (
	"encoding/json"
	"errors"
	"testing"

	"gongping/survey/instrument"
	"gongping/survey/instrument/formula"
)

var items = map[string]*instrument.Item{
	"age":   {ID: "age", Kind: instrument.Number},
	"day":   {ID: "day", Kind: instrument.Date},
	"sat":   {ID: "sat", Kind: instrument.Grade5},
	"place": {ID: "place", Kind: instrument.Single, Options: []instrument.Option{{Code: "1"}, {Code: "2"}, {Code: "3"}, {Code: "x"}}},
	"uses":  {ID: "uses", Kind: instrument.Multiple, Options: []instrument.Option{{Code: "a"}, {Code: "b"}, {Code: "none"}}},
	"note":  {ID: "note", Kind: instrument.Text},
}

func resolve(name string) (*instrument.Item, string) {
	if name == "uses_a.NAOK" {
		return items["uses"], "a"
	}
	return items[name], ""
}

func TestConditions(t *testing.T) {
	for src, want := range map[string]string{
		`${place} = 'x'`:                          `{"item":"place","in":["x"]}`,
		`'x' = ${place}`:                          `{"item":"place","in":["x"]}`,
		`${place} != 'x'`:                         `{"not":{"item":"place","in":["x"]}}`,
		`${place}='1' or ${place} = '2'`:          `{"item":"place","in":["1","2"]}`,
		`${place} >= 2`:                           `{"item":"place","in":["2","3"]}`,
		`selected(${uses}, 'a') and ${age} >= 18`: `{"all":[{"item":"uses","in":["a"],"op":"has"},{"item":"age","op":"ge","value":"18"}]}`,
		`not(selected(${uses},'a'))`:              `{"not":{"item":"uses","in":["a"],"op":"has"}}`,
		`${age} = 018`:                            `{"item":"age","in":["18"]}`,
		`18 < ${age}`:                             `{"item":"age","op":"gt","value":"18"}`,
		`${day} < date('2026-01-01')`:             `{"item":"day","op":"lt","value":"2026-01-01"}`,
		`${note} != ''`:                           `{"item":"note","op":"answered"}`,
		`${note} = ""`:                            `{"not":{"item":"note","op":"answered"}}`,
		`(age && (sat < 3 || place == "x"))`:      "",
		`age > 3 && (sat < 3 || place == "x")`:    `{"all":[{"item":"age","op":"gt","value":"3"},{"any":[{"item":"sat","op":"lt","value":"3"},{"item":"place","in":["x"]}]}]}`,
		`uses_a.NAOK == "Y"`:                      `{"item":"uses","in":["a"],"op":"has"}`,
		`is_empty(age)`:                           `{"not":{"item":"age","op":"answered"}}`,
		`true()`:                                  "null",
		`1`:                                       "null",
		`true() and ${place} = ‘x’`:               `{"item":"place","in":["x"]}`,
		`not(not(${place} = 'x'))`:                `{"item":"place","in":["x"]}`,
		`false()`:                                 "", `${nobody} = 1`: "", `${age} > ${sat}`: "", `regex(${note}, 'x')`: "", `${note} > 3`: "", `${place} =`: "", `${place`: "", `'x`: "", `))`: "",
	} {
		n, err := formula.Parse(src)
		var c *instrument.Cond
		if err == nil {
			c, err = formula.Cond(n, resolve)
		}
		if err != nil {
			if want != "" {
				t.Errorf("%s: %v", src, err)
			}
			continue
		}
		if b, _ := json.Marshal(c); string(b) != want {
			t.Errorf("%s: %s, want %s", src, b, want)
		}
	}
}

func TestLimits(t *testing.T) {
	for src, want := range map[string]struct {
		item string
		r    instrument.Range
	}{
		". >= 0 and . <= 120":    {"age", instrument.Range{Min: "0", Max: "120"}},
		".>0 and .<10":           {"age", instrument.Range{Min: "1", Max: "9"}},
		"between(., 13, 120)":    {"age", instrument.Range{Min: "13", Max: "120"}},
		"5 <= .":                 {"age", instrument.Range{Min: "5"}},
		". = 7":                  {"age", instrument.Range{Min: "7", Max: "7"}},
		". > date('2026-02-28')": {"day", instrument.Range{Min: "2026-03-01"}},
		"string-length(.) <= 20": {"note", instrument.Range{MaxLength: 20}},
		"count-selected(.) >= 1 and count-selected(.) < 3": {"uses", instrument.Range{MinChoices: 1, MaxChoices: 2}},
	} {
		it := *items[want.item]
		n, err := formula.Parse(src)
		if err == nil {
			err = formula.Limit(n, &it)
		}
		if err != nil || it.Range == nil || *it.Range != want.r {
			t.Errorf("%s: %+v %v, want %+v", src, it.Range, err, want.r)
		}
	}
	alone := *items["uses"]
	alone.Options = []instrument.Option{{Code: "a"}, {Code: "none"}}
	n, _ := formula.Parse("not(selected(., 'none') and count-selected(.) > 1)")
	if err := formula.Limit(n, &alone); err != nil || !alone.Options[1].Exclusive || alone.Options[0].Exclusive {
		t.Errorf("%+v %v", alone.Options, err)
	}
	for _, src := range []string{"regex(., '[0-9]+')", ". <= today()", ". > ${age}", ". > 1 or . < 0", "string-length(.) > 5000"} {
		it := *items["age"]
		n, err := formula.Parse(src)
		if err == nil {
			err = formula.Limit(n, &it)
		}
		var f *formula.Fault
		if !errors.As(err, &f) || it.Range != nil {
			t.Errorf("%s: %v, range %+v", src, err, it.Range)
		}
	}
}

// What is read can be written and read again with the same meaning.
func FuzzParse(f *testing.F) {
	for _, s := range []string{"${place} = 'x' or (${age} > 3 and not(selected(${uses}, 'a')))", "a && b || !c", "between(., 1, 2)", "((((", "‘x’=“y”", ". mod 2 = 0"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, src string) {
		n, err := formula.Parse(src)
		if err != nil {
			return
		}
		for _, it := range items {
			x := *it
			_ = formula.Limit(n, &x)
		}
		c, err := formula.Cond(n, resolve)
		if err != nil || c == nil {
			return
		}
		kind := func(id string) instrument.Kind { return items[id].Kind }
		again, err := formula.Parse(formula.Write(c, kind))
		if err != nil {
			t.Fatalf("%q is written as %q: %v", src, formula.Write(c, kind), err)
		}
		c2, err := formula.Cond(again, resolve)
		if err != nil {
			t.Fatalf("%q is written as %q: %v", src, formula.Write(c, kind), err)
		}
		for _, a := range []instrument.Answers{{}, {"age": "20", "sat": "4", "uses": "a b", "place": "x", "day": "2026-01-02", "note": "n"}, {"age": "3", "sat": "dk", "uses": "none", "place": "2"}} {
			if c.Holds(a) != c2.Holds(a) {
				t.Fatalf("%q and what is written of it, %q, differ for %v", src, formula.Write(c, kind), a)
			}
		}
	})
}
