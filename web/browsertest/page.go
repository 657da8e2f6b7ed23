package browsertest

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

// Viewport is a size of screen.
type Viewport struct {
	Name          string
	Width, Height int64
	Mobile        bool
}

// The screens that pages are looked at on.
var (
	Desktop = Viewport{Name: "desktop", Width: 1366, Height: 900}
	Phone   = Viewport{Name: "phone", Width: 390, Height: 844, Mobile: true}
)

// Patience is how long a step may take, on a machine that is busy with other
// things too.
const Patience = 60 * time.Second

// Page is one tab with its own cookies.
type Page struct {
	t      testing.TB
	ctx    context.Context
	base   string
	view   Viewport
	lang   string
	suffix string
	armed  bool // axe-core comes with every page

	mu     sync.Mutex
	faults []string
	expect []string
	close  func() // of a Tab
}

// Page opens a tab on base (such as httptest.Server.URL) in a language, "zh"
// or "en". When the test ends, the faults that the browser reported fail it.
func (b *Browser) Page(t testing.TB, base string, view Viewport, lang string) *Page {
	t.Helper()
	ctx, cancel := chromedp.NewContext(b.ctx, chromedp.WithNewBrowserContext())
	return open(t, ctx, cancel, base, view, lang)
}

// Again gives the tab that Page opened before for the same test, address, screen
// and language, or opens it. A new tab is a new process with empty caches and
// costs more than looking at a page; where each look signs in by itself, one tab
// does for all. It keeps the cookies of whoever signed in last.
func (b *Browser) Again(t testing.TB, base string, view Viewport, lang string) *Page {
	t.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	key := sitting{t, base, lang, view}
	p := b.again[key]
	if p == nil {
		p = b.Page(t, base, view, lang)
		b.again[key] = p
	}
	return p
}

// open opens the tab of a context and listens to what it complains of.
func open(t testing.TB, ctx context.Context, cancel context.CancelFunc, base string, view Viewport, lang string) *Page {
	t.Helper()
	p := &Page{t: t, ctx: ctx, base: base, view: view, lang: lang}
	done := make(chan struct{})
	messages := chromedp.Console(ctx)
	go func() {
		defer close(done)
		for m, err := range messages {
			if err != nil {
				return
			}
			if m.IsException() || m.Type == chromedp.ConsoleError || m.Source == "security" {
				p.fault(m.String() + " " + m.URL)
			}
		}
	}()
	t.Cleanup(func() {
		p.check()
		cancel()
		<-done
	})
	p.do("open a tab", chromedp.Func(func(ctx context.Context, tab *chromedp.Target) error {
		if _, err := chromedp.Call(ctx, network.Enable, network.EnableParams{}); err != nil {
			return err
		}
		accept := "zh-CN,zh;q=0.9"
		if lang == "en" {
			accept = "en-GB,en;q=0.9"
		}
		_, err := chromedp.Call(ctx, network.SetExtraHTTPHeaders, network.SetExtraHTTPHeadersParams{Headers: network.Headers{"Accept-Language": accept}})
		if err != nil {
			return err
		}
		// The policy's violations do not all reach the console, so they are collected in the page as well.
		_, err = chromedp.Call(ctx, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{
			Source: `document.addEventListener('securitypolicyviolation', function (e) {
				console.error('policy violation: ' + e.violatedDirective + ' ' + e.blockedURI + ' ' + e.sourceFile + ':' + e.lineNumber); });`,
		})
		return err
	}))
	p.View(view)
	return p
}

func (p *Page) fault(s string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.faults = append(p.faults, s)
}

// Expect says that a console message holding part is right on this page, such
// as "status of 409" where a refusal is tested.
func (p *Page) Expect(part string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.expect = append(p.expect, part)
}

// check fails the test for what the browser complained of.
func (p *Page) check() {
	p.t.Helper()
	p.mu.Lock()
	defer p.mu.Unlock()
next:
	for _, f := range p.faults {
		for _, e := range p.expect {
			if strings.Contains(f, e) {
				continue next
			}
		}
		p.t.Errorf("browser: %s", f)
	}
	p.faults = nil
}

