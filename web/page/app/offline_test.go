package app_test

import (
	"bytes"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"gongping/internal/app/account"
	"gongping/internal/app/field"
	"gongping/internal/app/field/fieldtest"
	"gongping/internal/authz"
	"gongping/internal/cache"
	"gongping/internal/demo"
	"gongping/internal/testkit"
	"gongping/web"
	"gongping/web/browsertest"
)

// stairwell is a service whose connections can be cut and whose program can be
// replaced by the next version.
type stairwell struct {
	*site
	cut     atomic.Bool
	handler atomic.Pointer[http.Handler]
	instead atomic.Pointer[func(http.ResponseWriter, *http.Request) bool]
}

// answer lets fn answer requests before the service does, as what stands between
// phone and service may: true where it has. nil ends it.
func (s *stairwell) answer(fn func(http.ResponseWriter, *http.Request) bool) {
	if fn == nil {
		fn = func(http.ResponseWriter, *http.Request) bool { return false }
	}
	s.instead.Store(&fn)
}

func (s *stairwell) version(t *testing.T, v string) {
	t.Helper()
	h, err := web.New(web.Deps{Core: s.Core, District: demo.DistrictCode, Cache: cache.NewLocal(), Log: s.Log, Version: v,
		Account: s.accounts, Rooms: web.Rooms{Field: s.Field}})
	if err != nil {
		t.Fatal(err)
	}
	s.handler.Store(&h)
}

func stairs(t *testing.T) *stairwell {
	t.Helper()
	f := fieldtest.Load(t)
	s := &stairwell{site: &site{Fixture: f, accounts: &account.Service{Core: f.Core}}}
	s.version(t, "1")
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if s.cut.Load() && r.URL.Path != "/app/import" { // the supervisor sits where there is a signal
			panic(http.ErrAbortHandler)
		}
		if fn := s.instead.Load(); fn != nil && (*fn)(w, r) {
			return
		}
		(*s.handler.Load()).ServeHTTP(w, r)
	}))
	t.Cleanup(s.Server.Close)
	return s
}

