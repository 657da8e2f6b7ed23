package analyze

import (
	"bytes"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"

	"gongping/analytics/fairness"
	"gongping/internal/errs"
	"gongping/scoring/estimate"
)

var proportionMethods = []string{string(estimate.ProportionLogit), string(estimate.ProportionWald), string(estimate.ProportionBeta),
	string(estimate.ProportionArcSine), string(estimate.ProportionLikelihood), string(estimate.ProportionProfile)}

var lonelyPolicies = []string{string(estimate.LonelyFail), string(estimate.LonelyAdjust), string(estimate.LonelyAverage),
	string(estimate.LonelyRemove), string(estimate.LonelyCertainty)}

var evidenceKinds = []string{"household", "building", "theme", "week", "batch"}

// Parse reads a specification. Every fault names the line, the field, what was
// found and what is allowed. name is what the file is called in messages.
func Parse(name string, text []byte) (*Spec, error) {
	var doc yaml.Node
	dec := yaml.NewDecoder(bytes.NewReader(text))
	if err := dec.Decode(&doc); err != nil {
		if err == io.EOF {
			return nil, errs.New(errs.Invalid, "analyze.empty", "the specification is empty").
				At(name, "nothing", "a YAML document", "start from gongping analyze --example")
		}
		return nil, errs.New(errs.Invalid, "analyze.yaml", "the specification is not YAML").
			At(name, strings.TrimPrefix(err.Error(), "yaml: "), "YAML", "check indentation and quotes near that line")
	}
	var more yaml.Node
	if err := dec.Decode(&more); err != io.EOF {
		return nil, errs.New(errs.Invalid, "analyze.yaml", "the specification holds more than one document").
			At(name, "a second document after ---", "one document", "put each into a file of its own")
	}
	r := &reader{file: name}
	s := &Spec{Level: 0.95, MinCell: 10, file: name, asked: map[string]mention{}, Design: Design{Lonely: "fail"}}
	root := doc.Content[0]
	r.fields(root, "", map[string]func(*yaml.Node, string){
		"title":      r.text(&s.Title),
		"data":       r.text(&s.Data),
		"level":      r.number(&s.Level, 0.5, 0.9999, "a number from 0.5 to 0.9999"),
		"min_cell":   r.whole(&s.MinCell, 1, 1000),
		"design":     func(n *yaml.Node, p string) { r.design(n, p, s) },
		"items":      func(n *yaml.Node, p string) { r.each(n, p, func(c *yaml.Node, q string) { r.item(c, q, s) }) },
		"scores":     func(n *yaml.Node, p string) { r.each(n, p, func(c *yaml.Node, q string) { r.score(c, q, s) }) },
		"covariates": func(n *yaml.Node, p string) { s.Covariates = r.covariates(n, p, s) },
		"where":      r.where(&s.Where, s),
		"statistics": func(n *yaml.Node, p string) { r.each(n, p, func(c *yaml.Node, q string) { r.statistic(c, q, s) }) },
	})
	if len(s.Statistics) == 0 && len(r.faults) == 0 {
		r.fault(root.Line, "statistics", "none", "a list with at least one statistic", "add `statistics:` with `- stat: mean`")
	}
	r.resolve(s)
	if err := r.err(); err != nil {
		return nil, err
	}
	return s, nil
}

func (r *reader) design(n *yaml.Node, path string, s *Spec) {
	d := &s.Design
	r.fields(n, path, map[string]func(*yaml.Node, string){
		"id":         r.text(&d.ID),
		"weight":     r.text(&d.Weight),
		"strata":     r.text(&d.Strata),
		"clusters":   r.texts(&d.Clusters),
		"fpc":        r.texts(&d.FPC),
		"nest":       r.yes(&d.Nest),
		"lonely":     r.choice(&d.Lonely, lonelyPolicies...),
		"population": r.number(&d.Population, 0, math.MaxFloat64, "a positive number"),
		"rake": func(n *yaml.Node, p string) {
			r.each(n, p, func(c *yaml.Node, q string) {
				m := Margin{line: c.Line}
				r.fields(c, q, map[string]func(*yaml.Node, string){
					"column": r.text(&m.Column),
					"totals": r.numbers(&m.Totals, math.SmallestNonzeroFloat64, math.MaxFloat64, "a positive count or share"),
				})
				if m.Column == "" || m.Totals == nil {
					r.fault(c.Line, q, "an incomplete margin", "column and totals", "give the population count or share of every value")
				}
				d.Rake = append(d.Rake, m)
			})
		},
	})
	if len(d.Clusters) > 2 {
		r.fault(n.Line, join(path, "clusters"), fmt.Sprint(len(d.Clusters), " columns"), "one or two columns", "leave out later stages: their variance is in that of the first")
	}
	if len(d.FPC) > max(1, len(d.Clusters)) {
		r.fault(n.Line, join(path, "fpc"), fmt.Sprint(len(d.FPC), " columns"), "one column per stage", "give as many as there are clusters")
	}
	s.use(n.Line, join(path, "id"), d.ID)
	s.use(n.Line, join(path, "weight"), d.Weight)
	s.use(n.Line, join(path, "strata"), d.Strata)
	s.use(n.Line, join(path, "clusters"), d.Clusters...)
	s.use(n.Line, join(path, "fpc"), d.FPC...)
	for i, m := range d.Rake {
		s.use(m.line, fmt.Sprintf("%s[%d].column", join(path, "rake"), i+1), m.Column)
	}
}

