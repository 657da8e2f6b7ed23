package quality

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"unicode"
)

// mostOutsiders bounds with how many others a response is compared to learn
// how common its pattern is.
const mostOutsiders = 400

// repeats tests groups for responses that repeat an earlier one of the same
// group. What is common by chance is learnt from the same responses: F(r) is
// the share of outsiders that r repeats too, so that a pattern everybody gives
// (all fours, "no comment") raises no alarm, however short the form. With k
// earlier members, r repeats one by chance with probability 1 − (1 − F)^k; the
// sum over the group is the mean of its count. Groups resemble themselves a
// little more than outsiders do (one interviewer, one quarter), so the mean is
// multiplied by the median ratio of all groups, and the variance by their
// dispersion. The count is then negative binomial (Poisson at dispersion 1).
func (x *indexed) repeats(groups []group, outsiders func(group) []int, same func(a, b int) bool, test func(group) Test) []Test {
	var tests []Test
	for _, g := range groups {
		out := thin(outsiders(g))
		if len(out) < 20 {
			continue
		}
		mu := 0.0
		var hits []int
		for k, r := range g.rows {
			common := 0
			for _, o := range out {
				if same(r, o) {
					common++
				}
			}
			f := (float64(common) + 0.1) / (float64(len(out)) + 0.2)
			if f > x.rules.CommonShare {
				continue
			}
			mu -= math.Expm1(float64(k) * math.Log1p(-f))
			for _, e := range g.rows[:k] {
				if same(r, e) {
					hits = append(hits, r)
					break
				}
			}
		}
		t := test(g)
		t.N, t.Hits, t.Expected, t.Responses = len(g.rows), float64(len(hits)), mu, x.ids(x.withTwins(g, hits, same))
		tests = append(tests, t)
	}
	var ratio, z2 []float64
	for _, t := range tests {
		if t.Expected >= 1 {
			ratio = append(ratio, t.Hits/t.Expected)
		}
	}
	scale := 1.0
	if len(ratio) > 0 {
		scale = math.Max(1, median(ratio))
	}
	for i := range tests {
		t := &tests[i]
		t.Expected *= scale
		z2 = append(z2, (t.Hits-t.Expected)*(t.Hits-t.Expected)/math.Max(t.Expected, 0.5))
	}
	phi := dispersion(z2)
	for i := range tests {
		tests[i].P = countTail(int(tests[i].Hits), tests[i].Expected, phi)
	}
	return tests
}

// withTwins adds the earlier responses that the hits repeat.
func (x *indexed) withTwins(g group, hits []int, same func(a, b int) bool) []int {
	if len(hits) == 0 {
		return nil
	}
	out := slices.Clone(hits)
	for _, r := range g.rows {
		if !slices.Contains(hits, r) && slices.ContainsFunc(hits, func(h int) bool { return same(h, r) }) {
			out = append(out, r)
		}
	}
	slices.Sort(out)
	return out
}

// thin takes at most mostOutsiders rows, evenly.
func thin(rows []int) []int {
	if len(rows) <= mostOutsiders {
		return rows
	}
	out := make([]int, mostOutsiders)
	for i := range out {
		out[i] = rows[i*len(rows)/mostOutsiders]
	}
	return out
}

// thinWithout is thin of the rows of all that are not among some, without making
// the list of them; some is a sorted part of all.
func thinWithout(all, some []int) []int {
	n := len(all) - len(some)
	out := make([]int, min(n, mostOutsiders))
	gone := 0 // of some, before the next one taken
	at := make([]int, len(some))
	for k, row := range some {
		at[k], _ = slices.BinarySearch(all, row)
	}
	for i := range out {
		j := i
		if n > mostOutsiders {
			j = i * n / mostOutsiders
		}
		for gone < len(at) && at[gone] <= j+gone {
			gone++
		}
		out[i] = all[j+gone]
	}
	return out
}

// duplicates: near-copies within an interviewer. Two questionnaires are
// near-copies when MatchShare of their graded items are equal, "no opinion"
// included (Kuriakose & Robbins 2016 propose 0.85); that many match by chance on
// short forms (Simmons, Mercer, Schwarzer & Kennedy 2016), hence the null model
// of repeats. Outsiders are the other interviewers' answers in the same
// committees, or all others' where those are few.
func (x *indexed) duplicates() []Test {
	k := len(x.Characters)
	if k < 5 {
		return nil
	}
	need := int(math.Ceil(x.rules.MatchShare*float64(k) - 1e-9))
	same := func(a, b int) bool {
		ga, gb := x.Responses[a].Grades, x.Responses[b].Grades
		miss := k - need
		for i := range ga {
			if ga[i] != gb[i] {
				if miss--; miss < 0 {
					return false
				}
			}
		}
		return true
	}
	groups := slices.DeleteFunc(slices.Clone(x.interviewers), func(g group) bool { return len(g.rows) < x.rules.Least })
	everybody := make([]int, len(x.Responses))
	for i := range everybody {
		everybody[i] = i
	}
	return x.repeats(groups, func(g group) []int {
		var near []int
		seen := map[string]bool{}
		for _, i := range g.rows {
			if c := x.Responses[i].Committee; !seen[c] {
				seen[c] = true
				near = append(near, x.inCommittee(c)...)
			}
		}
		near = slices.DeleteFunc(near, func(i int) bool { return x.Responses[i].Interviewer == g.key })
		slices.Sort(near)
		if len(near) >= 100 {
			return near
		}
		mine := slices.Concat(near, g.rows)
		slices.Sort(mine)
		return append(near, thinWithout(everybody, mine)...)
	}, same, func(g group) Test { return interviewerTest(Duplicate, g.key) })
}

