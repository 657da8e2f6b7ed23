package appeal_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"gongping/scoring/appeal"
)

// Working days by the notices of the General Office of the State Council for
// 2025 and 2026.
func TestWorkingDays(t *testing.T) {
	t.Parallel()
	cal, err := appeal.NewCalendar([]string{"2027-02-08"}, []string{"2027-02-13"})
	if err != nil {
		t.Fatal(err)
	}
	for day, want := range map[string]bool{
		"2026-02-14": true, "2026-02-16": false, "2026-02-24": true, "2026-02-28": true, // Spring Festival, worked Saturdays
		"2026-10-01": false, "2026-10-08": true, "2026-10-10": true, "2026-10-11": false, "2026-09-20": true,
		"2025-10-08": false, "2025-10-09": true, "2026-11-21": false, "2026-11-23": true,
		"2027-01-01": false, "2027-02-08": false, "2027-02-13": true, "2027-02-14": false, // no notice yet; rule book's days
	} {
		d, _ := time.ParseInLocation(time.DateOnly, day, appeal.Zone)
		if got := cal.Working(d); got != want {
			t.Errorf("%s: working %v, want %v", day, got, want)
		}
	}
	// Five working days after 28 September 2026 lead across the National Day week.
	got := cal.After(time.Date(2026, 9, 28, 23, 30, 0, 0, appeal.Zone), 5)
	if want := "2026-10-10 23:59:59"; got.Format(time.DateTime) != want {
		t.Errorf("after: %s, want %s", got.Format(time.DateTime), want)
	}
	if _, err := appeal.NewCalendar([]string{"8 February"}, nil); err == nil {
		t.Error("a day that is no date was taken")
	}
}

func TestBetweenIsTheInverseOfAfter(t *testing.T) {
	t.Parallel()
	cal, _ := appeal.NewCalendar(nil, nil)
	rapid.Check(t, func(t *rapid.T) {
		from := start.Add(time.Duration(rapid.IntRange(-10000, 10000).Draw(t, "hours")) * time.Hour)
		n := rapid.IntRange(1, 40).Draw(t, "days")
		if got := cal.Between(from, cal.After(from, n)); got != n {
			t.Fatalf("%d working days after %s are counted as %d", n, from, got)
		}
	})
}

func answers(n int) []appeal.Answer {
	list := make([]appeal.Answer, n)
	for i := range list {
		list[i] = appeal.Answer{ID: fmt.Sprintf("r%03d", i), Score: float64(i*37%101) / 1.01}
	}
	return list
}

func TestReviewLooksAtBothSides(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		list := answers(rapid.IntRange(0, 120).Draw(t, "n"))
		for i := range list {
			list[i].Collective = list[i].Score < 10 && rapid.Bool().Draw(t, "tied")
			list[i].Theme = rapid.IntRange(0, 3).Draw(t, "theme") == 0 // also of those content with the rest
		}
		collective := rapid.Bool().Draw(t, "collective")
		g := rapid.SampledFrom(appeal.Grounds).Draw(t, "ground")
		items := appeal.Review("case", g, list, collective)
		sides := map[appeal.Side]int{}
		byID := map[string]appeal.Answer{}
		for _, a := range list {
			byID[a.ID] = a
		}
		for i, it := range items {
			sides[it.Side]++
			if it.Label != string(rune('A'+i)) {
				t.Fatalf("label %q at %d", it.Label, i)
			}
			if it.Side == appeal.Low && g.Grievance && collective || byID[it.ID].Collective || g.Grievance && byID[it.ID].Theme {
				t.Fatalf("an answer of a collective complaint is under review as a grievance, on the %s side", it.Side)
			}
			if i > 0 && string(items[i-1].Ticket) > string(it.Ticket) {
				t.Fatal("the order tells more than the tickets")
			}
		}
		// Another answer for each low one, wherever the unit has so many.
		above, others := 0, 0
		for _, a := range list {
			if a.Collective || g.Grievance && a.Theme {
				continue
			}
			if a.Score > appeal.LowUpTo {
				others++
			}
			if a.Score >= appeal.HighFrom {
				above++
			}
		}
		if sides[appeal.High] != min(sides[appeal.Low], others) {
			t.Fatalf("sides %v, though %d answers of the unit are not low", sides, others)
		}
		for _, it := range items { // lower ones only where too few are high
			if it.Side == appeal.High && byID[it.ID].Score < appeal.HighFrom && above >= sides[appeal.Low] {
				t.Fatalf("%.1f is no high answer, and there are %d", byID[it.ID].Score, above)
			}
		}
		if sides[appeal.High] > sides[appeal.Low] || sides[appeal.Low] > appeal.MaxReview || !g.Reviews() && len(items) > 0 {
			t.Fatalf("sides %v", sides)
		}
	})
	items := appeal.Review("case", appeal.Grounds[0], answers(101), false)
	if len(items) != 2*appeal.MaxReview {
		t.Errorf("%d under review, want five and five", len(items))
	}
	again := appeal.Review("case", appeal.Grounds[0], answers(101), false)
	other := appeal.Review("other", appeal.Grounds[0], answers(101), false)
	if fmt.Sprint(items) != fmt.Sprint(again) || fmt.Sprint(items) == fmt.Sprint(other) {
		t.Error("the draw must repeat for one appeal and differ between appeals")
	}
}

