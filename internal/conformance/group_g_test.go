package conformance

import (
	"strings"
	"testing"
)

// TestVariations runs the cases of testdata/variations, which other designs of
// the same methods than the reference set: nested, weighted, aliased and
// missing data, exact tests, border solutions. The R script beside them says
// how each was made.
func TestVariations(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	exit, err := Run(t.Context(), "testdata/variations", &out, false)
	if err != nil || exit != 0 || !strings.Contains(out.String(), " 0 unsupported") {
		t.Fatalf("exit %d, err %v\n%s", exit, err, out.String())
	}
}

// A formula is split into its fixed part and its grouping factors.
func TestMixedFormula(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ in, fixed, groups string }{
		{"y~1+(1|g)", "y~1", "g"},
		{"y ~ (1 | g)", "y~1", "g"},
		{"y~x+(1|a/b)", "y~x", "a b:a"},
		{"y~(1|a)+x*z+(1|a:b)", "y~x*z", "a a:b"},
		{"y~factor(year)+(1|g)", "y~factor(year)", "g"},
		{"y~0+f+(1|a/b/c)", "y~0+f", "a b:a c:b:a"},
	} {
		fixed, groups, err := mixedFormula(c.in)
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		for _, g := range groups {
			names = append(names, strings.Join(g, ":"))
		}
		if fixed != c.fixed || strings.Join(names, " ") != c.groups {
			t.Errorf("%s: got %q and %v, want %q and %q", c.in, fixed, names, c.fixed, c.groups)
		}
	}
	if _, _, err := mixedFormula("y~x+(x|g)"); err == nil {
		t.Error("a random slope was accepted")
	}
}
