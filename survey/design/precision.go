package design

import (
	"container/heap"
	"fmt"
	"math"
)

// Target asks for a precision per committee and per street at once. Half-widths
// are of normal confidence intervals of a mean under simple random sampling
// within committees, with finite population correction.
type Target struct {
	Population []float64 // N_c per committee
	SD         []float64 // S_c per committee
	Street     []int     // street of each committee, 0 … streets−1
	// CommitteeHalfWidth is wanted of each committee's mean, StreetHalfWidth of
	// each street's (population-weighted) mean; 0 drops the target.
	CommitteeHalfWidth, StreetHalfWidth float64
	Confidence                          float64
	Minimum                             int // answers per committee, at most N_c
}

// TargetPlan is the smallest plan that meets a Target.
type TargetPlan struct {
	N []int // per committee
	// ForStreet[c] is how many of N[c] only the street's target asked for.
	ForStreet       []int
	StreetHalfWidth []float64 // reached, per street
	Total           int
}

// Plan finds the smallest sample that meets both targets. Each committee first
// gets what its own target needs; then each street adds one answer at a time
// where it lowers the street's variance most (ties to the earlier committee)
// until its target holds. Because the variance is convex and separable, the
// result has the fewest answers possible per street (Wright 2012).
//
// Faults: a planning figure out of range.
func (t Target) Plan() (*TargetPlan, error) {
	n := len(t.Population)
	mustLen("sd", len(t.SD), n)
	mustLen("street", len(t.Street), n)
	if !(t.Confidence > 0 && t.Confidence < 1) {
		return nil, fault("confidence", "confidence", fmt.Sprint(t.Confidence), "a number between 0 and 1", "for example 0.95", "the confidence level is not between 0 and 1")
	}
	z := critical(t.Confidence)
	out := &TargetPlan{N: make([]int, n), ForStreet: make([]int, n)}
	streets := 0
	for c := range n {
		own, err := t.committee(c, z)
		if err != nil {
			return nil, err
		}
		out.N[c] = own
		streets = max(streets, t.Street[c]+1)
	}
	members := make([][]int, streets)
	for c, s := range t.Street {
		members[s] = append(members[s], c)
	}
	out.StreetHalfWidth = make([]float64, streets)
	for s, m := range members {
		out.StreetHalfWidth[s] = t.street(m, z, out)
	}
	for _, v := range out.N {
		out.Total += v
	}
	return out, nil
}

// committee is the smallest n_c for the committee's own target and minimum.
func (t Target) committee(c int, z float64) (int, error) {
	p, sd := t.Population[c], t.SD[c]
	if !finite(p) || p < 1 || !finite(sd) || sd < 0 {
		return 0, fault("bad_planning_figure", fmt.Sprintf("committee %d", c+1), fmt.Sprintf("population %g, standard deviation %g", p, sd),
			"a population of at least 1 and a standard deviation of at least 0", "", "a committee's planning figures are unusable")
	}
	n := min(max(t.Minimum, 1), int(p))
	if t.CommitteeHalfWidth > 0 {
		n0 := z * z * sd * sd / (t.CommitteeHalfWidth * t.CommitteeHalfWidth)
		n = max(n, int(math.Ceil(n0/(1+n0/p)-slackUp)))
	}
	return min(n, int(p)), nil
}

// street raises the sizes of one street's committees to its target and returns
// the half-width reached.
func (t Target) street(members []int, z float64, out *TargetPlan) float64 {
	total := 0.0
	for _, c := range members {
		total += t.Population[c]
	}
	if total == 0 {
		return 0
	}
	q := &gainQueue{}
	variance := 0.0
	for _, c := range members {
		w := t.Population[c] / total
		g := gain{committee: c, ws2: w * w * t.SD[c] * t.SD[c]}
		n := float64(out.N[c])
		variance += float64(g.ws2 * (1/n - 1/t.Population[c]))
		g.set(out.N[c], t.Population[c])
		q.items = append(q.items, g)
	}
	heap.Init(q)
	goal := t.StreetHalfWidth * t.StreetHalfWidth / (z * z)
	for t.StreetHalfWidth > 0 && variance > goal && q.items[0].drop > 0 {
		g := &q.items[0]
		variance -= g.drop
		c := g.committee
		out.N[c]++
		out.ForStreet[c]++
		g.set(out.N[c], t.Population[c])
		heap.Fix(q, 0)
	}
	// Summed afresh, free of what the subtractions have gathered.
	variance = 0
	for _, c := range members {
		w := t.Population[c] / total
		variance += float64(w * w * t.SD[c] * t.SD[c] * (1/float64(out.N[c]) - 1/t.Population[c]))
	}
	return z * math.Sqrt(max(variance, 0))
}

// gain is what one more answer in a committee takes off the street's variance.
type gain struct {
	committee int
	ws2, drop float64
}

func (g *gain) set(n int, population float64) {
	g.drop = 0
	if float64(n)+1 <= population {
		g.drop = g.ws2 * (1/float64(n) - 1/float64(n+1))
	}
}

type gainQueue struct{ items []gain }

func (q *gainQueue) Len() int { return len(q.items) }
func (q *gainQueue) Less(i, j int) bool {
	a, b := q.items[i], q.items[j]
	if a.drop != b.drop {
		return a.drop > b.drop
	}
	return a.committee < b.committee
}
func (q *gainQueue) Swap(i, j int) { q.items[i], q.items[j] = q.items[j], q.items[i] }
func (q *gainQueue) Push(x any)    { q.items = append(q.items, x.(gain)) }
func (q *gainQueue) Pop() any      { panic("design: gains are never removed") }
