// Package resultsapi has the JSON operations on scoring runs and their results.
package resultsapi

import (
	"bytes"
	"context"
	"encoding/hex"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"gongping/internal/app/panel"
	"gongping/internal/app/score"
	"gongping/internal/errs"
	"gongping/internal/pg/scoredb"
	"gongping/scoring"
	"gongping/scoring/tally"
	"gongping/web/locale"
	resultspage "gongping/web/page/results"
	"gongping/web/problem"
	"gongping/web/signin"
)

// Run is a scoring run.
type Run struct {
	ID           string     `json:"id"`
	RoundID      string     `json:"round_id"`
	Number       int        `json:"number"`
	State        string     `json:"state" enum:"queued,started,progress,done,failed"`
	Fraction     float64    `json:"fraction" doc:"How far the run is, 0 to 1"`
	Reason       string     `json:"reason"`
	Failure      string     `json:"failure,omitempty" doc:"Why a failed run has no result"`
	FailureKey   string     `json:"failure_key,omitempty"`
	AppealID     string     `json:"appeal_id,omitempty"`
	RequestedAt  time.Time  `json:"requested_at"`
	PublishedAt  *time.Time `json:"published_at,omitempty"`
	Supersedes   string     `json:"supersedes,omitempty"`
	SupersededBy string     `json:"superseded_by,omitempty" doc:"The published run that took its place"`
	Answers      int64      `json:"answers"`
	InputDigest  string     `json:"input_digest,omitempty" doc:"SHA-256 of the frozen input"`
	OutputDigest string     `json:"output_digest,omitempty" doc:"SHA-256 of the canonical result"`
	CodeVersion  string     `json:"code_version,omitempty"`
}

func run(r *scoredb.Run) Run {
	out := Run{ID: r.ID, RoundID: r.RoundID, Number: r.Number, State: r.State, Fraction: r.Fraction, Reason: r.Reason, AppealID: r.AppealID,
		RequestedAt: r.RequestedAt, PublishedAt: r.PublishedAt, Supersedes: r.Supersedes, SupersededBy: r.SupersededBy, Answers: r.Answers,
		InputDigest: hex.EncodeToString(r.InputDigest), OutputDigest: hex.EncodeToString(r.OutputDigest), CodeVersion: r.CodeVersion}
	if e := r.Failure(); e != nil {
		out.Failure, out.FailureKey = e.Error(), e.Key
	}
	return out
}

// Unit is a unit's result with its name. Counts and shares of -1 stand for what
// is not shown, because fewer answers than the rule book's cell are behind it.
type Unit struct {
	Name string `json:"name"`
	scoring.UnitResult
}

type (
	roundInput struct {
		ID string `path:"id" format:"uuid" doc:"Round"`
	}
	runInput struct {
		ID string `path:"id" format:"uuid" doc:"Run"`
	}
	tableInput struct {
		ID     string `path:"id" format:"uuid" doc:"Run"`
		Format string `path:"format" enum:"csv,xlsx" doc:"Format of the file"`
	}
	unitInput struct {
		ID   string `path:"id" format:"uuid" doc:"Run"`
		Code string `path:"code" pattern:"^[0-9]{6,12}$" doc:"Area code" example:"310104003007"`
	}
	startInput struct {
		ID   string `path:"id" format:"uuid" doc:"Round"`
		Body struct {
			Reason string `json:"reason" minLength:"1" maxLength:"500" example:"first run after the close of fieldwork"`
		}
	}
	rateInput struct {
		ID   string `path:"id" format:"uuid" doc:"Round"`
		Code string `path:"code" pattern:"^[0-9]{12}$" doc:"Committee"`
		Body struct {
			Marks []struct {
				Criterion string  `json:"criterion" example:"care"`
				Score     float64 `json:"score" minimum:"0" maximum:"10" multipleOf:"0.5"`
				Note      string  `json:"note,omitempty" maxLength:"500"`
				Reason    string  `json:"reason,omitempty" maxLength:"500" doc:"Why a rating on record is changed; needed to change one"`
			} `json:"marks" minItems:"1" maxItems:"50"`
		}
	}
	body[T any] struct{ Body T }
	empty       struct{}
	file        struct {
		ContentType string `header:"Content-Type"`
		Disposition string `header:"Content-Disposition"`
		Body        []byte
	}
)

// Result is what a run says within the caller's area.
type Result struct {
	Run     Run             `json:"run"`
	Summary scoring.Summary `json:"summary"`
	Notes   []scoring.Note  `json:"notes"`
	Units   []Unit          `json:"units" doc:"Within the caller's area, by code"`
}

