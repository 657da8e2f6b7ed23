package appeals

import (
	"context"
	"time"

	"gongping/internal/app"
	"gongping/internal/authz"
	"gongping/internal/errs"
	"gongping/internal/pg"
	"gongping/internal/pg/appealdb"
	"gongping/internal/pg/scoredb"
	"gongping/scoring/appeal"
)

// minChanged is how many answers of a unit must change between two published
// runs, if any does: the difference of one would be that answer.
const minChanged = 2

// OnPublish is asked by the scoring room before a run becomes visible. It
// refuses a run whose difference from the published one would reveal an answer
// or harm an appellant, and ends the appeals that the run answers.
func (s *Service) OnPublish(ctx context.Context, tx *app.Tx, run scoredb.Run) error {
	d := tx.Actor.District
	if err := check(ctx, tx, d, run); err != nil {
		return err
	}
	waiting, err := appealdb.AwaitingRun(ctx, tx, d, run.RoundID, run.Number)
	if err != nil {
		return err
	}
	for _, id := range waiting {
		if err := appealdb.Lock(ctx, tx, d, id); err != nil {
			return err
		}
		a, c, err := load(ctx, tx, d, id)
		if err != nil {
			return err
		}
		tx.RecordAs("appeal.superseded", "appeal", id, a.Unit, map[string]any{"run": run.ID})
		if err := take(ctx, tx, id, c, appeal.Event{Kind: appeal.KindSuperseded, By: tx.Actor.AccountID, RunID: run.ID}); err != nil {
			return err
		}
	}
	return nil
}

// check tells why a run must be held back; nil when it may be published.
func check(ctx context.Context, q pg.Querier, district string, run scoredb.Run) error {
	latest, err := scoredb.LatestPublished(ctx, q, district, run.RoundID)
	if err != nil || latest == "" {
		return err
	}
	changed, err := appealdb.ChangedBetween(ctx, q, district, latest, run.ID)
	if err != nil {
		return err
	}
	for _, u := range changed {
		if u.Answers < minChanged {
			return errs.New(errs.Barred, "appeal.release_single", "in one unit a single answer has changed, so that the difference would reveal it").
				At("run", "", "at least two changed answers in every unit that changes", "wait for another decision and publish the later run; until then the earlier result stands")
		}
	}
	waiting, err := appealdb.AwaitingRun(ctx, q, district, run.RoundID, run.Number)
	if err != nil {
		return err
	}
	for _, id := range waiting {
		a, err := appealdb.Get(ctx, q, district, id)
		if err != nil {
			return err
		}
		old, err := scoredb.UnitOf(ctx, q, district, a.RunID, a.Unit)
		if err != nil {
			return err
		}
		now, err := scoredb.UnitOf(ctx, q, district, run.ID, a.Unit)
		if err != nil {
			return err
		}
		t, err := termsOf(ctx, q, district, a.RoundID)
		if err != nil {
			return err
		}
		if worse(&old.UnitResult, &now.UnitResult, &t.book) {
			return errs.New(errs.Barred, "appeal.release_worse", "an appellant's result would be worse than before the appeal").
				At("appeal", a.Receipt, "a result not below the contested one", "close this appeal with the earlier result standing, or compute another run")
		}
	}
	return nil
}

// Release is a run that follows from appeals and is not published.
type Release struct {
	Run      scoredb.Run
	Receipts []string // of the appeals that it answers
	Units    int      // units in which answers have changed
	Held     error    // why it must be held back; nil when it may go on public notice
	// The public notice: how many of the appeals are not on it with this run,
	// when it ends, and how many objections have no answer.
	Unnoticed int
	Until     time.Time
	Open      int
	Ready     bool // the notice has ended and every objection is answered
}

// Releases lists the newest finished run after each round's published one that
// appeals wait for. Publishing it releases all of them at once.
func (s *Service) Releases(ctx context.Context, who authz.Actor) (list []Release, err error) {
	err = s.Read(ctx, who, authz.AppealAccept, authz.Object{}, func(ctx context.Context, q pg.Querier) error {
		waiting, err := appealdb.List(ctx, q, who.District, appealdb.Filter{Area: who.Area, States: []string{string(appeal.RunRequested), string(appeal.Notice)}, Limit: maxSweep})
		if err != nil {
			return err
		}
		seen := map[string]bool{}
		for _, a := range waiting {
			if seen[a.RoundID] {
				continue
			}
			seen[a.RoundID] = true
			r, ok, err := release(ctx, q, who.District, a.RoundID, s.Clock.Now())
			if err != nil {
				return err
			}
			if ok {
				list = append(list, r)
			}
		}
		return nil
	})
	return list, err
}

func release(ctx context.Context, q pg.Querier, district, round string, now time.Time) (r Release, ok bool, err error) {
	runs, err := scoredb.OfRound(ctx, q, district, round)
	if err != nil || len(runs) == 0 {
		return r, false, err
	}
	r.Run = runs[0]
	if r.Run.PublishedAt != nil {
		return r, false, nil
	}
	ids, err := appealdb.AwaitingRun(ctx, q, district, round, r.Run.Number)
	if err != nil || len(ids) == 0 {
		return r, false, err
	}
	for _, id := range ids {
		a, c, err := load(ctx, q, district, id)
		if err != nil {
			return r, false, err
		}
		r.Receipts = append(r.Receipts, a.Receipt)
		r.Open += len(c.Open)
		switch {
		case c.NoticeDays == 0:
		case c.NoticeRun != r.Run.ID:
			r.Unnoticed++
		case c.NoticeUntil.After(r.Until):
			r.Until = c.NoticeUntil
		}
	}
	r.Ready = r.Unnoticed == 0 && r.Open == 0 && now.After(r.Until)
	if r.Run.State != "done" {
		return r, true, nil
	}
	latest, err := scoredb.LatestPublished(ctx, q, district, round)
	if err != nil {
		return r, false, err
	}
	changed, err := appealdb.ChangedBetween(ctx, q, district, latest, r.Run.ID)
	if err != nil {
		return r, false, err
	}
	r.Units, r.Held = len(changed), check(ctx, q, district, r.Run)
	if r.Held != nil && errs.CodeOf(r.Held) == errs.Internal {
		return r, false, r.Held
	}
	return r, true, nil
}

// Publish makes the run that follows from appeals visible.
func (s *Service) Publish(ctx context.Context, who authz.Actor, runID string) error {
	return s.Score.Publish(ctx, who, runID)
}

// CloseHeld ends an appeal whose new run will not be
// published, with the reason; the contested result stands.
func (s *Service) CloseHeld(ctx context.Context, who authz.Actor, id, reason string) error {
	return s.Write(ctx, who, authz.AppealAccept, authz.Object{}, func(ctx context.Context, tx *app.Tx) error {
		a, c, err := begin(ctx, tx, id)
		if err != nil {
			return err
		}
		if c.State != appeal.RunRequested && c.State != appeal.Notice {
			return errs.New(errs.NotNow, "appeal.nothing_to_do", "there is no decision waiting to be carried out")
		}
		tx.Record("appeal", id, a.Unit, map[string]any{"closed": true, "held": true})
		return take(ctx, tx, id, c, appeal.Event{Kind: appeal.KindClosed, By: who.AccountID, Reason: reason})
	})
}
