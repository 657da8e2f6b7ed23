package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"gongping/internal/cache"
	"gongping/internal/config"
	"gongping/internal/embedpg"
	"gongping/internal/errs"
	"gongping/migrations"
)

// finding is the result of one check.
type finding struct {
	Check string `json:"check"`
	State string `json:"state"` // ok, note or fault
	Found string `json:"found"`
	Mend  string `json:"mend,omitempty"`
}

const (
	stateOK    = "ok"
	stateNote  = "note"
	stateFault = "fault"
)

func doctorCmd() *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use:   "doctor",
		Short: "Check the set-up and say how to mend it",
		Long: `Checks settings, database, keys, address, Redis and time zone, changing nothing but
a private database that had to be started for the check. Ends with status 1 when
there is a fault.`,
		Example: "  gongping doctor\n  gongping doctor --json | jq '.[] | select(.state == \"fault\")'",
		Args:    cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			all := examine(c.Context())
			if asJSON {
				if err := printJSON(c.OutOrStdout(), all); err != nil {
					return err
				}
			} else {
				printFindings(c.OutOrStdout(), all)
			}
			faults := 0
			for _, f := range all {
				if f.State == stateFault {
					faults++
				}
			}
			if faults > 0 {
				return errs.New(errs.Unavailable, "doctor.faults", "%d of %d checks found a fault", faults, len(all))
			}
			return nil
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return c
}

// examine runs all checks. Those that need settings are left out when the
// settings cannot be read.
func examine(ctx context.Context) []finding {
	cfg, err := config.Load()
	if err != nil {
		var all []finding
		for _, line := range sentences(err) {
			all = append(all, finding{"settings", stateFault, line, "correct the variable; gongping --help lists them all"})
		}
		return all
	}
	all := []finding{{Check: "settings", State: stateOK, Found: "readable"}}
	if cfg.DatabaseURL == "" {
		all = append(all, checkBinaries(cfg), checkDataDir(cfg))
	}
	found, running := checkDatabase(ctx, cfg)
	all = append(all, found...)
	return append(all, checkAddr(ctx, cfg, running), checkKey(cfg), checkRedis(ctx, cfg), checkZone())
}

func checkBinaries(cfg config.Config) finding {
	b, err := embedpg.FindBinaries(cfg.PGBin, cfg.Data, 0)
	if err != nil {
		return fromError("PostgreSQL programs", err)
	}
	return finding{Check: "PostgreSQL programs", State: stateOK, Found: b.Version + " in " + b.Dir}
}

func checkDataDir(cfg config.Config) finding {
	f := finding{Check: "data directory", State: stateOK, Found: cfg.Data}
	st, err := os.Stat(cfg.Data)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		f.Found += " (made at the first start)"
		if parent := nearest(cfg.Data); syscall.Access(parent, mayWrite) != nil {
			f.State, f.Found, f.Mend = stateFault, cfg.Data+" is not there and cannot be made in "+parent, "set GONGPING_DATA to a directory of your own"
		}
	case err != nil:
		f.State, f.Found, f.Mend = stateFault, err.Error(), "set GONGPING_DATA to a directory of your own"
	case !st.IsDir():
		f.State, f.Found, f.Mend = stateFault, cfg.Data+" is no directory", "set GONGPING_DATA to a directory"
	default:
		probe, err := os.CreateTemp(cfg.Data, ".doctor-*")
		if err != nil {
			f.State, f.Found, f.Mend = stateFault, "may not write into "+cfg.Data, "run as its owner, or set GONGPING_DATA to a directory of your own"
			break
		}
		probe.Close()
		os.Remove(probe.Name())
	}
	return f
}

// mayWrite is W_OK of access(2).
const mayWrite = 2

// nearest is the closest directory above path that is there.
func nearest(path string) string {
	for {
		path = filepath.Dir(path)
		if _, err := os.Stat(path); err == nil || path == filepath.Dir(path) {
			return path
		}
	}
}

// checkDatabase opens the database and asks for its schema. It also reports
// whether a running service was joined. A private cluster that has never been
// made is left unmade.
func checkDatabase(ctx context.Context, cfg config.Config) (all []finding, joined bool) {
	const name = "database"
	if cfg.DatabaseURL == "" {
		if _, err := os.Stat(filepath.Join(cfg.Data, "pg")); errors.Is(err, fs.ErrNotExist) {
			return []finding{{name, stateNote, "none yet", "gongping serve makes it"}}, false
		}
	}
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	d, err := openDatabase(ctx, cfg, slog.New(slog.DiscardHandler))
	if err != nil {
		return []finding{fromError(name, err)}, embedpg.InUse(err)
	}
	defer d.Close()
	var version string
	if err := d.Owner.QueryRow(ctx, `select current_setting('server_version')`).Scan(&version); err != nil {
		return []finding{fromError(name, err)}, d.Joined
	}
	how := "your own"
	if d.Joined {
		how = "private, run by another gongping"
	} else if d.Private != nil {
		how = "private"
	}
	all = append(all, finding{Check: name, State: stateOK, Found: "PostgreSQL " + version + ", " + how})
	st, err := migrations.Status(ctx, d.Owner)
	switch {
	case err != nil:
		all = append(all, fromError("schema", err))
	case !st.Done():
		all = append(all, finding{"schema", stateNote, fmt.Sprintf("step %d of %d", st.Current, st.Latest), "gongping serve or gongping migrate brings it up to date"})
	default:
		all = append(all, finding{Check: "schema", State: stateOK, Found: fmt.Sprintf("step %d of %d", st.Current, st.Latest)})
		if err := d.Pool.Ping(ctx); err != nil {
			all = append(all, finding{"service role", stateFault, err.Error(), "grant gongping_service to the database user"})
		}
		if f, bad := checkSealed(ctx, cfg, d); bad {
			all = append(all, f)
		}
	}
	return all, d.Joined
}

