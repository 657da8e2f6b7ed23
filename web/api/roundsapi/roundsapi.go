// Package roundsapi has the API operations of questionnaires, rule books and
// rounds.
package roundsapi

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"gongping/internal/app/rounds"
	"gongping/internal/pg/rounddb"
	"gongping/survey"
	"gongping/survey/design"
	"gongping/web/api"
	"gongping/web/signin"
)

type operations struct{ svc *rounds.Service }

// Register registers the operations.
func Register(a huma.API, svc *rounds.Service) {
	o := &operations{svc}
	huma.Register(a, op(http.MethodGet, "list-rounds", "/rounds", "Rounds", "List rounds", "Those that touch the caller's area, newest first."), o.list)
	huma.Register(a, op(http.MethodPost, "create-round", "/rounds", "Rounds", "Make a draft of a round", "With supersedes, the draft is the next version of a frozen round."), o.create)
	huma.Register(a, op(http.MethodGet, "get-round", "/rounds/{id}", "Rounds", "Read a round", "With its plan, the steps that it took and its evaluators."), o.get)
	huma.Register(a, op(http.MethodPut, "update-round", "/rounds/{id}", "Rounds", "Change a draft", "A frozen round cannot change; make a new version."), o.update)
	huma.Register(a, op(http.MethodGet, "preview-round", "/rounds/{id}/cells", "Rounds", "Count and allocate the cells of a plan",
		"What a freeze would store; of a frozen round, what it stored: population, planned n, probability, weight range, expected effective n."), o.cells)
	huma.Register(a, op(http.MethodPost, "freeze-round", "/rounds/{id}/freeze", "Rounds", "Freeze a round", "Stores the strata and a digest. Nothing of the round can change afterwards."), o.freeze)
	huma.Register(a, op(http.MethodPost, "step-round", "/rounds/{id}/steps", "Rounds", "Open, close or cancel a round", "Collecting opens the fieldwork of a drawn round, closed ends it, cancelled gives the round up with a reason."), o.step)
	huma.Register(a, op(http.MethodPost, "plan-sizes", "/planner", "Rounds", "Forecast what a number of answers can tell", "Half-width, reliability, chance that the lowest tenth truly is, shift by one hostile answer, visits, cost."), o.planner)
	o.documents(a)
}

func op(method, id, path, tag, summary, text string) huma.Operation {
	out := huma.Operation{OperationID: id, Method: method, Path: api.Prefix + path, Tags: []string{tag}, Summary: summary, Description: text}
	if method == http.MethodPost && (id == "create-round" || id == "save-questionnaire" || id == "save-rule-book") {
		out.DefaultStatus = http.StatusCreated
	}
	return out
}

type answer[T any] struct{ Body T }

// ByID is the id of a round or document in the address.
type ByID struct {
	ID string `path:"id" doc:"Id" example:"7f0c2a52-63a5-4c2e-9d0e-0f5b1f8f2a11"`
}

// RoundList is a page of rounds.
type RoundList struct {
	Total  int            `json:"total"`
	Page   int            `json:"page"`
	Rounds []survey.Round `json:"rounds"`
}

const pageSize = 50

func (o *operations) list(ctx context.Context, in *struct {
	Page int `query:"page" default:"1" minimum:"1" doc:"Page, 50 rounds each"`
}) (*answer[RoundList], error) {
	list, total, err := o.svc.Page(ctx, signin.Actor(ctx), in.Page, pageSize)
	return &answer[RoundList]{RoundList{total, in.Page, list}}, err
}

// Evaluator is an account that collects in a part of a round.
type Evaluator struct {
	Account string `json:"account" doc:"Id of the account"`
	Name    string `json:"name,omitempty" readOnly:"true"`
	Area    string `json:"area" doc:"Code of the area" example:"310104003"`
}

