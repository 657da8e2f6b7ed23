package field

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	"strings"
	"time"

	"gongping/internal/app"
	"gongping/internal/authz"
	"gongping/internal/errs"
	"gongping/internal/pg/fielddb"
	"gongping/survey/fieldwork"
	"gongping/survey/instrument"
)

// tokenBytes are 136 random bits: unguessable, and short enough for a letter.
const tokenBytes = 17

// letters are those of Crockford's base 32: no i, l, o, u, which are misread.
var letters = base32.NewEncoding("0123456789abcdefghjkmnpqrstvwxyz").WithPadding(base32.NoPadding)

// NewToken makes the token of a personal link: the district and random letters.
func NewToken(district string) (token string, hash []byte) {
	var b [tokenBytes]byte
	rand.Read(b[:])
	token = district + letters.EncodeToString(b[:])
	return token, hashLink(token)
}

func hashLink(token string) []byte {
	h := sha256.Sum256([]byte("gongping/link/" + token))
	return h[:]
}

// tokenLen is the length of a token's text.
var tokenLen = 6 + letters.EncodedLen(tokenBytes)

// districtOf reads the district of a token; ok is false for what is no token.
func districtOf(token string) (string, bool) {
	if len(token) != tokenLen {
		return "", false
	}
	for _, c := range token[:6] {
		if c < '0' || c > '9' {
			return "", false
		}
	}
	return token[:6], true
}

// IssueLink makes a personal link for a case and revokes earlier ones that were
// not used. The token is returned once and stored nowhere.
func (s *Service) IssueLink(ctx context.Context, who authz.Actor, caseID string) (token string, expires time.Time, err error) {
	err = s.onCase(ctx, who, authz.LinkIssue, caseID, func(ctx context.Context, tx *app.Tx, c fielddb.Case, r Round) error {
		if err := openFor(r.RoundState, c.DrawID, tx.Now); err != nil {
			return err
		}
		if c.Complete || c.Replaced {
			return errs.New(errs.Closed, "case.ended", "the case has ended; there is nothing more to try")
		}
		if err := revoke(ctx, tx, c, ""); err != nil {
			return err
		}
		var hash []byte
		token, hash = NewToken(who.District)
		expires = tx.Now.AddDate(0, 0, r.Rules.Fieldwork.LinkDays)
		if end := endOf(r.ClosesOn); expires.After(end) {
			expires = end
		}
		tx.Record("case", c.ID, c.Committee, map[string]any{"link": "issued"})
		return fielddb.InsertLink(ctx, tx, who.District, hash, c.ID, who.AccountID, tx.Now, expires)
	})
	return token, expires, err
}

// endOf is the end of a calendar day of fieldwork.
func endOf(day time.Time) time.Time {
	y, m, d := day.Date()
	return time.Date(y, m, d+1, 0, 0, 0, 0, fieldwork.Zone)
}

func revoke(ctx context.Context, tx *app.Tx, c fielddb.Case, reason string) error {
	links, err := fielddb.LinksOf(ctx, tx, tx.Actor.District, c.ID)
	if err != nil {
		return err
	}
	for _, l := range links {
		if l.Used || l.Revoked {
			continue
		}
		if err := fielddb.NoteLink(ctx, tx, tx.Actor.District, l.Hash, "revoked", tx.Actor.AccountID, reason, tx.Now); err != nil {
			return err
		}
	}
	return nil
}

// RevokeLinks ends the links of a case that were not used. Whoever does not
// hold the case has to say why.
func (s *Service) RevokeLinks(ctx context.Context, who authz.Actor, caseID, reason string) error {
	return s.onCase(ctx, who, authz.LinkIssue, caseID, func(ctx context.Context, tx *app.Tx, c fielddb.Case, r Round) error {
		if reason = strings.TrimSpace(reason); reason == "" && who.Role != authz.Evaluator {
			return errs.New(errs.Invalid, "link.reason", "a link is revoked with a reason").At("reason", "", "why the link must not be used", "write a sentence")
		}
		tx.Record("case", c.ID, c.Committee, map[string]any{"link": "revoked"})
		return revoke(ctx, tx, c, reason)
	})
}

