// Package upwardapi has the JSON operations on handed-down tasks and on the
// survey in which workers rate functional departments.
package upwardapi

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"gongping/internal/app/upward"
	"gongping/internal/errs"
	"gongping/survey/instrument"
	"gongping/web/signin"
)

type body[T any] struct{ Body T }
type empty struct{}

// Task is a task that a department handed down.
type Task struct {
	ID         string `json:"id,omitempty"`
	Version    int    `json:"version,omitempty"`
	Department string `json:"department" example:"housing"`
	Title      string `json:"title" minLength:"1" maxLength:"120"`
	Basis      string `json:"basis,omitempty" maxLength:"300"`
	HandedOn   string `json:"handed_on" format:"date"`
	Level      string `json:"level" enum:"street,committee"`
	Funds      bool   `json:"funds"`
	People     bool   `json:"people"`
	Minutes    *int   `json:"minutes,omitempty" minimum:"0" maximum:"44640" doc:"A month and unit, as the street estimates"`
	EndedOn    string `json:"ended_on,omitempty" format:"date"`
	Reason     string `json:"reason,omitempty" maxLength:"500" doc:"Needed to change an entry"`
}

// Survey is an upward survey.
type Survey struct {
	ID       string `json:"id"`
	Title    string `json:"title"`
	OpensOn  string `json:"opens_on"`
	ClosesOn string `json:"closes_on"`
	Closed   bool   `json:"closed"`
	Cell     int    `json:"cell"`
}

// Result is what workers said of a department.
type Result struct {
	Survey  Survey `json:"survey"`
	Shown   bool   `json:"shown" doc:"False below the cell: then nothing is told"`
	N       int    `json:"n"`
	Invited int    `json:"invited"`
	Items   []Item `json:"items"`
}

// Item is a question's mean; ok is false below the cell.
type Item struct {
	ID   string  `json:"id"`
	Text string  `json:"text"`
	OK   bool    `json:"ok"`
	N    int     `json:"n"`
	Mean float64 `json:"mean"`
	Lo   float64 `json:"lo"`
	Hi   float64 `json:"hi"`
}

type (
	tasksInput struct {
		Department string `query:"department" doc:"Code of a department"`
	}
	taskInput  struct{ Body Task }
	changeTask struct {
		ID   string `path:"id" format:"uuid" doc:"Id of the task"`
		Body Task
	}
	openInput struct {
		Body struct {
			Title    string `json:"title" minLength:"1" maxLength:"120"`
			ClosesOn string `json:"closes_on" format:"date"`
		}
	}
	surveyInput struct {
		ID string `path:"id" format:"uuid" doc:"Id of the survey"`
	}
	answerInput struct {
		ID         string `path:"id" format:"uuid" doc:"Id of the survey"`
		Department string `path:"department" doc:"Code of a department"`
		Body       struct {
			Answers map[string]string `json:"answers"`
		}
	}
	resultInput struct {
		Department string `path:"code" doc:"Code of the department"`
		Lang       string `query:"lang" enum:"zh,en" default:"zh" doc:"Language of the questions"`
	}
	idBody struct {
		ID string `json:"id"`
	}
)

func op(method, path, id, summary, description string) huma.Operation {
	return huma.Operation{OperationID: id, Method: method, Path: "/api/v1" + path, Summary: summary, Description: description, Tags: []string{"Departments"}}
}

