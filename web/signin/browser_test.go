package signin

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"

	"github.com/gin-gonic/gin"

	"gongping/internal/app/account"
)

// A browser keeps the last few tokens, the newest first, in a cookie that no
// script and no page but that of signing in sees.
func TestBrowserKeepsTheLastTokens(t *testing.T) {
	t.Parallel()
	var kept *http.Cookie
	for _, token := range []string{"a.1", "b.2", "c.3", "d.4", "e.5"} {
		w := httptest.NewRecorder()
		c, _ := gin.CreateTestContext(w)
		c.Request = httptest.NewRequest(http.MethodPost, "/sign-in", nil)
		if kept != nil {
			c.Request.AddCookie(kept)
		}
		Know(c, token)
		kept = w.Result().Cookies()[0]
		if !kept.HttpOnly || kept.SameSite != http.SameSiteLaxMode || kept.Path != "/sign-in" || kept.MaxAge != int(account.BrowserLife.Seconds()) {
			t.Fatalf("cookie %+v", kept)
		}
	}
	c, _ := gin.CreateTestContext(httptest.NewRecorder())
	c.Request = httptest.NewRequest(http.MethodPost, "/sign-in", nil)
	if Known(c) != nil {
		t.Fatal("a browser without the cookie is known")
	}
	c.Request.AddCookie(kept)
	if got := Known(c); !slices.Equal(got, []string{"e.5", "d.4", "c.3", "b.2"}) {
		t.Fatalf("kept %q", got)
	}
}
