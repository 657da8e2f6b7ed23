package instrument_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"gongping/internal/errs"
	"gongping/survey/instrument"
)

func questionnaire() *instrument.Questionnaire {
	zh := func(s string) instrument.Lang { return instrument.Lang{"zh": s, "en": s} }
	return &instrument.Questionnaire{Title: zh("t"), Dimensions: []instrument.Dimension{{ID: "d", Text: zh("d")}},
		Items: []instrument.Item{
			{ID: "contact", Kind: instrument.YesNo, Text: zh("q"), Required: true, DontKnow: true},
			{ID: "manner", Kind: instrument.Grade5, Text: zh("q"), Dimension: "d", Required: true, DontKnow: true,
				ShowIf: &instrument.Cond{Item: "contact", In: []string{"yes"}}},
			{ID: "clean", Kind: instrument.Grade5, Text: zh("q"), Dimension: "d"},
			{ID: "comment", Kind: instrument.Text, Text: zh("q")},
		}}
}

func TestAnswers(t *testing.T) {
	q := questionnaire()
	if err := q.Check(); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		a    instrument.Answers
		want []string // items at fault
	}{
		"complete":           {instrument.Answers{"contact": "yes", "manner": "5", "clean": "1", "comment": "好"}, nil},
		"skipped":            {instrument.Answers{"contact": "no"}, nil},
		"don't know":         {instrument.Answers{"contact": "yes", "manner": "dk"}, nil},
		"missing required":   {instrument.Answers{"contact": "yes"}, []string{"manner"}},
		"answered a skipped": {instrument.Answers{"contact": "no", "manner": "3"}, []string{"manner"}},
		"out of scale":       {instrument.Answers{"contact": "yes", "manner": "6", "clean": "0"}, []string{"manner", "clean"}},
		"no don't know":      {instrument.Answers{"contact": "no", "clean": "dk"}, []string{"clean"}},
		"unknown item":       {instrument.Answers{"contact": "no", "x": "1"}, []string{"x"}},
		"too long":           {instrument.Answers{"contact": "no", "comment": strings.Repeat("长", instrument.MaxText+1)}, []string{"comment"}},
		"no text":            {instrument.Answers{"contact": "no", "comment": "a\x00b"}, []string{"comment"}},
		"nothing":            {nil, []string{"contact"}},
	} {
		err := q.CheckAnswers(c.a)
		var e *errs.Error
		got := []string{}
		if errors.As(err, &e) {
			for _, d := range e.Details {
				got = append(got, d.Where)
			}
		}
		if strings.Join(got, ",") != strings.Join(c.want, ",") {
			t.Errorf("%s: faults at %v, want %v", name, got, c.want)
		}
	}
}

func TestScoreKeepsDontKnowApart(t *testing.T) {
	for in, want := range map[string]float64{"1": 0, "2": 25, "3": 50, "4": 75, "5": 100} {
		if got, ok := instrument.Score(in); !ok || got != want {
			t.Errorf("%s: %v %v", in, got, ok)
		}
	}
	for _, in := range []string{"", "dk", "0", "6", "5 ", "yes"} {
		if _, ok := instrument.Score(in); ok {
			t.Errorf("%q has a score", in)
		}
	}
}

func TestBadQuestionnairesAreRefusedByField(t *testing.T) {
	for where, spoil := range map[string]func(*instrument.Questionnaire){
		"title.zh":              func(q *instrument.Questionnaire) { q.Title = nil },
		"items":                 func(q *instrument.Questionnaire) { q.Items = nil },
		"items[1].id":           func(q *instrument.Questionnaire) { q.Items[1].ID = "contact" },
		"items[2].kind":         func(q *instrument.Questionnaire) { q.Items[2].Kind = "grade7" },
		"items[1].dimension":    func(q *instrument.Questionnaire) { q.Items[1].Dimension = "x" },
		"items[3].dimension":    func(q *instrument.Questionnaire) { q.Items[3].Dimension = "d" },
		"items[1].show_if.item": func(q *instrument.Questionnaire) { q.Items[1].ShowIf.Item = "comment" },
	} {
		q := questionnaire()
		spoil(q)
		var e *errs.Error
		if err := q.Check(); !errors.As(err, &e) || e.Where != where {
			t.Errorf("%s: %v", where, err)
		}
	}
}

// Whatever is decoded as usable can be asked and answered without a panic.
func FuzzDecode(f *testing.F) {
	good, err := json.Marshal(questionnaire())
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good, "contact", "yes")
	f.Add([]byte(`{"items":[{}]}`), "", "")
	f.Fuzz(func(t *testing.T, data []byte, id, answer string) {
		q, err := instrument.Decode(data)
		if err != nil {
			return
		}
		_ = q.CheckAnswers(instrument.Answers{id: answer})
		if b, err := json.Marshal(q); err != nil {
			t.Fatal(err)
		} else if _, err := instrument.Decode(b); err != nil {
			t.Fatalf("written and read again it is refused: %v", err)
		}
	})
}
