package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"gongping/scoring/simulate"
)

// simulateWith runs the command and returns what it prints.
func simulateWith(t *testing.T, args ...string) (string, error) {
	t.Helper()
	var out, progress bytes.Buffer
	cmd := simulateCmd()
	cmd.SetOut(&out)
	cmd.SetErr(&progress)
	cmd.SetArgs(args)
	cmd.SilenceUsage, cmd.SilenceErrors = true, true
	err := cmd.ExecuteContext(t.Context())
	return out.String(), err
}

// The command prints JSON that names every estimator, writes the page, lists
// the scenarios, and names an unknown one.
func TestSimulate(t *testing.T) {
	t.Parallel()
	page := filepath.Join(t.TempDir(), "simulation.html")
	small := []string{"--scenario", "coached", "--units", "40", "--reps", "1", "--n", "30", "--items", "1"}
	out, err := simulateWith(t, append(small, "--json", "--html", page)...)
	if err != nil {
		t.Fatal(err)
	}
	var r simulate.Report
	if err := json.Unmarshal([]byte(out), &r); err != nil {
		t.Fatal(err)
	}
	if len(r.Cells) != 1 || len(r.Cells[0].Measures) != len(simulate.Estimators) {
		t.Errorf("report has %d cells", len(r.Cells))
	}
	if b, err := os.ReadFile(page); err != nil || !bytes.Contains(b, []byte("<svg")) {
		t.Errorf("the page has no chart (%v)", err)
	}
	if out, err := simulateWith(t, small...); err != nil || !strings.Contains(out, "Targets: ") {
		t.Errorf("table: %v", err)
	}
	if out, err := simulateWith(t, "--list"); err != nil || strings.Count(out, "\n") != len(simulate.Scenarios()) {
		t.Errorf("list: %v %q", err, out)
	}
	if _, err := simulateWith(t, "--scenario", "nonesuch"); err == nil || !strings.Contains(err.Error(), "heavy-contamination") {
		t.Errorf("unknown scenario: %v", err)
	}
}
