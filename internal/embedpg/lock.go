package embedpg

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
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
	if err := lockOrOutlive(f); err != nil {
		owner := ownerOf(f)
		f.Close()
		if !errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, fmt.Errorf("lock %s: %w", path, err)
		}
		if owner == "" {
			owner = "unknown"
		}
		return nil, fault("in_use", "stop it first, or set GONGPING_DATA to another directory",
			"another gongping (process %s) is using the data directory %s", owner, filepath.Dir(path))
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

// outlive is how long a lock may outlive its process. A service that is killed
// in the moment in which it starts its database leaves a child that holds the
// lock until it has become PostgreSQL.
const outlive = 10 * time.Second

// lockOrOutlive takes the lock, and waits for it only while the process that is
// said to hold it is gone.
func lockOrOutlive(f *os.File) error {
	for end := time.Now().Add(outlive); ; time.Sleep(20 * time.Millisecond) {
		err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if !errors.Is(err, syscall.EWOULDBLOCK) || time.Now().After(end) {
			return err
		}
		pid, bad := strconv.Atoi(ownerOf(f))
		if bad != nil || !errors.Is(syscall.Kill(pid, 0), syscall.ESRCH) {
			return err
		}
	}
}

// ownerOf reads the process id that the holder of the lock wrote down.
func ownerOf(f *os.File) string {
	b := make([]byte, 64)
	n, _ := f.ReadAt(b, 0)
	return strings.TrimSpace(string(b[:n]))
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
