package static

import (
	"compress/gzip"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/fstest"
)

func assets(t *testing.T) *Assets {
	t.Helper()
	a, err := New(fstest.MapFS{
		"js/a.js":      {Data: []byte(strings.Repeat("var a;", 400))},
		"js/a.js.br":   {Data: []byte("brotli")},
		"css/b.css":    {Data: []byte(strings.Repeat("b{}", 600))},
		"static.go":    {Data: []byte("package static")},
		"vendor/.keep": {Data: []byte("x")},
	})
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func get(a *Assets, url string, header ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodGet, url, nil)
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	a.ServeHTTP(w, r)
	return w
}

func TestServe(t *testing.T) {
	t.Parallel()
	a := assets(t)
	w := get(a, a.URL("js/a.js"))
	if w.Code != 200 || !strings.Contains(w.Header().Get("Cache-Control"), "immutable") || w.Header().Get("Content-Type") != "text/javascript; charset=utf-8" {
		t.Errorf("hashed: %d %v", w.Code, w.Header())
	}
	etag := w.Header().Get("ETag")
	if w := get(a, "/static/js/a.js"); w.Code != 200 || w.Header().Get("Cache-Control") != "no-cache" {
		t.Errorf("plain: %d %v", w.Code, w.Header())
	}
	if w := get(a, "/static/js/a.js", "If-None-Match", etag); w.Code != http.StatusNotModified || w.Body.Len() != 0 {
		t.Errorf("not modified: %d", w.Code)
	}
	// An old page's hash still gets the file, but may not be kept for ever.
	if w := get(a, "/static/h-000000000000/js/a.js"); w.Code != 200 || w.Header().Get("Cache-Control") != "no-cache" {
		t.Errorf("old hash: %d %v", w.Code, w.Header())
	}
	for _, bad := range []string{"/static/static.go", "/static/vendor/.keep", "/static/js/a.js.br", "/static/../go.mod", "/static/", "/static/h-"} {
		if w := get(a, bad); w.Code != http.StatusNotFound {
			t.Errorf("%s: %d", bad, w.Code)
		}
	}
}

func TestCompression(t *testing.T) {
	t.Parallel()
	a := assets(t)
	if w := get(a, "/static/js/a.js", "Accept-Encoding", "gzip, br"); w.Header().Get("Content-Encoding") != "br" || w.Body.String() != "brotli" {
		t.Errorf("brotli: %v", w.Header())
	}
	w := get(a, "/static/css/b.css", "Accept-Encoding", "gzip")
	z, err := gzip.NewReader(w.Body)
	if err != nil {
		t.Fatal(err)
	}
	body, _ := io.ReadAll(z)
	if string(body) != strings.Repeat("b{}", 600) {
		t.Error("gzip gives another file")
	}
}

func TestEmbeddedFilesAreComplete(t *testing.T) {
	t.Parallel()
	a := Embedded()
	for _, name := range []string{"css/gongping.css", "js/app.js", "js/charts.js", "js/theme.js", "img/mark.svg", "img/favicon.svg"} {
		if !a.Has(name) {
			t.Errorf("%s is missing", name)
		}
	}
}

// TestNoScreenIsLocked keeps WCAG 1.3.4 without a browser: a page can only be
// bound to one orientation of the screen by a rule that asks for it.
func TestNoScreenIsLocked(t *testing.T) {
	t.Parallel()
	sheets := 0
	err := fs.WalkDir(embedded, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".css") && !strings.HasSuffix(path, ".html") {
			return err
		}
		b, err := fs.ReadFile(embedded, path)
		if err != nil {
			return err
		}
		sheets++
		if strings.Contains(string(b), "orientation") {
			t.Errorf("%s asks how the screen is held", path)
		}
		return nil
	})
	if err != nil || sheets < 2 {
		t.Errorf("%d style sheets read, %v", sheets, err)
	}
}
