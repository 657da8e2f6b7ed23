package main

import (
	"bytes"
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"gongping/web/browsertest"
)

const pageDir = "../../web/static/verify"

// TestPageCatalogue: both languages hold the same keys, and every key that the
// page uses is there.
func TestPageCatalogue(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile(filepath.Join(pageDir, "catalogue.js"))
	if err != nil {
		t.Fatal(err)
	}
	_, object, _ := bytes.Cut(raw, []byte("globalThis.GongpingCatalogue = "))
	var languages map[string]map[string]string
	if err := json.Unmarshal(bytes.TrimSuffix(bytes.TrimSpace(object), []byte(";")), &languages); err != nil {
		t.Fatalf("the catalogue is not JSON: %v", err)
	}
	zh, en := slices.Sorted(maps.Keys(languages["zh"])), slices.Sorted(maps.Keys(languages["en"]))
	if !slices.Equal(zh, en) || len(zh) < 50 {
		t.Errorf("keys differ:\n%v\n%v", zh, en)
	}
	used := regexp.MustCompile(`data-text="([a-z_0-9]+)"|text\('([a-z_0-9]+)'\)`)
	for _, name := range []string{"index.html", "page.js"} {
		page, err := os.ReadFile(filepath.Join(pageDir, name))
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(page, []byte("http:")) || bytes.Contains(page, []byte("https:")) {
			t.Errorf("%s names another host", name)
		}
		for _, m := range used.FindAllStringSubmatch(string(page), -1) {
			key := m[1] + m[2]
			if !slices.Contains(zh, key) && !strings.HasSuffix(key, "_") {
				t.Errorf("%s uses %q, which the catalogue does not have", name, key)
			}
		}
	}
}

// TestPageOffline opens the page from the disk, as a citizen would with a saved
// copy, and verifies a bundle and a receipt with a third implementation. Bundles
// with changed bits must be refused.
func TestPageOffline(t *testing.T) {
	t.Parallel()
	dir, err := filepath.Abs(pageDir)
	if err != nil {
		t.Fatal(err)
	}
	abs := func(name string) string {
		path, _ := filepath.Abs("../../survey/draw/testdata/" + name)
		return path
	}
	bundle, receipt := abs("example.draw.txt"), abs("example.receipt.txt")
	b := browsertest.Start(t)
	for _, language := range []string{"zh", "en"} {
		p := b.Page(t, "file://"+dir, browsertest.Phone, language)
		p.Goto("/index.html")
		p.Click(`[data-language="` + language + `"]`)
		p.Upload("#bundle", bundle)
		p.Upload("#receipt", receipt)
		p.Click("#run")
		p.WaitVisible("#result h2")
		got := p.Text("#result")
		for _, want := range map[string][]string{
			"zh": {"一致：抽样可以重算", "已抽中", "5/29", "徐汇区 2026-11", "请将签名公钥"},
			"en": {"Agrees: the draw was repeated", "Drawn", "5/29", "Compare the signing key"},
		}[language] {
			if !strings.Contains(got, want) {
				t.Errorf("%s: %q is missing in\n%s", language, want, got)
			}
		}
		if over := p.Overflow(); len(over) > 0 {
			t.Errorf("sticks out of a phone: %v", over)
		}
		p.Screenshot("verify")
		// axe-core tries to read the style sheet again, which the page's policy forbids.
		p.Expect("Connecting to")
		p.Expect("connect-src file")
		p.Axe()
	}
	p := b.Page(t, "file://"+dir, browsertest.Phone, "en")
	homes, member := abs("homes.draw.txt"), abs("homes.receipt.txt")
	p.Goto("/index.html")
	p.Click(`[data-language="en"]`)
	p.Upload("#bundle", homes)
	p.Upload("#receipt", member)
	p.Click("#run")
	p.WaitVisible("#result h2")
	for _, want := range []string{"Agrees: the draw was repeated", "Drawn", "Your place in it", "who of a household was drawn is checked"} {
		if got := p.Text("#result"); !strings.Contains(got, want) {
			t.Errorf("households: %q is missing in\n%s", want, got)
		}
	}
	p.Screenshot("verify-homes")
	for name, path := range map[string]string{"receipt": member, "bundle": homes} {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for k, at := range []int{len(text) / 3, len(text) - 700, len(text) - 5} {
			bad := bytes.Clone(text)
			bad[at] ^= 1 << k
			changed := filepath.Join(t.TempDir(), "bad.txt")
			if err := os.WriteFile(changed, bad, 0o600); err != nil {
				t.Fatal(err)
			}
			p.Upload("#bundle", homes)
			p.Upload("#receipt", member)
			p.Upload("#"+name, changed)
			p.Click("#run")
			p.WaitVisible("#result .different")
		}
	}
	p.Goto("/index.html")
	p.Click(`[data-language="en"]`)
	text, err := os.ReadFile(bundle)
	if err != nil {
		t.Fatal(err)
	}
	for k, at := range []int{3, 700, 1500, 9000, 30000, len(text) - 3} {
		bad := bytes.Clone(text)
		bad[at] ^= 1 << k
		path := filepath.Join(t.TempDir(), "bad.txt")
		if err := os.WriteFile(path, bad, 0o600); err != nil {
			t.Fatal(err)
		}
		p.Upload("#bundle", path)
		p.Click("#run")
		p.WaitVisible("#result .different")
		if got := p.Text("#result"); !strings.Contains(got, "Different") {
			t.Errorf("bit %d of byte %d changed: %s", k, at, got)
		}
	}
}
