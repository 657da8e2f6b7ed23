package archtest

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// exact are packages whose figures are published and must be the same to the
// last bit on every processor, with the lines that may be fused all the same:
// scaling by a power of two is exact, so the fused result is the same.
var exact = map[string]*regexp.Regexp{
	"scoring/fair":     nil,
	"scoring/assess":   nil,
	"scoring/estimate": regexp.MustCompile(`/ ?2\b|\*3/8|/8\)|- alpha|1 ?- ?tail|1-alpha|1 - m\b|1-a\b`),
	"scoring/robust":   nil,
	"survey/weight":    nil,
	"scoring/shrink":   nil,
	"scoring/panel":    nil,
}

// harmless matches a line whose only product is one by a power of two.
var harmless = regexp.MustCompile(`\b0\.5 ?\*|\* ?0\.5\b|/ ?2\b|\b2 ?\*|\* ?2\b|\b4 ?\*`)

// No published figure may depend on the processor: the compiler fuses x*y + z on
// arm64 (and not on plain amd64), which rounds once instead of twice. This test
// compiles the packages for arm64 and looks at every fused instruction.
func TestNoFusedMultiplyAddInPublishedFigures(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("compiles for arm64, which takes some seconds")
	}
	fused := regexp.MustCompile(`/((?:scoring|survey|internal)/[\w/]+)/(\w+\.go):(\d+)\)\s+FN?M(?:ADD|SUB)[SD]\b`)
	for pkg, allowed := range exact {
		t.Run(pkg, func(t *testing.T) {
			t.Parallel()
			cmd := exec.Command("go", "build", "-gcflags=-S", "-o", os.DevNull, "./"+pkg)
			cmd.Dir = root
			cmd.Env = append(os.Environ(), "GOARCH=arm64", "GOOS=linux", "CGO_ENABLED=0")
			out, err := cmd.CombinedOutput()
			if err != nil {
				t.Fatalf("%v\n%.2000s", err, out)
			}
			if !strings.Contains(string(out), "TEXT") {
				t.Fatal("the compiler printed no assembly: the test would find nothing")
			}
			seen := map[string]bool{}
			for _, m := range fused.FindAllStringSubmatch(string(out), -1) {
				at := m[1] + "/" + m[2] + ":" + m[3]
				if seen[at] || m[1] != pkg {
					continue // inlined from a package that has its own turn, or seen
				}
				seen[at] = true
				line := sourceLine(t, filepath.Join(root, m[1], m[2]), m[3])
				if (allowed == nil || !allowed.MatchString(line)) && !harmless.MatchString(line) {
					t.Errorf("%s is fused on arm64, write float64(a*b) + c: %s", at, strings.TrimSpace(line))
				}
			}
		})
	}
}

func sourceLine(t *testing.T, file, number string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	n, err := strconv.Atoi(number)
	lines := strings.Split(string(text), "\n")
	if err != nil || n < 1 || n > len(lines) {
		t.Fatalf("no line %s in %s", number, file)
	}
	return lines[n-1]
}
