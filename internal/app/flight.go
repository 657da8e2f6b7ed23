package app

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"gongping/internal/audit"
	"gongping/internal/authz"
	"gongping/internal/pg/auditdb"
)

// Flight is a transaction whose statements need no answer from one another. All
// of them, the audit entry and the commit go to the database in one message and
// come back in one.
type Flight struct {
	*pgx.Batch
	entry audit.Entry
}

// Record sets kind, object, area and detail of the flight's one audit entry.
func (f *Flight) Record(kind, id, area string, detail map[string]any) {
	f.entry.Kind, f.entry.ID, f.entry.Area, f.entry.Detail = kind, id, area, audit.Detail(detail)
}

// WriteFlight authorises, lets fn queue statements and runs them as one
// transaction at the time now. When it returns nil all of it is committed; an
// error of any statement leaves nothing. It is not tried again here.
//
// The flight is an implicit transaction: the database commits at the Sync that
// ends the message, and reports ready only then.
func (c *Core) WriteFlight(ctx context.Context, actor authz.Actor, action authz.Action, o authz.Object, now time.Time, fn func(*Flight)) error {
	if err := authz.Check(actor, action, o); err != nil {
		return err
	}
	f := &Flight{Batch: &pgx.Batch{}, entry: audit.Entry{District: actor.District, At: now, ActorID: actor.AccountID,
		ActorRole: string(actor.Role), Action: string(action), Detail: audit.Detail(nil)}}
	fn(f)
	auditdb.Queue(f.Batch, f.entry)
	return c.Pool.SendBatch(ctx, f.Batch).Close()
}