func checkAddr(ctx context.Context, cfg config.Config, running bool) finding {
	ln, err := listen(ctx, cfg.Addr)
	if err != nil {
		if running || answers(cfg.Addr) {
			return finding{Check: "address", State: stateOK, Found: cfg.Addr + ", in use while the service runs"}
		}
		return fromError("address", err)
	}
	ln.Close()
	f := finding{Check: "address", State: stateOK, Found: cfg.Addr + " is free"}
	if host, _, err := net.SplitHostPort(cfg.Addr); err == nil {
		if ip := net.ParseIP(host); host == "" || ip != nil && !ip.IsLoopback() {
			f.State, f.Mend = stateNote, "it can be reached from outside: put a proxy with TLS before it and name it in GONGPING_TRUSTED_PROXIES"
		}
	}
	return f
}

// answers reports whether a running gongping is what holds the address.
func answers(addr string) bool {
	c := http.Client{Timeout: 2 * time.Second}
	res, err := c.Get("http://" + addr + "/healthz")
	if err != nil {
		return false
	}
	defer res.Body.Close()
	body, err := io.ReadAll(io.LimitReader(res.Body, 16))
	return err == nil && res.StatusCode == http.StatusOK && string(body) == "ok\n"
}

func checkKey(cfg config.Config) finding {
	_, err := config.ReadKey(cfg.KeyFile)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return finding{"key file", stateNote, "none yet", "made at the first start; keep a copy apart from the database's backups"}
	case err != nil:
		return fromError("key file", err)
	}
	return finding{Check: "key file", State: stateOK, Found: cfg.KeyFile}
}

// checkSealed asks whether the key opens what the database holds. A key that
// cannot be read is checkKey's matter, one that is not there yet is made only
// where nothing is sealed.
func checkSealed(ctx context.Context, cfg config.Config, d *database) (f finding, bad bool) {
	if _, err := config.ReadKey(cfg.KeyFile); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return f, false
	}
	err := keyFits(ctx, cfg, d)
	if err == nil {
		return f, false
	}
	return fromError("sealed data", err), true
}

func checkRedis(ctx context.Context, cfg config.Config) finding {
	addresses, err := cfg.Redis()
	if err != nil {
		return fromError("Redis", err)
	}
	if len(addresses) == 0 {
		return finding{Check: "Redis", State: stateOK, Found: "not used; limits and cache are kept in process"}
	}
	s, err := cache.Open(addresses, nil)
	if err != nil {
		return fromError("Redis", err)
	}
	defer s.Close()
	ctx, cancel := context.WithTimeout(ctx, 3*time.Second)
	defer cancel()
	if err := s.Ping(ctx); err != nil {
		return finding{"Redis", stateFault, "does not answer: " + err.Error(), "start it, correct GONGPING_REDIS_URL, or leave the variable empty"}
	}
	return finding{Check: "Redis", State: stateOK, Found: fmt.Sprintf("answers (%d addresses)", len(addresses))}
}

// checkZone makes sure that deadlines can be reckoned in local time.
func checkZone() finding {
	if _, err := time.LoadLocation("Asia/Shanghai"); err != nil {
		return finding{"time zone", stateFault, err.Error(), "install the package tzdata"}
	}
	now := time.Now()
	if now.Year() < 2024 {
		return finding{"clock", stateFault, now.Format(time.RFC3339), "set the machine's clock, for instance with systemd-timesyncd"}
	}
	return finding{Check: "clock and time zone", State: stateOK, Found: now.Format("2006-01-02 15:04:05 MST")}
}

// fromError makes a fault of an error, with its own hint for the mending.
func fromError(check string, err error) finding {
	f := finding{Check: check, State: stateFault, Found: err.Error()}
	if e, ok := errors.AsType[*errs.Error](err); ok {
		f.Mend, f.Found = e.Hint, e.Message
		if e.Found != "" {
			f.Found += ": " + e.Found
		}
		if e.Where != "" {
			f.Found = e.Where + ": " + f.Found
		}
		if cause := e.Unwrap(); cause != nil {
			f.Found += " (" + cause.Error() + ")"
		}
	}
	return f
}

func printFindings(w io.Writer, all []finding) {
	for _, f := range all {
		fmt.Fprintf(w, "%-6s %-20s %s\n", f.State, f.Check, f.Found)
		if f.Mend != "" {
			fmt.Fprintf(w, "%-6s %-20s → %s\n", "", "", f.Mend)
		}
	}
}
