package account

import (
	"context"
	"time"

	"gongping/internal/app"
	"gongping/internal/pg"
	"gongping/internal/pg/accountdb"
)

// The rules of known browsers.
const (
	BrowserLife = 90 * 24 * time.Hour // a browser not used for so long is forgotten
	MaxBrowsers = 20                  // of one account
	MaxKept     = 4                   // tokens that one browser keeps, for people who share it
)

// door is where a sign-in comes from: a browser that knows the account, with
// failures and a lock of its own, or anywhere else, which all count together. So
// nobody can keep another out of the account by trying wrong passwords
// (OWASP, "Slow down online guessing attacks with device cookies").
type door struct {
	account     accountdb.Account
	browser     []byte // hash of its token, nil for anywhere else
	failed      int
	lockedUntil *time.Time
}

// door finds out where a sign-in comes from. It asks the database in any case,
// so that the time tells nothing.
func (s *Service) door(ctx context.Context, tx *app.Tx, a accountdb.Account, known []string) (door, error) {
	hashes := make([][]byte, 0, MaxKept)
	for _, t := range known[:min(len(known), MaxKept)] {
		hashes = append(hashes, hashToken(t))
	}
	b, err := accountdb.BrowserOf(ctx, tx, a.District, a.ID, hashes, tx.Now.Add(-BrowserLife))
	switch {
	case pg.NoRows(err):
		return door{a, nil, a.Failed, a.LockedUntil}, nil
	case err != nil:
		return door{}, err
	}
	return door{a, b.Hash, b.Failed, b.LockedUntil}, nil
}

// fail counts a wrong password and locks the door after too many.
func (d door) fail(ctx context.Context, tx *app.Tx) error {
	failed, until := d.failed+1, (*time.Time)(nil)
	if failed >= MaxFailures {
		t := tx.Now.Add(LockFor)
		failed, until = 0, &t
	}
	if d.browser != nil {
		return accountdb.SetBrowserFailures(ctx, tx, d.account.District, d.browser, failed, until)
	}
	return accountdb.SetFailures(ctx, tx, d.account.District, d.account.ID, failed, until)
}

// open forgets the failures of the door. It returns the token of a browser that
// is known from now on, "" where it was before. A lock of the other door stays.
func (d door) open(ctx context.Context, tx *app.Tx) (fresh string, err error) {
	hash := d.browser
	if hash == nil {
		if err := accountdb.SetFailures(ctx, tx, d.account.District, d.account.ID, 0, nil); err != nil {
			return "", err
		}
		fresh, hash = newToken(d.account.District)
	}
	return fresh, accountdb.SeeBrowser(ctx, tx, d.account.District, hash, d.account.ID, tx.Now, tx.Now.Add(-BrowserLife), MaxBrowsers)
}
