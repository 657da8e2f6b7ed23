// Package account holds the use cases of identity: signing in and out,
// accounts, passwords, tokens for programs.
package account

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"regexp"
	"strings"
	"sync"
	"time"

	"gongping/internal/app"
	"gongping/internal/authz"
	"gongping/internal/errs"
	"gongping/internal/pg"
	"gongping/internal/pg/accountdb"
	"gongping/internal/pg/departmentdb"
	"gongping/survey"
)

// The rules of sessions and lockout.
const (
	SessionLife = 12 * time.Hour
	SessionIdle = 2 * time.Hour
	TokenLife   = 90 * 24 * time.Hour
	MaxFailures = 8                // wrong passwords in a row before the account is locked
	LockFor     = 15 * time.Minute // how long
	MinPassword = 10
)

// Service is the room of account use cases.
type Service struct {
	*app.Core
	sessions sync.Map                                  // *sessions by district
	compare  func(password, hash string) (bool, error) // nil: argon2id; tests look on
}

// Actor turns an account into who acts.
func actor(a accountdb.Account) authz.Actor {
	return authz.Actor{District: a.District, AccountID: a.ID, Name: a.Name, Role: authz.Role(a.Role), Area: a.Area, AreaName: a.AreaName, WorkerNo: a.WorkerNo, Locale: a.Locale, Department: a.Department}
}

var errSignIn = errs.New(errs.Unauthorized, "auth.wrong", "the name or the password is wrong, or the account is locked for a while").
	At("", "", "", "check both; after several wrong tries wait 15 minutes")

// SignIn checks a password and opens a session. Unknown names, wrong
// passwords and locked accounts get the same answer after the same work. The
// password is compared before the transaction begins, which holds no connection
// meanwhile (see password.go).
//
// known are tokens that the browser kept from sign-ins before. Tries from one that
// knows the account are counted for it alone. fresh is the token that it shall
// keep, "" where it has one.
func (s *Service) SignIn(ctx context.Context, district, login, password string, known []string) (who authz.Actor, token, fresh string, err error) {
	login = strings.ToLower(strings.TrimSpace(login))
	tried, err := accountdb.HashByLogin(ctx, s.Pool, district, login)
	if err != nil && !pg.NoRows(err) {
		return who, "", "", err
	}
	if pg.NoRows(err) {
		tried = dummy
	}
	match, err := s.matches(ctx, password, tried)
	if err != nil {
		return who, "", "", err
	}
	var refused bool
	err = s.Write(ctx, authz.SystemActor(district), authz.AccountSelf, authz.Object{}, func(ctx context.Context, tx *app.Tx) error {
		refused = true
		a, err := accountdb.ByLogin(ctx, tx, district, login)
		if pg.NoRows(err) {
			tx.RecordAs("account.sign_in", "account", "", district, map[string]any{"ok": false})
			if _, err := s.door(ctx, tx, accountdb.Account{District: district, ID: nobody}, known); err != nil {
				return err
			}
			return accountdb.SetFailures(ctx, tx, district, nobody, 0, nil) // as much work as for a wrong password
		}
		if err != nil {
			return err
		}
		// A password that was changed meanwhile no longer opens the door.
		match := match && a.PasswordHash == tried
		d, err := s.door(ctx, tx, a, known)
		if err != nil {
			return err
		}
		locked := d.lockedUntil != nil && d.lockedUntil.After(tx.Now)
		if !match || locked || a.DisabledAt != nil {
			tx.RecordAs("account.sign_in", "account", a.ID, a.Area, map[string]any{"ok": false, "locked": locked})
			if match || locked {
				return accountdb.SetFailures(ctx, tx, district, nobody, 0, nil)
			}
			return d.fail(ctx, tx)
		}
		if fresh, err = d.open(ctx, tx); err != nil {
			return err
		}
		who, refused = actor(a), false
		token, err = s.open(ctx, tx, a)
		return err
	})
	if err == nil && refused {
		err = errSignIn
	}
	return who, token, fresh, err
}

