package analyze

import (
	"gongping/analytics/fairness"
	"gongping/scoring/estimate"
	"gongping/scoring/rater"
	"gongping/scoring/shrink"
)

// matrix is the rows of a domain by columns, with the rows that have none of the
// answers left out.
func (a *analysis) matrix(of []string, domain []bool) (rater.Matrix, error) {
	vars := make([]*variable, len(of))
	for j, name := range of {
		var err error
		if vars[j], err = a.variable(name); err != nil {
			return rater.Matrix{}, err
		}
	}
	var m rater.Matrix
	for i := range a.frame.rows {
		if domain != nil && !domain[i] {
			continue
		}
		row, gone, any := make([]float64, len(vars)), make([]bool, len(vars)), false
		for j, v := range vars {
			row[j], gone[j] = v.Values[i], v.Missing[i]
			any = any || !gone[j]
		}
		if any {
			m.Value, m.Missing = append(m.Value, row), append(m.Missing, gone)
		}
	}
	return m, a.enough("icc", len(m.Value))
}

func (a *analysis) icc(q *Statistic) ([]*Table, error) {
	domain, err := a.frame.mask(a.spec.Where, q.Where)
	if err != nil {
		return nil, err
	}
	if len(q.By) > 0 {
		return a.iccWithin(q, domain)
	}
	if len(q.Of) < 2 {
		return nil, fieldFault("of", joined(q.Of), "two or more rater columns, or by: the group of the answers", "add columns, or by")
	}
	m, err := a.matrix(q.Of, domain)
	if err != nil {
		return nil, err
	}
	full := m.Complete()
	if err := a.enough("complete rows", len(full.Value)); err != nil {
		return nil, err
	}
	r, err := rater.ICCFromMeanSquares(full)
	if err != nil {
		return nil, err
	}
	t := &Table{Title: a.T("analysis.title.icc", "Of", joined(q.Of), "Within", a.within(q)), Stat: q.Stat,
		Heads: []Head{{Key: "form", Text: true}, {Key: "n"}, {Key: "raters"}, {Key: "icc", Digits: 3}, {Key: "low", Digits: 3}, {Key: "high", Digits: 3}, {Key: "F", Digits: 2}, {Key: "p", Digits: pDigits}}}
	for _, f := range []struct {
		name string
		c    rater.Correlation
	}{{a.T("analysis.icc.1"), r.OneWay}, {a.T("analysis.icc.2"), r.Agreement}, {a.T("analysis.icc.3"), r.Consistency},
		{a.T("analysis.icc.1k"), r.OneWayMean}, {a.T("analysis.icc.2k"), r.AgreementMean}, {a.T("analysis.icc.3k"), r.ConsistencyMean}} {
		row := []Cell{str(f.name), num(float64(len(full.Value))), num(float64(len(q.Of)))}
		if !f.c.Defined {
			row = append(row, make([]Cell, 5)...)
		} else {
			row = append(row, num(f.c.Value), num(f.c.Lower), num(f.c.Upper), num(f.c.F), num(f.c.P))
		}
		t.Cells = append(t.Cells, row)
	}
	t.Notes = []string{a.T("analysis.note.raters", "N", len(full.Value), "All", len(m.Value))}
	return []*Table{t}, nil
}

// grouping codes the rows of a domain with an answer by groups without gaps.
func (a *analysis) grouping(by []string, v *variable, domain []bool) ([]float64, shrink.Grouping) {
	parts := a.split(by, domain)
	g := shrink.Grouping{Name: joined(by), Levels: len(parts.names)}
	var y []float64
	for i, c := range parts.codes {
		if c >= 0 && !v.Missing[i] {
			y, g.Codes = append(y, v.Values[i]), append(g.Codes, c)
		}
	}
	return y, g
}

