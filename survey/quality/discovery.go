package quality

import (
	"cmp"
	"slices"

	"gongping/survey/frame/canon"
)

// discover flags the tests of one detector by the step-up procedure of
// Benjamini & Hochberg 1995, JRSS B 57:289-300: with m p-values in ascending
// order, the first k are findings, k the greatest with p(k) ≤ k·alpha/m. The
// expected share of false ones among the findings is at most alpha (for
// independent or positively dependent tests), and where all are innocent, so is
// the chance of any. Q is the adjusted p-value. It returns how many it flagged.
func discover(tests []Test, alpha float64) int {
	order := make([]int, len(tests))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int {
		return cmp.Or(cmp.Compare(tests[a].P, tests[b].P), cmp.Compare(tests[a].Unit, tests[b].Unit))
	})
	q, m, n := 1.0, float64(len(tests)), 0
	for k := len(order) - 1; k >= 0; k-- {
		t := &tests[order[k]]
		q = min(q, t.P*m/float64(k+1))
		t.Q = q
		if t.Flagged = q <= alpha; t.Flagged {
			n++
		}
	}
	return n
}

// PairTag is the domain of the tickets by which counterparts are drawn.
const PairTag = "gongping/quality/pair/v1"

// Match is a finding with the unit that is looked at with it on the other
// side. Counterpart is −1 where the other side has no unit left.
type Match struct{ Finding, Counterpart int } // into Report.Tests

// Pair draws for each finding a unit of the same family that was tested and not
// flagged, on the other side, by the smallest ticket under the seed. Families
// are detectors; the two straight-lining detectors, and the two uniform ones,
// are one family each. No unit serves twice.
func Pair(r *Report, seed string) []Match {
	type candidate struct {
		at     int
		ticket canon.Sum
	}
	pool := map[string][]candidate{}
	flagged := map[string]bool{}
	for _, t := range r.Tests {
		if t.Flagged {
			flagged[family(t.Detector)+t.Unit] = true
		}
	}
	for i, t := range r.Tests {
		if f := family(t.Detector); !t.Flagged && !flagged[f+t.Unit] {
			key := f + "/" + string(t.Side)
			pool[key] = append(pool[key], candidate{i, canon.Hash(PairTag, seed, f, t.Unit)})
		}
	}
	for _, list := range pool {
		slices.SortFunc(list, func(a, b candidate) int { return slices.Compare(a.ticket[:], b.ticket[:]) })
	}
	var out []Match
	for i, t := range r.Tests {
		if !t.Flagged || t.Detector == Signal {
			continue
		}
		key := family(t.Detector) + "/" + string(t.Side.other())
		m := Match{Finding: i, Counterpart: -1}
		if list := pool[key]; len(list) > 0 {
			m.Counterpart, pool[key] = list[0].at, list[1:]
		}
		out = append(out, m)
	}
	return out
}

func family(d Detector) string {
	switch d {
	case StraightLow, StraightTop:
		return "straight"
	case UniformLow, UniformTop:
		return "uniform"
	}
	return string(d)
}
