package demo

import (
	"math/rand/v2"
	"strconv"
	"time"

	"gongping/survey/instrument"
)

// Drawn is one drawn person. Evaluator is the login the case is assigned to;
// where it is empty, one of the street's evaluators is chosen at random.
type Drawn struct {
	PersonID, Evaluator string
	// Reserve marks a released reserve, who is asked in the second half only.
	Reserve bool
}

// Attempt is one contact attempt with its AAPOR outcome.
type Attempt struct {
	At          time.Time
	Mode        string // door, phone or link
	Disposition string // AAPOR code, "1.1" for the interview itself
}

// Visit is what fieldwork brought for one drawn person up to the round's
// cutoff. Outcome is the last attempt's code. Answers are nil unless Outcome
// is "1.1"; the interview is then the last attempt, in Mode.
type Visit struct {
	PersonID, Evaluator string
	Attempts            []Attempt
	Outcome, Mode       string
	Answers             instrument.Answers
	Seconds             int // length of the interview
}

// The AAPOR codes (Standard Definitions, 10th ed., 2023) that the simulation uses.
const (
	complete         = "1.1"
	refusalHousehold = "2.111"
	refusalPerson    = "2.112"
	breakOff         = "2.12"
	nonContact       = "2.2"
	unable           = "2.32"
	notLocated       = "3.18"
	movedAway        = "4.1"
)

const window = 28 // days of a round

// Simulate plays the fieldwork of a round for the people who were drawn. Each
// visit depends on the world, the round, the seed and the person alone, not on
// who else was drawn; visits come in the order of the sample. Cases without an
// attempt before the cutoff are left out. An unknown person id panics.
func (w *World) Simulate(round Round, sample []Drawn, seed uint64) []Visit {
	out := make([]Visit, 0, len(sample))
	for _, d := range sample {
		if v := w.visit(round, d, seed); len(v.Attempts) > 0 {
			out = append(out, v)
		}
	}
	return out
}

// Person finds a person of the frame by id, nil where there is none.
func (w *World) Person(id string) *Person {
	if len(id) != 9 {
		return nil
	}
	n, err := strconv.Atoi(id[2:])
	if err != nil || n < 1 || n > len(w.People) || w.People[n-1].ID != id {
		return nil
	}
	return &w.People[n-1]
}

func (w *World) visit(round Round, d Drawn, seed uint64) Visit {
	p := w.Person(d.PersonID)
	if p == nil {
		panic("demo: drawn person " + d.PersonID + " is not in the frame")
	}
	r := stream(seed, stageFieldwork, uint64(p.index)|uint64(round.Number)<<40)
	v := Visit{PersonID: p.ID, Evaluator: d.Evaluator, Mode: modeOf(r, p)}
	if k := r.IntN(w.Options.Evaluators); v.Evaluator == "" {
		v.Evaluator = evaluatorLogin(w.committees[p.committee].street, k)
	}
	v.Outcome = fate(r, p)
	v.Attempts = attempts(r, p, v.Mode, v.Outcome, round, d.Reserve)
	v.Seconds = 75 + int(r.ExpFloat64()*45)
	if p.Part == Coached && v.Outcome == complete {
		v.Attempts = coachedAttempts(r, round)
		v.Seconds = 16 + r.IntN(18)
	}
	for k, a := range v.Attempts {
		if a.At.After(round.Cutoff) {
			v.Attempts = v.Attempts[:k]
			break
		}
	}
	if n := len(v.Attempts); n > 0 {
		v.Outcome = v.Attempts[n-1].Disposition
	}
	if v.Outcome != complete {
		v.Seconds = 0
		return v
	}
	shift := modeEffect[v.Mode]
	if v.Mode != "link" {
		shift += w.evaluatorEffect(v.Evaluator)
	}
	v.Answers = w.answers(p, round.Number, shift)
	return v
}

// evaluatorEffect is the small, fixed effect of an interviewer.
func (w *World) evaluatorEffect(login string) float64 {
	key := uint64(0)
	for _, b := range []byte(login) {
		key = mix(key ^ uint64(b))
	}
	return float64(evaluatorSD * stream(w.Seed, stageEffects, key|1).NormFloat64())
}

// fate is the final outcome of a case if there is time for it.
func fate(r *rand.Rand, p *Person) string {
	if p.Moved {
		return movedAway
	}
	if chance(r, propensity(p)) {
		return complete
	}
	unableShare := 0.03
	if p.age >= 80 {
		unableShare = 0.35
	}
	if chance(r, unableShare) {
		return unable
	}
	switch u := r.Float64(); {
	case u < 0.12:
		return refusalHousehold
	case u < 0.40:
		return refusalPerson
	case u < 0.43:
		return breakOff
	case u < 0.46:
		return notLocated
	}
	return nonContact
}

// attempts spreads the attempts of a case over the days of the round. A final
// non-contact takes four or five attempts; most others one to three. The first
// of them are non-contacts.
func attempts(r *rand.Rand, p *Person, mode, outcome string, round Round, reserve bool) []Attempt {
	n := 1
	for n < 4 && chance(r, 0.42) {
		n++
	}
	if outcome == nonContact {
		n = 4 + r.IntN(2)
	}
	days := make([]int, n)
	days[0] = r.IntN(window * 3 / 4)
	if reserve {
		days[0] = window/2 + r.IntN(window/4)
	}
	for k := 1; k < n; k++ {
		days[k] = days[k-1] + 1 + r.IntN(5)
	}
	over := max(days[n-1]-(window-1), 0)
	out := make([]Attempt, n)
	for k := range out {
		day := max(days[k]-over, k)
		out[k] = Attempt{At: clockOf(r, round.OpensOn.AddDate(0, 0, day)), Mode: reach(r, p), Disposition: nonContact}
	}
	last := &out[n-1]
	last.Disposition = outcome
	switch outcome {
	case complete:
		last.Mode = mode
	case notLocated, movedAway:
		if p.Address != "" {
			last.Mode = "door"
		}
	}
	return out
}

// reach is how an evaluator tries to reach a person.
func reach(r *rand.Rand, p *Person) string {
	if p.Address == "" || (p.Phone != "" && chance(r, 0.35)) {
		return "phone"
	}
	return "door"
}

// clockOf is a time of a visiting day: mostly evenings on working days.
func clockOf(r *rand.Rand, day time.Time) time.Time {
	from, to := 9*60+30, 20*60
	if wd := day.Weekday(); wd != time.Saturday && wd != time.Sunday && chance(r, 0.55) {
		from, to = 18*60, 20*60+30
	}
	return day.Add(time.Duration(from+r.IntN(to-from))*time.Minute + time.Duration(r.IntN(60))*time.Second)
}

// coachedAttempts puts the coached answers into one Saturday afternoon: links
// answered between 14:00 and 15:20 in the second week.
func coachedAttempts(r *rand.Rand, round Round) []Attempt {
	day := round.OpensOn.AddDate(0, 0, 7)
	for day.Weekday() != time.Saturday {
		day = day.AddDate(0, 0, 1)
	}
	return []Attempt{{At: day.Add(14*time.Hour + time.Duration(r.IntN(80*60))*time.Second), Mode: "link", Disposition: complete}}
}
