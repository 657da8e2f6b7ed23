package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestStandardLibraryOnly walks the import graph: a verifier that people are
// asked to trust must be small enough to read.
func TestStandardLibraryOnly(t *testing.T) {
	t.Parallel()
	out, err := exec.Command("go", "list", "-deps", "-f", "{{if not .Standard}}{{.ImportPath}}{{end}}", ".").Output()
	if err != nil {
		t.Fatal(err)
	}
	allowed := map[string]bool{"gongping/cmd/verifydraw": true, "gongping/survey/draw/verify": true, "gongping/survey/frame/canon": true}
	found := strings.Fields(string(out))
	for _, p := range found {
		if !allowed[p] {
			t.Errorf("verifydraw depends on %s", p)
		}
	}
	if len(found) != len(allowed) {
		t.Errorf("dependencies %v", found)
	}
}

const sample = "../../survey/draw/testdata/example.draw.txt"

func runIt(args ...string) (int, string) {
	var out, errOut bytes.Buffer
	code := run(args, &out, &errOut)
	return code, out.String() + errOut.String()
}

func TestCommand(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(sample)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	bad := filepath.Join(dir, "bad")
	at := bytes.Index(text, []byte(",sample,1,"))
	os.WriteFile(bad, append(append(bytes.Clone(text[:at]), ",sample,2,"...), text[at+10:]...), 0o600)
	receipt := "../../survey/draw/testdata/example.receipt.txt"
	homes, annex := "../../survey/draw/testdata/homes.draw.txt", "../../survey/draw/testdata/homes.annex.txt"
	badAnnex := filepath.Join(dir, "bad.annex")
	if text, err = os.ReadFile(annex); err != nil {
		t.Fatal(err)
	}
	os.WriteFile(badAnnex, bytes.Replace(text, []byte(",sample,"), []byte(",reserve,"), 1), 0o600)
	for _, c := range []struct {
		args []string
		code int
		want string
	}{
		{[]string{sample}, 0, "AGREES"},
		{[]string{"-json", sample}, 0, `"agrees": true`},
		{[]string{"-key", strings.Repeat("0", 64), sample}, 1, "signature"},
		{[]string{"-key", "key.pem", sample}, 2, "64 hexadecimal digits"},
		{[]string{sample}, 0, "excluded 已在先前样本中             2"},
		{[]string{sample, sample}, 1, "earlier"},
		{[]string{sample, "nowhere"}, 2, "cannot check"},
		{[]string{bad}, 1, "sample.csv has SHA-256"},
		{[]string{"receipt", receipt}, 0, "Compare the frame digest"},
		{[]string{"receipt", receipt, sample}, 0, "ticket"},
		{[]string{"receipt", sample}, 1, "receipt"},
		{[]string{homes}, 0, "who of a household was drawn is checked with the annex"},
		{[]string{"annex", homes, annex}, 0, "households opened"},
		{[]string{"annex", "-json", homes, annex}, 0, `"Drawn": 24`},
		{[]string{"annex", homes, badAnnex}, 1, "annex: household"},
		{[]string{"annex", sample, annex}, 1, "units of this draw are persons"},
		{[]string{"annex", homes}, 2, "Exit status"},
		{[]string{"receipt", "../../survey/draw/testdata/homes.receipt.txt", homes}, 0, "your place in it"},
		{[]string{"nowhere"}, 2, "cannot check"},
		{[]string{}, 2, "Exit status"},
		{[]string{"-h"}, 0, "Exit status"},
		{[]string{"extract", sample, filepath.Join(dir, "out")}, 0, ""},
	} {
		if code, got := runIt(c.args...); code != c.code || !strings.Contains(got, c.want) {
			t.Errorf("verifydraw %v: status %d, wanted %d with %q in\n%s", c.args, code, c.code, c.want, got)
		}
	}
	plan, err := os.ReadFile(filepath.Join(dir, "out", "strata.csv"))
	if err != nil || !bytes.HasPrefix(plan, []byte("stratum,method,")) {
		t.Errorf("extract: %v %.40q", err, plan)
	}
}
