// Package accountdb stores accounts, sessions and program tokens.
package accountdb

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"gongping/internal/pg"
)

// Account is a row of the account table.
type Account struct {
	District, ID, Login, PasswordHash, Name, Role, Area, AreaName, WorkerNo, Locale string
	Failed                                                                          int
	LockedUntil, DisabledAt                                                         *time.Time
	CreatedAt                                                                       time.Time
	Department                                                                      string // of the role department only
}

const columns = `a.district, a.id::text, a.login, a.password_hash, a.display_name, a.role, a.area_code,
	coalesce((select n.name from area n where n.district = a.district and n.code = a.area_code), a.area_code), coalesce(a.worker_no,''), a.locale, a.failed, a.locked_until, a.disabled_at, a.created_at, coalesce(a.department,'')`

func scan(r pgx.CollectableRow) (Account, error) {
	var a Account
	err := r.Scan(a.fields()...)
	return a, err
}

// fields are the places of columns.
func (a *Account) fields() []any {
	return []any{&a.District, &a.ID, &a.Login, &a.PasswordHash, &a.Name, &a.Role, &a.Area, &a.AreaName, &a.WorkerNo, &a.Locale,
		&a.Failed, &a.LockedUntil, &a.DisabledAt, &a.CreatedAt, &a.Department}
}

func one(rows pgx.Rows, err error) (Account, error) {
	if err != nil {
		return Account{}, err
	}
	return pgx.CollectExactlyOneRow(rows, scan)
}

// Insert adds an account.
func Insert(ctx context.Context, q pg.Querier, a Account) error {
	_, err := q.Exec(ctx, `insert into account (district, id, login, password_hash, display_name, role, area_code, worker_no, locale, created_at, department)
		values ($1,$2,$3,$4,$5,$6,$7,nullif($8,''),$9,$10,nullif($11,''))`,
		a.District, a.ID, a.Login, a.PasswordHash, a.Name, a.Role, a.Area, a.WorkerNo, a.Locale, a.CreatedAt, a.Department)
	return err
}

// ByLogin locks and returns the account of a login name.
func ByLogin(ctx context.Context, q pg.Querier, district, login string) (Account, error) {
	return one(q.Query(ctx, `select `+columns+` from account a where a.district = $1 and a.login = $2 for update`, district, login))
}

// HashByLogin returns the password hash of a login name, without a lock.
func HashByLogin(ctx context.Context, q pg.Querier, district, login string) (hash string, err error) {
	err = q.QueryRow(ctx, `select password_hash from account where district = $1 and login = $2`, district, login).Scan(&hash)
	return hash, err
}

// ByID returns an account.
func ByID(ctx context.Context, q pg.Querier, district, id string) (Account, error) {
	return one(q.Query(ctx, `select `+columns+` from account a where a.district = $1 and a.id = $2`, district, id))
}

// List returns the accounts within an area, by role and login.
func List(ctx context.Context, q pg.Querier, district, area string) ([]Account, error) {
	rows, err := q.Query(ctx, `select `+columns+` from account a where a.district = $1 and starts_with(a.area_code, $2)
		order by a.role, a.login`, district, area)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, scan)
}

// SetFailures records the outcome of a sign-in.
func SetFailures(ctx context.Context, q pg.Querier, district, id string, failed int, lockedUntil *time.Time) error {
	_, err := q.Exec(ctx, `update account set failed = $3, locked_until = $4 where district = $1 and id = $2`, district, id, failed, lockedUntil)
	return err
}

// SetPassword replaces the password hash, ends all sessions and forgets the
// browsers that were known.
func SetPassword(ctx context.Context, q pg.Querier, district, id, hash string) error {
	if _, err := q.Exec(ctx, `update account set password_hash = $3, failed = 0, locked_until = null where district = $1 and id = $2`, district, id, hash); err != nil {
		return err
	}
	if err := ForgetBrowsers(ctx, q, district, id); err != nil {
		return err
	}
	return EndSessions(ctx, q, district, id)
}

// SetDisabled disables an account and ends its sessions, or enables it again.
func SetDisabled(ctx context.Context, q pg.Querier, district, id string, at *time.Time) error {
	if _, err := q.Exec(ctx, `update account set disabled_at = $3 where district = $1 and id = $2`, district, id, at); err != nil {
		return err
	}
	return EndSessions(ctx, q, district, id)
}

