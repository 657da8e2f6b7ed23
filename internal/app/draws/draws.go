// Package draws holds the use cases of drawing: commit before the randomness
// exists, reveal it by a second person, draw, publish, verify.
package draws

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"gongping/internal/app"
	"gongping/internal/authz"
	"gongping/internal/errs"
	"gongping/internal/pg"
	"gongping/internal/pg/drawdb"
	"gongping/internal/pg/rounddb"
	"gongping/survey"
	"gongping/survey/draw"
	"gongping/survey/frame/canon"
)

// Service is the room of draws.
type Service struct {
	*app.Core
	bundles bundles
}

// state is what a stored commitment keeps besides its document, to be drawn
// from later; the frame's part is counted again.
type state struct {
	Frame       string
	Plan        []draw.StratumPlan
	Excluded    []string
	CodeVersion string
	Randomness  draw.Randomness
	Previous    canon.Sum
	// Sparing says that the unit list names no buildings and households where
	// the plan does not draw them.
	Sparing bool `json:",omitempty"`
	// Homes says that the units of two-stage strata are households.
	Homes bool `json:",omitempty"`
}

// Wish is what a manager commits to.
type Wish struct {
	Purpose    string // names this draw and no other; "" makes a name
	Randomness draw.Randomness
}

// Commit fixes frame, design, sizes and the name of the public randomness to
// come, signs the document and stores it. The randomness must not exist yet.
func (s *Service) Commit(ctx context.Context, who authz.Actor, roundID string, w Wish) (string, error) {
	id := app.NewID()
	if err := w.tidy(); err != nil {
		return "", err
	}
	err := s.WriteSerializable(ctx, who, authz.DrawCommit, authz.Object{}, func(ctx context.Context, tx *app.Tx) error {
		r, err := rounddb.Lock(ctx, tx, who.District, roundID)
		if err != nil {
			return app.NotFound(err, "round")
		}
		if err := tx.Check(authz.Object{Area: r.AreaCode}); err != nil {
			return err
		}
		if err := inOrder(ctx, tx, roundID); err != nil {
			return err
		}
		if r.State != survey.Frozen {
			return errs.New(errs.NotNow, "draw.round_state", "only a frozen round that was not drawn yet can be committed")
		}
		if err := s.noneOpen(ctx, tx, who.District, roundID); err != nil {
			return err
		}
		past, err := drawdb.Past(ctx, tx, who.District)
		if err != nil {
			return err
		}
		if w.Purpose == "" {
			w.Purpose = purposeOf(r, past)
		}
		c, err := s.commitment(ctx, tx, r, w)
		if err != nil {
			return err
		}
		if err := draw.CheckFresh(c, past); err != nil {
			return err
		}
		tx.Record("draw_commitment", id, r.AreaCode, map[string]any{"round": roundID, "purpose": w.Purpose})
		return s.store(ctx, tx, id, roundID, c)
	})
	if pg.Duplicate(err) {
		return "", errs.Wrap(err, errs.NotNow, "draw.open_commitment", "somebody else committed a draw of this round at the same moment")
	}
	return id, err
}

// purposeOf names a draw after its round: "d-1a2b3c4d-v1-main", with a number
// where earlier commitments of the round were given up.
func purposeOf(r survey.Round, past []draw.Past) string {
	return freePurpose(fmt.Sprintf("d-%s-v%d-main", r.Series[:8], r.Version), past)
}

func (s *Service) noneOpen(ctx context.Context, tx *app.Tx, district, roundID string) error {
	open, err := drawdb.Open(ctx, tx, district, roundID)
	if err != nil {
		return err
	}
	if open != "" {
		return errs.New(errs.NotNow, "draw.open_commitment", "there is already a commitment waiting for its randomness").
			At("commitment", open, "none that is open", "reveal it, or discard it with a reason")
	}
	return nil
}

