package fieldwork

import "time"

// DayCount is how many interviews of a committee came in on a day; Day is
// midnight UTC of the date, as the database gives a date.
type DayCount struct {
	Day time.Time
	N   int
}

// Standstill is the first day that is not shown of a committee to those who
// watch the fieldwork without running it, and how many interviews are.
//
// A counter that moves with each interview tells who sits at the committee's
// window that the household where somebody just rang was drawn and answered. So
// such readers see the state of a midnight, and of a later one only when at
// least step interviews have come in since: nobody stands alone behind a
// move. The night after closed shows what is left, once; whoever is asked after
// that (a case that an appeal reopens) again waits for step others.
//
// days are in order; today is the date of the reader's day, opens the first day
// of the fieldwork and closed the day on which it ended, zero while it goes on.
func Standstill(days []DayCount, step int, opens, closed, today time.Time) (until time.Time, shown int) {
	until = opens
	n, ended := 0, closed.IsZero()
	end := func() {
		if until = closed.AddDate(0, 0, 1); until.Before(opens) {
			until = opens
		}
		shown, ended = n, true
	}
	for _, d := range days {
		if !d.Day.Before(today) {
			break
		}
		if !ended && d.Day.After(closed) {
			end()
		}
		if n += d.N; n-shown >= step {
			shown, until = n, d.Day.AddDate(0, 0, 1)
		}
	}
	if !ended && closed.Before(today) {
		end()
	}
	return until, shown
}
