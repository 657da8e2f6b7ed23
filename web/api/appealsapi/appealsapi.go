// Package appealsapi has the API operations of appeals and of the audit log.
package appealsapi

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"gongping/internal/app/appeals"
	"gongping/internal/app/disputes"
	"gongping/scoring/appeal"
	"gongping/web/api"
	"gongping/web/signin"
)

const tag = "Appeals"

func op(id, method, path, summary, text string) huma.Operation {
	return huma.Operation{OperationID: id, Method: method, Path: api.Prefix + path, Summary: summary, Description: text, Tags: []string{tag},
		Errors: []int{http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound, http.StatusConflict, http.StatusUnprocessableEntity}}
}

type body[T any] struct{ Body T }

type idIn struct {
	ID string `path:"id" doc:"Id of the appeal" example:"0b9e6a52-7c0f-4d6e-9a51-b8d1ce1f2a10"`
}

type reasonIn struct {
	ID   string `path:"id" doc:"Id of the appeal"`
	Body struct {
		Reason string `json:"reason" maxLength:"2000" doc:"Why; kept with the step" example:"材料齐全，在期限内"`
	}
}

// Register registers the operations of appeals.
func Register(a huma.API, svc *appeals.Service, register *disputes.Service) {
	huma.Register(a, op("list-appeals", http.MethodGet, "/appeals", "List the appeals that you may know of", "A page at a time, those that run first: a worker's own, a panel member's assigned ones without names, all of the area for managers, leaders and auditors."), func(ctx context.Context, in *struct {
		State string `query:"state" doc:"A state, open, done, or empty for all" example:"open"`
		Page  int    `query:"page" minimum:"1" default:"1" doc:"Page, from 1"`
	}) (*body[listOut], error) {
		l, err := svc.List(ctx, signin.Actor(ctx), in.State, in.Page)
		if err != nil {
			return nil, err
		}
		out := listOut{Total: l.Total, Page: l.Page, Pages: l.Last, Appeals: []lineOut{}}
		for _, x := range l.Lines {
			out.Appeals = append(out.Appeals, lineOf(x))
		}
		return &body[listOut]{out}, nil
	})
	filing(a, svc)
	reading(a, svc)
	steps(a, svc)
	steps2(a, svc)
	steps3(a, svc)
	if register != nil {
		registerEntries(a, register)
	}
}

// filingIn is the body of a filing; content is Base64.
type filingIn struct {
	RunID     string   `json:"run_id" doc:"The published run that is contested"`
	Unit      string   `json:"unit" doc:"Code of your committee" example:"310104003001"`
	Ground    string   `json:"ground" enum:"wrong_object,misunderstanding,outside_remit,registered_conflict,interview_fault,coaching,calculation,missing_context"`
	Statement string   `json:"statement" minLength:"20" maxLength:"4000"`
	Files     []fileIn `json:"files,omitempty" maxItems:"5"`
	Entry     string   `json:"entry,omitempty" doc:"Id of your entry in the sealed register, for the ground registered_conflict"`
}

type fileIn struct {
	Name    string `json:"name" example:"走访记录.pdf"`
	Kind    string `json:"kind,omitempty" enum:"work_record,remit_list,register_note,field_note,calculation,other"`
	Content []byte `json:"content" doc:"Base64, at most 5 MB"`
}

type receiptOut struct {
	ID      string `json:"id"`
	Receipt string `json:"receipt" example:"A310104-2026-00007"`
}

func filing(a huma.API, svc *appeals.Service) {
	o := op("file-appeal", http.MethodPost, "/appeals", "File an appeal against the result of your committee", "By a worker of the committee, within the rule book's days after publication. Answers with the receipt; a result never ends lower by an appeal.")
	o.DefaultStatus, o.MaxBodyBytes = http.StatusCreated, 2*appeals.MaxFiles*appeals.MaxFile
	huma.Register(a, o, func(ctx context.Context, in *body[filingIn]) (*body[receiptOut], error) {
		f := appeals.Filing{RunID: in.Body.RunID, Unit: in.Body.Unit, Ground: in.Body.Ground, Statement: in.Body.Statement, Entry: in.Body.Entry}
		for _, x := range in.Body.Files {
			f.Files = append(f.Files, appeals.File{Name: x.Name, Kind: appeal.Evidence(x.Kind), Content: x.Content})
		}
		id, receipt, err := svc.File(ctx, signin.Actor(ctx), f)
		if err != nil {
			return nil, err
		}
		return &body[receiptOut]{receiptOut{id, receipt}}, nil
	})
}