func (s *Service) commitment(ctx context.Context, tx *app.Tx, r survey.Round, w Wish) (*draw.Commitment, error) {
	strata, err := rounddb.Strata(ctx, tx, tx.Actor.District, r.ID)
	if err != nil {
		return nil, err
	}
	last, err := drawdb.LastDigest(ctx, tx, tx.Actor.District)
	if err != nil {
		return nil, err
	}
	st := state{Frame: r.FrameID, CodeVersion: s.CodeVersion, Randomness: w.Randomness, Previous: drawdb.Sum(last), Sparing: true, Homes: r.Plan.Method.TwoStage()}
	from, err := s.source(ctx, tx, tx.Actor.District, r, st)
	if err != nil {
		return nil, err
	}
	tally, err := from.rows.Count(nil)
	if err != nil {
		return nil, err
	}
	for _, p := range strata {
		plan := draw.StratumPlan{Stratum: p.Stratum, Method: draw.Method(p.Method), Population: uint64(p.Population),
			Total: uint64(p.Total), Sample: p.Planned, Reserve: p.Reserve, Clusters: p.Clusters}
		if p.Clusters > 0 { // the stratum's units are households
			plan.Population = tally.Strata[p.Stratum].Units
		}
		st.Plan = append(st.Plan, plan)
	}
	return s.assemble(ctx, tx, tx.Actor.District, from, st, tally, w.Purpose, false, tx.Now)
}

// rebuild makes the commitment from its stored parts and the frame as it is in
// the database: if either changed, its digest differs and nothing is drawn.
func (s *Service) rebuild(ctx context.Context, db pg.Querier, district string, r survey.Round, st state, purpose string, topUp bool, at time.Time) (*draw.Commitment, error) {
	from, err := s.source(ctx, db, district, r, st)
	if err != nil {
		return nil, err
	}
	tally, err := from.rows.Count(st.Excluded)
	if err != nil {
		return nil, err
	}
	return s.assemble(ctx, db, district, from, st, tally, purpose, topUp, at)
}

// assemble is rebuild with the frame counted already.
func (s *Service) assemble(ctx context.Context, db pg.Querier, district string, from source, st state, tally *draw.Tally, purpose string, topUp bool, at time.Time) (*draw.Commitment, error) {
	frozen, err := drawdb.FrameDigest(ctx, db, district, st.Frame)
	if err != nil {
		return nil, err
	}
	people := from.persons(tally)
	if f := drawdb.Sum(frozen); frozen == nil || f != people.Root && f != people.Sum() {
		return nil, errs.New(errs.Conflict, "draw.frame_changed", "the frame is not the one that was frozen")
	}
	c := &draw.Commitment{Purpose: purpose, TopUp: topUp, Frame: st.Frame, Tally: tally, Plan: st.Plan, CodeVersion: st.CodeVersion,
		Randomness: st.Randomness, Previous: st.Previous, CommittedAt: at}
	if from.homes != nil {
		c.Persons = &people
	}
	return c, nil
}

func (s *Service) store(ctx context.Context, tx *app.Tx, id, roundID string, c *draw.Commitment) error {
	text, err := c.Text()
	if err != nil {
		return err
	}
	digest, err := c.Digest()
	if err != nil {
		return err
	}
	sig, err := c.Sign(s.Signer)
	if err != nil {
		return err
	}
	kept, err := json.Marshal(state{c.Frame, c.Plan, c.Tally.Excluded, c.CodeVersion, c.Randomness, c.Previous, true, c.Persons != nil})
	if err != nil {
		return err
	}
	return drawdb.InsertCommitment(ctx, tx, tx.Actor.District, drawdb.Commitment{ID: id, RoundID: roundID, Purpose: c.Purpose, TopUp: c.TopUp,
		Document: string(text), State: kept, Digest: digest[:], Signature: sig.Value, PublicKey: sig.PublicKey,
		Randomness: c.Randomness.Name, DueAt: c.Randomness.Due, By: tx.Actor.AccountID, At: tx.Now})
}

// loadedDraw is a stored commitment with its round, its parts and the units that it
// draws from.
type loadedDraw struct {
	stored drawdb.Commitment
	round  survey.Round
	state  state
	from   source
}

func (s *Service) loaded(ctx context.Context, db pg.Querier, district, commitmentID string) (d loadedDraw, err error) {
	if d.stored, d.round, err = s.load(ctx, db, district, commitmentID); err != nil {
		return d, err
	}
	if d.state, err = stateOf(d.stored); err != nil {
		return d, err
	}
	d.from, err = s.source(ctx, db, district, d.round, d.state)
	return d, err
}

func (s *Service) load(ctx context.Context, db pg.Querier, district, commitmentID string) (c drawdb.Commitment, r survey.Round, err error) {
	if c, err = drawdb.GetCommitment(ctx, db, district, commitmentID); err != nil {
		return c, r, app.NotFound(err, "commitment")
	}
	r, err = rounddb.Get(ctx, db, district, c.RoundID)
	return c, r, err
}

