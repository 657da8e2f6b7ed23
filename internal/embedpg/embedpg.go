// Package embedpg runs a private PostgreSQL server as a child of this process.
//
// The server listens on a Unix socket only, in a directory that nobody else may
// enter, and knows its one client by the kernel's word for who is calling (peer
// authentication through a user map), so there is neither a port nor a password.
// A file lock keeps two instances off the same data directory. If this process
// dies, the kernel tells PostgreSQL to stop (Linux); if PostgreSQL dies, it is
// started again. Nothing in this package ever deletes a database cluster.
//
// The layout below Config.Dir is
//
//	lock      held with flock(2) while a server runs; names its owner
//	pg/       the cluster (PGDATA), mode 0700
//	run/      the socket, mode 0700
package embedpg

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"time"

	"gongping/internal/errs"
)

const (
	// Superuser is the database role that owns the cluster. Only the operating
	// system account that started it can become it.
	Superuser = "gongping"
	// Database is the database made at the first start.
	Database = "gongping"
	// MinMajor is the oldest PostgreSQL that the schema is written for.
	MinMajor = 15

	port = "5432" // part of the socket's file name only; no port is opened
)

// Config says where and how the server runs. The zero value of every field but
// Dir is usable.
type Config struct {
	// Dir holds the cluster, the socket and the lock. It is made when missing.
	Dir string
	// BinDir is a directory with initdb and postgres. Empty means: look for
	// one, see FindBinaries.
	BinDir string
	// Scratch trades safety for speed: nothing is synced to disk. For tests.
	Scratch bool
	// Settings are written after the package's own PostgreSQL settings.
	Settings map[string]string
	// Log receives the server's own messages. Nil discards them.
	Log *slog.Logger
}

// Server is a running PostgreSQL. It is safe for concurrent use.
type Server struct {
	cfg  Config
	bin  Binaries
	acct account
	lock *os.File
	pg   string // PGDATA
	run  string // socket directory
	log  *slog.Logger

	mu   sync.Mutex
	proc *process

	stop     chan struct{} // closed by Stop
	stopOnce sync.Once
	ended    chan struct{} // closed when the supervisor has returned
}

// Start brings up the server of cfg.Dir, making the cluster first when there is
// none, and returns when it answers. It fails with a *errs.Error that says how
// to mend the matter: no binaries, directory in use, cluster of another version,
// directory closed to the account that PostgreSQL runs under.
func Start(ctx context.Context, cfg Config) (*Server, error) {
	dir, err := filepath.Abs(cfg.Dir)
	if err != nil {
		return nil, err
	}
	cfg.Dir = dir
	s := &Server{
		cfg: cfg, log: cfg.Log, pg: filepath.Join(dir, "pg"),
		stop: make(chan struct{}), ended: make(chan struct{}),
	}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	if s.acct, err = pickAccount(); err != nil {
		return nil, err
	}
	if err := makeDir(dir, s.acct); err != nil {
		return nil, err
	}
	if s.lock, err = takeLock(filepath.Join(dir, "lock")); err != nil {
		return nil, err
	}
	if err := s.bringUp(ctx); err != nil {
		s.lock.Close()
		return nil, err
	}
	go s.supervise()
	return s, nil
}

// bringUp does the part of Start that runs under the lock.
func (s *Server) bringUp(ctx context.Context) error {
	major, err := clusterMajor(s.pg)
	if err != nil {
		return err
	}
	if s.bin, err = FindBinaries(s.cfg.BinDir, s.cfg.Dir, major); err != nil {
		return err
	}
	if s.run, err = socketDir(s.cfg.Dir, s.acct); err != nil {
		return err
	}
	if major == 0 {
		s.log.Info("making the database cluster", "dir", s.pg, "postgres", s.bin.Version)
		if err := s.initCluster(ctx); err != nil {
			return err
		}
	}
	if err := s.launch(ctx); err != nil {
		return err
	}
	if err := s.ensureDatabase(ctx); err != nil {
		s.proc.end(10 * time.Second)
		return err
	}
	return nil
}

// URL returns the connection string of a database of this server, for pgx and
// for psql run by the same account.
func (s *Server) URL(database string) string { return address(s.run, database) }

// RunningURL is the connection string of Database on the server that another
// process of the same account runs in dir. It does not check that there is one:
// Start does, and says so with an error that InUse recognises.
func RunningURL(dir string) (string, error) {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return "", err
	}
	a, err := pickAccount()
	if err != nil {
		return "", err
	}
	return address(socketPath(abs, a), Database), nil
}

// InUse reports whether err is Start's refusal because another process runs a
// server in the directory.
func InUse(err error) bool {
	e, ok := errors.AsType[*errs.Error](err)
	return ok && e.Key == "postgres.in_use"
}

func address(run, database string) string {
	q := url.Values{"host": {run}, "port": {port}}
	u := url.URL{Scheme: "postgresql", User: url.User(Superuser), Path: "/" + database, RawQuery: q.Encode()}
	return u.String()
}

// Version is the server's version, such as "15.14".
func (s *Server) Version() string { return s.bin.Version }

// PID is the process id of the postmaster, or 0 while it is down.
func (s *Server) PID() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.proc == nil || s.proc.dead() {
		return 0
	}
	return s.proc.pid
}

// Stop shuts the server down: running statements are cancelled, committed work
// is on disk. After ten seconds, or when ctx ends, it is made to stop at once,
// which the next start recovers from. Stop may be called more than once.
func (s *Server) Stop(ctx context.Context) error {
	s.stopOnce.Do(func() { close(s.stop) })
	select {
	case <-s.ended:
	case <-ctx.Done():
		s.mu.Lock()
		if s.proc != nil {
			s.proc.signal(syscall.SIGQUIT)
		}
		s.mu.Unlock()
		<-s.ended
	}
	return nil
}

// fault builds the error of a set-up problem that the operator can mend.
func fault(key, hint, format string, args ...any) *errs.Error {
	e := errs.New(errs.Unavailable, "postgres."+key, format, args...)
	e.Hint = hint
	return e
}

// makeDir makes the parent directory so that the account can pass through it.
func makeDir(dir string, a account) error {
	if err := os.MkdirAll(dir, 0o711); err != nil {
		if errors.Is(err, os.ErrPermission) {
			return fault("dir", "set GONGPING_DATA to a directory that you may write to",
				"cannot make the data directory %s", dir)
		}
		return fmt.Errorf("make data directory: %w", err)
	}
	return a.mayEnter(dir)
}
