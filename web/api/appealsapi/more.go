package appealsapi

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"gongping/internal/app/appeals"
	"gongping/internal/app/draws"
	"gongping/survey/draw"
	"gongping/web/signin"
)

type movedOut struct {
	Appeal  string     `json:"appeal"`
	Receipt string     `json:"receipt,omitempty"`
	Kind    string     `json:"kind" enum:"asked,extended,declined"`
	Step    string     `json:"step,omitempty"`
	Who     string     `json:"who" enum:"appellant,panel,manager"`
	Days    int        `json:"days,omitempty" doc:"Working days"`
	Until   *time.Time `json:"until,omitempty"`
	Reason  string     `json:"reason"`
	At      time.Time  `json:"at"`
}

type sumOut struct {
	Round        string    `json:"round"`
	Appeals      int       `json:"appeals"`
	Units        int       `json:"units"`
	Until        time.Time `json:"until"`
	LowReviewed  int       `json:"low_reviewed" doc:"-1 where fewer than few and not none"`
	LowExcluded  int       `json:"low_excluded"`
	HighReviewed int       `json:"high_reviewed"`
	HighExcluded int       `json:"high_excluded"`
	Net          float64   `json:"net" doc:"Sum of the changes of official scores, in points"`
	Few          int       `json:"few"`
}

type gapSide struct {
	Gap  float64 `json:"gap" doc:"First group minus second, in points"`
	Low  float64 `json:"low"`
	High float64 `json:"high"`
	Std  float64 `json:"standardised" doc:"Hedges' g for committees, weighted standardised difference for answers"`
}

type gapOut struct {
	Round  string   `json:"round"`
	Kind   string   `json:"kind" enum:"units,answers"`
	By     string   `json:"by" enum:"size,tenants,older,load,upheld,contact,tenure,age,sex"`
	N      [2]int   `json:"n"`
	Before *gapSide `json:"before,omitempty"`
	Now    *gapSide `json:"now,omitempty"`
	Hidden string   `json:"hidden,omitempty" doc:"small: a group is too small; change: so few answers changed that the figure would tell of them"`
	Change *float64 `json:"change,omitempty"`
}

func gapOf(g appeals.GroupGap) gapOut {
	side := func(s appeals.Side) *gapSide {
		if !s.OK {
			return nil
		}
		return &gapSide{s.Gap, s.Lo, s.Hi, s.Std}
	}
	out := gapOut{Round: g.Round, Kind: g.Kind, By: g.By, N: [2]int{g.N1, g.N2}, Before: side(g.Before), Now: side(g.Now), Hidden: g.Hidden}
	if g.HasChange {
		out.Change = &g.Change
	}
	return out
}

type assignedOut struct {
	Assigned int `json:"assigned" doc:"Cases that were given out"`
}

