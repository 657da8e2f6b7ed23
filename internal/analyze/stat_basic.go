package analyze

import (
	"fmt"
	"strings"

	"gongping/scoring/estimate"
	"gongping/scoring/replicate"
)

func joined(list []string) string { return strings.Join(list, ", ") }

// within is the end of a title: by which groups, under which conditions.
func (a *analysis) within(q *Statistic) string {
	s := ""
	if len(q.By) > 0 {
		s = a.T("analysis.title.by", "Groups", joined(q.By))
	}
	var conditions []string
	for _, c := range append(append([]Condition{}, a.spec.Where...), q.Where...) {
		conditions = append(conditions, c.text)
	}
	if conditions != nil {
		s += a.T("analysis.title.where", "Conditions", strings.Join(conditions, a.T("analysis.and")))
	}
	return s
}

func (a *analysis) mean(q *Statistic) ([]*Table, error) {
	g, err := a.grouped(q, a.T("analysis.title.mean", "Within", a.within(q)), 2)
	if err != nil {
		return nil, err
	}
	for _, name := range q.Of {
		v, err := a.variable(name)
		if err != nil {
			return nil, err
		}
		fast := func(parts *groups) ([]figure, error) {
			p, err := estimate.NewDomains(a.design, parts.codes, len(parts.names))
			if err != nil {
				return nil, err
			}
			out := make([]figure, len(parts.names))
			for c, e := range p.Means(v.Column) {
				out[c] = a.of(e.Estimate, e.Refused)
			}
			return out, nil
		}
		if q.Bootstrap > 0 {
			g.boot = a.bootstrap(q.Bootstrap, v.Column, g)
		}
		if err := g.add(name, v.label, v.Missing, a.meanOf(v.Column), fast, true); err != nil {
			return nil, err
		}
	}
	if q.Bootstrap > 0 {
		g.note(a.join(a.T("analysis.note.bootstrap", "N", q.Bootstrap), a.fixedWeights()))
	}
	return g.done(), nil
}

// bootstrapSeed is fixed: the same data give the same digits.
const bootstrapSeed = 1

// bootstrap gives the errors of the means by the bootstrap of Rao, Wu and Yue (1992)
// over the first-stage units; nil where it has none. What forbids it altogether (a
// stratum with one unit) is said below the table.
func (a *analysis) bootstrap(replicates int, y estimate.Column, g *grouped) func([]int32, int) []*float64 {
	return func(codes []int32, count int) []*float64 {
		out := make([]*float64, count)
		list, err := replicate.DomainMeans(a.design, y, codes, count, replicates, bootstrapSeed)
		if err != nil {
			g.note(a.T("analysis.note.no_bootstrap")) // the one thing a checked design can lack
			return out
		}
		for c := range list {
			if list[c].Refused == nil {
				out[c] = &list[c].SE
			}
		}
		return out
	}
}

func (a *analysis) meanOf(x estimate.Column) estimator {
	return func(domain []bool) figure {
		e, err := estimate.Mean(a.design, x, domain)
		return a.of(a.calibrated(e, err, func(i int) float64 { return (x.Values[i] - e.Value) / e.SumDesignWeight }, present(domain, x)))
	}
}

func (a *analysis) total(q *Statistic) ([]*Table, error) {
	g, err := a.grouped(q, a.T("analysis.title.total", "Within", a.within(q)), 1)
	if err != nil {
		return nil, err
	}
	for _, name := range q.Of {
		v, err := a.variable(name)
		if err != nil {
			return nil, err
		}
		est := func(domain []bool) figure {
			e, err := estimate.Total(a.design, v.Column, domain)
			return a.of(a.calibrated(e, err, func(i int) float64 { return v.Values[i] }, present(domain, v.Column)))
		}
		if err := g.add(name, v.label, v.Missing, est, nil, false); err != nil {
			return nil, err
		}
	}
	g.note(a.T("analysis.note.total"))
	return g.done(), nil
}

func (a *analysis) proportion(q *Statistic) ([]*Table, error) {
	g, err := a.grouped(q, a.T("analysis.title.share", "Values", joined(q.Values), "Within", a.within(q)), 3)
	if err != nil {
		return nil, err
	}
	for _, name := range q.Of {
		x, err := a.among(name, q.Values)
		if err != nil {
			return nil, err
		}
		est := func(domain []bool) figure {
			s, err := estimate.Proportion(a.design, x, domain)
			s.Estimate, err = a.calibrated(s.Estimate, err, func(i int) float64 { return (x.Values[i] - s.Value) / s.SumDesignWeight }, present(domain, x))
			f := a.of(s.Estimate, err)
			if !f.hasSE {
				return f
			}
			iv, err := s.Interval(estimate.ProportionMethod(q.Method), a.spec.Level, float64(s.DF))
			f.lo, f.hi, f.hasIV, f.err = iv.Lower, iv.Upper, err == nil, err
			return f
		}
		if err := g.add(name, a.spec.label(name), x.Missing, est, nil, true); err != nil {
			return nil, err
		}
	}
	g.note(a.T("analysis.note.interval", "Method", q.Method))
	return g.done(), nil
}

