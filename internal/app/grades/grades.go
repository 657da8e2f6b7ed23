// Package grades holds the use cases of grades and consequences: a run's results
// become proposals, named persons sign them, repeated grades propose a step on
// the ladder or a talk about leaving, the panel excuses trials. No program ever
// gives a grade.
package grades

import (
	"context"
	"strings"
	"time"
	"unicode/utf8"

	"gongping/internal/app"
	"gongping/internal/authz"
	"gongping/internal/errs"
	"gongping/internal/pg"
	"gongping/internal/pg/gradedb"
	"gongping/internal/pg/rounddb"
	"gongping/internal/pg/scoredb"
	"gongping/scoring/appeal"
	"gongping/scoring/composite"
	"gongping/scoring/grade"
	"gongping/survey"
)

// Service is the room of grades.
type Service struct{ *app.Core }

// minReason is the shortest reason, in characters.
const minReason = 10

func reasoned(reason string) (string, error) {
	reason = strings.TrimSpace(reason)
	if utf8.RuneCountInString(reason) < minReason {
		return "", errs.New(errs.Invalid, "grade.reason", "this needs a reason of at least %d characters", minReason).
			With(map[string]any{"Min": minReason}).At("reason", reason, "why, in a sentence", "write the reason and send again")
	}
	return reason, nil
}

// rules reads a round with its rule book.
func rules(ctx context.Context, q pg.Querier, district, roundID string) (survey.Round, *composite.RuleBook, error) {
	r, err := rounddb.Get(ctx, q, district, roundID)
	if err != nil {
		return r, nil, app.NotFound(err, "round")
	}
	v, err := rounddb.RuleBooks.Get(ctx, q, district, r.RuleBookID, r.RuleBookVersion)
	if err != nil {
		return r, nil, err
	}
	b, err := composite.DecodeRuleBook(v.Body)
	return r, b, err
}

// Propose makes proposals from the newest published run of a round. Earlier
// batches stay; the newest counts and is signed anew.
func (s *Service) Propose(ctx context.Context, who authz.Actor, roundID string) (string, error) {
	id := app.NewID()
	err := s.Write(ctx, who, authz.GradePropose, authz.Object{}, func(ctx context.Context, tx *app.Tx) error {
		r, book, err := rules(ctx, tx, who.District, roundID)
		if err != nil {
			return err
		}
		if err := tx.Check(authz.Object{Area: r.AreaCode}); err != nil {
			return err
		}
		runID, err := scoredb.LatestPublished(ctx, tx, who.District, roundID)
		if err != nil {
			return err
		}
		if runID == "" {
			return errs.New(errs.NotNow, "run.none_published", "no result of this round has been published yet")
		}
		results, err := s.results(ctx, tx, r, book, runID)
		if err != nil {
			return err
		}
		list := grade.Propose(book.GradeRules(), book.Gates, results)
		tx.Record("grade_batch", id, r.AreaCode, map[string]any{"round": roundID, "run": runID, "units": len(list)})
		return gradedb.InsertBatch(ctx, tx, who.District, gradedb.Batch{ID: id, RoundID: roundID, RunID: runID, At: tx.Now}, who.AccountID, list)
	})
	return id, err
}

// results are the committees of a run as grades see them.
func (s *Service) results(ctx context.Context, tx *app.Tx, r survey.Round, book *composite.RuleBook, runID string) ([]grade.Result, error) {
	d := tx.Actor.District
	run, err := scoredb.Get(ctx, tx, d, runID)
	if err != nil {
		return nil, err
	}
	cal, err := appeal.NewCalendar(book.Appeal.Holidays, book.Appeal.Workdays)
	if err != nil {
		return nil, err
	}
	window := run.PublishedAt != nil && !tx.Now.After(cal.After(*run.PublishedAt, book.Appeal.FileDays))
	open, err := gradedb.OpenAppeals(ctx, tx, d, r.ID)
	if err != nil {
		return nil, err
	}
	tried, err := gradedb.Trials(ctx, tx, d, r.ID, d)
	if err != nil {
		return nil, err
	}
	excused := map[string]bool{}
	for _, t := range tried {
		excused[t.Unit] = excused[t.Unit] || t.Excused()
	}
	units, err := scoredb.UnitsOf(ctx, tx, d, runID, r.AreaCode, int(survey.Committee))
	if err != nil {
		return nil, err
	}
	out := make([]grade.Result, len(units))
	for i, u := range units {
		out[i] = grade.Result{Unit: u.Unit, OK: u.Composite.OK, Value: u.Composite.Value, Lo: u.Composite.Lo, Hi: u.Composite.Hi, N: u.N,
			Reliability: u.Reliability, Appealed: window || open[u.Unit], Excused: excused[u.Unit]}
	}
	return out, nil
}

