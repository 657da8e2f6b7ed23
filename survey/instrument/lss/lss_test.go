package lss_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"gongping/internal/errs"
	"gongping/survey/instrument"
	"gongping/survey/instrument/lss"
)

func table(name string, rows ...map[string]string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "<%s><rows>", name)
	for _, r := range rows {
		b.WriteString("\n<row>")
		for k, v := range r {
			fmt.Fprintf(&b, "<%s><![CDATA[%s]]></%s>", k, v, k)
		}
		b.WriteString("</row>")
	}
	fmt.Fprintf(&b, "</rows></%s>", name)
	return b.String()
}

type m = map[string]string

func question(qid, typ, code, text string, more ...string) m {
	q := m{"qid": qid, "parent_qid": "0", "gid": "1", "type": typ, "title": code, "question": text, "language": "zh-Hans", "question_order": qid, "mandatory": "N", "other": "N", "relevance": "1"}
	for i := 0; i+1 < len(more); i += 2 {
		q[more[i]] = more[i+1]
	}
	return q
}

func sub(qid, parent, code, text string) m {
	return m{"qid": qid, "parent_qid": parent, "title": code, "question": text, "language": "zh-Hans", "question_order": qid}
}

func sample() string {
	return `<?xml version="1.0" encoding="UTF-8"?><document><LimeSurveyDocType>Survey</LimeSurveyDocType>` +
		table("surveys", m{"sid": "1", "language": "zh-Hans"}) +
		table("surveys_languagesettings", m{"surveyls_language": "zh-Hans", "surveyls_title": "<b>问卷</b>", "surveyls_welcometext": "<p>您好</p><script>alert(1)</script>"}) +
		table("groups", m{"gid": "1", "group_name": "第一页", "language": "zh-Hans", "group_order": "0"}) +
		table("questions", question("1", "L", "sex", "性别 &lt;18&gt;", "mandatory", "Y", "other", "Y"), question("2", "M", "uses", "用过"),
			question("3", "F", "grid", "各项"), question("4", "N", "age", "年龄", "relevance", `((sex.NAOK == "M" and uses_a.NAOK == "Y"))`),
			question("5", "*", "eq", "{sum(1)}"), question("6", "|", "file", "上传"), question("7", "Y", "yes", "是否", "relevance", "later.NAOK > 1"),
			question("8", "Q", "names", "名字"), question("9", "X", "end", "谢谢<br/>再见"), question("10", "1", "dual", "双")) +
		table("subquestions", sub("21", "2", "a", "甲"), sub("22", "2", "b", "乙"), sub("31", "3", "r1", "行一"), sub("32", "3", "r2", "行二"), sub("81", "8", "n1", "大名"), sub("101", "10", "d1", "行")) +
		table("answers", m{"qid": "1", "code": "M", "answer": "男", "language": "zh-Hans", "sortorder": "1", "scale_id": "0", "assessment_value": "3"},
			m{"qid": "1", "code": "F", "answer": "女", "language": "zh-Hans", "sortorder": "0", "scale_id": "0"},
			m{"qid": "3", "code": "1", "answer": "好", "language": "zh-Hans", "scale_id": "0"}, m{"qid": "3", "code": "2", "answer": "差", "language": "zh-Hans", "scale_id": "0"},
			m{"qid": "10", "code": "x", "answer": "左", "language": "zh-Hans", "scale_id": "0"}, m{"qid": "10", "code": "y", "answer": "右", "language": "zh-Hans", "scale_id": "1"}) +
		table("question_attributes", m{"qid": "2", "attribute": "exclude_all_others", "value": "b"}, m{"qid": "2", "attribute": "max_answers", "value": "2"},
			m{"qid": "4", "attribute": "num_value_int_only", "value": "1"}, m{"qid": "4", "attribute": "max_num_value_n", "value": "120"},
			m{"qid": "4", "attribute": "random_order", "value": "1"}, m{"qid": "4", "attribute": "display_columns", "value": "3"}) + `</document>`
}

func TestSurveyIsReadAndReported(t *testing.T) {
	q, rep, err := lss.Read([]byte(sample()))
	if err != nil {
		t.Fatal(err)
	}
	if err := q.Check(); err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, f := range rep.Findings {
		got = append(got, f.Key)
	}
	for _, want := range []string{"script", "assessment_value", "calculate", "type_unknown", "relevant", "attribute", "display_setting", "dual_scale", "yes_no"} {
		if !slices.Contains(got, want) {
			t.Errorf("%s is not reported: %v", want, got)
		}
	}
	if q.Title["zh"] != "问卷" || q.Intro["zh"] != "您好" {
		t.Errorf("%q %q", q.Title, q.Intro)
	}
	if it := q.Item("sex"); it.Options[0].Code != "F" || !it.Options[2].Other || !it.Required || it.Text["zh"] != "性别 <18>" {
		t.Errorf("%+v", it)
	}
	if it := q.Item("uses"); !it.Option("b").Exclusive || it.Range.MaxChoices != 2 {
		t.Errorf("%+v", it)
	}
	if it := q.Item("age"); it.Range.Max != "120" || it.Range.Decimals != 0 || !it.Shown(instrument.Answers{"sex": "M", "uses": "a"}) || it.Shown(instrument.Answers{"sex": "M"}) {
		t.Errorf("%+v", it)
	}
	if it := q.Item("grid_r2"); it.Matrix != "grid" || len(it.Options) != 2 {
		t.Errorf("%+v", it)
	}
	if it := q.Item("end"); it.Kind != instrument.Note || it.Text["zh"] != "谢谢\n再见" {
		t.Errorf("%+v", it)
	}
	if q.Item("names_n1") == nil || q.Item("dual_d1_1") == nil {
		t.Error("rows are missing")
	}
}

func TestEntitiesAreRefused(t *testing.T) {
	for _, src := range []string{
		`<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "b">]><document><questions><rows><row><title>&a;</title></row></rows></questions></document>`,
		`<?xml version="1.0"?><document><questions><rows><row><title>&lol;</title></row></rows></questions></document>`,
		`<document>`, `<document><a><b><c><d><e><f><g><h><i><j><k><l><m/></l></k></j></i></h></g></f></e></d></c></b></a></document>`,
		`<document/>`, ``,
	} {
		if _, _, err := lss.Read([]byte(src)); !errs.Is(err, errs.Invalid) {
			t.Errorf("%.60s: %v", src, err)
		}
	}
}

// Whatever is read passes the questionnaire's own check.
func FuzzRead(f *testing.F) {
	f.Add([]byte(sample()))
	f.Add([]byte(strings.ReplaceAll(sample(), `"M"`, `"A"`)))
	f.Fuzz(func(t *testing.T, data []byte) {
		q, rep, err := lss.Read(data)
		if err != nil || len(q.Items) == 0 {
			return
		}
		if err := q.Check(); err != nil {
			t.Fatalf("%v\n%+v", err, q)
		}
		if rep.Items != len(q.Items) {
			t.Fatalf("the report counts %d items of %d", rep.Items, len(q.Items))
		}
	})
}
