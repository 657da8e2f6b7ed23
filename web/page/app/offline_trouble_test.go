package app_test

import (
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"gongping/internal/app/field"
	"gongping/internal/authz"
	"gongping/web/browsertest"
)

// TestAPhoneInTrouble: a finger that taps twice, answers that are none, a full
// phone, clocks that are years wrong, an update while sending, a sign-in that
// ends in the middle, a second evaluator, a store that the browser took away. No
// interview and no try is lost or doubled, and the phone says what is true.
func TestAPhoneInTrouble(t *testing.T) {
	b := browsertest.Start(t)
	s := stairs(t)
	who, cases := s.Someone()
	p := b.Page(t, s.URL, browsertest.Phone, "zh")
	for _, part := range []string{"Failed to load resource", "net::ERR"} {
		p.Expect(part)
	}
	s.enter(t, p, who)
	s.fingerTapsTwice(t, p, cases[:3])
	s.answersThatAreNone(t, p, cases[3:5])
	s.fullPhone(t, p, cases[5:8])
	s.wrongYears(t, p, cases[8:10])
	s.renewedWhileSending(t, p, cases[10])
	s.twoEvaluators(t, p, who, cases[11:13])
	s.begunAndHandedOver(t, p, who, cases[13])
	s.anotherKey(t, p)
	s.storeTakenAway(t, p, who)
	if n, m := s.count(t, `select count(*) from response`), s.count(t, `select count(*) from case_completion`); n != 6 || m != 6 {
		t.Errorf("%d responses of %d cases, want 6", n, m)
	}
	if n := s.count(t, `select count(*) from response_held`) + s.count(t, `select count(*) from contact_attempt_held`); n != 1 {
		t.Errorf("%d are held, want the one that was handed over", n)
	}
}

func run(p *browsertest.Page, js string) {
	browsertest.Eval[bool](p, `(async () => { `+js+`; return true; })()`)
}

// told sends what waits and gives what the phone says of it.
func told(t *testing.T, p *browsertest.Page) string {
	t.Helper()
	until(t, p, "the app is at rest", `!gpField.app.syncing`)
	run(p, `document.getElementById('gp-field-note').textContent = ''; gpField.app.sync(true).catch(() => {})`)
	until(t, p, "the phone says what became of it", `document.getElementById('gp-field-note').textContent`) // in the round after, where one had just begun
	return browsertest.Eval[string](p, `document.getElementById('gp-field-note').textContent`)
}

// says waits until the phone says it.
func says(t *testing.T, p *browsertest.Page, want string) {
	t.Helper()
	until(t, p, want, `document.getElementById('gp-field-note').textContent.includes('`+want+`')`)
}

// sent waits until all is sent.
func sent(t *testing.T, p *browsertest.Page) {
	t.Helper()
	if got := told(t, p); got != "已同步。" {
		t.Errorf("the phone says %q", got)
	}
	until(t, p, "all is sent", waiting(0))
}

// stock puts a finished interview into the queue, offline.
func (s *stairwell) stock(t *testing.T, p *browsertest.Page, c field.CaseView) {
	t.Helper()
	was := s.cut.Swap(true)
	begin(t, p, c)
	choose(t, p, 100, 0)
	finish(t, p)
	stored(t, p)
	until(t, p, "it has tried to send", `!gpField.app.syncing`)
	s.cut.Store(was)
}

const hide = `Object.defineProperty(document, 'hidden', { value: true, configurable: true }); document.dispatchEvent(new Event('visibilitychange')); delete document.hidden;
	document.dispatchEvent(new Event('visibilitychange'))`

