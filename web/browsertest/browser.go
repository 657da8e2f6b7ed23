// Package browsertest drives a real Chromium through our pages in tests.
//
// A console error, an uncaught exception or a violation of the content
// security policy fails the test by itself. Where no Chromium is on the
// machine, tests are skipped with a sentence, except with GONGPING_CI set,
// where they fail.
package browsertest

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"

	"github.com/chromedp/chromedp"
)

// Browser is one Chromium, shared by the pages of a test.
type Browser struct {
	t   testing.TB
	ctx context.Context

	mu    sync.Mutex
	again map[sitting]*Page
}

// sitting is what makes a tab the same as one that was opened before.
type sitting struct {
	t          testing.TB
	base, lang string
	view       Viewport
}

// find gives the path of a Chromium or "". The headless shell comes first: it is
// the same engine without windows, starts in a third of the time and takes
// 40 % less processor time for a page.
func find() string {
	for _, name := range []string{os.Getenv("GONGPING_CHROMIUM"), "chromium-headless-shell", "chromium", "chromium-browser", "google-chrome", "chrome"} {
		if name == "" {
			continue
		}
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	return ""
}

// Start starts a headless Chromium that ends with the test.
func Start(t testing.TB) *Browser {
	t.Helper()
	path := find()
	if path == "" {
		if os.Getenv("GONGPING_CI") != "" {
			t.Fatal("no Chromium on this machine: install the Debian package chromium-headless-shell or set GONGPING_CHROMIUM")
		}
		t.Skip("no Chromium on this machine, so pages are not looked at: install the Debian package chromium-headless-shell or set GONGPING_CHROMIUM")
	}
	opts := append(chromedp.DefaultExecAllocatorOptions[:len(chromedp.DefaultExecAllocatorOptions):len(chromedp.DefaultExecAllocatorOptions)],
		chromedp.ExecPath(path),
		chromedp.WSURLReadTimeout(Patience),
		chromedp.Flag("disable-background-networking", true),
		chromedp.Flag("disable-component-update", true),
		chromedp.Flag("disable-domain-reliability", true),
		chromedp.Flag("no-pings", true),
		chromedp.Flag("font-render-hinting", "none"),
		chromedp.Flag("hide-scrollbars", true),
		chromedp.DisableGPU,
	)
	if os.Geteuid() == 0 {
		opts = append(opts, chromedp.NoSandbox) // Chromium's sandbox refuses root
	}
	alloc, stop := chromedp.NewExecAllocator(context.Background(), opts...)
	ctx, cancel := chromedp.NewContext(alloc)
	if err := chromedp.Do(ctx); err != nil {
		cancel()
		stop()
		t.Fatalf("Chromium does not start: %v", err)
	}
	t.Cleanup(func() { stop(); cancel() }) // the process first: nobody waits for it to say goodbye
	return &Browser{t: t, ctx: ctx, again: map[sitting]*Page{}}
}

// root is the folder of go.mod, above the test's folder.
func root(t testing.TB) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for ; dir != filepath.Dir(dir); dir = filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir
		}
	}
	t.Fatal("no go.mod above this folder")
	return ""
}

// Artifacts is the folder for what a test leaves to be looked at:
// $GONGPING_ARTIFACTS or artifacts/ in the checkout.
func Artifacts(t testing.TB, sub string) string {
	t.Helper()
	dir := os.Getenv("GONGPING_ARTIFACTS")
	if dir == "" {
		dir = filepath.Join(root(t), "artifacts")
	}
	dir = filepath.Join(dir, sub)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	return dir
}

// axeSource reads axe-core from web/node_modules.
func axeSource(t testing.TB) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(root(t), "web", "node_modules", "axe-core", "axe.min.js"))
	if err != nil {
		t.Fatalf("axe-core is missing, run npm ci in web/: %v", err)
	}
	return string(b)
}
