package appealsapi

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"gongping/internal/app/appeals"
	"gongping/internal/app/disputes"
	"gongping/internal/authz"
	"gongping/scoring/appeal"
	"gongping/web/signin"
)

type noticeOut struct {
	ID         string    `json:"id"`
	Receipt    string    `json:"receipt"`
	Unit       string    `json:"unit_name"`
	Round      string    `json:"round"`
	Ground     string    `json:"ground"`
	Outcome    string    `json:"outcome"`
	Instance   int       `json:"instance"`
	From       time.Time `json:"from"`
	Until      time.Time `json:"until"`
	Before     *float64  `json:"score_before,omitempty" doc:"To one decimal"`
	After      *float64  `json:"score_after,omitempty" doc:"To one decimal"`
	Objections int       `json:"objections"`
	Answered   int       `json:"answered"`
}

// steps2 registers extensions, notices, objections and the second instance.
func steps2(a huma.API, svc *appeals.Service) {
	huma.Register(a, op("extend-appeal", http.MethodPost, "/appeals/{id}/extend", "Give the step that the appeal waits for more time, once", "By a manager, in working days within the rule book's bound, before the deadline; the appellant reads the reason."), func(ctx context.Context, in *struct {
		ID   string `path:"id" doc:"Id of the appeal"`
		Body struct {
			Days   int    `json:"days" minimum:"1" doc:"Working days, within the rule book's bound" example:"5"`
			Reason string `json:"reason" maxLength:"2000"`
		}
	}) (*struct{}, error) {
		return nil, svc.Extend(ctx, signin.Actor(ctx), in.ID, in.Body.Days, in.Body.Reason)
	})
	second := op("file-second-instance", http.MethodPost, "/appeals/{id}/second", "Take your ended appeal to the second instance", "Once, within the rule book's days, by who did not win the first. Another panel decides.")
	second.DefaultStatus, second.MaxBodyBytes = http.StatusCreated, 2*appeals.MaxFiles*appeals.MaxFile
	huma.Register(a, second, func(ctx context.Context, in *struct {
		ID   string `path:"id" doc:"Id of the first instance"`
		Body struct {
			Statement string   `json:"statement" minLength:"20" maxLength:"4000"`
			Files     []fileIn `json:"files,omitempty" maxItems:"5"`
		}
	}) (*body[receiptOut], error) {
		var files []appeals.File
		for _, x := range in.Body.Files {
			files = append(files, appeals.File{Name: x.Name, Kind: appeal.Evidence(x.Kind), Content: x.Content})
		}
		id, receipt, err := svc.FileSecond(ctx, signin.Actor(ctx), in.ID, in.Body.Statement, files)
		if err != nil {
			return nil, err
		}
		return &body[receiptOut]{receiptOut{id, receipt}}, nil
	})
	huma.Register(a, op("open-notice", http.MethodPost, "/appeals/releases/{run}/notice", "Put the new result of appeals on public notice", "By a manager. Refused where the difference to the published result would reveal an answer or harm an appellant."), func(ctx context.Context, in *struct {
		Run string `path:"run" doc:"Id of the run"`
	}) (*struct{}, error) {
		return nil, svc.OpenNotice(ctx, signin.Actor(ctx), in.Run)
	})
	huma.Register(a, op("list-notices", http.MethodGet, "/notices", "List the results on public notice", "For every account; the page /notices needs none. Which committee, which ground, the score before and after to one decimal, and until when one may object."), func(ctx context.Context, _ *struct{}) (*body[[]noticeOut], error) {
		list, err := svc.Notices(ctx, signin.Actor(ctx))
		if err != nil {
			return nil, err
		}
		out := []noticeOut{}
		for _, n := range list {
			x := noticeOut{ID: n.ID, Receipt: n.Receipt, Unit: n.UnitName, Round: n.Round, Ground: n.Ground, Outcome: string(n.Outcome), Instance: n.Instance,
				From: n.From, Until: n.Until, Objections: n.Objections, Answered: n.Closed}
			if n.Scored {
				x.Before, x.After = &n.Before, &n.After
			}
			out = append(out, x)
		}
		return &body[[]noticeOut]{out}, nil
	})
	huma.Register(a, op("object-to-notice", http.MethodPost, "/notices/{id}/objections", "Object to a result on public notice", "For workers, leaders, departments and auditors while the notice runs, but not the appellant; people without an account object at /notices. It must be answered before the result counts."), func(ctx context.Context, in *struct {
		ID   string `path:"id" doc:"Id of the appeal"`
		Body struct {
			Text string `json:"text" minLength:"20" maxLength:"4000"`
		}
	}) (*struct{}, error) {
		return nil, svc.Object(ctx, signin.Actor(ctx), in.ID, in.Body.Text)
	})
	huma.Register(a, op("answer-objection", http.MethodPost, "/appeals/{id}/objections/{objection}", "Answer an objection with a reason", "By a manager. A new result is published only when every objection has its answer; the answer stays with the appeal."), func(ctx context.Context, in *struct {
		ID        string `path:"id" doc:"Id of the appeal"`
		Objection string `path:"objection" doc:"Id of the objection"`
		Body      struct {
			Reason string `json:"reason" maxLength:"2000"`
		}
	}) (*struct{}, error) {
		return nil, svc.Answer(ctx, signin.Actor(ctx), in.ID, in.Objection, in.Body.Reason)
	})
}

