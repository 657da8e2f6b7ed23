package fieldwork

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"slices"
	"time"
)

// Retry are the waits before a person is called again, and the hours in which
// people are called. The rule book sets them.
type Retry struct {
	NoAnswer   time.Duration // nobody picked up, or nobody was there
	Away       time.Duration // somebody else picked up
	Refusal    time.Duration // the person said no; once more, not sooner
	MaxRefused int           // so many refusals end the calls
	// No calls before FirstHour, nor from LastHour on, in fieldwork time.
	FirstHour, LastHour int
}

// DefaultRetry is the telephone protocol of a rule book that sets none.
var DefaultRetry = Retry{NoAnswer: 180 * time.Minute, Away: 180 * time.Minute, Refusal: 7 * 24 * time.Hour, MaxRefused: 2, FirstHour: 9, LastHour: 21}

// The parts of a day in which calls are made, in fieldwork time.
const (
	fromNoon = 12
	fromSix  = 18
)

// DayPart is the part of the day of a time: "morning" (until 12), "afternoon"
// (12–18), "evening", or "" when nobody is to be called.
func (r Retry) DayPart(t time.Time) string {
	switch h := t.In(Zone).Hour(); {
	case h < r.FirstHour || h >= r.LastHour:
		return ""
	case h < fromNoon:
		return "morning"
	case h < fromSix:
		return "afternoon"
	}
	return "evening"
}

// NextCall says from when on a case may be called again, from the tries so far
// (in the order of time); stop is true when it is not to be called at all. The
// zero time means: at once.
func (r Retry) NextCall(tries []Try) (from time.Time, stop bool) {
	refused := 0
	for _, t := range tries {
		d, ok := Lookup(t.Code)
		if !ok {
			continue
		}
		wait := time.Duration(0)
		switch {
		case d.Ends:
			return time.Time{}, true
		case d.Class == Refusal:
			if refused++; refused >= r.MaxRefused {
				return time.Time{}, true
			}
			wait = r.Refusal
		case d.Reached:
			wait = r.Away
		default:
			wait = r.NoAnswer
		}
		if at := t.At.Add(wait); at.After(from) {
			from = at
		}
	}
	return from, false
}

// Callable is a case on an evaluator's list of calls.
type Callable struct {
	ID          string
	Tries       []Try
	Appointment time.Time // agreed, zero for none
	Rule        Retry     // of the case's round
}

// Call is a case with its place in the order of calls.
type Call struct {
	Callable
	Agreed bool      // an appointment is due now
	Fresh  bool      // never tried in this part of the day
	From   time.Time // may be called from then on; zero or past: now
}

// Ticket orders cases at random, in a way that anybody can repeat: SHA-256 over
// evaluator, day and case, the first eight bytes as a number.
func Ticket(evaluator string, day time.Time, id string) uint64 {
	h := sha256.Sum256([]byte("gongping/call/v1\x00" + evaluator + "\x00" + day.In(Zone).Format(time.DateOnly) + "\x00" + id))
	return binary.BigEndian.Uint64(h[:8])
}

// Calls puts the cases into the order in which they are called at a time: what
// was agreed for now, then cases never tried in this part of the day, then the
// rest, each by ticket; later are those that may not be called yet. Whom the
// rules no longer allow to be called is left out.
func Calls(cases []Callable, evaluator string, now time.Time) (due, later []Call) {
	for _, c := range cases {
		part := c.Rule.DayPart(now)
		from, stop := c.Rule.NextCall(c.Tries)
		if stop {
			continue
		}
		x := Call{Callable: c, Fresh: true, From: from}
		for _, t := range c.Tries {
			x.Fresh = x.Fresh && c.Rule.DayPart(t.At) != part
		}
		if !c.Appointment.IsZero() {
			x.From = c.Appointment
			x.Agreed = !c.Appointment.After(now)
		}
		if part == "" || x.From.After(now) {
			later = append(later, x)
		} else {
			due = append(due, x)
		}
	}
	rank := func(c Call) int {
		switch {
		case c.Agreed:
			return 0
		case c.Fresh:
			return 1
		}
		return 2
	}
	slices.SortFunc(due, func(a, b Call) int {
		return cmp.Or(cmp.Compare(rank(a), rank(b)), cmp.Compare(Ticket(evaluator, now, a.ID), Ticket(evaluator, now, b.ID)))
	})
	slices.SortFunc(later, func(a, b Call) int { return cmp.Or(a.From.Compare(b.From), cmp.Compare(a.ID, b.ID)) })
	return due, later
}
