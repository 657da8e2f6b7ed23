package account_test

import (
	"testing"

	"github.com/alexedwards/argon2id"

	"gongping/internal/authz"
	"gongping/internal/errs"
)

// A password is compared while no connection is held, for absent names and
// changes too, and as often for a name that is there as for one that is not.
func TestPasswordsAreComparedOutsideTransactions(t *testing.T) {
	t.Parallel()
	s, _ := service(t)
	create(t, s, "chen", authz.Manager, district)
	calls := 0
	s.SetCompare(func(password, hash string) (bool, error) {
		calls++
		if n := s.Pool.Stat().AcquiredConns(); n != 0 {
			t.Errorf("%d connections are held while a password is compared", n)
		}
		return argon2id.ComparePasswordAndHash(password, hash)
	})
	who, _, _, err := s.SignIn(t.Context(), district, "chen", "a long sentence", nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, login := range []string{"chen", "nobody"} {
		if _, _, _, err := s.SignIn(t.Context(), district, login, "wrong", nil); !errs.Is(err, errs.Unauthorized) {
			t.Errorf("%s: %v", login, err)
		}
	}
	if err := s.ChangePassword(t.Context(), who, "a long sentence", "another long one"); err != nil {
		t.Error(err)
	}
	if calls != 4 {
		t.Errorf("%d comparisons in four tries", calls)
	}
}

// Whoever knows the old password gets no session when it is changed while they
// wait.
func TestChangedPasswordOpensNothing(t *testing.T) {
	t.Parallel()
	s, _ := service(t)
	id := create(t, s, "chen", authz.Manager, district)
	s.SetCompare(func(password, hash string) (bool, error) {
		if err := s.ResetPassword(t.Context(), authz.SystemActor(district), id, "another long one"); err != nil {
			t.Error(err)
		}
		return true, nil
	})
	if _, token, _, err := s.SignIn(t.Context(), district, "chen", "a long sentence", nil); !errs.Is(err, errs.Unauthorized) || token != "" {
		t.Fatalf("a password that was changed meanwhile opened a session: %v", err)
	}
	if err := s.ChangePassword(t.Context(), authz.Actor{District: district, AccountID: id, Role: authz.Manager, Area: district}, "a long sentence", "a third long one"); !errs.Is(err, errs.Invalid) {
		t.Fatalf("a password that was changed meanwhile was changed: %v", err)
	}
}
