// Package accountapi has the operations of accounts, one's own password and
// tokens. Signing in is for browsers; programs use a token.
package accountapi

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"gongping/internal/app/account"
	"gongping/internal/authz"
	"gongping/internal/pg/accountdb"
	"gongping/web/signin"
)

// Account is an account as administrators see it.
type Account struct {
	ID       string `json:"id"`
	Login    string `json:"login"`
	Name     string `json:"name"`
	Role     string `json:"role"`
	Area     string `json:"area" doc:"Area code of 6, 9 or 12 digits"`
	AreaName string `json:"area_name"`
	Disabled bool   `json:"disabled"`
}

// Me is who a request acts as.
type Me struct {
	District string `json:"district"`
	ID       string `json:"id"`
	Name     string `json:"name"`
	Role     string `json:"role"`
	Area     string `json:"area"`
}

// Token is a token without its secret.
type Token struct {
	ID        string     `json:"id"`
	Name      string     `json:"name"`
	CreatedAt time.Time  `json:"created_at"`
	ExpiresAt time.Time  `json:"expires_at"`
	RevokedAt *time.Time `json:"revoked_at,omitempty"`
}

type answer[T any] struct{ Body T }

type byID struct {
	ID string `path:"id" format:"uuid" doc:"Id of the token"`
}

type operations struct{ svc *account.Service }

// Register registers the operations.
func Register(a huma.API, svc *account.Service) {
	o := &operations{svc}
	op := func(method, id, path, summary, text string) huma.Operation {
		return huma.Operation{Method: method, OperationID: id, Path: "/api/v1" + path, Summary: summary, Description: text, Tags: []string{"Accounts"}}
	}
	made := func(o huma.Operation) huma.Operation { o.DefaultStatus = http.StatusCreated; return o }
	huma.Register(a, op(http.MethodGet, "me", "/me", "Who I am", "Account, role and area of the token or session."), o.me)
	huma.Register(a, op(http.MethodPut, "change-password", "/me/password", "Change my password", "Needs the old one. All sessions end; tokens stay."), o.password)
	huma.Register(a, op(http.MethodGet, "list-tokens", "/me/tokens", "List my tokens", "Revoked and expired ones too, without their secrets."), o.tokens)
	huma.Register(a, made(op(http.MethodPost, "issue-token", "/me/tokens", "Make a token", "A token may do what its account may do. The secret cannot be read again.")), o.issue)
	huma.Register(a, op(http.MethodDelete, "revoke-token", "/me/tokens/{id}", "Revoke one of my tokens", "It ends at once and stays listed."), o.revoke)
	huma.Register(a, op(http.MethodGet, "list-accounts", "/accounts", "List the accounts of my area", "By role and login; disabled ones too."), o.list)
	huma.Register(a, made(op(http.MethodPost, "create-account", "/accounts", "Make an account", "By an administrator. The area bounds what the account sees: the district, a street (9 digits) or a committee (12 digits).")), o.create)
	huma.Register(a, op(http.MethodPut, "set-account-disabled", "/accounts/{id}/disabled", "Disable or enable an account", "By an administrator. A disabled account cannot sign in, and its tokens do not work."), o.disable)
	huma.Register(a, op(http.MethodPut, "reset-password", "/accounts/{id}/password", "Set another person's password", "By an administrator. All sessions of the account end."), o.reset)
}

func (o *operations) me(ctx context.Context, _ *struct{}) (*answer[Me], error) {
	who := signin.Actor(ctx)
	if err := authz.Check(who, authz.AccountSelf, authz.Object{Owner: who.AccountID}); err != nil {
		return nil, err
	}
	return &answer[Me]{Me{who.District, who.AccountID, who.Name, string(who.Role), who.Area}}, nil
}

func (o *operations) password(ctx context.Context, in *struct {
	Body struct {
		Old string `json:"old_password"`
		New string `json:"password"`
	}
}) (*struct{}, error) {
	return nil, o.svc.ChangePassword(ctx, signin.Actor(ctx), in.Body.Old, in.Body.New)
}

func token(t accountdb.Token) Token {
	return Token{t.ID, t.Name, t.CreatedAt, t.ExpiresAt, t.RevokedAt}
}

func (o *operations) tokens(ctx context.Context, _ *struct{}) (*answer[[]Token], error) {
	list, err := o.svc.Tokens(ctx, signin.Actor(ctx))
	out := make([]Token, 0, len(list))
	for _, t := range list {
		out = append(out, token(t))
	}
	return &answer[[]Token]{out}, err
}

// NewToken is a token with its secret.
type NewToken struct {
	Token
	Secret string `json:"secret"`
}

func (o *operations) issue(ctx context.Context, in *struct {
	Body struct {
		Name string `json:"name" doc:"What it is for" example:"nightly export"`
	}
}) (*answer[NewToken], error) {
	secret, t, err := o.svc.IssueToken(ctx, signin.Actor(ctx), in.Body.Name)
	return &answer[NewToken]{NewToken{token(t), secret}}, err
}

func (o *operations) revoke(ctx context.Context, in *byID) (*struct{}, error) {
	return nil, o.svc.RevokeToken(ctx, signin.Actor(ctx), in.ID)
}

func (o *operations) list(ctx context.Context, _ *struct{}) (*answer[[]Account], error) {
	list, err := o.svc.List(ctx, signin.Actor(ctx))
	out := make([]Account, 0, len(list))
	for _, a := range list {
		out = append(out, Account{a.ID, a.Login, a.Name, a.Role, a.Area, a.AreaName, a.DisabledAt != nil})
	}
	return &answer[[]Account]{out}, err
}

// Made is the id of what was made.
type Made struct {
	ID string `json:"id"`
}

func (o *operations) create(ctx context.Context, in *struct {
	Body struct {
		Login      string `json:"login"`
		Name       string `json:"name"`
		Role       string `json:"role" enum:"admin,manager,evaluator,supervisor,leader,worker,panel,auditor,department"`
		Area       string `json:"area"`
		WorkerNo   string `json:"worker_no,omitempty"`
		Department string `json:"department,omitempty" doc:"Code of the department, for accounts of departments"`
		Password   string `json:"password" minLength:"10"`
	}
}) (*answer[Made], error) {
	b := in.Body
	id, err := o.svc.Create(ctx, signin.Actor(ctx), account.New{Login: b.Login, Name: b.Name, Role: authz.Role(b.Role), Area: b.Area, WorkerNo: b.WorkerNo, Department: b.Department, Password: b.Password})
	return &answer[Made]{Made{id}}, err
}

func (o *operations) disable(ctx context.Context, in *struct {
	ID   string `path:"id" format:"uuid" doc:"Id of the account"`
	Body struct {
		Disabled bool `json:"disabled"`
	}
}) (*struct{}, error) {
	return nil, o.svc.SetDisabled(ctx, signin.Actor(ctx), in.ID, in.Body.Disabled)
}

func (o *operations) reset(ctx context.Context, in *struct {
	ID   string `path:"id" format:"uuid" doc:"Id of the account"`
	Body struct {
		Password string `json:"password" minLength:"10"`
	}
}) (*struct{}, error) {
	return nil, o.svc.ResetPassword(ctx, signin.Actor(ctx), in.ID, in.Body.Password)
}
