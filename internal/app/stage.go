package app

import (
	"context"

	"github.com/jackc/pgx/v5"

	"gongping/internal/authz"
)

// Stage authorises and runs fn in a transaction for work in progress: rows that
// no page reads and that a later Write turns into facts. It leaves no audit
// entry of its own; the Write that begins or completes the work does.
func (c *Core) Stage(ctx context.Context, actor authz.Actor, action authz.Action, o authz.Object, fn func(context.Context, pgx.Tx) error) error {
	if err := authz.Check(actor, action, o); err != nil {
		return err
	}
	return pgx.BeginFunc(ctx, c.Pool, func(tx pgx.Tx) error { return fn(ctx, tx) })
}
