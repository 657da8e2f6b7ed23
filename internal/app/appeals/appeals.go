// Package appeals holds the use cases of appeals: file, accept or refuse,
// assign a blind panel, vote, carry out the decision, hold back what would
// reveal an answer. The rules stand in package scoring/appeal; this room loads,
// asks them, and appends what happened.
package appeals

import (
	"context"
	"slices"
	"time"

	"gongping/internal/app"
	"gongping/internal/app/draws"
	"gongping/internal/app/score"
	"gongping/internal/authz"
	"gongping/internal/errs"
	"gongping/internal/pg"
	"gongping/internal/pg/appealdb"
	"gongping/internal/pg/rounddb"
	"gongping/scoring/appeal"
	"gongping/scoring/composite"
)

// Service is the room of appeals. Score computes the runs that follow.
type Service struct {
	*app.Core
	Score *score.Service
	// Register tells whether an entry of the sealed register carries an appeal:
	// the actor's own, of the unit, from before the round's draw was committed.
	// It is set by the room of the register; without it the ground is closed.
	Register func(ctx context.Context, q pg.Querier, who authz.Actor, entry, unit, roundID string) error
	// EntryFacts opens an entry for the panel, with names masked.
	EntryFacts func(ctx context.Context, q pg.Querier, district, entry string, names []string) (*EntryFacts, error)
	// Draws opens the batches of residents who are asked anew.
	Draws *draws.Service
}

// New returns the service and puts it between a run and its publication.
func New(core *app.Core, scores *score.Service) *Service {
	s := &Service{Core: core, Score: scores, Draws: &draws.Service{Core: core}}
	scores.OnPublish = s.OnPublish
	return s
}

// terms are the rules that an appeal of a round stands under.
type terms struct {
	rules    appeal.Rules
	calendar *appeal.Calendar
	book     composite.RuleBook
}

func termsOf(ctx context.Context, q pg.Querier, district, roundID string) (t terms, err error) {
	r, err := rounddb.Get(ctx, q, district, roundID)
	if err != nil {
		return t, app.NotFound(err, "round")
	}
	v, err := rounddb.RuleBooks.Get(ctx, q, district, r.RuleBookID, r.RuleBookVersion)
	if err != nil {
		return t, err
	}
	book, err := composite.DecodeRuleBook(v.Body)
	if err != nil {
		return t, err
	}
	d, more := book.Appeal, book.DisputeRules()
	t.book, t.rules = *book, appeal.Rules{File: d.FileDays, Accept: d.AcceptDays, Decide: d.DecideDays, Notice: d.NoticeDays,
		Extend: more.ExtendDays, SecondFile: more.SecondFileDays, SecondDecide: more.SecondDecideDays}
	t.calendar, err = appeal.NewCalendar(d.Holidays, d.Workdays)
	return t, err
}

// load reads an appeal and folds its history.
func load(ctx context.Context, q pg.Querier, district, id string) (a appealdb.Appeal, c *appeal.Case, err error) {
	if a, err = appealdb.Get(ctx, q, district, id); err != nil {
		return a, nil, app.NotFound(err, "appeal")
	}
	g, ok := appeal.GroundOf(a.Ground)
	if !ok {
		return a, nil, errs.New(errs.Internal, "", "appeal %s has the unlisted ground %q", id, a.Ground)
	}
	base := appeal.Case{Appellant: a.AppellantID, Ground: g, Conflicts: map[string]bool{},
		Deadlines: appeal.Deadlines{FileBy: a.FileBy, AcceptBy: a.AcceptBy, DecideBy: a.DecideUntil},
		Instance:  a.Instance, ExtendMax: a.ExtendDays, NoticeDays: a.NoticeDays, ReAskMax: a.ReAskDays}
	conflicts, err := appealdb.Conflicts(ctx, q, district, id)
	if err != nil {
		return a, nil, err
	}
	items, err := appealdb.Items(ctx, q, district, id)
	if err != nil {
		return a, nil, err
	}
	for _, it := range items {
		base.Labels = append(base.Labels, it.Label)
	}
	events, err := appealdb.Events(ctx, q, district, id)
	if err != nil {
		return a, nil, err
	}
	for _, x := range conflicts {
		// One that was found in a member is told by the member's leaving: when
		// the seat was given there was none.
		if !slices.ContainsFunc(events, func(e appeal.Event) bool {
			return e.Kind == appeal.KindAssigned && slices.Contains(e.Members, x.Account)
		}) {
			base.Conflicts[x.Account] = true
		}
	}
	if base.FirstDealt, err = dealt(ctx, q, district, a.FirstID); err != nil {
		return a, nil, err
	}
	c, err = appeal.Replay(base, events)
	return a, c, err
}

