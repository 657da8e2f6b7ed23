package upward

import (
	"context"
	"math"

	"gongping/internal/authz"
	"gongping/internal/pg"
	"gongping/internal/pg/upwarddb"
	"gongping/scoring/estimate"
)

// Item is a question's mean over those who answered it.
type Item struct {
	ID, Text      string
	OK            bool // false: fewer than the cell
	N             int
	Mean, Lo, Hi  float64
	Dimension     string
	DimensionText string
}

// Result is what workers said of a department in a closed survey.
type Result struct {
	Survey  upwarddb.Survey
	Shown   bool
	N       int // 0 where not shown
	Invited int
	Items   []Item
}

// Results returns the closed surveys' results of a department, newest first.
// Below the cell of a survey nothing of it shows, not even how many answered.
func (s *Service) Results(ctx context.Context, who authz.Actor, department, lang string) (out []Result, err error) {
	o := authz.Object{Department: department}
	if err := authz.Check(who, authz.UpwardRead, o); err != nil {
		return nil, err
	}
	list, err := s.Surveys(ctx, who)
	if err != nil {
		return nil, err
	}
	err = s.Read(ctx, who, authz.UpwardRead, o, func(ctx context.Context, db pg.Querier) error {
		invited, err := upwarddb.Workers(ctx, db, who.District)
		if err != nil {
			return err
		}
		for _, x := range list {
			if !x.Closed {
				continue
			}
			sums, err := upwarddb.Tally(ctx, db, who.District, x.ID)
			if err != nil {
				return err
			}
			r, err := result(x, sums, department, lang)
			if err != nil {
				return err
			}
			r.Invited = invited
			out = append(out, r)
		}
		return nil
	})
	return out, err
}

func result(x upwarddb.Survey, sums []upwarddb.Sum, department, lang string) (Result, error) {
	r := Result{Survey: x}
	q, err := Questionnaire(&x)
	if err != nil {
		return r, err
	}
	of := map[string]upwarddb.Sum{}
	for _, s := range sums {
		if s.Department == department {
			of[s.Item] = s
		}
	}
	r.N = of[""].N
	r.Shown = r.N >= x.Cell
	if !r.Shown {
		return Result{Survey: x}, nil
	}
	names := map[string]string{}
	for _, d := range q.Dimensions {
		names[d.ID] = d.Text.In(lang)
	}
	for _, it := range q.Items {
		v := Item{ID: it.ID, Text: it.Text.In(lang), Dimension: it.Dimension, DimensionText: names[it.Dimension]}
		if s, ok := of[it.ID]; ok && s.N >= x.Cell {
			n := float64(s.N)
			v.OK, v.N, v.Mean = true, s.N, s.Total/n
			se := math.Sqrt(math.Max(0, s.Squares-float64(s.Total*s.Total)/n) / (n - 1) / n)
			half := float64(estimate.TQuantile(0.975, n-1) * se)
			v.Lo, v.Hi = math.Max(0, v.Mean-half), math.Min(100, v.Mean+half)
		}
		r.Items = append(r.Items, v)
	}
	return r, nil
}