// steps3 registers requests for more time, asking anew, and what the page of
// public notices shows besides.
func steps3(a huma.API, svc *appeals.Service) {
	huma.Register(a, op("ask-appeal-extension", http.MethodPost, "/appeals/{id}/ask", "Ask for more time, once a step", "By the appellant or a seated panel member. A manager answers by extend-appeal or decline-appeal-extension."), func(ctx context.Context, in *struct {
		ID   string `path:"id" doc:"Id of the appeal"`
		Body struct {
			Days   int    `json:"days" minimum:"1" doc:"Working days, within the rule book's bound" example:"5"`
			Reason string `json:"reason" minLength:"4" maxLength:"2000"`
		}
	}) (*struct{}, error) {
		return nil, svc.AskExtension(ctx, signin.Actor(ctx), in.ID, in.Body.Days, in.Body.Reason)
	})
	huma.Register(a, op("decline-appeal-extension", http.MethodPost, "/appeals/{id}/decline", "Decline the open requests for more time", "By a manager, with the reason. The deadline stays."), func(ctx context.Context, in *reasonIn) (*struct{}, error) {
		return nil, svc.DeclineExtension(ctx, signin.Actor(ctx), in.ID, in.Body.Reason)
	})
	huma.Register(a, op("list-moved-deadlines", http.MethodGet, "/appeals/deadlines", "List moved deadlines", "Who asked, what was answered and until when; newest first."), func(ctx context.Context, _ *struct{}) (*body[[]movedOut], error) {
		list, err := svc.MovedDeadlines(ctx, signin.Actor(ctx))
		if err != nil {
			return nil, err
		}
		out := []movedOut{}
		for _, m := range list {
			out = append(out, movedOut{m.ID, m.Receipt, string(m.Kind), string(m.Step), m.Who, m.Days, stamp(m.Until), m.Reason, m.At})
		}
		return &body[[]movedOut]{out}, nil
	})
	huma.Register(a, op("appeal-gaps", http.MethodGet, "/appeals/gaps", "Gaps between groups before appeals and now", "Between groups of committees and of residents within the caller's area."), func(ctx context.Context, _ *struct{}) (*body[[]gapOut], error) {
		n, err := svc.Numbers(ctx, signin.Actor(ctx))
		if err != nil {
			return nil, err
		}
		out := []gapOut{}
		for _, g := range n.Groups {
			out = append(out, gapOf(g))
		}
		return &body[[]gapOut]{out}, nil
	})
	huma.Register(a, op("step-back", http.MethodPost, "/appeals/{id}/stepback", "Leave the panel before voting", "By a seated member, with the reason; somebody else is seated."), func(ctx context.Context, in *reasonIn) (*struct{}, error) {
		return nil, svc.StepBack(ctx, signin.Actor(ctx), in.ID, in.Body.Reason)
	})
	huma.Register(a, op("assign-reask", http.MethodPost, "/appeals/{id}/reask/assign", "Give out the cases of an asking anew that nobody holds", "To evaluators who interviewed none of the answers that were set aside."), func(ctx context.Context, in *struct {
		ID string `path:"id" doc:"Id of the appeal"`
	}) (*body[assignedOut], error) {
		n, err := svc.AssignReAsk(ctx, signin.Actor(ctx), in.ID)
		return &body[assignedOut]{assignedOut{n}}, err
	})
	reask := op("open-reask", http.MethodPost, "/rounds/{id}/reask", "Open the asking anew for the appeals of a round that wait for it", "Names the public randomness to come; somebody else enters it by reveal-draw. As many residents as answers were set aside are drawn, from those whom no draw holds.")
	reask.DefaultStatus = http.StatusCreated
	huma.Register(a, reask, func(ctx context.Context, in *struct {
		ID   string `path:"id" doc:"Id of the round"`
		Body struct {
			Kind draw.RandomnessKind `json:"kind" enum:"dice,lottery,beacon"`
			Name string              `json:"name" maxLength:"120" doc:"Which event exactly; never one used before"`
			Due  time.Time           `json:"due" doc:"When it will exist, at the earliest"`
		}
	}) (*body[receiptOut], error) {
		id, err := svc.OpenReAsk(ctx, signin.Actor(ctx), in.ID, draws.Wish{Randomness: draw.Randomness{Kind: in.Body.Kind, Name: in.Body.Name, Due: in.Body.Due}})
		return &body[receiptOut]{receiptOut{ID: id}}, err
	})
	huma.Register(a, op("notice-sums", http.MethodGet, "/notices/sums", "What the decisions on public notice set aside, by sign", "For every account. By run on notice; small counts are hidden."), func(ctx context.Context, _ *struct{}) (*body[[]sumOut], error) {
		list, err := svc.NoticeSums(ctx, signin.Actor(ctx))
		if err != nil {
			return nil, err
		}
		out := []sumOut{}
		for _, s := range list {
			out = append(out, sumOut{s.Round, s.Appeals, s.Units, s.Until, s.LowReviewed, s.LowExcluded, s.HighReviewed, s.HighExcluded, s.Net, s.Few})
		}
		return &body[[]sumOut]{out}, nil
	})
}
