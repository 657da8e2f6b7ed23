package simulate

import (
	"math"
	"math/rand/v2"

	"gongping/scoring/fair"
)

// round is one simulated round with its truth.
type round struct {
	in *fair.Input
	// before holds the score each answer would have had without the collective
	// complaint; equal to in.Score elsewhere.
	before []float64
	// truth is the unit's true score, truthBefore without the complaint.
	truth, truthBefore  []float64
	complaint, coachedU []bool
	start               []int
	ins                 *instrument
	counts              [][]float64 // answers by value and unit, for the oracle
}

const (
	perInterviewer = 20
	buildings      = 10
	themes         = 12
)

// generate draws a round of a scenario.
func generate(sc *Scenario, ins *instrument, units, n int, rng *rand.Rand) *round {
	r := &round{in: &fair.Input{Units: units}, ins: ins}
	for u := range units {
		r.start = append(r.start, len(r.in.Unit))
		r.unit(sc, u, n, rng)
	}
	r.start = append(r.start, len(r.in.Unit))
	return r
}

// unit draws the answers of one unit and works out its true score.
func (r *round) unit(sc *Scenario, u, n int, rng *rand.Rand) {
	effect := rng.NormFloat64()
	r.previous(sc, effect, rng)
	shift := sc.Spread * effect
	dist := [2][]float64{r.ins.distribution(shift)}
	dist[1] = dist[0]
	group := 0.0
	if sc.GroupShare > 0 {
		group = math.Min(0.9, math.Max(0.02, sc.GroupShare+sc.GroupSpread*rng.NormFloat64()))
		dist[1] = r.ins.distribution(shift + sc.GroupShift)
	}
	if sc.UnequalN {
		n = int(float64(n) * math.Exp(math.Log(0.2)+rng.Float64()*math.Log(15)))
	}
	low, high := sc.LoneLow*uneven(sc, rng), sc.LoneHigh*uneven(sc, rng)
	complaint, coach := 0.0, 0.0
	if rng.Float64() < sc.ComplaintUnits {
		complaint = sc.ComplaintRate
	}
	if rng.Float64() < sc.CoachUnits {
		coach = sc.CoachRate
	}
	r.truthOf(sc, dist, group, complaint)
	r.complaint = append(r.complaint, complaint > 0)
	r.coachedU = append(r.coachedU, coach > 0)
	d := drawer{sc: sc, r: r, u: int32(u), dist: dist, group: group, low: low, high: high, complaint: complaint, coach: coach}
	d.draw(n, rng)
}

// uneven is a gamma factor with mean one and the scenario's coefficient of
// variation (shape 4 for 0.5: the sum of four exponentials).
func uneven(sc *Scenario, rng *rand.Rand) float64 {
	if sc.Uneven == 0 {
		return 1
	}
	shape := int(math.Round(1 / (sc.Uneven * sc.Uneven)))
	s := 0.0
	for range shape {
		s += rng.ExpFloat64()
	}
	return s / float64(shape)
}

// previous adds last round's score: the correlated effect plus the error of a
// round with reliability of about 0.7.
func (r *round) previous(sc *Scenario, effect float64, rng *rand.Rand) {
	if sc.PrevCorrelation == 0 {
		return
	}
	if len(r.in.UnitCovariate) == 0 {
		r.in.UnitCovariate = [][]float64{nil}
	}
	c := sc.PrevCorrelation
	prev := c*effect + math.Sqrt(1-c*c)*rng.NormFloat64()
	score := 79.8 + 3*0.84*(0.84*prev+0.55*rng.NormFloat64())
	r.in.UnitCovariate[0] = append(r.in.UnitCovariate[0], score)
}

func (r *round) truthOf(sc *Scenario, dist [2][]float64, group, complaint float64) {
	if sc.Adjust {
		group = sc.GroupShare
	}
	m := (1-group)*r.ins.mean(dist[0]) + group*r.ins.mean(dist[1])
	lone := func(m float64) float64 { return (1-sc.LoneLow-sc.LoneHigh)*m + sc.LoneHigh*100 }
	r.truthBefore = append(r.truthBefore, lone(m))
	r.truth = append(r.truth, lone((1-complaint)*m))
}

