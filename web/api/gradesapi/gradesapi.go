// Package gradesapi has the JSON operations on grades, consequences, excused
// trials and the ladder.
package gradesapi

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"gongping/internal/app/grades"
	"gongping/scoring/grade"
	"gongping/web/signin"
)

// Proposal is a committee's grade as proposed, and as signed.
type Proposal struct {
	Unit        string     `json:"unit"`
	State       string     `json:"state" enum:"proposed,tied,refused"`
	Grade       string     `json:"grade,omitempty"`
	Grades      []string   `json:"grades,omitempty" doc:"Of a tie: those that remain possible"`
	Why         string     `json:"why,omitempty"`
	Score       float64    `json:"score"`
	Low         float64    `json:"low"`
	High        float64    `json:"high"`
	N           int        `json:"n"`
	Reliability float64    `json:"reliability"`
	Excused     bool       `json:"excused,omitempty"`
	SignedAt    *time.Time `json:"signed_at,omitempty"`
	SignedGrade string     `json:"signed_grade,omitempty"`
	Signer      string     `json:"signer,omitempty"`
	Reason      string     `json:"reason,omitempty"`
}

// Sheet is what a round's grades are.
type Sheet struct {
	BatchID   string     `json:"batch_id,omitempty"`
	RunID     string     `json:"run_id,omitempty"`
	Stale     bool       `json:"stale,omitempty" doc:"A newer result was published since"`
	Unsigned  int        `json:"unsigned"`
	Proposals []Proposal `json:"proposals"`

	Consequences []Consequence `json:"consequences" doc:"Proposed for workers by grades that repeat; sign-consequence takes the id"`
	Trials       []Trial       `json:"trials" doc:"Asked to be excused; vote-trial takes the id"`
}

// Consequence is what repeated grades propose for a worker.
type Consequence struct {
	ID        string     `json:"id"`
	Unit      string     `json:"unit"`
	WorkerNo  string     `json:"worker_no"`
	Worker    string     `json:"worker"`
	Kind      string     `json:"kind" enum:"level,exit" doc:"One level up, or a talk about leaving"`
	FromPost  int        `json:"from_post,omitempty"`
	FromLevel int        `json:"from_level,omitempty"`
	ToLevel   int        `json:"to_level,omitempty"`
	At        time.Time  `json:"at"`
	SignedAt  *time.Time `json:"signed_at,omitempty"`
	Confirmed bool       `json:"confirmed" doc:"False before the signature, and where it was declined"`
	Signer    string     `json:"signer,omitempty"`
	Reason    string     `json:"reason,omitempty"`
}

// Trial is something that a committee tried in good faith and that went wrong.
type Trial struct {
	ID      string    `json:"id"`
	Unit    string    `json:"unit"`
	Matter  string    `json:"matter"`
	At      time.Time `json:"at"`
	Votes   int       `json:"votes"`
	Decided bool      `json:"decided" doc:"Two members agree"`
	Excused bool      `json:"excused"`
	Voted   bool      `json:"voted" doc:"By the caller"`
}

type answer[T any] struct{ Body T }

// ByRound is the round in an address.
type ByRound struct {
	ID string `path:"id" doc:"Round"`
}

type operations struct{ svc *grades.Service }

// Register adds the operations.
func Register(a huma.API, svc *grades.Service) {
	o := &operations{svc}
	op := func(method, id, path, summary, text string) huma.Operation {
		return huma.Operation{OperationID: id, Method: method, Path: "/api/v1" + path, Summary: summary, Description: text, Tags: []string{"Grades"}}
	}
	made := func(o huma.Operation) huma.Operation { o.DefaultStatus = http.StatusCreated; return o }
	huma.Register(a, op(http.MethodGet, "grades", "/rounds/{id}/grades", "Proposals of a round with their signatures", "The newest batch, with consequences and trials. A worker sees the signed grade of the own committee only."), o.sheet)
	huma.Register(a, op(http.MethodGet, "export-grades", "/rounds/{id}/grades/export", "Signed grades and consequences as CSV", "Refused while anything waits for a signature, and where nothing was proposed: the problem says which."), o.export)
	huma.Register(a, made(op(http.MethodPost, "propose-grades", "/rounds/{id}/grades", "Make proposals from the newest published run", "By a manager. Earlier batches stay; the newest is the one to be signed. Refused below the gates, tied where the data cannot separate.")), o.propose)
	huma.Register(a, op(http.MethodPost, "sign-grade", "/rounds/{id}/grades/{unit}", "Sign a grade, settle a tie, or decline with none", "By the street's leader in their own name, once. A tie needs a reason, and so does none."), o.sign)
	huma.Register(a, op(http.MethodPost, "sign-consequence", "/consequences/{id}", "Confirm or decline what is proposed for a worker", "By the street's leader in their own name, with a reason, once."), o.consequence)
	huma.Register(a, made(op(http.MethodPost, "file-trial", "/rounds/{id}/trials", "Ask the panel to excuse a trial", "The committee's result stays as it is; an excused trial only bars the lowest grade.")), o.trial)
	huma.Register(a, op(http.MethodPost, "vote-trial", "/trials/{id}", "Vote on a trial", "Once. Two members that agree decide."), o.vote)
	huma.Register(a, op(http.MethodPut, "set-step", "/workers/{id}/step", "Record where a worker stands on the ladder", "By a manager: one of three posts and eighteen levels, with the reason; earlier records stay."), o.step)
}

