package tally

import (
	"fmt"
	"testing"

	"pgregory.net/rapid"

	"gongping/survey/instrument"
)

func options(codes ...string) (out []instrument.Option) {
	for _, c := range codes {
		out = append(out, instrument.Option{Code: c})
	}
	return out
}

func TestOf(t *testing.T) {
	t.Parallel()
	single := &instrument.Item{ID: "s", Kind: instrument.Single, Options: options("a", "b", "c")}
	got := Of(single, []Value{{"a", 60}, {"b", 30}, {"c", 4}, {"dk", 20}}, 120, 10)
	// c is too few; b goes with it, because a and N would give c away; six missing
	// are too few, and would follow from those who do not know.
	if got.N != 94 || got.DontKnow != -1 || got.Missing != -1 || fmt.Sprint(got.Rows) != "[{a   60 64 false} {b   0 0 true} {c   0 0 true}]" {
		t.Errorf("%+v", got)
	}
	// Who would rather not say is counted apart from who does not know; five are too
	// few, and with them go the others that would give them away.
	if got = Of(single, []Value{{"a", 60}, {"b", 30}, {"dk", 20}, {"declined", 10}}, 120, 10); got.N != 90 || got.DontKnow != 20 || got.Declined != 10 || got.Missing != 0 {
		t.Errorf("%+v", got)
	}
	if got = Of(single, []Value{{"a", 60}, {"b", 30}, {"dk", 20}, {"declined", 5}}, 130, 10); got.DontKnow != -1 || got.Declined != -1 || got.Missing != -1 {
		t.Errorf("%+v", got)
	}
	several := &instrument.Item{ID: "m", Kind: instrument.Multiple, Options: options("a", "b", "c")}
	got = Of(several, []Value{{"a b", 40}, {"a", 55}, {"c", 5}}, 100, 10)
	if fmt.Sprint(got.Rows) != "[{a   0 0 true} {b   40 40 false} {c   0 0 true}]" { // all but five chose a
		t.Errorf("%+v", got)
	}
	years := &instrument.Item{ID: "n", Kind: instrument.Number}
	got = Of(years, []Value{{"1", 30}, {"10", 20}, {"2", 30}, {"95", 1}}, 81, 10)
	if got.Mean == nil || *got.Mean != 4.8 || fmt.Sprint(got.Rows) != "[{ 1 1 30 37 false} { 2 2 30 37 false} { 10  21 26 false}]" { // one person said 95
		t.Errorf("%+v %v", got, *got.Mean)
	}
	moved := &instrument.Item{ID: "d", Kind: instrument.Date}
	got = Of(moved, []Value{{"2026-01-03", 6}, {"2026-01-09", 6}, {"2026-03-01", 12}}, 24, 10)
	if fmt.Sprint(got.Rows) != "[{ 2026-01 2026-01 12 50 false} { 2026-03 2026-03 12 50 false}]" {
		t.Errorf("%+v", got)
	}
	if got = Of(moved, []Value{{"1949-10-01", 1}, {"2026-01-03", 12}, {"2026-03-01", 12}}, 25, 10); fmt.Sprint(got.Rows) != "[{  2026-01 13 52 false} { 2026-03 2026-03 12 48 false}]" {
		t.Errorf("the earliest month is one person's: %+v", got)
	}
	// Two options of one answer each: their sum tells both.
	if got = Of(single, []Value{{"a", 60}, {"b", 1}, {"c", 1}}, 62, 10); fmt.Sprint(got.Rows) != "[{a   0 0 true} {b   0 0 true} {c   0 0 true}]" {
		t.Errorf("%+v", got)
	}
	if got = Of(moved, []Value{{"2026-01-03", 6}}, 24, 10); !got.Hidden || got.N != 0 || got.Rows != nil || got.Missing != -1 {
		t.Errorf("six answers are shown: %+v", got)
	}
}

// Whatever was answered, nothing that is shown is a small count, nor lets one be
// worked out from the sum.
func TestNothingSmallIsShown(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		kind := rapid.SampledFrom([]instrument.Kind{instrument.YesNo, instrument.Single, instrument.Multiple, instrument.Number, instrument.Date}).Draw(t, "kind")
		it := &instrument.Item{ID: "x", Kind: kind, Options: options("1", "2", "3", "4")}
		var values []Value
		total := rapid.IntRange(0, 12).Draw(t, "missing")
		for _, text := range map[instrument.Kind][]string{instrument.YesNo: {"yes", "no", "dk"}, instrument.Single: {"1", "2", "3", "4", "dk"}, instrument.Multiple: {"1", "1 2", "3 4", "2 3"},
			instrument.Number: {"1", "2", "3", "40"}, instrument.Date: {"2026-01-02", "2026-01-05", "2026-07-01"}}[kind] {
			if n := rapid.IntRange(0, 30).Draw(t, text); n > 0 {
				values, total = append(values, Value{text, n}), total+n
			}
		}
		const cell = 10
		got := Of(it, values, total, cell)
		shown, hidden := 0, 0
		for _, r := range got.Rows {
			if r.Hidden {
				hidden++
			}
			if r.N > 0 && r.N < cell || r.Hidden && r.N+r.SharePct > 0 {
				t.Fatalf("shows %+v", r)
			}
			shown += r.N
		}
		if kind != instrument.Multiple && got.N > 0 {
			if rest := got.N - shown; rest > 0 && (rest < cell || hidden == 1) {
				t.Fatalf("%d of %+v can be worked out", rest, got)
			}
		}
		// The least and the greatest are not told where a few gave them.
		if rows := got.Rows; (kind == instrument.Number || kind == instrument.Date) && len(rows) > 0 {
			of := map[string]int{}
			for _, v := range values {
				if of[v.Text] += v.N; kind == instrument.Date {
					of[v.Text[:7]] += v.N
				}
			}
			for _, end := range []string{rows[0].From, rows[len(rows)-1].To} {
				if end != "" && of[end] < cell {
					t.Fatalf("%+v ends at the value of %d", rows, of[end])
				}
			}
		}
		if d := total - got.N; got.N > 0 && d > 0 && got.Missing >= 0 && (small(got.Missing, cell) || small(got.DontKnow, cell)) {
			t.Fatalf("%+v", got)
		}
	})
}