func (a *analysis) quantile(q *Statistic) ([]*Table, error) {
	g, err := a.grouped(q, a.T("analysis.title.quantile", "Within", a.within(q)), 2)
	if err != nil {
		return nil, err
	}
	for _, name := range q.Of {
		v, err := a.variable(name)
		if err != nil {
			return nil, err
		}
		for _, p := range q.At {
			est := func(domain []bool) figure {
				e, err := estimate.Quantile(a.design, v.Column, domain, p, estimate.QuantileRule(q.Rule), estimate.ProportionMethod(q.Method), a.spec.Level)
				f := figure{n: e.N, value: e.Value, err: err}
				if err == nil {
					f.err = e.Refused
				}
				if e.SE != nil {
					f.se, f.hasSE = *e.SE, true
				}
				if e.Lower != nil && e.Upper != nil {
					f.lo, f.hi, f.hasIV = *e.Lower, *e.Upper, true
				}
				return f
			}
			if err := g.add(name, fmt.Sprintf("%s p%g", v.label, 100*p), v.Missing, est, nil, false); err != nil {
				return nil, err
			}
		}
	}
	g.note(a.join(a.T("analysis.note.quantile", "Rule", q.Rule), a.fixedWeights()))
	return g.done(), nil
}

// fixedWeights warns where raking is not in the errors.
func (a *analysis) fixedWeights() string {
	if a.margins == nil {
		return ""
	}
	return a.T("analysis.note.fixed")
}

func (a *analysis) ratio(q *Statistic) ([]*Table, error) {
	x, err := a.variable(q.Over)
	if err != nil {
		return nil, err
	}
	g, err := a.grouped(q, a.T("analysis.title.ratio", "To", x.label, "Within", a.within(q)), 4)
	if err != nil {
		return nil, err
	}
	for _, name := range q.Of {
		y, err := a.variable(name)
		if err != nil {
			return nil, err
		}
		missing := make([]bool, a.frame.rows)
		for i := range missing {
			missing[i] = y.Missing[i] || x.Missing[i]
		}
		est := func(domain []bool) figure {
			in := present(domain, y.Column, x.Column)
			e, err := estimate.Ratio(a.design, y.Column, x.Column, domain)
			under := 0.0
			for i, w := range a.design.DesignWeight() {
				if in(i) {
					under += float64(w * x.Values[i])
				}
			}
			return a.of(a.calibrated(e, err, func(i int) float64 { return (y.Values[i] - float64(e.Value*x.Values[i])) / under }, in))
		}
		if err := g.add(name, y.label, missing, est, nil, true); err != nil {
			return nil, err
		}
	}
	return g.done(), nil
}

// dist is the distribution of the values of columns as they stand.
func (a *analysis) dist(q *Statistic) ([]*Table, error) {
	domain, err := a.frame.mask(a.spec.Where, q.Where)
	if err != nil {
		return nil, err
	}
	t := &Table{Title: a.T("analysis.title.dist", "Within", a.within(q)), Stat: q.Stat, Heads: []Head{{Key: "variable", Text: true}}}
	if q.Title != "" {
		t.Title = q.Title
	}
	if len(q.By) > 0 {
		t.Heads = append(t.Heads, Head{Key: "group", Text: true})
	}
	t.Heads = append(t.Heads, Head{Key: "value", Text: true}, Head{Key: "n"}, Head{Key: "share", Digits: 3}, Head{Key: "se", Digits: 3}, Head{Key: "low", Digits: 3}, Head{Key: "high", Digits: 3})
	for _, name := range q.Of {
		if a.spec.score(name) != nil {
			return nil, fieldFault("of", name, "columns of the table", "ask for quantiles of a score")
		}
		if n := len(a.frame.columns[name].levels); n > 50 {
			return nil, fieldFault("of", fmt.Sprintf("%s with %d values", name, n), "a column of at most 50 values", "ask for quantiles")
		}
		if err := a.distOf(t, q, name, domain); err != nil {
			return nil, err
		}
	}
	t.Notes = append(t.Notes, a.T("analysis.note.dist"))
	return []*Table{t}, nil
}

// states codes every row with its value, don't know or no answer.
func (a *analysis) states(name string) (codes []int32, levels []string) {
	col, it := a.frame.columns[name], a.spec.item(name)
	to := make([]int32, len(col.levels))
	for l, v := range col.levels {
		if !it.absent(v) {
			to[l] = int32(len(levels))
			levels = append(levels, v)
		}
	}
	n := int32(len(levels))
	levels = append(levels, "don't know", "no answer")
	for l, v := range col.levels {
		switch {
		case contains(it.DontKnow, v):
			to[l] = n
		case it.absent(v):
			to[l] = n + 1
		}
	}
	codes = make([]int32, len(col.codes))
	for i, l := range col.codes {
		if codes[i] = n + 1; l >= 0 {
			codes[i] = to[l]
		}
	}
	return codes, levels
}
