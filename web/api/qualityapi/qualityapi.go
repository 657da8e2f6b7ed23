// Package qualityapi has the quality of the fieldwork as JSON operations: scans,
// findings, decisions, balance, interviewers and back-checks.
package qualityapi

import (
	"context"
	"encoding/hex"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"gongping/internal/app/quality"
	"gongping/internal/authz"
	"gongping/internal/pg/qualitydb"
	pure "gongping/survey/quality"
	"gongping/web/api"
	"gongping/web/signin"
)

type body[T any] struct{ Body T }

type none struct{}

// RoundPath is the round in an address.
type RoundPath struct {
	Round string `path:"id" format:"uuid" doc:"Id of the round"`
}

// AreaPath is a round with an area.
type AreaPath struct {
	RoundPath
	Area string `query:"area" doc:"Code of an area; empty for one's own"`
}

// IDPath is the id in an address.
type IDPath struct {
	ID string `path:"id" format:"uuid" doc:"Id of the finding or back-check"`
}

type count struct {
	N int `json:"n"`
}

func op(method, id, path, summary, text string) huma.Operation {
	return huma.Operation{OperationID: id, Method: method, Path: api.Prefix + path, Summary: summary, Description: text, Tags: []string{"Quality"},
		Errors: []int{401, 403, 404, 409, 422, 503}}
}

func who(ctx context.Context) authz.Actor { return signin.Actor(ctx) }

// Finding is what a detector asks about.
type Finding struct {
	ID         string     `json:"id"`
	Detector   string     `json:"detector"`
	Kind       string     `json:"kind" enum:"interviewer,building,committee"`
	Role       string     `json:"role" enum:"finding,counterpart"`
	Side       string     `json:"side" enum:"low,high"`
	PairOf     string     `json:"pair_of,omitempty"`
	Evaluator  string     `json:"evaluator_id,omitempty"`
	Area       string     `json:"area,omitempty"`
	Masked     bool       `json:"masked" doc:"Counts, building and time are for auditors only"`
	N          int        `json:"n"`
	Hits       float64    `json:"hits"`
	Expected   float64    `json:"expected" doc:"By the null model"`
	P          float64    `json:"p"`
	Q          float64    `json:"q" doc:"Adjusted (Benjamini & Hochberg)"`
	State      string     `json:"state" enum:"open,back_check,cleared,confirmed,set_aside"`
	BackChecks int        `json:"back_checks"`
	Denied     int        `json:"denied" doc:"Residents who say there was no interview"`
	Decisions  []Decision `json:"decisions,omitempty"`
}

// Decision is a step of a finding.
type Decision struct {
	Decision string    `json:"decision"`
	Reason   string    `json:"reason"`
	N        int       `json:"n"`
	By       string    `json:"by"`
	At       time.Time `json:"at"`
}

func findingOf(f quality.Finding) Finding {
	out := Finding{ID: f.ID, Detector: string(f.Detector), Kind: string(f.Kind), Role: f.Role, Side: string(f.Side), PairOf: f.PairOf, Evaluator: f.Evaluator,
		Area: f.Committee, Masked: f.Masked, N: f.N, Hits: f.Hits, Expected: f.Expected, P: f.P, Q: f.Q, State: f.State(), BackChecks: f.BackChecks, Denied: f.BackDenied}
	for _, d := range f.Steps {
		out.Decisions = append(out.Decisions, Decision{d.Decision, d.Reason, d.N, d.ByName, d.At})
	}
	return out
}

// Side counts one detector's queue.
type Side struct {
	Detector string  `json:"detector"`
	Ran      bool    `json:"ran"`
	Tested   int     `json:"tested"`
	Alpha    float64 `json:"alpha" doc:"Chance of any false finding where nobody cheats"`
	Low      int     `json:"low" doc:"Findings and counterparts on the low side"`
	High     int     `json:"high"`
	LowDone  int     `json:"low_decided"`
	HighDone int     `json:"high_decided"`
}

type queue struct {
	Findings []Finding `json:"findings"`
	Counts   []Side    `json:"counts"`
}

// Register registers the operations.
func Register(a huma.API, svc *quality.Service) {
	registerFindings(a, svc)
	registerLive(a, svc)
	registerBackChecks(a, svc)
}