func (r *reader) item(n *yaml.Node, path string, s *Spec) {
	it := Item{line: n.Line}
	var columns []string
	r.fields(n, path, map[string]func(*yaml.Node, string){
		"column":    r.text(&it.Column),
		"columns":   r.texts(&columns),
		"label":     r.text(&it.Label),
		"dont_know": r.texts(&it.DontKnow),
		"missing":   r.texts(&it.Missing),
		"scale": func(n *yaml.Node, p string) {
			if n.Kind == yaml.MappingNode {
				r.numbers(&it.Scale, -math.MaxFloat64, math.MaxFloat64, "a number")(n, p)
				return
			}
			lo, hi, ok := strings.Cut(n.Value, "..")
			a, err1 := strconv.ParseFloat(lo, 64)
			b, err2 := strconv.ParseFloat(hi, 64)
			if !ok || err1 != nil || err2 != nil || a == b {
				r.fault(n.Line, p, found(n), "worst..best such as 1..5 (or 5..1 where 1 is best), or {value: points, ...}", "the first end becomes 0 points, the second 100")
				return
			}
			it.Low, it.High = a, b
		},
	})
	if it.Column != "" {
		columns = append([]string{it.Column}, columns...)
	}
	if len(columns) == 0 {
		r.fault(n.Line, path, "an item without a column", "column: name, or columns: [names]", "name the column of the table")
	}
	for _, c := range columns {
		if slices.ContainsFunc(s.Items, func(o Item) bool { return o.Column == c }) {
			r.fault(n.Line, path, c+" twice", "each column once", "remove one of the two entries")
		}
		it.Column = c
		s.use(n.Line, join(path, "column"), c)
		s.Items = append(s.Items, it)
	}
}

func (r *reader) score(n *yaml.Node, path string, s *Spec) {
	c := Score{MinAnswered: 1, line: n.Line}
	r.fields(n, path, map[string]func(*yaml.Node, string){
		"name":         r.text(&c.Name),
		"label":        r.text(&c.Label),
		"items":        r.texts(&c.Items),
		"min_answered": r.whole(&c.MinAnswered, 1, 1000),
	})
	switch {
	case c.Name == "" || len(c.Items) == 0:
		r.fault(n.Line, path, "an incomplete score", "name and items", "name the score and list its columns")
	case s.score(c.Name) != nil || slices.ContainsFunc(s.Items, func(o Item) bool { return o.Column == c.Name }):
		r.fault(n.Line, join(path, "name"), c.Name, "a name that no other score or item has", "rename it")
	case c.MinAnswered > len(c.Items):
		r.fault(n.Line, join(path, "min_answered"), fmt.Sprint(c.MinAnswered), fmt.Sprintf("at most %d, the number of items", len(c.Items)), "lower it")
	}
	s.use(n.Line, join(path, "items"), c.Items...)
	s.Scores = append(s.Scores, c)
}

func (r *reader) covariates(n *yaml.Node, path string, s *Spec) []Covariate {
	var out []Covariate
	r.each(n, path, func(c *yaml.Node, p string) {
		if v, ok := r.covariate(c, p, s); ok {
			out = append(out, v)
		}
	})
	return out
}

