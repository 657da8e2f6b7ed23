package assess

import (
	"strconv"
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
	names := r.caseMix(in)
	together(
		func() { in.Building = codesOf(r, func(a *scoring.Answer) string { return a.Building }) },
		func() { in.Household = codesOf(r, func(a *scoring.Answer) string { return a.Household }) },
		func() {
			weeks := map[string]string{}
			in.Week = codesOf(r, func(a *scoring.Answer) string {
				w, ok := weeks[a.Day]
				if !ok {
					w = week(a.Day)
					weeks[a.Day] = w
				}
				return w
			})
		},
		func() { in.Batch = codesOf(r, batchOf) })
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

// batch is a batch of fieldwork: one evaluator's day in a committee; without an
// evaluator (links) one building's day.
type batch struct{ evaluator, place, day string }

func batchOf(a *scoring.Answer) batch {
	switch {
	case a.Evaluator != "":
		return batch{a.Evaluator, a.Committee, a.Day}
	case a.Building != "":
		return batch{"", a.Building, a.Day}
	}
	return batch{}
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
	of := map[int32]*tally{}
	link := func(i int) bool { return in.Batch[i] >= 0 && r.answers[i].Evaluator == "" }
	for i, s := range r.score {
		if !link(i) {
			continue
		}
		t := of[in.Batch[i]]
		if t == nil {
			t = &tally{}
			of[in.Batch[i]] = t
		}
		t.n++
		switch {
		case s <= par.LowAt:
			t.low++
		case s >= par.HighAt:
			t.high++
		}
	}
	for i := range r.score {
		if !link(i) {
			continue
		}
		if t := of[in.Batch[i]]; t.n >= par.MinBatch && (t.low == t.n || t.high == t.n) {
			for _, col := range [][]int32{in.Building, in.Week} {
				if col != nil {
					col[i] = -1
				}
			}
		}
	}
}

// codesOf numbers the values of a column in order of appearance, -1 for the
// zero value; nil where there is no other.
func codesOf[K comparable](r *run, f func(*scoring.Answer) K) []int32 {
	var none K
	codes, seen := make([]int32, len(r.answers)), map[K]int32{}
	for i, a := range r.answers {
		v := f(a)
		if v == none {
			codes[i] = -1
			continue
		}
		c, ok := seen[v]
		if !ok {
			c = int32(len(seen))
			seen[v] = c
		}
		codes[i] = c
	}
	if len(seen) == 0 {
		return nil
	}
	return codes
}

func week(day string) string {
	t, err := time.Parse(time.DateOnly, day)
	if err != nil {
		return ""
	}
	y, w := t.ISOWeek()
	return strconv.Itoa(y) + "-" + strconv.Itoa(w)
}

// caseMix adds dummies for what a committee cannot choose about its residents:
// age, sex, tenure, and how they were asked. It returns their names.
func (r *run) caseMix(in *fair.Input) []string {
	var names []string
	add := func(name string, is func(a *scoring.Answer) bool) {
		col, n := make([]float64, len(r.answers)), 0
		for i := range r.answers {
			if is(r.answers[i]) {
				col[i] = 1
				n++
			}
		}
		if n >= minClass && len(r.answers)-n >= minClass {
			in.Covariate = append(in.Covariate, col)
			names = append(names, name)
		}
	}
	for _, band := range survey.AgeBands {
		if band != "45-59" { // the class that the others are compared with
			add("age_"+band, func(a *scoring.Answer) bool { return a.AgeBand == band })
		}
	}
	add("sex_f", func(a *scoring.Answer) bool { return a.Sex == "f" })
	add("tenure_tenant", func(a *scoring.Answer) bool { return a.Tenure == "tenant" })
	add("mode_link", func(a *scoring.Answer) bool { return a.Mode == "link" })
	add("mode_phone", func(a *scoring.Answer) bool { return a.Mode == "phone" })
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