func reading(a huma.API, svc *appeals.Service) {
	huma.Register(a, op("get-appeal", http.MethodGet, "/appeals/{id}", "Open an appeal", "The course so far, deadlines, the decision with its reasons. What it holds depends on the reader: objections for managers and auditors, both sides of the review for auditors."), func(ctx context.Context, in *idIn) (*body[detailOut], error) {
		d, err := svc.Get(ctx, signin.Actor(ctx), in.ID)
		if err != nil {
			return nil, err
		}
		return &body[detailOut]{detailOf(d)}, nil
	})
	huma.Register(a, op("get-case-file", http.MethodGet, "/appeals/{id}/case", "Open the blind case file", "For seated panel members: redacted facts, answers under review by letters in random order; no names, area or direction of effect."), func(ctx context.Context, in *idIn) (*body[caseOut], error) {
		f, err := svc.Blind(ctx, signin.Actor(ctx), in.ID)
		if err != nil {
			return nil, err
		}
		return &body[caseOut]{caseOf(f)}, nil
	})
	huma.Register(a, op("appeal-statistics", http.MethodGet, "/appeals/statistics", "Count appeals by ground, outcome and side", "Within the caller's area: by ground and state, by outcome and unanimity; what was set aside on each side is for auditors only."), func(ctx context.Context, _ *struct{}) (*body[appeals.Statistics], error) {
		st, err := svc.Statistics(ctx, signin.Actor(ctx))
		if err != nil {
			return nil, err
		}
		return &body[appeals.Statistics]{st}, nil
	})
}

func steps(a huma.API, svc *appeals.Service) {
	for _, x := range []struct {
		id, path, summary, text string
		do                      func(context.Context, string, string) error
	}{
		{"accept-appeal", "accept", "Accept an appeal and seat a panel", "By a manager. The reason is read by the appellant; two members without a conflict of interest are seated by lot, or fewer where there are none, and assign-appeal tries again.", func(ctx context.Context, id, reason string) error {
			_, err := svc.Accept(ctx, signin.Actor(ctx), id, reason)
			return err
		}},
		{"refuse-appeal", "refuse", "Refuse an appeal with a reason", "By a manager: too late, not the caller's committee, or no ground. The second instance is open to the appellant.", func(ctx context.Context, id, reason string) error {
			return svc.Refuse(ctx, signin.Actor(ctx), id, reason)
		}},
		{"withdraw-appeal", "withdraw", "Withdraw your appeal before the decision", "By the appellant, before the decision. It stays on record.", func(ctx context.Context, id, reason string) error {
			return svc.Withdraw(ctx, signin.Actor(ctx), id, reason)
		}},
		{"assign-appeal", "assign", "Try again to seat a panel member", "For a seat that could not be filled when the appeal was accepted. Refused where both seats are filled.", func(ctx context.Context, id, _ string) error {
			return svc.Assign(ctx, signin.Actor(ctx), id)
		}},
		{"conclude-appeal", "conclude", "Carry out a decision that was left behind", "By a manager, where the service was stopped between a decision and its run, or nobody answered who was asked anew. Repeating it changes nothing.", func(ctx context.Context, id, _ string) error {
			return svc.Conclude(ctx, signin.Actor(ctx), id)
		}},
		{"close-appeal", "close", "End an appeal whose new run stays unpublished", "By a manager, with the reason: the contested result stands. The second instance stays open to the appellant.", func(ctx context.Context, id, reason string) error {
			return svc.CloseHeld(ctx, signin.Actor(ctx), id, reason)
		}},
	} {
		huma.Register(a, op(x.id, http.MethodPost, "/appeals/{id}/"+x.path, x.summary, x.text), func(ctx context.Context, in *reasonIn) (*struct{}, error) {
			return nil, x.do(ctx, in.ID, in.Body.Reason)
		})
	}
	huma.Register(a, op("vote-on-appeal", http.MethodPost, "/appeals/{id}/vote", "Cast your vote as an assigned panel member", "Once, blind to the other vote. Two that agree decide; where they differ a third member is seated."), func(ctx context.Context, in *struct {
		ID   string `path:"id" doc:"Id of the appeal"`
		Body struct {
			Outcome    string   `json:"outcome" enum:"uphold,partly,reject"`
			Affected   []string `json:"affected,omitempty" maxItems:"10" doc:"Labels that the ground holds for" example:"[\"A\"]"`
			Reason     string   `json:"reason" maxLength:"2000"`
			Remedy     string   `json:"remedy,omitempty" enum:",exclude,attribute,re_ask,correct" doc:"What shall follow; by default the first that the ground offers"`
			Party      string   `json:"party,omitempty" enum:",property,department,market,residents,none" doc:"Whose matter it was, with attribute"`
			Department string   `json:"department,omitempty" maxLength:"31" doc:"Its code, where the party is a department" example:"housing"`
		}
	}) (*struct{}, error) {
		return nil, svc.Vote(ctx, signin.Actor(ctx), in.ID, appeals.VoteInput{Outcome: appeal.Outcome(in.Body.Outcome), Affected: in.Body.Affected, Reason: in.Body.Reason,
			Remedy: appeal.Remedy(in.Body.Remedy), Party: appeal.Party(in.Body.Party), Department: in.Body.Department})
	})
}

func stamp(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}
