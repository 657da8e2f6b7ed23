package appeal

import (
	"time"

	"gongping/internal/errs"
)

// Zone is the zone of all deadlines: China has one, without daylight saving.
var Zone = time.FixedZone("Asia/Shanghai", 8*60*60)

// Calendar knows the working days: Monday to Friday but for public holidays,
// and the weekend days that are worked instead (调休).
type Calendar struct{ off, on map[string]bool }

// published are the days off and the worked weekend days of the years whose
// notice of the General Office of the State Council is out (国办发明电
// 〔2024〕12号 for 2025, 〔2025〕7号 for 2026). Weekends within are left out.
var published = map[int]struct{ off, on []string }{
	2025: {
		off: []string{"2025-01-01", "2025-01-28", "2025-01-29", "2025-01-30", "2025-01-31", "2025-02-03", "2025-02-04", "2025-04-04",
			"2025-05-01", "2025-05-02", "2025-05-05", "2025-06-02", "2025-10-01", "2025-10-02", "2025-10-03", "2025-10-06", "2025-10-07", "2025-10-08"},
		on: []string{"2025-01-26", "2025-02-08", "2025-04-27", "2025-09-28", "2025-10-11"},
	},
	2026: {
		off: []string{"2026-01-01", "2026-01-02", "2026-02-16", "2026-02-17", "2026-02-18", "2026-02-19", "2026-02-20", "2026-02-23",
			"2026-04-06", "2026-05-01", "2026-05-04", "2026-05-05", "2026-06-19", "2026-09-25",
			"2026-10-01", "2026-10-02", "2026-10-05", "2026-10-06", "2026-10-07"},
		on: []string{"2026-01-04", "2026-02-14", "2026-02-28", "2026-05-09", "2026-09-20", "2026-10-10"},
	},
}

// fixed are the public holidays with a fixed date, used for years without a
// notice; the rule book can name the others.
var fixed = []string{"-01-01", "-05-01", "-05-02", "-10-01", "-10-02", "-10-03"}

// NewCalendar returns the calendar of published years, with further days off
// and worked days (YYYY-MM-DD), as a rule book names them. The latter win.
func NewCalendar(holidays, workdays []string) (*Calendar, error) {
	c := &Calendar{off: map[string]bool{}, on: map[string]bool{}}
	for _, y := range published {
		for _, d := range y.off {
			c.off[d] = true
		}
		for _, d := range y.on {
			c.on[d] = true
		}
	}
	for _, list := range []struct {
		days     []string
		set, not map[string]bool
		name     string
	}{{holidays, c.off, c.on, "holidays"}, {workdays, c.on, c.off, "workdays"}} {
		for _, d := range list.days {
			if _, err := time.Parse(time.DateOnly, d); err != nil {
				return nil, errs.New(errs.Invalid, "appeal.calendar", "the calendar has a day that is no date").At(list.name, d, "a date like 2027-02-08", "correct the rule book")
			}
			list.set[d] = true
			delete(list.not, d)
		}
	}
	return c, nil
}

// Known tells whether the notice of a year is in the calendar.
func Known(year int) bool { _, ok := published[year]; return ok }

// Working tells whether the day of t (in Zone) is a working day.
func (c *Calendar) Working(t time.Time) bool {
	t = t.In(Zone)
	d := t.Format(time.DateOnly)
	switch {
	case c.on[d]:
		return true
	case c.off[d], t.Weekday() == time.Saturday, t.Weekday() == time.Sunday:
		return false
	case Known(t.Year()):
		return true
	}
	for _, f := range fixed {
		if d[4:] == f {
			return false
		}
	}
	return true
}

// After is the last moment of the nth working day after the day of t: that day
// itself does not count.
func (c *Calendar) After(t time.Time, n int) time.Time {
	d := t.In(Zone)
	for n > 0 {
		d = d.AddDate(0, 0, 1)
		if c.Working(d) {
			n--
		}
	}
	return time.Date(d.Year(), d.Month(), d.Day(), 23, 59, 59, 0, Zone)
}

// Between counts the working days after the day of a up to that of b; it is
// negative where b comes first.
func (c *Calendar) Between(a, b time.Time) int {
	if b.Before(a) {
		return -c.Between(b, a)
	}
	n := 0
	end := b.In(Zone).Format(time.DateOnly)
	for d := a.In(Zone); d.Format(time.DateOnly) < end; {
		d = d.AddDate(0, 0, 1)
		if c.Working(d) {
			n++
		}
	}
	return n
}
