package analyze

import (
	"fmt"
	"slices"

	"gongping/analytics/fairness"
	"gongping/scoring/estimate"
)

func contains(list []string, v string) bool { return slices.Contains(list, v) }

// crossed counts the rows by group and value and says which cells are hidden.
func (a *analysis) crossed(parts *groups, codes []int32, levels int) (count [][]int, hide fairness.Suppression) {
	count = make([][]int, len(parts.names))
	for c := range count {
		count[c] = make([]int, levels)
	}
	w := a.design.DesignWeight()
	for i, c := range parts.codes {
		if c >= 0 && codes[i] >= 0 && w[i] > 0 {
			count[c][codes[i]]++
		}
	}
	return count, fairness.Suppress(fairness.Table{Count: count, Minimum: a.spec.MinCell, RowTotals: true, ColumnTotals: len(count) > 1})
}

func (a *analysis) distOf(t *Table, q *Statistic, name string, domain []bool) error {
	codes, levels := a.states(name)
	parts := a.split(q.By, domain)
	count, hide := a.crossed(parts, codes, len(levels))
	var cells []fairness.Cell
	x := estimate.Column{Values: make([]float64, a.frame.rows)}
	for c, group := range parts.names {
		mask := parts.mask(func(k int) bool { return k == c })
		for l, value := range levels {
			row := []Cell{str(a.spec.label(name))}
			if len(q.By) > 0 {
				row = append(row, str(group))
			}
			row = append(row, str(value))
			cells = append(cells, hide.Cell[c][l])
			switch {
			case hide.Cell[c][l] != fairness.Shown:
				row = append(row, hidden(hide.Cell[c][l], 5)...)
			case count[c][l] == 0:
				if l >= len(levels)-2 {
					continue
				}
				row = append(row, num(0), num(0), Cell{}, Cell{}, Cell{})
			default:
				for i := range x.Values {
					x.Values[i] = 0
					if codes[i] == int32(l) {
						x.Values[i] = 1
					}
				}
				s, err := estimate.Proportion(a.design, x, mask)
				s.Estimate, err = a.calibrated(s.Estimate, err, func(i int) float64 { return (x.Values[i] - s.Value) / s.SumDesignWeight }, present(mask, x))
				row = append(row, num(float64(count[c][l])), num(s.Value), when(err == nil, s.SE))
				iv, bad := s.Interval(estimate.ProportionLogit, a.spec.Level, float64(s.DF))
				ok := err == nil && bad == nil
				row = append(row, when(ok, iv.Lower), when(ok, iv.Upper))
			}
			t.Cells = append(t.Cells, row)
		}
	}
	for _, n := range a.suppressionNote(cells) {
		if !contains(t.Notes, n) {
			t.Notes = append(t.Notes, n)
		}
	}
	return nil
}

// answered gives codes where "don't know" and missing are -1.
func (a *analysis) answered(name string) (codes []int32, levels []string) {
	codes, levels = a.states(name)
	levels = levels[:len(levels)-2]
	for i, c := range codes {
		if int(c) >= len(levels) {
			codes[i] = -1
		}
	}
	return codes, levels
}

func (a *analysis) chisq(q *Statistic) ([]*Table, error) {
	domain, err := a.frame.mask(a.spec.Where, q.Where)
	if err != nil {
		return nil, err
	}
	for _, name := range []string{q.Of[0], q.Over} {
		if a.spec.score(name) != nil || len(a.frame.columns[name].levels) > 50 {
			return nil, fieldFault("chisq", name, "columns of at most 50 values", "choose a categorical column")
		}
	}
	row, rows := a.answered(q.Of[0])
	col, cols := a.answered(q.Over)
	tab, err := estimate.CrossTable(a.design, row, col, len(rows), len(cols), domain)
	if err != nil {
		return nil, err
	}
	parts := &groups{names: rows, codes: slices.Clone(row)}
	for i := range parts.codes {
		if domain != nil && !domain[i] {
			parts.codes[i] = -1
		}
	}
	count, hide := a.crossed(parts, col, len(cols))
	t := &Table{Title: a.T("analysis.title.cross", "Of", a.spec.label(q.Of[0]), "Over", a.spec.label(q.Over), "Within", a.within(q)), Stat: q.Stat,
		Heads: []Head{{Key: q.Of[0], Text: true}, {Key: q.Over, Text: true}, {Key: "n"}, {Key: "share", Digits: 3}, {Key: "se", Digits: 3}}}
	var cells []fairness.Cell
	for r, rn := range rows {
		for c, cn := range cols {
			cells = append(cells, hide.Cell[r][c])
			line := []Cell{str(rn), str(cn)}
			if hide.Cell[r][c] != fairness.Shown {
				line = append(line, hidden(hide.Cell[r][c], 3)...)
			} else {
				line = append(line, num(float64(count[r][c])), num(tab.Share[r][c]), num(tab.ShareSE[r][c]))
			}
			t.Cells = append(t.Cells, line)
		}
	}
	t.Notes = append(t.Notes, a.join(a.T("analysis.note.independence", "F", fmt.Sprintf("%.4g", tab.F.Statistic),
		"A", fmt.Sprintf("%.4g", tab.F.DF1), "B", fmt.Sprintf("%.5g", tab.F.DF2), "P", num(tab.F.P).show(Head{Digits: pDigits})), a.fixedWeights()))
	t.Notes = append(t.Notes, a.suppressionNote(cells)...)
	return []*Table{t}, nil
}
