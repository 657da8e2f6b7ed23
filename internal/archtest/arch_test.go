// Package archtest keeps the house as docs/architecture.md draws it: who may
// import whom, no SQL outside its rooms, no room with a name that says nothing.
package archtest

import (
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const root = "../.."

// source is a Go file that is not a test, with its imports.
type source struct {
	pkg, file string
	imports   []string
	text      string
}

func sources(t *testing.T) []source {
	t.Helper()
	var list []source
	err := filepath.WalkDir(root, func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := d.Name()
		if d.IsDir() && (name == "node_modules" || name == "testdata" || strings.HasPrefix(name, ".") && len(name) > 2) {
			return filepath.SkipDir
		}
		if d.IsDir() || !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
			return nil
		}
		f, err := parser.ParseFile(token.NewFileSet(), p, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		text, err := os.ReadFile(p)
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(root, p)
		if err != nil {
			return err
		}
		s := source{pkg: path.Dir(filepath.ToSlash(rel)), file: filepath.ToSlash(rel), text: string(text)}
		for _, im := range f.Imports {
			v, err := strconv.Unquote(im.Path.Value)
			if err != nil {
				return err
			}
			s.imports = append(s.imports, v)
		}
		list = append(list, s)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(list) < 50 {
		t.Fatalf("only %d files found: the walk is wrong", len(list))
	}
	return list
}

func under(pkg string, dirs ...string) bool {
	for _, d := range dirs {
		if pkg == d || strings.HasPrefix(pkg, d+"/") {
			return true
		}
	}
	return false
}

// rule says that packages under From import nothing under Never.
type rule struct {
	name  string
	from  []string
	not   []string // exempt packages
	never []string
}

var own = func(dirs ...string) []string {
	out := make([]string, len(dirs))
	for i, d := range dirs {
		out[i] = "gongping/" + d
	}
	return out
}

var outside = []string{"github.com/gin-gonic", "github.com/jackc", "github.com/redis", "github.com/riverqueue", "github.com/danielgtaylor",
	"github.com/xuri", "net/http", "log", "log/slog", "os", "database/sql"}

var rules = []rule{
	{"the domain is pure", []string{"survey", "scoring", "analytics"}, nil, outside},
	{"only charts know go-echarts", []string{"survey", "scoring", "analytics", "internal", "web", "cmd"}, []string{"analytics/chart"}, []string{"github.com/go-echarts"}},
	{"charts are on the reader's side", []string{"survey", "scoring", "internal"}, []string{"internal/archtest"}, own("analytics/chart")},
	{"the survey does not know the scores", []string{"survey"}, nil, own("scoring", "analytics", "internal/app", "internal/pg", "web", "cmd")},
	{"scores do not know their readers", []string{"scoring"}, nil, own("analytics", "internal/app", "internal/pg", "web", "cmd")},
	{"SQL knows no use case", []string{"internal/pg"}, nil, own("internal/app", "web", "cmd")},
	{"use cases know no page", []string{"internal/app"}, nil, append(own("web", "cmd"), "github.com/gin-gonic", "net/http")},
	{"only SQL rooms and their callers speak to the driver", []string{"web"}, nil, []string{"github.com/jackc", "github.com/redis", "github.com/riverqueue"}},
	{"access is decided without looking around", []string{"internal/authz"}, nil, own("internal/app", "internal/pg", "web")},
	{"the verifier stands alone", []string{"cmd/verifydraw"}, nil, []string{"github.com", "golang.org", "gonum.org"}},
}

func TestWhoImportsWhom(t *testing.T) {
	list := sources(t)
	for _, r := range rules {
		t.Run(r.name, func(t *testing.T) {
			seen := false
			for _, s := range list {
				if !under(s.pkg, r.from...) || under(s.pkg, r.not...) {
					continue
				}
				seen = true
				for _, im := range s.imports {
					for _, n := range r.never {
						if im == n || strings.HasPrefix(im, n+"/") {
							t.Errorf("%s imports %s", s.file, im)
						}
					}
				}
			}
			if !seen {
				t.Errorf("no package under %v: the rule tests nothing", r.from)
			}
		})
	}
}

func TestPureRandomnessAndTime(t *testing.T) {
	clock := regexp.MustCompile(`\btime\.(Now|Since|Until|After|Sleep|Tick)\(`)
	global := regexp.MustCompile(`\brand\.(IntN|Int|Float64|Perm|Shuffle|N|Uint64|NormFloat64|ExpFloat64)\(`)
	for _, s := range sources(t) {
		if !under(s.pkg, "survey", "scoring", "analytics") {
			continue
		}
		if m := clock.FindString(s.text); m != "" {
			t.Errorf("%s reads a clock: %s", s.file, m)
		}
		if slices.Contains(s.imports, "math/rand") {
			t.Errorf("%s imports math/rand, whose generator is not fixed", s.file)
		}
		if slices.Contains(s.imports, "math/rand/v2") {
			if m := global.FindString(s.text); m != "" {
				t.Errorf("%s uses global randomness: %s", s.file, m)
			}
		}
	}
}

func TestSQLIsInItsPlace(t *testing.T) {
	sql := regexp.MustCompile("(?i)[`\"]\\s*(select\\s.+\\sfrom\\s|insert\\s+into\\s|update\\s+\\S+\\s+set\\s|delete\\s+from\\s)")
	allowed := []string{"internal/pg", "migrations", "internal/embedpg", "internal/testkit", "internal/archtest", "cmd/gongping"}
	for _, s := range sources(t) {
		if under(s.pkg, allowed...) || strings.HasPrefix(s.pkg, "internal/bench") {
			continue
		}
		if m := sql.FindString(s.text); m != "" {
			t.Errorf("%s holds SQL: %.60s", s.file, m)
		}
	}
}

func TestRoomsHaveNames(t *testing.T) {
	empty := []string{"util", "utils", "common", "helper", "helpers", "models", "misc", "base"}
	for _, s := range sources(t) {
		if slices.Contains(empty, path.Base(s.pkg)) {
			t.Errorf("%s: the package's name tells nothing", s.file)
		}
	}
}
