package embedpg

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// takeLock takes the lock that keeps a second instance off the directory. The
// kernel releases it when the process ends, however it ends.
func takeLock(path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		if errors.Is(err, os.ErrPermission) {
			return nil, fault("owner", "run as the owner of the directory, or set GONGPING_DATA to one of your own",
				"may not write %s", path)
		}
		return nil, err
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		owner, _ := io.ReadAll(io.LimitReader(f, 64))
		f.Close()
		if !errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, fmt.Errorf("lock %s: %w", path, err)
		}
		who := strings.TrimSpace(string(owner))
		if who == "" {
			who = "unknown"
		}
		return nil, fault("in_use", "stop it first, or set GONGPING_DATA to another directory",
			"another gongping (process %s) is using the data directory %s", who, filepath.Dir(path))
	}
	if err := f.Truncate(0); err == nil {
		_, err = f.WriteAt([]byte(fmt.Sprintf("%d\n", os.Getpid())), 0)
		if err != nil {
			f.Close()
			return nil, err
		}
	}
	return f, nil
}

// clearStale readies the directory after a crash. The caller holds the lock, so
// any server still at work on the cluster is an orphan of a killed instance: it
// is asked to stop and waited for. Only when no process is left in the cluster
// are PostgreSQL's own lock files removed; it would otherwise mistake a reused
// or zombie process id for a living server and refuse to start.
func (s *Server) clearStale() error {
	pidFile := filepath.Join(s.pg, "postmaster.pid")
	deadline := time.Now().Add(60 * time.Second)
	for asked := false; ; {
		pids, known := processesIn(s.pg)
		if !known {
			return nil // cannot tell on this system: leave the check to PostgreSQL
		}
		if len(pids) == 0 {
			break
		}
		if time.Now().After(deadline) {
			return fault("orphan", fmt.Sprintf("stop it: kill -INT %d", pids[0]),
				"a PostgreSQL of an earlier run (process %d) still works on %s and does not stop", pids[0], s.pg)
		}
		if !asked {
			asked = true
			if pid := recordedPID(pidFile); contains(pids, pid) {
				s.log.Warn("stopping the PostgreSQL of an earlier run", "pid", pid)
				_ = syscall.Kill(pid, syscall.SIGINT)
			}
		}
		time.Sleep(10 * time.Millisecond)
	}
	sock := filepath.Join(s.run, ".s.PGSQL."+port)
	for _, f := range []string{pidFile, sock, sock + ".lock"} {
		if err := os.Remove(f); err == nil {
			s.log.Info("removed a stale lock file", "file", f)
		} else if !errors.Is(err, os.ErrNotExist) {
			return fmt.Errorf("remove stale lock: %w", err)
		}
	}
	return nil
}

// recordedPID is the first line of postmaster.pid, or 0.
func recordedPID(file string) int {
	b, err := os.ReadFile(file)
	if err != nil {
		return 0
	}
	var pid int
	if _, err := fmt.Sscanf(string(b), "%d", &pid); err != nil {
		return 0
	}
	return pid
}

func contains(pids []int, pid int) bool {
	for _, p := range pids {
		if p == pid {
			return true
		}
	}
	return false
}
