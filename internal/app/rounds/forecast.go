package rounds

import (
	"context"

	"gongping/internal/app"
	"gongping/internal/authz"
	"gongping/internal/errs"
	"gongping/internal/pg"
	"gongping/internal/pg/drawdb"
	"gongping/internal/pg/rounddb"
	"gongping/survey"
)

// Cell is a stratum of a plan with what may be expected of it.
type Cell struct {
	rounddb.Stratum
	Probability float64 // of being drawn
	// WeightLow and WeightHigh bound the design weight: with all reserves
	// released, and with none. Both are 0 where nobody is drawn.
	WeightLow, WeightHigh float64
	Answers               float64 // expected
	EffectiveN            float64 // of them, after unequal weights and clusters within the cell
	// Places is how many buildings or grids a stratum drawn in two stages has, and
	// Groups how many first-stage units once small ones were joined.
	Places, Groups int
}

// CommitteeForecast sums up the cells of a committee.
type CommitteeForecast struct {
	Code                         string
	Strata                       int
	Population                   int64
	Planned, Reserve             int
	WeightLow, WeightHigh        float64
	Answers, EffectiveN, Penalty float64 // answers expected; Kish's effective n of them; answers lost to unequal weights
}

// Forecast is what a freeze would store, with the expectations of each cell.
type Forecast struct {
	Cells            []Cell
	Committees       []CommitteeForecast
	Population       int64
	Planned, Reserve int
	Answers          float64
	Collapsed        map[string]string
}

// Strata are the cells as they are stored.
func (f *Forecast) Strata() []rounddb.Stratum {
	out := make([]rounddb.Stratum, len(f.Cells))
	for i, c := range f.Cells {
		out[i] = c.Stratum
	}
	return out
}

// Preview counts the strata of a round's plan in its frame and allocates the
// sample: what a freeze would store. Of a frozen round it is what was stored.
func (s *Service) Preview(ctx context.Context, who authz.Actor, id string) (f *Forecast, err error) {
	err = s.Read(ctx, who, authz.RoundRead, authz.Object{}, func(ctx context.Context, db pg.Querier) error {
		r, err := rounddb.Get(ctx, db, who.District, id)
		if err != nil {
			return app.NotFound(err, "round")
		}
		if r.State == survey.Draft {
			f, err = plan(ctx, db, who.District, r)
			return err
		}
		strata, err := rounddb.Strata(ctx, db, who.District, id)
		if err != nil {
			return err
		}
		var c *census
		if r.Plan.Method != survey.SimpleRandom {
			if c, err = take(ctx, db, who.District, r); err != nil {
				return err
			}
			if err = c.places(ctx, db, who.District, r); err != nil {
				return err
			}
		}
		f = forecast(r.Plan, strata, c)
		return nil
	})
	return f, err
}

// plan counts and allocates. Persons who moved away or died, and those under
// 18, are outside the target population.
func plan(ctx context.Context, db pg.Querier, district string, r survey.Round) (*Forecast, error) {
	if r.FrameID == "" {
		return nil, errs.New(errs.NotNow, "round.no_frame", "the round has no frame to draw from")
	}
	r.Plan.Collapsed = nil
	c, err := take(ctx, db, district, r)
	if err != nil {
		return nil, err
	}
	if len(c.people) == 0 {
		return nil, errs.New(errs.NotNow, "round.frame_empty", "the frame holds nobody in the round's area").
			At("area_code", r.AreaCode, "an area with residents in the frame", "choose another area or frame")
	}
	collapsed := c.collapse(r.Plan.CollapseBelow)
	strata, err := c.people.allocate(r.Plan)
	if err != nil {
		return nil, err
	}
	r.Plan.Collapsed = collapsed
	if err := c.places(ctx, db, district, r); err != nil {
		return nil, err
	}
	if err := c.choose(r.Plan, strata); err != nil {
		return nil, err
	}
	f := forecast(r.Plan, strata, c)
	f.Collapsed = collapsed
	if f.Planned == 0 {
		return nil, errs.New(errs.Invalid, "plan.nobody", "the plan draws nobody").
			At("size", "0", "at least one resident", "give a size to the round or to some committees")
	}
	return f, nil
}

// StratumOf names the stratum of a person in a round, "" for those outside it.
func StratumOf(r survey.Round, p drawdb.Person) string {
	year := r.OpensOn.Year()
	if !survey.Within(p.Committee, r.AreaCode) || p.Status != "resident" || (p.BirthYear != 0 && year-p.BirthYear < 18) {
		return ""
	}
	return r.Plan.Stratum(p.Traits, year)
}

// forecast works out what the strata, in order of committee, lead to expect. The
// census may be nil under simple random sampling.
func forecast(p survey.Plan, strata []rounddb.Stratum, frame *census) *Forecast {
	f := &Forecast{Cells: make([]Cell, len(strata))}
	byCommittee := map[string]*CommitteeForecast{}
	sums := map[string]*kish{}
	for i, st := range strata {
		c := Cell{Stratum: st, Answers: float64(st.Persons()) * p.Response()}
		c.EffectiveN = c.Answers
		if st.Planned > 0 {
			frame.expect(p, &c)
		}
		f.Cells[i] = c
		g := byCommittee[st.Committee]
		if g == nil {
			f.Committees = append(f.Committees, CommitteeForecast{Code: st.Committee})
			g = &CommitteeForecast{}
			byCommittee[st.Committee], sums[st.Committee] = g, &kish{}
		}
		g.add(c)
		// A cell whose own design effect is known counts with what that leaves.
		n := float64(st.Persons())
		if c.Answers > 0 {
			n *= c.EffectiveN / c.Answers
		}
		sums[st.Committee].add(float64(st.Population), n)
		f.Population += st.Population
		f.Planned += st.Persons()
		f.Reserve += st.Reserves()
		f.Answers += c.Answers
	}
	for i := range f.Committees {
		code := f.Committees[i].Code
		g, s := byCommittee[code], sums[code]
		g.Code = code
		if s.variance > 0 {
			g.EffectiveN = s.population * s.population / s.variance * p.Response()
			g.Penalty = max(g.Answers-g.EffectiveN, 0)
		}
		f.Committees[i] = *g
	}
	return f
}

// kish gathers Kish's effective sample size of a stratified sample, N²/Σ(N_h²/n_h)
// with n_h the effective size within the stratum (Kish 1965, section 11.7).
type kish struct{ population, variance float64 }

func (k *kish) add(population, n float64) {
	if n > 0 {
		k.population += population
		k.variance += population * population / n
	}
}

func (g *CommitteeForecast) add(c Cell) {
	g.Strata++
	g.Population += c.Population
	g.Planned += c.Persons()
	g.Reserve += c.Reserves()
	g.Answers += c.Answers
	if c.Planned == 0 {
		return
	}
	if g.WeightLow == 0 || c.WeightLow < g.WeightLow {
		g.WeightLow = c.WeightLow
	}
	g.WeightHigh = max(g.WeightHigh, c.WeightHigh)
}
