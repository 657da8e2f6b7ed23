// Package wordsapi has the JSON operations on what people say.
package wordsapi

import (
	"bytes"
	"context"
	"crypto/sha256"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"gongping/internal/app/words"
	"gongping/scoring/qualitative"
	"gongping/web/signin"
)

type (
	answer[T any] struct{ Body T }
	scopeInput    struct {
		Scope string `query:"scope" required:"true" pattern:"^(round|import):[0-9a-f-]{36}$" doc:"round:<id> or import:<id>"`
	}
	operations struct{ svc *words.Service }
)

// maxFile is the largest table of comments that is taken.
const maxFile = 32 << 20

// Register adds the operations.
func Register(a huma.API, svc *words.Service) {
	o := &operations{svc}
	op := func(method, id, path, summary, text string) huma.Operation {
		return huma.Operation{OperationID: id, Method: method, Path: "/api/v1" + path, Summary: summary, Description: text, Tags: []string{"Words"}}
	}
	huma.Register(a, op(http.MethodGet, "list-comment-scopes", "/words", "Rounds and files with comments, and how far their coding is", "Newest first. Their scope is what the other operations on comments take."), o.scopes)
	huma.Register(a, op(http.MethodPost, "take-in-comments", "/rounds/{id}/comments", "Mask the open answers of a round and take them in", "Those that wait: of a closed round all, of one in the field many together. Names, phones, plates and addresses below the building are masked."), o.takeIn)
	upload := op(http.MethodPost, "import-comments", "/words/files", "Mask a table of comments (CSV or XLSX) and take it in", "The body is the file. Names, phones, plates and addresses below the building are masked on the way in; such comments enter no score.")
	upload.MaxBodyBytes, upload.BodyReadTimeout = maxFile, 10*time.Minute
	huma.Register(a, upload, o.upload)
	huma.Register(a, op(http.MethodGet, "comment-themes", "/words/themes", "Counts by theme", "Counts people, not comments; counts below the rule book's cell are hidden, and those that would give them away."), o.themes)
	huma.Register(a, op(http.MethodGet, "comment-agreement", "/words/agreement", "Agreement of two coders blind to each other", "Observed agreement, Cohen's kappa and Krippendorff's alpha by topic, polarity and matter."), o.agreement)
	huma.Register(a, op(http.MethodGet, "comment-campaigns", "/words/campaigns", "Campaigns with their sizes", "Comments with the same text, many by one person, or with many likes: each is heard as one voice, its size told."), o.campaigns)
	huma.Register(a, op(http.MethodGet, "search-comments", "/words/search", "Search masked comments", "A page at a time; in Chinese too. Only masked text is searched and shown."), o.search)
	huma.Register(a, op(http.MethodGet, "comments-to-code", "/words/queue", "List texts that I may code", "For coders. Texts with the same words come once."), o.queue)
	huma.Register(a, op(http.MethodPost, "code-comments", "/words/codings", "My judgements of texts, all or none", "A coder judges a text once and cannot see what others said. Two who agree decide; where they differ a third is asked."), o.code)
	attributions(a, o, op)
	huma.Register(a, op(http.MethodGet, "codebook", "/words/codebook", "Read the codebook in force", "Topics on up to three levels, and whose matter each may be."), o.codebook)
	huma.Register(a, op(http.MethodPut, "save-codebook", "/words/codebook", "Save a new version of the codebook", "Codings keep the version that they were made under."), o.saveCodebook)
}

// Scope is a round or file with comments.
type Scope struct {
	Scope      string    `json:"scope"`
	Title      string    `json:"title"`
	At         time.Time `json:"at"`
	Comments   int       `json:"comments"`
	Texts      int       `json:"texts" doc:"Different texts; coders code each once"`
	Once       int       `json:"once" doc:"Texts that wait for a second coder"`
	Split      int       `json:"split" doc:"Texts that wait for a third coder"`
	Decided    int       `json:"decided"`
	Attributed int       `json:"attributed" doc:"Answers whose marks have a cause outside the remit"`
}

func (o *operations) scopes(ctx context.Context, _ *struct{}) (*answer[[]Scope], error) {
	v, err := o.svc.Overview(ctx, signin.Actor(ctx))
	out := make([]Scope, 0, len(v.Scopes))
	for _, s := range v.Scopes {
		out = append(out, Scope{words.ScopeText(words.Scope{Round: s.Round, Import: s.Import}), s.Title, s.At, s.Comments, s.Texts, s.Once, s.Split, s.Decided, s.Attributed})
	}
	return &answer[[]Scope]{out}, err
}

