package archtest

import (
	"os"
	"path/filepath"
	"regexp"
	"testing"
)

var (
	named    = regexp.MustCompile("`((?:Test|Fuzz)[A-Za-z0-9]+)`")
	declared = regexp.MustCompile(`(?m)^func ((?:Test|Fuzz)[A-Za-z0-9]+)\(`)
)

// TestCheckedWordsNameTests: a promise whose test was renamed or removed is no
// longer checked, and the list must say so.
func TestCheckedWordsNameTests(t *testing.T) {
	root := filepath.Join("..", "..")
	text, err := os.ReadFile(filepath.Join(root, "docs", "checked-words.md"))
	if err != nil {
		t.Fatal(err)
	}
	there := map[string]bool{}
	err = filepath.WalkDir(root, func(path string, d os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if n := d.Name(); n == "node_modules" || n == ".git" || n == "artifacts" {
				return filepath.SkipDir
			}
			return nil
		}
		if ok, _ := filepath.Match("*_test.go", d.Name()); ok {
			b, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			for _, m := range declared.FindAllSubmatch(b, -1) {
				there[string(m[1])] = true
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	all := named.FindAllSubmatch(text, -1)
	if len(all) < 50 {
		t.Fatalf("the list names %d tests", len(all))
	}
	for _, m := range all {
		if !there[string(m[1])] {
			t.Errorf("docs/checked-words.md names %s, which no test file declares", m[1])
		}
	}
}
