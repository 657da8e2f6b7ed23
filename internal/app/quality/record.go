package quality

import (
	"context"
	"encoding/json"
	"slices"

	"github.com/google/uuid"

	"gongping/internal/app"
	"gongping/internal/app/field"
	"gongping/internal/authz"
	"gongping/internal/errs"
	"gongping/internal/pg/qualitydb"
	"gongping/survey/instrument"
)

// Outcome is what a try to ask again brought.
type Outcome struct {
	ID          string // made at random by the device; a repeat changes nothing
	Outcome     string // done, not_reached, refused, unable
	Mode        string // door, phone
	Interviewed string // with done: yes, no, unsure
	Told        string // with done: yes, no, "" where it was not answered
	Answers     instrument.Answers
}

func (o Outcome) check() error {
	bad := func(where, found, want string) error {
		return errs.New(errs.Invalid, "backcheck.invalid", "the back-check cannot be recorded").At(where, found, want, "change it and send again")
	}
	done := o.Outcome == "done"
	switch {
	case !slices.Contains([]string{"done", "not_reached", "refused", "unable"}, o.Outcome):
		return bad("outcome", o.Outcome, "done, not_reached, refused or unable")
	case o.Mode != "door" && o.Mode != "phone":
		return bad("mode", o.Mode, "door or phone")
	case done && !slices.Contains([]string{"yes", "no", "unsure"}, o.Interviewed):
		return bad("interviewed", o.Interviewed, "yes, no or unsure")
	case !done && (o.Interviewed != "" || o.Told != "" || len(o.Answers) > 0):
		return bad("outcome", o.Outcome, "done, because there are answers")
	case !slices.Contains([]string{"", "yes", "no"}, o.Told):
		return bad("told", o.Told, "yes, no or nothing")
	}
	return nil
}

// Record takes what a back-check brought from the evaluator who holds it. The
// second answers go beside the first where nobody can read them. Once enough
// residents of an interviewer deny that there was an interview, all of the
// interviewer's cases are asked again, as the rule book says.
func (s *Service) Record(ctx context.Context, who authz.Actor, id string, o Outcome) error {
	if err := o.check(); err != nil {
		return err
	}
	rid, err := uuid.Parse(o.ID)
	if err != nil || rid == uuid.Nil {
		return errs.New(errs.Invalid, "field.id", "the id is not usable").At("id", o.ID, "a UUID, made at random by the device", "make a new one")
	}
	return s.Write(ctx, who, authz.BackCheckRecord, authz.Object{Assignees: []string{who.AccountID}}, func(ctx context.Context, tx *app.Tx) error {
		k, r, err := s.findCheck(ctx, tx, who, authz.BackCheckRecord, id)
		if err != nil {
			return err
		}
		if err := qualitydb.LockRound(ctx, tx, who.District, r.ID); err != nil {
			return err
		}
		if err := s.open(ctx, tx, r); err != nil {
			return err
		}
		short := Short(r.Questionnaire, r.Rules.QualityRules())
		answers := instrument.Answers{}
		for item, v := range o.Answers {
			if v != "" {
				answers[item] = v
			}
		}
		if err := short.CheckAnswers(answers); err != nil {
			return err
		}
		tx.Record("backcheck", k.ID, k.Committee, map[string]any{"outcome": o.Outcome})
		fresh, err := qualitydb.InsertResult(ctx, tx, who.District, qualitydb.Result{ID: rid.String(), BackCheckID: k.ID, Evaluator: who.AccountID,
			Outcome: o.Outcome, Mode: o.Mode, Interviewed: o.Interviewed, Told: o.Told, At: tx.Now})
		if err != nil || !fresh || o.Outcome != "done" {
			return err
		}
		if o.Interviewed != "no" && len(answers) > 0 {
			b, err := json.Marshal(answers)
			if err != nil {
				return err
			}
			if err := qualitydb.CompareWithFirst(ctx, tx, who.District, k.ID, b); err != nil {
				return err
			}
		}
		if o.Interviewed == "no" {
			return s.denied(ctx, tx, who, r, k)
		}
		return nil
	})
}

// denied follows the rule book's consequence of denied interviews.
func (s *Service) denied(ctx context.Context, tx *app.Tx, who authz.Actor, r field.Round, k qualitydb.BackCheck) error {
	tallies, err := qualitydb.Tallies(ctx, tx, who.District, r.ID, "")
	if err != nil {
		return err
	}
	cases, err := qualitydb.FinishedCases(ctx, tx, who.District, r.ID)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(cases, func(c qualitydb.Finished) bool { return c.CaseID == k.CaseID })
	if i < 0 || cases[i].Alone || cases[i].Evaluator == "" {
		return nil
	}
	for _, t := range tallies {
		if t.Evaluator == cases[i].Evaluator && t.Denied >= r.Rules.QualityRules().DeniedToVerify {
			n, err := s.verifyAll(ctx, tx, who, t.Evaluator, "", r)
			if n > 0 {
				tx.RecordAs(authz.BackCheckDraw, "account", t.Evaluator, k.Committee, map[string]any{"rule": "denied_to_verify", "denied": t.Denied, "sent": n})
			}
			return err
		}
	}
	return nil
}
