package app_test

import (
	"net/http"
	"strings"
	"testing"

	"gongping/internal/app/field"
	"gongping/internal/app/field/fieldtest"
	"gongping/internal/authz"
	"gongping/internal/demo"
	"gongping/web/browsertest"
)

// TestWhatThePhoneIsTold: a case that was handed over, an answer that somebody
// else was faster with, names that go, and the sign-out; in English.
func TestWhatThePhoneIsTold(t *testing.T) {
	b := browsertest.Start(t)
	s := stairs(t)
	who, cases := s.Someone()
	p := b.Page(t, s.URL, browsertest.Phone, "en")
	for _, part := range []string{"Failed to load resource", "net::ERR"} {
		p.Expect(part)
	}
	s.enter(t, p, who)
	if at, faults := p.Manifest(); !strings.HasSuffix(at, "/app/manifest.webmanifest?lang=en") || len(faults) > 0 {
		t.Errorf("the app cannot be installed: %s, %v", at, faults)
	}
	begin(t, p, cases[0])
	choose(t, p, 100, 0)
	s.cut.Store(true)
	finish(t, p)
	stored(t, p)
	begin(t, p, cases[1])
	finish(t, p)
	stored(t, p)
	names := func() int {
		return browsertest.Eval[int](p, `gpField.cases.load(gpField.app).then(l => l.filter(c => c.person).length)`)
	}
	before := names()
	// Meanwhile the first case is handed over, and the second is answered.
	s.handOver(t, who, cases[0])
	if _, err := s.Field.Submit(s.Ctx, who, fieldtest.Submission(cases[1].ID, "2")); err != nil {
		t.Fatal(err)
	}
	// The queue is on the screen, and tells by itself what became of them.
	view(t, p, "#/queue", ".gp-field-reason")
	s.cut.Store(false)
	browsertest.Eval[bool](p, `(() => { gpField.app.sync(true); return true; })()`)
	until(t, p, "both are settled", waiting(0))
	until(t, p, "the cases are fetched", `!gpField.app.syncing`)
	until(t, p, "the reasons", `document.querySelectorAll('.gp-field-reason:not([hidden])').length === 2`)
	p.Screenshot("offline-held")
	p.Axe()
	if n := s.count(t, `select count(*) from response_held where reason in ('taken_away','second_answer')`); n != 2 {
		t.Errorf("%d held", n)
	}
	if after := names(); after != before-2 {
		t.Errorf("%d names on the phone, before %d: those of two cases were to go", after, before)
	}
	browsertest.Eval[bool](p, `(() => { location.hash = '#/'; return true; })()`)
	until(t, p, "the list", `document.querySelector('.gp-field-case')`)
	p.Axe()
	if out := p.Overflow(); len(out) > 0 {
		t.Errorf("the list sticks out: %v", out)
	}
	p.Screenshot("offline-list")
	s.nothingInClear(t, p)
	// An interview waits while the evaluator signs out on an ordinary page: the
	// names go, the interview is sent after the next sign-in.
	begin(t, p, cases[2])
	browsertest.Eval[bool](p, `(() => { gpField.net.sync = () => Promise.resolve(null); return true; })()`)
	finish(t, p)
	stored(t, p)
	p.Goto("/account")
	browsertest.Eval[bool](p, `(() => { document.querySelector('form[action="/sign-out"]').requestSubmit(); return true; })()`)
	until(t, p, "the sign-in page", `location.pathname !== '/account'`)
	left := browsertest.Eval[string](p, `(async () => { const who = JSON.parse(localStorage.getItem('gp-field-account'));
		return new Promise(ok => { const r = indexedDB.open('gp-field-' + who.id); r.onsuccess = () => { const tx = r.result.transaction(['cases', 'records']);
			const c = tx.objectStore('cases').count(), w = tx.objectStore('records').index('state').count('waiting');
			tx.oncomplete = () => { r.result.close(); ok(c.result + ' ' + w.result); }; }; }); })()`)
	if left != "0 1" {
		t.Errorf("after the sign-out %s cases and waiting records are on the phone, want none and one", left)
	}
	s.enter(t, p, who)
	until(t, p, "it is sent", waiting(0))
	if n := s.count(t, `select count(*) from case_completion where case_id = $1`, cases[2].ID); n != 1 {
		t.Errorf("the interview that waited over the sign-out arrived %d times", n)
	}
	until(t, p, "the sync ends", `!gpField.app.syncing`)
	s.layoutMoves(t, p)
}

// TestAnEndedSessionTakesNoNewOne: what a tab still asks with a session that has
// ended may be answered after a sign-in in another tab, whose cookie must stay.
func TestAnEndedSessionTakesNoNewOne(t *testing.T) {
	s := start(t)
	who, _ := s.Someone()
	_, token, err := s.accounts.SignInDemo(s.Ctx, demo.DistrictCode, s.login(who))
	if err != nil {
		t.Fatal(err)
	}
	if err := s.accounts.SignOut(s.Ctx, who, token); err != nil {
		t.Fatal(err)
	}
	req, _ := http.NewRequest(http.MethodGet, s.URL+"/api/v1/me", nil)
	req.AddCookie(&http.Cookie{Name: "gp_session", Value: token})
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	for _, k := range resp.Cookies() {
		if k.Name == "gp_session" || resp.StatusCode != http.StatusUnauthorized {
			t.Errorf("%s with the cookie %v", resp.Status, k)
		}
	}
}