func registerFindings(a huma.API, svc *quality.Service) {
	huma.Register(a, op(http.MethodPost, "scan-fieldwork", "/rounds/{id}/quality/scans", "Examine a round", "Runs the detectors; answers how many findings are new."),
		func(ctx context.Context, in *RoundPath) (*body[count], error) {
			n, err := svc.Scan(ctx, who(ctx), in.Round)
			return &body[count]{count{n}}, err
		})
	huma.Register(a, op(http.MethodGet, "list-findings", "/rounds/{id}/quality", "The review queue", "Findings and their counterparts on the other side, with the counts of both sides."),
		func(ctx context.Context, in *AreaPath) (*body[queue], error) {
			v, err := svc.Queue(ctx, who(ctx), in.Round, in.Area)
			if err != nil {
				return nil, err
			}
			out := queue{Findings: []Finding{}, Counts: []Side{}}
			for _, f := range v.Findings {
				out.Findings = append(out.Findings, findingOf(f))
			}
			for _, c := range v.Counts {
				out.Counts = append(out.Counts, Side{string(c.Detector), c.Ran, c.Tested, c.Alpha, c.In(pure.Low), c.In(pure.High), c.Examined[pure.Low], c.Examined[pure.High]})
			}
			return &body[queue]{out}, nil
		})
	huma.Register(a, op(http.MethodGet, "get-finding", "/findings/{id}", "A finding", "With its decisions."),
		func(ctx context.Context, in *IDPath) (*body[Finding], error) {
			f, _, err := svc.Finding(ctx, who(ctx), in.ID)
			return &body[Finding]{findingOf(f)}, err
		})
	huma.Register(a, op(http.MethodPost, "decide-finding", "/findings/{id}/decisions", "Decide about a finding", "Answers how many cases were sent to be asked again. Decisions are kept for good."),
		func(ctx context.Context, in *struct {
			IDPath
			Body struct {
				Decision string `json:"decision" enum:"back_check,cleared,confirmed"`
				Reason   string `json:"reason" minLength:"4" maxLength:"500"`
			}
		}) (*body[count], error) {
			n, err := svc.Decide(ctx, who(ctx), in.ID, in.Body.Decision, in.Body.Reason)
			return &body[count]{count{n}}, err
		})
	huma.Register(a, op(http.MethodPost, "set-aside-answers", "/findings/{id}/set-aside", "Set answers of a confirmed finding aside", "By somebody else than who confirmed it. The answers are kept; later runs leave them out."),
		func(ctx context.Context, in *struct {
			IDPath
			Body struct {
				All    bool   `json:"all,omitempty" doc:"All answers of the interviewer"`
				Reason string `json:"reason" minLength:"4" maxLength:"500"`
			}
		}) (*body[count], error) {
			n, err := svc.SetAside(ctx, who(ctx), in.ID, in.Body.All, in.Body.Reason)
			return &body[count]{count{n}}, err
		})
}

// Balance is how far respondents resemble the frame.
type Balance struct {
	Drawn    int      `json:"drawn"`
	Answered int      `json:"answered"`
	R        *float64 `json:"r_indicator" doc:"Adjusted for chance; null where it cannot be said"`
	Low      *float64 `json:"low"`
	High     *float64 `json:"high"`
	Traits   []Trait  `json:"traits"`
	Live     bool     `json:"live" doc:"As it happens; otherwise as of midnights, in steps (see get-progress)"`
}

// Trait is the part of one trait.
type Trait struct {
	Name          string  `json:"name" enum:"sex,age,tenure,area"`
	Unconditional float64 `json:"unconditional"`
	Conditional   float64 `json:"conditional"`
	Levels        []Level `json:"levels"`
}

// Level is one group.
type Level struct {
	Name     string `json:"name"`
	Frame    int    `json:"frame"`
	Drawn    int    `json:"drawn"`
	Answered *int   `json:"answered" doc:"null where suppressed"`
}

// Interviewer is one evaluator beside the others.
type Interviewer struct {
	ID         string   `json:"id"`
	Name       string   `json:"name"`
	Cases      int      `json:"cases"`
	Done       int      `json:"done"`
	Interviews int      `json:"interviews"`
	Minutes    *float64 `json:"median_minutes"`
	Level      *float64 `json:"level" doc:"Adjusted for area; null below the rule book's cell"`
	Low        *float64 `json:"low" doc:"Interval that holds for all interviewers together"`
	High       *float64 `json:"high"`
}