func TestChooseBalancesAndAvoidsConflicts(t *testing.T) {
	t.Parallel()
	load := map[string]int{}
	for i := range 60 {
		var members []appeal.Member
		for _, id := range []string{"a", "b", "c", "d", "x"} {
			members = append(members, appeal.Member{ID: id, Load: load[id]})
		}
		got, ok := appeal.Choose(fmt.Sprint(i), members, map[string]bool{"x": true}, nil, 2)
		if !ok || got[0] == got[1] {
			t.Fatalf("chosen %v %v", got, ok)
		}
		for _, id := range got {
			load[id]++
		}
	}
	if load["x"] != 0 {
		t.Error("a member with a conflict was chosen")
	}
	for _, id := range []string{"a", "b", "c", "d"} {
		if load[id] != 30 {
			t.Errorf("%s sits on %d of 60, want 30", id, load[id])
		}
	}
	if _, ok := appeal.Choose("1", []appeal.Member{{ID: "a"}, {ID: "b"}}, nil, []string{"a"}, 2); ok {
		t.Error("one free member made a panel of two")
	}
}

func TestMask(t *testing.T) {
	t.Parallel()
	text := "5号楼302室的王阿姨（13812345678，沪A·12345）在徐汇区田林街道长春居委会与李例乙争执，工单 2026090100012。见 Ms Chen."
	got := appeal.Mask(text, []string{"李例乙", "长春居委会", "田林街道"})
	for _, secret := range []string{"5号楼", "302室", "王阿姨", "13812345678", "12345", "田林", "长春", "李例乙", "2026090100012", "Chen"} {
		if strings.Contains(got, secret) {
			t.Errorf("%q is left in %q", secret, got)
		}
	}
	if plain := "物业公司停运电梯，居民误以为由居委会负责，见走访记录。"; appeal.Mask(plain, []string{"长春居委会"}) != plain {
		t.Errorf("nothing personal, yet masked: %s", appeal.Mask(plain, []string{"长春居委会"}))
	}
	if !strings.Contains(got, "争执") {
		t.Errorf("too much is masked: %q", got)
	}
}

// FuzzMask looks for a text in which a long number survives.
func FuzzMask(f *testing.F) {
	f.Add("沪A12345 5号楼 13812345678")
	f.Add("工单2026090100012")
	f.Fuzz(func(t *testing.T, text string) {
		run := 0
		for _, r := range appeal.Mask(text, nil) {
			if r < '0' || r > '9' {
				run = 0
			} else if run++; run >= 7 {
				t.Fatalf("a number of seven digits is left of %q", text)
			}
		}
	})
}