// drawer draws the answers of one unit.
type drawer struct {
	sc                          *Scenario
	r                           *round
	u                           int32
	dist                        [2][]float64
	group                       float64
	low, high, complaint, coach float64
	counts                      []float64
	theme, building, week       int32
	fake                        bool
}

func (d *drawer) draw(n int, rng *rand.Rand) {
	d.counts = make([]float64, len(d.r.ins.values))
	d.theme, d.building, d.week = int32(rng.IntN(themes)), int32(rng.IntN(buildings)), int32(rng.IntN(4))
	interviewers := max(2, (n+perInterviewer-1)/perInterviewer)
	for i := range n {
		if i*interviewers/n != (i-1)*interviewers/n || i == 0 {
			d.fake = rng.Float64() < d.sc.FakeInterviewers
		}
		d.answer(int32(i*interviewers/n), rng)
	}
	d.r.counts = append(d.r.counts, d.counts)
}

func (d *drawer) answer(batch int32, rng *rand.Rand) {
	g, weight := d.whichGroup(rng)
	before := d.r.ins.values[pickIndex(d.dist[g], rng.Float64())]
	score := before
	collective := false
	if d.complaint > 0 && rng.Float64() < d.complaint {
		score, collective = 0, true
	}
	if d.coach > 0 && rng.Float64() < d.coach {
		score, before = 100, 100
	}
	switch x := rng.Float64(); {
	case x < d.low:
		score, before, collective = 0, 0, false
	case x < d.low+d.high:
		score, before, collective = 100, 100, false
	}
	if d.fake {
		score = 100
		if rng.Float64() < 0.1 {
			score = 75
		}
		before = score
	}
	in := d.r.in
	in.Unit = append(in.Unit, d.u)
	in.Score = append(in.Score, score)
	d.r.before = append(d.r.before, before)
	d.counts[int(math.Round(score/100*float64(len(d.counts)-1)))]++
	if d.sc.GroupShare > 0 {
		if d.sc.Adjust {
			d.covariate(float64(g))
		} else {
			in.DesignWeight = append(in.DesignWeight, weight)
		}
	}
	if d.sc.FakeInterviewers > 0 {
		in.Batch = append(in.Batch, batch)
	}
	if d.sc.Tied {
		d.evidence(collective, rng)
	}
}

func (d *drawer) covariate(g float64) {
	if len(d.r.in.Covariate) == 0 {
		d.r.in.Covariate = [][]float64{nil}
	}
	d.r.in.Covariate[0] = append(d.r.in.Covariate[0], g)
}

// whichGroup draws the group of a respondent and the nonresponse weight, scaled
// to a mean of one.
func (d *drawer) whichGroup(rng *rand.Rand) (int, float64) {
	if d.sc.GroupShare == 0 {
		return 0, 1
	}
	respond := d.group * d.sc.GroupResponse
	p := respond / (respond + 1 - d.group)
	if rng.Float64() < p {
		return 1, d.group / p
	}
	return 0, (1 - d.group) / (1 - p)
}

// evidence: half of all residents leave a theme; residents of a complaint name
// its theme with probability 0.7 and live in its building with 0.6.
func (d *drawer) evidence(collective bool, rng *rand.Rand) {
	theme, building, week := int32(-1), int32(rng.IntN(buildings)), int32(rng.IntN(4))
	if rng.Float64() < 0.5 {
		theme = int32(rng.IntN(themes))
	}
	a, b := rng.Float64(), rng.Float64()
	if collective && a < 0.7 {
		theme = d.theme
	}
	if collective && b < 0.6 {
		building = d.building
	}
	in := d.r.in
	in.Theme, in.Building, in.Week = append(in.Theme, theme), append(in.Building, building), append(in.Week, week)
	in.Household = append(in.Household, int32(len(in.Household)))
}

func pickIndex(p []float64, x float64) int {
	for i, q := range p {
		if x < q {
			return i
		}
		x -= q
	}
	return len(p) - 1
}