func registerLive(a huma.API, svc *quality.Service) {
	huma.Register(a, op(http.MethodGet, "get-balance", "/rounds/{id}/balance", "Balance of response", "R-indicator and partial indicators over sex, age, tenure and area."),
		func(ctx context.Context, in *AreaPath) (*body[Balance], error) {
			v, err := svc.Balance(ctx, who(ctx), in.Round, in.Area)
			if err != nil {
				return nil, err
			}
			out := Balance{Drawn: v.Drawn, Answered: v.Answered, Traits: []Trait{}, Live: v.Live}
			if v.OK && v.Shown {
				out.R, out.Low, out.High = &v.Adjusted, &v.Low, &v.High
				for _, t := range v.Traits {
					row := Trait{Name: t.Name, Unconditional: t.Unconditional, Conditional: t.Conditional}
					for _, l := range t.Levels {
						level := Level{Name: l.Name, Frame: l.Frame, Drawn: l.Drawn}
						if !l.Hidden {
							level.Answered = &l.Answered
						}
						row.Levels = append(row.Levels, level)
					}
					out.Traits = append(out.Traits, row)
				}
			}
			return &body[Balance]{out}, nil
		})
	huma.Register(a, op(http.MethodGet, "compare-interviewers", "/rounds/{id}/interviewers", "Compare interviewers", "In the order of names; no ranking."),
		func(ctx context.Context, in *AreaPath) (*body[[]Interviewer], error) {
			v, err := svc.Interviewers(ctx, who(ctx), in.Round, in.Area)
			out := []Interviewer{}
			for _, p := range v.People {
				i := Interviewer{ID: p.Code, Name: p.Name, Cases: p.Cases, Done: p.Done, Interviews: p.Interviews}
				if p.MinutesOK {
					i.Minutes = &p.Minutes
				}
				if p.LevelOK {
					i.Level, i.Low, i.High = &p.Level, &p.Low, &p.High
				}
				out = append(out, i)
			}
			return &body[[]Interviewer]{out}, err
		})
}

// BackCheck is a case to be asked again.
type BackCheck struct {
	ID        string `json:"id"`
	RoundID   string `json:"round_id"`
	Committee string `json:"committee"`
	Done      bool   `json:"done"`
	Tries     int    `json:"tries"`
	Evaluator string `json:"evaluator_id,omitempty"`
}

func checkOf(k qualitydb.BackCheck) BackCheck {
	return BackCheck{k.ID, k.RoundID, k.Committee, k.Done, k.Tries, k.Evaluator}
}

type agreement struct {
	Item   string   `json:"item"`
	Type   int      `json:"type" doc:"1 fact, 2 hard to ask, 3 opinion"`
	N      int      `json:"n"`
	Differ float64  `json:"differ"`
	Low    float64  `json:"low"`
	High   float64  `json:"high"`
	Kappa  *float64 `json:"kappa"`
	Shift  *float64 `json:"shift" doc:"Back-check less interview, 0 to 100"`
}

type backChecks struct {
	Finished  int         `json:"finished"`
	Drawn     int         `json:"drawn"`
	Done      int         `json:"done"`
	Share     float64     `json:"share"`
	Digest    string      `json:"seed_digest,omitempty"`
	Seed      string      `json:"seed,omitempty" doc:"Once the back-checks have ended"`
	Agreement []agreement `json:"agreement" doc:"From ten people on"`
	Open      []BackCheck `json:"open"`
}

