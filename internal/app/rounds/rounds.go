// Package rounds holds the use cases of questionnaires, rule books and rounds:
// drafting, freezing, opening and closing.
package rounds

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"strings"
	"time"

	"gongping/internal/app"
	"gongping/internal/authz"
	"gongping/internal/errs"
	"gongping/internal/pg"
	"gongping/internal/pg/drawdb"
	"gongping/internal/pg/rounddb"
	"gongping/scoring/composite"
	"gongping/survey"
	"gongping/survey/instrument"
)

// Service is the room of rounds.
type Service struct{ *app.Core }

// SaveQuestionnaire stores a questionnaire as a new version: of id, or of a new
// one where id is empty. It returns the id and the version.
func (s *Service) SaveQuestionnaire(ctx context.Context, who authz.Actor, id string, q *instrument.Questionnaire) (string, int, error) {
	if err := q.Check(); err != nil {
		return "", 0, err
	}
	return s.saveVersion(ctx, who, authz.QuestionnaireEdit, rounddb.Questionnaires, id, q.Title.In("zh"), q)
}

// SaveRuleBook stores a rule book as a new version, like SaveQuestionnaire.
func (s *Service) SaveRuleBook(ctx context.Context, who authz.Actor, id string, b *composite.RuleBook) (string, int, error) {
	if err := b.Check(); err != nil {
		return "", 0, err
	}
	return s.saveVersion(ctx, who, authz.RuleBookEdit, rounddb.RuleBooks, id, b.Title["zh"], b)
}

func (s *Service) saveVersion(ctx context.Context, who authz.Actor, action authz.Action, t rounddb.Table, id, title string, body any) (string, int, error) {
	data, err := json.Marshal(body)
	if err != nil {
		return "", 0, err
	}
	digest := sha256.Sum256(data)
	version := 1
	err = s.WriteSerializable(ctx, who, action, authz.Object{}, func(ctx context.Context, tx *app.Tx) error {
		if id == "" {
			id = app.NewID()
		} else {
			last, err := t.Get(ctx, tx, who.District, id, 0)
			if err != nil {
				return app.NotFound(err, "document")
			}
			version = last.Version + 1
		}
		tx.Record("document", id, who.Area, map[string]any{"version": version})
		return t.Insert(ctx, tx, who.District, rounddb.Versioned{ID: id, Version: version, Title: title, Body: data, Digest: digest[:], CreatedAt: tx.Now}, who.AccountID)
	})
	return id, version, err
}

// Questionnaire returns a version of a questionnaire; version 0 is the latest.
func (s *Service) Questionnaire(ctx context.Context, who authz.Actor, id string, version int) (q *instrument.Questionnaire, v rounddb.Versioned, err error) {
	err = s.Read(ctx, who, authz.QuestionnaireRead, authz.Object{}, func(ctx context.Context, db pg.Querier) error {
		if v, err = rounddb.Questionnaires.Get(ctx, db, who.District, id, version); err != nil {
			return app.NotFound(err, "document")
		}
		q, err = instrument.Decode(v.Body)
		return err
	})
	return q, v, err
}

// RuleBook returns a version of a rule book; version 0 is the latest.
func (s *Service) RuleBook(ctx context.Context, who authz.Actor, id string, version int) (b *composite.RuleBook, v rounddb.Versioned, err error) {
	err = s.Read(ctx, who, authz.RuleBookRead, authz.Object{}, func(ctx context.Context, db pg.Querier) error {
		if v, err = rounddb.RuleBooks.Get(ctx, db, who.District, id, version); err != nil {
			return app.NotFound(err, "document")
		}
		b, err = composite.DecodeRuleBook(v.Body)
		return err
	})
	return b, v, err
}

