package analyze

import (
	"fmt"
	"math"
	"strings"

	"gongping/analytics/fairness"
	"gongping/scoring/adjust"
	"gongping/scoring/estimate"
	"gongping/scoring/fair"
)

// fairScore scores units with the code of the service's runs: package
// scoring/fair on the composite, design weights, case mix and evidence.
func (a *analysis) fairScore(q *Statistic) ([]*Table, error) {
	domain, err := a.frame.mask(a.spec.Where, q.Where)
	if err != nil {
		return nil, err
	}
	v, err := a.variable(q.Of[0])
	if err != nil {
		return nil, err
	}
	parts := a.split([]string{q.Unit}, domain)
	in, rows, err := a.fairInput(q, v, parts)
	if err != nil {
		return nil, err
	}
	par := fairParams(q, a.spec.Level)
	res, err := fair.Score(in, par)
	if err != nil {
		return nil, err
	}
	se, err := a.designErrors(v, parts)
	if err != nil {
		return nil, err
	}
	tables := []*Table{a.fairTable(q, v, parts, res, par, se)}
	if q.Answers {
		tables = append(tables, a.answerTable(v, parts, in, rows, res))
	}
	return tables, nil
}

// fairInput are the rows with a score, in the columns of a scoring run.
func (a *analysis) fairInput(q *Statistic, v *variable, parts *groups) (*fair.Input, []int32, error) {
	w := a.design.DesignWeight()
	in := &fair.Input{Units: len(parts.names)}
	var rows []int32
	lowest, highest := math.Inf(1), math.Inf(-1)
	for i, c := range parts.codes {
		if c < 0 || v.Missing[i] || w[i] == 0 {
			continue
		}
		if x := v.Values[i]; x < 0 || x > 100 {
			return nil, nil, fieldFault("of: "+v.name, fmt.Sprintf("the value %g in row %d", x, a.frame.number[i]), "scores from 0 to 100", "give the items a scale such as 1..5")
		}
		lowest, highest = min(lowest, v.Values[i]), max(highest, v.Values[i])
		rows = append(rows, int32(i))
		in.Unit = append(in.Unit, c)
		in.Score = append(in.Score, v.Values[i])
		in.DesignWeight = append(in.DesignWeight, w[i])
	}
	// Marks of 1 to 5 read as points of 100 would all be extreme and in the lowest band.
	if v.unscaled && len(rows) > 0 && highest <= 10 {
		return nil, nil, fieldFault("of: "+v.name, fmt.Sprintf("values from %g to %g and no scale", lowest, highest), "scores from 0 to 100, or marks with a scale",
			"name the worst and the best mark, such as scale: 1..5; if these are points of 100, say scale: 0..100")
	}
	in.SamplingFraction = a.fractions(rows)
	if q.Adjust {
		mix, err := a.mix(q.Covariates)
		if err != nil {
			return nil, nil, err
		}
		in.Covariate = pick(mix, rows)
	}
	for kind, name := range q.Evidence {
		codes := permute(a.frame.columns[name].codes, rows)
		switch kind {
		case "household":
			in.Household = codes
		case "building":
			in.Building = codes
		case "theme":
			in.Theme = codes
		case "week":
			in.Week = codes
		case "batch":
			in.Batch = codes
		}
	}
	return in, rows, nil
}

// fractions are the sampling fractions of the rows' strata, nil where the design
// has no population sizes or where its first-stage units are clusters: those count
// as drawn with replacement.
func (a *analysis) fractions(rows []int32) []float64 {
	if len(a.spec.Design.FPC) == 0 || !a.design.SingleRows() {
		return nil
	}
	open := a.design.PSUUnsampled()
	of, _ := a.design.PSUStratum()
	unit, _ := a.design.PSU()
	f := make([]float64, len(rows))
	for k, i := range rows {
		f[k] = min(1, max(0, 1-open[of[unit[i]]]))
	}
	return f
}

func pick(mix adjust.Columns, rows []int32) [][]float64 {
	out := make([][]float64, len(mix.X))
	for j, x := range mix.X {
		out[j] = make([]float64, len(rows))
		for k, i := range rows {
			out[j][k] = x[i]
		}
	}
	return out
}

