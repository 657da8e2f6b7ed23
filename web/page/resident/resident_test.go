package resident_test

import (
	"net/http/httptest"
	"strings"
	"testing"

	"gongping/internal/app/account"
	"gongping/internal/app/field/fieldtest"
	"gongping/internal/authz"
	"gongping/internal/cache"
	"gongping/internal/demo"
	"gongping/internal/testkit"
	"gongping/survey/fieldwork"
	"gongping/survey/instrument"
	"gongping/web"
	"gongping/web/browsertest"
)

type site struct {
	*fieldtest.Fixture
	url string
}

func start(t *testing.T) *site {
	t.Helper()
	f := fieldtest.LoadEdited(t, withMatrix)
	h, err := web.New(web.Deps{Core: f.Core, District: demo.DistrictCode, Cache: cache.NewLocal(), Log: f.Log, Version: "test",
		Account: &account.Service{Core: f.Core}, Rooms: web.Rooms{Field: f.Field}})
	if err != nil {
		t.Fatal(err)
	}
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return &site{f, s.URL}
}

// withMatrix puts the first two graded questions of one page under a common one.
func withMatrix(q *instrument.Questionnaire) {
	q.Matrices = append(q.Matrices, instrument.Matrix{ID: "m1", Text: instrument.Lang{"zh": "您对居委会的工作满意吗？", "en": "How content are you with the committee?"}})
	for i := 1; i < len(q.Items); i++ {
		a, b := &q.Items[i-1], &q.Items[i]
		if a.Kind == instrument.Grade5 && b.Kind == instrument.Grade5 && a.Section == b.Section {
			a.Matrix, b.Matrix = "m1", "m1"
			return
		}
	}
}

// small lists what an elderly reader could not read or hit on the screen as it
// stands: texts under 18 px or in lines closer than 1.3, targets under 60 px.
const small = `(function () {
	var out = [], seen = function (e) { return e.getClientRects().length && !e.closest('.visually-hidden, .gp-skip, [hidden]'); };
	document.querySelectorAll('button, a.btn, summary, .gp-choice, .gp-quiet a, input.form-control, textarea, .gp-q-answer').forEach(function (e) {
		if (seen(e) && e.getBoundingClientRect().height < 59.5) out.push('low: ' + (e.textContent.trim() || e.name));
	});
	var walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
	while (walk.nextNode()) {
		var t = walk.currentNode.textContent.trim(), e = walk.currentNode.parentElement, c = getComputedStyle(e);
		if (!t || !seen(e) || /^(SCRIPT|STYLE|TEMPLATE)$/.test(e.tagName)) continue;
		if (parseFloat(c.fontSize) < 18) out.push('small: ' + t);
		if (parseFloat(c.lineHeight) / parseFloat(c.fontSize) < 1.29) out.push('tight: ' + t);
	}
	return out;
})()`

// legible asks for all of that on the screen as it stands.
func legible(t *testing.T, p *browsertest.Page, name string) {
	t.Helper()
	if bad := browsertest.Eval[[]string](p, small); len(bad) > 0 {
		t.Errorf("%s: %q", name, bad)
	}
}

// login is the sign-in name of an actor.
func (s *site) login(a authz.Actor) string {
	for _, x := range s.Demo.Accounts {
		if s.Actor(x.Login).AccountID == a.AccountID {
			return x.Login
		}
	}
	s.T.Fatal("no such account")
	return ""
}

// as signs an actor in.
func (s *site) as(p *browsertest.Page, a authz.Actor) *browsertest.Page {
	p.Goto("/sign-in")
	browsertest.Eval[bool](p, `(() => { const f = document.createElement('form'); f.method = 'post'; f.action = '/sign-in/demo';
		for (const [k, v] of [['login', '`+s.login(a)+`'], ['to', '/account']]) { const i = document.createElement('input'); i.name = k; i.value = v; f.append(i); }
		document.body.append(f); f.submit(); return true; })()`)
	p.WaitVisible(".gp-user")
	return p
}

// look asks axe, measures, and takes a picture.
func look(t *testing.T, p *browsertest.Page, name string) {
	t.Helper()
	p.Axe()
	if wide := p.Overflow(); len(wide) > 0 {
		t.Errorf("%s: wider than the screen: %v", name, wide)
	}
	p.Screenshot(name)
}

// answer chooses the first choice of every question, one after another, looking
// at each as an elderly reader, and stops before sending.
func answer(t *testing.T, p *browsertest.Page) {
	t.Helper()
	bad := browsertest.Eval[[]string](p, `(async function () {
		var bad = [];
		for (var i = 0; i < 60; i++) {
			bad = bad.concat(`+small+`);
			var q = document.querySelector('.gp-q[data-item]:not([hidden])');
			var box = q && q.querySelector('input[type=radio]:not([data-other])');
			if (box && !q.querySelector('input:checked')) { box.checked = true; box.dispatchEvent(new Event('change', { bubbles: true })); }
			var check = document.querySelector('.gp-q-check'), next = document.querySelector('.gp-q-next');
			if (!check.hidden) { check.click(); return bad; }
			next.click();
		}
		return bad.concat('no end');
	})()`)
	if len(bad) > 0 {
		t.Errorf("the questions: %q", bad)
	}
	p.WaitVisible(".gp-q-review")
}

