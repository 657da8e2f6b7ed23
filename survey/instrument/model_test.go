package instrument_test

import (
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"gongping/internal/errs"
	"gongping/survey/instrument"
	"gongping/survey/instrument/instrumenttest"
)

func faults(err error) string {
	var e *errs.Error
	var out []string
	if errors.As(err, &e) {
		for _, d := range e.Details {
			out = append(out, d.Where+" "+strings.TrimPrefix(d.Key, "answer."))
		}
	}
	return strings.Join(out, ", ")
}

func TestEveryKindIsChecked(t *testing.T) {
	q := instrument.Example()
	if err := q.Check(); err != nil {
		t.Fatal(err)
	}
	good := func() instrument.Answers {
		return instrument.Answers{"years": "12", "household": "other", "household:other": "与护工同住", "visited": "canteen care", "last_visit": "2026-03-05",
			"fit_canteen": "4", "fit_clinic": "dk", "fit_sport": "2", "care_hours": "3.5", "care_enough": "no", "overall": "3", "why": "多些座位", "idea": "谢谢"}
	}
	for name, c := range map[string]struct {
		change map[string]string // "" takes the answer away
		want   string
	}{
		"complete":                    {nil, ""},
		"don't know beside a number":  {map[string]string{"years": "dk"}, ""},
		"declined beside a number":    {map[string]string{"years": "declined"}, ""},
		"a required one declined":     {map[string]string{"household": "declined", "household:other": "", "fit_sport": "declined"}, ""},
		"declined alone":              {map[string]string{"visited": "declined", "last_visit": "", "care_hours": "", "care_enough": ""}, ""},
		"declined and others":         {map[string]string{"visited": "care declined"}, "visited invalid"},
		"declined where not offered":  {map[string]string{"care_enough": "declined"}, "care_enough invalid"},
		"declined compares with none": {map[string]string{"overall": "declined"}, "why invalid"},
		"below":                       {map[string]string{"years": "-1"}, "years low"},
		"above":                       {map[string]string{"years": "101"}, "years high"},
		"no whole number":             {map[string]string{"years": "1.5"}, "years whole"},
		"no number":                   {map[string]string{"years": "about ten"}, "years number"},
		"no canonical number":         {map[string]string{"years": "012"}, "years number"},
		"off the steps":               {map[string]string{"care_hours": "3.2"}, "care_hours step"},
		"too many places":             {map[string]string{"care_hours": "3.25"}, "care_hours places"},
		"unknown option":              {map[string]string{"household": "castle", "household:other": ""}, "household invalid"},
		"words without their option":  {map[string]string{"household": "alone"}, "household:other invalid"},
		"option without words":        {map[string]string{"household:other": ""}, ""},
		"none of these and others":    {map[string]string{"visited": "canteen none", "care_hours": "", "care_enough": ""}, "visited exclusive"},
		"codes out of order":          {map[string]string{"visited": "care canteen"}, "visited invalid"},
		"a code twice":                {map[string]string{"visited": "care care"}, "visited invalid"},
		"don't know and others":       {map[string]string{"visited": "care dk"}, "visited invalid"},
		"don't know alone":            {map[string]string{"visited": "dk", "last_visit": "", "care_hours": "", "care_enough": ""}, ""},
		"no such day":                 {map[string]string{"last_visit": "2026-02-30"}, "last_visit date"},
		"before the range":            {map[string]string{"last_visit": "2019-12-31"}, "last_visit low"},
		"a required one left out":     {map[string]string{"fit_sport": ""}, "fit_sport required"},
		"skipped but answered":        {map[string]string{"visited": "canteen"}, "care_hours invalid, care_enough invalid"},
		"good grade, reason answered": {map[string]string{"overall": "4"}, "why invalid"},
		"too long":                    {map[string]string{"idea": strings.Repeat("长", 101)}, "idea long"},
		"a note answered":             {map[string]string{"about_care": "1"}, "about_care invalid"},
	} {
		a := good()
		for k, v := range c.change {
			if a[k] = v; v == "" {
				delete(a, k)
			}
		}
		if got := faults(q.CheckAnswers(a)); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

func TestAnswersAreBroughtIntoOneForm(t *testing.T) {
	q := instrument.Example()
	got := q.Normal(instrument.Answers{"years": "０１２.0", "visited": "care  canteen care", "overall": "3"})
	want := instrument.Answers{"years": "12", "visited": "canteen care", "overall": "3"}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	coded, open := q.Split(instrument.Answers{"household": "other", "household:other": "与护工同住", "why": "多些座位", "years": "3"})
	if !reflect.DeepEqual(coded, instrument.Answers{"household": "other", "years": "3"}) || len(open) != 2 {
		t.Errorf("coded %v, open %v", coded, open)
	}
}

func TestNumbersAreCanonical(t *testing.T) {
	for in, want := range map[string]string{"5": "5", "-0": "0", "+3.50": "3.5", ".5": "0.5", "5.": "5", "０７": "7", "−2": "-2", "999999999999.999999": "999999999999.999999"} {
		if got, ok := instrument.CanonicalNumber(in); !ok || got != want {
			t.Errorf("%q: %q %v, want %q", in, got, ok, want)
		}
	}
	for _, in := range []string{"", "-", ".", "1e3", "1,000", "0x10", "1.2.3", "1000000000000", "0.0000001", "--1", "1_0", "NaN"} {
		if got, ok := instrument.CanonicalNumber(in); ok {
			t.Errorf("%q passes as %q", in, got)
		}
	}
}

// What was stored before there were other conditions and kinds keeps its bytes.
func TestOldQuestionnairesKeepTheirBytes(t *testing.T) {
	const old = `{"title":{"zh":"t"},"intro":null,"thanks":{},"dimensions":null,"items":[` +
		`{"id":"a","kind":"yesno","text":{"zh":"q"},"required":true,"dont_know":true},` +
		`{"id":"b","kind":"grade5","text":{"zh":"q"},"required":false,"dont_know":false,"show_if":{"item":"a","in":["yes","dk"]}},` +
		`{"id":"c","kind":"text","text":{"zh":"q"},"required":false,"dont_know":false,"show_if":{"item":"a","in":null}}]}`
	q, err := instrument.Decode([]byte(old))
	if err != nil {
		t.Fatal(err)
	}
	if got, _ := json.Marshal(q); string(got) != old {
		t.Errorf("written again:\n%s\nwas\n%s", got, old)
	}
	d := instrument.Default()
	b, _ := json.Marshal(d)
	for _, field := range []string{"options", "range", "section", "matri", "languages", "short", `"op"`} {
		if strings.Contains(string(b), field) {
			t.Errorf("the default questionnaire now has %q in its bytes", field)
		}
	}
}

func TestBadPartsAreRefusedByField(t *testing.T) {
	for where, spoil := range map[string]func(*instrument.Questionnaire){
		"items[1].options":              func(q *instrument.Questionnaire) { q.Items[1].Options = nil },
		"items[1].options[1].code":      func(q *instrument.Questionnaire) { q.Items[1].Options[1].Code = "two words" },
		"items[2].options[0].code":      func(q *instrument.Questionnaire) { q.Items[2].Options[0].Code = "dk" },
		"items[1].options[0].exclusive": func(q *instrument.Questionnaire) { q.Items[1].Options[0].Exclusive = true },
		"items[0].range.max":            func(q *instrument.Questionnaire) { q.Items[0].Range.Max = "-5" },
		"items[0].range.min":            func(q *instrument.Questionnaire) { q.Items[0].Range.Min = "0.50" },
		"items[0].range.min_length":     func(q *instrument.Questionnaire) { q.Items[0].Range.MinLength = 3 },
		"items[3].range.max":            func(q *instrument.Questionnaire) { q.Items[3].Range.Max = "5" },
		"items[8].range.step":           func(q *instrument.Questionnaire) { q.Items[8].Range.Step = "0.05" },
		"items[7].required":             func(q *instrument.Questionnaire) { q.Items[7].Required = true },
		"items[7].show_if.op":           func(q *instrument.Questionnaire) { q.Items[7].ShowIf.Op = instrument.In },
		"items[3].show_if.any[0].item":  func(q *instrument.Questionnaire) { q.Items[3].ShowIf.Any[0].Item = "overall" },
		"items[9].show_if.all[1].op":    func(q *instrument.Questionnaire) { q.Items[9].ShowIf.All[1].Op = "like" },
		"items[11].show_if.value":       func(q *instrument.Questionnaire) { q.Items[11].ShowIf.Value = "three" },
		"items[5].matrix":               func(q *instrument.Questionnaire) { q.Items[5].DontKnow = false },
		"items[6].section":              func(q *instrument.Questionnaire) { q.Items[6].Section = "nowhere" },
		"languages[1]":                  func(q *instrument.Questionnaire) { q.Languages = []string{"zh", "zh"} },
		"items[9].show_if.all":          func(q *instrument.Questionnaire) { q.Items[9].ShowIf.All = []instrument.Cond{} },
		"items[2].range.max_choices":    func(q *instrument.Questionnaire) { q.Items[2].Range.MaxChoices = 99 },
		"items[1].options[0].text.zh":   func(q *instrument.Questionnaire) { q.Items[1].Options[0].Text = instrument.Lang{"en": "only"} },
		"items[0].id":                   func(q *instrument.Questionnaire) { q.Items[0].ID = "two words" },
		"items[11].kind":                func(q *instrument.Questionnaire) { q.Items[11].Kind = "signature" },
		"items[10].options":             func(q *instrument.Questionnaire) { q.Items[10].Options = q.Items[1].Options },
		"items[2].options[0].show_if.op": func(q *instrument.Questionnaire) {
			q.Items[2].Options[0].ShowIf = &instrument.Cond{Item: "household", Op: instrument.Has}
		},
	} {
		q := instrument.Example()
		spoil(&q)
		var e *errs.Error
		if err := q.Check(); !errors.As(err, &e) || e.Where != where {
			t.Errorf("%s: %v", where, err)
		}
	}
}

func TestWhatFitsSurvivesStorage(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		q := instrumenttest.Questionnaire(t)
		b, err := json.Marshal(q)
		if err != nil {
			t.Fatal(err)
		}
		again, err := instrument.Decode(b)
		if err != nil {
			t.Fatal(err)
		}
		if b2, _ := json.Marshal(again); string(b2) != string(b) {
			t.Fatalf("%s\nis written again as\n%s", b, b2)
		}
		a := q.Normal(instrumenttest.Answers(t, q))
		if got := q.Normal(a); !reflect.DeepEqual(got, a) {
			t.Fatalf("normal form of %v is %v", a, got)
		}
		if q.CheckAnswers(a) == nil {
			coded, open := q.Split(a)
			for k, v := range open {
				if _, both := coded[k]; both || v == "" {
					t.Fatalf("%s is both coded and open", k)
				}
			}
			if len(coded)+len(open) != len(a) {
				t.Fatalf("answers were lost: %v + %v of %v", coded, open, a)
			}
		}
	})
}
