// Package testkit gives tests the real thing: an isolated, migrated PostgreSQL
// database for each test, a real Redis where there is one, and the optional
// data that is shared beside the checkout.
//
// A test program that asks for a database starts one private PostgreSQL, which
// lives until the program ends, however it ends. GONGPING_TEST_DATABASE_URL
// names a server to use instead; its user must be able to create databases and
// roles.
package testkit

import (
	"context"
	"fmt"
	"os"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"gongping/internal/pg"
	"gongping/migrations"
)

// maxConns bounds each pool, so that parallel tests share one server.
const maxConns = 8

// database is the isolated database of one test.
type database struct {
	url     string
	mu      sync.Mutex
	service *pgxpool.Pool
	owner   *pgxpool.Pool
}

var (
	databases sync.Map // testing.TB -> *database
	serial    atomic.Int64
)

// DB returns a pool on a database of the test's own, migrated and empty, that
// acts as the service does: it can insert facts and cannot change them. Calls
// with the same t, also of OwnerDB and URL, share one database; a subtest's t
// is another. Tests that use it may run in parallel.
func DB(t testing.TB) *pgxpool.Pool {
	t.Helper()
	d := isolated(t)
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.service == nil {
		p, err := pg.Open(context.Background(), d.url, maxConns)
		if err != nil {
			t.Fatalf("testkit: open as the service: %v", err)
		}
		d.service = p
	}
	return d.service
}

// OwnerDB returns a pool on the same database as DB with the owner's rights,
// for tests that set up or look at what the service may not touch.
func OwnerDB(t testing.TB) *pgxpool.Pool {
	t.Helper()
	d := isolated(t)
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.owner == nil {
		d.owner = open(t, d.url)
	}
	return d.owner
}

// URL returns the address of the same database as DB, with the owner's rights,
// for tests that start a whole service.
func URL(t testing.TB) string {
	t.Helper()
	return isolated(t).url
}

// EmptyURL returns the address of a new database without any schema, for tests
// of the migrations themselves.
func EmptyURL(t testing.TB) string {
	t.Helper()
	return create(t, "template0")
}

// isolated returns the database of t, making it at the first call.
func isolated(t testing.TB) *database {
	t.Helper()
	if d, ok := databases.Load(t); ok {
		return d.(*database)
	}
	tpl, err := template()
	if err != nil {
		t.Fatalf("testkit: %v", err)
	}
	d := &database{url: create(t, tpl)}
	databases.Store(t, d)
	t.Cleanup(func() {
		databases.Delete(t)
		for _, p := range []*pgxpool.Pool{d.service, d.owner} {
			closePool(t, p)
		}
	})
	return d
}

// create makes a database from a template and drops it when the test ends.
func create(t testing.TB, tpl string) string {
	t.Helper()
	admin, err := server()
	if err != nil {
		t.Fatalf("testkit: %v", err)
	}
	name := fmt.Sprintf("gongping_test_%d_%d", os.Getpid(), serial.Add(1))
	if err := admin.exec(`create database ` + pgx.Identifier{name}.Sanitize() + ` encoding 'UTF8' strategy file_copy template ` + pgx.Identifier{tpl}.Sanitize()); err != nil {
		t.Fatalf("testkit: make a database: %v", err)
	}
	t.Cleanup(func() {
		if err := admin.exec(`drop database if exists ` + pgx.Identifier{name}.Sanitize() + ` with (force)`); err != nil {
			t.Logf("testkit: drop %s: %v", name, err)
		}
	})
	return admin.url(name)
}

func open(t testing.TB, url string) *pgxpool.Pool {
	t.Helper()
	cfg, err := pgxpool.ParseConfig(url)
	if err != nil {
		t.Fatalf("testkit: %v", err)
	}
	cfg.MaxConns = maxConns
	p, err := pgxpool.NewWithConfig(context.Background(), cfg)
	if err != nil {
		t.Fatalf("testkit: %v", err)
	}
	return p
}

// closePool closes p, and fails the test rather than hang when a connection
// was never given back.
func closePool(t testing.TB, p *pgxpool.Pool) {
	if p == nil {
		return
	}
	done := make(chan struct{})
	go func() { p.Close(); close(done) }()
	select {
	case <-done:
	case <-time.After(time.Minute):
		t.Errorf("testkit: %d connections were not given back: rows not closed, or a worker not stopped?", p.Stat().AcquiredConns())
	}
}

// template returns the name of the migrated template database, made once per
// server and set of migrations.
var template = sync.OnceValues(func() (string, error) {
	admin, err := server()
	if err != nil {
		return "", err
	}
	name := "gongping_template_" + migrations.Digest()[:12]
	ctx := context.Background()
	conn, err := admin.pool.Acquire(ctx)
	if err != nil {
		return "", err
	}
	defer conn.Release()
	// Test programs that run side by side on one server make it only once.
	if _, err := conn.Exec(ctx, `select pg_advisory_lock(7236)`); err != nil {
		return "", err
	}
	defer conn.Exec(ctx, `select pg_advisory_unlock(7236)`) //nolint:errcheck // ends with the session anyway
	var whole bool
	err = conn.QueryRow(ctx, `select coalesce((select datistemplate from pg_database where datname = $1), false)`, name).Scan(&whole)
	if err != nil || whole {
		return name, err
	}
	id := pgx.Identifier{name}.Sanitize()
	for _, sql := range []string{`drop database if exists ` + id + ` with (force)`, `create database ` + id + ` encoding 'UTF8' template template0`} {
		if _, err := conn.Exec(ctx, sql); err != nil {
			return "", err
		}
	}
	pool, err := pgxpool.New(ctx, admin.url(name))
	if err != nil {
		return "", err
	}
	err = migrations.Migrate(ctx, pool, nil)
	pool.Close()
	if err != nil {
		return "", fmt.Errorf("migrate the template: %w", err)
	}
	_, err = conn.Exec(ctx, `alter database `+id+` is_template true`)
	return name, err
})
