package plant

import (
	"encoding/csv"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"testing"

	"gongping/internal/testkit"
	"gongping/survey/quality"
)

// table reads a shared data set, or skips where it is not at hand.
func table(t *testing.T, elem ...string) ([]string, [][]string) {
	t.Helper()
	f, err := os.Open(testkit.SharedFile(t, append([]string{"data"}, elem...)...))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return rows[0], rows[1:]
}

// durham is the resident survey with some blocks of graded items, and honest
// residents given at random to interviewers that never existed.
func durham(t *testing.T, interviewers int, rng *rand.Rand, columns ...string) *quality.Data {
	head, rows := table(t, "durham-resident-survey-2022", "responses.csv")
	at := map[string]int{}
	for i, h := range head {
		at[h] = i
	}
	d := &quality.Data{Characters: make([]int, len(columns))}
	for i, k := range rng.Perm(len(rows)) {
		r := quality.Response{ID: fmt.Sprintf("%05d", i), Interviewer: fmt.Sprintf("i%02d", i%interviewers), Committee: "durham", Hour: -1, Mode: "door"}
		for _, c := range columns {
			v, _ := strconv.Atoi(rows[k][at[c]])
			if v < 1 || v > 5 {
				v = 0
			}
			r.Grades = append(r.Grades, int8(v))
		}
		d.Responses = append(d.Responses, r)
	}
	return d
}

func columns(block string, n int) (out []string) {
	for i := range n {
		out = append(out, fmt.Sprintf("%s_%02d", block, i+1))
	}
	return out
}

// On answers of real residents nobody is accused, however short the form; the
// fixed rule of 85% accuses most; copies that are planted are found.
func TestDurham(t *testing.T) {
	t.Parallel()
	for _, form := range []struct {
		name    string
		columns []string
	}{{"5 items", columns("q1", 5)}, {"8 items", columns("q3", 8)}, {"24 items", columns("q1", 24)}, {"13 items", columns("q12", 13)}} {
		const reps = 20
		flagged, tested, rule85, found := 0, 0, 0, 0
		for rep := range reps {
			d := durham(t, 18, rand.New(rand.NewPCG(2022, uint64(rep))), form.columns...)
			rule85 += above85(d)
			for _, x := range quality.Scan(d, quality.DefaultRules()).Tests {
				tested++
				if x.Flagged {
					flagged++
				}
			}
			rng := rand.New(rand.NewPCG(5, uint64(rep)))
			n := 0
			for i := range d.Responses { // fifteen of an interviewer's fifty are copies with one change
				if r := &d.Responses[i]; r.Interviewer == "i03" && n < 15 {
					if n++; n > 1 {
						copy(r.Grades, d.Responses[3].Grades)
						r.Grades[rng.IntN(len(r.Grades))] = int8(1 + rng.IntN(5))
					} else {
						copy(d.Responses[3].Grades, r.Grades)
					}
				}
			}
			for _, x := range quality.Scan(d, quality.DefaultRules()).Flagged() {
				if x.Unit == "i03" {
					found++
					break
				}
			}
		}
		t.Logf("%s: %d of %d tests of honest residents flagged; the fixed 85%% rule accuses %.0f%% of respondents; copies found in %d of %d", form.name, flagged, tested, 100*float64(rule85)/float64(reps*891), found, reps)
		if flagged > 1 {
			t.Errorf("%s: %d innocent findings", form.name, flagged)
		}
	}
}

// above85 counts respondents who match another of the same interviewer on 85%.
func above85(d *quality.Data) int {
	n := 0
	for i, a := range d.Responses {
		for j, b := range d.Responses {
			if i == j || a.Interviewer != b.Interviewer {
				continue
			}
			same := 0
			for k := range a.Grades {
				if a.Grades[k] == b.Grades[k] {
					same++
				}
			}
			if float64(same) >= 0.85*float64(len(a.Grades)) {
				n++
				break
			}
		}
	}
	return n
}

// The ratings of lecturers are skewed and cluster in people: a hard null for
// the comparison of variances. Students are given at random to interviewers.
func TestInstEval(t *testing.T) {
	t.Parallel()
	_, rows := table(t, "insteval", "insteval.csv")
	flagged, tested := 0, 0
	for rep := range 10 {
		rng := rand.New(rand.NewPCG(1, uint64(rep)))
		d := &quality.Data{Characters: []int{20}}
		for i, k := range rng.Perm(len(rows))[:3000] {
			y, _ := strconv.Atoi(rows[k][6])
			d.Responses = append(d.Responses, quality.Response{ID: fmt.Sprintf("%05d", i), Interviewer: fmt.Sprintf("i%02d", i%50), Committee: "d" + rows[k][5],
				Hour: -1, Grades: []int8{int8(y)}})
		}
		for _, x := range quality.Scan(d, quality.DefaultRules()).Tests {
			tested++
			if x.Flagged {
				flagged++
			}
		}
	}
	t.Logf("%d of %d tests flagged", flagged, tested)
	if flagged > 1 {
		t.Errorf("%d innocent findings", flagged)
	}
}