func (s *stairwell) fingerTapsTwice(t *testing.T, p *browsertest.Page, cases []field.CaseView) {
	twice := func(css string) { run(p, `const b = document.querySelector('#gp-view `+css+`'); b.click(); b.click()`) }
	view(t, p, "#/case/"+cases[0].ID, "form[data-mode=door]")
	twice(`form[data-mode=door] button[value="2.24"]`)
	until(t, p, "the list", `document.querySelector('[data-x=groups]')`)
	view(t, p, "#/interview/"+cases[1].ID, "#gp-view [data-x=another]")
	twice(`[data-away="2.25"]`)
	until(t, p, "the list", `document.querySelector('[data-x=groups]')`)
	sent(t, p)
	if n := s.count(t, `select count(*) from contact_attempt`); n != 2 {
		t.Errorf("two tries were recorded as %d", n)
	}
	view(t, p, "#/interview/"+cases[2].ID, "#gp-view [data-x=right]")
	tap(t, p, "#gp-view [data-x=right]")
	twice(`[data-x=agree]`)
	until(t, p, "the questions", questions)
	finish(t, p)
	stored(t, p)
	run(p, `document.getElementById('gp-field-note').textContent = ''; `+hide)
	sent(t, p)
	if browsertest.Eval[bool](p, `location.hash.startsWith('#/case/')`) {
		t.Error("the page of the questions was made twice: the first believes that another tab has answered")
	}
}

func (s *stairwell) answersThatAreNone(t *testing.T, p *browsertest.Page, cases []field.CaseView) {
	for _, c := range cases {
		s.stock(t, p, c)
	}
	const none, busy, waits = "没有信号。内容都在手机里，恢复后自动发送。", "服务器正忙，稍后自动再发。", "还有 2 份待发"
	for _, x := range []struct {
		status           int
		kind, body, says string
	}{
		{500, "text/html", "<h1>500</h1>", busy}, {502, "text/html", "<h1>Bad gateway</h1>", busy}, {500, "application/problem+json", `{"key":"problem.internal"}`, busy},
		{200, "text/html", "<h1>Café</h1>", none}, {403, "text/html", "<h1>Pay first</h1>", none}, {404, "text/html", "<h1>No</h1>", none},
		{200, "application/json", "", none}, {200, "application/json", "null", none}, {200, "application/json", `{"responses":[`, none},
		{200, "application/json", `{"attempts":[],"responses":[]}`, waits}, {200, "application/json", `{"attempts":[],"responses":[{"id":"` + cases[0].ID + `","status":"accepted"}]}`, waits},
	} {
		s.answer(func(w http.ResponseWriter, r *http.Request) bool {
			if r.URL.Path != "/api/v1/sync" {
				return false
			}
			w.Header().Set("Content-Type", x.kind)
			w.WriteHeader(x.status)
			_, _ = w.Write([]byte(x.body))
			return true
		})
		if got := told(t, p); !strings.HasPrefix(got, x.says) {
			t.Errorf("after %d %q the phone says %q", x.status, x.body, got)
		}
		until(t, p, "both wait", waiting(2))
	}
	// A status of a later service leaves the interview in the queue; one that does not
	// open holds up no other; the sign-in ends between two of three parts; the line is
	// too slow for more than one at a time.
	run(p, `const app = gpField.app, r = (await app.store.all('records')).find(r => r.state === 'waiting');
		await app.queue.settle([r], [{ id: r.id, status: 'quarantined' }], '', { accepted: 0 });
		await app.store.put('records', { id: gpField.vault.uuid(), kind: 'attempt', case: r.case, form: r.form, fmt: 1, state: 'waiting', made: 0, iv: new Uint8Array(12), ct: new ArrayBuffer(40) });
		app.queue.size = 2; await app.status()`)
	var parts atomic.Int32
	s.answer(func(w http.ResponseWriter, r *http.Request) bool {
		if r.URL.Path != "/api/v1/sync" || parts.Add(1) != 2 {
			return false
		}
		w.Header().Set("Content-Type", "application/problem+json")
		w.WriteHeader(http.StatusUnauthorized)
		_, _ = w.Write([]byte(`{"key":"auth.sign_in"}`))
		return true
	})
	if got := told(t, p); got != "登录已过期，登录后发送" {
		t.Errorf("where the sign-in ended in the middle the phone says %q", got)
	}
	until(t, p, "one was sent, one waits, and so does the one that does not open", waiting(2))
	s.answer(nil)
	run(p, `const app = gpField.app, slow = async (path, body) => {
			if (body.responses.length + body.attempts.length > 1) throw Object.assign(new Error(), { kind: 'offline', slow: true });
			return gpField.net.post(path, body); };
		const sick = (await app.store.all('records')).find(r => r.made === 0);
		app.queue.part.call(app.queue, slow, [sick], {}); await gpField.cases.load(app);
		for (let i = 0; i < 5; i++) await app.queue.send(slow).catch(e => { if (!e.slow) throw e; });
		await app.store.remove('records', sick.id); await app.status()`)
	until(t, p, "all is sent", waiting(0))
	if n := s.count(t, `select count(*) from response`); n != 3 {
		t.Errorf("%d responses of 3", n)
	}
}

