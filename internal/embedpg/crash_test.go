package embedpg

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// TestMain turns the test program into the service's stand-in when asked to: it
// starts a server, prints the postmaster's id, and waits to be killed.
func TestMain(m *testing.M) {
	dir := os.Getenv("EMBEDPG_CHILD")
	if dir == "" {
		os.Exit(m.Run())
	}
	s, err := Start(context.Background(), Config{Dir: dir})
	if err != nil {
		fmt.Println("error:", err)
		os.Exit(1)
	}
	fmt.Println(s.PID())
	select {}
}

// child starts the stand-in and returns it with the postmaster's id.
func child(t *testing.T, dir string) (*exec.Cmd, int) {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), "EMBEDPG_CHILD="+dir)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	var pid int
	if _, err := fmt.Sscanf(line, "%d", &pid); err != nil {
		t.Fatalf("the child said %q", strings.TrimSpace(line))
	}
	return cmd, pid
}

// TestKillLosesNothing commits rows through one instance, kills the service, the
// database or both without warning, and counts the rows through the next.
func TestKillLosesNothing(t *testing.T) {
	t.Parallel()
	for _, what := range []string{"service", "both", "database then service"} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			dir := openDir(t)
			cmd, pid := child(t, dir)
			url := fmt.Sprintf("postgresql://gongping@/gongping?host=%s", filepath.Join(dir, "run"))
			conn, err := pgx.Connect(t.Context(), url)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := conn.Exec(t.Context(), `create table kept (x int)`); err != nil {
				t.Fatal(err)
			}
			for i := range 50 {
				if _, err := conn.Exec(t.Context(), `insert into kept values ($1)`, i); err != nil {
					t.Fatal(err)
				}
			}
			switch what {
			case "both":
				_ = syscall.Kill(pid, syscall.SIGKILL)
			case "database then service":
				_ = syscall.Kill(pid, syscall.SIGKILL)
				time.Sleep(30 * time.Millisecond)
			}
			_ = cmd.Process.Kill()
			_ = cmd.Wait()
			conn.Close(context.Background())

			s := start(t, Config{Dir: dir})
			if got := query[int](t, s, `select count(*) from kept`); got != 50 {
				t.Errorf("%d rows after the kill, want 50", got)
			}
			if alive(pid) && pid != s.PID() {
				t.Errorf("the old postmaster %d still runs", pid)
			}
		})
	}
}

// TestForeignPidInLock puts the id of a living process that is not PostgreSQL
// into the lock file, as happens when ids are reused after a crash.
func TestForeignPidInLock(t *testing.T) {
	t.Parallel()
	dir := openDir(t)
	s := start(t, Config{Dir: dir})
	execSQL(t, s, `create table kept (x int); insert into kept values (7)`)
	pidFile := filepath.Join(dir, "pg", "postmaster.pid")
	old, err := os.ReadFile(pidFile)
	if err != nil {
		t.Fatal(err)
	}
	sockLock, err := os.ReadFile(filepath.Join(dir, "run", ".s.PGSQL."+port+".lock"))
	if err != nil {
		t.Fatal(err)
	}
	_ = s.Stop(t.Context())
	me := fmt.Sprint(os.Getppid())
	for path, b := range map[string][]byte{pidFile: old, filepath.Join(dir, "run", ".s.PGSQL."+port+".lock"): sockLock} {
		rest := string(b[strings.IndexByte(string(b), '\n'):])
		if err := os.WriteFile(path, []byte(me+rest), 0o600); err != nil {
			t.Fatal(err)
		}
		if s.acct.drop {
			_ = os.Chown(path, s.acct.uid, s.acct.gid)
		}
	}
	s = start(t, Config{Dir: dir})
	if got := query[int](t, s, `select x from kept`); got != 7 {
		t.Errorf("x = %d, want 7", got)
	}
}

// TestDatabaseIsRestarted kills the postmaster under a living service.
func TestDatabaseIsRestarted(t *testing.T) {
	t.Parallel()
	dir := openDir(t)
	s := start(t, Config{Dir: dir})
	execSQL(t, s, `create table kept (x int); insert into kept values (7)`)
	first := s.PID()
	if err := syscall.Kill(first, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	deadline := time.Now().Add(time.Minute)
	for {
		conn, err := pgx.Connect(t.Context(), s.URL(Database))
		if err == nil {
			var x int
			err = conn.QueryRow(t.Context(), `select x from kept`).Scan(&x)
			conn.Close(context.Background())
			if err == nil && x == 7 && s.PID() != first {
				return
			}
		}
		if time.Now().After(deadline) {
			t.Fatalf("not back after a minute: %v", err)
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// TestNothingRunsAfterStop checks that no process is left in the cluster.
func TestNothingRunsAfterStop(t *testing.T) {
	t.Parallel()
	dir := openDir(t)
	s := start(t, Config{Dir: dir, Scratch: true})
	pid := s.PID()
	_ = s.Stop(t.Context())
	if alive(pid) {
		t.Errorf("postmaster %d still runs", pid)
	}
	if pids, known := processesIn(filepath.Join(dir, "pg")); known && len(pids) > 0 {
		t.Errorf("processes %v still stand in the cluster", pids)
	}
}

// alive reports whether pid exists and is no zombie.
func alive(pid int) bool {
	if err := syscall.Kill(pid, 0); errors.Is(err, syscall.ESRCH) {
		return false
	}
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	return err == nil && !strings.Contains(string(b), ") Z ")
}