func (o *operations) sheet(ctx context.Context, in *ByRound) (*answer[Sheet], error) {
	sh, err := o.svc.Sheet(ctx, signin.Actor(ctx), in.ID)
	if err != nil {
		return nil, err
	}
	out := Sheet{Stale: sh.Stale, Unsigned: sh.Unsigned(), Proposals: []Proposal{}, Consequences: []Consequence{}, Trials: []Trial{}}
	if sh.Batch != nil {
		out.BatchID, out.RunID = sh.Batch.ID, sh.Batch.RunID
	}
	for _, p := range sh.Proposals {
		out.Proposals = append(out.Proposals, Proposal{p.Unit, p.State, p.Grade, p.Grades, p.Why, p.Value, p.Lo, p.Hi, p.N, p.Reliability, p.Excused,
			p.Signed, p.SignedGrade, p.Signer, p.SignedReason})
	}
	for _, c := range sh.Consequences {
		out.Consequences = append(out.Consequences, Consequence{c.ID, c.Unit, c.WorkerNo, c.Worker, c.Kind, c.FromPost, c.FromLevel, c.ToLevel, c.At,
			c.Signed, c.Confirmed, c.Signer, c.Reason})
	}
	for _, t := range sh.Trials {
		out.Trials = append(out.Trials, Trial{t.ID, t.Unit, t.Matter, t.At, t.Votes, t.Decided(), t.Excused(), sh.Voted[t.ID]})
	}
	return &answer[Sheet]{out}, nil
}

// table is a CSV file.
type table struct {
	ContentType string `header:"Content-Type"`
	Body        []byte
}

func (o *operations) export(ctx context.Context, in *ByRound) (*table, error) {
	b, err := o.svc.Export(ctx, signin.Actor(ctx), in.ID)
	if err != nil {
		return nil, err
	}
	return &table{"text/csv; charset=utf-8", b}, nil
}

// Made is the id of what was made.
type Made struct {
	ID string `json:"id"`
}

func (o *operations) propose(ctx context.Context, in *ByRound) (*answer[Made], error) {
	id, err := o.svc.Propose(ctx, signin.Actor(ctx), in.ID)
	return &answer[Made]{Made{id}}, err
}

func (o *operations) sign(ctx context.Context, in *struct {
	ByRound
	Unit string `path:"unit" doc:"Code of the committee"`
	Body struct {
		Grade  string `json:"grade" doc:"One of those proposed, or none"`
		Reason string `json:"reason,omitempty" maxLength:"1000"`
	}
}) (*struct{}, error) {
	return nil, o.svc.Sign(ctx, signin.Actor(ctx), in.ID, in.Unit, in.Body.Grade, in.Body.Reason)
}

func (o *operations) consequence(ctx context.Context, in *struct {
	ID   string `path:"id" format:"uuid" doc:"Id of the consequence"`
	Body struct {
		Confirm bool   `json:"confirm"`
		Reason  string `json:"reason" maxLength:"1000"`
	}
}) (*struct{}, error) {
	return nil, o.svc.SignConsequence(ctx, signin.Actor(ctx), in.ID, in.Body.Confirm, in.Body.Reason)
}

func (o *operations) trial(ctx context.Context, in *struct {
	ByRound
	Body struct {
		Unit   string `json:"unit"`
		Matter string `json:"matter" maxLength:"2000"`
	}
}) (*answer[Made], error) {
	id, err := o.svc.FileTrial(ctx, signin.Actor(ctx), in.ID, in.Body.Unit, in.Body.Matter)
	return &answer[Made]{Made{id}}, err
}

func (o *operations) vote(ctx context.Context, in *struct {
	ID   string `path:"id" format:"uuid" doc:"Id of the trial"`
	Body struct {
		Excuse bool   `json:"excuse"`
		Reason string `json:"reason" maxLength:"1000"`
	}
}) (*struct{}, error) {
	return nil, o.svc.VoteTrial(ctx, signin.Actor(ctx), in.ID, in.Body.Excuse, in.Body.Reason)
}

func (o *operations) step(ctx context.Context, in *struct {
	ID   string `path:"id" doc:"Staff number"`
	Body struct {
		grade.Step
		Reason string `json:"reason" maxLength:"1000"`
	}
}) (*struct{}, error) {
	return nil, o.svc.SetStep(ctx, signin.Actor(ctx), in.ID, in.Body.Step, in.Body.Reason)
}
