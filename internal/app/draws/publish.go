package draws

import (
	"bytes"
	"context"
	"fmt"
	"io"

	"gongping/internal/app"
	"gongping/internal/authz"
	"gongping/internal/pg"
	"gongping/internal/pg/drawdb"
	"gongping/survey"
	"gongping/survey/draw"
)

// Overview is everything that was ever committed, drawn or given up in a round.
type Overview struct {
	Commitments []drawdb.Commitment
	Draws       []drawdb.Draw
	Discards    []drawdb.Discard
}

// Of lists the commitments, draws and discards of a round.
func (s *Service) Of(ctx context.Context, who authz.Actor, roundID string) (o Overview, err error) {
	err = s.Read(ctx, who, authz.DrawRead, authz.Object{}, func(ctx context.Context, db pg.Querier) error {
		if o.Commitments, err = drawdb.Commitments(ctx, db, who.District, roundID); err != nil {
			return app.NotFound(err, "round")
		}
		if o.Draws, err = drawdb.Draws(ctx, db, who.District, roundID); err != nil {
			return err
		}
		o.Discards, err = drawdb.Discards(ctx, db, who.District, roundID)
		return err
	})
	return o, err
}

// Public returns a draw for the public page: anyone may look at it, and nothing
// in it tells who was drawn.
func (s *Service) Public(ctx context.Context, district, drawID string) (d drawdb.Draw, c drawdb.Commitment, r survey.Round, err error) {
	err = s.Read(ctx, authz.SystemActor(district), authz.DrawRead, authz.Object{}, func(ctx context.Context, db pg.Querier) error {
		if d, err = drawdb.GetDraw(ctx, db, district, drawID); err != nil {
			return app.NotFound(err, "draw")
		}
		c, r, err = s.load(ctx, db, district, d.CommitmentID)
		return err
	})
	return d, c, r, err
}

// WriteBundle writes the published bundle of a draw (docs/spec/draw-v1.md). It
// is made from the frozen frame and the stored documents at every call, and is
// the same to the byte each time.
func (s *Service) WriteBundle(ctx context.Context, district, drawID string, w io.Writer) error {
	return s.Read(ctx, authz.SystemActor(district), authz.DrawRead, authz.Object{}, func(ctx context.Context, db pg.Querier) error {
		return s.bundle(ctx, db, district, drawID, w)
	})
}

func (s *Service) bundle(ctx context.Context, db pg.Querier, district, drawID string, w io.Writer) error {
	d, err := drawdb.GetDraw(ctx, db, district, drawID)
	if err != nil {
		return app.NotFound(err, "draw")
	}
	stored, r, err := s.load(ctx, db, district, d.CommitmentID)
	if err != nil {
		return err
	}
	c, err := s.stored(ctx, db, district, stored, r)
	if err != nil {
		return err
	}
	sel, err := drawdb.Selection(ctx, db, district, drawID)
	if err != nil {
		return err
	}
	rev := &draw.Reveal{Commitment: drawdb.Sum(stored.Digest), Seed: d.Seed, Evidence: d.Evidence, RevealedAt: d.RevealedAt}
	rec, err := draw.NewRecord(c, rev, sel, d.CodeVersion, d.At)
	if err != nil {
		return err
	}
	b := draw.Bundle{Commitment: c, CommitmentSig: draw.Signature{PublicKey: stored.PublicKey, Value: stored.Signature}, Reveal: rev,
		Selected: sel, Record: rec, RecordSig: draw.Signature{PublicKey: d.PublicKey, Value: d.Signature}}
	return b.Write(w, rows(ctx, db, district, r))
}

// Again draws a second time from the frozen frame and the published seed and
// compares: nil means the same sample, reserves and digest.
func (s *Service) Again(ctx context.Context, who authz.Actor, drawID string) error {
	return s.Read(ctx, who, authz.DrawRead, authz.Object{}, func(ctx context.Context, db pg.Querier) error {
		d, err := drawdb.GetDraw(ctx, db, who.District, drawID)
		if err != nil {
			return app.NotFound(err, "draw")
		}
		stored, r, err := s.load(ctx, db, who.District, d.CommitmentID)
		if err != nil {
			return err
		}
		c, err := s.stored(ctx, db, who.District, stored, r)
		if err != nil {
			return err
		}
		sel, err := draw.Draw(c.Plan, d.Seed, d.Purpose, rows(ctx, db, who.District, r).Units(c.Tally.Excluded))
		if err != nil {
			return err
		}
		rev := &draw.Reveal{Commitment: drawdb.Sum(stored.Digest), Seed: d.Seed, Evidence: d.Evidence, RevealedAt: d.RevealedAt}
		rec, err := draw.NewRecord(c, rev, sel, d.CodeVersion, d.At)
		if err != nil {
			return err
		}
		if got := rec.Digest(); !bytes.Equal(got[:], d.Digest) {
			return fmt.Errorf("draw %s: drawn again it has digest %x, stored is %x", drawID, got[:], d.Digest)
		}
		return nil
	})
}
