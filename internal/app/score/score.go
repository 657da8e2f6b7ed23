// Package score holds the use cases of scoring runs: request, compute, publish,
// read, rebuild.
package score

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"gongping/internal/app"
	"gongping/internal/authz"
	"gongping/internal/errs"
	"gongping/internal/jobs"
	"gongping/internal/pg"
	"gongping/internal/pg/rounddb"
	"gongping/internal/pg/scoredb"
	"gongping/scoring"
	"gongping/scoring/assess"
	"gongping/survey"
)

// Service is the room of scoring. Without Jobs a run is computed by whoever
// requested it, before Start returns (the command line does so).
type Service struct {
	*app.Core
	Jobs *jobs.Client
	// OnPublish, if set, is asked in the transaction that publishes a run and
	// may refuse it: appeals hold back what would reveal an answer.
	OnPublish func(context.Context, *app.Tx, scoredb.Run) error
	// OnInput, if set, may set answers aside in the input of a run before it is
	// frozen: the sealed register does, without telling anybody.
	OnInput func(ctx context.Context, district string, in *scoring.Input) error
}

// maxReason is the longest reason, in characters.
const maxReason = 500

// Start requests a run of a round. Everything that it will be made from is
// read when it is computed; from then on its input is frozen.
func (s *Service) Start(ctx context.Context, who authz.Actor, roundID, reason string) (string, error) {
	return s.start(ctx, who, roundID, reason, "")
}

// StartForAppeal requests the run that follows an upheld appeal. The caller
// has authorised the decision; the run acts for the service.
func (s *Service) StartForAppeal(ctx context.Context, district, roundID, reason, appealID string) (string, error) {
	return s.start(ctx, authz.SystemActor(district), roundID, reason, appealID)
}

// StartFollowing requests the run that follows a correction of what a round's
// answers were attributed to; the caller has authorised it.
func (s *Service) StartFollowing(ctx context.Context, district, roundID, reason string) error {
	_, err := s.start(ctx, authz.SystemActor(district), roundID, reason, "")
	return err
}

func (s *Service) start(ctx context.Context, who authz.Actor, roundID, reason, appealID string) (string, error) {
	if reason = strings.TrimSpace(reason); reason == "" || utf8.RuneCountInString(reason) > maxReason {
		return "", errs.New(errs.Invalid, "run.reason", "a run needs a reason of at most %d characters", maxReason).At("reason", "", "why it is made", "for example: first run after the close of fieldwork")
	}
	id := app.NewID()
	err := s.WriteSerializable(ctx, who, authz.RunStart, authz.Object{}, func(ctx context.Context, tx *app.Tx) error {
		r, err := rounddb.Lock(ctx, tx, who.District, roundID)
		if err != nil {
			return app.NotFound(err, "round")
		}
		if err := tx.Check(authz.Object{Area: r.AreaCode}); err != nil {
			return err
		}
		if r.State != survey.Collecting && r.State != survey.Closed {
			return errs.New(errs.NotNow, "run.round_state", "a round that has not been in the field cannot be scored")
		}
		n, err := scoredb.InsertRun(ctx, tx, who.District, scoredb.Run{ID: id, RoundID: roundID, Reason: reason, AppealID: appealID, RequestedBy: who.AccountID, RequestedAt: tx.Now})
		if err != nil {
			return err
		}
		tx.Record("run", id, r.AreaCode, map[string]any{"round": roundID, "number": n})
		if err := scoredb.AddEvent(ctx, tx, who.District, id, "queued", 0, "", who.AccountID, tx.Now); err != nil {
			return err
		}
		if s.Jobs != nil {
			_, err = s.Jobs.InsertTx(ctx, tx.Tx, jobs.ScoreRun{District: who.District, RunID: id}, nil)
		}
		return err
	})
	if err == nil && s.Jobs == nil {
		err = s.Execute(ctx, who.District, id)
	}
	return id, err
}

// Execute computes a requested run: it freezes the input, computes and stores
// the results in one transaction. Repeating it changes nothing, and two workers
// do not compute the same run at once.
func (s *Service) Execute(ctx context.Context, district, runID string) error {
	release, err := scoredb.Alone(ctx, s.Pool, runID)
	if err != nil {
		return err
	}
	defer release()
	run, err := scoredb.Get(ctx, s.Pool, district, runID)
	if err != nil {
		return app.NotFound(err, "run")
	}
	if run.State == "done" || run.State == "failed" {
		return nil
	}
	s.progress(ctx, district, runID, 0.02, "reading")
	in, err := s.input(ctx, district, run.RoundID)
	if err == nil && s.OnInput != nil {
		err = s.OnInput(ctx, district, in)
	}
	if err == nil {
		var out *scoring.Output
		if out, err = assess.Run(in, func(f float64, stage string) { s.progress(ctx, district, runID, 0.1+0.8*f, stage) }); err == nil {
			err = s.store(ctx, district, run, in, out)
		}
	}
	e, ok := errors.AsType[*errs.Error](err)
	if !ok || e.Code == errs.Internal || e.Code == errs.Unavailable {
		return err
	}
	// The data say no: recorded for the people who asked, not tried again.
	return s.Write(ctx, authz.SystemActor(district), authz.RunStart, authz.Object{}, func(ctx context.Context, tx *app.Tx) error {
		tx.Record("run", runID, district, map[string]any{"state": "failed", "key": e.Key})
		return scoredb.AddFailure(ctx, tx, district, runID, e, tx.Now)
	})
}

