// Package pg is the floor of all SQL: the connection, the interface that both
// pool and transaction satisfy, and the reading of PostgreSQL's errors. The
// statements live in the packages below it, one per room of the house
// (accountdb, intakedb, rounddb, drawdb, fielddb, scoredb, appealdb, auditdb).
package pg

import (
	"context"
	"errors"
	"math/big"
	"strconv"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/jackc/pgx/v5/pgxpool"

	"gongping/internal/errs"
)

// Querier is what statements run on: a pool or a transaction.
type Querier interface {
	Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error)
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
	QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
	SendBatch(ctx context.Context, b *pgx.Batch) pgx.BatchResults
	CopyFrom(ctx context.Context, table pgx.Identifier, columns []string, src pgx.CopyFromSource) (int64, error)
}

// ServiceRole is the database role under which the service runs: it can insert
// facts, and neither change nor delete them.
const ServiceRole = "gongping_service"

// Open connects a pool that acts as ServiceRole.
func Open(ctx context.Context, url string, maxConns int32) (*pgxpool.Pool, error) {
	cfg, err := pgxpool.ParseConfig(url)
	if err != nil {
		return nil, errs.New(errs.Invalid, "config.database_url", "the database address cannot be read").
			At("GONGPING_DATABASE_URL", "an address that does not parse", "postgres://user:password@host:5432/database", "check the address")
	}
	if maxConns > 0 {
		cfg.MaxConns = maxConns
	}
	AsService(cfg)
	return pgxpool.NewWithConfig(ctx, cfg)
}

// AsService makes every connection of the pool give up its rights for those of
// ServiceRole, and take Array parameters.
func AsService(cfg *pgxpool.Config) {
	cfg.AfterConnect = func(ctx context.Context, c *pgx.Conn) error {
		Arrays(c)
		_, err := c.Exec(ctx, "set role "+ServiceRole)
		return err
	}
}

// Code returns the SQLSTATE of a PostgreSQL error, "" for any other.
func Code(err error) string {
	var e *pgconn.PgError
	if errors.As(err, &e) {
		return e.Code
	}
	return ""
}

// Duplicate tells whether err is a violated unique index.
func Duplicate(err error) bool { return Code(err) == "23505" }

// Retryable tells whether the transaction may simply be tried again:
// serialization failure, deadlock, or a lost race for the end of the audit
// chain (a serializable transaction reads its snapshot before it gets the lock).
func Retryable(err error) bool {
	var e *pgconn.PgError
	if !errors.As(err, &e) {
		return false
	}
	switch e.Code {
	case "40001", "40P01":
		return true
	case "23505":
		return e.ConstraintName == "audit_log_pkey"
	}
	return false
}

// NoRows tells whether a single-row query found nothing.
func NoRows(err error) bool { return errors.Is(err, pgx.ErrNoRows) }

// Uint64 is a numeric column's value for a number that may exceed a bigint.
func Uint64(v uint64) pgtype.Numeric {
	return pgtype.Numeric{Int: new(big.Int).SetUint64(v), Valid: true}
}

// ParseUint64 reads what Uint64 wrote, from the column's text form.
func ParseUint64(s string) (uint64, error) { return strconv.ParseUint(s, 10, 64) }

// Analyze refreshes the planner's statistics of tables that were just filled
// in bulk, within the same transaction.
func Analyze(ctx context.Context, q Querier, tables ...string) error {
	_, err := q.Exec(ctx, `select refresh_statistics(variadic $1::text[])`, tables)
	return err
}
