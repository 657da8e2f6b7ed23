// Package app is the use-case layer's ground: what every use case needs, and
// the one place where a transaction begins and ends. The use cases themselves
// live in the rooms below (account, intake, rounds, draws, field, score,
// appeals), each of which authorises first, then acts, then audits.
package app

import (
	"context"
	"crypto/ed25519"
	"errors"
	"log/slog"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"gongping/internal/audit"
	"gongping/internal/authz"
	"gongping/internal/clock"
	"gongping/internal/errs"
	"gongping/internal/pg"
	"gongping/internal/pg/auditdb"
	"gongping/internal/seal"
)

// Core is shared by all use cases. Its fields are set once, at the start.
type Core struct {
	Pool        *pgxpool.Pool
	Clock       clock.Clock
	Seal        *seal.Box
	Signer      ed25519.PrivateKey // signs commitments and checkpoints
	CodeVersion string             // recorded with draws and runs
	Log         *slog.Logger
	Demo        bool // one-click sign-in and the guided tour
}

// NewID returns a random (version 4) id: one that tells neither order nor time.
func NewID() string { return uuid.NewString() }

// Tx is a transaction with its time, its actor and the audit entries that will
// be written at its end.
type Tx struct {
	pgx.Tx
	Now     time.Time
	Actor   authz.Actor
	entries []audit.Entry
	action  authz.Action
}

// Record notes an act on an object; detail holds ids and counts, never names.
func (t *Tx) Record(kind, id, area string, detail map[string]any) {
	t.RecordAs(t.action, kind, id, area, detail)
}

// RecordAs is Record under another action than that of the transaction.
func (t *Tx) RecordAs(action authz.Action, kind, id, area string, detail map[string]any) {
	t.entries = append(t.entries, audit.Entry{District: t.Actor.District, At: t.Now, ActorID: t.Actor.AccountID,
		ActorRole: string(t.Actor.Role), Action: string(action), Kind: kind, ID: id, Area: area, Detail: audit.Detail(detail)})
}

// Check asks the access table about an object that the use case has loaded.
func (t *Tx) Check(o authz.Object) error { return authz.Check(t.Actor, t.action, o) }

// Write authorises, runs fn in a transaction, writes the audit entries and
// commits. Where fn records nothing, one entry with the action itself is
// written: no act goes unlogged. The object may be empty when fn has to load
// it first; fn then calls tx.Check.
func (c *Core) Write(ctx context.Context, actor authz.Actor, action authz.Action, o authz.Object, fn func(context.Context, *Tx) error) error {
	return c.write(ctx, pgx.ReadCommitted, actor, action, o, fn)
}

// WriteSerializable is Write under serializable isolation, for draws and
// decisions: two at once end as if one had come after the other.
func (c *Core) WriteSerializable(ctx context.Context, actor authz.Actor, action authz.Action, o authz.Object, fn func(context.Context, *Tx) error) error {
	return c.write(ctx, pgx.Serializable, actor, action, o, fn)
}

// attempts is how often a transaction is tried that lost a race.
const attempts = 5

func (c *Core) write(ctx context.Context, iso pgx.TxIsoLevel, actor authz.Actor, action authz.Action, o authz.Object, fn func(context.Context, *Tx) error) error {
	if err := authz.Check(actor, action, o); err != nil {
		return err
	}
	var err error
	for range attempts {
		if err = c.once(ctx, iso, actor, action, o, fn); !pg.Retryable(err) {
			return unstorable(err)
		}
	}
	return errs.Wrap(err, errs.Unavailable, "busy", "too many changes at once; try again")
}

func (c *Core) once(ctx context.Context, iso pgx.TxIsoLevel, actor authz.Actor, action authz.Action, o authz.Object, fn func(context.Context, *Tx) error) error {
	ptx, err := c.Pool.BeginTx(ctx, pgx.TxOptions{IsoLevel: iso})
	if err != nil {
		return err
	}
	defer ptx.Rollback(context.WithoutCancel(ctx)) //nolint:errcheck // after a commit it does nothing
	tx := &Tx{Tx: ptx, Now: c.Clock.Now(), Actor: actor, action: action}
	if err := fn(ctx, tx); err != nil {
		return err
	}
	if len(tx.entries) == 0 {
		kind, _, _ := strings.Cut(string(action), ".")
		tx.Record(kind, "", o.Area, nil)
	}
	if err := auditdb.Append(ctx, ptx, actor.District, tx.entries); err != nil {
		return err
	}
	return ptx.Commit(ctx)
}

// Read authorises and runs fn in one read-only snapshot. Reads of personal
// data use Write, because they leave a trace.
func (c *Core) Read(ctx context.Context, actor authz.Actor, action authz.Action, o authz.Object, fn func(context.Context, pg.Querier) error) error {
	if err := authz.Check(actor, action, o); err != nil {
		return err
	}
	ptx, err := c.Pool.BeginTx(ctx, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly})
	if err != nil {
		return err
	}
	defer ptx.Rollback(context.WithoutCancel(ctx)) //nolint:errcheck // a read has nothing to lose
	return unstorable(fn(ctx, ptx))
}

// unstorable turns the database's refusal of text that it cannot hold (a zero
// byte, bytes that are no UTF-8) into the fault of whoever sent it. It can be
// in any word of any request, so it is looked for here.
func unstorable(err error) error {
	switch pg.Code(err) {
	case "22021", "22P05":
		return errs.Wrap(err, errs.Invalid, "request.text", "a text holds characters that cannot be kept").
			At("", "", "text in UTF-8 without zero bytes", "type it anew")
	}
	return err
}

// NotFound turns "no rows" (and an id that is no UUID) into a NotFound error
// about a kind of thing, and leaves other errors alone.
func NotFound(err error, kind string) error {
	if errors.Is(err, pgx.ErrNoRows) || pg.Code(err) == "22P02" {
		return errs.New(errs.NotFound, kind+".not_found", "there is no such %s, or none that you may see", strings.ReplaceAll(kind, "_", " "))
	}
	return err
}

// Every calls do at intervals until ctx ends.
func Every(ctx context.Context, interval time.Duration, do func()) {
	t := time.NewTicker(interval)
	defer t.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-t.C:
			do()
		}
	}
}
