package testkit

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"sync"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"gongping/internal/embedpg"
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
		if base, err = private(); err != nil {
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

// private starts a PostgreSQL of the test program's own and returns its address.
func private() (string, error) {
	dir, err := os.MkdirTemp("", "gongping-test-")
	if err != nil {
		return "", err
	}
	if err := os.Chmod(dir, 0o711); err != nil {
		return "", err
	}
	if err := watch(dir); err != nil {
		return "", err
	}
	ctx, cancel := context.WithTimeout(context.Background(), 60*time.Second)
	defer cancel()
	s, err := embedpg.Start(ctx, embedpg.Config{Dir: dir, Scratch: true})
	if err != nil {
		return "", err
	}
	return s.URL("postgres"), nil
}

// cleaner waits until its input ends, which the kernel sees to when the test
// program ends in whatever way, then stops the server and removes its directory.
const cleaner = `trap '' INT TERM HUP
read -r _
pid=$(head -n 1 "$1/pg/postmaster.pid" 2>/dev/null)
if [ -n "$pid" ]; then kill -QUIT "$pid" 2>/dev/null; fi
n=0
while [ -e "$1/pg/postmaster.pid" ] && [ $n -lt 100 ]; do sleep 0.05; n=$((n+1)); done
rm -rf "$1"`

// watch starts the cleaner. A Go program has no hook that runs at its end, and
// none could run when it is killed.
func watch(dir string) error {
	cmd := exec.Command("/bin/sh", "-c", cleaner, "gongping-test-cleaner", dir)
	cmd.Dir = "/"
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	alive, err := cmd.StdinPipe()
	if err != nil {
		return err
	}
	_ = alive // open until the program ends
	keep = append(keep, alive)
	return cmd.Start()
}

// keep holds on to the pipes, which the collector would otherwise close.
var keep []any
