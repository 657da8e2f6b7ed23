package rounds

import (
	"bytes"
	"errors"
	"testing"
	"unicode/utf8"

	"gongping/internal/errs"
	"gongping/survey/instrument/exchange"
)

// FuzzReadQuestionnaire: whatever the file, it is a questionnaire that passes its
// own check, or it is refused with a reason.
func FuzzReadQuestionnaire(f *testing.F) {
	for _, s := range []string{"0)0您满意吗？[选题]", "1. 您满意吗？[单选题]\n○满意\n○不满意\n", "<?xml version=\"1.0\"?><document><rows/></document>", `{"items":[{"id":"a"}]}`, `{"SurveyElements":[]}`,
		"PK\x03\x04", "\xff\xfe1\x00.\x00", "\xb5\xda\xd2\xbb\xcc\xe2", "\xef\xbb\xbf", "\xd0\xcf\x11\xe0"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		in, err := ReadQuestionnaire("x", bytes.NewReader(data))
		if err != nil {
			if _, ok := errors.AsType[*errs.Error](err); !ok {
				t.Fatalf("no reason: %v", err)
			}
			return
		}
		if in.Questionnaire == nil || in.Report == nil {
			t.Fatal("neither a questionnaire nor a reason")
		}
		if len(in.Questionnaire.Items) == 0 { // nothing could be taken over, and the report says what
			if in.Report.Counts[exchange.Lost] == 0 {
				t.Fatal("no question, and no word why")
			}
			return
		}
		if err := in.Questionnaire.Check(); err != nil {
			t.Fatalf("an unusable questionnaire passed: %v", err)
		}
		for _, it := range in.Questionnaire.Items {
			for _, s := range it.Text {
				if !utf8.ValidString(s) {
					t.Fatalf("no text: %q", s)
				}
			}
		}
	})
}
