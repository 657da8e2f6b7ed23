package analyze

import (
	"fmt"
	"math"
	"strings"

	"gongping/analytics/fairness"
	"gongping/internal/errs"
	"gongping/scoring/estimate"
)

// maxCompared bounds the number of groups that are compared in pairs.
const maxCompared = 60

// compare says which groups can be told apart, with the case mix taken out if
// asked: the coefficients of group indicators in a design-based regression on
// them and the centred covariates are the adjusted means of the hospital surveys,
//
//	adjusted_g = mean_g − (xbar_g − xbar)'b,
//
// and their joint covariance gives every difference its error.
func (a *analysis) compare(q *Statistic) ([]*Table, error) {
	domain, err := a.frame.mask(a.spec.Where, q.Where)
	if err != nil {
		return nil, err
	}
	var out []*Table
	for _, name := range q.Of {
		v, err := a.variable(name)
		if err != nil {
			return nil, err
		}
		parts := a.split(q.By, domain)
		counts := parts.counts(v.Missing, a.design.DesignWeight())
		hide := a.suppress(parts, counts, false)
		tables, err := a.compareOne(q, v, parts, counts, hide)
		if err != nil {
			return nil, err
		}
		out = append(out, tables...)
	}
	return out, nil
}

// comparison is a fitted regression on groups and covariates.
type comparison struct {
	at     []int // shown groups
	raw    []estimate.Estimate
	reg    estimate.Regression
	cov    [][]float64
	mix    []string
	covars []float64
}

func (a *analysis) compareOne(q *Statistic, v *variable, parts *groups, counts []int, hide []fairness.Cell) ([]*Table, error) {
	var at []int
	for c := range parts.names {
		if hide[c] == fairness.Shown && counts[c] > 1 {
			at = append(at, c)
		}
	}
	if len(at) < 2 || len(at) > maxCompared {
		return nil, fieldFault("by", fmt.Sprintf("%d groups of at least %d answers", len(at), a.spec.MinCell), fmt.Sprintf("2 to %d groups", maxCompared),
			"choose another column, or a larger domain")
	}
	c, err := a.fitGroups(q, v, parts, at)
	if err != nil {
		return nil, err
	}
	means, score, se := a.compareTable(q, v, parts, hide, c)
	pairs, apart, err := a.pairTable(q, v, parts, c)
	if err != nil {
		return nil, err
	}
	if len(at) > 2 {
		if ranks, err := fairness.RankIntervals(score, se, a.spec.Level, true); err == nil {
			means.Heads = append(means.Heads, Head{Key: "rank_best"}, Head{Key: "rank_worst"})
			k := 0
			for r := range means.Cells {
				extra := []Cell{{}, {}}
				if means.Cells[r][2].Hidden == fairness.Shown && k < len(ranks) {
					extra = []Cell{num(float64(ranks[k].Best)), num(float64(ranks[k].Worst))}
					k++
				}
				means.Cells[r] = append(means.Cells[r], extra...)
			}
		}
	}
	pairs.Notes = append(pairs.Notes, apart...)
	means.Notes = append(means.Notes, a.absences(v, parts.mask(shownOnly(hide))))
	means.Notes = append(means.Notes, a.suppressionNote(hide)...)
	return []*Table{means, pairs}, nil
}