func (s *Service) undrawn(ctx context.Context, db pg.Querier, district string, c drawdb.Commitment) error {
	gone, err := drawdb.Discards(ctx, db, district, c.RoundID)
	if err != nil {
		return err
	}
	for _, d := range gone {
		if d.CommitmentID == c.ID {
			return errs.New(errs.Done, "draw.discarded", "this commitment was given up")
		}
	}
	list, err := drawdb.Draws(ctx, db, district, c.RoundID)
	if err != nil {
		return err
	}
	for _, d := range list {
		if d.CommitmentID == c.ID {
			return errs.New(errs.Done, "draw.done", "this commitment was drawn already")
		}
	}
	return nil
}

// Reveal enters the seed with its evidence, draws, stores sample and reserves,
// opens the cases and assigns them. Whoever committed cannot reveal.
func (s *Service) Reveal(ctx context.Context, who authz.Actor, commitmentID, seed, evidence string) (string, error) {
	id := app.NewID()
	seed, evidence = strings.TrimSpace(seed), strings.Join(strings.Fields(evidence), " ")
	if evidence == "" {
		return "", errs.New(errs.Invalid, "draw.evidence", "the seed comes without evidence").
			At("evidence", "", "where and how anyone can check the outcome", "give the notice, the page or the witnesses")
	}
	err := s.WriteSerializable(ctx, who, authz.DrawReveal, authz.Object{}, func(ctx context.Context, tx *app.Tx) error {
		stored, r, err := s.load(ctx, tx, who.District, commitmentID)
		if err != nil {
			return err
		}
		if r, err = rounddb.Lock(ctx, tx, who.District, r.ID); err != nil {
			return err
		}
		if err := tx.Check(authz.Object{Area: r.AreaCode, Owner: stored.By}); err != nil {
			if stored.By == who.AccountID {
				return errs.New(errs.Forbidden, "draw.second_person", "the seed is entered by somebody else than who committed the draw")
			}
			return err
		}
		if err := s.undrawn(ctx, tx, who.District, stored); err != nil {
			return err
		}
		late, err := drawdb.LateUntil(ctx, tx, who.District, commitmentID)
		if err != nil {
			return err
		}
		if err := mayDraw(stored, r, !late.IsZero()); err != nil {
			return err
		}
		st, err := stateOf(stored)
		if err != nil {
			return err
		}
		rev := &draw.Reveal{Commitment: drawdb.Sum(stored.Digest), Seed: seed, Evidence: evidence, RevealedAt: tx.Now}
		past, err := drawdb.Past(ctx, tx, who.District)
		if err != nil {
			return err
		}
		if err := draw.CheckSeed(st.Randomness, rev, past); err != nil {
			return err
		}
		out, err := s.drawn(ctx, tx, who.District, stored, r, st, seed)
		if err != nil {
			return err
		}
		if err := draw.CheckReveal(out.commitment, rev, past); err != nil {
			return err
		}
		return s.keep(ctx, tx, id, stored, r, rev, out)
	})
	if pg.Duplicate(err) {
		return "", errs.Wrap(err, errs.Done, "draw.done", "this commitment was drawn already")
	}
	return id, err
}

// mayDraw returns an error unless the round is where this draw belongs.
// A late batch follows a round that is closed.
func mayDraw(c drawdb.Commitment, r survey.Round, late bool) error {
	switch {
	case late && r.State == survey.Closed && r.Kind == "drawn":
		return nil
	case c.TopUp && r.State != survey.Drawn && r.State != survey.Collecting:
		return errs.New(errs.NotNow, "draw.topup_state", "only a round that was drawn and is not closed can be topped up")
	case !c.TopUp && r.State != survey.Frozen:
		return survey.CheckStep(r.State, survey.Drawn)
	}
	return nil
}

// stateOf reads what a commitment is drawn from.
func stateOf(c drawdb.Commitment) (st state, err error) {
	if err = json.Unmarshal(c.State, &st); err != nil {
		err = fmt.Errorf("commitment %s: %w", c.ID, err)
	}
	return st, err
}

// stored rebuilds a stored commitment and insists on its digest.
func (s *Service) stored(ctx context.Context, db pg.Querier, district string, c drawdb.Commitment, r survey.Round) (*draw.Commitment, error) {
	st, err := stateOf(c)
	if err != nil {
		return nil, err
	}
	out, err := s.rebuild(ctx, db, district, r, st, c.Purpose, c.TopUp, c.At)
	if err != nil {
		return nil, err
	}
	return out, insist(out, c)
}

