package draw

import (
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestRule(t *testing.T) {
	t.Parallel()
	at := func(day, hour int) Attempt {
		return Attempt{At: time.Date(2026, 11, day, hour, 0, 0, 0, time.FixedZone("CST", 8*3600)), Channel: fmt.Sprint("c", day%2)}
	}
	rule := Rule{Attempts: 4, Days: 3, Parts: 2, Weekend: 1, Span: 48 * time.Hour, Channels: 2}
	for name, c := range map[string]struct {
		attempts []Attempt
		lacking  string
	}{
		"none":       {nil, "[release.attempts release.days release.parts release.weekend release.channels release.span]"},
		"same day":   {[]Attempt{at(16, 9), at(16, 10), at(16, 11), at(16, 11)}, "[release.days release.parts release.weekend release.channels release.span]"},
		"no weekend": {[]Attempt{at(16, 9), at(17, 13), at(18, 20), at(19, 9)}, "[release.weekend]"},
		"enough":     {[]Attempt{at(20, 19), at(21, 10), at(23, 9), at(22, 15)}, "[]"}, // 21 and 22 November 2026 are a weekend
	} {
		keys := []string{}
		for _, e := range rule.Lacking(c.attempts) {
			keys = append(keys, e.Key)
		}
		if fmt.Sprint(keys) != c.lacking {
			t.Errorf("%s: lacking %v, want %s", name, keys, c.lacking)
		}
	}
	if got := (Rule{}).Lacking(nil); len(got) != 0 {
		t.Errorf("an empty rule asks for %v", got)
	}
}

// TestReservesOnlyInOrder: whatever cases are given up in whatever order, the
// reserves that enter are the next ones of their stratum, and every other wish
// is refused.
func TestReservesOnlyInOrder(t *testing.T) {
	t.Parallel()
	units := populated(200)
	rapid.Check(t, func(t *rapid.T) {
		m := methods[rapid.SampledFrom([]int{0, 2, 3, 4}).Draw(t, "method")]
		sel, err := Draw(planOf(units, m.m, 4, 3, m.clusters), "seed", "x", from(units))
		if err != nil {
			t.Fatal(err)
		}
		var released []Release
		entered := map[string]int{}
		for range rapid.IntRange(0, 12).Draw(t, "releases") {
			given := sel[rapid.IntRange(0, len(sel)-1).Draw(t, "case")]
			next, err := NextReserve(sel, released, given.FrameID)
			if err != nil {
				if k := keyOf(err); k != "release.case" && k != "release.none_left" {
					t.Fatal(err)
				}
				continue
			}
			at := given.Stratum + given.Cluster
			if entered[at]++; next.Order != entered[at] || !next.Reserve || next.Stratum+next.Cluster != at {
				t.Fatalf("reserve %d of %s enters as number %d", next.Order, at, entered[at])
			}
			for _, other := range sel {
				wish := Release{given.FrameID, other.FrameID}
				if err := CheckRelease(sel, released, wish); (err == nil) != (other.FrameID == next.FrameID) {
					t.Fatalf("wish for %s: %v", other.FrameID, err)
				}
			}
			released = append(released, Release{given.FrameID, next.FrameID})
		}
		if len(released) > 1 && released[0].Case != released[1].Reserve {
			if _, err := NextReserve(sel, []Release{{released[0].Case, "nobody"}}, released[1].Case); keyOf(err) != "release.history" {
				t.Fatalf("forged history: %v", err)
			}
		}
	})
}
