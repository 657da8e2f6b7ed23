package xlsform_test

import (
	"slices"
	"strings"
	"testing"

	"gongping/survey/instrument"
	"gongping/survey/instrument/exchange"
	"gongping/survey/instrument/xlsform"
)

func keys(rep *exchange.Report) (out []string) {
	for _, f := range rep.Findings {
		out = append(out, f.Key)
	}
	return out
}

func TestFormIsReadAndReportedRowByRow(t *testing.T) {
	survey := sheet("survey",
		"type|name|label::中文 (zh)|label::English (en)|required|relevant|constraint|choice_filter|appearance|parameters|default",
		"start|start",
		"begin_group|g1|关于您|About you",
		"integer|age|年龄|Age|yes||. >= 18 and . <= 120",
		"select_one province|prov|省|Province",
		"select_one city|city|市|City||||p=${prov}",
		"end_group",
		"begin_group|m1|满意吗|Satisfied?||${age} > 20|||table-list",
		"select_one sat|m_a|食堂|Canteen",
		"select_one sat|m_b|电梯|Lift",
		"end_group",
		"select_multiple uses or_other|uses|用过|Used|||not(selected(., 'no') and count-selected(.) > 1)",
		"range|temp|温度|Temperature||||||start=0;end=1;step=0.5",
		"geopoint|gps|位置|Where",
		"calculate|calc|||||||||=1",
		"text|why|为什么|Why||regex(${age}, 'x')||||multiline|预填",
		"select_one nowhere|x|无|None",
		"date|age|日期|Date|${age} = 1",
		"note|bye|再见 <script>alert(1)</script>|Bye \u202e",
	)
	survey.Formulas = []exchange.Cell{{Line: 16, Name: "K16", Text: "1+1"}}
	choices := sheet("choices", "list_name|name|label::中文 (zh)|label::English (en)|p|image",
		"province|sh|上海|Shanghai", "province|js|江苏|Jiangsu", "city|xh|徐汇|Xuhui|sh", "city|sz|苏州|Suzhou|js|a.png",
		"sat|1|好|Good", "sat|0|差|Bad", "sat|dk|不知道|Don't know", "uses|a|甲|A", "uses|no|都没有|None", "uses|a|又是甲|A again", "spare|z|余|Spare")
	q, rep, err := xlsform.Read([]exchange.Sheet{survey, choices, sheet("settings", "form_title|form_id|style", "问卷|f|pages"), sheet("media", "x")})
	if err != nil {
		t.Fatal(err)
	}
	if err := q.Check(); err != nil {
		t.Fatal(err)
	}
	got := keys(rep)
	for _, want := range []string{"metadata", "filter_read", "media", "dont_know", "type_unknown", "calculate", "default", "relevant", "list_missing", "name_twice",
		"required_rule", "hidden_characters", "choice_twice", "list_unused", "sheet", "setting", "formula", "markup"} {
		if !slices.Contains(got, want) {
			t.Errorf("%s is not reported: %v", want, got)
		}
	}
	for _, f := range rep.Findings {
		if f.Key == "type_unknown" && (f.Line != 14 || f.Sheet != "survey" || f.Item != "gps") {
			t.Errorf("%+v", f)
		}
	}
	if it := q.Item("age"); !it.Required || *it.Range != (instrument.Range{Min: "18", Max: "120"}) || it.Section != "g1" {
		t.Errorf("%+v", it)
	}
	if it := q.Item("city"); len(it.Offered(instrument.Answers{"prov": "js"})) != 1 || it.Offered(instrument.Answers{"prov": "js"})[0].Code != "sz" {
		t.Errorf("the cascade is lost: %+v", it.Options)
	}
	if it := q.Item("m_b"); it.Matrix != "m1" || !it.DontKnow || it.Shown(instrument.Answers{"age": "20"}) || !it.Shown(instrument.Answers{"age": "21"}) {
		t.Errorf("%+v", it)
	}
	if it := q.Item("uses"); !it.Option("no").Exclusive || !it.Option("other").Other || len(it.Options) != 3 {
		t.Errorf("%+v", it.Options)
	}
	if it := q.Item("temp"); it.Range.Step != "0.5" || it.Range.Decimals != 1 {
		t.Errorf("%+v", it.Range)
	}
	if it := q.Item("bye"); !strings.Contains(it.Text["zh"], "<script>") || strings.Contains(it.Text["en"], "\u202e") {
		t.Errorf("a hostile label is not kept as text: %q", it.Text)
	}
	if q.Languages != nil || q.Title["zh"] != "问卷" {
		t.Errorf("%v %v", q.Languages, q.Title)
	}
}

// Whatever is read passes the questionnaire's own check, and what is written of
// it is read again without a loss.
func FuzzRead(f *testing.F) {
	f.Add("type|name|label\ninteger|a|A\nselect_one l|b|B\ntext|c|C|", "list_name|name|label\nl|1|x\nl|dk|y", "form_title\nT")
	f.Add("type|name|label::中文 (zh)|relevant|constraint|choice_filter|required|appearance|gongping_words\nbegin_group|g|G|||||table-list\nselect_multiple l or_other|a|A||count-selected(.)<2|x=1\nend_group\ntext|w|W|selected(${a},'1')|||||a:1", "list_name|name|label|x|gongping_exclusive|gongping_relevant\nl|1|x|1|yes|${a}=1", "")
	f.Add("type|name|label::a language with a long name of its own\ntext|a|A", "", "") // found by this test
	f.Add("type|name|label\nbegin_repeat|r|R\ndate|d|D|\nend_repeat\nend_group", "", "default_language|form_title\nfr|x")
	table := func(name, s string) exchange.Sheet { return sheet(name, strings.Split(s, "\n")...) }
	f.Fuzz(func(t *testing.T, survey, choices, settings string) {
		q, rep, err := xlsform.Read([]exchange.Sheet{table("survey", survey), table("choices", choices), table("settings", settings)})
		if err != nil || len(q.Items) == 0 {
			return
		}
		if err := q.Check(); err != nil {
			t.Fatalf("%v\n%s", err, text(t, q))
		}
		if rep.Items != len(q.Items) {
			t.Fatalf("the report counts %d items of %d", rep.Items, len(q.Items))
		}
		again, rep2, err := xlsform.Read(xlsform.Write(q, "f", "1"))
		if err != nil {
			t.Fatal(err)
		}
		if err := again.Check(); err != nil {
			t.Fatalf("%v\n%s", err, text(t, again))
		}
		if len(again.Items) != len(q.Items) {
			t.Fatalf("%d items, read again %d: %+v\n%s", len(q.Items), len(again.Items), rep2.Findings, text(t, q))
		}
	})
}