func (s *stairwell) fullPhone(t *testing.T, p *browsertest.Page, cases []field.CaseView) {
	s.stock(t, p, cases[0])
	view(t, p, "#/interview/"+cases[1].ID, "#gp-view [data-x=right]")
	tap(t, p, "#gp-view [data-x=right]")
	p.Full(true)
	tap(t, p, "#gp-view [data-x=agree]")
	says(t, p, "没有存住")
	view(t, p, "#/case/"+cases[2].ID, "form[data-mode=door]")
	run(p, `document.getElementById('gp-field-note').textContent = ''`)
	tap(t, p, `#gp-view form[data-mode=door] button[value="2.24"]`)
	says(t, p, "没有存住")
	if got := told(t, p); !strings.HasPrefix(got, "能发的都发了，但手机存储已满") {
		t.Errorf("a full phone says %q", got)
	}
	until(t, p, "it waits", waiting(1))
	if n := s.count(t, `select count(*) from case_completion where case_id = $1`, cases[0].ID); n != 1 {
		t.Errorf("the interview on the full phone arrived %d times", n)
	}
	p.Goto("/app/offline")
	until(t, p, "a full phone opens", `document.querySelector('.gp-field-case')`)
	p.Full(false)
	sent(t, p)
	view(t, p, "#/case/"+cases[2].ID, "form[data-mode=door]")
	tap(t, p, `#gp-view form[data-mode=door] button[value="2.24"]`)
	until(t, p, "the list", `document.querySelector('[data-x=groups]')`)
	sent(t, p)
	if n := s.count(t, `select count(*) from contact_attempt where case_id = $1`, cases[2].ID); n != 1 {
		t.Errorf("the try of the full phone was recorded %d times", n)
	}
}