// insist refuses a commitment that is no longer the published one.
func insist(c *draw.Commitment, published drawdb.Commitment) error {
	digest, err := c.Digest()
	if err != nil {
		return err
	}
	if digest != drawdb.Sum(published.Digest) {
		return errs.New(errs.Conflict, "draw.commitment_changed", "frame or plan no longer give the published commitment")
	}
	return nil
}

// result is what a draw gave: the published selection, and the persons. They
// differ where the units are households.
type result struct {
	commitment *draw.Commitment
	selected   []draw.Selected
	persons    []draw.Selected
}

// drawn draws a stored commitment and checks, in the same reading of the frame,
// that frame and plan still give the published commitment.
func (s *Service) drawn(ctx context.Context, db pg.Querier, district string, stored drawdb.Commitment, r survey.Round, st state, seed string) (out result, err error) {
	from, err := s.source(ctx, db, district, r, st)
	if err != nil {
		return out, err
	}
	units, count := from.rows.Counted(st.Excluded)
	if out.selected, err = draw.Draw(st.Plan, seed, stored.Purpose, units); err != nil {
		return out, err
	}
	tally, err := count()
	if err != nil {
		return out, err
	}
	if out.commitment, err = s.assemble(ctx, db, district, from, st, tally, stored.Purpose, stored.TopUp, stored.At); err != nil {
		return out, err
	}
	if err = insist(out.commitment, stored); err != nil {
		return out, err
	}
	out.persons = out.selected
	if from.homes != nil {
		out.persons, err = from.homes.Draw(out.selected, seed, stored.Purpose)
	}
	return out, err
}

// keep stores a draw with its selection and opens and assigns the cases.
func (s *Service) keep(ctx context.Context, tx *app.Tx, id string, stored drawdb.Commitment, r survey.Round, rev *draw.Reveal, out result) error {
	district, c, sel := tx.Actor.District, out.commitment, out.persons
	rec, err := draw.NewRecord(c, rev, out.selected, s.CodeVersion, tx.Now)
	if err != nil {
		return err
	}
	sig, err := rec.Sign(s.Signer)
	if err != nil {
		return err
	}
	digest := rec.Digest()
	err = drawdb.InsertDraw(ctx, tx, district, drawdb.Draw{ID: id, RoundID: r.ID, CommitmentID: stored.ID, Purpose: c.Purpose, Seed: rev.Seed,
		Evidence: rev.Evidence, Digest: digest[:], NSample: rec.Drawn, NReserve: rec.Reserves, RevealedAt: rev.RevealedAt,
		CodeVersion: rec.CodeVersion, Signature: sig.Value, PublicKey: sig.PublicKey, By: tx.Actor.AccountID, At: tx.Now})
	if err != nil {
		return err
	}
	if err := drawdb.InsertSelection(ctx, tx, district, id, sel, committeeOf); err != nil {
		return err
	}
	weight := func(x draw.Selected) float64 { return x.Probability.DesignWeight() }
	if c.TopUp {
		if weight, err = s.weighed(ctx, tx, district, r.ID, c.Plan, sel); err != nil {
			return err
		}
	}
	if err := drawdb.InsertCases(ctx, tx, district, r.ID, id, sel, committeeOf, weight, app.NewID, tx.Now); err != nil {
		return err
	}
	late, err := drawdb.LateUntil(ctx, tx, district, stored.ID)
	if err != nil {
		return err
	}
	if late.IsZero() {
		_, err = drawdb.AssignCases(ctx, tx, district, r.ID, id, tx.Actor.AccountID, tx.Now)
	} else {
		_, _, err = s.AssignLate(ctx, tx, stored.ID)
	}
	if err != nil {
		return err
	}
	tx.Record("draw", id, r.AreaCode, map[string]any{"round": r.ID, "sample": rec.Drawn, "reserve": rec.Reserves, "digest": fmt.Sprintf("%x", digest[:])})
	if c.TopUp {
		return nil
	}
	return rounddb.AddEvent(ctx, tx, district, r.ID, survey.Drawn, digest[:], tx.Actor.AccountID, tx.Now, "")
}

// committeeOf reads the committee from a frame id, which begins with its code.
func committeeOf(frameID string) string { return frameID[:12] }
