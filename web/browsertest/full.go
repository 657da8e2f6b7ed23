package browsertest

import (
	"context"

	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

// Full makes the stores of the tab's pages take nothing more, as on a telephone
// without space, or take it again. A write seems to go well and is undone at its
// commit, as the browser does where the space is used up (headless Chromium does
// not heed a quota).
func (p *Page) Full(full bool) {
	p.t.Helper()
	const js = `(() => { if (window.gpFull) return true; window.gpFull = true;
		for (const [of, m] of [[IDBObjectStore, 'put'], [IDBObjectStore, 'add'], [IDBCursor, 'update']]) {
			const real = of.prototype[m];
			of.prototype[m] = function (...a) {
				const r = real.apply(this, a);
				if (localStorage.getItem('gp-test-full')) r.addEventListener('success', () => { try { r.transaction.abort(); } catch (e) { } });
				return r;
			};
		} return true; })()`
	p.do("full", chromedp.Func(func(ctx context.Context, tab *chromedp.Target) error {
		_, err := chromedp.Call(ctx, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: js})
		return err
	}))
	Eval[bool](p, js)
	to := `localStorage.removeItem('gp-test-full')`
	if full {
		to = `localStorage.setItem('gp-test-full', '1')`
	}
	Eval[bool](p, `(() => { `+to+`; return true; })()`)
}
