package estimate

import (
	"os"
	"os/exec"
	"regexp"
	"runtime"
	"strings"
	"testing"
)

// exactScaling are the lines where the arm64 compiler fuses a division by a
// power of two into an addition; scaling by a power of two is exact, so the
// fused result is the same.
var exactScaling = regexp.MustCompile(`/ ?2\b|\*3/8|/8\)|- alpha|1 ?- ?tail|1-alpha|1 - m\b|1-a\b`)

// No published figure may depend on the processor: the arm64 code of this
// package must not hold a fused multiply-add that changes a rounding.
func TestNoFusedMultiplyAdd(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("compiles the package for arm64, which takes some seconds")
	}
	cmd := exec.Command("go", "build", "-gcflags=-S", "-o", os.DevNull, ".")
	cmd.Env = append(os.Environ(), "GOARCH=arm64", "GOOS="+runtime.GOOS)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%.2000s", err, out)
	}
	for _, m := range regexp.MustCompile(`estimate/(\w+\.go):(\d+)\)\s+FN?M(?:ADD|SUB)D`).FindAllStringSubmatch(string(out), -1) {
		src, err := os.ReadFile(m[1])
		if err != nil {
			t.Fatal(err)
		}
		n := 0
		for _, c := range m[2] {
			n = 10*n + int(c-'0')
		}
		line := strings.Split(string(src), "\n")[n-1]
		if !exactScaling.MatchString(line) {
			t.Errorf("%s:%s is fused on arm64, write float64(a*b) + c: %s", m[1], m[2], strings.TrimSpace(line))
		}
	}
}
