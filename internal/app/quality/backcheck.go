package quality

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"github.com/google/uuid"
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

// send makes back-checks of cases: those of the random share (why "random"), or
// the first limit by ticket (0: all). Taken ones are left out; those sent are
// marked as taken in cases.
func (s *Service) send(ctx context.Context, tx *app.Tx, r field.Round, cases []qualitydb.Finished, why, finding string, limit int) (int, error) {
	c, seed, err := s.commitment(ctx, tx, r)
	if err != nil {
		return 0, err
	}
	if c.Revealed != "" {
		return 0, errEnded
	}
	type drawn struct {
		qualitydb.Finished
		at     int // in cases
		ticket []byte
	}
	var list []drawn
	for i, k := range cases {
		t, inShare := quality.Drawn(seed, r.ID, k.PersonID, c.Share)
		if !k.Taken && (why != "random" || inShare) {
			list = append(list, drawn{k, i, t[:]})
		}
	}
	slices.SortFunc(list, func(a, b drawn) int { return bytes.Compare(a.ticket, b.ticket) })
	if limit > 0 && len(list) > limit {
		list = list[:limit]
	}
	if len(list) == 0 {
		return 0, nil
	}
	ids := make([]string, len(list))
	for i, k := range list {
		ids[i] = k.CaseID
	}
	touched, err := qualitydb.Touched(ctx, tx, tx.Actor.District, ids)
	if err != nil {
		return 0, err
	}
	suspects, err := qualitydb.Suspects(ctx, tx, tx.Actor.District, r.ID)
	if err != nil {
		return 0, err
	}
	load, err := qualitydb.Load(ctx, tx, tx.Actor.District, r.ID)
	if err != nil {
		return 0, err
	}
	people := map[string][][2]string{}
	out := make([]qualitydb.NewBackCheck, 0, len(list))
	for _, k := range list {
		if people[k.Committee] == nil {
			if people[k.Committee], err = fielddb.Evaluators(ctx, tx, tx.Actor.District, k.Committee); err != nil {
				return 0, err
			}
		}
		who := another(people[k.Committee], slices.Concat(touched[k.CaseID], suspects), load)
		load[who]++
		cases[k.at].Taken = true
		out = append(out, qualitydb.NewBackCheck{ID: app.NewID(), CaseID: k.CaseID, Why: why, FindingID: finding, Ticket: k.ticket, Evaluator: who})
	}
	return len(out), qualitydb.InsertBackChecks(ctx, tx, tx.Actor.District, r.ID, out, tx.Actor.AccountID, tx.Now)
}

// another is the least loaded evaluator who is not barred (never touched the
// case, and is not under question), "" where there is none; of equals the first.
func another(people [][2]string, barred []string, load map[string]int) string {
	best := ""
	for _, p := range people {
		if !slices.Contains(barred, p[0]) && (best == "" || load[p[0]] < load[best]) {
			best = p[0]
		}
	}
	return best
}

// casesOf are the finished cases of a finding's unit: of the interviewer, of the
// building, of the committee. They are found by what is known of a case; which
// case gave which answer is not looked up, because nobody can.
func (s *Service) casesOf(f qualitydb.Finding, r field.Round, all []qualitydb.Finished) []qualitydb.Finished {
	return slices.DeleteFunc(slices.Clone(all), func(k qualitydb.Finished) bool {
		switch {
		case f.Kind == quality.Interviewer:
			return k.Evaluator != f.Evaluator || k.Alone
		case f.Building != "":
			return k.Committee != f.Committee || k.Building == "" ||
				s.Seal.Pseudonym("response/"+r.ID+"/building", k.Committee+"/"+k.Building) != f.Building
		}
		return k.Committee != f.Committee
	})
}

// sendPair sends cases of a finding and of the other one of its pair, up to the
// same number.
func (s *Service) sendPair(ctx context.Context, tx *app.Tx, who authz.Actor, f qualitydb.Finding, r field.Round) (int, error) {
	all, err := qualitydb.FinishedCases(ctx, tx, who.District, r.ID)
	if err != nil {
		return 0, err
	}
	pair := []qualitydb.Finding{f}
	list, err := qualitydb.Findings(ctx, tx, who.District, r.ID, "")
	if err != nil {
		return 0, err
	}
	for _, o := range list {
		if o.PairOf == f.ID || (f.PairOf != "" && o.ID == f.PairOf) {
			pair = append(pair, o)
		}
	}
	total := 0
	for _, one := range pair {
		cases := s.casesOf(one, r, all)
		n, err := s.send(ctx, tx, r, cases, whyOf(one), one.ID, r.Rules.QualityRules().SuspectCases)
		if err != nil {
			return 0, err
		}
		take(all, cases) // a case that both share is asked again once
		total += n
	}
	return total, nil
}

// verifyAll sends every case of an interviewer that is left.
func (s *Service) verifyAll(ctx context.Context, tx *app.Tx, who authz.Actor, evaluator, finding string, r field.Round) (int, error) {
	all, err := qualitydb.FinishedCases(ctx, tx, who.District, r.ID)
	if err != nil {
		return 0, err
	}
	return s.send(ctx, tx, r, s.casesOf(qualitydb.Finding{Kind: quality.Interviewer, Evaluator: evaluator}, r, all), "verify_all", finding, 0)
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