// open begins a session, and sweeps away those of the account that have ended
// by themselves: people close the browser and seldom sign out.
func (s *Service) open(ctx context.Context, tx *app.Tx, a accountdb.Account) (string, error) {
	token, hash := newToken(a.District)
	tx.RecordAs("account.sign_in", "account", a.ID, a.Area, map[string]any{"ok": true})
	if err := accountdb.EndDeadSessions(ctx, tx, a.District, a.ID, tx.Now, tx.Now.Add(-SessionIdle)); err != nil {
		return "", err
	}
	return token, accountdb.InsertSession(ctx, tx, a.District, hash, a.ID, tx.Now, tx.Now.Add(SessionLife))
}

// SignInDemo opens a session without a password, in the demonstration only.
func (s *Service) SignInDemo(ctx context.Context, district, login string) (authz.Actor, string, error) {
	if !s.Demo {
		return authz.Actor{}, "", errs.New(errs.NotFound, "demo.off", "one-click sign-in exists in the demonstration only")
	}
	var who authz.Actor
	var token string
	err := s.Write(ctx, authz.SystemActor(district), authz.AccountSelf, authz.Object{}, func(ctx context.Context, tx *app.Tx) error {
		a, err := accountdb.ByLogin(ctx, tx, district, login)
		if err != nil {
			return app.NotFound(err, "account")
		}
		who = actor(a)
		token, err = s.open(ctx, tx, a)
		return err
	})
	return who, token, err
}

// newToken makes a secret of 256 bits that names its district, and its hash.
func newToken(district string) (string, []byte) {
	secret := make([]byte, 32)
	rand.Read(secret)
	token := district + "." + base64.RawURLEncoding.EncodeToString(secret)
	return token, hashToken(token)
}

func hashToken(token string) []byte {
	h := sha256.Sum256([]byte(token))
	return h[:]
}

func districtOf(token string) (string, bool) {
	d, _, ok := strings.Cut(token, ".")
	return d, ok && survey.LevelOf(d) == survey.District
}

// Session returns who a session token belongs to, and Unauthorized when the
// session has ended.
func (s *Service) Session(ctx context.Context, token string) (authz.Actor, error) {
	district, ok := districtOf(token)
	if !ok {
		return authz.Actor{}, errs.New(errs.Unauthorized, "auth.sign_in", "sign in first")
	}
	v, ok := s.sessions.Load(district)
	if !ok {
		v, _ = s.sessions.LoadOrStore(district, &sessions{Core: s.Core, district: district})
	}
	a, ok, err := v.(*sessions).find(ctx, hashToken(token))
	if err == nil && !ok {
		return authz.Actor{}, errs.New(errs.Unauthorized, "auth.ended", "the session has ended; sign in again")
	}
	return actor(a), err
}

// Bearer returns who a program token belongs to.
func (s *Service) Bearer(ctx context.Context, token string) (authz.Actor, error) {
	district, ok := districtOf(token)
	if !ok {
		return authz.Actor{}, errs.New(errs.Unauthorized, "auth.token", "the token is not valid")
	}
	a, err := accountdb.ByToken(ctx, s.Pool, district, hashToken(token), s.Clock.Now())
	if pg.NoRows(err) {
		return authz.Actor{}, errs.New(errs.Unauthorized, "auth.token", "the token is not valid, has expired or was revoked")
	}
	return actor(a), err
}

// SignOut ends a session.
func (s *Service) SignOut(ctx context.Context, who authz.Actor, token string) error {
	return s.Write(ctx, who, authz.AccountSelf, authz.Object{Owner: who.AccountID}, func(ctx context.Context, tx *app.Tx) error {
		tx.RecordAs("account.sign_out", "account", who.AccountID, who.Area, nil)
		return accountdb.EndSession(ctx, tx, who.District, hashToken(token))
	})
}

// New describes an account to be made.
type New struct {
	Login, Name, Password, Area, WorkerNo, Locale string
	Role                                          authz.Role
	Department                                    string // the code of the department that a department's account speaks for
}

var loginForm = regexp.MustCompile(`^[a-z0-9][a-z0-9._-]{1,39}$`)

