package analyze

import (
	"fmt"
	"math"

	"gongping/analytics/fairness"
)

var inf = math.Inf(1)

func (a *analysis) inequality(q *Statistic) ([]*Table, error) {
	domain, err := a.frame.mask(a.spec.Where, q.Where)
	if err != nil {
		return nil, err
	}
	t := &Table{Title: a.T("analysis.title.inequality", "Within", a.within(q)), Stat: q.Stat, Heads: []Head{{Key: "variable", Text: true}, {Key: "n"}, {Key: "gini", Digits: 4}, {Key: "theil_t", Digits: 4},
		{Key: "theil_l", Digits: 4}, {Key: "cv", Digits: 4}, {Key: "atkinson", Digits: 4}, {Key: "hoover", Digits: 4}, {Key: "p90_p10", Digits: 3}}}
	w := a.design.DesignWeight()
	for _, name := range q.Of {
		v, err := a.variable(name)
		if err != nil {
			return nil, err
		}
		in := present(domain, v.Column)
		var x, wx []float64
		for i := range w {
			if in(i) && w[i] > 0 {
				x, wx = append(x, v.Values[i]), append(wx, w[i])
			}
		}
		if err := a.enough(name, len(x)); err != nil {
			return nil, err
		}
		r, err := fairness.MeasureInequality(x, wx)
		if err != nil {
			return nil, err
		}
		t.Cells = append(t.Cells, []Cell{str(v.label), num(float64(r.N)), num(r.Gini), num(r.TheilT), maybe(r.TheilL), num(r.CV), num(r.Atkinson), num(r.Hoover), maybe(r.P90P10)})
	}
	return []*Table{t}, nil
}

// funnel compares units' shares with funnel limits.
func (a *analysis) funnel(q *Statistic) ([]*Table, error) {
	domain, err := a.frame.mask(a.spec.Where, q.Where)
	if err != nil {
		return nil, err
	}
	var out []*Table
	for _, name := range q.Of {
		parts := a.split([]string{q.Unit}, domain)
		top, bottom, err := a.funnelSums(q, name, parts)
		if err != nil {
			return nil, err
		}
		t, err := a.funnelTable(q, name, parts, top, bottom)
		if err != nil {
			return nil, err
		}
		out = append(out, t)
	}
	return out, nil
}

// funnelSums are numerator and denominator by unit, unweighted.
func (a *analysis) funnelSums(q *Statistic, name string, parts *groups) (top, bottom []float64, err error) {
	top, bottom = make([]float64, len(parts.names)), make([]float64, len(parts.names))
	if q.Over == "" {
		x, err := a.among(name, q.Values)
		if err != nil {
			return nil, nil, err
		}
		for i, c := range parts.codes {
			if c >= 0 && !x.Missing[i] {
				top[c] += x.Values[i]
				bottom[c]++
			}
		}
		return top, bottom, nil
	}
	y, err := a.variable(name)
	if err != nil {
		return nil, nil, err
	}
	x, err := a.variable(q.Over)
	if err != nil {
		return nil, nil, err
	}
	for i, c := range parts.codes {
		if c >= 0 && !x.Missing[i] && !y.Missing[i] {
			top[c] += y.Values[i]
			bottom[c] += x.Values[i]
		}
	}
	return top, bottom, nil
}

func (a *analysis) funnelTable(q *Statistic, name string, parts *groups, top, bottom []float64) (*Table, error) {
	var at []int
	var num1, den []float64
	for c := range parts.names {
		if bottom[c] >= float64(a.spec.MinCell) {
			at, num1, den = append(at, c), append(num1, top[c]), append(den, bottom[c])
		}
	}
	f, err := fairness.NewFunnel(num1, den, nil, 0.1)
	if err != nil {
		return nil, err
	}
	how := fairness.Multiplicative
	lo95, hi95 := f.Limits(0.025, how)
	lo998, hi998 := f.Limits(0.001, how)
	t := &Table{Title: a.T("analysis.title.funnel", "Of", a.spec.label(name), "Unit", q.Unit, "Within", a.within(q)), Stat: q.Stat, Heads: []Head{{Key: "unit", Text: true}, {Key: "n"},
		{Key: "share", Digits: 3}, {Key: "low_95", Digits: 3}, {Key: "high_95", Digits: 3}, {Key: "low_99.8", Digits: 3}, {Key: "high_99.8", Digits: 3}, {Key: "z", Digits: 2}, {Key: "verdict", Text: true}}}
	cells := make([]fairness.Cell, 0, len(parts.names))
	k := 0
	for c, unit := range parts.names {
		if k >= len(at) || at[k] != c {
			cells = append(cells, fairness.Primary)
			t.Cells = append(t.Cells, append([]Cell{str(unit)}, hidden(fairness.Primary, 8)...))
			continue
		}
		share := num1[k] / den[k]
		verdict := tag("within limits", a.T("analysis.verdict.within"))
		switch {
		case share < lo998[k], share > hi998[k]:
			verdict = tag("outside 99.8%", a.T("analysis.verdict.outside_998"))
		case share < lo95[k], share > hi95[k]:
			verdict = tag("outside 95%", a.T("analysis.verdict.outside_95"))
		}
		t.Cells = append(t.Cells, []Cell{str(unit), num(den[k]), num(share), num(max(0, lo95[k])), num(min(1, hi95[k])), num(max(0, lo998[k])), num(min(1, hi998[k])), num(f.Multiplicative[k]), verdict})
		k++
	}
	target, phi := fmt.Sprintf("%.4f", f.Target), fmt.Sprintf("%.2f", f.Naive.Phi)
	if f.Naive.OverDispersed {
		t.Notes = append(t.Notes, a.T("analysis.note.funnel_wide", "Target", target, "Phi", phi))
	} else {
		t.Notes = append(t.Notes, a.T("analysis.note.funnel", "Target", target, "Phi", phi))
	}
	t.Notes = append(t.Notes, a.suppressionNote(cells)...)
	return t, nil
}
