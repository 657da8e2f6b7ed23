package archtest

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var (
	inCode   = regexp.MustCompile("(?s)```.*?```|`[^`\n]+`")
	pathIn   = regexp.MustCompile(`^(?:analytics|bench|cmd|docs|internal|migrations|scoring|scripts|survey|web)/[A-Za-z0-9_./*{},-]*$`)
	targetIn = regexp.MustCompile(`\bmake ([a-z][a-z-]*)`)
	symbolIn = regexp.MustCompile(`\.[A-Z][A-Za-z]*$`) // of a package: scoring/appeal.Themes
	orderIn  = regexp.MustCompile(`(?m)^(?:\$ )?(?:[A-Z_]+=\S+ )*(?:\S*/)?gongping ([a-z]+)\b`)
)

// TestDocumentsNameWhatExists holds the README and docs/ to the checkout: the
// paths, targets of make and commands of gongping that they name are there.
// The records of decisions may name paths that a later decision moved, and are
// held to targets and commands only.
func TestDocumentsNameWhatExists(t *testing.T) {
	makefile := read(t, "Makefile")
	orders := ordersOfProgram(t)
	docs := []string{"README.md"}
	for _, pattern := range []string{"docs/*.md", "docs/*/*.md"} {
		found, err := filepath.Glob(filepath.Join(root, filepath.FromSlash(pattern)))
		if err != nil || len(found) < 5 {
			t.Fatalf("%s: %d documents, %v", pattern, len(found), err)
		}
		for _, f := range found {
			rel, err := filepath.Rel(root, f)
			if err != nil {
				t.Fatal(err)
			}
			docs = append(docs, rel)
		}
	}
	for _, doc := range docs {
		for _, code := range inCode.FindAllString(read(t, doc), -1) {
			code = strings.TrimSpace(strings.Trim(code, "`"))
			if !strings.HasPrefix(filepath.ToSlash(doc), "docs/decisions/") && pathIn.MatchString(code) && !exists(code) && !exists(symbolIn.ReplaceAllString(code, "")) {
				t.Errorf("%s names %s, which is not there", doc, code)
			}
			for _, m := range targetIn.FindAllStringSubmatch(code, -1) {
				if !regexp.MustCompile(`(?m)^` + m[1] + `:`).MatchString(makefile) {
					t.Errorf("%s names make %s, which is no target", doc, m[1])
				}
			}
			if strings.HasPrefix(filepath.ToSlash(doc), "docs/spec/") {
				continue // "gongping frame v1" is the first line of a file there
			}
			for _, m := range orderIn.FindAllStringSubmatch(code, -1) {
				if !orders[m[1]] {
					t.Errorf("%s names gongping %s, which is no command", doc, m[1])
				}
			}
		}
	}
}

// TestEveryRoomIsOnThePlan holds docs/architecture.md to the checkout the other
// way round: whoever adds a room says there what happens in it.
func TestEveryRoomIsOnThePlan(t *testing.T) {
	plan := read(t, "docs/architecture.md")
	for _, floor := range []string{"survey", "scoring", "analytics", "internal", "internal/app", "web"} {
		entries, err := os.ReadDir(filepath.Join(root, filepath.FromSlash(floor)))
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			code, err := filepath.Glob(filepath.Join(root, filepath.FromSlash(floor), e.Name(), "*.go"))
			if err != nil {
				t.Fatal(err)
			}
			if len(code) > 0 && !regexp.MustCompile(`\b`+regexp.QuoteMeta(e.Name())+`\b`).MatchString(plan) {
				t.Errorf("docs/architecture.md does not say what %s/%s is for", floor, e.Name())
			}
		}
	}
}

// ordersOfProgram reads the commands of gongping from its source.
func ordersOfProgram(t *testing.T) map[string]bool {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(root, "cmd", "gongping", "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]bool{"help": true, "completion": true}
	use := regexp.MustCompile(`\bUse:\s*"([a-z]+)`)
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range use.FindAllStringSubmatch(string(b), -1) {
			all[m[1]] = true
		}
	}
	if len(all) < 10 {
		t.Fatalf("only %d commands found", len(all))
	}
	return all
}

func read(t *testing.T, name string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(root, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// exists reports whether a path, in which * stands for anything and {a,b} for
// either, is there.
func exists(path string) bool {
	before, rest, some := strings.Cut(path, "{")
	if some {
		list, after, _ := strings.Cut(rest, "}")
		for _, one := range strings.Split(list, ",") {
			if !exists(before + one + after) {
				return false
			}
		}
		return true
	}
	found, err := filepath.Glob(filepath.Join(root, filepath.FromSlash(path)))
	return err == nil && len(found) > 0
}
