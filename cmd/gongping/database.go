package main

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"os"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"gongping/internal/config"
	"gongping/internal/embedpg"
	"gongping/internal/errs"
	"gongping/internal/pg"
	"gongping/migrations"
)

// database is a connection to the service's database, whoever runs it.
type database struct {
	URL   string
	Owner *pgxpool.Pool // few connections, for migrations
	Pool  *pgxpool.Pool // acts as the service
	// Private is the server that this process runs, nil for a database of the
	// operator's own or one that a running `gongping serve` holds.
	Private *embedpg.Server
	Joined  bool // a running `gongping serve` holds the private database
}

// openDatabase starts the private server, joins that of a running service, or
// connects to the operator's own, and waits until it answers.
func openDatabase(ctx context.Context, cfg config.Config, log *slog.Logger) (*database, error) {
	d := &database{URL: cfg.DatabaseURL}
	if d.URL == "" {
		if err := d.openPrivate(ctx, cfg, log); err != nil {
			return nil, err
		}
	}
	if err := d.connect(ctx); err != nil {
		d.Close()
		return nil, err
	}
	return d, nil
}

func (d *database) openPrivate(ctx context.Context, cfg config.Config, log *slog.Logger) error {
	// A recovery after a crash may take its time.
	start, cancel := context.WithTimeout(ctx, 5*time.Minute)
	defer cancel()
	s, err := embedpg.Start(start, embedpg.Config{Dir: cfg.Data, BinDir: cfg.PGBin, Log: log})
	if embedpg.InUse(err) {
		url, uerr := embedpg.RunningURL(cfg.Data)
		d.URL, d.Joined = url, true
		return errors.Join(uerr)
	}
	if err != nil {
		return err
	}
	d.Private, d.URL = s, s.URL(embedpg.Database)
	return nil
}

func (d *database) connect(ctx context.Context) error {
	owner, err := pgxpool.ParseConfig(d.URL)
	if err != nil {
		return errs.New(errs.Invalid, "config.invalid", "the setting cannot be used").
			At("GONGPING_DATABASE_URL", "an address that does not parse", "postgres://user:password@host:5432/database", "check the address")
	}
	owner.MaxConns, owner.MinConns, owner.MaxConnIdleTime = 4, 0, 5*time.Second
	if d.Owner, err = pgxpool.NewWithConfig(ctx, owner); err != nil {
		return err
	}
	if err := d.Owner.Ping(ctx); err != nil {
		e := errs.Wrap(err, errs.Unavailable, "database.unreachable", "the database does not answer")
		e.Hint = "is the server up, and are user, password and database name right? `gongping doctor` checks more"
		if d.Joined {
			e.Hint = "another gongping holds the data directory and may just be starting or stopping: try again"
		}
		return e
	}
	d.Pool, err = pg.Open(ctx, d.URL, 24)
	return err
}

// Migrate brings the schema up to date, with a progress bar on a terminal.
func (d *database) Migrate(ctx context.Context, w io.Writer) error {
	st, err := migrations.Status(ctx, d.Owner)
	if err != nil {
		return err
	}
	if st.Done() {
		return nil
	}
	bar := newProgress(w, "migrating", int64(len(st.Pending)))
	defer bar.Done()
	return migrations.Migrate(ctx, d.Owner, func(migrations.Step) { bar.Add(1) })
}

// Close gives everything back; a private server is stopped.
func (d *database) Close() {
	done := make(chan struct{})
	go func() {
		defer close(done)
		for _, p := range []*pgxpool.Pool{d.Pool, d.Owner} {
			if p != nil {
				p.Close()
			}
		}
	}()
	select { // a connection that is never given back must not keep us
	case <-done:
	case <-time.After(2 * time.Second):
	}
	if d.Private != nil {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		_ = d.Private.Stop(ctx)
	}
}

// startAfresh empties the private database of a demonstration that was cut off
// while it was set up, and builds the schema again.
func (d *database) startAfresh(ctx context.Context) error {
	if _, err := d.Owner.Exec(ctx, `drop schema if exists identity cascade; drop schema public cascade; create schema public`); err != nil {
		return err
	}
	d.Owner.Reset()
	d.Pool.Reset()
	return d.Migrate(ctx, os.Stderr)
}
