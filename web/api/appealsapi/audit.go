package appealsapi

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"gongping/internal/app/auditlog"
	"gongping/internal/audit"
	"gongping/internal/pg/auditdb"
	"gongping/web/signin"
)

func auditOp(id, method, path, summary, text string) huma.Operation {
	o := op(id, method, path, summary, text)
	o.Tags = []string{"Audit"}
	return o
}

type recordOut struct {
	Seq       int64     `json:"seq"`
	At        time.Time `json:"at"`
	ActorID   string    `json:"actor_id,omitempty"`
	ActorRole string    `json:"actor_role"`
	Action    string    `json:"action"`
	Kind      string    `json:"object_kind"`
	ID        string    `json:"object_id,omitempty"`
	Area      string    `json:"area,omitempty"`
	Detail    string    `json:"detail" doc:"Canonical JSON"`
	Prev      audit.Hex `json:"prev_hash"`
	Hash      audit.Hex `json:"hash"`
	Personal  bool      `json:"reads_personal_data"`
}

type logOut struct {
	Records []recordOut `json:"records"`
	Next    int64       `json:"next,omitempty" doc:"Pass as before for the records that follow"`
}

// RegisterAudit registers the operations of the audit log.
func RegisterAudit(a huma.API, svc *auditlog.Service) {
	huma.Register(a, auditOp("list-audit-records", http.MethodGet, "/audit/records", "Read the audit log, newest first", "Every act and every read of personal data. Pass next as before to read on."), func(ctx context.Context, in *struct {
		Actor    string    `query:"actor" doc:"Account id"`
		Action   string    `query:"action" example:"identity.read" doc:"Only this act"`
		Kind     string    `query:"object_kind" doc:"Only acts on this kind of thing"`
		ID       string    `query:"object_id" doc:"Only acts on this one"`
		Since    time.Time `query:"since" doc:"Not before"`
		Until    time.Time `query:"until" doc:"Not after"`
		Before   int64     `query:"before" minimum:"0" doc:"Only records with a smaller number"`
		Limit    int       `query:"limit" minimum:"1" maximum:"500" default:"50" doc:"How many at most"`
		Personal bool      `query:"personal" doc:"Only reads of personal data"`
	}) (*body[logOut], error) {
		p, err := svc.List(ctx, signin.Actor(ctx), auditdb.Filter{Actor: in.Actor, Action: in.Action, Kind: in.Kind, ID: in.ID,
			Since: in.Since, Until: in.Until, Before: in.Before, Limit: in.Limit}, in.Personal)
		if err != nil {
			return nil, err
		}
		out := logOut{Next: p.Next, Records: []recordOut{}}
		for _, r := range p.Records {
			out.Records = append(out.Records, recordOut{r.Seq, r.At, r.ActorID, r.ActorRole, r.Action, r.Kind, r.Entry.ID, r.Area, r.Detail, r.Prev, r.Hash, r.Personal})
		}
		return &body[logOut]{out}, nil
	})
	huma.Register(a, auditOp("verify-audit-log", http.MethodPost, "/audit/verify", "Verify the chain and name the first altered record", "Walks the whole chain and, with a checkpoint, compares with what was signed."), func(ctx context.Context, in *struct {
		Body struct {
			Checkpoint *audit.Checkpoint `json:"checkpoint,omitempty" doc:"A lodged checkpoint to verify against"`
		} `required:"false"`
	}) (*body[auditlog.Report], error) {
		r, err := svc.Verify(ctx, signin.Actor(ctx), in.Body.Checkpoint)
		if err != nil {
			return nil, err
		}
		return &body[auditlog.Report]{r}, nil
	})
	sign := auditOp("sign-audit-checkpoint", http.MethodPost, "/audit/checkpoints", "Verify the chain and sign its head", "By an auditor. Lodge it elsewhere: verify-audit-log takes it back and tells whether the log still holds what was signed.")
	sign.DefaultStatus = http.StatusCreated
	huma.Register(a, sign, func(ctx context.Context, _ *struct{}) (*body[audit.Checkpoint], error) {
		c, err := svc.Checkpoint(ctx, signin.Actor(ctx))
		if err != nil {
			return nil, err
		}
		return &body[audit.Checkpoint]{c}, nil
	})
	huma.Register(a, auditOp("list-audit-checkpoints", http.MethodGet, "/audit/checkpoints", "List the signed checkpoints", "Newest first, each with the number and hash of the record that it signs."), func(ctx context.Context, _ *struct{}) (*body[[]audit.Checkpoint], error) {
		list, err := svc.Checkpoints(ctx, signin.Actor(ctx))
		if err != nil {
			return nil, err
		}
		return &body[[]audit.Checkpoint]{list}, nil
	})
}
