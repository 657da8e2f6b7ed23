package assess

import (
	"cmp"
	"runtime"
	"slices"
	"strconv"
	"sync"

	"gongping/internal/errs"
	"gongping/scoring"
	"gongping/survey/instrument"
)

// load indexes units, sets excluded answers aside and scores the rest: an
// answer's score is the mean over dimensions of the mean over its answered
// items, each grade on 0–100, so that a dimension with many questions does not
// outweigh one with few.
func (r *run) load() error {
	r.units = slices.Clone(r.in.Units)
	slices.SortFunc(r.units, func(a, b scoring.Unit) int { return cmp.Compare(a.Code, b.Code) })
	r.unitOf = make(map[string]int32, len(r.units))
	for i, u := range r.units {
		r.unitOf[u.Code] = int32(i)
	}
	if err := r.place(); err != nil {
		return err
	}
	r.begin()
	r.read()
	if err := r.attribute(); err != nil {
		return err
	}
	r.score = make([]float64, len(r.answers))
	scored := make([]bool, len(r.answers))
	dims := scoredDimensions(&r.in.Questionnaire)
	inChunks(len(r.answers), func(from, to int) {
		for i := from; i < to; i++ {
			r.score[i], scored[i] = r.scoreOf(dims, i)
		}
	})
	if n := r.drop(scored); n > 0 {
		r.note("run.unscored", "N", strconv.Itoa(n))
		r.begin()
	}
	r.answers = nil // all that counts is in the columns
	if len(r.score) == 0 {
		return errs.New(errs.NotNow, "run.no_answers", "the round has no answers to score yet")
	}
	return nil
}

// begin notes where the answers of every unit begin.
func (r *run) begin() {
	r.start = make([]int32, len(r.units)+1)
	for _, u := range r.unit {
		r.start[u+1]++
	}
	for u := range r.units {
		r.start[u+1] += r.start[u]
	}
}

// place puts the counted answers into the order of units and ids.
func (r *run) place() error {
	all := make([]*scoring.Answer, len(r.in.Answers))
	for i := range r.in.Answers {
		all[i] = &r.in.Answers[i]
	}
	if byID := func(a, b *scoring.Answer) int { return cmp.Compare(a.ID, b.ID) }; !slices.IsSortedFunc(all, byID) {
		slices.SortFunc(all, byID)
	}
	unit, err := r.locate(all)
	if err != nil {
		return err
	}
	r.exclude(all, unit)
	next := make([]int32, len(r.units)+1)
	for _, u := range unit {
		if u >= 0 {
			next[u+1]++
		}
	}
	for u := range r.units {
		next[u+1] += next[u]
	}
	n := next[len(r.units)]
	r.answers, r.unit = make([]*scoring.Answer, n), make([]int32, n)
	for i, a := range all {
		if u := unit[i]; u >= 0 {
			r.answers[next[u]], r.unit[next[u]] = a, u
			next[u]++
		}
	}
	return nil
}

// locate finds the unit of every answer; the first that has none, or an id that
// stands twice, is named.
func (r *run) locate(all []*scoring.Answer) ([]int32, error) {
	unit := make([]int32, len(all))
	faulty := make([]int, workers(len(all), leastAnswers))
	inParts(len(all), leastAnswers, func(w, from, to int) {
		faulty[w] = len(all)
		for i := from; i < to; i++ {
			u, ok := r.unitOf[all[i].Committee]
			if !ok || (i > 0 && all[i-1].ID == all[i].ID) {
				faulty[w] = i
				return
			}
			unit[i] = u
		}
	})
	if i := slices.Min(faulty); i < len(all) {
		return nil, errs.New(errs.Invalid, "run.answer", "an answer cannot be placed").
			At("answer "+all[i].ID, all[i].Committee, "one answer per id, of a unit of this run", "check the import")
	}
	return unit, nil
}

// exclude gives the answers that are set aside the unit -1 and counts them by
// their ground.
func (r *run) exclude(all []*scoring.Answer, unit []int32) {
	r.excluded = make([]map[string]int, len(r.units))
	ground := make(map[string]string, len(r.in.Exclusions))
	for _, x := range r.in.Exclusions {
		ground[x.AnswerID] = x.Ground
	}
	for id, g := range ground {
		i, ok := slices.BinarySearchFunc(all, id, func(a *scoring.Answer, id string) int { return cmp.Compare(a.ID, id) })
		if !ok {
			continue
		}
		u := unit[i]
		if r.excluded[u] == nil {
			r.excluded[u] = map[string]int{}
		}
		r.excluded[u][g]++
		unit[i] = -1
	}
}

// The codes of what is no grade; a grade is 0 (worst) to 4.
const (
	gradeMissing  int8 = -1
	gradeDontKnow int8 = -2
	gradeDeclined int8 = -4
)

func gradeOf(value string) int8 {
	switch {
	case len(value) == 1 && value[0] >= '1' && value[0] <= '5':
		return int8(value[0] - '1')
	case value == instrument.DontKnow:
		return gradeDontKnow
	case value == instrument.Declined:
		return gradeDeclined
	}
	return gradeMissing
}

// drop leaves out the answers that have no score and says how many.
func (r *run) drop(scored []bool) int {
	n := 0
	for i, ok := range scored {
		if !ok {
			continue
		}
		if n != i {
			r.unit[n], r.score[n], r.stratum[n] = r.unit[i], r.score[i], r.stratum[i]
			r.link[n], r.out.Answers[n] = r.link[i], r.out.Answers[i]
			if r.cluster != nil {
				r.cluster[n] = r.cluster[i]
			}
			for k := range r.text {
				r.text[k].code[n] = r.text[k].code[i]
			}
			for _, column := range r.tie.columns() {
				column[n] = column[i]
			}
			for _, column := range r.grade {
				if column != nil {
					column[n] = column[i]
				}
			}
		}
		n++
	}
	r.unit, r.score, r.stratum, r.link, r.out.Answers = r.unit[:n], r.score[:n], r.stratum[:n], r.link[:n], r.out.Answers[:n]
	for k := range r.text {
		r.text[k].code = r.text[k].code[:n]
	}
	r.tie.cut(n)
	if r.cluster != nil {
		r.cluster = r.cluster[:n]
	}
	for k, column := range r.grade {
		if column != nil {
			r.grade[k] = column[:n]
		}
	}
	return len(scored) - n
}

// leastAnswers and leastUnits are the work that is worth another core.
const (
	leastAnswers = 1 << 12
	leastUnits   = 64
)

// inChunks calls f for adjoining parts of 0..n answers on all cores. A call
// writes only what belongs to its part, so the result cannot depend on the
// schedule.
func inChunks(n int, f func(from, to int)) {
	inParts(n, leastAnswers, func(_, from, to int) { f(from, to) })
}

// workers is how many parts inParts makes of n.
func workers(n, least int) int { return max(1, min(runtime.GOMAXPROCS(0), n/least)) }

// inParts does the same for any work of which least is worth a core, and tells
// f which part it has.
func inParts(n, least int, f func(w, from, to int)) {
	k := workers(n, least)
	var wg sync.WaitGroup
	for w := range k {
		wg.Go(func() { f(w, n*w/k, n*(w+1)/k) })
	}
	wg.Wait()
}
