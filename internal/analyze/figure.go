package analyze

import (
	"math"

	"gongping/analytics/fairness"
	"gongping/internal/errs"
	"gongping/scoring/estimate"
	"gongping/scoring/shrink"
	"gongping/survey/weight"
)

// figure is one estimate as it is shown.
type figure struct {
	n            int
	effective    float64
	value, se    float64
	lo, hi       float64
	hasSE, hasIV bool
	boot         *float64 // standard error of the bootstrap
	deff         *float64
	err          error
}

// figureHeads are the columns of figures after the variable and the group.
var figureHeads = []Head{{Key: "n"}, {Key: "effective_n", Digits: 1}, {Key: "estimate", Digits: 2}, {Key: "se", Digits: 2},
	{Key: "low", Digits: 2}, {Key: "high", Digits: 2}, {Key: "deff", Digits: 2}, {Key: "reliability", Digits: 2}, {Key: "remark", Text: true}}

// of turns an estimate into a figure with a t interval on its degrees of
// freedom.
func (a *analysis) of(e estimate.Estimate, err error) figure {
	f := figure{n: e.N, value: e.Value, se: e.SE, err: err}
	if e.N == 0 {
		if err == nil {
			f.err = errs.New(errs.Invalid, "analyze.none", "no answers")
		}
		return f
	}
	f.effective = e.EffectiveN()
	if err != nil {
		return f
	}
	f.hasSE, f.deff = true, e.DEffReplace
	iv, ok := e.T(a.spec.Level, float64(e.DF))
	if f.lo, f.hi, f.hasIV = iv.Lower, iv.Upper, ok; !ok {
		f.err = errs.New(errs.Invalid, "analyze.df", "no degrees of freedom for an interval")
	}
	return f
}

// calibrated replaces the standard error of an estimate with linearised values z
// (without weights) by that of its residuals on the raking margins, which is what
// raking leaves of the variance (Deville & Särndal 1992, section 4). Without
// raking it changes nothing.
func (a *analysis) calibrated(e estimate.Estimate, err error, z func(i int) float64, in func(i int) bool) (estimate.Estimate, error) {
	if a.margins == nil || err != nil || e.N == 0 {
		return e, err
	}
	values := make([]float64, a.frame.rows)
	for i := range values {
		if in(i) {
			values[i] = z(i)
		}
	}
	scores := weight.MarginResiduals(values, a.base, a.margins)
	for i, w := range a.design.DesignWeight() {
		scores[i] *= w
	}
	v, err := a.design.Variance([][]float64{scores}, nil)
	if err != nil {
		return e, err
	}
	e.SE = math.Sqrt(max(0, v[0][0]))
	return e, nil
}

// present says which rows count for columns in a domain.
func present(domain []bool, cols ...estimate.Column) func(i int) bool {
	return func(i int) bool {
		if domain != nil && !domain[i] {
			return false
		}
		for _, c := range cols {
			if c.Missing != nil && c.Missing[i] {
				return false
			}
		}
		return true
	}
}

// estimator computes a figure in a domain.
type estimator func(domain []bool) figure

// grouped is the table of an estimator for every variable by group.
type grouped struct {
	q      *Statistic
	domain []bool
	table  *Table
	a      *analysis
	hidden []fairness.Cell
	// boot, where asked for, are the bootstrap errors of one variable by group.
	boot func(codes []int32, count int) []*float64
}

// row is a figure as cells, with the bootstrap's error before the remark where it
// was asked for.
func (g *grouped) row(f figure, reliable bool, rel []float64, c int) []Cell {
	row := f.cells(g.a, reliable, rel, c)
	if g.q.Bootstrap > 0 {
		last := len(row) - 1
		row = append(row[:last:last], maybe(f.boot), row[last])
	}
	return row
}

func (a *analysis) grouped(q *Statistic, title string, digits int) (*grouped, error) {
	domain, err := a.frame.mask(a.spec.Where, q.Where)
	if err != nil {
		return nil, err
	}
	t := &Table{Title: title, Stat: q.Stat}
	if q.Title != "" {
		t.Title = q.Title
	}
	t.Heads = append(t.Heads, Head{Key: "variable", Text: true})
	if len(q.By) > 0 {
		t.Heads = append(t.Heads, Head{Key: "group", Text: true})
	}
	for _, h := range figureHeads {
		if h.Digits == 2 && (h.Key == "estimate" || h.Key == "se" || h.Key == "low" || h.Key == "high") {
			h.Digits = digits
		}
		if h.Key == "remark" && q.Bootstrap > 0 {
			t.Heads = append(t.Heads, Head{Key: "bootstrap_se", Digits: digits})
		}
		t.Heads = append(t.Heads, h)
	}
	return &grouped{q: q, domain: domain, table: t, a: a}, nil
}

