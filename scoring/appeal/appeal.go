// Package appeal is the course of an appeal as a pure state machine: who may
// take which step when, which grounds there are, how a blind panel is chosen,
// what it reviews on both sides, and how its votes become a decision.
//
//	filed → accepted → assigned → voting → decided → run requested → notice → superseded
//	      ↘ refused                              ↘ closed        ↘ closed ↘ closed
//
// Withdrawal is possible until the decision. A member of the panel in whom a
// conflict of interest is found leaves it, and the seat is filled anew. A step may be given more time
// once, with a reason, also on request; during the public notice everybody may
// object. Where residents are to be asked anew, the new run waits for them, but
// not beyond the day that was named when the asking was opened. Nothing
// here reads a clock: every event carries its time.
package appeal

import (
	"strings"
	"time"

	"gongping/internal/errs"
)

// State is where an appeal stands.
type State string

// The states. New is the state before the filing.
const (
	New          State = ""
	Filed        State = "filed"
	Accepted     State = "accepted"
	Refused      State = "refused"
	Assigned     State = "assigned"
	Voting       State = "voting"
	Decided      State = "decided"
	RunRequested State = "run_requested"
	Notice       State = "notice"
	Superseded   State = "superseded"
	Closed       State = "closed"
	Withdrawn    State = "withdrawn"
)

// States lists all states after New in the order of the pages.
var States = []State{Filed, Accepted, Assigned, Voting, Decided, RunRequested, Notice, Superseded, Closed, Refused, Withdrawn}

// Final tells whether no step follows.
func (s State) Final() bool {
	return s == Refused || s == Superseded || s == Closed || s == Withdrawn
}

// Kind is the kind of an event.
type Kind string

// The kinds of events.
const (
	KindFiled      Kind = "filed"
	KindAccepted   Kind = "accepted"
	KindRefused    Kind = "refused"
	KindAssigned   Kind = "assigned"
	KindVote       Kind = "vote"
	KindDecided    Kind = "decided"
	KindRun        Kind = "run"
	KindSuperseded Kind = "superseded"
	KindClosed     Kind = "closed"
	KindWithdrawn  Kind = "withdrawn"
	KindOverdue    Kind = "overdue"
	KindExtended   Kind = "extended"     // a step gets more time
	KindNoticed    Kind = "noticed"      // the new result is put on public notice
	KindObjection  Kind = "objection"    // against it
	KindAnswered   Kind = "answered"     // an objection, with a reason
	KindAsked      Kind = "asked"        // for more time, by the appellant or a member of the panel
	KindDeclined   Kind = "declined"     // a request for more time, with a reason
	KindReAsk      Kind = "reask_opened" // residents are being asked anew
	KindRecused    Kind = "recused"      // a member leaves the panel for a conflict of interest
)

// Outcome is a vote and the decision. There is none that harms the appellant.
type Outcome string

// The outcomes, from the least to the most in the appellant's favour.
const (
	Reject Outcome = "reject"
	Partly Outcome = "partly"
	Uphold Outcome = "uphold"
)

// Outcomes lists the outcomes in their order.
var Outcomes = []Outcome{Reject, Partly, Uphold}

func (o Outcome) rank() int {
	for i, x := range Outcomes {
		if x == o {
			return i
		}
	}
	return -1
}

// Event is one act in the course of an appeal.
type Event struct {
	Kind     Kind      `json:"kind"`
	By       string    `json:"by,omitempty"` // account; "" is the service itself
	At       time.Time `json:"at"`
	Reason   string    `json:"reason,omitempty"`
	Members  []string  `json:"members,omitempty"`  // assigned: who joins the panel; recused: who leaves it
	Outcome  Outcome   `json:"outcome,omitempty"`  // vote, decided
	Affected []string  `json:"affected,omitempty"` // vote, decided: labels of reviewed answers that the ground holds for
	Step     Step      `json:"step,omitempty"`     // overdue: the step that was missed
	RunID    string    `json:"run_id,omitempty"`   // run, superseded
	Effect   *Effect   `json:"effect,omitempty"`   // run, closed: what the decision led to

	Remedy Remedy `json:"remedy,omitempty"` // vote, decided: what shall follow; "" is the ground's first
	Party  Party  `json:"party,omitempty"`  // vote, decided: whose matter it is, where answers are credited away
	// Department is which one, where the party is a department: vote, decided.
	Department string `json:"department,omitempty"`

	Days      int        `json:"days,omitempty"`      // asked, extended: working days
	Until     *time.Time `json:"until,omitempty"`     // extended: the new deadline; noticed: the end of the notice; reask_opened: the last day
	Objection string     `json:"objection,omitempty"` // objection, answered: which
}

