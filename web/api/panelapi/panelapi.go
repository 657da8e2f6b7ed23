// Package panelapi has the JSON operations on review panels: who rates whom,
// conflicts of interest, evidence, fair averages and how each reviewer rates.
package panelapi

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"gongping/internal/app/appeals"
	"gongping/internal/app/panel"
	fit "gongping/scoring/panel"
	"gongping/web/locale"
	panelpage "gongping/web/page/panel"
	"gongping/web/problem"
	"gongping/web/signin"
)

type roundInput struct {
	ID string `path:"id" format:"uuid" doc:"Round"`
}

type body[T any] struct{ Body T }
type empty struct{}

// Panel is the state of a round's panel.
type Panel struct {
	Method      string     `json:"method" doc:"facets, or deviation where the model cannot be estimated"`
	Why         string     `json:"why,omitempty" doc:"Why the model was not used"`
	Reliability float64    `json:"reliability"`
	Dependence  float64    `json:"dependence" doc:"Variance inflation by reviewer and committee; standard errors are widened by its root"`
	Sets        [][]string `json:"sets" doc:"Reviewers whom rated committees connect; more than one set cannot be compared"`
	Plan        *Plan      `json:"plan,omitempty"`
	Reviewers   []Reviewer `json:"reviewers"`
	Units       []Unit     `json:"units"`
	Conflicts   []Conflict `json:"conflicts"`
}

// Plan is the newest plan of who rates whom.
type Plan struct {
	Number     int       `json:"number"`
	Per        int       `json:"per"`
	Seed       string    `json:"seed"`
	Comparable bool      `json:"comparable" doc:"Shared committees connect all reviewers"`
	Short      []string  `json:"short" doc:"Committees with fewer reviewers than planned"`
	Pairs      []Pair    `json:"pairs"`
	At         time.Time `json:"at"`
}

// Pair is a committee and an account that rates it.
type Pair struct {
	Committee string `json:"committee"`
	Reviewer  string `json:"reviewer"`
}

// Reviewer is how a reviewer rates.
type Reviewer struct {
	ID       string   `json:"id"`
	Name     string   `json:"name"`
	Assigned int      `json:"assigned"`
	Rated    int      `json:"rated"`
	Ratings  int      `json:"ratings"`
	Mean     float64  `json:"mean"`
	Severity float64  `json:"severity" doc:"Logits, positive for harsh"`
	SE       float64  `json:"se"`
	Shift    float64  `json:"shift" doc:"Points off what average reviewers would give the same committees"`
	Infit    float64  `json:"infit"`
	Outfit   float64  `json:"outfit"`
	Habits   []string `json:"habits" doc:"severe, lenient, central, ends, halo, erratic, flat"`
}

// Unit is a committee's fair average.
type Unit struct {
	Committee string  `json:"committee"`
	Score     float64 `json:"score"`
	SE        float64 `json:"se"`
	Raw       float64 `json:"raw"`
	Ratings   int     `json:"ratings"`
	Reviewers int     `json:"reviewers"`
	Extreme   bool    `json:"extreme"`
}

// Conflict keeps a reviewer from an area.
type Conflict struct {
	Reviewer string `json:"reviewer"`
	Area     string `json:"area"`
	Why      string `json:"why" enum:"declared,own_area,evaluator"`
	Reason   string `json:"reason,omitempty"`
}

type planInput struct {
	ID   string `path:"id" format:"uuid" doc:"Round"`
	Body struct {
		Per    int    `json:"per" minimum:"2" maximum:"7" example:"3"`
		Seed   string `json:"seed,omitempty" maxLength:"100"`
		Reason string `json:"reason,omitempty" maxLength:"500" doc:"Needed for every plan but the first"`
	}
}

type conflictInput struct {
	ID   string `path:"id" format:"uuid" doc:"Round"`
	Body struct {
		Reviewer string `json:"reviewer,omitempty" doc:"Account; a panel member declares for themselves"`
		Area     string `json:"area" pattern:"^[0-9]{9,12}$"`
		Lift     bool   `json:"lift,omitempty" doc:"Take a declared conflict back (manager)"`
		Reason   string `json:"reason" minLength:"1" maxLength:"500"`
	}
}