func (r *reader) covariate(c *yaml.Node, p string, s *Spec) (Covariate, bool) {
	v := Covariate{line: c.Line, As: "category"}
	if c.Kind == yaml.ScalarNode {
		v.Column = c.Value
	} else {
		r.fields(c, p, map[string]func(*yaml.Node, string){
			"column": r.text(&v.Column),
			"as":     r.choice(&v.As, "category", "number", "log", "sqrt", "square"),
			"times": func(n *yaml.Node, path string) {
				other, ok := r.covariate(n, path, s)
				if ok && other.Times != nil {
					r.fault(n.Line, path, "a product of three", "a product of two columns", "leave the inner `times` out")
				}
				v.Times = &other
			},
		})
	}
	v.Number = v.As != "category"
	if v.Column == "" {
		r.fault(c.Line, p, "no column", "a column", "write its name")
		return v, false
	}
	s.use(c.Line, p, v.Column)
	return v, true
}

func (r *reader) statistic(n *yaml.Node, path string, s *Spec) {
	q := Statistic{Method: "logit", Rule: string(estimate.QuantileSchool), Family: "gaussian", Correction: string(fairness.Holm), Alpha: 0.05, Worst: 3, line: n.Line}
	fields := map[string]func(*yaml.Node, string){
		"stat":       r.choice(&q.Stat, kindNames...),
		"title":      r.text(&q.Title),
		"of":         r.texts(&q.Of),
		"by":         r.texts(&q.By),
		"where":      r.where(&q.Where, s),
		"total":      r.choice(&q.Total, "shown", "all", "none"),
		"method":     r.choice(&q.Method, proportionMethods...),
		"rule":       r.choice(&q.Rule, text(estimate.QuantileRules)...),
		"values":     r.texts(&q.Values),
		"over":       r.text(&q.Over),
		"group":      r.text(&q.Group),
		"adjust":     r.yes(&q.Adjust),
		"covariates": func(n *yaml.Node, p string) { q.Covariates = r.covariates(n, p, s) },
		"family":     r.choice(&q.Family, "gaussian", "binomial", "poisson"),
		"correction": r.choice(&q.Correction, text(fairness.Corrections)...),
		"alpha":      r.number(&q.Alpha, 1e-6, 0.5, "a number from 0.000001 to 0.5"),
		"unit":       r.text(&q.Unit),
		"worst":      r.whole(&q.Worst, 1, 20),
		"answers":    r.yes(&q.Answers),
		"bootstrap":  r.whole(&q.Bootstrap, 2, 10000),
		"at":         func(n *yaml.Node, p string) { q.At = r.list(n, p, 0, 1) },
		"bands":      func(n *yaml.Node, p string) { q.Bands = r.list(n, p, 0, 100) },
		"gates": func(n *yaml.Node, p string) {
			q.Gates = map[string]float64{}
			set := func(k string, hi float64) func(*yaml.Node, string) {
				return func(n *yaml.Node, p string) {
					var v float64
					r.number(&v, 0, hi, fmt.Sprintf("a number from 0 to %g", hi))(n, p)
					q.Gates[k] = v
				}
			}
			r.fields(n, p, map[string]func(*yaml.Node, string){"min_score": set("min_score", 1e6), "min_plain": set("min_plain", 1e6),
				"min_reliability": set("min_reliability", 1), "consequence_reliability": set("consequence_reliability", 1), "band_confidence": set("band_confidence", 1)})
		},
		"evidence": func(n *yaml.Node, p string) {
			q.Evidence = map[string]string{}
			m := map[string]func(*yaml.Node, string){}
			for _, k := range evidenceKinds {
				m[k] = func(n *yaml.Node, p string) {
					var c string
					r.text(&c)(n, p)
					q.Evidence[k] = c
					s.use(n.Line, p, c)
				}
			}
			r.fields(n, p, m)
		},
	}
	r.fields(n, path, fields)
	r.fitting(n, path, &q)
	s.use(n.Line, join(path, "by"), q.By...)
	s.use(n.Line, join(path, "group"), q.Group)
	s.use(n.Line, join(path, "unit"), q.Unit)
	s.Statistics = append(s.Statistics, q)
}

func text[T ~string](list []T) []string {
	out := make([]string, len(list))
	for i, v := range list {
		out[i] = string(v)
	}
	return out
}