// do runs actions within Patience and fails the test with what was tried.
func (p *Page) do(what string, actions ...chromedp.Action[chromedp.Void]) {
	p.t.Helper()
	// The first Do of a context opens its tab, so a short-lived child must not be the first.
	if chromedp.FromContext(p.ctx).Target == nil {
		if err := chromedp.Do(p.ctx); err != nil {
			p.t.Fatalf("browser: open a tab: %v", err)
		}
	}
	ctx, cancel := context.WithTimeout(p.ctx, Patience)
	defer cancel()
	if err := chromedp.Do(ctx, actions...); err != nil {
		p.shoot("failed")
		p.t.Fatalf("browser: %s: %v", what, err)
	}
}

// View changes the size of the screen.
func (p *Page) View(v Viewport) {
	p.t.Helper()
	p.view = v
	opts := []chromedp.EmulateViewportOption{}
	if v.Mobile {
		opts = append(opts, chromedp.EmulateMobile, chromedp.EmulateTouch, chromedp.EmulatePortrait)
	}
	p.do("view", chromedp.EmulateViewport(v.Width, v.Height, opts...))
}

// Dark makes the system's theme dark or light.
func (p *Page) Dark(dark bool) {
	p.t.Helper()
	value := "light"
	p.suffix = ""
	if dark {
		value, p.suffix = "dark", "-dark"
	}
	p.do("theme", chromedp.Func(func(ctx context.Context, tab *chromedp.Target) error {
		_, err := chromedp.Call(ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
			Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: value}},
		})
		return err
	}))
}

// Goto opens a path of the server and waits for the page and its charts.
func (p *Page) Goto(path string) {
	p.t.Helper()
	p.do("goto "+path, chromedp.Navigate(p.base+path))
	p.Settle()
}

// Settle waits until the document is complete, every chart is drawn and no
// request of htmx is under way.
func (p *Page) Settle() {
	p.t.Helper()
	p.await("the page settles", func() bool {
		return p.Is(`document.readyState === 'complete' && !document.querySelector('.htmx-request')
			&& !document.querySelector('[data-chart]:not([data-gp-drawn]), [data-gp-drawn="loading"]')`)
	})
}

// Click clicks what a CSS selector finds and waits for what follows: where the
// click leads to another page, until that one is there, however long the server
// takes; else until what the page asks for by itself has come. What a script does
// later than that, a test waits for by itself.
func (p *Page) Click(css string) {
	p.t.Helper()
	p.await("the page can be clicked on", func() bool { return p.Is(watch) })
	p.Tap(css)
	p.await("the click on "+css+" leads to a page", func() bool { return !p.goes() })
	p.Settle()
}

// await waits until something holds.
func (p *Page) await(what string, holds func() bool) {
	p.t.Helper()
	for end := time.Now().Add(Patience); !holds(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			p.shoot("failed")
			p.t.Fatalf("browser: it does not come about that %s, on %s", what, p.URL())
		}
	}
}

// watch has the page note that it is about to be left. A file to be kept, and
// another place of the same page, are no leaving.
const watch = `(function () {
	window.gpLeft = false;
	if (!window.gpWatched) navigation.addEventListener('navigate', function (e) {
		if (!e.destination.sameDocument && e.downloadRequest === null) window.gpLeft = true; });
	return window.gpWatched = true; })()`

// goes tells whether the page is being left. It gives a click the time to become
// a navigation by the page's own clock, which stands still while the machine is
// busy elsewhere.
func (p *Page) goes() bool {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, Patience)
	defer cancel()
	going, err := chromedp.Run(ctx, chromedp.Evaluate[bool](`window.gpWatched ? new Promise(function (ok) { setTimeout(function () { ok(window.gpLeft); }, 50); }) : false`, chromedp.EvalAwaitPromise))
	if err != nil && !leaving(err) {
		p.t.Fatalf("browser: after a click: %v", err)
	}
	return err != nil || going
}

