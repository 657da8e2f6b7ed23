package appeals

import (
	"context"
	"slices"
	"time"

	"gongping/internal/app"
	"gongping/internal/app/draws"
	"gongping/internal/authz"
	"gongping/internal/errs"
	"gongping/internal/pg"
	"gongping/internal/pg/appealdb"
	"gongping/internal/pg/drawdb"
	"gongping/internal/pg/qualitydb"
	"gongping/internal/pg/rounddb"
	"gongping/scoring/appeal"
)

// MinReAsk is the fewest residents who are asked anew in a unit, so that the
// size of a batch, which is published, does not tell of a single answer.
const MinReAsk = 3

// Reasons of runs that follow without anybody asked anew. The pages translate
// them (appeal.reask.why.KEY).
const (
	reAskNobody  = "reask: nobody is left to be asked"
	reAskMissed  = "reask: not opened in time"
	reAskClosed  = "reask: the batch was given up"
	reAskExpired = "reask: the last day has passed"
)

// waitsForReAsk tells, without computing anything, whether a decision to ask
// residents anew is in progress: its answers are set aside and nothing is due.
func (s *Service) waitsForReAsk(ctx context.Context, district string, a appealdb.Appeal, c *appeal.Case) (bool, error) {
	if !c.ReAsks() {
		return false, nil
	}
	n, err := appealdb.Effects(ctx, s.Pool, district, a.ID)
	if err != nil || n == 0 {
		return false, err
	}
	_, wait, err := s.reAskNext(ctx, district, a, c)
	return wait, err
}

// reAskNext tells whether the run has to wait for residents who are asked anew,
// or else why it follows now ("" where as many have answered as were wanted).
func (s *Service) reAskNext(ctx context.Context, district string, a appealdb.Appeal, c *appeal.Case) (reason string, wait bool, err error) {
	if !c.ReAsks() {
		return "", false, nil
	}
	left, err := s.left(ctx, s.Pool, district, a)
	if err != nil {
		return "", false, err
	}
	late := s.Clock.Now().After(c.Due())
	if c.ReAskUntil.IsZero() {
		switch {
		case left == 0:
			return reAskNobody, false, nil
		case late:
			return reAskMissed, false, nil
		}
		return "", true, nil
	}
	batch, err := appealdb.ReAsked(ctx, s.Pool, district, a.ID)
	switch {
	case err != nil:
		return "", false, err
	case batch.Discarded:
		return reAskClosed, false, nil
	case batch.Drawn && batch.Complete >= batch.Want:
		return "", false, nil
	case late:
		return reAskExpired, false, nil
	}
	return "", true, nil
}

// left counts the residents of the unit whom no draw holds; none in a round
// that was not drawn here.
func (s *Service) left(ctx context.Context, q pg.Querier, district string, a appealdb.Appeal) (int, error) {
	r, err := rounddb.Get(ctx, q, district, a.RoundID)
	if err != nil || r.Kind != "drawn" || r.FrameID == "" {
		return 0, err
	}
	return draws.CountLeft(ctx, q, district, r, a.Unit)
}

// ReAsk is a decision to ask residents anew, as the appeal's page shows it.
type ReAsk struct {
	Decided bool      // it was, and answers are set aside
	OpenBy  time.Time // until when it must be opened
	Until   time.Time // the last day of asking; zero before it is opened
	MayOpen bool      // the reader can open it now
	Draw    string    // id of the commitment, for its page; managers and auditors
	Drawn   bool
	Want    int // residents to be asked in the unit; managers and auditors
	Done    int
	Open    int    // cases that nobody holds, because nobody may; managers and auditors
	MayGive bool   // the reader can try again to give them out
	Why     string // reason of a run that follows without: appeal.reask.why.KEY
}

func (s *Service) reAskOf(ctx context.Context, q pg.Querier, who authz.Actor, a appealdb.Appeal, c *appeal.Case) (x ReAsk, err error) {
	if r, _ := c.Chosen(); r != appeal.ReAsk || c.ReAskMax == 0 || c.Outcome == "" || c.Outcome == appeal.Reject {
		return x, nil
	}
	n, err := appealdb.Effects(ctx, q, who.District, a.ID)
	if err != nil || n == 0 {
		return x, err
	}
	x.Decided, x.Until = true, c.ReAskUntil
	for _, e := range c.Events {
		if e.Kind == appeal.KindRun {
			x.Why = map[string]string{reAskNobody: "nobody", reAskMissed: "missed", reAskClosed: "discarded", reAskExpired: "expired"}[e.Reason]
		}
	}
	if c.ReAsks() && x.Until.IsZero() {
		x.OpenBy, x.MayOpen = c.Due(), who.Role == authz.Manager
	}
	if who.Role != authz.Manager && who.Role != authz.Auditor || x.Until.IsZero() {
		return x, nil
	}
	batch, err := appealdb.ReAsked(ctx, q, who.District, a.ID)
	x.Draw, x.Drawn, x.Want, x.Done, x.Open = batch.Commitment, batch.Drawn, batch.Want, batch.Complete, batch.Unassigned
	x.MayGive = x.Open > 0 && c.ReAsks() && who.Role == authz.Manager
	return x, err
}

