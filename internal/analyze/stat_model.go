package analyze

import (
	"fmt"

	"gongping/scoring/estimate"
)

// enough refuses a figure on fewer rows than min_cell.
func (a *analysis) enough(what string, n int) error {
	if n < a.spec.MinCell {
		return fieldFault("where", fmt.Sprintf("fewer than %d answers for %s", a.spec.MinCell, what), fmt.Sprintf("at least %d answers (min_cell)", a.spec.MinCell), "widen the filter")
	}
	return nil
}

func (a *analysis) ttest(q *Statistic) ([]*Table, error) {
	domain, err := a.frame.mask(a.spec.Where, q.Where)
	if err != nil {
		return nil, err
	}
	t := &Table{Title: a.T("analysis.title.ttest", "Within", a.within(q)), Stat: q.Stat,
		Heads: []Head{{Key: "variable", Text: true}, {Key: "n"}, {Key: "difference", Digits: 2}, {Key: "se", Digits: 2}, {Key: "low", Digits: 2}, {Key: "high", Digits: 2}, {Key: "t", Digits: 2}, {Key: "df"}, {Key: "p", Digits: pDigits}}}
	var second estimate.Column
	var parts *groups
	if q.Group != "" {
		parts = a.split([]string{q.Group}, domain)
		if len(parts.names) != 2 {
			return nil, fieldFault("group", fmt.Sprintf("%s with %d values: %s", q.Group, len(parts.names), a.frame.columns[q.Group].sample()), "a column with two values in the domain",
				"filter with where, or declare the other values as dont_know or missing")
		}
		t.Title = a.T("analysis.title.ttest_groups", "Group", q.Group, "A", parts.names[1], "B", parts.names[0], "Within", a.within(q))
		second = estimate.Column{Values: make([]float64, a.frame.rows), Missing: make([]bool, a.frame.rows)}
		for i, c := range parts.codes {
			second.Values[i], second.Missing[i] = float64(max(c, 0)), c < 0
		}
	}
	for _, name := range q.Of {
		v, err := a.variable(name)
		if err != nil {
			return nil, err
		}
		var r estimate.TTest
		if parts != nil {
			for c, n := range parts.counts(v.Missing, a.design.DesignWeight()) {
				if err := a.enough(name+" in group "+parts.names[c], n); err != nil {
					return nil, err
				}
			}
			r, err = estimate.TTestGroups(a.design, v.Column, second, domain, a.spec.Level)
		} else {
			r, err = estimate.TTestMean(a.design, v.Column, domain, a.spec.Level)
		}
		if err != nil {
			return nil, err
		}
		if err := a.enough(name, r.Estimate.N); err != nil {
			return nil, err
		}
		t.Cells = append(t.Cells, []Cell{str(v.label), num(float64(r.Estimate.N)), num(r.Estimate.Value), num(r.Estimate.SE), num(r.CI.Lower), num(r.CI.Upper), num(r.Statistic), num(r.DF2), num(r.P)})
	}
	if n := a.fixedWeights(); n != "" {
		t.Notes = append(t.Notes, n)
	}
	return []*Table{t}, nil
}

func (a *analysis) regression(q *Statistic) ([]*Table, error) {
	domain, err := a.frame.mask(a.spec.Where, q.Where)
	if err != nil {
		return nil, err
	}
	mix, err := a.mix(q.Covariates)
	if err != nil {
		return nil, err
	}
	mix = mix.WithIntercept(a.frame.rows)
	xs := make([]estimate.Column, len(mix.X))
	for j, x := range mix.X {
		xs[j] = estimate.Of(x)
	}
	t := &Table{Title: a.T("analysis.title.regression", "Family", q.Family, "Within", a.within(q)), Stat: q.Stat,
		Heads: []Head{{Key: "variable", Text: true}, {Key: "term", Text: true}, {Key: "n"}, {Key: "coefficient", Digits: 3}, {Key: "se", Digits: 3}, {Key: "low", Digits: 3}, {Key: "high", Digits: 3}, {Key: "t", Digits: 2}, {Key: "p", Digits: pDigits}, {Key: "remark", Text: true}}}
	for _, name := range q.Of {
		var y estimate.Column
		if len(q.Values) > 0 {
			y, err = a.among(name, q.Values)
		} else {
			var v *variable
			if v, err = a.variable(name); err == nil {
				y = v.Column
			}
		}
		if err != nil {
			return nil, err
		}
		r, err := estimate.Regress(a.design, y, xs, estimate.Family(q.Family), domain)
		if err != nil {
			return nil, err
		}
		if err := a.enough(name, r.N); err != nil {
			return nil, err
		}
		for j, term := range mix.Name {
			row := []Cell{str(a.spec.label(name)), str(term), num(float64(r.N))}
			if r.Aliased[j] {
				t.Cells = append(t.Cells, append(row, Cell{}, Cell{}, Cell{}, Cell{}, Cell{}, Cell{}, tag("depends on the terms above", a.T("analysis.remark.depends"))))
				continue
			}
			e := r.Coefficient(j)
			iv, ok := e.T(a.spec.Level, float64(r.DF))
			row = append(row, num(e.Value), num(e.SE), when(ok, iv.Lower), when(ok, iv.Upper))
			if ok && e.SE > 0 {
				s := e.Value / e.SE
				row = append(row, num(s), num(min(1, 2*estimate.TTail(max(s, -s), float64(r.DF)))))
			} else {
				row = append(row, Cell{}, Cell{})
			}
			t.Cells = append(t.Cells, append(row, Cell{}))
		}
	}
	t.Notes = append(t.Notes, a.join(a.T("analysis.note.reference"), a.fixedWeights()))
	return []*Table{t}, nil
}