// Tap clicks what a CSS selector finds, for a test that waits by itself for
// what it expects.
func (p *Page) Tap(css string) {
	p.t.Helper()
	p.do("find "+css, chromedp.WaitVisible(chromedp.CSS(css)))
	sel, _ := json.Marshal(css)
	Eval[bool](p, `(`+standStill+`)(`+string(sel)+`)`)
	p.do("click "+css, chromedp.Click(chromedp.CSS(css)))
}

// standStill brings an element into view and waits until it has stopped moving:
// a click on what is still being scrolled or laid out would miss it.
const standStill = `async function (css) {
	var last = '';
	for (var i = 0; i < 100; i++) {
		var e = document.querySelector(css);
		if (!e) return false;
		if (i === 0) e.scrollIntoView({ block: 'center', behavior: 'instant' });
		var r = e.getBoundingClientRect(), now = [r.left, r.top, r.width, r.height].join();
		if (now === last) return true;
		last = now;
		await new Promise(function (done) { setTimeout(done, 30); });
	}
	return false;
}`

// ClickText clicks the first visible link or button with the text.
func (p *Page) ClickText(text string) {
	p.t.Helper()
	p.Click(p.Find(text))
}

// Find gives a selector of the first visible link or button with the text, and
// waits for one.
func (p *Page) Find(text string) string {
	p.t.Helper()
	b, _ := json.Marshal(text)
	find := `(function (s) {
		document.querySelectorAll('[data-bt]').forEach(function (e) { e.removeAttribute('data-bt'); });
		var all = Array.from((document.querySelector('dialog[open]') || document).querySelectorAll('a, button, summary, [role=button], input[type=submit]'));
		var ok = function (e) { return e.getClientRects().length > 0; };
		var own = function (e) { return (e.tagName === 'INPUT' ? e.value : e.textContent).replace(/\s+/g, ' ').trim(); };
		var hit = all.find(function (e) { return ok(e) && own(e) === s; }) || all.find(function (e) { return ok(e) && own(e).includes(s); });
		if (hit) hit.setAttribute('data-bt', '');
		return !!hit;
	})(` + string(b) + `)`
	p.await("there is a link or button "+text, func() bool { return p.Is(find) })
	return "[data-bt]"
}

// Fill types into a field, replacing what it holds; a select is set by value.
func (p *Page) Fill(css, value string) {
	p.t.Helper()
	p.do("find "+css, chromedp.WaitVisible(chromedp.CSS(css)))
	sel, _ := json.Marshal(css)
	val, _ := json.Marshal(value)
	Eval[bool](p, `(function (e, v) {
		e.focus(); e.value = v;
		e.dispatchEvent(new Event('input', { bubbles: true })); e.dispatchEvent(new Event('change', { bubbles: true }));
		return true;
	})(document.querySelector(`+string(sel)+`), `+string(val)+`)`)
}

// Upload chooses a file in a file field.
func (p *Page) Upload(css, file string) {
	p.t.Helper()
	p.do("upload "+file, chromedp.SetUploadFiles(chromedp.CSS(css), []string{file}))
}

// Unfold opens every card that begins closed on a phone, so that its text can be read.
func (p *Page) Unfold() {
	p.t.Helper()
	p.Is(`document.querySelectorAll("[data-fold]").forEach(c => c.gpFold && c.gpFold(true)) === undefined`)
}

// Text gives the visible text of what a selector finds.
func (p *Page) Text(css string) string {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, Patience)
	defer cancel()
	for {
		s, err := chromedp.Run(ctx, chromedp.Text(chromedp.CSS(css)))
		if leaving(err) && ctx.Err() == nil {
			time.Sleep(50 * time.Millisecond)
			continue
		}
		if err != nil {
			p.shoot("failed")
			p.t.Fatalf("browser: text of %s: %v", css, err)
		}
		return strings.TrimSpace(s)
	}
}

