package account

import (
	"context"
	"runtime"

	"github.com/alexedwards/argon2id"

	"gongping/internal/app"
	"gongping/internal/authz"
	"gongping/internal/errs"
	"gongping/internal/pg/accountdb"
)

// params are argon2id's: 19 MiB, two passes (OWASP's first recommendation).
var params = &argon2id.Params{Memory: 19 * 1024, Iterations: 2, Parallelism: 1, SaltLength: 16, KeyLength: 32}

// dummy is compared against when there is no such account, so that the time
// taken does not tell.
var dummy, _ = argon2id.CreateHash("no such account", params)

// nobody is the id of no account.
const nobody = "00000000-0000-0000-0000-000000000000"

// hashing bounds how many passwords are worked on at a time: each takes a core
// and 19 MiB, and none holds a connection that would bound them otherwise.
var hashing = make(chan struct{}, max(2, runtime.GOMAXPROCS(0)))

// slot waits for a free place among hashing; the caller gives it back.
func slot(ctx context.Context) (release func(), err error) {
	select {
	case hashing <- struct{}{}:
		return func() { <-hashing }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// matches compares a password with a hash. It is slow by design, so it is never
// called inside a transaction: a few guesses at a time would hold every
// connection, and everybody else's pages with them.
func (s *Service) matches(ctx context.Context, password, hash string) (bool, error) {
	release, err := slot(ctx)
	if err != nil {
		return false, err
	}
	defer release()
	if s.compare != nil {
		return s.compare(password, hash)
	}
	return argon2id.ComparePasswordAndHash(password, hash)
}

func createHash(ctx context.Context, password string) (string, error) {
	release, err := slot(ctx)
	if err != nil {
		return "", err
	}
	defer release()
	return argon2id.CreateHash(password, params)
}

func checkPassword(p string) error {
	if len([]rune(p)) < MinPassword {
		return errs.New(errs.Invalid, "account.password", "the password is too short").At("password", "", "at least 10 characters", "a short sentence is easy to remember")
	}
	return nil
}

// ResetPassword sets another person's password and ends their sessions.
func (s *Service) ResetPassword(ctx context.Context, who authz.Actor, id, password string) error {
	if err := checkPassword(password); err != nil {
		return err
	}
	if err := authz.Check(who, authz.AccountManage, authz.Object{}); err != nil {
		return err // before the work
	}
	hash, err := createHash(ctx, password)
	if err != nil {
		return err
	}
	return s.Write(ctx, who, authz.AccountManage, authz.Object{}, func(ctx context.Context, tx *app.Tx) error {
		a, err := s.managed(ctx, tx, id)
		if err != nil {
			return err
		}
		tx.Record("account", id, a.Area, map[string]any{"password": "reset"})
		return accountdb.SetPassword(ctx, tx, who.District, id, hash)
	})
}

// ChangePassword sets the actor's own password; all sessions end.
func (s *Service) ChangePassword(ctx context.Context, who authz.Actor, old, password string) error {
	if err := checkPassword(password); err != nil {
		return err
	}
	if err := authz.Check(who, authz.AccountSelf, authz.Object{Owner: who.AccountID}); err != nil {
		return err // before the work
	}
	wrong := errs.New(errs.Invalid, "account.old_password_wrong", "the present password is wrong").At("old_password", "", "your present password", "try again")
	present, err := accountdb.ByID(ctx, s.Pool, who.District, who.AccountID)
	if err != nil {
		return app.NotFound(err, "account")
	}
	if ok, err := s.matches(ctx, old, present.PasswordHash); err != nil || !ok {
		return wrong
	}
	hash, err := createHash(ctx, password)
	if err != nil {
		return err
	}
	return s.Write(ctx, who, authz.AccountSelf, authz.Object{Owner: who.AccountID}, func(ctx context.Context, tx *app.Tx) error {
		a, err := accountdb.ByID(ctx, tx, who.District, who.AccountID)
		if err != nil {
			return app.NotFound(err, "account")
		}
		if a.PasswordHash != present.PasswordHash {
			return wrong // it was changed meanwhile
		}
		tx.Record("account", a.ID, a.Area, map[string]any{"password": "changed"})
		return accountdb.SetPassword(ctx, tx, who.District, a.ID, hash)
	})
}