// Taken is what was taken in.
type Taken struct {
	Scope    string `json:"scope"`
	Comments int    `json:"comments"`
	Masked   int    `json:"masked,omitempty" doc:"Personal data masked"`
}

func (o *operations) takeIn(ctx context.Context, in *struct {
	ID string `path:"id" format:"uuid" doc:"Round"`
}) (*answer[Taken], error) {
	n, err := o.svc.TakeIn(ctx, signin.Actor(ctx), in.ID)
	if err != nil {
		return nil, err
	}
	return &answer[Taken]{Taken{Scope: "round:" + in.ID, Comments: n}}, nil
}

func (o *operations) upload(ctx context.Context, in *struct {
	Name    string `query:"name" maxLength:"200" doc:"Name of the file"`
	RawBody []byte
}) (*answer[Taken], error) {
	sum := sha256.Sum256(in.RawBody)
	t, err := o.svc.Import(ctx, signin.Actor(ctx), in.Name, bytes.NewReader(in.RawBody), int64(len(in.RawBody)), sum[:])
	if err != nil {
		return nil, err
	}
	return &answer[Taken]{Taken{"import:" + t.Import, t.Comments, t.Masked}}, nil
}

// Theme is what was said on a topic. Counts of -1 are too small to be shown.
type Theme struct {
	Topic    string  `json:"topic"`
	Name     string  `json:"name"`
	Hidden   bool    `json:"hidden" doc:"Fewer people than may be shown"`
	Voices   int     `json:"voices" doc:"A campaign, and one person's comments, are one voice"`
	People   int     `json:"people"`
	Comments int     `json:"comments"`
	Likes    int     `json:"likes"`
	Negative int     `json:"negative"`
	Neutral  int     `json:"neutral"`
	Positive int     `json:"positive"`
	Matters  []Share `json:"matters"`
}

// Share is whose matter a theme is.
type Share struct {
	Matter     string `json:"matter"`
	Department string `json:"department,omitempty"`
	People     int    `json:"people"`
}

func (o *operations) themes(ctx context.Context, in *scopeInput) (*answer[[]Theme], error) {
	t, err := o.svc.Themes(ctx, signin.Actor(ctx), words.ParseScope(in.Scope), "zh")
	out := make([]Theme, 0, len(t.List))
	for _, x := range t.List {
		v := Theme{Topic: x.Topic, Name: x.Name, Hidden: x.Hidden, Voices: x.Size.Voices, People: x.Size.Authors, Comments: x.Size.Comments, Likes: x.Size.Likes,
			Negative: x.Polarity[0], Neutral: x.Polarity[1], Positive: x.Polarity[2], Matters: make([]Share, 0, len(x.Matters))}
		for _, m := range x.Matters {
			v.Matters = append(v.Matters, Share{string(m.Matter), m.Department, m.People})
		}
		out = append(out, v)
	}
	return &answer[[]Theme]{out}, err
}

// Agreement is how far two coders agree on one thing.
type Agreement struct {
	Key      string  `json:"key" doc:"A topic, or any, shown, blank, polarity, matter, cause"`
	N        int     `json:"n"`
	Given    int     `json:"given"`
	Observed float64 `json:"observed"`
	OK       bool    `json:"ok" doc:"False where the coefficients are not defined"`
	Kappa    float64 `json:"kappa"`
	Lo       float64 `json:"lo"`
	Hi       float64 `json:"hi"`
	Alpha    float64 `json:"alpha"`
}

func (o *operations) agreement(ctx context.Context, in *scopeInput) (*answer[[]Agreement], error) {
	a, err := o.svc.Agreement(ctx, signin.Actor(ctx), words.ParseScope(in.Scope))
	out := make([]Agreement, 0, len(a.List))
	for _, x := range a.List {
		out = append(out, Agreement{x.Key, x.N, x.Yes, x.Observed, x.OK, x.Kappa, x.Lo, x.Hi, x.Alpha})
	}
	return &answer[[]Agreement]{out}, err
}

// Campaign is a set of comments that is heard as one voice.
type Campaign struct {
	Pattern  string   `json:"pattern" enum:"same_text,repeated,one_author,many_likes"`
	Comments int      `json:"comments"`
	People   int      `json:"people"`
	Likes    int      `json:"likes"`
	Sample   []string `json:"sample"`
}

