package field

import (
	"context"
	"strings"
	"unicode/utf8"

	"gongping/internal/app"
	"gongping/internal/authz"
	"gongping/internal/errs"
	"gongping/internal/pg"
	"gongping/internal/pg/accountdb"
	"gongping/internal/pg/fielddb"
	"gongping/survey"
)

// Devices lists the actor's own phones.
func (s *Service) Devices(ctx context.Context, who authz.Actor) (list []fielddb.Phone, err error) {
	err = s.Read(ctx, who, authz.PhoneWatch, authz.Object{Owner: who.AccountID}, func(ctx context.Context, db pg.Querier) error {
		list, err = fielddb.Phones(ctx, db, who.District, fielddb.PhoneFilter{Account: who.AccountID})
		return err
	})
	return list, err
}

// Phones lists the phones of the evaluators who work in the actor's area: those
// of the area itself, of parts of it, and of areas that hold it.
func (s *Service) Phones(ctx context.Context, who authz.Actor) (list []fielddb.Phone, err error) {
	err = s.Read(ctx, who, authz.PhoneWatch, authz.Object{Area: who.Area}, func(ctx context.Context, db pg.Querier) error {
		list, err = fielddb.Phones(ctx, db, who.District, fielddb.PhoneFilter{Area: who.Area})
		return err
	})
	return list, err
}

// BlockPhone blocks a phone, a lost one say: it gets no key and no names any
// more, and its evaluator is signed out everywhere, because a session may be
// open on it. What waits on it stays there, sealed; nothing that has arrived is
// touched. Evaluators block their own, supervisors and managers those of their
// area. Blocking twice changes nothing.
func (s *Service) BlockPhone(ctx context.Context, who authz.Actor, id, reason string) error {
	return s.phone(ctx, who, id, true, reason)
}

// AdmitPhone lets a blocked phone in again, with a reason. An evaluator cannot
// do so: who holds the phone may not be the evaluator.
func (s *Service) AdmitPhone(ctx context.Context, who authz.Actor, id, reason string) error {
	if strings.TrimSpace(reason) == "" {
		return errs.New(errs.Invalid, "phone.reason", "letting a phone in again needs a reason").At("reason", "", "why", "write one sentence")
	}
	return s.phone(ctx, who, id, false, reason)
}

// maxPhoneReason is the longest reason, in characters.
const maxPhoneReason = 300

func (s *Service) phone(ctx context.Context, who authz.Actor, id string, block bool, reason string) error {
	if authz.ScopeOf(who.Role, authz.PhoneBlock) == authz.Deny {
		return authz.Check(who, authz.PhoneBlock, authz.Object{})
	}
	if reason = strings.TrimSpace(reason); utf8.RuneCountInString(reason) > maxPhoneReason {
		return errs.New(errs.Invalid, "phone.reason_long", "a reason has at most %d characters", maxPhoneReason).
			With(map[string]any{"Max": maxPhoneReason}).At("reason", "", "a sentence", "make it shorter")
	}
	p, err := fielddb.GetPhone(ctx, s.Pool, who.District, id)
	if err != nil {
		return app.NotFound(err, "device")
	}
	o := authz.Object{Area: workArea(who, p.Area)}
	if block {
		o.Owner = p.Account
	}
	if authz.Check(who, authz.PhoneBlock, o) != nil {
		return errs.New(errs.NotFound, "device.not_found", "there is no such device, or none that you may see")
	}
	return s.Write(ctx, who, authz.PhoneBlock, o, func(ctx context.Context, tx *app.Tx) error {
		changed, err := fielddb.MarkDevice(ctx, tx, who.District, p.ID, block, who.AccountID, reason, tx.Now)
		if err != nil {
			return err
		}
		tx.Record("device", p.ID, p.Area, map[string]any{"evaluator": p.Account, "blocked": block, "repeat": !changed, "reason": reason})
		if !block || !changed {
			return nil
		}
		return accountdb.EndSessions(ctx, tx, who.District, p.Account)
	})
}

// workArea is the area by which somebody who watches is asked about an
// evaluator: an evaluator of a wider area works in the watcher's as well.
func workArea(who authz.Actor, evaluators string) string {
	if survey.Within(who.Area, evaluators) {
		return who.Area
	}
	return evaluators
}

// Report of a phone about itself, at each fetching of its cases.
type PhoneReport struct {
	Waiting, Drafts, Stuck int
	Build                  string
}

// maxBuild bounds the version that a phone claims to run.
const maxBuild = 40

// seen notes what a phone says of itself. A phone that says nonsense is noted
// with what can be believed.
func (s *Service) seen(ctx context.Context, who authz.Actor, device string, r PhoneReport) error {
	most := func(n int) int { return min(max(n, 0), 1_000_000) }
	build := strings.ToValidUTF8(r.Build, "")
	if utf8.RuneCountInString(build) > maxBuild || strings.ContainsRune(build, 0) {
		build = ""
	}
	return fielddb.SeeDevice(ctx, s.Pool, who.District, device, s.Clock.Now(), most(r.Waiting), most(r.Drafts), most(r.Stuck), build)
}
