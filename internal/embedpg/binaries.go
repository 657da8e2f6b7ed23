package embedpg

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"sort"
	"strconv"
	"strings"
)

// Binaries is a directory with the programs of one PostgreSQL.
type Binaries struct {
	Dir     string
	Major   int
	Version string
}

var versionText = regexp.MustCompile(`\(PostgreSQL\) ((\d+)[\w.]*)`)

// FindBinaries returns the PostgreSQL to use. With bin given, it is that one or
// none; otherwise the candidates are the PATH, Debian's directories, and the npm
// package that scripts/bootstrap.sh unpacks in the data directory or in .cache
// of the working directory or beside the program. A cluster that exists already
// (major > 0) can only be run by its own major version; for a new one the first
// candidate of at least MinMajor is taken.
func FindBinaries(bin, dataDir string, major int) (Binaries, error) {
	dirs := candidates(dataDir)
	if bin != "" {
		dirs = []string{bin}
	}
	var seen []string
	for _, d := range dirs {
		b, err := probe(d)
		if err != nil {
			if bin != "" {
				return b, fault("binaries", "GONGPING_PG_BIN must name a directory with initdb and postgres", "no PostgreSQL in %s: %v", bin, err)
			}
			continue
		}
		if b.Major == major || major == 0 && b.Major >= MinMajor {
			return b, nil
		}
		seen = append(seen, b.Version+" in "+b.Dir)
	}
	return Binaries{}, missing(dataDir, major, seen)
}

// missing is the error of FindBinaries when no candidate suits.
func missing(dataDir string, major int, seen []string) error {
	found := "none"
	if len(seen) > 0 {
		found = strings.Join(seen, ", ")
	}
	if major == 0 {
		return fault("binaries",
			"run scripts/bootstrap.sh, or install PostgreSQL (Debian: apt-get install postgresql-15), or set GONGPING_PG_BIN or GONGPING_DATABASE_URL",
			"no PostgreSQL of version %d or newer on this machine, found: %s", MinMajor, found)
	}
	return fault("version",
		fmt.Sprintf("install PostgreSQL %d and set GONGPING_PG_BIN to its directory, or move the data over with pg_upgrade or pg_dump; the data has not been touched", major),
		"the cluster in %s was made by PostgreSQL %d, which is not on this machine, found: %s", filepath.Join(dataDir, "pg"), major, found)
}

// candidates lists directories that may hold PostgreSQL, best first, once each.
func candidates(dataDir string) []string {
	var out []string
	if p, err := exec.LookPath("postgres"); err == nil {
		if real, err := filepath.EvalSymlinks(p); err == nil {
			out = append(out, filepath.Dir(real))
		}
	}
	debian, _ := filepath.Glob("/usr/lib/postgresql/*/bin")
	sort.Slice(debian, func(i, j int) bool { return dirMajor(debian[i]) > dirMajor(debian[j]) })
	out = append(out, debian...)
	roots := []string{dataDir, ".cache"}
	if exe, err := os.Executable(); err == nil {
		roots = append(roots, filepath.Join(filepath.Dir(exe), "..", ".cache"))
	}
	for _, r := range append(roots, cacheAbove()...) {
		if abs, err := filepath.Abs(r); err == nil {
			out = append(out, filepath.Join(abs, "postgres", "native", "bin"))
		}
	}
	seen := map[string]bool{}
	kept := out[:0]
	for _, d := range out {
		if !seen[d] {
			seen[d] = true
			kept = append(kept, d)
		}
	}
	return kept
}

// cacheAbove is the .cache directory beside the next go.mod upwards, so that
// tests, which run in their package's directory, find what `make` installed.
func cacheAbove() []string {
	dir, err := os.Getwd()
	for err == nil && dir != filepath.Dir(dir) {
		if _, serr := os.Stat(filepath.Join(dir, "go.mod")); serr == nil {
			return []string{filepath.Join(dir, ".cache")}
		}
		dir = filepath.Dir(dir)
	}
	return nil
}

// dirMajor reads 15 from /usr/lib/postgresql/15/bin.
func dirMajor(dir string) int {
	n, _ := strconv.Atoi(filepath.Base(filepath.Dir(dir)))
	return n
}

// probe asks the server program in dir for its version.
func probe(dir string) (Binaries, error) {
	for _, name := range []string{"initdb", "postgres"} {
		if _, err := exec.LookPath(filepath.Join(dir, name)); err != nil {
			return Binaries{}, fmt.Errorf("%s is missing or cannot be run", name)
		}
	}
	out, err := exec.Command(filepath.Join(dir, "postgres"), "--version").Output()
	if err != nil {
		return Binaries{}, fmt.Errorf("postgres --version: %w", err)
	}
	m := versionText.FindStringSubmatch(string(out))
	if m == nil {
		return Binaries{}, fmt.Errorf("postgres --version says %q", strings.TrimSpace(string(out)))
	}
	major, err := strconv.Atoi(m[2])
	if err != nil {
		return Binaries{}, err
	}
	return Binaries{Dir: dir, Major: major, Version: m[1]}, nil
}
