package analyze

import (
	"math"

	"gongping/analytics/fairness"
	"gongping/scoring/robust"
)

// robust shows robust locations beside the mean, with design-based errors of
// their linearised values.
func (a *analysis) robust(q *Statistic) ([]*Table, error) {
	domain, err := a.frame.mask(a.spec.Where, q.Where)
	if err != nil {
		return nil, err
	}
	t := &Table{Title: a.T("analysis.title.robust", "Within", a.within(q)), Stat: q.Stat, Heads: []Head{{Key: "variable", Text: true}, {Key: "group", Text: true}, {Key: "n"},
		{Key: "mean", Digits: 2}, {Key: "mean_se", Digits: 2}, {Key: "huber", Digits: 2}, {Key: "huber_se", Digits: 2}, {Key: "huber_low", Digits: 2}, {Key: "huber_high", Digits: 2},
		{Key: "tukey", Digits: 2}, {Key: "trimmed_10", Digits: 2}, {Key: "median", Digits: 2}, {Key: "least_weight", Digits: 2}, {Key: "weighted_down"}, {Key: "remark", Text: true}}}
	var cells []fairness.Cell
	for _, name := range q.Of {
		v, err := a.variable(name)
		if err != nil {
			return nil, err
		}
		parts := a.split(q.By, domain)
		counts := parts.counts(v.Missing, a.design.DesignWeight())
		hide := a.suppress(parts, counts, len(q.By) > 0 && a.totalPublished(q, name))
		cells = append(cells, hide...)
		for c, group := range parts.names {
			row := []Cell{str(v.label), str(group)}
			if hide[c] != fairness.Shown || counts[c] == 0 {
				t.Cells = append(t.Cells, append(row, hidden(hide[c], len(t.Heads)-2)...))
				continue
			}
			t.Cells = append(t.Cells, append(row, a.robustRow(v, parts, c)...))
		}
	}
	t.Notes = append(t.Notes, a.join(a.T("analysis.note.robust"), a.fixedWeights()))
	t.Notes = append(t.Notes, a.suppressionNote(cells)...)
	return []*Table{t}, nil
}

func (a *analysis) robustRow(v *variable, parts *groups, c int) []Cell {
	mask := parts.mask(func(k int) bool { return k == c })
	mean := a.meanOf(v.Column)(mask)
	in, w := present(mask, v.Column), a.design.DesignWeight()
	var x, wx []float64
	var rows []int
	for i := range w {
		if in(i) && w[i] > 0 {
			x, wx, rows = append(x, v.Values[i]), append(wx, w[i]), append(rows, i)
		}
	}
	out := []Cell{num(float64(len(x))), num(mean.value), when(mean.hasSE, mean.se)}
	huber, err := robust.SurveyHajek(x, wx, robust.Rule{Psi: robust.HuberPsi(1.345)})
	if err != nil {
		return append(out, append(make([]Cell, 9), a.remark(err))...)
	}
	scores := make([]float64, a.frame.rows)
	least, down := 1.0, 0
	for k, i := range rows {
		scores[i] = huber.Scores[k]
		if u := huber.RobustWeights[k]; u < 1 {
			least, down = min(least, u), down+1
		}
	}
	out = append(out, num(huber.Value))
	if cov, err := a.design.Variance([][]float64{scores}, mask); err == nil {
		f := mean
		f.value, f.se = huber.Value, math.Sqrt(max(0, cov[0][0]))
		half := 0.0
		if mean.hasIV && mean.se > 0 {
			half = (mean.hi - mean.lo) / 2 / mean.se * f.se
		}
		out = append(out, num(f.se), when(mean.hasIV, f.value-half), when(mean.hasIV, f.value+half))
	} else {
		out = append(out, Cell{}, Cell{}, Cell{})
	}
	tukey, errT := robust.Estimate(x, wx, robust.Rule{Psi: robust.TukeyPsi(4.685)})
	trimmed, errM := robust.TrimmedMean(x, wx, 0.1, 0.9)
	downCell := num(float64(down))
	if down > 0 && down < a.spec.MinCell {
		downCell = Cell{Hidden: fairness.Primary}
	}
	note := Cell{}
	if huber.Status != robust.OK {
		note = str(string(huber.Status))
	} else if huber.Kind != robust.ScaleMAD {
		note = tag("scale: "+string(huber.Kind), a.T("analysis.remark.scale", "Scale", string(huber.Kind)))
	}
	return append(out, when(errT == nil, tukey.Value), when(errM == nil, trimmed.Value), num(huber.Median), num(least), downCell, note)
}
