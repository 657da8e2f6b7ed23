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
	r.encode()
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
	}
	if len(r.answers) == 0 {
		return errs.New(errs.Conflict, "run.no_answers", "the round has no answers to score yet")
	}
	r.start = make([]int32, len(r.units)+1)
	for _, u := range r.unit {
		r.start[u+1]++
	}
	for u := range r.units {
		r.start[u+1] += r.start[u]
	}
	return nil
}

// place puts the counted answers into the order of units and ids.
func (r *run) place() error {
	r.excluded = make([]map[string]int, len(r.units))
	ground := make(map[string]string, len(r.in.Exclusions))
	for _, x := range r.in.Exclusions {
		ground[x.AnswerID] = x.Ground
	}
	all := make([]*scoring.Answer, len(r.in.Answers))
	for i := range r.in.Answers {
		all[i] = &r.in.Answers[i]
	}
	if byID := func(a, b *scoring.Answer) int { return cmp.Compare(a.ID, b.ID) }; !slices.IsSortedFunc(all, byID) {
		slices.SortFunc(all, byID)
	}
	unit, count := make([]int32, len(all)), make([]int32, len(r.units)+1)
	for i, a := range all {
		u, ok := r.unitOf[a.Committee]
		if !ok || (i > 0 && all[i-1].ID == a.ID) {
			return errs.New(errs.Invalid, "run.answer", "an answer cannot be placed").
				At("answer "+a.ID, a.Committee, "one answer per id, of a unit of this run", "check the import")
		}
		unit[i] = u
		if len(ground) > 0 {
			if g, out := ground[a.ID]; out {
				if r.excluded[u] == nil {
					r.excluded[u] = map[string]int{}
				}
				r.excluded[u][g]++
				unit[i] = -1
				continue
			}
		}
		count[u+1]++
	}
	for u := range r.units {
		count[u+1] += count[u]
	}
	n := count[len(r.units)]
	r.answers, r.unit = make([]*scoring.Answer, n), make([]int32, n)
	for i, a := range all {
		if u := unit[i]; u >= 0 {
			r.answers[count[u]], r.unit[count[u]] = a, u
			count[u]++
		}
	}
	return nil
}

// The codes of what is no grade; a grade is 0 (worst) to 4.
const (
	gradeMissing  int8 = -1
	gradeDontKnow int8 = -2
)

// encode turns the values of five-grade items into columns.
func (r *run) encode() {
	items := r.in.Questionnaire.Items
	r.grade = make([][]int8, len(items))
	for k := range items {
		if items[k].Kind == instrument.Grade5 {
			r.grade[k] = make([]int8, len(r.answers))
		}
	}
	inChunks(len(r.answers), func(from, to int) {
		for i := from; i < to; i++ {
			values := r.answers[i].Values
			for k, column := range r.grade {
				if column == nil {
					continue
				}
				column[i] = gradeMissing
				if k < len(values) {
					column[i] = gradeOf(values[k])
				}
			}
		}
	})
}

func gradeOf(value string) int8 {
	switch {
	case len(value) == 1 && value[0] >= '1' && value[0] <= '5':
		return int8(value[0] - '1')
	case value == instrument.DontKnow:
		return gradeDontKnow
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
		r.answers[n], r.unit[n], r.score[n] = r.answers[i], r.unit[i], r.score[i]
		for _, column := range r.grade {
			if column != nil {
				column[n] = column[i]
			}
		}
		n++
	}
	lost := len(scored) - n
	r.answers, r.unit, r.score = r.answers[:n], r.unit[:n], r.score[:n]
	for k, column := range r.grade {
		if column != nil {
			r.grade[k] = column[:n]
		}
	}
	return lost
}

// leastAnswers and leastUnits are the work that is worth another core.
const (
	leastAnswers = 1 << 12
	leastUnits   = 64
)

// inChunks calls f for adjoining parts of 0..n answers on all cores. A call
// writes only what belongs to its part, so the result cannot depend on the
// schedule.
func inChunks(n int, f func(from, to int)) { inParts(n, leastAnswers, f) }

func inParts(n, least int, f func(from, to int)) {
	workers := max(1, min(runtime.GOMAXPROCS(0), n/least))
	var wg sync.WaitGroup
	for w := range workers {
		wg.Go(func() { f(n*w/workers, n*(w+1)/workers) })
	}
	wg.Wait()
}

// together calls the functions on all cores.
func together(fs ...func()) {
	if runtime.GOMAXPROCS(0) == 1 {
		for _, f := range fs {
			f()
		}
		return
	}
	var wg sync.WaitGroup
	for _, f := range fs {
		wg.Go(f)
	}
	wg.Wait()
}
