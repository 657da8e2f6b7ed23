package fieldwork_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"gongping/survey/fieldwork"
)

func nov(d int) time.Time { return time.Date(2026, 11, d, 0, 0, 0, 0, time.UTC) }

// By hand: two, two and two interviews on three days; a step of five is made by
// the third.
func TestStandstillByHand(t *testing.T) {
	t.Parallel()
	days := []fieldwork.DayCount{{Day: nov(20), N: 2}, {Day: nov(22), N: 2}, {Day: nov(23), N: 2}, {Day: nov(25), N: 1}, {Day: nov(28), N: 1}}
	for _, c := range []struct {
		name          string
		closed, today time.Time
		until         time.Time
		shown         int
	}{
		{"the first day", time.Time{}, nov(20), nov(20), 0},
		{"four are too few", time.Time{}, nov(23), nov(20), 0},
		{"the sixth came today", time.Time{}, nov(23), nov(20), 0},
		{"the night after", time.Time{}, nov(24), nov(24), 6},
		{"one more waits", time.Time{}, nov(27), nov(24), 6},
		{"on the last day too", nov(26), nov(26), nov(24), 6},
		{"what is left, once", nov(26), nov(27), nov(27), 7},
		{"asked anew after the end", nov(26), nov(29), nov(27), 7},
	} {
		if until, shown := fieldwork.Standstill(days, 5, nov(20), c.closed, c.today); !until.Equal(c.until) || shown != c.shown {
			t.Errorf("%s: %s, %d", c.name, until.Format(time.DateOnly), shown)
		}
	}
}

// From one day to the next nothing moves, or at least step interviews do; save
// once, the night after the end.
func TestStandstillMovesInSteps(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var days []fieldwork.DayCount
		for d := 1; d <= 28; d++ {
			if n := rapid.IntRange(0, 4).Draw(t, "n"); n > 0 {
				days = append(days, fieldwork.DayCount{Day: nov(d), N: n})
			}
		}
		step, opens := rapid.IntRange(1, 12).Draw(t, "step"), nov(rapid.IntRange(1, 5).Draw(t, "opens"))
		closed := nov(rapid.IntRange(6, 28).Draw(t, "closed"))
		small, before := 0, 0
		for d := opens; d.Before(nov(30)); d = d.AddDate(0, 0, 1) {
			until, shown := fieldwork.Standstill(days, step, opens, closed, d)
			sum := 0
			for _, x := range days {
				if x.Day.Before(until) {
					sum += x.N
				}
			}
			if sum != shown && shown > 0 {
				t.Fatalf("%s: %d are shown, %d came before", d.Format(time.DateOnly), shown, sum)
			}
			if until.After(d) && until.After(opens) {
				t.Fatalf("%s shows %s", d.Format(time.DateOnly), until.Format(time.DateOnly))
			}
			if move := shown - before; move < 0 || move > 0 && move < step {
				small++
			}
			before = shown
		}
		if small > 1 {
			t.Fatalf("%d moves are smaller than %d", small, step)
		}
	})
}
