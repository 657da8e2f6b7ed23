// Package fieldapi has the fieldwork as JSON operations: what the pages can do,
// and a synchronisation for devices that were offline.
package fieldapi

import (
	"context"
	"math"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humagin"

	"gongping/internal/app/field"
	"gongping/internal/authz"
	"gongping/internal/cache"
	"gongping/internal/pg/fielddb"
	"gongping/survey/fieldwork"
	"gongping/web/api"
	"gongping/web/signin"
)

// Case is a case without name or contact.
type Case struct {
	ID            string   `json:"id" format:"uuid"`
	Number        string   `json:"number" example:"3F9A2C"`
	RoundID       string   `json:"round_id"`
	Committee     string   `json:"committee" example:"310104003001"`
	CommitteeName string   `json:"committee_name"`
	Building      string   `json:"building,omitempty" doc:"Pseudonym"`
	Stage         string   `json:"stage" enum:"open,underway,agreed,done,ended"`
	Final         string   `json:"disposition" doc:"AAPOR code as things stand" example:"2.24"`
	Attempts      int      `json:"attempts"`
	Reserve       bool     `json:"reserve"`
	Evaluator     string   `json:"evaluator,omitempty"`
	Appointment   *string  `json:"appointment,omitempty" format:"date-time"`
	Lacking       []string `json:"lacking,omitempty" doc:"Keys of what the rule book still asks before the case may be given up"`
}

func caseOf(c field.CaseView) Case {
	out := Case{ID: c.ID, Number: c.Number(), RoundID: c.RoundID, Committee: c.Committee, CommitteeName: c.CommitteeName, Building: c.Building,
		Stage: string(c.Stage), Final: string(c.Final), Attempts: len(c.Case.Attempts), Reserve: c.Reserve, Evaluator: c.Evaluator}
	if c.Appointment != nil && c.Stage == fieldwork.Agreed {
		s := c.Appointment.Format(time.RFC3339)
		out.Appointment = &s
	}
	return out
}

// Attempt and Response are the forms in which a device sends.
type (
	Attempt  = field.QueuedAttempt
	Response = field.QueuedResponse
)

// Outcome is what became of a submission. None calls for sending again.
type Outcome struct {
	ID      string `json:"id"`
	Status  string `json:"status" enum:"accepted,duplicate,held,refused"`
	Receipt string `json:"receipt,omitempty" example:"7K3M-P9QA-X2RT"`
	Reason  string `json:"reason,omitempty" doc:"Key of the reason when held or refused"`
}

func outcomesOf(list []field.Outcome) []Outcome {
	out := make([]Outcome, len(list))
	for i, o := range list {
		out[i] = outcomeOf(o)
	}
	return out
}

func outcomeOf(o field.Outcome) Outcome {
	return Outcome{ID: o.ID, Status: string(o.Status), Receipt: o.Receipt, Reason: o.Reason}
}

type body[T any] struct{ Body T }

// CasePath is the case in an address.
type CasePath struct {
	ID string `path:"id" format:"uuid" doc:"Id of the case"`
}

type none struct{}

func op(method, id, path, summary, text string) huma.Operation {
	return huma.Operation{OperationID: id, Method: method, Path: api.Prefix + path, Summary: summary, Description: text, Tags: []string{"Fieldwork"},
		Errors: []int{401, 403, 404, 409, 410, 422, 503}}
}

func public(o huma.Operation) huma.Operation {
	o.Security = []map[string][]string{}
	o.Errors = []int{404, 409, 410, 422, 429, 503}
	o.Middlewares = huma.Middlewares{func(c huma.Context, next func(huma.Context)) {
		next(huma.WithValue(c, addressKey{}, cache.Client(humagin.Unwrap(c).ClientIP())))
	}}
	return o
}

// addressKey carries the address of a client that is not signed in.
type addressKey struct{}

func address(ctx context.Context) string {
	s, _ := ctx.Value(addressKey{}).(string)
	return s
}

func who(ctx context.Context) authz.Actor { return signin.Actor(ctx) }

// Register registers the operations.
func Register(a huma.API, svc *field.Service, limit Limiter, district string) {
	registerCases(a, svc)
	registerSubmissions(a, svc)
	registerOffline(a, svc)
	registerResidents(a, svc, limit, district)
	registerReceipts(a, svc, limit, district)
	registerCalls(a, svc, limit, district)
	registerPaper(a, svc)
	registerProgress(a, svc)
}

