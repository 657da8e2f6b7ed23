package composite_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"gongping/internal/errs"
	"gongping/scoring/composite"
	"gongping/survey/fieldwork"
)

// A rule book of before keeps its bytes, and follows the defaults.
func TestQualityRules(t *testing.T) {
	t.Parallel()
	book := composite.Default()
	text, err := json.Marshal(book)
	if err != nil || strings.Contains(string(text), "quality") || strings.Contains(string(text), "calls") {
		t.Errorf("an old rule book's bytes change: %v", err)
	}
	if q := book.QualityRules(); q.BackCheckShare != 0.1 || q.DeniedToVerify != 2 {
		t.Errorf("defaults %+v", q)
	}
	book.Quality = &composite.Quality{BackCheckShare: 0.2, ItemTypes: map[string]int{"contact": 1}}
	if err := book.Check(); err != nil {
		t.Fatal(err)
	}
	if q := book.QualityRules(); q.BackCheckShare != 0.2 || q.Alpha != 0.05 || q.ItemTypes["contact"] != 1 {
		t.Errorf("%+v", q)
	}
	for name, q := range map[string]composite.Quality{"share": {BackCheckShare: 1.5}, "alpha": {Alpha: 0.9}, "order": {DeniedToVerify: 9, DeniedToSetAside: 3},
		"type": {ItemTypes: map[string]int{"x": 4}}, "below": {MatchShare: -1},
		"route": {RouteSeconds: 5}, "suspects": {SuspectCases: 1000}, "phrase": {PhraseMatch: 0.1}, "cell": {CellAnswers: 2}, "round": {RoundShare: 0.1}} {
		book.Quality = &q
		if err := book.Check(); err == nil {
			t.Errorf("%s was taken", name)
		}
	}
}

// The waits of the telephone are the rule book's; what it leaves out is the
// protocol's, and what cannot be is named with its bounds.
func TestCallRules(t *testing.T) {
	t.Parallel()
	book := composite.Default()
	if r := book.CallRules().Retry(); r != fieldwork.DefaultRetry || book.CallRules().CodeLife() != 30*time.Minute {
		t.Errorf("defaults %+v", r)
	}
	book.Calls = &composite.Calls{AwayMinutes: 60, LastHour: 20}
	r := book.CallRules().Retry()
	if r.Away != time.Hour || r.NoAnswer != 3*time.Hour || r.LastHour != 20 || r.FirstHour != 9 {
		t.Errorf("%+v", r)
	}
	for field, c := range map[string]composite.Calls{"calls.no_answer_minutes": {NoAnswerMinutes: 1}, "calls.refusal_hours": {RefusalHours: 2},
		"calls.max_refused": {MaxRefused: 9}, "calls.first_hour": {FirstHour: 3}, "calls.last_hour": {LastHour: 24}, "calls.code_minutes": {CodeMinutes: -1}} {
		book.Calls = &c
		e, ok := errors.AsType[*errs.Error](book.Check())
		if !ok || e.Where != field || e.Want == "" || e.Args["Low"] == nil {
			t.Errorf("%s: %v", field, e)
		}
	}
}