func (o *operations) campaigns(ctx context.Context, in *scopeInput) (*answer[[]Campaign], error) {
	list, _, err := o.svc.Campaigns(ctx, signin.Actor(ctx), words.ParseScope(in.Scope))
	out := make([]Campaign, 0, len(list))
	for _, x := range list {
		out = append(out, Campaign{string(x.Pattern), x.Comments, x.Authors, x.Likes, x.Sample})
	}
	return &answer[[]Campaign]{out}, err
}

// Found is a page of hits.
type Found struct {
	Total int   `json:"total"`
	Hits  []Hit `json:"hits"`
}

// Hit is a comment that a search found.
type Hit struct {
	ID    string             `json:"id"`
	Body  string             `json:"body" doc:"Masked"`
	From  string             `json:"from"`
	Area  string             `json:"area,omitempty" doc:"The smallest area with enough comments; not for coders"`
	Month string             `json:"month"`
	Likes int                `json:"likes"`
	Codes []qualitative.Code `json:"codes"`
}

func (o *operations) search(ctx context.Context, in *struct {
	Q     string `query:"q" required:"true" maxLength:"100" doc:"Words to look for"`
	Scope string `query:"scope" doc:"round:<id> or import:<id>; empty for all"`
	Page  int    `query:"page" minimum:"1" maximum:"100000" default:"1" doc:"Page, from 1"`
}) (*answer[Found], error) {
	hits, total, err := o.svc.Search(ctx, signin.Actor(ctx), words.ParseScope(in.Scope), in.Q, in.Page)
	out := Found{Total: total, Hits: make([]Hit, 0, len(hits))}
	for _, h := range hits {
		out.Hits = append(out.Hits, Hit{h.ID, h.Body, h.Title, h.Area, h.Month, h.Likes, append([]qualitative.Code{}, h.Codes...)})
	}
	return &answer[Found]{out}, err
}

// Text is a text to be coded.
type Text struct {
	ID     string `json:"id"`
	Body   string `json:"body" doc:"Masked"`
	Copies int    `json:"copies" doc:"Comments with the same words"`
}

func (o *operations) queue(ctx context.Context, in *struct {
	Scope string `query:"scope" required:"true" pattern:"^(round|import):[0-9a-f-]{36}$" doc:"round:<id> or import:<id>"`
	Limit int    `query:"limit" minimum:"1" maximum:"5000" default:"100" doc:"How many at most"`
}) (*answer[[]Text], error) {
	list, err := o.svc.Waiting(ctx, signin.Actor(ctx), words.ParseScope(in.Scope), in.Limit)
	out := make([]Text, 0, len(list))
	for _, t := range list {
		out = append(out, Text{t.ID, t.Body, t.Copies})
	}
	return &answer[[]Text]{out}, err
}

// Judgement is my judgement of a text.
type Judgement struct {
	ID    string             `json:"id" format:"uuid" doc:"Text"`
	Codes []qualitative.Code `json:"codes" maxItems:"8" doc:"None: nothing can be coded"`
}

func (o *operations) code(ctx context.Context, in *struct {
	Body []Judgement `minItems:"1" maxItems:"5000"`
}) (*struct{}, error) {
	list := make([]words.Judgement, len(in.Body))
	for i, j := range in.Body {
		list[i] = words.Judgement{Lead: j.ID, Codes: j.Codes}
	}
	return nil, o.svc.CodeMany(ctx, signin.Actor(ctx), list)
}

// Codebook is a codebook with its version.
type Codebook struct {
	Version  int                  `json:"version" doc:"0: the standard one, not saved yet"`
	Codebook qualitative.Codebook `json:"codebook"`
}

func (o *operations) codebook(ctx context.Context, _ *struct{}) (*answer[Codebook], error) {
	b, err := o.svc.Codebook(ctx, signin.Actor(ctx))
	return &answer[Codebook]{Codebook{b.Version, b.Codebook}}, err
}

// Saved is the version that was saved.
type Saved struct {
	Version int `json:"version"`
}

func (o *operations) saveCodebook(ctx context.Context, in *struct{ Body qualitative.Codebook }) (*answer[Saved], error) {
	v, err := o.svc.SaveCodebook(ctx, signin.Actor(ctx), &in.Body)
	return &answer[Saved]{Saved{v}}, err
}
