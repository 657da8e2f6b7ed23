package quality

import (
	"maps"
	"math"
	"slices"
)

// slot is an hour of a day; hour −1 stands for the whole day.
type slot struct{ day, hour int }

// bursts: interviews that an interviewer finished within one hour, and on one
// day, far above what is usual at that hour of the day, or on that day of the
// week. Given that an hour (a day) has one, the number in it is taken as negative
// binomial with the mean of all interviewers at that hour (on that weekday) and
// the dispersion around those means, cut off at zero; the busiest hundredth is
// left out of both. The unit's p-value is that of its least likely hour times its
// number of hours, or of its least likely day times its days, the smaller of the
// two doubled (Bonferroni).
func (x *indexed) bursts() []Test {
	count := func(rows []int, hours bool) map[slot]int {
		out := map[slot]int{}
		for _, i := range rows {
			r := &x.Responses[i]
			if r.Hour < 0 || r.Mode == "paper" {
				continue
			}
			s := slot{r.Day, -1}
			if hours {
				s.hour = r.Hour
			}
			out[s]++
		}
		return out
	}
	var all [2]map[int][]int // counts by hour of the day, by day of the week
	for k := range all {
		all[k] = map[int][]int{}
		for _, g := range x.interviewers {
			for s, n := range count(g.rows, k == 0) {
				all[k][s.kind()] = append(all[k][s.kind()], n)
			}
		}
	}
	usual := [2]calm{newCalm(all[0]), newCalm(all[1])}
	var out []Test
	for _, g := range x.interviewers {
		t := interviewerTest(Burst, g.key)
		t.P = 2
		for k := range usual {
			slots := count(g.rows, k == 0)
			t.N = 0
			for s, n := range slots {
				t.N += n
				mu := usual[k].mean[s.kind()]
				p := min(1, 2*float64(len(slots))*countTail(n, mu, usual[k].phi)/countTail(1, mu, usual[k].phi))
				if p < t.P || (p == t.P && (s.day < t.Day || (s.day == t.Day && s.hour < t.Hour))) {
					t.P, t.Hits, t.Expected, t.Day, t.Hour = p, float64(n), mu, s.day, s.hour
				}
			}
		}
		if t.N < x.rules.Least {
			continue
		}
		rows := slices.DeleteFunc(slices.Clone(g.rows), func(i int) bool {
			r := &x.Responses[i]
			return r.Day != t.Day || (t.Hour >= 0 && r.Hour != t.Hour) || r.Hour < 0 || r.Mode == "paper"
		})
		t.Responses = x.ids(rows)
		out = append(out, t)
	}
	return out
}

// kind is the hour of the day, or of a whole day the day of the week.
func (s slot) kind() int {
	if s.hour >= 0 {
		return s.hour
	}
	return s.day % 7
}

// calm is what is usual: the mean by kind of slot, and the dispersion around
// the means, both without the busiest hundredth of all slots.
type calm struct {
	mean map[int]float64
	phi  float64
}

func newCalm(counts map[int][]int) calm {
	var all []int
	for _, n := range counts {
		all = append(all, n...)
	}
	c := calm{mean: map[int]float64{}, phi: 1}
	if len(all) == 0 {
		return c
	}
	slices.Sort(all)
	top := all[len(all)-1-len(all)/100]
	sum, n := 0.0, 0
	for _, kind := range slices.Sorted(maps.Keys(counts)) {
		m, k := 0, 0
		for _, v := range counts[kind] {
			if v <= top {
				m, k = m+v, k+1
			}
		}
		// A kind that is seldom seen is drawn towards one a slot by one slot.
		c.mean[kind] = float64(m+1) / float64(k+1)
		for _, v := range counts[kind] {
			if v <= top {
				d := float64(v) - c.mean[kind]
				sum, n = sum+d*d/c.mean[kind], n+1
			}
		}
	}
	c.phi = max(1, sum/float64(n))
	return c
}

