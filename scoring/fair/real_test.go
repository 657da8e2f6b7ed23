package fair

import (
	"encoding/csv"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"testing"
)

// sharedFile finds a file of the shared data, which is not part of the
// repository, and skips the test where it is absent.
func sharedFile(t *testing.T, name string) string {
	t.Helper()
	root := os.Getenv("GONGPING_SHARED")
	if root == "" {
		dir, err := os.Getwd()
		if err != nil {
			t.Fatal(err)
		}
		for dir != filepath.Dir(dir) {
			if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
				break
			}
			dir = filepath.Dir(dir)
		}
		root = filepath.Join(filepath.Dir(dir), "shared")
	}
	path := filepath.Join(root, name)
	if _, err := os.Stat(path); err != nil {
		t.Skipf("the shared data are not here: %v", err)
	}
	return path
}

// Students rating lecturers: 1,128 units of very unequal size. The plain empirical Bayes
// agrees with the random-intercept model of lme4 about the spread between
// lecturers (SD 0.51 of five points, 12.8 of 100, with students and departments
// in the model; without them somewhat more), and the official score stays close
// to it: on ordinary ratings the two estimators tell the same story.
func TestLecturers(t *testing.T) {
	t.Parallel()
	f, err := os.Open(sharedFile(t, "data/insteval/insteval.csv"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	in, code := &Input{}, map[string]int32{}
	for _, r := range rows[1:] {
		u, ok := code[r[1]]
		if !ok {
			u = int32(len(code))
			code[r[1]] = u
		}
		y, err := strconv.Atoi(r[6])
		if err != nil {
			t.Fatal(err)
		}
		in.Unit, in.Score = append(in.Unit, u), append(in.Score, 25*float64(y-1))
	}
	in.Units = len(code)
	r := score(t, in)
	if sd := math.Sqrt(r.Prior.Total.Tau2); sd < 11 || sd > 15 {
		t.Errorf("SD between lecturers %.2f, about 13 expected", sd)
	}
	diff, n := 0.0, 0.0
	for _, u := range r.Units {
		if u.N >= 30 {
			diff += math.Abs(u.Official - u.EB)
			n++
		}
	}
	if diff/n > 2 {
		t.Errorf("official and EB differ by %.2f points on average over %v lecturers", diff/n, n)
	}
	t.Logf("SD %.2f, mean |official-EB| %.2f, low base %.3f slope %.3f", math.Sqrt(r.Prior.Total.Tau2), diff/n, r.Prior.Low.Base, r.Prior.Low.Slope)
}
