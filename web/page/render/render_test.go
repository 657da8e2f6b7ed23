package render

import (
	"errors"
	"math"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/gin-gonic/gin"

	"gongping/web/locale"
)

func init() { gin.SetMode(gin.TestMode) }

// files is the real layout with one page and one partial of a feature.
func files(t *testing.T, content string) fstest.MapFS {
	t.Helper()
	return fstest.MapFS{
		"layout/app.html":     {Data: []byte(`{{define "layout/app"}}<h1>{{.Page.Title}}</h1>{{template "content" .Page.Data}}{{end}}`)},
		"layout/plain.html":   {Data: []byte(`{{define "layout/plain"}}<title>{{.Page.Title}}</title>{{range .Notices}}[{{notice .}}]{{end}}{{template "content" .Page.Data}}{{end}}{{define "content"}}{{end}}`)},
		"feature/list.html":   {Data: []byte(content)},
		"feature/_parts.html": {Data: []byte(`{{define "feature/row"}}<i>{{.}}</i>{{end}}`)},
	}
}

func serve(t *testing.T, opts Options, header map[string]string, h func(r *Renderer, c *gin.Context)) *httptest.ResponseRecorder {
	t.Helper()
	r, err := New(opts)
	if err != nil {
		t.Fatal(err)
	}
	w := httptest.NewRecorder()
	c, _ := gin.CreateTestContext(w)
	c.Request = httptest.NewRequest(http.MethodGet, "/list", nil)
	for k, v := range header {
		c.Request.Header.Set(k, v)
	}
	h(r, c)
	return w
}

func TestRenderChoosesLanguageAndLayout(t *testing.T) {
	t.Parallel()
	opts := Options{Files: files(t, `{{t "common.save"}} {{.}}`)}
	cases := []struct {
		name, accept, cookie, want string
	}{
		{"browser says Chinese", "zh-CN,zh;q=0.9", "", "保存 &lt;b&gt;"},
		{"browser says English", "en-GB,en;q=0.9", "", "Save &lt;b&gt;"},
		{"browser says neither", "fr", "", "保存 &lt;b&gt;"},
		{"cookie overrides", "zh-CN", "gp_lang=en", "Save &lt;b&gt;"},
		{"forged cookie is ignored", "zh-CN", "gp_lang=../x", "保存 &lt;b&gt;"},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			w := serve(t, opts, map[string]string{"Accept-Language": tc.accept, "Cookie": tc.cookie}, func(r *Renderer, c *gin.Context) {
				r.Render(c, http.StatusOK, "feature/list", "<b>")
			})
			if w.Code != http.StatusOK || !strings.Contains(w.Body.String(), tc.want) {
				t.Fatalf("status %d, body %q, want %q in it", w.Code, w.Body, tc.want)
			}
		})
	}
}

func TestRenderNeverSendsHalfAPage(t *testing.T) {
	t.Parallel()
	w := serve(t, Options{Files: files(t, `half{{.Missing.Field}}`)}, nil, func(r *Renderer, c *gin.Context) {
		r.Render(c, http.StatusOK, "feature/list", struct{}{})
		if len(c.Errors) != 1 {
			t.Errorf("the cause must reach the log, got %v", c.Errors)
		}
	})
	if w.Code != http.StatusInternalServerError || strings.Contains(w.Body.String(), "half") {
		t.Fatalf("status %d, body %q", w.Code, w.Body)
	}
	w = serve(t, Options{Files: files(t, ``)}, nil, func(r *Renderer, c *gin.Context) { r.Render(c, 200, "no/page", nil) })
	if w.Code != http.StatusInternalServerError {
		t.Fatalf("unknown page: status %d", w.Code)
	}
}

func TestPartialHasNoLayout(t *testing.T) {
	t.Parallel()
	w := serve(t, Options{Files: files(t, ``)}, nil, func(r *Renderer, c *gin.Context) { r.Partial(c, 200, "feature/row", "x") })
	if w.Body.String() != "<i>x</i>" {
		t.Fatalf("got %q", w.Body)
	}
}

func TestFlashIsShownOnceAndSaysOnlyWhatTheCatalogueSays(t *testing.T) {
	t.Parallel()
	opts := Options{Files: files(t, ``)}
	w := serve(t, opts, nil, func(_ *Renderer, c *gin.Context) {
		Flash(c, "success", "table.total", map[string]string{"N": "<3>"})
	})
	cookie := w.Result().Cookies()[0]
	w = serve(t, opts, map[string]string{"Cookie": cookie.Name + "=" + cookie.Value}, func(r *Renderer, c *gin.Context) {
		r.Render(c, 200, "feature/list", Page{Title: "x"})
	})
	if !strings.Contains(w.Body.String(), "[共 &lt;3&gt; 条]") {
		t.Fatalf("notice is missing in %q", w.Body)
	}
	if got := w.Result().Cookies(); len(got) != 1 || got[0].MaxAge >= 0 {
		t.Fatalf("the notice must be taken away, got %v", got)
	}
}

