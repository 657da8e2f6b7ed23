package appeal

import (
	"fmt"
	"slices"
	"time"

	"gongping/internal/errs"
)

// day is a calendar day: a working day is at least as long.
const day = 24 * time.Hour

// holidays bounds how far a calendar can stretch working days: three calendar
// days for each and the longest holidays besides.
func holidays(days int) time.Duration { return time.Duration(3*days+15) * day }

// checkExtension allows one extension of a step, before its deadline, with a
// reason and within the rule book's bound.
func (c *Case) checkExtension(e Event) error {
	due := c.Due()
	if e.By == "" || e.By == c.Appellant {
		return wrong("own_case", "nobody acts on an appeal of their own")
	}
	if err := c.extendable(e); err != nil {
		return err
	}
	if err := c.fewDays(e); err != nil {
		return err
	}
	if e.Until == nil || e.Until.Before(due.Add(time.Duration(e.Days)*day)) || e.Until.After(due.Add(holidays(e.Days))) {
		return wrong("extend_until", "the new deadline does not lie %d working days after the old one", e.Days)
	}
	return needReason(e)
}

// extendable tells why a step cannot be extended, nil where it can: the appeal must
// wait for it, for the first time, and its deadline lie ahead.
func (c *Case) extendable(e Event) error {
	switch {
	case e.Step == "" || e.Step != c.Waiting():
		return wrong("not_waiting", "the appeal does not wait for the step %s", e.Step)
	case !c.Extended[e.Step].IsZero():
		return wrong("extended_already", "this step has been extended; a second time is not possible")
	case e.At.After(c.Due()):
		return wrong("extend_late", "the deadline has passed; it cannot be extended afterwards")
	}
	return nil
}

// fewDays keeps an extension within the rule book's bound.
func (c *Case) fewDays(e Event) error {
	if e.Days < 1 || e.Days > c.ExtendMax {
		return errs.New(errs.Invalid, "appeal.extend_days", "the extension is longer than the rules allow").
			At("days", fmt.Sprint(e.Days), fmt.Sprintf("1 to %d working days", c.ExtendMax), "choose fewer days").With(map[string]any{"Max": c.ExtendMax})
	}
	return nil
}

// checkAsked takes a request for more time: by the appellant or a member of the
// panel, before the deadline, for a step that can still be extended; one of each
// person and step may be open.
func (c *Case) checkAsked(e Event) error {
	if e.By == "" || e.By != c.Appellant && !slices.Contains(c.Panel, e.By) {
		return errs.New(errs.Forbidden, "appeal.ask_who", "only the appellant and the members of the panel ask for more time")
	}
	if err := c.extendable(e); err != nil {
		return err
	}
	switch {
	case slices.ContainsFunc(c.Asked, func(a Event) bool { return a.By == e.By }):
		return wrong("asked_already", "your request waits for its answer")
	case slices.ContainsFunc(c.Events, func(a Event) bool { return a.Kind == KindAsked && a.By == e.By && a.Step == e.Step }):
		return wrong("asked_once", "your request was answered; each asks once for a step")
	}
	if err := c.fewDays(e); err != nil {
		return err
	}
	return needReason(e)
}

// checkDeclined answers all open requests with no, by somebody who did not ask.
func (c *Case) checkDeclined(e Event) error {
	switch {
	case len(c.Asked) == 0:
		return wrong("nothing_asked", "nobody has asked for more time")
	case e.By == "" || e.By == c.Appellant || slices.Contains(c.Panel, e.By):
		return wrong("own_case", "nobody acts on an appeal of their own")
	}
	return needReason(e)
}

// checkReAsk opens the asking anew that was decided: once, with its last day.
func (c *Case) checkReAsk(e Event) error {
	switch {
	case e.By == "" || e.By == c.Appellant:
		return wrong("own_case", "nobody acts on an appeal of their own")
	case !c.ReAsks():
		return wrong("no_reask", "nothing was decided that asks residents anew")
	case !c.ReAskUntil.IsZero():
		return wrong("reask_twice", "residents are being asked anew already")
	case e.Until == nil || !e.Until.After(e.At) || e.Until.After(e.At.Add(time.Duration(c.ReAskMax+1)*day)):
		return wrong("reask_until", "the last day lies within %d days", c.ReAskMax)
	}
	return nil
}