// Rebuilt is the outcome of a rebuild.
type Rebuilt struct {
	InputDigest  string `json:"input_digest"`
	OutputDigest string `json:"output_digest" doc:"As computed now"`
	Stored       string `json:"stored" doc:"As stored"`
	Same         bool   `json:"same" doc:"Equal to the last digit"`
}

// Proof is a unit's figures as stored and as rebuilt.
type Proof struct {
	InputDigest string             `json:"input_digest"`
	MadeBy      string             `json:"made_by" doc:"Version of the program that made the run"`
	RebuiltBy   string             `json:"rebuilt_by"`
	Equal       bool               `json:"equal" doc:"All of them, to the last digit"`
	First       string             `json:"first_difference,omitempty"`
	Figures     []score.FigurePair `json:"figures"`
}

func op(method, path, id, summary, description string) huma.Operation {
	return huma.Operation{OperationID: id, Method: method, Path: "/api/v1" + path, Summary: summary, Description: description, Tags: []string{"Results"}}
}

// Register adds the operations; rating may be nil.
func Register(api huma.API, svc *score.Service, rating *panel.Service) {
	runs(api, svc)
	results(api, svc)
	if rating == nil {
		return
	}
	o := op(http.MethodPost, "/rounds/{id}/panel/{code}", "rate-committee", "Rate a committee as a panel member", "Appends ratings; the latest of each criterion counts. Refused once results are published.")
	o.DefaultStatus = http.StatusNoContent
	huma.Register(api, o, func(ctx context.Context, in *rateInput) (*empty, error) {
		var marks []panel.Mark
		for _, m := range in.Body.Marks {
			marks = append(marks, panel.Mark{Criterion: m.Criterion, Score: m.Score, Note: m.Note, Reason: m.Reason})
		}
		return nil, rating.Rate(ctx, signin.Actor(ctx), in.ID, in.Code, marks)
	})
}

func runs(api huma.API, svc *score.Service) {
	huma.Register(api, op(http.MethodGet, "/rounds/{id}/runs", "list-runs", "List the runs of a round", "Newest first; only published ones for those who do not make them."),
		func(ctx context.Context, in *roundInput) (*body[[]Run], error) {
			list, err := svc.Runs(ctx, signin.Actor(ctx), in.ID)
			out := &body[[]Run]{Body: []Run{}}
			for i := range list {
				out.Body = append(out.Body, run(&list[i]))
			}
			return out, err
		})
	start := op(http.MethodPost, "/rounds/{id}/runs", "start-run", "Start a run", "The run is computed in the background: ask for its status until it is done or failed.")
	start.DefaultStatus = http.StatusAccepted
	huma.Register(api, start, func(ctx context.Context, in *startInput) (*body[Run], error) {
		id, err := svc.Start(ctx, signin.Actor(ctx), in.ID, in.Body.Reason)
		if err != nil {
			return nil, err
		}
		r, _, err := svc.Status(ctx, signin.Actor(ctx), id)
		return &body[Run]{run(&r)}, err
	})
	huma.Register(api, op(http.MethodGet, "/runs/{id}/status", "run-status", "Status of a run", "For those who make and check runs."),
		func(ctx context.Context, in *runInput) (*body[Run], error) {
			r, _, err := svc.Status(ctx, signin.Actor(ctx), in.ID)
			return &body[Run]{run(&r)}, err
		})
	publish := op(http.MethodPost, "/runs/{id}/publish", "publish-run", "Publish a run", "Cannot be undone, only superseded by a later run.")
	publish.DefaultStatus = http.StatusNoContent
	huma.Register(api, publish, func(ctx context.Context, in *runInput) (*empty, error) {
		return nil, svc.Publish(ctx, signin.Actor(ctx), in.ID)
	})
	huma.Register(api, op(http.MethodPost, "/runs/{id}/rebuild", "rebuild-run", "Compute a run again and compare", "From the frozen input, compared with the stored result to the last digit."),
		func(ctx context.Context, in *runInput) (*body[Rebuilt], error) {
			b, err := svc.Rebuild(ctx, signin.Actor(ctx), in.ID)
			return &body[Rebuilt]{Rebuilt{b.InputDigest, b.OutputDigest, b.Stored, b.Same}}, err
		})
	huma.Register(api, op(http.MethodGet, "/runs/{id}/units/{code}/proof", "prove-figures", "Every figure of a unit, stored and rebuilt", "Computed again from the frozen input; all digits of both, and the first that differs."),
		func(ctx context.Context, in *unitInput) (*body[Proof], error) {
			p, err := svc.ProveFigures(ctx, signin.Actor(ctx), in.ID, in.Code)
			out := Proof{InputDigest: p.Rebuilt.InputDigest, MadeBy: p.MadeBy, RebuiltBy: p.RebuiltBy, Equal: err == nil && p.First == nil, Figures: p.Figures}
			if p.First != nil {
				out.First = p.First.Path
			}
			return &body[Proof]{out}, err
		})
	huma.Register(api, op(http.MethodGet, "/runs/{id}/input", "run-input", "Frozen input of a run", "Gzip of the canonical JSON: all that another machine needs to rebuild the run. No names, no cases."),
		func(ctx context.Context, in *runInput) (*file, error) {
			var b bytes.Buffer
			err := svc.Export(ctx, signin.Actor(ctx), in.ID, &b)
			return &file{"application/gzip", `attachment; filename="run-` + in.ID + `.json.gz"`, b.Bytes()}, err
		})
}

