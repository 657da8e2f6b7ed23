package embedpg

import (
	"bufio"
	"context"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
)

// process is one run of the postmaster.
type process struct {
	pid  int
	done chan struct{} // closed when it has ended
	err  error         // how it ended; read after done

	mu   sync.Mutex
	tail []string // its last messages
}

// launch starts the postmaster and waits until it answers.
func (s *Server) launch(ctx context.Context) error {
	if err := s.clearStale(); err != nil {
		return err
	}
	if err := s.acct.own(s.run); err != nil {
		return err
	}
	if err := s.writeConfig(); err != nil {
		return err
	}
	p, err := s.spawn()
	if err != nil {
		return fault("start", "`gongping doctor` checks the set-up", "cannot start %s: %v", filepath.Join(s.bin.Dir, "postgres"), err)
	}
	if err := s.await(ctx, p); err != nil {
		p.end(5 * time.Second)
		return err
	}
	s.mu.Lock()
	s.proc = p
	s.mu.Unlock()
	return nil
}

// spawn starts the program from a thread of its own: the kernel ties the signal
// at the parent's death to the thread that forked, so that thread must live as
// long as the child. The goroutine stays on it until the child has ended.
func (s *Server) spawn() (*process, error) {
	r, w, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	// What must never be otherwise stands on the command line, which wins over
	// every file.
	cmd := exec.Command(filepath.Join(s.bin.Dir, "postgres"), "-D", s.pg, "-p", port,
		"-c", "listen_addresses=", "-c", "unix_socket_directories="+s.run, "-c", "unix_socket_permissions=0700",
		"-c", "logging_collector=off", "-c", "log_destination=stderr")
	cmd.Dir, cmd.Env, cmd.Stdout, cmd.Stderr = s.pg, environment(), w, w
	cmd.SysProcAttr = childAttr(s.acct.credential())
	p := &process{done: make(chan struct{})}
	started := make(chan error, 1)
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		if err := cmd.Start(); err != nil {
			started <- err
			return
		}
		p.pid = cmd.Process.Pid
		started <- nil
		p.err = cmd.Wait()
		close(p.done)
	}()
	err = <-started
	w.Close()
	if err != nil {
		r.Close()
		return nil, err
	}
	go p.relay(r, s.log)
	return p, nil
}

// relay passes the server's messages on and keeps the last ones.
func (p *process) relay(r io.ReadCloser, log *slog.Logger) {
	defer r.Close()
	sc := bufio.NewScanner(r)
	for sc.Scan() {
		line := strings.TrimSpace(sc.Text())
		if line == "" {
			continue
		}
		p.mu.Lock()
		p.tail = append(p.tail, line)
		if len(p.tail) > 8 {
			p.tail = p.tail[1:]
		}
		p.mu.Unlock()
		log.Log(context.Background(), severity(line), "postgres", "message", line)
	}
	_, _ = io.Copy(io.Discard, r) // an overlong line must not block the server
}

// severity is the level at which a message of the server is passed on. What it
// calls fatal is so for one connection, and ordinary while it starts or stops.
func severity(line string) slog.Level {
	switch {
	case strings.HasPrefix(line, "PANIC"):
		return slog.LevelError
	case strings.HasPrefix(line, "FATAL") && !strings.Contains(line, "the database system is") && !strings.Contains(line, "administrator command"):
		return slog.LevelWarn
	}
	return slog.LevelDebug
}

// await polls until the server accepts a connection, has died, or ctx ends.
func (s *Server) await(ctx context.Context, p *process) error {
	cfg, err := pgconn.ParseConfig(s.URL("postgres"))
	if err != nil {
		return err
	}
	cfg.ConnectTimeout = 5 * time.Second
	for pause := 3 * time.Millisecond; ; pause = min(pause*3/2, 100*time.Millisecond) {
		conn, err := pgconn.ConnectConfig(ctx, cfg)
		if err == nil {
			return conn.Close(ctx)
		}
		select {
		case <-p.done:
			time.Sleep(20 * time.Millisecond) // let relay read the last words
			return fault("start", "see the message; `gongping doctor` checks the set-up",
				"PostgreSQL ended at once (%v): %s", p.err, p.lastWords())
		case <-ctx.Done():
			return fault("start", "a long recovery may need more time", "PostgreSQL did not answer in time: %v: %s", err, p.lastWords())
		case <-time.After(pause):
		}
	}
}

func (p *process) lastWords() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return strings.Join(p.tail, "; ")
}

func (p *process) dead() bool {
	select {
	case <-p.done:
		return true
	default:
		return false
	}
}

// signal sends sig unless the process has ended, when its id may be another's.
func (p *process) signal(sig syscall.Signal) {
	if !p.dead() {
		_ = syscall.Kill(p.pid, sig)
	}
}

// end stops the process: fast shutdown, then at once, then by force.
func (p *process) end(patience time.Duration) {
	for _, step := range []struct {
		sig  syscall.Signal
		wait time.Duration
	}{{syscall.SIGINT, patience}, {syscall.SIGQUIT, 5 * time.Second}, {syscall.SIGKILL, 5 * time.Second}} {
		p.signal(step.sig)
		select {
		case <-p.done:
			return
		case <-time.After(step.wait):
		}
	}
}

// supervise restarts the postmaster whenever it ends by itself, until Stop.
func (s *Server) supervise() {
	defer close(s.ended)
	defer s.lock.Close()
	for {
		select {
		case <-s.stop:
			s.proc.end(10 * time.Second)
			return
		case <-s.proc.done:
		}
		s.log.Error("PostgreSQL ended unexpectedly, starting it again", "how", s.proc.err, "message", s.proc.lastWords())
		if !s.relaunch() {
			return
		}
	}
}

// relaunch tries until the server is up again; false means Stop was called.
func (s *Server) relaunch() bool {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	go func() {
		select {
		case <-s.stop:
			cancel()
		case <-ctx.Done():
		}
	}()
	for pause := 50 * time.Millisecond; ; pause = min(2*pause, 5*time.Second) {
		err := s.launch(ctx)
		if err == nil {
			s.log.Info("PostgreSQL is up again", "pid", s.PID())
			return true
		}
		select {
		case <-s.stop:
			return false
		case <-time.After(pause):
			s.log.Error("PostgreSQL does not start", "error", err)
		}
	}
}
