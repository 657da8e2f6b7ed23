package appeal

import (
	"maps"
	"slices"
	"time"

	"gongping/internal/errs"
)

// from lists the states in which each kind of event may happen.
var from = map[Kind][]State{
	KindFiled:      {New},
	KindAccepted:   {Filed},
	KindRefused:    {Filed},
	KindAssigned:   {Accepted, Assigned, Voting},
	KindRecused:    {Assigned, Voting},
	KindVote:       {Assigned, Voting},
	KindDecided:    {Voting},
	KindRun:        {Decided},
	KindNoticed:    {RunRequested, Notice},
	KindObjection:  {Notice},
	KindAnswered:   {Notice},
	KindSuperseded: {RunRequested, Notice},
	KindClosed:     {Decided, RunRequested, Notice},
	KindExtended:   {Filed, Accepted, Assigned, Voting},
	KindWithdrawn:  {Filed, Accepted, Assigned, Voting},
	KindAsked:      {Filed, Accepted, Assigned, Voting},
	KindDeclined:   {Filed, Accepted, Assigned, Voting},
	KindOverdue:    {Filed, Accepted, Assigned, Voting, Decided},
	KindReAsk:      {Decided},
}

// Apply takes one step, or refuses it and changes nothing. A step after its
// deadline is refused until the lateness has been recorded (KindOverdue): a
// late decision still counts, a silent one does not exist.
func (c *Case) Apply(e Event) error {
	if !slices.Contains(from[e.Kind], c.State) {
		return errs.New(errs.Conflict, "appeal.step", "an appeal that is %s cannot be %s", stateName(c.State), e.Kind).
			With(map[string]any{"State": string(c.State), "Kind": string(e.Kind)})
	}
	if n := len(c.Events); n > 0 && e.At.Before(c.Events[n-1].At) {
		return wrong("time", "an event cannot come before the one that it follows")
	}
	if err := c.inTime(e); err != nil {
		return err
	}
	if err := c.check(e); err != nil {
		return err
	}
	c.take(e)
	c.Events = append(c.Events, e)
	return nil
}

func stateName(s State) string {
	if s == New {
		return "not filed"
	}
	return string(s)
}

// inTime asks for recorded lateness before an act on a missed step.
func (c *Case) inTime(e Event) error {
	if e.Kind == KindOverdue || e.Kind == KindWithdrawn {
		return nil
	}
	if e.Kind == KindFiled {
		if e.At.After(c.Deadlines.FileBy) {
			return errs.New(errs.Gone, "appeal.file_late", "the time to file has passed").
				At("", e.At.In(Zone).Format(time.DateOnly), "until "+c.Deadlines.FileBy.In(Zone).Format(time.DateOnly), "a later run can be contested again")
		}
		return nil
	}
	if s := c.Late(e.At); s != "" && c.Overdue[s].IsZero() {
		return wrong("late_unrecorded", "the step %s is overdue, which must be recorded first", s)
	}
	return nil
}

func (c *Case) check(e Event) error {
	switch e.Kind {
	case KindFiled:
		if e.By != c.Appellant || e.By == "" {
			return wrong("not_yours", "an appeal is filed by the appellant")
		}
		return needReason(e)
	case KindWithdrawn:
		if e.By != c.Appellant {
			return wrong("not_yours", "only the appellant can withdraw an appeal")
		}
	case KindAccepted, KindRefused:
		if e.By == c.Appellant {
			return wrong("own_case", "nobody acts on an appeal of their own")
		}
		return needReason(e)
	case KindAssigned:
		return c.checkPanel(e)
	case KindRecused:
		return c.checkRecused(e)
	case KindVote:
		return c.checkVote(e)
	case KindDecided:
		return c.checkDecision(e)
	case KindRun:
		if e.RunID == "" || c.Outcome == Reject {
			return wrong("no_run", "a rejected appeal has no new run")
		}
		if c.ReAsks() && c.ReAskUntil.IsZero() { // a decision is not passed over in silence
			return needReason(e)
		}
	case KindSuperseded:
		return c.checkSuperseded(e)
	case KindExtended:
		return c.checkExtension(e)
	case KindAsked:
		return c.checkAsked(e)
	case KindDeclined:
		return c.checkDeclined(e)
	case KindReAsk:
		return c.checkReAsk(e)
	case KindNoticed:
		return c.checkNotice(e)
	case KindObjection:
		return c.checkObjection(e)
	case KindAnswered:
		return c.checkAnswer(e)
	case KindClosed:
		return needReason(e)
	case KindOverdue:
		if e.Step == "" || c.Late(e.At) != e.Step || !c.Overdue[e.Step].IsZero() {
			return wrong("not_overdue", "the step %s is not overdue, or it is recorded already", e.Step)
		}
	}
	return nil
}

