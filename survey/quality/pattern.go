package quality

import (
	"cmp"
	"fmt"
	"math"
	"slices"
)

// straightGrade is the grade that a response gives to everything, 0 where it
// differs or has fewer than least graded answers.
func straightGrade(g []int8, least int) int8 {
	var first int8
	n := 0
	for _, v := range g {
		if v == 0 {
			continue
		}
		if first == 0 {
			first = v
		}
		if v != first {
			return 0
		}
		n++
	}
	if n < least {
		return 0
	}
	return first
}

// straight: interviewers whose respondents give one grade to everything, low
// (1, 2) or high (4, 5), more often than the respondents of others in the same
// committees.
func (x *indexed) straight() (low, top []Test) {
	side := func(name Detector, hit func(int8) bool) []Test {
		is := make([]bool, len(x.Responses))
		hits, n := map[string]int{}, map[string]int{}
		allHits := 0
		for i := range x.Responses {
			is[i] = hit(straightGrade(x.Responses[i].Grades, x.rules.StraightItems))
			n[x.Responses[i].Committee]++
			if is[i] {
				hits[x.Responses[i].Committee]++
				allHits++
			}
		}
		var list []share
		for _, g := range x.interviewers {
			if len(g.rows) < x.rules.Least {
				continue
			}
			s := share{test: interviewerTest(name, g.key), n: len(g.rows), floor: 0.5 / float64(len(x.Responses))}
			ownHits, own := map[string]int{}, map[string]int{}
			var rows []int
			for _, i := range g.rows {
				own[x.Responses[i].Committee]++
				if is[i] {
					ownHits[x.Responses[i].Committee]++
					rows = append(rows, i)
				}
			}
			s.hits, s.test.Responses = len(rows), x.ids(rows)
			// Expected: the others' share in each committee, drawn towards that
			// of all others by the weight of twenty interviews.
			pool := without(s.hits, s.n, allHits, len(x.Responses), 1)
			for c, k := range own {
				p := (float64(hits[c]-ownHits[c]) + 20*pool) / (float64(n[c]-k) + 20)
				s.p += p * float64(k) / float64(s.n)
			}
			s.test.Side = Low
			if name == StraightTop {
				s.test.Side = High
			}
			list = append(list, s)
		}
		return excess(list)
	}
	return side(StraightLow, func(g int8) bool { return g == 1 || g == 2 }), side(StraightTop, func(g int8) bool { return g >= 4 })
}

// uniform: answers of one building on one day, and of one committee on one day
// and in one hour, that are all at the top (or all at the bottom) more often than the
// other answers of the committee.
func (x *indexed) uniform() (low, top []Test) {
	cells := x.by(func(r *Response) string {
		if r.Building == "" {
			return ""
		}
		return fmt.Sprintf("%s/%s/%d", r.Committee, r.Building, r.Day)
	})
	buildings := len(cells)
	cells = append(cells, x.by(func(r *Response) string { return fmt.Sprintf("%s//%d", r.Committee, r.Day) })...)
	days := len(cells)
	cells = append(cells, x.by(func(r *Response) string {
		if r.Hour < 0 {
			return ""
		}
		return fmt.Sprintf("%s//%d/%02d", r.Committee, r.Day, r.Hour)
	})...)
	side := func(name Detector, grade int8, s Side) []Test {
		is := make([]bool, len(x.Responses))
		hits, n := map[string]int{}, map[string]int{}
		all := 0
		for i := range x.Responses {
			is[i] = straightGrade(x.Responses[i].Grades, x.rules.StraightItems) == grade
			n[x.Responses[i].Committee]++
			if is[i] {
				hits[x.Responses[i].Committee]++
				all++
			}
		}
		var list []share
		for k, c := range cells {
			if len(c.rows) < x.rules.Cell {
				continue
			}
			first := &x.Responses[c.rows[0]]
			t := Test{Detector: name, Kind: Building, Unit: c.key, Side: s, Committee: first.Committee, Building: first.Building, Day: first.Day, Hour: -1}
			if k >= buildings {
				t.Kind, t.Building = Committee, ""
			}
			if k >= days {
				t.Hour = first.Hour
			}
			var rows []int
			for _, i := range c.rows {
				if is[i] {
					rows = append(rows, i)
				}
			}
			t.Responses = x.ids(rows)
			pool := without(len(rows), len(c.rows), all, len(x.Responses), 1)
			p := (float64(hits[t.Committee]-len(rows)) + 20*pool) / (float64(n[t.Committee]-len(c.rows)) + 20)
			list = append(list, share{test: t, hits: len(rows), n: len(c.rows), p: p, floor: 0.5 / float64(len(x.Responses))})
		}
		return excess(list)
	}
	return side(UniformLow, 1, Low), side(UniformTop, 5, High)
}