// InsertSession opens a session; only the token's hash is kept.
func InsertSession(ctx context.Context, q pg.Querier, district string, hash []byte, account string, now, expires time.Time) error {
	_, err := q.Exec(ctx, `insert into session (district, token_hash, account_id, created_at, last_seen_at, expires_at)
		values ($1,$2,$3,$4,$4,$5)`, district, hash, account, now, expires)
	return err
}

// BySessions returns, by the hashes' bytes, the enabled accounts of sessions that
// have neither expired nor been idle since idleAfter, and notes once a minute
// that they were seen. A session that is being noted elsewhere is passed over.
func BySessions(ctx context.Context, q pg.Querier, district string, hashes [][]byte, now, idleAfter time.Time) (map[string]Account, error) {
	out := make(map[string]Account, len(hashes))
	old := false
	rows, err := q.Query(ctx, `select s.token_hash, s.last_seen_at < $3::timestamptz - interval '1 minute', `+columns+` from session s
		join account a on a.district = s.district and a.id = s.account_id
		where s.district = $1 and s.token_hash = any($2) and s.expires_at > $3 and s.last_seen_at >= $4 and a.disabled_at is null`, district, hashes, now, idleAfter)
	if err != nil {
		return nil, err
	}
	var hash []byte
	var stale bool
	var a Account
	if _, err = pgx.ForEachRow(rows, append([]any{&hash, &stale}, a.fields()...), func() error {
		out[string(hash)] = a
		old = old || stale
		return nil
	}); err != nil || !old {
		return out, err
	}
	_, err = q.Exec(ctx, `update session set last_seen_at = $3::timestamptz where district = $1 and token_hash in (select token_hash from session
		where district = $1 and token_hash = any($2) and last_seen_at < $3::timestamptz - interval '1 minute' and last_seen_at >= $4 and expires_at > $3
		for update skip locked)`, district, hashes, now, idleAfter)
	return out, err
}

// EndSession removes a session.
func EndSession(ctx context.Context, q pg.Querier, district string, hash []byte) error {
	_, err := q.Exec(ctx, `delete from session where district = $1 and token_hash = $2`, district, hash)
	return err
}

// EndSessions removes all sessions of an account.
func EndSessions(ctx context.Context, q pg.Querier, district, account string) error {
	_, err := q.Exec(ctx, `delete from session where district = $1 and account_id = $2`, district, account)
	return err
}

// EndDeadSessions removes the sessions of an account that nobody can use any
// more: expired, or idle since idleAfter.
func EndDeadSessions(ctx context.Context, q pg.Querier, district, account string, now, idleAfter time.Time) error {
	_, err := q.Exec(ctx, `delete from session where district = $1 and account_id = $2 and (expires_at <= $3 or last_seen_at < $4)`,
		district, account, now, idleAfter)
	return err
}

// Token is a program's token; the secret itself is never stored.
type Token struct {
	ID, AccountID, Name  string
	CreatedAt, ExpiresAt time.Time
	RevokedAt            *time.Time
}

// InsertToken adds a token.
func InsertToken(ctx context.Context, q pg.Querier, district string, hash []byte, t Token) error {
	_, err := q.Exec(ctx, `insert into api_token (district, token_hash, id, account_id, name, created_at, expires_at)
		values ($1,$2,$3,$4,$5,$6,$7)`, district, hash, t.ID, t.AccountID, t.Name, t.CreatedAt, t.ExpiresAt)
	return err
}

// ByToken returns the enabled account of a valid token.
func ByToken(ctx context.Context, q pg.Querier, district string, hash []byte, now time.Time) (Account, error) {
	return one(q.Query(ctx, `select `+columns+` from api_token t join account a on a.district = t.district and a.id = t.account_id
		where t.district = $1 and t.token_hash = $2 and t.expires_at > $3 and t.revoked_at is null and a.disabled_at is null`,
		district, hash, now))
}

// Tokens lists the tokens of an account, newest first.
func Tokens(ctx context.Context, q pg.Querier, district, account string) ([]Token, error) {
	rows, err := q.Query(ctx, `select id::text, account_id::text, name, created_at, expires_at, revoked_at from api_token
		where district = $1 and account_id = $2 order by created_at desc`, district, account)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[Token])
}

// RevokeToken ends a token of an account and tells whether there was one.
func RevokeToken(ctx context.Context, q pg.Querier, district, account, id string, now time.Time) (bool, error) {
	tag, err := q.Exec(ctx, `update api_token set revoked_at = $4 where district = $1 and account_id = $2 and id = $3 and revoked_at is null`,
		district, account, id, now)
	return tag.RowsAffected() > 0, err
}
