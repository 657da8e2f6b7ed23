package archtest

import (
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// Residents' signals are read in two places: where auditors count them and
// where the detectors look at a round. Whoever reads the table anywhere else
// must say here who sees the result.
func TestSignalsAreReadByAuditorsOnly(t *testing.T) {
	t.Parallel()
	readIn(t, "response_signal",
		"internal/pg/demodb/demodb.go",    // writes those of the demonstration
		"internal/pg/fielddb/resident.go", // AddSignal writes; Signals: signal.read, auditors
		"internal/pg/qualitydb/load.go",   // Signals: the detector `signal`, whose findings are for auditors
		"migrations/0015_residents.sql",   // the table, its grants and its triggers
	)
}

// So are withdrawals: what else must not count an answer reads the exclusion
// beside it.
func TestWithdrawalsAreReadByAuditorsOnly(t *testing.T) {
	t.Parallel()
	readIn(t, "response_withdrawal",
		"internal/pg/fielddb/resident.go", // Withdraw writes; Signals: signal.read, auditors
		"internal/pg/qualitydb/load.go",   // Withdrawals: the tests of withdrawals, whose findings are for auditors
		"migrations/0015_residents.sql",   // the table, its grants and its triggers
	)
}

// readIn fails unless just these files name a table.
func readIn(t *testing.T, table string, want ...string) {
	t.Helper()
	var got []string
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && path != root && (d.Name() == "node_modules" || strings.HasPrefix(d.Name(), ".")) {
			return filepath.SkipDir
		}
		if d.IsDir() || strings.HasSuffix(path, "_test.go") || filepath.Ext(path) != ".go" && filepath.Ext(path) != ".sql" {
			return nil
		}
		b, err := os.ReadFile(path)
		if err == nil && strings.Contains(string(b), table) {
			rel, _ := filepath.Rel(root, path)
			got = append(got, filepath.ToSlash(rel))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(got)
	if !slices.Equal(got, want) {
		t.Errorf("%s is read in %v, expected %v", table, got, want)
	}
}
