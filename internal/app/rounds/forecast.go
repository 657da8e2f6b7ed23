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
	EffectiveN            float64 // answers expected
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
		f = forecast(r.Plan, strata)
		return err
	})
	return f, err
}

// plan counts and allocates. Persons who moved away or died, and those under
// 18, are outside the target population.
func plan(ctx context.Context, db pg.Querier, district string, r survey.Round) (*Forecast, error) {
	if r.FrameID == "" {
		return nil, errs.New(errs.Conflict, "round.no_frame", "the round has no frame to draw from")
	}
	r.Plan.Collapsed = nil
	c := counts{}
	err := drawdb.Groups(ctx, db, district, r.FrameID, r.AreaCode, r.Plan.StrataBy, func(p drawdb.Person, n int64) {
		if name := StratumOf(r, p); name != "" {
			if c[p.Committee] == nil {
				c[p.Committee] = map[string]int64{}
			}
			c[p.Committee][name] += n
		}
	})
	if err != nil {
		return nil, err
	}
	if len(c) == 0 {
		return nil, errs.New(errs.Conflict, "round.frame_empty", "the frame holds nobody in the round's area").
			At("area_code", r.AreaCode, "an area with residents in the frame", "choose another area or frame")
	}
	collapsed := c.collapse(r.Plan.CollapseBelow)
	strata, err := c.allocate(r.Plan)
	if err != nil {
		return nil, err
	}
	f := forecast(r.Plan, strata)
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

// forecast works out what the strata, in order of committee, lead to expect.
func forecast(p survey.Plan, strata []rounddb.Stratum) *Forecast {
	f := &Forecast{Cells: make([]Cell, len(strata))}
	byCommittee := map[string]*CommitteeForecast{}
	sums := map[string]*struct{ w, w2 float64 }{}
	for i, st := range strata {
		c := Cell{Stratum: st, EffectiveN: float64(st.Planned) * p.Response()}
		if st.Planned > 0 {
			c.Probability = float64(st.Planned) / float64(st.Population)
			c.WeightHigh = float64(st.Population) / float64(st.Planned)
			c.WeightLow = float64(st.Population) / float64(st.Planned+st.Reserve)
		}
		f.Cells[i] = c
		g := byCommittee[st.Committee]
		if g == nil {
			f.Committees = append(f.Committees, CommitteeForecast{Code: st.Committee})
			g = &CommitteeForecast{}
			byCommittee[st.Committee], sums[st.Committee] = g, &struct{ w, w2 float64 }{}
		}
		g.add(c)
		n := float64(st.Planned)
		sums[st.Committee].w += n * c.WeightHigh
		sums[st.Committee].w2 += n * c.WeightHigh * c.WeightHigh
		f.Population += st.Population
		f.Planned += st.Planned
		f.Reserve += st.Reserve
		f.Answers += c.EffectiveN
	}
	for i := range f.Committees {
		code := f.Committees[i].Code
		g, s := byCommittee[code], sums[code]
		g.Code = code
		if s.w2 > 0 {
			g.EffectiveN = s.w * s.w / s.w2 * p.Response() // Kish (1965)
			g.Penalty = max(g.Answers-g.EffectiveN, 0)
		}
		f.Committees[i] = *g
	}
	return f
}

func (g *CommitteeForecast) add(c Cell) {
	g.Strata++
	g.Population += c.Population
	g.Planned += c.Planned
	g.Reserve += c.Reserve
	g.Answers += c.EffectiveN
	if c.Planned == 0 {
		return
	}
	if g.WeightLow == 0 || c.WeightLow < g.WeightLow {
		g.WeightLow = c.WeightLow
	}
	g.WeightHigh = max(g.WeightHigh, c.WeightHigh)
}