// Resume puts the runs back into the queue that a process left unfinished when
// it was killed. A run that is computed elsewhere is waited for, not repeated.
func (s *Service) Resume(ctx context.Context, district string) (int, error) {
	list, err := scoredb.Unfinished(ctx, s.Pool, district)
	if err != nil {
		return 0, err
	}
	for _, id := range list {
		if s.Jobs == nil {
			err = s.Execute(ctx, district, id)
		} else {
			_, err = s.Jobs.Insert(ctx, jobs.ScoreRun{District: district, RunID: id}, nil)
		}
		if err != nil {
			return 0, err
		}
	}
	return len(list), nil
}

// progress notes how far a run is. It is a courtesy: a failure is only logged.
func (s *Service) progress(ctx context.Context, district, runID string, fraction float64, stage string) {
	if err := scoredb.AddEvent(ctx, s.Pool, district, runID, "progress", fraction, stage, "", s.Clock.Now()); err != nil {
		s.Log.Warn("run progress not noted", "run", runID, "error", err)
	}
}

func (s *Service) store(ctx context.Context, district string, run scoredb.Run, in *scoring.Input, out *scoring.Output) error {
	doc, digest, err := encode(in)
	if err != nil {
		return err
	}
	_, outDigest, err := encode(out)
	if err != nil {
		return err
	}
	var gz bytes.Buffer
	z := gzip.NewWriter(&gz)
	if _, err := z.Write(doc); err != nil {
		return err
	}
	if err := z.Close(); err != nil {
		return err
	}
	return s.Write(ctx, authz.SystemActor(district), authz.RunStart, authz.Object{}, func(ctx context.Context, tx *app.Tx) error {
		if err := scoredb.SaveInput(ctx, tx, district, run.ID, gz.Bytes(), digest, len(in.Answers), s.CodeVersion); err != nil {
			if pg.Duplicate(err) {
				return errs.New(errs.Done, "run.computed", "the run was computed already")
			}
			return err
		}
		if err := scoredb.SaveOutput(ctx, tx, district, run.ID, out, outDigest); err != nil {
			return err
		}
		tx.Record("run", run.ID, district, map[string]any{"state": "done", "input": fmt.Sprintf("%x", digest), "output": fmt.Sprintf("%x", outDigest)})
		return scoredb.AddEvent(ctx, tx, district, run.ID, "done", 1, "", "", tx.Now)
	})
}

// encode gives the canonical bytes of a document and their SHA-256. Go's JSON
// writes struct fields in order, map keys sorted and floats in their shortest
// exact form, so equal documents have equal bytes on every machine.
func encode(v any) ([]byte, []byte, error) {
	b, err := json.Marshal(v)
	if err != nil {
		return nil, nil, fmt.Errorf("encode a run: %w", err)
	}
	d := sha256.Sum256(b)
	return b, d[:], nil
}

// DecodeInput reads a frozen input, of bounded size, and gives the digest of
// what it read, for the caller to compare.
func DecodeInput(r io.Reader) (*scoring.Input, []byte, error) {
	z, err := gzip.NewReader(r)
	if err != nil {
		return nil, nil, errs.Wrap(err, errs.Invalid, "run.input_file", "the file is not a frozen run input").
			At("file", "", "a file made by `gongping score export`", "")
	}
	doc, err := io.ReadAll(io.LimitReader(z, maxInput+1))
	if err != nil || len(doc) > maxInput {
		return nil, nil, errs.Wrap(err, errs.Invalid, "run.input_file", "the file is damaged or too large")
	}
	var in scoring.Input
	if err := json.Unmarshal(doc, &in); err != nil {
		return nil, nil, errs.Wrap(err, errs.Invalid, "run.input_file", "the file is not a frozen run input")
	}
	d := sha256.Sum256(doc)
	return &in, d[:], nil
}

// maxInput bounds the size of a frozen input when it is read back.
const maxInput = 4 << 30
