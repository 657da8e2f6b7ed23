package rounds

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"

	"gongping/internal/app"
	"gongping/internal/authz"
	"gongping/internal/errs"
	"gongping/internal/pg/drawdb"
	"gongping/internal/pg/rounddb"
	"gongping/survey"
)

// Freeze fixes a round: its strata and sizes are stored and everything in it is
// fingerprinted. Nothing of it can change afterwards. The version before it
// must not be under way: one that is frozen but has no commitment is cancelled
// here, with the new version as the reason; any other is ended by hand first.
func (s *Service) Freeze(ctx context.Context, who authz.Actor, id string) error {
	return s.WriteSerializable(ctx, who, authz.RoundFreeze, authz.Object{}, func(ctx context.Context, tx *app.Tx) error {
		r, err := s.locked(ctx, tx, id)
		if err != nil {
			return err
		}
		if err := survey.CheckStep(r.State, survey.Frozen); err != nil {
			return err
		}
		frozen, err := drawdb.FrameDigest(ctx, tx, who.District, r.FrameID)
		if err != nil {
			return err
		}
		if frozen == nil {
			return errs.New(errs.NotNow, "round.frame_open", "the frame is not frozen yet; freeze it first")
		}
		f, err := plan(ctx, tx, who.District, r)
		if err != nil {
			return err
		}
		evaluators, err := rounddb.Evaluators(ctx, tx, who.District, id)
		if err != nil {
			return err
		}
		if len(evaluators) == 0 {
			return errs.New(errs.NotNow, "round.no_evaluators", "the round has no evaluators yet")
		}
		if err := covered(f.Strata(), evaluators); err != nil {
			return err
		}
		if err := s.replace(ctx, tx, r); err != nil {
			return err
		}
		return s.freeze(ctx, tx, r, frozen, f, evaluators)
	})
}

// freeze stores strata and digest; the round's plan learns what was collapsed
// while it is still a draft.
func (s *Service) freeze(ctx context.Context, tx *app.Tx, r survey.Round, frame []byte, f *Forecast, evaluators []rounddb.Evaluator) error {
	district := tx.Actor.District
	r.Plan.Collapsed = f.Collapsed
	if err := rounddb.Update(ctx, tx, district, r); err != nil {
		return err
	}
	strata := f.Strata()
	doc, err := json.Marshal(struct {
		Round  survey.Round
		Frame  []byte
		Strata []rounddb.Stratum
		People []rounddb.Evaluator
	}{r, frame, strata, evaluators})
	if err != nil {
		return err
	}
	digest := sha256.Sum256(doc)
	if err := rounddb.InsertStrata(ctx, tx, district, r.ID, strata); err != nil {
		return err
	}
	tx.Record("round", r.ID, r.AreaCode, map[string]any{"strata": len(strata), "sample": f.Planned, "digest": fmt.Sprintf("%x", digest)})
	return rounddb.AddEvent(ctx, tx, district, r.ID, survey.Frozen, digest[:], tx.Actor.AccountID, tx.Now, "")
}

// replace ends the version that r supersedes.
func (s *Service) replace(ctx context.Context, tx *app.Tx, r survey.Round) error {
	if r.Supersedes == "" {
		return nil
	}
	old, err := rounddb.Lock(ctx, tx, tx.Actor.District, r.Supersedes)
	if err != nil {
		return err
	}
	switch old.State {
	case survey.Closed, survey.Cancelled:
		return nil
	case survey.Draft, survey.Frozen:
		open, err := drawdb.Commitments(ctx, tx, tx.Actor.District, old.ID)
		if err != nil {
			return err
		}
		if len(open) == 0 {
			tx.RecordAs(authz.RoundStep, "round", old.ID, old.AreaCode, map[string]any{"state": string(survey.Cancelled), "superseded_by": r.ID})
			return rounddb.AddEvent(ctx, tx, tx.Actor.District, old.ID, survey.Cancelled, nil, tx.Actor.AccountID, tx.Now,
				fmt.Sprintf("→ v%d", r.Version))
		}
	}
	return errs.New(errs.NotNow, "round.older_version_active", "version %d of this round has a commitment or a draw; close or cancel it first", old.Version).
		With(map[string]any{"Version": old.Version})
}

func covered(strata []rounddb.Stratum, evaluators []rounddb.Evaluator) error {
	for _, st := range strata {
		ok := st.Planned == 0
		for _, e := range evaluators {
			ok = ok || survey.Within(st.Committee, e.Area)
		}
		if !ok {
			return errs.New(errs.NotNow, "round.uncovered", "no evaluator covers committee %s", st.Committee).
				At("evaluators", st.Committee, "an evaluator for every committee", "add one, or widen somebody's area")
		}
	}
	return nil
}
