package assess

import (
	"strconv"
	"time"

	"gongping/scoring"
	"gongping/scoring/fair"
	"gongping/survey"
	"gongping/survey/instrument"
)

// scorer knows which items make up which dimension.
type scorer struct{ dims [][]int }

func newScorer(q *instrument.Questionnaire) scorer {
	at := map[string]int{}
	var s scorer
	for i, it := range q.Items {
		if it.Dimension == "" || it.Kind != instrument.Grade5 {
			continue
		}
		d, ok := at[it.Dimension]
		if !ok {
			d = len(s.dims)
			at[it.Dimension] = d
			s.dims = append(s.dims, nil)
		}
		s.dims[d] = append(s.dims[d], i)
	}
	return s
}

// score is the mean over dimensions; ok is false where no scored item was answered.
func (s scorer) score(values []string) (float64, bool) {
	sum, n := 0.0, 0
	for _, items := range s.dims {
		if v, ok := meanOf(values, items); ok {
			sum += v
			n++
		}
	}
	if n == 0 {
		return 0, false
	}
	return sum / float64(n), true
}

func meanOf(values []string, items []int) (float64, bool) {
	sum, n := 0.0, 0
	for _, i := range items {
		if i < len(values) {
			if v, ok := instrument.Score(values[i]); ok {
				sum += v
				n++
			}
		}
	}
	if n == 0 {
		return 0, false
	}
	return sum / float64(n), true
}

// minClass is the fewest answers a case-mix class must have to get a slope.
const minClass = 50

// official runs the fair-score estimator with case mix and evidence.
func (r *run) official() (*fair.Result, []scoring.Slope, error) {
	n := len(r.answers)
	in := &fair.Input{Units: len(r.units), Unit: r.unit, Score: r.score, DesignWeight: r.weight}
	names := r.caseMix(in)
	text := func(f func(a *scoring.Answer) string) []int32 {
		codes, seen := make([]int32, n), map[string]int32{"": -1}
		known := false
		for i := range r.answers {
			v := f(&r.answers[i])
			c, ok := seen[v]
			if !ok {
				c = int32(len(seen) - 1)
				seen[v] = c
			}
			codes[i] = c
			known = known || c >= 0
		}
		if !known {
			return nil
		}
		return codes
	}
	in.Building = text(func(a *scoring.Answer) string { return a.Building })
	in.Household = text(func(a *scoring.Answer) string { return a.Household })
	in.Week = text(func(a *scoring.Answer) string { return week(a.Day) })
	// A batch of fieldwork is one evaluator's day; without an evaluator (links)
	// it is one building's day.
	in.Batch = text(func(a *scoring.Answer) string {
		switch {
		case a.Evaluator != "":
			return a.Evaluator + "/" + a.Committee + "/" + a.Day
		case a.Building != "":
			return "link/" + a.Building + "/" + a.Day
		}
		return ""
	})
	r.previous(in)
	res, err := fair.Score(in, r.params())
	if err != nil {
		return nil, nil, err
	}
	var slopes []scoring.Slope
	for i, b := range res.CaseMix {
		slopes = append(slopes, scoring.Slope{Covariate: names[i], Points: b})
	}
	return res, slopes, nil
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
			if is(&r.answers[i]) {
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