// OpenReAsk opens the asking anew for every appeal of a round that waits for
// it: one batch, a draw of its own with fresh public randomness that is named
// now and revealed later by somebody else, from those whom no draw of the round
// holds. As many are drawn in each unit as answers were set aside there, at
// least MinReAsk. Whose answers these were does not matter, and nobody is told:
// the new cases look like any other. Who interviewed one of these answers, or is
// under question for the quality of the interviews, takes none of the new cases
// in the unit. They are asked until the rule book's last
// day; the run follows when enough have answered, or then.
func (s *Service) OpenReAsk(ctx context.Context, who authz.Actor, roundID string, w draws.Wish) (commitment string, err error) {
	ids, sizes, until, err := s.reAskBatch(ctx, who, roundID)
	if err != nil {
		return "", err
	}
	return s.Draws.CommitReAsk(ctx, who, roundID, draws.TopUp{Wish: w, Sizes: sizes}, until, func(ctx context.Context, tx *app.Tx, commitment string) error {
		suspects, err := qualitydb.Suspects(ctx, tx, who.District, roundID)
		if err != nil {
			return err
		}
		for _, id := range ids {
			if err := appealdb.Lock(ctx, tx, who.District, id); err != nil {
				return err
			}
			a, c, err := load(ctx, tx, who.District, id)
			if err != nil {
				return err
			}
			n, err := appealdb.Effects(ctx, tx, who.District, id)
			if err != nil {
				return err
			}
			if err := noteLateness(ctx, tx, id, c); err != nil {
				return err
			}
			tx.RecordAs(authz.AppealAccept, "appeal", id, a.Unit, map[string]any{"asked_anew": commitment})
			if err := take(ctx, tx, id, c, appeal.Event{Kind: appeal.KindReAsk, By: who.AccountID, Until: &until}); err != nil {
				return err
			}
			if err := appealdb.AddReAsk(ctx, tx, who.District, id, commitment, n, tx.Now); err != nil {
				return err
			}
			interviewed, err := appealdb.Interviewers(ctx, tx, who.District, id)
			if err != nil {
				return err
			}
			if err := drawdb.Bar(ctx, tx, who.District, commitment, a.Unit, slices.Concat(interviewed, suspects), tx.Now); err != nil {
				return err
			}
		}
		return nil
	})
}

// reAskBatch collects what one batch of a round stands for.
func (s *Service) reAskBatch(ctx context.Context, who authz.Actor, roundID string) (ids []string, sizes map[string]int, until time.Time, err error) {
	sizes = map[string]int{}
	err = s.Read(ctx, who, authz.AppealAccept, authz.Object{}, func(ctx context.Context, q pg.Querier) error {
		list, err := appealdb.List(ctx, q, who.District, appealdb.Filter{Area: who.Area, States: []string{string(appeal.Decided)}, Limit: maxSweep})
		if err != nil {
			return err
		}
		left := map[string]int{}
		days := 0
		for _, a := range list {
			_, c, err := load(ctx, q, who.District, a.ID)
			if err != nil {
				return err
			}
			if a.RoundID != roundID || !c.ReAsks() || !c.ReAskUntil.IsZero() {
				continue
			}
			n, err := appealdb.Effects(ctx, q, who.District, a.ID)
			if err != nil {
				return err
			}
			if n == 0 {
				continue
			}
			if left[a.Unit], err = s.left(ctx, q, who.District, a); err != nil {
				return err
			}
			ids = append(ids, a.ID)
			sizes[a.Unit] += n
			if days == 0 || a.ReAskDays < days {
				days = a.ReAskDays
			}
		}
		for unit, n := range sizes {
			sizes[unit] = min(max(n, MinReAsk), left[unit])
		}
		y, m, d := s.Clock.Now().In(appeal.Zone).AddDate(0, 0, days).Date()
		until = time.Date(y, m, d, 0, 0, 0, 0, appeal.Zone).Add(24*time.Hour - time.Second)
		return nil
	})
	if err == nil && len(ids) == 0 {
		err = errs.New(errs.Barred, "appeal.no_reask", "no appeal of this round waits for residents to be asked anew")
	}
	return ids, sizes, until, err
}

// AssignReAsk gives out those cases of an appeal's batch that nobody holds, for
// instance after an evaluator was added: never to who interviewed an answer that
// was set aside. It tells how many were given out, and refuses where none can be.
func (s *Service) AssignReAsk(ctx context.Context, who authz.Actor, id string) (given int, err error) {
	err = s.Write(ctx, who, authz.AppealAccept, authz.Object{}, func(ctx context.Context, tx *app.Tx) error {
		a, c, err := begin(ctx, tx, id)
		if err != nil {
			return err
		}
		batch, err := appealdb.ReAsked(ctx, tx, who.District, id)
		if err != nil {
			return err
		}
		if !c.ReAsks() || batch.Unassigned == 0 {
			return errs.New(errs.NotNow, "appeal.nothing_to_do", "there is no case without an evaluator")
		}
		open := 0
		if given, open, err = s.Draws.AssignLate(ctx, tx, batch.Commitment); err != nil {
			return err
		}
		if given == 0 {
			return errs.New(errs.NotNow, "appeal.reask_nobody", "nobody may take the %d cases", open).
				At("evaluator", "", "an enabled evaluator whose area holds the committee and who interviewed none of the answers that were set aside", "let the administrator add one, or widen the area of one from another street").
				With(map[string]any{"N": open})
		}
		tx.Record("appeal", id, a.Unit, map[string]any{"given_out": given, "open": open})
		return nil
	})
	return given, err
}
