package render

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"gongping/web/locale"
	"gongping/web/page"
)

// templates gives the source of every template of the product.
func templates(t *testing.T) map[string]string {
	t.Helper()
	names, err := fs.Glob(page.Files, "*/*.html")
	if err != nil || len(names) < 5 {
		t.Fatalf("templates: %v, %v", names, err)
	}
	out := map[string]string{}
	for _, name := range names {
		src, err := page.Files.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		out[name] = string(src)
	}
	return out
}

func TestAllTemplatesParse(t *testing.T) {
	t.Parallel()
	r, err := New(Options{})
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Contains(r.Names(), "problem/error") {
		t.Errorf("pages: %v", r.Names())
	}
	for _, lang := range locale.Langs {
		for _, layout := range []string{App, Plain, Resident} {
			if r.base[lang].Lookup("layout/"+layout) == nil {
				t.Errorf("no layout %q", layout)
			}
		}
	}
}

var iconUse = regexp.MustCompile(`icon "([^"]+)"|"Icon" "([^"]+)"`)

func TestEveryIconIsInTheSprite(t *testing.T) {
	t.Parallel()
	list, err := os.ReadFile(filepath.Join("..", "..", "icons.txt"))
	if err != nil {
		t.Fatal(err)
	}
	names := strings.Fields(string(list))
	for file, src := range templates(t) {
		for _, m := range iconUse.FindAllStringSubmatch(src, -1) {
			if name := m[1] + m[2]; !slices.Contains(names, name) {
				t.Errorf("%s: icon %q is not in web/icons.txt", file, name)
			}
		}
	}
}

// inline finds what the content security policy would silently ignore.
var inline = map[string]*regexp.Regexp{
	"a style attribute":           regexp.MustCompile(`\sstyle\s*=`),
	"a style element":             regexp.MustCompile(`<style[\s>]`),
	"an event attribute":          regexp.MustCompile(`\s(on[a-z]+|hx-on[^\s=]*)\s*=`),
	"a script with code":          regexp.MustCompile(`<script(?:\s[^>]*)?>\s*[^<\s]`),
	"a script: address":           regexp.MustCompile(`javascript:`),
	"something from another host": regexp.MustCompile(`(?:src|href)="(?:https?:)?//`),
}

func TestNothingInline(t *testing.T) {
	t.Parallel()
	for file, src := range templates(t) {
		for what, re := range inline {
			if m := re.FindString(src); m != "" {
				t.Errorf("%s holds %s, which the policy forbids: %q", file, what, strings.TrimSpace(m))
			}
		}
	}
}

// han finds Chinese written into a template instead of a catalogue; the brand
// and the name of the language in the switch are the same in both.
func TestNoSentenceIsWrittenIntoATemplate(t *testing.T) {
	t.Parallel()
	han := regexp.MustCompile(`\p{Han}+`)
	for file, src := range templates(t) {
		for _, s := range han.FindAllString(src, -1) {
			if s != "公评" && s != "中文" {
				t.Errorf("%s: %q belongs into web/locale", file, s)
			}
		}
	}
}

var definition = regexp.MustCompile(`\{\{-? ?define "([^"]+)"`)

// TestNoTwoPartsShareAName: the later of two silently takes the place of the
// earlier, on every page that uses it.
func TestNoTwoPartsShareAName(t *testing.T) {
	t.Parallel()
	at := map[string]string{}
	for file, src := range templates(t) {
		for _, m := range definition.FindAllStringSubmatch(src, -1) {
			if other, ok := at[m[1]]; ok {
				t.Errorf("%q is defined in %s and in %s", m[1], other, file)
			}
			at[m[1]] = file
		}
	}
	if len(at) < 20 {
		t.Errorf("%d parts found; the search is broken", len(at))
	}
}
