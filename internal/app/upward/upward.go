// Package upward holds the use cases by which those who carry the work look at
// functional departments: the register of tasks handed down, and the optional,
// anonymous survey in which workers rate departments.
package upward

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"gongping/internal/app"
	"gongping/internal/authz"
	"gongping/internal/errs"
	"gongping/internal/pg"
	"gongping/internal/pg/departmentdb"
	"gongping/internal/pg/upwarddb"
	"gongping/survey/instrument"
)

// Service is the room of the upward view.
type Service struct{ *app.Core }

// Cell is how many answers a department needs before anything shows.
const Cell = 10

// maxTitle is the longest title, in characters.
const maxTitle = 120

// zone is where days begin.
var zone = time.FixedZone("Asia/Shanghai", 8*3600)

func day(t time.Time) time.Time {
	y, m, d := t.In(zone).Date()
	return time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
}

// Open opens a survey of all departments, from today until closes.
func (s *Service) Open(ctx context.Context, who authz.Actor, title string, closes time.Time) (id string, err error) {
	title = strings.TrimSpace(title)
	today := day(s.Clock.Now())
	if n := utf8.RuneCountInString(title); n == 0 || n > maxTitle {
		return "", errs.New(errs.Invalid, "upward.needs_title", "the survey needs a title").At("title", "", "1 to 120 characters", "for example: ratings of departments, autumn 2026")
	}
	if closes.Before(today) || closes.After(today.AddDate(0, 3, 0)) {
		return "", errs.New(errs.Invalid, "upward.closes", "the survey must end within three months").At("closes", closes.Format(time.DateOnly), "a day from today to three months on", "choose another day")
	}
	q, err := json.Marshal(instrument.Upward())
	if err != nil {
		return "", err
	}
	id = app.NewID()
	err = s.WriteSerializable(ctx, who, authz.UpwardManage, authz.Object{Area: who.District}, func(ctx context.Context, tx *app.Tx) error {
		list, err := upwarddb.Surveys(ctx, tx, who.District)
		if err != nil {
			return err
		}
		for _, x := range list {
			if !x.Closed {
				return errs.New(errs.NotNow, "upward.open_conflict", "another survey is still open; close it first")
			}
		}
		tx.Record("upward_survey", id, who.District, map[string]any{"closes": closes.Format(time.DateOnly)})
		return upwarddb.InsertSurvey(ctx, tx, who.District, who.AccountID, upwarddb.Survey{ID: id, Title: title, OpensOn: today, ClosesOn: closes, Questionnaire: q, Cell: Cell, At: tx.Now})
	})
	return id, err
}

// Close ends a survey; from then on its results show.
func (s *Service) Close(ctx context.Context, who authz.Actor, id string) error {
	return s.Write(ctx, who, authz.UpwardManage, authz.Object{Area: who.District}, func(ctx context.Context, tx *app.Tx) error {
		if _, err := find(ctx, tx, who.District, id); err != nil {
			return err
		}
		tx.Record("upward_survey", id, who.District, map[string]any{"closed": true})
		return s.end(ctx, tx, who.District, id, who.AccountID)
	})
}

func (s *Service) end(ctx context.Context, tx *app.Tx, district, id, by string) error {
	if err := upwarddb.Hold(ctx, tx, id, true); err != nil {
		return err
	}
	return upwarddb.Close(ctx, tx, district, id, by, tx.Now)
}

// closeDue ends the surveys whose last day is over.
func (s *Service) closeDue(ctx context.Context, district string, list []upwarddb.Survey) (ended bool, err error) {
	today := day(s.Clock.Now())
	for _, x := range list {
		if x.Closed || !today.After(x.ClosesOn) {
			continue
		}
		ended = true
		if err := s.Write(ctx, authz.SystemActor(district), authz.UpwardManage, authz.Object{}, func(ctx context.Context, tx *app.Tx) error {
			tx.Record("upward_survey", x.ID, district, map[string]any{"closed": true})
			return s.end(ctx, tx, district, x.ID, "")
		}); err != nil {
			return true, err
		}
	}
	return ended, nil
}

func find(ctx context.Context, db pg.Querier, district, id string) (upwarddb.Survey, error) {
	list, err := upwarddb.Surveys(ctx, db, district)
	if err != nil {
		return upwarddb.Survey{}, err
	}
	i := slices.IndexFunc(list, func(x upwarddb.Survey) bool { return x.ID == id })
	if i < 0 {
		return upwarddb.Survey{}, errs.New(errs.NotFound, "upward.not_found", "there is no such survey")
	}
	return list[i], nil
}

