// Package recordsapi has the JSON operations on work records: figures with what
// is flagged, decisions, and what stands beside a committee's score.
package recordsapi

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"gongping/internal/app/records"
	calc "gongping/scoring/records"
	"gongping/web/signin"
)

type (
	roundInput struct {
		ID string `path:"id" format:"uuid" doc:"Round"`
	}
	unitInput struct {
		ID   string `path:"id" format:"uuid" doc:"Run"`
		Code string `path:"code" pattern:"^[0-9]{6}([0-9]{3}){0,2}$" doc:"Committee, or a street or the district for their own records"`
	}
	decideInput struct {
		ID   string `path:"id" format:"uuid" doc:"Round"`
		Body struct {
			Committee string `json:"committee" pattern:"^[0-9]{12}$"`
			Indicator string `json:"indicator"`
			Verdict   string `json:"verdict" enum:"score,leave"`
			Reason    string `json:"reason" minLength:"1" maxLength:"500"`
		}
	}
	body[T any] struct{ Body T }
	empty       struct{}
)

// Figure is what the records say of an indicator of an area.
type Figure struct {
	Committee   string   `json:"committee" doc:"Code of the area: a committee's, or that of a street or the district"`
	Scored      bool     `json:"scored" doc:"False for the own records of a street or the district, which are only shown, and for what is held or has no figure"`
	Indicator   string   `json:"indicator"`
	Method      string   `json:"method" enum:"months,tickets"`
	OK          bool     `json:"ok"`
	Status      string   `json:"status,omitempty"`
	Share       float64  `json:"share"`
	SE          float64  `json:"se,omitempty" doc:"Of tickets (Greenwood)"`
	Least       float64  `json:"least" doc:"Whatever becomes of what is open"`
	Most        float64  `json:"most"`
	N           float64  `json:"n" doc:"After the rules for open cases and repeats"`
	Received    float64  `json:"received"`
	Open        float64  `json:"open"`
	Repeats     float64  `json:"repeats"`
	PerThousand *float64 `json:"per_thousand,omitempty"`
	Flags       []string `json:"flags"`
	Held        bool     `json:"held" doc:"Not scored: flagged and undecided, or left out by decision"`
}

// Records are the records of a round within the caller's area.
type Records struct {
	Rules          calc.Rules      `json:"rules"`
	Cutoff         *time.Time      `json:"cutoff,omitempty"`
	Figures        []Figure        `json:"figures"`
	Contradictions []Contradiction `json:"contradictions" doc:"Rows of a street or the district that cannot be true together with the rows below them; both are kept"`
}

// Contradiction is an own figure of an area and the sum of the rows below it.
type Contradiction struct {
	Area      string  `json:"area"`
	Indicator string  `json:"indicator"`
	Month     string  `json:"month"`
	What      string  `json:"what" enum:"received,done"`
	Own       float64 `json:"own"`
	Sum       float64 `json:"sum"`
	Rows      int     `json:"rows" doc:"Areas below with a row of that month"`
	Of        int     `json:"of" doc:"All areas of that level"`
}

// Beside stands beside a committee's score.
type Beside struct {
	Households          int      `json:"households"`
	Workers             int      `json:"workers"`
	HouseholdsPerWorker float64  `json:"households_per_worker"`
	Standard            string   `json:"standard,omitempty" enum:"below,within,above"`
	ContactsShown       bool     `json:"contacts_shown" doc:"False where one of the groups is smaller than the cell"`
	WithContact         *Mean    `json:"with_contact,omitempty"`
	WithoutContact      *Mean    `json:"without_contact,omitempty"`
	ContactShare        *float64 `json:"contact_share,omitempty"`
	Standardised        *Mean    `json:"standardised,omitempty" doc:"With the contact of the whole run; for comparison, not scored"`
	Figures             []Figure `json:"figures"`
}

// Mean is a mean with its interval.
type Mean struct {
	Value float64 `json:"value"`
	SE    float64 `json:"se"`
	Lo    float64 `json:"lo"`
	Hi    float64 `json:"hi"`
	N     int     `json:"n"`
}

func op(method, path, id, summary, description string) huma.Operation {
	return huma.Operation{OperationID: id, Method: method, Path: "/api/v1" + path, Summary: summary, Description: description, Tags: []string{"Records"}}
}

// Register adds the operations.
func Register(api huma.API, svc *records.Service) {
	huma.Register(api, op(http.MethodGet, "/rounds/{id}/records", "get-records", "Work records of a round", "Within the caller's area; open cases censored, repeats discounted, practices flagged."),
		func(ctx context.Context, in *roundInput) (*body[Records], error) {
			sh, err := svc.Sheet(ctx, signin.Actor(ctx), in.ID)
			if err != nil {
				return nil, err
			}
			out := Records{sh.Rules, sh.Cutoff, figures(sh.Figures), []Contradiction{}}
			for _, c := range sh.Contradictions {
				out.Contradictions = append(out.Contradictions, Contradiction(c))
			}
			return &body[Records]{out}, nil
		})
	o := op(http.MethodPost, "/rounds/{id}/records/decide", "decide-record", "Decide on a flagged figure", "By a named person, with a reason; it holds from the next run on.")
	o.DefaultStatus = http.StatusNoContent
	huma.Register(api, o, func(ctx context.Context, in *decideInput) (*empty, error) {
		return nil, svc.Decide(ctx, signin.Actor(ctx), in.ID, in.Body.Committee, in.Body.Indicator, in.Body.Verdict, in.Body.Reason)
	})
	huma.Register(api, op(http.MethodGet, "/runs/{id}/units/{code}/beside", "run-unit-beside", "What stands beside a committee's score", "Workload, residents with and without contact, work records."),
		func(ctx context.Context, in *unitInput) (*body[Beside], error) {
			u, err := svc.Unit(ctx, signin.Actor(ctx), in.ID, in.Code)
			if err != nil {
				return nil, err
			}
			out := Beside{Households: u.Workload.Households, Workers: u.Workload.Workers, HouseholdsPerWorker: u.Workload.Per, Standard: u.Workload.Standard, Figures: figures(u.Figures)}
			if c := u.Contacts; c != nil && c.Shown {
				out.ContactsShown, out.ContactShare = true, c.Share
				out.WithContact, out.WithoutContact, out.Standardised = mean(c.With), mean(c.Without), mean(c.Standardised)
			}
			return &body[Beside]{out}, nil
		})
}

func mean(m calc.Mean) *Mean {
	if !m.OK {
		return nil
	}
	return &Mean{m.Value, m.SE, m.Lo, m.Hi, m.N}
}

func figures(list []records.Figure) []Figure {
	out := []Figure{}
	for i := range list {
		f := &list[i]
		out = append(out, Figure{f.Area, !f.Upper() && f.OK && !f.Held(), f.Indicator, f.Method, f.OK, f.Status, f.Share, f.SE, f.Least, f.Most, f.N, f.Received, f.Open, f.Repeats, f.PerThousand,
			append([]string{}, f.FlagKeys()...), f.Held()})
	}
	return out
}
