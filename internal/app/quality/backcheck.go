package quality

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"github.com/jackc/pgx/v5"

	"gongping/internal/app"
	"gongping/internal/app/field"
	"gongping/internal/authz"
	"gongping/internal/errs"
	"gongping/internal/pg"
	"gongping/internal/pg/fielddb"
	"gongping/internal/pg/qualitydb"
	"gongping/scoring/composite"
	"gongping/survey"
	"gongping/survey/frame"
	"gongping/survey/instrument"
	"gongping/survey/quality"
)

func number(v string) (float64, bool) {
	x, err := strconv.ParseFloat(v, 64)
	return x, err == nil && v != ""
}

func sealLabel(round string) string { return "backcheck/" + round }

// commitment returns the promise of a round's back-checks and its seed, made on
// the first call. The seed is secret until the back-checks end, so that nobody
// in the field can know which case will be asked again; its digest is on record.
func (s *Service) commitment(ctx context.Context, tx *app.Tx, r field.Round) (qualitydb.Commitment, string, error) {
	district := tx.Actor.District
	c, err := qualitydb.GetCommitment(ctx, tx, district, r.ID)
	if err == nil {
		seed, err := s.Seal.Open(c.Sealed, sealLabel(r.ID))
		return c, string(seed), err
	}
	if !errors.Is(err, pgx.ErrNoRows) {
		return c, "", err
	}
	seed, err := newSeed()
	if err != nil {
		return c, "", err
	}
	digest := quality.Commitment(seed)
	c = qualitydb.Commitment{Share: r.Rules.QualityRules().BackCheckShare, Digest: digest[:], Sealed: s.Seal.Seal([]byte(seed), sealLabel(r.ID)), At: tx.Now}
	tx.RecordAs(authz.BackCheckDraw, "round", r.ID, r.AreaCode, map[string]any{"backcheck_commitment": fmt.Sprintf("%x", digest), "share": c.Share})
	return c, seed, qualitydb.Commit(ctx, tx, district, r.ID, c, tx.Actor.AccountID)
}

var errEnded = errs.New(errs.Closed, "backcheck.ended", "the back-checks of this round have ended")

// Draw adds the finished cases that belong to the random share, by their
// tickets, and hands each to somebody who never held it. Drawing twice adds
// nothing that was drawn before.
func (s *Service) Draw(ctx context.Context, who authz.Actor, roundID string) (n int, err error) {
	err = s.Write(ctx, who, authz.BackCheckDraw, authz.Object{}, func(ctx context.Context, tx *app.Tx) error {
		r, err := s.round(ctx, tx, who.District, roundID)
		if err != nil {
			return err
		}
		if err := authz.Check(who, authz.BackCheckDraw, authz.Object{Area: r.AreaCode}); err != nil {
			return err
		}
		if err := qualitydb.LockRound(ctx, tx, who.District, r.ID); err != nil {
			return err
		}
		cases, err := qualitydb.FinishedCases(ctx, tx, who.District, r.ID)
		if err != nil {
			return err
		}
		n, err = s.send(ctx, tx, r, cases, "random", "", 0)
		tx.Record("round", r.ID, r.AreaCode, map[string]any{"backchecks": n})
		return err
	})
	return n, err
}

// Mine lists what the evaluator who asks has to ask again.
func (s *Service) Mine(ctx context.Context, who authz.Actor) (list []qualitydb.BackCheck, err error) {
	err = s.Read(ctx, who, authz.BackCheckRecord, authz.Object{Assignees: []string{who.AccountID}}, func(ctx context.Context, db pg.Querier) error {
		list, err = qualitydb.BackChecksOf(ctx, db, who.District, who.AccountID)
		return err
	})
	return list, err
}

// findCheck loads a back-check that the actor may do the action on; others do
// not exist for them.
func (s *Service) findCheck(ctx context.Context, q pg.Querier, who authz.Actor, action authz.Action, id string) (qualitydb.BackCheck, field.Round, error) {
	if authz.ScopeOf(who.Role, action) == authz.Deny {
		return qualitydb.BackCheck{}, field.Round{}, authz.Check(who, action, authz.Object{})
	}
	k, err := qualitydb.GetBackCheck(ctx, q, who.District, id)
	if err != nil {
		return k, field.Round{}, app.NotFound(err, "backcheck")
	}
	if authz.Check(who, action, authz.Object{Area: k.Committee, Assignees: []string{k.Evaluator}, CaseID: k.CaseID}) != nil {
		return qualitydb.BackCheck{}, field.Round{}, errs.New(errs.NotFound, "backcheck.not_found", "there is no such back-check, or none that you may see")
	}
	r, err := s.round(ctx, q, who.District, k.RoundID)
	return k, r, err
}

// Check shows a back-check to its evaluator: the questions, never an answer.
func (s *Service) Check(ctx context.Context, who authz.Actor, id string) (k qualitydb.BackCheck, r field.Round, q *instrument.Questionnaire, err error) {
	err = s.Read(ctx, who, authz.BackCheckRecord, authz.Object{Assignees: []string{who.AccountID}}, func(ctx context.Context, db pg.Querier) error {
		k, r, err = s.findCheck(ctx, db, who, authz.BackCheckRecord, id)
		return err
	})
	if err == nil {
		q = Short(r.Questionnaire, r.Rules.QualityRules())
	}
	return k, r, q, err
}