// Draft is what a manager fills in.
type Draft struct {
	Title                string      `json:"title" maxLength:"100" example:"2026 Q4"`
	Area                 string      `json:"area" example:"310104"`
	Frame                string      `json:"frame"`
	Questionnaire        string      `json:"questionnaire"`
	QuestionnaireVersion int         `json:"questionnaire_version" minimum:"1"`
	RuleBook             string      `json:"rule_book"`
	RuleBookVersion      int         `json:"rule_book_version" minimum:"1"`
	Plan                 survey.Plan `json:"plan"`
	OpensOn              string      `json:"opens_on" format:"date" example:"2026-12-01"`
	ClosesOn             string      `json:"closes_on" format:"date" example:"2026-12-28"`
	Evaluators           []Evaluator `json:"evaluators"`
	Supersedes           string      `json:"supersedes,omitempty" doc:"Only when making a round: the frozen round of which this is the next version"`
}

func (d Draft) draft() rounds.Draft {
	opens, _ := time.Parse(time.DateOnly, d.OpensOn) // the schema has checked the form; a zero day is refused
	closes, _ := time.Parse(time.DateOnly, d.ClosesOn)
	out := rounds.Draft{Title: d.Title, AreaCode: d.Area, FrameID: d.Frame, QuestionnaireID: d.Questionnaire, RuleBookID: d.RuleBook,
		QuestionnaireVersion: d.QuestionnaireVersion, RuleBookVersion: d.RuleBookVersion, Plan: d.Plan, OpensOn: opens, ClosesOn: closes}
	for _, e := range d.Evaluators {
		out.Evaluators = append(out.Evaluators, rounddb.Evaluator{AccountID: e.Account, Area: e.Area})
	}
	return out
}

// Made is the id of what was made.
type Made struct {
	ID      string `json:"id"`
	Version int    `json:"version,omitempty"`
}

func (o *operations) create(ctx context.Context, in *struct{ Body Draft }) (*answer[Made], error) {
	id, err := o.svc.Create(ctx, signin.Actor(ctx), in.Body.draft(), in.Body.Supersedes)
	return &answer[Made]{Made{ID: id}}, err
}

func (o *operations) update(ctx context.Context, in *struct {
	ByID
	Body Draft
}) (*struct{}, error) {
	return nil, o.svc.Update(ctx, signin.Actor(ctx), in.ID, in.Body.draft())
}

// Event is a step that a round took.
type Event struct {
	State  survey.State `json:"state"`
	At     time.Time    `json:"at"`
	By     string       `json:"by,omitempty"`
	Reason string       `json:"reason,omitempty"`
	Digest string       `json:"digest,omitempty"`
}

// Round is a round with its steps and evaluators.
type Round struct {
	survey.Round
	Events     []Event     `json:"events"`
	Evaluators []Evaluator `json:"evaluators"`
}

func (o *operations) get(ctx context.Context, in *ByID) (*answer[Round], error) {
	d, err := o.svc.Get(ctx, signin.Actor(ctx), in.ID)
	if err != nil {
		return nil, err
	}
	out := Round{Round: d.Round, Events: []Event{}, Evaluators: []Evaluator{}}
	for _, e := range d.Events {
		out.Events = append(out.Events, Event{e.State, e.At, e.By, e.Reason, fmt.Sprintf("%x", e.Digest)})
	}
	for _, e := range d.Evaluators {
		out.Evaluators = append(out.Evaluators, Evaluator{e.AccountID, e.Name, e.Area})
	}
	return &answer[Round]{out}, nil
}

// Cell is a stratum of a plan.
type Cell struct {
	Stratum     string  `json:"stratum"`
	Committee   string  `json:"committee"`
	Method      string  `json:"method"`
	Population  int64   `json:"population"`
	Planned     int     `json:"planned"`
	Reserve     int     `json:"reserve"`
	Probability float64 `json:"probability"`
	WeightLow   float64 `json:"weight_low" doc:"Design weight with all reserves released"`
	WeightHigh  float64 `json:"weight_high" doc:"Design weight with none released"`
	EffectiveN  float64 `json:"effective_n"`
}

