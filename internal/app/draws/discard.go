package draws

import (
	"context"
	"strings"
	"time"

	"gongping/internal/app"
	"gongping/internal/authz"
	"gongping/internal/errs"
	"gongping/internal/pg"
	"gongping/internal/pg/drawdb"
)

// inOrder refuses a commitment that would stand before something that was
// there already: its time would say that the draw was fixed earlier than it
// was, perhaps before an event whose outcome is known by now.
func inOrder(ctx context.Context, tx *app.Tx, roundID string) error {
	last, err := drawdb.LastTime(ctx, tx, tx.Actor.District, roundID)
	if err != nil || !tx.Now.Before(last) {
		return err
	}
	return errs.New(errs.NotNow, "draw.clock_back", "the clock of this machine stands before the last act on draws").
		At("now", tx.Now.Format(time.RFC3339), "not before "+last.UTC().Format(time.RFC3339), "have the clock set right")
}

// Discard gives up a commitment that was not drawn; it stays listed with the
// reason. While nobody can know the outcome, whoever may commit may do it. Once
// the randomness is due the sample can be worked out from the commitment, and
// giving it up would be drawing until the result pleases: then it takes the
// right to reveal, which whoever committed does not have.
func (s *Service) Discard(ctx context.Context, who authz.Actor, commitmentID, reason string) error {
	if reason = strings.TrimSpace(reason); reason == "" {
		return errs.New(errs.Invalid, "draw.discard_reason", "a commitment is given up with a reason").At("reason", "", "why", "write one sentence")
	}
	action, err := s.discardAction(ctx, who, commitmentID)
	if err != nil {
		return err
	}
	return s.WriteSerializable(ctx, who, action, authz.Object{}, func(ctx context.Context, tx *app.Tx) error {
		c, r, err := s.load(ctx, tx, who.District, commitmentID)
		if err != nil {
			return err
		}
		if err := s.undrawn(ctx, tx, who.District, c); err != nil {
			return err
		}
		known := !tx.Now.Before(c.DueAt)
		if known && c.By == who.AccountID || known && action == authz.DrawCommit {
			return errs.New(errs.Forbidden, "draw.second_person_discard", "the outcome can be known by now: a commitment is given up by somebody else than who committed it")
		}
		if err := tx.Check(authz.Object{Area: r.AreaCode, Owner: c.By}); err != nil {
			return err
		}
		tx.RecordAs(authz.DrawCommit, "draw_commitment", c.ID, r.AreaCode, map[string]any{"discarded": true, "randomness_due": known})
		return drawdb.InsertDiscard(ctx, tx, who.District, drawdb.Discard{CommitmentID: c.ID, Reason: reason, At: tx.Now}, who.AccountID)
	})
}

// discardAction is the right that giving up a commitment takes at this moment.
func (s *Service) discardAction(ctx context.Context, who authz.Actor, commitmentID string) (action authz.Action, err error) {
	action = authz.DrawCommit
	err = s.Read(ctx, who, authz.DrawRead, authz.Object{}, func(ctx context.Context, db pg.Querier) error {
		c, err := drawdb.GetCommitment(ctx, db, who.District, commitmentID)
		if err != nil {
			return app.NotFound(err, "commitment")
		}
		if !s.Clock.Now().Before(c.DueAt) {
			action = authz.DrawReveal
		}
		return nil
	})
	return action, err
}