// fitGroups regresses the variable on group indicators and centred covariates
// over the rows of the groups at.
func (a *analysis) fitGroups(q *Statistic, v *variable, parts *groups, at []int) (*comparison, error) {
	index := make([]int, len(parts.names))
	for c := range index {
		index[c] = -1
	}
	for k, c := range at {
		index[c] = k
	}
	domain := parts.mask(func(c int) bool { return index[c] >= 0 })
	c := &comparison{at: at, raw: make([]estimate.Estimate, len(at))}
	xs := make([]estimate.Column, 0, len(at)+8)
	for k := range at {
		x := estimate.Column{Values: make([]float64, a.frame.rows)}
		for i, g := range parts.codes {
			if g >= 0 && index[g] == k {
				x.Values[i] = 1
			}
		}
		xs = append(xs, x)
		e, err := estimate.Mean(a.design, v.Column, parts.mask(func(g int) bool { return index[g] == k }))
		if err != nil {
			return nil, err
		}
		c.raw[k] = e
	}
	if q.Adjust {
		mix, err := a.mix(q.Covariates)
		if err != nil {
			return nil, err
		}
		w, in := a.design.DesignWeight(), present(domain, v.Column)
		for j, x := range mix.X {
			xs = append(xs, estimate.Of(centred(x, w, in)))
			c.mix = append(c.mix, mix.Name[j])
		}
	}
	var err error
	if c.reg, err = estimate.Regress(a.design, v.Column, xs, estimate.Gaussian, domain); err != nil {
		return nil, err
	}
	for k := range at {
		if c.reg.Aliased[k] {
			return nil, fieldFault("covariates", joined(c.mix), "covariates that differ within groups", "leave out those that say which group a row is in")
		}
	}
	c.covars = c.reg.Coefficients[len(at):]
	c.cov = c.reg.Covariance
	if a.margins != nil {
		if c.cov, err = a.calibratedCovariance(c.reg, v.Column, xs, domain, len(at)); err != nil {
			return nil, err
		}
	}
	return c, nil
}

// centred subtracts the weighted mean over the rows that count.
func centred(x, w []float64, in func(int) bool) []float64 {
	sum, total := 0.0, 0.0
	for i, v := range x {
		if in(i) {
			sum += float64(w[i] * v)
			total += w[i]
		}
	}
	out := make([]float64, len(x))
	for i, v := range x {
		out[i] = v - sum/total
	}
	return out
}

func (a *analysis) compareTable(q *Statistic, v *variable, parts *groups, hide []fairness.Cell, c *comparison) (t *Table, score, se []float64) {
	title := a.T("analysis.title.means", "Of", v.label, "Within", a.within(q))
	if q.Adjust {
		title = a.T("analysis.title.adjusted", "Of", v.label, "Within", a.within(q))
	}
	t = &Table{Title: title, Stat: q.Stat,
		Heads: []Head{{Key: "variable", Text: true}, {Key: "group", Text: true}, {Key: "n"}, {Key: "effective_n", Digits: 1}, {Key: "mean", Digits: 2}}}
	if q.Adjust {
		t.Heads = append(t.Heads, Head{Key: "adjusted", Digits: 2})
	}
	t.Heads = append(t.Heads, Head{Key: "se", Digits: 2}, Head{Key: "low", Digits: 2}, Head{Key: "high", Digits: 2}, Head{Key: "reliability", Digits: 2})
	figures := make([]figure, len(c.at))
	for k := range c.at {
		s := math.Sqrt(max(0, c.cov[k][k]))
		e := estimate.Estimate{Value: c.reg.Coefficients[k], SE: s}
		iv, ok := e.T(a.spec.Level, float64(c.reg.DF))
		figures[k] = figure{n: c.raw[k].N, value: e.Value, se: s, hasSE: true, lo: iv.Lower, hi: iv.Upper, hasIV: ok}
		score, se = append(score, e.Value), append(se, s)
	}
	rel := reliabilities(figures, make([]fairness.Cell, len(figures)))
	k := 0
	for g, name := range parts.names {
		row := []Cell{str(v.label), str(name)}
		if k >= len(c.at) || c.at[k] != g {
			how := hide[g]
			if how == fairness.Shown {
				how = fairness.Primary
			}
			t.Cells = append(t.Cells, append(row, hidden(how, len(t.Heads)-2)...))
			continue
		}
		f := figures[k]
		row = append(row, num(float64(f.n)), num(c.raw[k].EffectiveN()), num(c.raw[k].Value))
		if q.Adjust {
			row = append(row, num(f.value))
		}
		row = append(row, num(f.se), when(f.hasIV, f.lo), when(f.hasIV, f.hi))
		if rel != nil && rel[k] >= 0 {
			row = append(row, num(rel[k]))
		} else {
			row = append(row, Cell{})
		}
		t.Cells = append(t.Cells, row)
		k++
	}
	if q.Adjust {
		t.Notes = append(t.Notes, a.T("analysis.note.adjusted", "Covariates", joined(a.covariateNames(q))))
	}
	return t, score, se
}

