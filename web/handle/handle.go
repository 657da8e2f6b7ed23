// Package handle is what all page handlers share: the renderer, the actor and
// one way to fail.
package handle

import (
	"net/http"
	"net/url"

	"github.com/gin-gonic/gin"

	"gongping/internal/authz"
	"gongping/internal/errs"
	"gongping/web/page/render"
	"gongping/web/problem"
	"gongping/web/signin"
)

// Pages is given to every feature's Routes.
type Pages struct {
	*render.Renderer
	// Fail answers with the error page (or problem document) of an error.
	Fail func(*gin.Context, error)
	// District is the installation's default district.
	District string
}

// Func is a page handler that may fail.
type Func func(c *gin.Context, who authz.Actor) error

// Signed wraps a handler for signed-in people. Nobody is sent to the sign-in
// page and comes back afterwards.
func (p *Pages) Signed(fn Func) gin.HandlerFunc {
	return func(c *gin.Context) {
		who := signin.Actor(c.Request.Context())
		if who.Role == "" {
			if c.Request.Method == http.MethodGet && !render.IsPartial(c) {
				c.Redirect(http.StatusSeeOther, "/sign-in?to="+url.QueryEscape(c.Request.URL.RequestURI()))
				return
			}
			p.Fail(c, errs.New(errs.Unauthorized, "auth.sign_in", "sign in first"))
			return
		}
		p.run(c, who, fn)
	}
}

// Public wraps a handler that needs nobody signed in.
func (p *Pages) Public(fn Func) gin.HandlerFunc {
	return func(c *gin.Context) { p.run(c, signin.Actor(c.Request.Context()), fn) }
}

func (p *Pages) run(c *gin.Context, who authz.Actor, fn Func) {
	if err := fn(c, who); err != nil {
		p.Fail(c, err)
	}
}

// Done flashes a success notice and goes to another page (POST, redirect, GET).
func (p *Pages) Done(c *gin.Context, to, key string, args map[string]string) {
	render.Flash(c, "success", key, args)
	c.Redirect(http.StatusSeeOther, to)
}

// T gives a sentence in the language of the request.
func (p *Pages) T(c *gin.Context, key string, pairs ...any) string {
	return p.Printer(c).T(key, pairs...)
}

// Alert puts an error above a form that is shown again, in the reader's words.
func (p *Pages) Alert(c *gin.Context, err error) *render.Alert {
	return alert(problem.People(err, p.Printer(c)))
}

// AlertAt is Alert for a form that names the places at fault in its own words:
// they stand in the details as the code has them.
func (p *Pages) AlertAt(c *gin.Context, err error) *render.Alert {
	out := problem.From(err, p.Printer(c))
	for i := range out.Errors { // what the head of the alert says already
		if e := &out.Errors[i]; e.Message == out.Detail {
			e.Message = ""
		}
		if e := &out.Errors[i]; e.Hint == out.Hint {
			e.Hint = ""
		}
	}
	return alert(out)
}

func alert(out *problem.Problem) *render.Alert {
	a := &render.Alert{Tone: "danger", Text: out.Detail, Hint: out.Hint}
	for _, f := range out.Errors {
		if line := f.Line(); line != "" {
			a.Details = append(a.Details, line)
		}
	}
	return a
}

// Trouble is Alert for a page that shows the single faults in its own way.
func (p *Pages) Trouble(c *gin.Context, err error) (*render.Alert, []problem.Detail) {
	out := problem.From(err, p.Printer(c))
	return &render.Alert{Tone: "danger", Text: out.Detail, Hint: out.Hint}, out.Errors
}