// TestResidentInABrowser is a resident's way: link, large type, reload in the
// middle, receipt, a word to the auditors, withdrawal; and the auditor's page.
func TestResidentInABrowser(t *testing.T) {
	t.Parallel()
	b := browsertest.Start(t)
	s := start(t)
	who, cases := s.Someone()
	for i, lang := range []string{"zh", "en"} {
		token, _, err := s.Field.IssueLink(s.Ctx, who, cases[i].ID)
		if err != nil {
			t.Fatal(err)
		}
		p := b.Page(t, s.url, browsertest.Phone, lang)
		p.Goto("/r/" + token)
		look(t, p, "resident-form")
		legible(t, p, "form")
		// The elderly mode: 30 px, targets of 60, remembered.
		p.Click("[data-gp-type]")
		p.WaitVisible("html.gp-elder")
		if px := browsertest.Eval[float64](p, `parseFloat(getComputedStyle(document.documentElement).fontSize)`); px != 30 {
			t.Errorf("large type is %v px", px)
		}
		legible(t, p, "elderly form")
		look(t, p, "resident-elder")
		// Reading aloud says the question that is on the screen, its choices and
		// nothing else, in its language. What the voice is given is looked at: the
		// browser of a test has no voice.
		browsertest.Eval[bool](p, `(() => { speechSynthesis.speak = u => { window.said = u.lang + '|' + u.text; }; document.querySelector('[data-gp-read]').click(); return true; })()`)
		said := browsertest.Eval[string](p, `window.said || ''`)
		wanted := browsertest.Eval[[]string](p, `Array.from(document.querySelectorAll('.gp-q:not([hidden]) .gp-choice span, .gp-q:not([hidden]) .gp-q-text bdi')).map(x => x.textContent.trim())`)
		for _, part := range wanted {
			if !strings.Contains(said, part) {
				t.Errorf("%q does not say %q", said, part)
			}
		}
		if len(wanted) < 3 || !strings.HasPrefix(said, lang) || len([]rune(said)) > 400 {
			t.Errorf("what is read aloud: %q", said)
		}
		browsertest.Eval[bool](p, `(() => { document.querySelector('[data-gp-read]').click(); return true; })()`)
		// Reload in the middle: answers and id survive.
		browsertest.Eval[bool](p, `(function (x) { x.checked = true; x.dispatchEvent(new Event('change', { bubbles: true })); window.was = document.querySelector('[name=id]').value; sessionStorage.was = window.was; return true; })(document.querySelector('.gp-q:not([hidden]) input[type=radio]'))`)
		p.Goto("/r/" + token)
		p.WaitVisible("[data-gp-draft]")
		if !browsertest.Eval[bool](p, `document.querySelector('[name=id]').value === sessionStorage.was && !!document.querySelector('.gp-q input:checked') && document.documentElement.classList.contains('gp-elder')`) {
			t.Error("the draft did not survive the reload")
		}
		if lang == "en" { // the elderly mode lasts to the end in Chinese
			p.Click("[data-gp-type]")
		}
		if n := browsertest.Eval[int](p, `document.querySelectorAll('.gp-q-matrix').length`); n != 2 {
			t.Errorf("%d rows of a matrix", n)
		}
		answer(t, p)
		look(t, p, "resident-review")
		legible(t, p, "review")
		p.Click(".gp-q-send")
		p.WaitVisible(".gp-receipt")
		receipt := p.Text(".gp-receipt")
		if browsertest.Eval[bool](p, `Object.keys(localStorage).some(k => k.indexOf('gp-draft:') === 0)`) {
			t.Error("the draft was kept after sending")
		}
		p.Click(".gp-tell > summary")
		look(t, p, "resident-thanks")
		legible(t, p, "thanks")
		p.Click(`input[value="coached"]`)
		p.Click(".gp-tell button[type=submit]")
		p.WaitVisible(".gp-alert.gp-tone-success")
		p.Goto("/receipt")
		p.Fill("#f-code", receipt)
		p.Click(`form[action="/receipt"] button`)
		p.WaitVisible(".gp-alert.gp-tone-success")
		look(t, p, "resident-receipt")
		legible(t, p, "receipt")
		browsertest.Eval[bool](p, `(document.querySelector('form[action="/receipt/withdraw"]').closest('details').open = true)`)
		p.Screenshot("resident-withdraw")
		p.Click(`form[action="/receipt/withdraw"] button`)
		p.WaitVisible("dialog[open]")
		legible(t, p, "withdraw")
		p.Click("dialog[open] .btn-primary, dialog[open] .btn-danger")
		p.WaitVisible(".gp-alert.gp-tone-success")
		look(t, p, "resident-withdrawn")
		legible(t, p, "withdrawn")
		p.Goto("/r/" + token) // the link is used up
		p.Expect("410")
		look(t, p, "resident-used")
		legible(t, p, "used link")
	}
	if n := s.count(t, `select count(*) from response`); n != 2 {
		t.Errorf("%d responses", n)
	}
	if n := s.count(t, `select count(*) from response_exclusion where ground = 'withdrawn'`); n != 2 {
		t.Errorf("%d withdrawals", n)
	}
	auditor := s.as(b.Page(t, s.url, browsertest.Desktop, "zh"), s.Role(authz.Auditor))
	auditor.Goto("/signals")
	look(t, auditor, "signals")
	if text := auditor.Text("#main"); !strings.Contains(text, "不显示") {
		t.Errorf("two answers are shown: %s", text)
	}
}

