package web

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"gongping/internal/app"
	"gongping/internal/authz"
	"gongping/web/api"
	"gongping/web/page/render"
	"gongping/web/problem"
	"gongping/web/signin"
)

// clientLeft is the status in log and measures of a request whose sender hung up
// before the answer, as phones in stairwells do: nothing failed here.
const clientLeft = 499

// requests numbers, logs and measures every request. The log holds the route's
// pattern, never the address itself: a personal link is a secret.
func requests(d Deps) gin.HandlerFunc {
	return func(c *gin.Context) {
		start, sender := time.Now(), c.Request.Context()
		id := app.NewID()
		c.Set(problem.RequestID, id)
		c.Header("X-Request-Id", id)
		c.Next()
		took, status := time.Since(start), c.Writer.Status()
		if status >= http.StatusInternalServerError && errors.Is(sender.Err(), context.Canceled) {
			status = clientLeft
		}
		route := c.FullPath()
		if route == "" {
			route = "(none)"
		}
		if d.Observe != nil {
			d.Observe(route, c.Request.Method, status, took)
		}
		level := slog.LevelDebug
		if status >= http.StatusInternalServerError {
			level = slog.LevelError
		}
		if !d.Log.Enabled(c.Request.Context(), level) {
			return
		}
		attrs := []any{"id", id, "method", c.Request.Method, "route", route, "status", status, "ms", took.Milliseconds()}
		if who := signin.Actor(c.Request.Context()); who.Role != "" {
			attrs = append(attrs, "role", who.Role, "account", who.AccountID)
		}
		if len(c.Errors) > 0 && status >= http.StatusInternalServerError {
			attrs = append(attrs, "error", c.Errors.String())
		}
		d.Log.Log(c.Request.Context(), level, "request", attrs...)
	}
}

// recovery turns a panic into the internal error page and a log entry.
func recovery(log *slog.Logger, fail func(*gin.Context, error)) gin.HandlerFunc {
	return func(c *gin.Context) {
		defer func() {
			if v := recover(); v != nil {
				if v == http.ErrAbortHandler {
					panic(v)
				}
				log.Error("panic", "id", c.GetString(problem.RequestID), "value", fmt.Sprint(v), "stack", string(debug.Stack()))
				fail(c, fmt.Errorf("panic: %v", v))
			}
		}()
		c.Next()
	}
}

// shell puts the navigation of the actor's role around the pages. The API has none.
func shell(r *render.Renderer) gin.HandlerFunc {
	return func(c *gin.Context) {
		if who := signin.Actor(c.Request.Context()); who.Role != "" && !strings.HasPrefix(c.Request.URL.Path, api.Prefix+"/") {
			render.SetShell(c, render.Shell{
				User: &render.User{Name: who.Name, Role: r.Printer(c).T("role." + string(who.Role)), Area: who.AreaName},
				Nav:  navigation(who),
			})
		}
		c.Next()
	}
}

// entry is a line of the navigation, shown to those who may do its action.
type entry struct {
	render.NavItem
	action authz.Action
}

var menu = []struct {
	key     string
	entries []entry
}{
	{"nav.group.work", []entry{
		{render.NavItem{Key: "nav.cases", Href: "/app", Icon: "device-mobile"}, authz.CaseList},
		{render.NavItem{Key: "nav.calls", Href: "/calls", Icon: "phone"}, authz.CaseList},
		{render.NavItem{Key: "nav.paper", Href: "/paper", Icon: "file-text"}, authz.PaperEnter},
		{render.NavItem{Key: "nav.rounds", Href: "/rounds", Icon: "calendar-event"}, authz.RoundRead},
		{render.NavItem{Key: "nav.fieldwork", Href: "/fieldwork", Icon: "progress-check"}, authz.FieldworkRead},
		{render.NavItem{Key: "nav.backchecks", Href: "/backchecks", Icon: "repeat"}, authz.BackCheckRecord},
		{render.NavItem{Key: "nav.panel", Href: "/panel", Icon: "clipboard-check"}, authz.PanelRate},
		{render.NavItem{Key: "nav.upward", Href: "/upward", Icon: "heart-handshake"}, authz.UpwardAnswer},
	}},
	{"nav.group.results", []entry{
		{render.NavItem{Key: "nav.results", Href: "/results", Icon: "chart-dots"}, authz.RunRead},
		{render.NavItem{Key: "nav.appeals", Href: "/appeals", Icon: "gavel"}, authz.AppealRead},
		{render.NavItem{Key: "nav.conflicts", Href: "/conflicts", Icon: "lock"}, authz.ConflictRecord},
		{render.NavItem{Key: "nav.notices", Href: "/notices", Icon: "bell"}, authz.AppealObject},
		{render.NavItem{Key: "nav.appeal_statistics", Href: "/appeals/statistics", Icon: "chart-bar"}, authz.AppealStatistics},
		{render.NavItem{Key: "nav.words", Href: "/words", Icon: "messages"}, authz.CommentThemes},
		{render.NavItem{Key: "nav.grades", Href: "/grades", Icon: "award"}, authz.GradeRead},
		{render.NavItem{Key: "nav.departments", Href: "/departments", Icon: "building-community"}, authz.DepartmentRead},
		{render.NavItem{Key: "nav.tasks", Href: "/tasks", Icon: "list-details"}, authz.TaskEdit},
		{render.NavItem{Key: "nav.upward", Href: "/upward", Icon: "heart-handshake"}, authz.UpwardManage},
	}},
	{"nav.group.prepare", []entry{
		{render.NavItem{Key: "nav.areas", Href: "/areas", Icon: "sitemap"}, authz.AreaRead},
		{render.NavItem{Key: "nav.workers", Href: "/workers", Icon: "users-group"}, authz.WorkerRead},
		{render.NavItem{Key: "nav.frames", Href: "/frames", Icon: "database"}, authz.FrameRead},
		{render.NavItem{Key: "nav.questionnaires", Href: "/questionnaires", Icon: "clipboard-list"}, authz.QuestionnaireRead},
		{render.NavItem{Key: "nav.rulebooks", Href: "/rulebooks", Icon: "scale"}, authz.RuleBookRead},
	}},
	{"nav.group.oversight", []entry{
		{render.NavItem{Key: "nav.signals", Href: "/signals", Icon: "message-report"}, authz.SignalRead},
		{render.NavItem{Key: "nav.audit", Href: "/audit", Icon: "shield-check"}, authz.AuditRead},
		{render.NavItem{Key: "nav.figures", Href: "/audit/figures", Icon: "report-search"}, authz.AuditRead},
		{render.NavItem{Key: "nav.accounts", Href: "/accounts", Icon: "user-cog"}, authz.AccountManage},
	}},
}

func navigation(who authz.Actor) []render.NavGroup {
	var groups []render.NavGroup
	for _, g := range menu {
		out := render.NavGroup{Key: g.key}
		for _, e := range g.entries {
			if authz.ScopeOf(who.Role, e.action) != authz.Deny {
				out.Items = append(out.Items, e.NavItem)
			}
		}
		if len(out.Items) > 0 {
			groups = append(groups, out)
		}
	}
	return groups
}
