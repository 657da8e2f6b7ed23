package embedpg

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"gongping/internal/errs"
)

// start brings up a server that is stopped when the test ends.
func start(t *testing.T, cfg Config) *Server {
	t.Helper()
	s, err := Start(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Stop(context.Background()) })
	return s
}

// openDir is a directory that the account PostgreSQL drops to can reach.
func openDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("/tmp", "gongping-embedpg-")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(dir, 0o711); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

func query[T any](t *testing.T, s *Server, sql string, args ...any) T {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), s.URL(Database))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	var v T
	if err := conn.QueryRow(t.Context(), sql, args...).Scan(&v); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return v
}

func TestFirstStartThenRestartKeepsData(t *testing.T) {
	t.Parallel()
	dir := openDir(t)
	s := start(t, Config{Dir: dir})
	for sql, want := range map[string]string{
		`show server_encoding`:           "UTF8",
		`show listen_addresses`:          "",
		`show fsync`:                     "on",
		`show data_checksums`:            "on",
		`show TimeZone`:                  "UTC",
		`show max_wal_size`:              "2GB",
		`show min_wal_size`:              "512MB",
		`select current_user`:            Superuser,
		`select lower('ÀÉ')`:             "àé",
		`show log_min_messages`:          "warning",
		`show full_page_writes`:          "on",
		`select 'B' < 'a' and 'z' < '啊'`: "",
	} {
		if want == "" && strings.HasPrefix(sql, "select") {
			if !query[bool](t, s, sql) {
				t.Errorf("%s is false: the locale does not sort by code point", sql)
			}
			continue
		}
		if got := query[string](t, s, sql); got != want {
			t.Errorf("%s = %q, want %q", sql, got, want)
		}
	}
	query[int](t, s, `with t as (select 1) select 1 from t`)
	execSQL(t, s, `create table kept (x int); insert into kept values (42)`)
	if err := s.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	if s.PID() != 0 {
		t.Error("a pid is reported after Stop")
	}
	began := time.Now()
	s = start(t, Config{Dir: dir})
	t.Logf("the second start took %v", time.Since(began)) // on a machine at rest 0.1 s
	if got := query[int](t, s, `select x from kept`); got != 42 {
		t.Errorf("x = %d, want 42", got)
	}
}

func execSQL(t *testing.T, s *Server, sql string) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), s.URL(Database))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	if _, err := conn.Exec(t.Context(), sql); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
}

func TestOperatorsSettingsWin(t *testing.T) {
	t.Parallel()
	dir := openDir(t)
	s := start(t, Config{Dir: dir, Scratch: true})
	_ = s.Stop(t.Context())
	path := filepath.Join(dir, "pg", "postgresql.conf")
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, append(b, "work_mem = '33MB'\nlisten_addresses = '*'\n"...), 0o600); err != nil {
		t.Fatal(err)
	}
	s = start(t, Config{Dir: dir, Scratch: true})
	if got := query[string](t, s, `show work_mem`); got != "33MB" {
		t.Errorf("work_mem = %s, want the operator's 33MB", got)
	}
	if got := query[string](t, s, `show listen_addresses`); got != "" {
		t.Errorf("listen_addresses = %q: a port must never be opened", got)
	}
}

func TestDirectoriesAreClosed(t *testing.T) {
	t.Parallel()
	dir := openDir(t)
	start(t, Config{Dir: dir, Scratch: true})
	for _, sub := range []string{"pg", "run"} {
		st, err := os.Stat(filepath.Join(dir, sub))
		if err != nil {
			t.Fatal(err)
		}
		if st.Mode().Perm() != 0o700 {
			t.Errorf("%s has mode %o, want 700", sub, st.Mode().Perm())
		}
	}
}

