package conformance

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// referenceDir is the directory of reference cases: $GONGPING_SHARED/reference
// or ../shared/reference beside the checkout. Tests skip where it is absent.
func referenceDir(t *testing.T) string {
	t.Helper()
	shared := os.Getenv("GONGPING_SHARED")
	if shared == "" {
		dir, err := os.Getwd()
		if err != nil {
			t.Fatal(err)
		}
		for {
			if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
				break
			}
			up := filepath.Dir(dir)
			if up == dir {
				t.Fatal("no go.mod above the test's directory")
			}
			dir = up
		}
		shared = filepath.Join(filepath.Dir(dir), "shared")
	}
	ref := filepath.Join(shared, "reference")
	if _, err := os.Stat(ref); err != nil {
		t.Skip("no reference cases beside the checkout; set GONGPING_SHARED to their parent directory")
	}
	return ref
}

// TestReference runs every reference case of a registered method: all must
// agree within their tolerances.
func TestReference(t *testing.T) {
	dir := referenceDir(t)
	var out strings.Builder
	exit, err := Run(t.Context(), dir, &out, false)
	if err != nil || exit != 0 {
		t.Fatalf("exit %d, err %v\n%s", exit, err, out.String())
	}
}

// TestNoCaseIsKnownToTheProgram looks for the names of all cases at hand in the
// sources of the command and the engine: results must come from the data alone.
func TestNoCaseIsKnownToTheProgram(t *testing.T) {
	t.Parallel()
	names, _ := filepath.Glob("testdata/variations/*.json")
	if shared, err := filepath.Glob("../../../shared/reference/*.json"); err == nil {
		names = append(names, shared...)
	}
	if len(names) < 100 {
		t.Fatalf("only %d cases were found", len(names))
	}
	sources := 0
	for _, root := range []string{".", "../../scoring", "../../survey", "../../analytics"} {
		err := filepath.WalkDir(root, func(path string, d os.DirEntry, err error) error {
			if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
				return err
			}
			text, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			sources++
			for _, n := range names {
				if name := strings.TrimSuffix(filepath.Base(n), ".json"); strings.Contains(string(text), name) {
					t.Errorf("%s knows the case %s", path, name)
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if sources < 50 {
		t.Fatalf("only %d sources were found", sources)
	}
}