func fairParams(q *Statistic, level float64) fair.Params {
	p := fair.DefaultParams()
	p.Level = level
	if q.Bands != nil {
		p.Cuts = q.Bands
	}
	p.Worst = q.Worst
	for k, v := range q.Gates {
		switch k {
		case "min_score":
			p.MinScore = int(v)
		case "min_plain":
			p.MinPlain = int(v)
		case "min_reliability":
			p.MinReliability = v
		case "consequence_reliability":
			p.ConsequenceReliability = v
		case "band_confidence":
			p.BandConfidence = v
		}
	}
	return p
}

// designErrors are the design-based standard errors of the units' means, nil
// where the design says no more than the weights do.
func (a *analysis) designErrors(v *variable, parts *groups) ([]estimate.DomainEstimate, error) {
	d := a.spec.Design
	if d.Strata == "" && len(d.Clusters) == 0 && len(d.FPC) == 0 {
		return nil, nil
	}
	p, err := estimate.NewDomains(a.design, parts.codes, len(parts.names))
	if err != nil {
		return nil, err
	}
	return p.Means(v.Column), nil
}

// bandNames are the bands from the lowest.
func (a *analysis) bandNames(cuts []float64) []string {
	if len(cuts) == 0 {
		return []string{a.T("analysis.band.all")}
	}
	out := []string{fmt.Sprintf("<%g", cuts[0])}
	for i, c := range cuts {
		if i+1 < len(cuts) {
			out = append(out, fmt.Sprintf("%g–%g", c, cuts[i+1]))
		} else {
			out = append(out, fmt.Sprintf("≥%g", c))
		}
	}
	return out
}

func (a *analysis) fairTable(q *Statistic, v *variable, parts *groups, res *fair.Result, par fair.Params, se []estimate.DomainEstimate) *Table {
	t := &Table{Title: a.T("analysis.title.fair", "Of", v.label, "Unit", q.Unit, "Within", a.within(q)), Stat: q.Stat}
	if q.Title != "" {
		t.Title = q.Title
	}
	add := func(key string, digits int) { t.Heads = append(t.Heads, Head{Key: key, Digits: digits}) }
	t.Heads = append(t.Heads, Head{Key: "unit", Text: true})
	add("n", 0)
	add("effective_n", 1)
	add("raw", 2)
	add("raw_se", 2)
	if q.Adjust {
		add("adjusted", 2)
	}
	add("huber", 2)
	add("eb", 2)
	add("eb_se", 2)
	add("official", 2)
	add("se", 2)
	add("low", 2)
	add("high", 2)
	add("reliability", 2)
	t.Heads = append(t.Heads, Head{Key: "status", Text: true}, Head{Key: "band", Text: true})
	add("fragility", 0)
	for k := 1; k <= par.Worst; k++ {
		add(fmt.Sprintf("without_lowest_%d", k), 2)
	}
	for k := 1; k <= par.Worst; k++ {
		add(fmt.Sprintf("without_highest_%d", k), 2)
	}
	add("raw_without_lowest_1", 2)
	add("raw_without_highest_1", 2)
	t.Heads = append(t.Heads, Head{Key: "collective", Text: true})
	bands := a.bandNames(par.Cuts)
	cells := make([]fairness.Cell, len(parts.names))
	for u, name := range parts.names {
		r := &res.Units[u]
		if r.N < a.spec.MinCell {
			cells[u] = fairness.Primary
			t.Cells = append(t.Cells, append([]Cell{str(name)}, hidden(fairness.Primary, len(t.Heads)-1)...))
			continue
		}
		t.Cells = append(t.Cells, append([]Cell{str(name)}, a.fairCells(q, r, par, bands, se, u)...))
	}
	t.Notes = append(t.Notes, a.fairNotes(q, res, par)...)
	t.Notes = append(t.Notes, a.suppressionNote(cells)...)
	return t
}