func TestSecondInstanceIsRefused(t *testing.T) {
	t.Parallel()
	dir := openDir(t)
	s := start(t, Config{Dir: dir, Scratch: true})
	_, err := Start(t.Context(), Config{Dir: dir, Scratch: true})
	if err == nil || !strings.Contains(err.Error(), "another gongping (process") || !strings.Contains(err.Error(), dir) {
		t.Fatalf("second start: %v, want a message naming the other process and the directory", err)
	}
	if !errs.Is(err, errs.Unavailable) {
		t.Errorf("code %s, want unavailable", errs.CodeOf(err))
	}
	if !InUse(err) {
		t.Error("InUse does not know the refusal")
	}
	url, err := RunningURL(dir)
	if err != nil || url != s.URL(Database) {
		t.Errorf("RunningURL = %s, %v; want %s", url, err, s.URL(Database))
	}
	if query[int](t, s, `select 1`) != 1 {
		t.Error("the first instance was disturbed")
	}
}

func TestLongPathGetsShortSocket(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(openDir(t), strings.Repeat("long-", 20))
	s := start(t, Config{Dir: dir, Scratch: true})
	t.Cleanup(func() { os.RemoveAll(s.run) })
	if query[int](t, s, `select 1`) != 1 {
		t.Error("no answer")
	}
}

func TestVersionMismatchTouchesNothing(t *testing.T) {
	t.Parallel()
	dir := openDir(t)
	pg := filepath.Join(dir, "pg")
	if err := os.MkdirAll(pg, 0o700); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{"PG_VERSION": "9\n", "precious": "data"} {
		if err := os.WriteFile(filepath.Join(pg, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	_, err := Start(t.Context(), Config{Dir: dir})
	if err == nil || !strings.Contains(err.Error(), "made by PostgreSQL 9") || !strings.Contains(err.Error(), "not been touched") {
		t.Fatalf("error %v, want one that names version 9 and says that nothing was touched", err)
	}
	if b, err := os.ReadFile(filepath.Join(pg, "precious")); err != nil || string(b) != "data" {
		t.Fatalf("the cluster was touched: %q, %v", b, err)
	}
}

func TestUnknownDirectoryIsNotOverwritten(t *testing.T) {
	t.Parallel()
	dir := openDir(t)
	keep := filepath.Join(dir, "pg", "somebody-elses")
	if err := os.MkdirAll(keep, 0o700); err != nil {
		t.Fatal(err)
	}
	_, err := Start(t.Context(), Config{Dir: dir})
	if err == nil || !strings.Contains(err.Error(), "no PostgreSQL cluster") {
		t.Fatalf("error %v, want a refusal", err)
	}
	if _, err := os.Stat(keep); err != nil {
		t.Fatal(err)
	}
}

func TestClosedParentIsNamed(t *testing.T) {
	t.Parallel()
	if os.Geteuid() != 0 {
		t.Skip("only root drops to another account")
	}
	closed := filepath.Join(openDir(t), "closed")
	if err := os.Mkdir(closed, 0o700); err != nil {
		t.Fatal(err)
	}
	_, err := Start(t.Context(), Config{Dir: filepath.Join(closed, "data")})
	if err == nil || !strings.Contains(err.Error(), "may not enter "+closed) {
		t.Fatalf("error %v, want one that names %s", err, closed)
	}
}

func TestFindBinaries(t *testing.T) {
	t.Parallel()
	b, err := FindBinaries("", t.TempDir(), 0)
	if err != nil {
		t.Fatal(err)
	}
	if b.Major < MinMajor || !strings.HasPrefix(b.Version, "1") {
		t.Errorf("found %+v", b)
	}
	_, err = FindBinaries(t.TempDir(), t.TempDir(), 0)
	if err == nil || !strings.Contains(err.Error(), "GONGPING_PG_BIN") {
		t.Errorf("empty directory: %v, want an error that names the variable", err)
	}
	_, err = FindBinaries("", t.TempDir(), 3)
	if err == nil || !strings.Contains(err.Error(), b.Version) {
		t.Errorf("version 3: %v, want an error that lists what was found", err)
	}
}

func TestUnfinishedClusterIsMadeAnew(t *testing.T) {
	t.Parallel()
	dir := openDir(t)
	if err := os.MkdirAll(filepath.Join(dir, "pg.making", "base"), 0o700); err != nil {
		t.Fatal(err)
	}
	s := start(t, Config{Dir: dir, Scratch: true})
	if query[int](t, s, `select 1`) != 1 {
		t.Error("no answer")
	}
}
