package appeals

import (
	"context"
	"slices"
	"time"

	"gongping/internal/authz"
	"gongping/internal/errs"
	"gongping/internal/pg"
	"gongping/internal/pg/appealdb"
	"gongping/scoring/appeal"
)

// scope is what a role's list is restricted to.
func scope(who authz.Actor) (authz.Object, appealdb.Filter) {
	o, f := authz.Object{}, appealdb.Filter{Area: who.Area}
	switch who.Role {
	case authz.Worker:
		o.Owner, f.Appellant = who.AccountID, who.AccountID
	case authz.Panel:
		o.Assignees, f.Member = []string{who.AccountID}, who.AccountID
	}
	return o, f
}

// Line is an appeal in a list. For the panel it has neither unit nor names.
type Line struct {
	ID, Code, Receipt          string
	UnitName, Unit, RoundTitle string
	RunNumber                  int
	Ground                     string
	State                      appeal.State
	FiledAt, Due               time.Time
	Late                       bool
	Remaining                  int // working days to the deadline, negative when late
	Voted                      bool
	Waits                      string // what the actor could do next: accept, assign, vote, conclude, release or ""
	NeedsThird                 bool
	Votes, Seats               int
	Extended                   bool
	Instance                   int
}

// Listing is one page of a list.
type Listing struct {
	Lines             []Line
	Total, Page, Last int
}

// PageSize is the length of a list's page.
const PageSize = 25

// Filters are the choices of a list's filter.
var Filters = map[string][]string{
	"":     nil,
	"open": {"filed", "accepted", "assigned", "voting", "decided", "run_requested", "notice"},
	"done": {"superseded", "closed", "refused", "withdrawn"},
}

// List returns the appeals that the actor may know of: a worker's own, those
// assigned to a panel member, all within the area of managers and auditors.
func (s *Service) List(ctx context.Context, who authz.Actor, filter string, page int) (l Listing, err error) {
	o, f := scope(who)
	states, ok := Filters[filter]
	if !ok {
		if !slices.Contains(appeal.States, appeal.State(filter)) {
			return l, errs.New(errs.Invalid, "appeal.filter", "the list cannot be narrowed that way").At("state", filter, "a state, open or done", "")
		}
		states = []string{filter}
	}
	f.States, f.Limit = states, PageSize
	err = s.Read(ctx, who, authz.AppealRead, o, func(ctx context.Context, q pg.Querier) error {
		if l.Total, err = appealdb.Count(ctx, q, who.District, f); err != nil {
			return err
		}
		l.Last = max(1, (l.Total+PageSize-1)/PageSize)
		l.Page = min(max(page, 1), l.Last)
		f.Offset = (l.Page - 1) * PageSize
		list, err := appealdb.List(ctx, q, who.District, f)
		if err != nil {
			return err
		}
		for _, a := range list {
			line, err := s.line(ctx, q, who, a.ID)
			if err != nil {
				return err
			}
			l.Lines = append(l.Lines, line)
		}
		return nil
	})
	return l, err
}

func (s *Service) line(ctx context.Context, q pg.Querier, who authz.Actor, id string) (Line, error) {
	a, c, err := load(ctx, q, who.District, id)
	if err != nil {
		return Line{}, err
	}
	now := s.Clock.Now()
	l := Line{ID: a.ID, Code: Code(a.ID), Ground: a.Ground, State: c.State, FiledAt: a.FiledAt, Due: c.Due(), Late: c.Late(now) != "",
		Voted: c.Voted(who.AccountID), Waits: waits(who, c), NeedsThird: c.NeedsThird(), Votes: len(c.Votes), Seats: len(c.Panel),
		Instance: a.Instance, Extended: !c.Extended[c.Waiting()].IsZero()}
	if !l.Due.IsZero() {
		t, err := termsOf(ctx, q, who.District, a.RoundID)
		if err != nil {
			return l, err
		}
		l.Remaining = t.calendar.Between(now, l.Due)
	}
	if who.Role != authz.Panel {
		l.Receipt, l.Unit, l.UnitName, l.RoundTitle, l.RunNumber = a.Receipt, a.Unit, a.UnitName, a.RoundTitle, a.RunNumber
	}
	return l, nil
}

// waits is the act that the appeal waits for from this role.
func waits(who authz.Actor, c *appeal.Case) string {
	switch who.Role {
	case authz.Manager:
		switch {
		case c.State == appeal.Filed:
			return "accept"
		case c.FreeSeats() > 0:
			return "assign"
		case c.State == appeal.Decided && c.ReAsks() && c.ReAskUntil.IsZero():
			return "reask"
		case c.State == appeal.Decided && c.ReAsks():
			return ""
		case c.State == appeal.Decided:
			return "conclude"
		case c.State == appeal.Notice && len(c.Open) > 0:
			return "answer"
		case c.State == appeal.RunRequested, c.State == appeal.Notice:
			return "release"
		case len(c.Asked) > 0:
			return "asked"
		}
	case authz.Panel:
		if (c.State == appeal.Assigned || c.State == appeal.Voting) && slices.Contains(c.Panel, who.AccountID) && !c.Voted(who.AccountID) {
			return "vote"
		}
	}
	return ""
}