// Sheet is what the page of a round shows.
type Sheet struct {
	Round        survey.Round
	Rules        composite.Grades
	Gates        composite.Gates
	Batch        *gradedb.Batch // nil before the first
	Stale        bool           // a newer run was published since
	Proposals    []gradedb.Proposal
	Consequences []gradedb.Consequence
	Trials       []gradedb.Trial
	Voted        map[string]bool // trials the actor has voted on
}

// Sheet returns the proposals, consequences and trials of a round within the
// actor's area. A worker sees the signed grade of the own committee only.
func (s *Service) Sheet(ctx context.Context, who authz.Actor, roundID string) (sh Sheet, err error) {
	err = s.Read(ctx, who, authz.GradeRead, authz.Object{}, func(ctx context.Context, q pg.Querier) error {
		var book *composite.RuleBook
		if sh.Round, book, err = rules(ctx, q, who.District, roundID); err != nil {
			return err
		}
		sh.Rules, sh.Gates = book.GradeRules(), book.Gates
		if sh.Trials, err = gradedb.Trials(ctx, q, who.District, roundID, who.Area); err != nil {
			return err
		}
		if who.AccountID != "" {
			if sh.Voted, err = gradedb.Voted(ctx, q, who.District, roundID, who.AccountID); err != nil {
				return err
			}
		}
		b, err := gradedb.Latest(ctx, q, who.District, roundID)
		if pg.NoRows(err) {
			return nil
		}
		if err != nil {
			return err
		}
		latest, err := scoredb.LatestPublished(ctx, q, who.District, roundID)
		if err != nil {
			return err
		}
		sh.Batch, sh.Stale = &b, latest != b.RunID
		if sh.Proposals, err = gradedb.Proposals(ctx, q, who.District, b.ID, who.Area); err != nil {
			return err
		}
		if sh.Consequences, err = gradedb.Consequences(ctx, q, who.District, b.ID, who.Area); err != nil {
			return err
		}
		sh.narrow(who)
		return nil
	})
	return sh, err
}

// narrow leaves a worker what is settled about the own committee and oneself.
func (sh *Sheet) narrow(who authz.Actor) {
	if who.Role != authz.Worker {
		return
	}
	settled := sh.Proposals[:0]
	for _, p := range sh.Proposals {
		if p.Signed != nil {
			settled = append(settled, p)
		}
	}
	sh.Proposals = settled
	own := sh.Consequences[:0]
	for _, c := range sh.Consequences {
		if c.Signed != nil && c.WorkerNo == who.WorkerNo {
			own = append(own, c)
		}
	}
	sh.Consequences = own
}

// current locks nothing: the batch that counts, and an error if it is not of
// the newest published run.
func current(ctx context.Context, q pg.Querier, district, roundID string) (gradedb.Batch, error) {
	b, err := gradedb.Latest(ctx, q, district, roundID)
	if pg.NoRows(err) {
		if _, err := rounddb.Get(ctx, q, district, roundID); err != nil {
			return b, app.NotFound(err, "round")
		}
		return b, errs.New(errs.NotNow, "grade.none_proposed", "no grades have been proposed for this round yet").
			At("", "", "", "let a manager propose grades, then have them signed")
	}
	if err != nil {
		return b, app.NotFound(err, "grade_batch")
	}
	latest, err := scoredb.LatestPublished(ctx, q, district, roundID)
	if err == nil && latest != b.RunID {
		err = errs.New(errs.Conflict, "grade.stale", "a newer result was published since; make the proposals again first")
	}
	return b, err
}

// now is the time in words of the domain, for reasons that the service writes.
func day(t time.Time) string { return t.In(appeal.Zone).Format(time.DateOnly) }