// Cells is a plan counted and allocated.
type Cells struct {
	Population int64             `json:"population"`
	Planned    int               `json:"planned"`
	Reserve    int               `json:"reserve"`
	Answers    float64           `json:"answers" doc:"Expected"`
	Collapsed  map[string]string `json:"collapsed,omitempty" doc:"Thin cells and the stratum they joined"`
	Cells      []Cell            `json:"cells"`
}

func (o *operations) cells(ctx context.Context, in *ByID) (*answer[Cells], error) {
	f, err := o.svc.Preview(ctx, signin.Actor(ctx), in.ID)
	if err != nil {
		return nil, err
	}
	out := Cells{f.Population, f.Planned, f.Reserve, f.Answers, f.Collapsed, []Cell{}}
	for _, c := range f.Cells {
		out.Cells = append(out.Cells, Cell{c.Stratum.Stratum, c.Committee, c.Method, c.Population, c.Persons(), c.Reserves(), c.Probability, c.WeightLow, c.WeightHigh, c.EffectiveN})
	}
	return &answer[Cells]{out}, nil
}

func (o *operations) freeze(ctx context.Context, in *ByID) (*struct{}, error) {
	return nil, o.svc.Freeze(ctx, signin.Actor(ctx), in.ID)
}

func (o *operations) step(ctx context.Context, in *struct {
	ByID
	Body struct {
		To     survey.State `json:"to" enum:"collecting,closed,cancelled"`
		Reason string       `json:"reason,omitempty" maxLength:"300" doc:"Needed to cancel"`
	}
}) (*struct{}, error) {
	return nil, o.svc.Step(ctx, signin.Actor(ctx), in.ID, in.Body.To, in.Body.Reason)
}

// Outlook is what the planner assumes.
type Outlook struct {
	Between          float64 `json:"between" doc:"Standard deviation of the committees' true means, in points" example:"4"`
	Within           float64 `json:"within" doc:"Standard deviation of answers within a committee" example:"21"`
	Mean             float64 `json:"mean" example:"78"`
	Population       float64 `json:"population,omitempty" doc:"Residents per committee"`
	Committees       int     `json:"committees" minimum:"1" example:"300"`
	DesignEffect     float64 `json:"design_effect,omitempty"`
	ResponseRate     float64 `json:"response_rate,omitempty"`
	VisitsPerInvited float64 `json:"visits_per_invited,omitempty"`
	CostPerVisit     float64 `json:"cost_per_visit,omitempty"`
	CostPerAnswer    float64 `json:"cost_per_answer,omitempty"`
	Sizes            []int   `json:"sizes" minItems:"1" maxItems:"50" example:"[20,60,150]"`
}

// Forecast is what n answers per committee can tell.
type Forecast struct {
	N               int     `json:"n"`
	HalfWidth       float64 `json:"half_width"`
	Reliability     float64 `json:"reliability"`
	TrueLowestTenth float64 `json:"true_lowest_tenth"`
	WronglyBlamed   float64 `json:"wrongly_blamed"`
	HostileShift    float64 `json:"hostile_shift"`
	Invited         int     `json:"invited"`
	Visits          float64 `json:"visits"`
	Cost            float64 `json:"cost"`
}

func (o *operations) planner(ctx context.Context, in *struct{ Body Outlook }) (*answer[[]Forecast], error) {
	if _, _, err := o.svc.Page(ctx, signin.Actor(ctx), 1, 1); err != nil {
		return nil, err
	}
	b := in.Body
	list, err := design.Outlook{Between: b.Between, Within: b.Within, Mean: b.Mean, Highest: 100, Population: b.Population, Committees: b.Committees, DesignEffect: b.DesignEffect,
		ResponseRate: b.ResponseRate, VisitsPerInvited: b.VisitsPerInvited, CostPerVisit: b.CostPerVisit, CostPerAnswer: b.CostPerAnswer}.Plan(b.Sizes)
	out := make([]Forecast, 0, len(list))
	for _, f := range list {
		out = append(out, Forecast{f.N, f.HalfWidth, f.Reliability, f.TrueLowestTenth, f.WronglyBlamed(), f.HostileShift, f.Invited, f.Visits, f.Cost})
	}
	return &answer[[]Forecast]{out}, err
}