func (s *stairwell) wrongYears(t *testing.T, p *browsertest.Page, cases []field.CaseView) {
	const year = 365 * 24 * time.Hour
	for i, ahead := range []time.Duration{-20 * year, 30 * year} {
		s.cut.Store(true)
		p.Clock(ahead)
		view(t, p, "#/case/"+cases[i].ID, "form[data-mode=door]")
		if day := browsertest.Eval[string](p, `document.querySelector('#gp-view select[name=day]').value`); ahead < 0 && day != "2026-11-21" {
			t.Errorf("with a clock of long ago the first day for an appointment is %s", day)
		}
		tap(t, p, `#gp-view form[data-mode=door] button[value="2.24"]`)
		until(t, p, "the list", `document.querySelector('[data-x=groups]')`)
		until(t, p, "it has tried to send", `!gpField.app.syncing`)
		s.cut.Store(false)
	}
	// Started anew with that clock, names are too old to keep; the phone says why
	// there are none, and the tries are still there.
	s.answer(func(w http.ResponseWriter, r *http.Request) bool {
		busy := r.URL.Path == "/api/v1/sync" || r.URL.Path == "/api/v1/offline/pack"
		if busy {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
		return busy
	})
	p.Clock(60 * year)
	p.Goto("/app/offline")
	until(t, p, "why there are no cases", `document.querySelector('#gp-view [data-x=expired]')?.offsetParent`)
	until(t, p, "the tries did not go with the names", waiting(2))
	p.Screenshot("offline-expired")
	s.answer(nil)
	sent(t, p)
	until(t, p, "the list", `document.querySelector('.gp-field-case')`)
	p.Clock(0)
	if n := s.count(t, `select count(*) from contact_attempt where at between $1 and $2`, s.Clock.Now().Add(-time.Hour), s.Clock.Now().Add(time.Minute)); n != 5 {
		t.Errorf("%d of 5 tries are at their true time", n)
	}
	p.Goto("/app/offline")
	until(t, p, "the list", `document.querySelector('.gp-field-case')`)
}

func (s *stairwell) renewedWhileSending(t *testing.T, p *browsertest.Page, c field.CaseView) {
	s.version(t, "2")
	run(p, `gpField.app.checkUpdate()`)
	until(t, p, "the update is offered", `!document.getElementById('gp-field-update').hidden`)
	s.stock(t, p, c)
	arrived, goOn := make(chan bool, 100), make(chan bool)
	s.answer(func(w http.ResponseWriter, r *http.Request) bool {
		if r.URL.Path == "/api/v1/sync" {
			arrived <- true
			<-goOn
		}
		return false
	})
	was := browsertest.Eval[string](p, `gpField.app.build`)
	run(p, `gpField.app.sync()`)
	<-arrived
	tap(t, p, "#gp-field-update button")
	until(t, p, "the new app", `window.gpField && gpField.app && gpField.app.build !== '`+was+`'`)
	close(goOn)
	s.answer(nil)
	until(t, p, "it opens", `document.body.hasAttribute('data-open')`)
	sent(t, p)
}

func (s *stairwell) twoEvaluators(t *testing.T, p *browsertest.Page, who authz.Actor, cases []field.CaseView) {
	s.stock(t, p, cases[0])
	run(p, `await gpField.place.choose(gpField.app.store, true)`)
	// The second signs in in another tab and holds the case by now.
	other := s.Other(who)
	q := p.Tab()
	signIn := func(as authz.Actor) {
		q.Goto("/sign-in")
		run(q, `const f = document.createElement('form'); f.method = 'post'; f.action = '/sign-in/demo';
			for (const [k, v] of [['login', '`+s.login(as)+`'], ['to', '/']]) { const i = document.createElement('input'); i.name = k; i.value = v; f.append(i); }
			document.body.append(f); f.submit()`)
		q.WaitVisible(".gp-user")
	}
	for _, as := range []authz.Actor{other, s.Actor("supervisor")} {
		signIn(as)
		if got := told(t, p); got != "现在登录的是别人，本人登录后发送" {
			t.Errorf("while %s is signed in the phone says %q", as.Name, got)
		}
		until(t, p, "it waits", waiting(1))
	}
	if given, err := s.Field.DistanceConsent(s.Ctx, other); err != nil || given {
		t.Errorf("consent of the second evaluator: %v, %v", given, err)
	}
	if browsertest.Eval[bool](p, `!document.querySelector('#gp-view .gp-sent')`) {
		t.Errorf("the phone shows %q", p.Text("#gp-view"))
	}
	signIn(who)
	sent(t, p)
	if n := s.count(t, `select count(*) from case_completion where case_id = $1`, cases[0].ID); n != 1 {
		t.Errorf("the interview arrived %d times", n)
	}
}

// begunAndHandedOver: an interview that was begun can be finished when the case is
// somebody else's by then; the server keeps it apart.
func (s *stairwell) begunAndHandedOver(t *testing.T, p *browsertest.Page, who authz.Actor, c field.CaseView) {
	begin(t, p, c)
	choose(t, p, 5, 2)
	s.handOver(t, who, c)
	sent(t, p)
	view(t, p, "#/queue", "#gp-view [data-x=goon]:not([hidden])")
	p.Screenshot("offline-draft")
	p.Axe()
	tap(t, p, "#gp-view [data-x=goon]:not([hidden])")
	until(t, p, "the questions", questions)
	if n := browsertest.Eval[int](p, `document.querySelectorAll('#gp-view .gp-q input:checked').length`); n != 5 {
		t.Errorf("%d of 5 answers are left after the case was handed over", n)
	}
	finish(t, p)
	stored(t, p)
	sent(t, p)
	if n := s.count(t, `select count(*) from response_held where case_id = $1 and reason = 'taken_away'`, c.ID); n != 1 {
		t.Errorf("the interview was kept %d times", n)
	}
}

// anotherKey: where the server's key was changed, the code still opens the phone. And
// names of an evaluator who had the phone before go when their time is over.
func (s *stairwell) anotherKey(t *testing.T, p *browsertest.Page) {
	// A service that is just starting is not told as a signal that is lost.
	s.answer(func(w http.ResponseWriter, r *http.Request) bool {
		api := strings.HasPrefix(r.URL.Path, "/api/")
		if api {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
		return api
	})
	p.Goto("/app/offline/zh")
	until(t, p, "the lock", `document.querySelector('#gp-view [data-x=nocode]')?.offsetParent`)
	if browsertest.Eval[bool](p, `!!document.querySelector('#gp-view [data-x=away]').offsetParent`) {
		t.Error("where the service is busy the phone says that there is no signal")
	}
	s.answer(nil)
	p.Goto("/app/offline/zh")
	until(t, p, "it opens", `document.body.hasAttribute('data-open')`)
	run(p, `const app = gpField.app, key = await gpField.net.post('/offline/unlock', { device: app.device });
		await gpField.vault.setCode(app.store, gpField.vault.bytes(key.secret), '`+code+`');
		const w = await app.store.meta('wrap.server');
		await app.store.setMeta('wrap.server', { iv: w.iv.map(b => b ^ 1), ct: w.ct });
		const before = await gpField.store.open('00000000-0000-4000-8000-000000000000', () => {});
		await before.put('cases', { id: 'a', until: '2026-11-20T00:00:00Z' });
		await before.put('cases', { id: 'b', until: '2026-12-24T00:00:00Z' });
		before.close()`)
	p.Goto("/app/offline/zh")
	until(t, p, "the code is asked for", `document.querySelector('#gp-view #f-code')`)
	unlock(t, p, code)
	sent(t, p)
	run(p, `const before = await gpField.store.open('00000000-0000-4000-8000-000000000000', () => {});
		while ((await before.all('cases')).map(c => c.id).join() !== 'b') await new Promise(ok => setTimeout(ok, 30)); // gives up with the test's patience
		before.close()`)
}

func (s *stairwell) storeTakenAway(t *testing.T, p *browsertest.Page, who authz.Actor) {
	p.Goto("/account")
	run(p, `const who = JSON.parse(localStorage.getItem('gp-field-account')); await new Promise((ok, fail) => { const r = indexedDB.deleteDatabase('gp-field-' + who.id); r.onsuccess = ok; r.onerror = r.onblocked = fail; });
		document.querySelector('form[action="/sign-out"]').requestSubmit()`)
	until(t, p, "the sign-in page", `location.pathname !== '/account'`)
	s.enter(t, p, who)
	// One that was left empty by an older page is made anew.
	p.Goto("/account")
	run(p, `const name = 'gp-field-' + JSON.parse(localStorage.getItem('gp-field-account')).id;
		await new Promise((ok, fail) => { const r = indexedDB.deleteDatabase(name); r.onsuccess = ok; r.onerror = r.onblocked = fail; });
		await new Promise((ok, fail) => { const r = indexedDB.open(name); r.onsuccess = () => { r.result.close(); ok(); }; r.onerror = fail; })`)
	p.Goto("/app/offline")
	until(t, p, "the list of cases", `document.querySelector('.gp-field-case')`)
}
