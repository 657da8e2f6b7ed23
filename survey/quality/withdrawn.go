package quality

import (
	"cmp"
	"math"
	"slices"
)

// withdrawer is an interviewer or a committee with its answers, kept and
// withdrawn. Levels are those of answers that have one, less the mean of their
// committee over both.
type withdrawer struct {
	test       Test
	n, gone    int
	kept, lost []float64
	apart      float64 // mean level, against that of the round
}

// withdrawals tests who withdraws. A withdrawal is made with the receipt, and a
// receipt can be kept by whoever saw it: the evaluator on the phone, a committee
// that collects them. The first tests ask whether more of a unit's answers were
// withdrawn than of all others (Fisher's exact test, one-sided): interviewers
// against the interviews of the others, committees against all other answers.
// The second ask whether the withdrawn answers of a unit lie below or above its
// kept ones (Wilcoxon's rank sum, exact, two-sided), so that low answers
// withdrawn and high ones are noticed alike. A unit with fewer than Cell
// withdrawals is never a finding, and has no test of level. No test names an
// answer: the act is the unit's, not the resident's.
func (x *indexed) withdrawals() (count, level []Test) {
	people, places, all, interviews := x.withdrawers()
	for _, u := range people {
		pool := interviews
		if pool[0]-u.n < x.rules.Least { // nobody else interviews
			pool = all
		}
		count, level = u.tests(pool, x.rules, count, level)
	}
	for _, u := range places {
		count, level = u.tests(all, x.rules, count, level)
	}
	return count, level
}

// withdrawers groups kept and withdrawn answers by interviewer and by committee.
// all and interviews count answers, and of these the withdrawn.
func (x *indexed) withdrawers() (people, places []*withdrawer, all, interviews [2]int) {
	by := map[string]*withdrawer{}
	of := func(list *[]*withdrawer, t Test) *withdrawer {
		key := string(t.Kind) + "/" + t.Unit
		if by[key] == nil {
			by[key] = &withdrawer{test: t}
			*list = append(*list, by[key])
		}
		return by[key]
	}
	around, overall := x.around()
	each := func(r *Response, gone int) {
		c := of(&places, Test{Detector: Withdrawn, Kind: Committee, Unit: r.Committee, Committee: r.Committee, Day: -1, Hour: -1})
		m := mean(r.Grades)
		c.apart = around[r.Committee] - overall
		c.add(m, m-around[r.Committee], gone)
		all[0], all[1] = all[0]+1, all[1]+gone
		if r.Interviewer == "" {
			return
		}
		u := of(&people, interviewerTest(Withdrawn, r.Interviewer))
		u.add(m, m-around[r.Committee], gone)
		interviews[0], interviews[1] = interviews[0]+1, interviews[1]+gone
	}
	for i := range x.Responses {
		each(&x.Responses[i], 0)
	}
	for i := range x.Withdrawn {
		each(&x.Withdrawn[i], 1)
	}
	order := func(a, b *withdrawer) int { return cmp.Compare(a.test.Unit, b.test.Unit) }
	slices.SortFunc(people, order)
	slices.SortFunc(places, order)
	return people, places, all, interviews
}

// around gives the mean level of each committee and of all, kept and withdrawn.
func (x *indexed) around() (committee map[string]float64, overall float64) {
	committee, n := map[string]float64{}, map[string]int{}
	total := 0
	for _, list := range [][]Response{x.Responses, x.Withdrawn} {
		for i := range list {
			if m := mean(list[i].Grades); m > 0 {
				committee[list[i].Committee] += m
				n[list[i].Committee]++
				overall, total = overall+m, total+1
			}
		}
	}
	for c, k := range n {
		committee[c] /= float64(k)
	}
	return committee, overall / math.Max(float64(total), 1)
}

func (u *withdrawer) add(mean, level float64, gone int) {
	u.n, u.gone = u.n+1, u.gone+gone
	switch {
	case mean == 0:
	case gone == 1:
		u.lost = append(u.lost, level)
	default:
		u.kept = append(u.kept, level)
	}
}

// tests adds those of a unit; pool counts the answers, and the withdrawn ones,
// among which it is looked at.
func (u *withdrawer) tests(pool [2]int, r Rules, count, level []Test) (_, _ []Test) {
	if u.n < r.Least || pool[0]-u.n < r.Least {
		return count, level
	}
	t := u.test
	t.Side = u.side()
	t.N, t.Hits, t.P = u.n, float64(u.gone), 1
	t.Expected = float64(u.n) * float64(pool[1]-u.gone) / float64(pool[0]-u.n)
	if u.gone >= r.Cell {
		t.P = hypergeometricTail(u.gone, pool[0], pool[1], u.n)
	}
	count = append(count, t)
	if len(u.lost) < r.Cell || len(u.kept) < r.Cell {
		return count, level
	}
	t.Detector, t.N = WithdrawnLevel, len(u.lost)
	t.Hits, t.Expected = lowerHalf(u.lost, u.kept), float64(len(u.lost))/2
	t.P = rankSum(u.lost, u.kept)
	return count, append(level, t)
}

// side is where the withdrawn answers lie against the kept ones; of a unit
// without both, where its answers lie.
func (u *withdrawer) side() Side {
	d := u.apart
	if len(u.lost) > 0 && len(u.kept) > 0 {
		d = average(u.lost) - average(u.kept)
	} else if u.test.Kind == Interviewer {
		d = average(u.kept) + average(u.lost)
	}
	if d < 0 {
		return Low
	}
	return High
}

func average(v []float64) float64 {
	sum := 0.0
	for _, x := range v {
		sum += x
	}
	return sum / math.Max(float64(len(v)), 1)
}

// lowerHalf counts those of a list that lie in the lower half of both lists
// together; one on the middle counts half.
func lowerHalf(some, others []float64) float64 {
	all := slices.Concat(some, others)
	middle, sum := median(all), 0.0
	for _, v := range some {
		switch {
		case v < middle:
			sum++
		case v == middle:
			sum += 0.5
		}
	}
	return sum
}