func registerCases(a huma.API, svc *field.Service) {
	huma.Register(a, op(http.MethodGet, "list-my-cases", "/cases", "My cases", "The cases that the evaluator who asks holds in rounds that are being collected."),
		func(ctx context.Context, _ *none) (*body[[]Case], error) {
			list, err := svc.MyCases(ctx, who(ctx))
			out := make([]Case, len(list))
			for i, c := range list {
				out[i] = caseOf(c)
			}
			return &body[[]Case]{out}, err
		})
	huma.Register(a, op(http.MethodGet, "get-case", "/cases/{id}", "A case", "For its evaluator and for those who supervise the area; without name or contact."),
		func(ctx context.Context, in *CasePath) (*body[Case], error) {
			d, err := svc.Case(ctx, who(ctx), in.ID)
			if err != nil {
				return nil, err
			}
			out := caseOf(d.CaseView)
			for _, l := range d.Lacking {
				out.Lacking = append(out.Lacking, l.Key)
			}
			return &body[Case]{out}, nil
		})
	type person struct {
		Name    string `json:"name"`
		Phone   string `json:"phone"`
		Address string `json:"address"`
	}
	huma.Register(a, op(http.MethodPost, "open-identity", "/cases/{id}/identity", "Open name and contacts", "For the evaluator of the case only, while the round is collected. Every opening is written to the audit log."),
		func(ctx context.Context, in *CasePath) (*body[person], error) {
			p, err := svc.OpenIdentity(ctx, who(ctx), in.ID)
			return &body[person]{person{p.Name, p.Phone, p.Address}}, err
		})
	registerHanding(a, svc)
}

// registerHanding are links, reserves and other evaluators for a case.
func registerHanding(a huma.API, svc *field.Service) {
	type link struct {
		Token     string    `json:"token" doc:"Shown once; the address is /r/{token}"`
		ExpiresAt time.Time `json:"expires_at"`
	}
	huma.Register(a, op(http.MethodPost, "issue-link", "/cases/{id}/link", "Make a personal link", "Ends earlier links of the case that were not used."),
		func(ctx context.Context, in *CasePath) (*body[link], error) {
			token, expires, err := svc.IssueLink(ctx, who(ctx), in.ID)
			return &body[link]{link{token, expires}}, err
		})
	huma.Register(a, op(http.MethodDelete, "revoke-link", "/cases/{id}/link", "Withdraw personal links", "Ends the links of the case that were not used."),
		func(ctx context.Context, in *struct {
			CasePath
			Reason string `query:"reason" maxLength:"200" doc:"Needed from a supervisor"`
		}) (*none, error) {
			return nil, svc.RevokeLinks(ctx, who(ctx), in.ID, in.Reason)
		})
	reserve := op(http.MethodPost, "release-reserve", "/cases/{id}/reserve", "Give a case up for the next reserve", "The rule book's tries must be made. A wish for another than the next reserve is refused and logged.")
	reserve.DefaultStatus = http.StatusCreated
	huma.Register(a, reserve,
		func(ctx context.Context, in *struct {
			CasePath
			Body *struct {
				Expect string `json:"expect,omitempty" doc:"Frame id of the reserve that the caller expects"`
			}
		}) (*body[map[string]string], error) {
			expect := ""
			if in.Body != nil {
				expect = in.Body.Expect
			}
			id, err := svc.ReleaseReserve(ctx, who(ctx), in.ID, expect)
			return &body[map[string]string]{map[string]string{"case_id": id}}, err
		})
	huma.Register(a, op(http.MethodPost, "assign-case", "/cases/{id}/assignment", "Hand a case to another evaluator", "For supervisors and managers of the area."),
		func(ctx context.Context, in *struct {
			CasePath
			Body struct {
				Evaluator string `json:"evaluator" format:"uuid"`
				Reason    string `json:"reason" minLength:"1" maxLength:"200"`
			}
		}) (*none, error) {
			return nil, svc.Reassign(ctx, who(ctx), in.ID, in.Body.Evaluator, in.Body.Reason)
		})
}

type progressArea struct {
	Code      string         `json:"code"`
	Name      string         `json:"name"`
	Planned   int            `json:"planned"`
	Cases     int            `json:"cases"`
	Done      int            `json:"done"`
	Underway  int            `json:"underway"`
	Ended     int            `json:"ended"`
	Untouched int            `json:"untouched"`
	Reserves  int            `json:"reserves"`
	Attempts  int            `json:"attempts"`
	Counts    map[string]int `json:"classes" doc:"Cases by AAPOR class: I, P, R, NC, O, UH, UO, NE"`
	Until     *string        `json:"until,omitempty" format:"date" doc:"First day that is not counted; absent where all are"`
}

func areaOf(t field.Tally) progressArea {
	out := progressArea{Code: t.Code, Name: t.Name, Planned: t.Planned, Cases: t.Cases, Done: t.Done, Underway: t.Underway, Ended: t.Ended,
		Untouched: t.Untouched, Reserves: t.Reserves, Attempts: t.Attempts, Counts: map[string]int{}}
	for class, n := range t.Counts {
		out.Counts[string(class)] = n
	}
	if !t.Until.IsZero() {
		s := t.Until.Format(time.DateOnly)
		out.Until = &s
	}
	return out
}

