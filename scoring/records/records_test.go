package records_test

import (
	"fmt"
	"math"
	"testing"

	"pgregory.net/rapid"

	"gongping/scoring/records"
)

func near(t *testing.T, what string, got, want, tol float64) {
	t.Helper()
	if math.Abs(got-want) > tol || math.IsNaN(got) {
		t.Errorf("%s: %v, want %v", what, got, want)
	}
}

// By hand: ten matters; closed on days 1, 2, 2, 5, 9; open after 3, 4, 6, 8, 12
// days. Within 7 days: S = 9/10 · 7/9 · 4/5 = 0.56 (at risk 10, 9, and 5 on day 5
// after two censored), share 0.44. Greenwood: 0.56² (1/90 + 2/63 + 1/20) =
// 0.02911…, SE 0.170626.
func TestWithinLimitByHand(t *testing.T) {
	t.Parallel()
	var cases []records.Case
	for _, d := range []int{1, 2, 2, 5, 9} {
		cases = append(cases, records.Case{Days: d, Closed: true, Weight: 1})
	}
	for _, d := range []int{3, 4, 6, 8, 12} {
		cases = append(cases, records.Case{Days: d, Weight: 1})
	}
	w := records.WithinLimit(cases, 7, 0.95)
	near(t, "share", w.Share, 0.44, 1e-12)
	near(t, "SE", w.SE, 0.56*math.Sqrt(1.0/90+2.0/63+1.0/20), 1e-12)
	near(t, "least", w.Least, 0.4, 1e-12)
	near(t, "most", w.Most, 0.7, 1e-12)
	if !w.OK || w.N != 10 || w.Closed != 4 || w.Censored != 3 || !(w.Lo < 0.44 && 0.44 < w.Hi && w.Lo > 0.1 && w.Hi < 0.9) {
		t.Errorf("%+v", w)
	}
	// log(−log) by hand: e = 1.959964·√0.092857/|ln 0.56|, S^exp(±e).
	e := 1.959964 * math.Sqrt(1.0/90+2.0/63+1.0/20) / -math.Log(0.56)
	near(t, "lo", w.Lo, 1-math.Pow(0.56, math.Exp(-e)), 1e-6)
	near(t, "hi", w.Hi, 1-math.Pow(0.56, math.Exp(e)), 1e-6)
}

// Freireich et al. (1963), 6-MP arm: the standard example, Ŝ(10) = 0.7529 and
// Greenwood SE 0.0963 (Kalbfleisch & Prentice 2002, table 1.1; Klein &
// Moeschberger 2003, table 4.1B).
func TestKaplanMeierReference(t *testing.T) {
	t.Parallel()
	var cases []records.Case
	for _, d := range []int{6, 6, 6, 7, 10, 13, 16, 22, 23} {
		cases = append(cases, records.Case{Days: d, Closed: true, Weight: 1})
	}
	for _, d := range []int{6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35} {
		cases = append(cases, records.Case{Days: d, Weight: 1})
	}
	for limit, want := range map[int][2]float64{6: {0.8571, 0.0764}, 10: {0.7529, 0.0963}, 16: {0.6275, 0.1141}, 23: {0.4482, 0.1346}} {
		w := records.WithinLimit(cases, limit, 0.95)
		near(t, fmt.Sprint("S at ", limit), 1-w.Share, want[0], 6e-5)
		near(t, fmt.Sprint("SE at ", limit), w.SE, want[1], 6e-5)
	}
}

func TestWithinLimitAtTheEdges(t *testing.T) {
	t.Parallel()
	young := []records.Case{{Days: 2, Closed: true, Weight: 1}, {Days: 3, Weight: 1}, {Days: 4, Weight: 1}}
	if w := records.WithinLimit(young, 7, 0.95); w.OK || w.Status != "cut_off_too_early" || w.Least != 1.0/3 || w.Most != 1 {
		t.Errorf("nobody was watched for a week: %+v", w)
	}
	if w := records.WithinLimit(nil, 7, 0.95); w.OK || w.Status != "none" {
		t.Errorf("%+v", w)
	}
	all := []records.Case{{Days: 0, Closed: true, Weight: 1}, {Days: 7, Closed: true, Weight: 1}}
	if w := records.WithinLimit(all, 7, 0.95); !w.OK || w.Share != 1 || w.Hi != 1 || w.Lo > 0.9 || !(w.SE > 0) {
		t.Errorf("%+v", w)
	}
	late := []records.Case{{Days: 8, Closed: true, Weight: 1}, {Days: 30, Weight: 1}}
	if w := records.WithinLimit(late, 7, 0.95); !w.OK || w.Share != 0 || w.Lo != 0 || !(w.Hi > 0.1) {
		t.Errorf("%+v", w)
	}
}

