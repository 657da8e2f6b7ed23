package locale

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var (
	faultPrefix = regexp.MustCompile(`errs\.New\(errs\.Invalid, "([a-z]+\.)"\+key`)
	faultKey    = regexp.MustCompile(`\bfault\("([a-z0-9_.]+)"`)
)

// The numeric rooms put their prefix before the keys of their refusals in one
// place; every such key has a sentence too.
func TestEveryRefusalOfTheNumericRoomsHasASentence(t *testing.T) {
	t.Parallel()
	c, rooms := Embedded(), 0
	for _, pattern := range []string{"scoring/*", "survey/design", "survey/weight", "analytics/*"} {
		dirs, _ := filepath.Glob(filepath.Join(root(t), pattern))
		for _, dir := range dirs {
			files, _ := filepath.Glob(filepath.Join(dir, "*.go"))
			prefix, keys := "", []string{}
			for _, f := range files {
				if strings.HasSuffix(f, "_test.go") {
					continue
				}
				src, err := os.ReadFile(f)
				if err != nil {
					t.Fatal(err)
				}
				if m := faultPrefix.FindSubmatch(src); m != nil {
					prefix = string(m[1])
				}
				for _, m := range faultKey.FindAllSubmatch(src, -1) {
					keys = append(keys, string(m[1]))
				}
			}
			if prefix == "" {
				continue
			}
			rooms++
			for _, key := range keys {
				for _, lang := range Langs {
					if !c.For(lang).Has(prefix + key) {
						t.Errorf("%s: key %q has no sentence in web/locale/%s", filepath.Base(dir), prefix+key, lang)
					}
				}
			}
		}
	}
	if rooms < 6 {
		t.Errorf("only %d rooms with refusals were found: the search is broken", rooms)
	}
}