func (n *New) check() error {
	bad := func(field, found, want string) error {
		return errs.New(errs.Invalid, "account.invalid", "the account cannot be made").At(field, found, want, "change it and try again")
	}
	n.Login = strings.ToLower(strings.TrimSpace(n.Login))
	if !loginForm.MatchString(n.Login) {
		return bad("login", n.Login, "2 to 40 of a–z, 0–9, dot, dash, underscore")
	}
	if strings.TrimSpace(n.Name) == "" {
		return bad("name", "", "a name to show")
	}
	known := false
	for _, r := range authz.Roles {
		known = known || r == n.Role
	}
	if !known {
		return bad("role", string(n.Role), "admin, manager, evaluator, supervisor, leader, worker, panel, auditor or department")
	}
	if survey.LevelOf(n.Area) == 0 {
		return bad("area", n.Area, "an area code of 6, 9, 12 or 15 digits")
	}
	if n.Role == authz.Worker && survey.LevelOf(n.Area) != survey.Committee {
		return bad("area", n.Area, "the 12-digit code of the worker's committee")
	}
	if (n.Role == authz.Department) != (n.Department != "") {
		return bad("department", n.Department, "the code of a department, for accounts of departments and no others")
	}
	return checkPassword(n.Password)
}

// Create makes an account and returns its id.
func (s *Service) Create(ctx context.Context, who authz.Actor, n New) (string, error) {
	if err := n.check(); err != nil {
		return "", err
	}
	hash, err := createHash(ctx, n.Password)
	if err != nil {
		return "", err
	}
	if n.Locale == "" {
		n.Locale = "zh"
	}
	id := app.NewID()
	err = s.Write(ctx, who, authz.AccountManage, authz.Object{Area: n.Area}, func(ctx context.Context, tx *app.Tx) error {
		tx.Record("account", id, n.Area, map[string]any{"role": string(n.Role), "made": true})
		err := accountdb.Insert(ctx, tx, accountdb.Account{District: who.District, ID: id, Login: n.Login, PasswordHash: hash,
			Name: n.Name, Role: string(n.Role), Area: n.Area, WorkerNo: n.WorkerNo, Locale: n.Locale, CreatedAt: tx.Now, Department: n.Department})
		if pg.Code(err) == "23503" {
			return errs.New(errs.Invalid, "account.invalid", "the account cannot be made").At("department", n.Department, "the code of a department on the list", "add the department first")
		}
		if pg.Duplicate(err) {
			return errs.New(errs.Done, "account.taken", "the login name is taken").At("login", n.Login, "a name not yet in use", "choose another")
		}
		return err
	})
	return id, err
}

// List returns the accounts within the actor's area.
func (s *Service) List(ctx context.Context, who authz.Actor) (list []accountdb.Account, err error) {
	err = s.Read(ctx, who, authz.AccountManage, authz.Object{}, func(ctx context.Context, q pg.Querier) error {
		list, err = accountdb.List(ctx, q, who.District, who.Area)
		return err
	})
	return list, err
}

// Departments lists the departments that an account can speak for.
func (s *Service) Departments(ctx context.Context, who authz.Actor) (list []departmentdb.Department, err error) {
	err = s.Read(ctx, who, authz.AccountManage, authz.Object{}, func(ctx context.Context, q pg.Querier) error {
		list, err = departmentdb.List(ctx, q, who.District)
		return err
	})
	return list, err
}

// SetDisabled disables an account, or enables it again.
func (s *Service) SetDisabled(ctx context.Context, who authz.Actor, id string, disabled bool) error {
	return s.Write(ctx, who, authz.AccountManage, authz.Object{}, func(ctx context.Context, tx *app.Tx) error {
		a, err := s.managed(ctx, tx, id)
		if err != nil {
			return err
		}
		if a.ID == who.AccountID {
			return errs.New(errs.Invalid, "account.self", "you cannot disable your own account")
		}
		tx.Record("account", id, a.Area, map[string]any{"disabled": disabled})
		var at *time.Time
		if disabled {
			at = &tx.Now
		}
		return accountdb.SetDisabled(ctx, tx, who.District, id, at)
	})
}