// dealt are those who accepted, refused or closed a first instance.
func dealt(ctx context.Context, q pg.Querier, district, first string) (map[string]bool, error) {
	if first == "" {
		return nil, nil
	}
	events, err := appealdb.Events(ctx, q, district, first)
	if err != nil {
		return nil, err
	}
	out := map[string]bool{}
	for _, e := range events {
		if e.By != "" && (e.Kind == appeal.KindAccepted || e.Kind == appeal.KindRefused || e.Kind == appeal.KindClosed) {
			out[e.By] = true
		}
	}
	return out, nil
}

// object is what the access table is asked about.
func object(a appealdb.Appeal, c *appeal.Case) authz.Object {
	o := authz.Object{Area: a.Unit, Owner: a.AppellantID, Assignees: c.Panel}
	for id := range c.Conflicts {
		o.Assessors = append(o.Assessors, id)
	}
	return o
}

// hidden is the answer to those who may not know that an appeal exists.
func hidden() error {
	return errs.New(errs.NotFound, "appeal.not_found", "there is no such appeal, or none that you may see")
}

// begin locks and loads an appeal within a writing use case, checks access,
// and records lateness before anything else happens.
func begin(ctx context.Context, tx *app.Tx, id string) (a appealdb.Appeal, c *appeal.Case, err error) {
	if err = appealdb.Lock(ctx, tx, tx.Actor.District, id); err != nil {
		return a, c, err
	}
	if a, c, err = load(ctx, tx, tx.Actor.District, id); err != nil {
		return a, c, err
	}
	if tx.Check(object(a, c)) != nil {
		return a, c, hidden()
	}
	return a, c, noteLateness(ctx, tx, id, c)
}

func noteLateness(ctx context.Context, tx *app.Tx, id string, c *appeal.Case) error {
	if e, ok := c.RecordLateness(tx.Now); ok {
		return appealdb.AddEvent(ctx, tx, tx.Actor.District, id, e)
	}
	return nil
}

// take applies an event and appends it.
func take(ctx context.Context, tx *app.Tx, id string, c *appeal.Case, e appeal.Event) error {
	e.At = tx.Now
	if err := c.Apply(e); err != nil {
		return err
	}
	return appealdb.AddEvent(ctx, tx, tx.Actor.District, id, e)
}

// Sweep records what has become overdue in a district, lets members of panels go
// in whom a conflict of interest was found, and carries out decisions that were
// left behind by a crash. It returns how many appeals it
// touched; the service calls it now and then.
func (s *Service) Sweep(ctx context.Context, district string) (n int, err error) {
	who := authz.SystemActor(district)
	list, err := appealdb.List(ctx, s.Pool, district, appealdb.Filter{Limit: maxSweep,
		States: []string{"filed", "accepted", "assigned", "voting", "decided"}})
	if err != nil {
		return 0, err
	}
	now := s.Clock.Now()
	for _, a := range list {
		if a.State == string(appeal.Assigned) || a.State == string(appeal.Voting) {
			went, err := s.sweepPanel(ctx, district, a.ID)
			if err != nil {
				return n, err
			}
			if went {
				n++
			}
		}
		switch {
		case a.State == string(appeal.Decided):
			err = s.conclude(ctx, district, a.ID)
		case a.State == string(appeal.Filed) && now.After(a.AcceptBy), a.State != string(appeal.Filed) && now.After(a.DecideUntil): // an extension may move it: begin looks
			err = s.Write(ctx, who, authz.AppealAccept, authz.Object{Area: a.Unit}, func(ctx context.Context, tx *app.Tx) error {
				tx.RecordAs("appeal.overdue", "appeal", a.ID, a.Unit, nil)
				_, _, err := begin(ctx, tx, a.ID)
				return err
			})
		default:
			continue
		}
		if err != nil {
			return n, err
		}
		n++
	}
	return n, nil
}

// maxSweep bounds one sweep.
const maxSweep = 1000

// Keep sweeps at intervals until the context ends.
func (s *Service) Keep(ctx context.Context, district string, every time.Duration) {
	app.Every(ctx, every, func() {
		if _, err := s.Sweep(ctx, district); err != nil && ctx.Err() == nil {
			s.Log.Warn("appeals not swept", "error", err)
		}
	})
}
