package analyze

import (
	"context"
	"fmt"

	"gongping/internal/errs"
	"gongping/survey/weight"
)

// Run reads the table and answers the specification. path is the table.
func Run(ctx context.Context, s *Spec, path string) (*Report, error) {
	f, err := read(ctx, s, path)
	if err != nil {
		return nil, err
	}
	a := &analysis{spec: s, frame: f, variables: map[string]*variable{}, say: catalog().For(s.language())}
	if err := a.build(); err != nil {
		return nil, err
	}
	r := &Report{Title: s.Title, Rows: f.rows, RowsText: a.T("analysis.rows", "N", f.rows)}
	for i := range s.Statistics {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		q := &s.Statistics[i]
		tables, err := a.answer(q)
		if err != nil {
			return nil, placed(err, s, i)
		}
		if q.Title != "" && len(tables) > 0 {
			tables[0].Title = q.Title
		}
		for _, t := range tables {
			a.name(t)
		}
		r.Tables = append(r.Tables, tables...)
	}
	r.Notes = append([]string{a.describe(), a.T("analysis.note.levels", "Level", fmt.Sprintf("%g", 100*s.Level), "N", s.MinCell)}, a.notes...)
	if a.margins != nil || s.Design.Weight != "" {
		if d, err := weight.Diagnose(a.design.DesignWeight()); err == nil {
			r.Notes = append(r.Notes, a.T("analysis.note.weights", "Effective", fmt.Sprintf("%.1f", d.KishN), "N", d.N, "Deff", fmt.Sprintf("%.2f", d.KishDeff), "Ratio", fmt.Sprintf("%.1f", d.Ratio)))
		}
	}
	return r, nil
}

func (a *analysis) answer(q *Statistic) ([]*Table, error) {
	switch q.Stat {
	case "mean":
		return a.mean(q)
	case "total":
		return a.total(q)
	case "proportion":
		return a.proportion(q)
	case "quantile":
		return a.quantile(q)
	case "ratio":
		return a.ratio(q)
	case "dist":
		return a.dist(q)
	case "ttest":
		return a.ttest(q)
	case "chisq":
		return a.chisq(q)
	case "regression":
		return a.regression(q)
	case "compare":
		return a.compare(q)
	case "robust":
		return a.robust(q)
	case "icc":
		return a.icc(q)
	case "alpha":
		return a.alpha(q)
	case "interviewer":
		return a.interviewer(q)
	case "inequality":
		return a.inequality(q)
	case "funnel":
		return a.funnel(q)
	case "fair_score":
		return a.fairScore(q)
	}
	panic("analyze: statistic " + q.Stat + " passed the parser")
}

// placed says which statistic an error belongs to.
func placed(err error, s *Spec, i int) error {
	e, ok := err.(*errs.Error)
	if !ok {
		return err
	}
	c := *e
	place := fmt.Sprintf("statistics[%d] (%s, line %d)", i+1, s.Statistics[i].Stat, s.Statistics[i].line)
	if c.Where != "" {
		place += ", " + c.Where
	}
	c.Where = place
	return &c
}