type filesInput struct {
	ID   string `path:"id" format:"uuid" doc:"Round"`
	Code string `path:"code" pattern:"^[0-9]{12}$" doc:"Committee"`
}

type attachInput struct {
	ID   string `path:"id" format:"uuid" doc:"Round"`
	Code string `path:"code" pattern:"^[0-9]{12}$" doc:"Committee"`
	Body struct {
		Name      string `json:"name" minLength:"1" maxLength:"200"`
		Criterion string `json:"criterion,omitempty" doc:"Empty for all"`
		Content   []byte `json:"content" doc:"Base64, at most 5 MB"`
	}
}

type fileInput struct {
	ID   string `path:"id" format:"uuid" doc:"Round"`
	Code string `path:"code" pattern:"^[0-9]{12}$" doc:"Committee"`
	File string `path:"file" format:"uuid" doc:"Id of the file"`
}

// File is an attached file.
type File struct {
	ID        string    `json:"id"`
	Name      string    `json:"name"`
	Criterion string    `json:"criterion,omitempty"`
	MediaType string    `json:"media_type"`
	Size      int       `json:"size"`
	At        time.Time `json:"at"`
}

type tableInput struct {
	ID     string `path:"id" format:"uuid" doc:"Round"`
	Format string `path:"format" enum:"csv,xlsx" doc:"Format of the file"`
}

type content struct {
	ContentType string `header:"Content-Type"`
	Body        []byte
}

func op(method, path, id, summary, description string) huma.Operation {
	return huma.Operation{OperationID: id, Method: method, Path: "/api/v1" + path, Summary: summary, Description: description, Tags: []string{"Panel"}}
}

// Register adds the operations.
func Register(api huma.API, svc *panel.Service) {
	huma.Register(api, op(http.MethodGet, "/rounds/{id}/panel", "get-panel", "State of a review panel", "Plan, conflicts, fair averages with standard errors, and how each reviewer rates. For managers and auditors."),
		func(ctx context.Context, in *roundInput) (*body[Panel], error) {
			m, err := svc.Manage(ctx, signin.Actor(ctx), in.ID)
			if err != nil {
				return nil, err
			}
			return &body[Panel]{state(&m)}, nil
		})
	huma.Register(api, op(http.MethodGet, "/rounds/{id}/panel/fair/{format}", "export-fair-averages", "Fair averages as a table", "Every committee with its ratings, fair average and interval, and the reliability of all. For managers and auditors; texts are in the language asked for."),
		func(ctx context.Context, in *tableInput) (*content, error) {
			m, err := svc.Manage(ctx, signin.Actor(ctx), in.ID)
			if err != nil {
				return nil, err
			}
			t := panelpage.Table(&m, locale.Embedded().For(problem.Lang(ctx)))
			f, err := t.Write(in.Format)
			return &content{f.Type, f.Body}, err
		})
	plan := op(http.MethodPost, "/rounds/{id}/panel/plan", "plan-panel", "Plan who rates whom", "Avoids conflicts of interest, levels loads and connects all reviewers; the same seed gives the same plan.")
	plan.DefaultStatus = http.StatusCreated
	huma.Register(api, plan, func(ctx context.Context, in *planInput) (*body[Panel], error) {
		if _, err := svc.Assign(ctx, signin.Actor(ctx), in.ID, panel.Order{Per: in.Body.Per, Seed: in.Body.Seed, Reason: in.Body.Reason}); err != nil {
			return nil, err
		}
		m, err := svc.Manage(ctx, signin.Actor(ctx), in.ID)
		if err != nil {
			return nil, err
		}
		return &body[Panel]{state(&m)}, nil
	})
	conflict := op(http.MethodPost, "/rounds/{id}/panel/conflicts", "panel-conflict", "Declare or lift a conflict of interest", "Both stay on record; the latest counts.")
	conflict.DefaultStatus = http.StatusNoContent
	huma.Register(api, conflict, func(ctx context.Context, in *conflictInput) (*empty, error) {
		act := svc.Declare
		if in.Body.Lift {
			act = svc.Lift
		}
		return nil, act(ctx, signin.Actor(ctx), in.ID, in.Body.Reviewer, in.Body.Area, in.Body.Reason)
	})
	mine(api, svc)
	files(api, svc)
}

