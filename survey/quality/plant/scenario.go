package plant

import (
	"fmt"
	"math"
	"slices"

	"gongping/survey/quality"
)

// Scenario plants one kind of fraud, or of honest oddity. Guilty tells whether
// a unit of a test took part; nil means that nobody did.
type Scenario struct {
	Name, Title string
	Honest      bool // an oddity that must not be flagged
	plant       func(*round)
	Guilty      func(quality.Test) bool
}

func first(t quality.Test) bool {
	return t.Kind == quality.Interviewer && t.Unit == interviewerName(0)
}

// inCoached: the two buildings on the day, their committee in the hours.
func inCoached(t quality.Test) bool {
	return t.Kind != quality.Interviewer && t.Committee == committeeName(0)
}

// Scenarios lists them.
func Scenarios() []Scenario {
	return []Scenario{
		{Name: "nobody", Title: "nobody cheats", Honest: true},
		{Name: "honest-fast", Title: "one interviewer is honest and works in 65% of the time", Honest: true, plant: fast},
		{Name: "honest-area", Title: "one interviewer's cases lie in a committee that is much better", Honest: true, plant: goodArea},
		{Name: "careless-all", Title: "an interviewer invents all interviews, from four patterns, in a minute or less", plant: func(w *round) { careless(w, 1) }, Guilty: first},
		{Name: "careless-half", Title: "the same, half of them", plant: func(w *round) { careless(w, 0.5) }, Guilty: first},
		{Name: "careless-quarter", Title: "the same, a quarter of them", plant: func(w *round) { careless(w, 0.25) }, Guilty: first},
		{Name: "careful-all", Title: "an interviewer invents all interviews with care: usual times, plausible grades", plant: func(w *round) { careful(w, 1) }, Guilty: first},
		{Name: "careful-half", Title: "the same, half of them", plant: func(w *round) { careful(w, 0.5) }, Guilty: first},
		{Name: "one-evening", Title: "a third of an interviewer's interviews in two hours of one evening", plant: evening, Guilty: first},
		{Name: "night-notes", Title: "visits written up at night at round times", plant: night, Guilty: first},
		{Name: "from-home", Title: "half of the door interviews held elsewhere (the device may say how far)", plant: far, Guilty: first},
		{Name: "top-writer", Title: "an interviewer ticks the top grade throughout for every fifth", plant: func(w *round) { straight(w, 5) }, Guilty: first},
		{Name: "bottom-writer", Title: "the same with the second lowest grade", plant: func(w *round) { straight(w, 2) }, Guilty: first},
		{Name: "coached-building", Title: "two buildings are told to tick the top: 12 answers one afternoon, scripted comments", plant: func(w *round) { coached(w, 5, 12) }, Guilty: inCoached},
		{Name: "coached-few", Title: "the same with 6 answers", plant: func(w *round) { coached(w, 5, 6) }, Guilty: inCoached},
		{Name: "campaign-low", Title: "the same campaign downwards: 12 answers all at the bottom", plant: func(w *round) { coached(w, 1, 12) }, Guilty: inCoached},
		{Name: "level-up", Title: "a committee's answers rise by 15 points", plant: func(w *round) { change(w, 15) }, Guilty: inCoached},
		// Scenarios are told apart by their place, which seeds them: new ones come last.
		{Name: "level-down", Title: "the same, they fall by 15 points", plant: func(w *round) { change(w, -15) }, Guilty: inCoached},
		{Name: "level-up-little", Title: "the same, they rise by 8 points", plant: func(w *round) { change(w, 8) }, Guilty: inCoached},
		{Name: "level-up-much", Title: "the same, they rise by 22 points", plant: func(w *round) { change(w, 22) }, Guilty: inCoached},
		{Name: "level-all", Title: "every committee's answers rise by 8 points: a better year, or another season", Honest: true, plant: everywhere},
		{Name: "rounder-half", Title: "an interviewer makes up half of the noted minutes and open numbers, in fives", plant: func(w *round) { rounded(w, 2) }, Guilty: first},
		{Name: "rounder-quarter", Title: "the same, a quarter of them", plant: func(w *round) { rounded(w, 4) }, Guilty: first},
		{Name: "rounder-all", Title: "all interviewers note every third visit to the five minutes", Honest: true, plant: allRound},
		{Name: "withdrawn-honest", Title: "2% of all residents withdraw, whatever they answered", Honest: true, plant: func(w *round) { w.withdraw(w.anybody(0.02)) }},
		{Name: "withdrawn-unhappy", Title: "residents of the lower half withdraw, 4% of them, everywhere", Honest: true, plant: func(w *round) { w.withdraw(w.unhappy(0.04)) }},
		{Name: "receipts-low", Title: "an interviewer withdraws the 6 lowest answers with kept receipts; 1% of all withdraw by themselves", plant: func(w *round) { w.receipts(w.own(), 6, 0) }, Guilty: first},
		{Name: "receipts-high", Title: "the same with the 6 highest answers", plant: func(w *round) { w.receipts(w.own(), 0, 6) }, Guilty: first},
		{Name: "receipts-few", Title: "the same with the 3 lowest answers", plant: func(w *round) { w.receipts(w.own(), 3, 0) }, Guilty: first},
		{Name: "receipts-mixed", Title: "the same with 6 answers, low and high", plant: func(w *round) { w.receipts(w.own(), 3, 3) }, Guilty: first},
		{Name: "receipts-committee", Title: "a committee collects receipts and withdraws its 8 lowest answers", plant: func(w *round) { w.receipts(w.all(committeeName(0)), 8, 0) }, Guilty: inCoached},
		{Name: "receipts-committee-half", Title: "the same with 4 answers", plant: func(w *round) { w.receipts(w.all(committeeName(0)), 4, 0) }, Guilty: inCoached},
	}
}

