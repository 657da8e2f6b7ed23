// Package config reads the service's settings from the environment. Every
// setting has a default that suits one machine; an error names the variable,
// what stood there, and what was expected.
package config

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/caarlos0/env/v11"

	"gongping/internal/errs"
)

// Config is the service's settings; Settings is what `gongping help` shows of
// them.
type Config struct {
	// Addr is where the service listens.
	Addr string `env:"GONGPING_ADDR" envDefault:"127.0.0.1:8080"`
	// Data is the directory of the private PostgreSQL and the keys.
	Data string `env:"GONGPING_DATA"`
	// DatabaseURL is a PostgreSQL of one's own instead of the private one.
	DatabaseURL string `env:"GONGPING_DATABASE_URL"`
	// PGBin is the directory of the PostgreSQL programs, where it is not found.
	PGBin string `env:"GONGPING_PG_BIN"`
	// RedisURL is a Redis, or several addresses of a cluster, separated by commas.
	RedisURL string `env:"GONGPING_REDIS_URL"`
	// District is the six-digit code of the district served.
	District string `env:"GONGPING_DISTRICT" envDefault:"310104"`
	// KeyFile holds the master key of sealed personal data.
	KeyFile string `env:"GONGPING_KEY_FILE"`
	// TrustedProxies are the addresses of proxies whose X-Forwarded-For counts.
	TrustedProxies []string `env:"GONGPING_TRUSTED_PROXIES" envSeparator:","`
	// Log is the lowest level that is logged.
	Log string `env:"GONGPING_LOG" envDefault:"info"`
}

// Setting describes one variable, for help texts.
type Setting struct{ Name, Default, About string }

// Settings lists the variables in the order of importance.
func Settings() []Setting {
	return []Setting{
		{"GONGPING_ADDR", "127.0.0.1:8080", "where the service listens: host:port"},
		{"GONGPING_DATA", DefaultDataDir(), "directory of the private PostgreSQL and the keys"},
		{"GONGPING_DATABASE_URL", "private PostgreSQL", "a PostgreSQL 15+ of your own: postgres://user:password@host:5432/database"},
		{"GONGPING_PG_BIN", "found", "directory with initdb and postgres for the private PostgreSQL"},
		{"GONGPING_REDIS_URL", "in process", "a Redis 7+: redis://host:6379/0; a cluster: host:port,host:port,..."},
		{"GONGPING_DISTRICT", "310104", "six-digit code of the district served"},
		{"GONGPING_KEY_FILE", "key in the data directory", "master key of sealed personal data, made at the first start"},
		{"GONGPING_TRUSTED_PROXIES", "none", "addresses or networks of proxies whose X-Forwarded-For counts, separated by commas"},
		{"GONGPING_LOG", "info", "debug, info, warn or error"},
	}
}

// Load reads and checks the environment.
func Load() (Config, error) { return load(os.Environ()) }

// load is Load on a given environment, for tests.
func load(environ []string) (Config, error) {
	var c Config
	if err := env.ParseWithOptions(&c, env.Options{Environment: env.ToMap(environ)}); err != nil {
		return c, errs.Wrap(err, errs.Invalid, "config.unreadable", "the environment cannot be read")
	}
	if c.Data == "" {
		c.Data = DefaultDataDir()
	}
	abs, err := filepath.Abs(c.Data)
	if err != nil {
		return c, bad("GONGPING_DATA", c.Data, "a directory", "")
	}
	c.Data = abs
	if c.KeyFile == "" {
		c.KeyFile = filepath.Join(c.Data, "key")
	}
	return c, c.check()
}

var districtCode = regexp.MustCompile(`^[1-9][0-9]{5}$`)

// check returns every fault at once, so that they are mended in one go.
func (c Config) check() error {
	var faults []error
	if _, port, err := net.SplitHostPort(c.Addr); err != nil || !validPort(port) {
		faults = append(faults, bad("GONGPING_ADDR", c.Addr, "host:port, such as 127.0.0.1:8080 or :8080", ""))
	}
	if !districtCode.MatchString(c.District) {
		faults = append(faults, bad("GONGPING_DISTRICT", c.District, "a six-digit district code, such as 310104", ""))
	}
	if c.DatabaseURL != "" {
		u, err := url.Parse(c.DatabaseURL)
		if err != nil || u.Scheme != "postgres" && u.Scheme != "postgresql" {
			faults = append(faults, bad("GONGPING_DATABASE_URL", redact(c.DatabaseURL), "postgres://user:password@host:5432/database",
				"leave it empty for the private PostgreSQL"))
		}
	}
	if _, err := c.Redis(); err != nil {
		faults = append(faults, err)
	}
	if _, err := c.Proxies(); err != nil {
		faults = append(faults, err)
	}
	if _, err := c.Level(); err != nil {
		faults = append(faults, err)
	}
	return errors.Join(faults...)
}

// Redis returns the addresses of GONGPING_REDIS_URL: none, one, or, for a
// cluster, several.
func (c Config) Redis() ([]string, error) {
	var out []string
	for part := range strings.SplitSeq(c.RedisURL, ",") {
		part = strings.TrimSpace(part)
		if part == "" {
			continue
		}
		if !strings.Contains(part, "://") {
			part = "redis://" + part
		}
		u, err := url.Parse(part)
		if err != nil || u.Scheme != "redis" && u.Scheme != "rediss" && u.Scheme != "unix" || u.Scheme != "unix" && u.Host == "" {
			return nil, bad("GONGPING_REDIS_URL", redact(part), "redis://host:6379/0, rediss://… or unix:///path, or several separated by commas", "")
		}
		out = append(out, part)
	}
	return out, nil
}

// Proxies returns the trusted proxies as networks.
func (c Config) Proxies() ([]netip.Prefix, error) {
	var out []netip.Prefix
	for _, s := range c.TrustedProxies {
		s = strings.TrimSpace(s)
		if p, err := netip.ParsePrefix(s); err == nil {
			out = append(out, p)
		} else if a, err := netip.ParseAddr(s); err == nil {
			out = append(out, netip.PrefixFrom(a, a.BitLen()))
		} else if s != "" {
			return nil, bad("GONGPING_TRUSTED_PROXIES", s, "addresses or networks such as 10.0.0.1 or 10.0.0.0/8, separated by commas", "")
		}
	}
	return out, nil
}

// Level returns the log level.
func (c Config) Level() (slog.Level, error) {
	var l slog.Level
	if err := l.UnmarshalText([]byte(c.Log)); err != nil {
		return 0, bad("GONGPING_LOG", c.Log, "debug, info, warn or error", "")
	}
	return l, nil
}

// DefaultDataDir is /var/lib/gongping for root, whose home directory the
// database's own account could not enter, and ~/.local/share/gongping for
// everybody else.
func DefaultDataDir() string {
	if os.Geteuid() == 0 {
		return "/var/lib/gongping"
	}
	if x := os.Getenv("XDG_DATA_HOME"); filepath.IsAbs(x) {
		return filepath.Join(x, "gongping")
	}
	home, err := os.UserHomeDir()
	if err != nil {
		home = "."
	}
	return filepath.Join(home, ".local", "share", "gongping")
}

func validPort(s string) bool {
	_, err := net.LookupPort("tcp", s)
	return err == nil && s != ""
}

func bad(name, found, want, hint string) *errs.Error {
	return errs.New(errs.Invalid, "config.invalid", "the setting cannot be used").At(name, found, want, hint)
}

// redact hides the password of an address.
func redact(s string) string {
	u, err := url.Parse(s)
	if err != nil {
		return fmt.Sprintf("%d characters that are no address", len(s))
	}
	return u.Redacted()
}
