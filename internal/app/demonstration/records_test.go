package demonstration

import (
	"testing"
	"time"
)

// The demonstration is set up on any day of the year: the months it reports are
// six that follow one another, up to the one before that day's.
func TestMonthsBeforeEveryDay(t *testing.T) {
	t.Parallel()
	for day := time.Date(2027, 1, 1, 9, 0, 0, 0, time.UTC); day.Year() < 2029; day = day.AddDate(0, 0, 1) {
		list := monthsBefore(day, 6)
		if len(list) != 6 {
			t.Fatalf("%d months", len(list))
		}
		want := day.Year()*12 + int(day.Month()) - 1
		for m, s := range list {
			at, err := time.Parse("2006-01", s)
			if err != nil || at.Year()*12+int(at.Month())-1 != want-6+m {
				t.Fatalf("on %s the months are %v", day.Format(time.DateOnly), list)
			}
		}
	}
}
