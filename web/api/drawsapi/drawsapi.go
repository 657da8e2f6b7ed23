// Package drawsapi has the API operations of drawing: commit, reveal, discard,
// the list of every commitment, the bundle, and drawing again.
package drawsapi

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"gongping/internal/app/draws"
	"gongping/internal/authz"
	"gongping/survey/draw"
	"gongping/web/api"
	"gongping/web/signin"
)

type operations struct{ svc *draws.Service }

// Register registers the operations.
func Register(a huma.API, svc *draws.Service) {
	o := &operations{svc}
	huma.Register(a, op(http.MethodGet, "list-draws", "/draws", "List every commitment", "Drawn, given up and waiting, the latest first."), o.ledger)
	huma.Register(a, op(http.MethodPost, "commit-draw", "/rounds/{id}/draws", "Commit a draw", "Fixes frame, plan and sizes and names the public randomness to come; signed and published. Managers only."), o.commit)
	huma.Register(a, op(http.MethodPost, "commit-top-up", "/rounds/{id}/top-ups", "Commit a top-up draw", "A later batch of a drawn round, with fresh randomness; everybody drawn before is left out. Managers only."), o.topUp)
	huma.Register(a, op(http.MethodGet, "get-draw", "/draws/{id}", "Read a commitment and its draw", "By the id of the commitment or of the draw."), o.get)
	huma.Register(a, op(http.MethodPost, "reveal-draw", "/draws/{id}/reveal", "Enter the seed and draw", "By somebody else than who committed."), o.reveal)
	huma.Register(a, op(http.MethodPost, "discard-draw", "/draws/{id}/discard", "Give a commitment up", "It stays listed with the reason."), o.discard)
	huma.Register(a, op(http.MethodPost, "verify-draw", "/draws/{id}/verify", "Draw again and compare", "From the frozen frame, and by the stand-alone verifier from the bundle. Answers 409 with the first difference."), o.verify)
	b := op(http.MethodGet, "get-draw-bundle", "/draws/{id}/bundle", "Download the bundle of a draw", "docs/spec/draw-v1.md; no personal data.")
	b.Responses = map[string]*huma.Response{"200": {Description: "The bundle", Content: map[string]*huma.MediaType{"text/plain": {Schema: &huma.Schema{Type: "string"}}}}}
	huma.Register(a, b, o.bundle)
	x := op(http.MethodGet, "get-draw-annex", "/draws/{id}/annex", "Download the auditors' annex of a draw", "Where the units are households: who lives together and who of them was drawn, by frame ids, without names. Auditors only.")
	x.Responses = map[string]*huma.Response{"200": {Description: "The annex", Content: map[string]*huma.MediaType{"text/plain": {Schema: &huma.Schema{Type: "string"}}}}}
	huma.Register(a, x, o.annex)
}

func op(method, id, path, summary, text string) huma.Operation {
	out := huma.Operation{OperationID: id, Method: method, Path: api.Prefix + path, Tags: []string{"Draws"}, Summary: summary, Description: text}
	if id == "commit-draw" || id == "commit-top-up" || id == "reveal-draw" {
		out.DefaultStatus = http.StatusCreated
	}
	return out
}

type answer[T any] struct{ Body T }

// ByID is the id of a commitment or draw in the address.
type ByID struct {
	ID string `path:"id" doc:"Id" example:"7f0c2a52-63a5-4c2e-9d0e-0f5b1f8f2a11"`
}

// Draw is a commitment with what became of it.
type Draw struct {
	ID               string     `json:"id" doc:"Of the commitment"`
	Round            string     `json:"round" doc:"Id of the round"`
	Purpose          string     `json:"purpose"`
	State            string     `json:"state" enum:"waiting,drawn,discarded"`
	Randomness       string     `json:"randomness"`
	Due              time.Time  `json:"due"`
	CommittedAt      time.Time  `json:"committed_at"`
	CommitmentDigest string     `json:"commitment_digest"`
	DrawID           string     `json:"draw,omitempty"`
	DrawDigest       string     `json:"draw_digest,omitempty"`
	DrawnAt          *time.Time `json:"drawn_at,omitempty"`
	Sample           int        `json:"sample,omitempty"`
	Reserve          int        `json:"reserve,omitempty"`
	Seed             string     `json:"seed,omitempty"`
	Evidence         string     `json:"evidence,omitempty"`
	Reason           string     `json:"reason,omitempty" doc:"Why it was given up"`
	Households       bool       `json:"households,omitempty" doc:"The units of two-stage strata are households"`
	Document         string     `json:"document,omitempty" doc:"The signed commitment"`
	Signature        string     `json:"signature,omitempty"`
	PublicKey        string     `json:"public_key,omitempty"`
}