// Versions lists all versions of a questionnaire or rule book, latest first.
func (s *Service) Versions(ctx context.Context, who authz.Actor, t rounddb.Table, id string) (list []rounddb.Versioned, err error) {
	err = s.Read(ctx, who, readAction(t), authz.Object{}, func(ctx context.Context, db pg.Querier) error {
		list, err = t.Versions(ctx, db, who.District, id)
		if err == nil && len(list) == 0 || pg.Code(err) == "22P02" {
			return errs.New(errs.NotFound, "document.not_found", "there is no such document, or none that you may see")
		}
		return err
	})
	return list, err
}

func readAction(t rounddb.Table) authz.Action {
	if t == rounddb.RuleBooks {
		return authz.RuleBookRead
	}
	return authz.QuestionnaireRead
}

// Documents lists the latest versions of questionnaires or rule books.
func (s *Service) Documents(ctx context.Context, who authz.Actor, t rounddb.Table) (list []rounddb.Versioned, err error) {
	err = s.Read(ctx, who, readAction(t), authz.Object{}, func(ctx context.Context, db pg.Querier) error {
		list, err = t.List(ctx, db, who.District)
		return err
	})
	return list, err
}

// List returns the rounds that touch the actor's area, newest first.
func (s *Service) List(ctx context.Context, who authz.Actor) (list []survey.Round, err error) {
	list, _, err = s.Page(ctx, who, 1, 0)
	return list, err
}

// Page returns one page of List, counted from 1, and the number of all rounds;
// a size of 0 means all.
func (s *Service) Page(ctx context.Context, who authz.Actor, page, size int) (list []survey.Round, total int, err error) {
	err = s.Read(ctx, who, authz.RoundRead, authz.Object{}, func(ctx context.Context, db pg.Querier) error {
		list, total, err = rounddb.List(ctx, db, who.District, who.Area, size, (max(page, 1)-1)*size)
		return err
	})
	return list, total, err
}

// AreaNames returns the names of the district's areas by code.
func (s *Service) AreaNames(ctx context.Context, who authz.Actor) (names map[string]string, err error) {
	err = s.Read(ctx, who, authz.AreaRead, authz.Object{}, func(ctx context.Context, db pg.Querier) error {
		names, err = rounddb.AreaNames(ctx, db, who.District, who.District)
		return err
	})
	return names, err
}

// Detail is a round with all that belongs to it.
type Detail struct {
	survey.Round
	Events     []rounddb.Event
	Evaluators []rounddb.Evaluator
	Strata     []rounddb.Stratum // of a frozen round
	Versions   []survey.Round    // of the same series, first to last
	Names      map[string]string // of the areas that occur
	FrameName  string
	// QuestionnaireTitle and RuleBookTitle are those of the chosen versions.
	QuestionnaireTitle, RuleBookTitle string
}

// Get returns a round.
func (s *Service) Get(ctx context.Context, who authz.Actor, id string) (d Detail, err error) {
	err = s.Read(ctx, who, authz.RoundRead, authz.Object{}, func(ctx context.Context, db pg.Querier) error {
		if d.Round, err = rounddb.Get(ctx, db, who.District, id); err != nil {
			return app.NotFound(err, "round")
		}
		if d.Events, err = rounddb.Events(ctx, db, who.District, id); err != nil {
			return err
		}
		if d.Evaluators, err = rounddb.Evaluators(ctx, db, who.District, id); err != nil {
			return err
		}
		if d.Strata, err = rounddb.Strata(ctx, db, who.District, id); err != nil {
			return err
		}
		if d.Versions, err = rounddb.Series(ctx, db, who.District, d.Series); err != nil {
			return err
		}
		if d.Names, err = rounddb.AreaNames(ctx, db, who.District, d.AreaCode); err != nil {
			return err
		}
		d.FrameName, d.QuestionnaireTitle, d.RuleBookTitle, err = rounddb.Titles(ctx, db, who.District, d.Round)
		return err
	})
	return d, err
}

// Choices are what the form of a round offers.
type Choices struct {
	Areas          []survey.Area // districts, streets, committees
	Frames         []rounddb.Frame
	Evaluators     []rounddb.Candidate
	Questionnaires []rounddb.Versioned
	RuleBooks      []rounddb.Versioned
}