func (s *Service) managed(ctx context.Context, tx *app.Tx, id string) (accountdb.Account, error) {
	a, err := accountdb.ByID(ctx, tx, tx.Actor.District, id)
	if err != nil {
		return a, app.NotFound(err, "account")
	}
	return a, tx.Check(authz.Object{Area: a.Area})
}

// IssueToken makes a token for programs that acts as the actor, and returns
// the secret, which is shown once.
func (s *Service) IssueToken(ctx context.Context, who authz.Actor, name string) (string, accountdb.Token, error) {
	if strings.TrimSpace(name) == "" {
		return "", accountdb.Token{}, errs.New(errs.Invalid, "token.no_name", "the token needs a name").At("name", "", "what it is for", "for example: nightly export")
	}
	secret, hash := newToken(who.District)
	var t accountdb.Token
	err := s.Write(ctx, who, authz.AccountSelf, authz.Object{Owner: who.AccountID}, func(ctx context.Context, tx *app.Tx) error {
		t = accountdb.Token{ID: app.NewID(), AccountID: who.AccountID, Name: name, CreatedAt: tx.Now, ExpiresAt: tx.Now.Add(TokenLife)}
		tx.RecordAs("token.issue", "token", t.ID, who.Area, nil)
		return accountdb.InsertToken(ctx, tx, who.District, hash, t)
	})
	return secret, t, err
}

// Tokens lists the actor's tokens.
func (s *Service) Tokens(ctx context.Context, who authz.Actor) (list []accountdb.Token, err error) {
	err = s.Read(ctx, who, authz.AccountSelf, authz.Object{Owner: who.AccountID}, func(ctx context.Context, q pg.Querier) error {
		list, err = accountdb.Tokens(ctx, q, who.District, who.AccountID)
		return err
	})
	return list, err
}

// RevokeToken ends one of the actor's tokens.
func (s *Service) RevokeToken(ctx context.Context, who authz.Actor, id string) error {
	return s.Write(ctx, who, authz.AccountSelf, authz.Object{Owner: who.AccountID}, func(ctx context.Context, tx *app.Tx) error {
		ok, err := accountdb.RevokeToken(ctx, tx, who.District, who.AccountID, id, tx.Now)
		if err == nil && !ok {
			err = errs.New(errs.NotFound, "token.not_found", "there is no such token of yours")
		}
		tx.RecordAs("token.revoke", "token", id, who.Area, nil)
		return err
	})
}

// ByLogin returns the actor of a login name, for the command line: the person
// who runs it holds the database anyway.
func (s *Service) ByLogin(ctx context.Context, district, login string) (authz.Actor, error) {
	a, err := accountdb.ByLogin(ctx, s.Pool, district, strings.ToLower(login))
	return actor(a), app.NotFound(err, "account")
}

// CreateDemo makes the accounts of the demonstration. They share one password
// that nobody knows: people sign in with one click there, and hashing one for
// each would hold up the first start.
func (s *Service) CreateDemo(ctx context.Context, who authz.Actor, list []New) ([]string, error) {
	if !s.Demo {
		return nil, errs.New(errs.NotFound, "demo.off", "one-click sign-in exists in the demonstration only")
	}
	secret, _ := newToken(who.District)
	hash, err := createHash(ctx, secret)
	if err != nil {
		return nil, err
	}
	ids := make([]string, len(list))
	err = s.Write(ctx, who, authz.AccountManage, authz.Object{}, func(ctx context.Context, tx *app.Tx) error {
		for i, n := range list {
			n.Password = secret
			if err := n.check(); err != nil {
				return err
			}
			ids[i] = app.NewID()
			if err := accountdb.Insert(ctx, tx, accountdb.Account{District: who.District, ID: ids[i], Login: n.Login, PasswordHash: hash,
				Name: n.Name, Role: string(n.Role), Area: n.Area, WorkerNo: n.WorkerNo, Locale: "zh", CreatedAt: tx.Now, Department: n.Department}); err != nil {
				return err
			}
		}
		tx.Record("account", "", who.District, map[string]any{"demonstration": true, "n": len(list)})
		return nil
	})
	return ids, err
}
