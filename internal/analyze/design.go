package analyze

import (
	"fmt"
	"slices"
	"strings"

	"gongping/internal/errs"
	"gongping/scoring/estimate"
	"gongping/survey/weight"
	"gongping/web/locale"
)

// analysis holds a frame, its design and what was computed from it so far.
type analysis struct {
	spec      *Spec
	frame     *frame
	design    *estimate.Design
	variables map[string]*variable
	// base are the weights before raking, margins its factors; nil without.
	base    []float64
	margins []weight.Factor
	notes   []string
	say     *locale.Printer // sentences of the report
}

// factor gives a column as labels codes; every row must have a value.
func (a *analysis) factor(field, name string) ([]int32, error) {
	col := a.frame.columns[name]
	for i, c := range col.codes {
		if c < 0 {
			return nil, fieldFault(a.frame.at(i, name), "an empty cell", "a value in every row, since it is the design's "+field, "fill it in, or leave the field out")
		}
	}
	return col.codes, nil
}

// numbers gives a design column as positive numbers.
func (a *analysis) numbers(field, name string, zero bool) ([]float64, error) {
	col := a.frame.columns[name]
	if _, err := a.factor(field, name); err != nil {
		return nil, err
	}
	out := make([]float64, a.frame.rows)
	for i, c := range col.codes {
		x, ok := number(col.levels[c])
		if !ok || x < 0 || x == 0 && !zero {
			return nil, fieldFault(a.frame.at(i, name), col.levels[c], "a positive number, since it is the design's "+field, "correct the cell")
		}
		out[i] = x
	}
	return out, nil
}

// build checks the design and makes the weights.
func (a *analysis) build() error {
	d := a.spec.Design
	if d.ID != "" {
		if err := a.unique(d.ID); err != nil {
			return err
		}
	}
	s := estimate.Spec{Rows: a.frame.rows, Nest: d.Nest, Lonely: estimate.LonelyPolicy(d.Lonely)}
	s.Stages = make([]estimate.Stage, max(1, len(d.Clusters)))
	var err error
	if d.Strata != "" {
		if s.Stages[0].Stratum, err = a.factor("strata", d.Strata); err != nil {
			return err
		}
	}
	for k, c := range d.Clusters {
		if s.Stages[k].Unit, err = a.factor("clusters", c); err != nil {
			return err
		}
	}
	for k, c := range d.FPC {
		if s.Stages[k].Population, err = a.numbers("fpc", c, false); err != nil {
			return err
		}
	}
	if d.Weight != "" {
		if s.DesignWeight, err = a.numbers("weight", d.Weight, true); err != nil {
			return err
		}
	}
	if a.design, err = estimate.New(s); err != nil {
		return err
	}
	if len(d.Rake) > 0 {
		return a.rake()
	}
	return nil
}

// unique refuses a row that is there twice.
func (a *analysis) unique(id string) error {
	codes, err := a.factor("id", id)
	if err != nil {
		return err
	}
	first := make([]int32, len(a.frame.columns[id].levels))
	for i, c := range codes {
		if first[c] != 0 {
			return errs.New(errs.Invalid, "analyze.twice", "a row is there twice").
				At(a.frame.at(i, id), a.frame.columns[id].levels[c], fmt.Sprintf("an id that row %d does not have", first[c]), "remove one of the two rows")
		}
		first[c] = a.frame.number[i]
	}
	return nil
}

// rake fits the weights to the margins. Rows whose value of a margin is unknown
// form a level of their own, which keeps its share of the weights; the given
// totals speak for the others.
func (a *analysis) rake() error {
	base := a.design.DesignWeight()
	sum := 0.0
	for _, w := range base {
		sum += w
	}
	population := a.spec.Design.Population
	if population == 0 {
		population = sum
	}
	var margins []weight.Margin
	for _, m := range a.spec.Design.Rake {
		f, totals, err := a.margin(m, base, sum, population)
		if err != nil {
			return err
		}
		margins = append(margins, weight.Margin{Factor: f, Totals: totals})
		a.margins = append(a.margins, f)
	}
	adj, err := weight.Rake(base, margins, weight.RakeRule{})
	if err != nil {
		return err
	}
	a.base = base
	if a.design, err = a.design.WithWeights(adj.Weights); err != nil {
		return err
	}
	for _, w := range adj.Warnings {
		a.note(a.T("analysis.note.raking", "Text", w))
	}
	return nil
}

func (a *analysis) margin(m Margin, base []float64, sum, population float64) (weight.Factor, []float64, error) {
	col, it := a.frame.columns[m.Column], a.spec.item(m.Column)
	field := "design.rake, margin " + m.Column
	labels, lost := make([]string, a.frame.rows), 0.0
	for i, c := range col.codes {
		labels[i] = unknown
		if c >= 0 && !it.absent(col.levels[c]) {
			labels[i] = col.levels[c]
			if _, ok := m.Totals[labels[i]]; !ok {
				return weight.Factor{}, nil, fieldFault(field, "no total for the value "+labels[i], "a total for every value: "+col.sample(),
					"add it, or declare the value under dont_know or missing of the item")
			}
		} else {
			lost += base[i]
		}
	}
	given := 0.0
	keys := make([]string, 0, len(m.Totals))
	for k, v := range m.Totals {
		keys = append(keys, k)
		if !slices.Contains(col.levels, k) {
			return weight.Factor{}, nil, fieldFault(field, fmt.Sprintf("the value %s with total %g, which no row has", k, v), "values of the column: "+col.sample(),
				"merge it with another value")
		}
	}
	slices.Sort(keys)
	for _, k := range keys {
		given += m.Totals[k]
	}
	f := weight.NewFactor(m.Column, labels)
	known := population * (1 - lost/sum)
	targets := make([]float64, len(f.Levels))
	for l, v := range f.Levels {
		targets[l] = m.Totals[v] / given * known
		if v == unknown {
			targets[l] = population * lost / sum
			a.note(a.T("analysis.note.raking_unknown", "Column", m.Column, "Percent", fmt.Sprintf("%.1f", 100*lost/sum)))
		}
	}
	return f, targets, nil
}

func (a *analysis) note(sentence string) { a.notes = append(a.notes, sentence) }

// describe says in one line how the rows were taken to be drawn.
func (a *analysis) describe() string {
	d := a.spec.Design
	var parts []string
	if d.Strata != "" {
		parts = append(parts, a.T("analysis.design.strata", "Column", d.Strata))
	}
	if len(d.Clusters) > 0 {
		parts = append(parts, a.T("analysis.design.clusters", "Column", strings.Join(d.Clusters, " > ")))
	}
	if len(d.FPC) > 0 {
		parts = append(parts, a.T("analysis.design.population", "Column", strings.Join(d.FPC, ", ")))
	}
	if d.Weight != "" {
		parts = append(parts, a.T("analysis.design.weight", "Column", d.Weight))
	}
	var raked []string
	for _, m := range d.Rake {
		raked = append(raked, m.Column)
	}
	if raked != nil {
		parts = append(parts, a.T("analysis.design.raked", "Column", strings.Join(raked, " × ")))
	}
	if parts == nil {
		return a.T("analysis.design.simple")
	}
	return a.T("analysis.design.parts", "Parts", strings.Join(parts, a.T("analysis.pair.separator")), "Lonely", d.Lonely)
}
