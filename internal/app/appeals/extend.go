package appeals

import (
	"context"
	"slices"
	"strings"
	"time"

	"gongping/internal/app"
	"gongping/internal/authz"
	"gongping/internal/pg"
	"gongping/internal/pg/appealdb"
	"gongping/scoring/appeal"
)

// Extend gives the step that an appeal waits for more time: once, before its
// deadline, within the rule book's bound, with a reason that the appellant
// reads. The appeal's own page is the notification; its list marks it.
func (s *Service) Extend(ctx context.Context, who authz.Actor, id string, days int, reason string) error {
	return s.Write(ctx, who, authz.AppealAccept, authz.Object{}, func(ctx context.Context, tx *app.Tx) error {
		a, c, err := begin(ctx, tx, id)
		if err != nil {
			return err
		}
		t, err := termsOf(ctx, tx, who.District, a.RoundID)
		if err != nil {
			return err
		}
		step := c.Waiting()
		e := appeal.Event{Kind: appeal.KindExtended, By: who.AccountID, Step: step, Days: days, Reason: strings.TrimSpace(reason)}
		if step != "" && days > 0 && days <= c.ExtendMax {
			until := t.calendar.After(c.Due(), days)
			e.Until = &until
		}
		tx.Record("appeal", id, a.Unit, map[string]any{"extended": string(step), "days": days})
		return take(ctx, tx, id, c, e)
	})
}

// Extension is where the deadline of the step stands that an appeal waits for.
type Extension struct {
	Step    appeal.Step
	Max     int       // working days that the reader may ask for; 0 = not
	Asked   []Request // without an answer
	Mine    bool      // the reader's is among them
	Until   time.Time // the later deadline; zero where it was not moved
	Reason  string    // why it was, or, with Declined, why not
	Decline bool
}

// Request is a request for more time. Who is a role, never a name.
type Request struct {
	Who    string // appellant or panel
	Days   int
	Reason string
	At     time.Time
}

func extensionOf(c *appeal.Case, reader string, now time.Time) (x Extension) {
	if x.Step = c.Waiting(); x.Step == "" || x.Step == appeal.StepReAsk {
		return x
	}
	once := false
	for _, e := range c.Events {
		switch {
		case e.Kind == appeal.KindAsked && e.Step == x.Step && e.By == reader:
			once = true
		case e.Kind == appeal.KindExtended && e.Step == x.Step:
			x.Until, x.Reason, x.Decline = *e.Until, e.Reason, false
		case e.Kind == appeal.KindDeclined:
			x.Reason, x.Decline = e.Reason, true
		}
	}
	for _, e := range c.Asked {
		r := Request{Who: "panel", Days: e.Days, Reason: e.Reason, At: e.At}
		if e.By == c.Appellant {
			r.Who = "appellant"
		}
		x.Asked, x.Mine = append(x.Asked, r), x.Mine || e.By == reader
	}
	if (reader == c.Appellant || slices.Contains(c.Panel, reader)) && !once && x.Until.IsZero() && c.Late(now) == "" {
		x.Max = c.ExtendMax
	}
	return x
}

// AskExtension asks for more time for the step that an appeal waits for: the
// appellant or a member of the panel, once, with a reason. What a member writes
// is masked, because the appellant reads it. A manager grants it (Extend) or
// declines it with a reason; either is told on the appeal's page and among the
// moved deadlines of the notices page.
func (s *Service) AskExtension(ctx context.Context, who authz.Actor, id string, days int, reason string) error {
	return s.Write(ctx, who, authz.AppealAsk, authz.Object{Owner: who.AccountID, Assignees: []string{who.AccountID}}, func(ctx context.Context, tx *app.Tx) error {
		a, c, err := begin(ctx, tx, id)
		if err != nil {
			return err
		}
		reason = strings.TrimSpace(reason)
		if who.Role == authz.Panel {
			names, err := appealdb.NamesAround(ctx, tx, who.District, a.Unit, a.AppellantID)
			if err != nil {
				return err
			}
			reason = appeal.Mask(reason, names)
		}
		step := c.Waiting()
		tx.Record("appeal", id, a.Unit, map[string]any{"asked": string(step), "days": days})
		return take(ctx, tx, id, c, appeal.Event{Kind: appeal.KindAsked, By: who.AccountID, Step: step, Days: days, Reason: reason})
	})
}

// DeclineExtension answers the open requests for more time with no.
func (s *Service) DeclineExtension(ctx context.Context, who authz.Actor, id, reason string) error {
	return s.Write(ctx, who, authz.AppealAccept, authz.Object{}, func(ctx context.Context, tx *app.Tx) error {
		a, c, err := begin(ctx, tx, id)
		if err != nil {
			return err
		}
		tx.Record("appeal", id, a.Unit, map[string]any{"declined": len(c.Asked)})
		return take(ctx, tx, id, c, appeal.Event{Kind: appeal.KindDeclined, By: who.AccountID, Reason: strings.TrimSpace(reason)})
	})
}

// Moved is a moved deadline, or an open or declined request, of an appeal that
// the reader may know of.
type Moved struct {
	ID, Code, Receipt, UnitName string // a member of the panel sees the code only
	Kind                        appeal.Kind
	Step                        appeal.Step
	Who                         string // appellant, panel or manager
	Days                        int
	Until                       time.Time
	Reason                      string
	At                          time.Time
}

// MovedDeadlines lists what happened to the deadlines of open appeals that the
// reader may know of, the newest first.
func (s *Service) MovedDeadlines(ctx context.Context, who authz.Actor) (list []Moved, err error) {
	o, f := scope(who)
	if authz.Check(who, authz.AppealRead, o) != nil {
		return nil, nil
	}
	f.States, f.Limit = Filters["open"], maxSweep
	err = s.Read(ctx, who, authz.AppealRead, o, func(ctx context.Context, q pg.Querier) error {
		all, err := appealdb.List(ctx, q, who.District, f)
		if err != nil {
			return err
		}
		for _, a := range all {
			events, err := appealdb.Events(ctx, q, who.District, a.ID)
			if err != nil {
				return err
			}
			for _, e := range events {
				if e.Kind != appeal.KindAsked && e.Kind != appeal.KindExtended && e.Kind != appeal.KindDeclined {
					continue
				}
				m := Moved{ID: a.ID, Code: Code(a.ID), Kind: e.Kind, Step: e.Step, Who: "panel", Days: e.Days, Reason: e.Reason, At: e.At}
				switch {
				case e.By == a.AppellantID:
					m.Who = "appellant"
				case e.Kind != appeal.KindAsked:
					m.Who = "manager"
				}
				if e.Until != nil {
					m.Until = *e.Until
				}
				if who.Role != authz.Panel {
					m.Receipt, m.UnitName = a.Receipt, a.UnitName
				}
				list = append(list, m)
			}
		}
		slices.SortStableFunc(list, func(a, b Moved) int { return b.At.Compare(a.At) })
		return nil
	})
	return list, err
}