// Register adds the operations.
func Register(api huma.API, svc *upward.Service) {
	tasks(api, svc)
	huma.Register(api, op(http.MethodGet, "/upward", "list-upward", "Surveys about departments", "Newest first."), func(ctx context.Context, _ *struct{}) (*body[[]Survey], error) {
		list, err := svc.Surveys(ctx, signin.Actor(ctx))
		out := &body[[]Survey]{Body: []Survey{}}
		for _, s := range list {
			out.Body = append(out.Body, Survey{s.ID, s.Title, s.OpensOn.Format(time.DateOnly), s.ClosesOn.Format(time.DateOnly), s.Closed, s.Cell})
		}
		return out, err
	})
	open := op(http.MethodPost, "/upward", "open-upward", "Open a survey about departments", "From today; optional and anonymous for workers.")
	open.DefaultStatus = http.StatusCreated
	huma.Register(api, open, func(ctx context.Context, in *openInput) (*body[idBody], error) {
		closes, err := date("closes_on", in.Body.ClosesOn)
		if err != nil {
			return nil, err
		}
		id, err := svc.Open(ctx, signin.Actor(ctx), in.Body.Title, closes)
		return &body[idBody]{idBody{id}}, err
	})
	end := op(http.MethodPost, "/upward/{id}/close", "close-upward", "Close a survey about departments", "From then on its results show, from the least cell on.")
	end.DefaultStatus = http.StatusNoContent
	huma.Register(api, end, func(ctx context.Context, in *surveyInput) (*empty, error) {
		return nil, svc.Close(ctx, signin.Actor(ctx), in.ID)
	})
	answer := op(http.MethodPost, "/upward/{id}/{department}", "answer-upward", "Rate a department", "Once a worker and department; kept apart from the account.")
	answer.DefaultStatus = http.StatusNoContent
	huma.Register(api, answer, func(ctx context.Context, in *answerInput) (*empty, error) {
		return nil, svc.Answer(ctx, signin.Actor(ctx), in.ID, in.Department, instrument.Answers(in.Body.Answers))
	})
	huma.Register(api, op(http.MethodGet, "/departments/{code}/upward", "department-upward", "What workers say of a department", "Of closed surveys; nothing below the cell."),
		func(ctx context.Context, in *resultInput) (*body[[]Result], error) {
			list, err := svc.Results(ctx, signin.Actor(ctx), in.Department, in.Lang)
			out := &body[[]Result]{Body: []Result{}}
			for _, r := range list {
				s := r.Survey
				v := Result{Survey{s.ID, s.Title, s.OpensOn.Format(time.DateOnly), s.ClosesOn.Format(time.DateOnly), s.Closed, s.Cell}, r.Shown, r.N, r.Invited, []Item{}}
				for _, it := range r.Items {
					v.Items = append(v.Items, Item{it.ID, it.Text, it.OK, it.N, it.Mean, it.Lo, it.Hi})
				}
				out.Body = append(out.Body, v)
			}
			return out, err
		})
}

func tasks(api huma.API, svc *upward.Service) {
	huma.Register(api, op(http.MethodGet, "/tasks", "list-tasks", "Tasks that departments handed down", "The newest version of each."), func(ctx context.Context, in *tasksInput) (*body[[]Task], error) {
		list, _, err := svc.Tasks(ctx, signin.Actor(ctx), in.Department)
		out := &body[[]Task]{Body: []Task{}}
		for _, t := range list {
			v := Task{ID: t.ID, Version: t.Version, Department: t.Department, Title: t.Title, Basis: t.Basis, HandedOn: t.HandedOn.Format(time.DateOnly), Level: t.Level,
				Funds: t.Funds, People: t.People, Minutes: t.Minutes, Reason: t.Reason}
			if t.EndedOn != nil {
				v.EndedOn = t.EndedOn.Format(time.DateOnly)
			}
			out.Body = append(out.Body, v)
		}
		return out, err
	})
	save := func(ctx context.Context, id string, in Task) (*body[idBody], error) {
		t := upward.Task{ID: id, Department: in.Department, Title: in.Title, Basis: in.Basis, Level: in.Level, Funds: in.Funds, People: in.People, Minutes: in.Minutes, Reason: in.Reason}
		var err error
		if t.HandedOn, err = date("handed_on", in.HandedOn); err != nil {
			return nil, err
		}
		if in.EndedOn != "" {
			end, err := date("ended_on", in.EndedOn)
			if err != nil {
				return nil, err
			}
			t.EndedOn = &end
		}
		id, err = svc.SaveTask(ctx, signin.Actor(ctx), t)
		return &body[idBody]{idBody{id}}, err
	}
	add := op(http.MethodPost, "/tasks", "add-task", "Enter a task handed down", "By the street or the manager, never by workers.")
	add.DefaultStatus = http.StatusCreated
	huma.Register(api, add, func(ctx context.Context, in *taskInput) (*body[idBody], error) { return save(ctx, "", in.Body) })
	huma.Register(api, op(http.MethodPut, "/tasks/{id}", "change-task", "Change an entry", "A new version with its reason; the old one stays."),
		func(ctx context.Context, in *changeTask) (*body[idBody], error) { return save(ctx, in.ID, in.Body) })
}

func date(field, s string) (time.Time, error) {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		return t, errs.New(errs.Invalid, "date.invalid", "this is no date").At(field, s, "a date such as 2026-11-20", "correct it")
	}
	return t, nil
}
