// Package site serves pages to a test's browser: the real layout, files and
// policy, signed in as whoever the address says ("?as=login" sets a cookie).
package site

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/gin-gonic/gin"

	"gongping/internal/authz"
	"gongping/web/handle"
	"gongping/web/page/render"
	"gongping/web/problem"
	"gongping/web/signin"
)

// Serve starts a server; routes adds the pages, actor finds who a login is.
func Serve(t testing.TB, actor func(login string) authz.Actor, routes func(gin.IRouter, *handle.Pages)) *httptest.Server {
	t.Helper()
	gin.SetMode(gin.TestMode)
	r, err := render.New(render.Options{Version: "test", Demo: true})
	if err != nil {
		t.Fatal(err)
	}
	e := gin.New()
	e.ContextWithFallback = true
	e.Use(render.SecurityHeaders(), as(r, actor))
	r.Register(e)
	routes(e, &handle.Pages{Renderer: r, District: "310104", Fail: func(c *gin.Context, err error) {
		if problem.From(err, r.Printer(c)).Status >= http.StatusInternalServerError {
			t.Errorf("%s %s: %v", c.Request.Method, c.Request.URL, err)
		}
		problem.Page(c, r, err)
	}})
	s := httptest.NewServer(e)
	t.Cleanup(s.Close)
	return s
}

func as(r *render.Renderer, actor func(string) authz.Actor) gin.HandlerFunc {
	return func(c *gin.Context) {
		login := c.Query("as")
		if login != "" {
			http.SetCookie(c.Writer, &http.Cookie{Name: "as", Value: login, Path: "/"})
		} else if cookie, err := c.Request.Cookie("as"); err == nil {
			login = cookie.Value
		}
		if login != "" {
			who := actor(login)
			c.Request = c.Request.WithContext(signin.With(c.Request.Context(), who))
			item := func(key, href, icon string) render.NavItem { return render.NavItem{Key: key, Href: href, Icon: icon} }
			render.SetShell(c, render.Shell{User: &render.User{Name: who.Name, Role: r.Printer(c).T(fmt.Sprintf("role.%s", who.Role)), Area: who.Area},
				Nav: []render.NavGroup{{Key: "nav.group.results", Items: []render.NavItem{item("nav.results", "/results", "chart-dots"), item("nav.panel", "/panel", "clipboard-check")}}}})
		}
		c.Next()
	}
}
