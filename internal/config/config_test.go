package config

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"gongping/internal/errs"
)

func TestDefaults(t *testing.T) {
	t.Parallel()
	c, err := load(nil)
	if err != nil {
		t.Fatal(err)
	}
	if c.Addr != "127.0.0.1:8080" || c.District != "310104" || c.Data != DefaultDataDir() || c.KeyFile != filepath.Join(c.Data, "key") {
		t.Errorf("defaults %+v", c)
	}
	if r, _ := c.Redis(); len(r) != 0 {
		t.Errorf("redis %v, want none", r)
	}
}

func TestFaultsNameVariableFindingAndExpectation(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ env, found, want string }{
		{"GONGPING_ADDR=localhost", "localhost", "host:port"},
		{"GONGPING_ADDR=:http2", ":http2", "host:port"},
		{"GONGPING_DISTRICT=xuhui", "xuhui", "six-digit"},
		{"GONGPING_DATABASE_URL=mysql://u:secret@h/d", "mysql://u:xxxxx@h/d", "postgres://"},
		{"GONGPING_REDIS_URL=http://h", "http://h", "redis://"},
		{"GONGPING_TRUSTED_PROXIES=10.0.0.0/8,nonsense", "nonsense", "networks"},
		{"GONGPING_LOG=loud", "loud", "debug"},
	} {
		_, err := load([]string{tc.env})
		name, _, _ := strings.Cut(tc.env, "=")
		if err == nil {
			t.Errorf("%s: accepted", tc.env)
			continue
		}
		for _, part := range []string{name, tc.found, tc.want} {
			if !strings.Contains(err.Error(), part) {
				t.Errorf("%s: %q lacks %q", tc.env, err, part)
			}
		}
		if strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: the password is shown: %v", tc.env, err)
		}
	}
}

func TestAllFaultsAtOnce(t *testing.T) {
	t.Parallel()
	_, err := load([]string{"GONGPING_ADDR=x", "GONGPING_LOG=y", "GONGPING_DISTRICT=z"})
	for _, name := range []string{"GONGPING_ADDR", "GONGPING_LOG", "GONGPING_DISTRICT"} {
		if err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%v lacks %s", err, name)
		}
	}
}

func TestRedisAddresses(t *testing.T) {
	t.Parallel()
	c, err := load([]string{"GONGPING_REDIS_URL=a:7000, b:7001,redis://c:7002"})
	if err != nil {
		t.Fatal(err)
	}
	got, _ := c.Redis()
	if strings.Join(got, " ") != "redis://a:7000 redis://b:7001 redis://c:7002" {
		t.Errorf("addresses %v", got)
	}
}

func TestProxies(t *testing.T) {
	t.Parallel()
	c, err := load([]string{"GONGPING_TRUSTED_PROXIES=10.0.0.1, 192.168.0.0/16,::1"})
	if err != nil {
		t.Fatal(err)
	}
	p, _ := c.Proxies()
	if len(p) != 3 || p[0].Bits() != 32 || p[2].Bits() != 128 {
		t.Errorf("proxies %v", p)
	}
}

func TestMasterKeyIsMadeOnce(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "sub", "key")
	var wg sync.WaitGroup
	keys := make([][]byte, 8)
	for i := range keys {
		wg.Go(func() {
			k, err := MasterKey(path)
			if err != nil {
				t.Error(err)
			}
			keys[i] = k
		})
	}
	wg.Wait()
	for _, k := range keys {
		if len(k) != KeySize || !bytes.Equal(k, keys[0]) {
			t.Fatalf("keys differ: %x and %x", k, keys[0])
		}
	}
	st, err := os.Stat(path)
	if err != nil || st.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v; want 600", st.Mode(), err)
	}
	if left, _ := filepath.Glob(filepath.Join(filepath.Dir(path), ".key-*")); len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
}

func TestKeyFaults(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	open, broken := filepath.Join(dir, "open"), filepath.Join(dir, "broken")
	if _, err := MasterKey(open); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(open, 0o640); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(broken, []byte("AAAA\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{open: "chmod 600", broken: "44 characters"} {
		if _, err := MasterKey(path); !errs.Is(err, errs.Unavailable) || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want a fault that says %q", path, err, want)
		}
	}
}