// TestCallsAndPaperInABrowser is the evaluator at the telephone, the resident
// who checks, and a form that two persons read differently.
func TestCallsAndPaperInABrowser(t *testing.T) {
	t.Parallel()
	b := browsertest.Start(t)
	s := start(t)
	who, cases := s.Someone()
	super := s.Actor("supervisor")
	for _, lang := range []string{"zh", "en"} {
		p := s.as(b.Page(t, s.url, browsertest.Phone, lang), who)
		p.Goto("/calls")
		look(t, p, "calls")
		p.Click(`form[action^="/calls/"] button`)
		p.WaitVisible("#call-code")
		look(t, p, "call")
		code := p.Text("#call-code")
		r := b.Page(t, s.url, browsertest.Phone, lang)
		r.Goto("/check")
		r.Fill("#f-code", code)
		r.Click(`form[action="/check"] button`)
		r.WaitVisible(".gp-alert.gp-tone-success")
		look(t, r, "check-real")
		r.Fill("#f-code", fieldwork.NewCode(5))
		r.Expect("404")
		r.Click(`form[action="/check"] button`)
		r.WaitVisible(".gp-alert.gp-tone-danger")
		look(t, r, "check-unknown")
	}
	_, codes, err := s.Field.PrintForms(s.Ctx, super, s.Round, cases[0].Committee, 2)
	if err != nil {
		t.Fatal(err)
	}
	desk := s.as(b.Page(t, s.url, browsertest.Desktop, "zh"), super)
	desk.Goto("/paper")
	look(t, desk, "paper")
	desk.Goto("/paper/rounds/" + s.Round)
	look(t, desk, "paper-list")
	desk.Fill("#f-number", "2")
	desk.Click(`form[action$="/print"] button`)
	desk.WaitVisible(".gp-paper-code")
	desk.Screenshot("paper-print")
	if n := s.count(t, `select count(*) from paper_form`); n != 4 {
		t.Errorf("%d forms", n)
	}
	for i, reader := range s.Evaluators()[:2] {
		lang := []string{"zh", "en"}[i]
		p := s.as(b.Page(t, s.url, browsertest.Phone, lang), reader)
		p.Goto("/paper")
		p.Fill("#f-code", fieldwork.ShowCode(codes[0]))
		p.Click(`form[action="/paper"] button`)
		p.WaitVisible(".gp-q")
		look(t, p, "paper-enter")
		browsertest.Eval[bool](p, `(function (k) { document.querySelectorAll('.gp-q[data-item]').forEach(function (q) {
			var r = q.querySelectorAll('input[type=radio]:not([data-other])'); if (r.length) { r[Math.min(k, r.length - 1)].click(); } }); return true; })(`+string(rune('0'+i))+`)`)
		p.Click(".gp-q-buttons button")
		p.WaitVisible(".alert")
	}
	desk.Goto("/paper/forms/" + codes[0])
	desk.WaitVisible(".gp-table")
	look(t, desk, "paper-decide")
	browsertest.Eval[bool](desk, `(document.querySelectorAll('.gp-q[data-item]').forEach(function (q) { var r = q.querySelector('input[type=radio]:not([data-other])'); if (r) r.click(); }), true)`)
	desk.Click(".gp-q-buttons button")
	desk.WaitVisible(".gp-receipt")
	look(t, desk, "paper-counted")
	if n := s.count(t, `select count(*) from response where mode = 'paper'`); n != 1 {
		t.Errorf("%d paper responses", n)
	}
}

func (s *site) count(t *testing.T, sql string) (n int) {
	t.Helper()
	if err := testkit.OwnerDB(t).QueryRow(s.Ctx, sql).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}
