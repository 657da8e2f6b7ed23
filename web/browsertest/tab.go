package browsertest

import (
	"context"
	"fmt"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

// Tab opens another tab beside this one, with the same cookies and stores. It
// closes with the test, or at Kill.
func (p *Page) Tab() *Page {
	p.t.Helper()
	ctx, cancel := chromedp.NewContext(p.ctx)
	tab := open(p.t, ctx, cancel, p.base, p.view, p.lang)
	tab.expect = append(tab.expect, p.expect...)
	tab.close = cancel
	return tab
}

// Kill ends the tab's process at once, as a telephone does that needs memory:
// the page hears nothing of it. Only for a Tab.
func (p *Page) Kill() {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, 2*time.Second)
	_ = chromedp.Do(ctx, chromedp.Func(func(ctx context.Context, tab *chromedp.Target) error {
		_, err := chromedp.Call(ctx, page.Crash, cdp.Empty{}) // it cannot answer any more
		return err
	}))
	cancel()
	p.close()
}

// Clock puts the clock of the tab's pages ahead, or back, from the next page
// on and on the present one.
func (p *Page) Clock(ahead time.Duration) {
	p.t.Helper()
	js := fmt.Sprintf(`(() => { const real = window.gpRealDate || Date; window.gpRealDate = real; const by = %d;
		window.Date = class extends real { constructor(...a) { if (a.length) super(...a); else super(real.now() + by); } static now() { return real.now() + by; } }; return true; })()`,
		ahead.Milliseconds())
	p.do("clock", chromedp.Func(func(ctx context.Context, tab *chromedp.Target) error {
		_, err := chromedp.Call(ctx, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: js})
		return err
	}))
	Eval[bool](p, js)
}

// Manifest is the web app manifest of the page as the browser reads it: its
// address, and what stands in the way of installing the app.
func (p *Page) Manifest() (url string, faults []string) {
	p.t.Helper()
	p.do("manifest", chromedp.Func(func(ctx context.Context, tab *chromedp.Target) error {
		m, err := chromedp.Call(ctx, page.GetAppManifest, page.GetAppManifestParams{})
		if err != nil {
			return err
		}
		url = m.URL
		for _, e := range m.Errors {
			faults = append(faults, e.Message)
		}
		i, err := chromedp.Call(ctx, page.GetInstallabilityErrors, cdp.Empty{})
		if err != nil {
			return err
		}
		for _, e := range i.InstallabilityErrors {
			faults = append(faults, e.ErrorID)
		}
		return nil
	}))
	return url, faults
}
