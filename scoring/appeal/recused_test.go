package appeal_test

import (
	"fmt"
	"testing"
	"time"

	"gongping/scoring/appeal"
)

// TestRecusedMember lets a member go who had voted: the vote is kept and not
// counted, the seat is filled by somebody else, and the decision is what the
// two who sit say, although with the lost vote it would have been a split.
func TestRecusedMember(t *testing.T) {
	t.Parallel()
	c := newCase(t)
	at := start
	do := func(e appeal.Event) error { at = at.Add(time.Hour); e.At = at; return c.Apply(e) }
	ok := func(e appeal.Event) {
		t.Helper()
		if err := do(e); err != nil {
			t.Fatalf("%s: %v", e.Kind, err)
		}
	}
	ok(appeal.Event{Kind: appeal.KindFiled, By: "worker", Reason: "the wrong committee"})
	ok(appeal.Event{Kind: appeal.KindAccepted, By: "manager", Reason: "in time, with evidence"})
	ok(appeal.Event{Kind: appeal.KindAssigned, Members: []string{"p1", "p2"}})
	ok(appeal.Event{Kind: appeal.KindVote, By: "p1", Outcome: appeal.Reject, Reason: "not shown at all"})
	for name, e := range map[string]appeal.Event{
		"by the manager":     {Kind: appeal.KindRecused, By: "manager", Members: []string{"p1"}, Reason: "does not suit me"},
		"by another member":  {Kind: appeal.KindRecused, By: "p2", Members: []string{"p1"}, Reason: "does not suit me"},
		"of nobody who sits": {Kind: appeal.KindRecused, Members: []string{"p3"}, Reason: "conflict: coder"},
		"without a reason":   {Kind: appeal.KindRecused, Members: []string{"p1"}},
		"of two at once":     {Kind: appeal.KindRecused, Members: []string{"p1", "p2"}, Reason: "conflict: coder"},
	} {
		if do(e) == nil {
			t.Errorf("a member was recused %s", name)
		}
	}
	ok(appeal.Event{Kind: appeal.KindRecused, Members: []string{"p1"}, Reason: "conflict: coder"})
	if c.FreeSeats() != 1 || len(c.Votes) != 0 || len(c.Aside) != 1 {
		t.Fatalf("%d free seats, %d votes, %d aside", c.FreeSeats(), len(c.Votes), len(c.Aside))
	}
	if do(appeal.Event{Kind: appeal.KindVote, By: "p1", Outcome: appeal.Uphold, Reason: "once more, please"}) == nil {
		t.Error("who left votes on")
	}
	if do(appeal.Event{Kind: appeal.KindAssigned, Members: []string{"p1"}}) == nil {
		t.Error("who left came back")
	}
	ok(appeal.Event{Kind: appeal.KindAssigned, Members: []string{"p3"}})
	for _, p := range []string{"p2", "p3"} {
		ok(appeal.Event{Kind: appeal.KindVote, By: p, Outcome: appeal.Uphold, Affected: []string{"A"}, Reason: "clear enough"})
	}
	if o, affected, decided := c.Tally(); !decided || o != appeal.Uphold || fmt.Sprint(affected) != "[A]" {
		t.Errorf("decided %v: %s %v", decided, o, affected)
	}
}
