package render

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/gin-gonic/gin"

	"gongping/web/locale"
	"gongping/web/static"
)

// The cookies of the reader's choices; they say nothing about the person.
const (
	themeCookie = "gp_theme"
	sizeCookie  = "gp_size"
)

func theme(r *http.Request) string {
	if c, err := r.Cookie(themeCookie); err == nil && (c.Value == "light" || c.Value == "dark") {
		return c.Value
	}
	return "auto"
}

func large(r *http.Request) bool {
	c, err := r.Cookie(sizeCookie)
	return err == nil && c.Value == "large"
}

// Register adds the routes that the layout needs: the browser files and the
// switches of language, theme and type size.
func (r *Renderer) Register(g gin.IRoutes) {
	files := gin.WrapH(r.opts.Assets)
	g.GET(static.Prefix+"*path", files)
	g.HEAD(static.Prefix+"*path", files)
	g.GET("/prefs", r.prefs)
}

// prefs keeps the choices given in the query and goes back. It changes nothing
// but how pages look to this browser, so a plain link may do it.
func (r *Renderer) prefs(c *gin.Context) {
	allowed := map[string]struct {
		cookie string
		values []string
	}{
		"lang":  {locale.Cookie, []string{"zh", "en"}},
		"theme": {themeCookie, []string{"light", "dark", "auto"}},
		"size":  {sizeCookie, []string{"normal", "large"}},
	}
	for name, a := range allowed {
		for _, v := range a.values {
			if c.Query(name) == v {
				http.SetCookie(c.Writer, &http.Cookie{
					Name: a.cookie, Value: v, Path: "/", MaxAge: 365 * 24 * 3600,
					SameSite: http.SameSiteLaxMode, Secure: OverTLS(c.Request),
				})
			}
		}
	}
	c.Redirect(http.StatusSeeOther, LocalPath(c.Query("back")))
}

// LocalPath returns p if it is a path on this server, else "/": for every
// address that comes from outside and is redirected to.
func LocalPath(p string) string {
	u, err := url.Parse(p)
	if err != nil || u.Scheme != "" || u.Host != "" || u.User != nil || !strings.HasPrefix(p, "/") ||
		strings.HasPrefix(p, "//") || strings.ContainsAny(p, "\\\r\n\t") {
		return "/"
	}
	return p
}

// Policy is the content security policy of every answer: nothing but our own
// files, no inline script or style.
const Policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; " +
	"connect-src 'self'; font-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'; " +
	"manifest-src 'self'; worker-src 'self'"

// What pages may ask of the device: nothing. The evaluator's app alone may ask
// where it is, because it works out its distance to a building.
const (
	devicePolicy    = "camera=(), geolocation=(), microphone=(), payment=(), usb=()"
	PolicyWithPlace = "camera=(), geolocation=(self), microphone=(), payment=(), usb=()"
)

// OverTLS tells whether the browser came over TLS, to this service or to the
// proxy before it. A client that claims so falsely only harms its own cookie.
func OverTLS(r *http.Request) bool {
	return r.TLS != nil || r.Header.Get("X-Forwarded-Proto") == "https"
}

// SecurityHeaders is middleware that sets the policy and its companions.
func SecurityHeaders() gin.HandlerFunc {
	return func(c *gin.Context) {
		h := c.Writer.Header()
		h.Set("Content-Security-Policy", Policy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("X-Frame-Options", "DENY")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Permissions-Policy", devicePolicy)
		h.Set("Cache-Control", "no-store") // nothing is left behind after signing out; static files say otherwise
		if OverTLS(c.Request) {
			h.Set("Strict-Transport-Security", "max-age=31536000")
		}
		c.Next()
	}
}