// Choices lists what a manager may choose from.
func (s *Service) Choices(ctx context.Context, who authz.Actor) (c Choices, err error) {
	err = s.Read(ctx, who, authz.RoundEdit, authz.Object{}, func(ctx context.Context, db pg.Querier) error {
		if c.Areas, err = rounddb.Areas(ctx, db, who.District, who.Area); err != nil {
			return err
		}
		if c.Frames, err = rounddb.Frames(ctx, db, who.District); err != nil {
			return err
		}
		if c.Evaluators, err = rounddb.Candidates(ctx, db, who.District); err != nil {
			return err
		}
		if c.Questionnaires, err = rounddb.Questionnaires.List(ctx, db, who.District); err != nil {
			return err
		}
		c.RuleBooks, err = rounddb.RuleBooks.List(ctx, db, who.District)
		return err
	})
	return c, err
}

// Draft is what a manager fills in.
type Draft struct {
	Title, AreaCode, FrameID, QuestionnaireID, RuleBookID string
	QuestionnaireVersion, RuleBookVersion                 int
	Plan                                                  survey.Plan
	OpensOn, ClosesOn                                     time.Time
	Evaluators                                            []rounddb.Evaluator
}

func (d Draft) check() error {
	bad := func(field, found, want string) error {
		return errs.New(errs.Invalid, "round.invalid", "the round cannot be saved").At(field, found, want, "change the field and save again")
	}
	switch {
	case d.Title == "" || len([]rune(d.Title)) > 100:
		return bad("title", d.Title, "a title of at most 100 characters")
	case survey.LevelOf(d.AreaCode) == 0 || survey.LevelOf(d.AreaCode) > survey.Committee:
		return bad("area_code", d.AreaCode, "the code of a district, street or committee")
	case d.FrameID == "":
		return bad("frame_id", "", "a frame to draw from")
	case d.OpensOn.IsZero() || d.ClosesOn.Before(d.OpensOn):
		return bad("closes_on", d.ClosesOn.Format(time.DateOnly), "a day not before the first")
	}
	return d.Plan.Check()
}

func (d Draft) into(r *survey.Round) {
	r.Title, r.AreaCode, r.FrameID, r.Plan, r.OpensOn, r.ClosesOn = d.Title, d.AreaCode, d.FrameID, d.Plan, d.OpensOn, d.ClosesOn
	r.QuestionnaireID, r.QuestionnaireVersion, r.RuleBookID, r.RuleBookVersion = d.QuestionnaireID, d.QuestionnaireVersion, d.RuleBookID, d.RuleBookVersion
}

// Create makes a draft; supersedes, if not empty, is the round of which it is
// the next version.
func (s *Service) Create(ctx context.Context, who authz.Actor, d Draft, supersedes string) (string, error) {
	if err := d.check(); err != nil {
		return "", err
	}
	id := app.NewID()
	err := s.WriteSerializable(ctx, who, authz.RoundEdit, authz.Object{Area: d.AreaCode}, func(ctx context.Context, tx *app.Tx) error {
		r := survey.Round{ID: id, Series: id, Version: 1, Kind: "drawn", CreatedAt: tx.Now}
		if supersedes != "" {
			old, err := rounddb.Get(ctx, tx, who.District, supersedes)
			if err != nil {
				return app.NotFound(err, "round")
			}
			if err := tx.Check(authz.Object{Area: old.AreaCode}); err != nil {
				return err
			}
			if old.State == survey.Draft {
				return errs.New(errs.NotNow, "round.still_draft", "the round is still a draft; change it instead of making a new version")
			}
			r.Series, r.Version, r.Supersedes = old.Series, old.Version+1, old.ID
		}
		d.into(&r)
		tx.Record("round", id, d.AreaCode, map[string]any{"version": r.Version})
		err := rounddb.Insert(ctx, tx, who.District, r, who.AccountID)
		if pg.Duplicate(err) {
			return errs.New(errs.Conflict, "round.newer_version", "there is already a newer version of this round")
		}
		if err != nil {
			return reference(err)
		}
		return reference(rounddb.SetEvaluators(ctx, tx, who.District, id, d.Evaluators))
	})
	return id, err
}

