package field

import (
	"context"
	"fmt"
	"strings"
	"time"

	"gongping/internal/app"
	"gongping/internal/authz"
	"gongping/internal/errs"
	"gongping/internal/pg"
	"gongping/internal/pg/fielddb"
	"gongping/survey/fieldwork"
	"gongping/survey/frame"
)

// CaseView is a case as its evaluator sees it in a list: no name, no contact.
type CaseView struct {
	fielddb.Case
	Stage fieldwork.Stage
	Final fieldwork.Code
}

// Number is the short sign of a case on pages and paper.
func (c CaseView) Number() string { return CaseNumber(c.ID) }

// CaseNumber is the first six digits of a case's id.
func CaseNumber(id string) string {
	s := strings.ToUpper(strings.ReplaceAll(id, "-", ""))
	return s[:min(6, len(s))]
}

func view(c fielddb.Case, now time.Time) CaseView {
	var appointment time.Time
	if c.Appointment != nil {
		appointment = *c.Appointment
	}
	return CaseView{c, fieldwork.StageOf(c.Attempts, c.Complete, c.Replaced, appointment, now), fieldwork.Final(c.Attempts, c.Complete)}
}

// MyCases lists the cases of the evaluator who asks, in rounds that are being
// collected, by committee and building.
func (s *Service) MyCases(ctx context.Context, who authz.Actor) (list []CaseView, err error) {
	err = s.Read(ctx, who, authz.CaseList, authz.Object{}, func(ctx context.Context, db pg.Querier) error {
		cases, err := fielddb.CasesOf(ctx, db, who.District, who.AccountID)
		now := s.Clock.Now()
		for _, c := range cases {
			list = append(list, view(c, now))
		}
		return err
	})
	return list, err
}

// CaseDetail is all that there is to see of a case besides the identity.
type CaseDetail struct {
	CaseView
	Round    Round
	History  []fielddb.Attempt
	Links    []fielddb.Link
	Lacking  []*errs.Error // before the case may be given to a reserve
	OpenNow  error         // why no answer is taken now, nil if it is
	MayWrite bool          // the actor holds the case
}

// Case returns a case: to its evaluator, and to those who supervise the area.
func (s *Service) Case(ctx context.Context, who authz.Actor, id string) (d CaseDetail, err error) {
	c, err := find(ctx, s.Pool, who, authz.CaseRead, id)
	if err != nil {
		return d, err
	}
	err = s.Read(ctx, who, authz.CaseRead, objectOf(c), func(ctx context.Context, db pg.Querier) error {
		now := s.Clock.Now()
		d.CaseView = view(c, now)
		if d.Round, err = s.roundByID(ctx, db, who.District, c.RoundID); err != nil {
			return err
		}
		if d.History, err = fielddb.Attempts(ctx, db, who.District, c.ID); err != nil {
			return err
		}
		if d.Links, err = fielddb.LinksOf(ctx, db, who.District, c.ID); err != nil {
			return err
		}
		d.OpenNow = openFor(d.Round.RoundState, c.DrawID, now)
		d.MayWrite = authz.May(who, authz.ResponseSubmit, objectOf(c))
		if !c.Complete && !c.Replaced {
			d.Lacking = fieldwork.GiveUp(rule(d.Round.Rules), tries(d.History))
		}
		return nil
	})
	return d, err
}

func tries(list []fielddb.Attempt) []fieldwork.Try {
	out := make([]fieldwork.Try, len(list))
	for i, a := range list {
		out[i] = fieldwork.Try{At: a.At, Mode: a.Mode, Code: a.Code}
	}
	return out
}

// Identity is what names a person, opened for the evaluator of the case.
type Identity struct{ Name, Phone, Address, Building string }

// OpenIdentity opens name and contacts of a case for its evaluator, while the
// round is collected. Every opening leaves an entry in the audit log.
func (s *Service) OpenIdentity(ctx context.Context, who authz.Actor, id string) (p Identity, err error) {
	err = s.onCase(ctx, who, authz.IdentityRead, id, func(ctx context.Context, tx *app.Tx, c fielddb.Case, r Round) error {
		if err := openFor(r.RoundState, c.DrawID, tx.Now); err != nil {
			return err
		}
		sealed, err := fielddb.Identity(ctx, tx, who.District, c.FrameID, c.PersonID)
		if err != nil {
			return app.NotFound(err, "person")
		}
		plain, err := s.Seal.Open(sealed, frame.RecordLabel(c.FrameID, c.PersonID))
		if err != nil {
			return fmt.Errorf("open the private record of case %s: %w", c.ID, err)
		}
		rec, err := frame.DecodeRecord(plain)
		if err != nil {
			return err
		}
		p = Identity{rec.Identity.Name, rec.Identity.Phone, rec.Identity.Address, rec.Building}
		tx.Record("case", c.ID, c.Committee, nil)
		return nil
	})
	return p, err
}

func badID(found string) error {
	return errs.New(errs.Invalid, "field.id", "the id is not usable").At("id", found, "a UUID, made at random by the device", "make a new one")
}
