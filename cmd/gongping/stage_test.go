package main

import (
	"context"
	"fmt"
	"log/slog"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"gongping/internal/app"
	"gongping/internal/app/demonstration"
	"gongping/internal/cache"
	"gongping/internal/clock"
	"gongping/internal/config"
	"gongping/internal/demo"
	"gongping/internal/telemetry"
	"gongping/internal/testkit"
	"gongping/web/browsertest"
)

// dial is a clock that runs with the machine's and can be put forward.
type dial struct{ ahead atomic.Int64 }

func (d *dial) Now() time.Time {
	return clock.Real{}.Now().Add(time.Duration(d.ahead.Load()))
}

// Forward moves the time on.
func (d *dial) Forward(by time.Duration) { d.ahead.Add(int64(by)) }

// stage is the whole service in this process, with a browser in front of it.
type stage struct {
	*httptest.Server
	*app.Core
	t       *testing.T
	clock   *dial
	browser *browsertest.Browser
}

// newStage wires the service as serve does. With a world it is the
// demonstration, set up before the first request.
func newStage(t *testing.T, world *demo.World) *stage {
	t.Helper()
	b := browsertest.Start(t) // first: without a browser there is nothing to do
	st := newQuietStage(t, world, nil)
	st.browser = b
	return st
}

// newQuietStage is a stage without a browser. A clock of the test takes the
// place of the dial.
func newQuietStage(t *testing.T, world *demo.World, now clock.Clock) *stage {
	t.Helper()
	st := &stage{t: t, clock: &dial{}}
	if now == nil {
		now = st.clock
	}
	log := slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelError}))
	s := &service{
		Config: config.Config{District: demo.DistrictCode, Data: t.TempDir()},
		DB:     &database{URL: testkit.URL(t), Owner: testkit.OwnerDB(t), Pool: testkit.DB(t)},
		Cache:  cache.NewLocal(), Key: make([]byte, 32), Metrics: telemetry.NewMetrics("test"), Log: log,
		Demo: world != nil, Version: "test", Clock: now, Ready: func(context.Context) error { return nil },
	}
	st.Core = newCore(s.DB, s.Key, log, s.Demo)
	st.Core.Clock = now
	if world != nil {
		if err := demonstration.Build(t.Context(), st.Core, world, nil); err != nil {
			t.Fatal(err)
		}
		if _, err := s.DB.Owner.Exec(t.Context(), `analyze`); err != nil {
			t.Fatal(err)
		}
	}
	w, err := wire(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	st.Server = httptest.NewServer(w.Handler)
	t.Cleanup(func() {
		st.Server.CloseClientConnections()
		st.Server.Close()
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		if err := w.Stop(ctx); err != nil {
			t.Errorf("stop: %v", err)
		}
	})
	return st
}

// page opens a tab of its own.
func (st *stage) page(t *testing.T, view browsertest.Viewport, lang string) *browsertest.Page {
	t.Helper()
	return st.browser.Page(t, st.URL, view, lang)
}

// become signs in with the demonstration's one click, and goes on to a path.
func become(p *browsertest.Page, login, to string) {
	browsertest.Eval[bool](p, fmt.Sprintf(`fetch('/sign-in/demo', {method: 'POST', body: new URLSearchParams({login: %q, to: '/account'})}).then(function (r) { return r.ok; })`, login))
	p.Goto(to)
}

// keyLike finds a key of the catalogue where a sentence should stand.
var keyLike = regexp.MustCompile(`\b[a-z][a-z_]*(\.[a-z0-9_]+)+\b`)

// notKeys are words with a dot that a page may show.
var notKeys = regexp.MustCompile(`\.(csv|xlsx|txt|json|jsonl|md|draw|pdf|html|gz|svg)$|^e\.g$|^i\.e$|^docs/|^app\.evaluators$|^(property|committee|market|residents|service|environment|voice)\.[a-z]+$`)

// untranslated gives the keys that are visible on the page. What is written in
// code (digests, details of the log) is left out.
func untranslated(t *testing.T, p *browsertest.Page) []string {
	t.Helper()
	text := browsertest.Eval[string](p, `(function () {
		var out = [], walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
		while (walk.nextNode()) {
			var e = walk.currentNode.parentElement;
			if (!e.closest('script, style, code, pre, textarea, option, svg')) out.push(walk.currentNode.nodeValue);
		}
		document.querySelectorAll('[aria-label], [placeholder], [title]').forEach(function (e) {
			out.push(e.getAttribute('aria-label') || '', e.getAttribute('placeholder') || '', e.getAttribute('title') || ''); });
		return out.join(' \n');
	})()`)
	var keys []string
	for _, k := range keyLike.FindAllString(text, -1) {
		if !notKeys.MatchString(k) && !slices.Contains(keys, k) {
			keys = append(keys, k)
		}
	}
	for _, bad := range []string{"<no value>", "%!", "NaN", "undefined", "[object Object]", "0001-01-01"} {
		if strings.Contains(text, bad) {
			keys = append(keys, bad)
		}
	}
	return keys
}

// file writes a file for an upload.
func file(t *testing.T, name string, write func(*os.File) error) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := write(f); err != nil {
		t.Fatal(err)
	}
	return path
}

// see fails unless the page comes to show every part.
func see(t *testing.T, p *browsertest.Page, parts ...string) {
	t.Helper()
	text, lacks := "", parts
	for end := time.Now().Add(browsertest.Patience); len(lacks) > 0 && time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		p.Unfold()
		text = p.Text("#main")
		lacks = slices.DeleteFunc(slices.Clone(parts), func(x string) bool { return strings.Contains(text, x) })
	}
	if len(lacks) > 0 {
		t.Errorf("%s: no %q on the page:\n%.1500s", p.URL(), lacks, text)
	}
}

// leave does what leads to another page, and waits until that one is there,
// however long the server takes.
func leave(t *testing.T, p *browsertest.Page, click func()) {
	t.Helper()
	browsertest.Eval[bool](p, `(document.documentElement.dataset.left = '', true)`)
	click()
	for end := time.Now().Add(browsertest.Patience); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		if p.Is(`!!document.documentElement && document.documentElement.dataset.left === undefined`) {
			p.Settle()
			return
		}
	}
	p.Screenshot("failed-to-leave")
	t.Fatalf("browser: the click leads nowhere from %s", p.URL())
}

// follow clicks the link or button with a text.
func follow(t *testing.T, p *browsertest.Page, text string) {
	t.Helper()
	leave(t, p, func() { p.Tap(p.Find(text)) })
}

// press clicks what a selector finds.
func press(t *testing.T, p *browsertest.Page, css string) {
	t.Helper()
	leave(t, p, func() { p.Tap(css) })
}

// confirm clicks a button that asks, and says yes.
func confirm(t *testing.T, p *browsertest.Page, text string) {
	t.Helper()
	p.ClickText(text)
	p.WaitVisible("#gp-confirm")
	press(t, p, "#gp-confirm button[value=yes]")
}
