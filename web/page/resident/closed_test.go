package resident_test

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"gongping/internal/app/field/fieldtest"
)

// get asks for a page as somebody who is not signed in.
func (s *site) get(t *testing.T, path, lang string) (int, string) {
	t.Helper()
	req, err := http.NewRequest(http.MethodGet, s.url+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Accept-Language", lang)
	answer, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer.StatusCode, string(body)
}

// TestALinkThatDoesNotOpenSaysWhatToDo: each state in its own words, with days
// as people write them, and a button to look up a receipt only for who may hold
// one.
func TestALinkThatDoesNotOpenSaysWhatToDo(t *testing.T) {
	t.Parallel()
	s := start(t)
	who, cases := s.Someone()
	issue := func(i int) string {
		token, _, err := s.Field.IssueLink(s.Ctx, who, cases[i].ID)
		if err != nil {
			t.Fatal(err)
		}
		return token
	}
	says := func(token string, status int, receipt bool, zh, en string) {
		t.Helper()
		for lang, want := range map[string]string{"zh": zh, "en": en} {
			code, page := s.get(t, "/r/"+token, lang)
			_, main, _ := strings.Cut(page, "<main")
			if code != status || !strings.Contains(main, want) {
				t.Errorf("%d, want %d and %q: %s", code, status, want, main)
			}
			if strings.Contains(main, `href="/receipt"`) != receipt {
				t.Errorf("%q offers a receipt: %v", want, !receipt)
			}
			if strings.Contains(main, "2026-1") {
				t.Errorf("a day as machines write it: %s", main)
			}
		}
	}
	waiting, revoked, used, byPhone := issue(0), issue(1), issue(2), issue(3)
	if err := s.Field.RevokeLinks(s.Ctx, who, cases[1].ID, ""); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Field.SubmitByLink(s.Ctx, used, fieldtest.Submission("", "4")); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Field.Submit(s.Ctx, who, fieldtest.Submission(cases[3].ID, "4")); err != nil {
		t.Fatal(err)
	}
	says(revoked, http.StatusGone, false, "请打开最新收到的链接", "open the latest link")
	says(used, http.StatusGone, true, "这个链接已经用过", "has been used")
	says(byPhone, http.StatusGone, true, "这份邀请的答卷已经收到", "An answer for this invitation")
	says(revoked[:len(revoked)-3]+"000", http.StatusNotFound, false, "找不到这个链接", "was not found")
	now := s.Clock.T
	s.Clock.T = now.AddDate(0, 0, -5)
	says(waiting, http.StatusConflict, false, "2026年11月20日开始填写", "from 20 Nov 2026")
	s.Clock.T = now.AddDate(0, 0, 15)
	says(waiting, http.StatusGone, false, "联系给您链接的评估员", "ask the evaluator")
	says(waiting, http.StatusGone, false, "2026年12月5日", "5 Dec 2026")
	// Once the round is over nobody is sent to ask for a new link.
	s.Clock.T = now.AddDate(0, 0, 40)
	for _, token := range []string{waiting, revoked} {
		says(token, http.StatusGone, true, "2026年12月17日", "17 Dec 2026")
	}
}
