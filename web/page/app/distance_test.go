package app_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"gongping/survey/fieldwork"
	"gongping/web/browsertest"
)

// Only the evaluator's app may ask where the phone is.
func TestOnlyTheAppMayAskForAPlace(t *testing.T) {
	t.Parallel()
	s := stairs(t)
	for path, may := range map[string]bool{"/app/offline/zh": true, "/app/offline/en": true, "/app": false, "/sign-in": false, "/r/x": false} {
		r, err := http.Get(s.Server.URL + path)
		if err != nil {
			t.Fatal(err)
		}
		r.Body.Close()
		got := r.Header.Get("Permissions-Policy")
		if strings.Contains(got, "geolocation=(self)") != may || !strings.Contains(got, "camera=()") {
			t.Errorf("%s: %q", path, got)
		}
	}
}

// The distance in Chromium: nothing is measured before the evaluator agrees;
// then the phone works it out, sends metres and their error and no position, and
// stops when the consent is withdrawn.
func TestDistanceOnThePhone(t *testing.T) {
	t.Parallel()
	b := browsertest.Start(t)
	s := stairs(t)
	s.PlaceBuildings(fieldwork.Place{Lat: 31.18, Lon: 121.43})
	who, cases := s.Someone()
	p := b.Page(t, s.Server.URL, browsertest.Phone, "zh")
	p.Stand(31.181, 121.43, 18) // 111 m north of the building
	s.enter(t, p, who)
	browsertest.Eval[bool](p, `(() => { window.gpSent = ''; const real = window.fetch; window.fetch = (u, o) => { window.gpSent += (o && o.body) || ''; return real(u, o); };
		window.gpAsked = 0; const g = navigator.geolocation, ask = g.getCurrentPosition.bind(g); g.getCurrentPosition = (...a) => { window.gpAsked++; ask(...a); }; return true; })()`)
	visit := func(id string) {
		view(t, p, "#/case/"+id, "#gp-view form[data-mode=door]")
		tap(t, p, `#gp-view form[data-mode=door] button[value="2.24"]`)
		until(t, p, "the list", `document.querySelector('[data-x=groups]')`)
	}
	tried := func(want string, id string) {
		t.Helper()
		s.arrives(t, `select count(*) from contact_attempt where case_id = '`+id+`'`)
		until(t, p, "the visit is sent", waiting(0))
		var got string
		if err := s.Pool.QueryRow(s.Ctx, `select coalesce(distance_m::text || '/' || accuracy_m::text, 'none') from contact_attempt where case_id = $1`, id).Scan(&got); err != nil || got != want {
			t.Errorf("visit: %s, want %s, %v", got, want, err)
		}
	}
	visit(cases[0].ID)
	tried("none", cases[0].ID)
	if browsertest.Eval[int](p, `window.gpAsked`) != 0 {
		t.Error("the phone was asked where it is without consent")
	}
	view(t, p, "#/settings", "#gp-view [data-x=distance]")
	if browsertest.Eval[bool](p, `document.querySelector('#gp-view [data-x=distance]').checked`) {
		t.Error("consent is on by default")
	}
	p.Screenshot("distance-settings")
	tap(t, p, "#gp-view [data-x=distance]")
	until(t, p, "the consent is told", `window.gpSent.includes('"given":true') && gpField.app.syncing === null`)
	view(t, p, "#/case/"+cases[1].ID, "#gp-view [data-x=distance-text]")
	until(t, p, "the distance", `document.querySelector('#gp-view [data-x=distance-text]').textContent.includes('110')`)
	p.Screenshot("distance-case")
	visit(cases[1].ID)
	tried("110/20", cases[1].ID)
	view(t, p, "#/interview/"+cases[1].ID, "#gp-view [data-x=right]")
	tap(t, p, "#gp-view [data-x=right]")
	until(t, p, "the question whether to measure", `document.querySelector('#gp-view [data-x=measure]').offsetParent`)
	p.Screenshot("distance-consent")
	p.Axe()
	tap(t, p, "#gp-view [data-x=agree]")
	until(t, p, "the questions", questions)
	finish(t, p)
	stored(t, p)
	s.arrives(t, `select count(*) from response where paradata->>'distance_m' is not null`)
	until(t, p, "it is sent", waiting(0))
	if n := s.count(t, `select count(*) from response where (paradata->>'distance_m')::float = 110 and (paradata->>'accuracy_m')::float = 20`); n != 1 {
		t.Errorf("%d interviews with their distance", n)
	}
	if sent := browsertest.Eval[string](p, `window.gpSent`); strings.Contains(sent, "31.18") || strings.Contains(sent, "121.4") {
		t.Error("a position left the phone")
	}
	view(t, p, "#/settings", "#gp-view [data-x=distance]")
	asked := browsertest.Eval[int](p, `window.gpAsked`)
	tap(t, p, "#gp-view [data-x=distance]")
	until(t, p, "the withdrawal is told", `window.gpSent.includes('"given":false')`)
	visit(cases[2].ID)
	tried("none", cases[2].ID)
	if browsertest.Eval[int](p, `window.gpAsked`) != asked {
		t.Error("the phone is still asked")
	}
}

// arrives waits until the server has what the phone is about to send: the
// phone's own count of what waits is 0 before it is queued, too.
func (s *stairwell) arrives(t *testing.T, query string) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); s.count(t, query) == 0; time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("nothing arrived: %s", query)
		}
	}
}