// Short is the questionnaire of a back-check: the factual questions, and the
// first graded one of each dimension. Nothing is required: a second call is a
// favour.
func Short(q *instrument.Questionnaire, rules composite.Quality) *instrument.Questionnaire {
	out := *q
	out.Items, out.Sections, out.Matrices = nil, nil, nil
	seen := map[string]bool{}
	for _, it := range q.Items {
		t := TypeOf(it, rules)
		if t == 0 || (t == 3 && (it.Dimension == "" || seen[it.Dimension])) {
			continue
		}
		if t == 3 {
			seen[it.Dimension] = true
		}
		it.Required, it.ShowIf, it.Section, it.Matrix = false, nil, "", ""
		out.Items = append(out.Items, it)
	}
	return &out
}

// TypeOf says how an item is compared: 1 factual, 2 hard to ask, 3 opinion, 0
// not at all.
func TypeOf(it instrument.Item, rules composite.Quality) int {
	if t := rules.ItemTypes[it.ID]; t > 0 {
		return t
	}
	switch it.Kind {
	case instrument.YesNo:
		return 1
	case instrument.Number, instrument.Single, instrument.Date:
		return 2
	case instrument.Grade5:
		return 3
	}
	return 0
}

// OpenIdentity opens name and contacts of a back-check for its evaluator, with
// an entry in the audit log.
func (s *Service) OpenIdentity(ctx context.Context, who authz.Actor, id string) (p field.Identity, err error) {
	err = s.Write(ctx, who, authz.IdentityRead, authz.Object{Assignees: []string{who.AccountID}}, func(ctx context.Context, tx *app.Tx) error {
		k, r, err := s.findCheck(ctx, tx, who, authz.IdentityRead, id)
		if err != nil {
			return err
		}
		if err := s.open(ctx, tx, r); err != nil {
			return err
		}
		sealed, err := fielddb.Identity(ctx, tx, who.District, k.FrameID, k.PersonID)
		if err != nil {
			return app.NotFound(err, "person")
		}
		plain, err := s.Seal.Open(sealed, frame.RecordLabel(k.FrameID, k.PersonID))
		if err != nil {
			return fmt.Errorf("open the private record of back-check %s: %w", k.ID, err)
		}
		rec, err := frame.DecodeRecord(plain)
		if err != nil {
			return err
		}
		p = field.Identity{Name: rec.Identity.Name, Phone: rec.Identity.Phone, Address: rec.Identity.Address, Building: rec.Building}
		tx.Record("backcheck", k.ID, k.Committee, nil)
		return nil
	})
	return p, err
}

// open returns an error where the back-checks of a round have ended.
func (s *Service) open(ctx context.Context, tx *app.Tx, r field.Round) error {
	c, err := qualitydb.GetCommitment(ctx, tx, tx.Actor.District, r.ID)
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return err
	}
	if c.Revealed != "" {
		return errEnded
	}
	return nil
}

// Reassign hands a back-check to another evaluator with a reason; whoever held
// the case or tried it is refused.
func (s *Service) Reassign(ctx context.Context, who authz.Actor, id, evaluator, reason string) error {
	reason, err := reasonOf(reason)
	if err != nil {
		return err
	}
	return s.Write(ctx, who, authz.BackCheckDraw, authz.Object{}, func(ctx context.Context, tx *app.Tx) error {
		k, r, err := s.findCheck(ctx, tx, who, authz.BackCheckDraw, id)
		if err != nil {
			return err
		}
		if err := s.open(ctx, tx, r); err != nil {
			return err
		}
		people, err := fielddb.Evaluators(ctx, tx, who.District, k.Committee)
		if err != nil {
			return err
		}
		if !slices.ContainsFunc(people, func(p [2]string) bool { return p[0] == evaluator }) {
			return errs.New(errs.Invalid, "case.evaluator", "this account cannot take the case over").At("evaluator", evaluator, "an evaluator of the area", "choose one from the list")
		}
		touched, err := qualitydb.Touched(ctx, tx, who.District, []string{k.CaseID})
		if err != nil {
			return err
		}
		if slices.Contains(touched[k.CaseID], evaluator) {
			return errs.New(errs.Barred, "backcheck.same_person", "a back-check is made by another person than the interview")
		}
		tx.Record("backcheck", k.ID, k.Committee, map[string]any{"evaluator": evaluator})
		return qualitydb.Assign(ctx, tx, who.District, k.ID, evaluator, who.AccountID, reason, tx.Now)
	})
}

// End publishes the seed of a closed round: everybody can now verify which cases
// were drawn; no back-check is taken any more.
func (s *Service) End(ctx context.Context, who authz.Actor, roundID string) error {
	return s.Write(ctx, who, authz.BackCheckDraw, authz.Object{}, func(ctx context.Context, tx *app.Tx) error {
		r, err := s.round(ctx, tx, who.District, roundID)
		if err != nil {
			return err
		}
		if err := authz.Check(who, authz.BackCheckDraw, authz.Object{Area: r.AreaCode}); err != nil {
			return err
		}
		if err := qualitydb.LockRound(ctx, tx, who.District, r.ID); err != nil {
			return err
		}
		if r.State != survey.Closed {
			return errs.New(errs.NotNow, "backcheck.round_open", "the seed stays secret until the round is closed")
		}
		c, err := qualitydb.GetCommitment(ctx, tx, who.District, r.ID)
		if err != nil {
			return app.NotFound(err, "backcheck")
		}
		if c.Revealed != "" {
			return errEnded
		}
		seed, err := s.Seal.Open(c.Sealed, sealLabel(r.ID))
		if err != nil {
			return err
		}
		tx.Record("round", r.ID, r.AreaCode, map[string]any{"backcheck_seed": string(seed)})
		return qualitydb.Reveal(ctx, tx, who.District, r.ID, string(seed), who.AccountID, tx.Now)
	})
}
