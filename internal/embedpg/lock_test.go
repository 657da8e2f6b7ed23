package embedpg

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestALockThatOutlivesItsProcess: the service was killed while it started its
// database, and for a moment a child holds the lock.
func TestALockThatOutlivesItsProcess(t *testing.T) {
	t.Parallel()
	dead := exec.Command("true")
	if err := dead.Run(); err != nil {
		t.Fatal(err)
	}
	held := func(pid int) (string, *os.File) {
		path := filepath.Join(t.TempDir(), "lock")
		if err := os.WriteFile(path, []byte(fmt.Sprintln(pid)), 0o600); err != nil {
			t.Fatal(err)
		}
		f, err := os.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX); err != nil {
			t.Fatal(err)
		}
		return path, f
	}
	path, child := held(dead.Process.Pid)
	time.AfterFunc(100*time.Millisecond, func() { child.Close() })
	f, err := takeLock(path)
	if err != nil {
		t.Fatalf("the lock of a process that is gone: %v", err)
	}
	f.Close()

	path, living := held(os.Getpid())
	defer living.Close()
	if _, err := takeLock(path); err == nil || !strings.Contains(err.Error(), fmt.Sprint(os.Getpid())) {
		t.Errorf("the lock of a living process: %v", err)
	}
}
