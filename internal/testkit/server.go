package testkit

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"sync"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"gongping/internal/testkit/scratch"
)

// admin is the server that the test program works on.
type admin struct {
	pool *pgxpool.Pool
	base string
}

// url is the address of a database of the server.
func (a *admin) url(database string) string {
	u, err := url.Parse(a.base)
	if err != nil {
		panic(err) // it has been parsed by pgxpool before
	}
	u.Path = "/" + database
	return u.String()
}

func (a *admin) exec(sql string) error {
	_, err := a.pool.Exec(context.Background(), sql)
	return err
}

// server returns the one server of this test program.
var server = sync.OnceValues(func() (*admin, error) {
	base := os.Getenv("GONGPING_TEST_DATABASE_URL")
	if base == "" {
		var err error
		if base, err = scratch.Start(nil); err != nil {
			return nil, err
		}
	}
	cfg, err := pgxpool.ParseConfig(base)
	if err != nil {
		return nil, fmt.Errorf("GONGPING_TEST_DATABASE_URL cannot be read: %w", err)
	}
	cfg.MaxConns = 4
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	pool, err := pgxpool.NewWithConfig(ctx, cfg)
	if err != nil {
		return nil, err
	}
	if err := pool.Ping(ctx); err != nil {
		return nil, fmt.Errorf("the test server does not answer: %w", err)
	}
	return &admin{pool: pool, base: base}, nil
})