type progress struct {
	RoundID    string              `json:"round_id"`
	State      string              `json:"state"`
	At         time.Time           `json:"at" doc:"Until when things are counted; without live, the last midnight"`
	Live       bool                `json:"live" doc:"As it happens. Otherwise a committee's figures stand still until at least five (the rule book's cross-table cell) more answers have come in, and move at midnight"`
	Total      progressArea        `json:"total"`
	Areas      []progressArea      `json:"areas"`
	Strata     []stratum           `json:"strata,omitempty" doc:"By the values of strata, where the plan splits committees"`
	Evaluators []progressArea      `json:"evaluators"`
	Rates      map[string]*float64 `json:"rates" doc:"AAPOR outcome rates; null where there are too few cases"`
	E          float64             `json:"e" doc:"Estimated share of unknown cases that are eligible"`
	RIndicator *float64            `json:"r_indicator" doc:"Evenness of response over sex and age; null where there are too few answers"`
	Groups     []group             `json:"groups"`
	Held       int                 `json:"held"`
}

type stratum struct {
	Kind    string `json:"kind" doc:"Values of the plan's columns, joined by #"`
	Planned int    `json:"planned"`
	Cases   int    `json:"cases"`
	Done    *int   `json:"done" doc:"null where suppressed"`

	Joined []string `json:"joined,omitempty" doc:"Kinds too small to stand alone that some committee of the area joined to this one"`
}

func strataOf(list []field.StratumTally) (out []stratum) {
	for _, t := range list {
		x := stratum{Kind: t.Kind, Planned: t.Planned, Cases: t.Cases, Joined: t.Joined}
		if !t.Hidden {
			n := t.Done
			x.Done = &n
		}
		out = append(out, x)
	}
	return out
}

type group struct {
	Sex        string `json:"sex"`
	AgeBand    string `json:"age_band"`
	Population int    `json:"population"`
	Drawn      int    `json:"drawn"`
	Answered   *int   `json:"answered" doc:"null where suppressed"`
}

func progressOf(p field.Progress) progress {
	out := progress{RoundID: p.Round.ID, State: string(p.Round.State), At: p.At, Live: p.Live, Total: areaOf(p.Total), Rates: map[string]*float64{},
		E: p.Total.Counts.Eligibility(), Held: p.Held, Strata: strataOf(p.Strata)}
	for _, t := range p.Areas {
		out.Areas = append(out.Areas, areaOf(t))
	}
	for _, t := range p.Evaluators {
		out.Evaluators = append(out.Evaluators, areaOf(t))
	}
	for _, r := range p.Total.Counts.Rates(out.E) {
		out.Rates[r.Name] = nil
		if r.OK && p.Total.Cases >= p.Cell {
			v := r.Value
			if !p.Live { // as the page says them
				v = math.Round(1000*v) / 1000
			}
			out.Rates[r.Name] = &v
		}
	}
	if !p.Live {
		out.E = math.Round(1000*out.E) / 1000
	}
	if p.EvennessOK {
		out.RIndicator = &p.Evenness
	}
	for _, g := range p.Groups {
		x := group{Sex: g.Sex, AgeBand: g.Band, Population: g.Population, Drawn: g.Drawn}
		if !g.Hidden {
			n := g.Answered
			x.Answered = &n
		}
		out.Groups = append(out.Groups, x)
	}
	return out
}

func registerProgress(a huma.API, svc *field.Service) {
	huma.Register(a, op(http.MethodGet, "get-progress", "/fieldwork/{round}", "Progress of a round", "By street, or by committee within one; outcome rates; sample against population. Small cells are suppressed. Who does not run or audit the fieldwork gets figures as of midnights, not live."),
		func(ctx context.Context, in *struct {
			Round string `path:"round" format:"uuid" doc:"Id of the round"`
			Area  string `query:"area" doc:"Code of an area within your own" example:"310104003"`
		}) (*body[progress], error) {
			p, err := svc.Progress(ctx, who(ctx), in.Round, in.Area)
			if err != nil {
				return nil, err
			}
			return &body[progress]{progressOf(p)}, nil
		})
	huma.Register(a, op(http.MethodGet, "list-cases", "/fieldwork/{round}/cases", "Cases of a round", "For supervisors and managers, a page at a time."),
		func(ctx context.Context, in *struct {
			Round     string `path:"round" format:"uuid" doc:"Id of the round"`
			Area      string `query:"area" doc:"Code of an area within your own"`
			Evaluator string `query:"evaluator" doc:"Account of the evaluator"`
			Stage     string `query:"stage" enum:"open,underway,agreed,done,ended" doc:"Only cases in this stage"`
			After     string `query:"after" doc:"Id of the last case of the page before"`
			Limit     int    `query:"limit" minimum:"1" maximum:"200" default:"50" doc:"How many at most"`
		}) (*body[[]Case], error) {
			l, err := svc.Cases(ctx, who(ctx), in.Round, fielddb.CaseFilter{Area: in.Area, Evaluator: in.Evaluator, After: in.After, Limit: in.Limit}, fieldwork.Stage(in.Stage))
			out := make([]Case, len(l.List))
			for i, c := range l.List {
				out[i] = caseOf(c)
			}
			return &body[[]Case]{out}, err
		})
}