// leaving tells whether a page went on to another while it was being read, as
// pages that renew themselves do: then it is read again.
func leaving(err error) bool {
	for _, part := range []string{"Cannot find context", "Cannot find default execution context", "context was destroyed", "target navigated or closed",
		"No node with given id", "Could not find node"} {
		if err != nil && strings.Contains(err.Error(), part) {
			return true
		}
	}
	return false
}

// WaitVisible waits until a selector finds something visible.
func (p *Page) WaitVisible(css string) {
	p.t.Helper()
	p.do("wait for "+css, chromedp.WaitVisible(chromedp.CSS(css)))
}

// Has reports whether a selector finds anything.
func (p *Page) Has(css string) bool {
	p.t.Helper()
	b, _ := json.Marshal(css)
	return read[bool](p, `!!document.querySelector(`+string(b)+`)`)
}

// URL gives the address shown.
func (p *Page) URL() string {
	p.t.Helper()
	return read[string](p, `location.href`)
}

// Eval runs an expression in the page and gives its value.
func Eval[T any](p *Page, js string) T {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, Patience)
	defer cancel()
	v, err := chromedp.Run(ctx, chromedp.Evaluate[T](js, chromedp.EvalAwaitPromise))
	if err != nil {
		p.t.Fatalf("browser: evaluate %.80s: %v", js, err)
	}
	return v
}

// read gives the value of an expression that changes nothing. On a page that is
// just being left it is asked again of the next one.
func read[T any](p *Page, js string) T {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, Patience)
	defer cancel()
	for {
		v, err := chromedp.Run(ctx, chromedp.Evaluate[T](js))
		if err == nil {
			return v
		}
		if !leaving(err) || ctx.Err() != nil {
			p.t.Fatalf("browser: read %.80s: %v", js, err)
		}
		time.Sleep(25 * time.Millisecond)
	}
}

// Is reads a condition in the page; false while one page goes and the next comes.
func (p *Page) Is(js string) bool {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, Patience)
	defer cancel()
	v, err := chromedp.Run(ctx, chromedp.Evaluate[bool](js))
	if err != nil && !leaving(err) {
		p.t.Fatalf("browser: evaluate %.80s: %v", js, err)
	}
	return err == nil && v
}

// Screenshot keeps a picture of the whole page as
// artifacts/screenshots/<name>-<lang>-<view>[-dark].png and returns its path.
func (p *Page) Screenshot(name string) string {
	p.t.Helper()
	path := p.shoot(name)
	if path == "" {
		p.t.Fatalf("browser: no screenshot of %s", name)
	}
	return path
}

func (p *Page) shoot(name string) string {
	ctx, cancel := context.WithTimeout(p.ctx, Patience)
	defer cancel()
	png, err := chromedp.Run(ctx, wholePage)
	if err != nil {
		return ""
	}
	if name == "failed" {
		name = "failed-" + strings.NewReplacer("/", "-", " ", "-").Replace(p.t.Name())
	}
	path := filepath.Join(Artifacts(p.t, "screenshots"), fmt.Sprintf("%s-%s-%s%s.png", name, p.lang, p.view.Name, p.suffix))
	if os.WriteFile(path, png, 0o644) != nil {
		return ""
	}
	return path
}

// wholePage captures all of a page as PNG, packed for speed rather than size.
var wholePage chromedp.Action[[]byte] = func(ctx context.Context, tab *chromedp.Target) ([]byte, error) {
	yes := true
	r, err := chromedp.Call(ctx, page.CaptureScreenshot, page.CaptureScreenshotParams{
		Format: page.CaptureScreenshotFormatPng, CaptureBeyondViewport: &yes, FromSurface: &yes, OptimizeForSpeed: &yes})
	if err != nil {
		return nil, err
	}
	return r.Data, nil
}