func registerBackChecks(a huma.API, svc *quality.Service) {
	huma.Register(a, op(http.MethodGet, "get-backchecks", "/rounds/{id}/backchecks", "Back-checks of a round", "Counts, and agreement of first and second answers for ten people and more."),
		func(ctx context.Context, in *AreaPath) (*body[backChecks], error) {
			v, err := svc.BackChecks(ctx, who(ctx), in.Round, in.Area)
			if err != nil {
				return nil, err
			}
			out := backChecks{Finished: v.Progress.Finished, Drawn: v.Progress.Drawn, Done: v.Progress.Done, Share: v.Share, Agreement: []agreement{}, Open: []BackCheck{}}
			if v.Commitment != nil {
				out.Digest, out.Seed = hex.EncodeToString(v.Commitment.Digest), v.Commitment.Revealed
			}
			for _, it := range v.Items {
				g := agreement{Item: it.Item.ID, Type: it.Type, N: it.Agree.N, Differ: it.Agree.Rate, Low: it.Agree.Low, High: it.Agree.High}
				if it.Kappa != nil {
					g.Kappa = &it.Kappa.Value
				}
				if it.Agree.ShiftOK {
					g.Shift = &it.Agree.Shift
				}
				out.Agreement = append(out.Agreement, g)
			}
			for _, k := range v.List {
				if !k.Done {
					out.Open = append(out.Open, checkOf(k))
				}
			}
			return &body[backChecks]{out}, nil
		})
	huma.Register(a, op(http.MethodPost, "draw-backchecks", "/rounds/{id}/backchecks", "Draw back-checks", "Adds the finished cases that belong to the random share."),
		func(ctx context.Context, in *RoundPath) (*body[count], error) {
			n, err := svc.Draw(ctx, who(ctx), in.Round)
			return &body[count]{count{n}}, err
		})
	huma.Register(a, op(http.MethodPost, "end-backchecks", "/rounds/{id}/backchecks/end", "End the back-checks", "Publishes the seed of a closed round."),
		func(ctx context.Context, in *RoundPath) (*none, error) { return nil, svc.End(ctx, who(ctx), in.Round) })
	huma.Register(a, op(http.MethodPost, "assign-backcheck", "/backchecks/{id}/assignment", "Hand a back-check over", "Never to whoever held the case or tried it."),
		func(ctx context.Context, in *struct {
			IDPath
			Body struct {
				Evaluator string `json:"evaluator" format:"uuid"`
				Reason    string `json:"reason" minLength:"4" maxLength:"500"`
			}
		}) (*none, error) {
			return nil, svc.Reassign(ctx, who(ctx), in.ID, in.Body.Evaluator, in.Body.Reason)
		})
	registerAskedAgain(a, svc)
}

// registerAskedAgain are the calls of whoever asks again.
func registerAskedAgain(a huma.API, svc *quality.Service) {
	huma.Register(a, op(http.MethodGet, "list-my-backchecks", "/backchecks", "My back-checks", "What the evaluator who asks has to ask again."),
		func(ctx context.Context, _ *none) (*body[[]BackCheck], error) {
			list, err := svc.Mine(ctx, who(ctx))
			out := []BackCheck{}
			for _, k := range list {
				out = append(out, checkOf(k))
			}
			return &body[[]BackCheck]{out}, err
		})
	type person struct {
		Name    string `json:"name"`
		Phone   string `json:"phone"`
		Address string `json:"address"`
	}
	huma.Register(a, op(http.MethodPost, "open-backcheck-identity", "/backchecks/{id}/identity", "Open name and contacts", "For the evaluator of the back-check only; every opening is logged."),
		func(ctx context.Context, in *IDPath) (*body[person], error) {
			p, err := svc.OpenIdentity(ctx, who(ctx), in.ID)
			return &body[person]{person{p.Name, p.Phone, p.Address}}, err
		})
	huma.Register(a, op(http.MethodPost, "record-backcheck", "/backchecks/{id}/results", "Record a back-check", "The id is made by the device; a repeat changes nothing. Second answers can be read by nobody."),
		func(ctx context.Context, in *struct {
			IDPath
			Body struct {
				ID          string            `json:"id" format:"uuid"`
				Outcome     string            `json:"outcome" enum:"done,not_reached,refused,unable"`
				Mode        string            `json:"mode" enum:"door,phone"`
				Interviewed string            `json:"interviewed,omitempty" enum:"yes,no,unsure"`
				Told        string            `json:"told,omitempty" enum:"yes,no"`
				Answers     map[string]string `json:"answers,omitempty"`
			}
		}) (*none, error) {
			b := in.Body
			return nil, svc.Record(ctx, who(ctx), in.ID, quality.Outcome{ID: b.ID, Outcome: b.Outcome, Mode: b.Mode, Interviewed: b.Interviewed, Told: b.Told, Answers: b.Answers})
		})
}
