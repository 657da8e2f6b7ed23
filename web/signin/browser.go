package signin

import (
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"

	"gongping/internal/app/account"
	"gongping/web/page/render"
)

// browserCookie keeps the tokens of accounts that were signed in in this browser.
// It opens nothing: with it, a wrong password that somebody tries elsewhere does
// not lock this browser out. Only the page of signing in sees it.
const (
	browserCookie = "gp_browser"
	browserPath   = "/sign-in"
	between       = "~" // stands in no token
)

// Known returns the tokens that the browser has kept, the last first.
func Known(c *gin.Context) []string {
	v, err := c.Cookie(browserCookie)
	if err != nil || v == "" {
		return nil
	}
	list := strings.Split(v, between)
	return list[:min(len(list), account.MaxKept)]
}

// Know has the browser keep one more token.
func Know(c *gin.Context, token string) {
	list := append([]string{token}, Known(c)...)
	http.SetCookie(c.Writer, &http.Cookie{Name: browserCookie, Value: strings.Join(list[:min(len(list), account.MaxKept)], between), Path: browserPath,
		MaxAge: int(account.BrowserLife.Seconds()), HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: render.OverTLS(c.Request)})
}