// checkLink says whether a link still opens.
func checkLink(l fielddb.Link, ok bool, now time.Time) error {
	switch {
	case !ok:
		return errs.New(errs.NotFound, "link.unknown", "this link does not exist; check that it is complete")
	case l.Used:
		return errs.New(errs.Gone, "link.used", "this link has been used: the answer has arrived")
	case l.Revoked:
		return errs.New(errs.Gone, "link.revoked", "this link was withdrawn, probably because a newer one was sent")
	case !now.Before(l.ExpiresAt):
		return errs.New(errs.Gone, "link.expired", "this link has expired").With(map[string]any{"Until": l.ExpiresAt})
	}
	return nil
}

// ResidentView is what a personal link shows: the questions and the place, and
// nothing about the person.
type ResidentView struct {
	Round         Round
	CommitteeName string
	ExpiresAt     time.Time
}

// resident is the holder of a link as an actor.
func resident(district, caseID string) authz.Actor {
	return authz.Actor{District: district, Role: authz.Resident, Area: district, CaseID: caseID}
}

// OpenLink shows the questionnaire of a personal link.
func (s *Service) OpenLink(ctx context.Context, token string) (v ResidentView, err error) {
	district, ok := districtOf(token)
	if !ok {
		return v, checkLink(fielddb.Link{}, false, time.Time{})
	}
	found, err := fielddb.LinksByHash(ctx, s.Pool, district, [][]byte{hashLink(token)})
	if err != nil {
		return v, err
	}
	var l fielddb.Link
	if len(found) == 1 {
		l = found[0]
	}
	shut := checkLink(l, len(found) == 1, s.Clock.Now())
	if len(found) != 1 || l.Used {
		return v, shut
	}
	c, err := fielddb.GetCase(ctx, s.Pool, district, l.CaseID)
	if err != nil {
		return v, err
	}
	if v.Round, err = s.roundByID(ctx, s.Pool, district, c.RoundID); err != nil {
		return v, err
	}
	// That the round is over comes first: to ask for a new link would be in vain.
	if err := openFor(v.Round.RoundState, c.DrawID, s.Clock.Now()); err != nil {
		return v, err
	}
	if shut != nil {
		return v, shut
	}
	if c.Complete {
		return v, errs.New(errs.Gone, "link.answered", "an answer for this invitation has arrived already")
	}
	v.CommitteeName, v.ExpiresAt = c.CommitteeName, l.ExpiresAt
	if l.Opened {
		return v, nil
	}
	who := resident(district, c.ID)
	return v, s.Write(ctx, who, authz.AttemptRecord, authz.Object{Area: c.Committee, CaseID: c.ID}, func(ctx context.Context, tx *app.Tx) error {
		tx.Record("case", c.ID, c.Committee, map[string]any{"link": "opened"})
		return fielddb.NoteLink(ctx, tx, district, l.Hash, "opened", "", "", tx.Now)
	})
}

// SubmitByLink takes the answers of the holder of a personal link.
func (s *Service) SubmitByLink(ctx context.Context, token string, sub Submission) (Outcome, error) {
	token = strings.TrimSpace(token)
	district, ok := districtOf(token)
	if !ok {
		return Outcome{}, checkLink(fielddb.Link{}, false, time.Time{})
	}
	hash := hashLink(token)
	found, err := fielddb.LinksByHash(ctx, s.Pool, district, [][]byte{hash})
	if err != nil {
		return Outcome{}, err
	}
	if len(found) != 1 {
		return Outcome{}, checkLink(fielddb.Link{}, false, time.Time{})
	}
	sub.CaseID, sub.Mode, sub.link = found[0].CaseID, fieldwork.Link, hash
	return s.take(ctx, resident(district, sub.CaseID), sub)
}

// QuestionnaireOfLink returns the questions of a link in whatever state, so
// that a form that is sent twice can be read the second time as well.
func (s *Service) QuestionnaireOfLink(ctx context.Context, token string) (*instrument.Questionnaire, error) {
	district, ok := districtOf(token)
	if !ok {
		return nil, checkLink(fielddb.Link{}, false, time.Time{})
	}
	found, err := fielddb.LinksByHash(ctx, s.Pool, district, [][]byte{hashLink(token)})
	if err != nil {
		return nil, err
	}
	if len(found) != 1 {
		return nil, checkLink(fielddb.Link{}, false, time.Time{})
	}
	r, err := s.roundByID(ctx, s.Pool, district, found[0].RoundID)
	return r.Questionnaire, err
}
