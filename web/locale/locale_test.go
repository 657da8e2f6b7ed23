package locale

import (
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"
	"unicode"
)

// root is the folder of go.mod.
func root(t *testing.T) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for ; dir != filepath.Dir(dir); dir = filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir
		}
	}
	t.Fatal("no go.mod above this folder")
	return ""
}

var placeholder = regexp.MustCompile(`\{\{\s*\.(\w+)\s*\}\}`)

// placeholders lists the names that a sentence is filled with.
func placeholders(s string) []string {
	var out []string
	for _, m := range placeholder.FindAllStringSubmatch(s, -1) {
		if !slices.Contains(out, m[1]) {
			out = append(out, m[1])
		}
	}
	slices.Sort(out)
	return out
}

// raw reads the files again, without go-i18n, as key to its forms.
func raw(t *testing.T, lang Lang) map[string]map[string]string {
	t.Helper()
	out := map[string]map[string]string{}
	names, _ := fs.Glob(embedded, string(lang)+"/*.json")
	for _, name := range names {
		for key, forms := range parse(t, name) {
			out[key] = forms
		}
	}
	return out
}

func parse(t *testing.T, name string) map[string]map[string]string {
	t.Helper()
	data, err := embedded.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	var entries map[string]json.RawMessage
	if err := json.Unmarshal(data, &entries); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	out := map[string]map[string]string{}
	for key, msg := range entries {
		var one string
		forms := map[string]string{}
		if json.Unmarshal(msg, &one) == nil {
			forms["other"] = one
		} else if err := json.Unmarshal(msg, &forms); err != nil {
			t.Fatalf("%s: %s: %v", name, key, err)
		}
		out[key] = forms
	}
	return out
}

func TestBothLanguagesSayTheSame(t *testing.T) {
	t.Parallel()
	zh, en := raw(t, Chinese), raw(t, English)
	for key, forms := range zh {
		if en[key] == nil {
			t.Errorf("%s: no English sentence", key)
			continue
		}
		if len(forms) != 1 {
			t.Errorf("%s: Chinese has one plural form only", key)
		}
		for form, s := range en[key] {
			if got, want := placeholders(s), placeholders(forms["other"]); form == "other" && !slices.Equal(got, want) {
				t.Errorf("%s: placeholders differ: English %v, Chinese %v", key, got, want)
			}
		}
	}
	for key := range en {
		if zh[key] == nil {
			t.Errorf("%s: no Chinese sentence", key)
		}
	}
}

func TestNoSentenceIsEmptyAndEachIsInItsLanguage(t *testing.T) {
	t.Parallel()
	for _, lang := range Langs {
		for key, forms := range raw(t, lang) {
			for form, s := range forms {
				if strings.TrimSpace(s) == "" {
					t.Errorf("%s %s (%s): empty", lang, key, form)
				}
				if lang == English && strings.ContainsFunc(s, func(r rune) bool { return unicode.Is(unicode.Han, r) }) && !strings.Contains(key, "scale.") {
					t.Errorf("%s: Chinese in the English sentence %q", key, s)
				}
				if strings.Contains(placeholder.ReplaceAllString(s, ""), "{{") {
					t.Errorf("%s %s: only {{.Name}} may stand in a sentence: %q", lang, key, s)
				}
				if lang == Chinese && strings.ContainsAny(s, ",;!?") && strings.ContainsFunc(s, func(r rune) bool { return unicode.Is(unicode.Han, r) }) && halfWidth.MatchString(s) {
					t.Errorf("%s: half-width punctuation after Chinese: %q", key, s)
				}
			}
		}
	}
}

var halfWidth = regexp.MustCompile(`\p{Han}[,;!?:]`)

var inTemplate = regexp.MustCompile(`[{( ]tn? "([a-z0-9_.-]+)"`)

