package score

import (
	"bytes"
	"context"
	"encoding/hex"
	"io"

	"gongping/internal/app"
	"gongping/internal/authz"
	"gongping/internal/errs"
	"gongping/internal/pg/rounddb"
	"gongping/internal/pg/scoredb"
	"gongping/scoring"
	"gongping/scoring/assess"
	"gongping/survey"
)

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
			return errs.New(errs.NotNow, "run.not_done", "the run is not finished")
		case run.SupersededBy != "":
			return errs.New(errs.Conflict, "run.newer_published", "a newer run of the round is published already")
		case run.PublishedAt != nil:
			return errs.New(errs.Done, "run.published", "the run is published already")
		case r.State != survey.Closed:
			return errs.New(errs.NotNow, "run.round_open", "results are published after the round is closed")
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
	in, digest, err := DecodeInput(r)
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
		if who.Role == authz.Manager {
			// Whoever knows the unit's workers must not see whether an entry of
			// the sealed register met an answer; in such rounds the auditor
			// alone holds the input.
			sealed, err := scoredb.Sealed(ctx, tx, who.District, runID)
			if err != nil {
				return err
			}
			if sealed {
				return errs.New(errs.Forbidden, "run.sealed_input", "in this round appeals rest on the sealed register, so that only auditors may take the frozen input away").
					At("", string(who.Role), "an auditor", "ask an auditor to rebuild the run")
			}
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
