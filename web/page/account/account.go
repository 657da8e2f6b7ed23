// Package account has the pages of signing in and out, of one's own account
// and, for administrators, of everybody's.
package account

import (
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"gongping/internal/app/account"
	"gongping/internal/authz"
	"gongping/internal/cache"
	"gongping/internal/errs"
	"gongping/internal/pg/accountdb"
	"gongping/web/handle"
	"gongping/web/page/render"
	"gongping/web/signin"
)

// signInLimit bounds the tries from one address, besides the lock of an account.
var signInLimit = cache.Limit{Rate: 30, Per: time.Minute, Burst: 30}

type pages struct {
	*handle.Pages
	svc   *account.Service
	cache cache.Store
}

// Routes registers the pages.
func Routes(r gin.IRouter, p *handle.Pages, svc *account.Service, store cache.Store) {
	h := &pages{p, svc, store}
	r.GET("/sign-in", h.Public(h.signInPage))
	r.POST("/sign-in", h.Public(h.signIn))
	r.POST("/sign-in/demo", h.Public(h.signInDemo))
	r.POST("/sign-out", h.Signed(h.signOut))
	r.GET("/account", h.Signed(h.own))
	r.POST("/account/password", h.Signed(h.password))
	r.POST("/account/tokens", h.Signed(h.issueToken))
	r.POST("/account/tokens/:id/revoke", h.Signed(h.revokeToken))
	r.GET("/accounts", h.Signed(h.list))
	r.POST("/accounts", h.Signed(h.create))
	r.POST("/accounts/:id/disable", h.Signed(h.setDisabled(true)))
	r.POST("/accounts/:id/enable", h.Signed(h.setDisabled(false)))
	r.POST("/accounts/:id/password", h.Signed(h.reset))
}

type signInData struct {
	To, Login, Error string
	Demo             bool
	People           []DemoPerson
}

// DemoPerson is one of the people that a visitor of the demonstration can be.
type DemoPerson struct{ Login, Key, Icon string }

// DemoPeople are the accounts of internal/demo that are offered for one-click
// sign-in; Key names the person in the catalogues.
var DemoPeople = []DemoPerson{
	{"manager", "role.manager", "calendar-event"}, {"manager-2", "demo.second_manager", "dice"},
	{"eval-015-1", "role.evaluator", "device-mobile"}, {"supervisor", "role.supervisor", "progress-check"},
	{"leader-015", "role.leader", "chart-dots"}, {"worker-lone", "demo.worker_lone", "user-circle"},
	{"worker-collective", "demo.worker_collective", "users-group"}, {"worker-appeal", "demo.worker_appeal", "scale"}, {"worker-coached", "demo.worker_coached", "sparkles"},
	{"panel-1", "demo.panel_rates", "clipboard-check"}, {"panel-4", "demo.panel_decides", "gavel"},
	{"auditor", "role.auditor", "shield-check"}, {"dept-housing", "demo.department", "building-community"}, {"admin", "role.admin", "user-cog"},
}

func (h *pages) signInPage(c *gin.Context, who authz.Actor) error {
	if who.Role != "" {
		c.Redirect(http.StatusSeeOther, "/")
		return nil
	}
	h.showSignIn(c, http.StatusOK, signInData{To: c.Query("to")})
	return nil
}

func (h *pages) showSignIn(c *gin.Context, status int, d signInData) {
	if h.svc.Demo {
		d.Demo, d.People = true, DemoPeople
	}
	h.Render(c, status, "account/signin", render.Page{Title: h.T(c, "signin.title"), Layout: render.Plain, Data: d})
}

func (h *pages) signIn(c *gin.Context, _ authz.Actor) error {
	if v := h.cache.Allow(c.Request.Context(), "signin/"+cache.Client(c.ClientIP()), signInLimit); !v.Allowed {
		return errs.New(errs.TooMany, "auth.too_many", "too many tries from this address; wait a minute")
	}
	login := c.PostForm("login")
	_, token, fresh, err := h.svc.SignIn(c.Request.Context(), h.District, login, c.PostForm("password"), signin.Known(c))
	if errs.Is(err, errs.Unauthorized) {
		h.showSignIn(c, http.StatusUnauthorized, signInData{To: c.PostForm("to"), Login: login, Error: h.T(c, "auth.wrong")})
		return nil
	}
	if err != nil {
		return err
	}
	signin.Set(c, token)
	if fresh != "" {
		signin.Know(c, fresh)
	}
	c.Redirect(http.StatusSeeOther, render.LocalPath(c.PostForm("to")))
	return nil
}