// Whatever the tickets: the share lies between its bounds, in its interval, and
// without anything open it is the plain share.
func TestWithinLimitProperties(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var cases []records.Case
		open := false
		n := rapid.IntRange(1, 60).Draw(t, "n")
		plain := 0.0
		for range n {
			c := records.Case{Days: rapid.IntRange(0, 20).Draw(t, "days"), Closed: rapid.IntRange(0, 3).Draw(t, "closed") > 0, Weight: 1}
			open = open || !c.Closed
			if c.Closed && c.Days <= 7 {
				plain++
			}
			cases = append(cases, c)
		}
		w := records.WithinLimit(cases, 7, 0.95)
		if math.IsNaN(w.Share+w.SE+w.Lo+w.Hi+w.Least+w.Most) || !w.OK && w.Status == "" {
			t.Fatalf("%+v", w)
		}
		if !w.OK {
			return
		}
		if w.Share < w.Least-1e-9 || w.Share > w.Most+1e-9 || w.Share < w.Lo-1e-9 || w.Share > w.Hi+1e-9 {
			t.Fatalf("%+v", w)
		}
		if !open && math.Abs(w.Share-plain/float64(n)) > 1e-9 {
			t.Fatalf("%v closed of %d gives %v", plain, n, w.Share)
		}
	})
}

// One person complains on days 0, 10, 29 and 31 about one matter (the last
// begins a new chain with a window of 30), another once.
func TestRepeatsByHand(t *testing.T) {
	t.Parallel()
	list := []records.Ticket{{"a", 29, 33}, {"a", 0, 3}, {"a", 10, 12}, {"a", 31, records.Open}, {"b", 5, 9}, {"", 1, 2}, {"", 1, 2}, {"c", 41, 42}}
	weights := func(rule records.RepeatRule) (sum float64, n, repeats int, open int) {
		cases, r := records.Cases(list, rule, 30, 40)
		for _, c := range cases {
			sum += c.Weight
			if !c.Closed {
				open++
			}
		}
		return sum, len(cases), r, open
	}
	for rule, want := range map[records.RepeatRule]struct {
		sum float64
		n   int
	}{records.Every: {7, 7}, records.Harmonic: {1 + 0.5 + 1.0/3 + 1 + 1 + 2, 7}, records.Once: {5, 5}} {
		sum, n, repeats, open := weights(rule)
		near(t, string(rule), sum, want.sum, 1e-12)
		if n != want.n || repeats != 2 || open != 1 {
			t.Errorf("%s: %d cases, %d repeats, %d open", rule, n, repeats, open)
		}
	}
	cases, _ := records.Cases(list, records.Once, 30, 40)
	longest := 0
	for _, c := range cases {
		if c.Closed {
			longest = max(longest, c.Days)
		}
	}
	if longest != 33 { // from the first complaint on day 0 to the last closing on day 33
		t.Errorf("the chain lasts %d days", longest)
	}
}

func TestShareOfCounts(t *testing.T) {
	t.Parallel()
	// 80 of 100 in time, 10 still have time, 20 are repeats that count a half.
	c := records.ShareOf(records.Count{Done: 80, Received: 100, Pending: 10, Repeats: 20}, 0.5)
	near(t, "share", c.Share, 80.0/90, 1e-12)
	near(t, "numerator", c.Numerator, 72, 1e-12)
	near(t, "denominator", c.Denominator, 81, 1e-12)
	near(t, "least", c.Least, 0.8, 1e-12)
	near(t, "most", c.Most, 0.9, 1e-12)
	for _, none := range []records.Count{{}, {Done: 0, Received: 5, Pending: 5}} {
		if records.ShareOf(none, 0.5).OK {
			t.Errorf("%+v has a share", none)
		}
	}
}