// list reads one number or a list of numbers in rising order.
func (r *reader) list(n *yaml.Node, path string, lo, hi float64) []float64 {
	want := fmt.Sprintf("numbers between %g and %g in rising order", lo, hi)
	var out []float64
	one := func(c *yaml.Node, p string) {
		v := math.NaN()
		r.number(&v, lo, hi, want)(c, p)
		if len(out) > 0 && v <= out[len(out)-1] {
			r.fault(c.Line, p, found(c), want, "sort the list")
		}
		out = append(out, v)
	}
	if n.Kind == yaml.ScalarNode {
		one(n, path)
	} else {
		r.each(n, path, one)
	}
	return out
}

// fitting checks that a statistic has what it needs and nothing that it would
// ignore.
func (r *reader) fitting(n *yaml.Node, path string, q *Statistic) {
	k, ok := kinds[q.Stat]
	if !ok {
		named := false
		for i := 0; i+1 < len(n.Content); i += 2 {
			named = named || n.Content[i].Value == "stat"
		}
		r.needs(n, path, "stat", named || n.Kind != yaml.MappingNode, "one of "+strings.Join(kindNames, ", "))
		return
	}
	allowed := append([]string{"stat", "title", "of", "by", "where"}, k.fields...)
	for i := 0; i+1 < len(n.Content); i += 2 {
		if key := n.Content[i]; !slices.Contains(allowed, key.Value) {
			r.fault(key.Line, join(path, key.Value), key.Value, q.Stat+" takes "+strings.Join(allowed, ", "), "remove it")
		}
	}
	r.needs(n, path, "of", len(q.Of) > 0, "the variables: columns or scores")
	switch q.Stat {
	case "proportion":
		r.needs(n, path, "values", len(q.Values) > 0, "the values that count, such as [4, 5]")
	case "ratio", "chisq":
		r.needs(n, path, "over", q.Over != "", "a column")
	case "compare":
		r.needs(n, path, "by", len(q.By) == 1, "one column of groups")
	case "interviewer", "funnel", "fair_score":
		r.needs(n, path, "unit", q.Unit != "", "a column")
	}
	switch q.Stat {
	case "funnel":
		r.needs(n, path, "values", len(q.Values) > 0 || q.Over != "", "the values that count, or over: the denominator")
	case "fair_score", "chisq":
		if len(q.Of) > 1 {
			r.fault(n.Line, join(path, "of"), strings.Join(q.Of, ", "), "one variable", "declare a score over the items, or ask once per variable")
		}
	}
	if q.Stat == "quantile" && q.At == nil {
		q.At = []float64{0.5}
	}
	if q.Total == "" {
		q.Total = "shown"
	}
	takesBy := !slices.Contains([]string{"ttest", "chisq", "regression", "alpha", "interviewer", "inequality", "funnel", "fair_score"}, q.Stat)
	if len(q.By) > 0 && !takesBy {
		r.fault(n.Line, join(path, "by"), strings.Join(q.By, ", "), q.Stat+" without by", "use where: for one group, or unit:, group: where the statistic has it")
	}
}

func (r *reader) needs(n *yaml.Node, path, field string, ok bool, want string) {
	if !ok {
		r.fault(n.Line, join(path, field), "nothing", want, "add the field")
	}
}

// resolve settles names once all scores are known.
func (r *reader) resolve(s *Spec) {
	for i := range s.Statistics {
		q := &s.Statistics[i]
		for k, v := range append(slices.Clone(q.Of), q.Over) {
			field := "of"
			if k == len(q.Of) {
				field = "over"
			}
			if v != "" && s.score(v) == nil {
				s.use(q.line, fmt.Sprintf("statistics[%d].%s", i+1, field), v)
			}
		}
		if q.Covariates == nil && (q.Adjust || q.Stat == "regression") {
			q.Covariates = s.Covariates
		}
		if q.Covariates == nil && (q.Adjust || q.Stat == "regression") {
			r.fault(q.line, fmt.Sprintf("statistics[%d].covariates", i+1), "none", "a list of columns", "give covariates here or for the whole specification")
		}
		for _, c := range append(slices.Clone(q.By), q.Unit, q.Group) {
			if c != "" && s.score(c) != nil {
				r.fault(q.line, fmt.Sprintf("statistics[%d]", i+1), c, "a column of the table", "a score has too many values to group by")
			}
		}
	}
	for _, c := range s.Scores {
		for _, it := range c.Items {
			if s.score(it) != nil {
				r.fault(c.line, "scores."+c.Name+".items", it, "columns of the table", "list the items, not another score")
			}
		}
	}
}
