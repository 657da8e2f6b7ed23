// Package home has the first page of every role and, in the demonstration, the
// tour that leads through three people's stories.
package home

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"gongping/internal/authz"
	"gongping/internal/errs"
	"gongping/web/handle"
	"gongping/web/page/render"
)

// first is where each role begins.
var first = map[authz.Role]string{
	authz.Admin: "/accounts", authz.Manager: "/rounds", authz.Evaluator: "/app", authz.Supervisor: "/fieldwork",
	authz.Leader: "/results", authz.Worker: "/results", authz.Panel: "/panel", authz.Auditor: "/audit",
}

// Routes registers the pages.
func Routes(r gin.IRouter, p *handle.Pages, demo bool) {
	r.GET("/", p.Public(func(c *gin.Context, who authz.Actor) error {
		to := first[who.Role]
		switch {
		case who.Role == "" && demo:
			to = "/tour"
		case who.Role == "":
			to = "/sign-in"
		}
		c.Redirect(http.StatusSeeOther, to)
		return nil
	}))
	r.GET("/tour", p.Public(func(c *gin.Context, who authz.Actor) error {
		if !demo {
			return errs.New(errs.NotFound, "demo.off", "the tour exists in the demonstration only")
		}
		p.Render(c, http.StatusOK, "home/tour", render.Page{Title: p.T(c, "tour.title"), Subtitle: p.T(c, "tour.subtitle"), Data: stories})
		return nil
	}))
}

// Story is one person's way through the demonstration.
type Story struct {
	Key, Icon string
	Stops     []Stop
}

// Stop is a place to look at, as somebody.
type Stop struct{ Key, Login, To string }

// stories follow the three kinds of people that the product is for.
var stories = []Story{
	{"evaluator", "device-mobile", []Stop{
		{"draw", "manager", "/rounds"},
		{"cases", "eval-015-1", "/app"},
		{"progress", "supervisor", "/fieldwork"},
	}},
	{"leader", "chart-dots", []Stop{
		{"overview", "leader-015", "/results"},
		{"district", "manager", "/results"},
		{"rules", "leader-015", "/rulebooks"},
	}},
	{"worker", "user-circle", []Stop{
		{"lone", "worker-lone", "/results"},
		{"collective", "worker-collective", "/results"},
		{"coached", "worker-coached", "/results"},
		{"appeal", "worker-lone", "/appeals"},
		{"panel", "panel-4", "/appeals"},
		{"auditor", "auditor", "/audit"},
	}},
}
