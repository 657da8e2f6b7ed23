package draws

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"gongping/internal/app"
	"gongping/internal/authz"
	"gongping/internal/errs"
	"gongping/internal/pg"
	"gongping/internal/pg/drawdb"
	"gongping/internal/pg/rounddb"
	"gongping/survey"
	"gongping/survey/draw"
	"gongping/survey/draw/verify"
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
		if _, err := rounddb.Get(ctx, db, who.District, roundID); err != nil {
			return app.NotFound(err, "round")
		}
		if o.Commitments, err = drawdb.Commitments(ctx, db, who.District, roundID); err != nil {
			return err
		}
		if o.Draws, err = drawdb.Draws(ctx, db, who.District, roundID); err != nil {
			return err
		}
		o.Discards, err = drawdb.Discards(ctx, db, who.District, roundID)
		return err
	})
	return o, err
}

// Ledger lists every commitment of a district, the latest first: drawn ones,
// those given up and those that wait. It is public.
func (s *Service) Ledger(ctx context.Context, district string, page, size int) (list []drawdb.Entry, total int, err error) {
	err = s.Read(ctx, authz.SystemActor(district), authz.DrawRead, authz.Object{}, func(ctx context.Context, db pg.Querier) error {
		list, total, err = drawdb.Ledger(ctx, db, district, size, (max(page, 1)-1)*size)
		return err
	})
	return list, total, err
}

// Published is what the public page shows of a commitment: nothing in it tells
// who was drawn.
type Published struct {
	Commitment drawdb.Commitment
	Kind       draw.RandomnessKind
	Plan       []draw.StratumPlan
	Round      survey.Round
	Names      map[string]string // of the areas
	Draw       *drawdb.Draw      // nil before the randomness
	Discard    *drawdb.Discard   // nil unless given up
	Homes      bool              // the units of two-stage strata are households
}

// Publication returns a commitment, by its own id or by that of its draw.
func (s *Service) Publication(ctx context.Context, district, id string) (p Published, err error) {
	err = s.Read(ctx, authz.SystemActor(district), authz.DrawRead, authz.Object{}, func(ctx context.Context, db pg.Querier) error {
		if d, err := drawdb.GetDraw(ctx, db, district, id); err == nil {
			id = d.CommitmentID
		} else if !pg.NoRows(err) {
			return app.NotFound(err, "draw")
		}
		if p.Commitment, p.Round, err = s.load(ctx, db, district, id); err != nil {
			return app.NotFound(err, "draw")
		}
		var st state
		if err := json.Unmarshal(p.Commitment.State, &st); err != nil {
			return fmt.Errorf("commitment %s: %w", id, err)
		}
		p.Kind, p.Plan, p.Homes = st.Randomness.Kind, st.Plan, st.Homes
		if p.Names, err = rounddb.AreaNames(ctx, db, district, p.Round.AreaCode); err != nil {
			return err
		}
		return s.outcome(ctx, db, district, &p)
	})
	return p, err
}

// outcome adds what became of a commitment.
func (s *Service) outcome(ctx context.Context, db pg.Querier, district string, p *Published) error {
	list, err := drawdb.Draws(ctx, db, district, p.Round.ID)
	if err != nil {
		return err
	}
	for i, d := range list {
		if d.CommitmentID == p.Commitment.ID {
			p.Draw = &list[i]
		}
	}
	gone, err := drawdb.Discards(ctx, db, district, p.Round.ID)
	if err != nil {
		return err
	}
	for i, d := range gone {
		if d.CommitmentID == p.Commitment.ID {
			p.Discard = &gone[i]
		}
	}
	return nil
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
	committed, err := s.loaded(ctx, db, district, d.CommitmentID)
	if err != nil {
		return err
	}
	stored, r, st, from := committed.stored, committed.round, committed.state, committed.from
	var c *draw.Commitment
	var sel []draw.Selected
	if from.homes != nil { // what is stored are the persons
		out, err := s.drawn(ctx, db, district, stored, r, st, d.Seed)
		if err != nil {
			return err
		}
		c, sel = out.commitment, out.selected
	} else {
		if c, err = s.stored(ctx, db, district, stored, r); err != nil {
			return err
		}
		if sel, err = drawdb.Selection(ctx, db, district, drawID); err != nil {
			return err
		}
	}
	rec, rev, err := recordOf(d, stored, c, sel)
	if err != nil {
		return err
	}
	b := draw.Bundle{Commitment: c, CommitmentSig: draw.Signature{PublicKey: stored.PublicKey, Value: stored.Signature}, Reveal: rev,
		Selected: sel, Record: rec, RecordSig: draw.Signature{PublicKey: d.PublicKey, Value: d.Signature}}
	return b.Write(w, from.rows)
}

// recordOf makes the record of a stored draw again.
func recordOf(d drawdb.Draw, stored drawdb.Commitment, c *draw.Commitment, sel []draw.Selected) (*draw.Record, *draw.Reveal, error) {
	rev := &draw.Reveal{Commitment: drawdb.Sum(stored.Digest), Seed: d.Seed, Evidence: d.Evidence, RevealedAt: d.RevealedAt}
	rec, err := draw.NewRecord(c, rev, sel, d.CodeVersion, d.At)
	return rec, rev, err
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
		st, err := stateOf(stored)
		if err != nil {
			return err
		}
		out, err := s.drawn(ctx, db, who.District, stored, r, st, d.Seed)
		if err != nil {
			return err
		}
		rec, _, err := recordOf(d, stored, out.commitment, out.selected)
		if err != nil {
			return err
		}
		kept, err := drawdb.Selection(ctx, db, who.District, drawID)
		if err != nil {
			return err
		}
		for i := range max(len(kept), len(out.persons)) {
			if i >= len(kept) || i >= len(out.persons) || kept[i] != out.persons[i] {
				return errs.New(errs.Differs, "draw.differs", "drawn again, the persons are not those that were stored").
					At("draw "+drawID, fmt.Sprintf("%d persons", len(kept)), fmt.Sprintf("%d, another at place %d", len(out.persons), i+1), "")
			}
		}
		if got := rec.Digest(); !bytes.Equal(got[:], d.Digest) {
			return errs.New(errs.Differs, "draw.differs", "drawn again, the result is not the one that was stored").
				At("draw "+drawID, fmt.Sprintf("%x", got[:]), fmt.Sprintf("%x", d.Digest), "compare the bundle with the published commitment")
		}
		return nil
	})
}

// Verify writes the bundle straight into the stand-alone verifier, which shares
// no code with the draw but the encodings, and returns its report.
func (s *Service) Verify(ctx context.Context, who authz.Actor, drawID string) (*verify.Report, error) {
	if err := s.Again(ctx, who, drawID); err != nil {
		return nil, err
	}
	r, w := io.Pipe()
	go func() { w.CloseWithError(s.WriteBundle(ctx, who.District, drawID, w)) }()
	defer r.Close()
	report, err := verify.Bundle(r, fmt.Sprintf("%x", s.Signer.Public()))
	var f *verify.Fault
	if errors.As(err, &f) {
		return nil, errs.Wrap(err, errs.Differs, "draw.differs", "the bundle does not verify").At("bundle", f.Error(), "a bundle that repeats", "")
	}
	return report, err
}

// NotDrawn is the answer to a wish for the bundle of a draw that is still to come.
func NotDrawn() error {
	return errs.New(errs.NotNow, "draw.not_drawn", "this commitment was not drawn yet, so there is no bundle")
}
