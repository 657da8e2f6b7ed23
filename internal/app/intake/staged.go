package intake

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"gongping/internal/app"
	"gongping/internal/authz"
	"gongping/internal/errs"
	"gongping/internal/pg"
	"gongping/internal/pg/intakedb"
	"gongping/survey/frame"
)

// largeFile is the size from which a frame is staged in committed chunks: about
// half a million residents. Smaller ones take seconds and are written at once.
const largeFile = 64 << 20

// repeatedShown is how many repeated persons are named.
const repeatedShown = 50

// staged tells whether a file goes through the staging.
func (p *Preview) stagedImport(src Source) bool {
	return p.Kind == Frame && (p.Resumable || src.Size > largeFile)
}

// resumed fills the preview of a file whose import was interrupted: it has been
// checked before, to the byte.
func (s *Service) resumed(ctx context.Context, q querier, who authz.Actor, src Source, p *Preview) (bool, error) {
	st, err := intakedb.FindStaging(ctx, q, who.District, p.Name, src.Digest[:])
	if errors.Is(err, pgx.ErrNoRows) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	chunks, err := intakedb.StagedChunks(ctx, q, who.District, st.ID)
	if err != nil {
		return false, err
	}
	n := 0
	for _, k := range chunks {
		n += k
	}
	p.Rows, p.Resume = int(st.Rows), st.ID
	p.count("people", p.Rows)
	p.count("staged", n)
	return true, nil
}

// storeStaged is the second pass over a large frame: chunks are sealed and
// committed to the staging one by one, those that are there are passed over,
// and one transaction at the end makes the frame of them. Until that commits
// nobody sees anything of it; killed at any moment, the same command goes on.
func (s *Service) storeStaged(ctx context.Context, who authz.Actor, src Source, p *Preview, prog Progress) (*Outcome, error) {
	st, err := s.beginStaging(ctx, who, src, p)
	if err != nil {
		return nil, err
	}
	if !st.Complete {
		if err := s.stageAll(ctx, who, src, p, st, prog); err != nil {
			return nil, err
		}
	}
	out, err := s.complete(ctx, who, p, st, prog)
	if err != nil {
		return nil, err
	}
	err = s.Stage(ctx, who, authz.FrameImport, authz.Object{Area: who.Area}, func(ctx context.Context, tx pgx.Tx) error {
		return intakedb.ClearStaging(ctx, tx, who.District, st.ID)
	})
	return out, err
}

// beginStaging finds the import of this file, or begins one.
func (s *Service) beginStaging(ctx context.Context, who authz.Actor, src Source, p *Preview) (st intakedb.Staging, err error) {
	find := func() error {
		return s.Read(ctx, who, authz.FrameImport, authz.Object{Area: who.Area}, func(ctx context.Context, q querier) error {
			st, err = intakedb.FindStaging(ctx, q, who.District, p.Name, src.Digest[:])
			return err
		})
	}
	if err := find(); !errors.Is(err, pgx.ErrNoRows) {
		return st, err
	}
	var secret frame.Secret
	newSecret(&secret)
	st = intakedb.Staging{ID: app.NewID(), Name: p.Name, File: p.File, Digest: src.Digest[:], FrameID: app.NewID(), Rows: int64(p.Rows), By: who.AccountID}
	st.Sealed = s.Seal.Seal(secret[:], frame.SecretLabel(st.FrameID))
	err = s.Write(ctx, who, authz.FrameImport, authz.Object{Area: who.Area}, func(ctx context.Context, tx *app.Tx) error {
		st.At = tx.Now
		tx.Record("frame_staging", st.ID, who.Area, map[string]any{"rows": p.Rows, "sha256": p.Digest})
		return intakedb.InsertStaging(ctx, tx, who.District, st)
	})
	if pg.Duplicate(err) { // somebody began the same import a moment ago
		err = find()
	}
	return st, err
}

