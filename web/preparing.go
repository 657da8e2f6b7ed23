package web

import (
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"

	"gongping/internal/errs"
	"gongping/web/page/render"
	"gongping/web/problem"
)

// Preparing is what the service is still doing before its pages make sense:
// setting up the demonstration. Fraction is 0 to 1.
type Preparing struct {
	Part     string
	Fraction float64
	Failed   bool
}

// preparing answers every page with how far the preparation is, until it is
// done; browser files and operational endpoints stay reachable.
func preparing(r *render.Renderer, state func() (Preparing, bool)) gin.HandlerFunc {
	return func(c *gin.Context) {
		p, busy := state()
		path := c.Request.URL.Path
		if !busy || strings.HasPrefix(path, "/static/") || path == "/prefs" || path == "/healthz" || path == "/readyz" || path == "/metrics" {
			c.Next()
			return
		}
		c.Abort()
		if strings.HasPrefix(path, "/api/") || c.Request.Method != http.MethodGet {
			c.Header("Retry-After", "5")
			problem.Page(c, r, errs.New(errs.Unavailable, "preparing.wait", "the demonstration is being set up; try again in some seconds"))
			return
		}
		c.Header("Refresh", "1")
		r.Render(c, http.StatusOK, "home/preparing", render.Page{Title: r.Printer(c).T("preparing.title"), Layout: render.Plain,
			Data: map[string]any{"Part": "preparing." + p.Part, "Done": int(p.Fraction * 100), "Total": 100, "Failed": p.Failed}})
	}
}
