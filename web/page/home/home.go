// Package home has the first page of every role and, in the demonstration, the
// tour that leads through three people's stories.
package home

import (
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"

	"gongping/internal/app/field"
	"gongping/internal/app/score"
	"gongping/internal/authz"
	"gongping/internal/errs"
	"gongping/internal/pg/scoredb"
	"gongping/web/handle"
	"gongping/web/page/render"
)

// first is where each role begins.
var first = map[authz.Role]string{
	authz.Admin: "/accounts", authz.Manager: "/rounds", authz.Evaluator: "/app", authz.Supervisor: "/fieldwork",
	authz.Leader: "/results", authz.Worker: "/results", authz.Panel: "/panel", authz.Auditor: "/audit", authz.Department: "/departments",
}

// tour is what the page of the tour shows.
type tour struct {
	Stories []Story
	Receipt string // of the sample answer; "" hides the stop
}

// Routes registers the pages. sample is the receipt of an invented answer that
// the tour may show.
func Routes(r gin.IRouter, p *handle.Pages, demo bool, scores *score.Service, fields *field.Service, sample string) {
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
		d := tour{Stories: stories}
		if sample != "" && fields != nil {
			code := fields.Receipt(sample)
			if _, err := fields.CheckReceipt(c.Request.Context(), p.District, code); err == nil {
				d.Receipt = code
			}
		}
		p.Render(c, http.StatusOK, "home/tour", render.Page{Title: p.T(c, "tour.title"), Subtitle: p.T(c, "tour.subtitle"), Data: d})
		return nil
	}))
	if demo {
		r.GET("/tour/:stop", p.Signed(stop(scores)))
	}
}

// stop leads to what a stop of the tour speaks of: that round, run or committee
// whose address is known only once the demonstration has been set up.
func stop(scores *score.Service) handle.Func {
	return func(c *gin.Context, who authz.Actor) error {
		to := map[string]string{"draw": "/rounds", "score": "/results", "quality": "/fieldwork", "grades": "/grades", "rebuild": "/audit/figures",
			"panel": "/rounds#panel", "records": "/rounds#records"}[c.Param("stop")]
		if to == "" || scores == nil {
			return errs.New(errs.NotFound, "demo.off", "the tour exists in the demonstration only")
		}
		if room, part, of := strings.Cut(to, "#"); of {
			return newest(c, who, scores, room, part)
		}
		list, _, err := scores.Published(c.Request.Context(), who, 10, 0)
		if err != nil {
			return err
		}
		var main scoredb.Published // the round of the stories is the largest
		for _, x := range list {
			if x.Answers > main.Answers {
				main = x
			}
		}
		switch {
		case main.RunID == "": // the list tells what is missing
		case to == "/fieldwork":
			to += "/" + main.RoundID + "/quality"
		case to == "/rounds":
			to += "/" + main.RoundID + "/draw"
		case to == "/grades":
			to += "/" + main.RoundID
		case to == "/audit/figures":
			to += "?run=" + main.RunID
		case who.Role == authz.Worker:
			to += "/" + main.RunID + "/units/" + who.Area
		default:
			to += "/" + main.RunID
		}
		c.Redirect(http.StatusSeeOther, to)
		return nil
	}
}

// newest leads to a part of the newest round in the field.
func newest(c *gin.Context, who authz.Actor, scores *score.Service, room, part string) error {
	list, _, err := scores.Scorable(c.Request.Context(), who, 1, 0)
	if err != nil {
		return err
	}
	if len(list) > 0 {
		room += "/" + list[0].Round.ID + "/" + part
	}
	c.Redirect(http.StatusSeeOther, room)
	return nil
}

// Story is one person's way through the demonstration.
type Story struct {
	Key, Icon string
	Stops     []Stop
}

// Stop is a place to look at, as somebody; without a login as a resident.
type Stop struct{ Key, Login, To string }

// stories follow the kinds of people that the product is for.
var stories = []Story{
	{"evaluator", "device-mobile", []Stop{
		{"draw", "manager", "/tour/draw"},
		{"cases", "eval-015-1", "/app"},
		{"calls", "eval-015-1", "/calls"},
		{"progress", "supervisor", "/fieldwork"},
		{"phones", "supervisor", "/phones"},
		{"quality", "auditor", "/tour/quality"},
	}},
	{"resident", "receipt", []Stop{
		{"receipt", "", "/receipt"},
		{"call", "", "/check"},
		{"signals", "auditor", "/signals"},
	}},
	{"leader", "chart-dots", []Stop{
		{"overview", "leader-015", "/tour/score"},
		{"district", "manager", "/tour/score"},
		{"rules", "leader-015", "/rulebooks"},
	}},
	{"whole", "stack-2", []Stop{
		{"words", "panel-1", "/words/code"},
		{"panel", "manager", "/tour/panel"},
		{"records", "manager", "/tour/records"},
		{"composite", "leader-015", "/tour/score"},
		{"grades", "leader-015", "/tour/grades"},
		{"upward", "leader-015", "/departments/housing"},
		{"tasks", "leader-015", "/tasks"},
	}},
	{"worker", "user-circle", []Stop{
		{"lone", "worker-lone", "/tour/score"},
		{"collective", "worker-collective", "/tour/score"},
		{"coached", "worker-coached", "/tour/score"},
		{"sealed", "worker-lone", "/conflicts"},
		{"appeal", "worker-lone", "/appeals"},
		{"panel", "panel-4", "/appeals"},
		{"notice", "leader-015", "/notices"},
		{"rebuild", "auditor", "/tour/rebuild"},
		{"auditor", "auditor", "/audit"},
	}},
}
