package app_test

import (
	"net/url"
	"strings"
	"testing"

	"gongping/internal/app"
	"gongping/internal/app/field"
	"gongping/internal/authz"
)

// The page of phones: the supervisor finds it from the fieldwork, blocks a lost
// phone, whose evaluator is then signed out, and lets it in again; a leader has
// no such page, an auditor sees it without buttons.
func TestPhonesPage(t *testing.T) {
	t.Parallel()
	s := start(t)
	who, _ := s.Someone()
	device := app.NewID()
	if _, err := s.Field.PackCases(s.Ctx, who, device, nil, field.PhoneReport{Waiting: 7, Build: "b1"}); err != nil {
		t.Fatal(err)
	}
	evaluator, boss := s.as(t, who), s.as(t, s.Role(authz.Supervisor))
	get := func(c *client, path string, want ...string) string {
		t.Helper()
		status, body := c.do("GET", path, nil)
		if status != 200 {
			t.Fatalf("%s: %d", path, status)
		}
		for _, w := range want {
			if !strings.Contains(body, w) {
				t.Errorf("%s lacks %q", path, w)
			}
		}
		return body
	}
	get(boss, "/fieldwork", `href="/phones"`)
	get(boss, "/phones", who.Name, "b1", device[:4], "/phones/"+device+"/block")
	if body := get(s.as(t, s.Role(authz.Auditor)), "/phones", who.Name); strings.Contains(body, "/block") {
		t.Error("an auditor has a button to block")
	}
	if status, _ := s.as(t, s.Role(authz.Leader)).do("GET", "/phones", nil); status != 403 {
		t.Errorf("a leader sees the phones: %d", status)
	}
	if status, _ := boss.do("POST", "/phones/"+device+"/block", url.Values{"reason": {"丢失"}}); status != 303 {
		t.Errorf("block: %d", status)
	}
	if status, _ := evaluator.do("GET", "/app", nil); status == 200 {
		t.Error("the evaluator is still signed in")
	}
	get(boss, "/phones", "丢失", "/phones/"+device+"/admit")
	for _, x := range [][2]string{{"/admit", "找回"}, {"/block", "又丢了"}} {
		if status := boss.json("POST", "/phones/"+device+x[0], map[string]string{"reason": x[1]}, nil); status >= 300 {
			t.Errorf("%s by the API: %d", x[0], status)
		}
	}
	if status, text := boss.do("GET", "/api/v1/phones", nil); status != 200 || !strings.Contains(text, `"revoked_at"`) || !strings.Contains(text, `"waiting":7`) {
		t.Errorf("the API's list: %d %s", status, text)
	}
}
