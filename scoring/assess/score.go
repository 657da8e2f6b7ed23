package assess

import (
	"time"

	"gongping/scoring"
	"gongping/scoring/fair"
	"gongping/survey"
	"gongping/survey/instrument"
)

// scoredDimensions lists the items of every dimension that has five-grade items.
func scoredDimensions(q *instrument.Questionnaire) [][]int {
	at := map[string]int{}
	var dims [][]int
	for i, it := range q.Items {
		if it.Dimension == "" || it.Kind != instrument.Grade5 {
			continue
		}
		d, ok := at[it.Dimension]
		if !ok {
			d = len(dims)
			at[it.Dimension] = d
			dims = append(dims, nil)
		}
		dims[d] = append(dims[d], i)
	}
	return dims
}

// scoreOf is the mean over dimensions; ok is false where no scored item was answered.
func (r *run) scoreOf(dims [][]int, i int) (float64, bool) {
	sum, n := 0.0, 0
	for _, items := range dims {
		if v, ok := r.meanOf(items, i); ok {
			sum += v
			n++
		}
	}
	if n == 0 {
		return 0, false
	}
	return sum / float64(n), true
}

// meanOf is the mean of answer i over items, on 0–100.
func (r *run) meanOf(items []int, i int) (float64, bool) {
	sum, n := 0, 0
	for _, k := range items {
		if g := r.grade[k][i]; g >= 0 {
			sum += int(g)
			n++
		}
	}
	if n == 0 {
		return 0, false
	}
	return float64(25*sum) / float64(n), true
}

// minClass is the fewest answers a case-mix class must have to get a slope.
const minClass = 50

// official runs the fair-score estimator with case mix and evidence.
func (r *run) official() (*fair.Result, []scoring.Slope, error) {
	in := &fair.Input{Units: len(r.units), Unit: r.unit, Score: r.score, DesignWeight: r.weight}
	in.SamplingFraction = r.samplingFractions()
	names := r.caseMix(in)
	in.Building, in.Household, in.Batch, in.Week = r.tie.building, r.tie.household, r.tie.batch, r.weeks()
	par := r.params()
	r.untie(in, &par)
	r.previous(in)
	res, err := fair.Score(in, par)
	if err != nil {
		return nil, nil, err
	}
	var slopes []scoring.Slope
	for i, b := range res.CaseMix {
		slopes = append(slopes, scoring.Slope{Covariate: names[i], Points: b})
	}
	return res, slopes, nil
}

// untie takes building and week from answers that came by personal link from
// one building on one day and are all extreme on the same side. Residents who
// answer by themselves do not all do so at once: such a batch may be one voice
// repeated (somebody stood beside them, in either direction), so its answers do
// not corroborate each other. The batch rule of the estimator then judges them.
// A genuine complaint keeps its voice through answers of other days and modes.
func (r *run) untie(in *fair.Input, par *fair.Params) {
	if in.Batch == nil {
		return
	}
	type tally struct{ n, low, high int }
	inParts(len(r.units), leastUnits, func(_, from, to int) {
		var of []tally
		for u := from; u < to; u++ {
			of = of[:0]
			for i := r.start[u]; i < r.start[u+1]; i++ {
				b := in.Batch[i]
				for int(b) >= len(of) {
					of = append(of, tally{})
				}
				if b < 0 || !r.link[i] {
					continue
				}
				of[b].n++
				switch s := r.score[i]; {
				case s <= par.LowAt:
					of[b].low++
				case s >= par.HighAt:
					of[b].high++
				}
			}
			for i := r.start[u]; i < r.start[u+1]; i++ {
				if b := in.Batch[i]; b < 0 || !r.link[i] || of[b].n < par.MinBatch || (of[b].low < of[b].n && of[b].high < of[b].n) {
					continue
				}
				for _, col := range [][]int32{in.Building, in.Week} {
					if col != nil {
						col[i] = -1
					}
				}
			}
		}
	})
}

// weeks numbers the weeks of the answers in the order of the calendar; -1 for a
// day that is none, nil where there is no other.
func (r *run) weeks() []int32 {
	days := &r.text[dayColumn]
	of, any := make([]int32, len(days.value)), false
	for k, day := range days.value {
		of[k] = week(day)
		any = any || of[k] >= 0
	}
	if !any {
		return nil
	}
	codes := make([]int32, len(days.code))
	for i, c := range days.code {
		codes[i] = of[c]
	}
	return codes
}

// week counts the weeks since the Monday before 1 January 1970.
func week(day string) int32 {
	t, err := time.Parse(time.DateOnly, day)
	if err != nil || t.Year() < 1970 {
		return -1
	}
	return int32((t.Unix()/86400 + 3) / 7)
}

// caseMix adds dummies for what a committee cannot choose about its residents:
// age, sex, tenure, and how they were asked. It returns their names.
func (r *run) caseMix(in *fair.Input) []string {
	type dummy struct {
		name, value string
		column      int
	}
	var list []dummy
	for _, band := range survey.AgeBands {
		if band != "45-59" { // the class that the others are compared with
			list = append(list, dummy{"age_" + band, band, ageColumn})
		}
	}
	list = append(list, dummy{"sex_f", "f", sexColumn}, dummy{"tenure_tenant", "tenant", tenureColumn},
		dummy{"mode_link", "link", modeColumn}, dummy{"mode_phone", "phone", modeColumn})
	var names []string
	for _, d := range list {
		t := &r.text[d.column]
		at, n := t.at(d.value), 0
		for _, c := range t.code {
			if int(c) == at {
				n++
			}
		}
		if n < minClass || len(t.code)-n < minClass {
			continue
		}
		col := make([]float64, len(t.code))
		inChunks(len(col), func(from, to int) {
			for i, c := range t.code[from:to] {
				if int(c) == at {
					col[from+i] = 1
				}
			}
		})
		in.Covariate, names = append(in.Covariate, col), append(names, d.name)
	}
	return names
}

// previous lets the round before speak where it covers every unit.
func (r *run) previous(in *fair.Input) {
	if len(r.in.Previous) == 0 {
		return
	}
	score, rel := make([]float64, len(r.units)), make([]float64, len(r.units))
	sum, n := 0.0, 0
	for i := range rel {
		rel[i] = -1
		score[i] = -1
	}
	for _, p := range r.in.Previous {
		if u, ok := r.unitOf[p.Committee]; ok {
			score[u], rel[u] = p.Official, p.Reliability
			sum += p.Official
			n++
		}
	}
	if n == 0 {
		return
	}
	for i, v := range score {
		if v < 0 {
			score[i] = sum / float64(n)
		}
	}
	in.UnitCovariate, in.PrevReliability = [][]float64{score}, rel
}
