// Package upward holds the use cases by which those who carry the work look at
// functional departments: the register of tasks handed down, and the optional,
// anonymous survey in which workers rate departments.
package upward

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
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
	"gongping/scoring/estimate"
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

// Item is a question's mean over those who answered it.
type Item struct {
	ID, Text      string
	OK            bool // false: fewer than the cell
	N             int
	Mean, Lo, Hi  float64
	Dimension     string
	DimensionText string
}

// Result is what workers said of a department in a closed survey.
type Result struct {
	Survey  upwarddb.Survey
	Shown   bool
	N       int // 0 where not shown
	Invited int
	Items   []Item
}

// Results returns the closed surveys' results of a department, newest first.
// Below the cell of a survey nothing of it shows, not even how many answered.
func (s *Service) Results(ctx context.Context, who authz.Actor, department, lang string) (out []Result, err error) {
	o := authz.Object{Department: department}
	if err := authz.Check(who, authz.UpwardRead, o); err != nil {
		return nil, err
	}
	list, err := s.Surveys(ctx, who)
	if err != nil {
		return nil, err
	}
	err = s.Read(ctx, who, authz.UpwardRead, o, func(ctx context.Context, db pg.Querier) error {
		invited, err := upwarddb.Workers(ctx, db, who.District)
		if err != nil {
			return err
		}
		for _, x := range list {
			if !x.Closed {
				continue
			}
			sums, err := upwarddb.Tally(ctx, db, who.District, x.ID)
			if err != nil {
				return err
			}
			r, err := result(x, sums, department, lang)
			if err != nil {
				return err
			}
			r.Invited = invited
			out = append(out, r)
		}
		return nil
	})
	return out, err
}

func result(x upwarddb.Survey, sums []upwarddb.Sum, department, lang string) (Result, error) {
	r := Result{Survey: x}
	q, err := Questionnaire(&x)
	if err != nil {
		return r, err
	}
	of := map[string]upwarddb.Sum{}
	for _, s := range sums {
		if s.Department == department {
			of[s.Item] = s
		}
	}
	r.N = of[""].N
	r.Shown = r.N >= x.Cell
	if !r.Shown {
		return Result{Survey: x}, nil
	}
	names := map[string]string{}
	for _, d := range q.Dimensions {
		names[d.ID] = d.Text.In(lang)
	}
	for _, it := range q.Items {
		v := Item{ID: it.ID, Text: it.Text.In(lang), Dimension: it.Dimension, DimensionText: names[it.Dimension]}
		if s, ok := of[it.ID]; ok && s.N >= x.Cell {
			n := float64(s.N)
			v.OK, v.N, v.Mean = true, s.N, s.Total/n
			se := math.Sqrt(math.Max(0, s.Squares-float64(s.Total*s.Total)/n) / (n - 1) / n)
			half := float64(estimate.TQuantile(0.975, n-1) * se)
			v.Lo, v.Hi = math.Max(0, v.Mean-half), math.Min(100, v.Mean+half)
		}
		r.Items = append(r.Items, v)
	}
	return r, nil
}

// Task is a task with the name of its department.
type Task = upwarddb.Task

// Tasks lists the register, of one department or all ("").
func (s *Service) Tasks(ctx context.Context, who authz.Actor, department string) (list []Task, names map[string]departmentdb.Department, err error) {
	if who.Role == authz.Department && department == "" {
		department = who.Department
	}
	err = s.Read(ctx, who, authz.TaskRead, authz.Object{Department: department}, func(ctx context.Context, db pg.Querier) error {
		all, err := departmentdb.List(ctx, db, who.District)
		if err != nil {
			return err
		}
		names = map[string]departmentdb.Department{}
		for _, d := range all {
			names[d.Code] = d
		}
		list, err = upwarddb.Tasks(ctx, db, who.District, department)
		return err
	})
	return list, names, err
}

// SaveTask adds a task, or with an ID a new version of one, which needs a reason.
func (s *Service) SaveTask(ctx context.Context, who authz.Actor, t Task) (id string, err error) {
	t.Title, t.Basis, t.Reason = strings.TrimSpace(t.Title), strings.TrimSpace(t.Basis), strings.TrimSpace(t.Reason)
	if err := checkTask(&t, day(s.Clock.Now())); err != nil {
		return "", err
	}
	err = s.WriteSerializable(ctx, who, authz.TaskEdit, authz.Object{Area: who.Area}, func(ctx context.Context, tx *app.Tx) error {
		if _, err := departmentdb.Get(ctx, tx, who.District, t.Department); err != nil {
			return app.NotFound(err, "department")
		}
		t.Version, t.Area, t.At = 1, who.Area, tx.Now
		if t.ID == "" {
			t.ID, t.Reason = app.NewID(), ""
		} else {
			old, err := upwarddb.Versions(ctx, tx, who.District, t.ID)
			if err != nil {
				return app.NotFound(err, "task")
			}
			if len(old) == 0 {
				return errs.New(errs.NotFound, "task.not_found", "there is no such task")
			}
			last := old[len(old)-1]
			if err := tx.Check(authz.Object{Area: last.Area}); err != nil {
				return err
			}
			if t.Reason == "" {
				return errs.New(errs.Invalid, "task.needs_reason", "a change needs a reason").At("reason", "", "why the entry is changed", "for example: the task has ended")
			}
			t.Version, t.Area = last.Version+1, last.Area
		}
		id = t.ID
		tx.Record("handed_task", t.ID, t.Area, map[string]any{"version": t.Version, "department": t.Department})
		return upwarddb.InsertTasks(ctx, tx, who.District, "", who.AccountID, []Task{t})
	})
	return id, err
}

func checkTask(t *Task, today time.Time) error {
	bad := func(field, found, want string) error {
		return errs.New(errs.Invalid, "task.invalid", "the task cannot be entered").At(field, found, want, "correct it and try again")
	}
	switch {
	case t.Title == "" || utf8.RuneCountInString(t.Title) > maxTitle:
		return bad("title", "", "1 to 120 characters")
	case utf8.RuneCountInString(t.Basis) > 300 || utf8.RuneCountInString(t.Reason) > 500:
		return bad("basis", "", "at most 300 characters")
	case t.HandedOn.IsZero() || t.HandedOn.After(today):
		return bad("handed_on", "", "a day up to today")
	case t.EndedOn != nil && t.EndedOn.Before(t.HandedOn):
		return bad("ended_on", t.EndedOn.Format(time.DateOnly), "a day from "+t.HandedOn.Format(time.DateOnly)+" on")
	case t.Level != "street" && t.Level != "committee":
		return bad("level", t.Level, "street or committee")
	case t.Minutes != nil && (*t.Minutes < 0 || *t.Minutes > 60*24*31):
		return bad("minutes", fmt.Sprint(*t.Minutes), "0 to 44640 minutes a month")
	}
	return nil
}
