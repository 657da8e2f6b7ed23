// Package panel holds the use cases of panel members: they rate committees on
// criteria with described levels. A member sees and changes only their own
// ratings; a change is a new record, and the latest counts.
package panel

import (
	"context"
	"math"
	"strings"
	"time"
	"unicode/utf8"

	"gongping/internal/app"
	"gongping/internal/authz"
	"gongping/internal/errs"
	"gongping/internal/pg"
	"gongping/internal/pg/paneldb"
	"gongping/internal/pg/rounddb"
	"gongping/scoring/composite"
	"gongping/survey"
)

// Service is the room of the panel.
type Service struct{ *app.Core }

// Highest is the best rating, 0 the worst; half points are allowed.
const Highest = 10

// maxNote is the longest reason, in characters.
const maxNote = 500

// Sheet is a round with its committees and the member's own ratings.
type Sheet struct {
	Round      survey.Round
	Criteria   []composite.Criterion
	Committees []paneldb.Committee
	Ratings    map[string]map[string]paneldb.Rating // by committee and criterion
	Closed     bool                                 // results are published: nothing more is taken
	// Barred are the committees that the member may not rate, and why:
	// declared, own_area, evaluator. They are not among Committees.
	Barred map[string]string
	// Planned: a plan says who rates whom, and Committees are the member's own.
	Planned bool
	Names   map[string]string // of barred committees
}

// Rated is the number of committees with a rating on every criterion.
func (s *Sheet) Rated() int {
	n := 0
	for _, c := range s.Committees {
		if len(s.Ratings[c.Code]) == len(s.Criteria) {
			n++
		}
	}
	return n
}

// Rounds lists the rounds of the member's area that can be or were rated,
// newest first.
func (s *Service) Rounds(ctx context.Context, who authz.Actor) (list []survey.Round, err error) {
	err = s.Read(ctx, who, authz.PanelRate, authz.Object{}, func(ctx context.Context, db pg.Querier) error {
		all, _, err := rounddb.List(ctx, db, who.District, who.Area, 0, 0)
		if err != nil {
			return err
		}
		for _, r := range all {
			if rateable(r) {
				list = append(list, r)
			}
		}
		return nil
	})
	return list, err
}

func rateable(r survey.Round) bool {
	return r.Kind == "drawn" && (r.State == survey.Collecting || r.State == survey.Closed)
}

// Sheet returns what the member has rated in a round and what is left.
func (s *Service) Sheet(ctx context.Context, who authz.Actor, roundID string) (sheet Sheet, err error) {
	err = s.Read(ctx, who, authz.PanelRate, authz.Object{}, func(ctx context.Context, db pg.Querier) error {
		sheet, err = read(ctx, db, who, roundID)
		return err
	})
	return sheet, err
}

func read(ctx context.Context, db pg.Querier, who authz.Actor, roundID string) (s Sheet, err error) {
	if s.Round, err = rounddb.Get(ctx, db, who.District, roundID); err != nil {
		return s, app.NotFound(err, "round")
	}
	if !rateable(s.Round) {
		return s, errs.New(errs.NotNow, "panel.state_round", "the round cannot be rated now")
	}
	b, err := rounddb.RuleBooks.Get(ctx, db, who.District, s.Round.RuleBookID, s.Round.RuleBookVersion)
	if err != nil {
		return s, err
	}
	book, err := composite.DecodeRuleBook(b.Body)
	if err != nil {
		return s, err
	}
	s.Criteria = book.PanelCriteria()
	if s.Committees, err = paneldb.Committees(ctx, db, who.District, roundID, who.Area); err != nil {
		return s, err
	}
	if err := s.restrict(ctx, db, who); err != nil {
		return s, err
	}
	own, err := paneldb.Own(ctx, db, who.District, roundID, who.AccountID, "")
	if err != nil {
		return s, err
	}
	s.Ratings = map[string]map[string]paneldb.Rating{}
	for _, r := range own {
		if s.Ratings[r.Committee] == nil {
			s.Ratings[r.Committee] = map[string]paneldb.Rating{}
		}
		s.Ratings[r.Committee][r.Criterion] = r
	}
	s.Closed, err = paneldb.Published(ctx, db, who.District, roundID)
	return s, err
}

// restrict leaves the committees that the member is to rate: those of the plan
// where there is one, without those that a conflict of interest bars.
func (s *Sheet) restrict(ctx context.Context, db pg.Querier, who authz.Actor) error {
	conflicts, err := conflictsOf(ctx, db, who.District, s.Round.ID)
	if err != nil {
		return err
	}
	pairs, err := assigned(ctx, db, who.District, s.Round.ID)
	if err != nil {
		return err
	}
	s.Planned = pairs != nil
	mine := map[string]bool{}
	for _, p := range pairs {
		mine[p.Committee] = mine[p.Committee] || p.Reviewer == who.AccountID
	}
	s.Barred, s.Names = map[string]string{}, map[string]string{}
	kept := s.Committees[:0:0]
	for _, c := range s.Committees {
		if why := conflicts.bars(who.AccountID, c.Code); why != "" {
			s.Barred[c.Code], s.Names[c.Code] = why, c.Name
		} else if !s.Planned || mine[c.Code] {
			kept = append(kept, c)
		}
	}
	s.Committees = kept
	return nil
}