// add puts one variable into the table. fast, where given, computes all groups in
// one pass.
func (g *grouped) add(name, label string, missing []bool, est estimator, fast func(*groups) ([]figure, error), reliable bool) error {
	a := g.a
	parts := a.split(g.q.By, g.domain)
	counts := parts.counts(missing, a.design.DesignWeight())
	hide := a.suppress(parts, counts, len(g.q.By) > 0 && a.totalPublished(g.q, name))
	var figures []figure
	var err error
	if fast != nil && a.margins == nil {
		if figures, err = fast(parts); err != nil {
			return err
		}
	} else {
		figures = make([]figure, len(parts.names))
		for c := range figures {
			if hide[c] == fairness.Shown {
				figures[c] = est(parts.mask(func(k int) bool { return k == c }))
			}
		}
	}
	if g.boot != nil {
		for c, se := range g.boot(parts.codes, len(parts.names)) {
			figures[c].boot = se
		}
	}
	rel := reliabilities(figures, hide)
	for c, f := range figures {
		row := []Cell{str(label)}
		if len(g.q.By) > 0 {
			row = append(row, str(parts.names[c]))
		}
		if hide[c] != fairness.Shown {
			row = append(row, hidden(hide[c], len(g.table.Heads)-len(row)-1)...)
			row = append(row, Cell{})
		} else {
			row = append(row, g.row(f, reliable && rel != nil, rel, c)...)
		}
		g.table.Cells = append(g.table.Cells, row)
	}
	g.hidden = append(g.hidden, hide...)
	if v := g.a.variables[name]; v != nil {
		// Over the groups that are shown: the size of a hidden one must not follow.
		g.note(a.absences(v, parts.mask(shownOnly(hide))))
	}
	if len(g.q.By) > 0 && g.q.Total != "none" {
		g.total(label, parts, hide, est)
	}
	if len(g.q.By) > 0 && parts.lost > 0 {
		g.note(a.T("analysis.note.no_group", "N", parts.lost, "Groups", joined(g.q.By)))
	}
	return nil
}

// total is the figure over all groups, or over those that are shown: then no
// hidden group can be worked out from it.
func (g *grouped) total(label string, parts *groups, hide []fairness.Cell, est estimator) {
	name, keep := tag("all", g.a.T("analysis.all")), func(int) bool { return true }
	for _, h := range hide {
		if h != fairness.Shown && g.q.Total != "all" {
			name, keep = tag("all shown", g.a.T("analysis.all_shown")), shownOnly(hide)
			break
		}
	}
	if len(parts.names) < 2 {
		return
	}
	in := parts.mask(keep)
	f := est(in)
	if f.n < g.a.spec.MinCell {
		return
	}
	if g.boot != nil {
		codes := make([]int32, len(in))
		for i, ok := range in {
			if !ok {
				codes[i] = -1
			}
		}
		f.boot = g.boot(codes, 1)[0]
	}
	g.table.Cells = append(g.table.Cells, append([]Cell{str(label), name}, g.row(f, false, nil, 0)...))
}

func shownOnly(hide []fairness.Cell) func(int) bool {
	return func(c int) bool { return hide[c] == fairness.Shown }
}

func (g *grouped) note(s string) {
	for _, n := range g.table.Notes {
		if n == s {
			return
		}
	}
	g.table.Notes = append(g.table.Notes, s)
}

func (g *grouped) done() []*Table {
	g.table.Notes = append(g.table.Notes, g.a.suppressionNote(g.hidden)...)
	return []*Table{g.table}
}

func (f figure) cells(a *analysis, reliable bool, rel []float64, c int) []Cell {
	if f.n == 0 {
		return append([]Cell{num(0)}, append(make([]Cell, 7), a.remark(f.err))...)
	}
	row := []Cell{num(float64(f.n)), when(f.effective > 0, f.effective), num(f.value), when(f.hasSE, f.se),
		when(f.hasIV, f.lo), when(f.hasIV, f.hi), maybe(f.deff)}
	if reliable && f.hasSE && rel[c] >= 0 {
		row = append(row, num(rel[c]))
	} else {
		row = append(row, Cell{})
	}
	return append(row, a.remark(f.err))
}

// reliabilities is the share of the spread of groups' figures that is real, by
// group (Fay-Herriot with a common mean); nil below three groups.
func reliabilities(figures []figure, hide []fairness.Cell) []float64 {
	var at []int
	var y, se []float64
	for c, f := range figures {
		if hide[c] == fairness.Shown && f.hasSE && f.se > 0 {
			at, y, se = append(at, c), append(y, f.value), append(se, f.se)
		}
	}
	if len(at) < 3 {
		return nil
	}
	fit, err := shrink.EmpiricalBayes(y, se, 1.959964)
	if err != nil {
		return nil
	}
	out := make([]float64, len(figures))
	for c := range out {
		out[c] = -1
	}
	for k, c := range at {
		out[c] = fit.Unit[k].Reliability
	}
	return out
}
