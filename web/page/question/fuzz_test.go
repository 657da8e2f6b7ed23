package question

import (
	"net/url"
	"testing"

	"gongping/survey/instrument"
)

// FuzzRead: whatever a browser sends, the answers that are read from it are in
// the canonical form, or the check names the question; nothing panics.
func FuzzRead(f *testing.F) {
	q := instrument.Example()
	for _, s := range []string{"q_overall=5", "q_overall=dk&q_comment=%00", "q_x=%ff&q_overall=5&q_overall=4", "q_=&q=1&q_a%3Ab=c"} {
		f.Add(s)
	}
	for _, it := range q.Items {
		f.Add("q_" + it.ID + "=1")
	}
	f.Fuzz(func(t *testing.T, s string) {
		form, err := url.ParseQuery(s)
		if err != nil {
			return
		}
		answers := Read(&q, form)
		if q.CheckAnswers(answers) != nil {
			return
		}
		again := url.Values{}
		for k, v := range answers {
			again.Set("q_"+k, v)
		}
		for k, v := range Read(&q, again) {
			if answers[k] != v {
				t.Fatalf("%s is %q, then %q", k, answers[k], v)
			}
		}
	})
}
