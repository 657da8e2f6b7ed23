package intake

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"

	"gongping/internal/app"
	"gongping/internal/authz"
	"gongping/internal/errs"
	"gongping/internal/pg"
	"gongping/internal/pg/intakedb"
	"gongping/internal/pg/rounddb"
	"gongping/scoring/composite"
	"gongping/survey/frame"
)

// FreezeInput is what a freeze is given besides the frame.
type FreezeInput struct {
	Reason string  // needed where the frame goes beyond the limits
	Census *Source // census counts to compare with, nil for none
	// Second is another register of the same people, Planted are persons known
	// to live there, chosen beforehand by the auditor; both are lists of register
	// codes with the committee.
	Second, Planted *Source
	// RuleBook is the id of the rule book whose limits apply, "" for Limits.
	RuleBook string
}

// Freeze fixes a frame for good: its digest is computed over every person in
// order of the published ids, its audit is stored as it stands, and a frame
// beyond the limits needs a reason signed by whoever is acting.
func (s *Service) Freeze(ctx context.Context, who authz.Actor, id string, in FreezeInput, prog Progress) (string, error) {
	if err := authz.Check(who, authz.FrameFreeze, authz.Object{Area: who.Area}); err != nil {
		return "", err
	}
	year := s.Clock.Now().Year()
	counts, err := readCensus(ctx, in.Census, year)
	if err != nil {
		return "", err
	}
	var digest frame.Digest
	err = s.Write(ctx, who, authz.FrameFreeze, authz.Object{Area: who.Area}, func(ctx context.Context, tx *app.Tx) error {
		f, err := s.openFrame(ctx, tx, who, id)
		if err != nil {
			return err
		}
		second, planted, err := s.readListings(ctx, in, f)
		if err != nil {
			return err
		}
		limits, from, err := limitsOf(ctx, tx, who.District, in.RuleBook)
		if err != nil {
			return err
		}
		var freezer frame.Freezer
		n := int64(0)
		audit, deviations, err := s.auditFrame(ctx, tx, who.District, f, limits, counts, second, planted, year, func(l *intakedb.Listed) error {
			if n++; n%tick == 0 {
				prog.at(Freezing, n, f.People)
			}
			return freezer.Add(l.Entry)
		})
		if err != nil {
			return err
		}
		audit.LimitsOf = from
		if err := frame.MayFreeze(deviations, signedReason(who, in.Reason)); err != nil {
			return err
		}
		digest = freezer.Digest()
		if int64(digest.Count) != f.People {
			return errs.New(errs.NotNow, "intake.frame_incomplete", "the frame does not hold the people that were imported").
				At("frame", "", "", "import it again")
		}
		doc, err := json.Marshal(audit)
		if err != nil {
			return err
		}
		sum := digest.Sum()
		detail := map[string]any{"people": n, "digest": hex.EncodeToString(sum[:]), "deviations": len(deviations)}
		if audit.Change != nil {
			detail["compared_with"], detail["records_opened"] = audit.Previous, audit.Change.Before+audit.Change.After
		}
		tx.Record("frame", id, who.Area, detail)
		return intakedb.InsertFreeze(ctx, tx, who.District, intakedb.Freeze{FrameID: id, Digest: sum[:], People: n, Audit: doc,
			Reason: strings.TrimSpace(in.Reason), By: who.AccountID, At: tx.Now})
	})
	if pg.Duplicate(err) {
		return "", frozen()
	}
	if err != nil {
		return "", err
	}
	return digest.String(), nil
}

// readListings reads the second register and the planted persons, empty where
// there is none.
func (s *Service) readListings(ctx context.Context, in FreezeInput, f intakedb.Frame) (second, planted *listing, err error) {
	if second, err = s.readListing(ctx, in.Second, f); err != nil {
		return second, planted, err
	}
	planted, err = s.readListing(ctx, in.Planted, f)
	return second, planted, err
}

// signedReason is a reason with its signer, nil without words.
func signedReason(who authz.Actor, text string) *frame.Reason {
	if text = strings.TrimSpace(text); text == "" {
		return nil
	}
	return &frame.Reason{Signer: signer(who), Text: text}
}

// limitsOf are the limits of a rule book's latest version, and its name.
func limitsOf(ctx context.Context, q querier, district, book string) (frame.Limits, string, error) {
	if book == "" {
		return Limits, "", nil
	}
	v, err := rounddb.RuleBooks.Get(ctx, q, district, book, 0)
	if err != nil {
		return frame.Limits{}, "", app.NotFound(err, "rule_book")
	}
	b, err := composite.DecodeRuleBook(v.Body)
	if err != nil {
		return frame.Limits{}, "", err
	}
	return b.FrameLimits(), fmt.Sprintf("%s v%d", v.Title, v.Version), nil
}

// openFrame returns a frame that is not frozen and lies within the actor's
// area, held against a second freeze.
func (s *Service) openFrame(ctx context.Context, tx *app.Tx, who authz.Actor, id string) (intakedb.Frame, error) {
	if err := intakedb.LockFrame(ctx, tx, who.District, id); err != nil {
		return intakedb.Frame{}, err
	}
	f, err := intakedb.GetFrame(ctx, tx, who.District, id)
	if err != nil {
		return f, app.NotFound(err, "frame")
	}
	elsewhere, err := intakedb.Elsewhere(ctx, tx, who.District, id, who.Area)
	if err != nil {
		return f, err
	}
	if elsewhere {
		return f, errs.New(errs.Forbidden, "intake.frame_wider", "the frame holds people outside your area")
	}
	if f.Frozen() {
		return f, frozen()
	}
	return f, nil
}

func frozen() error {
	return errs.New(errs.Closed, "intake.frame_frozen", "the frame is frozen and cannot change; import a new edition")
}

// signer names who answers for a reason: the account, or the operator.
func signer(who authz.Actor) string {
	if who.AccountID != "" {
		return who.AccountID
	}
	return string(who.Role)
}

func noteOf(f intakedb.Frame) (n importNote) {
	_ = json.Unmarshal([]byte(f.Note), &n) // a note of another form counts nothing
	return n
}
