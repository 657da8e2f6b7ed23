package embedpg

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"sort"
	"strconv"
	"strings"
	"syscall"

	"github.com/jackc/pgx/v5"
)

// maxSocketPath is what fits into sockaddr_un.sun_path on Linux, less the NUL.
const maxSocketPath = 107

// clusterMajor reads the major version of the cluster in dir: 0 when there is
// no such directory, an error when there is one that is not a whole cluster.
// A cluster becomes visible under its name only when it is complete (see
// initCluster), so a directory without PG_VERSION is not ours to touch.
func clusterMajor(dir string) (int, error) {
	if _, err := os.Lstat(dir); errors.Is(err, os.ErrNotExist) {
		return 0, nil
	}
	b, err := os.ReadFile(filepath.Join(dir, "PG_VERSION"))
	if err != nil {
		return 0, fault("cluster", "restore it from a backup, or move it away to start anew; nothing has been deleted",
			"%s exists, but is no PostgreSQL cluster: %v", dir, err)
	}
	n, err := strconv.Atoi(strings.TrimSpace(string(b)))
	if err != nil {
		return 0, fault("cluster", "restore it from a backup; nothing has been deleted",
			"%s/PG_VERSION holds %q", dir, strings.TrimSpace(string(b)))
	}
	return n, nil
}

// socketDir makes the directory of the socket and returns it.
func socketDir(dir string, a account) (string, error) {
	run := socketPath(dir, a)
	return run, a.own(run)
}

// socketPath is run/ below dir, or, where that is too long for a socket, a
// directory below /tmp.
func socketPath(dir string, a account) string {
	run := filepath.Join(dir, "run")
	if len(filepath.Join(run, ".s.PGSQL."+port+".lock")) > maxSocketPath {
		h := fnv.New64a()
		h.Write([]byte(dir))
		run = filepath.Join("/tmp", fmt.Sprintf("gongping-%d-%x", a.uid, h.Sum64()))
	}
	return run
}

// initCluster makes the cluster under another name and renames it when it is
// whole, so that a kill half-way leaves nothing that looks like data.
func (s *Server) initCluster(ctx context.Context) error {
	making := s.pg + ".making"
	if err := os.RemoveAll(making); err != nil {
		return fmt.Errorf("remove unfinished cluster: %w", err)
	}
	if err := s.acct.own(making); err != nil {
		return err
	}
	var out []byte
	var err error
	for _, locale := range []string{"C.UTF-8", "C"} {
		args := []string{"--pgdata=" + making, "--username=" + Superuser, "--encoding=UTF8", "--locale=" + locale,
			"--auth=reject", "--data-checksums", "--no-instructions"}
		if s.cfg.Scratch {
			args = append(args, "--no-sync")
		}
		cmd := exec.CommandContext(ctx, filepath.Join(s.bin.Dir, "initdb"), args...)
		cmd.Dir, cmd.Env = making, environment()
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: s.acct.credential(), Setpgid: true}
		if out, err = cmd.CombinedOutput(); err == nil {
			break
		}
		if !strings.Contains(string(out), "locale") {
			break
		}
	}
	if err != nil {
		return fault("initdb", "see the message; `gongping doctor` checks the set-up", "initdb failed: %v: %s", err, lastLines(string(out), 5))
	}
	conf, err := os.ReadFile(filepath.Join(making, "postgresql.conf"))
	if err != nil {
		return err
	}
	if err := s.write(making, "postgresql.conf", string(conf)+tail); err != nil {
		return err
	}
	return os.Rename(making, s.pg)
}

// tail restates what initdb wrote by the machine's size or locale, so that a
// cluster behaves alike wherever it was made, and leaves the last word to the
// operator.
const tail = `
# Added when the cluster was made. gongping.conf is rewritten at each start.
lc_messages = 'C'
timezone = 'UTC'
log_timezone = 'UTC'
include_if_exists = 'gongping.conf'
# Your own settings go below this line.
`

