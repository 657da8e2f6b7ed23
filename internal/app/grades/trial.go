package grades

import (
	"context"
	"strconv"
	"strings"

	"gongping/internal/app"
	"gongping/internal/authz"
	"gongping/internal/errs"
	"gongping/internal/pg"
	"gongping/internal/pg/gradedb"
	"gongping/scoring/grade"
	"gongping/survey"
)

// FileTrial asks the panel to excuse something that was tried in good faith and
// went wrong (容错纠错). The committee's result stays; what it may lead to does not.
func (s *Service) FileTrial(ctx context.Context, who authz.Actor, roundID, unit, matter string) (string, error) {
	id := app.NewID()
	matter, err := reasoned(matter)
	if err != nil {
		return "", err
	}
	if survey.LevelOf(unit) != survey.Committee {
		return "", errs.New(errs.Invalid, "trial.unit", "a trial belongs to a committee").At("unit", unit, "a committee's 12-digit code", "choose a committee")
	}
	err = s.Write(ctx, who, authz.TrialFile, authz.Object{Area: unit}, func(ctx context.Context, tx *app.Tx) error {
		if _, _, err := rules(ctx, tx, who.District, roundID); err != nil {
			return err
		}
		tx.Record("trial", id, unit, map[string]any{"round": roundID})
		return gradedb.InsertTrial(ctx, tx, who.District, gradedb.Trial{ID: id, RoundID: roundID, Unit: unit, Matter: matter, By: who.AccountID, At: tx.Now})
	})
	return id, err
}

// VoteTrial is a panel member's vote with its reason. Two that agree decide; a
// third is asked where the first two differ.
func (s *Service) VoteTrial(ctx context.Context, who authz.Actor, id string, excuse bool, reason string) error {
	why, err := reasoned(reason)
	if err != nil {
		return err
	}
	err = s.WriteSerializable(ctx, who, authz.TrialVote, authz.Object{}, func(ctx context.Context, tx *app.Tx) error {
		list, err := gradedb.TrialsByID(ctx, tx, who.District, id)
		if err != nil {
			return app.NotFound(err, "trial")
		}
		if len(list) == 0 {
			return errs.New(errs.NotFound, "trial.not_found", "there is no such trial, or none that you may see")
		}
		t := list[0]
		if err := tx.Check(authz.Object{Area: t.Unit, Owner: t.By}); err != nil {
			return err
		}
		if t.Decided() {
			return errs.New(errs.Done, "trial.decided", "this trial has been decided")
		}
		tx.Record("trial", id, t.Unit, map[string]any{"vote": excuse})
		return gradedb.Vote(ctx, tx, who.District, id, who.AccountID, excuse, why, tx.Now)
	})
	if pg.Duplicate(err) {
		return errs.Wrap(err, errs.Done, "trial.voted", "you have voted on this trial")
	}
	return err
}

// Ladder lists the workers of an area with where they stand.
func (s *Service) Ladder(ctx context.Context, who authz.Actor, area string) (list []gradedb.Step, err error) {
	if area == "" {
		area = who.Area
	}
	err = s.Read(ctx, who, authz.LadderRead, authz.Object{Area: area}, func(ctx context.Context, q pg.Querier) error {
		list, err = gradedb.Steps(ctx, q, who.District, area)
		return err
	})
	return list, err
}

// SetStep records where a worker stands, with the reason: at the start, or by a
// decision outside of this system. Earlier records stay.
func (s *Service) SetStep(ctx context.Context, who authz.Actor, worker string, step grade.Step, reason string) error {
	if err := step.Check(); err != nil {
		return err
	}
	why, err := reasoned(reason)
	if err != nil {
		return err
	}
	return s.Write(ctx, who, authz.LadderEdit, authz.Object{}, func(ctx context.Context, tx *app.Tx) error {
		list, err := gradedb.Steps(ctx, tx, who.District, who.Area)
		if err != nil {
			return err
		}
		for _, w := range list {
			if w.WorkerNo == strings.TrimSpace(worker) {
				tx.Record("ladder", w.WorkerNo, w.Unit, map[string]any{"post": strconv.Itoa(step.Post), "level": strconv.Itoa(step.Level)})
				return gradedb.AddStep(ctx, tx, who.District, w.WorkerNo, step.Post, step.Level, why, "", who.AccountID, tx.Now)
			}
		}
		return errs.New(errs.NotFound, "worker.not_found", "there is no such worker, or none that you may see")
	})
}
