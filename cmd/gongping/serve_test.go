package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"gongping/internal/config"
	"gongping/internal/embedpg"
	"gongping/internal/testkit"
)

// TestMain lets the test program be the real one: started with this variable it
// runs main, so that kills and signals hit a process of its own.
func TestMain(m *testing.M) {
	if os.Getenv("GONGPING_BE_THE_PROGRAM") != "" {
		main()
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// program is a run of gongping.
type program struct {
	*exec.Cmd
	mu   sync.Mutex
	text bytes.Buffer
}

func (p *program) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.text.Write(b)
}

func (p *program) said() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.text.String()
}

// begin starts gongping with settings and arguments.
func begin(t *testing.T, settings []string, args ...string) *program {
	t.Helper()
	p := &program{Cmd: exec.Command(os.Args[0], args...)}
	for _, kv := range os.Environ() {
		if !strings.HasPrefix(kv, "GONGPING_") {
			p.Env = append(p.Env, kv)
		}
	}
	p.Env = append(append(p.Env, "GONGPING_BE_THE_PROGRAM=1"), settings...)
	p.Stdout, p.Stderr = p, p
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.Process.Kill(); _ = p.Wait() })
	return p
}

// finish runs gongping to its end and returns its output and exit status.
func finish(t *testing.T, settings []string, args ...string) (string, int) {
	t.Helper()
	p := begin(t, settings, args...)
	_ = p.Wait()
	return p.said(), p.ProcessState.ExitCode()
}

// place makes a data directory and finds a free address.
func place(t *testing.T) (dir, addr string, settings []string) {
	t.Helper()
	dir, err := os.MkdirTemp("/tmp", "gongping-serve-")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(dir, 0o711); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	addr = freeAddr(t)
	return dir, addr, []string{"GONGPING_DATA=" + dir, "GONGPING_ADDR=" + addr}
}

func freeAddr(t *testing.T) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	return ln.Addr().String()
}