func (a *analysis) fairCells(q *Statistic, r *fair.UnitResult, par fair.Params, bands []string, se []estimate.DomainEstimate, u int) []Cell {
	row := []Cell{num(float64(r.N)), num(r.EffectiveN), num(r.Raw)}
	switch {
	case se == nil:
		row = append(row, num(r.RawSE))
	default:
		row = append(row, when(se[u].Refused == nil && se[u].N > 1, se[u].SE))
	}
	if q.Adjust {
		row = append(row, num(r.Adjusted))
	}
	if r.Status == fair.NotEnough { // no score of any kind below the first gate
		row = append(row, make([]Cell, 8)...)
		row = append(row, tag(r.Status.String(), a.T("analysis.status."+r.Status.String())), Cell{}, Cell{})
		row = append(row, make([]Cell, 2*par.Worst+2)...)
		return append(row, Cell{})
	}
	row = append(row, num(r.Huber), num(r.EB), num(r.EBSE), num(r.Official), num(r.SE), num(r.Lo), num(r.Hi), num(r.Reliability), tag(r.Status.String(), a.T("analysis.status."+r.Status.String())))
	band := str(a.T("analysis.band.unsure", "Low", bands[r.BandLo], "High", bands[r.BandHi]))
	if r.Band != fair.NoBand {
		band = str(bands[r.Band])
	}
	row = append(row, band, when(r.Fragility > 0, float64(r.Fragility)))
	at := func(list []float64, k int) Cell {
		if k < len(list) {
			return num(list[k])
		}
		return Cell{}
	}
	for k := range par.Worst {
		row = append(row, at(r.WithoutLowest, k))
	}
	for k := range par.Worst {
		row = append(row, at(r.WithoutHighest, k))
	}
	row = append(row, at(r.RawWithoutLowest, 0), at(r.RawWithoutHighest, 0))
	var collective []string
	if r.CollectiveLow.Found {
		collective = append(collective, a.T("analysis.collective.low", "N", r.CollectiveLow.Households))
	}
	if r.CollectiveHigh.Found {
		collective = append(collective, a.T("analysis.collective.high", "N", r.CollectiveHigh.Households))
	}
	return append(row, str(strings.Join(collective, a.T("analysis.pair.separator"))))
}

func (a *analysis) fairNotes(q *Statistic, res *fair.Result, par fair.Params) []string {
	notes := []string{
		a.T("analysis.note.fair", "N", par.MinScore, "Probability", fmt.Sprintf("%.2f", par.BandConfidence)),
		a.T("analysis.note.fragility", "N", par.MaxFragility),
	}
	if q.Adjust && len(res.CaseMix) > 0 {
		notes = append(notes, a.T("analysis.note.case_mix", "N", len(res.CaseMix)))
	}
	least, most := 1.0, 0.0
	for u := range res.Units {
		if r := &res.Units[u]; r.N > 0 {
			least, most = min(least, r.SamplingFraction), max(most, r.SamplingFraction)
		}
	}
	if most > 0 {
		notes = append(notes, a.T("analysis.note.finite", "Least", fmt.Sprintf("%.1f%%", 100*least), "Most", fmt.Sprintf("%.1f%%", 100*most)))
	}
	for _, w := range res.Warnings {
		notes = append(notes, a.T("analysis.warning."+string(w)))
	}
	return notes
}

// answerTable is the ledger of answers, for the auditor: units that are hidden
// stay hidden.
func (a *analysis) answerTable(v *variable, parts *groups, in *fair.Input, rows []int32, res *fair.Result) *Table {
	t := &Table{Title: a.T("analysis.title.answers", "Of", v.label), Stat: "fair_score_answers", Heads: []Head{{Key: "row", Text: true}, {Key: "unit", Text: true}, {Key: "score", Digits: 1},
		{Key: "design_weight", Digits: 3}, {Key: "robust_weight", Digits: 3}, {Key: "influence", Digits: 3}, {Key: "raw_influence", Digits: 3}, {Key: "huber_weight", Digits: 3}, {Key: "reason", Text: true}}}
	id := a.frame.columns[a.spec.Design.ID]
	for k, i := range rows {
		u := in.Unit[k]
		if res.Units[u].N < a.spec.MinCell {
			continue
		}
		name := fmt.Sprint(a.frame.number[i])
		if id != nil {
			name = id.levels[id.codes[i]]
		}
		n := res.Answers
		t.Cells = append(t.Cells, []Cell{str(name), str(parts.names[u]), num(in.Score[k]), num(in.DesignWeight[k]), num(n.RobustWeight[k]), num(n.Influence[k]), num(n.RawInfluence[k]), num(n.HuberWeight[k]), tag(n.Reason[k].String(), a.T("analysis.reason."+n.Reason[k].String()))})
	}
	t.Notes = []string{a.T("analysis.note.auditors")}
	return t
}
