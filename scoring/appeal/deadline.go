package appeal

import (
	"time"
)

// Step is a step that has a deadline.
type Step string

// The steps with deadlines.
const (
	StepAccept Step = "accept"
	StepDecide Step = "decide"
	StepReAsk  Step = "reask" // ask residents anew, where that was decided
)

// Deadlines are the last moments of the steps. They are fixed when the appeal
// is filed: a calendar that changes later moves none of them.
type Deadlines struct {
	FileBy   time.Time // of the contested result
	AcceptBy time.Time
	DecideBy time.Time
}

// Rules are the numbers of working days of the rule book.
type Rules struct {
	File, Accept, Decide, Notice int
	Extend                       int // most by which a step may be extended
	SecondFile, SecondDecide     int // of the second instance
}

// FileBy is the last moment to contest a result published at a time.
func (r Rules) FileBy(cal *Calendar, published time.Time) time.Time {
	return cal.After(published, r.File)
}

// From gives the deadlines of an appeal filed at a time. Both count from the
// filing, so that a slow acceptance does not lengthen the whole.
func (r Rules) From(cal *Calendar, published, filed time.Time) Deadlines {
	return Deadlines{FileBy: r.FileBy(cal, published), AcceptBy: cal.After(filed, r.Accept), DecideBy: cal.After(filed, r.Decide)}
}

// Second gives the deadlines of a second instance that is filed at a time,
// against a first one that ended at another.
func (r Rules) Second(cal *Calendar, ended, filed time.Time) Deadlines {
	return Deadlines{FileBy: cal.After(ended, r.SecondFile), AcceptBy: cal.After(filed, r.Accept), DecideBy: cal.After(filed, r.SecondDecide)}
}

// Waiting is the step with a deadline that the appeal waits for, "" for none.
func (c *Case) Waiting() Step {
	switch c.State {
	case Filed:
		return StepAccept
	case Accepted, Assigned, Voting:
		return StepDecide
	case Decided:
		if c.ReAsks() {
			return StepReAsk
		}
	}
	return ""
}

// Due is the deadline of the step that the appeal waits for; zero for none.
func (c *Case) Due() time.Time {
	s := c.Waiting()
	if t, ok := c.Extended[s]; ok {
		return t
	}
	switch s {
	case StepAccept:
		return c.Deadlines.AcceptBy
	case StepDecide:
		return c.Deadlines.DecideBy
	case StepReAsk:
		if !c.ReAskUntil.IsZero() {
			return c.ReAskUntil
		}
		return c.decidedAt().Add(time.Duration(c.ReAskMax) * day)
	}
	return time.Time{}
}

func (c *Case) decidedAt() time.Time {
	for _, e := range c.Events {
		if e.Kind == KindDecided {
			return e.At
		}
	}
	return time.Time{}
}

// Late returns the step that is overdue at a time, "" for none.
func (c *Case) Late(now time.Time) Step {
	if due := c.Due(); !due.IsZero() && now.After(due) {
		return c.Waiting()
	}
	return ""
}

// RecordLateness appends the overdue event where a step is overdue and that is
// not recorded yet; it returns the event.
func (c *Case) RecordLateness(now time.Time) (Event, bool) {
	s := c.Late(now)
	if s == "" || !c.Overdue[s].IsZero() {
		return Event{}, false
	}
	e := Event{Kind: KindOverdue, At: now, Step: s}
	return e, c.Apply(e) == nil
}
