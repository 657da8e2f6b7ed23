package app_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"gongping/internal/app/account"
	"gongping/internal/app/field/fieldtest"
	"gongping/internal/cache"
	"gongping/internal/demo"
	"gongping/survey/instrument"
	"gongping/web"
)

// A questionnaire in three languages: residents and evaluators choose any of
// them, the texts say which language they are in, the words around them stay
// the reader's, and a form that comes back with faults stays in its language.
func TestEveryLanguageOfTheQuestionnaire(t *testing.T) {
	t.Parallel()
	f := fieldtest.LoadEdited(t, func(q *instrument.Questionnaire) {
		q.Languages = []string{"zh", "en", "ug"}
		q.Title["ug"], q.Intro["ug"], q.Thanks["ug"] = "سوئال قەغىزى", "كىرىش سۆز", "رەھمەت"
		for i := range q.Items {
			if q.Items[i].Text != nil {
				q.Items[i].Text["ug"] = "سوئال " + q.Items[i].ID
			}
		}
	})
	s := &site{Fixture: f, accounts: &account.Service{Core: f.Core}}
	h, err := web.New(web.Deps{Core: f.Core, District: demo.DistrictCode, Cache: cache.NewLocal(), Log: f.Log, Version: "test",
		Account: s.accounts, Rooms: web.Rooms{Field: f.Field}})
	if err != nil {
		t.Fatal(err)
	}
	s.Server = httptest.NewServer(h)
	t.Cleanup(s.Server.Close)
	who, cases := s.Someone()
	token, _, err := f.Field.IssueLink(f.Ctx, who, cases[0].ID)
	if err != nil {
		t.Fatal(err)
	}
	resident := &client{t: t, base: s.URL}
	has := func(body string, want ...string) {
		t.Helper()
		for _, w := range want {
			if !strings.Contains(body, w) {
				t.Errorf("no %q in the page", w)
			}
		}
	}
	page := resident.want(http.StatusOK, "GET", "/r/"+token, nil, `<html lang="zh-CN"`)
	has(page, `href="?in=ug" lang="ug"`, "ئۇيغۇرچە", `href="?in=en"`, `class="gp-q-section" lang="zh"`)
	page = resident.want(http.StatusOK, "GET", "/r/"+token+"?in=ug", nil, `<html lang="zh-CN"`, `class="gp-q-section" lang="ug"`, "سوئال overall", `lang="ug" dir="auto">كىرىش سۆز`,
		`<h1 class="gp-title" lang="ug" dir="auto">سوئال قەغىزى`, `name="in" value="ug"`, "下一题")
	resident.want(http.StatusOK, "GET", "/r/"+token+"?in=xx", nil, `class="gp-q-section" lang="zh"`)
	sent := form(t, page, "4")
	sent.Set("in", "ug")
	faulty := url.Values{"id": sent["id"], "version": sent["version"], "in": {"ug"}}
	resident.want(http.StatusUnprocessableEntity, "POST", "/r/"+token, faulty, `class="gp-q-section" lang="ug"`)
	resident.want(http.StatusOK, "POST", "/r/"+token, sent, `<p lang="ug" dir="auto">رەھمەت`)

	evaluator := s.as(t, who)
	has(evaluator.want(http.StatusOK, "GET", "/app/cases/"+cases[1].ID+"/interview?in=ug", nil), `class="gp-q-section" lang="ug"`, `href="?in=zh"`)
	made := evaluator.want(http.StatusOK, "POST", "/app/cases/"+cases[2].ID+"/link", url.Values{})
	has(made, `download="QR-`, `href="data:image/png;base64,`, `href="data:image/svg&#43;xml;base64,`)
}
