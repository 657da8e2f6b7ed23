package assess_test

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"gongping/internal/demo"
	"gongping/scoring"
	"gongping/scoring/assess"
	"gongping/scoring/composite"
	"gongping/survey"
)

// pinnedDigest is that of the whole output of a run, computed on linux/amd64. Any
// processor, compiler or number of cores must reproduce it: the published figures
// are rebuilt elsewhere. A change of the method that moves reported numbers
// changes it on purpose.
const pinnedDigest = "e6dd441cb0e250d1e26c7d433a3abb8612f4a749123d1bdc5788988a3cc8e04c"

// pinnedInput is a run's input made of integer arithmetic only, so that it is the
// same everywhere: strata of all kinds, margins, exclusions, an earlier round,
// indicators and ratings.
func pinnedInput() *scoring.Input {
	in := &scoring.Input{Format: scoring.InputFormat, District: "310104", RuleBook: composite.Default(), Questionnaire: demo.DefaultQuestionnaire()}
	x := uint32(2026)
	next := func(m int) int {
		x = x*1664525 + 1013904223
		return int(x>>8) % m
	}
	methods := []string{"simple", "simple", "census", "pps", "two-stage"}
	for u := range 60 {
		code := fmt.Sprintf("310104%03d%03d", 1+u/12, 1+u%12)
		in.Units = append(in.Units, scoring.Unit{Code: code})
		n, level := 20+next(120), next(14)
		for _, id := range []string{"hotline_on_time", "visit_coverage", "council_meetings"} {
			in.Indicators = append(in.Indicators, scoring.Indicator{Committee: code, Indicator: id, Numerator: float64(50 + next(50)), Denominator: float64(100 + next(20))})
		}
		for k := range 3 {
			in.Ratings = append(in.Ratings, scoring.Rating{Committee: code, Reviewer: strconv.Itoa((u + k) % 7), Criterion: "c" + strconv.Itoa(k%2), Score: float64(4 + next(6))})
		}
		for s := range 1 + u%3 {
			method := methods[(u+s)%len(methods)]
			in.Strata = append(in.Strata, scoring.Stratum{Stratum: code + "-" + strconv.Itoa(s), Committee: code, Method: method, Population: int64(n + 50*next(40)), Sample: 2 * n})
		}
		for _, sex := range []string{"f", "m"} {
			for _, band := range survey.AgeBands {
				in.Margins = append(in.Margins, scoring.Margin{Committee: code, Sex: sex, AgeBand: band, Persons: int64(200 + next(200))})
			}
		}
		in.Outcomes = append(in.Outcomes, scoring.Outcome{Committee: code, Disposition: "1.1", Cases: n}, scoring.Outcome{Committee: code, Disposition: "2.2", Cases: next(n)})
		if u%4 > 0 {
			in.Previous = append(in.Previous, scoring.Previous{Committee: code, Official: float64(70 + next(20)), Reliability: float64(next(100)) / 100})
		}
		for i := range n {
			a := scoring.Answer{ID: fmt.Sprintf("%08x-%d-%d", next(1<<24), u, i), Committee: code, Stratum: code + "-" + strconv.Itoa(i%(1+u%3)), Cluster: strconv.Itoa(next(9)),
				DesignWeight: float64(8+next(30)) / 4, Sex: []string{"f", "m", "u"}[next(20)%3], AgeBand: survey.AgeBands[next(5)], Tenure: []string{"owner", "tenant"}[next(2)],
				Mode: []string{"door", "link", "phone"}[next(3)], Building: strconv.Itoa(next(7)), Household: strconv.Itoa(next(500)), Day: fmt.Sprintf("2026-09-%02d", 1+next(28))}
			if a.Mode != "link" {
				a.Evaluator = strconv.Itoa(u*3 + next(3))
			}
			low := next(30) == 0 || u%13 == 5 && next(7) == 0
			for range in.Questionnaire.Items {
				g := strconv.Itoa(1 + min(4, (next(40)+level+12)/12))
				switch {
				case low:
					g = "1"
				case next(25) == 0:
					g = "dk"
				case next(30) == 0:
					g = ""
				}
				a.Values = append(a.Values, g)
			}
			if next(90) == 0 {
				in.Exclusions = append(in.Exclusions, scoring.Exclusion{AnswerID: a.ID, Ground: "wrong_object"})
			}
			in.Answers = append(in.Answers, a)
		}
	}
	return in
}

func TestPinnedDigest(t *testing.T) {
	out, err := assess.Run(pinnedInput(), nil)
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.MarshalIndent(out, "", "")
	if err != nil {
		t.Fatal(err)
	}
	if to := os.Getenv("GONGPING_PINNED"); to != "" {
		if err := os.WriteFile(to, text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	sum := sha256.Sum256(text)
	if got := hex.EncodeToString(sum[:]); got != pinnedDigest {
		t.Errorf("digest %s, want %s", got, pinnedDigest)
	}
}

// The same on the other processor of the servers: the test is built for arm64,
// which has fused multiply-add, and run by an emulator.
func TestPinnedDigestOnARM(t *testing.T) {
	if testing.Short() {
		t.Skip("a second build is too long for a short test")
	}
	emulator := ""
	for _, name := range []string{"qemu-aarch64-static", "qemu-aarch64"} {
		if path, err := exec.LookPath(name); err == nil {
			emulator = path
			break
		}
	}
	if emulator == "" {
		t.Skip("no qemu-aarch64 here (Debian package qemu-user-static): arm64 is not tested")
	}
	binary := filepath.Join(t.TempDir(), "assess.arm64")
	build := exec.Command("go", "test", "-c", "-o", binary, ".")
	build.Env = append(os.Environ(), "GOARCH=arm64", "GOOS=linux", "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("building for arm64: %v\n%s", err, out)
	}
	run := exec.Command(emulator, binary, "-test.run", "^TestPinnedDigest$", "-test.v")
	out, err := run.CombinedOutput()
	if err != nil || !strings.Contains(string(out), "--- PASS: TestPinnedDigest") {
		t.Fatalf("on arm64: %v\n%s", err, out)
	}
}