// handOver gives a case to another evaluator.
func (s *stairwell) handOver(t *testing.T, from authz.Actor, c field.CaseView) {
	t.Helper()
	list, err := s.Field.Evaluators(s.Ctx, s.Actor("supervisor"), c.Committee)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range list {
		if e[0] != from.AccountID {
			if err := s.Field.Reassign(s.Ctx, s.Actor("supervisor"), c.ID, e[0], "on leave"); err != nil {
				t.Fatal(err)
			}
			return
		}
	}
	t.Fatal("there is nobody to hand a case over to")
}

// nothingInClear looks for a name in all that the phone has stored.
func (s *stairwell) nothingInClear(t *testing.T, p *browsertest.Page) {
	t.Helper()
	person := browsertest.Eval[string](p, `gpField.cases.load(gpField.app).then(l => (p => [p.name, p.phone, p.address].join('\\n'))(l.find(c => c.person).person))`)
	raw := browsertest.Eval[string](p, `(async () => { let out = ''; const dec = new TextDecoder('utf-8');
		const text = v => v instanceof ArrayBuffer || ArrayBuffer.isView(v) ? dec.decode(v) : v && typeof v === 'object' ? Object.values(v).map(text).join(' ') : String(v);
		for (const n of ['meta', 'cases', 'records', 'log']) out += (await gpField.app.store.all(n)).map(text).join(' ');
		for (const n of await caches.keys()) for (const q of await (await caches.open(n)).keys()) out += await (await caches.match(q)).text();
		return out; })()`)
	if len(raw) < 10000 {
		t.Errorf("only %d characters are stored: the search is broken", len(raw))
	}
	for _, v := range strings.Split(person, "\n") {
		if v != "" && strings.Contains(raw, v) {
			t.Errorf("%q stands on the phone in clear", v)
		}
	}
}

// layoutMoves opens the store as a later version of the app would, with a
// further step: every row is still there and still opens, and the page with the
// older layout lets go of it.
func (s *stairwell) layoutMoves(t *testing.T, p *browsertest.Page) {
	t.Helper()
	got := browsertest.Eval[string](p, `(async () => {
		const app = gpField.app, before = (await app.store.all('cases')).length + '/' + (await app.store.all('records')).length;
		const old = await gpField.store.open(app.account.id, () => {});
		let told = '';
		old.db.onversionchange = () => { told = 'told'; old.close(); };
		app.store.close();
		gpField.store.STEPS.push((db, tx) => { tx.objectStore('records').createIndex('made', 'made'); });
		const next = await gpField.store.open(app.account.id, () => {});
		const after = (await next.all('cases')).length + '/' + (await next.all('records')).length;
		// What still reads from the old one is no fault on a page that goes; what writes is.
		const reads = await Promise.race([old.meta('device').then(() => 'read', () => 'fault'), new Promise(ok => setTimeout(ok, 50, 'waits'))]);
		const writes = await old.setMeta('device', '').then(() => 'written', () => 'refused');
		app.store = next; app.queue.store = next; app.vault.store = next;
		const opens = (await gpField.cases.load(app)).length;
		return [told, before === after, opens > 0, next.db.version, reads, writes].join(' ');
	})()`)
	if got != "told true true 2 waits refused" {
		t.Errorf("a step of the layout: %s", got)
	}
	browsertest.Eval[bool](p, `(async () => { gpField.store.STEPS.pop(); return true; })()`)
	// A later version writes records otherwise: an interview that waits in the
	// old form is read, sent and written on in the new one.
	got = browsertest.Eval[string](p, `(async () => {
		const app = gpField.app, kase = (await gpField.cases.load(app)).find(c => gpField.cases.todo(c));
		const old = (await app.queue.begin(kase, { wire: { mode: 'door' }, ui: {} })).record;
		const was = gpField.FORMAT;
		gpField.FORMAT = was + 1;
		gpField.UPGRADE[was] = v => ({ wire: Object.assign({ seconds: 7 }, v.wire), ui: v.ui });
		const read = await app.queue.content(old), wire = await app.queue.wire(old);
		await app.queue.keep(old, read);
		const next = (await app.store.all('records')).find(r => r.id === old.id), again = await app.queue.content(next);
		const out = [old.fmt === was, read.wire.seconds, wire.mode, wire.seconds, next.fmt === was + 1, again.wire.seconds].join(' ');
		await app.queue.drop(next);
		gpField.FORMAT = was;
		delete gpField.UPGRADE[was];
		return out;
	})()`)
	if got != "true 7 door 7 true 7" {
		t.Errorf("a new format of records: %s", got)
	}
}