func (a *analysis) covariateNames(q *Statistic) []string {
	var out []string
	for _, c := range q.Covariates {
		name := a.spec.label(c.Column)
		if c.Times != nil {
			name += " × " + a.spec.label(c.Times.Column)
		}
		out = append(out, name)
	}
	return out
}

// pairTable tests every pair and says in words what can be told apart.
func (a *analysis) pairTable(q *Statistic, v *variable, parts *groups, c *comparison) (*Table, []string, error) {
	t := &Table{Title: a.T("analysis.title.apart", "Groups", joined(q.By), "Of", v.label), Stat: q.Stat,
		Heads: []Head{{Key: "variable", Text: true}, {Key: "higher", Text: true}, {Key: "lower", Text: true}, {Key: "difference", Digits: 2}, {Key: "se", Digits: 2},
			{Key: "low", Digits: 2}, {Key: "high", Digits: 2}, {Key: "p", Digits: pDigits}, {Key: "adjusted_p", Digits: pDigits}, {Key: "verdict", Text: true}}}
	if c.reg.DF < 1 {
		return nil, nil, errs.New(errs.Invalid, "analyze.df", "the design leaves no degrees of freedom to compare groups")
	}
	order := make([]int, len(c.at))
	for k := range order {
		order[k] = k
	}
	byValue(order, c.reg.Coefficients)
	type pair struct{ hi, lo int }
	var pairs []pair
	var p []float64
	df := float64(c.reg.DF)
	tq := estimate.TQuantile(0.5+a.spec.Level/2, df)
	for x, hi := range order {
		for _, lo := range order[x+1:] {
			d := c.reg.Coefficients[hi] - c.reg.Coefficients[lo]
			se := math.Sqrt(max(0, c.cov[hi][hi]+c.cov[lo][lo]-2*c.cov[hi][lo]))
			pairs = append(pairs, pair{hi, lo})
			value := 1.0
			if se > 0 {
				value = min(1, 2*estimate.TTail(d/se, df))
			} else if d > 0 {
				value = 0
			}
			p = append(p, value)
			t.Cells = append(t.Cells, []Cell{str(v.label), str(parts.names[c.at[hi]]), str(parts.names[c.at[lo]]), num(d), num(se), num(d - float64(tq*se)), num(d + float64(tq*se)), num(value)})
		}
	}
	adjusted, err := fairness.AdjustP(p, fairness.Correction(q.Correction))
	if err != nil {
		return nil, nil, err
	}
	var apart, not []string
	for k, pr := range pairs {
		verdict := tag("cannot be told apart", a.T("analysis.verdict.not_apart"))
		hi, lo := parts.names[c.at[pr.hi]], parts.names[c.at[pr.lo]]
		if adjusted[k] <= q.Alpha {
			verdict = tag("can be told apart", a.T("analysis.verdict.apart"))
			apart = append(apart, a.T("analysis.pair.above", "A", hi, "B", lo))
		} else {
			not = append(not, a.T("analysis.pair.both", "A", hi, "B", lo))
		}
		t.Cells[k] = append(t.Cells[k], num(adjusted[k]), verdict)
	}
	return t, a.verdictSentences(q, apart, not), nil
}

func (a *analysis) verdictSentences(q *Statistic, apart, not []string) []string {
	rule := a.T("analysis.note.rule", "Correction", q.Correction, "N", len(apart)+len(not), "Alpha", fmt.Sprintf("%g", q.Alpha))
	list := func(items []string) string {
		const few = 12
		if n := len(items); n > few {
			items = append(items[:few:few], a.T("analysis.pair.more", "N", n-few))
		}
		return strings.Join(items, a.T("analysis.pair.separator"))
	}
	switch {
	case len(apart) == 0:
		return []string{a.T("analysis.note.none_apart"), rule}
	case len(not) == 0:
		return []string{a.T("analysis.note.all_apart", "List", list(apart)), rule}
	}
	return []string{a.T("analysis.note.apart", "List", list(apart)), a.T("analysis.note.not_apart", "List", list(not)), rule}
}
