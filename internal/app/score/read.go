package score

import (
	"context"

	"gongping/internal/app"
	"gongping/internal/authz"
	"gongping/internal/errs"
	"gongping/internal/pg"
	"gongping/internal/pg/rounddb"
	"gongping/internal/pg/scoredb"
	"gongping/scoring"
	"gongping/scoring/composite"
	"gongping/survey"
	"gongping/survey/instrument"
)

// sees tells who may look at runs that are not published.
func sees(who authz.Actor) bool {
	return who.Role == authz.Manager || who.Role == authz.Auditor || who.Role == authz.System
}

// Runs lists the runs of a round, newest first; only published ones to those
// who do not make them.
func (s *Service) Runs(ctx context.Context, who authz.Actor, roundID string) (list []scoredb.Run, err error) {
	err = s.Read(ctx, who, authz.RunRead, authz.Object{}, func(ctx context.Context, db pg.Querier) error {
		all, err := scoredb.OfRound(ctx, db, who.District, roundID)
		if err != nil {
			return app.NotFound(err, "round")
		}
		for _, r := range all {
			if sees(who) || r.PublishedAt != nil {
				list = append(list, r)
			}
		}
		return nil
	})
	return list, err
}

// Result is a run with the units that the actor may see and what is needed to
// read them.
type Result struct {
	Run           scoredb.Run
	Round         survey.Round
	Rules         composite.RuleBook
	Questionnaire instrument.Questionnaire
	Summary       scoring.Summary
	Notes         []scoring.Note
	Digest        []byte
	Units         []scoredb.UnitRow // within the actor's area, by code
	District      *scoredb.UnitRow  // for comparison
	Street        *scoredb.UnitRow  // of a worker's committee
	veil          *veil
}

// Result returns a run's figures within the actor's area; runID "" is the
// newest published run of the round.
func (s *Service) Result(ctx context.Context, who authz.Actor, roundID, runID string) (res Result, err error) {
	err = s.Read(ctx, who, authz.RunRead, authz.Object{}, func(ctx context.Context, db pg.Querier) error {
		if runID == "" {
			if runID, err = scoredb.LatestPublished(ctx, db, who.District, roundID); err != nil {
				return app.NotFound(err, "round")
			}
			if runID == "" {
				return errs.New(errs.NotFound, "run.none_published", "no result of this round has been published yet")
			}
		}
		return s.result(ctx, db, who, runID, &res)
	})
	return res, err
}

func (s *Service) result(ctx context.Context, db pg.Querier, who authz.Actor, runID string, res *Result) (err error) {
	d := who.District
	if res.Run, err = visible(ctx, db, who, runID); err != nil {
		return err
	}
	if res.Round, err = rounddb.Get(ctx, db, d, res.Run.RoundID); err != nil {
		return err
	}
	in := &scoring.Input{}
	if err = s.documents(ctx, db, d, res.Round, in); err != nil {
		return err
	}
	res.Rules, res.Questionnaire = in.RuleBook, in.Questionnaire
	if res.Summary, res.Notes, res.Digest, err = scoredb.Summary(ctx, db, d, runID); err != nil {
		return err
	}
	if res.veil, err = newVeil(ctx, db, who, res.Run, &res.Rules); err != nil {
		return err
	}
	if Judges(who.Role) {
		coarse(&res.Summary)
	}
	if res.Units, err = scoredb.UnitsOf(ctx, db, d, runID, who.Area, 0); err != nil {
		return err
	}
	for i := range res.Units {
		if err = res.veil.show(ctx, db, d, &res.Units[i].UnitResult); err != nil {
			return err
		}
	}
	if res.District, err = one(ctx, db, d, runID, d, res.veil); err != nil {
		return err
	}
	if len(who.Area) > 9 {
		if res.Street, err = one(ctx, db, d, runID, who.Area[:9], res.veil); err != nil {
			return err
		}
	}
	if !res.veil.exact {
		res.veil.margins(res.Units)
		for _, u := range []*scoredb.UnitRow{res.District, res.Street} {
			if u != nil {
				veiled(&u.UnitResult)
			}
		}
	}
	return unlinked(ctx, db, who, &res.Run)
}

