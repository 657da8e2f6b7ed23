package xlsform_test

import (
	"encoding/json"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"gongping/survey/instrument"
	"gongping/survey/instrument/exchange"
	"gongping/survey/instrument/instrumenttest"
	"gongping/survey/instrument/xlsform"
)

func sheet(name string, rows ...string) exchange.Sheet {
	s := exchange.Sheet{Name: name}
	for i, r := range rows {
		if r != "" {
			s.Rows = append(s.Rows, exchange.Row{Line: i + 1, Cells: strings.Split(r, "|")})
		}
	}
	return s
}

func text(t testing.TB, q *instrument.Questionnaire) string {
	t.Helper()
	b, err := json.MarshalIndent(q, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// meaning is a questionnaire without what says the same in other words.
func meaning(q *instrument.Questionnaire) *instrument.Questionnaire {
	b, _ := json.Marshal(q)
	var c instrument.Questionnaire
	_ = json.Unmarshal(b, &c)
	trim := func(l instrument.Lang) {
		for k, v := range l {
			if v = strings.TrimSpace(exchange.Visible(v)); v == "" {
				delete(l, k)
			} else {
				l[k] = v
			}
		}
	}
	trim(c.Title)
	used := map[string]bool{}
	for i := range c.Items {
		it := &c.Items[i]
		used[it.Section] = true
		trim(it.Text)
		trim(it.Hint)
		for o := range it.Options {
			trim(it.Options[o].Text)
			it.Options[o].ShowIf = same(it.Options[o].ShowIf)
		}
		it.ShowIf = same(it.ShowIf)
		if r := it.Range; r != nil && (r.Step == "1" && r.Decimals == 0) {
			r.Step = ""
		}
	}
	var sections []instrument.Section
	for _, s := range c.Sections {
		trim(s.Title)
		if used[s.ID] {
			sections = append(sections, s)
		}
	}
	c.Sections = sections
	for _, d := range c.Dimensions {
		trim(d.Text)
	}
	return &c
}

// same brings a condition into the form in which the reader writes it: doubled
// negations go, an "or" of the same question becomes one list.
func same(c *instrument.Cond) *instrument.Cond {
	if c == nil {
		return nil
	}
	switch {
	case c.Not != nil:
		n := same(c.Not)
		if n.Not != nil {
			return n.Not
		}
		return &instrument.Cond{Not: n}
	case c.All != nil:
		out := &instrument.Cond{}
		for i := range c.All {
			out.All = append(out.All, *same(&c.All[i]))
		}
		return out
	case c.Any != nil:
		out, first := &instrument.Cond{}, c.Any[0]
		merged := &instrument.Cond{Item: first.Item, Op: first.Op}
		for i := range c.Any {
			x := *same(&c.Any[i])
			out.Any = append(out.Any, x)
			if merged != nil && x.Item == merged.Item && x.Item != "" && x.Op == merged.Op && len(x.In) > 0 {
				for _, v := range x.In {
					if !strings.Contains("\x00"+strings.Join(merged.In, "\x00")+"\x00", "\x00"+v+"\x00") {
						merged.In = append(merged.In, v)
					}
				}
			} else {
				merged = nil
			}
		}
		if merged != nil {
			return merged
		}
		return out
	}
	return c
}

func TestRoundTripKeepsTheMeaning(t *testing.T) {
	check := func(t testing.TB, q *instrument.Questionnaire) {
		t.Helper()
		again, rep, err := xlsform.Read(xlsform.Write(q, "f", "1"))
		if err != nil {
			t.Fatal(err)
		}
		if err := again.Check(); err != nil {
			t.Fatalf("what is read again is not usable: %v\n%s", err, text(t, again))
		}
		if got, want := text(t, meaning(again)), text(t, meaning(q)); got != want {
			t.Fatalf("written and read again:\n%s\nwas\n%s\nreport %+v", got, want, rep.Findings)
		}
		for _, f := range rep.Findings {
			if f.Level == exchange.Lost || f.Level == exchange.Fault {
				t.Fatalf("our own file is reported: %+v", f)
			}
		}
	}
	for _, q := range []instrument.Questionnaire{instrument.Default(), instrument.Example()} {
		check(t, &q)
	}
	rapid.Check(t, func(t *rapid.T) {
		q := instrumenttest.Questionnaire(t)
		again, rep, err := xlsform.Read(xlsform.Write(q, "f", "1"))
		if err != nil {
			t.Fatal(err)
		}
		if err := again.Check(); err != nil {
			t.Fatalf("what is read again is not usable: %v", err)
		}
		a, _ := json.Marshal(meaning(again))
		b, _ := json.Marshal(meaning(q))
		if string(a) != string(b) {
			t.Fatalf("written and read again:\n%s\nwas\n%s\nreport %+v", a, b, rep.Findings)
		}
	})
}
