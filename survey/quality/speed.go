package quality

import "slices"

// asked is how long the graded items of an interview take at the least, in
// seconds: their characters at the greatest speed of reading, aloud where an
// evaluator asks, silent where the resident reads.
func (x *indexed) least(r *Response) float64 {
	chars := 0
	for _, c := range x.Characters {
		chars += c
	}
	return float64(chars) / x.speed(r)
}

func (x *indexed) speed(r *Response) float64 {
	if r.Interviewer != "" {
		return x.rules.ReadAloud
	}
	return x.rules.ReadSilent
}

// hurried tests the interviewers, and the committees where residents answered
// alone, for the share of their answers for which hit holds, among those for
// which known does.
func (x *indexed) hurried(name Detector, known, hit func(*Response) bool) []Test {
	var list []share
	add := func(t Test, rows []int) {
		s := share{test: t, floor: x.rules.FastShare}
		var hits []int
		for _, i := range rows {
			r := &x.Responses[i]
			if !known(r) {
				continue
			}
			s.n++
			if hit(r) {
				hits = append(hits, i)
			}
		}
		if s.n < x.rules.Least {
			return
		}
		s.hits, s.test.Responses = len(hits), x.ids(hits)
		list = append(list, s)
	}
	for _, g := range x.interviewers {
		add(interviewerTest(name, g.key), g.rows)
	}
	for _, g := range x.committees {
		alone := slices.DeleteFunc(slices.Clone(g.rows), func(i int) bool { return x.Responses[i].Interviewer != "" })
		add(Test{Detector: name, Kind: Committee, Unit: g.key, Committee: g.key, Day: -1, Hour: -1}, alone)
	}
	// Residents rush more often than evaluators may: each kind is compared with
	// its own kind.
	people := slices.IndexFunc(list, func(s share) bool { return s.test.Kind == Committee })
	if people < 0 {
		people = len(list)
	}
	pooled(list[:people])
	pooled(list[people:])
	return slices.Concat(excess(list[:people]), excess(list[people:]))
}

// tooFast: interviews shorter than their questions can be read at all. A fast
// but honest evaluator stays above; the share that is innocent (a clock, a sheet
// typed in later) is the rule book's, or that of the others where they are more.
// Who has the phone send no length, or calls an interview one on paper without the
// form that two others enter, would be spared by that; where most interviews have a
// length, one without counts as too short.
func (x *indexed) tooFast() []Test {
	told, all := 0, 0
	for i := range x.Responses {
		if r := &x.Responses[i]; r.Interviewer != "" {
			if all++; timed(r) {
				told++
			}
		}
	}
	most := 2*told > all
	return x.hurried(TooFast, func(r *Response) bool { return timed(r) || most && r.Interviewer != "" },
		func(r *Response) bool { return !timed(r) || float64(r.Seconds) < x.least(r) })
}

// timed tells whether a response says how long it took.
func timed(r *Response) bool { return r.Seconds > 0 && r.Mode != "paper" }

// tooFastItem: interviews in which at least half of the graded items took less
// time than the rule book's part of what reading takes at that speed (a device
// notes the time of a tap, not of the last word).
func (x *indexed) tooFastItem() []Test {
	return x.hurried(TooFastItem, func(r *Response) bool { return len(r.PerItem) > 0 && r.Mode != "paper" }, func(r *Response) bool {
		fast, n := 0, 0
		for k, sec := range r.PerItem {
			if sec <= 0 || k >= len(x.Characters) {
				continue
			}
			n++
			if sec < x.rules.ItemTime*float64(x.Characters[k])/x.speed(r) {
				fast++
			}
		}
		return n >= 3 && 2*fast >= n
	})
}