// writeConfig writes the files that follow the running binary and account.
func (s *Server) writeConfig() error {
	set := map[string]string{
		"max_connections":      "100",
		"shared_buffers":       strconv.Itoa(sharedBuffersMB()) + "MB",
		"effective_cache_size": strconv.Itoa(4*sharedBuffersMB()) + "MB",
		"work_mem":             "16MB",
		"maintenance_work_mem": "128MB",
		"max_wal_size":         "2GB",
		// A new log segment is written full of zeros while every commit waits, some 20
		// to 50 ms. Half a gigabyte of old ones is kept to be used again.
		"min_wal_size":       "512MB",
		"checkpoint_timeout": "15min",
		"wal_compression":    "on",
		"random_page_cost":   "1.1",
		"jit":                "off", // plans are short; compiling costs more than it saves
		// A statement or a key value may hold personal data: keep both out of the log.
		"log_min_messages":        "warning",
		"log_min_error_statement": "panic",
		"log_error_verbosity":     "terse",
		"log_line_prefix":         "''",
		"cluster_name":            "gongping",
	}
	if s.cfg.Scratch {
		set["fsync"], set["synchronous_commit"], set["full_page_writes"] = "off", "off", "off"
		set["shared_buffers"], set["autovacuum"] = "64MB", "off"
		set["max_connections"] = "200"
		set["max_wal_size"], set["wal_level"], set["max_wal_senders"] = "1GB", "minimal", "0"
	}
	for k, v := range s.cfg.Settings {
		set[k] = v
	}
	keys := make([]string, 0, len(set))
	for k := range set {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	var b strings.Builder
	b.WriteString("# Rewritten at each start; put your own settings at the end of postgresql.conf.\n")
	for _, k := range keys {
		v := set[k]
		if v != "''" {
			v = "'" + strings.ReplaceAll(v, "'", "''") + "'"
		}
		fmt.Fprintf(&b, "%s = %s\n", k, v)
	}
	ident := fmt.Sprintf("gongping %q %s\n", s.acct.client, Superuser)
	if s.acct.name != s.acct.client {
		ident += fmt.Sprintf("gongping %q %s\n", s.acct.name, Superuser)
	}
	for name, text := range map[string]string{
		"gongping.conf": b.String(),
		"pg_hba.conf":   "# Rewritten at each start.\nlocal all all peer map=gongping\nlocal replication all peer map=gongping\n",
		"pg_ident.conf": "# Rewritten at each start.\n" + ident,
	} {
		if err := s.write(s.pg, name, text); err != nil {
			return err
		}
	}
	return nil
}

// write replaces a file of the cluster in one step, owned by the account.
func (s *Server) write(dir, name, text string) error {
	path := filepath.Join(dir, name)
	tmp := path + ".tmp"
	if err := os.WriteFile(tmp, []byte(text), 0o600); err != nil {
		return err
	}
	if s.acct.drop {
		if err := os.Chown(tmp, s.acct.uid, s.acct.gid); err != nil {
			return err
		}
	}
	return os.Rename(tmp, path)
}

// sharedBuffersMB is an eighth of the memory, between 64 MB and 1 GB.
func sharedBuffersMB() int {
	mb := 1024
	if runtime.GOOS == "linux" {
		if b, err := os.ReadFile("/proc/meminfo"); err == nil {
			var kb int
			if _, err := fmt.Sscanf(string(b), "MemTotal: %d kB", &kb); err == nil {
				mb = kb / 1024
			}
		}
	}
	return min(max(mb/8, 64), 1024)
}

// environment is what the child processes see: nothing of PG*, so that a
// variable meant for a client cannot turn the server round.
func environment() []string {
	env := []string{"LC_ALL=C", "TZ=UTC"}
	for _, k := range []string{"PATH", "HOME", "TMPDIR", "LD_LIBRARY_PATH"} {
		if v, ok := os.LookupEnv(k); ok {
			env = append(env, k+"="+v)
		}
	}
	return env
}

// ensureDatabase makes the database at the first start.
func (s *Server) ensureDatabase(ctx context.Context) error {
	conn, err := pgx.Connect(ctx, s.URL("postgres"))
	if err != nil {
		return fmt.Errorf("connect to the private PostgreSQL: %w", err)
	}
	defer conn.Close(context.WithoutCancel(ctx))
	var there bool
	err = conn.QueryRow(ctx, `select exists (select from pg_database where datname = $1)`, Database).Scan(&there)
	if err != nil || there {
		return err
	}
	_, err = conn.Exec(ctx, `create database `+pgx.Identifier{Database}.Sanitize())
	return err
}

// lastLines keeps the end of a program's output, where the reason stands.
func lastLines(s string, n int) string {
	lines := strings.Split(strings.TrimSpace(s), "\n")
	return strings.Join(lines[max(0, len(lines)-n):], "; ")
}
