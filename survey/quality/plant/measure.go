package plant

import (
	"slices"

	"gongping/survey/quality"
)

// Cell counts what one detector did in one scenario.
type Cell struct {
	Tested, False int // innocent units looked at; of these flagged
	Guilty, Hit   int // rounds with a planted unit; in which it was flagged
}

// Row is a scenario's result over Rounds rounds. AnyFalse counts rounds with an
// innocent unit flagged, AnyHit rounds in which a planted unit was flagged by
// any detector.
type Row struct {
	Scenario
	Rounds, AnyFalse, AnyHit int
	ByDetector               map[quality.Detector]Cell
}

// Measure plays the named scenarios (all without a name) rounds times each. The
// same seed gives the same counts.
func Measure(s Shape, r quality.Rules, seed uint64, rounds int, names ...string) []Row {
	var out []Row
	for k, sc := range Scenarios() {
		if len(names) > 0 && !slices.Contains(names, sc.Name) {
			continue
		}
		row := Row{Scenario: sc, Rounds: rounds, ByDetector: map[quality.Detector]Cell{}}
		for rep := range rounds {
			w := honest(s, seed, uint64(k)<<32|uint64(rep))
			if sc.plant != nil {
				sc.plant(w)
			}
			row.add(quality.Scan(&w.data, r))
		}
		out = append(out, row)
	}
	return out
}

func (row *Row) add(rep *quality.Report) {
	anyFalse, anyHit := false, false
	seen, hit := map[quality.Detector]bool{}, map[quality.Detector]bool{}
	for _, t := range rep.Tests {
		c := row.ByDetector[t.Detector]
		guilty := row.Guilty != nil && row.Guilty(t)
		switch {
		case guilty:
			seen[t.Detector] = true
			hit[t.Detector] = hit[t.Detector] || t.Flagged
			anyHit = anyHit || t.Flagged
		default:
			c.Tested++
			if t.Flagged {
				c.False++
				anyFalse = true
			}
		}
		row.ByDetector[t.Detector] = c
	}
	for d := range seen {
		c := row.ByDetector[d]
		c.Guilty++
		if hit[d] {
			c.Hit++
		}
		row.ByDetector[d] = c
	}
	if anyFalse {
		row.AnyFalse++
	}
	if anyHit {
		row.AnyHit++
	}
}
