package browsertest_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/gin-gonic/gin"

	"gongping/internal/errs"
	"gongping/web/browsertest"
	"gongping/web/page/gallery"
	"gongping/web/page/render"
	"gongping/web/problem"
	"gongping/web/static"
)

// server serves the gallery with the real layout, files and policy.
func server(t *testing.T) *httptest.Server {
	t.Helper()
	if !static.Embedded().Built() {
		t.Fatal("the browser libraries are missing: run npm ci && node build.mjs in web/")
	}
	gin.SetMode(gin.TestMode)
	r, err := render.New(render.Options{Version: "test", Demo: true})
	if err != nil {
		t.Fatal(err)
	}
	e := gin.New()
	e.Use(render.SecurityHeaders())
	r.Register(e)
	gallery.Register(e, r)
	e.GET("/conflict", func(c *gin.Context) {
		problem.Page(c, r, errs.New(errs.Conflict, "", "frozen").At("B7", "x", "y", "z"))
	})
	e.NoRoute(problem.NotFound(r))
	s := httptest.NewServer(e)
	t.Cleanup(s.Close)
	return s
}

func TestGallery(t *testing.T) {
	b := browsertest.Start(t)
	s := server(t)
	for _, look := range browsertest.Looks() {
		for _, dark := range []bool{false, true} {
			p := b.Page(t, s.URL, look.View, look.Lang)
			p.Dark(dark)
			p.Goto(gallery.Path)
			p.Screenshot("gallery")
			if out := p.Overflow(); len(out) > 0 {
				t.Errorf("%s %s: sticks out: %s", look.Lang, look.View.Name, strings.Join(out, "; "))
			}
			if n := browsertest.Eval[int](p, `document.querySelectorAll('[data-gp-drawn="yes"]').length`); n != 9 {
				t.Errorf("%d charts are drawn, want 9", n)
			}
			p.Axe()
		}
	}
}

func TestBehaviour(t *testing.T) {
	b := browsertest.Start(t)
	s := server(t)
	p := b.Page(t, s.URL, browsertest.Desktop, "zh")
	p.Goto(gallery.Path)

	p.Click("#areas th:nth-child(3) button")
	if got := browsertest.Eval[string](p, `document.querySelector('#areas th:nth-child(3)').getAttribute('aria-sort')`); got != "ascending" {
		t.Errorf("aria-sort is %q", got)
	}
	ordered := `(function () { var v = Array.from(document.querySelectorAll('#areas tbody tr')).map(function (r) { return parseFloat(r.cells[2].textContent); }).filter(function (x) { return !isNaN(x); });
		return v.every(function (x, i) { return i === 0 || v[i - 1] <= x; }); })()`
	if !browsertest.Eval[bool](p, ordered) {
		t.Error("the table is not sorted by score")
	}
	p.Click(`#fig-funnel [data-gp-view="table"]`)
	p.WaitVisible("#fig-funnel table")

	p.WaitVisible(`#poll progress[value="3"]`) // htmx asked for it again until it was done

	p.Click("#freeze")
	p.WaitVisible("#gp-confirm")
	p.ClickText("取消")
	if p.Has(".gp-alert[role=status] .btn-close") && strings.Contains(p.Text("#notices"), "已保存") {
		t.Error("cancelling must not submit")
	}
	p.Click("#freeze")
	p.ClickText("确定")
	p.WaitVisible("#notices .gp-alert")
	if got := p.Text("#notices"); !strings.Contains(got, "轮次已保存") {
		t.Errorf("notice is %q", got)
	}

	p.ClickText("English")
	if got := p.Text("h1"); got != "Component gallery" {
		t.Errorf("after the switch the title is %q", got)
	}
	p.Click(".gp-to-dark")
	if got := browsertest.Eval[string](p, `document.documentElement.getAttribute('data-bs-theme')`); got != "dark" {
		t.Errorf("theme is %q", got)
	}
	p.Click(".gp-user")
	p.WaitVisible(".dropdown-menu")
	p.Axe()
}

func TestResidentAndErrorPages(t *testing.T) {
	b := browsertest.Start(t)
	s := server(t)
	p := b.Page(t, s.URL, browsertest.Phone, "zh")
	p.Goto(gallery.Path + "?as=resident")
	p.Screenshot("gallery-resident")
	if out := p.Overflow(); len(out) > 0 {
		t.Errorf("sticks out: %v", out)
	}
	p.Axe()
	p.Expect("404")
	p.Expect("409")
	p.Goto("/nowhere")
	p.Screenshot("error-404")
	p.Axe()
	p.Goto("/conflict")
	p.Screenshot("error-409")
	p.Axe()
	resp, err := http.Get(s.URL + "/api/v1/nowhere")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusNotFound || resp.Header.Get("Content-Type") != problem.ContentType {
		t.Errorf("API: %d %s", resp.StatusCode, resp.Header.Get("Content-Type"))
	}
}
