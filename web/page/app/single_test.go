package app_test

import (
	"net/url"
	"strings"
	"testing"

	"gongping/internal/app"
	"gongping/internal/app/field/fieldtest"
	"gongping/survey/fieldwork"
)

// An interview is at the door or by phone: paper goes through the forms that two
// persons enter. A page that was opened before that was so gives its answers
// back with the reason.
func TestInterviewsAreNotTypedFromPaper(t *testing.T) {
	t.Parallel()
	s := serve(t, fieldtest.Load(t))
	who, cases := s.Someone()
	c := s.as(t, who)
	at := "/app/cases/" + cases[0].ID + "/interview"
	if page := c.want(200, "GET", at, nil, `value="door"`, `value="phone"`); strings.Contains(page, `value="paper"`) {
		t.Error("paper is offered")
	}
	form := url.Values{"id": {app.NewID()}, "mode": {"paper"}}
	for item, v := range fieldtest.Answers("4") {
		form.Set("q_"+item, v)
	}
	page := c.want(422, "POST", at, form, "纸质问卷不在这里填写", "请到“纸质问卷”页按编号录入", form.Get("id"))
	if n := strings.Count(page, " checked"); n != len(fieldtest.Answers("4")) {
		t.Errorf("%d answers were kept", n)
	}
	form.Set("mode", string(fieldwork.Door))
	c.want(200, "POST", at, form, "回执")
}
