package upward

import (
	"context"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"gongping/internal/app"
	"gongping/internal/authz"
	"gongping/internal/errs"
	"gongping/internal/pg"
	"gongping/internal/pg/departmentdb"
	"gongping/internal/pg/upwarddb"
)

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
