package testkit

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
)

// Root returns the directory of go.mod, above the test's own.
func Root(t testing.TB) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir
		}
		up := filepath.Dir(dir)
		if up == dir {
			t.Fatal("testkit: no go.mod above the test's directory")
		}
		dir = up
	}
}

// SharedDir returns the directory of real-world data that is not part of the
// repository: GONGPING_SHARED, or "shared" beside the checkout. Where there is
// none, the test is skipped.
func SharedDir(t testing.TB) string {
	t.Helper()
	dir := os.Getenv("GONGPING_SHARED")
	if dir == "" {
		dir = filepath.Join(Root(t), "..", "shared")
	}
	if st, err := os.Stat(dir); err != nil || !st.IsDir() {
		t.Skipf("the shared data is not at hand: %s is no directory (set GONGPING_SHARED to where it is)", dir)
	}
	return dir
}

// SharedFile returns a file below SharedDir, and skips the test when it is not
// there.
func SharedFile(t testing.TB, elem ...string) string {
	t.Helper()
	path := filepath.Join(append([]string{SharedDir(t)}, elem...)...)
	if _, err := os.Stat(path); err != nil {
		t.Skipf("the shared data is not at hand: %v", err)
	}
	return path
}

// Redis starts a private Redis on a Unix socket and returns its address and a
// function that stops it at once, for tests of what happens then. It is stopped
// in any case when the test ends. The test is skipped where no redis-server is
// installed.
func Redis(t testing.TB) (url string, stop func()) {
	t.Helper()
	bin, err := exec.LookPath("redis-server")
	if err != nil {
		t.Skip("redis-server is not installed; the in-process stand-in is tested all the same")
	}
	dir, err := os.MkdirTemp("", "gongping-redis-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	sock := filepath.Join(dir, "s")
	cmd := exec.Command(bin, "--port", "0", "--unixsocket", sock, "--save", "", "--appendonly", "no", "--dir", dir, "--daemonize", "no")
	endWithParent(cmd)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	stopped := false
	stop = func() {
		if !stopped {
			stopped = true
			_ = cmd.Process.Kill()
			_ = cmd.Wait()
		}
	}
	t.Cleanup(stop)
	c := redis.NewClient(&redis.Options{Network: "unix", Addr: sock})
	defer c.Close()
	deadline := time.Now().Add(time.Minute)
	for {
		err := c.Ping(context.Background()).Err()
		if err == nil {
			return fmt.Sprintf("unix://%s", sock), stop
		}
		if time.Now().After(deadline) {
			t.Fatalf("testkit: redis does not answer: %v", err)
		}
		time.Sleep(10 * time.Millisecond)
	}
}