// variances: an interviewer whose respondents differ less from one another, or
// whose answers differ less within a questionnaire, than those of others. Both
// logarithms of variances are compared with the others' by
//
//	z = (ln s² − ln σ²) / sqrt((κ − 1)/n),
//
// κ the kurtosis of all (Layard 1973, JASA 68:195-198), spread between
// interviewers included, by Student's t; p is the smaller of the two, doubled.
func (x *indexed) variances() []Test {
	type measure struct{ value [2][]float64 } // deviation of level, spread within
	per := make([]measure, len(x.interviewers))
	var all [2][]float64
	for j, g := range x.interviewers {
		for _, i := range g.rows {
			r := &x.Responses[i]
			if x.level[i] == 0 {
				continue
			}
			dev := x.level[i] - x.committee[r.Committee]
			ss := 0.0
			for _, v := range r.Grades {
				if v > 0 {
					d := float64(v) - x.level[i]
					ss += d * d
				}
			}
			per[j].value[0], per[j].value[1] = append(per[j].value[0], dev), append(per[j].value[1], math.Sqrt(ss))
			all[0], all[1] = append(all[0], dev), append(all[1], math.Sqrt(ss))
		}
	}
	var tests []Test
	var z [2][]float64
	var sigma2, kurtosis [2]float64
	for k := range all {
		_, sigma2[k], kurtosis[k] = moments(all[k])
	}
	for j, g := range x.interviewers {
		if len(per[j].value[0]) < 2*x.rules.Least {
			continue
		}
		for k := range z {
			z[k] = append(z[k], spread(per[j].value[k], sigma2[k], kurtosis[k]))
		}
		t := interviewerTest(Variance, g.key)
		t.N, t.Responses = len(per[j].value[0]), x.ids(g.rows)
		_, own, _ := moments(per[j].value[0])
		t.Hits, t.Expected = 25*math.Sqrt(own), 25*math.Sqrt(sigma2[0]) // in points of 0–100
		tests = append(tests, t)
	}
	for k := range z {
		z2 := make([]float64, len(z[k]))
		middle := median(z[k])
		for i := range z[k] {
			z[k][i] -= middle
			z2[i] = z[k][i] * z[k][i]
		}
		phi := math.Sqrt(dispersion(z2))
		for i := range tests {
			p := studentTail(-z[k][i]/phi, len(tests))
			if k == 0 || p < tests[i].P {
				tests[i].P = p
			}
		}
	}
	for i := range tests {
		tests[i].P = math.Min(1, 2*tests[i].P)
	}
	return tests
}

// spread is the z-value of the variance of own against that of all, which have
// the kurtosis. A variance of nothing is taken as that of a rounding error.
func spread(own []float64, sigma2, kurtosis float64) float64 {
	_, s2, _ := moments(own)
	if sigma2 == 0 {
		return 0
	}
	return math.Log(math.Max(s2, 1e-4*sigma2)/sigma2) / math.Sqrt((kurtosis-1)/float64(len(own)))
}

func moments(v []float64) (mean, variance, kurtosis float64) {
	n := float64(len(v))
	if n < 2 {
		return 0, 0, 3
	}
	for _, x := range v {
		mean += x
	}
	mean /= n
	m2, m4 := 0.0, 0.0
	for _, x := range v {
		d := (x - mean) * (x - mean)
		m2, m4 = m2+d, m4+d*d
	}
	if m2 == 0 {
		return mean, 0, 3
	}
	return mean, m2 / (n - 1), math.Max(1.5, n*m4/(m2*m2))
}

func median(v []float64) float64 {
	if len(v) == 0 {
		return 0
	}
	s := slices.Clone(v)
	slices.Sort(s)
	if n := len(s); n%2 == 0 {
		return (s[n/2-1] + s[n/2]) / 2
	}
	return s[len(s)/2]
}

// levels: committees whose mean has changed since the earlier round more than
// sampling and the usual spread of changes allow:
//
//	t = (d − median d) / (sqrt(se² + se₀²) √φ), two-sided by Student's t,
//
// φ the dispersion of the squared standardised changes of all committees, at least
// 1, estimated from the smaller nine tenths.
func (x *indexed) levels() []Test {
	var tests []Test
	var d, se []float64
	for _, e := range x.Earlier {
		i, ok := slices.BinarySearchFunc(x.committees, e.Committee, func(g group, k string) int { return cmp.Compare(g.key, k) })
		if !ok {
			continue
		}
		var v []float64
		for _, r := range x.committees[i].rows {
			if x.level[r] > 0 {
				v = append(v, 25*(x.level[r]-1))
			}
		}
		if len(v) < x.rules.Least {
			continue
		}
		m, s2, _ := moments(v)
		d, se = append(d, m-e.Mean), append(se, math.Sqrt(s2/float64(len(v))+e.SE*e.SE))
		tests = append(tests, Test{Detector: Level, Kind: Committee, Unit: e.Committee, Committee: e.Committee, Day: -1, Hour: -1, N: len(v), Hits: m, Expected: e.Mean,
			Responses: x.ids(x.committees[i].rows)})
	}
	if len(tests) < 5 {
		return nil // what is usual is not known
	}
	middle := median(d)
	z2 := make([]float64, len(d))
	for i := range d {
		d[i] -= middle
		if se[i] > 0 {
			z2[i] = d[i] * d[i] / (se[i] * se[i])
		}
	}
	phi := math.Sqrt(dispersion(z2))
	for i := range tests {
		t := &tests[i]
		t.Expected += middle
		t.P, t.Side = 1, High
		if se[i] > 0 {
			t.P = math.Min(1, 2*studentTail(math.Abs(d[i])/(se[i]*phi), len(tests)))
		}
		if d[i] < 0 {
			t.Side = Low
		}
	}
	return tests
}
