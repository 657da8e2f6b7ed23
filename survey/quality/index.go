package quality

import (
	"cmp"
	"slices"
)

// group is a set of responses that belong together.
type group struct {
	key  string
	rows []int // into Data.Responses, sorted
}

// indexed is a round prepared for the detectors.
type indexed struct {
	*Data
	rules        Rules
	interviewers []group
	committees   []group
	level        []float64 // mean grade of each response, 0 without
	committee    map[string]float64
	overall      float64
	attempts     map[string][]Attempt // by interviewer, in order of time
}

// index sorts a copy of the data, so that nothing depends on its order.
func index(d *Data, r Rules) *indexed {
	c := &Data{Characters: d.Characters, Responses: slices.Clone(d.Responses), Withdrawn: slices.Clone(d.Withdrawn), Attempts: slices.Clone(d.Attempts), Earlier: slices.Clone(d.Earlier)}
	byID := func(a, b Response) int { return cmp.Compare(a.ID, b.ID) }
	slices.SortFunc(c.Responses, byID)
	slices.SortFunc(c.Withdrawn, byID)
	slices.SortFunc(c.Attempts, func(a, b Attempt) int {
		return cmp.Or(cmp.Compare(a.At, b.At), cmp.Compare(a.Building, b.Building), cmp.Compare(a.Minute, b.Minute))
	})
	slices.SortFunc(c.Earlier, func(a, b Earlier) int { return cmp.Compare(a.Committee, b.Committee) })
	x := &indexed{Data: c, rules: r, committee: map[string]float64{}, attempts: map[string][]Attempt{}, level: make([]float64, len(c.Responses))}
	x.interviewers = x.by(func(r *Response) string { return r.Interviewer })
	x.committees = x.by(func(r *Response) string { return r.Committee })
	for i := range c.Responses {
		x.level[i] = mean(c.Responses[i].Grades)
	}
	all, n := 0.0, 0
	for _, g := range x.committees {
		sum, k := 0.0, 0
		for _, i := range g.rows {
			if x.level[i] > 0 {
				sum, k = sum+x.level[i], k+1
			}
		}
		if k > 0 {
			x.committee[g.key] = sum / float64(k)
		}
		all, n = all+sum, n+k
	}
	if n > 0 {
		x.overall = all / float64(n)
	}
	for _, a := range c.Attempts {
		if a.Interviewer != "" {
			x.attempts[a.Interviewer] = append(x.attempts[a.Interviewer], a)
		}
	}
	return x
}

// by groups responses under a key; those under "" belong to no group. Groups
// come in the order of their keys.
func (x *indexed) by(key func(*Response) string) []group {
	at := map[string]int{}
	var out []group
	for i := range x.Responses {
		k := key(&x.Responses[i])
		if k == "" {
			continue
		}
		j, ok := at[k]
		if !ok {
			j = len(out)
			at[k] = j
			out = append(out, group{key: k})
		}
		out[j].rows = append(out[j].rows, i)
	}
	slices.SortFunc(out, func(a, b group) int { return cmp.Compare(a.key, b.key) })
	return out
}

func mean(g []int8) float64 {
	sum, n := 0, 0
	for _, v := range g {
		if v > 0 {
			sum, n = sum+int(v), n+1
		}
	}
	if n == 0 {
		return 0
	}
	return float64(sum) / float64(n)
}

func (x *indexed) ids(rows []int) []string {
	out := make([]string, len(rows))
	for i, r := range rows {
		out[i] = x.Responses[r].ID
	}
	return out
}

// sides fills in the side of tests that have none: that of their answers
// against the mean of the same committees; committees against the round. Equal
// is high, so that a coached top does not hide behind a tie.
func (x *indexed) sides(tests []Test) {
	for k := range tests {
		t := &tests[k]
		if t.Side != "" {
			continue
		}
		sum := 0.0
		add := func(i int) {
			if x.level[i] == 0 {
				return
			}
			around := x.committee[x.Responses[i].Committee]
			if t.Kind == Committee {
				around = x.overall
			}
			sum += x.level[i] - around
		}
		if t.Kind == Interviewer {
			for _, i := range x.rowsOf(t.Unit) {
				add(i)
			}
		} else {
			for _, id := range t.Responses {
				i, _ := slices.BinarySearchFunc(x.Responses, id, func(r Response, id string) int { return cmp.Compare(r.ID, id) })
				add(i)
			}
		}
		t.Side = High
		if sum < 0 {
			t.Side = Low
		}
	}
}

// inCommittee are the rows of a committee.
func (x *indexed) inCommittee(code string) []int {
	i, ok := slices.BinarySearchFunc(x.committees, code, func(g group, k string) int { return cmp.Compare(g.key, k) })
	if !ok {
		return nil
	}
	return x.committees[i].rows
}

func (x *indexed) rowsOf(interviewer string) []int {
	i, ok := slices.BinarySearchFunc(x.interviewers, interviewer, func(g group, k string) int { return cmp.Compare(g.key, k) })
	if !ok {
		return nil
	}
	return x.interviewers[i].rows
}

// interviewerTest is a test of an interviewer without its figures.
func interviewerTest(name Detector, key string) Test {
	return Test{Detector: name, Kind: Interviewer, Unit: key, Day: -1, Hour: -1}
}