func one(ctx context.Context, db pg.Querier, district, run, unit string, v *veil) (*scoredb.UnitRow, error) {
	u, err := scoredb.UnitOf(ctx, db, district, run, unit)
	if pg.NoRows(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return &u, v.show(ctx, db, district, &u.UnitResult)
}

// Unit returns one unit's figures of a run, with the run itself, the district
// and the street for comparison.
func (s *Service) Unit(ctx context.Context, who authz.Actor, runID, unit string) (u scoredb.UnitRow, res Result, err error) {
	err = s.Read(ctx, who, authz.RunRead, authz.Object{Area: unit}, func(ctx context.Context, db pg.Querier) error {
		narrow := who
		narrow.Area = unit // the neighbours are not needed
		if err := s.result(ctx, db, narrow, runID, &res); err != nil {
			return err
		}
		for _, row := range res.Units {
			if row.Unit == unit {
				u = row
				// What is left of an area without the unit must not be a cell.
				for _, around := range []**scoredb.UnitRow{&res.Street, &res.District} {
					if a := *around; a != nil && who.Role == authz.Worker && a.N > u.N && a.N-u.N < res.Rules.Suppression.Cell {
						*around = nil
					}
				}
				return nil
			}
		}
		return errs.New(errs.NotFound, "unit.not_found", "there is no such unit, or none that you may see")
	})
	return u, res, err
}

// Head is a run without its figures: what a cached page needs to know whether
// the actor may see it.
func (s *Service) Head(ctx context.Context, who authz.Actor, runID string) (run scoredb.Run, err error) {
	err = s.Read(ctx, who, authz.RunRead, authz.Object{}, func(ctx context.Context, db pg.Querier) error {
		if run, err = visible(ctx, db, who, runID); err != nil {
			return err
		}
		return unlinked(ctx, db, who, &run)
	})
	return run, err
}

// unlinked takes the way to a run that was never published from who may not see
// it, after everything that compares versions has been done.
func unlinked(ctx context.Context, db pg.Querier, who authz.Actor, run *scoredb.Run) error {
	if run.Supersedes == "" || sees(who) {
		return nil
	}
	old, err := scoredb.Get(ctx, db, who.District, run.Supersedes)
	if err == nil && old.PublishedAt == nil {
		run.Supersedes = ""
	}
	return err
}

// visible returns a finished run that the actor may see.
func visible(ctx context.Context, db pg.Querier, who authz.Actor, runID string) (scoredb.Run, error) {
	run, err := scoredb.Get(ctx, db, who.District, runID)
	if err != nil {
		return run, app.NotFound(err, "run")
	}
	if run.PublishedAt == nil && !sees(who) {
		return run, errs.New(errs.NotFound, "run.not_found", "there is no such run, or none that you may see")
	}
	if run.State != "done" {
		return run, errs.New(errs.NotNow, "run.not_done", "the run is not finished")
	}
	return run, nil
}

// Answers lists how every answer of a unit counted: for auditors, without
// identities. It leaves a trace in the audit log.
func (s *Service) Answers(ctx context.Context, who authz.Actor, runID, unit string) (list []scoring.AnswerResult, err error) {
	err = s.Write(ctx, who, authz.RunReadAnswers, authz.Object{Area: unit}, func(ctx context.Context, tx *app.Tx) error {
		if _, err := visible(ctx, tx, who, runID); err != nil {
			return err
		}
		tx.Record("run", runID, unit, map[string]any{"answers": true})
		list, err = scoredb.AnswersOf(ctx, tx, who.District, runID, unit)
		return app.NotFound(err, "run")
	})
	return list, err
}
