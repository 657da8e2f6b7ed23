package assess

import (
	"slices"

	"gongping/scoring"
	"gongping/survey/instrument"
)

// An answer is a record of texts somewhere in memory; what a run needs of it is
// read once, unit by unit, into columns of small numbers.

// texts is a column of few different texts: value is sorted, code points into it.
type texts struct {
	code  []uint16
	value []string
}

// at is the code of a text, -1 where it does not occur.
func (t *texts) at(text string) int {
	if k, ok := slices.BinarySearch(t.value, text); ok {
		return k
	}
	return -1
}

// The columns of few texts.
const (
	sexColumn = iota
	ageColumn
	tenureColumn
	modeColumn
	dayColumn
	textColumns
)

// ties are columns of codes that mean something within a unit only, numbered in
// order of appearance there; -1 where the answer has none. A nil column has no
// value at all.
type ties struct{ building, household, batch []int32 }

// columns are those that have a value.
func (t *ties) columns() [][]int32 {
	var out [][]int32
	for _, c := range [][]int32{t.building, t.household, t.batch} {
		if c != nil {
			out = append(out, c)
		}
	}
	return out
}

// cut keeps the first n rows.
func (t *ties) cut(n int) {
	for _, c := range []*[]int32{&t.building, &t.household, &t.batch} {
		if *c != nil {
			*c = (*c)[:n]
		}
	}
}

// read fills the columns of all answers. Every worker numbers texts as it meets
// them; settle gives them one order afterwards.
func (r *run) read() {
	n := len(r.answers)
	for k := range r.text {
		r.text[k].code = make([]uint16, n)
	}
	r.stratum, r.strataOf = make([]int32, n), make([][]string, len(r.units))
	r.tie = ties{make([]int32, n), make([]int32, n), make([]int32, n)}
	r.link, r.out.Answers = make([]bool, n), make([]scoring.AnswerResult, n)
	staged := r.staged()
	if staged != nil {
		r.cluster = make([]int32, n)
	}
	r.grade = make([][]int8, len(r.in.Questionnaire.Items))
	for k, it := range r.in.Questionnaire.Items {
		if it.Kind == instrument.Grade5 {
			r.grade[k] = make([]int8, n)
		}
	}
	readers := make([]*reader, workers(len(r.units), leastUnits))
	inParts(len(r.units), leastUnits, func(w, from, to int) {
		d := newReader(r, staged)
		readers[w] = d
		d.from, d.to = int(r.start[from]), int(r.start[to])
		for u := from; u < to; u++ {
			d.unit(u)
		}
	})
	r.settle(readers)
}

// reader is one worker's way through the answers of its units.
type reader struct {
	r        *run
	from, to int
	text     [textColumns]dictionary[string]
	// of the unit at hand
	stratum, building, household, evaluator dictionary[string]
	cluster                                 dictionary[string]
	batch, first                            dictionary[uint64]
	staged                                  map[string]bool
	known                                   [3]bool // building, household, batch occur
}

func newReader(r *run, staged map[string]bool) *reader {
	d := &reader{r: r, staged: staged}
	for k := range d.text {
		d.text[k].reset()
	}
	return d
}

// dictionary numbers values in order of appearance.
type dictionary[K comparable] struct {
	code map[K]int32
	list []K
	last K
	at   int32
}

func (d *dictionary[K]) reset() {
	if d.code == nil {
		d.code = map[K]int32{}
	}
	clear(d.code)
	d.list, d.at = d.list[:0], -1
}

// of is the code of a value; equal neighbours are looked up once.
func (d *dictionary[K]) of(v K) int32 {
	if d.at >= 0 && v == d.last {
		return d.at
	}
	c, ok := d.code[v]
	if !ok {
		c = int32(len(d.list))
		d.code[v], d.list = c, append(d.list, v)
	}
	d.last, d.at = v, c
	return c
}

// known is the code of a value, -1 for the empty text.
func known(d *dictionary[string], v string) int32 {
	if v == "" {
		return -1
	}
	return d.of(v)
}

func (d *reader) unit(u int) {
	r := d.r
	for _, x := range []*dictionary[string]{&d.stratum, &d.building, &d.household, &d.evaluator, &d.cluster} {
		x.reset()
	}
	d.batch.reset()
	d.first.reset()
	for i := r.start[u]; i < r.start[u+1]; i++ {
		a := r.answers[i]
		for k, v := range [textColumns]string{a.Sex, a.AgeBand, a.Tenure, a.Mode, a.Day} {
			r.text[k].code[i] = uint16(d.text[k].of(v))
		}
		r.stratum[i] = d.stratum.of(a.Stratum)
		if d.staged != nil {
			r.cluster[i] = d.firstStage(a, r.stratum[i])
		}
		r.link[i] = a.Evaluator == ""
		b, h := known(&d.building, a.Building), known(&d.household, a.Household)
		r.tie.building[i], r.tie.household[i] = b, h
		r.tie.batch[i] = d.batchOf(a, b, int32(r.text[dayColumn].code[i]))
		d.known[0], d.known[1], d.known[2] = d.known[0] || b >= 0, d.known[1] || h >= 0, d.known[2] || r.tie.batch[i] >= 0
		for k, column := range r.grade {
			if column == nil {
				continue
			}
			column[i] = gradeMissing
			if k < len(a.Values) {
				column[i] = gradeOf(a.Values[k])
			}
		}
		row := &r.out.Answers[i]
		row.ID, row.Unit, row.DesignWeight = a.ID, a.Committee, a.DesignWeight
	}
	r.strataOf[u] = slices.Clone(d.stratum.list)
}

// firstStage numbers the first-stage units of two-stage strata; -1 elsewhere.
func (d *reader) firstStage(a *scoring.Answer, stratum int32) int32 {
	if !d.staged[a.Stratum] {
		return -1
	}
	return d.first.of(uint64(stratum)<<32 | uint64(d.cluster.of(a.Cluster)))
}

// batchOf is a batch of fieldwork: one evaluator's day in a committee; without
// an evaluator (links) one building's day.
func (d *reader) batchOf(a *scoring.Answer, building, day int32) int32 {
	switch {
	case a.Evaluator != "":
		return d.batch.of(uint64(d.evaluator.of(a.Evaluator))<<32 | uint64(uint32(day)))
	case building >= 0:
		return d.batch.of(1<<63 | uint64(building)<<32 | uint64(uint32(day)))
	}
	return -1
}

// settle puts the texts of all workers into one sorted list and the codes with
// them, so that the columns don't depend on who read what.
func (r *run) settle(readers []*reader) {
	for k := range r.text {
		t := &r.text[k]
		for _, d := range readers {
			t.value = append(t.value, d.text[k].list...)
		}
		slices.Sort(t.value)
		t.value = slices.Compact(t.value)
	}
	inParts(len(r.units), leastUnits, func(w, _, _ int) {
		d := readers[w]
		for k := range r.text {
			t := &r.text[k]
			to := make([]uint16, len(d.text[k].list))
			for c, v := range d.text[k].list {
				to[c] = uint16(t.at(v))
			}
			part := t.code[d.from:d.to]
			for i, c := range part {
				part[i] = to[c]
			}
		}
	})
	var seen [3]bool
	for _, d := range readers {
		for k, v := range d.known {
			seen[k] = seen[k] || v
		}
	}
	for k, column := range []*[]int32{&r.tie.building, &r.tie.household, &r.tie.batch} {
		if !seen[k] {
			*column = nil
		}
	}
}