// Surveys lists the surveys, newest first; those whose last day is over are
// closed on the way.
func (s *Service) Surveys(ctx context.Context, who authz.Actor) (list []upwarddb.Survey, err error) {
	read := func() error {
		return s.Read(ctx, who, authz.UpwardRead, authz.Object{Department: who.Department}, func(ctx context.Context, db pg.Querier) error {
			list, err = upwarddb.Surveys(ctx, db, who.District)
			return err
		})
	}
	if err := read(); err != nil {
		return nil, err
	}
	if ended, err := s.closeDue(ctx, who.District, list); err != nil || !ended {
		return list, err
	}
	return list, read()
}

// token is the keyed hash by which an account answers once about a department.
// It stands in no answer, and without the key nobody can compute it.
func (s *Service) token(survey, department, account string) string {
	return s.Seal.Pseudonym("upward/"+survey+"/"+department, account)
}

// Invitation is what a worker may rate.
type Invitation struct {
	Survey      *upwarddb.Survey // nil where none is open
	Departments []departmentdb.Department
	Answered    map[string]bool
}

// Invitation returns the open survey with the departments that the worker has
// or has not rated. It invites; nobody is reminded, and nobody sees who has
// answered.
func (s *Service) Invitation(ctx context.Context, who authz.Actor) (v Invitation, err error) {
	if err := authz.Check(who, authz.UpwardAnswer, authz.Object{Area: who.Area}); err != nil {
		return v, err
	}
	list, err := s.Surveys(ctx, who)
	if err != nil {
		return v, err
	}
	v.Answered = map[string]bool{}
	for i := range list {
		if !list[i].Closed {
			v.Survey = &list[i]
		}
	}
	if v.Survey == nil {
		return v, nil
	}
	err = s.Read(ctx, who, authz.UpwardAnswer, authz.Object{Area: who.Area}, func(ctx context.Context, db pg.Querier) error {
		all, err := departmentdb.List(ctx, db, who.District)
		if err != nil {
			return err
		}
		var tokens []string
		for _, d := range all {
			if d.Active {
				v.Departments = append(v.Departments, d)
				tokens = append(tokens, s.token(v.Survey.ID, d.Code, who.AccountID))
			}
		}
		spent, err := upwarddb.Spent(ctx, db, who.District, tokens)
		for i, d := range v.Departments {
			v.Answered[d.Code] = spent[tokens[i]]
		}
		return err
	})
	return v, err
}

// Rated lists the departments whose results the reader may see.
func (s *Service) Rated(ctx context.Context, who authz.Actor) (list []departmentdb.Department, err error) {
	err = s.Read(ctx, who, authz.UpwardRead, authz.Object{Department: who.Department}, func(ctx context.Context, db pg.Querier) error {
		all, err := departmentdb.List(ctx, db, who.District)
		for _, d := range all {
			if d.Active && (who.Department == "" || d.Code == who.Department) {
				list = append(list, d)
			}
		}
		return err
	})
	return list, err
}

// Questionnaire reads the questionnaire of a survey.
func Questionnaire(s *upwarddb.Survey) (*instrument.Questionnaire, error) {
	return instrument.Decode(s.Questionnaire)
}

// Answer takes a worker's rating of a department, once. The transaction and its
// entry in the audit log are the service's own: nothing that is stored says who
// answered, or when.
func (s *Service) Answer(ctx context.Context, who authz.Actor, surveyID, department string, a instrument.Answers) error {
	if err := authz.Check(who, authz.UpwardAnswer, authz.Object{Area: who.Area}); err != nil {
		return err
	}
	if who.AccountID == "" {
		return errs.New(errs.Forbidden, "auth.forbidden", "only accounts answer")
	}
	if _, err := s.Surveys(ctx, who); err != nil { // closes what is due
		return err
	}
	return s.Write(ctx, authz.SystemActor(who.District), authz.UpwardAnswer, authz.Object{}, func(ctx context.Context, tx *app.Tx) error {
		if err := upwarddb.Hold(ctx, tx, surveyID, false); err != nil {
			return err
		}
		x, err := find(ctx, tx, who.District, surveyID)
		if err != nil {
			return err
		}
		if x.Closed {
			return errs.New(errs.Closed, "upward.closed", "the survey is closed")
		}
		q, err := Questionnaire(&x)
		if err != nil {
			return err
		}
		if err := q.CheckAnswers(a); err != nil {
			return err
		}
		d, err := departmentdb.Get(ctx, tx, who.District, department)
		if err != nil {
			return app.NotFound(err, "department")
		}
		if !d.Active {
			return errs.New(errs.Barred, "upward.department", "the department is not rated")
		}
		first, err := upwarddb.Spend(ctx, tx, who.District, s.token(surveyID, department, who.AccountID))
		if err != nil {
			return err
		}
		if !first {
			return errs.New(errs.Done, "upward.twice", "you have rated this department already; answers cannot be found again and changed")
		}
		body, err := json.Marshal(a)
		if err != nil {
			return err
		}
		tx.Record("upward_answer", "", who.District, map[string]any{"answers": 1})
		return upwarddb.InsertAnswer(ctx, tx, who.District, app.NewID(), surveyID, department, body)
	})
}
