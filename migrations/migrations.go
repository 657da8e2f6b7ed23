// Package migrations carries the schema as numbered SQL and brings a database
// up to it. Steps go forward only, each in a transaction of its own, and any
// error is fatal: the service does not run on a schema it does not know.
//
// The job queue's tables (River) are brought up in the same call, after ours,
// and the service role is given its rights on them.
package migrations

import (
	"context"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"path"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/tern/v2/migrate"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivermigrate"

	"gongping/internal/errs"
)

//go:embed *.sql
var files embed.FS

const (
	versionTable = "public.schema_version"
	// lockKey is the advisory lock under which one instance at a time migrates.
	lockKey = int64(0x676f6e6770696e67) // "gongping"
)

// Step is reported before each step of Migrate: step Number of Total is about
// to run. The job queue's steps together count as one.
type Step struct {
	Number, Total int
	Name          string
}

// State says how far a database is.
type State struct {
	Current int      `json:"current"` // last applied step; 0 for an empty database
	Latest  int      `json:"latest"`  // last step this program knows
	Pending []string `json:"pending"` // names of the steps between, and "river"
}

// Done reports whether nothing is pending.
func (s State) Done() bool { return len(s.Pending) == 0 }

// Names lists the steps in order.
func Names() []string {
	names, err := migrate.FindMigrations(files)
	if err != nil {
		panic(err) // the files are part of the program; a gap shows in every test
	}
	return names
}

// Latest is the number of the last step that this program knows.
func Latest() int { return len(Names()) }