// TestEveryKeyUsedExists looks at every literal key in templates and in Go.
func TestEveryKeyUsedExists(t *testing.T) {
	t.Parallel()
	c := Embedded()
	dir := root(t)
	used := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (d.Name() == "node_modules" || d.Name() == "testdata" || strings.HasPrefix(d.Name(), ".")) {
			return filepath.SkipDir
		}
		rel, _ := filepath.Rel(dir, path)
		switch {
		case strings.HasSuffix(path, ".html"):
			src, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			for _, m := range inTemplate.FindAllStringSubmatch(string(src), -1) {
				used[m[1]] = rel
			}
		case strings.HasSuffix(path, ".go") && !strings.HasSuffix(path, "_test.go"):
			for _, key := range keysInGo(t, path) {
				used[key] = rel
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for key, where := range used {
		for _, lang := range Langs {
			if !c.For(lang).Has(key) {
				t.Errorf("%s: key %q has no sentence in web/locale/%s", where, key, lang)
			}
		}
	}
	if len(used) < 20 {
		t.Errorf("only %d keys were found: the search is broken", len(used))
	}
}

// keysInGo finds the literal keys of errs.New, errs.Wrap, Flash, the methods T,
// N and Map of a Printer, and of Key fields of navigation entries.
func keysInGo(t *testing.T, path string) []string {
	file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
	if err != nil {
		t.Logf("%s is not complete: %v", path, err)
		return nil
	}
	var keys []string
	ast.Inspect(file, func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if !ok {
			return true
		}
		sel, ok := call.Fun.(*ast.SelectorExpr)
		if !ok {
			return true
		}
		pkg, _ := sel.X.(*ast.Ident)
		arg := -1
		switch {
		case pkg != nil && pkg.Name == "errs" && sel.Sel.Name == "New":
			arg = 1
		case pkg != nil && pkg.Name == "errs" && sel.Sel.Name == "Wrap":
			arg = 2
		case pkg != nil && pkg.Name == "render" && sel.Sel.Name == "Flash":
			arg = 2
		case sel.Sel.Name == "T" || sel.Sel.Name == "N" || sel.Sel.Name == "Map":
			arg = 0
		}
		if arg < 0 || arg >= len(call.Args) {
			return true
		}
		if lit, ok := call.Args[arg].(*ast.BasicLit); ok && lit.Kind == token.STRING {
			if key, _ := strconv.Unquote(lit.Value); strings.Contains(key, ".") && !strings.ContainsAny(key, " /") {
				keys = append(keys, key)
			}
		}
		return true
	})
	return keys
}

func TestAKeyInTwoFilesIsRefused(t *testing.T) {
	t.Parallel()
	_, err := New(fstest.MapFS{
		"zh/a.json": {Data: []byte(`{"x.y":"甲"}`)},
		"zh/b.json": {Data: []byte(`{"x.y":"乙"}`)},
	})
	if err == nil || !strings.Contains(err.Error(), "x.y") {
		t.Fatalf("got %v", err)
	}
}

func TestPluralsAndFallback(t *testing.T) {
	t.Parallel()
	c := Embedded()
	en := c.For(English)
	if got := en.N("time.days.past", 1); got != "1 day ago" {
		t.Errorf("got %q", got)
	}
	if got := en.N("time.days.past", 2); got != "2 days ago" {
		t.Errorf("got %q", got)
	}
	if got := c.For(Chinese).N("time.days.past", 2); got != "2 天前" {
		t.Errorf("got %q", got)
	}
	if got := en.T("no.such.key"); got != "no.such.key" {
		t.Errorf("a missing key must be seen, got %q", got)
	}
	if c.For("fr").Lang() != Chinese {
		t.Error("an unknown language must be Chinese")
	}
}

func FuzzFromRequest(f *testing.F) {
	f.Add("zh-CN,zh;q=0.9,en;q=0.8", "en")
	f.Add("*;q=a", "\x00")
	f.Fuzz(func(t *testing.T, accept, cookie string) {
		r := httptest.NewRequest("GET", "/", nil)
		r.Header["Accept-Language"] = []string{accept}
		r.Header["Cookie"] = []string{Cookie + "=" + cookie}
		if !slices.Contains(Langs, FromRequest(r)) {
			t.Fatal("not a language of ours")
		}
	})
}
