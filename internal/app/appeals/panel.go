package appeals

import (
	"context"
	"math"
	"slices"
	"strings"
	"time"

	"gongping/internal/app"
	"gongping/internal/authz"
	"gongping/internal/errs"
	"gongping/internal/pg/appealdb"
	"gongping/internal/pg/departmentdb"
	"gongping/internal/pg/scoredb"
	"gongping/scoring/appeal"
)

// CaseFile is what a member of the panel reads: no names, no area, no
// direction of the effect, no other member's vote before the decision.
type CaseFile struct {
	ID, Code  string // Code is a short name of the case, made from its id
	Ground    appeal.Ground
	Statement string // masked
	Facts     string // the manager's, masked
	Evidence  []EvidenceRef
	Figures   Coarse
	Closed    bool // decided: facts, answers and evidence are not shown any more
	Items     []BlindItem
	State     appeal.State
	Due       time.Time
	Late      bool
	Third     bool // the actor joined after a split
	Instance  int
	Entry     *EntryFacts  // of the sealed register, for the ground that rests on it
	Mine      *appeal.Vote // the actor's own vote
	Decision  *Decision    // once decided

	Extension   Extension                 // more time: may be asked for, was, or is given
	Departments []departmentdb.Department // that a vote may name
}

// EntryFacts is an entry of the sealed register as a panel reads it: what
// happened and since when it stands there, without household and case number.
type EntryFacts struct {
	Kind       string
	Story      string // masked
	RecordedAt time.Time
	CaseNumber bool // one is given
	Files      int
}

// BlindItem is an answer under review as the panel sees it.
type BlindItem struct {
	Label string
	Facts appealdb.Facts
}

// EvidenceRef names an attached file. Name is empty for the panel.
type EvidenceRef struct {
	ID, Kind, MediaType, Name string
	KB                        int
}

// Coarse are figures too coarse to tell which unit they belong to.
type Coarse struct {
	Answers      string    `json:"answers"`       // a range such as "30–49"
	ResponseRate float64   `json:"response_rate"` // to the nearest 5 %
	Reliability  float64   `json:"reliability"`   // to one decimal
	Moves        []float64 `json:"moves"`         // how far the 1, 2, 3 most extreme answers move the score at most, in half points, without sign
	Fragility    int       `json:"fragility"`     // answers that the band rests on; 0 = more than tried
}

// Decision is a decision with its reasons.
type Decision struct {
	Outcome appeal.Outcome
	Remedy  appeal.Remedy
	Party   appeal.Party
	Reasons []string
	At      time.Time

	Department string // code, where answers were credited to one
}

// Code is a short name of a case that tells nothing about it.
func Code(id string) string { return strings.ToUpper(strings.ReplaceAll(id, "-", "")[:6]) }

// seated begins an act of a member of the panel; recused tells that a conflict of
// interest was found since the seating: what was found is written and nothing else.
func (s *Service) seated(ctx context.Context, tx *app.Tx, id string) (a appealdb.Appeal, c *appeal.Case, recused bool, err error) {
	if a, c, err = begin(ctx, tx, id); err != nil {
		return a, c, false, err
	}
	if !slices.Contains(c.Panel, tx.Actor.AccountID) {
		return a, c, false, hidden()
	}
	gone, err := s.recuse(ctx, tx, a, c)
	return a, c, slices.Contains(gone, tx.Actor.AccountID), err
}

// Blind opens the case file for an assigned member. It leaves a trace.
func (s *Service) Blind(ctx context.Context, who authz.Actor, id string) (f CaseFile, err error) {
	recused := false
	err = s.Write(ctx, who, authz.AppealDecide, authz.Object{}, func(ctx context.Context, tx *app.Tx) error {
		a, c, gone, err := s.seated(ctx, tx, id)
		if err != nil {
			return err
		}
		if recused = gone; recused {
			return nil // committed with what was found, and told after that
		}
		tx.RecordAs(authz.AppealRead, "appeal", id, a.Unit, map[string]any{"blind": true})
		f, err = s.caseFile(ctx, tx, a, c, who.AccountID)
		return err
	})
	if err == nil && recused {
		err = errRecused()
	}
	return f, err
}

func (s *Service) caseFile(ctx context.Context, tx *app.Tx, a appealdb.Appeal, c *appeal.Case, member string) (f CaseFile, err error) {
	d := tx.Actor.District
	text, err := s.Seal.Open(a.Statement, "appeal/"+a.ID)
	if err != nil {
		return f, err
	}
	names, err := appealdb.NamesAround(ctx, tx, d, a.Unit, a.AppellantID)
	if err != nil {
		return f, err
	}
	u, err := scoredb.UnitOf(ctx, tx, d, a.RunID, a.Unit)
	if err != nil {
		return f, err
	}
	items, err := appealdb.Items(ctx, tx, d, a.ID)
	if err != nil {
		return f, err
	}
	f = CaseFile{ID: a.ID, Code: Code(a.ID), Instance: a.Instance, Ground: c.Ground, Statement: appeal.Mask(string(text), names), State: c.State,
		Due: c.Due(), Late: c.Late(tx.Now) != "", Third: slices.Index(c.Panel, member) == appeal.PanelSize, Figures: coarse(u)}
	for _, it := range items {
		f.Items = append(f.Items, BlindItem{it.Label, it.Facts})
	}
	for _, e := range c.Events {
		if e.Kind == appeal.KindAccepted {
			f.Facts = appeal.Mask(e.Reason, names)
		}
	}
	for _, v := range c.Votes {
		if v.By == member {
			f.Mine = &v
		}
	}
	f.Decision, f.Extension = decisionOf(c), extensionOf(c, member, tx.Now)
	if f.Departments, err = departmentdb.List(ctx, tx, d); err != nil {
		return f, err
	}
	if a.EntryID != "" && s.EntryFacts != nil {
		if f.Entry, err = s.EntryFacts(ctx, tx, d, a.EntryID, names); err != nil {
			return f, err
		}
	}
	if f.Decision != nil {
		// What was decided on is closed to those who decided: laid beside the
		// public notice it would tell whose case it was.
		f.Closed, f.Figures, f.Statement, f.Facts, f.Items, f.Entry = true, Coarse{}, "", "", nil, nil
		return f, nil
	}
	files, err := appealdb.EvidenceOf(ctx, tx, d, a.ID)
	for _, e := range files {
		f.Evidence = append(f.Evidence, EvidenceRef{Kind: e.Kind, MediaType: e.MediaType, KB: (e.Size + 1023) / 1024})
	}
	return f, err
}

