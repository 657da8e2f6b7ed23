package testkit_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"gongping/internal/testkit"
)

func TestDatabasesAreApart(t *testing.T) {
	t.Parallel()
	for i := range 4 {
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			t.Parallel()
			if _, err := testkit.OwnerDB(t).Exec(t.Context(), `create table mine (x int); grant select on mine to gongping_service`); err != nil {
				t.Fatal(err)
			}
			var role string
			var n int
			if err := testkit.DB(t).QueryRow(t.Context(), `select current_user, count(*) from mine`).Scan(&role, &n); err != nil {
				t.Fatal(err)
			}
			if role != "gongping_service" || n != 0 {
				t.Errorf("DB acts as %s and sees %d rows", role, n)
			}
		})
	}
}

// TestKilledProgramLeavesNothing starts this program again, kills it while its
// server runs, and waits for process and directory to go.
func TestKilledProgramLeavesNothing(t *testing.T) {
	t.Parallel()
	if os.Getenv("TESTKIT_HANG") != "" {
		if _, err := testkit.DB(t).Exec(t.Context(), `select 1`); err != nil {
			t.Fatal(err)
		}
		fmt.Println("up")
		time.Sleep(time.Minute)
		return
	}
	tmp, err := os.MkdirTemp("/tmp", "gongping-kill-")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(tmp)
	if err := os.Chmod(tmp, 0o711); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(os.Args[0], "-test.run=^TestKilledProgramLeavesNothing$")
	cmd.Env = append(os.Environ(), "TESTKIT_HANG=1", "TMPDIR="+tmp, "GONGPING_TEST_DATABASE_URL=")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	buf := make([]byte, 256)
	n, _ := out.Read(buf)
	if !strings.Contains(string(buf[:n]), "up") {
		t.Fatalf("the program said %q", buf[:n])
	}
	dirs, _ := filepath.Glob(filepath.Join(tmp, "gongping-test-*"))
	if len(dirs) != 1 {
		t.Fatalf("directories %v, want one", dirs)
	}
	_ = cmd.Process.Kill()
	_ = cmd.Wait()
	deadline := time.Now().Add(time.Minute)
	for {
		left, _ := filepath.Glob(filepath.Join(tmp, "gongping-test-*"))
		if len(left) == 0 {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%v is still there", left)
		}
		time.Sleep(20 * time.Millisecond)
	}
}

func TestRootHoldsGoMod(t *testing.T) {
	t.Parallel()
	if _, err := os.Stat(filepath.Join(testkit.Root(t), "go.mod")); err != nil {
		t.Error(err)
	}
}

func TestRedisStartsAndStops(t *testing.T) {
	t.Parallel()
	url, stop := testkit.Redis(t)
	if !strings.HasPrefix(url, "unix://") {
		t.Errorf("address %s", url)
	}
	stop()
	stop()
}

func BenchmarkDatabase(b *testing.B) {
	testkit.DB(b)
	b.ResetTimer()
	for range b.N {
		testkit.EmptyURL(b)
	}
}
