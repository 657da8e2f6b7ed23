// Package departmentsapi has the JSON operations on functional departments.
package departmentsapi

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"gongping/internal/app/departments"
	"gongping/internal/pg/departmentdb"
	"gongping/web/signin"
)

// Department is a functional department.
type Department struct {
	Code   string `json:"code" pattern:"^[a-z][a-z0-9_]{1,30}$" example:"housing"`
	Name   string `json:"name" minLength:"1" maxLength:"60"`
	NameEN string `json:"name_en,omitempty" maxLength:"60"`
}

// Reply is what a department said.
type Reply struct {
	ID      string    `json:"id"`
	RoundID string    `json:"round_id,omitempty"`
	Topic   string    `json:"topic,omitempty"`
	Body    string    `json:"body"`
	At      time.Time `json:"at"`
}

// Card is the card of a department.
type Card struct {
	Department Department `json:"department"`
	Replies    []Reply    `json:"replies"`
	Causes     []Period   `json:"causes" doc:"What two coders placed with the department, newest first"`
	Split      *Split     `json:"split,omitempty" doc:"Whose matter the low marks of the newest round were"`
}

// Split is whose matter low marks were, how far coders agree on it, and what it
// did to the committees' scores. Counts of -1 stand for fewer answers than may
// be shown.
type Split struct {
	Run        string      `json:"run"`
	Parts      []SplitPart `json:"parts"`
	Placed     int         `json:"placed"`
	Credited   int         `json:"credited"`
	Coded      int         `json:"coded" doc:"Comments that two coders coded"`
	Agreed     float64     `json:"agreed"`
	Kappa      *float64    `json:"kappa,omitempty"`
	Committees int         `json:"committees" doc:"With a cause of this department; 0 where fewer than three"`
	Effect     float64     `json:"effect" doc:"Mean effect of all attributions on their scores, in points"`
}

// SplitPart is one party of a split.
type SplitPart struct {
	Matter string `json:"matter" example:"department/housing"`
	N      int    `json:"n"`
}

// Period is a round, or an imported file, with the department's causes. Counts
// of -1 stand for fewer answers than may be shown.
type Period struct {
	ID     string  `json:"id"`
	Title  string  `json:"title"`
	File   bool    `json:"file" doc:"Comments of a file, which enter no score"`
	Low    int     `json:"low"`
	High   int     `json:"high"`
	Panels int     `json:"panels" doc:"Further answers that only panels of appeals credited to it"`
	All    int     `json:"all" doc:"Every answer once; -1 where it would give a small count away"`
	Causes []Cause `json:"causes"`
}

// Cause is a topic of a period.
type Cause struct {
	Topic string `json:"topic"`
	Name  string `json:"name"`
	Low   int    `json:"low"`
	High  int    `json:"high"`
}

type answer[T any] struct{ Body T }

type byCode struct {
	Code string `path:"code" example:"housing" doc:"Code of the department"`
}

type operations struct{ svc *departments.Service }

// Register adds the operations.
func Register(a huma.API, svc *departments.Service) {
	o := &operations{svc}
	op := func(method, id, path, summary, text string) huma.Operation {
		return huma.Operation{OperationID: id, Method: method, Path: "/api/v1" + path, Summary: summary, Description: text, Tags: []string{"Departments"}}
	}
	huma.Register(a, op(http.MethodGet, "list-departments", "/departments", "List the functional departments", "Those that two coders may place causes with."), o.list)
	huma.Register(a, op(http.MethodPut, "save-departments", "/departments", "Add departments or rename them", "By an administrator. The code stays; names may change."), o.save)
	huma.Register(a, op(http.MethodGet, "department-card", "/departments/{code}", "The card of a department", "Causes that two coders or a panel placed with it, replies, and how the split moved scores. A department sees its own card only."), o.card)
	huma.Register(a, op(http.MethodPost, "reply-department", "/departments/{code}/replies", "Publish a reply of the department", "By the department itself. Replies stay; a later one stands beside the earlier."), o.reply)
}

func (o *operations) list(ctx context.Context, _ *struct{}) (*answer[[]Department], error) {
	list, err := o.svc.List(ctx, signin.Actor(ctx))
	out := make([]Department, 0, len(list))
	for _, d := range list {
		out = append(out, Department{d.Code, d.Name, d.NameEN})
	}
	return &answer[[]Department]{out}, err
}

func (o *operations) save(ctx context.Context, in *struct {
	Body []Department `minItems:"1" maxItems:"200"`
}) (*struct{}, error) {
	list := make([]departmentdb.Department, len(in.Body))
	for i, d := range in.Body {
		list[i] = departmentdb.Department{Code: d.Code, Name: d.Name, NameEN: d.NameEN, Active: true}
	}
	return nil, o.svc.Save(ctx, signin.Actor(ctx), list)
}

func (o *operations) card(ctx context.Context, in *byCode) (*answer[Card], error) {
	c, err := o.svc.Card(ctx, signin.Actor(ctx), in.Code, "zh")
	if err != nil {
		return nil, err
	}
	out := Card{Department: Department{c.Department.Code, c.Department.Name, c.Department.NameEN}, Replies: make([]Reply, 0, len(c.Replies))}
	for _, r := range c.Replies {
		out.Replies = append(out.Replies, Reply{r.ID, r.RoundID, r.Topic, r.Body, r.At})
	}
	out.Causes = make([]Period, 0, len(c.Periods))
	for _, x := range c.Periods {
		p := Period{ID: x.ID, Title: x.Title, File: x.File, Low: x.Low, High: x.High, Panels: x.Panels, All: x.All, Causes: make([]Cause, 0, len(x.Causes))}
		for _, k := range x.Causes {
			p.Causes = append(p.Causes, Cause{k.Topic, k.Name, k.Low, k.High})
		}
		out.Causes = append(out.Causes, p)
	}
	if s := c.Split; s != nil {
		out.Split = &Split{Run: s.Run, Parts: []SplitPart{}, Placed: s.Placed, Credited: s.Credited, Coded: s.Coded, Agreed: s.Agreed, Committees: s.Committees, Effect: s.Effect}
		if s.OK {
			out.Split.Kappa = &s.Kappa
		}
		for _, x := range s.Parts {
			out.Split.Parts = append(out.Split.Parts, SplitPart{x.Matter, x.N})
		}
	}
	return &answer[Card]{out}, nil
}

func (o *operations) reply(ctx context.Context, in *struct {
	Code string `path:"code" example:"housing" doc:"Code of the department"`
	Body struct {
		RoundID string `json:"round_id,omitempty" format:"uuid"`
		Topic   string `json:"topic,omitempty" maxLength:"60"`
		Body    string `json:"body" minLength:"1" maxLength:"2000"`
	}
}) (*struct{}, error) {
	return nil, o.svc.Reply(ctx, signin.Actor(ctx), in.Code, departmentdb.Reply{RoundID: in.Body.RoundID, Topic: in.Body.Topic, Body: in.Body.Body})
}