func (s *stairwell) count(t *testing.T, sql string, args ...any) (n int) {
	t.Helper()
	if err := testkit.OwnerDB(t).QueryRow(s.Ctx, sql, args...).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

// until waits until an expression of the page holds.
func until(t *testing.T, p *browsertest.Page, what, js string) {
	t.Helper()
	deadline := time.Now().Add(browsertest.Patience)
	for !p.Is(`!!(` + js + `)`) { // false while the app loads itself anew

		if time.Now().After(deadline) {
			p.Screenshot("failed-" + t.Name())
			t.Fatalf("%s does not come about: %s", what, browsertest.Eval[string](p, `document.body.innerText.slice(0, 400) + ' … ' + document.body.innerText.slice(-300)`))
		}
		time.Sleep(30 * time.Millisecond)
	}
}

// enter signs an evaluator in and opens the offline app.
func (s *stairwell) enter(t *testing.T, p *browsertest.Page, who authz.Actor) {
	t.Helper()
	p.Goto("/sign-in")
	browsertest.Eval[bool](p, `(() => { const f = document.createElement('form'); f.method = 'post'; f.action = '/sign-in/demo';
		for (const [k, v] of [['login', '`+s.login(who)+`'], ['to', '/app']]) { const i = document.createElement('input'); i.name = k; i.value = v; f.append(i); }
		document.body.append(f); f.submit(); return true; })()`)
	p.WaitVisible(".gp-user")
	p.Goto("/app/offline")
	until(t, p, "the list of cases", `document.querySelector('.gp-field-case')`)
	until(t, p, "the service worker", `navigator.serviceWorker.controller`)
}

// tap clicks what a selector finds.
func tap(t *testing.T, p *browsertest.Page, css string) {
	t.Helper()
	until(t, p, css, `document.querySelector('`+css+`')`)
	browsertest.Eval[bool](p, `(() => { document.querySelector('`+css+`').click(); return true; })()`)
}

// view goes to a view of the app and waits for what it shows.
func view(t *testing.T, p *browsertest.Page, hash, css string) {
	t.Helper()
	browsertest.Eval[bool](p, `(() => { location.hash = '#/none'; return true; })()`)
	until(t, p, "the list", `document.querySelector('[data-x=groups]')`)
	browsertest.Eval[bool](p, `(() => { location.hash = '`+hash+`'; return true; })()`)
	until(t, p, hash, `document.querySelector('`+css+`')`)
}

// begin opens the interview of a case up to the questions.
func begin(t *testing.T, p *browsertest.Page, c field.CaseView) {
	t.Helper()
	view(t, p, "#/interview/"+c.ID, "#gp-view [data-x=right]")
	tap(t, p, "#gp-view [data-x=right]")
	tap(t, p, "#gp-view [data-x=agree]")
	until(t, p, "the questions", questions)
}

const questions = `document.querySelector('#gp-view .gp-q[data-item]')`

// choose gives the first n questions their choice number k, which must be
// another than before for one of them, and waits
// until the phone has kept it.
func choose(t *testing.T, p *browsertest.Page, n, k int) {
	t.Helper()
	browsertest.Eval[bool](p, `(() => { const kept = document.querySelector('#gp-view [data-x=kept]'); if (kept) kept.textContent = '';
		Array.from(document.querySelectorAll('#gp-view .gp-q[data-item]')).slice(0, `+strconv.Itoa(n)+`).forEach(q => {
		const r = q.querySelectorAll('input[type=radio]'); if (r.length && !q.disabled) r[Math.min(`+strconv.Itoa(k)+`, r.length - 1)].click(); }); return true; })()`)
	until(t, p, "the phone keeps it", `document.querySelector('#gp-view [data-x=kept]')?.textContent || document.querySelector('#gp-view [data-x=groups], #gp-view [data-x=start]')`)
}

func finish(t *testing.T, p *browsertest.Page) {
	t.Helper()
	choose(t, p, 100, 1)
	tap(t, p, "#gp-view [data-x=check]")
	until(t, p, "the review", `document.querySelector('#gp-view [data-x=send]').offsetParent`)
	tap(t, p, "#gp-view [data-x=send]")
}

func stored(t *testing.T, p *browsertest.Page) {
	t.Helper()
	until(t, p, "the thanks", `document.querySelector('.gp-sent')`)
}

func waiting(n int) string {
	return `document.getElementById('gp-field-status').getAttribute('data-waiting') === '` + strconv.Itoa(n) + `'`
}

// unlock opens the app with the offline code.
func unlock(t *testing.T, p *browsertest.Page, code string) {
	t.Helper()
	until(t, p, "the lock", `document.querySelector('#gp-view #f-code') || `+questions+` || document.querySelector('.gp-field-case')`)
	if !browsertest.Eval[bool](p, `!!document.querySelector('#gp-view #f-code')`) {
		return
	}
	p.Fill("#gp-view #f-code", code)
	tap(t, p, "#gp-view [data-x=open]")
	until(t, p, "the app opens", `document.body.hasAttribute('data-open')`)
}

// handIn uploads the file that a phone has exported, on the page for it, and
// returns that page.
func (s *stairwell) handIn(t *testing.T, who authz.Actor, file []byte) string {
	t.Helper()
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	part, err := w.CreateFormFile("file", "queue.json")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := part.Write(file); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	req, err := http.NewRequest(http.MethodPost, s.URL+"/app/import", &body)
	if err != nil {
		t.Fatal(err)
	}
	status, page := s.as(t, who).send(req, "Content-Type", w.FormDataContentType())
	if status != http.StatusOK {
		t.Errorf("the page of the import answers %d", status)
	}
	return page
}

const code = "青松 1987 号"

// TestADayInTheStairwell goes offline in the middle of interviews, kills the
// tab, changes the clock, updates the app, opens two tabs and comes back: every
// interview and every try arrives exactly once.
func TestADayInTheStairwell(t *testing.T) {
	b := browsertest.Start(t)
	s := stairs(t)
	who, cases := s.Someone()
	look := func(p *browsertest.Page, name string) {
		t.Helper()
		p.Screenshot(name)
		p.Axe()
		if out := p.Overflow(); len(out) > 0 {
			t.Errorf("%s sticks out: %v", name, out)
		}
	}
	holder := b.Page(t, s.URL, browsertest.Phone, "zh")
	for _, part := range []string{"Failed to load resource", "net::ERR"} {
		holder.Expect(part)
	}
	s.enter(t, holder, who)
	view(t, holder, "#/settings", "#gp-view #f-new")
	look(holder, "offline-settings")
	for _, css := range []string{"#f-new", "#f-again"} {
		holder.Fill("#gp-view "+css, code)
	}
	tap(t, holder, "#gp-view [data-x=code] button")
	until(t, holder, "the list", `document.querySelector('.gp-field-case')`)

	// The route goes building by building, and begins where the evaluator says.
	const buildings = `Array.from(document.querySelectorAll('.gp-field-group')[0].querySelectorAll('.gp-field-building h3')).map(h => h.textContent.trim())`
	if route := browsertest.Eval[[]string](holder, buildings); len(route) < 2 {
		t.Errorf("a route of %v", route)
	} else {
		tap(t, holder, `.gp-field-building [data-x~="first"]:not([hidden])`)
		until(t, holder, "the route begins at "+route[1], buildings+`[0] === '`+route[1]+`'`)
		if turned := browsertest.Eval[[]string](holder, buildings); len(turned) != len(route) || turned[len(turned)-1] != route[0] {
			t.Errorf("the route %v became %v", route, turned)
		}
	}

	// In the middle of the first interview the signal goes.
	a := holder.Tab()
	a.Goto("/app/offline")
	until(t, a, "the cases", `document.querySelector('.gp-field-case')`)
	begin(t, a, cases[0])
	choose(t, a, 4, 0)
	s.cut.Store(true)
	finish(t, a)
	stored(t, a)
	until(t, a, "one waits", waiting(1))
	look(a, "offline-stored")
	// In the second the phone kills the tab.
	begin(t, a, cases[1])
	choose(t, a, 5, 2)
	a.Kill()

	// Opened again without signal, three days ahead: the code opens it, and the
	// interview goes on where it was.
	c := holder.Tab()
	c.Clock(72 * time.Hour)
	c.Goto("/app/offline")
	until(t, c, "the lock", `document.querySelector('#gp-view #f-code')`)
	look(c, "offline-locked")
	c.Fill("#gp-view #f-code", "falsch 1987")
	tap(t, c, "#gp-view [data-x=open]")
	until(t, c, "the wrong code is refused", `document.querySelector('#gp-view [data-x=fault]').textContent`)
	unlock(t, c, code)
	view(t, c, "#/interview/"+cases[1].ID, ".gp-q[data-item]")
	if n := browsertest.Eval[int](c, `document.querySelectorAll('#gp-view .gp-q input:checked').length`); n != 5 {
		t.Errorf("%d of 5 answers are left after the tab was killed", n)
	}
	finish(t, c)
	stored(t, c)
	// Tries too: nobody home, and an appointment; both with the wrong clock.
	view(t, c, "#/case/"+cases[2].ID, "form[data-mode=door]")
	look(c, "offline-case")
	tap(t, c, `form[data-mode=door] button[value="2.24"]`)
	until(t, c, "the list", `document.querySelector('[data-x=groups]')`)
	view(t, c, "#/case/"+cases[3].ID, "form[data-mode=phone]")
	browsertest.Eval[bool](c, `(() => { const f = document.querySelector('#gp-view form[data-mode=phone]'); f.elements.day.selectedIndex = 2; f.elements.time.value = '18:30'; f.requestSubmit(f.querySelector('button[value="5.1"]')); return true; })()`)
	until(t, c, "the appointment", `document.querySelector('.gp-field-agreed')`)
	until(t, c, "four wait", waiting(4))
	// One who does not consent is asked nothing, and counts as a refusal.
	view(t, c, "#/interview/"+cases[6].ID, "#gp-view [data-x=right]")
	tap(t, c, "#gp-view [data-x=right]")
	tap(t, c, "#gp-view [data-x=refuse]")
	tap(t, c, "dialog[open] .btn-primary, dialog[open] .btn-danger")
	until(t, c, "five wait", waiting(5))
	if line := c.Text("#gp-field-status [data-x=text]"); !strings.HasPrefix(line, "还有 5 份待发，上次同步 ") {
		t.Errorf("the line at the head says %q", line)
	}
	// Who of the household is asked was drawn: somebody else is asked nothing.
	view(t, c, "#/interview/"+cases[5].ID, "#gp-view [data-x=another]")
	tap(t, c, "#gp-view [data-x=another]")
	until(t, c, "nobody else is asked", `document.querySelector('#gp-view [data-away="2.25"]').offsetParent`)
	if browsertest.Eval[bool](c, `!!document.querySelector('#gp-view [data-x=right]').offsetParent || !!document.querySelector('#gp-view [data-x=agree]').offsetParent`) {
		t.Error("an interview with somebody else can be begun")
	}

	// Two tabs at the same door: they write one interview, and the second to
	// finish is told so.
	d := holder.Tab()
	d.Goto("/app/offline")
	unlock(t, d, code)
	begin(t, c, cases[4])
	choose(t, c, 3, 0)
	view(t, d, "#/interview/"+cases[4].ID, ".gp-q[data-item]")
	choose(t, d, 8, 3)
	finish(t, c)
	stored(t, c)
	choose(t, d, 100, 0)
	until(t, d, "the second tab is told", `!`+questions)

	// The signal is back and the service has a new version. Both tabs send at once.
	begin(t, d, cases[5])
	choose(t, d, 6, 1)
	s.version(t, "2")
	s.cut.Store(false)
	browsertest.Eval[bool](c, `(() => { gpField.app.sync(true); return true; })()`)
	browsertest.Eval[bool](d, `(() => { gpField.app.sync(true); return true; })()`)
	until(t, c, "all is sent", waiting(0))
	browsertest.Eval[bool](d, `(() => { gpField.app.checkUpdate(); return true; })()`)
	until(t, d, "the update is offered", `!document.getElementById('gp-field-update').hidden`)
	if n := s.count(t, `select count(*) from response`); n != 4-1 {
		t.Errorf("%d responses of 3 interviews", n)
	}
	// Again offline, and in the middle of the sixth interview the app is renewed.
	s.cut.Store(true)
	was := browsertest.Eval[string](d, `gpField.app.build`)
	tap(t, d, "#gp-field-update button")
	until(t, d, "the new app", `window.gpField && gpField.app && gpField.app.build !== '`+was+`'`)
	unlock(t, d, code)
	view(t, d, "#/interview/"+cases[5].ID, ".gp-q[data-item]")
	if n := browsertest.Eval[int](d, `document.querySelectorAll('#gp-view .gp-q input:checked').length`); n != 6 {
		t.Errorf("%d of 6 answers are left after the update", n)
	}
	finish(t, d)
	stored(t, d)
	view(t, d, "#/queue", "#gp-view [data-x=export]")
	look(d, "offline-queue")
	// The queue is exported too, and handed in before the phone comes back.
	tap(t, d, "#gp-view [data-x=export]")
	until(t, d, "the file", `gpField.app.lastExport`)
	file := []byte(browsertest.Eval[string](d, `gpField.app.lastExport`))
	if page := s.handIn(t, s.Actor("supervisor"), file); !strings.Contains(page, "新收到 1 条") {
		t.Errorf("import of the exported queue: %s", page)
	}
	s.cut.Store(false)
	for range 3 {
		browsertest.Eval[bool](c, `(() => { gpField.app.sync(true); return true; })()`)
		browsertest.Eval[bool](d, `(() => { gpField.app.sync(true); return true; })()`)
	}
	until(t, d, "all is sent", waiting(0))

	for i, want := range []int{1, 1, 0, 0, 1, 1} {
		if n := s.count(t, `select count(*) from case_completion where case_id = $1`, cases[i].ID); n != want {
			t.Errorf("case %d is complete %d times, want %d", i, n, want)
		}
	}
	for what, x := range map[string][2]int{
		"responses":                      {s.count(t, `select count(*) from response`), 4},
		"with consent, hour and offline": {s.count(t, `select count(*) from response where paradata ? 'hour' and paradata->>'consent' = 'true' and paradata->>'offline' = 'true'`), 4},
		"with seconds by question":       {s.count(t, `select count(*) from response where paradata ? 'per_item'`), 4},
		"on the server's day":            {s.count(t, `select count(*) from response where day = '2026-11-21'`), 4},
		"attempts":                       {s.count(t, `select count(*) from contact_attempt`), 3},
		"refusals":                       {s.count(t, `select count(*) from contact_attempt where disposition = '2.112' and case_id = $1`, cases[6].ID), 1},
		"attempts at their true time":    {s.count(t, `select count(*) from contact_attempt where at between $1 and $2`, s.Clock.Now().Add(-time.Hour), s.Clock.Now().Add(time.Minute)), 3},
		"held":                           {s.count(t, `select count(*) from response_held`) + s.count(t, `select count(*) from contact_attempt_held`), 0},
		"links from answer to case":      {s.count(t, `select count(distinct case_id) from identity.response_case`), 4},
	} {
		if x[0] != x[1] {
			t.Errorf("%s: %d, want %d", what, x[0], x[1])
		}
	}
}