// DrawList is a page of commitments.
type DrawList struct {
	Total int    `json:"total"`
	Page  int    `json:"page"`
	Draws []Draw `json:"draws"`
}

const pageSize = 50

func state(drawn, discarded bool) string {
	switch {
	case drawn:
		return "drawn"
	case discarded:
		return "discarded"
	}
	return "waiting"
}

func (o *operations) ledger(ctx context.Context, in *struct {
	Page int `query:"page" default:"1" minimum:"1" doc:"Page, 50 each"`
}) (*answer[DrawList], error) {
	who := signin.Actor(ctx)
	if err := authz.Check(who, authz.DrawRead, authz.Object{}); err != nil {
		return nil, err
	}
	list, total, err := o.svc.Ledger(ctx, who.District, in.Page, pageSize)
	out := DrawList{Total: total, Page: in.Page, Draws: []Draw{}}
	for _, e := range list {
		d := Draw{ID: e.ID, Round: e.RoundID, Purpose: e.Purpose, State: state(e.DrawID != "", e.DiscardedAt != nil), Randomness: e.Randomness, Due: e.DueAt, CommittedAt: e.At,
			CommitmentDigest: fmt.Sprintf("%x", e.Digest), DrawID: e.DrawID, DrawnAt: e.DrawnAt, Sample: e.NSample, Reserve: e.NReserve, Reason: e.DiscardReason}
		if e.DrawID != "" {
			d.DrawDigest = fmt.Sprintf("%x", e.DrawDigest)
		}
		out.Draws = append(out.Draws, d)
	}
	return &answer[DrawList]{out}, err
}

// publication asks for somebody signed in: the public pages are under /d.
func (o *operations) publication(ctx context.Context, id string) (draws.Published, error) {
	who := signin.Actor(ctx)
	if err := authz.Check(who, authz.DrawRead, authz.Object{}); err != nil {
		return draws.Published{}, err
	}
	return o.svc.Publication(ctx, who.District, id)
}

