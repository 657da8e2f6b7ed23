package render

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/gin-gonic/gin"
)

// FuzzLocalPath: whatever stands in "back" or "to", a browser stays on this
// server. Browsers take \\ for / and drop tabs and line breaks.
func FuzzLocalPath(f *testing.F) {
	for _, s := range []string{"/results?x=1#a", "//evil.example", "/\\evil.example", "https://evil.example", "/\t/evil.example", "javascript:alert(1)", "/%2fevil.example", "/a/..//evil.example", "%2f/evil.example", ""} {
		f.Add(s)
	}
	here, err := url.Parse("https://gongping.example/prefs")
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got := LocalPath(s)
		if strings.ContainsAny(got, "\\\r\n\t") || !strings.HasPrefix(got, "/") || strings.HasPrefix(got, "//") {
			t.Fatalf("%q leads to %q", s, got)
		}
		u, err := here.Parse(got)
		if err != nil || u.Host != here.Host || u.Scheme != here.Scheme {
			t.Fatalf("%q leads to %v, %v", s, u, err)
		}
	})
}

// FuzzNotices: the cookie of a notice comes back from the browser, which may
// have written anything into it.
func FuzzNotices(f *testing.F) {
	for _, s := range []string{"W3sidCI6InN1Y2Nlc3MiLCJrIjoicm91bmQuc2F2ZWQifV0", "bnVsbA", "", "%%%", "W3sidCI6IngiLCJrIjoieSJ9XQ"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, value string) {
		c, _ := gin.CreateTestContext(httptest.NewRecorder())
		c.Request = httptest.NewRequest(http.MethodGet, "/", nil)
		c.Request.AddCookie(&http.Cookie{Name: noticeCookie, Value: value})
		for _, n := range takeNotices(c) {
			if n.Tone != "success" && n.Tone != "info" && n.Tone != "warning" && n.Tone != "danger" {
				t.Fatalf("a notice of the tone %q", n.Tone)
			}
		}
	})
}
