package score

import (
	"context"

	"gongping/internal/app"
	"gongping/internal/authz"
	"gongping/internal/pg"
	"gongping/internal/pg/rounddb"
	"gongping/internal/pg/scoredb"
	"gongping/survey"
)

// RoundRuns is a round that was in the field, with its runs, newest first.
type RoundRuns struct {
	Round survey.Round
	Runs  []scoredb.Run
}

// Scorable lists the rounds of the actor's area that can be scored, with their
// runs, for those who make and check runs; and how many rounds there are.
func (s *Service) Scorable(ctx context.Context, who authz.Actor, limit, offset int) (list []RoundRuns, total int, err error) {
	err = s.Read(ctx, who, authz.RunRebuild, authz.Object{}, func(ctx context.Context, db pg.Querier) error {
		rounds, n, err := rounddb.List(ctx, db, who.District, who.Area, limit, offset)
		if err != nil {
			return err
		}
		total = n
		for _, r := range rounds {
			if r.State != survey.Collecting && r.State != survey.Closed {
				continue
			}
			runs, err := scoredb.OfRound(ctx, db, who.District, r.ID)
			if err != nil {
				return err
			}
			list = append(list, RoundRuns{r, runs})
		}
		return nil
	})
	return list, total, err
}

// Status returns a run with its round in whatever state, for those who make
// and check runs.
func (s *Service) Status(ctx context.Context, who authz.Actor, runID string) (run scoredb.Run, round survey.Round, err error) {
	err = s.Read(ctx, who, authz.RunRebuild, authz.Object{}, func(ctx context.Context, db pg.Querier) error {
		if run, err = scoredb.Get(ctx, db, who.District, runID); err != nil {
			return app.NotFound(err, "run")
		}
		if round, err = rounddb.Get(ctx, db, who.District, run.RoundID); err != nil {
			return err
		}
		return authz.Check(who, authz.RunRebuild, authz.Object{Area: round.AreaCode})
	})
	return run, round, err
}

// Table returns a run's figures within the actor's area for a file that leaves
// the service. It leaves a trace in the audit log.
func (s *Service) Table(ctx context.Context, who authz.Actor, runID string) (res Result, err error) {
	err = s.Write(ctx, who, authz.ResultExport, authz.Object{Area: who.Area}, func(ctx context.Context, tx *app.Tx) error {
		if err := s.result(ctx, tx, who, runID, &res); err != nil {
			return err
		}
		tx.Record("run", runID, who.Area, map[string]any{"units": len(res.Units)})
		return nil
	})
	return res, err
}

// RoundTitle is the name of a round whose results the actor reads.
func (s *Service) RoundTitle(ctx context.Context, who authz.Actor, roundID string) (title string, err error) {
	err = s.Read(ctx, who, authz.RunRead, authz.Object{}, func(ctx context.Context, db pg.Querier) error {
		r, err := rounddb.Get(ctx, db, who.District, roundID)
		title = r.Title
		return app.NotFound(err, "round")
	})
	return title, err
}
