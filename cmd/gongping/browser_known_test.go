package main

import (
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"testing"

	"gongping/internal/app/account"
	"gongping/internal/authz"
	"gongping/internal/demo"
)

// Whoever has signed in before comes in at the page, however many wrong
// passwords somebody else has tried; somebody new has to wait.
func TestTriesElsewhereLockNobodyOut(t *testing.T) {
	t.Parallel()
	st := newQuietStage(t, nil, nil)
	accounts := &account.Service{Core: st.Core}
	if _, err := accounts.Create(t.Context(), authz.SystemActor(demo.DistrictCode),
		account.New{Login: "chen", Name: "陈", Role: authz.Auditor, Area: demo.DistrictCode, Password: password}); err != nil {
		t.Fatal(err)
	}
	browser := func() *http.Client {
		jar, err := cookiejar.New(nil)
		if err != nil {
			t.Fatal(err)
		}
		return &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	}
	try := func(b *http.Client, password string, want int) {
		t.Helper()
		res, err := b.PostForm(st.URL+"/sign-in", url.Values{"login": {"chen"}, "password": {password}})
		if err != nil {
			t.Fatal(err)
		}
		_ = res.Body.Close()
		if res.StatusCode != want {
			t.Fatalf("answered %d, want %d", res.StatusCode, want)
		}
	}
	mine, stranger := browser(), browser()
	try(mine, password, http.StatusSeeOther)
	for range account.MaxFailures {
		try(stranger, "wrong", http.StatusUnauthorized)
	}
	try(stranger, password, http.StatusUnauthorized)
	try(mine, password, http.StatusSeeOther)
}
