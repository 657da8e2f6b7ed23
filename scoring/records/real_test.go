package records_test

import (
	"encoding/csv"
	"os"
	"slices"
	"testing"
	"time"

	"gongping/scoring/records"
)

// casework is 32,294 real cases of twelve council offices, 8% still open; the
// source warns that offices use the system differently.
const casework = "../../../shared/data/nyc-council-casework/casework_2022_2023.csv"

// TestRealCasework runs on real cases where they are at hand: every office has a
// share closed within a month that lies between its bounds, and the one that leaves
// 76% of its cases open, where others leave 0 to 25%, is flagged.
func TestRealCasework(t *testing.T) {
	t.Parallel()
	f, err := os.Open(casework)
	if err != nil {
		t.Skip("the real casework is not at hand (../shared/data/nyc-council-casework): skipped")
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	day := func(s string) int {
		d, err := time.Parse(time.DateOnly, s)
		if err != nil {
			return records.Open
		}
		return int(d.Unix() / 86400)
	}
	by, closings, cutoff := map[string][]records.Ticket{}, map[string]*records.Closings{}, 0
	for _, r := range rows[1:] {
		x := records.Ticket{Opened: day(r[2]), Closed: day(r[3])}
		if x.Opened < 0 {
			t.Fatalf("no opening day: %v", r)
		}
		cutoff = max(cutoff, x.Opened, x.Closed)
		by[r[1]] = append(by[r[1]], x)
		c := closings[r[1]]
		if c == nil {
			c = &records.Closings{Unit: r[1]}
			closings[r[1]] = c
		}
		c.Tickets++
		if x.Closed < 0 {
			c.Open++
			continue
		}
		c.Closed++
		if x.Closed == x.Opened {
			c.SameDay++
		}
		at := time.Unix(int64(x.Closed)*86400, 0).UTC()
		if at.AddDate(0, 0, 3).Month() != at.Month() {
			c.LastThree++
		}
	}
	var offices []string
	var list []records.Closings
	for o := range by {
		offices = append(offices, o)
	}
	slices.Sort(offices)
	for _, o := range offices {
		list = append(list, *closings[o])
	}
	flags := records.DefaultRules().ClosingPractices(list)
	flagged := 0
	for _, o := range offices {
		cases, _ := records.Cases(by[o], records.Every, 30, cutoff)
		w := records.WithinLimit(cases, 30, 0.95)
		if !w.OK || w.Share < w.Least-1e-9 || w.Share > w.Most+1e-9 || w.Lo > w.Share || w.Hi < w.Share {
			t.Errorf("%s: %+v", o, w)
		}
		if len(flags[o]) > 0 {
			flagged++
		}
		t.Logf("%s: %5d cases, %4.1f%% open, within 30 days %.3f ± %.3f, flags %v", o, w.N, 100*float64(closings[o].Open)/float64(w.N), w.Share, 1.96*w.SE, flags[o])
	}
	// One office never closes three of four cases: a habit of recording.
	if f := flags["NYCC40"]; flagged != 1 || len(f) != 1 || f[0].Key != records.FlagPending {
		t.Errorf("%d of %d offices are flagged: %v", flagged, len(offices), flags)
	}
}