// phrases: comments of an interviewer, of a building, or of a committee on one
// day, that say the same.
// Comments are compared without spaces and punctuation; those of fewer than six
// characters say nothing.
func (x *indexed) phrases() []Test {
	type shingled struct{ grams []uint64 }
	text := make([]shingled, len(x.Responses))
	for i := range x.Responses {
		text[i].grams = shingles(x.Responses[i].Comment)
	}
	said := func(rows []int) []int {
		return slices.DeleteFunc(slices.Clone(rows), func(i int) bool { return text[i].grams == nil })
	}
	same := func(a, b int) bool { return jaccard(text[a].grams, text[b].grams) >= x.rules.PhraseMatch }
	collect := func(groups []group) []group {
		var out []group
		for _, g := range groups {
			if g.rows = said(g.rows); len(g.rows) >= x.rules.Cell {
				out = append(out, g)
			}
		}
		return out
	}
	var everybody []int
	for i := range x.Responses {
		if text[i].grams != nil {
			everybody = append(everybody, i)
		}
	}
	outside := func(g group) []int { return thinWithout(everybody, g.rows) }
	people := x.repeats(collect(x.interviewers), outside, same, func(g group) Test { return interviewerTest(Phrase, g.key) })
	places := func(key func(*Response) string) []Test {
		return x.repeats(collect(x.by(key)), outside, same, func(g group) Test {
			r := &x.Responses[g.rows[0]]
			t := Test{Detector: Phrase, Kind: Building, Unit: g.key, Committee: r.Committee, Building: r.Building, Day: -1, Hour: -1}
			if strings.Contains(g.key, "//") {
				t.Kind, t.Building, t.Day = Committee, "", r.Day
			}
			return t
		})
	}
	houses := places(func(r *Response) string {
		if r.Building == "" {
			return ""
		}
		return r.Committee + "/" + r.Building
	})
	days := places(func(r *Response) string { return fmt.Sprintf("%s//%d", r.Committee, r.Day) })
	return slices.Concat(people, houses, days)
}

// shingles are the pairs of neighbouring units of a text, sorted, or nil for a
// text of fewer than six letters. A unit is a Chinese character, or a word of
// other letters: pairs of Latin letters are so few that long texts share most.
func shingles(s string) []uint64 {
	var units []uint64
	letters, inWord := 0, false
	for _, r := range strings.ToLower(s) {
		switch {
		case !unicode.IsLetter(r) && !unicode.IsDigit(r):
			inWord = false
			continue
		case unicode.Is(unicode.Han, r):
			units, inWord = append(units, uint64(r)), false
		case inWord:
			w := &units[len(units)-1]
			*w = (*w*16777619 ^ uint64(r)) & 0xffffffff
		default:
			units, inWord = append(units, uint64(r)|1<<31), true
		}
		letters++
	}
	if letters < 6 {
		return nil
	}
	if len(units) == 1 {
		return units
	}
	out := make([]uint64, 0, len(units)-1)
	for i := 1; i < len(units); i++ {
		out = append(out, units[i-1]<<32|units[i])
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// jaccard is the share of common elements of two sorted sets.
func jaccard(a, b []uint64) float64 {
	common, i, j := 0, 0, 0
	for i < len(a) && j < len(b) {
		switch {
		case a[i] == b[j]:
			common, i, j = common+1, i+1, j+1
		case a[i] < b[j]:
			i++
		default:
			j++
		}
	}
	if common == 0 {
		return 0
	}
	return float64(common) / float64(len(a)+len(b)-common)
}

// signals: residents who said that they were pressed or told what to answer.
// No test: each counts, and only auditors see it.
func (x *indexed) signals() []Test {
	var out []Test
	for _, g := range x.committees {
		t := Test{Detector: Signal, Kind: Committee, Unit: g.key, Committee: g.key, Day: -1, Hour: -1, N: len(g.rows), P: 1, Q: 1, Flagged: true}
		var rows []int
		for _, i := range g.rows {
			if x.Responses[i].Signalled {
				rows = append(rows, i)
			}
		}
		if len(rows) == 0 {
			continue
		}
		t.Hits, t.Responses = float64(len(rows)), x.ids(rows)
		out = append(out, t)
	}
	return out
}