func results(api huma.API, svc *score.Service) {
	huma.Register(api, op(http.MethodGet, "/runs/{id}/questions", "run-questions", "Answers to questions that are not scored", "Counts of the whole round by option, or by ranges of numbers and months; small ones are hidden."),
		func(ctx context.Context, in *runInput) (*body[[]tally.Table], error) {
			q, err := svc.Questions(ctx, signin.Actor(ctx), in.ID)
			return &body[[]tally.Table]{q.Tables}, err
		})
	huma.Register(api, op(http.MethodGet, "/runs/{id}", "run-result", "Result of a run", "Every figure carries n, interval and reliability; small cells are left out."),
		func(ctx context.Context, in *runInput) (*body[Result], error) {
			who := signin.Actor(ctx)
			head, err := svc.Head(ctx, who, in.ID)
			if err != nil {
				return nil, err
			}
			res, err := svc.Result(ctx, who, head.RoundID, in.ID)
			if err != nil {
				return nil, err
			}
			out := &body[Result]{Result{Run: run(&res.Run), Summary: res.Summary, Notes: res.Notes, Units: []Unit{}}}
			for _, u := range res.Units {
				out.Body.Units = append(out.Body.Units, Unit{u.Name, u.UnitResult})
			}
			return out, nil
		})
	huma.Register(api, op(http.MethodGet, "/runs/{id}/table/{format}", "export-results", "Results as a table", "The table that the page of results exports: score, interval, n, effective n, response rate, reliability and band of every unit of the caller's area, or why there is none. Texts are in the language asked for; small cells are left out. Noted in the audit log."),
		func(ctx context.Context, in *tableInput) (*file, error) {
			who := signin.Actor(ctx)
			res, err := svc.Table(ctx, who, in.ID)
			if err != nil {
				return nil, err
			}
			t := resultspage.Table(&res, locale.Embedded().For(problem.Lang(ctx)))
			f, err := t.Write(in.Format)
			return &file{f.Type, `attachment; filename="` + resultspage.FileName(&res, who, in.Format) + `"`, f.Body}, err
		})
	huma.Register(api, op(http.MethodGet, "/runs/{id}/units/{code}", "run-unit", "Result of one unit", "A worker's own committee, or any unit of the caller's area."),
		func(ctx context.Context, in *unitInput) (*body[Unit], error) {
			u, _, err := svc.Unit(ctx, signin.Actor(ctx), in.ID, in.Code)
			return &body[Unit]{Unit{u.Name, u.UnitResult}}, err
		})
	huma.Register(api, op(http.MethodGet, "/runs/{id}/units/{code}/answers", "run-answers", "How the answers of a unit counted", "For auditors; without identities, and noted in the audit log."),
		func(ctx context.Context, in *unitInput) (*body[[]scoring.AnswerResult], error) {
			list, err := svc.Answers(ctx, signin.Actor(ctx), in.ID, in.Code)
			return &body[[]scoring.AnswerResult]{list}, err
		})
	huma.Register(api, op(http.MethodGet, "/runs/{id}/changes", "run-changes", "What changed against the run before or after", "Against the published run that superseded it, else the one that it superseded."),
		func(ctx context.Context, in *runInput) (*body[[]score.Change], error) {
			who := signin.Actor(ctx)
			head, err := svc.Head(ctx, who, in.ID)
			if err != nil {
				return nil, err
			}
			oldID, newID := head.ID, head.SupersededBy
			if newID == "" {
				oldID, newID = head.Supersedes, head.ID
			}
			if oldID == "" {
				return nil, errs.New(errs.NotFound, "run.first", "this is the only run of the round, there is nothing to compare it with")
			}
			_, _, list, err := svc.Compare(ctx, who, oldID, newID)
			return &body[[]score.Change]{list}, err
		})
}