// PanelSize is how many vote first; one more joins on a split.
const PanelSize = 2

func (c *Case) checkPanel(e Event) error {
	want := c.FreeSeats()
	if want == 0 {
		return wrong("no_third", "a third member joins only when two votes differ")
	}
	if len(e.Members) != want {
		return wrong("panel_size", "the panel needs %d members here", want)
	}
	for i, m := range e.Members {
		if m == "" || m == c.Appellant || c.Conflicts[m] || c.Recused[m] || slices.Contains(c.Panel, m) || slices.Contains(e.Members[:i], m) {
			return errs.New(errs.Forbidden, "appeal.conflict", "a member of the panel must be neither assessor, appellant nor related, and sits once")
		}
	}
	return nil
}

func (c *Case) checkVote(e Event) error {
	switch {
	case !slices.Contains(c.Panel, e.By):
		return errs.New(errs.Forbidden, "appeal.not_assigned", "only members assigned to the appeal vote on it")
	case e.By == c.Appellant || c.Conflicts[e.By]:
		return errs.New(errs.Forbidden, "appeal.conflict", "who helped make the result does not decide on it")
	case c.Voted(e.By):
		return wrong("voted", "you have voted on this appeal")
	case e.Outcome.rank() < 0:
		return errs.New(errs.Invalid, "appeal.outcome", "the vote is not usable").At("outcome", string(e.Outcome), "uphold, partly or reject", "choose one")
	}
	if e.Outcome != Reject {
		if err := c.checkRemedy(e); err != nil {
			return err
		}
	}
	if e.Outcome == Reject && len(e.Affected) > 0 {
		return errs.New(errs.Invalid, "appeal.reject_marks", "a vote to reject cannot set answers aside").At("affected", e.Affected[0], "none", "vote partly or uphold, or clear the marks")
	}
	for i, l := range e.Affected {
		if !slices.Contains(c.Labels, l) || slices.Contains(e.Affected[:i], l) {
			return errs.New(errs.Invalid, "appeal.label", "that record is not under review").At("affected", l, "a record of the list, once", "")
		}
	}
	return needReason(e)
}

func (c *Case) checkDecision(e Event) error {
	o, affected, ok := c.Tally()
	if !ok {
		return wrong("undecided", "the votes do not decide the appeal yet")
	}
	remedy, party := c.Chosen() // histories from before there was a choice name neither
	if e.Outcome != o || !slices.Equal(e.Affected, affected) || o != Reject && (e.Remedy != "" && e.Remedy != remedy || e.Party != "" && e.Party != party || e.Department != "" && e.Department != c.ChosenDepartment()) {
		return wrong("not_the_votes", "the decision must be what the votes say")
	}
	return needReason(e)
}

func (c *Case) take(e Event) {
	switch e.Kind {
	case KindFiled:
		c.State = Filed
	case KindAccepted:
		c.State, c.Asked = Accepted, nil // what was asked for the acceptance has lapsed
	case KindRefused:
		c.State = Refused
	case KindAssigned:
		c.Panel = append(slices.Clone(c.Panel), e.Members...)
		if c.State == Accepted {
			c.State = Assigned
		}
	case KindRecused:
		c.recuse(e.Members[0])
	case KindVote:
		c.Votes = append(slices.Clone(c.Votes), Vote{By: e.By, At: e.At, Outcome: e.Outcome, Affected: e.Affected, Reason: e.Reason,
			Remedy: e.Remedy, Party: e.Party, Department: e.Department})
		c.State = Voting
	case KindDecided:
		c.Outcome, c.State, c.Asked = e.Outcome, Decided, nil
	case KindRun:
		c.State = RunRequested
	case KindSuperseded:
		c.State = Superseded
	case KindClosed:
		c.State = Closed
	case KindWithdrawn:
		c.State = Withdrawn
	case KindOverdue:
		c.Overdue = with(c.Overdue, e.Step, e.At)
	case KindExtended:
		c.Extended, c.Asked = with(c.Extended, e.Step, *e.Until), nil
	case KindAsked:
		c.Asked = append(slices.Clone(c.Asked), e)
	case KindDeclined:
		c.Asked = nil
	case KindReAsk:
		c.ReAskUntil = *e.Until
	case KindNoticed:
		c.State, c.NoticeRun, c.NoticeUntil = Notice, e.RunID, *e.Until
	case KindObjection:
		c.Open, c.Seen = with(c.Open, e.Objection, e.By), with(c.Seen, e.Objection, true)
	case KindAnswered:
		c.Open = maps.Clone(c.Open)
		delete(c.Open, e.Objection)
	}
}

// with is a map with one more entry; the old map stays as it is.
func with[K comparable, V any](m map[K]V, k K, v V) map[K]V {
	out := make(map[K]V, len(m)+1)
	maps.Copy(out, m)
	out[k] = v
	return out
}