// routes: two doors of different buildings within less time than it takes to
// go from one to the other. Innocent: notes that were made later; so the share
// is compared with that of the other interviewers, at least FastShare.
func (x *indexed) routes() []Test {
	return x.tried(Route, x.rules.FastShare, func(list []Attempt) (hits, n int) {
		var last *Attempt
		for i := range list {
			a := &list[i]
			if !a.Door || a.Building == "" {
				continue
			}
			if last != nil && (last.Building != a.Building || last.Committee != a.Committee) {
				n++
				if a.At-last.At < x.rules.RouteSeconds {
					hits++
				}
			}
			last = a
		}
		return hits, n
	})
}

// hours: visits, calls and interviews at hours in which nobody is visited.
func (x *indexed) hours() []Test {
	night := func(hour int) bool { return hour < x.rules.FirstHour || hour >= x.rules.LastHour+1 }
	return x.tried(Hours, x.rules.NightShare, func(list []Attempt) (hits, n int) {
		for _, a := range list {
			n++
			if night(a.Minute / 60) {
				hits++
			}
		}
		return hits, n
	})
}

// attempters lists who noted attempts, in the order of their ids.
func (x *indexed) attempters() []string { return slices.Sorted(maps.Keys(x.attempts)) }

// tried tests interviewers by their attempts.
func (x *indexed) tried(name Detector, floor float64, count func([]Attempt) (hits, n int)) []Test {
	var list []share
	for _, key := range x.attempters() {
		s := share{test: interviewerTest(name, key), floor: floor}
		s.hits, s.n = count(x.attempts[key])
		if s.n >= x.rules.Least {
			list = append(list, s)
		}
	}
	pooled(list)
	return excess(list)
}

// distances: visits and interviews at a door that were not at the building, as
// far as the device was allowed to say how far it was. A reading counts as far
// only if the building is out of reach after its error was taken off; one whose
// error is greater than the distance that counts says nothing. Who did not
// consent, or whose phone found no position, is not tested.
func (x *indexed) distances() []Test {
	people := map[string]*share{}
	of := func(key string) *share {
		if people[key] == nil {
			people[key] = &share{test: interviewerTest(Distance, key), floor: x.rules.FarShare}
		}
		return people[key]
	}
	for _, g := range x.interviewers {
		var far []int
		for _, i := range g.rows {
			if r := &x.Responses[i]; r.Mode == "door" {
				says, away := r.Where.far(x.rules.FarMetres)
				if s := of(g.key); says {
					s.n++
				}
				if away {
					far = append(far, i)
				}
			}
		}
		s := of(g.key)
		s.hits, s.test.Responses = len(far), x.ids(far)
	}
	for _, key := range x.attempters() {
		for i := range x.attempts[key] {
			a := &x.attempts[key][i]
			if says, away := a.Where.far(x.rules.FarMetres); a.Door && says {
				s := of(key)
				if s.n++; away {
					s.hits++
				}
			}
		}
	}
	var list []share
	for _, key := range slices.Sorted(maps.Keys(people)) {
		if people[key].n >= x.rules.Least {
			list = append(list, *people[key])
		}
	}
	pooled(list)
	return excess(list)
}

// digits: open numbers that are multiples of five, and times of visits noted to
// the five minutes, more often than the other interviewers'. Who noted no visit
// is looked at by the numbers alone.
func (x *indexed) digits() []Test {
	keys := x.attempters()
	for _, g := range x.interviewers {
		keys = append(keys, g.key)
	}
	slices.Sort(keys)
	var list []share
	for _, key := range slices.Compact(keys) {
		s := share{test: interviewerTest(Digit, key), floor: x.rules.RoundShare}
		for _, a := range x.attempts[key] {
			s.n++
			if a.Minute%5 == 0 {
				s.hits++
			}
		}
		for _, i := range x.rowsOf(key) {
			for _, v := range x.Responses[i].Numbers {
				s.n++
				if math.Mod(v, 5) == 0 {
					s.hits++
				}
			}
		}
		if s.n >= 2*x.rules.Least {
			list = append(list, s)
		}
	}
	pooled(list)
	return excess(list)
}
