// Package grade turns the composites of a run into proposals: a grade for each
// committee, a step on the ladder of posts for its workers, a talk about an
// exit. It proposes only. Where the data cannot carry a grade it says so, and
// where they cannot separate committees it reports them as tied.
package grade

import (
	"slices"

	"gongping/scoring/composite"
)

// Result is what a run says of a committee, as far as grades need it.
type Result struct {
	Unit          string
	OK            bool // it has a composite
	Value, Lo, Hi float64
	N             int
	Reliability   float64
	Appealed      bool // an appeal on it is open, or may still be filed
	Excused       bool // a trial that the panel excused touches its result
}

// State says what became of a grade.
type State string

// The states of a proposal.
const (
	Proposed State = "proposed" // the interval lies within one grade
	Tied     State = "tied"     // the data cannot separate grades, or committees at the border of a share
	Refused  State = "refused"  // the data cannot carry a grade yet
)

// Why a proposal is tied or refused: catalogue keys below "grade.why.".
const (
	NoScore     = "no_score"    // no composite
	FewAnswers  = "few_answers" // fewer answers than publication needs
	Unreliable  = "unreliable"  // reliability below the gate for consequences
	AppealOpen  = "appeal_open" // the time to appeal is not over, or an appeal is open
	Straddles   = "straddles"   // the interval reaches over a bound of the scale
	ShareBorder = "share"       // on the border of the share that may be best
	OverShare   = "over_share"  // clearly beyond the share that may be best
)

// Proposal is the grade that a result supports.
type Proposal struct {
	Unit   string
	State  State
	Grade  string   // of Proposed
	Grades []string // of Tied: those that remain possible, the best first
	Why    string
	Result Result
}

// Propose grades every committee, in the order given.
func Propose(rules composite.Grades, gates composite.Gates, results []Result) []Proposal {
	out := make([]Proposal, len(results))
	var open []int // those that are graded
	for i, r := range results {
		p := Proposal{Unit: r.Unit, State: Refused, Result: r}
		switch {
		case !r.OK:
			p.Why = NoScore
		case r.N < gates.UnitMin:
			p.Why = FewAnswers
		case r.Reliability < gates.ConsequenceReliability:
			p.Why = Unreliable
		case r.Appealed:
			p.Why = AppealOpen
		default:
			best, worst := of(rules.Scale, r.Hi), of(rules.Scale, r.Lo)
			if best == worst {
				p.State, p.Grade = Proposed, rules.Scale[best].ID
			} else {
				p.State, p.Why, p.Grades = Tied, Straddles, ids(rules.Scale[best:worst+1])
			}
			open = append(open, i)
		}
		out[i] = p
	}
	limit(rules, out, open)
	return out
}

// of is the place of the grade that a score belongs to.
func of(scale []composite.Band, score float64) int {
	for i, b := range scale {
		if score >= b.From {
			return i
		}
	}
	return len(scale) - 1
}

func ids(scale []composite.Band) []string {
	out := make([]string, len(scale))
	for i, b := range scale {
		out[i] = b.ID
	}
	return out
}

// limit applies the largest share of the best grade. With k places, a committee
// is clearly within when fewer than k others can lie above it (their interval
// ends above where its begins), and clearly beyond when k others surely do
// (theirs begins above where its ends). Those between are tied: the data do not
// say who of them belongs there.
func limit(rules composite.Grades, out []Proposal, open []int) {
	if rules.TopShare <= 0 || len(rules.Scale) < 2 {
		return
	}
	top := rules.Scale[0].ID
	var may []int
	for _, i := range open {
		if out[i].Grade == top || slices.Contains(out[i].Grades, top) {
			may = append(may, i)
		}
	}
	places := int(rules.TopShare*float64(len(open)) + 1e-9)
	if len(may) <= places {
		return
	}
	for _, i := range may {
		p := &out[i]
		could, surely := 0, 0
		for _, j := range may {
			if j == i {
				continue
			}
			if out[j].Result.Hi >= p.Result.Lo {
				could++
			}
			if out[j].Result.Lo > p.Result.Hi {
				surely++
			}
		}
		switch {
		case could < places:
		case surely >= places:
			p.Why = OverShare
			rest := slices.DeleteFunc(slices.Clone(p.Grades), func(g string) bool { return g == top })
			if len(rest) > 1 {
				p.State, p.Grade, p.Grades = Tied, "", rest
				continue
			}
			p.State, p.Grade, p.Grades = Proposed, rules.Scale[1].ID, nil
		default:
			if p.State == Proposed {
				p.Grades = []string{top, rules.Scale[1].ID}
			}
			p.State, p.Grade, p.Why = Tied, "", ShareBorder
		}
	}
}