// stageAll commits every chunk that is not staged yet.
func (s *Service) stageAll(ctx context.Context, who authz.Actor, src Source, p *Preview, st intakedb.Staging, prog Progress) error {
	secret, err := s.Seal.Open(st.Sealed, frame.SecretLabel(st.FrameID))
	if err != nil {
		return fmt.Errorf("open the secret of staging %s: %w", st.ID, err)
	}
	done, err := intakedb.StagedChunks(ctx, s.Pool, who.District, st.ID)
	if err != nil {
		return err
	}
	pipe := &pipeline{service: s, frame: st.FrameID, district: who.District, prog: prog, total: int64(p.Rows),
		skip: func(chunk, rows int) bool { return done[chunk] == rows }}
	copy(pipe.secret[:], secret)
	stored, err := pipe.each(ctx, src, func(ctx context.Context, b sealedBatch) error {
		err := s.Stage(ctx, who, authz.FrameImport, authz.Object{Area: who.Area}, func(ctx context.Context, tx pgx.Tx) error {
			return intakedb.StageChunk(ctx, tx, who.District, st.ID, b.chunk, b.people)
		})
		if pg.Duplicate(err) { // staged by another run of the same import
			return nil
		}
		return err
	})
	if err != nil {
		return err
	}
	if stored != p.Rows {
		return errs.New(errs.Conflict, "intake.changed", "the file has changed since it was previewed")
	}
	return nil
}

// complete makes the frame of the staging, all or nothing.
func (s *Service) complete(ctx context.Context, who authz.Actor, p *Preview, st intakedb.Staging, prog Progress) (*Outcome, error) {
	out := &Outcome{ImportID: app.NewID(), FrameID: st.FrameID, Rows: p.Rows}
	err := s.Write(ctx, who, authz.FrameImport, authz.Object{Area: who.Area}, func(ctx context.Context, tx *app.Tx) error {
		open, err := intakedb.HoldStaging(ctx, tx, who.District, st.ID)
		if err != nil {
			return err
		}
		if !open {
			return s.alreadyComplete(ctx, tx, who.District, st, out)
		}
		if err := notTwice(ctx, tx, who.District, st.ID); err != nil {
			return err
		}
		n, err := intakedb.CountStaged(ctx, tx, who.District, st.ID)
		if err != nil {
			return err
		}
		if n.People != st.Rows {
			return errs.New(errs.Conflict, "intake.changed", "the file has changed since it was previewed")
		}
		note, err := json.Marshal(importNote{p.Name, int(n.Alike)})
		if err != nil {
			return err
		}
		if err := insertBatch(ctx, tx, p, out, string(note)); err != nil {
			return err
		}
		err = intakedb.InsertFrame(ctx, tx, who.District, intakedb.Frame{ID: st.FrameID, Name: st.Name, ImportID: out.ImportID, Sealed: st.Sealed,
			People: n.People, Households: n.Households, By: who.AccountID, At: tx.Now})
		if err != nil {
			return err
		}
		if err := s.move(ctx, tx, who.District, st, n.People, prog); err != nil {
			return err
		}
		d := out.detail(p)
		d["import"], d["staging"] = out.ImportID, st.ID
		tx.Record("frame", st.FrameID, who.Area, d)
		return nil
	})
	return out, err
}

// alreadyComplete reports the frame that an earlier run made before it was
// interrupted.
func (s *Service) alreadyComplete(ctx context.Context, tx *app.Tx, district string, st intakedb.Staging, out *Outcome) error {
	f, err := intakedb.GetFrame(ctx, tx, district, st.FrameID)
	if err != nil {
		return app.NotFound(err, "frame")
	}
	out.ImportID = f.ImportID
	tx.Record("frame_staging", st.ID, tx.Actor.Area, map[string]any{"complete": true, "frame": st.FrameID})
	return nil
}

func (s *Service) move(ctx context.Context, tx *app.Tx, district string, st intakedb.Staging, total int64, prog Progress) error {
	chunks, err := intakedb.StagedChunks(ctx, tx, district, st.ID)
	if err != nil {
		return err
	}
	moved := int64(0)
	for k := range len(chunks) { // numbered without a gap
		if err := intakedb.MoveChunk(ctx, tx, district, st.ID, st.FrameID, k); err != nil {
			return twice(err)
		}
		moved += int64(chunks[k])
		prog.at(Completing, moved, total)
	}
	return nil
}

// notTwice names the persons who stand in a file more than once.
func notTwice(ctx context.Context, q querier, district, id string) error {
	pairs, err := intakedb.StagedTwice(ctx, q, district, id, repeatedShown)
	if err != nil || len(pairs) == 0 {
		return err
	}
	e := errs.New(errs.Invalid, "intake.person_twice", "a person stands in the table twice; nothing was imported").
		At("column person", "", "each person once", "remove the repeated rows and import again")
	for _, p := range pairs {
		e.Details = append(e.Details, errs.New(errs.Invalid, "resident.twice", "a person code stands twice").
			At(fmt.Sprintf("row %d, column person", p[1]), "", "each person once", fmt.Sprintf("it is also in row %d; remove one of them", p[0])))
	}
	return e
}