func (w *round) own() []int { return w.of[interviewerName(0)] }

// some are the first part of an interviewer's responses in order of work.
func (w *round) some(share float64) []int {
	rows := w.own()
	return rows[:int(math.Round(share*float64(len(rows))))]
}

func fast(w *round) {
	for _, i := range w.own() {
		r := &w.data.Responses[i]
		r.Seconds = int(0.65 * float64(r.Seconds))
		for k := range r.PerItem {
			r.PerItem[k] *= 0.65
		}
	}
}

func goodArea(w *round) {
	for i := range w.data.Responses {
		r := &w.data.Responses[i]
		if r.Committee != committeeName(0) {
			continue
		}
		for k, g := range r.Grades {
			if g > 0 && g < 5 && w.rng.Float64() < 0.5 {
				r.Grades[k]++
			}
		}
	}
	w.data.Earlier = slices.DeleteFunc(w.data.Earlier, func(e quality.Earlier) bool { return e.Committee == committeeName(0) })
}

func careless(w *round, share float64) {
	patterns := make([][]int8, 4)
	for p := range patterns {
		patterns[p] = make([]int8, w.Items)
		for k := range patterns[p] {
			patterns[p][k] = int8(3 + w.rng.IntN(3))
		}
	}
	for _, i := range w.some(share) {
		r := &w.data.Responses[i]
		p := patterns[w.rng.IntN(len(patterns))]
		for k := range r.Grades {
			r.Grades[k] = p[k]
			if w.rng.Float64() < 0.05 {
				r.Grades[k] = int8(3 + w.rng.IntN(3))
			}
		}
		r.Seconds = 15 + w.rng.IntN(45)
		for k := range r.PerItem {
			r.PerItem[k] = float64(r.Seconds) / float64(w.Items) * (0.5 + w.rng.Float64())
		}
		r.Comment = ""
	}
}

// careful answers are drawn around one liking for all: right on average, too
// much alike.
func careful(w *round, share float64) {
	for _, i := range w.some(share) {
		r := &w.data.Responses[i]
		for k := range r.Grades {
			x := itemMean[k%len(itemMean)] + 4*w.rng.NormFloat64() + noiseSD*w.rng.NormFloat64()
			r.Grades[k] = 1 + int8(min(max(math.Floor(x/25+0.5), 0), 4))
		}
	}
}

func evening(w *round) {
	for k, i := range w.some(1.0 / 3) {
		r := &w.data.Responses[i]
		r.Day, r.Hour = 20003, 19+k%2
	}
}

func night(w *round) {
	n := 0
	for i := range w.data.Attempts {
		a := &w.data.Attempts[i]
		if a.Interviewer != interviewerName(0) {
			continue
		}
		if n++; n%3 > 0 {
			continue
		}
		a.Minute = 22*60 + 15*w.rng.IntN(4)
		a.At = a.At/86400*86400 + int64(a.Minute)*60
	}
}

func far(w *round) {
	for k, i := range w.own() {
		if r := &w.data.Responses[i]; k%2 == 0 && r.Where != nil {
			r.Where.Distance = 1500 + 3000*w.rng.Float64()
		}
	}
}

func straight(w *round, grade int8) {
	for k, i := range w.own() {
		if k%5 == 0 {
			for j := range w.data.Responses[i].Grades {
				w.data.Responses[i].Grades[j] = grade
			}
		}
	}
}

func coached(w *round, grade int8, n int) {
	scripts := []string{"居委会工作非常好，非常满意！", "对居委会工作非常满意，没有意见！", "居委会工作非常好，很满意，感谢！"}
	if grade == 1 {
		scripts = []string{"居委会什么都不管，非常不满意！", "居委会从来不管事，非常不满意！", "非常不满意，居委会不管事。"}
	}
	for k, i := range w.in[committeeName(0)][:n] {
		r := &w.data.Responses[i]
		for j := range r.Grades {
			r.Grades[j] = grade
		}
		r.Day, r.Hour, r.Building = 20012, 14+w.rng.IntN(2), fmt.Sprint("b", k%2)
		r.Seconds = 16 + w.rng.IntN(18)
		if w.rng.Float64() < 0.6 {
			r.Comment = scripts[w.rng.IntN(len(scripts))]
		}
	}
}

// change lets the answers of a committee differ by so many points from those of
// the earlier round.
func change(w *round, points float64) {
	for i := range w.data.Earlier {
		if w.data.Earlier[i].Committee == committeeName(0) {
			w.data.Earlier[i].Mean -= points
		}
	}
}

// everywhere lets all committees rise alike.
func everywhere(w *round) {
	for i := range w.data.Earlier {
		w.data.Earlier[i].Mean -= 8
	}
}

// rounded takes every k-th noted minute and open number of the first interviewer
// to a multiple of five.
func rounded(w *round, k int) {
	n := 0
	for i := range w.data.Attempts {
		a := &w.data.Attempts[i]
		if a.Interviewer != interviewerName(0) {
			continue
		}
		if n++; n%k == 0 {
			a.At -= int64(a.Minute%5) * 60
			a.Minute -= a.Minute % 5
		}
	}
	for j, i := range w.own() {
		if r := &w.data.Responses[i]; j%k == 0 {
			for v := range r.Numbers {
				r.Numbers[v] = 5 * math.Round(r.Numbers[v]/5)
			}
		}
	}
}

// allRound is a habit of all: every third visit is noted to the five minutes.
func allRound(w *round) {
	for i := range w.data.Attempts {
		if a := &w.data.Attempts[i]; i%3 == 0 {
			a.At -= int64(a.Minute%5) * 60
			a.Minute -= a.Minute % 5
		}
	}
}
