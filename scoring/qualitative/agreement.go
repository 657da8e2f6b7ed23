package qualitative

import (
	"slices"
	"strings"

	"gongping/scoring/rater"
)

// Pair is what two coders, blind to each other, said of a comment.
type Pair struct {
	First, Second []Code
	// Proposed tells that the model's proposal was shown to both. A part is coded
	// without it, so that agreement with the machine is not taken for agreement
	// between people.
	Proposed bool
}

// Agreement is how far two coders agree on one thing.
type Agreement struct {
	Key      string // topic id, or one of the keys below
	N        int    // comments coded by two
	Yes      int    // times it was given, by either coder
	Observed float64
	// Kappa is Cohen's with its 95% interval, Alpha Krippendorff's (nominal).
	// OK is false where they are not defined: nobody, or everybody, gave it.
	OK                   bool
	Kappa, Lo, Hi, Alpha float64
}

// The keys of agreements that are not about one topic.
const (
	OnMatter   = "matter"   // of topics that both gave: whose matter
	OnPolarity = "polarity" // of topics that both gave: how
	OnCause    = "cause"    // of comments: none, within, outside, for what is blamed
	OnAny      = "any"      // yes and no of all topics, pooled
	Shown      = "shown"    // the same where the proposal was shown
	Blank      = "blank"    // and where it was not
)

// Agreements computes the agreement on every topic that was ever given, and on
// what the keys name, from comments coded by two. The third coder, who is asked
// only where two differ, does not enter: that would be no random sample of
// comments.
func Agreements(pairs []Pair) []Agreement {
	topics := map[string]bool{}
	for _, p := range pairs {
		for _, c := range append(slices.Clone(p.First), p.Second...) {
			topics[c.Topic] = true
		}
	}
	names := make([]string, 0, len(topics))
	for t := range topics {
		names = append(names, t)
	}
	slices.Sort(names)
	pooled := map[bool][][2]int{}
	var out []Agreement
	for _, t := range names {
		var list [][2]int
		for _, p := range pairs {
			v := [2]int{at01(has(p.First, t)), at01(has(p.Second, t))}
			list = append(list, v)
			pooled[p.Proposed] = append(pooled[p.Proposed], v)
		}
		out = append(out, agree(t, list, 2))
	}
	var matters, polarities, causes [][2]int
	for _, p := range pairs {
		causes = append(causes, [2]int{causeClass(p.First), causeClass(p.Second)})
		for _, a := range p.First {
			for _, b := range p.Second {
				if a.Topic == b.Topic {
					matters = append(matters, [2]int{slices.Index(Matters, a.Matter), slices.Index(Matters, b.Matter)})
					polarities = append(polarities, [2]int{a.Polarity + 1, b.Polarity + 1})
				}
			}
		}
	}
	return append(out, agree(OnAny, append(slices.Clone(pooled[true]), pooled[false]...), 2), agree(Shown, pooled[true], 2), agree(Blank, pooled[false], 2),
		agree(OnPolarity, polarities, polarions), agree(OnMatter, matters, len(Matters)), agree(OnCause, causes, len(causeNames)))
}

func has(codes []Code, topic string) bool {
	return slices.ContainsFunc(codes, func(c Code) bool { return c.Topic == topic })
}

var causeNames = []Cause{NoCause, WithinRemit, OutsideRemit}

func causeClass(codes []Code) int {
	c, _ := CauseOf(codes, Negative)
	return slices.Index(causeNames, c)
}

// CauseTable counts pairs by where the first and the second coder place the
// cause of what is blamed: none, committee, outside. Kappa of it stands beside
// every score that an attribution moves.
func CauseTable(pairs []Pair) [][]int {
	t := make([][]int, len(causeNames))
	for i := range t {
		t[i] = make([]int, len(causeNames))
	}
	for _, p := range pairs {
		t[causeClass(p.First)][causeClass(p.Second)]++
	}
	return t
}

// agree computes the coefficients of two raters on k categories.
func agree(key string, list [][2]int, k int) Agreement {
	a := Agreement{Key: key, N: len(list)}
	if len(list) == 0 {
		return a
	}
	table := square(k)
	m := rater.Matrix{}
	same := 0
	for _, v := range list {
		table[v[0]][v[1]]++
		m.Value = append(m.Value, []float64{float64(v[0]), float64(v[1])})
		same += at01(v[0] == v[1])
		a.Yes += at01(v[0] > 0 || v[1] > 0)
	}
	a.Observed = float64(same) / float64(len(list))
	kappa, err := rater.CohenKappa(table, rater.Unweighted)
	if err != nil {
		return a
	}
	alpha, err := rater.Krippendorff(m, rater.Nominal)
	if err != nil {
		return a
	}
	a.OK, a.Kappa, a.Alpha = true, kappa.Value, alpha.Value
	a.Lo, a.Hi = max(kappa.Lower, -1), min(kappa.Upper, 1) // the normal interval may leave the scale
	return a
}

// Usual says in one word how far coders agree (Landis & Koch 1977), for pages:
// poor, slight, fair, moderate, substantial, nearly perfect.
func Usual(kappa float64) string {
	for i, limit := range []float64{0, 0.2, 0.4, 0.6, 0.8} {
		if kappa <= limit {
			return strings.Fields("poor slight fair moderate substantial")[i]
		}
	}
	return "perfect"
}
