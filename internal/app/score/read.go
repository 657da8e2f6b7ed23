package score

import (
	"bytes"
	"context"
	"encoding/hex"
	"io"

	"gongping/internal/app"
	"gongping/internal/authz"
	"gongping/internal/errs"
	"gongping/internal/pg"
	"gongping/internal/pg/rounddb"
	"gongping/internal/pg/scoredb"
	"gongping/scoring"
	"gongping/scoring/assess"
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
	if res.Run, err = scoredb.Get(ctx, db, d, runID); err != nil {
		return app.NotFound(err, "run")
	}
	if res.Run.PublishedAt == nil && !sees(who) {
		return errs.New(errs.NotFound, "run.not_found", "there is no such run, or none that you may see")
	}
	if res.Run.State != "done" {
		return errs.New(errs.Conflict, "run.not_done", "the run is not finished")
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
	if res.Units, err = scoredb.UnitsOf(ctx, db, d, runID, who.Area, 0); err != nil {
		return err
	}
	if res.District, err = one(ctx, db, d, runID, d); err != nil {
		return err
	}
	if len(who.Area) > 9 {
		res.Street, err = one(ctx, db, d, runID, who.Area[:9])
	}
	return err
}

func one(ctx context.Context, db pg.Querier, district, run, unit string) (*scoredb.UnitRow, error) {
	u, err := scoredb.UnitOf(ctx, db, district, run, unit)
	if pg.NoRows(err) {
		return nil, nil
	}
	return &u, err
}

// Unit returns one unit's figures of a run, with the run itself.
func (s *Service) Unit(ctx context.Context, who authz.Actor, runID, unit string) (u scoredb.UnitRow, res Result, err error) {
	err = s.Read(ctx, who, authz.RunRead, authz.Object{Area: unit}, func(ctx context.Context, db pg.Querier) error {
		if err := s.result(ctx, db, who, runID, &res); err != nil {
			return err
		}
		u, err = scoredb.UnitOf(ctx, db, who.District, runID, unit)
		return app.NotFound(err, "unit")
	})
	return u, res, err
}

// Answers lists how every answer of a unit counted: for auditors, without
// identities. It leaves a trace in the audit log.
func (s *Service) Answers(ctx context.Context, who authz.Actor, runID, unit string) (list []scoring.AnswerResult, err error) {
	err = s.Write(ctx, who, authz.RunReadAnswers, authz.Object{Area: unit}, func(ctx context.Context, tx *app.Tx) error {
		tx.Record("run", runID, unit, map[string]any{"answers": true})
		list, err = scoredb.AnswersOf(ctx, tx, who.District, runID, unit)
		return app.NotFound(err, "run")
	})
	return list, err
}

// Publish makes a finished run visible. It stays visible when a later run
// supersedes it.
func (s *Service) Publish(ctx context.Context, who authz.Actor, runID string) error {
	return s.WriteSerializable(ctx, who, authz.RunPublish, authz.Object{}, func(ctx context.Context, tx *app.Tx) error {
		run, err := scoredb.Get(ctx, tx, who.District, runID)
		if err != nil {
			return app.NotFound(err, "run")
		}
		r, err := rounddb.Get(ctx, tx, who.District, run.RoundID)
		if err != nil {
			return err
		}
		if err := tx.Check(authz.Object{Area: r.AreaCode}); err != nil {
			return err
		}
		switch {
		case run.State != "done":
			return errs.New(errs.Conflict, "run.not_done", "the run is not finished")
		case run.SupersededBy != "":
			return errs.New(errs.Conflict, "run.newer_published", "a newer run of the round is published already")
		case run.PublishedAt != nil:
			return errs.New(errs.Conflict, "run.published", "the run is published already")
		case r.State != survey.Closed:
			return errs.New(errs.Conflict, "run.round_open", "results are published after the round is closed")
		}
		if s.OnPublish != nil {
			if err := s.OnPublish(ctx, tx, run); err != nil {
				return err
			}
		}
		tx.Record("run", runID, r.AreaCode, map[string]any{"published": true, "number": run.Number})
		return scoredb.AddEvent(ctx, tx, who.District, runID, "published", 1, "", who.AccountID, tx.Now)
	})
}

// Rebuilt is the outcome of computing a run again from its frozen input.
type Rebuilt struct {
	RunID        string
	InputDigest  string
	OutputDigest string // as computed now
	Stored       string // as stored; "" where only the file was given
	Same         bool
	Output       *scoring.Output `json:"-"`
}

// Rebuild computes a run again from its frozen input and compares the result
// with what is stored, to the last digit.
func (s *Service) Rebuild(ctx context.Context, who authz.Actor, runID string) (b Rebuilt, err error) {
	var gz, digest []byte
	err = s.Write(ctx, who, authz.RunRebuild, authz.Object{}, func(ctx context.Context, tx *app.Tx) error {
		if err := within(ctx, tx, runID); err != nil {
			return err
		}
		tx.Record("run", runID, who.Area, map[string]any{"rebuilt": true})
		if gz, digest, err = scoredb.Input(ctx, tx, who.District, runID); err != nil {
			return app.NotFound(err, "run")
		}
		_, _, out, err := scoredb.Summary(ctx, tx, who.District, runID)
		b.Stored = hex.EncodeToString(out)
		return err
	})
	if err != nil {
		return b, err
	}
	stored := b.Stored
	if b, err = RebuildFile(bytes.NewReader(gz)); err != nil {
		return b, err
	}
	b.RunID, b.Stored = runID, stored
	b.Same = b.OutputDigest == stored && b.InputDigest == hex.EncodeToString(digest)
	return b, nil
}

// within checks that the actor's area covers the round of a run.
func within(ctx context.Context, tx *app.Tx, runID string) error {
	_, area, err := scoredb.RoundOf(ctx, tx, tx.Actor.District, runID)
	if err != nil {
		return app.NotFound(err, "run")
	}
	return tx.Check(authz.Object{Area: area})
}

// RebuildFile computes a run from an exported input, without any database.
func RebuildFile(r io.Reader) (Rebuilt, error) {
	in, digest, err := decodeInput(r)
	if err != nil {
		return Rebuilt{}, err
	}
	out, err := assess.Run(in, nil)
	if err != nil {
		return Rebuilt{}, err
	}
	_, sum, err := encode(out)
	return Rebuilt{InputDigest: hex.EncodeToString(digest), OutputDigest: hex.EncodeToString(sum), Output: out}, err
}

// Export writes the frozen input of a run: everything that another machine
// needs to rebuild its figures. It holds answers, but neither names nor cases.
func (s *Service) Export(ctx context.Context, who authz.Actor, runID string, w io.Writer) error {
	var gz []byte
	err := s.Write(ctx, who, authz.RunRebuild, authz.Object{}, func(ctx context.Context, tx *app.Tx) error {
		err := within(ctx, tx, runID)
		if err != nil {
			return err
		}
		tx.Record("run", runID, who.Area, map[string]any{"exported": true})
		gz, _, err = scoredb.Input(ctx, tx, who.District, runID)
		return app.NotFound(err, "run")
	})
	if err != nil {
		return err
	}
	_, err = w.Write(gz)
	return err
}