func (a *analysis) iccWithin(q *Statistic, domain []bool) ([]*Table, error) {
	t := &Table{Title: a.T("analysis.title.likeness", "Groups", joined(q.By), "Within", a.within(&Statistic{Where: q.Where})), Stat: q.Stat,
		Heads: []Head{{Key: "variable", Text: true}, {Key: "n"}, {Key: "groups"}, {Key: "icc1", Digits: 4}, {Key: "icc2", Digits: 3}, {Key: "between_variance", Digits: 3}, {Key: "within_variance", Digits: 2}, {Key: "F", Digits: 2}, {Key: "p", Digits: pDigits}, {Key: "deff", Digits: 2}}}
	for _, name := range q.Of {
		v, err := a.variable(name)
		if err != nil {
			return nil, err
		}
		y, g := a.grouping(q.By, v, domain)
		if err := a.enough(name, len(y)); err != nil {
			return nil, err
		}
		r, err := shrink.ANOVA(y, g)
		if err != nil {
			return nil, err
		}
		p := estimate.FTail(r.F, float64(r.Groups-1), float64(r.N-r.Groups))
		t.Cells = append(t.Cells, []Cell{str(v.label), num(float64(r.N)), num(float64(r.Groups)), num(r.ICC1), num(r.ICC2), num(r.Tau2), num(r.MSWithin), num(r.F), num(p), num(r.DeffMean)})
	}
	t.Notes = []string{a.T("analysis.note.likeness")}
	return []*Table{t}, nil
}

func (a *analysis) alpha(q *Statistic) ([]*Table, error) {
	domain, err := a.frame.mask(a.spec.Where, q.Where)
	if err != nil {
		return nil, err
	}
	m, err := a.matrix(q.Of, domain)
	if err != nil {
		return nil, err
	}
	full := m.Complete()
	if err := a.enough("complete rows", len(full.Value)); err != nil {
		return nil, err
	}
	r, err := rater.MeasureConsistency(full)
	if err != nil {
		return nil, err
	}
	t := &Table{Title: a.T("analysis.title.alpha", "Within", a.within(q)), Stat: q.Stat,
		Heads: []Head{{Key: "item", Text: true}, {Key: "n"}, {Key: "alpha", Digits: 3}, {Key: "se", Digits: 3}, {Key: "low", Digits: 3}, {Key: "high", Digits: 3}, {Key: "standardised", Digits: 3}, {Key: "guttman6", Digits: 3}, {Key: "item_rest_r", Digits: 3}}}
	z := estimate.TQuantile(0.5+a.spec.Level/2, inf)
	n := num(float64(r.Persons))
	t.Cells = append(t.Cells, []Cell{tag("all items", a.T("analysis.alpha.all")), n, num(r.Alpha), num(r.ASE), num(r.Alpha - float64(z*r.ASE)), num(r.Alpha + float64(z*r.ASE)), num(r.Standardised), maybe(r.Guttman6), {}})
	for j, name := range q.Of {
		row := []Cell{tag("without "+a.spec.label(name), a.T("analysis.alpha.without", "Item", a.spec.label(name))), n, {}, {}, {}, {}, {}, {}, {}}
		if j < len(r.IfDropped) && len(q.Of) > 2 {
			row[2] = num(r.IfDropped[j])
		}
		if j < len(r.ItemRest) {
			row[8] = num(r.ItemRest[j])
		}
		t.Cells = append(t.Cells, row)
	}
	t.Notes = []string{a.T("analysis.note.items", "N", len(full.Value), "All", len(m.Value))}
	return []*Table{t}, nil
}

func (a *analysis) interviewer(q *Statistic) ([]*Table, error) {
	domain, err := a.frame.mask(a.spec.Where, q.Where)
	if err != nil {
		return nil, err
	}
	t := &Table{Title: a.T("analysis.title.interviewer", "Unit", q.Unit, "Within", a.within(q)), Stat: q.Stat,
		Heads: []Head{{Key: "variable", Text: true}, {Key: "n"}, {Key: "interviewers"}, {Key: "rho", Digits: 4}, {Key: "rho_reml", Digits: 4}, {Key: "deff_mean", Digits: 2}, {Key: "deff_weighted", Digits: 2}, {Key: "F", Digits: 2}, {Key: "p", Digits: pDigits}}}
	for _, name := range q.Of {
		v, err := a.variable(name)
		if err != nil {
			return nil, err
		}
		y, g := a.grouping([]string{q.Unit}, v, domain)
		if err := a.enough(name, len(y)); err != nil {
			return nil, err
		}
		r, err := fairness.MeasureInterviewers(y, g)
		if err != nil {
			return nil, err
		}
		t.Cells = append(t.Cells, []Cell{str(v.label), num(float64(r.ANOVA.N)), num(float64(r.ANOVA.Groups)), num(r.Rho), num(r.RhoREML), num(r.DeffMean), num(r.DeffWeighted), num(r.ANOVA.F), num(r.P)})
	}
	t.Notes = []string{a.T("analysis.note.interviewer")}
	return []*Table{t}, nil
}
