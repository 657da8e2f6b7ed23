package rounds

import (
	"context"
	"slices"

	"gongping/internal/pg"
	"gongping/internal/pg/drawdb"
	"gongping/internal/pg/rounddb"
	"gongping/survey"
	"gongping/survey/draw"
)

// tally is what the frame says of a stratum beyond the number of its residents.
type tally struct {
	size    int64   // sum of the relative sizes
	inverse float64 // sum of their inverses
	low     int64   // smallest and largest size
	high    int64
}

func (t *tally) add(size uint64, n int64) {
	s := int64(size)
	t.size += s * n
	t.inverse += float64(n) / float64(s)
	if t.low == 0 || s < t.low {
		t.low = s
	}
	t.high = max(t.high, s)
}

func (t *tally) join(o *tally) {
	t.size += o.size
	t.inverse += o.inverse
	t.low, t.high = min(t.low, o.low), max(t.high, o.high)
}

// census is the frame as a plan sees it.
type census struct {
	people     counts
	strata     map[string]*tally
	households map[string]drawdb.Households // by committee; two-stage methods only
	clusters   clusters                     // two-stage methods only
}

// columns are the frame columns that a plan reads.
func columns(p survey.Plan) []string {
	out := slices.Clone(p.StrataBy)
	if p.Method.PPS() {
		out = append(out, survey.ChanceColumns...)
	}
	return out
}

// take counts the frame for a plan.
func take(ctx context.Context, db pg.Querier, district string, r survey.Round) (*census, error) {
	c := &census{people: counts{}, strata: map[string]*tally{}}
	year := r.OpensOn.Year()
	err := drawdb.Groups(ctx, db, district, r.FrameID, r.AreaCode, columns(r.Plan), func(p drawdb.Person, n int64) {
		name := StratumOf(r, p)
		if name == "" {
			return
		}
		if c.people[p.Committee] == nil {
			c.people[p.Committee] = map[string]int64{}
		}
		c.people[p.Committee][name] += n
		if c.strata[name] == nil {
			c.strata[name] = &tally{}
		}
		c.strata[name].add(SizeOf(r, p), n)
	})
	if err == nil && r.Plan.Method.TwoStage() {
		c.households, err = drawdb.HouseholdsOf(ctx, db, district, r.FrameID, r.AreaCode, year-18)
	}
	return c, err
}

// SizeOf is the relative size of a person in the draw of a round.
func SizeOf(r survey.Round, p drawdb.Person) uint64 {
	if !r.Plan.Method.PPS() {
		return 1
	}
	return r.Plan.Chance(p.Traits, r.OpensOn.Year())
}

// places counts the first-stage units; strata that were collapsed are joined by
// then.
func (c *census) places(ctx context.Context, db pg.Querier, district string, r survey.Round) (err error) {
	if r.Plan.Method.TwoStage() {
		c.clusters, err = countClusters(ctx, db, district, r)
	}
	return err
}

// collapse joins thin cells, and what is known of them.
func (c *census) collapse(below int) map[string]string {
	joined := c.people.collapse(below)
	for from, to := range joined {
		if t := c.strata[from]; t != nil {
			c.strata[to].join(t)
			delete(c.strata, from)
		}
	}
	return joined
}

// choose turns the strata that are sampled by simple random sampling into those
// of the plan's method.
func (c *census) choose(p survey.Plan, strata []rounddb.Stratum) error {
	for i := range strata {
		s := &strata[i]
		if s.Method != string(draw.Simple) || s.Planned == 0 {
			continue
		}
		switch {
		case p.Method.PPS():
			s.Method, s.Total = string(p.Method), c.strata[s.Stratum].size
		case p.Method.TwoStage():
			if err := c.clusters.choose(p, s); err != nil {
				return err
			}
		}
	}
	return nil
}

// clusterCorrelation is assumed between answers of one building or grid when the
// effective sample size of a two-stage plan is forecast: the usual planning
// value for attitudes within small areas (Kish 1965, section 5.4: 0 to 0.1).
const clusterCorrelation = 0.05

// expect fills the probability, the weight range and the expected effective n of
// a cell under the plan's method. Under PPS the design effect of unequal weights
// is Kish's N Σ1/π / N² in expectation; under two stages it is that of the
// household sizes times 1 + (k − 1)ρ.
func (c *census) expect(p survey.Plan, cell *Cell) {
	n, population := float64(cell.Persons()), float64(cell.Population)
	cell.Probability, cell.WeightHigh = n/population, population/n
	cell.WeightLow = population / float64(cell.Persons()+cell.Reserves())
	t := (*tally)(nil)
	if c != nil {
		t = c.strata[cell.Stratum.Stratum]
	}
	switch m := survey.Method(cell.Method); {
	case t == nil:
	case m.PPS():
		total := float64(t.size)
		cell.WeightLow = max(1, total/(float64(cell.Persons()+cell.Reserves())*float64(t.high)))
		cell.WeightHigh = max(1, total/(n*float64(t.low)))
		cell.EffectiveN = p.Response() * n * population * population / (total * t.inverse)
	case m.TwoStage():
		cell.Places, cell.Groups = len(c.clusters[cell.Stratum.Stratum]), c.clusters.groups(cell.Stratum.Stratum, cell.Planned, cell.Reserve)
		h := c.households[cell.Committee]
		if h.Members == 0 {
			break
		}
		mean := float64(h.Members) / float64(h.Number)
		cell.WeightLow, cell.WeightHigh = max(1, cell.WeightLow/mean), cell.WeightHigh*float64(h.Largest)/mean
		unequal := float64(h.Squares) * float64(h.Number) / (float64(h.Members) * float64(h.Members))
		cell.EffectiveN = p.Response() * n / (unequal * (1 + (float64(cell.Planned)-1)*clusterCorrelation))
	}
}