// Update changes a draft.
func (s *Service) Update(ctx context.Context, who authz.Actor, id string, d Draft) error {
	if err := d.check(); err != nil {
		return err
	}
	return s.Write(ctx, who, authz.RoundEdit, authz.Object{Area: d.AreaCode}, func(ctx context.Context, tx *app.Tx) error {
		r, err := s.locked(ctx, tx, id)
		if err != nil {
			return err
		}
		if r.State != survey.Draft {
			return errs.New(errs.Closed, "round.frozen", "the round is frozen; make a new version to change it")
		}
		d.into(&r)
		tx.Record("round", id, d.AreaCode, nil)
		if err := rounddb.Update(ctx, tx, who.District, r); err != nil {
			return reference(err)
		}
		return reference(rounddb.SetEvaluators(ctx, tx, who.District, id, d.Evaluators))
	})
}

func (s *Service) locked(ctx context.Context, tx *app.Tx, id string) (survey.Round, error) {
	r, err := rounddb.Lock(ctx, tx, tx.Actor.District, id)
	if err != nil {
		return r, app.NotFound(err, "round")
	}
	return r, tx.Check(authz.Object{Area: r.AreaCode})
}

// reference turns a broken foreign key into a sentence.
func reference(err error) error {
	if pg.Code(err) == "23503" || pg.Code(err) == "22P02" {
		return errs.Wrap(err, errs.Invalid, "round.reference", "the area, frame, questionnaire, rule book or evaluator does not exist").
			At("round", "", "things that exist in this district", "choose them from the lists")
	}
	return err
}

// Step opens, closes or cancels a round. A round whose draw is committed cannot
// be cancelled quietly: the commitment is given up first, with its own reason.
func (s *Service) Step(ctx context.Context, who authz.Actor, id string, to survey.State, reason string) error {
	return s.WriteSerializable(ctx, who, authz.RoundStep, authz.Object{}, func(ctx context.Context, tx *app.Tx) error {
		r, err := s.locked(ctx, tx, id)
		if err != nil {
			return err
		}
		if to != survey.Collecting && to != survey.Closed && to != survey.Cancelled {
			return survey.CheckStep(to, to)
		}
		if err := survey.CheckStep(r.State, to); err != nil {
			return err
		}
		if to == survey.Cancelled && strings.TrimSpace(reason) == "" {
			return errs.New(errs.Invalid, "round.cancel_reason", "a round is cancelled with a reason").At("reason", "", "why", "write one sentence")
		}
		if to == survey.Cancelled && r.State == survey.Frozen {
			open, err := drawdb.Open(ctx, tx, who.District, id)
			if err != nil {
				return err
			}
			if open != "" {
				return errs.New(errs.NotNow, "round.commitment_open", "a draw of this round is committed").
					At("commitment", open, "none that is open", "give the commitment up with a reason, then cancel the round")
			}
		}
		tx.Record("round", id, r.AreaCode, map[string]any{"state": string(to)})
		return rounddb.AddEvent(ctx, tx, who.District, id, to, nil, who.AccountID, tx.Now, reason)
	})
}

// DraftOf is what a round would be saved as if nothing were changed.
func DraftOf(d Detail) Draft {
	r := d.Round
	r.Plan.Collapsed = nil
	return Draft{Title: r.Title, AreaCode: r.AreaCode, FrameID: r.FrameID, QuestionnaireID: r.QuestionnaireID, RuleBookID: r.RuleBookID,
		QuestionnaireVersion: r.QuestionnaireVersion, RuleBookVersion: r.RuleBookVersion, Plan: r.Plan, OpensOn: r.OpensOn, ClosesOn: r.ClosesOn,
		Evaluators: d.Evaluators}
}