type entryIn struct {
	Kind       string   `json:"kind" enum:"demand_refused,neighbours,enforcement,benefit,other"`
	Building   string   `json:"building" example:"5号楼"`
	Room       string   `json:"room,omitempty" example:"302"`
	Name       string   `json:"name,omitempty"`
	CaseNumber string   `json:"case_number,omitempty"`
	HappenedOn string   `json:"happened_on,omitempty" example:"2026-05-20"`
	Story      string   `json:"story" minLength:"20" maxLength:"2000"`
	Files      []fileIn `json:"files,omitempty" maxItems:"3"`
}

type entryRecord struct {
	ID        string    `json:"id"`
	Receipt   string    `json:"receipt"`
	Kind      string    `json:"kind"`
	At        time.Time `json:"recorded_at"`
	Expires   time.Time `json:"expires_at"`
	Withdrawn bool      `json:"withdrawn"`
	Digest    string    `json:"digest"`
}

func registerEntries(a huma.API, svc *disputes.Service) {
	o := op("record-conflict", http.MethodPost, "/conflicts", "Record a known conflict in the sealed register, before the draw", "By a worker. Sealed at once; the ground registered_conflict counts only for entries made before the commitment of a draw. Nobody learns whether the household was sampled.")
	o.DefaultStatus, o.MaxBodyBytes = http.StatusCreated, 2*appeals.MaxFiles*appeals.MaxFile
	huma.Register(a, o, func(ctx context.Context, in *body[entryIn]) (*body[receiptOut], error) {
		b := in.Body
		r := disputes.Recording{Kind: b.Kind, Entry: disputes.Entry{Building: b.Building, Room: b.Room, Name: b.Name, CaseNumber: b.CaseNumber, HappenedOn: b.HappenedOn, Story: b.Story}}
		for _, x := range b.Files {
			r.Files = append(r.Files, appeals.File{Name: x.Name, Content: x.Content})
		}
		id, receipt, err := svc.Record(ctx, signin.Actor(ctx), r)
		if err != nil {
			return nil, err
		}
		return &body[receiptOut]{receiptOut{id, receipt}}, nil
	})
	huma.Register(a, op("list-conflicts", http.MethodGet, "/conflicts", "List your own entries of the sealed register", "Withdrawn and expired ones too; never whether a household was sampled."), func(ctx context.Context, _ *struct{}) (*body[[]entryRecord], error) {
		who := signin.Actor(ctx)
		if authz.ScopeOf(who.Role, authz.ConflictRead) == authz.Deny {
			return nil, authz.Check(who, authz.ConflictRead, authz.Object{})
		}
		list, err := svc.Mine(ctx, who)
		if err != nil {
			return nil, err
		}
		out := []entryRecord{}
		for _, v := range list {
			out = append(out, entryRecord{v.ID, v.Receipt, v.Kind, v.At, v.Expires, v.Withdrawn, v.Digest})
		}
		return &body[[]entryRecord]{out}, nil
	})
	huma.Register(a, op("withdraw-conflict", http.MethodPost, "/conflicts/{id}/withdraw", "Withdraw your own entry", "It stays listed and no longer counts."), func(ctx context.Context, in *struct {
		ID string `path:"id" doc:"Id of the entry"`
	}) (*struct{}, error) {
		return nil, svc.Withdraw(ctx, signin.Actor(ctx), in.ID)
	})
}