// Mark is a rating to be saved. Reason says why a rating on record is changed.
type Mark struct {
	Criterion string
	Score     float64
	Note      string
	Reason    string
}

// Sheeted are the marks of one committee.
type Sheeted struct {
	Committee string
	Marks     []Mark
}

// Rate appends the member's ratings of a committee. Marks that change nothing
// add no record. Nothing is taken once results are published.
func (s *Service) Rate(ctx context.Context, who authz.Actor, roundID, committee string, marks []Mark) error {
	return s.rate(ctx, who, roundID, authz.Object{Area: committee}, []Sheeted{{committee, marks}})
}

// RateAll is Rate for several committees at once, all or nothing.
func (s *Service) RateAll(ctx context.Context, who authz.Actor, roundID string, list []Sheeted) error {
	return s.rate(ctx, who, roundID, authz.Object{}, list)
}

func (s *Service) rate(ctx context.Context, who authz.Actor, roundID string, o authz.Object, list []Sheeted) error {
	return s.Write(ctx, who, authz.PanelRate, o, func(ctx context.Context, tx *app.Tx) error {
		if _, err := rounddb.Lock(ctx, tx, who.District, roundID); err != nil {
			return app.NotFound(err, "round")
		}
		sheet, err := read(ctx, tx, who, roundID)
		if err != nil {
			return err
		}
		if sheet.Closed {
			return errs.New(errs.Closed, "panel.closed", "results of the round are published; it can no longer be rated")
		}
		for _, x := range list {
			if err := tx.Check(authz.Object{Area: x.Committee}); err != nil {
				return err
			}
			if err := rateOne(ctx, tx, sheet, x); err != nil {
				return err
			}
		}
		return nil
	})
}

func rateOne(ctx context.Context, tx *app.Tx, sheet Sheet, x Sheeted) error {
	if sheet.Barred[x.Committee] != "" {
		return errs.New(errs.Barred, "panel.conflict", "you have a conflict of interest with this committee and cannot rate it")
	}
	if !has(sheet.Committees, x.Committee) {
		return errs.New(errs.NotFound, "panel.committee_unknown", "the round has no such committee")
	}
	list, err := changed(sheet, x.Committee, x.Marks, tx.Now)
	if err != nil {
		return err
	}
	ids := make([]string, len(list))
	for i := range ids {
		ids[i] = app.NewID()
	}
	tx.Record("panel_rating", sheet.Round.ID, x.Committee, map[string]any{"ratings": len(list)})
	return paneldb.Insert(ctx, tx, tx.Actor.District, sheet.Round.ID, tx.Actor.AccountID, ids, list)
}

func has(list []paneldb.Committee, code string) bool {
	for _, c := range list {
		if c.Code == code {
			return true
		}
	}
	return false
}

// changed checks the marks and leaves out those that say what is on record.
func changed(s Sheet, committee string, marks []Mark, now time.Time) ([]paneldb.Rating, error) {
	known := map[string]bool{}
	for _, c := range s.Criteria {
		known[c.ID] = true
	}
	var out []paneldb.Rating
	for _, m := range marks {
		m.Note, m.Reason = strings.TrimSpace(m.Note), strings.TrimSpace(m.Reason)
		switch {
		case !known[m.Criterion]:
			return nil, errs.New(errs.Invalid, "panel.criterion", "there is no such criterion").At("criterion", m.Criterion, "a criterion of the rule book", "")
		case !(m.Score >= 0 && m.Score <= Highest) || math.Mod(m.Score*2, 1) != 0:
			return nil, errs.New(errs.Invalid, "panel.score_range", "a rating is 0 to 10, in whole or half points").At(m.Criterion, "", "0 to 10", "change the rating")
		case utf8.RuneCountInString(m.Note) > maxNote || utf8.RuneCountInString(m.Reason) > maxNote:
			return nil, errs.New(errs.Invalid, "panel.note_long", "the reason is too long").At(m.Criterion, "", "at most 500 characters", "shorten it")
		}
		known[m.Criterion] = false // once each
		old, rated := s.Ratings[committee][m.Criterion]
		switch {
		case rated && old.Score == m.Score && old.Note == m.Note:
			continue
		case rated && old.Score != m.Score && m.Reason == "":
			return nil, errs.New(errs.Invalid, "panel.change_reason", "a changed rating needs a reason").At(m.Criterion, "", "why the rating is changed", "say what you have learned since")
		case !rated:
			m.Reason = ""
		}
		out = append(out, paneldb.Rating{Committee: committee, Criterion: m.Criterion, Score: m.Score, Note: m.Note, At: now, Reason: m.Reason})
	}
	if len(marks) == 0 {
		return nil, errs.New(errs.Invalid, "panel.no_scores", "no rating was given")
	}
	return out, nil
}