// ReAsks tells whether the decision asks residents anew.
func (c *Case) ReAsks() bool {
	if c.ReAskMax < 1 || c.Outcome == Reject || c.State != Decided {
		return false
	}
	r, _ := c.Chosen()
	return r == ReAsk
}

// checkNotice puts a computed result on public notice, for as long as the rule
// book says. Another run may take the place of the one that was on notice.
func (c *Case) checkNotice(e Event) error {
	switch {
	case e.By == "" || e.By == c.Appellant:
		return wrong("own_case", "nobody acts on an appeal of their own")
	case e.RunID == "" || e.RunID == c.NoticeRun:
		return wrong("no_run", "a run must be named that is not on notice yet")
	case c.NoticeDays < 1:
		return wrong("no_notice", "this appeal has no public notice")
	case e.Until == nil || e.Until.Before(e.At.Add(time.Duration(c.NoticeDays)*day)) || e.Until.After(e.At.Add(holidays(c.NoticeDays))):
		return wrong("notice_until", "the notice must last %d working days", c.NoticeDays)
	}
	return nil
}

// checkObjection takes an objection during the notice from anybody but the
// appellant, whose way is the second instance.
func (c *Case) checkObjection(e Event) error {
	switch {
	case e.By == c.Appellant:
		return wrong("own_objection", "the appellant objects by appealing to the second instance")
	case e.Objection == "" || c.Seen[e.Objection]:
		return wrong("objection_id", "an objection needs an id of its own")
	case e.At.After(c.NoticeUntil):
		return errs.New(errs.Gone, "appeal.notice_over", "the public notice has ended")
	}
	return nil
}

// checkAnswer answers an open objection, with a reason, by somebody else.
func (c *Case) checkAnswer(e Event) error {
	by, open := c.Open[e.Objection]
	switch {
	case !open:
		return wrong("no_objection", "there is no such objection, or it is answered")
	case e.By == "" || e.By == c.Appellant || e.By == by:
		return wrong("own_case", "nobody acts on an appeal of their own")
	}
	return needReason(e)
}

// checkSuperseded lets a new result count after the public notice, when every
// objection has its answer.
func (c *Case) checkSuperseded(e Event) error {
	switch {
	case e.RunID == "":
		return wrong("no_run", "a run must be named")
	case c.NoticeDays == 0:
		return nil
	case c.State != Notice || c.NoticeRun != e.RunID:
		return wrong("not_noticed", "the new result must be on public notice first")
	case !e.At.After(c.NoticeUntil):
		return errs.New(errs.NotNow, "appeal.notice_runs", "the public notice has not ended yet").
			At("", e.At.In(Zone).Format(time.DateOnly), "after "+c.NoticeUntil.In(Zone).Format(time.DateOnly), "publish it then").
			With(map[string]any{"Date": c.NoticeUntil.In(Zone).Format(time.DateOnly)})
	case len(c.Open) > 0:
		return errs.New(errs.NotNow, "appeal.objections_open", "%d objections have no answer yet", len(c.Open)).
			At("", fmt.Sprint(len(c.Open)), "an answer to every objection", "answer them, with reasons").With(map[string]any{"N": len(c.Open)})
	}
	return nil
}

// Ended is when the last step was taken; zero for an appeal that is not final.
func (c *Case) Ended() time.Time {
	if !c.State.Final() || len(c.Events) == 0 {
		return time.Time{}
	}
	return c.Events[len(c.Events)-1].At
}

// MayGoOn tells whether an ended appeal may go to the second instance: once,
// unless it was withdrawn or upheld in full and carried out. Residents who were
// to be asked anew and were not leave it open.
func (c *Case) MayGoOn() bool {
	switch {
	case c.Instance > 1, !c.State.Final(), c.State == Withdrawn:
		return false
	}
	if r, _ := c.Chosen(); r == ReAsk && c.ReAskMax > 0 && c.ReAskUntil.IsZero() && c.Outcome != Reject {
		return true
	}
	return c.State != Superseded || c.Outcome != Uphold
}