// Effect is what a decision did to the answers and the appellant's unit.
type Effect struct {
	LowReviewed  int     `json:"low_reviewed"`
	HighReviewed int     `json:"high_reviewed"`
	LowExcluded  int     `json:"low_excluded"`
	HighExcluded int     `json:"high_excluded"`
	HighSpared   int     `json:"high_spared,omitempty"` // found, not set aside: it would have made things worse for the appellant
	LowSpared    int     `json:"low_spared,omitempty"`  // the same for low answers
	Before       float64 `json:"before"`                // official score of the unit
	After        float64 `json:"after"`
	Computed     bool    `json:"computed"` // Before and After are known

	Remedy Remedy `json:"remedy,omitempty"` // what became of the answers set aside
	Party  Party  `json:"party,omitempty"`  // to whom they were credited
	ReAsk  int    `json:"re_ask,omitempty"` // interviews to be made anew

	Department string `json:"department,omitempty"` // which, where it was a department
}

// Net is how far the decision moves the unit's official score.
func (e *Effect) Net() float64 { return e.After - e.Before }

// Vote is one member's vote.
type Vote struct {
	By       string
	At       time.Time
	Outcome  Outcome
	Affected []string
	Reason   string
	Remedy   Remedy
	Party    Party

	Department string
}

// Case is an appeal as its events have made it.
type Case struct {
	Appellant string
	Conflicts map[string]bool // accounts that must not decide: assessors and relations
	Ground    Ground
	Deadlines Deadlines
	Labels    []string // of the answers under review; votes may name no others

	// FirstDealt are those who dealt with the first instance, on the page of a
	// second one: they may take it on, and not refuse it. The use case asks, not
	// Apply, so that histories from before the rule still replay.
	FirstDealt map[string]bool

	Instance   int // 1, or 2 for an appeal against the decision of a first panel
	ExtendMax  int // working days by which a step may be extended, once; 0 = not at all
	NoticeDays int // working days of public notice before a new result counts; 0 = none (appeals from before notices)
	ReAskMax   int // calendar days within which residents must have been asked anew; 0 = they are not (appeals from before)

	State       State
	Panel       []string        // who sits, in the order of joining
	Votes       []Vote          // of those who sit
	Aside       []Vote          // kept and not counted: who cast them left the panel
	Recused     map[string]bool // who left the panel; nobody comes back
	Outcome     Outcome
	Overdue     map[Step]time.Time // recorded lateness
	Extended    map[Step]time.Time // later deadlines
	NoticeRun   string             // the run on public notice
	NoticeUntil time.Time
	Open        map[string]string // objections without an answer: who objected, "" for a resident
	Seen        map[string]bool   // all objections
	Asked       []Event           // requests for more time without an answer
	ReAskUntil  time.Time         // until when residents are asked anew; zero before that is opened
	Events      []Event
}

// MinReason is the least length of a reason, in characters.
const MinReason = 4

// reasons tell why a step is refused where it is not that the case has moved on.
var reasons = map[string]errs.Code{
	"extended_already": errs.Done, "asked_already": errs.Done, "asked_once": errs.Done, "reask_twice": errs.Done, "voted": errs.Done,
	"extend_late": errs.Closed, "not_noticed": errs.NotNow, "undecided": errs.NotNow, "late_unrecorded": errs.NotNow,
	"own_case": errs.Barred, "own_objection": errs.Barred, "no_notice": errs.Barred, "not_yours": errs.Barred, "extend_until": errs.Barred, "no_reask": errs.Barred,
}

func wrong(key, format string, args ...any) error {
	code, ok := reasons[key]
	if !ok {
		code = errs.Conflict
	}
	return errs.New(code, "appeal."+key, format, args...)
}

func needReason(e Event) error {
	if len([]rune(strings.TrimSpace(e.Reason))) < MinReason {
		return errs.New(errs.Invalid, "appeal.reason", "a reason is required").At("reason", e.Reason, "at least 4 characters", "say why, in a sentence")
	}
	return nil
}

// Replay makes the case that a history leads to, or tells at which event the
// history is impossible.
func Replay(c Case, events []Event) (*Case, error) {
	for _, e := range events {
		if err := c.Apply(e); err != nil {
			return nil, err
		}
	}
	return &c, nil
}
