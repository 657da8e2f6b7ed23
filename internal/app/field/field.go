// Package field holds the use cases of fieldwork: an evaluator's cases, contact
// attempts, reserves, personal links, the taking of answers, receipts, and the
// progress that supervisors watch.
//
// Answers go through one submitter (see submitter.go), which writes many in one
// transaction and answers each sender after the commit.
package field

import (
	"context"
	"fmt"
	"sync"
	"time"

	"gongping/internal/app"
	"gongping/internal/authz"
	"gongping/internal/errs"
	"gongping/internal/pg"
	"gongping/internal/pg/fielddb"
	"gongping/internal/pg/rounddb"
	"gongping/internal/seal"
	"gongping/scoring/composite"
	"gongping/survey"
	"gongping/survey/draw"
	"gongping/survey/fieldwork"
	"gongping/survey/instrument"
)

// Service is the room of fieldwork. Make it with New and end it with Close.
type Service struct {
	*app.Core
	submit   *submitter
	docs     sync.Map // immutable versions of questionnaires and rule books
	recent   sync.Map // the rounds of the last submissions by district, to read with the next
	people   sync.Map // population of a frame by area: a frozen frame does not change
	facts    sync.Map // *facts by district
	receipts *seal.Permutation
}

// New makes the room and starts its submitter.
func New(core *app.Core) *Service {
	s := &Service{Core: core, receipts: newReceipts(core.Seal)}
	s.submit = newSubmitter(s)
	return s
}

// Close takes no more submissions and returns when all that were taken are
// written, or ctx ends.
func (s *Service) Close(ctx context.Context) error { return s.submit.close(ctx) }

// Round is a round with the documents that its fieldwork follows.
type Round struct {
	fielddb.RoundState
	Questionnaire *instrument.Questionnaire
	Rules         *composite.RuleBook
}

// round completes the state of a round with its documents.
func (s *Service) round(ctx context.Context, q pg.Querier, district string, st fielddb.RoundState) (Round, error) {
	qn, err := document(ctx, s, q, rounddb.Questionnaires, district, st.QuestionnaireID, st.QuestionnaireVersion, instrument.Decode)
	if err != nil {
		return Round{}, err
	}
	rb, err := document(ctx, s, q, rounddb.RuleBooks, district, st.RuleBookID, st.RuleBookVersion, composite.DecodeRuleBook)
	return Round{st, qn, rb}, err
}

// document reads a version once; versions never change.
func document[T any](ctx context.Context, s *Service, q pg.Querier, table rounddb.Table, district, id string, version int, decode func([]byte) (*T, error)) (*T, error) {
	key := fmt.Sprintf("%v/%s/%s/%d", table, district, id, version)
	if v, ok := s.docs.Load(key); ok {
		return v.(*T), nil
	}
	v, err := table.Get(ctx, q, district, id, version)
	if err != nil {
		return nil, app.NotFound(err, "document")
	}
	doc, err := decode(v.Body)
	if err != nil {
		return nil, err
	}
	s.docs.Store(key, doc)
	return doc, nil
}

// roundByID reads a round for pages.
func (s *Service) roundByID(ctx context.Context, q pg.Querier, district, id string) (Round, error) {
	r, err := rounddb.Get(ctx, q, district, id)
	if err != nil {
		return Round{}, app.NotFound(err, "round")
	}
	late, err := fielddb.Late(ctx, q, district, id)
	if err != nil {
		return Round{}, err
	}
	return s.round(ctx, q, district, fielddb.RoundState{ID: r.ID, Late: late, State: r.State, OpensOn: r.OpensOn, ClosesOn: r.ClosesOn,
		QuestionnaireID: r.QuestionnaireID, QuestionnaireVersion: r.QuestionnaireVersion, RuleBookID: r.RuleBookID,
		RuleBookVersion: r.RuleBookVersion, Title: r.Title, AreaCode: r.AreaCode, FrameID: r.FrameID})
}

// Day is the calendar day of fieldwork, as it is stored.
func Day(t time.Time) string { return t.In(fieldwork.Zone).Format(time.DateOnly) }

// openFor returns an error unless a case of a draw takes answers now: while its
// round is collected, or, of a batch that follows the closed round, until its
// last day.
func openFor(r fielddb.RoundState, drawID string, now time.Time) error {
	if until, ok := r.Late[drawID]; ok && r.State == survey.Closed && Day(now) <= until {
		return nil
	}
	return checkOpen(r, now)
}

// date is the day of t in its own zone as a number that orders like it.
func date(t time.Time) int {
	y, m, d := t.Date()
	return (y*100+int(m))*100 + d
}

// checkOpen returns an error unless a round takes answers now.
func checkOpen(r fielddb.RoundState, now time.Time) error {
	if today := date(now.In(fieldwork.Zone)); r.State == survey.Collecting && date(r.OpensOn) <= today && today <= date(r.ClosesOn) {
		return nil
	}
	today, first, last := Day(now), r.OpensOn.Format(time.DateOnly), r.ClosesOn.Format(time.DateOnly)
	with := map[string]any{"First": first, "Last": last}
	switch {
	case r.State == survey.Closed || r.State == survey.Cancelled || (r.State == survey.Collecting && today > last):
		return errs.New(errs.Closed, "field.closed", "the round takes no more answers; its last day was %s", last).With(with)
	case r.State != survey.Collecting || today < first:
		return errs.New(errs.NotNow, "field.not_open", "the round does not take answers yet; its first day is %s", first).With(with)
	}
	return nil
}

// rule is the rule book's rule for giving up a case.
func rule(b *composite.RuleBook) draw.Rule {
	return draw.Rule{Attempts: b.Fieldwork.Attempts, Days: b.Fieldwork.Days, Parts: b.Fieldwork.DayParts, Weekend: b.Fieldwork.Weekend}
}

var errNoCase = errs.New(errs.NotFound, "case.not_found", "there is no such case, or none that you may see")

// objectOf is a case as the access table sees it.
func objectOf(c fielddb.Case) authz.Object {
	return authz.Object{Area: c.Committee, Assignees: []string{c.Evaluator}, CaseID: c.ID}
}

// find loads a case that the actor may do the action on; others do not exist
// for them.
func find(ctx context.Context, q pg.Querier, who authz.Actor, action authz.Action, id string) (fielddb.Case, error) {
	if authz.ScopeOf(who.Role, action) == authz.Deny {
		return fielddb.Case{}, authz.Check(who, action, authz.Object{})
	}
	c, err := fielddb.GetCase(ctx, q, who.District, id)
	if err != nil {
		return c, app.NotFound(err, "case")
	}
	if authz.Check(who, action, objectOf(c)) != nil {
		return fielddb.Case{}, errNoCase
	}
	return c, nil
}

// onCase runs fn in a transaction that holds the case; the assignment is
// checked again inside, because it may have changed a moment ago.
func (s *Service) onCase(ctx context.Context, who authz.Actor, action authz.Action, id string, fn func(context.Context, *app.Tx, fielddb.Case, Round) error) error {
	c, err := find(ctx, s.Pool, who, action, id)
	if err != nil {
		return err
	}
	return s.Write(ctx, who, action, objectOf(c), func(ctx context.Context, tx *app.Tx) error {
		if err := fielddb.LockCase(ctx, tx, who.District, c.ID); err != nil {
			return err
		}
		held, err := find(ctx, tx, who, action, c.ID)
		if err != nil {
			return err
		}
		r, err := s.roundByID(ctx, tx, who.District, held.RoundID)
		if err != nil {
			return err
		}
		return fn(ctx, tx, held, r)
	})
}
