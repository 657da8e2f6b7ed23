package draws

import (
	"context"
	"fmt"
	"iter"

	"gongping/internal/app/rounds"
	"gongping/internal/pg"
	"gongping/internal/pg/drawdb"
	"gongping/internal/pg/intakedb"
	"gongping/internal/pg/rounddb"
	"gongping/survey"
	"gongping/survey/draw"
	"gongping/survey/frame"
)

// Rows yields the frame of a round whose units are persons for publication and
// drawing, in the order in which it was frozen. Buildings and households are not
// named: who knows the houses would recognise most of them by how many live
// together, and see from the published file who was drawn.
func Rows(ctx context.Context, db pg.Querier, district string, r survey.Round) draw.Rows {
	return rows(ctx, db, district, r, true)
}

// rows is Rows; commitments made before places were left out (not sparing) name
// them in one-stage plans too, and those made before households became units
// (decision 58) in two-stage plans. They must go on giving the same file.
func rows(ctx context.Context, db pg.Querier, district string, r survey.Round, sparing bool) draw.Rows {
	return func() iter.Seq2[draw.Row, error] {
		return func(yield func(draw.Row, error) bool) {
			stratum := strataOf(r)
			for p, err := range drawdb.Stream(ctx, db, district, r.FrameID) {
				row := draw.Row{Entry: p.Entry}
				if err == nil {
					if row.Stratum = stratum(p); row.Stratum != "" {
						row.Size = rounds.SizeOf(r, p)
						switch {
						case r.Plan.Method.TwoStage():
							row.Cluster, row.Household = r.Plan.Cluster(p.Traits), p.Household
						case !sparing:
							row.Cluster, row.Household = p.Building, p.Household
						}
					}
				}
				if !yield(row, err) || err != nil {
					return
				}
			}
		}
	}
}

// source is the frame of a round as a draw sees it: rows of persons or, where the
// units of two-stage strata are households, rows that homes makes of them.
type source struct {
	rows  draw.Rows
	homes *draw.Homes // nil where all units are persons
}

// persons is the digest of the frozen frame, once the rows were counted.
func (f source) persons(t *draw.Tally) frame.Digest {
	if f.homes == nil {
		return t.Frame
	}
	return f.homes.Persons()
}

// source opens the frame for a commitment.
func (s *Service) source(ctx context.Context, db pg.Querier, district string, r survey.Round, st state) (source, error) {
	if !st.Homes {
		return source{rows: rows(ctx, db, district, r, st.Sparing)}, nil
	}
	f, err := intakedb.GetFrame(ctx, db, district, r.FrameID)
	if err != nil {
		return source{}, err
	}
	plain, err := s.Seal.Open(f.Sealed, frame.SecretLabel(f.ID))
	if err != nil {
		return source{}, fmt.Errorf("open the secret of frame %s: %w", f.ID, err)
	}
	secret := new(frame.Secret)
	copy(secret[:], plain)
	strata, err := rounddb.Strata(ctx, db, district, r.ID)
	if err != nil {
		return source{}, err
	}
	h := &draw.Homes{Secret: secret, Scope: r.ID, Least: map[string]int{}, People: people(ctx, db, district, r)}
	for _, p := range strata {
		if p.Clusters > 0 {
			h.Least[p.Stratum] = survey.LeastHouseholds(p.Planned + p.Reserve)
		}
	}
	return source{h.Rows(), h}, nil
}

// people yields the frame of a round with the places of everybody in scope.
func people(ctx context.Context, db pg.Querier, district string, r survey.Round) draw.People {
	return func() iter.Seq2[draw.Person, error] {
		return func(yield func(draw.Person, error) bool) {
			stratum := strataOf(r)
			for p, err := range drawdb.Stream(ctx, db, district, r.FrameID) {
				out := draw.Person{Row: draw.Row{Entry: p.Entry}}
				if err == nil {
					if out.Stratum = stratum(p); out.Stratum != "" {
						out.Size = rounds.SizeOf(r, p)
						out.Cluster, out.Household, out.Near = r.Plan.Cluster(p.Traits), rounds.HomeOf(p), r.Plan.Near(p.Traits)
					}
				}
				if !yield(out, err) || err != nil {
					return
				}
			}
		}
	}
}

// fewStrata is how many cells of a committee are remembered: more than that are
// put together again as fast as they are found.
const fewStrata = 12

// strataOf is rounds.StratumOf with a memory of the committee's strata: a frame
// comes committee by committee, and a name need not be put together again for
// every neighbour. Persons are told apart by what the plan looks at and by
// nothing else, so that a small committee has few names too.
func strataOf(r survey.Round) func(drawdb.Person) string {
	type cell struct {
		grid, building, sex, tenure, status string
		age                                 int
	}
	type named struct {
		cell cell
		name string
	}
	committee, names := "", []named(nil)
	by := map[string]bool{}
	for _, c := range r.Plan.StrataBy {
		by[c] = true
	}
	bySex, byAge, byTenure, byGrid, byBuilding := by["sex"], by["age_band"], by["tenure"], by["grid"], by["building"]
	adult := r.OpensOn.Year() - 18 // the last year of birth of those old enough
	return func(p drawdb.Person) string {
		if p.Committee != committee {
			committee, names = p.Committee, names[:0]
		}
		k := cell{status: p.Status}
		if bySex {
			k.sex = p.Sex
		}
		if byAge {
			k.age = p.BirthYear
		} else if p.BirthYear > adult {
			k.age = 1
		}
		if byTenure {
			k.tenure = p.Tenure
		}
		if byGrid {
			k.grid = p.Grid
		}
		if byBuilding {
			k.building = p.Building
		}
		for i := range names {
			if names[i].cell == k {
				return names[i].name
			}
		}
		name := rounds.StratumOf(r, p)
		if len(names) < fewStrata {
			names = append(names, named{k, name})
		}
		return name
	}
}