func files(api huma.API, svc *panel.Service) {
	huma.Register(api, op(http.MethodGet, "/rounds/{id}/panel/{code}/files", "list-panel-files", "Evidence on a committee", "For its reviewers, managers and auditors."),
		func(ctx context.Context, in *filesInput) (*body[[]File], error) {
			list, err := svc.Files(ctx, signin.Actor(ctx), in.ID, in.Code)
			out := &body[[]File]{Body: []File{}}
			for _, f := range list {
				out.Body = append(out.Body, File{f.ID, f.Title, f.Criterion, f.MediaType, f.Size, f.At})
			}
			return out, err
		})
	attach := op(http.MethodPost, "/rounds/{id}/panel/{code}/files", "attach-panel-file", "Attach evidence", "Kept sealed.")
	attach.DefaultStatus, attach.MaxBodyBytes = http.StatusCreated, 2*appeals.MaxFile
	huma.Register(api, attach, func(ctx context.Context, in *attachInput) (*body[struct {
		ID string `json:"id"`
	}], error) {
		id, err := svc.Attach(ctx, signin.Actor(ctx), in.ID, in.Code, in.Body.Criterion, in.Body.Name, in.Body.Content)
		out := &body[struct {
			ID string `json:"id"`
		}]{}
		out.Body.ID = id
		return out, err
	})
	huma.Register(api, op(http.MethodGet, "/rounds/{id}/panel/{code}/files/{file}", "open-panel-file", "Open a file", "Noted in the audit log."),
		func(ctx context.Context, in *fileInput) (*content, error) {
			f, b, err := svc.Open(ctx, signin.Actor(ctx), in.ID, in.File)
			return &content{f.MediaType, b}, err
		})
}

func state(m *panel.Management) Panel {
	out := Panel{Method: m.Result.Method, Why: m.Result.Why, Reliability: m.Result.Reliability, Dependence: m.Result.Dependence, Sets: m.Result.Sets,
		Reviewers: []Reviewer{}, Units: []Unit{}, Conflicts: []Conflict{}}
	if out.Sets == nil {
		out.Sets = [][]string{}
	}
	if len(m.Plans) > 0 {
		p := m.Plans[0]
		out.Plan = &Plan{Number: p.Number, Per: p.Per, Seed: p.Seed, Comparable: p.Comparable, Short: append([]string{}, m.Short...), Pairs: []Pair{}, At: p.At}
		for _, x := range m.Pairs {
			out.Plan.Pairs = append(out.Plan.Pairs, Pair{x.Committee, x.Reviewer})
		}
	}
	for _, r := range m.Reviewers {
		v := Reviewer{ID: r.ID, Name: r.Name, Assigned: r.Assigned, Rated: r.Rated, Habits: []string{}}
		if d := r.Diagnosis; d != nil {
			v.fill(d)
		}
		out.Reviewers = append(out.Reviewers, v)
	}
	for _, u := range m.Result.Units {
		out.Units = append(out.Units, Unit{u.Unit, u.Score, u.SE, u.Raw, u.Ratings, u.Reviewers, u.Extreme})
	}
	for _, c := range m.Conflicts {
		out.Conflicts = append(out.Conflicts, Conflict{c.Reviewer, c.Area, c.Kind, c.Reason})
	}
	return out
}

func (v *Reviewer) fill(d *fit.Reviewer) {
	v.Ratings, v.Mean, v.Severity, v.SE, v.Shift, v.Infit, v.Outfit = d.Ratings, d.Mean, d.Severity, d.SE, d.Shift, d.Infit, d.Outfit
	for _, h := range d.Habits {
		v.Habits = append(v.Habits, string(h))
	}
}
