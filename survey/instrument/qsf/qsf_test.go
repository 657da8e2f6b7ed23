package qsf_test

import (
	"slices"
	"testing"

	"gongping/survey/instrument"
	"gongping/survey/instrument/qsf"
)

const sample = `{"SurveyEntry":{"SurveyName":"Services","SurveyLanguage":"EN"},"SurveyElements":[
{"Element":"BL","PrimaryAttribute":"Survey Blocks","Payload":[{"Type":"Default","ID":"BL_1","Description":"One","BlockElements":[{"Type":"Question","QuestionID":"QID1"},{"Type":"Page Break"},{"Type":"Question","QuestionID":"QID2","SkipLogic":[{"SkipLogicID":1}]},{"Type":"Question","QuestionID":"QID3"}]},
 {"Type":"Standard","ID":"BL_2","Description":"Two","BlockElements":[{"Type":"Question","QuestionID":"QID4"},{"Type":"Question","QuestionID":"QID5"},{"Type":"Question","QuestionID":"QID6"},{"Type":"Question","QuestionID":"QID7"}]},
 {"Type":"Trash","ID":"BL_3","Description":"Trash","BlockElements":[{"Type":"Question","QuestionID":"QID8"}]}]},
{"Element":"FL","Payload":{"Flow":[{"Type":"Block","ID":"BL_1"},{"Type":"Branch","ID":"x","Flow":[{"Type":"EndSurvey"}]}]}},
{"Element":"SQ","PrimaryAttribute":"QID1","Payload":{"QuestionID":"QID1","QuestionType":"MC","Selector":"SAVR","DataExportTag":"kind","QuestionText":"Which <b>kind</b>?<script>x()</script>","Choices":{"1":{"Display":"A"},"2":{"Display":"Other","TextEntry":"true"}},"ChoiceOrder":[2,"1"],"RecodeValues":{"1":"10","2":"20"},"Validation":{"Settings":{"ForceResponse":"ON"}},"Language":{"ZH-S":{"QuestionText":"哪一种？","Choices":{"1":{"Display":"甲"},"2":{"Display":"其他"}}}}}},
{"Element":"SQ","PrimaryAttribute":"QID2","Payload":{"QuestionID":"QID2","QuestionType":"MC","Selector":"MAVR","DataExportTag":"uses","QuestionText":"Uses","Choices":{"1":{"Display":"X"},"2":{"Display":"None","ExclusiveAnswer":true}},"Language":[],
 "DisplayLogic":{"0":{"0":{"LogicType":"Question","ChoiceLocator":"q://QID1/SelectableChoice/1","Operator":"Selected"},"1":{"LogicType":"Question","ChoiceLocator":"q://QID1/SelectableChoice/2","Operator":"NotSelected","Conjuction":"Or"},"Type":"If"},"Type":"BooleanExpression"}}},
{"Element":"SQ","PrimaryAttribute":"QID3","Payload":{"QuestionID":"QID3","QuestionType":"TE","Selector":"SL","DataExportTag":"age","QuestionText":"Age<br><em>in years</em>","Validation":{"Settings":{"Type":"ContentType","ContentType":"ValidNumber","ValidNumber":{"Min":"0","Max":"120","NumDecimals":"0"}}}}},
{"Element":"SQ","PrimaryAttribute":"QID4","Payload":{"QuestionID":"QID4","QuestionType":"Matrix","Selector":"Likert","SubSelector":"SingleAnswer","DataExportTag":"grid","QuestionText":"Rate","Choices":{"1":{"Display":"Lift"},"2":{"Display":"Hall"}},"Answers":{"1":{"Display":"Good"},"2":{"Display":"Bad"}}}},
{"Element":"SQ","PrimaryAttribute":"QID5","Payload":{"QuestionID":"QID5","QuestionType":"HeatMap","DataExportTag":"heat","QuestionText":"Click"}},
{"Element":"SQ","PrimaryAttribute":"QID6","Payload":{"QuestionID":"QID6","QuestionType":"TE","Selector":"ML","DataExportTag":"why","QuestionText":"Why ${q://QID1/ChoiceGroup}?","QuestionJS":"Qualtrics.SurveyEngine","DisplayLogic":{"0":{"0":{"LogicType":"EmbeddedField","Operator":"EqualTo"},"Type":"If"}}}},
{"Element":"SQ","PrimaryAttribute":"QID7","Payload":{"QuestionID":"QID7","QuestionType":"Slider","Selector":"HSLIDER","DataExportTag":"s","QuestionText":"Slide","Configuration":{"CSSliderMin":0,"CSSliderMax":10},"Choices":{"1":{"Display":"One"}}}},
{"Element":"SQ","PrimaryAttribute":"QID8","Payload":{"QuestionID":"QID8","QuestionType":"DB","DataExportTag":"old","QuestionText":"Old"}},
{"Element":"SO","Payload":{}}]}`

func TestSurveyIsReadAndReported(t *testing.T) {
	q, rep, err := qsf.Read([]byte(sample))
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
	for _, want := range []string{"script", "flow", "type_unknown", "piping", "relevant", "skip_to", "trash", "survey_element", "untranslated"} {
		if want != "untranslated" && !slices.Contains(got, want) {
			t.Errorf("%s is not reported: %v", want, got)
		}
	}
	if it := q.Item("kind"); it.Options[0].Code != "20" || !it.Options[0].Other || !it.Required || it.Text["zh"] != "哪一种？" || it.Options[1].Text["zh"] != "甲" || it.Text["en"] != "Which kind?" {
		t.Errorf("%+v", it)
	}
	if it := q.Item("uses"); !it.Options[1].Exclusive || !it.Shown(instrument.Answers{"kind": "10"}) || it.Shown(instrument.Answers{"kind": "20"}) {
		t.Errorf("%+v %+v", it, it.ShowIf)
	}
	if it := q.Item("age"); it.Kind != instrument.Number || it.Range.Max != "120" || it.Hint["en"] != "in years" {
		t.Errorf("%+v", it)
	}
	if it := q.Item("grid_2"); it.Matrix != "grid" || it.Text["en"] != "Hall" {
		t.Errorf("%+v", it)
	}
	if it := q.Item("s_1"); it.Range.Max != "10" {
		t.Errorf("%+v", it)
	}
	if len(q.Sections) != 2 || q.Item("old") != nil {
		t.Errorf("%+v", q.Sections)
	}
}

// Whatever is read passes the questionnaire's own check.
func FuzzRead(f *testing.F) {
	f.Add([]byte(sample))
	f.Add([]byte(`{"SurveyElements":[{"Type":"Question","Payload":{"QuestionID":"QID1","QuestionType":"MC","Choices":[{"Display":"a"}]}}]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		q, rep, err := qsf.Read(data)
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
