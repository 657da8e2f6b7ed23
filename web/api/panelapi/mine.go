package panelapi

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"gongping/internal/app/panel"
	"gongping/scoring/composite"
	"gongping/web/signin"
)

// Mine is what a panel member has to rate in a round.
type Mine struct {
	Planned    bool                  `json:"planned" doc:"A plan says who rates whom; without one every committee of the area may be rated"`
	Closed     bool                  `json:"closed" doc:"Results are published: nothing more is taken"`
	Criteria   []composite.Criterion `json:"criteria"`
	Committees []Sheet               `json:"committees"`
	Barred     []Barred              `json:"barred" doc:"Committees that a conflict of interest keeps the member from"`
}

// Sheet is a committee with the member's own ratings.
type Sheet struct {
	Committee string   `json:"committee" doc:"Area code"`
	Name      string   `json:"name"`
	Street    string   `json:"street"`
	Ratings   []Rating `json:"ratings" doc:"The latest of each criterion"`
}

// Rating is a member's latest rating on a criterion.
type Rating struct {
	Criterion string    `json:"criterion"`
	Score     float64   `json:"score"`
	Note      string    `json:"note,omitempty"`
	At        time.Time `json:"at"`
}

// Barred is a committee that the member may not rate.
type Barred struct {
	Committee string `json:"committee"`
	Name      string `json:"name"`
	Why       string `json:"why" enum:"declared,own_area,evaluator"`
}

func mine(api huma.API, svc *panel.Service) {
	huma.Register(api, op(http.MethodGet, "/rounds/{id}/panel/mine", "get-my-panel", "What I have to rate", "For panel members: criteria, committees by the plan, and the own ratings so far."),
		func(ctx context.Context, in *roundInput) (*body[Mine], error) {
			s, err := svc.Sheet(ctx, signin.Actor(ctx), in.ID)
			if err != nil {
				return nil, err
			}
			return &body[Mine]{mineOf(&s)}, nil
		})
}

func mineOf(s *panel.Sheet) Mine {
	out := Mine{Planned: s.Planned, Closed: s.Closed, Criteria: s.Criteria, Committees: []Sheet{}, Barred: []Barred{}}
	for _, c := range s.Committees {
		sheet := Sheet{c.Code, c.Name, c.Street, []Rating{}}
		for _, k := range s.Criteria {
			if r, ok := s.Ratings[c.Code][k.ID]; ok {
				sheet.Ratings = append(sheet.Ratings, Rating{r.Criterion, r.Score, r.Note, r.At})
			}
		}
		out.Committees = append(out.Committees, sheet)
	}
	for code, why := range s.Barred {
		out.Barred = append(out.Barred, Barred{code, s.Names[code], why})
	}
	slices.SortFunc(out.Barred, func(a, b Barred) int { return strings.Compare(a.Committee, b.Committee) })
	return out
}