// ready waits until the service says so and returns how long that took.
func (p *program) ready(t *testing.T, addr string) time.Duration {
	t.Helper()
	began := time.Now()
	for time.Since(began) < 90*time.Second {
		if status, _ := get("http://" + addr + "/readyz"); status == http.StatusOK {
			return time.Since(began)
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatalf("not ready after 90 s: %s", p.said())
	return 0
}

func get(url string) (int, string) {
	c := http.Client{Timeout: 30 * time.Second}
	res, err := c.Get(url)
	if err != nil {
		return 0, ""
	}
	defer res.Body.Close()
	b, _ := io.ReadAll(res.Body)
	return res.StatusCode, string(b)
}

// onDatabase runs a statement as the owner on the private database in dir.
func onDatabase(t *testing.T, dir, sql string) (n int) {
	t.Helper()
	url, err := embedpg.RunningURL(dir)
	if err != nil {
		t.Fatal(err)
	}
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	if err := conn.QueryRow(t.Context(), sql).Scan(&n); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return n
}

func TestServeIsKilledAndComesBack(t *testing.T) {
	t.Parallel()
	dir, addr, settings := place(t)
	p := begin(t, settings, "serve")
	p.ready(t, addr)
	if _, body := get("http://" + addr + "/metrics"); !strings.Contains(body, "gongping_build_info") {
		t.Error("/metrics lacks the build")
	}
	execOn(t, dir, `create table kept (x int); insert into kept values (7)`)
	_ = p.Process.Kill()
	_ = p.Wait()

	p = begin(t, settings, "serve")
	if d := p.ready(t, addr); d > 75*time.Second {
		t.Errorf("ready after %v, want a few seconds on a machine at rest", d)
	}
	if n := onDatabase(t, dir, `select x from kept`); n != 7 {
		t.Errorf("x = %d, want 7", n)
	}
	began := time.Now()
	if err := p.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := p.Wait(); err != nil {
		t.Errorf("ended with %v: %s", err, p.said())
	}
	if d := time.Since(began); d > stopWithin+20*time.Second { // beside others it waits for a processor
		t.Errorf("stopping took %v", d)
	}
	if !strings.Contains(p.said(), "http://"+addr) {
		t.Errorf("the address is not printed: %s", p.said())
	}
	if _, err := os.Stat(filepath.Join(dir, "pg", "postmaster.pid")); err == nil {
		t.Error("PostgreSQL still runs")
	}
}

func execOn(t *testing.T, dir, sql string) {
	t.Helper()
	url, err := embedpg.RunningURL(dir)
	if err != nil {
		t.Fatal(err)
	}
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	if _, err := conn.Exec(t.Context(), sql); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
}

// TestCommandsJoinARunningService runs the other commands beside a service.
func TestCommandsJoinARunningService(t *testing.T) {
	t.Parallel()
	dir, addr, settings := place(t)
	if out, status := finish(t, settings, "doctor"); status != 0 || !strings.Contains(out, "gongping serve makes it") {
		t.Errorf("doctor before the first start: %d, %s", status, out)
	}
	if _, err := os.Stat(filepath.Join(dir, "pg")); err == nil {
		t.Error("doctor made a cluster")
	}
	begin(t, settings, "serve").ready(t, addr)

	out, status := finish(t, settings, "doctor", "--json")
	var all []finding
	if err := json.Unmarshal([]byte(out), &all); err != nil || status != 0 {
		t.Fatalf("doctor --json: %d, %v: %s", status, err, out)
	}
	for _, f := range all {
		if f.State != stateOK {
			t.Errorf("%+v", f)
		}
	}
	if out, status := finish(t, settings, "migrate", "--status"); status != 0 || !strings.Contains(out, "up to date") {
		t.Errorf("migrate: %d, %s", status, out)
	}
	if out, status := finish(t, settings, "serve"); status != 1 || !strings.Contains(out, "GONGPING_ADDR=127.0.0.1:8081") {
		t.Errorf("second service, same address: %d, %s", status, out)
	}
	other := []string{"GONGPING_DATA=" + dir, "GONGPING_ADDR=" + freeAddr(t)}
	if out, status := finish(t, other, "serve"); status != 1 || !strings.Contains(out, "another gongping") {
		t.Errorf("second service, same data: %d, %s", status, out)
	}
}

// TestOwnServers runs the service on a PostgreSQL and a Redis that are not its
// own, then without the Redis.
func TestOwnServers(t *testing.T) {
	t.Parallel()
	redisURL, stopRedis := testkit.Redis(t)
	dir, addr, settings := place(t)
	settings = append(settings, "GONGPING_DATABASE_URL="+testkit.EmptyURL(t), "GONGPING_REDIS_URL="+redisURL)
	p := begin(t, settings, "serve")
	p.ready(t, addr)
	if _, err := os.Stat(filepath.Join(dir, "pg")); err == nil {
		t.Error("a private cluster was made all the same")
	}
	if out, status := finish(t, settings, "doctor"); status != 0 || !strings.Contains(out, "answers (1 addresses)") {
		t.Errorf("doctor: %d, %s", status, out)
	}
	stopRedis()
	if status, _ := get("http://" + addr + "/readyz"); status != http.StatusOK {
		t.Errorf("without Redis: status %d; it may be slower, but it works", status)
	}
	out, status := finish(t, settings, "doctor")
	if status != 1 || !strings.Contains(out, "does not answer") {
		t.Errorf("doctor without Redis: %d, %s", status, out)
	}
}

// TestLostKeyIsNoticed removes the key while the database holds sealed data.
func TestLostKeyIsNoticed(t *testing.T) {
	t.Parallel()
	dir, addr, settings := place(t)
	p := begin(t, settings, "serve")
	p.ready(t, addr)
	execOn(t, dir, `set session_replication_role = replica;
		insert into identity.person (district, frame_id, person_id, sealed) values ('310104', gen_random_uuid(), 'p', 'x')`)
	_ = p.Process.Signal(os.Interrupt)
	_ = p.Wait()
	if err := os.Remove(filepath.Join(dir, "key")); err != nil {
		t.Fatal(err)
	}
	out, status := finish(t, settings, "serve")
	if status != 1 || !strings.Contains(out, "its key is missing") {
		t.Errorf("%d, %s", status, out)
	}
	if _, err := os.Stat(filepath.Join(dir, "key")); err == nil {
		t.Error("a new key hides that the old one is lost")
	}
	// Another installation's key is no better: what it seals from now on would
	// not open together with what is there.
	if _, err := config.MasterKey(filepath.Join(dir, "key")); err != nil {
		t.Fatal(err)
	}
	for _, command := range []string{"serve", "doctor"} {
		out, status := finish(t, settings, command)
		if status != 1 || !strings.Contains(out, "the key does not open") {
			t.Errorf("%s: %d, %s", command, status, out)
		}
	}
}

func TestExitStatusAndMessages(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		settings, args []string
		status         int
		says           []string
	}{
		{nil, []string{"version"}, 0, []string{"go1.", "schema"}},
		{nil, []string{"--help"}, 0, []string{"GONGPING_DATABASE_URL", "serve --demo"}},
		{nil, []string{"serve", "--nonsense"}, 2, []string{"gongping serve --help"}},
		{nil, []string{"nonsense"}, 2, []string{"unknown command", "gongping --help"}},
		{nil, []string{"draw", "nonsense"}, 2, []string{"unknown command", "reveal"}},
		{nil, []string{"user", "add"}, 2, []string{"user add LOGIN"}},
		{nil, []string{"import", "frame", "x.csv"}, 2, []string{`"name"`, "gongping import frame --help"}},
		{[]string{"GONGPING_ADDR=x", "GONGPING_LOG=y"}, []string{"serve"}, 1, []string{"GONGPING_ADDR", "GONGPING_LOG"}},
		{[]string{"GONGPING_LOG=y"}, []string{"doctor"}, 1, []string{"GONGPING_LOG", "correct the variable"}},
		{[]string{"GONGPING_DATABASE_URL=postgres://x:geheim@127.0.0.1:1/y"}, []string{"migrate"}, 1, []string{"does not answer", "doctor"}},
	} {
		out, status := finish(t, tc.settings, tc.args...)
		if status != tc.status {
			t.Errorf("%v: status %d, want %d: %s", tc.args, status, tc.status, out)
		}
		for _, s := range tc.says {
			if !strings.Contains(out, s) {
				t.Errorf("%v: %q is not in: %s", tc.args, s, out)
			}
		}
		if strings.Contains(out, "geheim") {
			t.Errorf("%v shows the password: %s", tc.args, out)
		}
	}
	var b build
	out, _ := finish(t, nil, "version", "--json")
	if err := json.Unmarshal([]byte(out), &b); err != nil || b.Migrations < 1 || fmt.Sprintf("%.2s", b.Go) != "go" {
		t.Errorf("version --json: %+v, %v", b, err)
	}
}

// TestWrongUseIsTold stays within this process: the program's own start takes
// most of a second under the race detector.
func TestWrongUseIsTold(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		args   []string
		status int
		says   []string
	}{
		{[]string{"help", "draw", "reveal"}, 0, []string{"gongping draw reveal COMMITMENT"}},
		{[]string{"help", "nonsense"}, 2, []string{`no command "nonsense"`, "gongping --help"}},
		{[]string{"completion", "nonsense"}, 2, []string{"bash", "zsh"}},
		{[]string{"import", "template", "nonsense"}, 2, []string{`"nonsense"`, "areas", "places", "census"}},
		{[]string{"import", "template", "places"}, 0, []string{"坐标系"}},
		{[]string{"conformance", "/nowhere/at/all"}, 1, []string{"/nowhere/at/all: no such file"}},
		{[]string{"conformance", os.Args[0]}, 1, []string{"a directory with case files is expected"}},
	} {
		var out bytes.Buffer
		root := rootCmd()
		root.SetOut(&out)
		root.SetArgs(tc.args)
		status, said := 0, ""
		if err := root.ExecuteContext(t.Context()); err != nil {
			status, said = exitStatus(err), err.Error()
		}
		said += out.String()
		if status != tc.status {
			t.Errorf("%v: status %d, want %d: %s", tc.args, status, tc.status, said)
		}
		for _, s := range tc.says {
			if !strings.Contains(said, s) {
				t.Errorf("%v: %q is not in: %s", tc.args, s, said)
			}
		}
	}
}

// TestDoctorLooksAboveADirectoryThatIsNotThere asks whether the data directory
// could be made, long before serve tries to.
func TestDoctorLooksAboveADirectoryThatIsNotThere(t *testing.T) {
	t.Parallel()
	top := t.TempDir()
	if got := nearest(filepath.Join(top, "a", "b")); got != top {
		t.Errorf("nearest: %s, want %s", got, top)
	}
	cfg := config.Config{Data: filepath.Join(top, "a", "b")}
	if f := checkDataDir(cfg); f.State != stateOK {
		t.Errorf("in a directory of one's own: %+v", f)
	}
	if os.Geteuid() == 0 {
		return // root may write everywhere
	}
	if err := os.Chmod(top, 0o500); err != nil {
		t.Fatal(err)
	}
	if f := checkDataDir(cfg); f.State != stateFault || !strings.Contains(f.Found, top) {
		t.Errorf("in a directory that is closed: %+v", f)
	}
}