func (h *pages) signInDemo(c *gin.Context, who authz.Actor) error {
	_, token, err := h.svc.SignInDemo(c.Request.Context(), h.District, c.PostForm("login"))
	if err != nil {
		return err
	}
	if old := signin.Token(c); old != "" && who.Role != "" {
		if err := h.svc.SignOut(c.Request.Context(), who, old); err != nil {
			return err
		}
	}
	signin.Set(c, token)
	c.Redirect(http.StatusSeeOther, render.LocalPath(c.PostForm("to")))
	return nil
}

func (h *pages) signOut(c *gin.Context, who authz.Actor) error {
	err := h.svc.SignOut(c.Request.Context(), who, signin.Token(c))
	signin.Clear(c)
	c.Redirect(http.StatusSeeOther, "/sign-in")
	return err
}

type ownData struct {
	Who    authz.Actor
	Tokens []accountdb.Token
	Secret string // of a token just made: shown once
	Now    time.Time
}

func (h *pages) own(c *gin.Context, who authz.Actor) error { return h.showOwn(c, who, "") }

func (h *pages) showOwn(c *gin.Context, who authz.Actor, secret string) error {
	tokens, err := h.svc.Tokens(c.Request.Context(), who)
	if err != nil {
		return err
	}
	h.Render(c, http.StatusOK, "account/own", render.Page{Title: h.T(c, "account.title"), Subtitle: h.T(c, "account.subtitle"),
		Data: ownData{who, tokens, secret, h.svc.Clock.Now()}})
	return nil
}

func (h *pages) password(c *gin.Context, who authz.Actor) error {
	if err := h.svc.ChangePassword(c.Request.Context(), who, c.PostForm("old_password"), c.PostForm("password")); err != nil {
		return err
	}
	signin.Clear(c)
	h.Done(c, "/sign-in", "account.password_changed", nil)
	return nil
}

func (h *pages) issueToken(c *gin.Context, who authz.Actor) error {
	secret, _, err := h.svc.IssueToken(c.Request.Context(), who, c.PostForm("name"))
	if err != nil {
		return err
	}
	return h.showOwn(c, who, secret)
}

func (h *pages) revokeToken(c *gin.Context, who authz.Actor) error {
	if err := h.svc.RevokeToken(c.Request.Context(), who, c.Param("id")); err != nil {
		return err
	}
	h.Done(c, "/account", "token.revoked", nil)
	return nil
}

type listData struct {
	Accounts []accountdb.Account
	Roles    []render.Option
	Units    []render.Option // departments
	Self     string
	Now      time.Time
}

func (h *pages) list(c *gin.Context, who authz.Actor) error {
	accounts, err := h.svc.List(c.Request.Context(), who)
	if err != nil {
		return err
	}
	var roles []render.Option
	for _, r := range authz.Roles {
		roles = append(roles, render.Option{Value: string(r), Text: h.T(c, "role."+string(r))})
	}
	departments, err := h.svc.Departments(c.Request.Context(), who)
	if err != nil {
		return err
	}
	var units []render.Option
	for _, d := range departments {
		units = append(units, render.Option{Value: d.Code, Text: d.In(string(h.Printer(c).Lang()))})
	}
	h.Render(c, http.StatusOK, "account/list", render.Page{Title: h.T(c, "accounts.title"), Subtitle: h.T(c, "accounts.subtitle"),
		Data: listData{accounts, roles, units, who.AccountID, h.svc.Clock.Now()}})
	return nil
}

func (h *pages) create(c *gin.Context, who authz.Actor) error {
	_, err := h.svc.Create(c.Request.Context(), who, account.New{Login: c.PostForm("login"), Name: c.PostForm("name"),
		Password: c.PostForm("password"), Area: c.PostForm("area"), Role: authz.Role(c.PostForm("role")), Department: c.PostForm("department")})
	if err != nil {
		return err
	}
	h.Done(c, "/accounts", "accounts.created", map[string]string{"Login": c.PostForm("login")})
	return nil
}

func (h *pages) setDisabled(disabled bool) handle.Func {
	return func(c *gin.Context, who authz.Actor) error {
		if err := h.svc.SetDisabled(c.Request.Context(), who, c.Param("id"), disabled); err != nil {
			return err
		}
		h.Done(c, "/accounts", "accounts.changed", nil)
		return nil
	}
}

func (h *pages) reset(c *gin.Context, who authz.Actor) error {
	if err := h.svc.ResetPassword(c.Request.Context(), who, c.Param("id"), c.PostForm("password")); err != nil {
		return err
	}
	h.Done(c, "/accounts", "accounts.changed", nil)
	return nil
}
