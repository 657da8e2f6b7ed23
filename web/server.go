// Package web is the service's face: it wires sign-in, pages, the JSON API and
// the operational endpoints into one handler. It holds no rules and no SQL.
package web

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"gongping/internal/app"
	"gongping/internal/app/account"
	"gongping/internal/cache"
	"gongping/web/api"
	"gongping/web/handle"
	accountpage "gongping/web/page/account"
	"gongping/web/page/gallery"
	"gongping/web/page/home"
	"gongping/web/page/render"
	"gongping/web/problem"
	"gongping/web/signin"
)

// Deps is what the handler is made of. Services that are nil have no routes.
type Deps struct {
	Core     *app.Core
	District string      // default district of this installation
	Cache    cache.Store // limits and notices
	Ready    func(context.Context) error
	Metrics  http.Handler
	Observe  func(route, method string, status int, took time.Duration) // for the metrics
	Log      *slog.Logger
	Version  string
	// TrustedProxies may set X-Forwarded-For; nobody else is believed.
	TrustedProxies []string

	// Preparing tells what is still being set up; nil means nothing.
	Preparing func() (Preparing, bool)

	// SampleAnswer is the id of an invented answer whose receipt the tour of the
	// demonstration shows.
	SampleAnswer string

	Account *account.Service
	Rooms
}

// New builds the handler.
func New(d Deps) (http.Handler, error) {
	r, err := render.New(render.Options{Version: d.Version, Demo: d.Core.Demo})
	if err != nil {
		return nil, err
	}
	gin.SetMode(gin.ReleaseMode)
	e := gin.New()
	e.ContextWithFallback = true
	if err := e.SetTrustedProxies(d.TrustedProxies); err != nil {
		return nil, err
	}
	fail := func(c *gin.Context, err error) { problem.Page(c, r, err) }
	e.Use(requests(d), recovery(d.Log, fail), render.SecurityHeaders(), handle.LimitBody)
	if d.Preparing != nil {
		e.Use(preparing(r, d.Preparing))
	}
	e.NoRoute(problem.NotFound(r))
	operations(e, d)
	r.Register(e)

	signed := e.Group("/", signin.Middleware(d.Account, fail), shell(r))
	p := &handle.Pages{Renderer: r, Fail: fail, District: d.District}
	if d.Core.Demo {
		gallery.Register(signed, r)
	}
	home.Routes(signed, p, d.Core.Demo, d.Score, d.Field, d.SampleAnswer)
	accountpage.Routes(signed, p, d.Account, d.Cache)
	pages(signed, p, d)
	register(api.New(e, signed, d.Version, r.Catalog(), func(ctx context.Context, err error) {
		if errors.Is(ctx.Err(), context.Canceled) {
			return // the sender hung up: nobody waits for the answer
		}
		d.Log.ErrorContext(ctx, "api", "error", err)
	}), d)

	// Cross-origin writes from a browser are refused; programs with a token
	// send no Origin and pass.
	return http.NewCrossOriginProtection().Handler(e), nil
}
