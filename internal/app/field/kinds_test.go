package field_test

import (
	"encoding/json"
	"testing"

	"gongping/internal/app/field"
	"gongping/internal/app/field/fieldtest"
	"gongping/internal/authz"
	"gongping/internal/pg/fielddb"
	"gongping/survey/instrument"
)

// The words beside an option are sealed like any other open text; numbers,
// dates and codes are not.
func TestWordsBesideAnOptionAreSealed(t *testing.T) {
	f := fieldtest.Load(t)
	q := instrument.Example()
	a := instrument.Answers{"years": "12", "household": "other", "household:other": "与护工同住", "visited": "canteen", "last_visit": "2026-03-05", "overall": "2", "why": "多些座位"}
	row := f.Field.RowOf(authz.Actor{}, field.Submission{ID: "6f1c0a52-63a5-4c2e-9d0e-0f5b1f8f2a11", Mode: "door", Answers: a}, fielddb.Target{RoundID: "r"}, field.Round{Questionnaire: &q})
	var plain instrument.Answers
	if err := json.Unmarshal(row.Answers, &plain); err != nil {
		t.Fatal(err)
	}
	if len(plain) != 5 || plain["household:other"] != "" || plain["why"] != "" || plain["visited"] != "canteen" {
		t.Errorf("stored in plain: %v", plain)
	}
	for key, want := range map[string]string{"household:other": "与护工同住", "why": "多些座位"} {
		got, err := f.Seal.Open(row.Comments[key], field.CommentLabel("6f1c0a52-63a5-4c2e-9d0e-0f5b1f8f2a11", key))
		if err != nil || string(got) != want {
			t.Errorf("%s: %q %v", key, got, err)
		}
	}
}