// Digest is a fingerprint of all steps, the job queue's included.
func Digest() string {
	h := sha256.New()
	for _, name := range Names() {
		b, err := files.ReadFile(name)
		if err != nil {
			panic(err)
		}
		fmt.Fprintf(h, "%s %d\n", name, len(b))
		h.Write(b)
	}
	river, err := rivermigrate.New(riverpgxv5.New(nil), &rivermigrate.Config{Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		panic(err)
	}
	for _, m := range river.AllVersions() {
		fmt.Fprintf(h, "river %d\n%s", m.Version, m.SQLUp)
	}
	return hex.EncodeToString(h.Sum(nil))
}

// Migrate brings the database of pool up to Latest, running as the pool's own
// user, who becomes the owner of the tables. Instances that start together wait
// for one another. progress may be nil. A database that is newer than this
// program is refused and left alone.
func Migrate(ctx context.Context, pool *pgxpool.Pool, progress func(Step)) error {
	if progress == nil {
		progress = func(Step) {}
	}
	conn, err := pool.Acquire(ctx)
	if err != nil {
		return fmt.Errorf("connect for migration: %w", err)
	}
	defer conn.Release()
	if err := checkServer(ctx, conn.Conn()); err != nil {
		return err
	}
	if _, err := conn.Exec(ctx, `select pg_advisory_lock($1)`, lockKey); err != nil {
		return fmt.Errorf("wait for the migration lock: %w", err)
	}
	defer func() {
		// A connection whose unlock fails is closed, which unlocks too.
		if _, err := conn.Exec(context.WithoutCancel(ctx), `select pg_advisory_unlock($1)`, lockKey); err != nil {
			_ = conn.Conn().Close(context.WithoutCancel(ctx))
		}
	}()
	total := Latest() + 1
	if err := migrateOurs(ctx, conn.Conn(), total, progress); err != nil {
		return err
	}
	return migrateRiver(ctx, pool, conn.Conn(), total, progress)
}

// migrateOurs applies the embedded steps.
func migrateOurs(ctx context.Context, conn *pgx.Conn, total int, progress func(Step)) error {
	m, err := migrate.NewMigrator(ctx, conn, versionTable)
	if err != nil {
		return fmt.Errorf("prepare migration: %w", err)
	}
	if err := m.LoadMigrations(files); err != nil {
		return fmt.Errorf("load migrations: %w", err)
	}
	current, err := m.GetCurrentVersion(ctx)
	if err != nil {
		return fmt.Errorf("read schema version: %w", err)
	}
	if int(current) > len(m.Migrations) {
		return tooNew(int(current))
	}
	m.OnStart = func(n int32, name, _, _ string) { progress(Step{Number: int(n), Total: total, Name: name}) }
	if err := m.Migrate(ctx); err != nil {
		return stepError(err)
	}
	return nil
}

// migrateRiver applies the job queue's steps and grants the service its use.
func migrateRiver(ctx context.Context, pool *pgxpool.Pool, conn *pgx.Conn, total int, progress func(Step)) error {
	m, err := rivermigrate.New(riverpgxv5.New(pool), &rivermigrate.Config{Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		return err
	}
	applied, err := m.ExistingVersions(ctx)
	if err != nil {
		return fmt.Errorf("read the job queue's schema version: %w", err)
	}
	if len(applied) < len(m.AllVersions()) {
		progress(Step{Number: total, Total: total, Name: "river"})
		if _, err := m.Migrate(ctx, rivermigrate.DirectionUp, nil); err != nil {
			return fmt.Errorf("migrate the job queue: %w", err)
		}
	}
	if _, err := conn.Exec(ctx, riverGrants); err != nil {
		return fmt.Errorf("grant the job queue to the service: %w", err)
	}
	return nil
}

// riverGrants lets the service work the queue, which is no record of facts.
const riverGrants = `
do $$
declare t record;
begin
  for t in select c.oid, c.oid::regclass::text as name, c.relkind from pg_class c
           where c.relnamespace = 'public'::regnamespace and c.relname like 'river\_%' and c.relkind in ('r', 'p', 'S') loop
    if t.relkind = 'S' then
      if not has_sequence_privilege('gongping_service', t.oid, 'usage') then
        execute format('grant usage, select on sequence %s to gongping_service', t.name);
      end if;
    elsif not has_table_privilege('gongping_service', t.oid, 'delete') then
      execute format('grant select, insert, update, delete on %s to gongping_service', t.name);
    end if;
  end loop;
end $$`

// Status reads how far the database is, changing nothing.
func Status(ctx context.Context, pool *pgxpool.Pool) (State, error) {
	st := State{Latest: Latest(), Pending: []string{}}
	var there bool
	if err := pool.QueryRow(ctx, `select to_regclass($1) is not null`, versionTable).Scan(&there); err != nil {
		return st, err
	}
	if there {
		if err := pool.QueryRow(ctx, `select version from `+versionTable).Scan(&st.Current); err != nil {
			return st, err
		}
	}
	if st.Current > st.Latest {
		return st, tooNew(st.Current)
	}
	st.Pending = append(st.Pending, Names()[st.Current:]...)
	river, err := rivermigrate.New(riverpgxv5.New(pool), &rivermigrate.Config{Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		return st, err
	}
	applied, err := river.ExistingVersions(ctx)
	if err != nil {
		return st, err
	}
	if len(applied) < len(river.AllVersions()) {
		st.Pending = append(st.Pending, "river")
	}
	return st, nil
}

// checkServer refuses servers that the schema is not written for.
func checkServer(ctx context.Context, conn *pgx.Conn) error {
	var num int
	var version, encoding string
	err := conn.QueryRow(ctx, `select current_setting('server_version_num')::int, current_setting('server_version'), current_setting('server_encoding')`).
		Scan(&num, &version, &encoding)
	if err != nil {
		return fmt.Errorf("ask the database for its version: %w", err)
	}
	if num < 150000 {
		return errs.New(errs.Unavailable, "database.version", "the PostgreSQL server is too old").
			At("GONGPING_DATABASE_URL", version, "15 or newer", "upgrade the server or use another one")
	}
	if encoding != "UTF8" {
		return errs.New(errs.Unavailable, "database.encoding", "the database does not store UTF-8").
			At("GONGPING_DATABASE_URL", encoding, "UTF8", "create database ... encoding 'UTF8' template template0")
	}
	return nil
}

func tooNew(current int) error {
	return errs.New(errs.Unavailable, "database.newer", "the database has been migrated by a newer program").
		At("schema_version", fmt.Sprint(current), fmt.Sprintf("at most %d", Latest()), "install the newer program; nothing has been changed")
}

// stepError names the step and the statement's place for an error inside one.
func stepError(err error) error {
	var me migrate.MigrationPgError
	if !errors.As(err, &me) {
		return fmt.Errorf("migrate: %w", err)
	}
	var pe *pgconn.PgError
	hint := ""
	if errors.As(err, &pe) && pe.Code == "42501" {
		hint = "the database user must be able to create roles, or an administrator creates the role gongping_service and grants it to that user first"
	}
	e := errs.Wrap(err, errs.Unavailable, "database.migration", "a migration failed and was rolled back")
	e.Where, e.Hint = path.Base(me.MigrationName), hint
	return e
}