func TestTemplateFaultNamesTheFile(t *testing.T) {
	t.Parallel()
	_, err := New(Options{Files: files(t, `{{if}}`)})
	if err == nil || !strings.Contains(err.Error(), "feature/list.html") {
		t.Fatalf("got %v", err)
	}
}

func TestLocalPath(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"/rounds?id=1": "/rounds?id=1", "": "/", "//evil.example": "/", "https://evil.example/": "/",
		"/\\evil.example": "/", "javascript:alert(1)": "/", "/a\r\nSet-Cookie: x": "/", "rel": "/",
	} {
		if got := LocalPath(in); got != want {
			t.Errorf("LocalPath(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestFormat(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 5, 4, 0, 0, 0, time.UTC)
	f := Format{P: locale.Embedded().For(locale.Chinese), Location: time.FixedZone("CST", 8*3600), now: func() time.Time { return now }}
	var none *float64
	cases := map[string][2]string{
		"thousands":     {f.Num(1234567.891, 2), "1,234,567.89"},
		"negative":      {f.Num(-1234.5, 1), "−1,234.5"},
		"minus zero":    {f.Num(-0.001, 2), "0.00"},
		"not a number":  {f.Num(math.NaN(), 1), Dash},
		"nil":           {f.Num(nil, 1), Dash},
		"nil pointer":   {f.Num(none, 1), Dash},
		"percent":       {f.Pct(0.1234, 1), "12.3%"},
		"plus":          {f.Signed(0.04, 1), "0.0"},
		"plus sign":     {f.Signed(1.25, 1), "+1.2"},
		"interval":      {f.Interval(1.0, 2.0, 1), "1.0 – 2.0"},
		"open interval": {f.Interval(1.0, math.Inf(1), 1), Dash},
		"date":          {f.Date(now), "2026年3月5日"},
		"local time":    {f.DateTime(now), "2026年3月5日 12:00"},
		"ago":           {f.Ago(now.Add(-5 * time.Minute)), "5 分钟前"},
		"ahead":         {f.Ago(now.Add(72 * time.Hour)), "3 天后"},
		"suppressed":    {f.Suppressed(10), "—（少于10份，不显示）"},
	}
	for name, c := range cases {
		if c[0] != c[1] {
			t.Errorf("%s: got %q, want %q", name, c[0], c[1])
		}
	}
}

func TestIslandCannotEndTheElement(t *testing.T) {
	t.Parallel()
	got, err := island(`x"`, map[string]string{"title": "</script><script>alert(1)</script>"})
	if err != nil || strings.Count(string(got), "</script>") != 1 {
		t.Fatalf("got %q, %v", got, err)
	}
	if _, err := island("x", math.NaN()); err == nil {
		t.Fatal("NaN must be refused")
	}
}

func TestPolicyAllowsNothingInline(t *testing.T) {
	t.Parallel()
	for _, bad := range []string{"unsafe-inline", "unsafe-eval", "http:", "https:", "*"} {
		if strings.Contains(Policy, bad) {
			t.Errorf("the policy holds %q", bad)
		}
	}
	w := httptest.NewRecorder()
	c, e := gin.CreateTestContext(w)
	_ = c
	e.Use(SecurityHeaders())
	e.GET("/", func(c *gin.Context) { c.Status(204) })
	e.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/", nil))
	if w.Header().Get("Content-Security-Policy") != Policy || w.Header().Get("X-Content-Type-Options") != "nosniff" {
		t.Fatalf("headers %v", w.Header())
	}
	if w.Header().Get("Strict-Transport-Security") != "" {
		t.Error("a browser is bound to TLS that came without it")
	}
	// The proxy speaks TLS, and the service behind it plain HTTP.
	w, r := httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/", nil)
	r.Header.Set("X-Forwarded-Proto", "https")
	e.ServeHTTP(w, r)
	if w.Header().Get("Strict-Transport-Security") == "" {
		t.Error("behind a proxy with TLS no browser is told to stay with it")
	}
}

func TestPageNumbers(t *testing.T) {
	t.Parallel()
	got := pageNumbers(5, 10)
	want := []int{1, 0, 4, 5, 6, 0, 10}
	if len(got) != len(want) {
		t.Fatalf("got %v", got)
	}
	for i := range got {
		if got[i] != want[i] {
			t.Fatalf("got %v, want %v", got, want)
		}
	}
	if _, err := dict("a"); err == nil {
		t.Error(errors.New("an odd dict must be refused"))
	}
}
