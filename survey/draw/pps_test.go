package draw

import (
	"bufio"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"gongping/survey/frame/canon"
)

// reference opens a case of the shared reference values, made with R's package
// sampling 2.9, or skips where they are absent.
func reference(t *testing.T, name string) (sizes []uint64, n int, start float64, pi []float64, selected []int) {
	t.Helper()
	root := os.Getenv("GONGPING_SHARED")
	for dir := "."; root == ""; dir = filepath.Join(dir, "..") {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			root = filepath.Join(dir, "..", "shared")
		}
	}
	raw, err := os.ReadFile(filepath.Join(root, "reference", name+".json"))
	if err != nil {
		t.Skip("the shared reference values are not at hand: set GONGPING_SHARED to compare with them")
	}
	var c struct {
		Params struct {
			N     int
			Start float64 `json:"systematic_start"`
		}
		Expected struct {
			Pi       []float64
			Selected []int `json:"systematic_selected"`
		}
	}
	if err := json.Unmarshal(raw, &c); err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(filepath.Join(root, "reference", name+".csv"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	lines.Scan()
	for lines.Scan() {
		v, err := strconv.ParseUint(lines.Text(), 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		sizes = append(sizes, v)
	}
	return sizes, c.Params.N, c.Params.Start, c.Expected.Pi, c.Expected.Selected
}

// TestProbabilitiesProportionalToSize compares certain units, probabilities and
// a systematic selection in file order with R's inclusionprobabilities, to a
// relative 1e-12.
func TestProbabilitiesProportionalToSize(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"A_pps_certainty", "A_pps_belgian"} {
		sizes, n, u, pi, chosen := reference(t, name)
		var all []candidate
		var total uint64
		for i, x := range sizes {
			total += x
			// Tickets in file order, so that the line is the file's.
			var ticket canon.Sum
			ticket[0], ticket[1] = byte(i>>8), byte(i)
			if x > 0 {
				all = append(all, newCandidate(strconv.Itoa(i+1), ticket, x))
			}
		}
		var start canon.Sum
		w := uint64(u * math.Exp2(64))
		for i := range 8 {
			start[i] = byte(w >> (56 - 8*i))
		}
		d := systematic(all, n, 0, total, start)
		got := map[int]Ratio{}
		for i, s := range d.sample {
			k, _ := strconv.Atoi(s.id)
			got[k] = d.probability(i)
			if math.Abs(d.probability(i).Float()-pi[k-1]) > 1e-12*pi[k-1] {
				t.Errorf("%s unit %d: probability %v, R says %v", name, k, d.probability(i).Float(), pi[k-1])
			}
		}
		if len(got) != n || len(chosen) > 0 && len(got) != len(chosen) {
			t.Errorf("%s: %d units drawn, want %d", name, len(got), n)
		}
		for _, k := range chosen {
			if _, ok := got[k]; !ok {
				t.Errorf("%s: R selects unit %d, we select %v", name, k, got)
			}
		}
	}
}