func TestPractices(t *testing.T) {
	t.Parallel()
	r := records.DefaultRules()
	var list []records.Series
	for u := range 12 {
		s := records.Series{Unit: fmt.Sprintf("u%02d", u)}
		for m := range 6 {
			n := float64(30 + (u*7+m*11)%17)
			done := math.Round(n * (0.80 + 0.02*float64((u+m)%5)))
			s.Months = append(s.Months, records.Month{Month: fmt.Sprintf("2026-%02d", m+1), Count: records.Count{Done: done, Received: n, Pending: float64((u + m) % 3)}})
		}
		list = append(list, s)
	}
	if got := r.Practices(list); len(got) != 0 {
		t.Fatalf("ordinary differences are flagged: %v", got)
	}
	list[0].Months[2].Count = records.Count{}                       // zero
	list[1].Months[3].Count.Done = 99                               // above
	list[2].Months = list[2].Months[:3]                             // half missing
	list[3].Months[0].Count = records.Count{Done: 30, Received: 30} // three equal months
	list[3].Months[1].Count, list[3].Months[2].Count = list[3].Months[0].Count, list[3].Months[0].Count
	for m := range 6 { // counts as pending what others count as late
		list[4].Months[m].Count.Pending = 14
		list[4].Months[m].Count.Done = list[4].Months[m].Count.Received - 14
	}
	got := r.Practices(list)
	for unit, key := range map[string]string{"u00": records.FlagZero, "u01": records.FlagAbove, "u02": records.FlagMissing, "u03": records.FlagIdentical, "u04": records.FlagPending} {
		found := false
		for _, f := range got[unit] {
			found = found || f.Key == key
		}
		if !found {
			t.Errorf("%s: %v, want %s", unit, got[unit], key)
		}
	}
	for u := 5; u < 12; u++ {
		if f := got[list[u].Unit]; len(f) > 0 {
			t.Errorf("%s is flagged %v", list[u].Unit, f)
		}
	}
}

func TestClosingPractices(t *testing.T) {
	t.Parallel()
	var list []records.Closings
	for u := range 10 {
		list = append(list, records.Closings{Unit: fmt.Sprint(u), Tickets: 100 + u, Closed: 90, SameDay: 10 + u%4, LastThree: 8 + u, Open: 10 + u})
	}
	list[3].LastThree, list[6].SameDay = 60, 85
	got := records.DefaultRules().ClosingPractices(list)
	if len(got) != 2 || got["3"][0].Key != records.FlagHeap || got["6"][0].Key != records.FlagSameDay {
		t.Errorf("%v", got)
	}
}

func TestWorkload(t *testing.T) {
	t.Parallel()
	r := records.DefaultRules()
	for _, c := range []struct {
		households, workers int
		want                string
	}{{2000, 5, "within"}, {1300, 5, "below"}, {920, 1, "above"}, {0, 5, ""}, {100, 0, ""}} {
		if w := r.WorkloadOf(c.households, c.workers); w.Standard != c.want || w.OK != (c.want != "") {
			t.Errorf("%+v: %+v", c, w)
		}
	}
}

// With equal weights the standard error is that of a plain mean; the
// standardised rating does not move when contact alone grows.
func TestContactSplit(t *testing.T) {
	t.Parallel()
	m := records.MeanOf([]float64{60, 70, 80, 90}, []float64{2, 2, 2, 2}, 0.95)
	near(t, "mean", m.Value, 75, 1e-12)
	near(t, "SE", m.SE, math.Sqrt(500.0/3/4), 1e-12)
	near(t, "lo", m.Lo, 75-3.182446*math.Sqrt(500.0/3/4), 1e-4)
	if records.MeanOf([]float64{1}, []float64{1}, 0.95).OK {
		t.Error("one answer has an interval")
	}
	with, without := records.Mean{OK: true, Value: 70, SE: 3, N: 50}, records.Mean{OK: true, Value: 80, SE: 4, N: 20}
	s := records.Standardised(with, without, 0.4, 0.95)
	near(t, "standardised", s.Value, 76, 1e-12)
	near(t, "SE", s.SE, math.Sqrt(1.2*1.2+2.4*2.4), 1e-12)
	near(t, "lo", s.Lo, 76-1.959964*s.SE, 1e-5)
	near(t, "hi of 99%", records.Standardised(with, without, 0.4, 0.99).Hi, 76+2.575829*s.SE, 1e-5)
	if records.Standardised(with, records.Mean{}, 0.4, 0.95).OK {
		t.Error("a group without a figure")
	}
}
