package composite

import (
	"fmt"
	"time"

	"gongping/survey/fieldwork"
)

// Calls are the rules of the telephone: how long a number rests after a try,
// when the calls end for good, in which hours anybody is called, and how long
// the code of a call can be checked. A rule book without them follows
// DefaultCalls; fields left at zero do so one by one.
type Calls struct {
	NoAnswerMinutes int `json:"no_answer_minutes,omitempty"` // after nobody picked up
	AwayMinutes     int `json:"away_minutes,omitempty"`      // after somebody else picked up
	RefusalHours    int `json:"refusal_hours,omitempty"`     // after the person said no
	MaxRefused      int `json:"max_refused,omitempty"`       // so many refusals end the calls
	FirstHour       int `json:"first_hour,omitempty"`        // no call before this hour,
	LastHour        int `json:"last_hour,omitempty"`         // nor from this one on
	CodeMinutes     int `json:"code_minutes,omitempty"`      // residents can check a call's code so long
}

// DefaultCalls are the rules where a rule book sets none.
func DefaultCalls() Calls {
	d := fieldwork.DefaultRetry
	return Calls{NoAnswerMinutes: int(d.NoAnswer / time.Minute), AwayMinutes: int(d.Away / time.Minute), RefusalHours: int(d.Refusal / time.Hour),
		MaxRefused: d.MaxRefused, FirstHour: d.FirstHour, LastHour: d.LastHour, CodeMinutes: 30}
}

// CallRules are the rules of the telephone under this book, completed by the
// defaults.
func (r *RuleBook) CallRules() Calls {
	out := DefaultCalls()
	if r.Calls == nil {
		return out
	}
	c := *r.Calls
	for _, f := range []struct{ to, from *int }{{&out.NoAnswerMinutes, &c.NoAnswerMinutes}, {&out.AwayMinutes, &c.AwayMinutes}, {&out.RefusalHours, &c.RefusalHours},
		{&out.MaxRefused, &c.MaxRefused}, {&out.FirstHour, &c.FirstHour}, {&out.LastHour, &c.LastHour}, {&out.CodeMinutes, &c.CodeMinutes}} {
		if *f.from != 0 {
			*f.to = *f.from
		}
	}
	return out
}

// Retry are these rules as the order of calls takes them.
func (c Calls) Retry() fieldwork.Retry {
	return fieldwork.Retry{NoAnswer: time.Duration(c.NoAnswerMinutes) * time.Minute, Away: time.Duration(c.AwayMinutes) * time.Minute,
		Refusal: time.Duration(c.RefusalHours) * time.Hour, MaxRefused: c.MaxRefused, FirstHour: c.FirstHour, LastHour: c.LastHour}
}

// CodeLife is how long the code of a call can be checked.
func (c Calls) CodeLife() time.Duration { return time.Duration(c.CodeMinutes) * time.Minute }

// bound is a figure of a section with what it may be.
type bound struct {
	name         string
	v, low, high float64
}

// within returns an error that names the first figure of a section out of its
// bounds, with the bounds for the sentence.
func within(section string, list []bound) error {
	for _, f := range list {
		if !(f.v >= f.low && f.v <= f.high) {
			return outOfRange(section+"."+f.name, fmt.Sprint(f.v), f.low, f.high)
		}
	}
	return nil
}

func (r *RuleBook) checkCalls() error {
	c := r.CallRules()
	return within("calls", []bound{
		{"no_answer_minutes", float64(c.NoAnswerMinutes), 15, 2880}, {"away_minutes", float64(c.AwayMinutes), 15, 2880}, {"refusal_hours", float64(c.RefusalHours), 24, 720},
		{"max_refused", float64(c.MaxRefused), 1, 3}, {"first_hour", float64(c.FirstHour), 7, 12}, {"last_hour", float64(c.LastHour), 18, 22}, {"code_minutes", float64(c.CodeMinutes), 10, 240},
	})
}
