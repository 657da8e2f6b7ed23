// Package signin establishes who acts: the session cookie of a browser or the
// bearer token of a program. What they may do is decided further in.
package signin

import (
	"context"
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"

	"gongping/internal/app/account"
	"gongping/internal/authz"
	"gongping/internal/errs"
	"gongping/web/page/render"
)

// cookie is the session cookie. It is HttpOnly and SameSite=Lax, and Secure
// where the request came over TLS.
const cookie = "gp_session"

type key struct{}

// Middleware puts the actor of a valid session or token into the request's
// context. A request without either goes on as nobody; a bad token is refused
// by fail, because a program would otherwise wonder why it sees nothing.
func Middleware(accounts *account.Service, fail func(*gin.Context, error)) gin.HandlerFunc {
	return func(c *gin.Context) {
		actor, err := identify(c, accounts)
		if err != nil {
			fail(c, err)
			c.Abort()
			return
		}
		if actor.Role != "" {
			c.Request = c.Request.WithContext(With(c.Request.Context(), actor))
		}
		c.Next()
	}
}

func identify(c *gin.Context, accounts *account.Service) (authz.Actor, error) {
	if h := c.GetHeader("Authorization"); h != "" {
		token, ok := strings.CutPrefix(h, "Bearer ")
		if !ok {
			return authz.Actor{}, errs.New(errs.Unauthorized, "auth.token", "the Authorization header is not of the form: Bearer TOKEN")
		}
		return accounts.Bearer(c.Request.Context(), strings.TrimSpace(token))
	}
	token := Token(c)
	if token == "" {
		return authz.Actor{}, nil
	}
	actor, err := accounts.Session(c.Request.Context(), token)
	if errs.Is(err, errs.Unauthorized) {
		// The cookie is left: this answer may come after that of a sign-in in
		// another tab, and would take the new session away.
		return authz.Actor{}, nil
	}
	return actor, err
}

// With returns a context that carries an actor.
func With(ctx context.Context, a authz.Actor) context.Context {
	return context.WithValue(ctx, key{}, a)
}

// Actor returns who acts; the zero Actor is nobody, whom every use case refuses.
func Actor(ctx context.Context) authz.Actor {
	a, _ := ctx.Value(key{}).(authz.Actor)
	return a
}

// Token returns the session token of a request, "" if there is none.
func Token(c *gin.Context) string {
	v, err := c.Cookie(cookie)
	if err != nil {
		return ""
	}
	return v
}

// Set gives the browser its session.
func Set(c *gin.Context, token string) {
	http.SetCookie(c.Writer, &http.Cookie{Name: cookie, Value: token, Path: "/", MaxAge: int(account.SessionLife.Seconds()),
		HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: render.OverTLS(c.Request)})
}

// Clear takes the session from the browser.
func Clear(c *gin.Context) {
	http.SetCookie(c.Writer, &http.Cookie{Name: cookie, Path: "/", MaxAge: -1, HttpOnly: true, SameSite: http.SameSiteLaxMode})
}