// Overflow gives the elements that stick out of the page on the right, and so
// make it scroll sideways.
func (p *Page) Overflow() []string {
	p.t.Helper()
	return read[[]string](p, `(function () {
		if (document.documentElement.scrollWidth <= document.documentElement.clientWidth + 1) return [];
		var w = document.documentElement.clientWidth, out = [];
		document.querySelectorAll('body *').forEach(function (e) {
			var r = e.getBoundingClientRect();
			if (r.right > w + 1 && r.width > 0 && !e.closest('.table-responsive, .gp-tabs')) out.push(e.tagName + '.' + e.className + ' ' + Math.round(r.right));
		});
		return out.length ? out.slice(0, 8) : ['the document is ' + document.documentElement.scrollWidth + ' wide'];
	})()`)
}

// Height is how high the whole page is, in CSS pixels.
func (p *Page) Height() int {
	p.t.Helper()
	return read[int](p, `document.documentElement.scrollHeight`)
}

// Sideways gives the tables that can only be read by scrolling them sideways: on
// a phone any table, on a desktop those that say that they fit.
func (p *Page) Sideways() []string {
	p.t.Helper()
	return read[[]string](p, `Array.from(document.querySelectorAll('.table-responsive')).filter(function (e) {
		return e.clientWidth > 0 && e.scrollWidth > e.clientWidth + 2 && (innerWidth < 768 || e.querySelector('table[data-cards]'));
	}).map(function (e) {
		var caption = e.querySelector('caption');
		return (caption ? caption.textContent : '?') + ' ' + e.scrollWidth + '/' + e.clientWidth;
	})`)
}

// Screen is the screen of the page.
func (p *Page) Screen() Viewport { return p.view }

// violation is what axe-core reports.
type violation struct {
	ID, Impact, Help string
	Nodes            []struct {
		HTML           string
		FailureSummary string
	}
}

// arm has axe-core in the page. At the first call the browser is told to bring
// it along with every later page: half a megabyte of source need not be sent
// for each of hundreds.
func (p *Page) arm() {
	p.t.Helper()
	if p.armed && Eval[bool](p, `typeof axe === 'object'`) {
		return
	}
	source := axeSource(p.t)
	if !p.armed {
		p.armed = true
		p.do("bring axe-core", chromedp.Func(func(ctx context.Context, tab *chromedp.Target) error {
			_, err := chromedp.Call(ctx, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: source})
			return err
		}))
	}
	Eval[bool](p, source+"\n;true")
}

// axeOptions leave out the rules that axe-core itself weighs as moderate or
// minor, which fail no test, and the reading of all style sheets, which only the
// rule against locking the screen's orientation needs: TestNoScreenIsLocked of
// web/static keeps that one.
const axeOptions = `{ resultTypes: ['violations'], preload: false, rules: Object.fromEntries(
	axe._audit.rules.filter(r => r.impact === 'moderate' || r.impact === 'minor').map(r => [r.id, { enabled: false }])) }`

// Axe runs axe-core on the page; serious and critical findings fail the test.
func (p *Page) Axe() {
	p.t.Helper()
	p.arm()
	raw := Eval[string](p, `axe.run(document, `+axeOptions+`).then(function (r) { return JSON.stringify(r.violations); })`)
	var found []violation
	if err := json.Unmarshal([]byte(raw), &found); err != nil {
		p.t.Fatalf("axe: %v", err)
	}
	for _, v := range found {
		if v.Impact != "serious" && v.Impact != "critical" {
			p.t.Logf("axe (%s): %s: %s", v.Impact, v.ID, v.Help)
			continue
		}
		for i, n := range v.Nodes {
			if i == 5 {
				p.t.Errorf("axe: %s: %d more", v.ID, len(v.Nodes)-i)
				break
			}
			p.t.Errorf("axe (%s) on %s: %s: %s\n  %.200s\n  %s", v.Impact, p.URL(), v.ID, v.Help, n.HTML, n.FailureSummary)
		}
	}
}
