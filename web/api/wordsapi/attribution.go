package wordsapi

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"gongping/internal/pg/worddb"
	"gongping/scoring/qualitative"
	"gongping/web/signin"
)

// Attribution is an attribution in force or withdrawn, without committee, mark
// or answer.
type Attribution struct {
	ID        string         `json:"id"`
	RoundID   string         `json:"round_id"`
	Comment   string         `json:"comment" doc:"Masked"`
	Sign      string         `json:"sign" enum:"low,high"`
	Causes    []worddb.Cause `json:"causes" doc:"In force; none where it was withdrawn"`
	Withdrawn bool           `json:"withdrawn"`
	Changes   []Change       `json:"changes,omitempty" doc:"Requests about it, oldest first; of a list only the latest"`
}

// Change is a request to withdraw or correct an attribution.
type Change struct {
	ID      string         `json:"id"`
	Kind    string         `json:"kind" enum:"withdraw,correct"`
	Causes  []worddb.Cause `json:"causes,omitempty"`
	Reason  string         `json:"reason"`
	At      time.Time      `json:"at"`
	Ruled   bool           `json:"ruled"`
	Agreed  bool           `json:"agreed"`
	Ruling  string         `json:"ruling,omitempty" doc:"The reason of who ruled"`
	RuledAt *time.Time     `json:"ruled_at,omitempty"`
}

func changeOf(c worddb.Change) Change {
	return Change{c.ID, c.Kind, c.Causes, c.Reason, c.At, c.Ruled, c.Agreed, c.Ruling, c.RuledAt}
}

func attributionOf(a worddb.Attributed) Attribution {
	out := Attribution{ID: a.ID, RoundID: a.Round, Comment: a.Body, Sign: a.Sign, Causes: a.Causes, Withdrawn: a.Withdrawn}
	if out.Causes == nil {
		out.Causes = []worddb.Cause{}
	}
	if a.Last != nil {
		out.Changes = []Change{changeOf(*a.Last)}
	}
	return out
}

func attributions(a huma.API, o *operations, op func(method, id, path, summary, text string) huma.Operation) {
	huma.Register(a, op(http.MethodGet, "list-attributions", "/words/attributions", "List attributions", "A page at a time, open requests first; without committee, mark or answer."), o.attributions)
	huma.Register(a, op(http.MethodGet, "get-attribution", "/words/attributions/{id}", "One attribution with every request about it", "For those who may ask or rule, never with committee, mark or answer."), o.attribution)
	ask := op(http.MethodPost, "ask-attribution-change", "/words/attributions/{id}/changes", "Ask to withdraw or correct an attribution", "The attribution stays in force until somebody else agrees. One open request at a time.")
	ask.DefaultStatus = http.StatusCreated
	huma.Register(a, ask, o.askChange)
	huma.Register(a, op(http.MethodPost, "rule-attribution-change", "/words/attribution-changes/{id}/ruling", "Rule on a request about an attribution", "Agreeing makes a new record and a following run; the old one stays."), o.rule)
}

func (o *operations) attributions(ctx context.Context, in *struct {
	Round string `query:"round" doc:"Id of a round; all without"`
	Page  int    `query:"page" minimum:"1" default:"1" doc:"Page, from 1"`
}) (*answer[struct {
	Total        int           `json:"total"`
	Open         int           `json:"open" doc:"Requests that wait for a ruling"`
	Attributions []Attribution `json:"attributions"`
}], error) {
	list, err := o.svc.Attributions(ctx, signin.Actor(ctx), in.Round, in.Page)
	out := &answer[struct {
		Total        int           `json:"total"`
		Open         int           `json:"open" doc:"Requests that wait for a ruling"`
		Attributions []Attribution `json:"attributions"`
	}]{}
	out.Body.Total, out.Body.Open, out.Body.Attributions = list.Total, list.Open, []Attribution{}
	for _, a := range list.List {
		out.Body.Attributions = append(out.Body.Attributions, attributionOf(a))
	}
	return out, err
}

func (o *operations) attribution(ctx context.Context, in *struct {
	ID string `path:"id" doc:"Id of the attribution"`
}) (*answer[Attribution], error) {
	a, err := o.svc.Attribution(ctx, signin.Actor(ctx), in.ID)
	if err != nil {
		return nil, err
	}
	out := attributionOf(a.Attributed)
	out.Changes = nil
	for _, c := range a.Changes {
		out.Changes = append(out.Changes, changeOf(c))
	}
	return &answer[Attribution]{out}, nil
}

// Made is the id of what was made.
type Made struct {
	ID string `json:"id"`
}

func (o *operations) askChange(ctx context.Context, in *struct {
	ID   string `path:"id" doc:"Id of the attribution"`
	Body struct {
		Kind   string             `json:"kind" enum:"withdraw,correct"`
		Causes []qualitative.Code `json:"causes,omitempty" maxItems:"8" doc:"Of a correction: topics and whose matter they are, all outside the remit"`
		Reason string             `json:"reason" minLength:"4" maxLength:"500"`
	}
}) (*answer[Made], error) {
	id, err := o.svc.AskChange(ctx, signin.Actor(ctx), in.ID, in.Body.Kind, in.Body.Causes, in.Body.Reason)
	return &answer[Made]{Made{id}}, err
}

func (o *operations) rule(ctx context.Context, in *struct {
	ID   string `path:"id" doc:"Id of the request"`
	Body struct {
		Agree  bool   `json:"agree"`
		Reason string `json:"reason" minLength:"4" maxLength:"500"`
	}
}) (*struct{}, error) {
	return nil, o.svc.Rule(ctx, signin.Actor(ctx), in.ID, in.Body.Agree, in.Body.Reason)
}