func coarse(u scoredb.UnitRow) Coarse {
	c := Coarse{Fragility: u.Fragility, ResponseRate: math.Round(u.ResponseRate*20) / 20, Reliability: math.Round(u.Reliability*10) / 10}
	switch {
	case u.N < 30:
		c.Answers = "< 30"
	case u.N < 50:
		c.Answers = "30–49"
	case u.N < 100:
		c.Answers = "50–99"
	default:
		c.Answers = "≥ 100"
	}
	for k := 0; k < 3 && k < len(u.WithoutLowest) && k < len(u.WithoutHighest); k++ {
		m := max(math.Abs(u.WithoutLowest[k]), math.Abs(u.WithoutHighest[k]))
		c.Moves = append(c.Moves, math.Round(2*m)/2)
	}
	return c
}

func decisionOf(c *appeal.Case) *Decision {
	for _, e := range c.Events {
		if e.Kind == appeal.KindDecided {
			d := &Decision{Outcome: e.Outcome, Remedy: e.Remedy, Party: e.Party, Department: e.Department, At: e.At}
			for _, v := range c.Votes {
				d.Reasons = append(d.Reasons, v.Reason)
			}
			return d
		}
	}
	return nil
}

// VoteInput is a member's vote.
type VoteInput struct {
	Outcome  appeal.Outcome
	Affected []string // labels
	Reason   string
	Remedy   appeal.Remedy // "" is the ground's first
	Party    appeal.Party  // whose matter it is, where answers are credited away
	// Department is its code, where the party is a department; "" names none.
	Department string
}

// Vote casts the actor's vote. When it decides the appeal, the decision is
// recorded with it and carried out; when it makes a split, a third member is
// seated if one is free. A member in whom a conflict of interest has been found
// since the seating does not vote: somebody else is seated.
func (s *Service) Vote(ctx context.Context, who authz.Actor, id string, v VoteInput) error {
	decided, recused := false, false
	err := s.Write(ctx, who, authz.AppealDecide, authz.Object{}, func(ctx context.Context, tx *app.Tx) error {
		decided = false
		a, c, gone, err := s.seated(ctx, tx, id)
		if err != nil {
			return err
		}
		if recused = gone; recused {
			return nil
		}
		if v.Department != "" {
			if _, err := departmentdb.Get(ctx, tx, who.District, v.Department); err != nil {
				return app.NotFound(err, "department")
			}
		}
		slices.Sort(v.Affected)
		names, err := appealdb.NamesAround(ctx, tx, who.District, a.Unit, a.AppellantID)
		if err != nil {
			return err
		}
		reason := appeal.Mask(strings.TrimSpace(v.Reason), names)
		if err := take(ctx, tx, id, c, appeal.Event{Kind: appeal.KindVote, By: who.AccountID, Outcome: v.Outcome, Affected: v.Affected, Reason: reason,
			Remedy: v.Remedy, Party: v.Party, Department: v.Department}); err != nil {
			return err
		}
		outcome, affected, ok := c.Tally()
		tx.Record("appeal", id, a.Unit, map[string]any{"votes": len(c.Votes), "decided": ok})
		switch {
		case ok:
			decided = true
			e := appeal.Event{Kind: appeal.KindDecided, Outcome: outcome, Affected: affected, Reason: "as voted"}
			if outcome != appeal.Reject {
				e.Remedy, e.Party = c.Chosen()
				e.Department = c.ChosenDepartment()
			}
			return take(ctx, tx, id, c, e)
		case c.FreeSeats() > 0:
			_, err = s.seat(ctx, tx, a, c)
		}
		return err
	})
	if err == nil && recused {
		return errRecused()
	}
	if err != nil || !decided {
		return err
	}
	// The decision stands; carrying it out is tried again by the sweep.
	if err := s.conclude(ctx, who.District, id); err != nil {
		s.Log.Warn("decision not carried out yet", "appeal", id, "error", err)
	}
	return nil
}

// Conclude carries out a decision that was left behind.
func (s *Service) Conclude(ctx context.Context, who authz.Actor, id string) error {
	a, c, err := load(ctx, s.Pool, who.District, id)
	if err != nil {
		return err
	}
	if err := authz.Check(who, authz.AppealAccept, object(a, c)); err != nil {
		return err
	}
	if c.State != appeal.Decided {
		return errs.New(errs.NotNow, "appeal.nothing_to_do", "there is no decision waiting to be carried out")
	}
	return s.conclude(ctx, who.District, id)
}
