package accountdb

import (
	"context"
	"time"

	"gongping/internal/pg"
)

// Browser is one in which an account was signed in before. The token that it
// keeps is not stored, only its hash.
type Browser struct {
	Hash        []byte
	Failed      int
	LockedUntil *time.Time
}

// BrowserOf returns that of the browsers with these hashes which knows the
// account and was used since; none gives pg.NoRows.
func BrowserOf(ctx context.Context, q pg.Querier, district, account string, hashes [][]byte, since time.Time) (b Browser, err error) {
	err = q.QueryRow(ctx, `select token_hash, failed, locked_until from account_browser
		where district = $1 and token_hash = any($3) and account_id = $2 and seen_at >= $4 order by seen_at desc limit 1`, district, account, hashes, since).
		Scan(&b.Hash, &b.Failed, &b.LockedUntil)
	return b, err
}

// SetBrowserFailures records a wrong password in a known browser.
func SetBrowserFailures(ctx context.Context, q pg.Querier, district string, hash []byte, failed int, lockedUntil *time.Time) error {
	_, err := q.Exec(ctx, `update account_browser set failed = $3, locked_until = $4 where district = $1 and token_hash = $2`, district, hash, failed, lockedUntil)
	return err
}

// SeeBrowser notes a sign-in: the browser is known from now on, with no failures.
// Those not used since are forgotten, and of the rest all but the last few.
func SeeBrowser(ctx context.Context, q pg.Querier, district string, hash []byte, account string, now, since time.Time, most int) error {
	if _, err := q.Exec(ctx, `insert into account_browser (district, token_hash, account_id, seen_at) values ($1,$2,$3,$4)
		on conflict (district, token_hash) do update set seen_at = excluded.seen_at, failed = 0, locked_until = null`, district, hash, account, now); err != nil {
		return err
	}
	_, err := q.Exec(ctx, `delete from account_browser b where b.district = $1 and b.account_id = $2 and (b.seen_at < $3 or b.token_hash not in
		(select n.token_hash from account_browser n where n.district = $1 and n.account_id = $2 order by n.seen_at desc, n.token_hash limit $4))`,
		district, account, since, most)
	return err
}

// ForgetBrowsers forgets all browsers of an account.
func ForgetBrowsers(ctx context.Context, q pg.Querier, district, account string) error {
	_, err := q.Exec(ctx, `delete from account_browser where district = $1 and account_id = $2`, district, account)
	return err
}
