package quality

import (
	"maps"
	"math"
	"slices"
)

// slot is an hour of a day; hour −1 stands for the whole day.
type slot struct{ day, hour int }

// bursts: the most interviews that an interviewer finished within one hour, and
// on one day. Given that an hour (a day) has one, the number in it is taken as
// negative binomial, with the mean and dispersion of all interviewers' hours
// (the busiest twentieth left out), cut off at zero. The unit's p-value is that
// of its busiest hour times its number of hours, or of its busiest day times its
// days, the smaller of the two doubled (Bonferroni).
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
	var usual [2][]int
	for _, g := range x.interviewers {
		for k := range usual {
			for _, n := range count(g.rows, k == 0) {
				usual[k] = append(usual[k], n)
			}
		}
	}
	var mu, phi [2]float64
	for k := range usual {
		mu[k], phi[k] = calm(usual[k])
	}
	var out []Test
	for _, g := range x.interviewers {
		t := interviewerTest(Burst, g.key)
		t.P = 1
		for k := range usual {
			slots := count(g.rows, k == 0)
			at, total := busiest(slots)
			if t.N = total; total < x.rules.Least {
				break
			}
			p := min(1, 2*float64(len(slots))*countTail(slots[at], mu[k], phi[k])/countTail(1, mu[k], phi[k]))
			if k == 0 || p < t.P {
				t.P, t.Hits, t.Expected, t.Day, t.Hour = p, float64(slots[at]), mu[k], at.day, at.hour
			}
		}
		if t.N < x.rules.Least {
			continue
		}
		rows := slices.DeleteFunc(slices.Clone(g.rows), func(i int) bool {
			r := &x.Responses[i]
			return r.Day != t.Day || (t.Hour >= 0 && r.Hour != t.Hour) || r.Mode == "paper"
		})
		t.Responses = x.ids(rows)
		out = append(out, t)
	}
	return out
}

// calm is the mean and the dispersion of counts without the busiest twentieth.
func calm(n []int) (mu, phi float64) {
	slices.Sort(n)
	n = n[:len(n)-len(n)/20]
	if len(n) == 0 {
		return 1, 1
	}
	for _, v := range n {
		mu += float64(v)
	}
	mu /= float64(len(n))
	for _, v := range n {
		phi += (float64(v) - mu) * (float64(v) - mu)
	}
	return mu, max(1, phi/float64(len(n))/mu)
}

func busiest(slots map[slot]int) (at slot, total int) {
	most := 0
	for s, n := range slots {
		total += n
		if n > most || (n == most && (s.day < at.day || (s.day == at.day && s.hour < at.hour))) {
			most, at = n, s
		}
	}
	return at, total
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

// distances: interviews that were not held at the building, as far as the
// device was allowed to say how far it was.
func (x *indexed) distances() []Test {
	var list []share
	for _, g := range x.interviewers {
		s := share{test: interviewerTest(Distance, g.key), floor: x.rules.FarShare}
		var far []int
		for _, i := range g.rows {
			if r := &x.Responses[i]; r.Mode == "door" && r.Distance >= 0 {
				s.n++
				if r.Distance > x.rules.FarMetres {
					far = append(far, i)
				}
			}
		}
		if s.n < x.rules.Least {
			continue
		}
		s.hits, s.test.Responses = len(far), x.ids(far)
		list = append(list, s)
	}
	pooled(list)
	return excess(list)
}

// digits: open numbers that are multiples of five, and times of visits noted to
// the five minutes, more often than the other interviewers'.
func (x *indexed) digits() []Test {
	var list []share
	for _, key := range x.attempters() {
		s := share{test: interviewerTest(Digit, key), floor: 0.2}
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