func (o *operations) get(ctx context.Context, in *ByID) (*answer[Draw], error) {
	p, err := o.publication(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	c := p.Commitment
	d := Draw{ID: c.ID, Round: c.RoundID, Purpose: c.Purpose, State: state(p.Draw != nil, p.Discard != nil), Randomness: c.Randomness, Due: c.DueAt, CommittedAt: c.At,
		CommitmentDigest: fmt.Sprintf("%x", c.Digest), Document: c.Document, Signature: fmt.Sprintf("%x", c.Signature), PublicKey: fmt.Sprintf("%x", c.PublicKey)}
	d.Households = p.Homes
	if p.Draw != nil {
		d.DrawID, d.DrawDigest, d.DrawnAt, d.Sample, d.Reserve = p.Draw.ID, fmt.Sprintf("%x", p.Draw.Digest), &p.Draw.At, p.Draw.NSample, p.Draw.NReserve
		d.Seed, d.Evidence = p.Draw.Seed, p.Draw.Evidence
	}
	if p.Discard != nil {
		d.Reason = p.Discard.Reason
	}
	return &answer[Draw]{d}, nil
}

// Made is the id of what was made.
type Made struct {
	ID string `json:"id"`
}

func (o *operations) commit(ctx context.Context, in *struct {
	ByID
	Body struct {
		Kind    draw.RandomnessKind `json:"kind" enum:"dice,lottery,beacon"`
		Name    string              `json:"name" maxLength:"120" doc:"Which event exactly" example:"双色球 2026141 期"`
		Due     time.Time           `json:"due" doc:"When it will exist, at the earliest"`
		Purpose string              `json:"purpose,omitempty" doc:"Name of the draw; nothing makes one"`
	}
}) (*answer[Made], error) {
	b := in.Body
	id, err := o.svc.Commit(ctx, signin.Actor(ctx), in.ID, draws.Wish{Purpose: b.Purpose, Randomness: draw.Randomness{Kind: b.Kind, Name: b.Name, Due: b.Due}})
	return &answer[Made]{Made{id}}, err
}

func (o *operations) topUp(ctx context.Context, in *struct {
	ByID
	Body struct {
		Kind    draw.RandomnessKind `json:"kind" enum:"dice,lottery,beacon"`
		Name    string              `json:"name" maxLength:"120" doc:"Which event exactly; never one used before"`
		Due     time.Time           `json:"due" doc:"When it will exist, at the earliest"`
		Purpose string              `json:"purpose,omitempty" doc:"Name of the draw; nothing makes one"`
		Sizes   map[string]int      `json:"sizes" doc:"Further residents to draw, by committee or stratum"`
	}
}) (*answer[Made], error) {
	b := in.Body
	id, err := o.svc.CommitTopUp(ctx, signin.Actor(ctx), in.ID, draws.TopUp{Sizes: b.Sizes,
		Wish: draws.Wish{Purpose: b.Purpose, Randomness: draw.Randomness{Kind: b.Kind, Name: b.Name, Due: b.Due}}})
	return &answer[Made]{Made{id}}, err
}

func (o *operations) reveal(ctx context.Context, in *struct {
	ByID
	Body struct {
		Seed     string `json:"seed" maxLength:"260" example:"03-11-17-22-29-31-08"`
		Evidence string `json:"evidence" maxLength:"500" doc:"Where and how anyone can check it"`
	}
}) (*answer[Made], error) {
	id, err := o.svc.Reveal(ctx, signin.Actor(ctx), in.ID, in.Body.Seed, in.Body.Evidence)
	return &answer[Made]{Made{id}}, err
}

func (o *operations) discard(ctx context.Context, in *struct {
	ByID
	Body struct {
		Reason string `json:"reason" maxLength:"300"`
	}
}) (*struct{}, error) {
	return nil, o.svc.Discard(ctx, signin.Actor(ctx), in.ID, in.Body.Reason)
}

// Verified is what the verifier read.
type Verified struct {
	Agrees      bool   `json:"agrees"`
	FrameDigest string `json:"frame_digest"`
	DrawDigest  string `json:"draw_digest"`
	Units       int    `json:"units"`
	Strata      int    `json:"strata"`
	Sample      int    `json:"sample"`
	Reserve     int    `json:"reserve"`
}

func (o *operations) verify(ctx context.Context, in *ByID) (*answer[Verified], error) {
	p, err := o.publication(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	if p.Draw == nil {
		return nil, draws.NotDrawn()
	}
	r, err := o.svc.Verify(ctx, signin.Actor(ctx), p.Draw.ID)
	if err != nil {
		return nil, err
	}
	return &answer[Verified]{Verified{true, r.FrameDigest, r.DrawDigest, r.Units, r.Strata, r.Sample, r.Reserve}}, nil
}

func (o *operations) bundle(ctx context.Context, in *ByID) (*huma.StreamResponse, error) {
	p, err := o.publication(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	if p.Draw == nil {
		return nil, draws.NotDrawn()
	}
	file, err := o.svc.BundleFile(ctx, signin.Actor(ctx).District, p.Draw.ID)
	if err != nil {
		return nil, err
	}
	return &huma.StreamResponse{Body: func(h huma.Context) {
		h.SetHeader("Content-Type", "text/plain; charset=utf-8")
		h.SetHeader("Content-Length", strconv.FormatInt(file.Size(), 10))
		h.SetHeader("Content-Disposition", `attachment; filename="`+p.Draw.Purpose+`.draw.txt"`)
		if _, err := io.Copy(h.BodyWriter(), file); err != nil {
			o.svc.Log.DebugContext(h.Context(), "bundle", "draw", p.Draw.ID, "error", err) // the reader went away
		}
	}}, nil
}

func (o *operations) annex(ctx context.Context, in *ByID) (*huma.StreamResponse, error) {
	p, err := o.publication(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	if p.Draw == nil {
		return nil, draws.NotDrawn()
	}
	file, err := o.svc.AnnexFile(ctx, signin.Actor(ctx), p.Draw.ID)
	if err != nil {
		return nil, err
	}
	return &huma.StreamResponse{Body: func(h huma.Context) {
		defer file.Close()
		h.SetHeader("Content-Type", "text/plain; charset=utf-8")
		h.SetHeader("Content-Disposition", `attachment; filename="`+p.Draw.Purpose+`.annex.txt"`)
		if _, err := io.Copy(h.BodyWriter(), file); err != nil {
			o.svc.Log.DebugContext(h.Context(), "annex", "draw", p.Draw.ID, "error", err) // the reader went away
		}
	}}, nil
}
