package account_test

import (
	"context"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"gongping/internal/app"
	"gongping/internal/app/account"
	"gongping/internal/authz"
	"gongping/internal/clock"
	"gongping/internal/errs"
	"gongping/internal/seal"
	"gongping/internal/testkit"
)

const district = "310104"

func service(t *testing.T) (*account.Service, *clock.Fixed) {
	t.Helper()
	c := &clock.Fixed{T: time.Date(2026, 11, 20, 8, 0, 0, 0, time.UTC)}
	return &account.Service{Core: &app.Core{Pool: testkit.DB(t), Clock: c, Seal: seal.New(make([]byte, seal.KeySize)), Log: slog.New(slog.DiscardHandler)}}, c
}

func create(t *testing.T, s *account.Service, login string, role authz.Role, area string) string {
	t.Helper()
	id, err := s.Create(t.Context(), authz.SystemActor(district), account.New{Login: login, Name: "某", Role: role, Area: area, Password: "a long sentence"})
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func TestSignInAndSessionsEnd(t *testing.T) {
	t.Parallel()
	s, c := service(t)
	create(t, s, "chen", authz.Manager, district)
	who, token, _, err := s.SignIn(t.Context(), district, " Chen ", "a long sentence", nil)
	if err != nil || who.Role != authz.Manager {
		t.Fatal(who, err)
	}
	if got, err := s.Session(t.Context(), token); err != nil || got.AccountID != who.AccountID {
		t.Fatal(got, err)
	}
	// Used every hour it lives on, but not beyond its life.
	for range 11 {
		c.Advance(time.Hour)
		if _, err := s.Session(t.Context(), token); err != nil {
			t.Fatalf("after %v: %v", c.T, err)
		}
	}
	c.Advance(2 * time.Hour)
	if _, err := s.Session(t.Context(), token); !errs.Is(err, errs.Unauthorized) {
		t.Fatalf("a session outlived its life: %v", err)
	}
	_, token, _, err = s.SignIn(t.Context(), district, "chen", "a long sentence", nil)
	if err != nil {
		t.Fatal(err)
	}
	c.Advance(account.SessionIdle + time.Minute)
	if _, err := s.Session(t.Context(), token); !errs.Is(err, errs.Unauthorized) {
		t.Fatalf("an idle session lived on: %v", err)
	}
}

// TestDeadSessionsAreSweptAway: a browser that is closed signs nobody out, so
// the sessions that ended by themselves go when the account signs in again.
func TestDeadSessionsAreSweptAway(t *testing.T) {
	t.Parallel()
	s, c := service(t)
	create(t, s, "chen", authz.Manager, district)
	create(t, s, "li", authz.Auditor, district)
	in := func(login string) (token string) {
		t.Helper()
		_, token, _, err := s.SignIn(t.Context(), district, login, "a long sentence", nil)
		if err != nil {
			t.Fatal(err)
		}
		return token
	}
	in("li")
	in("chen") // left open
	c.Advance(account.SessionIdle / 2)
	phone := in("chen")
	c.Advance(account.SessionIdle/2 + time.Minute)
	in("chen")
	var chen, li int
	if err := s.Pool.QueryRow(t.Context(), `select count(*) filter (where a.login = 'chen'), count(*) filter (where a.login = 'li')
		from session s join account a on a.district = s.district and a.id = s.account_id`).Scan(&chen, &li); err != nil {
		t.Fatal(err)
	}
	if chen != 2 || li != 1 {
		t.Errorf("%d sessions of chen, want the two that live; %d of li, want his own untouched", chen, li)
	}
	if _, err := s.Session(t.Context(), phone); err != nil {
		t.Errorf("a living session was swept away: %v", err)
	}
}

func TestLockoutTellsNothing(t *testing.T) {
	t.Parallel()
	s, c := service(t)
	create(t, s, "chen", authz.Manager, district)
	_, _, _, unknown := s.SignIn(t.Context(), district, "nobody", "a long sentence", nil)
	var wrong error
	for range account.MaxFailures {
		_, _, _, wrong = s.SignIn(t.Context(), district, "chen", "wrong", nil)
	}
	_, _, _, locked := s.SignIn(t.Context(), district, "chen", "a long sentence", nil)
	if unknown == nil || wrong == nil || locked == nil || unknown.Error() != wrong.Error() || wrong.Error() != locked.Error() {
		t.Fatalf("answers differ: %v / %v / %v", unknown, wrong, locked)
	}
	c.Advance(account.LockFor + time.Second)
	if _, _, _, err := s.SignIn(t.Context(), district, "chen", "a long sentence", nil); err != nil {
		t.Fatalf("the lock did not end: %v", err)
	}
}

// Wrong passwords from elsewhere keep nobody out of an account in a browser in
// which it was signed in before; there, tries are counted by themselves.
func TestAKnownBrowserIsNotLockedOut(t *testing.T) {
	t.Parallel()
	s, c := service(t)
	create(t, s, "chen", authz.Manager, district)
	create(t, s, "wang", authz.Auditor, district)
	const right = "a long sentence"
	in := func(login, password string, known ...string) (string, bool) {
		t.Helper()
		_, token, fresh, err := s.SignIn(t.Context(), district, login, password, known)
		if (err == nil) != (token != "") || (err != nil && (!errs.Is(err, errs.Unauthorized) || fresh != "")) {
			t.Fatalf("token %q, fresh %q, %v", token, fresh, err)
		}
		return fresh, err == nil
	}
	mine, ok := in("chen", right)
	others, _ := in("wang", right)
	if !ok || mine == "" || others == "" {
		t.Fatal("a browser is not known after the first sign-in")
	}
	for range account.MaxFailures {
		in("chen", "wrong")
	}
	if _, ok := in("chen", right); ok {
		t.Fatal("eight wrong passwords locked nothing")
	}
	if _, ok := in("chen", right, others); ok {
		t.Fatal("the browser of another account opened a locked one")
	}
	if _, ok := in("chen", "wrong", others, mine); ok {
		t.Fatal("a known browser opened the account without its password")
	}
	if fresh, ok := in("chen", right, others, mine); !ok || fresh != "" {
		t.Fatalf("a known browser was locked out by tries elsewhere, or got a second token: %q", fresh)
	}
	if _, ok := in("chen", right); ok {
		t.Fatal("a sign-in from a known browser ended the lock for everybody else")
	}
	// In the known browser, too, guessing ends, and locks nobody else.
	c.Advance(account.LockFor + time.Second)
	for range account.MaxFailures {
		in("chen", "wrong", mine)
	}
	if _, ok := in("chen", right, mine); ok {
		t.Fatal("a known browser may guess for ever")
	}
	if _, ok := in("chen", right); !ok {
		t.Fatal("guesses in a known browser locked the account elsewhere")
	}
	c.Advance(account.LockFor + time.Second)
	if _, ok := in("chen", right, mine); !ok {
		t.Fatal("the lock of a known browser did not end")
	}
	// It is forgotten with a new password, and when it is not used for long.
	for _, forget := range []func(){
		func() {
			who, err := s.ByLogin(t.Context(), district, "chen")
			if err == nil {
				err = s.ChangePassword(t.Context(), who, right, right+"!")
			}
			if err == nil {
				err = s.ChangePassword(t.Context(), who, right+"!", right)
			}
			if err != nil {
				t.Fatal(err)
			}
		},
		func() { c.Advance(account.BrowserLife + time.Second) },
	} {
		forget()
		if mine, ok = in("chen", right, mine); !ok || mine == "" {
			t.Fatal("a browser was not forgotten")
		}
	}
}

func TestOnlyTheLastBrowsersAreKnown(t *testing.T) {
	t.Parallel()
	s, c := service(t)
	create(t, s, "chen", authz.Manager, district)
	var tokens []string
	for range account.MaxBrowsers + 1 {
		_, _, fresh, err := s.SignIn(t.Context(), district, "chen", "a long sentence", nil)
		if err != nil {
			t.Fatal(err)
		}
		tokens = append(tokens, fresh)
		c.Advance(time.Minute)
	}
	for _, i := range []int{1, 0} { // a browser that becomes known pushes another out
		_, _, fresh, err := s.SignIn(t.Context(), district, "chen", "a long sentence", tokens[i:i+1])
		if err != nil || (fresh != "") != (i == 0) {
			t.Errorf("browser %d of %d: fresh %q, %v", i, len(tokens), fresh, err)
		}
	}
}

func TestTokens(t *testing.T) {
	t.Parallel()
	s, c := service(t)
	create(t, s, "chen", authz.Auditor, district)
	who, err := s.ByLogin(t.Context(), district, "chen")
	if err != nil {
		t.Fatal(err)
	}
	secret, tok, err := s.IssueToken(t.Context(), who, "export")
	if err != nil {
		t.Fatal(err)
	}
	if got, err := s.Bearer(t.Context(), secret); err != nil || got.AccountID != who.AccountID {
		t.Fatal(got, err)
	}
	for _, bad := range []string{"", "310104.", secret + "x", "310105" + secret[6:], strings.ToUpper(secret)} {
		if _, err := s.Bearer(t.Context(), bad); !errs.Is(err, errs.Unauthorized) {
			t.Errorf("token %q was taken: %v", bad, err)
		}
	}
	other := create(t, s, "wang", authz.Auditor, district)
	stranger := authz.Actor{District: district, AccountID: other, Role: authz.Auditor, Area: district}
	if err := s.RevokeToken(t.Context(), stranger, tok.ID); !errs.Is(err, errs.NotFound) {
		t.Fatalf("somebody else revoked the token: %v", err)
	}
	c.Advance(account.TokenLife + time.Second)
	if _, err := s.Bearer(t.Context(), secret); !errs.Is(err, errs.Unauthorized) {
		t.Fatalf("an expired token was taken: %v", err)
	}
}

func TestAdministratorsStayInTheirArea(t *testing.T) {
	t.Parallel()
	s, _ := service(t)
	id := create(t, s, "chen", authz.Manager, district)
	street := authz.Actor{District: district, AccountID: app.NewID(), Role: authz.Admin, Area: "310104015"}
	if err := s.ResetPassword(t.Context(), street, id, "another long one"); !errs.Is(err, errs.Forbidden) {
		t.Fatalf("a street's administrator reset a district account: %v", err)
	}
	if _, err := s.Create(t.Context(), street, account.New{Login: "x2", Name: "某", Role: authz.Leader, Area: district, Password: "a long sentence"}); !errs.Is(err, errs.Forbidden) {
		t.Fatalf("a street's administrator made a district account: %v", err)
	}
	for _, role := range authz.Roles {
		if role == authz.Admin {
			continue
		}
		if _, err := s.List(t.Context(), authz.Actor{District: district, AccountID: id, Role: role, Area: district}); !errs.Is(err, errs.Forbidden) {
			t.Errorf("%s listed accounts: %v", role, err)
		}
	}
}

func TestBadAccountsAreRefusedByField(t *testing.T) {
	t.Parallel()
	s, _ := service(t)
	create(t, s, "chen", authz.Manager, district)
	good := account.New{Login: "li", Name: "某", Role: authz.Leader, Area: "310104015", Password: "a long sentence"}
	for field, spoil := range map[string]func(*account.New){
		"login": func(n *account.New) { n.Login = "李 四" }, "name": func(n *account.New) { n.Name = " " },
		"role": func(n *account.New) { n.Role = "god" }, "area": func(n *account.New) { n.Area = "31" },
		"password": func(n *account.New) { n.Password = "short" },
	} {
		n := good
		spoil(&n)
		_, err := s.Create(context.Background(), authz.SystemActor(district), n)
		if !errs.Is(err, errs.Invalid) || !strings.HasPrefix(err.Error(), field+":") {
			t.Errorf("%s: %v", field, err)
		}
	}
	dup := good
	dup.Login = "chen"
	if _, err := s.Create(context.Background(), authz.SystemActor(district), dup); !errs.Is(err, errs.Conflict) {
		t.Errorf("a login name was given twice: %v", err)
	}
}

// Requests that come at once are looked up together, each with its own answer;
// a session that was ended is ended for the next request.
func TestSessionsAreLookedUpTogether(t *testing.T) {
	t.Parallel()
	s, _ := service(t)
	const n = 3
	var who [n]authz.Actor
	var token [n]string
	for i, login := range [n]string{"chen", "li", "wang"} {
		create(t, s, login, authz.Manager, district)
		var err error
		if who[i], token[i], _, err = s.SignIn(t.Context(), district, login, "a long sentence", nil); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.SignOut(t.Context(), who[2], token[2]); err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for range 40 {
		for i := range n {
			wg.Go(func() {
				got, err := s.Session(t.Context(), token[i])
				if i == 2 {
					if !errs.Is(err, errs.Unauthorized) {
						t.Errorf("an ended session: %v, %v", got, err)
					}
				} else if err != nil || got.AccountID != who[i].AccountID {
					t.Errorf("the session of %s is that of %s: %v", who[i].AccountID, got.AccountID, err)
				}
			})
		}
	}
	wg.Wait()
	if err := s.SignOut(t.Context(), who[0], token[0]); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Session(t.Context(), token[0]); !errs.Is(err, errs.Unauthorized) {
		t.Errorf("an ended session: %v", err)
	}
}
